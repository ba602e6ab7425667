//! Of the engine's two builds the fastest that the browser can run answers, and the other one where that one cannot.

use std::fs;

use undertone::ops::Rounding;

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{
    BASELINE, GLOWING, RELAXED, THREAT, answer_to, assert_native_agrees, copy, dist, native_rounding, open,
};

/// The builds whose code `site` was asked for.
fn asked(site: &Site) -> Vec<&'static str> {
    let fetched = |build: &&str| !site.requests(&format!("/{build}_bg.wasm")).is_empty();
    [RELAXED, BASELINE].into_iter().filter(fetched).collect()
}

#[test]
fn chromium_runs_the_build_with_relaxed_simd() {
    let Some(dist) = dist() else { return };
    let site = Site::serve(&dist);
    let browser = Browser::start();
    open(&browser, &site.address());
    answer_to(&browser, GLOWING);
    assert_eq!(asked(&site), [RELAXED]);
}

#[test]
fn without_that_build_the_baseline_takes_over() {
    let Some(dist) = dist() else { return };
    let [wide, narrow] = [Rounding::Wide, Rounding::Narrow].map(|rounding| native_rounding(&dist, rounding));
    let damages: [fn(&std::path::Path); 3] = [
        |site| fs::remove_file(site.join("worker_relaxed.js")).expect("the file can be removed"),
        |site| fs::remove_file(site.join("worker_relaxed_bg.wasm")).expect("the file can be removed"),
        // A module that the browser refuses.
        |site| fs::write(site.join("worker_relaxed_bg.wasm"), b"\0asm\x01\0\0\0\x0c").expect("the file can be written"),
    ];
    for damage in damages {
        let copy = copy(&dist);
        damage(copy.path());
        let site = Site::serve(copy.path());
        let browser = Browser::start();
        open(&browser, &site.address());
        for text in [GLOWING, THREAT] {
            assert_native_agrees(&wide, text, &answer_to(&browser, text));
        }
        assert!(asked(&site).contains(&BASELINE));
    }
    // The two round so differently that the answers above tell which build gave them.
    let differs = |text| {
        let [wide, narrow] = [&wide, &narrow].map(|classifier| {
            let answer = classifier.classify(text).expect("the native engine classifies");
            answer.tasks.iter().flat_map(|task| &task.labels).map(|score| score.probability).collect::<Vec<_>>()
        });
        wide.iter().zip(narrow).map(|(wide, narrow)| (wide - narrow).abs()).fold(0.0, f32::max)
    };
    println!("the builds differ by {} and {}", differs(GLOWING), differs(THREAT));
}
