//! Elements that never change once they are there: tables, charts, lists.
//!
//! As views of leptos each of them would have code of its own to build, change and take away, which is many times as much as they are worth: what
//! is put together here as data, one function makes.

use leptos::prelude::*;
use web_sys::Element as Built;

const SVG: &str = "http://www.w3.org/2000/svg";

/// An element to be.
#[derive(Debug, Clone)]
pub struct Element {
    name: &'static str,
    is_drawing: bool,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Child>,
}

#[derive(Debug, Clone)]
enum Child {
    Text(String),
    Element(Element),
}

/// An element of HTML.
pub fn html(name: &'static str) -> Element {
    Element { name, is_drawing: false, attributes: Vec::new(), children: Vec::new() }
}

/// An element of SVG.
pub fn svg(name: &'static str) -> Element {
    Element { is_drawing: true, ..html(name) }
}

/// A paragraph.
pub fn paragraph(class: &str, words: String) -> Element {
    html("p").with("class", class).text(words)
}

impl Element {
    /// With an attribute.
    pub fn with(self, name: &'static str, value: &str) -> Self {
        self.set(name, value.to_owned())
    }

    /// With an attribute that is a number.
    pub fn at(self, name: &'static str, value: f64) -> Self {
        self.set(name, format!("{value:.1}"))
    }

    fn set(mut self, name: &'static str, value: String) -> Self {
        self.attributes.push((name, value));
        self
    }

    /// With more text in it.
    pub fn text(mut self, words: String) -> Self {
        self.children.push(Child::Text(words));
        self
    }

    /// With one more element in it.
    pub fn holding(mut self, child: Self) -> Self {
        self.children.push(Child::Element(child));
        self
    }

    /// With more elements in it.
    pub fn holding_all(mut self, children: Vec<Self>) -> Self {
        self.children.extend(children.into_iter().map(Child::Element));
        self
    }

    fn build(&self) -> Built {
        let document = document();
        // Cannot fail: these are names of elements and attributes.
        let built = match self.is_drawing {
            true => document.create_element_ns(Some(SVG), self.name),
            false => document.create_element(self.name),
        };
        let built = built.expect("an element");
        for (name, value) in &self.attributes {
            let _ = built.set_attribute(name, value);
        }
        for child in &self.children {
            let _ = match child {
                Child::Text(words) => built.append_with_str_1(words),
                Child::Element(child) => built.append_with_node_1(&child.build()),
            };
        }
        built
    }
}

/// The elements, in a place of their own.
#[component]
pub fn Drawn(
    /// What the place is called.
    id: &'static str,
    /// What is in it.
    content: Vec<Element>,
) -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();
    place.on_load(move |place| {
        for element in content {
            let _ = place.append_with_node_1(&element.build());
        }
    });
    view! { <div class="drawn" id=id node_ref=place></div> }
}
