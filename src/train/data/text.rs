//! Texts as they are learnt: what only says that there is none is told, and what a web page added is taken away.

use crate::rows::Reason;
use crate::text::line_breaks;

/// `text` as it is learnt: the line breaks of HTML become newlines, as they are read ([`line_breaks`]).
///
/// # Errors
/// There is no text: it is blank, or what programs write for a text that they do not have.
pub fn cleaned(text: &str) -> Result<String, Reason> {
    check(text)?;
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        cleaned.push_str(before);
        match line_breaks::length(tag) {
            Some(length) => {
                cleaned.push('\n');
                rest = &tag[length..];
            }
            None => {
                cleaned.push('<');
                rest = &tag[1..];
            }
        }
    }
    cleaned.push_str(rest);
    check(&cleaned)?;
    Ok(cleaned)
}

/// That `text` is one.
///
/// # Errors
/// It is blank, or what programs write for a text that they do not have.
pub fn check(text: &str) -> Result<(), Reason> {
    const MISSING: [&str; 10] = ["nan", "<na>", "null", "na", "n/a", "#n/a", "#name?", "#value!", "#ref!", "#div/0!"];
    // A text of signs that nobody sees is none.
    let is_seen = |character: char| !matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    if !text.contains(|character: char| !character.is_whitespace() && is_seen(character)) {
        return Err("the text is empty; remove the row".to_owned());
    }
    let text = text.trim();
    if MISSING.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Err(format!("the text is only `{text}`, which programs write where there is none; remove the row"));
    }
    Ok(())
}
