//! Sentences with slots, as in `The {role} was {praise}.`: a few lines that stand for some hundreds of texts.

use std::collections::BTreeMap;

use crate::{Error, Result};

/// What may stand in each slot, by the slot's name.
pub type Slots = BTreeMap<String, Vec<String>>;

/// All ways to fill the slots of `templates`, which are filled alike: a slot's name has the same filling in each of them.
/// The first slot changes slowest.
///
/// # Errors
/// A slot has no fillings, or a brace belongs to no slot.
pub fn fill<const N: usize>(templates: [&str; N], slots: &Slots) -> Result<Vec<[String; N]>> {
    let mut filled = vec![templates.map(str::to_owned)];
    for name in names(&templates)? {
        let fillings = slots.get(name).filter(|fillings| !fillings.is_empty()).ok_or_else(|| {
            Error::invalid(format!(
                "the slot {{{name}}} of \"{}\" has no fillings: list some",
                templates.join("\", \"")
            ))
        })?;
        let slot = format!("{{{name}}}");
        let with = |texts: &[String; N], filling: &String| texts.each_ref().map(|text| text.replace(&slot, filling));
        filled = filled.iter().flat_map(|texts| fillings.iter().map(move |filling| with(texts, filling))).collect();
    }
    Ok(filled)
}

/// The names of the slots, each once, as they come.
fn names<'a>(templates: &[&'a str]) -> Result<Vec<&'a str>> {
    let mut names = Vec::new();
    for template in templates {
        let stray = || Error::invalid(format!("\"{template}\" has a brace that belongs to no slot: write {{slot}}"));
        let mut rest = *template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(stray)?;
            if before.contains('}') || name.contains('{') {
                return Err(stray());
            }
            if !names.contains(&name) {
                names.push(name);
            }
            rest = after;
        }
        if rest.contains('}') {
            return Err(stray());
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots() -> Slots {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        Slots::from([("role".into(), list(&["cast", "score"])), ("praise".into(), list(&["good", "superb"]))])
    }

    #[test]
    fn every_filling_comes_once_and_a_pair_is_filled_alike() {
        let filled = fill(["The {role} was {praise}.", "The {role} was not {praise}."], &slots()).unwrap();
        let expected = [
            ["The cast was good.", "The cast was not good."],
            ["The cast was superb.", "The cast was not superb."],
            ["The score was good.", "The score was not good."],
            ["The score was superb.", "The score was not superb."],
        ];
        assert_eq!(filled, expected);
        assert_eq!(fill(["{praise}, {praise}!"], &slots()).unwrap(), [["good, good!"], ["superb, superb!"]]);
        assert_eq!(fill(["No slot."], &slots()).unwrap(), [["No slot."]]);
    }

    #[test]
    fn what_is_no_slot_is_refused() {
        let refused = |template| fill([template], &slots()).unwrap_err().to_string();
        assert_eq!(refused("The {rolle}."), "the slot {rolle} of \"The {rolle}.\" has no fillings: list some");
        for template in ["{role", "role}", "{role} }", "{{role}}", "} {role}"] {
            assert!(refused(template).contains("belongs to no slot"), "{template}");
        }
    }
}
