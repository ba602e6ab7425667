//! The Perspective API, v1alpha1, without HTTP: requests, answers and refusals of `comments:analyze` and `comments:suggestscore`.
//!
//! Two answer by it: the server (`serve`), and the engine in a browser for programs that ask it there ([`Analysis`]). So both have the
//! same attributes, sentences and words for what is wrong.

mod analysis;
mod attributes;
mod messages;
mod refusal;
mod spans;

pub use analysis::Analysis;
pub use attributes::{Attribute, Attributes, Nearness};
pub use messages::{Model, Question, Suggestion};
pub use refusal::Refusal;
