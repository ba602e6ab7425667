//! The companion's work: from labelled texts to a bundle.
//!
//! [`recipe`] and [`task`] say what is to be done, [`mod@base`] is what a run starts from, [`data`] reads the texts,
//! [`trainer`] fine-tunes an encoder with one head for each task and leaves a [`run`] folder, [`export`] makes a bundle of it
//! and [`huggingface`] what transformers loads, [`calibrate`] makes its probabilities honest,
//! [`mod@evaluate`] measures one, [`examine`], [`bias`] and [`faithfulness`] ask what figures on held-out texts do not show,
//! [`report`] draws a run and [`card`] sums up what was measured. [`prune`] makes a checkpoint smaller before all this. What
//! happens meanwhile is told to a [`Progress`].

pub mod base;
pub mod bias;
pub mod calibrate;
pub mod card;
pub mod checkpoint;
pub mod data;
pub mod device;
pub mod disguise;
pub mod evaluate;
pub mod examine;
pub mod export;
pub mod faithfulness;
pub mod figures;
pub mod huggingface;
pub mod metrics;
pub mod optimizer;
pub mod parameters;
pub mod provenance;
pub mod prune;
pub mod recipe;
pub mod report;
pub mod rounding;
pub mod run;
pub mod sampler;
pub mod schedule;
pub mod task;
pub mod template;
pub mod tokenized;
pub mod trainer;

mod chart;
mod class_counts;
mod curve;
mod files;
#[cfg(test)]
mod fixtures;
mod memory;

pub use crate::ops::binary_cross_entropy;
pub use memory::peak_megabytes;

/// Who is told how a long piece of work goes on.
pub trait Progress {
    /// A piece of work of `steps` steps begins.
    fn begin(&mut self, what: &str, steps: usize);
    /// So many more steps are done; `state` is worth showing beside them.
    fn advance(&mut self, steps: usize, state: &str);
    /// The piece of work has ended.
    fn end(&mut self);
    /// A line that stays.
    fn note(&mut self, line: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _: &str, _: usize) {}
    fn advance(&mut self, _: usize, _: &str) {}
    fn end(&mut self) {}
    fn note(&mut self, _: &str) {}
}
