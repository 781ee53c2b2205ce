//! One pattern of a certificate before one host name, as each program compares them.

use crate::policy::names::Pattern;
use std::net::IpAddr;

impl Pattern {
    /// Whether a pattern, a dNSName or a common name, is for a host name.
    #[must_use]
    pub fn fits(self, pattern: &[u8], name: &str) -> bool {
        match self {
            Self::OpenSsl { partial } => openssl(pattern, name.as_bytes(), partial),
            Self::Curl => curl(pattern, name),
            Self::Node => node(pattern, name),
            Self::Bun => bun(pattern, name.as_bytes()),
            Self::BunLabels => bun_labels(pattern, name.as_bytes()),
            Self::Php => php(pattern, name.as_bytes()),
            Self::Ruby => ruby(pattern, name),
            Self::Python { .. } => python(pattern, name),
            Self::Perl => perl(pattern, name.as_bytes()),
        }
    }

    /// A dNSName as it is compared: what of it does not count is left out.
    pub(super) fn of_alt_name(self, octets: &[u8]) -> &[u8] {
        match self {
            Self::Php => octets.strip_suffix(b".").unwrap_or(octets),
            Self::Perl => octets.trim_ascii(),
            _ => octets,
        }
    }

    /// Whether a pattern ends the whole comparison (`CertificateError("too many wildcards…")`).
    pub(super) fn ends(self, pattern: &[u8]) -> bool {
        let first = pattern.split(|&octet| octet == b'.').next().unwrap_or_default();
        matches!(self, Self::Python { .. }) && first.iter().filter(|&&octet| octet == b'*').count() > 1
    }
}

/// Whether a name begins with a label of an internationalised name (RFC 5890, 2.3.1).
fn is_idna(name: &[u8]) -> bool {
    name.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"xn--"))
}

/// `equal_wildcard`, crypto/x509/v3_utl.c.
fn openssl(pattern: &[u8], name: &[u8], partial: bool) -> bool {
    let Some(star) = star(pattern, partial) else {
        return !pattern.contains(&0) && pattern.eq_ignore_ascii_case(name);
    };
    let (prefix, suffix) = (&pattern[..star], &pattern[star + 1..]);
    let Some(middle) = name.len().checked_sub(prefix.len() + suffix.len()) else { return false };
    let (head, rest) = name.split_at(prefix.len());
    let (covered, tail) = rest.split_at(middle);
    if !head.eq_ignore_ascii_case(prefix) || !tail.eq_ignore_ascii_case(suffix) {
        return false;
    }
    let whole_label = prefix.is_empty() && suffix.first() == Some(&b'.');
    if whole_label && covered.is_empty() || !whole_label && is_idna(name) {
        return false;
    }
    covered == b"*" || covered.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
}

/// Where the one wildcard of a pattern stands, if the pattern is a name in which it counts (`valid_star`).
fn star(pattern: &[u8], partial: bool) -> Option<usize> {
    let labels: Vec<&[u8]> = pattern.split(|&octet| octet == b'.').collect();
    let (first, others) = labels.split_first()?;
    let star = first.iter().position(|&octet| octet == b'*')?;
    let is_whole = *first == b"*";
    let is_at_edge = star == 0 || star + 1 == first.len();
    let plain = |label: &[u8]| label.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-');
    let (before, after) = (&first[..star], &first[star + 1..]);
    let rest_is_plain = plain(before) && plain(after) && !before.starts_with(b"-");
    let ends_plain = !(first.ends_with(b"-") || after.is_empty() && before.ends_with(b"-"));
    let is_label =
        |label: &&[u8]| !label.is_empty() && plain(label) && !label.starts_with(b"-") && !label.ends_with(b"-");
    let fits = is_at_edge
        && rest_is_plain
        && ends_plain
        && (is_whole || (partial && !is_idna(first)))
        && others.len() >= 2
        && others.iter().all(is_label);
    fits.then_some(star)
}

/// `hostmatch`, lib/vtls/hostcheck.c of curl 8.1 and later.
fn curl(pattern: &[u8], name: &str) -> bool {
    let pattern = pattern.strip_suffix(b".").unwrap_or(pattern);
    let name_octets = name.as_bytes();
    let tail = pattern.strip_prefix(b"*").filter(|tail| tail.starts_with(b".") && tail[1..].contains(&b'.'));
    let Some(tail) = tail else { return !pattern.is_empty() && pattern.eq_ignore_ascii_case(name_octets) };
    let dot = name_octets.iter().position(|&octet| octet == b'.').filter(|_| name.parse::<IpAddr>().is_err());
    dot.is_some_and(|dot| name_octets[dot..].eq_ignore_ascii_case(tail))
}

/// `check`, lib/tls.js.
fn node(pattern: &[u8], name: &str) -> bool {
    let pattern = pattern.strip_suffix(b".").unwrap_or(pattern).to_ascii_lowercase();
    let name = name.to_ascii_lowercase();
    let labels: Vec<&[u8]> = name.as_bytes().split(|&octet| octet == b'.').collect();
    let wanted: Vec<&[u8]> = pattern.split(|&octet| octet == b'.').collect();
    let is_bad = |label: &&[u8]| label.is_empty() || !label.iter().all(|octet| (0x21..=0x7f).contains(octet));
    if labels.len() != wanted.len() || wanted.iter().any(is_bad) || labels[1..] != wanted[1..] {
        return false;
    }
    let (label, first) = (labels[0], wanted[0]);
    let parts: Vec<&[u8]> = first.split(|&octet| octet == b'*').collect();
    match parts[..] {
        [prefix, suffix] if !first.windows(4).any(|four| four == b"xn--") => {
            wanted.len() > 2
                && prefix.len() + suffix.len() <= label.len()
                && label.starts_with(prefix)
                && label.ends_with(suffix)
        }
        [_, _, _, ..] if !first.windows(4).any(|four| four == b"xn--") => false,
        _ => label == first,
    }
}

/// `isSafeAltName`, of Bun; and there is one.
fn is_safe(pattern: &[u8]) -> bool {
    let is_safe = pattern.iter().all(|octet| matches!(octet, b' '..=b'~') && !b"\"\\,'".contains(octet));
    is_safe && !pattern.is_empty()
}

/// `matchDnsName` of Bun 1.3.7.
fn bun_labels(pattern: &[u8], name: &[u8]) -> bool {
    let tail = pattern.strip_prefix(b"*").filter(|tail| tail.starts_with(b".") && tail[1..].contains(&b'.'));
    let covers = |tail: &[u8]| {
        name.iter()
            .position(|&octet| octet == b'.')
            .is_some_and(|dot| dot > 0 && name[dot..].eq_ignore_ascii_case(tail))
    };
    is_safe(pattern) && (tail.is_some_and(covers) || pattern.eq_ignore_ascii_case(name))
}

/// `checkX509ServerIdentity` of Bun 1.1.
fn bun(pattern: &[u8], name: &[u8]) -> bool {
    is_safe(pattern) && pattern.strip_prefix(b"*").map_or(pattern == name, |rest| name.ends_with(rest))
}

/// `php_openssl_matches_wildcard_name`.
fn php(pattern: &[u8], name: &[u8]) -> bool {
    if pattern.contains(&0) {
        return false;
    }
    if pattern.eq_ignore_ascii_case(name) {
        return true;
    }
    let Some(star) = pattern.iter().position(|&octet| octet == b'*') else { return false };
    let (prefix, suffix) = (&pattern[..star], &pattern[star + 1..]);
    let Some(middle) = name.len().checked_sub(prefix.len() + suffix.len()) else { return false };
    let (head, rest) = name.split_at(prefix.len());
    let (covered, tail) = rest.split_at(middle);
    !prefix.contains(&b'.')
        && head.eq_ignore_ascii_case(prefix)
        && tail.eq_ignore_ascii_case(suffix)
        && !covered.contains(&b'.')
}

/// `verify_hostname` and `verify_wildcard`, openssl/ssl.rb.
fn ruby(pattern: &[u8], name: &str) -> bool {
    // `String#split` leaves empty parts at the end out.
    fn labels(name: &str) -> Vec<&str> {
        let mut labels: Vec<&str> = name.split('.').collect();
        while labels.last().is_some_and(|label| label.is_empty()) {
            labels.pop();
        }
        labels
    }
    let Some(pattern) = std::str::from_utf8(pattern).ok().filter(|pattern| pattern.is_ascii() && name.is_ascii())
    else {
        return false;
    };
    let (lower, name_lower) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    let (wanted, found) = (labels(&lower), labels(&name_lower));
    let [first, rest @ ..] = &wanted[..] else { return false };
    if rest.is_empty() {
        return pattern == name;
    }
    let Some(label) = found.first().filter(|_| found.len() == wanted.len() && found[1..] == *rest) else {
        return false;
    };
    match first.split('*').collect::<Vec<_>>()[..] {
        [whole] => whole == *label,
        [prefix, suffix] => {
            (!label.starts_with("xn--") || *first == "*")
                && prefix.len() + suffix.len() < label.len()
                && label.starts_with(prefix)
                && label.ends_with(suffix)
        }
        _ => false,
    }
}

/// `_dnsname_match`, Lib/ssl.py.
fn python(pattern: &[u8], name: &str) -> bool {
    let Ok(pattern) = std::str::from_utf8(pattern) else { return false };
    let (lower, name) = (pattern.to_lowercase(), name.to_lowercase());
    let (first, rest) = lower.split_at(lower.find('.').unwrap_or(lower.len()));
    let Some((prefix, suffix)) = first.split_once('*') else { return !lower.is_empty() && lower == name };
    let (label, tail) = name.split_at(name.find('.').unwrap_or(name.len()));
    if suffix.contains('*') || tail != rest {
        return false;
    }
    if first == "*" {
        return !label.is_empty();
    }
    // These two are compared as they are written.
    if pattern.starts_with("xn--") || name.starts_with("xn--") {
        return label == first;
    }
    prefix.len() + suffix.len() <= label.len() && label.starts_with(prefix) && label.ends_with(suffix)
}

/// `verify_hostname_of_cert` with `anywhere`, lib/IO/Socket/SSL.pm. Of public suffixes this knows that each has one label
/// at least.
fn perl(pattern: &[u8], name: &[u8]) -> bool {
    let dots = pattern.iter().rev().take_while(|&&octet| octet == b'.').count();
    let pattern = &pattern[..pattern.len() - dots];
    let plain = |octets: &[u8]| octets.iter().all(|octet| octet.is_ascii_alphanumeric() || b"_-".contains(octet));
    let star = pattern.iter().position(|&octet| octet == b'*');
    let star = star.filter(|&star| plain(&pattern[..star]) && star + 1 < pattern.len());
    let Some(star) = star else { return !pattern.is_empty() && pattern.eq_ignore_ascii_case(name) };
    let (prefix, suffix) = (&pattern[..star], &pattern[star + 1..]);
    let Some(middle) = name.len().checked_sub(prefix.len() + suffix.len()) else { return false };
    let (head, rest) = name.split_at(prefix.len());
    let (covered, tail) = rest.split_at(middle);
    (prefix.is_empty() || !name.starts_with(b"xn--"))
        && head.eq_ignore_ascii_case(prefix)
        && tail.eq_ignore_ascii_case(suffix)
        && !covered.is_empty()
        && plain(covered)
        && name.iter().filter(|&&octet| octet == b'.').count() >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What OpenSSL 3.0.19 says of each with `-verify_hostname`.
    #[test]
    fn wildcards_match_as_openssl_has_it() {
        for (pattern, name, whole, partial) in [
            ("example.com", "EXAMPLE.com", true, true),
            ("*.example.com", "www.example.com", true, true),
            ("*.example.com", "a.b.example.com", false, false),
            ("*.example.com", "example.com", false, false),
            ("a-*.example.com", "a-b.example.com", false, false),
            ("*-a.example.com", "b-a.example.com", false, true),
            ("*.a_b.example.com", "c.a_b.example.com", false, false),
            ("*.com", "example.com", false, false),
            ("ba*.example.com", "bar.example.com", false, true),
            ("*r.example.com", "bar.example.com", false, true),
            ("b*r.example.com", "bar.example.com", false, false),
            ("xn--*.example.com", "xn--a.example.com", false, false),
            ("x*.example.com", "xn--a.example.com", false, false),
            ("*.xn--a.example.com", "b.xn--a.example.com", true, true),
            ("*.example.com", "xn--a.example.com", true, true),
            ("www.*.com", "www.example.com", false, false),
            ("*.example.com", "a_b.example.com", false, false),
            ("*.-example.com", "a.-example.com", false, false),
            ("*.example.com", "*.example.com", true, true),
        ] {
            let fits = |partial| Pattern::OpenSsl { partial }.fits(pattern.as_bytes(), name);
            assert_eq!((fits(false), fits(true)), (whole, partial), "{pattern} for {name}");
        }
        assert!(!Pattern::OpenSsl { partial: false }.fits(b"a\0.example.com", "a\0.example.com"));
    }

    /// Who takes which pattern, as they say themselves (`tests/oracles/host_names.rs` asks more of them).
    #[test]
    fn each_program_has_patterns_of_its_own() {
        let all = [
            ("curl", Pattern::Curl),
            ("node", Pattern::Node),
            ("bun", Pattern::Bun),
            ("bun-1.3", Pattern::BunLabels),
            ("php", Pattern::Php),
            ("ruby", Pattern::Ruby),
            ("python", Pattern::Python { decoded: false }),
            ("perl", Pattern::Perl),
        ];
        for (pattern, name, takers) in [
            ("A.test", "a.test", "curl node bun-1.3 php ruby python perl"),
            ("a.test.", "a.test", "curl node ruby perl"),
            ("*.w.test", "x.w.test", "curl node bun bun-1.3 php ruby python perl"),
            ("*.w.test", "x.y.w.test", "bun"),
            ("*.test", "a.test", "bun php ruby python"),
            ("*", "a", "bun php python"),
            ("f*.w.test", "foo.w.test", "node php ruby python perl"),
            ("foo*.w.test", "foo.w.test", "node php python"),
            ("f*o.w.test", "foo.w.test", "node php ruby python perl"),
            ("x.*.test", "x.w.test", ""),
            ("xn--*.w.test", "xn--bcher-kva.w.test", "php"),
            ("*.w.test", "xn--bcher-kva.w.test", "curl node bun bun-1.3 php ruby python perl"),
            ("*.w.test", "my_host.w.test", "curl node bun bun-1.3 php ruby python perl"),
            ("", "a.test", ""),
        ] {
            let fits = |(_, program): &&(&str, Pattern)| program.fits(pattern.as_bytes(), name);
            let found: Vec<&str> = all.iter().filter(fits).map(|(program, _)| *program).collect();
            assert_eq!(found.join(" "), takers, "{pattern} for {name}");
        }
    }
}
