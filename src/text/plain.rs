//! What is typed, as a reader would read it: `fսсk`, `sh1t`, `f*ck`, `i d i o t`, `st.upid`, `stuuupid`, `glad😊`.
//!
//! A tokenizer reads characters, and people read words, whatever they are written with. A text goes through these steps:
//!
//! 1. `characters`: what nobody sees goes, every kind of space is a space, ligatures and entities are spelt out, a symbol stands by
//!    itself, and an emoji is its name.
//! 2. `lookalikes`: letters that only look like Latin ones are those.
//! 3. `spaced`: single letters in a row are closed up and divided into the likeliest words.
//! 4. `variants`: other spellings that are usual (`azzhole`, `gr8`) and what is short for several words (`kys`) are read as what they stand for.
//! 5. `hidden`: what is masked (`f*ck`), broken up (`mo.ron`), written together or with two letters swapped is spelt out where that
//!    makes an `offensive` word, for whose sake people do this.
//! 6. `respell`: a word that the vocabulary does not know is respelt where that gives one that it knows: `1` as `i`, one
//!    letter for a row of the same.
//! 7. What is longer than any word is cut.
//!
//! The vocabulary decides, so that what is written as it should be stays: `mp3`, `1st`, `5 am`, `VIII` and `aardvark` are words, or no
//! other spelling makes them one. Every character remembers where it came from, so that words can be shown in the text as
//! its author wrote it. And no more is looked at than a model of so many tokens can read: a text of ten megabytes costs what
//! its beginning costs.

use std::ops::Range;

mod characters;
mod emoji;
mod hidden;
mod lookalikes;
mod offensive;
mod respell;
mod spaced;
mod variants;

#[cfg(all(feature = "train", not(target_arch = "wasm32")))]
pub(crate) use characters::is_invisible;

/// What is known of words, in lower case.
pub trait Lexicon {
    /// Whether it is a word by itself.
    fn knows(&self, word: &str) -> bool;

    /// How rare the word is: −ln of its share of all words, or what grows with it alike. None where it is not a word by itself.
    fn rarity(&self, word: &str) -> Option<f64>;
}

/// A text as a reader reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// What is to be read.
    pub text: String,
    /// Whether the text was too long for the model, so that its end was not looked at.
    pub is_cut: bool,
    /// Where its characters come from.
    pub origins: Origins,
}

/// For each character of a text, where it starts there and which bytes of the original it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origins(Vec<(usize, Range<usize>)>);

/// A character and the bytes of the original that it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Glyph {
    character: char,
    from: Range<usize>,
}

/// WordPiece gives up on words of more characters and calls them unknown, whatever they are made of.
const LONGEST_WORD: usize = 100;
/// What one step undoes may be what another one waits for. Texts of people need one round, and a second that finds nothing.
const MOST_ROUNDS: usize = 8;

/// `text` as a reader reads it, as far as `most_tokens` tokens reach.
pub fn plain(text: &str, lexicon: &impl Lexicon, most_tokens: usize) -> Plain {
    let (mut glyphs, is_cut) = characters::read(text, most_tokens);
    for _ in 0..MOST_ROUNDS {
        let before: Vec<char> = glyphs.iter().map(|glyph| glyph.character).collect();
        lookalikes::fold(&mut glyphs, lexicon);
        glyphs = variants::words(spaced::close_up(glyphs, lexicon), lexicon);
        glyphs = respell::words(hidden::words(glyphs, lexicon), lexicon);
        glyphs = cut(glyphs);
        if glyphs.iter().map(|glyph| glyph.character).eq(before) {
            break;
        }
    }
    let (mut text, mut origins) = (String::with_capacity(glyphs.len()), Vec::with_capacity(glyphs.len()));
    for Glyph { character, from } in glyphs {
        origins.push((text.len(), from));
        text.push(character);
    }
    Plain { text, is_cut, origins: Origins(origins) }
}

impl Origins {
    /// The bytes of the original that those in `range` stand for.
    pub fn original(&self, range: Range<usize>) -> Range<usize> {
        let first = self.0.partition_point(|(start, _)| *start <= range.start).saturating_sub(1);
        let end = self.0.partition_point(|(start, _)| *start < range.end);
        let origins = self.0.get(first..end).unwrap_or_default();
        let start = origins.iter().map(|(_, from)| from.start).min().unwrap_or_default();
        start..origins.iter().map(|(_, from)| from.end).max().unwrap_or(start)
    }
}

/// The glyphs as a word in lower case.
fn spelling<'a>(glyphs: impl IntoIterator<Item = &'a Glyph>) -> String {
    glyphs.into_iter().flat_map(|glyph| glyph.character.to_lowercase()).collect()
}

/// The ranges in which `belongs` holds of all glyphs, each as long as it can be.
fn runs(glyphs: &[Glyph], belongs: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, _) in glyphs.iter().enumerate().filter(|(_, glyph)| belongs(glyph.character)) {
        match runs.last_mut() {
            Some(run) if run.end == index => run.end = index + 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

/// `glyphs` with what `spell` gives instead of the runs for which it gives something.
fn respelt(
    glyphs: Vec<Glyph>,
    runs: impl IntoIterator<Item = Range<usize>>,
    spell: impl Fn(&[Glyph]) -> Option<Vec<Glyph>>,
) -> Vec<Glyph> {
    let mut respelt = Vec::with_capacity(glyphs.len());
    let mut done = 0;
    for run in runs {
        if let Some(better) = spell(&glyphs[run.clone()]) {
            respelt.extend_from_slice(&glyphs[done..run.start]);
            respelt.extend(better);
            done = run.end;
        }
    }
    respelt.extend_from_slice(&glyphs[done..]);
    respelt
}

/// Cuts what is longer than any word.
fn cut(glyphs: Vec<Glyph>) -> Vec<Glyph> {
    let words =
        runs(&glyphs, char::is_alphanumeric).into_iter().filter(|word| word.len() > LONGEST_WORD).collect::<Vec<_>>();
    respelt(glyphs, words, |word| {
        let (mut pieces, mut cut) =
            (word.chunks(LONGEST_WORD), Vec::with_capacity(word.len() + word.len() / LONGEST_WORD));
        cut.extend_from_slice(pieces.next()?);
        for piece in pieces {
            cut.extend(cut.last().map(space_after));
            cut.extend_from_slice(piece);
        }
        Some(cut)
    })
}

/// A space that stands for nothing in the original.
fn space_after(glyph: &Glyph) -> Glyph {
    Glyph { character: ' ', from: glyph.from.end..glyph.from.end }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
