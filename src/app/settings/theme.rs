//! Light or dark: as the system has it, or as somebody wants it here. `web/theme.js` has it so before the page's program is here.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Which colours the page has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Those that the system has.
    #[default]
    System,
    /// Light ones.
    Light,
    /// Dark ones.
    Dark,
}

impl Theme {
    /// All of them, with what they are called.
    pub const ALL: [(Self, &str); 3] = [(Self::System, "As the system"), (Self::Light, "Light"), (Self::Dark, "Dark")];

    /// What the style sheet calls it; none where it asks the system.
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }

    /// Has the page look like it, and the browser around it.
    pub fn apply(self) {
        let Some(root) = document().document_element() else { return };
        // None of these can fail: they are names.
        let _ = match self.name() {
            Some(name) => root.set_attribute("data-theme", name),
            None => root.remove_attribute("data-theme"),
        };
        for scheme in ["light", "dark"] {
            let media = match self.name() {
                None => format!("(prefers-color-scheme: {scheme})"),
                Some(name) if name == scheme => "all".to_owned(),
                Some(_) => "not all".to_owned(),
            };
            let selector = format!("meta[name=theme-color][data-scheme={scheme}]");
            if let Ok(Some(colour)) = document().query_selector(&selector) {
                let _ = colour.set_attribute("media", &media);
            }
        }
    }
}
