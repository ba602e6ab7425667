//! `undertone describe`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use undertone::bundle::{Bundle, Display, Example, ManifestFields, Windows};
use undertone::train::calibrate::save;
use undertone::{Error, Result};

/// Writes into a bundle's manifest what the page is to say of it and how it is to show its answers: description, examples, scales.
///
/// Weights, thresholds and calibration stay as they are.
#[derive(clap::Args)]
pub struct Arguments {
    /// The bundle: the folder that `undertone export` wrote.
    #[arg(long, value_name = "FOLDER")]
    bundle: PathBuf,
    /// A TOML file: `description`, `[[examples]]` with `name`, `text` and `note`, and for each task `[tasks.NAME]` with `description`,
    /// `display` and `windows`. What it does not have stays as it is.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
}

/// What the file may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    description: Option<String>,
    examples: Option<Vec<Example>>,
    #[serde(default)]
    tasks: BTreeMap<String, TaskDescription>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskDescription {
    description: Option<String>,
    display: Option<Display>,
    windows: Option<Windows>,
}

pub fn run(Arguments { bundle: folder, from }: Arguments) -> Result<()> {
    let content = std::fs::read_to_string(&from).map_err(Error::io(&from))?;
    let described: Description =
        toml::from_str(&content).map_err(|error| Error::invalid(format!("{}: {error}", from.display())))?;
    let mut manifest: ManifestFields = Bundle::read(&folder)?.manifest.into_fields();
    manifest.description = described.description.unwrap_or(manifest.description);
    manifest.examples = described.examples.unwrap_or(manifest.examples);
    for (name, of_task) in described.tasks {
        let known: Vec<String> = manifest.tasks.iter().map(|task| task.name.clone()).collect();
        let Some(task) = manifest.tasks.iter_mut().find(|task| task.name == name) else {
            return Err(Error::Unknown { what: "task", name, known });
        };
        task.description = of_task.description.unwrap_or(std::mem::take(&mut task.description));
        task.display = of_task.display.unwrap_or(std::mem::take(&mut task.display));
        task.windows = of_task.windows.unwrap_or(task.windows);
    }
    save(&folder, &manifest.try_into()?)?;
    say!("The description is in {}", folder.join("manifest.json").display());
    Ok(())
}
