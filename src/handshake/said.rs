//! Octets of a stranger, to be shown.

use std::fmt;

/// What a server sent, the beginning of it; whoever runs it chose every octet.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Said {
    octets: Vec<u8>,
    is_cut: bool,
}

impl Said {
    /// Octets that are kept and shown: a line of a terminal and a half.
    const KEPT: usize = 120;

    /// The beginning of `octets`.
    #[must_use]
    pub fn new(octets: &[u8]) -> Self {
        Self { octets: octets[..octets.len().min(Self::KEPT)].to_vec(), is_cut: octets.len() > Self::KEPT }
    }

    /// The octets, to be compared.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// Whether that is the head of a TLS record.
    pub(super) fn is_tls(&self) -> bool {
        super::sniff::is_tls(&self.octets)
    }
}

/// In quotes, with escapes for all but printable ASCII: fit for a terminal.
impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.octets.is_empty() {
            true => f.write_str("nothing"),
            false => write!(f, "\"{}\"{}", self.octets.escape_ascii(), if self.is_cut { " …" } else { "" }),
        }
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_cannot_act() {
        assert_eq!(Said::new(b"220 \x1b[2J\xc3\xbc\"\r\n").to_string(), r#""220 \x1b[2J\xc3\xbc\"\r\n""#);
        assert_eq!(Said::new(b"").to_string(), "nothing");
        let long = Said::new(&[b'x'; 4096]).to_string();
        assert!(long.len() < 130 && long.ends_with("\" …"), "{long}");
    }
}
