//! Directories of certificate files: names that any file system takes, the same every time.
//!
//! A subject is whatever its certificate says: path separators, control characters, `CON`, two roots
//! that differ in case only. So a file is named by what is harmless in the subject, for people, and by
//! the fingerprint, which tells it from all others.

use super::x509;
use crate::model::Certificate;
use std::collections::BTreeMap;

/// A file to be written: its name and its octets.
pub type File = (String, Vec<u8>);

/// Most octets of a subject in a name: file systems take 255, people read less.
const SUBJECT: usize = 64;
/// Digits of the fingerprint in a name; all of them where these are not enough.
const DIGITS: usize = 16;

/// A directory of DER, each certificate once, in the order of the names. `.cer` is what p11-kit
/// (`x509-directory`) and Windows call such files.
#[must_use]
pub fn der(certificates: &[&Certificate]) -> Vec<File> {
    named(certificates, "cer").into_iter().map(|(name, certificate)| (name, certificate.der().to_vec())).collect()
}

/// Each certificate once, by its file name.
pub(super) fn named<'a>(certificates: &[&'a Certificate], extension: &str) -> BTreeMap<String, &'a Certificate> {
    let mut by_fingerprint: Vec<&Certificate> = certificates.to_vec();
    by_fingerprint.sort_by_key(|certificate| certificate.fingerprint());
    by_fingerprint.dedup_by_key(|certificate| certificate.fingerprint());
    let digits = |certificate: &Certificate, count| {
        let mut digits = certificate.fingerprint().to_string();
        digits.truncate(count);
        digits
    };
    // Equal beginnings stand side by side.
    let same = |a: &Certificate, b: &Certificate| digits(a, DIGITS) == digits(b, DIGITS);
    let close = by_fingerprint.windows(2).any(|pair| matches!(pair, [a, b] if same(a, b)));
    let count = if close { usize::MAX } else { DIGITS };
    let name = |certificate| format!("{}-{}.{extension}", subject(certificate), digits(certificate, count));
    by_fingerprint.into_iter().map(|certificate| (name(certificate), certificate)).collect()
}

/// The harmless part of what people call a certificate: ASCII letters in lower case and digits, with
/// dashes between them. Never a dot or dash at the beginning; with what follows it is no name that
/// Windows keeps for a device.
pub(crate) fn subject(certificate: &Certificate) -> String {
    let name = x509::brief(certificate).map(|brief| brief.subject.short().raw().to_owned()).unwrap_or_default();
    let mut out = String::new();
    for character in name.chars() {
        if out.len() >= SUBJECT {
            break;
        }
        if character.is_ascii_alphanumeric() {
            out.push(character.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = out.trim_end_matches('-');
    if out.is_empty() { "certificate".to_owned() } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::authority;
    use proptest::prelude::*;

    fn names(authorities: &[&str]) -> Vec<String> {
        let certificates: Vec<Certificate> =
            authorities.iter().map(|name| x509::read(authority(name).into())).collect();
        der(&certificates.iter().collect::<Vec<_>>()).into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_name_says_what_it_is() {
        let long = "a".repeat(300);
        for (subject, expected) in [
            ("ISRG Root X1", "isrg-root-x1-"),
            ("../../etc/passwd", "etc-passwd-"),
            ("CON", "con-"),
            ("Főtanúsítvány", "f-tan-s-tv-ny-"),
            ("  \u{202e}\n", "certificate-"),
            (&long, &long[..64]),
        ] {
            let name = names(&[subject]).remove(0);
            assert!(name.starts_with(expected) && name.ends_with(".cer"), "{name}");
        }
    }

    #[test]
    fn each_certificate_is_there_once_and_in_one_order() {
        let (a, b) = (x509::read(authority("same").into()), x509::read(authority("same").into()));
        let files = der(&[&a, &b, &a]);
        assert_eq!(files.len(), 2);
        assert_eq!(files, der(&[&b, &a]));
        assert!(files.iter().all(|(_, octets)| octets == a.der() || octets == b.der()));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
        #[test]
        fn any_file_system_takes_a_name(subject: String) {
            let name = names(&[&subject]).remove(0);
            prop_assert!(name.len() <= 100);
            prop_assert!(name.bytes().all(|octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.')), "{}", name);
            prop_assert!(name.as_bytes()[0].is_ascii_alphanumeric());
        }
    }
}
