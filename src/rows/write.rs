//! Rows as they are written again: all that they have, byte for byte, and behind it what somebody has to say of them.

pub mod csv;
pub mod json;

/// Why rows that have a column `name` cannot have one of ours that is called so, and what `to_do`.
pub fn taken(name: &str, to_do: &str) -> String {
    format!("there is a column `{name}` already, which is the name of one of ours: {to_do}")
}
