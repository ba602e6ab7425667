//! What too few texts of one kind leave unlearnt or unmeasured, in sentences.
//!
//! A label that every text has, or none, trains without a complaint and looks perfect by its accuracy. Whoever reads the figures
//! should know before that they say nothing.

/// With fewer texts than these of either kind nothing is learnt of a label, and figures of it are chance.
pub const FEW: usize = 5;

/// How many texts have a label, and how many have it not; those of which nobody knows are neither.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassCounts {
    /// Texts that have the label, or a token that has it.
    pub with: usize,
    /// Texts that have it not, or have a token that has it not.
    pub without: usize,
}

impl ClassCounts {
    /// How many there are of the rarer kind.
    pub fn fewer(self) -> usize {
        self.with.min(self.without)
    }

    /// Why nothing, or not much, can be learnt of `label` from so many texts; none where enough can.
    pub fn unlearnt(self, label: &str) -> Option<String> {
        let few = self.few()?;
        Some(match self.fewer() {
            0 => format!(
                "nothing can be learnt of {label}, since {few}: add texts of the other kind, or leave the label out"
            ),
            _ => format!("hardly anything can be learnt of {label}, since {few}: add more"),
        })
    }

    /// Why nothing, or nothing that is more than chance, can be measured of `label` on so many texts; none where it can.
    pub fn unmeasured(self, label: &str) -> Option<String> {
        let few = self.few()?;
        Some(match self.fewer() {
            0 => format!("how well {label} is told apart cannot be measured, since {few}"),
            _ => format!("what is measured of {label} is chance, since {few}"),
        })
    }

    /// Which kind is rare, and how rare; none where neither is.
    fn few(self) -> Option<String> {
        let all = self.with + self.without;
        let texts = |count: usize, verb: &str| format!("only {count} of {all} texts {verb}");
        match (self.with, self.without) {
            (0, 0) => Some("it is decided of no text".to_owned()),
            (0, _) => Some(format!("none of {all} texts has it")),
            (_, 0) => Some(format!("all of {all} texts have it")),
            (1, _) => Some(texts(1, "has it")),
            (_, 1) => Some(texts(1, "does not have it")),
            (with, _) if with < FEW => Some(texts(with, "have it")),
            (_, without) if without < FEW => Some(texts(without, "do not have it")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rare_is_said() {
        let said = |with: usize, without: usize| ClassCounts { with, without }.unmeasured("spam").unwrap_or_default();
        assert_eq!(said(0, 8), "how well spam is told apart cannot be measured, since none of 8 texts has it");
        assert_eq!(said(8, 0), "how well spam is told apart cannot be measured, since all of 8 texts have it");
        assert_eq!(said(0, 0), "how well spam is told apart cannot be measured, since it is decided of no text");
        assert_eq!(said(1, 7), "what is measured of spam is chance, since only 1 of 8 texts has it");
        assert_eq!(said(7, 1), "what is measured of spam is chance, since only 1 of 8 texts does not have it");
        assert_eq!(said(4, 20), "what is measured of spam is chance, since only 4 of 24 texts have it");
        assert_eq!(said(20, 4), "what is measured of spam is chance, since only 4 of 24 texts do not have it");
        assert_eq!(said(5, 5), "");
        let learnt = ClassCounts { with: 0, without: 8 }.unlearnt("spam").unwrap();
        assert!(learnt.starts_with("nothing can be learnt of spam, since none of 8 texts has it: add"), "{learnt}");
        let learnt = ClassCounts { with: 1, without: 8 }.unlearnt("spam").unwrap();
        assert!(learnt.starts_with("hardly anything can be learnt of spam, since only 1 of 9"), "{learnt}");
    }
}
