//! Whether the words that are said to have done it did: without them the probability must fall, and further than without as
//! many words at random (the deletion curve of Samek et al. 2017; comprehensiveness in DeYoung et al. 2020).

use std::ops::Range;

use fastrand::Rng;
use rayon::prelude::*;
use serde::Serialize;

use super::data::Example;
use crate::classify::Classifier;
use crate::random::{Key, Purpose};
use crate::{Error, Result};

/// The shares of a text's words that are left out, one after the other.
pub const SHARES: [f64; 5] = [0.05, 0.1, 0.2, 0.3, 0.5];

/// By what words are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Ranking {
    /// The highest first by the bundle's task about words.
    Words,
    /// The largest effect first when hidden.
    Effects,
    /// By chance.
    Random,
}

/// How far probabilities fall without the first words of a ranking.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// By what words were left out.
    pub ranking: Ranking,
    /// The mean fall of the probability at each of [`SHARES`].
    pub falls: Vec<f64>,
}

/// The curves of each ranking that the bundle has, over those of `examples` whose probability of the label number `label` of
/// the task number `task` is at least ½. Gives how many those are, too.
///
/// # Errors
/// The task is none about texts, or of no text the probability is that high.
pub fn curves(
    classifier: &Classifier,
    examples: &[Example],
    task: usize,
    label: usize,
    seed: u64,
) -> Result<(usize, Vec<Curve>)> {
    let key = Key::new(seed, Purpose::Words);
    let text = |(number, example): (usize, &Example)| {
        of_text(classifier, &example.text, (task, label), &mut key.with(number as u64).generator())
    };
    let texts: Vec<Vec<(Ranking, Vec<f64>)>> =
        examples.par_iter().enumerate().map(text).collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
    let first = texts.first().ok_or_else(|| Error::invalid("of none of the texts the probability is ½ or more"))?;
    let mean = |ranking: usize, share: usize| {
        texts.iter().map(|text| text[ranking].1[share]).sum::<f64>() / texts.len() as f64
    };
    let curve = |(number, (ranking, _)): (usize, &Falls)| Curve {
        ranking: *ranking,
        falls: (0..SHARES.len()).map(|share| mean(number, share)).collect(),
    };
    Ok((texts.len(), first.iter().enumerate().map(curve).collect()))
}

/// How far one text's probability falls at each of [`SHARES`] when words go in the order of a ranking.
type Falls = (Ranking, Vec<f64>);

/// The falls by each ranking; none where the probability is below ½ or there is one word only.
fn of_text(classifier: &Classifier, text: &str, label: (usize, usize), random: &mut Rng) -> Result<Option<Vec<Falls>>> {
    let before = probability(classifier, text, label)?;
    if before < 0.5 {
        return Ok(None);
    }
    let effects = classifier.effects(text, label.0, label.1)?;
    if effects.len() < 2 {
        return Ok(None);
    }
    let ranked = |score: &dyn Fn(usize) -> f32| -> Vec<Range<usize>> {
        let mut order: Vec<usize> = (0..effects.len()).collect();
        order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
        order.into_iter().map(|word| effects[word].bytes.clone()).collect()
    };
    let mut chance = ranked(&|word| effects[word].effect);
    let mut rankings = vec![(Ranking::Effects, chance.clone())];
    if let Some(words) = classifier.classify(text)?.words.first() {
        rankings.insert(0, (Ranking::Words, ranked(&|word| words.words[word].probability)));
    }
    random.shuffle(&mut chance);
    rankings.push((Ranking::Random, chance));
    let falls = |order: &[Range<usize>]| {
        let fall = |share: &f64| {
            let count = (share * order.len() as f64).ceil() as usize;
            Ok(before - probability(classifier, &without(text, &order[..count]), label)?)
        };
        SHARES.iter().map(fall).collect::<Result<Vec<f64>>>()
    };
    rankings.into_iter().map(|(ranking, order)| Ok((ranking, falls(&order)?))).collect::<Result<_>>().map(Some)
}

fn probability(classifier: &Classifier, text: &str, (task, label): (usize, usize)) -> Result<f64> {
    let classification = classifier.classify(text)?;
    let name = classifier.manifest().tasks.get(task).map(|task| &task.name);
    let scores = classification.tasks.iter().find(|scores| Some(&scores.task) == name);
    let score = scores.and_then(|scores| scores.labels.get(label));
    score.map(|score| f64::from(score.probability)).ok_or_else(|| Error::invalid("the task is not about texts"))
}

/// `text` without the bytes in `words`.
fn without(text: &str, words: &[Range<usize>]) -> String {
    let is_left_out = |place: usize| words.iter().any(|word| word.contains(&place));
    text.char_indices().filter(|(place, _)| !is_left_out(*place)).map(|(_, character)| character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_left_out_whole() {
        assert_eq!(without("é you idiot!", &[7..12, 0..2]), " you !");
        assert_eq!(without("same", &[]), "same");
    }
}
