//! Visitors can measure the engine on their own machine.

use serde_json::json;

use crate::browser::Browser;
use crate::site::Site;
use crate::support::{copy, dist, engine};

#[test]
#[ignore = "needs the built site: make e2e"]
fn a_visitor_sees_how_fast_both_builds_are() {
    let dist = dist();
    let site = Site::serve(&dist);
    let browser = Browser::start();
    browser.open(&format!("{}bench.html?rounds=1&texts=32", site.address()));
    browser.click("#measure");
    browser.wait("the end", "return document.querySelector('#status').innerText === 'Done.'");
    let rows = browser.run(
        "return [...document.querySelectorAll('#figures tr')].map((row) => [...row.cells].map((cell) => cell.innerText))",
    );
    let rows: Vec<Vec<String>> = serde_json::from_value(rows).expect("rows of cells");
    println!("{rows:?}");
    assert_eq!(rows[0], ["tokens", "relaxed SIMD", "baseline"]);
    let first: Vec<_> = rows[1..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(first[..9], ["16", "32", "64", "128", "256", "512", "start", "memory", "texts a second, 1 engine"]);
    for row in &rows[1..] {
        let figures = row[1..].iter().map(|cell| cell.split(' ').next().unwrap_or_default().parse::<f64>());
        assert!(figures.into_iter().all(|figure| figure.is_ok_and(|figure| figure > 0.0)), "{row:?}");
    }
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs the built site: make e2e"]
fn what_cannot_be_measured_is_said() {
    let dist = dist();
    let copy = copy(&dist);
    std::fs::remove_file(engine(copy.path()).join("worker.js")).expect("the engine can be removed");
    let site = Site::serve(copy.path());
    let browser = Browser::start();
    browser.open(&format!("{}bench.html?rounds=1&texts=32", site.address()));
    browser.click("#measure");
    browser.wait(
        "a sentence",
        "return document.querySelector('#status').innerText.includes('The engine could not be fetched: worker.js')",
    );
    assert_eq!(browser.run("return document.querySelector('#figures').checkVisibility()"), json!(false));
}
