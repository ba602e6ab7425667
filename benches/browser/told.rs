//! What the page tells of its measurements, in the addresses that it asks for.

use std::collections::BTreeMap;

/// What a benchmark of browsers gives, or why it could not.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One thing that the page told: kind, contender, value and the like by their names.
pub type Told = BTreeMap<String, String>;

/// The parts of an address's query, as `URLSearchParams` writes them.
pub fn parse(path: &str) -> Told {
    let query = path.split_once('?').map_or("", |(_, query)| query);
    query
        .split('&')
        .filter_map(|part| part.split_once('='))
        .map(|(name, value)| (name.into(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| digit.map_or('0', char::from));
                u8::from_str_radix(&String::from_iter(digits), 16).unwrap_or(b'?')
            }
            _ => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
