//! How well marked words are found, as SemEval-2021's task 5 on toxic spans measures it.

use std::ops::Range;

/// The F1 of the characters of `text` that are `found` against those that are `marked`: 1 where neither has any, 0 where
/// only one does (Da San Martino et al. 2019; Pavlopoulos et al. 2021). Ranges are of bytes.
pub fn character_f1(text: &str, found: &[Range<usize>], marked: &[Range<usize>]) -> f64 {
    let is_in = |ranges: &[Range<usize>], place: usize| ranges.iter().any(|range| range.contains(&place));
    let (mut both, mut all) = (0, 0);
    for (place, _) in text.char_indices() {
        let (is_found, is_marked) = (is_in(found, place), is_in(marked, place));
        both += usize::from(is_found && is_marked);
        all += usize::from(is_found) + usize::from(is_marked);
    }
    if all == 0 { 1.0 } else { 2.0 * both as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_not_bytes() {
        let text = "ééidiot";
        let found_where_marked = |found: &[Range<usize>]| character_f1(text, found, std::slice::from_ref(&(4..9)));
        assert_eq!(character_f1(text, &[], &[]), 1.0);
        assert_eq!(character_f1(text, std::slice::from_ref(&(0..2)), &[]), 0.0);
        assert_eq!(found_where_marked(&[]), 0.0);
        assert_eq!(found_where_marked(&[4..6, 6..9]), 1.0);
        // 2 of the 4 found are marked, and 2 of the 5 marked are found: F1 = 2·(1/2)(2/5) / (1/2 + 2/5).
        assert!((found_where_marked(&[0..4, 4..6]) - 4.0 / 9.0).abs() < 1e-12);
    }
}
