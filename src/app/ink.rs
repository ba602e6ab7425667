//! The marks in the text itself.
//!
//! A text area shows its text in one way only, and so the marks lie under it: in an element with the same text in the same type, whose letters
//! cannot be seen. It gives both their height, so that neither scrolls and what is around them does.

use js_sys::{Array, JsString};
use leptos::prelude::*;
use web_sys::HtmlDivElement;

use super::marks::{Mark, moved, pieces};

/// Longer texts are not marked: it would take the browser too long to lay them out with every letter.
const MOST_UNITS: u32 = 50_000;

/// What lies under the text area; copies are the same.
#[derive(Debug, Clone, Copy)]
pub struct Ink {
    element: NodeRef<leptos::html::Div>,
    drawn: StoredValue<Drawn, LocalStorage>,
    /// Whether the text is too long to be marked.
    is_off: RwSignal<bool>,
}

#[derive(Debug, Default)]
struct Drawn {
    text: JsString,
    marks: Vec<Mark>,
}

impl Ink {
    /// Of an empty text, to be drawn into `element`.
    pub fn new(element: NodeRef<leptos::html::Div>) -> Self {
        Self { element, drawn: StoredValue::new_local(Drawn::default()), is_off: RwSignal::new(false) }
    }

    /// Whether the text is too long to be marked.
    pub fn is_off(self) -> Signal<bool> {
        self.is_off.into()
    }

    /// The text is now `text`: what was marked and still stands stays marked.
    pub fn write(self, text: JsString) {
        let is_off = text.length() > MOST_UNITS;
        if self.is_off.get_untracked() != is_off {
            self.is_off.set(is_off);
        }
        self.drawn.update_value(|drawn| {
            let text = if is_off { JsString::from("") } else { text };
            if !drawn.marks.is_empty() {
                let units = |text: &JsString| text.iter().collect::<Vec<u16>>();
                drawn.marks = moved(std::mem::take(&mut drawn.marks), &units(&drawn.text), &units(&text));
            }
            drawn.text = text;
        });
        self.draw();
    }

    /// The marks of the text as it is are now these.
    pub fn mark(self, marks: Vec<Mark>) {
        if self.is_off.get_untracked() || self.drawn.with_value(|drawn| drawn.marks == marks) {
            return;
        }
        self.drawn.update_value(|drawn| drawn.marks = marks);
        self.draw();
    }

    fn draw(self) {
        let Some(element) = self.element.get_untracked() else { return };
        self.drawn.with_value(|Drawn { text, marks }| draw(&element, text, marks));
    }
}

fn draw(element: &HtmlDivElement, text: &JsString, marks: &[Mark]) {
    let drawn = Array::new();
    for piece in pieces(text.length(), marks) {
        let written = text.substring(piece.start, piece.end);
        if piece.names.is_empty() {
            drawn.push(&written);
            continue;
        }
        // Cannot fail: this is an element's name.
        let mark = document().create_element("mark").expect("an element");
        mark.set_class_name(&piece.names);
        let _ = mark.append_with_str_1(&String::from(written));
        drawn.push(&mark);
    }
    // A last line without letters has the height of a line, too.
    drawn.push(&JsString::from("\u{200b}"));
    element.replace_children_with_node(&drawn);
}
