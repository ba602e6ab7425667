//! Which characters of a text are marked: `[8, 9, 10]`, each by its place, as in SemEval-2021's task on toxic spans, or
//! `[[8, 11]]`, each run by its start and end.

use std::ops::Range;

use serde_json::Value;

use crate::rows::{Reason, shown};

/// The marked bytes of `text`, runs in order and apart; or what is wrong with the spans.
pub fn parse(spans: &str, text: &str) -> Result<Vec<Range<usize>>, Reason> {
    let wrong =
        || format!("the spans are {}; write the marked characters' places in brackets, as in [3, 4, 5]", shown(spans));
    let spans: Vec<Value> = serde_json::from_str(spans).map_err(|_| wrong())?;
    let mut starts: Vec<usize> = text.char_indices().map(|(start, _)| start).collect();
    starts.push(text.len());
    let characters = starts.len() - 1;
    let mut marked = vec![false; characters];
    for span in &spans {
        let place = |value: &Value| value.as_u64().map(|place| place as usize);
        let run = match span.as_array().map(Vec::as_slice) {
            Some([start, end]) => place(start).zip(place(end)),
            Some(_) => None,
            None => place(span).and_then(|place| Some((place, place.checked_add(1)?))),
        };
        let (start, end) = run.filter(|(start, end)| start < end).ok_or_else(wrong)?;
        let run = marked.get_mut(start..end).ok_or_else(|| {
            format!("character {} is marked, and the text has only {characters}; count characters from 0", end - 1)
        })?;
        run.fill(true);
    }
    let mut spans: Vec<Range<usize>> = Vec::new();
    for place in (0..characters).filter(|&place| marked[place]) {
        let (start, end) = (starts[place], starts[place + 1]);
        match spans.last_mut() {
            Some(mark) if mark.end == start => mark.end = end,
            _ => spans.push(start..end),
        }
    }
    Ok(spans)
}

/// The marked runs of `text`, by the places of their first characters and of those after them.
pub fn in_characters(spans: &[Range<usize>], text: &str) -> Vec<[usize; 2]> {
    let place = |byte: usize| text[..byte].chars().count();
    spans.iter().map(|mark| [place(mark.start), place(mark.end)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_runs_of_characters_become_runs_of_bytes() {
        let text = "é, you 日本 fool";
        let marked =
            |spans: &str| -> Vec<&str> { parse(spans, text).unwrap().into_iter().map(|mark| &text[mark]).collect() };
        assert_eq!(marked("[0, 7,8 , 13, 10, 11, 12]"), ["é", "日本", "fool"]);
        assert_eq!(marked("[[3, 6], [7, 9]]"), ["you", "日本"]);
        assert_eq!(marked("[]"), [""; 0]);
        assert_eq!(in_characters(&parse("[[3, 6], [7, 9]]", text).unwrap(), text), [[3, 6], [7, 9]]);
    }

    #[test]
    fn what_marks_nothing_is_wrong() {
        for (spans, expected) in [
            ("8, 9", "the spans are `8, 9`; write"),
            ("[-1]", "the spans are"),
            ("[[2, 2]]", "the spans are"),
            ("[[1, 2, 3]]", "the spans are"),
            ("[18446744073709551615]", "the spans are"),
            ("[[0, 18446744073709551615]]", "character 18446744073709551614 is"),
            ("[3, 4]", "character 4 is marked, and the text has only 4"),
        ] {
            let reason = parse(spans, "fool").unwrap_err();
            assert!(reason.starts_with(expected), "{reason}");
        }
    }
}
