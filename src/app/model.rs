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
use crate::protocol::{Display, HeadKind, Model, Scale, Task};

mod chart;
mod fairness;
mod label;
mod plot;
mod rows;
mod table;
mod task;

use fairness::Fairness;
use table::{Table, TableView};
use task::TaskView;

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
            State::Awaited => view! { <p class="hint" role="status">"Fetching the model’s card…"</p> }.into_any(),
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
            State::Known(card) => view! { <CardView card /> }.into_any(),
        }
    };
    view! {
        <section class="model" aria-labelledby="model-heading">
            <h2 id="model-heading" class="entry" tabindex="-1">"The model"</h2>
            <Show when=move || model.with(Option::is_none)>
                <p class="hint">"What there is to know of the model stands here once it is loaded."</p>
            </Show>
            {move || model.get().map(|model| view! { <Described model /> })}
            {of_card}
        </section>
    }
}

/// What the bundle's manifest says.
#[component]
fn Described(model: Model) -> impl IntoView {
    let Model { name, licence, description, sha256, max_tokens, tasks, .. } = model;
    view! {
        <p class="lead">{description}</p>
        <dl class="facts">
            <div><dt>"Name"</dt><dd>{name}</dd></div>
            <div><dt>"Licence of the weights"</dt><dd>{licence}</dd></div>
            <div><dt>"Reads at once"</dt><dd>{max_tokens}" tokens, some "{max_tokens * 3 / 4}" words"</dd></div>
            <div><dt>"Manifest (SHA-256)"</dt><dd class="hash">{sha256}</dd></div>
        </dl>
        {tasks.into_iter().map(|task| view! { <DescribedTask task /> }).collect_view()}
    }
}

#[component]
fn DescribedTask(task: Task) -> impl IntoView {
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
    let rows =
        task.labels.iter().map(|label| vec![humanise(&label.name), label.description.clone(), from(label.threshold)]);
    let columns = ["Label", "What it means", "Counts from"].map(str::to_owned).to_vec();
    let mut table =
        Table { caption: format!("What it tells: {}", humanise(&task.name)), columns, rows: rows.collect() };
    if task.labels.iter().all(|label| label.description.is_empty()) {
        table.columns.remove(1);
        table.rows.iter_mut().for_each(|row| drop(row.remove(1)));
    }
    view! {
        <section class="told">
            <h3>{title(&task.name)}</h3>
            {(!task.description.is_empty()).then(|| view! { <p>{task.description.clone()}</p> })}
            <TableView table />
            <p class="hint">{calibrated}" "{measured}</p>
        </section>
    }
}

/// What the card says.
#[component]
fn CardView(card: Arc<Card>) -> impl IntoView {
    let section = |section: &card::Section| {
        let table = section.table.split_first().map(|(columns, rows)| Table {
            caption: section.title.clone(),
            columns: columns.clone(),
            rows: rows.to_vec(),
        });
        let table = table.map(|table| {
            view! {
                <details>
                    <summary>"All of it, with licences"</summary>
                    <TableView table />
                </details>
            }
        });
        view! {
            <section class="said">
                <h3>{section.title.clone()}</h3>
                <ul>{section.points.iter().map(|point| view! { <li>{point.clone()}</li> }).collect_view()}</ul>
                {table}
            </section>
        }
    };
    let is_trained = card.tasks.iter().any(|task| task.training.is_some());
    // What it is for and what not comes first, what it was made of last.
    let (first, rest) = card.sections.split_at(card.sections.len().min(1));
    view! {
        <div class="card" id="card">
            <p>{card.model.clone()}"."</p>
            {first.iter().map(section).collect_view()}
            {card.tasks.iter().map(|task| view! { <TaskView task=task.clone() /> }).collect_view()}
            <Fairness bias=card.bias.clone() />
            <Show when=move || !is_trained>
                <p class="hint">"How training went is not known of these weights: they are a mean of several runs, or their run was not kept."</p>
            </Show>
            {rest.iter().map(section).collect_view()}
        </div>
    }
}
