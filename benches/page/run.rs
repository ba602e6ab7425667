//! One part after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::available_parallelism;

use serde_json::json;

use crate::browser::Browser;
use crate::report::{self, Figure};
use crate::settings::{Result, Settings, variable};
use crate::{large, rows, typing, visits};

type Part = fn(&Settings) -> Result<Vec<Figure>>;

const PARTS: [(&str, Part); 4] =
    [("typing", typing::measure), ("visits", visits::measure), ("rows", rows::measure), ("large", large::measure)];

pub fn run() -> Result<()> {
    let Some(settings) = Settings::read()? else {
        println!("The page's bench needs UNDERTONE_DIST, the built site, and more: make bench-page provides them.");
        return Ok(());
    };
    let parts = parts()?;
    println!("{}\n", machine());
    println!("| | is | wanted |\n|---|---|---|");
    let (mut measured, mut failed) = (Vec::new(), Vec::new());
    for (name, part) in parts {
        // The driver panics where a page does not do what it is to do.
        let outcome = catch_unwind(AssertUnwindSafe(|| part(&settings)))
            .unwrap_or_else(|_| Err("see what is said above.".into()))
            .and_then(|figures| figures.iter().try_for_each(Figure::check).map(|()| figures));
        match outcome {
            Ok(figures) => {
                figures.iter().for_each(Figure::print);
                measured.push((name, figures));
            }
            Err(error) => failed.push(format!("{name} could not be measured: {error}")),
        }
    }
    report::write(&machine(), &measured)?;
    match failed.is_empty() {
        true => Ok(()),
        false => Err(failed.join("\n").into()),
    }
}

fn parts() -> Result<Vec<(&'static str, Part)>> {
    let Some(wanted) = variable("PARTS") else { return Ok(PARTS.to_vec()) };
    let names = || PARTS.map(|(name, _)| name).join(",");
    let part = |wanted: &str| PARTS.into_iter().find(|(name, _)| *name == wanted);
    wanted
        .split(',')
        .map(|wanted| part(wanted).ok_or_else(|| format!("PARTS are among {}, and not `{wanted}`.", names()).into()))
        .collect()
}

/// Processor, cores and browser.
fn machine() -> String {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = processors.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processor = name.map_or("an unknown processor", |(_, name)| name);
    let cores = available_parallelism().map_or(0, usize::from);
    let version = Browser::start().chromium("Browser.getVersion", &json!({}));
    format!("{processor}, cores: {cores}, {}", version["product"].as_str().unwrap_or("an unknown browser"))
}
