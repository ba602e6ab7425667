//! What somebody has set, kept in this browser and nowhere else: the page's colours, whether words are tinted, and for each model which task
//! stands in front and from where on its labels count.
//!
//! What is about a model goes by the SHA-256 of its manifest: another model's labels are others, even if they are called the same. Where the
//! browser keeps nothing, as in some private windows, settings hold until the page is closed, and the view says so.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::protocol::{Model, Thresholds};

mod theme;

pub use theme::Theme;

/// Under this name the browser keeps them; `web/theme.js` looks there, too.
const KEY: &str = "undertone: settings";

/// The settings; copies of it are the same.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    kept: RwSignal<Kept>,
    /// Whether the browser keeps them.
    pub(super) is_kept: RwSignal<bool>,
}

/// What the browser keeps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub(super) theme: Theme,
    pub(super) is_plain: bool,
    models: BTreeMap<String, OfModel>,
}

/// What is set for one model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct OfModel {
    pub(super) front: Option<String>,
    pub(super) thresholds: Thresholds,
}

impl Settings {
    /// As they were left, and followed from now on.
    pub fn open() -> Self {
        let storage = storage();
        let kept = storage.as_ref().and_then(|storage| storage.get_item(KEY).ok().flatten());
        // What cannot be read was written by another version.
        let kept: Kept = kept.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
        let settings = Self { kept: RwSignal::new(kept), is_kept: RwSignal::new(storage.is_some()) };
        Effect::new(move |before: Option<()>| {
            let json = settings.kept.with(|kept| serde_json::to_string(kept).unwrap_or_default());
            // As they are they are kept already.
            if before.is_some() {
                let is_kept = self::storage().is_some_and(|storage| storage.set_item(KEY, &json).is_ok());
                settings.is_kept.set(is_kept);
            }
        });
        Effect::new(move || settings.theme().apply());
        settings
    }

    /// Which colours the page has.
    pub fn theme(self) -> Theme {
        self.kept.with(|kept| kept.theme)
    }

    /// Whether words of the text are marked.
    pub fn has_tint(self) -> bool {
        self.kept.with(|kept| !kept.is_plain)
    }

    /// Which task of the model stands in front, where somebody has said so.
    pub fn front(self, model: &Model) -> Option<String> {
        self.of(model, |of| of.front.clone()).flatten()
    }

    /// The thresholds of somebody's own for the model.
    pub fn thresholds(self, model: &Model) -> Thresholds {
        self.of(model, |of| of.thresholds.clone()).unwrap_or_default()
    }

    /// The model with these thresholds in place of its own.
    pub fn decided(self, mut model: Model) -> Model {
        let Thresholds(own) = self.thresholds(&model);
        for task in &mut model.tasks {
            for label in &mut task.labels {
                let own = own.get(&task.name).and_then(|own| own.get(&label.name));
                label.threshold = own.copied().unwrap_or(label.threshold);
            }
        }
        model
    }

    fn of<T>(self, model: &Model, look: impl FnOnce(&OfModel) -> T) -> Option<T> {
        self.kept.with(|kept| kept.models.get(&model.sha256).map(look))
    }

    /// Sets something.
    pub(super) fn set(self, change: impl FnOnce(&mut Kept)) {
        self.kept.update(change);
    }

    /// Sets something of the model.
    pub(super) fn set_of(self, model: &Model, change: impl FnOnce(&mut OfModel)) {
        self.set(|kept| {
            let of = kept.models.entry(model.sha256.clone()).or_default();
            change(of);
            if *of == OfModel::default() {
                kept.models.remove(&model.sha256);
            }
        });
    }

    /// Sets a label's threshold, or has it as the model has it.
    pub(super) fn set_threshold(self, model: &Model, task: &str, label: &str, threshold: Option<f32>) {
        self.set_of(model, |OfModel { thresholds: Thresholds(all), .. }| {
            let of_task = all.entry(task.to_owned()).or_default();
            match threshold {
                Some(threshold) => drop(of_task.insert(label.to_owned(), threshold)),
                None => drop(of_task.remove(label)),
            }
            if of_task.is_empty() {
                all.remove(task);
            }
        });
    }
}

/// The numbers of so many tasks in the order in which they stand, that in front first.
pub fn ordered(tasks: &[&str], front: Option<&str>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|number| Some(tasks[*number]) != front);
    order
}

fn storage() -> Option<web_sys::Storage> {
    // Browsers that keep nothing throw, or have none.
    window().local_storage().ok().flatten()
}
