//! The terms and the sentences that a bias is looked for with, as a TOML file lists them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::mentions::Term;
use crate::train::template::{Slots, fill};
use crate::{Error, Result};

/// Identity terms, and sentences to put them in.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The task's name.
    pub task: String,
    /// The label that is measured.
    pub label: String,
    /// The terms, group by group.
    pub terms: Vec<Term>,
    neutral: Vec<String>,
    toxic: Vec<String>,
}

/// One sentence with one term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeText {
    /// The place of its term among the probe's.
    pub term: usize,
    /// Whether it is of a toxic template.
    pub toxic: bool,
    /// The sentence.
    pub text: String,
}

/// A probe as it is written down.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    task: String,
    label: String,
    neutral: Vec<String>,
    toxic: Vec<String>,
    terms: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    also: BTreeMap<String, Vec<String>>,
}

impl Probe {
    /// Reads a probe's file.
    ///
    /// # Errors
    /// The file cannot be read, or is not as it has to be.
    pub fn read(path: &Path) -> Result<Self> {
        let content = std::fs::read_to_string(path).map_err(Error::io(path))?;
        Self::parse(&content).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))
    }

    /// What a probe's file says.
    ///
    /// # Errors
    /// It is no TOML; terms or templates are lacking; a template does not have the term; what `[also]` is about is no term;
    /// or a spelling has no letter.
    pub fn parse(content: &str) -> Result<Self> {
        let settings: Settings = toml::from_str(content).map_err(|error| Error::invalid(error.to_string()))?;
        let Settings { task, label, neutral, toxic, terms: groups, mut also } = settings;
        if neutral.is_empty() || toxic.is_empty() || groups.values().all(Vec::is_empty) {
            return Err(Error::invalid("a probe needs terms, neutral and toxic templates: list some of each"));
        }
        if let Some(template) =
            neutral.iter().chain(&toxic).find(|template| !template.to_lowercase().contains("{term}"))
        {
            return Err(Error::invalid(format!("the template \"{template}\" has no place for a term: write {{term}}")));
        }
        let mut terms = Vec::new();
        for (group, names) in groups {
            for name in names {
                let also = also.remove(&name).unwrap_or_default();
                terms.push(Term::new(&name, &group, &also)?);
            }
        }
        if let Some(name) = also.keys().next() {
            return Err(Error::invalid(format!("[also] has other spellings of {name}, which is none of the terms")));
        }
        let probe = Self { task, label, terms, neutral, toxic };
        probe.texts()?;
        Ok(probe)
    }

    /// All templates with all terms. A template has the term as `{term}`, or as `{Term}` where a sentence begins with it.
    ///
    /// # Errors
    /// A template has another slot.
    pub fn texts(&self) -> Result<Vec<ProbeText>> {
        let mut texts = Vec::new();
        for (term, Term { name, .. }) in self.terms.iter().enumerate() {
            let slots = Slots::from([("term".into(), vec![name.clone()]), ("Term".into(), vec![capitalised(name)])]);
            for (templates, toxic) in [(&self.neutral, false), (&self.toxic, true)] {
                for template in templates {
                    texts.extend(fill([template], &slots)?.into_iter().map(|[text]| ProbeText { term, toxic, text }));
                }
            }
        }
        Ok(texts)
    }
}

fn capitalised(word: &str) -> String {
    let mut characters = word.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + characters.as_str())
}
