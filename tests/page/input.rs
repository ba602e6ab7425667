//! The text is the browser's: the page writes nothing into it that somebody did not type.

use serde_json::{Value, json};

use crate::browser::{Browser, CLEAR};
use crate::driver::Kind;
use crate::site::Site;
use crate::support::{GLOWING, answer_to, dist, open, open_site, open_site_in, read_answer, type_text};

in_all_browsers!(an_example_can_be_undone);

/// The text as it stands.
fn text(browser: &Browser) -> Value {
    browser.run("return document.querySelector('#text').value")
}

/// Input methods may send the halves of one character one after the other.
#[test]
#[ignore = "needs the built site: make e2e"]
fn half_a_character_waits_for_its_other_half() {
    let (_site, browser) = open_site();
    answer_to(&browser, GLOWING);
    browser.run(
        "window.append = (unit) => {
          const area = document.querySelector('#text');
          area.value += unit;
          area.dispatchEvent(new Event('input', { bubbles: true }));
        };
        append('\\ud83d');",
    );
    read_answer(&browser);
    browser.run("append('\\ude42')");
    read_answer(&browser);
    assert_eq!(text(&browser), json!(format!("{GLOWING}🙂")));
}

fn an_example_can_be_undone(kind: Kind) {
    let (_site, browser) = open_site_in(kind);
    if kind == Kind::WebKit {
        // When a frame of a page gets its document, WebKit forgets what could be undone in the page, too: the hidden one does after the first
        // answer, and once more when it is kept.
        answer_to(&browser, GLOWING);
        browser.wait("the page to be kept", "return document.querySelector('#offline').checkVisibility()");
    }
    type_text(&browser, "my own words");
    browser.wait("the model's examples", "return document.querySelector('.examples button') !== null");
    browser.click(".examples button");
    let example = text(&browser);
    assert!(example.as_str().is_some_and(|example| example.len() > 40), "{example}");
    assert_eq!(browser.run("return document.activeElement.id"), json!("text"));
    read_answer(&browser);
    browser.undo("#text");
    assert_eq!(text(&browser), json!("my own words"));
}

/// What is composed is in the text before it is decided on; whoever writes to the field meanwhile ends it.
#[test]
#[ignore = "needs the built site: make e2e"]
fn input_methods_are_left_in_peace_and_the_caret_stays() {
    let (_site, browser) = open_site();
    answer_to(&browser, "good film");
    browser.run(
        "window.ended = 0;
        const area = document.querySelector('#text');
        area.addEventListener('compositionend', () => { window.ended += 1; });
        area.setSelectionRange(4, 4);",
    );
    for composed in ["か", "かん", "かんじ"] {
        let end = composed.chars().count();
        browser.chromium(
            "Input.imeSetComposition",
            &json!({ "text": composed, "selectionStart": end, "selectionEnd": end }),
        );
        read_answer(&browser);
        assert_eq!(browser.run("return window.ended"), json!(0));
    }
    browser.chromium("Input.insertText", &json!({ "text": "漢字" }));
    read_answer(&browser);
    assert_eq!(text(&browser), json!("good漢字 film"));
    assert_eq!(browser.run("return [window.ended, document.querySelector('#text').selectionStart]"), json!([1, 6]));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn nobody_is_asked_to_help_with_spelling() {
    let (_site, browser) = open_site();
    let settings = browser.run(
        "return ['spellcheck', 'autocorrect', 'writingsuggestions', 'data-gramm', 'autocomplete']\
         .map((name) => document.querySelector('#text').getAttribute(name))",
    );
    assert_eq!(settings, json!(["false", "off", "false", "false", "off"]));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn megabytes_are_taken_and_cost_no_more_than_what_is_read_of_them() {
    let (_site, browser) = open_site();
    answer_to(&browser, GLOWING);
    browser.run(
        "const area = document.querySelector('#text');
        area.value = 'It was a fine day. '.repeat(200_000);
        area.dispatchEvent(new Event('input', { bubbles: true }));",
    );
    read_answer(&browser);
    assert!(browser.text().contains("The text is longer than what is read of one"), "{}", browser.text());
    answer_to(&browser, GLOWING);
}

/// Translators put every text of a page into an element of their own.
#[test]
#[ignore = "needs the built site: make e2e"]
fn a_page_that_is_translated_goes_on() {
    let (_site, browser) = open_site();
    browser.run(
        "const wrap = (text) => {
          if (!text.data.trim() || text.parentNode.closest('font, textarea, script, style')) return;
          const font = document.createElement('font');
          text.replaceWith(font);
          font.append(`«${text.data}»`);
        };
        const all = (root) => {
          const texts = [];
          const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) texts.push(walker.currentNode);
          texts.forEach(wrap);
        };
        all(document.body);
        new MutationObserver((changes) => changes.forEach(({ addedNodes }) => addedNodes.forEach((node) =>
          node.nodeType === Node.TEXT_NODE ? wrap(node) : all(node)))).observe(document.body, { childList: true, subtree: true });",
    );
    let mut probabilities = Vec::new();
    for text in [GLOWING, "A dreadful bore.", GLOWING] {
        probabilities.push(answer_to(&browser, text));
    }
    assert_eq!(probabilities[0], probabilities[2]);
    browser.press("#text", CLEAR);
    browser.wait("an empty answer", "return document.querySelector('#results[data-state=empty]') !== null");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// What the page would have put into the clipboard.
fn copied(browser: &Browser, button: &str) -> String {
    browser.run(
        "window.copied = undefined;
        Object.defineProperty(navigator, 'clipboard', { configurable: true, value: { writeText: async (text) => { window.copied = text } } });",
    );
    browser.run(&format!(
        "[...document.querySelectorAll('.actions button')].find((button) => button.textContent.trim() === '{button}').click()"
    ));
    let copied = browser.wait("a copy", "return window.copied");
    copied.as_str().expect("a text").to_owned()
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn an_answer_is_copied_with_the_model_that_gave_it() {
    let (site, browser) = open_site();
    let read = answer_to(&browser, GLOWING);
    let sha256 = browser.run("return document.querySelector('#results').dataset.model");
    let json: Value = serde_json::from_str(&copied(&browser, "Copy as JSON")).expect("it is JSON");
    assert_eq!((&json["text"], &json["model"]["sha256"]), (&json!(GLOWING), &sha256));
    let positive = json["classification"]["tasks"][0]["labels"][0]["probability"].as_f64().expect("a number");
    assert!((positive - read[0].2).abs() < 1e-5, "{positive} and {}", read[0].2);
    let text = copied(&browser, "Copy answer");
    assert!(text.contains(GLOWING) && text.contains(sha256.as_str().expect("a hash")), "{text}");
    browser.wait("the word", "return document.querySelector('[role=status]').textContent === 'The answer is copied.'");
    let link = copied(&browser, "Copy link");
    assert!(link.starts_with(&format!("{}#text=What%20a%20wonderful", site.address())), "{link}");
    type_text(&browser, "another text");
    browser.wait("no word of the one before", "return document.querySelector('.actions .hint').textContent === ''");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_link_has_its_text_in_it_and_no_server_sees_it() {
    let (site, browser) = (Site::serve(&dist()), Browser::start());
    const TEXT: &str = "100% + “kind” & 🙂\nreally";
    open(
        &browser,
        &format!("{}#text=100%25%20%2B%20%E2%80%9Ckind%E2%80%9D%20%26%20%F0%9F%99%82%0Areally", site.address()),
    );
    read_answer(&browser);
    assert_eq!(text(&browser), json!(TEXT));
    let link = copied(&browser, "Copy link");
    assert!(link.ends_with("#text=100%25%20%2B%20%E2%80%9Ckind%E2%80%9D%20%26%20%F0%9F%99%82%0Areally"), "{link}");
    assert!(site.requests("").iter().all(|path| !path.contains("kind")), "{:?}", site.requests(""));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_text_that_was_cleared_comes_back() {
    let (_site, browser) = open_site();
    type_text(&browser, "my own words");
    browser.click(".actions button");
    assert_eq!(text(&browser), json!(""));
    browser.undo("#text");
    assert_eq!(text(&browser), json!("my own words"));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_cannot_be_copied_is_said() {
    let (_site, browser) = open_site();
    browser.run(
        "const area = document.querySelector('#text');
        area.value = 'half \\ud83d';
        area.dispatchEvent(new Event('input', { bubbles: true }));",
    );
    browser.wait("the button", "return !document.querySelector('.actions button:nth-of-type(4)').disabled");
    browser.click(".actions button:nth-of-type(4)");
    browser.wait("a word", "return document.querySelector('.actions .hint').textContent.includes('half a character')");
}
