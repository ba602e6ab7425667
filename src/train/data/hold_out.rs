//! A part of the training rows, put aside to choose and judge a model by.
//!
//! Rare labels are why the split is stratified: with 81 threats in 15,646 comments, a tenth drawn blindly holds anything
//! from 3 to 14 of them, and a metric on 3 says nothing. Rows with the same combination of labels form a group, and each
//! group gives the same share. Of a target between 0 and 1 it matters on which side of ½ it is: as groups of their own, shares
//! of annotators would be as many as there are rows.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashSet};

use super::{Digest, Example, digest};
use crate::random::{Key, Purpose};

/// Splits `examples` into those to train on and those held out, both in the order given.
///
/// The second part has `fraction` of the examples, rounded to whole ones, and of each combination of labels as near to
/// that as whole examples allow. `fraction` is clamped to 0–1. Which examples it takes depends on `seed` and the examples'
/// targets only, and on every machine it takes the same.
pub fn hold_out(examples: Vec<Example>, fraction: f64, seed: u64) -> (Vec<Example>, Vec<Example>) {
    let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
    let mut groups: BTreeMap<Vec<Option<Ordering>>, Vec<usize>> = BTreeMap::new();
    for (i, example) in examples.iter().enumerate() {
        // Unknown targets, which compare with nothing, are a side of their own.
        let sides = example.targets.iter().map(|target| target.partial_cmp(&0.5));
        groups.entry(sides.collect()).or_default().push(i);
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    let sizes: Vec<usize> = groups.iter().map(Vec::len).collect();
    let mut random = Key::new(seed, Purpose::HoldOut).generator();
    let mut held_out = vec![false; examples.len()];
    for (mut group, share) in groups.into_iter().zip(shares(&sizes, fraction)) {
        random.shuffle(&mut group);
        for &i in &group[..share] {
            held_out[i] = true;
        }
    }
    let (held_out, rest): (Vec<_>, Vec<_>) = examples.into_iter().zip(held_out).partition(|(_, held_out)| *held_out);
    let unmarked = |part: Vec<(Example, bool)>| part.into_iter().map(|(example, _)| example).collect();
    (unmarked(rest), unmarked(held_out))
}

/// The examples whose text, or pair of texts, none of `measured` has, in the order given: nobody is to be judged by what they learnt.
pub fn without_texts_of(examples: Vec<Example>, measured: &[Example]) -> Vec<Example> {
    let digest = |example: &Example| digest::of(&example.text, example.second.as_deref());
    let measured: HashSet<Digest> = measured.iter().map(digest).collect();
    examples.into_iter().filter(|example| !measured.contains(&digest(example))).collect()
}

/// How many each group gives: its share rounded down, and what the total then lacks from those that lost most by it
/// (Hamilton's method), so that many groups of one or two do not round to nothing all together.
fn shares(sizes: &[usize], fraction: f64) -> Vec<usize> {
    let exact = |size: usize| fraction * size as f64;
    let mut shares: Vec<usize> = sizes.iter().map(|&size| exact(size).floor() as usize).collect();
    let total = exact(sizes.iter().sum()).round() as usize;
    let mut by_loss: Vec<usize> = (0..sizes.len()).collect();
    by_loss.sort_by(|&a, &b| exact(sizes[b]).fract().total_cmp(&exact(sizes[a]).fract()));
    for &group in by_loss.iter().take(total.saturating_sub(shares.iter().sum())) {
        shares[group] += 1;
    }
    shares
}
