//! A model card (Mitchell et al. 2019, "Model cards for model reporting"): what a model is, what it is for and what it is
//! not, how it was measured and what came of it.
//!
//! What people have to say stands in `card/template.md`; the figures come from what `evaluate`, `examine` and `bias` print with
//! `--json`, so that no figure of the card was copied by hand. `card/measured.rs` gathers them into [`crate::card::Card`], which the page
//! shows, and `card/markdown.rs` writes the same for those who read files. What was not measured, the card says.

use std::path::Path;

use super::chart::{Sheet, panels};
use super::evaluate::Evaluation;
use super::files;
use super::report::describe;
use super::template::{Slots, fill};
use crate::bundle::{FileEntry, MANIFEST, Manifest, ManifestFields, Task};
use crate::card::{Card, NAME};
use crate::{Error, Result};

mod markdown;
mod measured;
mod section;

const TEMPLATE: &str = include_str!("card/template.md");

/// Where the measurements are, and what else there is to know.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The folder with `evaluate-TASK.json` and `examine-TASK.json` for each task, `elsewhere-TASK-NAME.json` for each other set of texts,
    /// `disguised-WAY.json` for each [`Disguise`](super::disguise::Disguise), and `bias.json`.
    pub measurements: &'a Path,
    /// What the model was trained from and on, in Markdown.
    pub words: Option<&'a str>,
    /// The folder of the run that the weights are of.
    pub run: Option<&'a Path>,
}

/// A model card and the pictures that it shows.
#[derive(Debug, Clone)]
pub struct ModelCard {
    /// What it says.
    pub content: Card,
    /// The same as Markdown.
    pub text: String,
    pictures: Vec<Sheet>,
}

impl ModelCard {
    /// Writes the card to `path` and its pictures beside it, where it looks for them.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        for picture in &self.pictures {
            files::write(&path.with_file_name(file_name(picture)), picture.file().as_bytes())?;
        }
        files::write(path, self.text.as_bytes())
    }

    /// Puts what the card says into the bundle in `folder`, which `manifest` describes, as its document [`NAME`]: weights and tokenizer stay as
    /// they are.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn publish(&self, folder: &Path, manifest: &Manifest) -> Result<()> {
        let json = serde_json::to_vec(&self.content).map_err(|error| Error::invalid(error.to_string()))?;
        let mut fields = manifest.clone().into_fields();
        fields.documents.insert(NAME.to_owned(), FileEntry::of(&json));
        let manifest: Manifest = ManifestFields::try_into(fields)?;
        let (card, manifest_json) = (folder.join(NAME), manifest.to_json()?);
        files::replace(&[(&card, &json), (&folder.join(MANIFEST), &manifest_json)])
    }
}

fn file_name(picture: &Sheet) -> String {
    format!("{}.svg", picture.id)
}

/// The card of the model that `manifest` describes.
///
/// # Errors
/// A measurement is there and cannot be read, or the folder cannot be listed.
pub fn card(manifest: &Manifest, origin: Origin) -> Result<ModelCard> {
    let mut pictures = Vec::new();
    for task in &manifest.tasks {
        pictures.push((task, calibration(origin.measurements, task)?));
    }
    let shown: Vec<String> = pictures.iter().map(|(task, picture)| show(task, picture.as_ref())).collect();
    let model = describe(manifest);
    let words = origin.words.unwrap_or("Nobody has said what it was trained from and on.").trim();
    let content = Card {
        model: model.clone(),
        sections: section::all(TEMPLATE, words),
        tasks: manifest.tasks.iter().map(|task| measured::of_task(task, origin)).collect::<Result<_>>()?,
        bias: measured::bias(origin.measurements)?,
    };
    let of_tasks =
        |of: fn(&crate::card::TaskCard) -> String| content.tasks.iter().map(of).collect::<Vec<_>>().join("\n\n");
    let slots = [
        ("name", manifest.name.clone()),
        ("model", model),
        ("licence", manifest.licence.clone()),
        ("description", manifest.description.clone()),
        ("origin", words.to_owned()),
        ("performance", of_tasks(markdown::performance)),
        ("calibration", shown.join("\n\n")),
        ("elsewhere", of_tasks(markdown::elsewhere)),
        ("behaviour", of_tasks(markdown::behaviour)),
        ("disguise", markdown::disguise(&content.tasks)),
        ("bias", markdown::bias(content.bias.as_ref())),
    ];
    let slots: Slots = slots.into_iter().map(|(name, content)| (name.to_owned(), vec![content])).collect();
    let mut cards = fill([TEMPLATE], &slots)?;
    // Cannot be missing: slots with one filling each are filled in one way.
    let [text] = cards.remove(0);
    Ok(ModelCard { content, text, pictures: pictures.into_iter().filter_map(|(_, picture)| picture).collect() })
}

/// The task's reliability diagrams; none where its bins were not measured.
fn calibration(folder: &Path, task: &Task) -> Result<Option<Sheet>> {
    let measured: Option<Evaluation> = measured::read(folder, &format!("evaluate-{}.json", task.name))?;
    Ok(measured.and_then(|of| Some(panels(task, &of.metrics, &of.reliability?))))
}

/// The picture, with its words for those who cannot see it.
fn show(task: &Task, picture: Option<&Sheet>) -> String {
    match picture {
        Some(picture) => format!("![{}. {}]({})", picture.title, picture.description, file_name(picture)),
        None => format!("{}: {}", task.name, markdown::NOT_MEASURED),
    }
}

#[cfg(test)]
mod tests;
