//! What a browser has of the machine's memory, shared pages by their shares. The program's own pages are left out, since other browsers that come and go on the
//! machine take their shares of them.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Browser;

/// How many megabytes a Chromium has.
pub struct Memory {
    /// In the processes that pages run in.
    pub pages: f64,
    /// In all of its processes.
    pub all: f64,
}

/// What a Chromium has once the garbage of the page and its workers has been collected.
pub fn memory(browser: &Browser) -> Memory {
    let sessions = collect_garbage(browser);
    // Workers need a moment for that, and the browser gives pages back to the system in its own time.
    std::thread::sleep(Duration::from_secs(1));
    for session in sessions {
        browser.chromium("Target.detachFromTarget", &json!({ "sessionId": session }));
    }
    let mut memory = Memory { pages: 0.0, all: 0.0 };
    for process in processes(browser.process()) {
        let megabytes = kilobytes(process).unwrap_or_default() / 1e3;
        memory.all += megabytes;
        if runs_pages(process) {
            memory.pages += megabytes;
        }
    }
    memory
}

fn runs_pages(process: u32) -> bool {
    let started = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&started).contains("--type=renderer")
}

/// Has the page and its workers collect their garbage; the sessions by which the latter were told, which have to last until they have. By itself a worker
/// collects when there is much: half a megabyte comes with each file of 100 rows.
fn collect_garbage(browser: &Browser) -> Vec<Value> {
    const COLLECT: &str = "HeapProfiler.collectGarbage";
    browser.chromium(COLLECT, &json!({}));
    let targets = browser.chromium("Target.getTargets", &json!({ "filter": [{ "type": "worker" }] }));
    let targets = targets["targetInfos"].as_array().cloned().unwrap_or_default();
    let tell = |target: Value| {
        let session = browser.chromium("Target.attachToTarget", &json!({ "targetId": target["targetId"] }));
        let message = json!({ "id": 1, "method": COLLECT }).to_string();
        let session = session["sessionId"].clone();
        browser.chromium("Target.sendMessageToTarget", &json!({ "sessionId": session, "message": message }));
        session
    };
    targets.into_iter().map(tell).collect()
}

/// A process and all that it has started, as Linux lists them.
fn processes(root: u32) -> Vec<u32> {
    let parent = |process: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
    };
    let all = fs::read_dir("/proc").expect("Linux lists its processes in /proc").flatten();
    let all: Vec<(u32, u32)> = all
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|process| Some((process, parent(process)?)))
        .collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(all.iter().filter(|(_, of)| *of == parent).map(|(process, _)| *process));
        next += 1;
    }
    found
}

/// None of one that has ended meanwhile.
fn kilobytes(process: u32) -> Option<f64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let of = |name: &str| -> Option<f64> {
        let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    };
    Some(of("Pss_Anon:")? + of("Pss_Shmem:")?)
}
