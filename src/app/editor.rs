//! Where the text is typed, and examples for those who have none at hand.
//!
//! The text is the browser's alone: nothing ever writes to the field but typing and, as if somebody typed, examples. So it can be
//! undone, input methods are left in peace, and half a character waits for its other half.

use js_sys::JsString;
use leptos::ev::Event;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::HtmlTextAreaElement;

use super::client::Engine;

/// Examples: what the button says, and the text. Those with unkind texts say so, and show none of it before they are asked.
const EXAMPLES: [(&str, &str); 5] = [
    (
        "A glowing review",
        "What a wonderful film! The acting is superb, the story moved me to tears, and I would happily watch it again tomorrow.",
    ),
    (
        "A scathing one",
        "A dreadful waste of two hours. The plot makes no sense, the dialogue is wooden, and I walked out before the end.",
    ),
    ("A sarcastic one", "Oh great, another sequel nobody asked for. I especially loved the part where I fell asleep."),
    (
        "A polite comment",
        "Thank you for the detailed explanation. I see it a little differently, but I learned something today.",
    ),
    ("An insult (unkind)", "You are a complete idiot, and everything you write here is stupid garbage."),
];

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
) -> impl IntoView {
    let area = NodeRef::<leptos::html::Textarea>::new();
    area.on_load(move |area| {
        for (name, value) in NO_HELP {
            // Cannot fail: these are names.
            let _ = area.set_attribute(name, value);
        }
        // What there is from before the page was got anew; the browser has nothing to undo then.
        let text = engine.text();
        if text.length() > 0 {
            area.unchecked_into::<Area>().set_value(&text);
            engine.say(&text);
        }
    });
    let show = move |example: &str| {
        if let Some(area) = area.get() {
            replace(&area, example);
        }
    };
    let examples = EXAMPLES
        .map(|(name, example)| {
            view! { <li><button type="button" on:click=move |_| show(example)>{name}</button></li> }
        })
        .collect_view();
    let hear = move |event: Event| {
        if let Some(area) = event.target() {
            engine.say(&area.unchecked_into::<Area>().value());
        }
    };
    view! {
        <section class="editor">
            <label for="text">"Your text"</label>
            <textarea
                id="text"
                node_ref=area
                rows="9"
                placeholder="Type or paste a review, a comment, a reply…"
                autocomplete="off"
                translate="no"
                on:input=hear
            ></textarea>
            <div class="examples">
                <span id="examples">"Or try:"</span>
                <ul role="list" aria-labelledby="examples">{examples}</ul>
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
    if !typing.exec_command("insertText", false, example) {
        let _ = area.set_range_text(example);
        // Cannot fail: an event of this name can be made.
        let _ = Event::new("input").map(|event| area.dispatch_event(&event));
    }
}
