//! A model of the user's own: read from their files, used by everything on the page, and left again.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;
use undertone::bundle::{MANIFEST, TOKENIZER, WEIGHTS};

use crate::browser::Browser;
use crate::files::{choose, comments, file, read, save, wait_until_scored};
use crate::site::Site;
use crate::support::{GLOWING, Native, answer_to, dist, models, open, open_site, read_answer};

/// A bundle in a folder of this name: the site's with words of its own.
pub fn bundle(name: &str) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join(name);
    fs::create_dir(&folder).expect("a folder can be made");
    let shipped = models(&dist());
    for name in [WEIGHTS, TOKENIZER] {
        fs::copy(shipped.join(name), folder.join(name)).expect("a file can be copied");
    }
    fs::copy(shipped.join(MANIFEST), folder.join(MANIFEST)).expect("a file can be copied");
    change(&folder, |manifest| {
        manifest["name"] = json!("mail");
        manifest["description"] = json!("Which letters are warm.");
        manifest["tasks"][0]["display"] = json!({ "scale": { "low": "cold", "middle": "lukewarm", "high": "warm" } });
        manifest["examples"] = json!([{ "name": "A letter", "text": "Dear Ann, how lovely to hear from you." }]);
    });
    (parent, folder)
}

fn change(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join(MANIFEST);
    let mut manifest = serde_json::from_slice(&fs::read(&path).expect("there is a manifest")).expect("it is JSON");
    change(&mut manifest);
    fs::write(path, manifest.to_string()).expect("the manifest can be written");
}

/// A zip of these files, under their paths in it: the bytes that other programs would write, but for checksums.
fn zip(path: &Path, files: &[(String, PathBuf)]) {
    let (mut whole, mut list) = (Vec::new(), Vec::new());
    for (name, file) in files {
        let content = fs::read(file).expect("the file can be read");
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&content).expect("a vector takes it");
        let packed = encoder.finish().expect("a vector takes it");
        let sizes = [packed.len() as u32, content.len() as u32].map(u32::to_le_bytes).concat();
        let common = [&[20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &sizes, &[name.len() as u8, 0, 0, 0]].concat();
        let start = (whole.len() as u32).to_le_bytes();
        whole.extend([b"PK\x03\x04", &common[..], name.as_bytes(), &packed].concat());
        list.extend([b"PK\x01\x02\x14\x00", &common[..], &[0; 10], &start, name.as_bytes()].concat());
    }
    let count = [files.len() as u8, 0];
    let ends = [list.len() as u32, whole.len() as u32].map(u32::to_le_bytes).concat();
    whole.extend([&list[..], b"PK\x05\x06\0\0\0\0", &count, &count, &ends, &[0, 0]].concat());
    fs::write(path, whole).expect("the zip can be written");
}

/// A bundle's files, as they are in a zip of its folder.
fn packed(folder: &Path) -> Vec<(String, PathBuf)> {
    let name = folder.file_name().expect("it has a name").to_string_lossy();
    [MANIFEST, WEIGHTS, TOKENIZER].map(|file| (format!("{name}/{file}"), folder.join(file))).to_vec()
}

pub fn take(browser: &Browser, selector: &str, path: &Path) {
    browser.press(selector, &path.display().to_string());
}

pub fn wait_for_own(browser: &Browser, name: &str) {
    browser.wait("the own model", &format!("return document.querySelector('#own')?.dataset.own === '{name}'"));
}

pub fn refusal(browser: &Browser) -> String {
    let sentence = browser.wait("a sentence", "return document.querySelector('#own-refusal')?.textContent");
    sentence.as_str().expect("a sentence").to_owned()
}

fn ends(browser: &Browser) -> Value {
    browser.run("return document.querySelector('#results .ends').innerText.split('\\n')")
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_zip_of_ones_own_answers_texts_and_files_and_is_left_again() {
    let (parent, folder) = bundle("mail");
    let path = parent.path().join("mail.zip");
    zip(&path, &packed(&folder));
    let (site, browser) = open_site();
    let before = answer_to(&browser, GLOWING);
    let (before_ends, models_asked) = (ends(&browser), site.requests("models/").len());
    take(&browser, "#own-zip", &path);
    wait_for_own(&browser, "mail.zip");
    let said = browser.run("return document.querySelector('#own').innerText");
    assert!(
        said.as_str().is_some_and(|said| said.contains("mail, from mail.zip") && said.contains("letters are warm")),
        "{said}"
    );
    // The text is still there, and the numbers are those of the same weights.
    let answer = read_answer(&browser);
    Native::of(&dist()).assert_agrees(GLOWING, &answer);
    assert_eq!(before.len(), answer.len());
    assert_eq!(ends(&browser), json!(["cold", "lukewarm", "warm"]));
    assert_eq!(
        browser.run("return [...document.querySelectorAll('.examples button')].map((button) => button.innerText)"),
        json!(["A letter"])
    );

    browser.click("nav a[href='#/file']");
    browser.wait("the view", "return document.querySelector('#file') !== null");
    let (_folder, rows) = file("comments.csv", comments(40));
    choose(&browser, &rows);
    wait_until_scored(&browser);
    let (header, saved) = read(&save(&browser, "comments.scored.csv"));
    let model = header.iter().position(|name| name == "model").expect("it has the model's name");
    assert!(saved.iter().all(|(_, cells)| cells[model] == "mail"), "{:?}", saved[0]);
    assert_eq!(site.requests("models/").len(), models_asked, "nothing of it is the server's");

    // What is open is gone through again by the page's own model.
    browser.click("#own-back");
    browser.wait("the page's model", "return document.querySelector('#own:not([data-own])') !== null");
    wait_until_scored(&browser);
    browser.click("nav a[href='#/']");
    read_answer(&browser);
    assert_eq!(ends(&browser), before_ends);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_folder_is_dropped_anywhere_or_chosen() {
    let (_parent, folder) = bundle("letters");
    let (_site, browser) = open_site();
    let drop = |path: &Path, (x, y): (u32, u32)| {
        for kind in ["dragEnter", "dragOver", "drop"] {
            let data = json!({ "items": [], "files": [path.display().to_string()], "dragOperationsMask": 1 });
            browser.chromium("Input.dispatchDragEvent", &json!({ "type": kind, "x": x, "y": y, "data": data }));
        }
    };
    drop(&folder, (400, 300));
    wait_for_own(&browser, "letters");
    answer_to(&browser, GLOWING);
    assert_eq!(ends(&browser), json!(["cold", "lukewarm", "warm"]));
    browser.click("#own-back");
    browser.wait("the page's model", "return document.querySelector('#own:not([data-own])') !== null");
    take(&browser, "#own-folder", &folder);
    wait_for_own(&browser, "letters");
    // A file of rows is none: the view that is for it reads it, and goes on with it when another is dropped.
    let (_other, rows) = file("comments.csv", comments(8));
    drop(&rows, (400, 300));
    wait_until_scored(&browser);
    assert_eq!(browser.run("return location.hash"), json!("#/file"));
    let (_another, others) = file("others.csv", comments(4));
    drop(&others, (400, 300));
    browser.wait("a sentence", "return document.querySelector('#put-off')?.innerText.includes('others.csv')");
    browser.click("#close");
    choose(&browser, &others);
    browser.wait("the other", "return document.querySelector('.file .name')?.innerText.includes('others.csv')");
    assert_eq!(browser.run("return document.querySelector('#put-off')"), json!(null), "what was said is done");
    browser.click("#close");
    drop(&others, (400, 300));
    browser.wait("the other", "return document.querySelector('.file .name')?.innerText.includes('others.csv')");
    browser.click("#close");
    wait_for_own(&browser, "letters");
    // Where rows are dropped a folder is still a model.
    browser.click("#own-back");
    browser.wait("the page's model", "return document.querySelector('#own:not([data-own])') !== null");
    browser.wait("the place", "return document.querySelector('.choose')?.checkVisibility()");
    // It moves when it is said above that another model is in use.
    let place = || {
        let place = browser.run(
            "const { x, y } = document.querySelector('.choose').getBoundingClientRect(); return [Math.round(x) + 40, Math.round(y) + 40]",
        );
        serde_json::from_value::<(u32, u32)>(place).expect("two numbers")
    };
    drop(&folder, place());
    wait_for_own(&browser, "letters");
    // One that nobody has been at before.
    let (_new, rows) = file("new.csv", comments(12));
    drop(&rows, place());
    wait_until_scored(&browser);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_is_no_good_is_refused_and_the_model_before_goes_on() {
    let (parent, folder) = bundle("mail");
    let path = parent.path().join("mail.zip");
    let (site, browser) = (Site::serve(&dist()), Browser::start());
    open(&browser, &site.address());
    let native = Native::of(&dist());
    let refused = |path: &Path, selector: &str, wanted: &str| {
        take(&browser, selector, path);
        let sentence = browser.wait(
            wanted,
            &format!("return document.querySelector('#own-refusal')?.textContent.includes({}) && document.querySelector('#own-refusal').textContent", json!(wanted)),
        );
        assert!(browser.run("return document.querySelector('#own').dataset.own ?? null").is_null(), "{sentence}");
        native.assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
    };
    let packing = |change: &dyn Fn(&mut Value)| {
        let (_parent, changed) = bundle("mail");
        self::change(&changed, change);
        zip(&path, &packed(&changed));
    };
    // Cut in the middle.
    zip(&path, &packed(&folder));
    let size = fs::metadata(&path).expect("it is there").len();
    File::options().write(true).open(&path).and_then(|file| file.set_len(size / 2)).expect("it can be cut");
    refused(&path, "#own-zip", "damaged, or no whole zip");
    packing(&|manifest| manifest["files"][WEIGHTS]["sha256_of_pieces"] = json!("0".repeat(64)));
    refused(&path, "#own-zip", "is not the file that the manifest describes (its SHA-256 differs)");
    packing(&|manifest| manifest["format"] = json!(1));
    refused(&path, "#own-zip", "export the bundle again from its run");
    packing(&|manifest| manifest["files"][WEIGHTS]["bytes"] = json!(12));
    refused(&path, "#own-zip", "where the manifest says 12");
    packing(&|manifest| manifest["tasks"] = json!([]));
    refused(&path, "#own-zip", "it has no task");
    let twice: Vec<_> =
        packed(&folder).into_iter().chain([(format!("other/{MANIFEST}"), folder.join(MANIFEST))]).collect();
    zip(&path, &twice);
    refused(&path, "#own-zip", "several bundles in mail.zip");
    // A folder without a bundle, and one that lacks a part.
    let empty = parent.path().join("photos");
    fs::create_dir(&empty).and_then(|()| fs::write(empty.join("notes.txt"), "mine")).expect("a folder can be made");
    refused(&empty, "#own-folder", "There is no manifest.json in photos");
    fs::remove_file(folder.join(TOKENIZER)).expect("it can be removed");
    refused(&folder, "#own-folder", "There is no tokenizer.json beside the manifest.json in mail");
}

/// A browser may deliver the files of an own model after the engine has begun to listen.
#[test]
#[ignore = "needs the built site: make e2e"]
fn files_that_come_late_are_no_request() {
    let (site, browser) = (Site::serve(&dist()), Browser::start());
    browser.open(&format!("{}bench.html", site.address()));
    browser.run(&format!(
        "import('{}undertone.js').then(async ({{ Engine }}) => {{
           let worker;
           const createWorker = (script) => (worker = new Worker(URL.createObjectURL(new Blob([script]))));
           const engine = new Engine({{ createWorker }});
           const answer = async () => JSON.stringify((await engine.classify('a good film')).classification);
           const first = await answer();
           worker.postMessage({{ 'manifest.json': new Blob() }});
           window.answers = (await answer()) === first && first.length > 100 ? 'the same' : first;
         }}).catch((reason) => window.answers = String(reason));",
        site.address()
    ));
    assert_eq!(browser.wait("the answers", "return window.answers"), json!("the same"));
}
