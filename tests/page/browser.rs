//! A headless Chromium, spoken to over WebDriver.

use std::io::{self, BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http;

/// How long to wait for what has to come. Generous, since a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(120);

/// How often a driver is asked to find a port.
const ATTEMPTS: usize = 5;

/// The key by which WebDriver passes elements around.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// What WebDriver calls Control, the letter, all keys up, Delete: "select everything, delete it" for [`Browser::press`].
pub const CLEAR: &str = "\u{E009}a\u{E000}\u{E017}";

/// One browser window with a profile of its own; dropping it closes it.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts chromedriver (`UNDERTONE_CHROMEDRIVER`, else from the path) and a browser.
    pub fn start() -> Self {
        let (driver, port) = start_driver();
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut browser = Self { driver, port, session: String::new(), _profile: profile };
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // A host that is not this machine to the browser, and so has to have HTTPS for much of what it offers.
            "--host-resolver-rules=MAP blog.test 127.0.0.1",
            "--window-size=1280,900",
            &format!("--user-data-dir={}", browser._profile.path().display()),
        ];
        let created = browser.request(
            "POST",
            "/session",
            &json!({ "capabilities": { "alwaysMatch": {
                "goog:chromeOptions": { "args": arguments },
                "goog:loggingPrefs": { "browser": "ALL" },
            }}}),
        );
        browser.session = format!("/session/{}", created["sessionId"].as_str().expect("a session has an id"));
        browser
    }

    /// The process that the browser's processes come from.
    pub fn process(&self) -> u32 {
        self.driver.id()
    }

    /// Opens `address`.
    pub fn open(&self, address: &str) {
        self.command("/url", &json!({ "url": address }));
    }

    /// Presses keys with the element at `selector` in focus.
    pub fn press(&self, selector: &str, keys: &str) {
        // chromedriver knows no keys for what is beyond the basic plane, which people enter with an input method.
        if keys.chars().any(|key| key > '\u{ffff}') {
            self.click(selector);
            self.chromium("Input.insertText", &json!({ "text": keys }));
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
            assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}; the page says: {}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All visible text.
    pub fn text(&self) -> String {
        self.run("return document.body.innerText").as_str().unwrap_or_default().to_owned()
    }

    /// What the browser complained about since it was last asked: script errors, refused connections, failed requests.
    pub fn complaints(&self) -> Vec<String> {
        let serious = self.console().into_iter().filter(|(level, _)| matches!(&level[..], "SEVERE" | "WARNING"));
        serious.map(|(_, message)| message).collect()
    }

    /// All that stands in the console since it was last asked for: level and message.
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

    fn command(&self, path: &str, body: &Value) -> Value {
        self.request("POST", &format!("{}{path}", self.session), body)
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.send(method, path, body);
        let answer = answer.unwrap_or_else(|error| panic!("chromedriver does not answer {path}: {error}"));
        let mut value: Value = serde_json::from_slice(&answer.body).expect("WebDriver answers in JSON");
        assert!(answer.first_line.contains(" 200 "), "{path}: {}", value["value"]["message"]);
        value["value"].take()
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> io::Result<http::Message> {
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let headers = format!("Host: 127.0.0.1:{}\r\nContent-Type: application/json\r\n", self.port);
        http::write(&stream, &format!("{method} {path} HTTP/1.1"), &headers, body.to_string().as_bytes())?;
        http::read(&stream)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The session first, since the browser outlives its driver otherwise. A failed test fails for a better reason.
        let _ = self.send("DELETE", &self.session, &json!({}));
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// chromedriver and its port. It takes a port that is free for IPv4 and wants the same one for IPv6; where a neighbour has that, it
/// says so and ends, and another one is asked.
fn start_driver() -> (Child, u16) {
    let program = std::env::var("UNDERTONE_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
    let mut said = Vec::new();
    for _ in 0..ATTEMPTS {
        let mut driver = Command::new(&program)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
        let output = driver.stdout.take().expect("the output is piped");
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let port =
                line.split_once("successfully on port ").and_then(|(_, port)| port.trim_end_matches('.').parse().ok());
            if let Some(port) = port {
                return (driver, port);
            }
            said.push(line);
        }
        drop(driver.wait());
    }
    panic!("{program} tells no port:\n{}", said.join("\n"));
}
