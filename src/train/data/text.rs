//! Texts as they are learnt: what only says that there is none is told, and what a web page added is taken away.

use crate::rows::{Cell, Reason};
use crate::text::line_breaks;
use crate::text::plain::is_invisible;

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
    // Beside what stands for any value that there is not: JSON's word, and what Excel writes in place of what it cannot compute.
    const MISSING: [&str; 5] = ["null", "#name?", "#value!", "#ref!", "#div/0!"];
    if text.chars().all(|character| character.is_whitespace() || is_invisible(character)) {
        return Err("the text is empty; remove the row".to_owned());
    }
    let text = text.trim();
    if Cell::Text(text).has_no_word() || MISSING.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Err(format!("the text is only `{text}`, which programs write where there is none; remove the row"));
    }
    Ok(())
}
