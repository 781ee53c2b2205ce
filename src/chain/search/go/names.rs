//! Names as Go compares them: the host, and the names of a chain with constraints.
//!
//! From `crypto/x509/verify.go` (`VerifyHostname`, `matchDomainConstraint`) and `constraints.go` (1.26).

use super::parse::{Constraints, Names, Subtrees};
use crate::policy::go::{COMPARISONS, Go};
use std::net::IpAddr;

/// `VerifyHostname`: whether a name that was asked for is one of these. The common name never counts.
pub(super) fn host_matches(names: Option<&Names>, asked: &str, go: Go) -> bool {
    let Some(names) = names else { return false };
    let bare = asked.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(asked);
    if let Ok(address) = bare.parse::<IpAddr>() {
        return names.ips.iter().any(|octets| is_address(octets, address));
    }
    let wanted = asked.to_ascii_lowercase();
    let valid = host_is_valid(&wanted, false, go);
    names.dns.iter().any(|pattern| {
        if valid && host_is_valid(pattern, true, go) {
            pattern_matches(pattern, &wanted)
        } else {
            !matches!(pattern.as_str(), "" | ".")
                && !matches!(wanted.as_str(), "" | ".")
                && pattern.eq_ignore_ascii_case(&wanted)
        }
    })
}

/// Whether octets of a certificate are this address; IPv4 and its IPv6 form are the same (`net.IP.Equal`).
pub(super) fn is_address(octets: &[u8], address: IpAddr) -> bool {
    let found = match octets.len() {
        4 => <[u8; 4]>::try_from(octets).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(octets).ok().map(IpAddr::from),
        _ => None,
    };
    found.is_some_and(|found| found.to_canonical() == address.to_canonical())
}

/// `matchHostnames`: label by label, the first of the pattern may be `*`.
pub(super) fn pattern_matches(pattern: &str, host: &str) -> bool {
    let pattern = pattern.to_ascii_lowercase();
    let host = host.to_ascii_lowercase();
    let host = host.strip_suffix('.').unwrap_or(&host);
    if pattern.is_empty() || host.is_empty() {
        return false;
    }
    let (patterns, labels): (Vec<&str>, Vec<&str>) = (pattern.split('.').collect(), host.split('.').collect());
    patterns.len() == labels.len()
        && patterns
            .iter()
            .zip(&labels)
            .enumerate()
            .all(|(at, (wanted, label))| (at == 0 && *wanted == "*") || wanted == label)
}

/// `validHostname`; a bare wildcard is none since 1.23.
fn host_is_valid(host: &str, pattern: bool, go: Go) -> bool {
    let host = if pattern { host } else { host.strip_suffix('.').unwrap_or(host) };
    if host.is_empty() || (host == "*" && go.is(23)) {
        return false;
    }
    host.split('.').enumerate().all(|(at, label)| {
        let plain = |(place, c): (usize, char)| c.is_ascii_alphanumeric() || (c == '-' && place != 0) || c == '_';
        !label.is_empty() && ((pattern && at == 0 && label == "*") || label.chars().enumerate().all(plain))
    })
}

/// `domainNameValid` (1.24.9), `domainToReverseLabels` before: no empty label, nothing that is not printed. Before
/// 1.23 an empty label at the beginning is not seen.
pub(super) fn domain_is_valid(domain: &str, constraint: bool, go: Go) -> bool {
    if domain.is_empty() {
        return true;
    }
    let domain = if constraint { domain.strip_prefix('.').unwrap_or(domain) } else { domain };
    // Since 1.24.9 in a name that has only its dot.
    if domain.is_empty() {
        return !go.is(24);
    }
    let domain = if go.is(23) { domain } else { domain.strip_prefix('.').unwrap_or(domain) };
    domain.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| (33..=126).contains(&b)))
}

/// The host of a URI with its port, as `net/url` has it; nothing where there is no authority.
pub(super) fn uri_host(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    Some(authority.rsplit_once('@').map_or(authority, |(_, host)| host))
}

/// Why an authority is none that `net/url` reads: escapes in a host are for what is no ASCII, and a port has digits.
pub(super) fn bad_authority(uri: &str) -> Option<String> {
    let host = uri_host(uri)?;
    let name_end = host.rfind(']').map_or(0, |at| at + 1);
    if let Some(at) = host.find('%') {
        let escape = host.get(at..(at + 3).min(host.len())).unwrap_or_default();
        let value = u8::from_str_radix(escape.get(1..).unwrap_or_default(), 16);
        if escape.len() < 3 || !value.is_ok_and(|value| value >= 0x80 || value == b'%') {
            return Some(format!("invalid URL escape {escape:?}"));
        }
    }
    let port = &host[name_end + host[name_end..].find(':')?..];
    let fits = port.bytes().skip(1).all(|octet| octet.is_ascii_digit());
    (!fits).then(|| format!("invalid port {port:?} after host"))
}

/// `parseRFC2821Mailbox`, for addresses without quotes: local part and domain.
pub(super) fn mailbox(address: &str, go: Go) -> Option<(String, String)> {
    let (local, domain) = address.split_once('@')?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    let fits = !local.is_empty() && local.bytes().all(plain) && !dots;
    (fits && domain_is_valid(domain, false, go) && !domain.contains('@')).then(|| (local.to_owned(), domain.to_owned()))
}

/// What a comparison with constraints came to.
#[derive(Debug, PartialEq)]
pub(super) enum Fit {
    Fits,
    /// Not permitted, excluded or not comparable: the text after the colon.
    Against(String),
    /// The names cannot be compared: a text of its own.
    Broken(String),
    /// More comparisons than Go makes.
    TooMany,
}

/// The names of one certificate with the constraints of another.
pub(super) fn check(names: &Names, constraints: &Constraints, go: Go, spent: &mut usize) -> Fit {
    if go.is(26)
        && let Some(why) = not_comparable(names, go)
    {
        return Fit::Against(why);
    }
    let mut listed = names.listed.clone();
    // Kind by kind since 1.26, as they stand before.
    if go.is(26) {
        let order = ["IP address", "DNS name", "URI", "email address"];
        listed.sort_by_key(|(kind, _)| order.iter().position(|known| known == kind));
    }
    for (kind, at) in listed {
        let fit = match kind {
            "IP address" => names.ips.get(at).map(|address| check_address(address, constraints, go, spent)),
            "email address" => names.emails.get(at).map(|name| check_text(kind, name, constraints, go, spent)),
            "DNS name" => names.dns.get(at).map(|name| check_text(kind, name, constraints, go, spent)),
            _ => names.uris.get(at).map(|name| check_text(kind, name, constraints, go, spent)),
        };
        match fit {
            Some(Fit::Fits) | None => {}
            Some(fit) => return fit,
        }
    }
    Fit::Fits
}

fn check_address(address: &[u8], constraints: &Constraints, go: Go, spent: &mut usize) -> Fit {
    let within = |side: &Subtrees| side.ips.iter().position(|(ip, mask)| in_network(address, ip, mask));
    let (permitted, excluded) = (constraints.permitted.ips.len(), constraints.excluded.ips.len());
    one("IP address", &shown_address(address), permitted, excluded, go, spent, |excluded| {
        let side = if excluded { &constraints.excluded } else { &constraints.permitted };
        Ok(within(side).map(|at| shown_network(&side.ips[at])))
    })
}

fn check_text(kind: &str, name: &str, constraints: &Constraints, go: Go, spent: &mut usize) -> Fit {
    match kind {
        "DNS name" if !domain_is_valid(name, false, go) => {
            return Fit::Broken(format!("x509: cannot parse dnsName {name:?}"));
        }
        "email address" if mailbox(name, go).is_none() => {
            return Fit::Broken(format!("x509: cannot parse rfc822Name {name:?}"));
        }
        _ => {}
    }
    let (permitted, excluded) = (of_kind(&constraints.permitted, kind), of_kind(&constraints.excluded, kind));
    one(kind, name, permitted.len(), excluded.len(), go, spent, |exclude| {
        let side = if exclude { excluded } else { permitted };
        let mut found: Option<&String> = None;
        for constraint in side {
            if matches(kind, name, constraint, exclude, go)? {
                // Since 1.26 what another constraint covers is left out (`sortAndPrune`).
                let wider = found.is_none_or(|found| constraint.len() < found.len());
                found = if wider { Some(constraint) } else { found };
                if !go.is(26) {
                    break;
                }
            }
        }
        Ok(found.cloned())
    })
}

/// Names that are held against no constraints, of whatever kind these are (`parseURIs` and `parseMailboxes`, 1.26).
fn not_comparable(names: &Names, go: Go) -> Option<String> {
    let uri = |uri: &String| matches("URI", uri, "", false, go).err();
    let email = |email: &String| mailbox(email, go).is_none().then(|| format!("cannot parse rfc822Name {email:?}"));
    names.uris.iter().find_map(uri).or_else(|| names.emails.iter().find_map(email))
}

fn of_kind<'s>(side: &'s Subtrees, kind: &str) -> &'s [String] {
    match kind {
        "email address" => &side.emails,
        "DNS name" => &side.dns,
        _ => &side.uris,
    }
}

/// One name: excluded before permitted until 1.25, the other way round since 1.26.
fn one(
    kind: &str,
    name: &str,
    permitted: usize,
    excluded: usize,
    go: Go,
    spent: &mut usize,
    within: impl Fn(bool) -> Result<Option<String>, String>,
) -> Fit {
    let order = if go.is(26) { [false, true] } else { [true, false] };
    for exclude in order {
        let count = if exclude { excluded } else { permitted };
        *spent = spent.saturating_add(count);
        if *spent > COMPARISONS && !go.is(26) {
            return Fit::TooMany;
        }
        if count == 0 {
            continue;
        }
        match (within(exclude), exclude) {
            (Err(why), _) => return Fit::Against(why),
            (Ok(Some(constraint)), true) => {
                return Fit::Against(format!("{kind} {name:?} is excluded by constraint {constraint:?}"));
            }
            (Ok(None), false) => return Fit::Against(format!("{kind} {name:?} is not permitted by any constraint")),
            _ => {}
        }
    }
    Fit::Fits
}

fn matches(kind: &str, name: &str, constraint: &str, excluded: bool, go: Go) -> Result<bool, String> {
    match kind {
        "DNS name" => Ok(domain_matches(name, constraint, excluded, go)),
        "email address" => {
            let Some((local, domain)) = mailbox(name, go) else { return Ok(false) };
            if let Some((wanted, at)) = constraint.split_once('@') {
                return Ok(local == wanted && domain.eq_ignore_ascii_case(at));
            }
            Ok(domain_matches(&domain, constraint, excluded, go))
        }
        _ => {
            let host = uri_host(name).unwrap_or_default();
            if host.is_empty() {
                return Err(format!("URI with empty host ({name:?}) cannot be matched against constraints"));
            }
            let bare = if host.ends_with(']') { host } else { host.rsplit_once(':').map_or(host, |(host, _)| host) };
            if bare.parse::<IpAddr>().is_ok() || (bare.starts_with('[') && bare.ends_with(']')) {
                return Err(format!("URI with IP ({name:?}) cannot be matched against constraints"));
            }
            Ok(domain_matches(bare, constraint, excluded, go))
        }
    }
}

/// `matchDomainConstraint`: the last labels; a leading dot demands one more.
fn domain_matches(domain: &str, constraint: &str, excluded: bool, go: Go) -> bool {
    if constraint.is_empty() {
        return true;
    }
    let (deeper, constraint) = constraint.strip_prefix('.').map_or((false, constraint), |rest| (true, rest));
    let constraint = if go.is(23) { constraint } else { constraint.strip_prefix('.').unwrap_or(constraint) };
    if constraint.is_empty() {
        return !domain.is_empty();
    }
    if !(excluded && domain.starts_with('*')) {
        let (name, wanted) = (domain.as_bytes(), constraint.as_bytes());
        let Some(before) = name.len().checked_sub(wanted.len()) else { return false };
        let (head, tail) = name.split_at(before);
        let whole = if head.is_empty() { !deeper } else { head.ends_with(b".") };
        return whole && tail.eq_ignore_ascii_case(wanted);
    }
    let mut labels: Vec<&str> = domain.rsplit('.').collect();
    let mut wanted: Vec<&str> = constraint.rsplit('.').collect();
    if labels.len() < wanted.len() || (deeper && labels.len() == wanted.len()) {
        return false;
    }
    // 1.24.11 and 1.25.5 cut both, whatever their lengths; 1.26 compares names of one length.
    let cuts = !go.is(26) || labels.len() == wanted.len();
    if excluded && go.wildcards_excluded && domain.starts_with('*') && labels.len() > 1 && cuts {
        labels.pop();
        wanted.pop();
    }
    wanted.iter().zip(&labels).all(|(wanted, label)| wanted.eq_ignore_ascii_case(label))
}

fn in_network(address: &[u8], ip: &[u8], mask: &[u8]) -> bool {
    address.len() == ip.len() && address.iter().zip(ip).zip(mask).all(|((a, b), mask)| a & mask == b & mask)
}

fn shown_address(octets: &[u8]) -> String {
    match octets.len() {
        4 => <[u8; 4]>::try_from(octets).map(|octets| IpAddr::from(octets).to_string()).unwrap_or_default(),
        16 => <[u8; 16]>::try_from(octets).map(|octets| IpAddr::from(octets).to_string()).unwrap_or_default(),
        _ => String::new(),
    }
}

fn shown_network((ip, mask): &(Vec<u8>, Vec<u8>)) -> String {
    let bits: u32 = mask.iter().map(|octet| octet.leading_ones()).sum();
    format!("{}/{bits}", shown_address(ip))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Version;

    fn go(version: &str) -> Go {
        Go::new(&Version::parse(version).unwrap(), None)
    }

    /// Dots at the beginning of a constraint, as 1.21.13, 1.23.9 and 1.27.3 take them.
    #[test]
    fn a_constraint_of_dots_alone_is_one_in_old_versions() {
        for (domain, in_21, in_23, in_27) in [
            (".", true, true, false),
            ("..com", true, false, false),
            ("..", false, false, false),
            (".com", true, true, true),
        ] {
            let is = |version| domain_is_valid(domain, true, go(version));
            assert_eq!((is("1.21.13"), is("1.23.9"), is("1.27.3")), (in_21, in_23, in_27), "{domain}");
        }
        assert!(domain_matches("a.example.com", ".", true, go("1.21.13")));
        assert!(domain_matches("a.example.com", "..com", true, go("1.21.13")));
    }

    #[test]
    fn authorities_that_net_url_does_not_read() {
        for (uri, why) in [
            ("https://a.example.com:8443/x", None),
            ("https://[::1]:443/", None),
            ("https://a%C3%A4.example.com/", None),
            ("https://a%41.example.com/", Some("invalid URL escape \"%41\"")),
            ("https://a.example.com:x/", Some("invalid port \":x\" after host")),
            ("urn:x", None),
        ] {
            assert_eq!(bad_authority(uri).as_deref(), why, "{uri}");
        }
    }

    /// Since 1.26 a URI without a host is told whatever the constraints are of, and DNS names come before mail addresses.
    #[test]
    fn names_that_cannot_be_compared_are_told_since_1_26() {
        let listed = vec![("URI", 0), ("DNS name", 0)];
        let names =
            Names { uris: vec!["ftp:/x".to_owned()], dns: vec!["a.com".to_owned()], listed, ..Names::default() };
        let permitted = Subtrees { dns: vec!["a.com".to_owned()], ..Subtrees::default() };
        let constraints = Constraints { permitted, excluded: Subtrees::default() };
        assert_eq!(check(&names, &constraints, go("1.25.5"), &mut 0), Fit::Fits);
        let text = "URI with empty host (\"ftp:/x\") cannot be matched against constraints";
        assert_eq!(check(&names, &constraints, go("1.26.2"), &mut 0), Fit::Against(text.to_owned()));
    }
}
