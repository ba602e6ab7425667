//! The programs through which WebDriver reaches a browser, one for each kind of browser, and the screen that WebKit wants.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs};

use serde_json::{Value, json};

/// How often a driver is asked to find a port.
const ATTEMPTS: usize = 5;

/// How long to wait for a driver's first word.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whose browser it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Chromium,
    Firefox,
    /// Of GTK, by the small browser that WebKit has for its tests.
    WebKit,
}

/// A driver that listens; dropping it ends it.
pub struct Driver {
    process: Child,
    pub port: u16,
    said: Arc<Mutex<Vec<String>>>,
    /// Dropped last.
    _screen: Option<Screen>,
}

impl Driver {
    /// Starts the driver of `kind`, whose browser finds its home in `home`. A port that was free can be a neighbour's a moment later, or be
    /// free for IPv4 alone; then the driver ends, and another one is asked.
    pub fn start(kind: Kind, home: &Path) -> Self {
        let screen = (kind == Kind::WebKit).then(Screen::open);
        let program = kind.driver();
        let mut all = Vec::new();
        for _ in 0..ATTEMPTS {
            let mut command = Command::new(&program);
            // The profiles that drivers make lie in there too, and go with it: Chromium's left 50 MB each, and filled a disk.
            command.args(["--port=0"]).env("TMPDIR", home).stdout(Stdio::piped());
            if kind == Kind::Firefox {
                command.arg("--websocket-port=0");
            }
            if kind != Kind::Chromium {
                // What is the user's own stays out of it, and what is downloaded comes here.
                for name in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
                    command.env_remove(name);
                }
                command.env("HOME", home);
            }
            if let Some(screen) = &screen {
                command.env("DISPLAY", &screen.name).env("GDK_BACKEND", "x11");
                // It cannot have one within most containers, nor as root; all that it opens is ours.
                command.env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1");
            }
            let mut process = command.spawn().unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
            let (said, ports) = listen(&mut process);
            let port = if kind == Kind::WebKit { port_of(&mut process) } else { ports.recv_timeout(PATIENCE).ok() };
            if let Some(port) = port {
                return Self { process, port, said, _screen: screen };
            }
            drop(process.kill());
            drop(process.wait());
            all.append(&mut said.lock().expect("nobody panics with it"));
        }
        panic!("{program} listens at no port:\n{}", all.join("\n"));
    }

    /// Which process it is.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What the driver and its browser have said since this was last asked.
    pub fn said(&self) -> Vec<String> {
        std::mem::take(&mut *self.said.lock().expect("nobody panics with it"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Kind {
    fn driver(self) -> String {
        match self {
            Self::Chromium => env::var("UNDERTONE_CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned()),
            Self::Firefox => "geckodriver".to_owned(),
            Self::WebKit => "WebKitWebDriver".to_owned(),
        }
    }

    /// What a session is asked for whose profile lies in `home`, which is where it saves, too.
    pub fn capabilities(self, home: &Path) -> Value {
        match self {
            Self::Chromium => json!({
                "goog:chromeOptions": { "args": [
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
                // Its profile is for the driver to make: with one of our own its first window has no focus.
                ], "prefs": { "download.default_directory": home, "download.prompt_for_download": false } },
                "goog:loggingPrefs": { "browser": "ALL" },
            }),
            Self::Firefox => json!({ "moz:firefoxOptions": {
                "binary": found(&["firefox-esr", "firefox"]),
                "args": ["-headless"],
                "prefs": {
                    "browser.download.folderList": 2,
                    "browser.download.dir": home,
                    // What goes wrong in pages is told in the driver's output.
                    "browser.dom.window.dump.enabled": true,
                },
            }}),
            Self::WebKit => json!({ "webkitgtk:browserOptions": { "args": ["--automation"] } }),
        }
    }
}

/// Where the first of these programs is that there is.
fn found(names: &[&str]) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let places = names.iter().flat_map(|name| env::split_paths(&path).map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file()).unwrap_or_else(|| panic!("there is no {}", names.join(" or ")))
}

/// Reads what a process says, for as long as it says something, and hands over the port where a line tells it.
fn listen(process: &mut Child) -> (Arc<Mutex<Vec<String>>>, Receiver<u16>) {
    let output = process.stdout.take().expect("the output is piped");
    let said = Arc::<Mutex<Vec<String>>>::default();
    let (sender, ports) = mpsc::channel();
    let lines = Arc::clone(&said);
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // "… was started successfully on port 1234." and "… Listening on 127.0.0.1:1234".
            let end = line.split_once("successfully on port ").or_else(|| line.split_once("Listening on 127.0.0.1:"));
            if let Some(port) = end.and_then(|(_, port)| port.trim_end_matches('.').parse().ok()) {
                // Nobody waits for a second one.
                let _ = sender.send(port);
            }
            lines.lock().expect("nobody panics with it").push(line);
        }
    });
    (said, ports)
}

/// The port at which a process listens, of which WebKit's driver says nothing; none when it has ended.
fn port_of(process: &mut Child) -> Option<u16> {
    let begun = Instant::now();
    while process.try_wait().is_ok_and(|ended| ended.is_none()) && begun.elapsed() < PATIENCE {
        let sockets = fs::read_dir(format!("/proc/{}/fd", process.id())).into_iter().flatten().flatten();
        let sockets: HashSet<String> = sockets
            .filter_map(|entry| fs::read_link(entry.path()).ok()?.to_str()?.strip_prefix("socket:[").map(str::to_owned))
            .collect();
        let connections = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
        let port = connections.lines().find_map(|line| {
            let columns: Vec<&str> = line.split_whitespace().collect();
            let &[_, address, _, "0A", _, _, _, _, _, socket, ..] = &columns[..] else { return None };
            let port = u16::from_str_radix(address.split_once(':')?.1, 16).ok()?;
            sockets.contains(&format!("{socket}]")).then_some(port)
        });
        if port.is_some() {
            return port;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    None
}

/// A screen that nobody sees; dropping it ends it.
struct Screen {
    process: Child,
    name: String,
}

impl Screen {
    fn open() -> Self {
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1400x1100x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("Xvfb cannot be started: {error}"));
        let mut number = String::new();
        let output = process.stdout.take().expect("the output is piped");
        BufReader::new(output).read_line(&mut number).expect("Xvfb tells its number");
        Self { process, name: format!(":{}", number.trim()) }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
