//! BERT.
use serde::{Deserialize, Serialize};
/// Sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Architecture {}
/// How token vectors become one vector for the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling { /// mean
 Mean }
