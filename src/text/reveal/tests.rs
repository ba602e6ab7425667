use std::collections::HashMap;

use super::*;

/// The commonest first.
const WORDS: [&str; 34] = [
    "the", "a", "i", "you", "is", "are", "an", "so", "this", "fig", "good", "soo", "shit", "fuck", "idiot", "idiots",
    "stupid", "ass", "asshole", "bullshit", "dick", "bitch", "bitches", "kill", "##s", "##er", "1st", "cock", "film",
    "##f", "##6", "##1", "ard", "mp3",
];

struct Words(HashMap<&'static str, usize>);

impl Vocabulary for Words {
    fn pieces(&self, word: &str) -> Option<usize> {
        let (mut rest, mut pieces, mut prefix) = (word, 0, "");
        while !rest.is_empty() {
            let length = (1..=rest.len()).rev().find(|&length| {
                rest.is_char_boundary(length) && self.0.contains_key(&*format!("{prefix}{}", &rest[..length]))
            })?;
            (rest, pieces, prefix) = (&rest[length..], pieces + 1, "##");
        }
        Some(pieces)
    }

    fn rank(&self, word: &str) -> Option<usize> {
        self.0.get(word).copied()
    }
}

fn revealed(text: &str) -> Revealed {
    reveal(text, &Words((1..).zip(WORDS).map(|(rank, word)| (word, rank)).collect()))
}

#[track_caller]
fn assert_revealed(disguised: &str, plain: &str) {
    assert_eq!(revealed(disguised).text, plain);
}

#[test]
fn what_nobody_sees_goes() {
    assert_revealed("f\u{200b}u\u{ad}ck y\u{feff}o\u{2060}u\u{200d}", "fuck you");
    assert_revealed("s\u{336}h\u{336}i\u{336}t\u{336}", "shit");
}

#[test]
fn letters_that_look_latin_are_folded_within_latin_words() {
    assert_revealed("fu\u{441}k \u{443}ou", "fuck you");
    assert_revealed("𝓯𝓾𝓬𝓴 Ｆｕｃｋ Ⓕⓤⓒⓚ", "fuck Fuck Fuck");
    assert_revealed("\u{441}\u{43e}\u{441}k \u{441}\u{43e}\u{441}\u{43a}", "cock cock");
}

#[test]
fn words_of_other_scripts_stay() {
    for text in ["Она читает книгу, 日本語", "日本tan語", "да"] {
        assert_revealed(text, text);
    }
}

#[test]
fn single_letters_in_a_row_are_closed_up() {
    assert_revealed("you i d i o t!", "you idiot!");
    assert_revealed("y o u   a r e   t h i s   i d i o t", "you   are   this   idiot");
    assert_revealed("y o u a r e a n i d i o t", "you are an idiot");
    assert_revealed("f.u.c.k y-o-u", "fuck you");
    assert_revealed("s h 1 t", "shit");
    assert_revealed("a b film u r a", "a b film u r a");
}

#[test]
fn digits_and_signs_are_read_as_letters_where_that_makes_a_word() {
    assert_revealed("sh1t 5tup1d @$$ b1tch3s k1ll f*ck d*ck", "shit stupid ass bitches kill fuck dick");
    assert_revealed("idi0ts! so g00d!!", "idiots! so good!!");
    for text in ["1st f16 mp3 2007 $5 100% h3x", "*fig |fig| !fig", "10th 16fig"] {
        assert_revealed(text, text);
    }
}

#[test]
fn repeated_letters_are_shortened_where_that_makes_a_word() {
    assert_revealed("stuuuupid iiddiioott shiiit FUUUCK sooo", "stupid idiot shit FUCK so");
    assert_revealed("asshhhole bullssshit asshole", "asshole bullshit asshole");
    assert_revealed("zzzz shiit assasss", "zzzz shiit assasss");
}

#[test]
fn plain_text_is_left_as_it_is() {
    let text = "The film's 1st act — \"good\" (7/10)... is it?\n\tCafé, naïve; e-mail me@example.com";
    assert_revealed(text, text);
}

#[test]
fn each_word_is_found_in_the_original() {
    let disguised = "oh y\u{200b}ou s t u p i d сосk, sh1iiit!";
    let revealed = revealed(disguised);
    for (plain, original) in
        [("you", "y\u{200b}ou"), ("stupid", "s t u p i d"), ("cock", "сосk"), ("shit", "sh1iiit"), ("oh", "oh")]
    {
        let start = revealed.text.find(plain).unwrap();
        assert_eq!(&disguised[revealed.original(start..start + plain.len())], original);
    }
}

#[test]
fn nothing_and_odd_texts_do_no_harm() {
    assert_revealed("", "");
    assert_revealed("\u{200b}", "");
    assert_eq!(revealed("").original(0..0), 0..0);
    assert_revealed("* ** *** a*", "* ** *** a*");
    let long = "a1".repeat(5000);
    assert_revealed(&long, &long);
}
