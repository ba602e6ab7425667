//! From navigation to the first answer on a later visit, beside a page of transformers.js that does the same: `peer.html`.
//!
//! Both are given the same network and the same text, which is in the address, and keep for later visits what they keep by themselves: here the service
//! worker and the store, there the library's `Cache`. Host and headers are alike, and let browsers keep everything for a while. That later visits fetch no
//! model is checked.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;

use crate::browser::Browser;
use crate::report::{Figure, Goal};
use crate::rounds::Rounds;
use crate::settings::{Result, Settings};
use crate::site::{Fault, Site};

/// What is judged, as it stands in an address.
const TEXT: &str = "text=What%20a%20wonderful%20film%2C%20superbly%20acted%20and%20deeply%20moving.";
/// What hosts of static sites let browsers keep without asking.
const HEADER: &str = "Cache-Control: max-age=600";
/// What a browser has to do after a visit must not be counted as the next one's.
const PAUSE: Duration = Duration::from_secs(1);

/// A page, its host, and how long its visits took.
struct Contender {
    site: Site,
    weights: &'static str,
    times: Rounds,
}

impl Contender {
    fn new(folder: &Path, weights: &'static str) -> Self {
        let site = Site::serve(folder);
        site.fail("", Fault::Header(HEADER));
        Self { site, weights, times: Rounds::default() }
    }

    /// Milliseconds from navigation to the first answer in the document.
    fn visit(&self, browser: &Browser) -> Result<f64> {
        // Of one document only the part behind # would change.
        browser.open("about:blank");
        sleep(PAUSE);
        browser.open(&format!("{}#{TEXT}", self.site.address()));
        browser.wait("the answer", "return window.answered").as_f64().ok_or_else(|| "the page has no clock".into())
    }

    /// # Errors
    /// The model was fetched more than once.
    fn check(&self) -> Result<()> {
        match self.site.requests(self.weights).len() {
            1 => Ok(()),
            count => {
                Err(format!("{} was fetched {count} times: nothing was kept for later visits", self.weights).into())
            }
        }
    }
}

pub fn measure(settings: &Settings) -> Result<Vec<Figure>> {
    let peer = peer(settings)?;
    let browser = Browser::start();
    let note = "new MutationObserver((_, observer) => {
          if (!document.querySelector('#results[data-state=current]')) return;
          window.answered = performance.now();
          observer.disconnect();
        }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });";
    browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": note }));
    let mut ours = Contender::new(&settings.site, "/model.safetensors");
    let mut theirs = Contender::new(peer.path(), "/model_quantized.onnx");
    let first = ours.visit(&browser)?;
    browser.wait("the page to be kept", "return document.querySelector('#offline')?.checkVisibility()");
    theirs.visit(&browser)?;
    // It writes in its own time, and does not say when that is done.
    sleep(Duration::from_secs(5));
    for _ in 0..settings.visits {
        for contender in [&mut ours, &mut theirs] {
            let time = contender.visit(&browser)?;
            contender.times.0.push(time);
        }
        ours.check()?;
        theirs.check()?;
    }
    let visits = format!("median of {} visits", ours.times.count());
    let [our, their] = [&ours.times, &theirs.times];
    Ok(vec![
        Figure::new("The first visit ever, to its first answer", first, "ms"),
        Figure::new(format!("A later visit, to its first answer, {visits}"), our.median(), "ms"),
        Figure::new("the least of them", our.least(), "ms"),
        Figure::new(format!("A page of transformers.js in int8, the same, {visits}"), their.median(), "ms"),
        Figure::new("the least of them", their.least(), "ms"),
        Figure::new("A later visit's median over that of transformers.js", our.median() / their.median(), "")
            .wanted(Goal::AtMost(0.3)),
        Figure::new("the least over the least", our.least() / their.least(), ""),
    ])
}

/// A folder with the peer's page and all that it needs.
fn peer(settings: &Settings) -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/page/peer.html"), folder.path().join("index.html"))?;
    for (name, variable, of) in [("peer", "PEER_MODEL", &settings.peer), ("npm", "NPM", &settings.npm)] {
        let of = of.as_ref().ok_or_else(|| format!("{variable} is not set: use make bench-page."))?;
        let of = of.canonicalize().map_err(|error| format!("{} is missing ({error}).", of.display()))?;
        symlink(of, folder.path().join(name))?;
    }
    Ok(folder)
}
