//! The view of the model: what its bundle says, and what its card does.

use std::fs;

use serde_json::{Value, json};
use undertone::bundle::{FileEntry, MANIFEST, Manifest};
use undertone::card::{Card, NAME};

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{copy, dist, models, open};

/// Opens the view at `address`, and waits for what is at `selector`.
fn look(browser: &Browser, address: &str, selector: &str) {
    browser.open(&format!("{address}#/model"));
    browser.wait(selector, &format!("return document.querySelector('{selector}')?.checkVisibility()"));
}

/// The text of each element at `selector`.
fn texts(browser: &Browser, selector: &str) -> Vec<String> {
    let texts = browser
        .run(&format!("return [...document.querySelectorAll('{selector}')].map((element) => element.textContent)"));
    serde_json::from_value(texts).expect("a list of texts")
}

fn shipped() -> (Manifest, Card) {
    let folder = models(&dist());
    let manifest = Manifest::parse(&fs::read(folder.join(MANIFEST)).unwrap()).unwrap();
    let card = serde_json::from_slice(&fs::read(folder.join(NAME)).unwrap()).unwrap();
    (manifest, card)
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn the_card_shows_what_was_measured_and_each_chart_has_its_table() {
    let (manifest, card) = shipped();
    let (site, browser) = (Site::serve(&dist()), Browser::start());
    look(&browser, &site.address(), "#card");
    assert_eq!(browser.run("return document.title"), json!("Undertone: the model, and how good it is"));
    // What the manifest says.
    let page = browser.text();
    for said in [&manifest.description, &manifest.licence, &manifest.tasks[0].labels[0].name] {
        assert!(page.contains(&said[..]), "{said}");
    }
    for task in &card.tasks {
        let Some(measured) = &task.measured else { continue };
        let figures = texts(&browser, &format!("[data-card={}] > .scrolls td", task.name));
        let auc = measured.figures.iter().find(|figure| figure.name == "ROC AUC, macro").unwrap();
        assert!(figures.contains(&format!("{:.3}", auc.value.unwrap())), "{}: {figures:?}", task.name);
        for label in &measured.labels {
            let charts = format!("[data-card={}] [data-label={}] .chart", task.name, label.name);
            assert_eq!(texts(&browser, &charts).len(), 3, "{}: ROC, precision and recall, reliability", label.name);
        }
    }
    for title in ["Disguised words", "What anyone would expect", "Harmless sentences, term by term"] {
        assert!(texts(&browser, ".chart figcaption").iter().any(|caption| caption == title), "{title}");
    }
    let charts = browser.run(
        "return [...document.querySelectorAll('.chart')].map((chart) => [
          chart.querySelector('svg[role=img]')?.ariaLabel.length > 40,
          chart.querySelectorAll('details tbody tr').length > 1,
          !/NaN|undefined|Infinity/.test(chart.innerHTML),
        ])",
    );
    let charts: Vec<Vec<bool>> = serde_json::from_value(charts).unwrap();
    assert!(charts.len() >= 27 && charts.iter().flatten().all(|is_so| *is_so), "{charts:?}");
    // The curve ends where it has to, and the dot is where the threshold is.
    let curve = browser.run("return document.querySelector('[data-label=toxic] .chart .curve').getAttribute('d')");
    assert!(
        curve.as_str().unwrap().starts_with("M44.0 218.0") && curve.as_str().unwrap().ends_with("290.0 8.0"),
        "{curve}"
    );
    for limit in ["punishing, blocking or ranking", "Sarcasm is often taken at its word"] {
        assert!(page.contains(limit), "{limit}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn tables_open_by_keyboard() {
    let (site, browser) = (Site::serve(&dist()), Browser::start());
    look(&browser, &site.address(), "#card");
    browser.run("document.querySelector('#fairness .chart summary').focus()");
    browser.press("#fairness .chart summary", "\u{E007}");
    browser.wait("the table", "return document.querySelector('#fairness .chart table').checkVisibility()");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn the_card_is_kept_with_the_model() {
    let (site, browser) = (Site::serve(&dist()), Browser::start());
    look(&browser, &site.address(), "#card");
    assert_eq!(site.requests(NAME).len(), 1);
    let (manifest, _) = shipped();
    let sha256 = &manifest.documents[NAME].sha256;
    browser.run(
        "window.kept = async (name) => {
          const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('undertone');
          const index = JSON.parse(await (await (await folder.getFileHandle('index.json')).getFile()).text());
          window.isKept = Object.values(index).some(({ files }) => files.includes(name));
        };",
    );
    browser.wait("the card to be kept", &format!("kept('{sha256}').catch(() => {{}}); return window.isKept"));
    for _ in 0..2 {
        // The page itself anew, and not another part of it.
        browser.open("about:blank");
        look(&browser, &site.address(), "#card");
    }
    assert_eq!(site.requests(NAME).len(), 1);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_is_not_there_is_said() {
    let site = copy(&dist());
    let folder = models(site.path());
    let (manifest, card) = shipped();
    let bundle = |name: &str, content: Option<&[u8]>| {
        let other = site.path().join("models").join(name);
        fs::create_dir(&other).unwrap();
        for file in ["model.safetensors", "tokenizer.json"] {
            fs::copy(folder.join(file), other.join(file)).unwrap();
        }
        let mut fields = manifest.clone().into_fields();
        fields.documents.clear();
        if let Some(content) = content {
            fields.documents.insert(NAME.to_owned(), FileEntry::of(content));
            fs::write(other.join(NAME), content).unwrap();
        }
        let manifest = Manifest::try_from(fields).unwrap();
        fs::write(other.join(MANIFEST), manifest.to_json().unwrap()).unwrap();
        other
    };
    bundle("bare", None);
    bundle(
        "empty",
        Some(&serde_json::to_vec(&Card { tasks: vec![card.tasks[0].clone()], ..Card::default() }).unwrap()),
    );
    let damaged = bundle("damaged", Some(b"{}"));
    fs::write(damaged.join(NAME), b"[]").unwrap();
    bundle("strange", Some(b"{\"sections\":3}"));

    let (site, browser) = (Site::serve(site.path()), Browser::start());
    let address = |bundle: &str| format!("{}?bundle={bundle}", site.address());
    look(&browser, &address("bare"), "#no-card");
    let page = browser.text();
    assert!(
        page.contains("has no model card") && page.contains(&manifest.description) && page.contains("severe toxic"),
        "{page}"
    );
    look(&browser, &address("empty"), "#card");
    assert!(
        browser
            .text()
            .contains("It was not measured whether a label is seen where a group of people is merely mentioned")
    );
    for (name, expected) in [("damaged", "SHA-256 differs"), ("strange", "cannot read the model’s card")] {
        look(&browser, &address(name), "#read-again");
        let said = texts(&browser, ".model .failure p").concat();
        assert!(said.contains(expected), "{name}: {said}");
    }
    // The model answers all the same.
    browser.click("nav a[href='#/']");
    crate::support::answer_to(&browser, crate::support::GLOWING);
}

/// A phone's width, and text of twice the size: nothing is cut off but what scrolls by itself.
#[test]
#[ignore = "needs the built site: make e2e"]
fn views_fit_a_narrow_screen() {
    let (site, browser) = (Site::serve(&dist()), Browser::start());
    browser.chromium(
        "Emulation.setDeviceMetricsOverride",
        &json!({ "width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": true }),
    );
    for (view, ready) in [("model", "#card"), ("settings", "#reset-thresholds")] {
        open(&browser, &site.address());
        browser.open(&format!("{}#/{view}", site.address()));
        browser.wait(ready, &format!("return document.querySelector('{ready}')?.checkVisibility()"));
        browser.run("document.documentElement.style.fontSize = '200%'; document.querySelectorAll('details').forEach((all) => all.open = true)");
        let wide = browser.run(
            "const parts = document.querySelectorAll('h1, nav a, main *:not(.scrolls *, svg *, .unseen)');
            return [...parts].filter((part) => part.checkVisibility() && part.getBoundingClientRect().right > 321)
              .map(({ tagName, className, textContent }) => `${tagName} ${className} ${textContent.slice(0, 40)}`)",
        );
        assert_eq!(wide, Value::Array(Vec::new()), "{view}");
    }
}
