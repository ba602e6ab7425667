//! Which of the API's attributes a label of ours stands for.

use crate::bert::Unit;
use crate::bundle::Manifest;

/// How near a label comes to an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// The label is Jigsaw's own, of that name; scores differ as those of two models do.
    Exact,
    /// It is the nearest label that there is.
    Approximate,
}

/// An attribute by its name, and the label that stands for it.
struct Known {
    attribute: &'static str,
    label: &'static str,
    nearness: Nearness,
}

/// What Perspective calls profanity was called obscene in the comments that Jigsaw had labelled for Kaggle.
const KNOWN: [Known; 7] = [
    Known { attribute: "TOXICITY", label: "toxic", nearness: Nearness::Exact },
    Known { attribute: "SEVERE_TOXICITY", label: "severe_toxic", nearness: Nearness::Exact },
    Known { attribute: "IDENTITY_ATTACK", label: "identity_hate", nearness: Nearness::Exact },
    Known { attribute: "INSULT", label: "insult", nearness: Nearness::Exact },
    Known { attribute: "PROFANITY", label: "obscene", nearness: Nearness::Approximate },
    Known { attribute: "OBSCENE", label: "obscene", nearness: Nearness::Exact },
    Known { attribute: "THREAT", label: "threat", nearness: Nearness::Exact },
];

/// The attributes that a bundle can answer.
#[derive(Debug, Clone)]
pub struct Attributes(Vec<Attribute>);

/// An attribute, and where its label is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// As the API calls it.
    pub name: &'static str,
    /// How near the label comes to it.
    pub nearness: Nearness,
    /// The task's place among those about texts, and the label's among the task's.
    pub place: (usize, usize),
    /// The label's name.
    pub label: &'static str,
}

impl Attributes {
    /// Those whose labels the bundle has in a task about texts.
    pub fn of(manifest: &Manifest) -> Self {
        let tasks: Vec<_> = manifest.tasks.iter().filter(|task| task.unit == Unit::Text).collect();
        let find = |known: &Known| {
            let of_task = |(number, task): (usize, &&crate::bundle::Task)| {
                Some((number, task.labels.iter().position(|label| label.name == known.label)?))
            };
            let place = tasks.iter().enumerate().find_map(of_task)?;
            Some(Attribute { name: known.attribute, nearness: known.nearness, place, label: known.label })
        };
        Self(KNOWN.iter().filter_map(find).collect())
    }

    /// The attribute that is called so, with or without the ending of those that Perspective tried out.
    pub fn find(&self, name: &str) -> Option<&Attribute> {
        let name = name.strip_suffix("_EXPERIMENTAL").unwrap_or(name);
        self.0.iter().find(|attribute| attribute.name == name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.0.iter()
    }
}
