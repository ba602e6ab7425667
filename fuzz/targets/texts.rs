//! Texts.

use std::sync::OnceLock;

use undertone::bundle::{Manifest, Windows};
use undertone::classify::{BatchScorer, Classifier, Scores};
use undertone::text::{Normalisation, Tokenizer};

use super::bundles::tiny;
use super::check;

/// A text, as the tokenizer that ships reads it, and as a small model does.
pub fn text(data: &[u8]) {
    static READERS: OnceLock<(Tokenizer, usize, Classifier)> = OnceLock::new();
    let (tokenizer, vocab_size, classifier) = READERS.get_or_init(|| {
        let manifest = include_bytes!("../../public/models/undertone/manifest.json");
        let manifest = Manifest::parse(manifest).expect("the manifest that ships can be read");
        let json = include_bytes!("../../public/models/undertone/tokenizer.json");
        let tokenizer = Tokenizer::from_json(json, 40).expect("the tokenizer that ships can be read");
        let classifier = Classifier::new(tiny()).expect("the small bundle is one");
        (tokenizer.normalising(Normalisation::Plain), manifest.architecture.vocab_size, classifier)
    });
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (tokens, offsets) = tokenizer.encode_with_offsets(text).expect("any text has tokens");
    let ids = &tokens.ids.input_ids;
    assert_eq!(tokenizer.encode(text).expect("any text has tokens"), tokens);
    assert!(ids.len() <= 40 && ids.len() == offsets.len(), "{} tokens, {} offsets", ids.len(), offsets.len());
    assert!(ids.iter().all(|&id| (id as usize) < *vocab_size), "{ids:?}");
    let mut end = 0;
    for token in offsets.into_iter().flatten() {
        assert!(text.get(token.bytes.clone()).is_some(), "{:?} of {text:?}", token.bytes);
        assert!(token.bytes.end >= end, "{:?} of {text:?} goes back", token.bytes);
        end = token.bytes.end;
    }
    check(text, &classifier.classify(text).expect("any text has an answer"));
}

/// A text of any length, as a small model reads it by windows of the kind that the first byte says, alone and in a list, and the effects of its words.
pub fn windows(data: &[u8]) {
    const KINDS: [Windows; 3] = [Windows::Max, Windows::Mean, Windows::Ends];
    static READERS: OnceLock<[Classifier; 3]> = OnceLock::new();
    let readers = READERS.get_or_init(|| {
        KINDS.map(|kind| {
            let classifier = Classifier::new(tiny()).expect("the small bundle is one");
            classifier.reading_long_texts(kind).expect("its tasks can be read by any windows")
        })
    });
    let Some((&kind, rest)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let classifier = &readers[usize::from(kind) % readers.len()];
    let classification = classifier.classify(text).expect("any text has an answer");
    check(text, &classification);
    let mut scorer = BatchScorer::new(vec![text.to_owned()]);
    while !scorer.is_done() {
        scorer.advance(classifier).expect("any text has an answer");
    }
    let alone = Scores::from(classification);
    assert_eq!(scorer.finish(), [alone], "{text:?}");
    // A pass for each word.
    if text.len() > 200 {
        return;
    }
    let effects = classifier.effects(text, 0, 0).expect("the tokenizer has a mask");
    assert!(effects.iter().all(|word| text.get(word.bytes.clone()).is_some()), "{effects:?} of {text:?}");
    assert!(effects.iter().all(|word| word.effect.abs() <= 1.0 && word.logit_effect.is_finite()), "{effects:?}");
}
