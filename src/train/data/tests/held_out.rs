//! What is held out to validate with.

use super::*;

fn example(i: usize, targets: &[f32]) -> Example {
    Example { text: i.to_string(), second: None, targets: targets.to_vec(), spans: vec![], weight: 1.0 }
}

/// 100 rows with no label, 30 with the first, 7 with both, and three combinations of their own.
fn unbalanced() -> Vec<Example> {
    let mut examples: Vec<_> = (0..137)
        .map(|i| {
            example(
                i,
                if i % 19 == 5 {
                    &[1.0, 1.0, 0.0]
                } else if i % 4 == 1 {
                    &[1.0, 0.0, 0.0]
                } else {
                    &[0.0; 3]
                },
            )
        })
        .collect();
    examples.extend((137..140).zip([[0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]).map(|(i, t)| example(i, &t)));
    examples
}

#[test]
fn every_combination_of_labels_gives_its_share() {
    let examples = unbalanced();
    let (rest, held_out) = hold_out(examples.clone(), 0.25, 7);
    assert_eq!((rest.len(), held_out.len()), (105, 35));
    for targets in [[0.0; 3], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0; 3]] {
        let count = |part: &[Example]| part.iter().filter(|example| example.targets == targets).count() as f64;
        assert!((count(&held_out) - 0.25 * count(&examples)).abs() < 1.0, "{targets:?}: {}", count(&held_out));
    }
    let mut all: Vec<_> = rest.iter().chain(&held_out).map(|example| example.text.parse::<usize>().unwrap()).collect();
    all.sort_unstable();
    assert_eq!(all, (0..140).collect::<Vec<_>>());
}

#[test]
fn rare_combinations_do_not_all_round_to_nothing() {
    let examples: Vec<_> =
        (0..16).map(|i| example(i, &[0, 1, 2, 3].map(|bit| f32::from((i >> bit & 1) as u8)))).collect();
    assert_eq!(hold_out(examples, 0.25, 1).1.len(), 4);
}

#[test]
fn the_seed_decides_and_the_order_stays() {
    let parts = |seed| hold_out(unbalanced(), 0.1, seed);
    assert_eq!(parts(3), parts(3));
    assert_ne!(parts(3), parts(4));
    let in_order = |part: &[Example]| part.is_sorted_by_key(|example| example.text.parse::<usize>().unwrap());
    assert!(in_order(&parts(3).0) && in_order(&parts(3).1));
}

#[test]
fn all_or_nothing_can_be_held_out() {
    for (fraction, count) in [(0.0, 0), (1.0, 140), (f64::NAN, 0), (-1.0, 0), (7.0, 140)] {
        let (rest, held_out) = hold_out(unbalanced(), fraction, 1);
        assert_eq!((rest.len(), held_out.len()), (140 - count, count), "{fraction}");
    }
    assert_eq!(hold_out(Vec::new(), 0.5, 1), (Vec::new(), Vec::new()));
}

#[test]
fn unknown_labels_are_combinations_of_their_own() {
    let examples: Vec<_> = (0..40).map(|i| example(i, &[if i < 20 { UNKNOWN } else { 0.0 }, 1.0])).collect();
    let (_, held_out) = hold_out(examples, 0.1, 1);
    assert_eq!(held_out.iter().filter(|example| example.targets[0].is_nan()).count(), 2);
    assert_eq!(held_out.len(), 4);
}

#[test]
fn shares_are_held_out_by_their_side() {
    // As many different shares as there are texts: as combinations of their own a tenth of each would be nothing of it.
    let examples: Vec<_> =
        (0..200).map(|i| example(i, &[if i < 180 { i as f32 / 400.0 } else { 1.0 - i as f32 / 500.0 }])).collect();
    let (_, held_out) = hold_out(examples, 0.1, 1);
    let above = held_out.iter().filter(|example| example.targets[0] > 0.5).count();
    assert_eq!((held_out.len(), above), (20, 2));
    let examples: Vec<_> = (0..40).map(|i| example(i, &[[0.5, 0.75][i % 2]])).collect();
    let (_, held_out) = hold_out(examples, 0.2, 1);
    assert_eq!(held_out.iter().filter(|example| example.targets[0] == 0.5).count(), 4, "½ is on neither side");
}

#[test]
fn texts_that_are_judged_by_are_not_learnt() {
    let pair = |text: &str, second: Option<&str>| Example {
        text: text.to_owned(),
        second: second.map(str::to_owned),
        targets: vec![1.0],
        spans: vec![],
        weight: 1.0,
    };
    let learnt = vec![pair("one", None), pair("two  words", None), pair("one", Some("more")), pair("three", None)];
    let measured = [pair("two\nwords", None), pair("one", Some("more")), pair("four", None)];
    assert_eq!(without_texts_of(learnt.clone(), &measured), [learnt[0].clone(), learnt[3].clone()]);
    assert_eq!(without_texts_of(learnt.clone(), &[]), learnt);
}
