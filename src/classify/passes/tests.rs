use super::*;

#[test]
fn logits_are_combined_as_the_task_says() {
    let windows = [0..30, 30..40].map(|part| Pass { new: part.len(), parts: vec![part] });
    let logits: [&[f32]; 2] = [&[1.0, -3.0], &[5.0, -7.0]];
    let task = |windows, kind| Task { windows, kind, ..Task::new("task", &["one", "other"]) };
    assert_eq!(combined(&task(Windows::Max, HeadKind::Labels), &windows, &logits), [5.0, -3.0]);
    assert_eq!(combined(&task(Windows::Mean, HeadKind::Labels), &windows, &logits), [2.0, -4.0]);
    // ln .9, ln .1 with the weight ¾ and ln .2, ln .8 with ¼: the class's odds are 9^¾ · ¼^¼.
    let of_classes = [9f32.ln(), 0.25f32.ln()];
    let logits = [[of_classes[0], -of_classes[0]], [of_classes[1], -of_classes[1]]];
    let found = combined(&task(Windows::Mean, HeadKind::Classes), &windows, &[&logits[0], &logits[1]]);
    let expected = 0.75 * 9f32.ln() - 0.25 * 4f32.ln();
    assert!((found[0] - expected).abs() < 1e-5 && (found[1] + expected).abs() < 1e-5, "{found:?} {expected}");
}

/// A text of so many tokens with one special token on either side, of which the model reads as many at once.
fn tokenised(count: usize, most: usize) -> Tokenised {
    let around = Around { before: vec![101], after: vec![102] };
    let offsets = (0..count).map(|token| Offsets { bytes: token..token + 1, word: token as u32 }).collect();
    let starts = (0..count).map(|token| token % 10 == 0).collect();
    Tokenised { ids: (0..count as u32).collect(), offsets, is_cut: false, around, most, starts }
}

#[test]
fn a_token_has_its_highest_logit() {
    let text = tokenised(5, 3);
    let passes = [vec![0..2, 3..4], vec![3..4]].map(|parts| Pass { parts, new: 1 });
    let logits: [&[f32]; 2] = [&[9.0, 1.0, 2.0, 3.0, 9.0], &[9.0, 5.0, 9.0]];
    let unread = f32::NEG_INFINITY;
    assert_eq!(highest(1, &text, &passes, &logits), [1.0, 2.0, unread, 5.0, unread]);
}

#[test]
fn what_fits_is_one_pass_and_what_does_not_is_read_as_the_task_says() {
    for windows in [Windows::First, Windows::Max, Windows::Mean, Windows::Ends] {
        assert_eq!(tokenised(510, 510).passes(windows), [Pass { parts: vec![0..510], new: 510 }]);
    }
    let long = tokenised(1000, 510);
    assert_eq!(long.passes(Windows::First), [Pass { parts: vec![0..510], new: 510 }]);
    assert_eq!(long.passes(Windows::Ends), [Pass { parts: vec![0..128, 618..1000], new: 510 }]);
    for (windows, most) in [(Windows::Max, 62), (Windows::Mean, 254)] {
        let passes = long.passes(windows);
        assert_eq!(passes.iter().map(|pass| pass.new).sum::<usize>(), 1000);
        assert!(passes.iter().all(|pass| pass.parts[0].len() <= most));
    }
}

#[test]
fn a_word_is_hidden_in_the_passes_that_have_it() {
    let text = tokenised(8, 4);
    let pass = Pass { parts: vec![0..2, 6..8], new: 4 };
    assert_eq!(text.put(&pass).input_ids, [101, 0, 1, 6, 7, 102]);
    assert_eq!(text.put_hiding(&pass, &(1..7), 103).unwrap().input_ids, [101, 0, 103, 103, 7, 102]);
    assert_eq!(text.put_hiding(&pass, &(2..6), 103), None);
}
