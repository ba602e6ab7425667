//! Whether a label is seen where a group of people is merely mentioned.
//!
//! Comments on talk pages mention some groups mostly to insult them, so that a classifier learns their names as insults.
//! Two ways to see it, both for each of a list of identity terms:
//!
//! - Templates (Dixon et al. 2018, "Measuring and mitigating unintended bias in text classification"): the same sentences
//!   with one term after the other. Whatever differs between terms is bias, since nothing else does.
//! - Three AUCs (Borkan et al. 2019, "Nuanced metrics for measuring unintended bias with real data for text
//!   classification"), on the templates and on labelled texts: how well texts with and without the label are told apart
//!   where both mention the term (*subgroup*), where only those without do (*BPSN*, background positive and subgroup
//!   negative: low if harmless mentions score high), and where only those with do (*BNSP*, background negative and
//!   subgroup positive: low if attacks score low). They need no threshold.
//!
//! Terms and templates are data ([`Probe`]).

use serde::{Deserialize, Serialize};

use super::metrics::{Predictions, Sample, mean, roc_auc};
use crate::logistic::{is_present, probability};
use crate::{Error, Result};

mod mentions;
mod probe;

pub use mentions::{Mentions, Term};
pub use probe::{Probe, ProbeText};

/// A term with fewer texts than these that mention it, with the label or without, is left out: an AUC of so few is chance.
pub const FEWEST: usize = 10;

/// What was measured of one label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bias {
    /// The task's name.
    pub task: String,
    /// The label's name.
    pub label: String,
    /// On the templates.
    pub templates: TemplateBias,
    /// On labelled texts; none where there were none.
    #[serde(default)]
    pub data: Option<DataBias>,
}

/// How the terms fare in the same sentences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplateBias {
    /// The mean probability of neutral sentences, over all terms.
    pub neutral: f64,
    /// The mean probability of toxic sentences, over all terms.
    pub toxic: f64,
    /// The share of neutral sentences at the threshold or above.
    pub neutral_marked: f64,
    /// ROC AUC over all terms.
    pub auc: Option<f64>,
    /// Each term, in the probe's order.
    pub terms: Vec<TermBias>,
}

/// How one term fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermBias {
    /// The term.
    pub term: String,
    /// What kind of group it names.
    pub group: String,
    /// The mean probability of its neutral sentences.
    pub neutral: f64,
    /// How far that is above the mean over all terms.
    pub neutral_distance: f64,
    /// The mean probability of its toxic sentences.
    pub toxic: f64,
    /// How far that is above the mean over all terms.
    pub toxic_distance: f64,
    /// The share of its neutral sentences at the threshold or above.
    pub neutral_marked: f64,
    /// Its sentences against each other and against those of the other terms.
    #[serde(flatten)]
    pub aucs: SubgroupAucs,
}

/// How the terms fare in labelled texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataBias {
    /// How many texts there are of which the label is known.
    pub samples: usize,
    /// ROC AUC over all of them.
    pub auc: Option<f64>,
    /// Each term that enough texts mention, in the probe's order.
    pub terms: Vec<TermAucs>,
    /// The other terms.
    pub left_out: Vec<MentionCounts>,
}

/// One term in labelled texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TermAucs {
    /// In how many.
    #[serde(flatten)]
    pub counts: MentionCounts,
    /// How well they are told apart.
    #[serde(flatten)]
    pub aucs: SubgroupAucs,
}

/// How many texts mention a term, not weighted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MentionCounts {
    /// The term.
    pub term: String,
    /// Texts with the label that mention it.
    pub positives: usize,
    /// Texts without the label that mention it.
    pub negatives: usize,
}

/// The AUCs of one term; none where texts of one of their two kinds are lacking.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SubgroupAucs {
    /// Among the texts that mention the term.
    pub subgroup: Option<f64>,
    /// Texts with the label that do not mention it, against texts without the label that do.
    pub bpsn: Option<f64>,
    /// Texts without the label that do not mention it, against texts with the label that do.
    pub bnsp: Option<f64>,
}

impl SubgroupAucs {
    /// The AUCs of samples, each with whether it mentions the term.
    pub(super) fn of(samples: &[(Sample, bool)]) -> Self {
        let auc = |kept: fn(bool, bool) -> bool| {
            let kept = samples.iter().filter(|(sample, own)| sample.class().is_some_and(|class| kept(class, *own)));
            roc_auc(&kept.map(|(sample, _)| *sample).collect::<Vec<_>>())
        };
        Self {
            subgroup: auc(|_, mentions| mentions),
            bpsn: auc(|positive, mentions| positive != mentions),
            bnsp: auc(|positive, mentions| positive == mentions),
        }
    }
}

impl TemplateBias {
    /// Measures the calibrated `logits` of the probe's texts, one for each, of a label that counts from `threshold` on.
    ///
    /// # Errors
    /// The logits are not as many as the texts.
    pub fn of(probe: &Probe, texts: &[ProbeText], logits: &[f32], threshold: f32) -> Result<Self> {
        if texts.len() != logits.len() {
            return Err(Error::invalid(format!("there are {} logits for {} texts", logits.len(), texts.len())));
        }
        let target = |text: &ProbeText| f32::from(u8::from(text.toxic));
        let sample = |(number, text)| Sample::new(logits[number], target(text), 1.0, number);
        let samples: Vec<Sample> = texts.iter().enumerate().map(sample).collect();
        let of_class = |samples: &[Sample], toxic: bool| -> Vec<Sample> {
            samples.iter().copied().filter(|sample| sample.class() == Some(toxic)).collect()
        };
        // Cannot be nothing: a probe has neutral and toxic templates and at least one term.
        let mean_probability = |samples: &[Sample]| mean(samples, Sample::probability).unwrap_or_default();
        let marked = |sample: Sample| f64::from(u8::from(is_present(probability(sample.logit), threshold)));
        let marked = |samples: &[Sample]| mean(samples, marked).unwrap_or_default();
        let (neutral, toxic) = (of_class(&samples, false), of_class(&samples, true));
        let (mean_neutral, mean_toxic) = (mean_probability(&neutral), mean_probability(&toxic));
        let of_term = |(place, term): (usize, &Term)| {
            let mentions: Vec<_> = samples.iter().zip(texts).map(|(&s, text)| (s, text.term == place)).collect();
            let own: Vec<Sample> = mentions.iter().filter(|(_, own)| *own).map(|(sample, _)| *sample).collect();
            let (neutral, toxic) = (of_class(&own, false), of_class(&own, true));
            TermBias {
                term: term.name.clone(),
                group: term.group.clone(),
                neutral: mean_probability(&neutral),
                neutral_distance: mean_probability(&neutral) - mean_neutral,
                toxic: mean_probability(&toxic),
                toxic_distance: mean_probability(&toxic) - mean_toxic,
                neutral_marked: marked(&neutral),
                aucs: SubgroupAucs::of(&mentions),
            }
        };
        Ok(Self {
            neutral: mean_neutral,
            toxic: mean_toxic,
            neutral_marked: marked(&neutral),
            auc: roc_auc(&samples),
            terms: probe.terms.iter().enumerate().map(of_term).collect(),
        })
    }
}

impl DataBias {
    /// Measures the label in place `label` of `predictions`, which are of `texts`, in order. Weights count as in every
    /// metric.
    ///
    /// # Errors
    /// The predictions cannot be measured, or are not as many as the texts.
    pub fn of<'a>(
        probe: &Probe,
        texts: impl ExactSizeIterator<Item = &'a str>,
        predictions: &Predictions,
        label: usize,
    ) -> Result<Self> {
        predictions.check()?;
        if predictions.texts.is_some() {
            return Err(Error::invalid("the predictions are of words: bias is measured on tasks about texts"));
        }
        if texts.len() != predictions.weights.len() {
            let count = predictions.weights.len();
            return Err(Error::invalid(format!("there are predictions of {count} texts for {} texts", texts.len())));
        }
        let known = |(row, text)| Some((predictions.sample(row, label)?, Mentions::of(text)));
        let samples: Vec<(Sample, Mentions)> = texts.enumerate().filter_map(known).collect();
        let (mut terms, mut left_out) = (Vec::new(), Vec::new());
        for term in &probe.terms {
            let samples: Vec<_> = samples.iter().map(|(sample, text)| (*sample, text.mention(term))).collect();
            let counts = MentionCounts::of(&term.name, &samples);
            if counts.positives.min(counts.negatives) < FEWEST {
                left_out.push(counts);
            } else {
                terms.push(TermAucs { counts, aucs: SubgroupAucs::of(&samples) });
            }
        }
        let all: Vec<Sample> = samples.iter().map(|(sample, _)| *sample).collect();
        Ok(Self { samples: all.len(), auc: roc_auc(&all), terms, left_out })
    }
}

impl MentionCounts {
    fn of(term: &str, samples: &[(Sample, bool)]) -> Self {
        // What weighs nothing is in no figure.
        let counts = |sample: &Sample, positive: bool| sample.class() == Some(positive) && sample.weight > 0.0;
        let count = |positive| samples.iter().filter(|(sample, own)| *own && counts(sample, positive)).count();
        Self { term: term.to_owned(), positives: count(true), negatives: count(false) }
    }
}

#[cfg(test)]
mod tests;
