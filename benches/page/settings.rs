//! What is measured, how often and how much of it, as the environment says it.

use std::env;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

pub type Error = Box<dyn std::error::Error>;
pub type Result<T> = std::result::Result<T, Error>;

/// What is measured, how often and how much of it.
pub struct Settings {
    pub site: PathBuf,
    pub peer: Option<PathBuf>,
    pub npm: Option<PathBuf>,
    pub data: Option<PathBuf>,
    pub texts: usize,
    pub visits: usize,
    pub rows: usize,
    pub large_rows: usize,
    pub pieces: usize,
    pub piece: Duration,
}

impl Settings {
    /// None where there is no site to be measured.
    pub fn read() -> Result<Option<Self>> {
        let Some(site) = variable("UNDERTONE_DIST") else { return Ok(None) };
        Ok(Some(Self {
            site: site.into(),
            peer: variable("PEER_MODEL").map(PathBuf::from),
            npm: variable("NPM").map(PathBuf::from),
            data: variable("DATA").map(PathBuf::from),
            texts: number("TEXTS", 8)?,
            visits: number("VISITS", 9)?,
            rows: number("ROWS", 20_000)?,
            large_rows: number("LARGE_ROWS", 200_000)?,
            pieces: number("PIECES", 8)?,
            piece: Duration::from_secs(number("SECONDS", 10)?),
        }))
    }
}

/// A variable that is set, and not to nothing.
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn number<T: FromStr>(name: &str, default: T) -> Result<T> {
    variable(name).map_or(Ok(default), |value| value.parse().map_err(|_| format!("{name} must be a number.").into()))
}
