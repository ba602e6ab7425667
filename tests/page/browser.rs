//! A browser that nobody sees, spoken to over WebDriver.

use std::io;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::driver::{Driver, Kind};
use crate::http;

/// How long to wait for what has to come. Generous, since a busy machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The key by which WebDriver passes elements around.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What WebDriver calls Control, the letter, all keys up, Delete: "select everything, delete it" for [`Browser::press`].
pub const CLEAR: &str = "\u{E009}a\u{E000}\u{E017}";

/// One browser window with a profile of its own; dropping it closes it.
pub struct Browser {
    pub kind: Kind,
    driver: Driver,
    session: String,
    /// Profile and whatever is saved.
    home: TempDir,
}

impl Browser {
    /// Starts a Chromium, which most tests are content with.
    pub fn start() -> Self {
        Self::of(Kind::Chromium)
    }

    /// Starts a driver and a browser.
    pub fn of(kind: Kind) -> Self {
        let home = tempfile::tempdir().expect("a folder for the profile");
        let mut browser = Self { kind, driver: Driver::start(kind, home.path()), session: String::new(), home };
        let capabilities = json!({ "capabilities": { "alwaysMatch": kind.capabilities(browser.home.path()) }});
        // A Chromium was seen to end before it had begun, with all of them busy: the driver starts another one, and the output says so.
        let created = browser.answer("POST", "/session", &capabilities).unwrap_or_else(|why| {
            eprintln!("{why}; once more");
            browser.request("POST", "/session", &capabilities)
        });
        browser.session = format!("/session/{}", created["sessionId"].as_str().expect("a session has an id"));
        if kind != Kind::Chromium {
            browser.command("/window/rect", &json!({ "width": 1280, "height": 1000 }));
            // What it said of itself while it started.
            browser.driver.said();
        }
        browser
    }

    /// The process that the browser's processes come from.
    pub fn process(&self) -> u32 {
        self.driver.id()
    }

    /// The folder of all that it writes, which goes with it.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Where a file is that was saved as `name`.
    pub fn saved(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    /// Opens `address`.
    pub fn open(&self, address: &str) {
        self.command("/url", &json!({ "url": address }));
        if self.kind == Kind::WebKit {
            // Its driver tells nothing of the console: what a page complains of is heard from here on.
            self.run(
                "window.complaints = [];
                for (const name of ['error', 'unhandledrejection', 'securitypolicyviolation'])
                  addEventListener(name, (event) => complaints.push(`${name}: ${event.message ?? event.reason ?? event.blockedURI}`), true);",
            );
        }
    }

    /// Presses keys with the element at `selector` in focus.
    pub fn press(&self, selector: &str, keys: &str) {
        // There are no keys for what is beyond the basic plane, which people enter with an input method.
        if self.kind != Kind::Firefox && keys.chars().any(|key| key > '\u{ffff}') {
            let inserted = self.run(&format!(
                "document.querySelector({}).focus(); return document.execCommand('insertText', false, {})",
                json!(selector),
                json!(keys)
            ));
            assert_eq!(inserted, true, "{keys:?} can be inserted");
            return;
        }
        self.command(&format!("/element/{}/value", self.element(selector)), &json!({ "text": keys }));
    }

    /// From now on everything is about the page in the frame at `selector`.
    pub fn enter_frame(&self, selector: &str) {
        self.command("/frame", &json!({ "id": { ELEMENT: self.element(selector) } }));
    }

    /// From now on everything is about the page itself again.
    pub fn leave_frame(&self) {
        self.command("/frame", &json!({ "id": null }));
    }

    /// Clicks the element at `selector`.
    pub fn click(&self, selector: &str) {
        self.command(&format!("/element/{}/click", self.element(selector)), &json!({}));
    }

    /// Runs the body of a function in the page and returns what it returns.
    pub fn run(&self, script: &str) -> Value {
        self.command("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs `script` until it returns something true, and returns that.
    pub fn wait(&self, what: &str, script: &str) -> Value {
        let begun = Instant::now();
        loop {
            let value = self.run(script);
            if !matches!(value, Value::Null | Value::Bool(false)) && value != json!("") {
                return value;
            }
            if begun.elapsed() >= PATIENCE {
                panic!("waited in vain for {what}; the page says: {}\nand {:?}", self.text(), self.complaints());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All visible text.
    pub fn text(&self) -> String {
        self.run("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// Takes back what was typed last into the field at `selector`.
    pub fn undo(&self, selector: &str) {
        match self.kind {
            // The program around WebKit has the keys for it, and the one for tests has none.
            Kind::WebKit => drop(
                self.run(&format!("document.querySelector({}).focus(); document.execCommand('undo')", json!(selector))),
            ),
            _ => self.press(selector, "\u{E009}z\u{E000}"),
        }
    }

    /// What the browser complained about since it was last asked: script errors, refused connections, failed requests. Firefox's driver
    /// tells of errors that no script has caught, and WebKit's of nothing: there it is what the page has heard of since it was opened.
    pub fn complaints(&self) -> Vec<String> {
        match self.kind {
            Kind::Chromium => {
                let serious = |level: &str| matches!(level, "SEVERE" | "WARNING");
                self.console().into_iter().filter(|(level, _)| serious(level)).map(|(_, message)| message).collect()
            }
            Kind::Firefox => {
                // The browser's own scripts and extensions complain, too.
                let serious = |line: &String| line.contains("JavaScript error") && line.contains("http://127.0.0.1");
                self.driver.said().into_iter().filter(serious).collect()
            }
            Kind::WebKit => {
                let heard = self.run("return window.complaints?.splice(0) ?? []");
                serde_json::from_value(heard).expect("a list of sentences")
            }
        }
    }

    /// All that stands in Chromium's console since it was last asked for: level and message.
    pub fn console(&self) -> Vec<(String, String)> {
        let entries = self.command("/se/log", &json!({ "type": "browser" }));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| (text(&entry["level"]), text(&entry["message"]))).collect()
    }

    /// A command of Chromium's own protocol.
    pub fn chromium(&self, command: &str, parameters: &Value) -> Value {
        self.command("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    fn element(&self, selector: &str) -> String {
        let found = self.command("/element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("there is no {selector} on the page")).to_owned()
    }

    /// A command of WebDriver's about the session.
    pub fn command(&self, path: &str, body: &Value) -> Value {
        self.request("POST", &format!("{}{path}", self.session), body)
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Value {
        self.answer(method, path, body).unwrap_or_else(|why| panic!("{why}"))
    }

    /// What the driver answers, or why it cannot.
    fn answer(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let answer = self.send(method, path, body);
        let answer =
            answer.map_err(|error| format!("the driver of {:?} does not answer {path}: {error}", self.kind))?;
        let mut value: Value = serde_json::from_slice(&answer.body).expect("WebDriver answers in JSON");
        match answer.first_line.contains(" 200 ") {
            true => Ok(value["value"].take()),
            false => Err(format!("{path}: {}", value["value"]["message"])),
        }
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> io::Result<http::Message> {
        let stream = TcpStream::connect(("127.0.0.1", self.driver.port))?;
        let headers = format!("Host: 127.0.0.1:{}\r\nContent-Type: application/json\r\n", self.driver.port);
        http::write(&stream, &format!("{method} {path} HTTP/1.1"), &headers, body.to_string().as_bytes())?;
        http::read(&stream)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The session first, since the browser outlives its driver otherwise. A failed test fails for a better reason.
        let _ = self.send("DELETE", &self.session, &json!({}));
    }
}
