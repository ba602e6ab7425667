use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::text::Tokenizer;

const MOST_TOKENS: usize = 512;

/// The vocabulary that the page comes with.
static TOKENIZER: LazyLock<Tokenizer> = LazyLock::new(|| {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/public/models/undertone/tokenizer.json");
    Tokenizer::from_json(&std::fs::read(path).unwrap(), MOST_TOKENS).unwrap()
});

fn read(text: &str) -> Plain {
    plain(text, &*TOKENIZER, MOST_TOKENS)
}

#[track_caller]
fn assert_read(typed: &str, plain: &str) {
    assert_eq!(read(typed).text, plain);
}

#[track_caller]
fn assert_stays(text: &str) {
    assert_read(text, text);
}

#[test]
fn what_nobody_sees_goes() {
    assert_read("f\u{200b}u\u{ad}ck y\u{feff}o\u{2060}u\u{200d}", "fuck you");
    assert_read("s\u{336}h\u{336}i\u{336}t\u{336}", "shit");
    assert_read("id\u{2800}iot \0\u{1}id\u{7f}iot", "idiot idiot");
}

#[test]
fn every_kind_of_space_is_one() {
    for space in ['\u{a0}', '\u{1680}', '\u{2003}', '\u{2009}', '\u{202f}', '\u{205f}', '\u{3000}', '\u{fffd}'] {
        assert_read(&format!("what{space}a{space}day"), "what a day");
    }
    assert_stays("one\n\ttwo");
}

#[test]
fn what_windows_wrote_is_read_as_it_meant() {
    assert_read("no\u{85}idiot, don\u{92}t \u{93}shout\u{94}", "no...idiot, don't \"shout\"");
    assert_read("a\u{81}b", "a b");
}

#[test]
fn ligatures_and_entities_are_spelt_out() {
    assert_read(
        "a ﬁlthy, eﬀicient oﬃce on the ﬂoor of the ﬆable",
        "a filthy, efficient office on the floor of the stable",
    );
    assert_read("don&#39;t &amp;quot;go&amp;quot; &lt;3 &#x27;now&#x27; A&amp;B", "don't \"go\" <3 'now' A&B");
    assert_read("Good.<br /><br>Bad.<BR/>", "Good.\n\nBad.\n");
    for text in ["AT&T; &#; &#xzz; &#1114112; & so on", "a < b > c"] {
        assert_stays(text);
    }
}

#[test]
fn emoji_are_their_names_and_symbols_stand_by_themselves() {
    assert_read("you clown🤡!", "you clown clown face !");
    assert_read("🖕🖕🖕🖕", "fuck you fuck you");
    assert_read("👍🏽 well done❤️", "thumbs up well done red heart");
    assert_read("Lego™ 5°C ★★", "Lego ™ 5 ° C ★ ★");
    assert_read("🇫🇷 v 🇮🇹", "flag v flag");
}

#[test]
fn letters_that_look_latin_are_folded_within_latin_words() {
    assert_read("fu\u{441}k \u{443}ou", "fuck you");
    assert_read("𝓯𝓾𝓬𝓴 Ｆｕｃｋ Ⓕⓤⓒⓚ 🇫🇺🇨🇰", "fuck Fuck Fuck fuck");
    for text in ["Она читает книгу, 日本語", "日本tan語", "да"] {
        assert_stays(text);
    }
}

#[test]
fn single_letters_in_a_row_are_closed_up() {
    assert_read("you i d i o t!", "you idiot!");
    assert_read("y o u a r e a n i d i o t", "you are an idiot");
    assert_read("g o t o h e l l", "go to hell");
    assert_read(
        "y o u   a r e   s t u p i d",
        "y o u   a r e   stupid".replace("y o u", "you").replace("a r e", "are").as_str(),
    );
    for between in ["\u{a0}", "\u{2009}", "  ", ".", "-", "•", " • ", "*", "|", "_"] {
        assert_read(&["i", "d", "i", "o", "t"].join(between), "idiot");
    }
    assert_read("s h 1 t", "shit");
    for text in
        ["a b film u r a", "A B C D", "A/B/C/D", "1,2,3,4,5", "a b c d e f", "M*A*S*H", "x = a + b * c", "e.g. a.m."]
    {
        assert_stays(text);
    }
}

#[test]
fn masked_words_are_those_that_people_mask() {
    assert_read("Go to h*ll, you f*g", "Go to hell, you fag");
    assert_read(
        "sl*t c*nt r*pe s*ck f**k b*tches F*CKING sh!t f@ggot",
        "slut cunt rape suck fuck bitches FUCKING shit faggot",
    );
    assert_read("f*** this, f.ck that", "fuck this, fuck that");
    assert_read("sh*tty* film*", "shitty* film*");
    for text in [
        "l*ve",
        "*bold* and **bold**",
        "price*** *note",
        "x*y*z",
        "a***",
        "kill_all c++ c#",
        "well-known re-elect e-mail",
    ] {
        assert_stays(text);
    }
}

/// Of what is written by digits and signs alone nobody can tell, and emphasis, footnotes and contractions are none.
#[test]
fn numbers_emphasis_and_contractions_are_no_masks() {
    for text in [
        "The answer is 4+5. At 5-17 we left, version 5.17, 51.7 percent, 1.107, 7-47, 4.41, 7.75, 455.5, 80-85",
        "a coffee costs $1.75, $40, $15, $999 and $45,000, US$ 5, US$5, call @311",
        "**Who** are you? Just a **bit** better, twice *as* good. This **pen** and *this* pen",
        "Ta da!* The water near the dam* is cold, a hat* and *rap* music",
        "I think he'll like it. Who're you? Dick's shop, Anu's brother, she'll, it'd",
        "@Im_Thirst @Heel l10n i18n a11y H1N1",
    ] {
        assert_stays(text);
    }
    assert_read("f***, *f**k* and **sh*t**, you $h*t, a$$ @$$", "fuck, *fuck* and **shit**, you shit, ass ass");
}

/// Words that have offensive ones in them.
#[test]
fn a_word_is_not_cut_into_pieces_that_nobody_would_write_together() {
    for text in [
        "Prof. Yamashita, Kinoshita, Matsushita, Hathcock, Benedick, Dickerson, Minghella, Herschell, Tatchell",
        "Homosexuals homophobia homogeneous therapeutic despicable cockroaches cockerel cockatoo rehearse assessors",
        "carcasses embarrasses Chappaquiddick Dumbledore seersucker Ashkenazi caliphate sulphate Hellenistic",
        "conspicuously auspicious artisanal hospices buttonhole buttonholes Dumbarton retardation psychotherapists MacAskill Dickinsons Hitchcockian pornographer crappiest stupidities",
    ] {
        assert_stays(text);
    }
    assert_read("gokillyourself eatshitanddie suckmydick", "go kill yourself eat shit and die suck my dick");
    assert_read("dumbfuckingbitch sonofabitch", "dumb fucking bitch son of a bitch");
}

#[test]
fn masks_and_letters_come_in_many_forms() {
    assert_read("b★tch s·upid id¡ot you", "bitch stupid idiot you");
    assert_read("b１tch ｂ１ｔｃｈ b①tch f＊ck", "bitch bitch bitch fuck");
    assert_read("st:upid id#iot st`upid", "stupid idiot stupid");
    assert_read("ıdıot sŧupɨđ ƀitcħ Bjørn", "idiot stupid bitch Bjorn");
    assert_read("⒡⒰⒞⒦ f\u{489}u\u{489}ck you idiot\u{fffc}", "fuck fuck you idiot");
    assert_read("&#128405; id&shy;iot &ldquo;no&rdquo;", "fuck you idiot \"no\"");
    assert_read("don´t, mothafucka", "don't, motherfucker");
    for text in ["Lego ™ 5 ° C ★ ★", "3 × 4", "a • b"] {
        assert_stays(text);
    }
}

#[test]
fn broken_joined_and_swapped_words_are_mended() {
    assert_read("a mo.ron, st.upid id.iot, all i-diots, fu_ck", "a moron, stupid idiot, all idiots, fuck");
    assert_read("stuipd idoit", "stupid idiot");
    assert_read("youareanidiot", "you are an idiot");
    for text in [
        "the end.The next",
        "example.com/page",
        "Dickinson, Scunthorpe, therapists, cocktails",
        "it's rock'n'roll",
        "Y/N",
    ] {
        assert_stays(text);
    }
}

#[test]
fn digits_and_signs_are_read_as_letters_where_that_makes_a_word() {
    assert_read("sh1t 5tup1d @$$ b1tch3s k1ll d1ck 4ss 5hit", "shit stupid ass bitches kill dick ass shit");
    assert_read("idi0ts! so g00d!!", "idiots! so good!!");
    for text in ["1st mp3 2007 $5 100% h3x", "10th 45 455", "|so| !so"] {
        assert_stays(text);
    }
}

#[test]
fn usual_variants_are_read_as_what_they_stand_for() {
    assert_read("Gr8 film, but azzholes sux", "great film, but assholes sucks");
    assert_read("kys, FCKING b1tch k y s", "kill yourself, FUCKING bitch kill yourself");
    assert_read("go unalive yourself, shytty stoopid mofo!", "go kill yourself, shitty stupid motherfucker!");
    // To WordPiece `asses` and something more.
    assert_read("your assesment of thoes Assests, ASESS", "your assessment of those assets, ASSESS");
    for text in ["M8 bolts, Qxh8, on B4", "je kunt het, Tung Fuk, Bich Ngoc, Foad", "lmfao", "azzurro luvvie"] {
        assert_stays(text);
    }
}

/// What is read so must not be read otherwise again, and what is a word must not stand in the table: it would never be read.
#[test]
fn each_variant_has_a_reading_of_words_and_is_none_itself() {
    let table = include_str!("variants.txt");
    let mut variants: Vec<&str> = Vec::new();
    for line in table.lines() {
        let (reading, of_it) = line.split_once(": ").expect("a reading, a colon and variants");
        assert_stays(reading);
        variants.extend(of_it.split(' '));
    }
    for variant in &variants {
        assert!(!TOKENIZER.knows(variant), "{variant}");
    }
    let count = variants.len();
    variants.sort_unstable();
    variants.dedup();
    assert_eq!(variants.len(), count, "one of them has two readings");
}

#[test]
fn numbers_keep_their_units() {
    assert_read("at 5am, a 5in knife, 9in pan, 6ft", "at 5 am, a 5 in knife, 9 in pan, 6 ft");
    for text in ["Henry VIII", "Rocky IIII and XIII", "10/10, 9.5/10, 3-2-1"] {
        assert_stays(text);
    }
}

#[test]
fn repeated_letters_are_shortened_where_that_makes_a_word() {
    assert_read("stuuuupid iiddiioott shiiit FUUUCK sooo", "stupid idiot shit FUCK so");
    assert_read("asshhhole bullssshit asshole", "asshole bullshit asshole");
    assert_read(&format!("st{}pid", "u".repeat(1000)), "stupid");
    assert_stays("shiit assasss hahaha");
}

#[test]
fn words_of_any_length_are_read() {
    assert_read(&"idiot".repeat(21), ["idiot"; 21].join(" ").as_str());
    let long = read(&"xyzw".repeat(80)).text;
    assert!(long.split(' ').all(|piece| piece.len() <= LONGEST_WORD), "{long}");
    let tokens = TOKENIZER.clone().normalising(crate::text::Normalisation::Plain).encode(&"xyzw".repeat(80)).unwrap();
    assert!(!tokens.ids.input_ids.contains(&1), "no [UNK] in {tokens:?}");
}

#[test]
fn special_tokens_that_are_typed_are_text() {
    let normalising = TOKENIZER.clone().normalising(crate::text::Normalisation::Plain);
    let [typed, tokens] = [&normalising, &*TOKENIZER].map(|tokenizer| {
        let ids = tokenizer.encode("a [MASK] of [SEP]").unwrap().ids.input_ids;
        ids[1..ids.len() - 1].iter().filter(|id| **id < 5).count()
    });
    assert_eq!((typed, tokens), (0, 2));
}

#[test]
fn each_word_is_found_in_the_original() {
    let typed = "oh y\u{200b}ou s t u p i d fu\u{441}k, sh1iiit 🖕 ﬁlthy f*ck! iiddiiotttt .";
    let read = read(typed);
    let pairs = [
        ("you", "y\u{200b}ou"),
        ("stupid", "s t u p i d"),
        ("fuck,", "fu\u{441}k,"),
        ("shit", "sh1iiit"),
        ("fuck you", "🖕"),
        ("filthy", "ﬁlthy"),
        ("fuck!", "f*ck!"),
        ("idiot ", "iiddiiotttt "),
    ];
    for (plain, original) in pairs {
        let start = read.text.find(plain).unwrap();
        assert_eq!(&typed[read.origins.original(start..start + plain.len())], original);
    }
}

/// Ten megabytes of anything are read as far as the model reads, and everything beyond is said to be cut.
#[test]
fn no_more_is_looked_at_than_the_model_can_read() {
    for part in ["All work and no play. ", "i d i o t ", "f*ck", "a1", "&amp;xyz", ". ", "-", "ab ", "&#", "&#1234567"]
    {
        let read = read(&part.repeat(10_000_000 / part.len()));
        assert!(read.text.len() <= 4 * LONGEST_WORD * MOST_TOKENS, "{part}: {} bytes", read.text.len());
        let tokens = TOKENIZER.encode(&read.text).unwrap();
        assert!(read.is_cut && tokens.ids.input_ids.len() == MOST_TOKENS, "{part}: {}", tokens.ids.input_ids.len());
    }
    // What is the same over and over is read as a little of it.
    let letters = read(&"x".repeat(10_000_000));
    assert!(letters.is_cut && letters.text.len() <= LONGEST_WORD * MOST_TOKENS);
    assert_read(&"😂".repeat(1_000_000), "face with tears of joy face with tears of joy");
    for part in [" ", "\u{200b}", "\n"] {
        let read = read(&part.repeat(1_000_000));
        assert!(!read.is_cut && read.text.len() < 10);
    }
    let words = "word ".repeat(MOST_TOKENS - 2);
    assert!(!TOKENIZER.clone().normalising(crate::text::Normalisation::Plain).encode(&words).unwrap().truncated);
}

#[test]
fn words_of_the_vocabulary_stay() {
    let vocabulary: serde_json::Value = serde_json::from_slice(&TOKENIZER.to_json().unwrap()).unwrap();
    let words = vocabulary["model"]["vocab"].as_object().unwrap().keys();
    for word in words.filter(|word| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic())) {
        assert_stays(word);
    }
}

/// Texts of what disguises, markup and broken encodings are made of.
fn texts() -> impl Strategy<Value = String> {
    let parts = [
        "idiot",
        "f*ck",
        "you",
        "are",
        "an",
        " ",
        "  ",
        "\n",
        ".",
        "-",
        "*",
        "i d i o t",
        "5am",
        "VIII",
        "😂",
        "🖕",
        "👍🏽",
        "🇺🇸",
        "\u{200b}",
        "\u{85}",
        "ﬁ",
        "&amp;",
        "&#39;",
        "&lt;",
        "<br>",
        "st.upid",
        "uuuu",
        "ооо",
        "f",
        "u",
        "c",
        "k",
        "1",
        "$",
        "@",
        "[MASK]",
        "•",
        "★",
        "\u{feff}",
        "\0",
        "\u{fffd}",
        "hell",
        "shit",
        "a",
        "i",
    ];
    let part = prop_oneof![
        4 => "[a-z]{1,8}",
        2 => "[ -~]{1,6}",
        1 => "\\PC{1,4}",
        3 => prop::sample::select(parts.to_vec()).prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_plain_stays(text in texts()) {
        let once = read(&text).text;
        prop_assert_eq!(&read(&once).text, &once);
    }

    #[test]
    fn places_are_within_the_text(text in texts()) {
        let read = read(&text);
        prop_assert!(read.text.len() <= 48 * text.len() && !read.is_cut);
        for (start, character) in read.text.char_indices() {
            let place = read.origins.original(start..start + character.len_utf8());
            prop_assert!(text.get(place.clone()).is_some(), "{:?}", place);
        }
    }
}
