//! Where the text is typed, and the model's examples for those who have none at hand.
//!
//! The text is the browser's alone: nothing ever writes to the field but typing and, as if somebody typed, examples. So it can be
//! undone, input methods are left in peace, and half a character waits for its other half.

use js_sys::JsString;
use leptos::ev::Event;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::HtmlTextAreaElement;

use super::actions::Actions;
use super::client::Engine;
use super::ink::Ink;
use super::marks::Mark;
use crate::protocol::Example;

/// Has the browser leave spelling and wording alone: whoever helps with these may send what is typed to a server of theirs.
const NO_HELP: [(&str, &str); 4] =
    [("spellcheck", "false"), ("autocorrect", "off"), ("writingsuggestions", "false"), ("data-gramm", "false")];

#[wasm_bindgen]
extern "C" {
    /// A text area whose text stays the browser's.
    #[wasm_bindgen(extends = HtmlTextAreaElement)]
    type Area;

    #[wasm_bindgen(method, getter)]
    fn value(this: &Area) -> JsString;

    #[wasm_bindgen(method, setter)]
    fn set_value(this: &Area, text: &JsString);

    /// `document`, with what is out of date and has no successor: nothing else types.
    type Typing;

    #[wasm_bindgen(method, js_name = execCommand)]
    fn exec_command(this: &Typing, command: &str, has_interface: bool, text: &str) -> bool;
}

/// The text area and the examples.
#[component]
pub fn Editor(
    /// Who is told of the text.
    engine: Engine,
    /// What is marked in the text; none while that is not known.
    marks: Memo<Option<Vec<Mark>>>,
    /// Where it is told what was done.
    notice: RwSignal<String>,
) -> impl IntoView {
    let area = NodeRef::<leptos::html::Textarea>::new();
    let under = NodeRef::<leptos::html::Div>::new();
    let ink = Ink::new(under);
    Effect::new(move || marks.get().into_iter().for_each(|marks| ink.mark(marks)));
    let has_text = RwSignal::new(false);
    let say = move |text: JsString| {
        has_text.set(text.length() > 0);
        // What was done was done with another text.
        notice.set(String::new());
        engine.say(&text);
        ink.write(text);
    };
    area.on_load(move |area| {
        for (name, value) in NO_HELP {
            // Cannot fail: these are names.
            let _ = area.set_attribute(name, value);
        }
        // What there is from before the page was got anew; the browser has nothing to undo then.
        let text = engine.text();
        if text.length() > 0 {
            area.unchecked_into::<Area>().set_value(&text);
            say(text);
        }
    });
    let show = move |example: &str| {
        if let Some(area) = area.get() {
            replace(&area, example);
        }
    };
    let examples = Memo::new(move |_| engine.model().with(|model| model.as_ref().map(|model| model.examples.clone())));
    let button = move |Example { name, text, note }: Example| {
        let name = if note.is_empty() { name } else { format!("{name} ({note})") };
        view! { <li><button type="button" on:click=move |_| show(&text)>{name}</button></li> }
    };
    let buttons = move || examples.get().unwrap_or_default().into_iter().map(button).collect_view();
    let has_examples = move || examples.with(|examples| examples.as_ref().is_some_and(|examples| !examples.is_empty()));
    let hear = move |event: Event| {
        if let Some(area) = event.target() {
            say(area.unchecked_into::<Area>().value());
        }
    };
    view! {
        <section class="editor">
            <label for="text">"Your text"</label>
            <div class="sheet" class:plain=ink.is_off()>
                <div class="ink" node_ref=under aria-hidden="true" translate="no"></div>
                <textarea
                    id="text"
                    node_ref=area
                    rows="1"
                    placeholder="Type or paste a review, a comment, a reply…"
                    autocomplete="off"
                    translate="no"
                    on:input=hear
                ></textarea>
            </div>
            <Actions engine notice has_text clear=move || show("") />
            <div class="examples">
                <Show when=has_examples>
                    <span id="examples">"Or try:"</span>
                    <ul role="list" aria-labelledby="examples">{buttons}</ul>
                </Show>
            </div>
        </section>
    }
}

/// Puts `example` in place of the text as if somebody had typed it, so that it can be undone.
fn replace(area: &HtmlTextAreaElement, example: &str) {
    // A field that does not take the focus is none to type into.
    let _ = area.focus();
    area.select();
    let typing: Typing = document().unchecked_into();
    let command = if example.is_empty() { "delete" } else { "insertText" };
    if !typing.exec_command(command, false, example) {
        let _ = area.set_range_text(example);
        // Cannot fail: an event of this name can be made.
        let _ = Event::new("input").map(|event| area.dispatch_event(&event));
    }
}
