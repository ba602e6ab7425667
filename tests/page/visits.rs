//! What a visit leaves for the next one.

use std::fs;

use serde_json::{Value, json};
use undertone::bundle::{MANIFEST, TOKENIZER, WEIGHTS};

use crate::browser::Browser;
use crate::site::{Fault, Site};
use crate::support::{
    GLOWING, Native, answer_to, copy, dist, engine, models, open, run_in_worker, wait_for_failure, wait_for_kept,
};

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_second_visit_fetches_no_model() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    for _ in 0..2 {
        open(&browser, &site.address());
        answer_to(&browser, GLOWING);
        wait_for_kept(&browser, 2);
    }
    assert_eq!(site.requests(WEIGHTS).len(), 1);
    assert_eq!(site.requests(MANIFEST).len(), 2);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_first_visit_does_not_wait_for_the_disk() {
    let copy = copy(&dist());
    // A disk that never has done.
    run_in_worker(copy.path(), "FileSystemFileHandle.prototype.createSyncAccessHandle = () => new Promise(() => {});");
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn where_the_server_is_away_the_model_of_the_last_visit_answers_and_that_is_said() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    wait_for_kept(&browser, 2);
    assert!(!browser.text().contains("earlier visit"));
    site.fail("/models/", Fault::Status(503));
    open(&browser, &site.address());
    Native::of(&dist).assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
    assert!(browser.text().contains("The server cannot be reached: this is the model of an earlier visit."));
    // What is not there any more is another matter.
    site.mend();
    site.fail("/models/", Fault::Status(404));
    open(&browser, &site.address());
    assert!(wait_for_failure(&browser).contains("manifest.json is not on the server"));
}

/// One folder for all versions of the site on an origin, each with an address of its own.
#[test]
#[ignore = "needs the built site: make e2e"]
fn what_no_bundle_needs_any_more_is_forgotten_and_what_several_have_is_kept_once() {
    let copy = copy(&dist());
    std::os::unix::fs::symlink(dist(), copy.path().join("moved")).expect("the site can be at two addresses");
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    let make_old = "(async () => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('undertone');
        await folder.getFileHandle('of an older version', { create: true });
        window.made = true;
      })()";
    let mut files = Vec::new();
    for name in ["", "moved/"] {
        open(&browser, &format!("{}{name}", site.address()));
        answer_to(&browser, GLOWING);
        files.push(wait_for_kept(&browser, 2));
        browser.run(make_old);
        browser.wait("a file too many", "return window.made");
    }
    assert_eq!(files[0], files[1]);
    assert_eq!(site.requests(WEIGHTS).len(), 1);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn without_https_nothing_is_kept_and_all_else_works() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    let address = site.address().replace("127.0.0.1", "blog.test");
    for visit in 1..=2 {
        open(&browser, &address);
        assert_eq!(browser.run("return isSecureContext"), false);
        Native::of(&dist).assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
        assert_eq!(site.requests(WEIGHTS).len(), visit);
    }
}

/// What a browser refuses a worker where somebody else has a file open, or the disk is full.
const REFUSAL: &str =
    "FileSystemFileHandle.prototype.createSyncAccessHandle = () => Promise.reject(new Error('taken'));";

#[test]
#[ignore = "needs the built site: make e2e"]
fn files_that_another_page_has_open_are_read_all_the_same() {
    let dist = dist();
    let copy = copy(&dist);
    let site = Site::serve(copy.path());
    // The engine of the second visit is to be another one than that of the first.
    site.fail("/sw.js", Fault::Status(404));
    let browser = Browser::start();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    wait_for_kept(&browser, 2);
    run_in_worker(copy.path(), REFUSAL);
    open(&browser, &site.address());
    Native::of(&dist).assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
    assert_eq!((site.requests(WEIGHTS).len(), site.requests(TOKENIZER).len()), (1, 1));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn where_nothing_can_be_written_everything_is_fetched_each_time() {
    let dist = dist();
    let copy = copy(&dist);
    run_in_worker(copy.path(), REFUSAL);
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    for visit in 1..=2 {
        open(&browser, &site.address());
        Native::of(&dist).assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
        assert_eq!((site.requests(WEIGHTS).len(), site.requests(TOKENIZER).len()), (visit, visit));
    }
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_was_kept_and_is_damaged_is_fetched_again() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    wait_for_kept(&browser, 2);
    browser.run(
        "const damage = async (file) => {
          const bytes = new Uint8Array(await (await file.getFile()).arrayBuffer());
          bytes[bytes.length >> 1] ^= 1;
          const writable = await file.createWritable();
          await writable.write(bytes);
          await writable.close();
        };
        (async () => {
          let damaged = 0;
          const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('undertone');
          for await (const file of folder.values()) {
            if (file.name === 'index.json') continue;
            await damage(file);
            damaged += 1;
          }
          window.damaged = damaged;
        })()",
    );
    assert_eq!(browser.wait("the damage", "return window.damaged"), json!(2));
    open(&browser, &site.address());
    Native::of(&dist).assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
    assert_eq!((site.requests(WEIGHTS).len(), site.requests(TOKENIZER).len()), (2, 2));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn nobody_who_saves_data_is_sent_a_model_unasked() {
    let dist = dist();
    let copy = copy(&dist);
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    browser.chromium(
        "Page.addScriptToEvaluateOnNewDocument",
        &json!({ "source": "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })" }),
    );
    open(&browser, &site.address());
    browser.press("#text", GLOWING);
    let question =
        browser.wait("the question", "return document.querySelector('#engine[data-state=waiting] .notice')?.innerText");
    let question = question.as_str().expect("a question is a text");
    let manifest = fs::read_to_string(models(&dist).join(MANIFEST)).expect("the manifest can be read");
    let manifest: Value = serde_json::from_str(&manifest).expect("the manifest is JSON");
    let said: f64 =
        question.split("up to ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("a number");
    let least = manifest["files"]["model.safetensors"]["bytes"].as_f64().expect("a number of bytes") / 1e6;
    assert!(said > least && said < least + 10.0, "{question}");
    let engine = engine(&dist);
    let name = engine.file_name().expect("a folder has a name").to_string_lossy();
    assert_eq!((site.requests(WEIGHTS).len(), site.requests(&name).len()), (0, 0));
    browser.click("#engine button");
    browser.wait("the answer", "return document.querySelector('#results[data-state=current]') !== null");
    assert_eq!(browser.run("return document.activeElement.id"), json!("text"));

    // What is here costs nothing; what the server has anew does.
    wait_for_kept(&browser, 2);
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    assert_eq!(site.requests(WEIGHTS).len(), 1);
    let changed = manifest.to_string();
    fs::write(models(copy.path()).join(MANIFEST), changed).expect("the manifest can be written");
    open(&browser, &site.address());
    browser.wait("the question", "return document.querySelector('#engine[data-state=waiting] button')");
}
