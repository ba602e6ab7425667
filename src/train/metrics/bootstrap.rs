//! How far a figure would move if other texts of the same kind had been drawn: the percentile bootstrap (Efron & Tibshirani
//! 1993, "An introduction to the bootstrap", chapter 13).
//!
//! Texts are drawn from the measured ones with replacement, as many as there are, and measured again; the middle 95% of the
//! figures of many such resamples are the interval. A text comes with all of its labels and its weight: what a test set
//! drew once is one observation, however many texts it stands for, so that weights widen an interval as they should. Where
//! the rows are tokens, a text comes with all of them: tokens of one text are alike, and intervals of tokens drawn one by one
//! would be too narrow (a cluster bootstrap; Field & Welsh 2007, "Bootstrapping clustered data").
//!
//! A resample is a count for each text. Sums over a text's labels and the order of the logits are the same in all
//! resamples, so they are made once, and a resample costs a walk over sorted arrays instead of a sort.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Predictions, Sample};
use crate::random::{Key, Purpose};
use crate::{Error, Result};

/// Where the figure of 95 resamples in 100 is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// 2.5% of the resamples are below it.
    pub low: f64,
    /// 2.5% of them are above it.
    pub high: f64,
}

/// The 95% interval of each figure that [`super::Metrics`] has under the same name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// How many resamples were drawn.
    pub resamples: usize,
    /// Mean binary cross-entropy.
    pub loss: Option<Interval>,
    /// Binary accuracy.
    pub accuracy: Option<Interval>,
    /// The labels' mean ROC AUC, over the resamples in which all labels that have one have one.
    pub auc_macro: Option<Interval>,
    /// ROC AUC over all texts and labels.
    pub auc_micro: Option<Interval>,
    /// ROC AUC of each label, over the resamples that have texts of both classes; none where the label has no AUC.
    pub labels: BTreeMap<String, Option<Interval>>,
}

impl Predictions<'_> {
    /// The 95% intervals of `resamples` resamples, which `seed` draws: the same with any number of threads.
    ///
    /// # Errors
    /// As [`super::Metrics::of`], or no resample is asked for.
    pub fn intervals(&self, resamples: usize, seed: u64) -> Result<Intervals> {
        self.check()?;
        if resamples == 0 {
            return Err(Error::invalid("an interval needs resamples: ask for 1,000"));
        }
        let resampler = Resampler::of(self);
        let key = Key::new(seed, Purpose::Resamples);
        let figures = |number: usize| resampler.figures(&resampler.draw(key.with(number as u64)));
        let figures: Vec<Figures> = (0..resamples).into_par_iter().map(figures).collect();
        Ok(resampler.intervals(&figures, self.labels))
    }
}

/// What a resample needs of the predictions, in the order in which it needs it.
struct Resampler {
    texts: Vec<Text>,
    labels: Vec<Ranking>,
    micro: Ranking,
    /// Which labels have texts of both classes.
    measurable: Vec<bool>,
}

/// A text's sums over all that is known of it, times its weight.
#[derive(Clone, Copy, Default)]
struct Text {
    /// Of what has a loss.
    weight: f64,
    loss: f64,
    /// Of what is right or wrong.
    decided: f64,
    right: f64,
}

/// The samples of a class by logit, lowest first.
struct Ranking(Vec<Sample>);

/// What is measured of one resample; none where it lacks what the figure needs.
#[derive(Debug, Clone, PartialEq)]
struct Figures {
    loss: Option<f64>,
    accuracy: Option<f64>,
    auc_micro: Option<f64>,
    aucs: Vec<Option<f64>>,
}

impl Resampler {
    fn of(predictions: &Predictions) -> Self {
        let all = predictions.all();
        let mut texts = vec![Text::default(); predictions.text_count()];
        for sample in predictions.believed() {
            let text = &mut texts[sample.text];
            text.weight += sample.weight;
            text.loss += sample.weight * sample.loss();
        }
        for sample in predictions.judged() {
            let text = &mut texts[sample.text];
            if let Some(right) = predictions.is_right(sample) {
                text.decided += sample.weight;
                text.right += sample.weight * right;
            }
        }
        let labels: Vec<Ranking> = predictions.by_label().map(|(_, samples)| Ranking::of(samples)).collect();
        let once = vec![1; texts.len()];
        Self {
            texts,
            measurable: labels.iter().map(|label| label.auc(&once).is_some()).collect(),
            micro: Ranking::of(all),
            labels,
        }
    }

    /// How often each text is drawn.
    fn draw(&self, key: Key) -> Vec<u32> {
        let mut random = key.generator();
        let mut counts = vec![0; self.texts.len()];
        for _ in 0..self.texts.len() {
            counts[random.usize(..self.texts.len())] += 1;
        }
        counts
    }

    fn figures(&self, counts: &[u32]) -> Figures {
        let mut sum = Text::default();
        for (text, &count) in self.texts.iter().zip(counts) {
            let count = f64::from(count);
            sum.weight += count * text.weight;
            sum.loss += count * text.loss;
            sum.decided += count * text.decided;
            sum.right += count * text.right;
        }
        let mean = |of: f64, weight: f64| (weight > 0.0).then(|| of / weight);
        Figures {
            loss: mean(sum.loss, sum.weight),
            accuracy: mean(sum.right, sum.decided),
            auc_micro: self.micro.auc(counts),
            aucs: self.labels.iter().map(|label| label.auc(counts)).collect(),
        }
    }

    /// The middle 95% of each figure.
    fn intervals(&self, figures: &[Figures], labels: &[String]) -> Intervals {
        let interval = |figure: &dyn Fn(&Figures) -> Option<f64>| middle(figures.iter().filter_map(figure).collect());
        let labels = labels.iter().enumerate();
        Intervals {
            resamples: figures.len(),
            loss: interval(&|figures| figures.loss),
            accuracy: interval(&|figures| figures.accuracy),
            auc_macro: interval(&|figures| self.auc_macro(figures)),
            auc_micro: interval(&|figures| figures.auc_micro),
            labels: labels.map(|(i, name)| (name.clone(), interval(&|figures| figures.aucs[i]))).collect(),
        }
    }

    /// The mean over all labels that have an AUC. A resample that misses one is left out, since its mean would be of
    /// other labels.
    fn auc_macro(&self, figures: &Figures) -> Option<f64> {
        let measurable = figures.aucs.iter().zip(&self.measurable).filter(|(_, measurable)| **measurable);
        let aucs: Vec<f64> = measurable.map(|(auc, _)| *auc).collect::<Option<_>>()?;
        (!aucs.is_empty()).then(|| aucs.iter().sum::<f64>() / aucs.len() as f64)
    }
}

impl Ranking {
    fn of(mut samples: Vec<Sample>) -> Self {
        samples.retain(|sample| sample.class().is_some());
        samples.sort_by(|a, b| a.logit.total_cmp(&b.logit));
        Self(samples)
    }

    /// As [`super::ranking::roc_auc`] of every text as often as it was drawn.
    fn auc(&self, counts: &[u32]) -> Option<f64> {
        let (mut positives, mut negatives, mut won) = (0.0, 0.0, 0.0);
        for tie in self.0.chunk_by(|a, b| a.logit == b.logit) {
            let (mut positive, mut negative) = (0.0, 0.0);
            for sample in tie {
                let weight = f64::from(counts[sample.text]) * sample.weight;
                *if sample.class() == Some(true) { &mut positive } else { &mut negative } += weight;
            }
            won += positive * (negatives + negative / 2.0);
            positives += positive;
            negatives += negative;
        }
        (positives > 0.0 && negatives > 0.0).then(|| won / (positives * negatives))
    }
}

/// The interval between the 2.5th and the 97.5th percentile; none of nothing.
fn middle(mut figures: Vec<f64>) -> Option<Interval> {
    figures.sort_unstable_by(f64::total_cmp);
    let last = figures.len().checked_sub(1)?;
    let percentile = |share: f64| {
        let place = share * last as f64;
        let below = place.floor() as usize;
        let above = (below + 1).min(last);
        figures[below] + place.fract() * (figures[above] - figures[below])
    };
    Some(Interval { low: percentile(0.025), high: percentile(0.975) })
}

#[cfg(test)]
mod tests;
