//! The line breaks of HTML. Reviews and comments are taken from web pages, and to a tokenizer each `<br />` is four tokens that say nothing.

use std::borrow::Cow;

/// How long the `<br>`, `<br/>` or `<BR />` is that `tag` begins with.
pub fn length(tag: &str) -> Option<usize> {
    let name = tag.strip_prefix('<')?.get(..2).filter(|name| name.eq_ignore_ascii_case("br"))?;
    let rest = tag[1 + name.len()..].trim_start_matches([' ', '\t']);
    let rest = rest.strip_prefix('/').unwrap_or(rest).strip_prefix('>')?;
    Some(tag.len() - rest.len())
}

/// `text` with white space in place of its line breaks, as long as they are, so that all else stays where it was.
pub fn blanked(text: &str) -> Cow<'_, str> {
    let mut breaks = text.match_indices('<').filter_map(|(start, _)| Some((start, length(&text[start..])?))).peekable();
    if breaks.peek().is_none() {
        return text.into();
    }
    let (mut blanked, mut end) = (String::with_capacity(text.len()), 0);
    for (start, length) in breaks {
        blanked.push_str(&text[end..start]);
        blanked.push('\n');
        blanked.extend(std::iter::repeat_n(' ', length - 1));
        end = start + length;
    }
    blanked.push_str(&text[end..]);
    blanked.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_are_white_space_of_their_length() {
        for (text, expected) in [
            ("a<br />b<BR>c", "a\n     b\n   c"),
            ("<br/><br \t/>", "\n    \n      "),
            ("a < b <brown> <b r> <br", "a < b <brown> <b r> <br"),
            ("é<br>é", "é\n   é"),
            ("<<br>>", "<\n   >"),
        ] {
            assert_eq!(blanked(text), expected);
        }
    }
}
