//! Hosts have ideas of their own: what goes wrong because of them is said in words that help.

use undertone::bundle::WEIGHTS;

use crate::browser::Browser;
use crate::site::{Fault, Site};
use crate::support::{
    BASELINE, GLOWING, Native, RELAXED, answer_to, copy, dist, failure_kind, open, read_answer, run_in_worker,
    wait_for_failure,
};

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_host_with_a_page_for_every_address_is_said_to_lack_the_file() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    for (part, kind, words) in [
        ("/models/", "model", "the server sent a web page instead of manifest.json"),
        (WEIGHTS, "model", "the server sent a web page instead of model.safetensors"),
        ("/worker", "build", "is not on the server (it sends a web page in its place)"),
    ] {
        site.mend();
        site.fail(part, Fault::Page);
        open(&browser, &site.address());
        let sentence = wait_for_failure(&browser);
        assert!(sentence.contains(words), "{part}: {sentence}");
        assert_eq!(failure_kind(&browser), kind, "{part}");
    }
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_host_whose_policy_forbids_webassembly_is_told_what_to_allow() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    site.fail("/", Fault::Header("Content-Security-Policy: default-src 'self'; style-src 'self'; img-src data:"));
    browser.open(&site.address());
    let sentence = browser.wait("a sentence", "return document.querySelector('[role=alert]')?.innerText");
    assert!(sentence.as_str().is_some_and(|sentence| sentence.contains("'wasm-unsafe-eval'")), "{sentence}");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_host_whose_policy_forbids_the_worker_is_told_what_to_allow() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    let policy = "Content-Security-Policy: worker-src 'self'";
    site.fail("/some/folder/", Fault::Header(policy));
    open(&browser, &site.address());
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("worker-src blob:"), "{sentence}");
    assert_eq!(failure_kind(&browser), "policy");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_host_that_forbids_webassembly_in_the_worker_alone_is_told_too() {
    let copy = copy(&dist());
    // As if it were the policy's word: which policy a browser applies to a worker is not the same in all.
    run_in_worker(
        copy.path(),
        "WebAssembly.instantiateStreaming = WebAssembly.instantiate = async () => {
          throw new WebAssembly.CompileError(\"violates the following Content Security policy directive: 'unsafe-eval'\");
        };",
    );
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    let sentence = wait_for_failure(&browser);
    assert!(sentence.contains("'wasm-unsafe-eval'"), "{sentence}");
    assert_eq!(failure_kind(&browser), "policy");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_connection_that_is_lost_is_tried_again_on_the_fast_build() {
    let dist = dist();
    let native = Native::of(&dist);
    for (part, fault) in
        [(WEIGHTS, Fault::HangUpAfter(0.5)), ("/models/", Fault::Status(503)), ("relaxed_bg.wasm", Fault::Status(502))]
    {
        let site = Site::serve(&dist);
        let browser = Browser::start();
        site.fail(part, fault);
        open(&browser, &site.address());
        browser.press("#text", GLOWING);
        wait_for_failure(&browser);
        assert_eq!(failure_kind(&browser), "network", "{part}");
        assert!(
            site.requests(&format!("/{BASELINE}_bg.wasm")).is_empty(),
            "{part}: another build comes over the same connection"
        );
        site.mend();
        browser.click(".failure button");
        native.assert_agrees(GLOWING, &read_answer(&browser));
        let build = browser.run("return document.querySelector('#results').dataset.build");
        assert_eq!(build, "relaxed", "{part}");
    }
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn wherever_a_download_is_cut_the_text_stays_and_the_next_attempt_answers() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    site.fail(WEIGHTS, Fault::HangUpAfter(0.0));
    open(&browser, &site.address());
    browser.press("#text", GLOWING);
    wait_for_failure(&browser);
    for tenth in 1..10 {
        site.mend();
        site.fail(WEIGHTS, Fault::HangUpAfter(f64::from(tenth) / 10.0));
        let asked = site.requests(WEIGHTS).len();
        browser.click(".failure button");
        browser.wait("the next attempt", "return document.querySelector('.failure') === null");
        let sentence = wait_for_failure(&browser);
        assert_eq!(failure_kind(&browser), "network", "{tenth} tenths: {sentence}");
        assert!(site.requests(WEIGHTS).len() > asked, "{tenth} tenths: it was asked for again");
    }
    site.mend();
    browser.click(".failure button");
    Native::of(&dist).assert_agrees(GLOWING, &read_answer(&browser));
}

/// With neither scripts nor a server: a page that was saved, or opened from a folder.
#[test]
#[ignore = "needs the built site: make e2e"]
fn a_page_without_a_server_or_in_a_strict_frame_says_what_it_needs() {
    let dist = dist();
    let browser = Browser::start();
    let words = "it has to come from a web server";
    browser.open(&format!("file://{}/index.html", dist.display()));
    browser.wait("a sentence", &format!("return document.querySelector('main').innerText.includes('{words}')"));

    let copy = copy(&dist);
    std::fs::write(
        copy.path().join("embedding.html"),
        "<iframe id=strict sandbox=allow-scripts src=index.html></iframe><iframe id=plain src=index.html></iframe>",
    )
    .expect("the page can be written");
    let site = Site::serve(copy.path());
    browser.open(&format!("{}embedding.html", site.address()));
    browser.wait(
        "the plain frame",
        "return document.querySelector('#plain').contentDocument.querySelector('#engine[data-state=ready]') !== null",
    );
    assert!(!site.requests(RELAXED).is_empty());
    browser.enter_frame("#strict");
    browser.wait("a sentence", &format!("return document.querySelector('main').innerText.includes('{words}')"));
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_worker_that_dies_without_a_word_is_replaced() {
    let copy = copy(&dist());
    // Nothing tells of a worker that closes itself.
    run_in_worker(
        copy.path(),
        "addEventListener('message', (event) => { if (event.data.includes('the last word')) close(); });",
    );
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    browser.press("#text", "the last word");
    browser.wait("a new worker", "return document.querySelector('#engine[data-state=starting]') !== null");
    answer_to(&browser, GLOWING);
    assert!(site.requests(&format!("/{RELAXED}_bg.wasm")).len() > 1);
}
