//! Characters as readers see them: what nobody sees goes, and what is one thing in several writings is written in one way.

use crate::text::line_breaks;

use super::{Glyph, LONGEST_WORD, emoji, space_after};

/// So many letters with something between them make one word at most ([`super::spaced`]), and so one token.
const LETTERS_A_TOKEN: usize = 20;
/// More spaces in a row say no more, and a text could be made of them.
const MOST_SPACES: usize = 8;
/// An emoji that comes more often in a row says no more.
const MOST_REPEATS: usize = 2;

/// The characters of the beginning of `text` that a model of `most_tokens` tokens can read, and whether there are more.
pub fn read(text: &str, most_tokens: usize) -> (Vec<Glyph>, bool) {
    let mut reader = Reader { glyphs: Vec::new(), letters: 0, twentieths: 0, repeats: 0, is_apart: false };
    let mut start = 0;
    while start < text.len() {
        if reader.twentieths >= most_tokens.saturating_mul(LETTERS_A_TOKEN) {
            return (
                reader.glyphs,
                !text[start..].chars().all(|character| character.is_whitespace() || is_invisible(character)),
            );
        }
        start += reader.take(text, start);
    }
    (reader.glyphs, false)
}

struct Reader {
    glyphs: Vec<Glyph>,
    /// How many characters the word has that is being read.
    letters: usize,
    /// How many tokens the words before it give at least, in twentieths.
    twentieths: usize,
    /// How often the last emoji came in a row.
    repeats: usize,
    /// Whether what comes next is to stand apart from what is there.
    is_apart: bool,
}

impl Reader {
    /// Takes what `text` has at `start`, and says how many bytes that were.
    fn take(&mut self, text: &str, start: usize) -> usize {
        let rest = &text[start..];
        // The caller looks at places within the text only.
        let Some(character) = rest.chars().next() else { return 1 };
        if is_regional_indicator(character) {
            return self.take_flags(rest, start);
        }
        let (character, bytes) = entity(rest).unwrap_or((character, character.len_utf8()));
        if let Some(name) = emoji::name(character) {
            self.push_emoji(name, start, bytes);
        } else if !is_invisible(character) {
            let next = rest[bytes..].chars().next();
            self.push(usual(character), next, start, bytes);
        }
        bytes
    }

    /// Letters of the alphabet of flags: two are a flag, more of them may be a word.
    fn take_flags(&mut self, rest: &str, start: usize) -> usize {
        let row: Vec<char> =
            rest.chars().take_while(|character| is_regional_indicator(*character)).take(LONGEST_WORD).collect();
        let length = 4;
        if row.len() == 2 {
            self.push_emoji("flag", start, 2 * length);
            return 2 * length;
        }
        self.stand_apart();
        for (number, character) in row.iter().enumerate() {
            let letter = char::from(b'a' + (u32::from(*character) - FIRST_REGIONAL_INDICATOR) as u8);
            self.glyph(letter, start + number * length, length);
        }
        self.is_apart = true;
        row.len() * length
    }

    fn push(&mut self, character: char, next: Option<char>, start: usize, bytes: usize) {
        self.repeats = 0;
        let is_within = !self.is_apart
            && self.glyphs.last().is_some_and(|last| last.character.is_ascii_alphabetic())
            && next.is_some_and(|next| next.is_ascii_alphabetic());
        match character {
            // As an asterisk does, it stands for a letter.
            _ if is_within && is_mask(character) => self.glyph('*', start, bytes),
            '\n' | '\t' | ' ' => self.space(character, start, bytes),
            // Half an emoji or half a character of another encoding.
            '\u{fffd}' => self.space(' ', start, bytes),
            _ if character.is_whitespace() && !is_c1(character) => self.space(' ', start, bytes),
            _ => match spelt_out(character) {
                Some(letters) => letters.chars().for_each(|letter| self.glyph(letter, start, bytes)),
                None if is_symbol(character) => {
                    self.stand_apart();
                    self.glyph(character, start, bytes);
                    self.is_apart = true;
                }
                None => self.glyph(character, start, bytes),
            },
        }
    }

    fn push_emoji(&mut self, name: &str, start: usize, bytes: usize) {
        let is_repeated = self.glyphs.last().is_some_and(|last| last.from.end == start)
            && self.repeats > 0
            && self.glyphs.iter().rev().map(|glyph| glyph.character).zip(name.chars().rev()).all(|(a, b)| a == b);
        if is_repeated && self.repeats >= MOST_REPEATS {
            // It stays part of the one before, so that the whole row is shown as one.
            if let Some(last) = self.glyphs.last_mut() {
                last.from.end = start + bytes;
            }
            return;
        }
        let repeats = if is_repeated { self.repeats + 1 } else { 1 };
        self.stand_apart();
        name.chars().for_each(|letter| match letter {
            ' ' => self.space(' ', start, bytes),
            _ => self.glyph(letter, start, bytes),
        });
        self.is_apart = true;
        self.repeats = repeats;
    }

    fn space(&mut self, character: char, start: usize, bytes: usize) {
        self.end_word();
        self.is_apart = false;
        let row =
            self.glyphs.iter().rev().take(MOST_SPACES).take_while(|glyph| glyph.character.is_whitespace()).count();
        if row < MOST_SPACES {
            self.glyphs.push(Glyph { character, from: start..start + bytes });
        }
    }

    fn glyph(&mut self, character: char, start: usize, bytes: usize) {
        if self.is_apart {
            self.stand_apart();
        }
        self.letters += 1;
        if self.letters == LONGEST_WORD {
            // Longer words are cut.
            self.twentieths += LETTERS_A_TOKEN;
            self.letters = 0;
        }
        self.glyphs.push(Glyph { character, from: start..start + bytes });
    }

    /// Puts a space after what is there, unless there is one.
    fn stand_apart(&mut self) {
        self.is_apart = false;
        if let Some(last) = self.glyphs.last().filter(|last| !last.character.is_whitespace()) {
            self.glyphs.push(space_after(last));
        }
        self.end_word();
    }

    fn end_word(&mut self) {
        self.twentieths += match self.letters {
            0 => 0,
            1 => 1,
            _ => LETTERS_A_TOKEN,
        };
        self.letters = 0;
    }
}

/// The character that an HTML entity at the beginning of `rest` stands for, and its length. Text that was escaped twice is read as
/// it was before.
fn entity(rest: &str) -> Option<(char, usize)> {
    const NAMED: [(&str, char); 15] = [
        ("quot;", '"'),
        ("apos;", '\''),
        ("lt;", '<'),
        ("gt;", '>'),
        ("nbsp;", ' '),
        ("rsquo;", '\''),
        ("lsquo;", '\''),
        ("hellip;", '…'),
        ("ldquo;", '"'),
        ("rdquo;", '"'),
        ("mdash;", '—'),
        ("ndash;", '–'),
        ("shy;", '\u{ad}'),
        ("zwj;", '\u{200d}'),
        ("zwnj;", '\u{200c}'),
    ];
    if let Some(length) = line_breaks::length(rest) {
        return Some(('\n', length));
    }
    let mut name = rest.strip_prefix('&')?;
    while let Some(escaped) = name.strip_prefix("amp;") {
        name = escaped;
    }
    let before = rest.len() - name.len();
    let ampersand = (before > 1).then_some(('&', before));
    if let Some((named, character)) = NAMED.iter().find(|(named, _)| name.starts_with(named)) {
        return Some((*character, before + named.len()));
    }
    let Some(number) = name.strip_prefix('#') else { return ampersand };
    // No character has a number of more digits.
    let Some(end) = number.bytes().take(8).position(|byte| byte == b';').filter(|end| *end > 0) else {
        return ampersand;
    };
    let code = match number[..end].strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number[..end].parse(),
    };
    let Some(character) = code.ok().and_then(char::from_u32) else { return ampersand };
    Some((character, before + 1 + end + 1))
}

const FIRST_REGIONAL_INDICATOR: u32 = 0x1f1e6;

fn is_regional_indicator(character: char) -> bool {
    matches!(character, '\u{1f1e6}'..='\u{1f1ff}')
}

/// A letter, a digit or a sign as it is usually written.
fn usual(character: char) -> char {
    let counted = |from: u8, first: u32| char::from(from + (u32::from(character) - first) as u8);
    match character {
        '¡' => '!',
        // As wide as Chinese ones.
        '\u{ff01}'..='\u{ff5e}' => counted(b'!', 0xff01),
        '\u{2460}'..='\u{2468}' => counted(b'1', 0x2460),
        '\u{24ea}' => '0',
        // In brackets, which unlike those in circles are no letters for Unicode.
        '\u{249c}'..='\u{24b5}' => counted(b'a', 0x249c),
        '\u{1f110}'..='\u{1f129}' => counted(b'A', 0x1f110),
        _ => character,
    }
}

/// Signs that nobody writes between two letters of a word, unless for a third.
fn is_mask(character: char) -> bool {
    matches!(
        character,
        '•' | '·'
            | '‧'
            | '●'
            | '■'
            | '★'
            | '☆'
            | '✱'
            | '✶'
            | '✳'
            | '∗'
            | '×'
            | '§'
            | '¤'
            | '£'
            | '¥'
            | '†'
    )
}

/// The characters between ASCII's and Latin-1's, which no text means: they come of Windows' encoding read as Latin-1.
fn is_c1(character: char) -> bool {
    matches!(character, '\u{80}'..='\u{9f}')
}

/// What a character is read as that stands for several, or for another one that is written more often.
fn spelt_out(character: char) -> Option<&'static str> {
    Some(match character {
        'ﬀ' => "ff",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        'ﬃ' => "ffi",
        'ﬄ' => "ffl",
        'ﬅ' | 'ﬆ' => "st",
        '‘' | '’' | '‛' | 'ʼ' | '´' | '′' | '\u{91}' | '\u{92}' => "'",
        '“' | '”' | '„' | '\u{84}' | '\u{93}' | '\u{94}' => "\"",
        '…' | '\u{85}' => "...",
        '\u{80}' => "€",
        '\u{96}' | '\u{97}' => " - ",
        '\u{8a}' => "Š",
        '\u{8c}' => "Œ",
        '\u{8e}' => "Ž",
        '\u{9a}' => "š",
        '\u{9c}' => "œ",
        '\u{9e}' => "ž",
        '\u{9f}' => "Ÿ",
        _ if is_c1(character) => " ",
        _ => return None,
    })
}

/// Signs that are no letters of any word. ASCII's stay with the words, since words are disguised with them.
fn is_symbol(character: char) -> bool {
    let is_sign = matches!(
        character,
        '\u{a1}'..='\u{bf}'
            | '\u{d7}'
            | '\u{f7}'
            | '\u{2010}'..='\u{2bff}'
            | '\u{3000}'..='\u{303f}'
            | '\u{fe10}'..='\u{fe6f}'
            | '\u{1f000}'..='\u{1faff}'
    );
    is_sign && !character.is_alphanumeric() && character != '€'
}

/// Format characters, fillers, variation selectors, skin tones, marks that strike through or stack up, and control characters.
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}'
            | '\u{e}'..='\u{1f}'
            | '\u{7f}'
            | '\u{ad}'
            | '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffc}'
            | '\u{1d165}'..='\u{1d172}'
            | '\u{1f3fb}'..='\u{1f3ff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
