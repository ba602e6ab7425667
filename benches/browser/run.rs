//! Puts together what is served, and opens it in one browser after the other.

use std::collections::BTreeSet;
use std::env;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::report::{self, Measured};
use crate::site::Site;
use crate::told::{self, Result, Told};

/// No round takes so long, on any machine that this is worth measuring on.
const PATIENCE: Duration = Duration::from_secs(300);

pub fn run() -> Result<()> {
    if env::var_os("SITE").is_none() {
        println!("The bench in browsers needs SITE, the built site, and more: make bench-browser provides them.");
        return Ok(());
    }
    let served = put_together()?;
    let browsers = env::var("BROWSERS").unwrap_or_else(|_| "chromium".into());
    let (mut versions, mut measured) = (BTreeSet::new(), Vec::new());
    for browser in browsers.split(',') {
        match Command::new(browser).arg("--version").output().map(|output| output.stdout) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                println!("{browser} is not on this machine, and left out.");
            }
            Err(error) => return Err(format!("{browser}: {error}").into()),
            // One program has several names, on Debian for one.
            Ok(version) if versions.contains(&version) => {}
            Ok(version) => {
                versions.insert(version);
                let told = measure(browser, served.path()).map_err(|error| format!("{browser}: {error}"))?;
                measured.push(Measured::new(browser, &told)?);
            }
        }
    }
    report::print(&measured);
    report::write(&measured)
}

/// A folder with links to all that the page needs.
fn put_together() -> Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/browser");
    let link = |name: &str, to: PathBuf| -> Result<()> {
        let to = to.canonicalize().map_err(|error| format!("{} is missing ({error}).", to.display()))?;
        Ok(std::os::unix::fs::symlink(to, folder.path().join(name))?)
    };
    link("page", page)?;
    for (name, variable) in [("site", "SITE"), ("peer", "PEER_MODEL"), ("peers", "PEERS"), ("npm", "NPM")] {
        let path = env::var_os(variable).ok_or_else(|| format!("{variable} is not set: use make bench-browser."))?;
        link(name, path.into())?;
    }
    Ok(folder)
}

/// A browser that is closed when this is dropped.
struct Browser {
    process: Child,
    _profile: TempDir,
}

impl Browser {
    fn open(program: &str, address: &str) -> Result<Self> {
        let profile = tempfile::tempdir()?;
        let mut command = Command::new(program);
        if program.contains("firefox") {
            command.arg("--headless").arg("--no-remote").arg("--profile").arg(profile.path());
        } else {
            command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]);
            command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
            command.arg(format!("--user-data-dir={}", profile.path().display()));
        }
        let process = command.arg(address).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        Ok(Self { process, _profile: profile })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All that the page tells in `browser`.
fn measure(browser: &str, served: &Path) -> Result<Vec<Told>> {
    let setting = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.into());
    let (rounds, cold_starts) = (setting("ROUNDS", "12"), setting("COLD_STARTS", "5"));
    let site = Site::serve(served);
    let address = format!("{}page/index.html?rounds={rounds}&cold_starts={cold_starts}", site.address());
    let _browser = Browser::open(browser, &address)?;
    let mut heard = 0;
    let mut last = Instant::now();
    loop {
        let told = site.requests("/report?");
        if told.len() > heard {
            let before = heard;
            (heard, last) = (told.len(), Instant::now());
            let told: Vec<Told> = told.iter().map(|path| told::parse(path)).collect();
            for newest in &told[before..] {
                match newest["kind"].as_str() {
                    "done" => return Ok(told),
                    "broken" => return Err(newest["reason"].as_str().into()),
                    "failed" => println!("{} does not run in {browser}: {}", newest["contender"], newest["reason"]),
                    _ => {}
                }
            }
        }
        if last.elapsed() > PATIENCE {
            return Err(format!("nothing was heard of the page for {} seconds", PATIENCE.as_secs()).into());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
