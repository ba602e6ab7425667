//! A moderator's desk: the rows of a file with what the model says of each and what a person decided, without screen, file and clock.
//!
//! A file's bytes come piece by piece ([`Reading`]), and become an [`Index`], which knows where each row is. Rows are numbers, in the order of
//! the file, and what is known of them stands in columns: [`Scores`] has the probabilities as they come from the engine, in the order of
//! a [`Queue`], and [`Journal`] the decisions, each of which can be taken back and is kept for ever. What is looked at is a [`View`]: a
//! filter and an order, which give numbers of rows again. [`fit()`] learns a threshold from the rows that were decided, so that the rest can
//! be decided by it. What comes of it is written by [`export`]. 200,000 rows with seven labels are 12 MB.

pub mod export;
mod fit;
mod foreign;
pub mod guess;
mod index;
mod journal;
mod key;
mod labels;
mod queue;
mod reading;
mod scores;
mod time;
mod view;

pub use fit::{Fitted, fit, judge};
pub use index::{Index, Place};
pub use journal::{Counts, Decision, Entry, Journal, Runs, Step};
pub use key::{TELLING, key};
pub use labels::{Label, Labels};
pub use queue::Queue;
pub use reading::{Layout, MOST_BYTES, MOST_ROWS, Reading, Rows};
pub use scores::{Detail, Scores};
pub use view::{Filter, Order, Range, View, sample};

// proptest runs natively.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
