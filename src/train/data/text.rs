//! Texts as they are learnt: what only says that there is none is told, and what a web page added is taken away.

use crate::rows::Reason;

/// `text` as it is learnt: the line breaks of HTML become newlines. Reviews and comments are taken from web pages; what people type has
/// no `<br />`, and to the tokenizer each is four tokens that say nothing.
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
        match break_length(tag) {
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
    const MISSING: [&str; 3] = ["nan", "<na>", "null"];
    let text = text.trim();
    if text.is_empty() {
        return Err("the text is empty; remove the row".to_owned());
    }
    if MISSING.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Err(format!("the text is only `{text}`, which programs write where there is none; remove the row"));
    }
    Ok(())
}

/// How long the `<br>`, `<br/>` or `<BR />` is that `tag` begins with.
fn break_length(tag: &str) -> Option<usize> {
    let name = tag.get(1..3).filter(|name| name.eq_ignore_ascii_case("br"))?;
    let rest = tag[1 + name.len()..].trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix('/').unwrap_or(rest).strip_prefix('>')?;
    Some(tag.len() - rest.len())
}
