//! A file as large as the page takes them: that it opens, when its first rows are seen, and what memory it takes.

use std::fs;
use std::time::{Duration, Instant};

use crate::memory::memory;
use crate::report::Figure;
use crate::settings::{Result, Settings};
use crate::site::Site;
use crate::texts::Rows;
use crate::view::{choose, forget_tasks, open_files, tasks, told, wait_for_scores};

/// How long a row may be: 200,000 of them are less than 100 MB.
const CHARACTERS: usize = 400;
/// How much the page takes.
const MOST_BYTES: u64 = 100_000_000;

pub fn measure(settings: &Settings) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("large.csv");
    Rows::new(settings)?.write(&path, settings.large_rows, CHARACTERS)?;
    let size = fs::metadata(&path)?.len();
    if size > MOST_BYTES {
        return Err(
            format!("the file has {size} bytes, and the page takes {MOST_BYTES}: give it fewer LARGE_ROWS").into()
        );
    }
    let site = Site::serve(&settings.site);
    let browser = open_files(&site);
    // The engine of the text is there, too.
    browser.wait("the engine", "return document.querySelector('#engine[data-state=ready]') !== null");
    let before = memory(&browser).all;
    forget_tasks(&browser);
    let begun = Instant::now();
    choose(&browser, &path);
    browser
        .wait("the first row", "return document.querySelector('#rows [data-row=\"0\"] .text')?.textContent.length > 0");
    let first = begun.elapsed();
    let count = format!("return document.querySelector('#rows').ariaRowCount === '{}'", settings.large_rows + 1);
    browser.wait("all rows", &count);
    let all = begun.elapsed();
    wait_for_scores(&browser);
    let scores = begun.elapsed();
    let long = tasks(&browser);
    std::thread::sleep(Duration::from_secs(5));
    let during = memory(&browser).all;
    browser.click("#stop");
    let what = |what: &str| format!("A file of {} rows, {:.0} MB: {what}", settings.large_rows, size as f64 / 1e6);
    let mut figures = vec![
        Figure::new(what("until its first rows are seen"), first.as_secs_f64(), "s"),
        Figure::new(what("until all of them are in the table"), all.as_secs_f64(), "s"),
        Figure::new(what("until the first of them are scored"), scores.as_secs_f64(), "s"),
        Figure::new(what("the browser's memory before"), before, "MB"),
        Figure::new(what("the browser's memory with it, being scored"), during, "MB"),
    ];
    figures.extend(told(&long, what));
    Ok(figures)
}
