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
    let parsed = templates.iter().map(|template| parse(template)).collect::<Result<Vec<_>>>()?;
    let mut names = Vec::new();
    for part in parsed.iter().flatten() {
        if let Part::Slot(name) = part
            && !names.contains(name)
        {
            names.push(*name);
        }
    }
    let mut ways: Vec<Vec<&str>> = vec![Vec::new()];
    for name in &names {
        let fillings = slots.get(*name).filter(|fillings| !fillings.is_empty()).ok_or_else(|| {
            Error::invalid(format!(
                "the slot {{{name}}} of \"{}\" has no fillings: list some",
                templates.join("\", \"")
            ))
        })?;
        ways = ways
            .iter()
            .flat_map(|way| fillings.iter().map(|filling| [&way[..], &[filling.as_str()]].concat()).collect::<Vec<_>>())
            .collect();
    }
    // What a filling brings along, braces too, stays as it is: it is put in once and not looked at again.
    let written = |template: &[Part], way: &[&str]| -> String {
        let part = |part: &Part| match part {
            Part::Words(words) => (*words).to_owned(),
            Part::Slot(name) => {
                names.iter().zip(way).filter(|(of, _)| *of == name).map(|(_, filling)| *filling).collect()
            }
        };
        template.iter().map(part).collect()
    };
    let fill = |way: &Vec<&str>| std::array::from_fn(|number| written(&parsed[number], way));
    Ok(ways.iter().map(fill).collect())
}

/// What a template is made of.
enum Part<'a> {
    Words(&'a str),
    /// A slot, by its name.
    Slot(&'a str),
}

fn parse(template: &str) -> Result<Vec<Part<'_>>> {
    let stray = || Error::invalid(format!("\"{template}\" has a brace that belongs to no slot: write {{slot}}"));
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(stray)?;
        if before.contains('}') || name.contains('{') {
            return Err(stray());
        }
        parts.extend([Part::Words(before), Part::Slot(name)]);
        rest = after;
    }
    if rest.contains('}') {
        return Err(stray());
    }
    parts.push(Part::Words(rest));
    Ok(parts)
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
    fn what_a_filling_has_in_braces_is_no_slot() {
        let slots =
            Slots::from([("name".into(), vec!["x {licence} {".into()]), ("licence".into(), vec!["MIT".into()])]);
        assert_eq!(fill(["{name}, {licence}"], &slots).unwrap(), [["x {licence} {, MIT"]]);
        assert_eq!(fill(["{licence}: {name}{licence}"], &slots).unwrap(), [["MIT: x {licence} {MIT"]]);
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
