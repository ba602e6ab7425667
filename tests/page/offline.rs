//! Visits without a network, new versions, and hosts and browsers that will have none of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use undertone::bundle::MANIFEST;

use crate::browser::Browser;
use crate::driver::Kind;
use crate::files::{choose, comments, file, wait_until_scored};
use crate::site::{Fault, Site};
use crate::support::{GLOWING, Native, SCATHING, answer_to, copy, dist, open, read_answer};

in_all_browsers!(a_second_visit_needs_no_server);

const WORKER: &str = "/sw.js";
const HIDDEN_PAGE: &str = "/offline.html";

/// Has every page note what the hidden page tells it, and whether it has ever offered a new version.
fn take_notes(browser: &Browser) {
    let notes = "window.told = []; window.offers = 0;
        addEventListener('message', ({ data }) => told.push(data));
        addEventListener('DOMContentLoaded', () => {
          const update = document.querySelector('#update');
          if (update) new MutationObserver(() => window.offers += !update.hidden).observe(update, { attributes: true });
        });";
    browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": notes }));
}

/// Waits until the page says that it works without a network.
fn wait_until_kept(browser: &Browser) {
    browser.wait("the page to be kept", "return document.querySelector('#offline')?.checkVisibility()");
}

/// A site that a browser has visited, and keeps.
fn kept_site(folder: &Path) -> (Site, Browser) {
    kept_site_in(Kind::Chromium, folder)
}

fn kept_site_in(kind: Kind, folder: &Path) -> (Site, Browser) {
    let (site, browser) = (Site::serve(folder), Browser::of(kind));
    if kind == Kind::Chromium {
        take_notes(&browser);
    }
    open(&browser, &site.address());
    assert_eq!(browser.run("return document.querySelector('#offline').checkVisibility()"), json!(false));
    answer_to(&browser, GLOWING);
    wait_until_kept(&browser);
    (site, browser)
}

/// Of the registration for the site `property`, once it is known.
fn registration(browser: &Browser, property: &str) -> Value {
    browser.run(
        "window.found = undefined; navigator.serviceWorker.getRegistration().then((found) => window.found = { found })",
    );
    browser.wait("the registrations", &format!("return window.found && {{ it: Boolean(found.found?.{property}) }}"))["it"]
        .take()
}

/// The version that the page in `folder` has.
fn version(folder: &Path) -> String {
    let page = fs::read_to_string(folder.join("index.html")).expect("the page can be read");
    let (_, rest) = page.split_once("data-version=\"").expect("the page has its version in it");
    rest.split('"').next().expect("split gives at least one part").to_owned()
}

/// The folder of the site's scripts.
pub fn client(folder: &Path) -> String {
    let folders = fs::read_dir(folder).expect("the site can be listed").flatten();
    let mut names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.find(|name| name.starts_with("client-")).expect("the site has scripts")
}

const OLD_WORDS: &str = "The tone of a text, while you type it.";
const NEW_WORDS: &str = "The tone of a text, in a newer version.";

/// Publishes another version in the place of the one in `folder`: other words, scripts under another name, and none under the old one.
fn publish(folder: &Path) {
    let (old_version, old_client) = (version(folder), client(folder));
    let (new_version, new_client) = ("00000000deadbeef", "client-00000000deadbeef");
    fs::rename(folder.join(&old_client), folder.join(new_client)).expect("the scripts can be moved");
    for name in ["index.html", "offline.html", "bench.html", "embed.html", "sw.js"] {
        let path = folder.join(name);
        let content = fs::read_to_string(&path).expect("the file can be read");
        let content = content.replace(&old_client, new_client).replace(&old_version, new_version);
        fs::write(&path, content.replace(OLD_WORDS, NEW_WORDS)).expect("the file can be written");
    }
}

fn words(browser: &Browser) -> Value {
    browser.run("return document.querySelector('.masthead p').innerText")
}

/// By their folders the scripts that the page has got.
fn clients(browser: &Browser) -> Value {
    browser.run(
        "const names = performance.getEntriesByType('resource').map(({ name }) => name.match(/client-\\w+/)?.[0]);
        return [...new Set(names.filter(Boolean))]",
    )
}

/// Has a file scored, which is in the folder: what that takes the page gets only where it is wanted.
#[must_use]
fn score_a_file(browser: &Browser) -> TempDir {
    browser.click("nav a[href='#/file']");
    browser.wait("the view of files", "return document.querySelector('#file')?.checkVisibility()");
    let (folder, path) = file("comments.csv", comments(40));
    choose(browser, &path);
    wait_until_scored(browser);
    folder
}

fn a_second_visit_needs_no_server(kind: Kind) {
    let dist = dist();
    let (site, browser) = kept_site_in(kind, &dist);
    let address = site.address();
    drop(site);
    let native = Native::of(&dist);
    for page in ["", "index.html", "?by=a-link"] {
        open(&browser, &format!("{address}{page}"));
        native.assert_agrees(SCATHING, &answer_to(&browser, SCATHING));
    }
    assert!(browser.text().contains("this is the model of an earlier visit"));
    wait_until_kept(&browser);
    assert_eq!(browser.run("return document.querySelector('#update').checkVisibility()"), json!(false));
    let _folder = score_a_file(&browser);
}

/// The page as it is works on when the cable is pulled on the very first visit.
#[test]
#[ignore = "needs the built site: make e2e"]
fn a_first_visit_goes_on_without_a_server() {
    let (site, browser) = kept_site(&dist());
    browser.chromium("Network.clearBrowserCache", &json!({}));
    drop(site);
    let _folder = score_a_file(&browser);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_new_version_is_offered_and_never_mixed_with_the_old_one() {
    let copy = copy(&dist());
    let (site, browser) = kept_site(copy.path());
    let old = client(copy.path());
    publish(copy.path());
    open(&browser, &site.address());
    assert_eq!(words(&browser), json!(OLD_WORDS), "what is kept comes first");
    browser.run(
        "window.heard = []; new MutationObserver(() => heard.push(document.querySelector('[role=status]').textContent))
          .observe(document.querySelector('[role=status]'), { childList: true, characterData: true, subtree: true })",
    );
    browser.press("#text", GLOWING);
    browser.wait("the offer", "return document.querySelector('#update').checkVisibility()");
    browser.wait("a screen reader's offer", "return heard.includes('A new version of this page is ready.')");
    assert!(browser.text().contains("A new version of this page is ready."));

    // The page that is open is the old one to its end, though the server has nothing of that any more.
    let _folder = score_a_file(&browser);
    assert_eq!(clients(&browser), json!([old]));
    assert_eq!(browser.run("return document.querySelector('#text').value"), json!(GLOWING));

    browser.run("location.hash = '#/'; window.isOld = true");
    browser.click("#update button");
    browser.wait("the new page", "return window.isOld === undefined && document.querySelector('#text') !== null");
    assert_eq!(words(&browser), json!(NEW_WORDS));
    assert_eq!(browser.run("return document.querySelector('#text').value"), json!(GLOWING));
    Native::of(copy.path()).assert_agrees(GLOWING, &read_answer(&browser));
    wait_until_kept(&browser);
    assert_eq!(clients(&browser), json!([client(copy.path())]));
    assert_eq!(browser.run("return offers"), json!(0));
    // Nobody needs the old one any more.
    browser.wait(
        "the old version to go",
        "caches.keys().then((names) => window.names = names); return window.names?.length === 1",
    );

    let address = site.address();
    drop(site);
    open(&browser, &address);
    assert_eq!(words(&browser), json!(NEW_WORDS));
    answer_to(&browser, SCATHING);
}

/// As long as an old page is open somewhere, it has its files.
#[test]
#[ignore = "needs the built site: make e2e"]
fn an_old_page_in_another_window_keeps_its_files() {
    let copy = copy(&dist());
    let (site, browser) = kept_site(copy.path());
    publish(copy.path());
    // A window of the old version beside one that gets the new one.
    browser.run("window.other = open(location.href)");
    browser.wait(
        "the offer",
        "return !other.document.querySelector('#update')?.hidden && other.document.querySelector('#text') !== null",
    );
    browser.run("other.isOld = true; other.document.querySelector('#update button').click()");
    browser.wait("the new page", "return other.isOld === undefined && other.document.querySelector('#text') !== null");
    browser
        .wait("its words", &format!("return other.document.querySelector('.masthead p').innerText === '{NEW_WORDS}'"));
    browser.wait("the new page to be kept", "return !other.document.querySelector('#offline').hidden");
    browser.chromium("Network.clearBrowserCache", &json!({}));
    drop(site);
    assert_eq!(words(&browser), json!(OLD_WORDS));
    let _folder = score_a_file(&browser);
}

/// A page that passed by what is kept, as with Shift and reload, is newer than that.
#[test]
#[ignore = "needs the built site: make e2e"]
fn a_page_from_the_server_is_offered_nothing_older() {
    let copy = copy(&dist());
    let (site, browser) = kept_site(copy.path());
    let old = version(copy.path());
    publish(copy.path());
    // The new service worker does not arrive yet.
    site.fail(WORKER, Fault::Status(503));
    browser.run("window.isOld = true");
    browser.chromium("Page.reload", &json!({ "ignoreCache": true }));
    browser.wait("the page", "return window.isOld === undefined && document.querySelector('#text') !== null");
    assert_eq!(words(&browser), json!(NEW_WORDS));
    answer_to(&browser, GLOWING);
    browser.wait("word of the old version", &format!("return told.some(({{ version }}) => version === '{old}')"));
    assert_eq!(browser.run("return document.querySelector('#update').checkVisibility()"), json!(false));
    site.mend();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    browser.wait("the new version", "return told.some(({ version }) => version === '00000000deadbeef')");
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn where_the_host_has_none_of_it_the_page_works_as_it_did() {
    let dist = dist();
    let native = Native::of(&dist);
    let cases: [&[(&str, Fault)]; 6] = [
        &[(WORKER, Fault::Status(404))],
        &[(WORKER, Fault::Header("Content-Type: text/plain"))],
        &[(WORKER, Fault::HangUpAfter(0.5))],
        &[(HIDDEN_PAGE, Fault::Status(404))],
        &[(HIDDEN_PAGE, Fault::Header("X-Frame-Options: DENY"))],
        // One page for every address.
        &[(HIDDEN_PAGE, Fault::Page), (WORKER, Fault::Page)],
    ];
    for faults in cases {
        let (site, browser) = (Site::serve(&dist), Browser::start());
        take_notes(&browser);
        faults.iter().for_each(|(part, fault)| site.fail(part, *fault));
        open(&browser, &site.address());
        native.assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
        browser.wait("the hidden page", "return document.querySelector('iframe') !== null");
        browser.run("document.querySelector('iframe').addEventListener('load', () => window.hasLoaded = true)");
        browser.wait(
            "its end",
            "const page = document.querySelector('iframe').contentDocument;
            return window.hasLoaded || !page || (page.URL !== 'about:blank' && page.readyState === 'complete')",
        );
        if faults[0].0 == WORKER {
            while site.requests(WORKER).is_empty() {
                browser.wait("the page", "return true");
            }
        }
        native.assert_agrees(SCATHING, &answer_to(&browser, SCATHING));
        assert_eq!(registration(&browser, "active"), json!(false), "{faults:?}");
        assert_eq!(browser.run("return [told.length, offers]"), json!([0, 0]), "{faults:?}");
        assert!(!browser.text().contains("without a network"), "{faults:?}");
        assert_eq!(site.requests(MANIFEST).len(), 1, "one page has one engine: {faults:?}");
    }
}

/// A host that went back to a version without a service worker would have visitors see the old page for ever.
#[test]
#[ignore = "needs the built site: make e2e"]
fn what_is_kept_goes_when_the_host_has_no_service_worker_any_more() {
    for fault in [Fault::Status(404), Fault::Page] {
        let copy = copy(&dist());
        let (site, browser) = kept_site(copy.path());
        site.fail(WORKER, Fault::Status(500));
        open(&browser, &site.address());
        answer_to(&browser, GLOWING);
        wait_until_kept(&browser);
        publish(copy.path());
        site.mend();
        site.fail(WORKER, fault);
        open(&browser, &site.address());
        assert_eq!(words(&browser), json!(OLD_WORDS));
        answer_to(&browser, GLOWING);
        browser.wait(
            "the caches to go",
            "caches.keys().then((names) => window.names = names); return window.names?.length === 0",
        );
        open(&browser, &site.address());
        assert_eq!(words(&browser), json!(NEW_WORDS));
    }
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_browser_that_keeps_nothing_shows_the_page_all_the_same() {
    let dist = dist();
    let native = Native::of(&dist);
    for denial in [
        "Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined })",
        "Object.defineProperty(Navigator.prototype, 'serviceWorker', { get() { throw new DOMException('no', 'SecurityError') } })",
        "ServiceWorkerContainer.prototype.register = () => Promise.reject(new DOMException('no', 'SecurityError'))",
    ] {
        let (site, browser) = (Site::serve(&dist), Browser::start());
        take_notes(&browser);
        browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": denial }));
        open(&browser, &site.address());
        native.assert_agrees(GLOWING, &answer_to(&browser, GLOWING));
        if denial.contains("register") {
            while site.requests(WORKER).is_empty() {
                browser.wait("the page", "return true");
            }
        } else {
            assert_eq!(browser.run("return document.querySelector('iframe')"), Value::Null);
        }
        native.assert_agrees(SCATHING, &answer_to(&browser, SCATHING));
        assert!(!browser.text().contains("without a network"));
        assert_eq!(browser.run("return [told.length, offers]"), json!([0, 0]));
        assert_eq!(browser.complaints(), Vec::<String>::new());
    }
}

/// Where the model is not kept the page does not say that it works without a network.
#[test]
#[ignore = "needs the built site: make e2e"]
fn nothing_is_promised_without_the_model() {
    let (site, browser) = (Site::serve(&dist()), Browser::start());
    take_notes(&browser);
    // The page and the hidden one; the engine has a realm of its own.
    let denial = "StorageManager.prototype.getDirectory = () => { window.top.looks = (window.top.looks ?? 0) + 1; return Promise.reject(new Error('no')) }";
    browser.chromium("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": denial }));
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    browser.wait("word of the hidden page, and a look or two", "return told.length > 0 && window.looks > 2");
    assert_eq!(registration(&browser, "active"), json!(true));
    assert_eq!(browser.run("return document.querySelector('#offline').checkVisibility()"), json!(false));
}

/// No policy binds the service worker on a host that sends none: so it is to see nothing but what it is for.
#[test]
#[ignore = "needs the built site: make e2e"]
fn the_service_worker_answers_for_the_sites_own_files_alone() {
    let (site, browser) = kept_site(&dist());
    open(&browser, &site.address());
    browser.wait("the engine", "return document.querySelector('#engine[data-state=ready]') !== null");
    assert_eq!(browser.run("return navigator.serviceWorker.controller !== null"), json!(true));
    let ask = |what: &str| {
        browser.run(&format!("window.answered = undefined; fetch({what}).then((answer) => answer.text()).then(() => window.answered = true)"));
        browser.wait("the answer", "return window.answered");
    };
    let client = client(&dist());
    let listed =
        [String::from("./"), "index.html".to_owned(), format!("{client}/place.js"), "manifest.webmanifest".to_owned()];
    let unlisted = [
        "'bench.html'".to_owned(),
        "'embed.html'".to_owned(),
        "'sw.js'".to_owned(),
        "'undertone.js'".to_owned(),
        "'models/undertone/manifest.json'".to_owned(),
        "'no-such-file'".to_owned(),
        format!("'{client}/place.js?with=a-query'"),
        format!("'{client}/place.js', {{ method: 'POST', body: 'a text' }}"),
        "'./', { method: 'POST', body: 'a text' }".to_owned(),
        "'../elsewhere'".to_owned(),
    ];
    for what in listed {
        let before = site.requests("").len();
        ask(&format!("'{what}'"));
        assert_eq!(site.requests("").len(), before, "{what} has come from the server");
    }
    for what in unlisted {
        let before = site.requests("").len();
        ask(&what);
        assert_eq!(site.requests("").len(), before + 1, "{what} has not come from the server");
    }
    // It hears nothing: a message changes nothing, and gets no answer.
    browser.run(
        "window.heard = 0; navigator.serviceWorker.addEventListener('message', () => window.heard += 1); navigator.serviceWorker.startMessages();
        const { port1, port2 } = new MessageChannel(); port1.onmessage = () => window.heard += 1;
        navigator.serviceWorker.controller.postMessage('skipWaiting', [port2])",
    );
    ask("'./'");
    assert_eq!(browser.run("return window.heard"), json!(0));
}

/// Two sites of one origin keep out of each other's way.
#[test]
#[ignore = "needs the built site: make e2e"]
fn two_sites_of_an_origin_are_kept_apart() {
    let folder: TempDir = copy(&dist());
    let inner: PathBuf = folder.path().join("other");
    let other = copy(&dist());
    std::os::unix::fs::symlink(other.path(), &inner).expect("the site can be at two addresses");
    publish(other.path());
    let (site, browser) = kept_site(folder.path());
    open(&browser, &format!("{}other/", site.address()));
    assert_eq!(words(&browser), json!(NEW_WORDS));
    answer_to(&browser, GLOWING);
    wait_until_kept(&browser);
    let address = site.address();
    drop(site);
    for (name, expected) in [("", OLD_WORDS), ("other/", NEW_WORDS)] {
        open(&browser, &format!("{address}{name}"));
        assert_eq!(words(&browser), json!(expected));
        answer_to(&browser, SCATHING);
    }
}

/// What a browser asks of a page before it offers to install it.
#[test]
#[ignore = "needs the built site: make e2e"]
fn the_page_can_be_installed() {
    let (_site, browser) = kept_site(&dist());
    let manifest = browser.chromium("Page.getAppManifest", &json!({}));
    assert_eq!(manifest["errors"], json!([]), "{manifest}");
    let errors = browser.chromium("Page.getInstallabilityErrors", &json!({}));
    let errors: Vec<&Value> = errors["installabilityErrors"].as_array().into_iter().flatten().collect();
    assert!(errors.is_empty(), "{errors:?}");
}
