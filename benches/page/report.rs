//! What is told of the measurements.

use std::path::Path;

use serde_json::json;

use crate::settings::Result;

/// What a figure is to be.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

/// One thing that was measured.
#[derive(Debug)]
pub struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    goal: Option<Goal>,
}

impl Figure {
    pub fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, goal: None }
    }

    pub fn wanted(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// # Errors
    /// It is no number: nothing was there to measure.
    pub fn check(&self) -> Result<()> {
        match self.value.is_finite() {
            true => Ok(()),
            false => Err(format!("there is no figure for `{}`", self.what).into()),
        }
    }

    /// Prints it as a row of a table in Markdown.
    pub fn print(&self) {
        let value = self.shown(self.value);
        let (wanted, is_met) = match self.goal {
            None => (String::new(), true),
            Some(Goal::AtMost(most)) => (format!("at most {}", self.shown(most)), self.value <= most),
            Some(Goal::AtLeast(least)) => (format!("at least {}", self.shown(least)), self.value >= least),
        };
        let value = if is_met { value } else { format!("**{value}, missed**") };
        println!("| {} | {value} | {wanted} |", self.what);
    }

    fn shown(&self, value: f64) -> String {
        match self.unit {
            "" => format!("{value:.2}"),
            "%" => format!("{value:.1}%"),
            "s" => format!("{value:.1} s"),
            "tasks" => format!("{value:.0}"),
            unit => format!("{value:.0} {unit}"),
        }
    }
}

/// Leaves the results where other tools find them.
pub fn write(machine: &str, measured: &[(&str, Vec<Figure>)]) -> Result<()> {
    let figures = measured.iter().flat_map(|(part, figures)| {
        figures.iter().map(move |Figure { what, value, unit, goal }| {
            let (at_least, at_most) = match *goal {
                Some(Goal::AtLeast(least)) => (Some(least), None),
                Some(Goal::AtMost(most)) => (None, Some(most)),
                None => (None, None),
            };
            json!({ "part": part, "what": what, "value": value, "unit": unit, "at_least": at_least, "at_most": at_most })
        })
    });
    let content = json!({ "machine": machine, "figures": figures.collect::<Vec<_>>() });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&folder)?;
    Ok(std::fs::write(folder.join("page.json"), serde_json::to_vec_pretty(&content)?)?)
}
