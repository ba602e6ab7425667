//! What cannot work is said, and can be tried again without losing the text.

use std::fs;

use serde_json::{Value, json};
use undertone::bundle::{MANIFEST, WEIGHTS};

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{BASELINE, GLOWING, Native, RELAXED, copy, dist, models, open, read_answer, wait_for_failure};

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_damaged_model_is_refused_and_can_be_fetched_again() {
    let dist = dist();
    let copy = copy(&dist);
    let weights = models(copy.path()).join(WEIGHTS);
    let whole = fs::read(&weights).expect("the weights can be read");
    let mut damaged = whole.clone();
    damaged[whole.len() / 2] ^= 1;
    fs::write(&weights, &damaged).expect("the weights can be written");

    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    browser.press("#text", GLOWING);
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("not the file that the manifest describes"), "{sentence}");
    assert_eq!(
        browser.run("return document.querySelector('.failure [role=button], .failure button').innerText"),
        json!("Try again")
    );
    assert_eq!(browser.run("return document.querySelector('#text').value"), json!(GLOWING));

    fs::write(&weights, &whole).expect("the weights can be written");
    browser.click(".failure button");
    Native::of_baseline(&dist).assert_agrees(GLOWING, &read_answer(&browser, GLOWING));
    assert_eq!(browser.run("return document.querySelector('#text').value"), json!(GLOWING));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_missing_model_is_said_to_be_missing() {
    let dist = dist();
    let copy = copy(&dist);
    fs::remove_file(models(copy.path()).join(WEIGHTS)).expect("the weights can be removed");
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    browser.open(&site.address());
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("model.safetensors is not on the server"), "{sentence}");

    fs::remove_dir_all(models(copy.path())).expect("the models can be removed");
    browser.click(".failure button");
    browser.wait(
        "another failure",
        "return document.querySelector('.failure p')?.innerText.includes('manifest.json is not on')",
    );
    drop(site);
    browser.click(".failure button");
    browser.wait(
        "another failure",
        "return document.querySelector('.failure p')?.innerText.includes('could not be fetched')",
    );
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn sizes_that_no_model_can_have_are_refused_before_memory_is_asked_for() {
    let dist = dist();
    let copy = copy(&dist);
    let path = models(copy.path()).join(MANIFEST);
    let whole = fs::read(&path).expect("the manifest can be read");
    let site = Site::serve(copy.path());
    let cases: [(&str, Value, &str); 4] = [
        // More than the model can need, than WebAssembly's slices can have, and than it can count.
        ("/files/model.safetensors/bytes", json!(1_900_000_000), "1900.0 MB"),
        ("/files/model.safetensors/bytes", json!(4_200_000_000u64), "4200.0 MB"),
        ("/files/tokenizer.json/bytes", json!(1u64 << 40), "1099511.6 MB"),
        ("/architecture/hidden_size", json!(1 << 20), "more than 536870912 parameters"),
    ];
    for (field, value, expected) in cases {
        let mut manifest: Value = serde_json::from_slice(&whole).expect("the manifest is JSON");
        *manifest.pointer_mut(field).expect("a field of the manifest") = value;
        if field == "/architecture/hidden_size" {
            manifest["architecture"]["num_attention_heads"] = json!(1);
        }
        fs::write(&path, manifest.to_string()).expect("the manifest can be written");
        let browser = Browser::start();
        browser.open(&site.address());
        let sentence = wait_for_failure(&browser);
        assert!(sentence.contains(expected), "{field}: {sentence}");
        assert_eq!(site.requests(WEIGHTS), Vec::<String>::new(), "{field}");
    }
    fs::write(&path, vec![b' '; 17 << 20]).expect("the manifest can be written");
    let browser = Browser::start();
    browser.open(&site.address());
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("manifest.json has more than 16.8 MB"), "{sentence}");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_model_that_the_browser_has_no_memory_for_is_refused() {
    let dist = dist();
    let copy = copy(&dist);
    // How much a browser gives is its own affair: this one gives no array of ten megabytes.
    for build in [RELAXED, BASELINE] {
        let script = copy.path().join(format!("{build}.js"));
        let whole = fs::read_to_string(&script).expect("the engine's script can be read");
        let refusal = "self.Uint8Array = new Proxy(Uint8Array, { construct(array, [first, ...rest], target) {
            if (first > 1e7) throw new RangeError('Array buffer allocation failed');
            return Reflect.construct(array, [first, ...rest], target);
        } });";
        fs::write(&script, format!("{refusal}\n{whole}")).expect("the engine's script can be written");
    }
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    browser.open(&site.address());
    let sentence = wait_for_failure(&browser);
    let expected = format!("there is not enough memory for {WEIGHTS}, which takes 15.4 MB");
    assert!(sentence.contains(&expected), "{sentence}");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn an_engine_of_another_build_is_refused() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    browser.open(&site.address());
    browser.wait("the engine", "return document.querySelector('#engine[data-state=ready]') !== null");
    let asked = site.requests("worker_relaxed_bg.wasm").remove(0);
    let build = asked.split_once("build=").expect("the page asks for a build").1.to_owned();

    let copy = copy(&dist);
    let engine = copy.path().join("worker_relaxed_bg.wasm");
    let mut code = fs::read(&engine).expect("the engine can be read");
    let place = code.windows(build.len()).position(|window| window == build.as_bytes());
    let place = place.expect("the engine knows its build");
    code[place..place + build.len()].fill(b'0');
    fs::write(&engine, &code).expect("the engine can be written");
    let site = Site::serve(copy.path());
    browser.open(&site.address());
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("different builds"), "{sentence}");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn an_engine_that_stops_can_be_started_again() {
    let dist = dist();
    let copy = copy(&dist);
    let engine = copy.path().join("worker.js");
    let whole = fs::read_to_string(&engine).expect("the engine can be read");
    for build in [RELAXED, BASELINE] {
        fs::remove_file(copy.path().join(format!("{build}.js"))).expect("the engine can be removed");
    }
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    browser.press("#text", GLOWING);
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("engine could not be fetched"), "{sentence}");

    // Nothing that Rust could report: what a trap for lack of memory looks like from outside.
    fs::write(
        &engine,
        "wasm_bindgen = () => new Promise(() => setTimeout(() => { throw new RangeError('no memory left') }));",
    )
    .expect("the engine can be written");
    browser.click(".failure button");
    browser
        .wait("another failure", "return document.querySelector('.failure p')?.innerText.includes('no memory left')");

    fs::write(&engine, &whole).expect("the engine can be written");
    browser.click(".failure button");
    Native::of_baseline(&dist).assert_agrees(GLOWING, &read_answer(&browser, GLOWING));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_browser_that_cannot_is_told_so() {
    let dist = dist();
    let site = Site::serve(&dist);
    for (lack, words) in [
        ("delete globalThis.WebAssembly", "This browser has no WebAssembly"),
        ("WebAssembly.validate = () => false", "lacks WebAssembly SIMD"),
    ] {
        let browser = Browser::start();
        browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": lack }));
        browser.open(&site.address());
        let sentence = browser.wait("a sentence", "return document.querySelector('[role=alert]')?.innerText");
        assert!(sentence.as_str().is_some_and(|sentence| sentence.contains(words)), "{sentence}");
    }
}
