//! A manifest that somebody has pinned: by its hash, which has the hashes of all files in it, whoever asks for a bundle says which one it has to be.
//!
//! Hashes in a manifest tell a file that was damaged. They tell nothing where somebody has put another bundle in its place, manifest and all.

use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::file::hexadecimal;
use super::{MANIFEST, Manifest};
use crate::{Error, Result};

/// The SHA-256 of the one manifest that will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin(String);

impl FromStr for Pin {
    type Err = Error;

    fn from_str(digits: &str) -> Result<Self> {
        let is_hash = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        match is_hash {
            true => Ok(Self(digits.to_ascii_lowercase())),
            false => Err(Error::invalid(format!(
                "\"{digits}\" is no SHA-256, which has 64 hexadecimal digits: give that of the bundle's {MANIFEST}, as sha256sum prints it"
            ))),
        }
    }
}

impl Pin {
    /// Reads `json` as [`Manifest::parse`] does, if it is the one.
    ///
    /// # Errors
    /// It is another one, or as for [`Manifest::parse`].
    pub fn parse(&self, json: &[u8]) -> Result<Manifest> {
        let Self(expected) = self;
        let found = hexadecimal(&Sha256::digest(json));
        if found != *expected {
            return Err(Error::invalid(format!(
                "the bundle is not the one that was asked for: its {MANIFEST} has the SHA-256 {found}, and is to have {expected}"
            )));
        }
        Manifest::parse(json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_hash_is_refused_and_capitals_are_as_good() {
        let digits = "0123456789abcdef".repeat(4);
        assert_eq!(digits.parse::<Pin>().unwrap(), digits.to_uppercase().parse().unwrap());
        for wrong in
            ["", "abc", &digits[1..], &format!("{digits}0"), &digits.replace('a', "g"), &digits.replace('a', "ä")]
        {
            let refused = wrong.parse::<Pin>().unwrap_err().to_string();
            assert!(refused.contains("64 hexadecimal digits"), "{refused}");
        }
    }
}
