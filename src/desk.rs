//! A moderator's desk: the rows of a file with what the model says of each and what a person decided, without screen, file and clock.
//!
//! Rows are numbers, in the order of the file, and what is known of them stands in columns: [`Scores`] has the probabilities as they come
//! from the engine, [`Journal`] the decisions, each of which can be taken back and is kept for ever. What is looked at is a [`View`]: a filter
//! and an order, which give numbers of rows again. [`fit`] learns a threshold from the rows that were decided, so that the rest can be
//! decided by it. 200,000 rows with six labels are 5 MB, and everything here takes a few milliseconds for them.

mod fit;
mod journal;
mod scores;
mod view;

pub use fit::{Fitted, fit};
pub use journal::{Counts, Decision, Entry, Journal, Runs, Step};
pub use scores::Scores;
pub use view::{Filter, Order, Range, View, sample};

// proptest runs natively.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
