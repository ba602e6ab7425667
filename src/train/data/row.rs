//! What is asked of a row, whatever kind of file it is in.

use super::label::Answer;
use crate::rows::Reason;

/// A row of any kind of file.
pub trait Row {
    /// What the row is known by; none where it has no id.
    fn id(&self) -> Result<Option<String>, Reason>;
    /// One for each label of the schema; none where they are in another file, and wrong there, which has been counted.
    fn answers(&self) -> Result<Option<Vec<Answer>>, Reason>;
    /// How many texts it stands for.
    fn weight(&self) -> Result<f32, Reason>;
    /// The text, which is not blank.
    fn text(&self) -> Result<String, Reason>;
    /// The second text, where the schema has one; none where this row has none.
    fn second(&self) -> Result<Option<String>, Reason>;
    /// Which characters are marked, where the schema says where that is; none where this row does not say.
    fn spans(&self) -> Result<Option<String>, Reason>;
    /// What it has where the source's rows are chosen by; none where it has nothing there.
    fn chosen_by(&self) -> Result<Option<String>, Reason>;
}
