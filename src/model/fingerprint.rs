//! The identity of a certificate: SHA-256 over exactly the first TLV of its DER.
//!
//! Never an alias, never a name: those repeat, change case and are chosen by whoever wrote the
//! store.

use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

/// The SHA-256 of a certificate's DER.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The fingerprint that is these 32 octets.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The fingerprint of these octets: of the DER of a certificate, or of a key.
    #[must_use]
    pub fn of(octets: &[u8]) -> Self {
        Self(Sha256::digest(octets).into())
    }

    /// The 32 octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first sixteen hexadecimal digits: what the name of a file says of the certificate in it.
    #[must_use]
    pub fn in_a_name(&self) -> String {
        let mut text = self.to_string();
        text.truncate(16);
        text
    }

    /// The first eight hexadecimal digits: enough to name a certificate among a machine's.
    #[must_use]
    pub fn short(&self) -> String {
        let mut text = self.to_string();
        text.truncate(8);
        text
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(self.0) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// Why a text is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFingerprint {
    /// A character that is neither a hexadecimal digit nor a colon.
    #[error("expected hexadecimal digits, found {0:?}")]
    Digit(char),
    /// Too few or too many digits.
    #[error("expected {expected} hexadecimal digits, found {found}")]
    Length {
        /// What a fingerprint or prefix holds.
        expected: &'static str,
        /// How many digits there were.
        found: usize,
    },
}

/// Lower-case digits of `text`, colons dropped as `openssl x509 -fingerprint` prints them.
fn digits(text: &str) -> Result<String, BadFingerprint> {
    let text = text.strip_prefix("sha256:").unwrap_or(text);
    text.chars()
        .filter(|&c| c != ':')
        .map(|c| if c.is_ascii_hexdigit() { Ok(c.to_ascii_lowercase()) } else { Err(BadFingerprint::Digit(c)) })
        .collect()
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = digits(text)?;
        if digits.len() != 64 {
            return Err(BadFingerprint::Length { expected: "64", found: digits.len() });
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
            let value = |digit: u8| (digit as char).to_digit(16).unwrap_or(0) as u8;
            *byte = (value(pair[0]) << 4) | value(pair[1]);
        }
        Ok(Self(bytes))
    }
}

/// The beginning of a fingerprint, at least four digits, as people type it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FingerprintPrefix(String);

impl FingerprintPrefix {
    /// The digits, in lower case.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Whether `fingerprint` begins with these digits.
    #[must_use]
    pub fn matches(&self, fingerprint: &Fingerprint) -> bool {
        fingerprint.to_string().starts_with(&self.0)
    }
}

impl fmt::Display for FingerprintPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for FingerprintPrefix {
    type Err = BadFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = digits(text)?;
        if !(4..=64).contains(&digits.len()) {
            return Err(BadFingerprint::Length { expected: "4 to 64", found: digits.len() });
        }
        Ok(Self(digits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn prints_and_parses_to_itself(bytes: [u8; 32]) {
            let fingerprint = Fingerprint::from_bytes(bytes);
            prop_assert_eq!(fingerprint.to_string().parse::<Fingerprint>(), Ok(fingerprint));
            let upper = fingerprint.to_string().to_uppercase();
            prop_assert_eq!(upper.parse::<Fingerprint>(), Ok(fingerprint));
            prop_assert!(fingerprint.short().parse::<FingerprintPrefix>().unwrap().matches(&fingerprint));
        }
    }

    #[test]
    fn reads_the_form_openssl_prints() {
        let text = ["AB"; 32].join(":");
        assert_eq!(text.parse(), Ok(Fingerprint::from_bytes([0xab; 32])));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!("xyz".parse::<Fingerprint>(), Err(BadFingerprint::Digit('x')));
        assert_eq!("abc".parse::<FingerprintPrefix>(), Err(BadFingerprint::Length { expected: "4 to 64", found: 3 }));
    }
}
