//! The shipped bundle and texts that it cannot judge as a whole: without words, in other languages, and long ones.
#![cfg(all(feature = "train", not(target_arch = "wasm32")))]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use undertone::bundle::Windows;
use undertone::classify::{BatchScorer, Classification, Classifier, Occlusion, Reason};
use undertone::rows::{Format, Rows};
use undertone::text::Tokenizer;

static SHIPPED: LazyLock<Classifier> =
    LazyLock::new(|| Classifier::read(folder().join("public/models/undertone")).expect("it is shipped"));

/// Kind sentences of some twenty tokens, 35 of which are more than the model reads at once.
const KIND: [&str; 5] = [
    "Thanks a lot for the patch, it works on my machine and the tests are much easier to read than they were before.",
    "I like how you explained the change in the notes, since that will help everybody who looks at this next year.",
    "The second commit is a good idea as well, and I would be glad to see more of this kind in the coming weeks.",
    "Please take all the time you need for the rest, there is no hurry, and we are happy to wait for the result.",
    "We talked about it at lunch and all of us think that your way is cleaner than what we had in mind at first.",
];

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn kind(sentences: usize) -> Vec<&'static str> {
    KIND.iter().copied().cycle().take(sentences).collect()
}

fn reason(text: &str) -> Option<Reason> {
    SHIPPED.reason(text).unwrap()
}

fn is_toxic(classification: &Classification) -> bool {
    classification.get("toxicity", "toxic").unwrap().is_present()
}

#[test]
fn other_languages_are_told_from_english() {
    let mut sentences = sentences(&folder().join("tests/fixtures/languages.csv"));
    let mut doubted = BTreeMap::<String, (usize, usize)>::new();
    for (language, text) in sentences.drain(..) {
        let (all, without) = doubted.entry(language).or_default();
        *all += 1;
        *without += usize::from(reason(&text).is_some());
    }
    let (of_english, without) = doubted.remove("en").unwrap();
    assert!(of_english >= 60 && without * 100 <= of_english, "{without} of {of_english} English sentences");
    for language in ["de", "fr", "es", "it", "pt", "nl", "pl", "tr"] {
        let (all, without) = doubted[language];
        assert!(all >= 25 && without * 10 >= all * 9, "{language}: {without} of {all}");
    }
    let (all, without) = doubted.values().fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
    assert!(without * 20 >= all * 19, "{without} of {all} sentences in other languages");
}

/// The language and the text of each row.
fn sentences(path: &Path) -> Vec<(String, String)> {
    let content = std::fs::read(path).unwrap();
    let mut rows = Rows::new(content, Format::Table { separator: b',' }, &["language", "text"]).unwrap();
    let columns = ["language", "text"].map(|name| rows.column(name).unwrap().unwrap());
    let mut sentences = Vec::new();
    while let Some(row) = rows.next_row() {
        let row = row.unwrap();
        let [language, text] =
            columns.each_ref().map(|column| row.cell(column).unwrap().written().unwrap().into_owned());
        sentences.push((language, text));
    }
    sentences
}

#[test]
fn without_words_there_is_no_verdict() {
    for text in ["", " \n", "?!", "...", "987", ":-)", "#1", "( )"] {
        assert_eq!(reason(text), Some(Reason::NoWords), "{text:?}");
    }
    for text in ["Это плохо", "你好", "שלום", "Ελλάδα"] {
        assert_eq!(reason(text), Some(Reason::UnknownWords), "{text:?}");
    }
    // The vocabulary has words of one letter of other scripts, and the unknown token itself is common.
    for text in ["Вчера я купил хлеб и молоко в магазине.", "А я и ты в Москве и в Киеве."]
    {
        assert_eq!(reason(text), Some(Reason::UnknownWords), "{text:?}");
    }
    let classification = SHIPPED.classify("?!").unwrap();
    assert!(classification.tasks[0].withheld && classification.tasks[0].present().is_empty());
    assert!(!classification.tasks[1].withheld, "labels that a text has nothing of are below their thresholds");
}

#[test]
fn what_people_type_is_not_doubted() {
    for text in [
        "hey",
        "hi",
        "ok",
        "lol",
        "brb",
        "thx",
        "Wojciech",
        "Thanks Müller!",
        "Dear Ms Nguyen",
        "🖕",
        "you fool😂",
        "@someone",
        "https://example.org/a",
        "no",
        "WTF???",
        "gr8 m8",
        "Zürich was lovely",
    ] {
        assert_eq!(reason(text), None, "{text:?}");
    }
}

#[test]
fn a_reason_silences_no_score_above_its_threshold() {
    let foreign = "Der Nachbar mäht schon wieder am Sonntag den Rasen, obwohl das in unserer Straße seit Jahren verboten ist und alle es wissen.";
    let text = format!("{foreign} You are a fucking idiot.");
    let classification = SHIPPED.classify(&text).unwrap();
    assert_eq!(classification.reason, Some(Reason::OtherLanguage));
    assert!(classification.tasks[0].withheld && is_toxic(&classification));
    let idiot = text.find("idiot").unwrap();
    let spans = classification.words[0].spans(&text);
    assert!(spans.iter().any(|span| span.contains(&idiot)), "{spans:?}");
}

#[test]
fn an_insult_after_forty_kind_sentences_is_found_and_shown() {
    for place in [35, 40] {
        let mut sentences = kind(40);
        sentences.insert(place, "You are a complete idiot.");
        let text = sentences.join(" ");
        let classification = SHIPPED.classify(&text).unwrap();
        assert!(classification.tokens > 900 && !classification.truncated, "{}", classification.tokens);
        assert!(is_toxic(&classification), "{place}: {:?}", classification.tasks[1]);
        let idiot = text.find("idiot").unwrap();
        let spans = classification.words[0].spans(&text);
        assert!(spans.iter().any(|span| span.contains(&idiot)), "{place}: {spans:?}");
    }
    assert!(!is_toxic(&SHIPPED.classify(&kind(40).join(" ")).unwrap()));
}

#[test]
fn words_have_effects_beyond_what_is_read_at_once() {
    let text = format!("{} You are a complete idiot.", kind(27).join(" "));
    let (task, label) = SHIPPED.find("toxicity", "toxic").unwrap();
    let effects = SHIPPED.effects(&text, task, label).unwrap();
    assert!(SHIPPED.classify(&text).unwrap().tokens > 512);
    let idiot = text.find("idiot").unwrap();
    let strongest = effects.iter().max_by(|a, b| a.effect.total_cmp(&b.effect)).unwrap();
    assert!(strongest.bytes.contains(&idiot) && strongest.effect > 0.02, "{strongest:?}");
    assert!(effects.windows(2).all(|pair| pair[0].bytes.end <= pair[1].bytes.start), "each word once, in order");
    assert_eq!(effects.first().unwrap().bytes, 0..6);
}

#[test]
fn of_a_text_of_many_words_those_of_its_strongest_sentences_are_explained() {
    let (task, label) = SHIPPED.find("toxicity", "toxic").unwrap();
    let explained = |text: &str| {
        let mut occlusion = Occlusion::of_strongest_words(&SHIPPED, text, task, label).unwrap();
        let mut slices = 0;
        while !occlusion.is_done() {
            occlusion.advance(&SHIPPED).unwrap();
            slices += 1;
        }
        (occlusion.finish(), slices)
    };
    let mut sentences = kind(5);
    sentences.insert(3, "You are a complete idiot.");
    let text = sentences.join(" ");
    let (all, (some, slices)) = (SHIPPED.effects(&text, task, label).unwrap(), explained(&text));
    assert!(some.len() < all.len() && slices < all.len(), "{} of {}, {slices}", some.len(), all.len());
    let idiot = text.find("idiot").unwrap();
    let strongest = some.iter().max_by(|a, b| a.logit_effect.total_cmp(&b.logit_effect)).unwrap();
    assert!(strongest.bytes.contains(&idiot), "{strongest:?}");
    for word in &some {
        let same = all.iter().find(|same| same.bytes == word.bytes).expect("it is one of the text's words");
        assert!((same.logit_effect - word.logit_effect).abs() < 1e-3, "{same:?} and {word:?}");
    }
    let short = "You are a complete idiot.";
    assert_eq!(explained(short).0, SHIPPED.effects(short, task, label).unwrap());
    assert_eq!(explained("").0, []);
}

/// What the first weights, which had learnt from reviews and talk pages alone, got wrong before everybody's eyes.
#[test]
fn what_people_type_is_judged_as_people_would() {
    let positive = |text: &str| SHIPPED.classify(text).unwrap().get("sentiment", "positive").unwrap().probability;
    for text in ["The food was not bad at all", "You are not an idiot.", "I don't hate it", "Thanks for your help!"] {
        assert!(positive(text) > 0.5, "{text:?}: {}", positive(text));
    }
    for text in ["🖕", "you idiot😂"] {
        assert!(positive(text) < 0.5, "{text:?}: {}", positive(text));
    }
    for text in ["hi", "The meeting is at 3 pm.", "Kill the process and restart it"] {
        assert!((0.3..=0.7).contains(&positive(text)), "{text:?}: {}", positive(text));
    }
    assert!(is_toxic(&SHIPPED.classify("you idiot😂").unwrap()));
    for text in ["Kill the process and restart it", "You are not an idiot.", "hi"] {
        let classification = SHIPPED.classify(text).unwrap();
        assert!(classification.tasks[1].present().is_empty(), "{text:?}: {:?}", classification.tasks[1]);
    }
}

#[test]
fn a_list_of_texts_is_read_in_the_same_way() {
    let texts = vec![format!("{} You are a complete idiot.", kind(40).join(" ")), "?!".to_owned(), "good".to_owned()];
    let mut scorer = BatchScorer::new(texts.clone());
    while !scorer.is_done() {
        scorer.advance(&SHIPPED).unwrap();
    }
    for (text, scores) in texts.iter().zip(scorer.finish()) {
        let classification = SHIPPED.classify(text).unwrap();
        assert_eq!((scores.tokens, scores.truncated), (classification.tokens, classification.truncated));
        assert_eq!(scores.reason, classification.reason);
        let toxic = classification.get("toxicity", "toxic").unwrap().probability;
        assert!((scores.tasks[1][0] - toxic).abs() < 1e-3, "{} and {toxic}", scores.tasks[1][0]);
    }
}

#[test]
fn what_fits_is_read_as_a_whole_whatever_is_done_with_the_rest() {
    let text = kind(20).join(" ");
    let shipped = || Classifier::read(folder().join("public/models/undertone")).unwrap();
    let first = shipped().reading_long_texts(Windows::First).unwrap();
    let expected = first.classify(&text).unwrap();
    assert!(expected.tokens > 400 && !expected.truncated);
    let long = kind(40).join(" ");
    let of_beginning = first.classify(&long).unwrap();
    for windows in [Windows::Mean, Windows::Ends] {
        let classifier = shipped().reading_long_texts(windows).unwrap();
        assert_eq!(classifier.classify(&text).unwrap(), expected, "{windows:?}");
        assert_ne!(classifier.classify(&long).unwrap().tasks, of_beginning.tasks, "{windows:?}");
    }
}

#[test]
fn an_edited_text_is_answered_as_if_it_were_the_first() {
    let mut sentences = kind(40);
    SHIPPED.classify(&sentences.join(" ")).unwrap();
    sentences.insert(38, "What a stupid thing to say.");
    let edited = sentences.join(" ");
    let fresh = Classifier::read(folder().join("public/models/undertone")).unwrap();
    assert_eq!(SHIPPED.classify(&edited).unwrap(), fresh.classify(&edited).unwrap());
}

#[test]
fn of_ten_megabytes_no_more_is_read_than_of_a_long_text() {
    let text = kind(20).join(" ").repeat(5000);
    assert!(text.len() > 10_000_000);
    let classification = SHIPPED.classify(&text).unwrap();
    assert!(classification.truncated && (4000..=4098).contains(&classification.tokens), "{}", classification.tokens);
}

#[test]
fn a_long_text_has_the_tokens_of_its_parts() {
    let manifest = SHIPPED.manifest();
    let json = std::fs::read(folder().join("public/models/undertone/tokenizer.json")).unwrap();
    let pieces = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen";
    let text = format!("{} {pieces}!\n\n", kind(7).join(" ")).repeat(6);
    let tokenizer = |most| Tokenizer::from_json(&json, most).unwrap().normalising(manifest.normalisation);
    let (whole, offsets) = tokenizer(5000).encode_with_offsets(&text).unwrap();
    let expected: Vec<_> = whole.ids.input_ids.into_iter().zip(offsets).filter(|(_, token)| token.is_some()).collect();
    // A word may have more pieces than are read at once.
    for most in [8, 16, 64, 512] {
        let (ids, offsets, is_cut) = tokenizer(most).encode_long(&text, 4000).unwrap();
        let found: Vec<_> = ids.into_iter().zip(offsets.into_iter().map(Some)).collect();
        assert!(found == expected && !is_cut, "{most}: {} of {}", found.len(), expected.len());
    }
    let (ids, offsets, is_cut) = tokenizer(64).encode_long(&text, 100).unwrap();
    assert_eq!((ids.len(), offsets.len(), is_cut), (100, 100, true));
}
