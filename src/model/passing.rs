//! What is said otherwise each day although nothing changed, and the expression that finds all of it: who asks
//! whether an answer is a new one leaves that out.

use super::Timestamp;
use super::words::counted;

/// Finds every form below, as an extended regular expression of sed. Times of day come with days only.
pub const EXPRESSION: &str = "(valid on|holds on|undone by) [0-9-]+|T[0-9:]{8}Z|-?[0-9]+ days? (ago|from now|old)";

/// `1 day`, `13 days`.
fn days(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    sign.to_owned() + &counted(usize::try_from(number.unsigned_abs()).unwrap_or(usize::MAX), "day")
}

/// `3 days ago`.
#[must_use]
pub fn ago(number: i64) -> String {
    days(number) + " ago"
}

/// `3 days from now`.
#[must_use]
pub fn from_now(number: i64) -> String {
    days(number) + " from now"
}

/// `3 days old`.
#[must_use]
pub fn old(number: i64) -> String {
    days(number) + " old"
}

/// `holds on 2026-01-01`.
#[must_use]
pub fn holds_on(at: Timestamp) -> String {
    format!("holds on {}", at.date())
}

/// `undone by 2026-01-01`.
#[must_use]
pub fn undone_by(at: Timestamp) -> String {
    format!("undone by {}", at.date())
}

/// `valid on 2026-01-01` of what is expected, and the day of the limit that was found; with the time where both are
/// the same day.
#[must_use]
pub fn valid_on(at: Timestamp, limit: Timestamp) -> (String, String) {
    let (mut expected, mut found) = (at.date(), limit.date());
    if expected == found {
        (expected, found) = (at.to_string(), limit.to_string());
    }
    (format!("valid on {expected}"), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_days() {
        assert_eq!([ago(1), from_now(0), old(-2)], ["1 day ago", "0 days from now", "-2 days old"]);
    }

    #[test]
    fn two_times_of_one_day_differ() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let said = |limit| valid_on(at("2026-01-02T04:00:00Z"), at(limit));
        assert_eq!(said("2026-01-01T23:59:59Z"), ("valid on 2026-01-02".to_owned(), "2026-01-01".to_owned()));
        let day = ("valid on 2026-01-02T04:00:00Z".to_owned(), "2026-01-02T03:00:00Z".to_owned());
        assert_eq!(said("2026-01-02T03:00:00Z"), day);
    }
}
