//! Where the text is typed, and examples for those who have none at hand.

use leptos::prelude::*;

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

/// The textarea and the examples.
#[component]
pub fn Editor(
    /// The text, which the examples change too.
    text: RwSignal<String>,
) -> impl IntoView {
    let area = NodeRef::<leptos::html::Textarea>::new();
    let show = move |example: &'static str| {
        text.set(example.to_owned());
        if let Some(area) = area.get() {
            let _ = area.focus();
        }
    };
    let examples = EXAMPLES
        .map(|(name, example)| {
            view! { <li><button type="button" on:click=move |_| show(example)>{name}</button></li> }
        })
        .collect_view();
    view! {
        <section class="editor" aria-label="Your text">
            <label for="text">"Your text"</label>
            <textarea
                id="text"
                node_ref=area
                rows="9"
                placeholder="Type or paste a review, a comment, a reply…"
                autocomplete="off"
                aria-describedby="privacy"
                prop:value=text
                on:input:target=move |event| text.set(event.target().value())
            ></textarea>
            <div class="examples">
                <span id="examples">"Or try:"</span>
                <ul aria-labelledby="examples">{examples}</ul>
            </div>
        </section>
    }
}
