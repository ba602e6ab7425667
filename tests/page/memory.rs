//! What a browser has of the machine's memory: all of its processes together, shared pages by their shares. The program's own pages are left out, since
//! other browsers that come and go on the machine take their shares of them.

use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;

/// How many megabytes a Chromium has, once the page's garbage has been collected.
pub fn megabytes(browser: &Browser) -> f64 {
    browser.chromium("HeapProfiler.collectGarbage", &json!({}));
    // The browser gives pages back to the system in its own time.
    std::thread::sleep(Duration::from_secs(1));
    processes(browser.process()).into_iter().filter_map(kilobytes).sum::<f64>() / 1e3
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
