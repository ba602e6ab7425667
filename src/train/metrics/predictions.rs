//! What a model said of texts beside what is true of them, and what metrics are made of.
//!
//! Exclusive classes are labels of which one applies. As the logits are those of each class against the rest, whatever ranks, draws
//! or counts one label does the same for a class; loss, accuracy and decisions are those of the one class that is right or likeliest.

use std::collections::BTreeMap;

use super::sample::{Sample, mean_of_some};
use super::{Curves, Reliability, factors, judged, reliability};
use crate::bundle::HeadKind;
use crate::card::OperatingPoint;
use crate::threshold::Decisions;
use crate::{Error, Result};

/// Checks that `rates` are shares, and of some of these labels.
///
/// # Errors
/// A rate is of a label that is not among them, or is no share.
pub(in crate::train) fn check_rates(rates: &BTreeMap<String, f64>, labels: &[&str]) -> Result<()> {
    for (name, rate) in rates {
        if !labels.contains(&name.as_str()) {
            return Err(Error::invalid(format!(
                "the rate {name}={rate} is of no label: the labels are {}",
                labels.join(", ")
            )));
        }
        if !(*rate > 0.0 && *rate < 1.0) {
            return Err(Error::invalid(format!(
                "the rate {name}={rate} is no rate: give the share of texts that have the label, above 0 and below 1"
            )));
        }
    }
    Ok(())
}

/// What a model said of some texts, and what is true.
#[derive(Debug, Clone, Copy, Default)]
pub struct Predictions<'a> {
    /// The logits, row by row: one for each label, of exclusive classes that of each against the rest
    /// ([`one_against_rest`](crate::logistic::one_against_rest)).
    pub logits: &'a [f32],
    /// 1 where a label applies, 0 where it does not, between them the share of those who say that it does, and NaN where
    /// nobody knows, in the same order.
    pub targets: &'a [f32],
    /// How many texts each row's text stands for.
    pub weights: &'a [f32],
    /// The labels' names, all different.
    pub labels: &'a [String],
    /// How the labels go together.
    pub kind: HeadKind,
    /// How many times as common texts with each label, and those without it, are where the model is used, than here
    /// ([`Self::factors_to`]); none where they are as common.
    pub factors: Option<&'a [[f64; 2]]>,
    /// Of which text each row is, counted from 0, where rows are the tokens of texts; none where each row is a text.
    pub texts: Option<&'a [usize]>,
}

impl Predictions<'_> {
    /// Precision, recall and F1 of each label when it counts as present from its threshold on, or of each class when the likeliest
    /// counts.
    ///
    /// `thresholds` are probabilities, one for each label in order; classes have none, and pass over them.
    ///
    /// # Errors
    /// As [`super::Metrics::of`], or the thresholds are not as many as the labels.
    pub fn decisions(&self, thresholds: &[f32]) -> Result<BTreeMap<String, Decisions>> {
        self.check()?;
        if self.kind == HeadKind::Classes {
            let by_label = self.by_label().map(|(name, _)| name).zip(0..);
            return Ok(by_label.map(|(name, class)| (name.to_owned(), self.decisions_of_class(class))).collect());
        }
        if thresholds.len() != self.labels.len() {
            return Err(Error::invalid(format!(
                "there are {} thresholds for {} labels: give one for each label",
                thresholds.len(),
                self.labels.len()
            )));
        }
        let pairs = self.by_label().zip(thresholds);
        Ok(pairs
            .map(|((name, samples), &threshold)| (name.to_owned(), Decisions::of(judged(&samples), threshold)))
            .collect())
    }

    /// The ROC and precision-recall curves of each label and on average.
    ///
    /// # Errors
    /// As [`super::Metrics::of`].
    pub fn curves(&self) -> Result<Curves> {
        self.check()?;
        let by_label: Vec<_> = self.by_label().map(|(_, samples)| samples).collect();
        Ok(Curves::of(&by_label, &self.all()))
    }

    /// What thresholds decide of each label, as [`super::LabelCurves::operating_points`]; nothing of those that all texts have or none has.
    ///
    /// # Errors
    /// As [`super::Metrics::of`].
    pub fn operating_points(&self) -> Result<BTreeMap<String, Vec<OperatingPoint>>> {
        let curves = self.curves()?.labels;
        let points = self.labels.iter().cloned().zip(curves.iter().map(super::LabelCurves::operating_points));
        Ok(points.filter(|(_, points)| !points.is_empty()).collect())
    }

    /// How often texts and labels with about one probability are positive, in `bins` of equal width.
    ///
    /// # Errors
    /// As [`super::Metrics::of`], or `bins` is 0.
    pub fn reliability(&self, bins: usize) -> Result<Reliability> {
        self.check()?;
        if bins == 0 {
            return Err(Error::invalid("a reliability diagram needs at least one bin"));
        }
        let labels = self.by_label().map(|(_, samples)| reliability::bins(&samples, bins)).collect();
        Ok(Reliability { all: reliability::bins(&self.judged(), bins), labels })
    }

    /// The factors by which the labels have these rates, by name: the shares of all texts that have them. Others are as common as here.
    ///
    /// # Errors
    /// As [`super::Metrics::of`], or a rate is of a label that is not among them, or is no share.
    pub fn factors_to(&self, rates: &BTreeMap<String, f64>) -> Result<Vec<[f64; 2]>> {
        self.check()?;
        check_rates(rates, &self.labels.iter().map(String::as_str).collect::<Vec<_>>())?;
        let to_rate =
            |(name, samples): (&str, Vec<Sample>)| rates.get(name).map_or([1.0, 1.0], |rate| factors(&samples, *rate));
        Ok(self.by_label().map(to_rate).collect())
    }

    /// What is known of a text and a label.
    pub(in crate::train) fn sample(&self, row: usize, label: usize) -> Option<Sample> {
        let i = row * self.labels.len() + label;
        let target = self.targets[i];
        let (logit, weight) = (self.logits[i], f64::from(self.weights[row]));
        let sample = (!target.is_nan()).then(|| Sample::new(logit, target, weight, self.text_of(row)))?;
        Some(self.factors.map_or(sample, |factors| sample.reweighted(factors[label])))
    }

    /// The text that a row is, or is of.
    fn text_of(&self, row: usize) -> usize {
        self.texts.map_or(row, |texts| texts[row])
    }

    /// How many texts the rows are, or are of.
    pub(super) fn text_count(&self) -> usize {
        self.weights.len().checked_sub(1).map_or(0, |last| self.text_of(last) + 1)
    }

    /// How many rows have a known target.
    pub(super) fn known_rows(&self) -> usize {
        self.targets.chunks(self.labels.len()).filter(|targets| targets.iter().any(|target| !target.is_nan())).count()
    }

    /// What the loss is the mean over: all that is known, or of exclusive classes the right one of each row.
    pub(in crate::train) fn believed(&self) -> Vec<Sample> {
        match self.kind {
            HeadKind::Labels => self.all(),
            HeadKind::Classes => self.all().into_iter().filter(|sample| sample.target == 1.0).collect(),
        }
    }

    /// What accuracy and calibration error are over: all that is known, or of exclusive classes the likeliest one of each row
    /// (Guo et al. 2017, "On calibration of modern neural networks", section 2).
    pub(super) fn judged(&self) -> Vec<Sample> {
        match self.kind {
            HeadKind::Labels => self.all(),
            HeadKind::Classes => self.rows().filter_map(|row| self.sample(row, self.likeliest(row))).collect(),
        }
    }

    /// Whether a judged sample is right, 0 or 1; none where there is no right or wrong.
    pub(super) fn is_right(&self, judged: Sample) -> Option<f64> {
        match self.kind {
            HeadKind::Labels => judged.accuracy(),
            HeadKind::Classes => Some(judged.target.into()),
        }
    }

    pub(super) fn accuracy(&self, judged: &[Sample]) -> Option<f64> {
        mean_of_some(judged, |sample| self.is_right(sample))
    }

    /// The mean of the classes' F1, as scikit-learn's: a class that is neither true nor likeliest anywhere has none.
    pub(super) fn f1_macro(&self) -> Option<f64> {
        let of_class = |class| self.decisions_of_class(class);
        let occurs = |of: &Decisions| of.true_positives + of.false_positives + of.false_negatives > 0.0;
        let classes = if self.kind == HeadKind::Classes { self.labels.len() } else { 0 };
        let f1: Vec<f64> = (0..classes).map(of_class).filter(occurs).map(|of| of.f1).collect();
        (!f1.is_empty()).then(|| f1.iter().sum::<f64>() / f1.len() as f64)
    }

    fn decisions_of_class(&self, class: usize) -> Decisions {
        let marked = |row| Some((self.sample(row, class)?.judged()?, self.likeliest(row) == class));
        Decisions::of_marked(self.rows().filter_map(marked), None)
    }

    /// The class of a row that has the highest logit; of equal ones the first.
    fn likeliest(&self, row: usize) -> usize {
        let logits = &self.logits[row * self.labels.len()..][..self.labels.len()];
        // Cannot be none: the check saw a label.
        (0..logits.len()).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap_or_default()
    }

    fn rows(&self) -> std::ops::Range<usize> {
        0..self.weights.len()
    }

    pub(super) fn all(&self) -> Vec<Sample> {
        let labels = 0..self.labels.len();
        let row = |row| labels.clone().filter_map(move |label| self.sample(row, label));
        (0..self.weights.len()).flat_map(row).collect()
    }

    /// The labels in order, each with all that is known of it.
    pub(in crate::train) fn by_label(&self) -> impl Iterator<Item = (&str, Vec<Sample>)> {
        let rows = 0..self.weights.len();
        let samples = move |label| rows.clone().filter_map(|row| self.sample(row, label)).collect();
        self.labels.iter().enumerate().map(move |(label, name)| (name.as_str(), samples(label)))
    }

    pub(in crate::train) fn check(&self) -> Result<()> {
        let Self { logits, targets, weights, labels, .. } = *self;
        if labels.is_empty() || weights.is_empty() {
            return Err(Error::invalid("there is nothing to measure: no text or no label was given"));
        }
        let count = weights.len() * labels.len();
        if logits.len() != count || targets.len() != count {
            return Err(Error::invalid(format!(
                "{} texts with {} labels need {count} logits and targets, but there are {} logits and {} targets",
                weights.len(),
                labels.len(),
                logits.len(),
                targets.len()
            )));
        }
        // The last text's number tells how many there are only if each has rows, and they stand together.
        let is_next = |pair: &[usize]| pair[1] == pair[0] || pair[1] == pair[0] + 1;
        if let Some(texts) = self.texts
            && !(texts.len() == weights.len() && texts[0] == 0 && texts.windows(2).all(is_next))
        {
            return Err(Error::invalid(
                "the rows of the texts do not follow each other: give each row its text's number",
            ));
        }
        if let Some(i) = logits.iter().position(|logit| !logit.is_finite()) {
            return Err(Error::invalid(format!(
                "the model's logit for label `{}` of text {} is {}: the training diverged, or the weights are damaged; \
                 train again, with a lower learning rate",
                labels[i % labels.len()],
                self.text_of(i / labels.len()) + 1,
                logits[i]
            )));
        }
        if let Some(i) = targets.iter().position(|target| !(0.0..=1.0).contains(target) && !target.is_nan()) {
            return Err(Error::invalid(format!(
                "the target for label `{}` of text {} is {}: metrics need targets from 0 to 1, or unknown ones",
                labels[i % labels.len()],
                self.text_of(i / labels.len()) + 1,
                targets[i]
            )));
        }
        let is_one_hot = |row: &[f32]| {
            row.iter().all(|target| target.is_nan())
                || row.iter().all(|target| *target == 0.0 || *target == 1.0) && row.iter().sum::<f32>() == 1.0
        };
        if self.kind == HeadKind::Classes
            && let Some(row) = targets.chunks(labels.len()).position(|row| !is_one_hot(row))
        {
            return Err(Error::invalid(format!(
                "text {} has not one class: of exclusive classes exactly one applies, or none is known",
                self.text_of(row) + 1
            )));
        }
        if let Some(i) = weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0) {
            return Err(Error::invalid(format!(
                "the weight of text {} is {}: a weight is not below 0",
                self.text_of(i) + 1,
                weights[i]
            )));
        }
        if weights.iter().all(|weight| *weight == 0.0) {
            return Err(Error::invalid("every text has the weight 0: give at least one a weight above 0"));
        }
        let known = |(targets, weight): (&[f32], &f32)| *weight > 0.0 && targets.iter().any(|target| !target.is_nan());
        if !targets.chunks(labels.len()).zip(weights).any(known) {
            return Err(Error::invalid(format!(
                "there is nothing to measure: of no text with a weight above 0 it is known whether it is {}",
                labels.join(" or ")
            )));
        }
        Ok(())
    }
}
