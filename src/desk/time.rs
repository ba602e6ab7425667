//! Times as they are written.

use std::time::{Duration, UNIX_EPOCH};

use humantime::format_rfc3339_millis;

/// The last moment that has four digits for its year.
const LATEST: u64 = 253_402_300_799_999;

/// A time in milliseconds since the beginning of 1970, UTC, as RFC 3339 has it: `2026-11-26T06:49:45.120Z`.
pub fn written(milliseconds: u64) -> String {
    format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(milliseconds.min(LATEST))).to_string()
}

#[cfg(test)]
mod tests {
    use super::written;

    /// By GNU date: `date -u -d @SECONDS +%FT%TZ`.
    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(written(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(written(951_782_400_007), "2000-02-29T00:00:00.007Z");
        assert_eq!(written(1_795_675_785_120), "2026-11-26T06:49:45.120Z");
        assert_eq!(written(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
        assert_eq!(written(u64::MAX), "9999-12-31T23:59:59.999Z");
    }
}
