//! Moments, in whole seconds since 1970-01-01T00:00:00Z: what certificates are dated with.

use std::fmt;
use std::str::FromStr;
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// Seconds in a day.
const DAY: i64 = 86_400;

/// A moment in UTC, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment this many seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds after 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// The moment of a calendar date and time in UTC, if there is such a one.
    #[must_use]
    pub fn from_civil(year: i32, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Self> {
        let date = Date::from_calendar_date(year, Month::try_from(month).ok()?, day).ok()?;
        let time = Time::from_hms(hour, minute, second).ok()?;
        Some(Self(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp()))
    }

    /// This moment moved by whole days.
    #[must_use]
    pub const fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// Whole days from `self` to `later`, rounded towards the past; negative when it is earlier.
    #[must_use]
    pub const fn days_until(self, later: Self) -> i64 {
        later.0.saturating_sub(self.0).div_euclid(DAY)
    }

    /// The calendar date in UTC, `YYYY-MM-DD`.
    #[must_use]
    pub fn date(self) -> String {
        OffsetDateTime::from_unix_timestamp(self.0).map_or_else(
            |_| format!("{}s", self.0),
            |t| format!("{:04}-{:02}-{:02}", t.year(), u8::from(t.month()), t.day()),
        )
    }
}

/// RFC 3339 in UTC; a moment outside the years 0 to 9999 is printed as `@SECONDS`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp(self.0).ok().filter(|t| (0..=9999).contains(&t.year()));
        let Some(moment) = moment else { return write!(f, "@{}", self.0) };
        // Digit by digit: every certificate has two moments, and formatters take their time.
        let mut text = *b"0000-00-00T00:00:00Z";
        digits(&mut text[..4], moment.year().unsigned_abs());
        let parts = [u8::from(moment.month()), moment.day(), moment.hour(), moment.minute(), moment.second()];
        for (two, part) in text[4..].chunks_exact_mut(3).zip(parts) {
            digits(&mut two[1..], part.into());
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// Writes a number into the last of `places`.
fn digits(places: &mut [u8], mut number: u32) {
    for place in places.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// A text that is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a date (2026-11-21), a time (2026-11-21T20:15:00Z) or seconds (@1795292100), found {0:?}")]
pub struct BadTimestamp(String);

/// Reads `YYYY-MM-DD` (midnight UTC), RFC 3339 or `@SECONDS`.
impl FromStr for Timestamp {
    type Err = BadTimestamp;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadTimestamp(text.to_owned());
        if let Some(seconds) = text.strip_prefix('@') {
            return seconds.parse().map(Self).map_err(|_| bad());
        }
        let full = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        OffsetDateTime::parse(&full, &Rfc3339).map(|t| Self(t.unix_timestamp())).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints() {
        for text in ["2026-11-21T20:15:00Z", "1950-01-01T00:00:00Z", "9999-12-31T23:59:59Z"] {
            assert_eq!(text.parse::<Timestamp>().unwrap().to_string(), text);
        }
        assert_eq!("2026-11-21".parse::<Timestamp>().unwrap().to_string(), "2026-11-21T00:00:00Z");
        assert_eq!("@-1".parse(), Ok(Timestamp::from_unix(-1)));
        assert!("tomorrow".parse::<Timestamp>().is_err());
    }

    #[test]
    fn counts_days_towards_the_past() {
        let noon = Timestamp::from_unix(12 * 3600);
        assert_eq!(noon.days_until(noon.plus_days(3)), 3);
        assert_eq!(noon.days_until(Timestamp::from_unix(0)), -1);
    }
}
