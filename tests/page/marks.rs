//! The marks in the text: where its words stand, and only as long as they are true.

use serde_json::{Value, json};
use undertone::classify::Classifier;

use crate::browser::Browser;
use crate::driver::Kind;
use crate::support::{GLOWING, THREAT, answer_to, dist, models, open_site, open_site_in, put_text, read_answer};

in_all_browsers!(
    the_words_that_a_label_was_found_in_are_marked_where_they_stand,
    once_typing_pauses_the_words_that_move_the_scale_are_marked
);

/// The words in the text that are marked as `kind`.
fn marked(browser: &Browser, kind: &str) -> Value {
    browser.run(&format!("return [...document.querySelectorAll('.ink mark.{kind}')].map((mark) => mark.textContent)"))
}

/// All that is marked because something was found in it, as one text: where marks of two kinds meet, one of them is cut.
fn found(browser: &Browser) -> String {
    marked(browser, "found").as_array().expect("a list").iter().filter_map(Value::as_str).collect()
}

/// Waits until the text's words are explained.
fn wait_for_explanation(browser: &Browser) {
    browser.wait("an explanation", "return document.querySelector('.ink mark.raises, .ink mark.lowers') !== null");
}

fn the_words_that_a_label_was_found_in_are_marked_where_they_stand(kind: Kind) {
    let (_site, browser) = open_site_in(kind);
    let text = format!("😂😂 {THREAT}");
    answer_to(&browser, &text);
    let classification = Classifier::read(models(&dist())).unwrap().classify(&text).unwrap();
    let native: String = classification.words[0].spans(&text).into_iter().map(|span| &text[span]).collect();
    assert!(!native.is_empty());
    assert_eq!(found(&browser), native);
    let listed = browser.run("return [...document.querySelectorAll('[data-task=toxicity] .words mark')].length");
    assert!(listed.as_u64().is_some_and(|listed| listed > 0), "{listed}");
    // The text area's own text stands where the marked one does.
    let measures = browser.run(
        "const measure = ({ clientWidth, scrollHeight }) => [clientWidth, scrollHeight];
        return ['.ink', '#text'].map((selector) => measure(document.querySelector(selector)))",
    );
    assert_eq!(measures[0], measures[1], "{measures}");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn nothing_is_marked_where_nothing_was_found() {
    let (_site, browser) = open_site();
    answer_to(&browser, GLOWING);
    assert_eq!(found(&browser), "");
}

fn once_typing_pauses_the_words_that_move_the_scale_are_marked(kind: Kind) {
    let (_site, browser) = open_site_in(kind);
    answer_to(&browser, GLOWING);
    wait_for_explanation(&browser);
    let classifier = Classifier::read(models(&dist())).unwrap();
    let (task, label) = classifier.find("sentiment", "positive").unwrap();
    let effects = classifier.effects(GLOWING, task, label).unwrap();
    let strongest = effects.iter().max_by(|a, b| a.logit_effect.abs().total_cmp(&b.logit_effect.abs())).unwrap();
    let kind = if strongest.effect > 0.0 { "raises" } else { "lowers" };
    let marked = marked(&browser, kind);
    assert!(marked.as_array().unwrap().contains(&json!(GLOWING[strongest.bytes.clone()])), "{marked}");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn marks_go_where_their_words_go_and_with_the_words_that_they_are_of() {
    let (_site, browser) = open_site();
    answer_to(&browser, "You fucking moron, you worthless idiot. Really.");
    let before = found(&browser);
    // In one step, before any answer.
    let type_at = |place: usize, text: &str| {
        browser.run(&format!(
            "const area = document.querySelector('#text');
            area.setSelectionRange({place}, {place});
            document.execCommand('insertText', false, {});
            return [...document.querySelectorAll('.ink mark.found')].map((mark) => mark.textContent).join('')",
            json!(text)
        ))
    };
    assert_eq!(type_at(0, "So: "), json!(before));
    read_answer(&browser);
    let text = browser.run("return document.querySelector('#text').value");
    let idiot = text.as_str().and_then(|text| text.find("idiot")).expect("it is there");
    let after = type_at(idiot + 2, "x");
    let after = after.as_str().expect("words");
    assert!(after.contains("moron"), "words elsewhere stay: {after}");
    assert!(!after.contains("id"), "what a word was changed in is not known: {after}");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_text_too_long_to_be_marked_is_answered_all_the_same() {
    let (_site, browser) = open_site();
    put_text(&browser, &"You are a worthless idiot. ".repeat(4000));
    read_answer(&browser);
    assert_eq!(found(&browser), "");
    let height = browser.run("return document.querySelector('#text').clientHeight");
    assert!(height.as_f64().is_some_and(|height| height < 1000.0), "{height}");
}
