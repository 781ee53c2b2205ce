//! The algorithms that a Java does not take: `jdk.certpath.disabledAlgorithms` and `jdk.tls.disabledAlgorithms`.
//!
//! Each part of a list is the name of an algorithm, a digest, a kind of key or a curve, with what limits it: the size
//! of a key, a root that came with the JDK, a use, a date. A part without a limit disables. Read in
//! `sun.security.util.DisabledAlgorithmConstraints` of 17 and 25, and seen there.

use crate::model::Timestamp;

/// One part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// The name, as it is written.
    pub name: String,
    limits: Vec<Limit>,
}

/// What limits a part.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Limit {
    /// `jdkCA`: only below a root that came with the JDK.
    JdkRoot,
    /// `keySize`: only keys of such a size.
    KeySize(Compare, u32),
    /// `usage`: only for these.
    Usage(Vec<String>),
    /// `denyAfter`: only from this moment on.
    After(Timestamp),
}

/// How sizes are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compare {
    Less,
    AtMost,
    Same,
    Other,
    AtLeast,
    More,
}

/// What of a certificate is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Every name that it goes by: `SHA256withRSA`, `SHA256`, `RSA`.
    pub names: &'a [String],
    /// The size of the key, where it is a key.
    pub bits: Option<u32>,
    /// Whether the root came with the JDK.
    pub jdk_root: bool,
    /// The moment of verification.
    pub at: Timestamp,
}

/// Why an algorithm is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// By its name alone.
    Disabled,
    /// By the size of the key.
    KeySize,
    /// As an algorithm for TLS servers.
    Usage,
    /// Because it is late.
    Late,
    /// Below a root of the JDK.
    JdkRoot,
}

impl Constraint {
    /// A part of a list; nothing where it is malformed, on which a Java makes no connection at all.
    #[must_use]
    pub fn parse(part: &str) -> Option<Self> {
        // A curve may have a space in its name, and then has no limits (`jdk.disabled.namedCurves` of 11).
        if part.trim().starts_with("X9.62 ") {
            return Some(Self { name: part.trim().to_owned(), limits: Vec::new() });
        }
        let (name, rest) = part.trim().split_once(char::is_whitespace).unwrap_or((part.trim(), ""));
        let mut limits = Vec::new();
        for limit in rest.split('&').map(str::trim).filter(|limit| !limit.is_empty()) {
            let words: Vec<&str> = limit.split_whitespace().collect();
            limits.push(match words.as_slice() {
                ["jdkCA"] => Limit::JdkRoot,
                ["denyAfter", date] => Limit::After(day(date)?),
                ["usage", uses @ ..] if !uses.is_empty() => {
                    Limit::Usage(uses.iter().map(|word| (*word).to_owned()).collect())
                }
                ["keySize", sign, bits] => Limit::KeySize(Compare::of(sign)?, bits.parse().ok()?),
                _ => return None,
            });
        }
        (!name.is_empty()).then(|| Self { name: name.to_owned(), limits })
    }

    /// Why this part does not let something pass; nothing where it does.
    #[must_use]
    pub fn refuses(&self, subject: &Subject<'_>) -> Option<Why> {
        if !subject.names.iter().any(|name| name.eq_ignore_ascii_case(&self.name)) {
            return None;
        }
        let mut why = Why::Disabled;
        for limit in &self.limits {
            let (holds, by) = match limit {
                Limit::JdkRoot => (subject.jdk_root, Why::JdkRoot),
                // A size is no matter of a signature's name.
                Limit::KeySize(compare, bits) => {
                    (subject.bits.is_some_and(|own| compare.holds(own, *bits)), Why::KeySize)
                }
                Limit::Usage(uses) => (uses.iter().any(|word| word.eq_ignore_ascii_case("TLSServer")), Why::Usage),
                Limit::After(date) => (subject.at > *date, Why::Late),
            };
            if !holds {
                return None;
            }
            why = by;
        }
        Some(why)
    }
}

impl Compare {
    fn of(sign: &str) -> Option<Self> {
        Some(match sign {
            "<" => Self::Less,
            "<=" => Self::AtMost,
            "==" => Self::Same,
            "!=" => Self::Other,
            ">=" => Self::AtLeast,
            ">" => Self::More,
            _ => return None,
        })
    }

    const fn holds(self, own: u32, bits: u32) -> bool {
        match self {
            Self::Less => own < bits,
            Self::AtMost => own <= bits,
            Self::Same => own == bits,
            Self::Other => own != bits,
            Self::AtLeast => own >= bits,
            Self::More => own > bits,
        }
    }
}

/// `2019-01-01`, maybe with a time, as the moment at which the day begins.
fn day(text: &str) -> Option<Timestamp> {
    let mut numbers = text.split('T').next()?.split('-');
    let year = numbers.next()?.parse().ok()?;
    let mut two = || numbers.next()?.parse().ok();
    Timestamp::from_civil(year, two()?, two()?, 0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(part: &str, names: &[&str], bits: Option<u32>, jdk_root: bool) -> Option<Why> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let at = Timestamp::from_civil(2026, 1, 1, 0, 0, 0).unwrap();
        Constraint::parse(part).unwrap().refuses(&Subject { names: &names, bits, jdk_root, at })
    }

    #[test]
    fn every_limit_must_hold() {
        let sha1 = ["SHA1withRSA", "SHA1", "RSA"];
        assert_eq!(refuses("SHA1", &sha1, None, false), Some(Why::Disabled));
        assert_eq!(refuses("sha1withrsa", &sha1, None, false), Some(Why::Disabled));
        assert_eq!(refuses("SHA1 jdkCA & usage TLSServer", &sha1, None, false), None);
        assert_eq!(refuses("SHA1 jdkCA & usage TLSServer", &sha1, None, true), Some(Why::Usage));
        assert_eq!(refuses("SHA1 usage SignedJAR & denyAfter 2019-01-01", &sha1, None, true), None);
        assert_eq!(refuses("SHA1 denyAfter 2019-01-01", &sha1, None, true), Some(Why::Late));
        assert_eq!(refuses("SHA1 denyAfter 2027-01-01", &sha1, None, true), None);
        assert_eq!(refuses("RSA keySize < 1024", &sha1, None, true), None, "no key");
        assert_eq!(refuses("RSA keySize < 2048", &["RSA"], Some(1024), true), Some(Why::KeySize));
        assert_eq!(refuses("RSA keySize >= 2048", &["RSA"], Some(1024), true), None);
        assert_eq!(refuses("DSA keySize < 2048", &["RSA"], Some(1024), true), None);
    }

    #[test]
    fn a_curve_may_have_a_space_in_its_name() {
        assert_eq!(refuses("X9.62 prime192v2", &["EC", "X9.62 prime192v2"], Some(192), false), Some(Why::Disabled));
    }

    #[test]
    fn what_java_stops_at_is_no_part() {
        for part in ["RSA keySize ! 2048", "RSA keySize < x", "SHA1 nonsense", "SHA1 denyAfter tomorrow", ""] {
            assert_eq!(Constraint::parse(part), None, "{part}");
        }
    }
}
