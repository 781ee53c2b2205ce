//! The dates of a certificate, also in the forms that RFC 5280 forbids and old roots have.
//!
//! A form is read when it can mean one moment only: without seconds, with a fraction, with an
//! offset from UTC. Local time without an offset could be any of twenty-five hours: that is no
//! moment.

use crate::format::der::{Tlv, tag};
use crate::model::{Malformation, Timestamp};

const WHAT: &str = "a time as RFC 5280, 4.1.2.5, writes it";

/// Reads a UTCTime or GeneralizedTime.
pub(crate) fn read(der: &[u8], element: &Tlv) -> Result<Timestamp, Malformation> {
    let octets = &der[element.content.clone()];
    let bad = || {
        let text = octets.iter().take(40).map(|&octet| char::from(octet)).collect::<String>();
        Malformation::new(WHAT, text).at(element.whole.start)
    };
    match element.tag {
        tag::UTC_TIME => parse(octets, 2).ok_or_else(bad),
        tag::GENERALIZED_TIME => parse(octets, 4).ok_or_else(bad),
        other => Err(Malformation::new(WHAT, format!("tag {other:#04x}")).at(element.whole.start)),
    }
}

/// Digits and what is left of them.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn take(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        let value =
            digits.iter().try_fold(0, |value, d| d.is_ascii_digit().then(|| value * 10 + u32::from(d - b'0')))?;
        self.0 = rest;
        Some(value)
    }

    fn starts_with_digit(&self) -> bool {
        self.0.first().is_some_and(u8::is_ascii_digit)
    }
}

fn parse(octets: &[u8], year_digits: usize) -> Option<Timestamp> {
    let mut digits = Digits(octets);
    let year = digits.take(year_digits)?;
    // RFC 5280, 4.1.2.5.1: 50 and later are in the twentieth century.
    let year = match (year_digits, year) {
        (2, 50..) => 1900 + year,
        (2, _) => 2000 + year,
        _ => year,
    };
    let (month, day, hour) = (digits.take(2)?, digits.take(2)?, digits.take(2)?);
    let minute = if year_digits == 2 || digits.starts_with_digit() { digits.take(2)? } else { 0 };
    let second = if digits.starts_with_digit() { digits.take(2)? } else { 0 };
    let rest = skip_fraction(digits.0)?;
    let moment = Timestamp::from_civil(
        i32::try_from(year).ok()?,
        u8::try_from(month).ok()?,
        u8::try_from(day).ok()?,
        u8::try_from(hour).ok()?,
        u8::try_from(minute).ok()?,
        u8::try_from(second).ok()?,
    )?;
    Some(Timestamp::from_unix(moment.unix() - offset(rest)?))
}

/// A fraction of a second is dropped: certificates count whole ones.
fn skip_fraction(rest: &[u8]) -> Option<&[u8]> {
    let Some(fraction) = rest.strip_prefix(b".").or_else(|| rest.strip_prefix(b",")) else { return Some(rest) };
    let digits = fraction.iter().take_while(|octet| octet.is_ascii_digit()).count();
    if digits == 0 { None } else { Some(&fraction[digits..]) }
}

/// Seconds east of UTC.
fn offset(rest: &[u8]) -> Option<i64> {
    let (sign, rest) = match rest {
        b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let mut digits = Digits(rest);
    let (hours, minutes) = (digits.take(2)?, digits.take(2)?);
    if hours > 23 || minutes > 59 || !digits.0.is_empty() {
        return None;
    }
    Some(sign * i64::from(hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn reads_every_form_with_one_meaning() {
        for (text, digits, expected) in [
            ("491231235959Z", 2, "2049-12-31T23:59:59Z"),
            ("500101000000Z", 2, "1950-01-01T00:00:00Z"),
            ("2606011200Z", 2, "2026-06-01T12:00:00Z"),
            ("260601120000+0100", 2, "2026-06-01T11:00:00Z"),
            ("2606011200-0530", 2, "2026-06-01T17:30:00Z"),
            ("20500101000000Z", 4, "2050-01-01T00:00:00Z"),
            ("99991231235959Z", 4, "9999-12-31T23:59:59Z"),
            ("20260601120000.75Z", 4, "2026-06-01T12:00:00Z"),
            ("20260601120000,5+0200", 4, "2026-06-01T10:00:00Z"),
            ("2026060112Z", 4, "2026-06-01T12:00:00Z"),
        ] {
            assert_eq!(parse(text.as_bytes(), digits), at(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_could_be_several_moments_or_none() {
        for (text, digits) in [
            ("260601120000", 2),
            ("20260601120000", 4),
            ("260230120000Z", 2),
            ("261301120000Z", 2),
            ("260601250000Z", 2),
            ("260601120060Z", 2),
            ("26060112Z", 2),
            ("260601120000Z ", 2),
            ("260601120000+01", 2),
            ("260601120000.Z", 2),
            ("", 4),
            ("-0260601120000Z", 4),
        ] {
            assert_eq!(parse(text.as_bytes(), digits), None, "{text}");
        }
    }
}
