//! `--windows` of several commands.

use clap::ValueEnum;
use undertone::Result;
use undertone::bundle::Windows;
use undertone::classify::Classifier;

/// What is done with texts that are longer than the model reads at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WindowsArgument {
    /// Their beginning is read, and the rest is cut off.
    First,
    /// They are read in windows, and each label has the highest of their probabilities.
    Max,
    /// They are read in windows, and each label has the mean of their logits.
    Mean,
    /// Their beginning and their end are read as one.
    Ends,
}

impl WindowsArgument {
    /// The classifier that reads long texts in this way, and as its bundle says where there is none.
    pub fn apply(windows: Option<Self>, classifier: Classifier) -> Result<Classifier> {
        match windows {
            Some(windows) => classifier.reading_long_texts(windows.into()),
            None => Ok(classifier),
        }
    }
}

impl From<WindowsArgument> for Windows {
    fn from(windows: WindowsArgument) -> Self {
        match windows {
            WindowsArgument::First => Self::First,
            WindowsArgument::Max => Self::Max,
            WindowsArgument::Mean => Self::Mean,
            WindowsArgument::Ends => Self::Ends,
        }
    }
}
