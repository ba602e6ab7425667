//! A file of rows with its table open: how much a second engine is good for, and whether memory stays.

use std::thread::sleep;
use std::time::Duration;

use serde_json::json;

use crate::browser::Browser;
use crate::memory::memory;
use crate::report::{Figure, Goal};
use crate::rounds::Rounds;
use crate::settings::{Result, Settings};
use crate::site::Site;
use crate::texts;
use crate::view::{choose, forget_tasks, open_files, tasks, told, until_scored, wait_for_scores};

/// How long a row may be: of usual comments.
const CHARACTERS: usize = 600;
/// How often one looks at the memory.
const EVERY: Duration = Duration::from_secs(2);
/// How long engines work before they count: browsers compile in the end what has run for long.
const WARM_UP: Duration = Duration::from_secs(4);
/// Of how many rows a second engines are not capable.
const MOST_ROWS_A_SECOND: usize = 1000;

pub fn measure(settings: &Settings) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let mut rows = texts::Rows::new(settings)?;
    let site = Site::serve(&settings.site);
    let mut figures = Vec::new();

    let path = folder.path().join("turns.csv");
    let seconds = (settings.piece + WARM_UP).as_secs() as usize * settings.pieces * 2;
    rows.write(&path, (seconds * MOST_ROWS_A_SECOND).min(200_000), CHARACTERS)?;
    let browser = open_files(&site);
    choose(&browser, &path);
    figures.extend(compare(settings, &browser)?);

    let path = folder.path().join("rows.csv");
    rows.write(&path, settings.rows, CHARACTERS)?;
    let browser = open_files(&site);
    have_engines(&browser, 2)?;
    choose(&browser, &path);
    figures.extend(watch_memory(settings, &browser)?);
    Ok(figures)
}

/// From now on the page believes in so many cores, and so takes as many engines for a file.
fn have_engines(browser: &Browser, engines: usize) -> Result<()> {
    browser.chromium("Emulation.setHardwareConcurrencyOverride", &json!({ "hardwareConcurrency": engines }));
    match browser.run("return navigator.hardwareConcurrency") == json!(engines) {
        true => Ok(()),
        false => Err("this Chromium does not let one say how many cores there are".into()),
    }
}

/// Has one engine and two take turns at the rows of one file.
fn compare(settings: &Settings, browser: &Browser) -> Result<Vec<Figure>> {
    browser.wait("the beginning", "return document.querySelector('#stop') !== null");
    browser.click("#stop");
    browser.run(
        "window.marks = [];
        new MutationObserver(() => marks.push([performance.now(), Number(document.querySelector('#scored').value)]))
          .observe(document.querySelector('#scored'), { attributes: true, attributeFilter: ['value'] })",
    );
    let (mut one, mut two) = (Rounds::default(), Rounds::default());
    for turn in 0..settings.pieces {
        // Whoever is first in one turn is second in the next.
        let order = if turn % 2 == 0 { [1, 2] } else { [2, 1] };
        for engines in order {
            let rate = piece(settings, browser, engines)?;
            if engines == 1 { one.0.push(rate) } else { two.0.push(rate) }
        }
    }
    let ratios = Rounds(two.0.iter().zip(&one.0).map(|(two, one)| two / one).collect());
    let pieces = format!("median of {} pieces of {} s", ratios.count(), settings.piece.as_secs());
    let spread = format!("{:.2} to {:.2}", ratios.least(), ratios.0.iter().copied().fold(0.0, f64::max));
    Ok(vec![
        Figure::new(format!("Rows, the table open: a second with one engine, {pieces}"), one.median(), "rows"),
        Figure::new(format!("Rows, the table open: a second with two engines, {pieces}"), two.median(), "rows"),
        Figure::new(format!("Rows: two engines' over one's, turn by turn ({spread})"), ratios.median(), "")
            .wanted(Goal::AtLeast(1.7)),
    ])
}

/// Has so many engines score for a while; rows a second.
fn piece(settings: &Settings, browser: &Browser, engines: usize) -> Result<f64> {
    have_engines(browser, engines)?;
    browser.click("#start");
    wait_for_scores(browser);
    sleep(WARM_UP);
    browser.run("marks.length = 0");
    sleep(settings.piece);
    let marks: Vec<(f64, f64)> = serde_json::from_value(browser.run("return marks"))?;
    browser.click("#stop");
    match (marks.first(), marks.last()) {
        (Some((begun, before)), Some((ended, after))) if ended > begun => {
            Ok(1000.0 * (after - before) / (ended - begun))
        }
        _ => Err("too few rows were scored in a piece: give it more SECONDS".into()),
    }
}

/// Scores a whole file, and looks at the memory on the way.
fn watch_memory(settings: &Settings, browser: &Browser) -> Result<Vec<Figure>> {
    wait_for_scores(browser);
    forget_tasks(browser);
    let mut looks = Vec::new();
    until_scored(browser, EVERY, |scored| looks.push((scored, memory(browser).all)))?;
    let long = tasks(browser);
    let rows = settings.rows as f64;
    let within = |from: f64, to: f64| {
        let looks = looks.iter().filter(|(scored, _)| *scored > from * rows && *scored <= to * rows);
        Rounds(looks.map(|(_, megabytes)| *megabytes).collect())
    };
    let (first, last) = (within(0.0, 0.25), within(0.75, 1.0));
    let what = |what: &str| format!("{} rows, two engines: {what}", settings.rows);
    let mut figures = vec![
        Figure::new(what(&format!("memory over the first quarter, {} looks", first.count())), first.median(), "MB"),
        Figure::new(what(&format!("memory over the last quarter, {} looks", last.count())), last.median(), "MB"),
        Figure::new(
            what("memory grown from the first to the last quarter"),
            100.0 * (last.median() / first.median() - 1.0),
            "%",
        )
        .wanted(Goal::AtMost(5.0)),
    ];
    figures.extend(told(&long, what));
    Ok(figures)
}
