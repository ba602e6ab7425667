//! What a model card says (Mitchell et al. 2019, "Model cards for model reporting"), as data: the companion writes it from what it has
//! measured, in Markdown for people and as the document [`NAME`] of a bundle, of which the page draws its view of the model.
//!
//! What was not measured is not there, and whoever shows a card says so. Curves have no more points than can be seen, in numbers with no more
//! digits than mean something: a card is for eyes, `evaluate --json` for programs.

use serde::{Deserialize, Serialize};

mod axis;

pub use axis::Axis;

/// What the document is called in a bundle.
pub const NAME: &str = "card.json";

/// The card of a bundle.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// What the model is, in words.
    pub model: String,
    /// What people have to say of it.
    pub sections: Vec<Section>,
    /// What was measured of each task.
    pub tasks: Vec<TaskCard>,
    /// How groups of people fare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bias: Option<Bias>,
}

/// A part of a card that is text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// What it is about.
    pub title: String,
    /// Its sentences, point by point.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<String>,
    /// A table, the first row of which has the names of the columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub table: Vec<Vec<String>>,
}

/// What was measured of a task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TaskCard {
    /// The task's name.
    pub name: String,
    /// Whether it is about words.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_about_words: bool,
    /// On labelled texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// On sets of texts of other kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// By a suite of texts of which there is no doubt: all of it first, and then each capability.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behaviour: Vec<Capability>,
    /// With words written to get past a filter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disguises: Vec<DisguiseFigure>,
    /// How the run went that the weights are of; none where they are of several, or nobody has kept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<Training>,
}

/// What was measured on labelled texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// On what, in words: `12500 texts`.
    pub counted: String,
    /// Of the task as a whole.
    pub figures: Vec<Figure>,
    /// Of each label, in the task's order.
    pub labels: Vec<LabelCard>,
}

/// A figure.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// It; none where it could not be measured.
    pub value: Option<f64>,
    /// Where 95 of 100 resamples have it; none where that was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
}

/// What was measured of a label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LabelCard {
    /// The label's name.
    pub name: String,
    /// The area under its ROC curve.
    pub auc: Figure,
    /// The area under the steps of its precision-recall curve.
    pub average_precision: Option<f64>,
    /// How far its probabilities are from how often it applies.
    pub calibration_error: Option<f64>,
    /// What its threshold decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The share of the texts that have it, as these are weighted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// What other thresholds would decide, by falling threshold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operating_points: Vec<OperatingPoint>,
    /// How often it applies where its probability is about so much.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reliability: Vec<ReliabilityBin>,
}

/// What a threshold decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// It; none where the likeliest class counts.
    pub threshold: Option<f64>,
    /// The share of what is marked that has the label.
    pub precision: f64,
    /// The share of what has the label that is marked.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// The share of what has it not that is marked all the same.
    pub false_positive_rate: Option<f64>,
}

/// What one threshold would decide; in the document `[threshold, recall, false positive rate, precision]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f32; 4]", into = "[f32; 4]")]
pub struct OperatingPoint {
    /// The probability from which on texts are marked.
    pub threshold: f32,
    /// The share of what has the label that is marked: the true positive rate.
    pub recall: f32,
    /// The share of what has it not that is marked all the same.
    pub false_positive_rate: f32,
    /// The share of what is marked that has it.
    pub precision: f32,
}

impl From<[f32; 4]> for OperatingPoint {
    fn from([threshold, recall, false_positive_rate, precision]: [f32; 4]) -> Self {
        Self { threshold, recall, false_positive_rate, precision }
    }
}

impl From<OperatingPoint> for [f32; 4] {
    fn from(point: OperatingPoint) -> Self {
        [point.threshold, point.recall, point.false_positive_rate, point.precision]
    }
}

/// The texts whose probability is in one interval; in the document `[probability, share, texts]`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f32, f32, u32)", into = "(f32, f32, u32)")]
pub struct ReliabilityBin {
    /// Their mean probability.
    pub probability: f32,
    /// The share of them that has the label.
    pub share: f32,
    /// How many they are, unweighted.
    pub texts: u32,
}

impl ReliabilityBin {
    /// Fewer texts than these say little of how often a label applies.
    pub const ENOUGH: u32 = 10;
}

impl From<(f32, f32, u32)> for ReliabilityBin {
    fn from((probability, share, texts): (f32, f32, u32)) -> Self {
        Self { probability, share, texts }
    }
}

impl From<ReliabilityBin> for (f32, f32, u32) {
    fn from(bin: ReliabilityBin) -> Self {
        (bin.probability, bin.share, bin.texts)
    }
}

/// What was measured of one label on texts of another kind. Shares of nothing are none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The set's name, and the label's where the task has several.
    pub name: String,
    /// Of how many of its texts the label is known.
    pub texts: usize,
    /// The share on whose side of ½ the probability is.
    pub accuracy: Option<f64>,
    /// The area under the ROC curve.
    pub auc: Option<f64>,
    /// As in [`Decision`].
    pub recall: Option<f64>,
    /// As in [`Decision`].
    pub false_positive_rate: Option<f64>,
    /// Of texts that are neither one nor the other the share whose probability is in a range: the share, and the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<[f64; 3]>,
}

/// What became of the cases about one capability.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// It.
    pub name: String,
    /// How many cases there are.
    pub cases: usize,
    /// How many went as anyone would expect.
    pub passed: usize,
}

/// What is left where words are written to get past a filter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DisguiseFigure {
    /// In which way.
    pub name: String,
    /// The mean area under the labels' ROC curves; none where it was not measured.
    pub auc: Option<f64>,
    /// How much that is less than without.
    pub lost: Option<f64>,
}

/// How a run went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// (step, loss) of training batches, as a mean in which earlier ones fade.
    pub losses: Vec<[f64; 2]>,
    /// (step, loss) of held-out texts.
    pub validations: Vec<[f64; 2]>,
}

/// Whether a label is seen where a group of people is merely mentioned.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Bias {
    /// The label.
    pub label: String,
    /// The mean probability of neutral sentences, over all terms.
    pub neutral: f64,
    /// The share of them at the threshold or above.
    pub neutral_marked: f64,
    /// The mean probability of toxic sentences, over all terms.
    pub toxic: f64,
    /// The area under the ROC curve over all of these sentences.
    pub auc: Option<f64>,
    /// How each term fares in the same sentences, from the highest neutral ones on.
    pub terms: Vec<Term>,
    /// How terms fare in labelled texts; none where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mentions: Option<Mentions>,
}

/// How one term fares in the same sentences as all others.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// It.
    pub term: String,
    /// The mean probability of its neutral sentences.
    pub neutral: f64,
    /// How far that is above the mean of all terms.
    pub distance: f64,
    /// The share of them at the threshold or above.
    pub marked: f64,
    /// Areas under ROC curves: of its own sentences, of its neutral ones against others' toxic ones, and the other way round.
    pub aucs: [Option<f64>; 3],
}

/// How terms fare in labelled texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Mentions {
    /// How many texts there are.
    pub texts: usize,
    /// The area under the ROC curve over all of them.
    pub auc: Option<f64>,
    /// Each term that enough texts mention.
    pub terms: Vec<MentionedTerm>,
    /// How many terms too few texts mention.
    pub left_out: usize,
}

/// How one term fares in labelled texts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MentionedTerm {
    /// It.
    pub term: String,
    /// How many texts with the label mention it.
    pub with: usize,
    /// How many without.
    pub without: usize,
    /// As in [`Term::aucs`].
    pub aucs: [Option<f64>; 3],
}

impl Card {
    /// What was measured of the label `label` of the task `task`.
    pub fn label(&self, task: &str, label: &str) -> Option<&LabelCard> {
        let task = self.tasks.iter().find(|of| of.name == task)?;
        task.measured.as_ref()?.labels.iter().find(|of| of.name == label)
    }
}

impl Capability {
    /// The share that went as expected; 1 of nothing.
    pub fn rate(&self) -> f64 {
        if self.cases == 0 { 1.0 } else { self.passed as f64 / self.cases as f64 }
    }
}

impl LabelCard {
    /// What the label would decide from `threshold` on, as near as the card has it: the last point that is not below it. None where the card has
    /// no points, or every text would stay below.
    pub fn at(&self, threshold: f32) -> Option<OperatingPoint> {
        self.operating_points.iter().take_while(|point| point.threshold >= threshold).last().copied()
    }
}

impl OperatingPoint {
    /// The share of all texts that is marked, where the share `rate` of them has the label.
    pub fn marked(&self, rate: f64) -> f64 {
        rate * f64::from(self.recall) + (1.0 - rate) * f64::from(self.false_positive_rate)
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_decides_what_the_last_point_above_it_does() {
        let point = |threshold, recall| OperatingPoint { threshold, recall, false_positive_rate: 0.25, precision: 0.5 };
        let label = LabelCard {
            operating_points: vec![point(0.9, 0.1), point(0.5, 0.5), point(0.1, 1.0)],
            ..LabelCard::default()
        };
        let recalls = [0.95, 0.9, 0.6, 0.5, 0.0].map(|threshold| label.at(threshold).map(|point| point.recall));
        assert_eq!(recalls, [None, Some(0.1), Some(0.1), Some(0.5), Some(1.0)]);
        assert!((point(0.5, 0.5).marked(0.2) - 0.3).abs() < 1e-9);
    }

    #[test]
    fn a_card_is_read_as_it_was_written() {
        let point = OperatingPoint { threshold: 0.5, recall: 0.75, false_positive_rate: 0.125, precision: 0.25 };
        let bin = ReliabilityBin { probability: 0.9, share: 0.75, texts: 40 };
        let label = LabelCard { operating_points: vec![point], reliability: vec![bin], ..LabelCard::default() };
        let measured = Measured { labels: vec![LabelCard { name: "toxic".into(), ..label }], ..Measured::default() };
        let task = TaskCard { name: "toxicity".into(), measured: Some(measured), ..TaskCard::default() };
        let card = Card { tasks: vec![task], ..Card::default() };
        let json = serde_json::to_string(&card).unwrap();
        assert!(json.contains("[0.5,0.75,0.125,0.25]") && json.contains("[0.9,0.75,40]"), "{json}");
        assert_eq!(serde_json::from_str::<Card>(&json).unwrap(), card);
        assert!(card.label("toxicity", "toxic").is_some() && card.label("toxicity", "threat").is_none());
    }
}
