use super::*;

/// Sentences of ten tokens each, all different.
fn text(sentences: u32) -> (Vec<u32>, Vec<bool>) {
    let tokens = 0..sentences * 10;
    (
        tokens.clone().map(|token| token.wrapping_mul(2_654_435_761) >> 16).collect(),
        tokens.map(|token| token % 10 == 0).collect(),
    )
}

#[test]
fn windows_have_every_token_and_whole_sentences() {
    let (ids, starts) = text(100);
    let windows = cut(&ids, &starts, 254);
    let mut next = 0;
    for Window { tokens, new } in &windows {
        assert_eq!(new.start, next);
        assert!(starts[new.start] && starts[tokens.start], "cut where a sentence starts");
        assert!(tokens.len() <= 254 && tokens.start <= new.start && tokens.end == new.end);
        assert!(new.start == 0 || (1..=OVERLAP).contains(&(new.start - tokens.start)), "{tokens:?} {new:?}");
        next = new.end;
    }
    assert_eq!(next, ids.len());
}

#[test]
fn what_has_no_sentences_is_cut_all_the_same() {
    let ids: Vec<u32> = (0..3000).collect();
    let mut starts = vec![false; ids.len()];
    starts[0] = true;
    for most in [1, 2, 5, 30, 254] {
        let windows = cut(&ids, &starts, most);
        assert!(windows.iter().all(|window| window.tokens.len() <= most && !window.new.is_empty()));
        assert_eq!(windows.iter().map(|window| window.new.len()).sum::<usize>(), ids.len());
        assert!(most < 8 || windows[1..].iter().all(|window| window.tokens.start < window.new.start), "they overlap");
    }
}

#[test]
fn an_edit_costs_its_own_windows() {
    let (ids, starts) = text(300);
    let keys = |ids: &[u32], starts: &[bool]| -> Vec<Vec<u32>> {
        cut(ids, starts, 254).into_iter().map(|window| ids[window.tokens].to_vec()).collect()
    };
    let before = keys(&ids, &starts);
    let (mut costs, edits) = (0, 60);
    for edit in 0..edits {
        let (mut ids, mut starts) = (ids.clone(), starts.clone());
        // A word more within a sentence.
        let place = 5 + edit * 40;
        ids.insert(place, 7);
        starts.insert(place, false);
        costs += keys(&ids, &starts).iter().filter(|key| !before.contains(key)).count();
    }
    assert!(before.len() > 15, "{}", before.len());
    assert!(costs <= 3 * edits, "{costs} new windows for {edits} edits of a text of {}", before.len());
}

fn token(word: u32, bytes: Range<usize>) -> Offsets {
    Offsets { bytes, word }
}

#[test]
fn sentences_start_after_signs_and_line_breaks() {
    let text = "He said \"no.\" It cost 3.5 (or so!) and\nthen";
    let mut offsets = Vec::new();
    let mut start = 0;
    for (word, token) in
        ["He", "said", "\"", "no", ".", "\"", "It", "cost", "3", ".", "5", "(", "or", "so", "!", ")", "and", "then"]
            .into_iter()
            .enumerate()
    {
        start += text[start..].find(token).unwrap();
        offsets.push(self::token(word as u32, start..start + token.len()));
        start += token.len();
    }
    let starts = sentence_starts(text, &offsets);
    let found: Vec<usize> = (0..offsets.len()).filter(|&token| starts[token]).collect();
    assert_eq!(found, [0, 6, 16, 17]);
}
