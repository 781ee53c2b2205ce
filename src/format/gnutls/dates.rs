//! Dates as libtasn1 and GnuTLS read them: what form they may have, and what moment they are.

use crate::format::der::tag;
use crate::format::x509;
use crate::model::Certificate;

/// `asn1_get_time_der` of libtasn1 4.19, strict: digits and a `Z`; a GeneralizedTime may have a fraction.
pub(super) fn is_der(kind: u8, text: &[u8]) -> bool {
    let Some((last, rest)) = text.split_last() else { return false };
    let points = rest.iter().filter(|octet| **octet == b'.').count();
    let plain = rest.iter().all(|octet| octet.is_ascii_digit() || *octet == b'.');
    text.len() >= 8 && *last == b'Z' && plain && points <= usize::from(kind == tag::GENERALIZED_TIME)
}

/// Both dates, as seconds since 1970; nothing where one is no date. `gnutls_x509_crt_get_activation_time` and
/// `gnutls_x509_crt_get_expiration_time`.
pub(crate) fn validity(certificate: &Certificate) -> Option<(i64, i64)> {
    let [begin, end] = x509::written(certificate)?.dates;
    Some((moment(begin.0, begin.1)?, moment(end.0, end.1)?))
}

/// `_gnutls_utcTime2gtime`, `_gnutls_x509_generalTime2gtime` and `mktime_utc` (lib/x509/time.c): seconds may lack, a day
/// that a month does not have is one of the next, and what was before 1970 is 1970.
fn moment(kind: u8, text: &[u8]) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let numbers = |octets: &[u8]| octets.iter().fold(0i64, |number, digit| number * 10 + i64::from(digit - b'0'));
    let (year, rest) = if kind == tag::GENERALIZED_TIME {
        let (year, rest) = digits.split_at_checked(4)?;
        (numbers(year), rest)
    } else {
        let (year, rest) = digits.split_at_checked(2)?;
        let year = numbers(year);
        (if year > 49 { 1900 + year } else { 2000 + year }, rest)
    };
    let (pairs, []) = rest.as_chunks::<2>() else { return None };
    let pairs: Vec<i64> = pairs.iter().map(|pair| numbers(pair)).collect();
    let (month, day, hour, minute, second) = match pairs[..] {
        [month, day, hour, minute] => (month, day, hour, minute, 0),
        [month, day, hour, minute, second] => (month, day, hour, minute, second),
        _ => return None,
    };
    let fits = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..=23).contains(&hour)
        && (0..=59).contains(&minute)
        && (0..=60).contains(&second);
    if !fits {
        return None;
    }
    if year < 1970 {
        return Some(0);
    }
    // Days from 1 March of the year 0, by the rule of the Gregorian calendar.
    let (shifted, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + (153 * months + 2) / 5 + day - 1;
    // That is the day 719,468 before 1970.
    Some((days - 719_468) * 86_400 + hour * 3_600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `gnutls_x509_crt_import` and `gnutls_x509_crt_get_expiration_time` of 3.7.9 with libtasn1 4.19.0 make of each.
    #[test]
    fn odd_dates_are_what_the_library_makes_of_them() {
        const GENERALIZED: u8 = tag::GENERALIZED_TIME;
        const UTC: u8 = tag::UTC_TIME;
        for (kind, text, is_read, at) in [
            (UTC, "270917201500Z", true, Some(1_821_212_100)),
            (UTC, "2709172015Z", true, Some(1_821_212_100)),
            (UTC, "270917201500+0000", false, None),
            (UTC, "270101000000", false, None),
            (UTC, "270230000000Z", true, Some(1_803_945_600)),
            (UTC, "270101000060Z", true, Some(1_798_761_660)),
            (UTC, "271332000000Z", true, None),
            (UTC, "270101250000Z", true, None),
            (UTC, "500101000000Z", true, Some(0)),
            (GENERALIZED, "20270917201500Z", true, Some(1_821_212_100)),
            (GENERALIZED, "202701010000Z", true, Some(1_798_761_600)),
            (GENERALIZED, "20270917201500.5Z", true, None),
            (GENERALIZED, "20270101Z", true, None),
            (GENERALIZED, "20270101000000+0100", false, None),
            (GENERALIZED, "99991231235959Z", true, Some(253_402_300_799)),
            (GENERALIZED, "00000101000000Z", true, Some(0)),
        ] {
            assert_eq!(is_der(kind, text.as_bytes()), is_read, "{text}");
            if is_read {
                assert_eq!(moment(kind, text.as_bytes()), at, "{text}");
            }
        }
    }
}
