//! What the scenarios share: the built site, copies of it to damage, and how to type and read.

use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;
use tempfile::TempDir;
use undertone::classify::Classifier;

use crate::browser::{Browser, CLEAR};
use crate::driver::Kind;
use crate::site::Site;

pub const GLOWING: &str = "What a wonderful film, superbly acted and deeply moving. I loved every minute of it!";
pub const SCATHING: &str = "A dreadful, boring waste of time. The worst film I have ever seen.";
pub const THREAT: &str = "I will find you and I will kill you, you worthless idiot.";

/// The engine's build that Chromium runs, and the one that takes over.
pub const RELAXED: &str = "worker_relaxed";
pub const BASELINE: &str = "worker";

/// What was read off the page: task, label, probability.
pub type Reading = Vec<(String, String, f64)>;

/// The built site.
///
/// # Panics
/// `UNDERTONE_DIST` does not name it. Tests that need it are ignored but by `make e2e`, which builds the site.
pub fn dist() -> PathBuf {
    folder_of("UNDERTONE_DIST")
}

/// The folder that the environment variable `name` names.
pub fn folder_of(name: &str) -> PathBuf {
    env::var_os(name).unwrap_or_else(|| panic!("{name} names no folder: run this test with make e2e")).into()
}

pub fn models(site: &Path) -> PathBuf {
    site.join("models/undertone")
}

/// The folder of the engine's builds, which has its content in its name.
pub fn engine(site: &Path) -> PathBuf {
    let folders = fs::read_dir(site).expect("the site can be listed").flatten().map(|entry| entry.path());
    let mut engines =
        folders.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("engine-")));
    engines.next().expect("the site has an engine")
}

/// Puts `code` in front of the script that starts each of the engine's builds.
pub fn run_in_worker(site: &Path, code: &str) {
    for build in [RELAXED, BASELINE] {
        let script = engine(site).join(format!("{build}.js"));
        let whole = fs::read_to_string(&script).expect("the engine's script can be read");
        fs::write(&script, format!("{code}\n{whole}")).expect("the engine's script can be written");
    }
}

/// A copy of the site that a test may damage.
pub fn copy(site: &Path) -> TempDir {
    fn copy_folder(from: &Path, to: &Path) {
        fs::create_dir_all(to).expect("a folder can be made");
        for entry in fs::read_dir(from).expect("the folder can be listed").flatten() {
            let target = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy_folder(&entry.path(), &target);
            } else {
                fs::copy(entry.path(), &target).expect("the file can be copied");
            }
        }
    }
    let copy = tempfile::tempdir().expect("a temporary folder");
    copy_folder(site, copy.path());
    copy
}

/// Replaces the text of the page, key by key.
pub fn type_text(browser: &Browser, text: &str) {
    browser.press("#text", CLEAR);
    browser.press("#text", text);
}

/// Puts a text in the place of the page's, all at once.
pub fn put_text(browser: &Browser, text: &str) {
    browser.run(&format!(
        "const area = document.querySelector('#text');
        area.value = {};
        area.dispatchEvent(new Event('input', {{ bubbles: true }}));",
        Value::from(text)
    ));
}

/// Waits for the answer to the text as it stands that stays, and reads it: task, label, probability.
pub fn read_answer(browser: &Browser) -> Reading {
    browser.wait("the answer", "return document.querySelector('#results[data-settled=true]') !== null");
    let gauges = browser.run(
        "return [...document.querySelectorAll('[data-task] [data-probability]')].map((gauge) => \
         [gauge.closest('[data-task]').dataset.task, gauge.dataset.label, Number(gauge.dataset.probability)])",
    );
    serde_json::from_value(gauges).expect("a list of task, label and probability")
}

pub fn answer_to(browser: &Browser, text: &str) -> Reading {
    type_text(browser, text);
    read_answer(browser)
}

/// The native engine, which the page's is held to.
pub struct Native(Classifier);

/// How far a number that stays may be from the companion's: the two add up in other orders.
const TOLERANCE: f64 = 0.0005;

impl Native {
    /// The companion's own engine.
    pub fn of(site: &Path) -> Self {
        Self(Classifier::read(models(site)).expect("the site has a bundle"))
    }

    /// Fails unless the page shows for `text` what this engine answers.
    pub fn assert_agrees(&self, text: &str, read: &[(String, String, f64)]) {
        let classification = self.0.classify(text).expect("the native engine classifies");
        let native: Vec<_> = classification
            .tasks
            .iter()
            .flat_map(|task| task.labels.iter().map(|score| (&task.task, &score.label, f64::from(score.probability))))
            .collect();
        assert_eq!(native.len(), read.len(), "the page shows another number of labels");
        for ((task, label, expected), (shown_task, shown_label, shown)) in native.into_iter().zip(read) {
            assert_eq!((task, label), (shown_task, shown_label));
            let difference = (expected - shown).abs();
            assert!(difference < TOLERANCE, "{task} {label} of {text:?}: {shown}, natively {expected}");
        }
    }
}

pub fn probability(answer: &[(String, String, f64)], task: &str, label: &str) -> f64 {
    let found = answer.iter().find(|(of, name, _)| of == task && name == label);
    found.unwrap_or_else(|| panic!("the page shows no {task} {label}")).2
}

/// Fails where axe-core minds something about the page as it is.
pub fn audit(browser: &Browser, state: &str) {
    let axe = fs::read_to_string(folder_of("UNDERTONE_AXE")).expect("axe.min.js can be read");
    browser.run(&axe);
    browser.run(
        "window.violations = undefined;
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
        axe.run(document, { runOnly: tags }).then(({ violations }) => {
          window.violations = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`);
        })",
    );
    assert_eq!(browser.wait("the audit", "return window.violations"), serde_json::json!([]), "{state}");
}

pub fn wait_for_failure(browser: &Browser) -> String {
    let sentence = browser.wait("a failure", "return document.querySelector('.failure p')?.innerText");
    sentence.as_str().expect("a sentence").to_owned()
}

/// What kind of failure the page shows.
pub fn failure_kind(browser: &Browser) -> String {
    let kind = browser.run("return document.querySelector('.failure').dataset.kind");
    kind.as_str().expect("a failure is of some kind").to_owned()
}

/// Waits until the browser keeps `count` files for the next visit, which it does in its own time, and returns their names.
pub fn wait_for_kept(browser: &Browser, count: usize) -> Value {
    browser.run(
        "window.kept = async () => {
          try {
            const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('undertone');
            const index = await (await (await folder.getFileHandle('index.json')).getFile()).text();
            const names = [];
            for await (const name of folder.keys()) if (index && name !== 'index.json') names.push(name);
            return names;
          } catch { return []; }
        };
        window.found = [];",
    );
    let look =
        format!("kept().then((names) => window.found = names); return window.found.length === {count} && window.found");
    browser.wait("the files to be kept", &look)
}

/// The built site, and a Chromium that has opened its page.
pub fn open_site() -> (Site, Browser) {
    open_site_in(Kind::Chromium)
}

/// The same with a browser of that kind.
pub fn open_site_in(kind: Kind) -> (Site, Browser) {
    let (site, browser) = (Site::serve(&dist()), Browser::of(kind));
    open(&browser, &site.address());
    (site, browser)
}

/// Goes to the view that the page has a link to, and waits for `element` of it.
pub fn go(browser: &Browser, view: &str, element: &str) {
    browser.click(&format!("nav a[href='{view}']"));
    browser.wait("the view", &format!("return document.querySelector('{element}')?.checkVisibility()"));
}

/// Opens the page at `address` and waits until there is something to type into.
pub fn open(browser: &Browser, address: &str) {
    browser.open(address);
    browser.wait("the page", "return document.querySelector('#text') !== null");
}
