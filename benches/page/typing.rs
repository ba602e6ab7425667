//! From a key to the numbers, with no file and while one is scored.
//!
//! Keys come from the driver as a keyboard's would, one after the other at a person's pace, with longer pauses after some words, in which a text is settled as
//! it is for people. The page's clock counts from when the browser had the key to when the numbers in the document are those of the text as it
//! stands: a key that the next one overtakes waits for that one's numbers.

use fastrand::Rng;
use serde_json::json;

use crate::browser::{Browser, CLEAR};
use crate::report::{Figure, Goal};
use crate::settings::{Result, Settings};
use crate::site::Site;
use crate::support::{go, models, read_answer};
use crate::texts::Rows;
use crate::view::{choose, forget_tasks, numbers, open_files, scored, tasks, told, wait_for_scores};
use crate::words::Words;

/// How long texts are at their last key.
const TOKENS: usize = 64;
/// So many of their last letters are typed, and what is before is there at once.
const KEYS: usize = 30;
/// How long a row of the file may be: of usual comments.
const CHARACTERS: usize = 600;

pub fn measure(settings: &Settings) -> Result<Vec<Figure>> {
    let words = Words::new(&models(&settings.site))?;
    let site = Site::serve(&settings.site);
    let browser = open_files(&site);
    note_times(&browser);
    go(&browser, "#/", "#text");
    let mut figures = Vec::new();
    forget_tasks(&browser);
    figures.extend(type_texts(settings, &browser, &words, "with no file", 60.0)?);

    let folder = tempfile::tempdir()?;
    let path = folder.path().join("beside.csv");
    Rows::new(settings)?.write(&path, settings.rows, CHARACTERS)?;
    go(&browser, "#/file", "#file");
    choose(&browser, &path);
    wait_for_scores(&browser);
    go(&browser, "#/", "#text");
    forget_tasks(&browser);
    let before = scored(&browser);
    figures.extend(type_texts(settings, &browser, &words, "while a file is scored", 150.0)?);
    let state = browser.run("return document.querySelector('#scoring').dataset.state");
    if state != json!("running") || scored(&browser) <= before {
        return Err(format!("the file was not scored all the while ({state}): give it more ROWS").into());
    }
    Ok(figures)
}

/// From now on the page notes the time from each key that changes the text to the numbers of the text as it stands.
fn note_times(browser: &Browser) {
    browser.run(
        "window.times = [];
        let pressed;
        let waiting = [];
        addEventListener('keydown', ({ timeStamp }) => { pressed = timeStamp; }, true);
        addEventListener('input', () => waiting.push(pressed), true);
        new MutationObserver(() => {
          if (waiting.length === 0 || !document.querySelector('#results[data-state=current]')) return;
          times.push(...waiting.map((time) => performance.now() - time));
          waiting = [];
        }).observe(document.body, { subtree: true, attributes: true, attributeFilter: ['data-sequence', 'data-state'] });",
    );
}

fn type_texts(settings: &Settings, browser: &Browser, words: &Words, when: &str, most: f64) -> Result<Vec<Figure>> {
    let mut random = Rng::with_seed(1);
    let (mut times, mut long) = (Vec::new(), Vec::new());
    for _ in 0..settings.texts {
        let (text, _) = words.text(&mut random, TOKENS)?;
        let (before, typed) = text.split_at(text.len() - KEYS);
        browser.press("#text", CLEAR);
        browser.press("#text", before);
        read_answer(browser);
        // Forty words at once are no typing.
        browser.run("times.length = 0");
        forget_tasks(browser);
        type_keys(browser, &mut random, typed);
        read_answer(browser);
        let shown = browser.run("return document.querySelector('#text').value");
        if shown != text[..] {
            return Err(format!("the page has {shown} instead of what was typed").into());
        }
        times.extend(numbers(&browser.run("return times.splice(0)")));
        long.extend(tasks(browser));
    }
    if times.len() != settings.texts * KEYS {
        return Err(format!("of {} keys {} have come to their numbers", settings.texts * KEYS, times.len()).into());
    }
    times.sort_by(f64::total_cmp);
    let keys = times.len();
    let percentile = |share: f64| times[((keys as f64 * share) as usize).min(keys - 1)];
    let what = |what: &str| format!("Typing, {TOKENS} tokens, {when}: {what}");
    let mut figures = vec![
        Figure::new(what(&format!("key to numbers, median of {keys} keys")), percentile(0.5), "ms"),
        Figure::new(what("95 of 100 keys within"), percentile(0.95), "ms").wanted(Goal::AtMost(most)),
    ];
    figures.extend(told(&long, what));
    Ok(figures)
}

/// Presses key after key, as somebody does who types fast.
fn type_keys(browser: &Browser, random: &mut Rng, keys: &str) {
    let mut actions = Vec::new();
    for key in keys.chars() {
        actions.push(json!({ "type": "keyDown", "value": key.to_string() }));
        actions.push(json!({ "type": "keyUp", "value": key.to_string() }));
        // At the end of a word one thinks.
        let pause = if key == ' ' { random.u32(150..600) } else { random.u32(70..190) };
        actions.push(json!({ "type": "pause", "duration": pause }));
    }
    let keyboard = json!({ "type": "key", "id": "keyboard", "actions": actions });
    browser.command("/actions", &json!({ "actions": [keyboard] }));
}
