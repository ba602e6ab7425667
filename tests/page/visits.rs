//! What a visit leaves for the next one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use undertone::bundle::{TOKENIZER, WEIGHTS};

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{BASELINE, GLOWING, Native, RELAXED, answer_to, copy, dist, open};

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_second_visit_fetches_no_model() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    for _ in 0..2 {
        open(&browser, &site.address());
        answer_to(&browser, GLOWING);
        // What is kept is written after the model is ready, in the browser's own time.
        std::thread::sleep(Duration::from_secs(2));
    }
    assert_eq!(site.requests(WEIGHTS).len(), 1);
    assert_eq!(site.requests("manifest.json").len(), 2);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_no_bundle_needs_any_more_is_forgotten() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    let files = |and_then: &str| {
        browser.run(&format!(
            "window.files = undefined;
            (async () => {{
              const files = [];
              for await (const folder of (await navigator.storage.getDirectory()).values()) {{
                for await (const name of folder.keys()) files.push(name);
                {and_then}
              }}
              window.files = files;
            }})()"
        ));
        let files = browser.wait("the files", "return window.files");
        files.as_array().expect("a list of names").len()
    };
    for _ in 0..2 {
        open(&browser, &site.address());
        answer_to(&browser, GLOWING);
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!(files("await folder.getFileHandle('of an older version', { create: true });"), 2);
    }
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

#[test]
#[ignore = "needs the built site: make e2e"]
fn files_that_another_page_has_open_are_read_all_the_same() {
    let dist = dist();
    let copy = copy(&dist);
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    std::thread::sleep(Duration::from_secs(2));
    refuse_access(copy.path());
    open(&browser, &site.address());
    Native::of(&dist).assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
    assert_eq!((site.requests(WEIGHTS).len(), site.requests(TOKENIZER).len()), (1, 1));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn where_nothing_can_be_written_everything_is_fetched_each_time() {
    let dist = dist();
    let copy = copy(&dist);
    refuse_access(copy.path());
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    for visit in 1..=2 {
        open(&browser, &site.address());
        Native::of(&dist).assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
        std::thread::sleep(Duration::from_secs(2));
        assert_eq!((site.requests(WEIGHTS).len(), site.requests(TOKENIZER).len()), (visit, visit));
    }
}

/// Has the browser refuse the worker what it refuses where somebody else has a file open, or the disk is full.
fn refuse_access(site: &Path) {
    for build in [RELAXED, BASELINE] {
        let script = site.join(format!("{build}.js"));
        let whole = fs::read_to_string(&script).expect("the engine's script can be read");
        let refusal =
            "FileSystemFileHandle.prototype.createSyncAccessHandle = () => Promise.reject(new Error('taken'));";
        fs::write(&script, format!("{refusal}\n{whole}")).expect("the engine's script can be written");
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
    std::thread::sleep(Duration::from_secs(2));
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
          for await (const folder of (await navigator.storage.getDirectory()).values()) {
            for await (const file of folder.values()) {
              await damage(file);
              damaged += 1;
            }
          }
          window.damaged = damaged;
        })()",
    );
    assert_eq!(browser.wait("the damage", "return window.damaged"), 2);
    open(&browser, &site.address());
    Native::of(&dist).assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
    assert_eq!((site.requests(WEIGHTS).len(), site.requests(TOKENIZER).len()), (2, 2));
}
