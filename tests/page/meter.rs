//! The element `<undertone-meter>` in a page of somebody else's, which needs no frame but a policy that allows what it does.

use crate::browser::Browser;
use crate::driver::Kind;
use crate::embed::Embedded;
use crate::site::{Fault, Site};
use crate::support::{GLOWING, Native, Reading, SCATHING, THREAT, dist};

/// A policy that allows what docs/EMBEDDING.md says an element needs, and nothing else of another site.
const NEEDED: &str = "default-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval' {origin}; worker-src blob:; connect-src {origin}; img-src data:";

/// A page with `body` that has the element in itself, under `policy`.
fn with_meter(policy: &str, body: &str) -> Embedded {
    let site = Site::serve(&dist());
    site.fail("/some/folder/", Fault::Header("Access-Control-Allow-Origin: *"));
    let origin = site.address().trim_end_matches("/some/folder/").to_owned();
    let policy = policy.replace("{origin}", &origin);
    let listen = "<script>window.told = []; for (const name of ['ready', 'score', 'verdict', 'error'])
        for (const meter of document.querySelectorAll('undertone-meter'))
          meter.addEventListener(name, ({ detail }) => told.push({ name, id: meter.getAttribute('for'), detail, text: meter.value }));</script>";
    let page = format!(
        "<meta http-equiv=Content-Security-Policy content=\"{policy}\">{body}{listen}\
         <script type=module src='{{site}}meter.js'></script><script type=module src='{{site}}meter.js'></script>"
    );
    Embedded::served(Kind::Chromium, site, &page)
}

fn metered(browser: &Browser, id: &str, text: &str) -> Reading {
    let script = format!(
        "return told.findLast(({{ name, id, text, detail }}) => name === 'score' && id === '{id}' && detail.precise && text === `{text}`)\
         ?.detail.tasks.flatMap(({{ task, labels }}) => labels.map(({{ label, probability }}) => [task, label, probability]))"
    );
    serde_json::from_value(browser.wait("scores", &script)).expect("a list of task, label and probability")
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn an_element_tells_the_tone_under_the_policy_that_the_documentation_says() {
    let fields = "<textarea id=one></textarea><undertone-meter for=one></undertone-meter>\
                  <textarea id=two></textarea><undertone-meter for=two task=toxicity threshold=0.9999></undertone-meter>\
                  <undertone-meter for=late></undertone-meter>";
    let embedded = with_meter(NEEDED, fields);
    let Embedded { site, browser, .. } = &embedded;
    browser.wait("the element", "return customElements.get('undertone-meter') !== undefined");
    assert!(site.requests("/models/").is_empty() && site.requests("/worker").is_empty(), "nothing before the focus");
    let native = Native::of(&dist());
    browser.press("#one", GLOWING);
    native.assert_agrees(GLOWING, &metered(browser, "one", GLOWING));
    browser.press("#two", THREAT);
    let read = metered(browser, "two", THREAT);
    assert!(read.iter().all(|(task, ..)| task == "toxicity") && read.len() == 6, "{read:?}");
    let flagged = browser.run("return told.filter(({ name, id }) => name === 'verdict' && id === 'two').length");
    assert_eq!(flagged, 0, "nothing is above the threshold of its own");
    // A field that comes late, and an element whose text a script says.
    browser.run("document.body.append(Object.assign(document.createElement('textarea'), { id: 'late' }))");
    browser.press("#late", SCATHING);
    native.assert_agrees(SCATHING, &metered(browser, "late", SCATHING));
    assert_eq!(site.requests("manifest.json").len(), 1, "one engine for all");
    let shown =
        browser.run("return document.querySelector('undertone-meter').shadowRoot.querySelectorAll('li').length");
    assert_eq!(shown, 7);
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn an_element_says_which_line_of_the_policy_is_missing() {
    for (line, words) in [
        ("worker-src blob:", "worker-src blob:"),
        ("'wasm-unsafe-eval'", "'wasm-unsafe-eval'"),
        ("connect-src {origin};", "its connect-src has to allow http://127.0.0.1"),
    ] {
        let field = "<textarea id=one></textarea><undertone-meter for=one></undertone-meter>";
        let embedded = with_meter(&NEEDED.replace(line, ""), field);
        embedded.browser.press("#one", GLOWING);
        let error = embedded.browser.wait("an error", "return told.find(({ name }) => name === 'error')?.detail");
        assert!(error["sentence"].as_str().is_some_and(|sentence| sentence.contains(words)), "{line}: {error}");
        assert_eq!(error["kind"], "policy", "{line}");
    }
}
