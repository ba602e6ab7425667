use proptest::prelude::*;

use super::*;
use crate::protocol::Reason;
use crate::rows::Format;
use crate::threshold::ThresholdObjective;

const ROWS: usize = 12;

#[derive(Debug, Clone)]
enum Act {
    Decide(Vec<u32>, Option<Decision>),
    Undo,
    Redo,
}

fn act() -> impl Strategy<Value = Act> {
    let decision =
        prop_oneof![Just(None), Just(Some(Decision::Keep)), Just(Some(Decision::Remove)), Just(Some(Decision::Unsure))];
    // Some of the rows are none of the file.
    let rows = prop::collection::vec(0..ROWS as u32 + 1, 0..6);
    prop_oneof![4 => (rows, decision).prop_map(|(rows, decision)| Act::Decide(rows, decision)), 2 => Just(Act::Undo), 1 => Just(Act::Redo)]
}

/// What stands, told from the list of decisions anew.
fn decided(standing: &[(Vec<u32>, Option<Decision>)]) -> Vec<Option<Decision>> {
    let last = |row: u32| standing.iter().rfind(|(rows, _)| rows.contains(&row)).and_then(|(_, decision)| *decision);
    (0..ROWS as u32).map(last).collect()
}

proptest! {
    #[test]
    fn what_stands_is_what_was_not_taken_back(acts in prop::collection::vec(act(), 0..40)) {
        let mut journal = Journal::new(ROWS);
        let (mut standing, mut taken_back) = (Vec::new(), Vec::new());
        for (time, act) in acts.into_iter().enumerate() {
            let time = time as u64;
            match act {
                Act::Decide(rows, decision) => {
                    let is_possible = !rows.is_empty() && rows.iter().all(|row| (*row as usize) < ROWS);
                    prop_assert_eq!(journal.decide(&rows, decision, None, time).is_some(), is_possible);
                    if is_possible {
                        standing.push((rows, decision));
                        taken_back.clear();
                    }
                }
                Act::Undo => {
                    prop_assert_eq!(journal.undo(time).is_some(), !standing.is_empty());
                    taken_back.extend(standing.pop());
                }
                Act::Redo => {
                    prop_assert_eq!(journal.redo(time).is_some(), !taken_back.is_empty());
                    standing.extend(taken_back.pop());
                }
            }
            let expected = decided(&standing);
            let found: Vec<_> = (0..ROWS).map(|row| journal.decision(row)).collect();
            prop_assert_eq!(&found, &expected);
            let count = |decision| expected.iter().filter(|other| **other == Some(decision)).count();
            let counts = Counts { keep: count(Decision::Keep), remove: count(Decision::Remove), unsure: count(Decision::Unsure) };
            prop_assert_eq!(journal.counts(), counts);
        }
        // What was kept as JSON is the same journal.
        let kept: Vec<Entry> =
            journal.entries().iter().map(|entry| serde_json::from_str(&serde_json::to_string(entry).unwrap()).unwrap()).collect();
        let mut again = Journal::replay(ROWS, kept).unwrap();
        prop_assert_eq!(again.entries(), journal.entries());
        prop_assert_eq!(again.undo(0).is_some(), !standing.is_empty());
        standing.pop();
        prop_assert_eq!((0..ROWS).map(|row| again.decision(row)).collect::<Vec<_>>(), decided(&standing));
    }
}

#[test]
fn a_decision_has_its_reason_and_its_time() {
    let mut journal = Journal::new(5);
    journal.decide(&[3, 1, 2], Some(Decision::Remove), Some("spam".into()), 1000).unwrap();
    journal.decide(&[2], Some(Decision::Keep), None, 2000).unwrap();
    assert_eq!((journal.reason(1), journal.time(1)), (Some("spam"), Some(1000)));
    assert_eq!((journal.reason(2), journal.time(2)), (None, Some(2000)));
    assert_eq!((journal.reason(0), journal.time(0), journal.decision(9)), (None, None, None));
    assert_eq!(journal.reasons(), [("spam", 2)]);
    assert_eq!(journal.last().unwrap().iter().collect::<Vec<_>>(), [2]);
    journal.undo(3000).unwrap();
    assert_eq!((journal.reason(2), journal.time(2)), (Some("spam"), Some(1000)));
    let entries: Vec<_> = journal.entries().iter().map(|entry| serde_json::to_string(entry).unwrap()).collect();
    assert_eq!(
        entries,
        [
            r#"{"time":1000,"step":"decide","rows":[[1,3]],"decision":"remove","reason":"spam"}"#,
            r#"{"time":2000,"step":"decide","rows":[[2,1]],"decision":"keep"}"#,
            r#"{"time":3000,"step":"undo"}"#,
        ]
    );
}

#[test]
fn entries_of_another_file_are_refused() {
    let entry = |json: &str| serde_json::from_str::<Entry>(json).unwrap();
    let refused = |json: &[&str]| Journal::replay(10, json.iter().map(|json| entry(json))).unwrap_err().to_string();
    for rows in ["[[0,11]]", "[[10,1]]", "[[4294967295,4294967295]]", "[[3,2],[4,1]]", "[[5,1],[1,1]]", "[[1,0]]", "[]"]
    {
        let step = format!(r#"{{"time":1,"step":"decide","rows":{rows},"decision":"keep"}}"#);
        assert!(refused(&[&step]).contains("step 1 of the decisions"), "{rows}");
    }
    assert!(refused(&[r#"{"time":1,"step":"undo"}"#]).contains("of another file, or some of them were lost"));
    assert!(serde_json::from_str::<Entry>(r#"{"time":1,"step":"decide","rows":[[1,1]],"decision":"burn"}"#).is_err());
}

/// Six rows: the third has no verdict, the fifth has the text of the first.
fn six() -> (Scores, Journal, Vec<u32>) {
    let mut scores = Scores::new(6, 2);
    for (row, probabilities) in
        [[0.9, 0.1], [0.2, 0.8], [f32::NAN, f32::NAN], [0.5, 0.5], [0.9, 0.1], [0.0, 1.0]].iter().enumerate()
    {
        scores.set(row, probabilities, Detail::default());
    }
    let mut journal = Journal::new(6);
    journal.decide(&[1, 3], Some(Decision::Keep), None, 0).unwrap();
    journal.decide(&[4], Some(Decision::Remove), None, 0).unwrap();
    (scores, journal, vec![0, 1, 2, 3, 0, 5])
}

#[test]
fn a_view_is_a_filter_and_an_order() {
    let (scores, journal, first) = six();
    assert_eq!((scores.rows(), scores.scored(), scores.is_scored(2)), (6, 6, true), "no verdict is an answer, too");
    let rows = |filter: Filter, order: Order| View { filter, order }.rows(&scores, &journal, &first);
    let all = Filter::default();
    assert_eq!(rows(all.clone(), Order::File), [0, 1, 2, 3, 4, 5]);
    assert_eq!(rows(all.clone(), Order::Highest(0)), [0, 4, 3, 1, 5, 2]);
    assert_eq!(rows(all.clone(), Order::Lowest(0)), [5, 1, 3, 0, 4, 2]);
    assert_eq!(rows(all.clone(), Order::Doubtful { label: 1, threshold: 0.7 }), [1, 3, 5, 0, 4, 2]);
    assert_eq!(rows(all.clone(), Order::Highest(7)), [0, 1, 2, 3, 4, 5], "no such label");
    let decided =
        |decisions: &[Option<Decision>]| rows(Filter { decisions: decisions.to_vec(), ..all.clone() }, Order::File);
    assert_eq!(decided(&[None]), [0, 2, 5]);
    assert_eq!(decided(&[Some(Decision::Keep), None]), [0, 1, 2, 3, 5]);
    let range = |low, high| rows(Filter { range: Some(Range { label: 1, low, high }), ..all.clone() }, Order::File);
    assert_eq!(range(0.5, 0.8), [1, 3]);
    assert_eq!(range(0.0, 1.0), [0, 1, 3, 4, 5], "what has no verdict is in no range");
    assert_eq!(rows(Filter { found: Some(vec![true, false, true]), ..all.clone() }, Order::File), [0, 2]);
    assert_eq!(rows(Filter { once: true, ..all }, Order::File), [0, 1, 2, 3, 5]);
}

#[test]
fn every_probability_is_in_one_bin() {
    let (mut scores, ..) = six();
    assert_eq!(scores.histogram(0, 0..6, 4), [2, 0, 1, 2]);
    assert_eq!(scores.histogram(1, 0..6, 2), [2, 3]);
    assert_eq!(scores.histogram(1, [5, 99], 3), [0, 0, 1]);
    assert_eq!(scores.histogram(1, 0..6, 0), Vec::<usize>::new());
    scores.set(2, &[0.25, 0.75], Detail::default());
    scores.set(99, &[0.5, 0.5], Detail::default());
    scores.set(1, &[0.5], Detail::default());
    assert_eq!((scores.scored(), scores.probability(1, 0)), (6, Some(0.2)), "what cannot be is ignored");
    assert_eq!(scores.histogram(0, 0..6, 4), [2, 1, 1, 2]);
}

#[test]
fn a_threshold_is_fitted_to_what_was_decided() {
    // The moderator removes from .305 on, whatever the bundle says; one row more than the label knows of, and one less.
    let mut scores = Scores::new(200, 1);
    let mut journal = Journal::new(200);
    (0..200).for_each(|row| scores.set(row, &[row as f32 / 200.0], Detail::default()));
    let (removed, kept): (Vec<u32>, Vec<u32>) = (0..190).partition(|row| *row >= 61 || *row == 5);
    journal.decide(&removed, Some(Decision::Remove), None, 0).unwrap();
    journal.decide(&kept, Some(Decision::Keep), None, 0).unwrap();
    journal.decide(&[100], Some(Decision::Unsure), None, 0).unwrap();
    let fitted = fit(&scores, &journal, 0, ThresholdObjective::BestF1).unwrap();
    assert!((0.30..0.305).contains(&fitted.threshold), "{fitted:?}");
    assert_eq!((fitted.decisions.precision, fitted.decisions.recall), (1.0, 128.0 / 129.0));
    assert_eq!(fitted.decisions.true_negatives, 60.0);
    let every = fit(&scores, &journal, 0, ThresholdObjective::Precision(0.69)).unwrap();
    assert!(every.reached && every.decisions.recall == 1.0 && every.threshold < 0.025, "{every:?}");
    assert!(fit(&scores, &journal, 0, ThresholdObjective::Precision(1.5)).is_err());
    let nothing = fit(&scores, &Journal::new(200), 0, ThresholdObjective::BestF1).unwrap_err().to_string();
    assert_eq!(nothing, "of the rows with a score 0 are removed and 0 kept; to fit a threshold takes 20 of each");
}

#[test]
fn certain_scores_have_a_threshold_too() {
    let mut scores = Scores::new(60, 1);
    (0..60).for_each(|row| scores.set(row, &[if row < 30 { 1.0 } else { 0.0 }], Detail::default()));
    let mut journal = Journal::new(60);
    journal.decide(&(0..30).collect::<Vec<_>>(), Some(Decision::Remove), None, 0).unwrap();
    journal.decide(&(30..60).collect::<Vec<_>>(), Some(Decision::Keep), None, 0).unwrap();
    let fitted = fit(&scores, &journal, 0, ThresholdObjective::BestF1).unwrap();
    assert_eq!((fitted.threshold, fitted.decisions.f1), (0.5, 1.0));
}

#[test]
fn a_sample_is_drawn_without_favour() {
    let rows: Vec<u32> = (0..1000).map(|row| row * 3).collect();
    let mut times = vec![0; 1000];
    for seed in 0..400 {
        let drawn = sample(&rows, 100, seed);
        assert_eq!(drawn.len(), 100);
        assert!(drawn.is_sorted() && drawn.iter().all(|row| row % 3 == 0));
        drawn.iter().for_each(|row| times[*row as usize / 3] += 1);
    }
    // 40 of 400 are expected of each, with a standard deviation of 6.
    assert!(times.iter().all(|times| (10..=75).contains(times)), "{times:?}");
    assert_eq!(sample(&rows, 100, 7), sample(&rows, 100, 7));
    assert_eq!(sample(&rows, 5000, 7), rows);
    assert_eq!(sample(&[], 5, 7), Vec::<u32>::new());
}

#[test]
fn scores_come_back_from_their_bytes() {
    let mut scores = Scores::new(5, 2);
    let reasons = [None, Some(Reason::NoWords), Some(Reason::UnknownWords), Some(Reason::OtherLanguage)];
    for (row, reason) in reasons.into_iter().enumerate() {
        let detail = Detail { tokens: 4096 + row as u32, truncated: row % 2 == 1, reason };
        scores.set(row, &[0.1 * row as f32, f32::NAN], detail);
    }
    let bytes = scores.to_bytes(&[3, 4, 0, 99, 1, 2]);
    assert_eq!(bytes.len(), 4 * 4 * 4, "of rows that are scored alone");
    let read = Scores::from_bytes(&bytes, 2);
    assert_eq!(read.iter().map(|(row, ..)| *row).collect::<Vec<_>>(), [3, 0, 1, 2]);
    for (row, probabilities, detail) in read {
        assert_eq!(Some(detail), scores.detail(row as usize));
        assert!(probabilities[0] == 0.1 * row as f32 && probabilities[1].is_nan());
    }
    assert_eq!(Scores::from_bytes(&bytes[..bytes.len() - 1], 2).len(), 3, "what was cut off is left out");
    assert_eq!(Scores::from_bytes(&[], 0), []);
}

#[test]
fn a_file_is_told_by_its_size_its_ends_its_layout_and_the_model() {
    let layout = |column: &str| Layout { format: Format::Lines, column: column.to_owned(), columns: None };
    let of = |size, beginning: &[u8], end: &[u8], column, model| key(size, beginning, end, &layout(column), model);
    let own = of(4, b"ab", b"cd", "text", "m");
    assert_eq!((own.len(), &own), (64, &of(4, b"ab", b"cd", "text", "m")));
    let others = [
        of(5, b"ab", b"cd", "text", "m"),
        of(4, b"ax", b"cd", "text", "m"),
        of(4, b"ab", b"cx", "text", "m"),
        of(4, b"abc", b"d", "text", "m"),
        of(4, b"ab", b"cd", "words", "m"),
        of(4, b"ab", b"cd", "text", "n"),
    ];
    assert!(others.iter().all(|other| *other != own));
}

#[test]
fn a_threshold_is_judged_by_what_was_decided_and_a_sample_is_a_filter() {
    let (scores, mut journal, first) = six();
    assert_eq!(judge(&scores, &Journal::new(6), 0, 0.5), None);
    journal.decide(&[0], Some(Decision::Remove), None, 0).unwrap();
    let decisions = judge(&scores, &journal, 0, 0.5).unwrap();
    assert_eq!((decisions.true_positives, decisions.false_positives, decisions.true_negatives), (2.0, 1.0, 1.0));
    let drawn = Some(vec![true, false, true, true]);
    let filter = Filter { drawn, found: Some(vec![false, true, true, true, true]), ..Filter::default() };
    assert_eq!(filter.rows(&scores, &journal, &first), [2, 3]);
}
