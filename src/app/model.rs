//! The view of the model (`#/model`): what its bundle says of itself, and, of its card, how good it is and where it is wrong.
//!
//! The card is a document of the bundle, which the engine fetches and checks when somebody first looks ([`CardReader`]). A bundle without one is
//! shown by its manifest, and what is not known of it is said.

use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::client::Engine;
use super::tools::sentence;
use super::wording::{humanise, percent, title};
use crate::card::{self, Card};
use crate::protocol::{Display, HeadKind, Label, Model, Scale, Task};

mod fairness;
mod label;
mod plot;
mod table;
mod task;
mod tree;

use table::Table;
use tree::{Drawn, Element, html, paragraph};

/// The card of the model, and how far it is from being here; copies of it are the same.
#[derive(Debug, Clone, Copy)]
pub struct CardReader {
    engine: Engine,
    /// Of which model, by the SHA-256 of its manifest, and what of it.
    state: RwSignal<(String, State)>,
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    /// Nobody has asked.
    Unread,
    /// The bundle has none.
    Missing,
    Awaited,
    Failed(String),
    Known(Arc<Card>),
}

impl CardReader {
    /// Reads what `engine` has.
    pub fn new(engine: Engine) -> Self {
        Self { engine, state: RwSignal::new((String::new(), State::Unread)) }
    }

    /// Somebody wants to read the card, now or as soon as there is a model; called in an effect.
    pub fn want(self) {
        let Some(model) = self.engine.bundled().get() else { return };
        let is_known = self.state.with_untracked(|(of, state)| *of == model.sha256 && *state != State::Unread);
        if !is_known {
            self.read(&model);
        }
    }

    /// The card, where it is here.
    pub fn known(self) -> Option<Arc<Card>> {
        match self.state.get().1 {
            State::Known(card) => Some(card),
            _ => None,
        }
    }

    fn read(self, model: &Model) {
        let of = model.sha256.clone();
        if !model.documents.iter().any(|name| name == card::NAME) {
            return self.state.set((of, State::Missing));
        }
        self.state.set((of.clone(), State::Awaited));
        spawn_local(async move {
            let text = self.engine.session().document(card::NAME).await;
            let state = match text.map(|text| text.as_string().unwrap_or_default()) {
                Ok(text) => match serde_json::from_str(&text) {
                    Ok(card) => State::Known(Arc::new(card)),
                    Err(error) => {
                        State::Failed(format!("This version of the page cannot read the model’s card: {error}."))
                    }
                },
                Err(thrown) => State::Failed(sentence(&thrown)),
            };
            // Another model may have come meanwhile.
            if self.state.with_untracked(|(now, _)| *now == of) {
                self.state.set((of, state));
            }
        });
    }
}

/// All that is known of the model.
#[component]
pub fn ModelView(
    /// The model as its bundle has it; none as long as none is loaded.
    model: Signal<Option<Model>>,
    /// Its card.
    card: CardReader,
) -> impl IntoView {
    let of_card = move || {
        let (_, state) = card.state.get();
        match state {
            State::Unread => ().into_any(),
            State::Missing => view! {
                <p class="notice" id="no-card">
                    <span>
                        "This bundle has no model card: how good the model is, for whom and on what texts, is not known here. Whoever made it can
                        measure it and publish the card with it (“undertone card --publish”)."
                    </span>
                </p>
            }
            .into_any(),
            State::Awaited => view! { <p class="hint">"Fetching the model’s card…"</p> }.into_any(),
            State::Failed(sentence) => {
                let again = move |_| model.with_untracked(|model| model.iter().for_each(|model| card.read(model)));
                view! {
                    <div class="notice failure" role="alert">
                        <p>{sentence}</p>
                        <button type="button" id="read-again" on:click=again>"Try again"</button>
                    </div>
                }
                .into_any()
            }
            State::Known(card) => view! { <Drawn id="card" content=of_card_itself(&card) /> }.into_any(),
        }
    };
    view! {
        <section class="model" aria-labelledby="model-heading">
            <h2 id="model-heading" class="entry" tabindex="-1">"The model"</h2>
            <Show when=move || model.with(Option::is_none)>
                <p class="hint">"What there is to know of the model stands here once it is loaded."</p>
            </Show>
            {move || model.get().map(|model| view! { <Drawn id="described" content=described(&model) /> })}
            {of_card}
        </section>
    }
}

/// What the bundle's manifest says.
fn described(model: &Model) -> Vec<Element> {
    let fact = |name: &str, class: &str, value: String| {
        let value = html("dd").with("class", class).text(value);
        html("div").holding(html("dt").text(name.to_owned())).holding(value)
    };
    let words = model.max_tokens * 3 / 4;
    let facts = vec![
        fact("Name", "", model.name.clone()),
        fact("Licence of the weights", "", model.licence.clone()),
        fact("Reads at once", "", format!("{} tokens, some {words} words", model.max_tokens)),
        fact("Manifest (SHA-256)", "hash", model.sha256.clone()),
    ];
    let mut all =
        vec![paragraph("lead", model.description.clone()), html("dl").with("class", "facts").holding_all(facts)];
    all.extend(model.tasks.iter().map(told));
    all
}

/// What the manifest says of a task.
fn told(task: &Task) -> Element {
    let calibrated = task.calibration.as_ref().map(|record| {
        format!(
            "Probabilities and thresholds were fitted to {} texts ({}; thresholds for the {}).",
            record.samples, record.data, record.thresholds
        )
    });
    let measured = task.metrics.as_ref().map(|metrics| {
        let auc = metrics.auc_macro.map(|auc| format!(", ROC AUC {auc:.3}")).unwrap_or_default();
        format!("On {} ({} texts) before that: accuracy {:.3}{auc}.", metrics.data, metrics.samples, metrics.accuracy)
    });
    let from = |threshold: f32| match (task.kind, &task.display) {
        (HeadKind::Classes, _) => "the likeliest counts".to_owned(),
        (_, Display::Scale(Scale { low, high, .. })) => format!("a scale from {low} to {high}"),
        (_, Display::Bars) => percent(threshold),
    };
    let row = |label: &Label| vec![humanise(&label.name), from(label.threshold), label.description.clone()];
    let is_explained = task.labels.iter().any(|label| !label.description.is_empty());
    let columns = ["Label", "Counts from", "What it means"];
    let shown = if is_explained { columns.len() } else { columns.len() - 1 };
    let mut rows: Vec<Vec<String>> = task.labels.iter().map(row).collect();
    rows.iter_mut().for_each(|row| row.truncate(shown));
    let caption = format!("What it tells: {}", humanise(&task.name));
    let mut all = html("section").with("class", "told").holding(html("h3").text(title(&task.name)));
    if !task.description.is_empty() {
        all = all.holding(html("p").text(task.description.clone()));
    }
    let hints = [calibrated, measured].into_iter().flatten().map(|hint| paragraph("hint", hint)).collect();
    all.holding(Table::new(caption, &columns[..shown], rows).drawn()).holding_all(hints)
}

/// What the card says: what the model is for and what not comes first, what it was made of last.
fn of_card_itself(card: &Card) -> Vec<Element> {
    let (first, rest) = card.sections.split_at(card.sections.len().min(1));
    let mut all = vec![html("p").text(format!("{}.", card.model))];
    all.extend(first.iter().map(said));
    all.extend(card.tasks.iter().map(task::drawn));
    all.push(fairness::drawn(card.bias.as_ref()));
    if card.tasks.iter().all(|task| task.training.is_none()) {
        let unknown = "How training went is not known of these weights: they are a mean of several runs, or their run was not kept.";
        all.push(paragraph("hint", unknown.to_owned()));
    }
    all.extend(rest.iter().map(said));
    all
}

/// What people have to say.
fn said(section: &card::Section) -> Element {
    let points = section.points.iter().map(|point| html("li").text(point.clone())).collect();
    let all = html("section").with("class", "said").holding(html("h3").text(section.title.clone()));
    let all = all.holding(html("ul").holding_all(points));
    match section.table.split_first() {
        None => all,
        Some((columns, rows)) => {
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let table = Table::new(section.title.clone(), &columns, rows.to_vec());
            all.holding(table.behind("All of it, with licences", &section.title))
        }
    }
}
