//! What the page does with what it hears, in a browser but without a model.

#![cfg(target_arch = "wasm32")]

use gloo::timers::callback::Timeout;
use leptos::mount::mount_to;
use leptos::prelude::*;
use leptos::task::tick;
use undertone::app::announcer::Announcer;
use undertone::app::client::Shown;
use undertone::app::results::Results;
use undertone::app::wording;
use undertone::bundle::{Display, HeadKind, Label, Scale, Task};
use undertone::classify::{Classification, LabelScore, Reason, TaskScores};
use undertone::protocol::{Answer, Model, Status};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Element, HtmlElement};

wasm_bindgen_test_configure!(run_in_browser);

fn scores(task: &str, labels: &[(&str, f32)]) -> TaskScores {
    let score =
        |&(label, probability): &(&str, f32)| LabelScore { label: label.to_owned(), probability, threshold: 0.5 };
    TaskScores {
        task: task.to_owned(),
        kind: HeadKind::Labels,
        withheld: false,
        labels: labels.iter().map(score).collect(),
    }
}

fn sentiment() -> Display {
    Display::Scale(Scale { low: "negative".into(), middle: "neutral".into(), high: "positive".into() })
}

fn model(tasks: &[TaskScores]) -> Model {
    let label = |score: &LabelScore| Label { threshold: score.threshold, ..Label::new(&score.label) };
    let task = |task: &TaskScores| Task {
        labels: task.labels.iter().map(label).collect(),
        kind: task.kind,
        display: if task.task == "sentiment" { sentiment() } else { Display::Bars },
        ..Task::new(&task.task, &[""; 0])
    };
    Model {
        name: "test".into(),
        licence: "none".into(),
        sha256: String::new(),
        description: String::new(),
        examples: Vec::new(),
        documents: Vec::new(),
        max_tokens: 8,
        tasks: tasks.iter().map(task).collect(),
        build: "baseline".into(),
        is_kept: false,
    }
}

fn shown(tasks: &[TaskScores]) -> Shown {
    let classification =
        Classification { tokens: 8, truncated: true, reason: None, tasks: tasks.to_vec(), words: Vec::new() };
    Shown {
        answer: Answer { sequence: 7, milliseconds: 12.3, is_precise: false, classification, words: Vec::new() },
        is_current: true,
    }
}

/// Mounts the results into an element of their own.
fn mount(model: RwSignal<Option<Model>>, answer: RwSignal<Option<Shown>>) -> HtmlElement {
    let place: HtmlElement = document().create_element("div").unwrap().unchecked_into();
    document().body().unwrap().append_child(&place).unwrap();
    mount_to(
        place.clone(),
        move || view! { <Results model=model.into() answer=answer.into() marks=Signal::derive(|| None) /> },
    )
    .forget();
    place
}

async fn wait(milliseconds: u32) {
    let mut after = |resolve: js_sys::Function, _| {
        Timeout::new(milliseconds, move || drop(resolve.call0(&JsValue::NULL))).forget();
    };
    JsFuture::from(js_sys::Promise::new(&mut after)).await.unwrap();
}

fn find(place: &HtmlElement, selector: &str) -> Element {
    place.query_selector(selector).unwrap().unwrap_or_else(|| panic!("there is no {selector}"))
}

#[wasm_bindgen_test]
fn names_and_numbers_are_said_as_people_say_them() {
    assert_eq!(wording::humanise("severe_toxic"), "severe toxic");
    assert_eq!(wording::title("identity_hate"), "Identity hate");
    let percents = [0.0, 0.009, 0.011, 0.5, 0.986, 0.996, 1.0].map(wording::percent);
    assert_eq!(percents, ["<1%", "<1%", "1%", "50%", "99%", ">99%", ">99%"]);
    assert_eq!(wording::spoken_percent(0.001), "under 1%");
    assert_eq!(wording::verdict(&sentiment(), &scores("sentiment", &[("positive", 0.02)]), None), "clearly negative");
    let bars = Display::Bars;
    assert_eq!(wording::verdict(&bars, &scores("toxicity", &[("toxic", 0.2), ("threat", 0.1)]), None), "nothing found");
    let several = scores("toxicity", &[("toxic", 0.9), ("severe_toxic", 0.1), ("threat", 0.5), ("insult", 0.7)]);
    assert_eq!(wording::verdict(&bars, &several, None), "toxic, threat and insult");
}

#[wasm_bindgen_test]
async fn results_show_the_tasks_that_the_model_names() {
    let tasks =
        [scores("sentiment", &[("positive", 0.25)]), scores("politeness", &[("kind_words", 0.75), ("thanks", 0.1)])];
    let (loaded, answer) = (RwSignal::new(None), RwSignal::new(None));
    let place = mount(loaded, answer);
    tick().await;
    assert!(place.query_selector("[data-task]").unwrap().is_none());

    loaded.set(Some(model(&tasks)));
    tick().await;
    assert_eq!(find(&place, ".results").get_attribute("data-state").as_deref(), Some("empty"));
    assert!(place.query_selector("[data-probability], [role=meter]").unwrap().is_none(), "values before there are any");

    answer.set(Some(shown(&tasks)));
    tick().await;
    let results = find(&place, ".results");
    assert_eq!(results.get_attribute("data-state").as_deref(), Some("current"));
    assert_eq!(results.get_attribute("data-sequence").as_deref(), Some("7"));
    let scale = find(&place, "[data-task=sentiment] .scale [data-label=positive]");
    assert_eq!(scale.get_attribute("data-probability").as_deref(), Some("0.250000"));
    assert_eq!(scale.get_attribute("aria-valuetext").as_deref(), Some("25%, rather negative"));
    let bar = find(&place, "[data-task=politeness] .bars [data-label=kind_words]");
    assert_eq!(bar.get_attribute("aria-label").as_deref(), Some("kind words"));
    assert_eq!(bar.get_attribute("aria-valuetext").as_deref(), Some("75%, above its threshold of 50%"));
    assert_eq!(place.query_selector_all(".bar.present").unwrap().length(), 1);
    assert!(find(&place, ".truncated").text_content().unwrap().contains("only the first 8 tokens"));

    answer.set(None);
    tick().await;
    assert!(
        place.query_selector("[data-probability], [role=meter]").unwrap().is_none(),
        "values of a text that is gone"
    );
    assert_eq!(find(&place, ".verdict").text_content().as_deref(), Some(""));
}

#[wasm_bindgen_test]
async fn of_exclusive_classes_the_likeliest_is_told() {
    // None of them is above one half.
    let topic = scores("topic", &[("art", 0.25), ("big_news", 0.45), ("sport", 0.3)]);
    let topic = TaskScores { kind: HeadKind::Classes, ..topic };
    assert_eq!(wording::verdict(&Display::Bars, &topic, None), "big news");
    let tasks = [topic];
    let place = mount(RwSignal::new(Some(model(&tasks))), RwSignal::new(Some(shown(&tasks))));
    tick().await;
    let text = |element: &Element| element.get_attribute("aria-valuetext").unwrap();
    assert_eq!(text(&find(&place, "[data-label=big_news]")), "45%, the likeliest");
    assert_eq!(text(&find(&place, "[data-label=art]")), "25%");
    assert_eq!(place.query_selector_all(".bar.present").unwrap().length(), 1);
    assert!(place.query_selector(".mark").unwrap().is_none(), "classes have no threshold");
    assert!(find(&place, ".legend").text_content().unwrap().contains("together they make 100%"));
}

#[wasm_bindgen_test]
async fn a_scale_has_no_verdict_where_there_is_nothing_to_judge_by() {
    let sentiment = TaskScores { withheld: true, ..scores("sentiment", &[("positive", 0.89)]) };
    let tasks = [sentiment, scores("toxicity", &[("toxic", 0.9), ("threat", 0.1)]), scores("spam", &[("spam", 0.1)])];
    let mut doubted = shown(&tasks);
    doubted.answer.classification.reason = Some(Reason::UnknownWords);
    let place = mount(RwSignal::new(Some(model(&tasks))), RwSignal::new(Some(doubted)));
    tick().await;
    let text = |selector: &str| find(&place, selector).text_content().unwrap();
    assert_eq!(text(".reason"), Reason::UnknownWords.sentence());
    assert_eq!(text("[data-task=sentiment] .verdict"), "–");
    assert_eq!(text("[data-task=sentiment] .number"), "");
    assert!(place.query_selector("[data-task=sentiment] [role=meter]").unwrap().is_none());
    assert_eq!(text("[data-task=toxicity] .verdict"), "toxic", "what is above its threshold is said");
    assert_eq!(text("[data-task=spam] .verdict"), "–", "that nothing was found says nothing");
}

#[wasm_bindgen_test]
async fn a_screen_reader_hears_of_what_is_settled_and_once_only() {
    let of = |positive: f32, is_current: bool, is_precise: bool| {
        let tasks = [scores("sentiment", &[("positive", positive)])];
        let shown = shown(&tasks);
        Some(Shown { is_current, answer: Answer { is_precise, ..shown.answer } })
    };
    let (status, loaded, answer) = (RwSignal::new(Status::Starting), RwSignal::new(None), RwSignal::new(None::<Shown>));
    let place: HtmlElement = document().create_element("div").unwrap().unchecked_into();
    document().body().unwrap().append_child(&place).unwrap();
    mount_to(place.clone(), move || {
        view! { <Announcer status=status.into() model=loaded.into() answer=answer.into() pause=1 /> }
    })
    .forget();
    let said = || async {
        // As long as many of its pauses.
        wait(30).await;
        tick().await;
        find(&place, "[role=status]").text_content().unwrap()
    };
    assert_eq!(said().await, "");
    loaded.set(Some(model(&[scores("sentiment", &[("positive", 0.5)])])));
    status.set(Status::Ready);
    assert_eq!(said().await, "The model is ready.");
    answer.set(of(0.95, true, false));
    assert_eq!(said().await, "The model is ready.", "a number that does not stay is not said");
    answer.set(of(0.95, true, true));
    let verdict = said().await;
    assert!(verdict.starts_with("Sentiment: clearly positive. The text is longer"), "{verdict}");
    answer.set(of(0.05, false, true));
    assert_eq!(said().await, verdict, "nor what is said of a text that is typed over");
    answer.set(None);
    assert_eq!(said().await, "");
}

#[wasm_bindgen_test]
async fn what_somebody_has_done_is_not_talked_over() {
    let (status, notice) = (RwSignal::new(Status::Starting), RwSignal::new(String::new()));
    let place: HtmlElement = document().create_element("div").unwrap().unchecked_into();
    document().body().unwrap().append_child(&place).unwrap();
    let none = (Signal::derive(|| None::<Model>), Signal::derive(|| None::<Shown>));
    mount_to(place.clone(), move || {
        view! { <Announcer status=status.into() model=none.0 answer=none.1 notice=notice.into() pause=100 /> }
    })
    .forget();
    status.set(Status::Ready);
    tick().await;
    notice.set("Row 3 unsure.".to_owned());
    // Longer than its pause.
    wait(300).await;
    assert_eq!(find(&place, "[role=status]").text_content().unwrap(), "Row 3 unsure.");
}
