//! Of the engine's two builds the fastest that the browser can run answers, and the other one where that one cannot.

use std::fs;

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{BASELINE, GLOWING, Native, RELAXED, THREAT, answer_to, copy, dist, engine, open, open_site};

/// The builds whose code `site` was asked for.
fn asked(site: &Site) -> Vec<&'static str> {
    let fetched = |build: &&str| !site.requests(&format!("/{build}_bg.wasm")).is_empty();
    [RELAXED, BASELINE].into_iter().filter(fetched).collect()
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn chromium_runs_the_build_with_relaxed_simd() {
    let (site, browser) = open_site();
    answer_to(&browser, GLOWING);
    assert_eq!(asked(&site), [RELAXED]);
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn without_that_build_the_baseline_takes_over() {
    let dist = dist();
    let native = Native::of(&dist);
    let damages: [fn(&std::path::Path); 3] = [
        |engine| fs::remove_file(engine.join("worker_relaxed.js")).expect("the file can be removed"),
        |engine| fs::remove_file(engine.join("worker_relaxed_bg.wasm")).expect("the file can be removed"),
        // A module that the browser refuses.
        |engine| {
            fs::write(engine.join("worker_relaxed_bg.wasm"), b"\0asm\x01\0\0\0\x0c").expect("the file can be written");
        },
    ];
    for damage in damages {
        let copy = copy(&dist);
        damage(&engine(copy.path()));
        let site = Site::serve(copy.path());
        let browser = Browser::start();
        open(&browser, &site.address());
        for text in [GLOWING, THREAT, "ça alors, 100 % naïve 🙂", "a"] {
            native.assert_agrees(text, &answer_to(&browser, text));
        }
        assert!(asked(&site).contains(&BASELINE));
    }
}
