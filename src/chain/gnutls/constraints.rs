//! Name constraints as GnuTLS gathers them from the anchor down.
//!
//! What every issuer permits is intersected with what was permitted above it, and what it excludes is added; where both
//! permit names of a kind and have none in common, the whole kind is excluded. `lib/x509/name_constraints.c` of 3.8.12,
//! which Debian and others have in older versions as well (CVE-2025-14831, CVE-2026-3833, CVE-2026-42011).

use super::list::strict;
use crate::chain::member::extension::Subtree;
use crate::chain::member::general_name::GeneralName;
use crate::chain::member::{Member, oids};
use crate::format::der::Walk;
use crate::model::Oid;
use crate::policy::Fault;
use std::cmp::Ordering;

/// The kinds of names, in the library's order (`gnutls_x509_subject_alt_name_t`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A host.
    Dns,
    /// A mail address.
    Email,
    /// A URI, which nothing is compared with.
    Uri,
    /// An address.
    Ip,
    /// A directory name, which nothing is compared with.
    Directory,
    /// A principal of Windows (`GNUTLS_SAN_OTHERNAME_MSUSERPRINCIPAL`), the one other name that a constraint may have.
    Principal,
}

impl Kind {
    fn is_compared(self) -> bool {
        matches!(self, Self::Dns | Self::Email | Self::Ip)
    }
}

/// One constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    kind: Kind,
    octets: Vec<u8>,
    /// As it is compared, brought into that form once: each name is held against each constraint.
    folded: Vec<u8>,
}

impl Node {
    fn new(kind: Kind, octets: &[u8]) -> Self {
        Self { kind, octets: octets.to_vec(), folded: folded(kind, octets) }
    }
}

/// A domain in small letters and without dots at its end, also behind a local part; what is no host as it is.
fn folded(kind: Kind, octets: &[u8]) -> Vec<u8> {
    let domain = match kind {
        Kind::Dns => 0,
        Kind::Email => octets.iter().rposition(|octet| *octet == b'@').map_or(0, |at| at + 1),
        Kind::Uri | Kind::Ip | Kind::Directory | Kind::Principal => return octets.to_vec(),
    };
    let mut folded = octets.to_vec();
    folded[domain..].make_ascii_lowercase();
    while folded.len() > domain && folded.ends_with(b".") {
        folded.pop();
    }
    folded
}

/// szOID_NT_PRINCIPAL_NAME (`MSUSER_PRINCIPAL_NAME_OID`, lib/x509/virt-san.h).
const PRINCIPAL: Oid = Oid::new_unwrap("1.3.6.1.4.1.311.20.2.3");

/// What is permitted and what is excluded.
#[derive(Debug, Clone, Default)]
pub(super) struct Constraints {
    permitted: Vec<Node>,
    excluded: Vec<Node>,
}

/// `enum name_constraint_relation`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Before,
    IncludedBy,
    Equal,
    Includes,
    After,
}

impl Constraints {
    /// Adds those of an issuer (`gnutls_x509_crt_get_name_constraints` with
    /// `GNUTLS_NAME_CONSTRAINTS_FLAG_APPEND`).
    ///
    /// # Errors
    /// Where they cannot be read, or have a kind of name that the library does not know.
    pub(super) fn add(&mut self, issuer: &Member) -> Result<(), Fault> {
        if !issuer.name_constraints.is_there() {
            return Ok(());
        }
        strict(issuer, oids::NAME_CONSTRAINTS).ok_or(Fault::ConstraintMalformed)?;
        let found = issuer.name_constraints.value().ok_or(Fault::ConstraintMalformed)?;
        let (permitted, excluded) = (nodes(&found.permitted)?, nodes(&found.excluded)?);
        if self.permitted.is_empty() && self.excluded.is_empty() {
            *self = Self { permitted, excluded };
            return Ok(());
        }
        self.intersect(permitted);
        self.excluded.extend(excluded);
        Ok(())
    }

    /// Whether there are any of a kind (`_gnutls_x509_name_constraints_is_empty`).
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.permitted.iter().chain(&self.excluded).any(|node| node.kind == kind)
    }

    /// Whether any of a kind is excluded (`check_unsupported_constraint`).
    pub(super) fn excludes_any(&self, kind: Kind) -> bool {
        self.excluded.iter().any(|node| node.kind == kind)
    }

    /// One name of a kind that is compared (`gnutls_x509_name_constraints_check`).
    ///
    /// # Errors
    /// Where it is excluded, or not permitted.
    pub(super) fn check(&self, kind: Kind, name: &[u8]) -> Result<(), Fault> {
        let name = folded(kind, name);
        let of_kind = |node: &&Node| node.kind == kind && (kind != Kind::Ip || node.octets.len() == 2 * name.len());
        let fits = |node: &Node| match kind {
            Kind::Ip => ip_fits(&name, &node.octets),
            Kind::Email => matches!(emails(&name, &node.folded), Relation::Equal | Relation::IncludedBy),
            _ => matches!(hosts(&name, &node.folded), Relation::Equal | Relation::IncludedBy),
        };
        if self.excluded.iter().filter(of_kind).any(|node| node.octets.is_empty() || fits(node)) {
            return Err(Fault::NameExcluded);
        }
        let mut permitted = self.permitted.iter().filter(of_kind).filter(|node| !node.octets.is_empty()).peekable();
        if permitted.peek().is_none() || permitted.any(fits) { Ok(()) } else { Err(Fault::NameNotPermitted) }
    }

    /// `name_constraints_node_list_intersect`.
    fn intersect(&mut self, other: Vec<Node>) {
        let (own, others) = (sorted(&self.permitted), sorted(&other));
        let has = |nodes: &[Node], kind| nodes.iter().any(|node| node.kind == kind);
        let mut excluded: Vec<Kind> = [Kind::Dns, Kind::Email, Kind::Ip]
            .into_iter()
            .filter(|kind| has(&own, *kind) && has(&others, *kind))
            .collect();
        let is_other = |node: &&Node| !node.kind.is_compared();
        let mut kept: Vec<Node> = own.iter().chain(&others).filter(is_other).cloned().collect();
        let compared = |nodes: &[Node]| -> Vec<Node> { nodes.iter().filter(|node| !is_other(node)).cloned().collect() };
        let (first, second) = (compared(&own), compared(&others));
        let (mut i, mut j) = (0, 0);
        while i < first.len() || j < second.len() {
            match (first.get(i), second.get(j)) {
                (None, None) => break,
                (Some(one), found) => match found.map_or(Relation::Before, |other| relation(one, other)) {
                    Relation::Before => {
                        if !has(&second, one.kind) {
                            kept.push(one.clone());
                        }
                        i += 1;
                    }
                    Relation::IncludedBy => {
                        excluded.retain(|kind| *kind != one.kind);
                        kept.push(one.clone());
                        i += 1;
                    }
                    Relation::Equal => {
                        excluded.retain(|kind| *kind != one.kind);
                        kept.push(one.clone());
                        i += 1;
                        j += 1;
                    }
                    Relation::Includes => {
                        excluded.retain(|kind| *kind != one.kind);
                        kept.extend(found.cloned());
                        j += 1;
                    }
                    Relation::After => {
                        kept.extend(found.filter(|other| !has(&first, other.kind)).cloned());
                        j += 1;
                    }
                },
                (None, Some(other)) => {
                    if !has(&first, other.kind) {
                        kept.push(other.clone());
                    }
                    j += 1;
                }
            }
        }
        for kind in excluded {
            let all: &[usize] = if kind == Kind::Ip { &[8, 32] } else { &[0] };
            self.excluded.extend(all.iter().map(|length| Node::new(kind, &vec![0; *length])));
        }
        self.permitted = kept;
    }
}

/// `extract_name_constraints`: an empty directory name ends the list.
fn nodes(subtrees: &[Subtree]) -> Result<Vec<Node>, Fault> {
    let mut all = Vec::new();
    for subtree in subtrees {
        let (kind, octets) = match &subtree.base {
            GeneralName::Dns(octets) => (Kind::Dns, octets),
            GeneralName::Email(octets) => (Kind::Email, octets),
            GeneralName::Uri(octets) => (Kind::Uri, octets),
            GeneralName::Ip(octets) => (Kind::Ip, octets),
            GeneralName::Directory { der, .. } => {
                if Walk::new(der).next().is_ok_and(|name| name.content.is_empty()) {
                    break;
                }
                (Kind::Directory, der)
            }
            GeneralName::Other(Some(PRINCIPAL), value) => (Kind::Principal, value),
            GeneralName::Other(..) | GeneralName::Unused(_) => return Err(Fault::ConstraintUnsupported),
        };
        if !is_valid(kind, octets) {
            return Err(Fault::ConstraintMalformed);
        }
        all.push(Node::new(kind, octets));
    }
    Ok(all)
}

/// `validate_name_constraints_node`.
fn is_valid(kind: Kind, octets: &[u8]) -> bool {
    match kind {
        Kind::Ip => {
            let mask = &octets[octets.len() / 2..];
            let begins = mask.iter().position(|octet| *octet != 0xff).unwrap_or(mask.len());
            let (partial, rest) = mask[begins..].split_first().unwrap_or((&0, &[]));
            let is_prefix = partial.leading_ones() == partial.count_ones() && rest.iter().all(|octet| *octet == 0);
            matches!(octets.len(), 8 | 32) && is_prefix
        }
        Kind::Dns | Kind::Email => !octets.windows(2).any(|pair| pair == b"..") && octets != b".",
        Kind::Uri | Kind::Directory | Kind::Principal => true,
    }
}

/// In the library's order. It is no order of everything (mail addresses and hosts go round), which std's own sort may
/// answer with a panic; a merge ends with any relation.
fn sorted(nodes: &[Node]) -> Vec<Node> {
    merged(nodes.iter().collect()).into_iter().cloned().collect()
}

fn merged(mut nodes: Vec<&Node>) -> Vec<&Node> {
    if nodes.len() < 2 {
        return nodes;
    }
    let second = merged(nodes.split_off(nodes.len() / 2));
    let (mut first, mut second) = (merged(nodes).into_iter().peekable(), second.into_iter().peekable());
    let mut all = Vec::new();
    while let (Some(one), Some(other)) = (first.peek(), second.peek()) {
        let is_before = matches!(relation(other, one), Relation::Before | Relation::IncludedBy);
        all.extend(if is_before { second.next() } else { first.next() });
    }
    all.extend(first.chain(second));
    all
}

/// `compare_name_constraint_nodes`.
fn relation(one: &Node, other: &Node) -> Relation {
    let order = one.kind.is_compared().cmp(&other.kind.is_compared()).then(one.kind.cmp(&other.kind));
    match (order, one.kind) {
        (Ordering::Less, _) => Relation::Before,
        (Ordering::Greater, _) => Relation::After,
        (_, Kind::Dns) => hosts(&one.folded, &other.folded),
        (_, Kind::Email) => emails(&one.folded, &other.folded),
        (_, Kind::Ip) => networks(&one.octets, &other.octets),
        (_, Kind::Uri | Kind::Directory | Kind::Principal) => texts(&one.octets, &other.octets),
    }
}

fn texts(one: &[u8], other: &[u8]) -> Relation {
    match one.cmp(other) {
        Ordering::Less => Relation::Before,
        Ordering::Equal => Relation::Equal,
        Ordering::Greater => Relation::After,
    }
}

/// `compare_dns_names` of names that are [`folded`]: label by label from the end; a dot at the beginning stands for every
/// label.
fn hosts(one: &[u8], other: &[u8]) -> Relation {
    let (mut i, mut j) = (one.len(), other.len());
    let (mut i_end, mut j_end) = (i, j);
    loop {
        i = one[..i].iter().rposition(|octet| *octet == b'.').map_or(0, |at| at + 1);
        j = other[..j].iter().rposition(|octet| *octet == b'.').map_or(0, |at| at + 1);
        match texts(&one[i..i_end], &other[j..j_end]) {
            Relation::Equal => {}
            differs => return differs,
        }
        match (i, j) {
            (0, 0) => return Relation::Equal,
            (0, _) => return Relation::Includes,
            (_, 0) => return Relation::IncludedBy,
            _ => {}
        }
        (i, j) = (i - 1, j - 1);
        (i_end, j_end) = (i, j);
        match (i, j) {
            (0, 1..) => return Relation::Includes,
            (1.., 0) => return Relation::IncludedBy,
            _ => {}
        }
    }
}

/// `compare_emails` of addresses that are [`folded`]: a host is that host alone, and what is below it only with a dot at its beginning.
fn emails(one: &[u8], other: &[u8]) -> Relation {
    let split = |name: &[u8]| name.iter().rposition(|octet| *octet == b'@');
    let (at, other_at) = (split(one), split(other));
    let domain = |name: &'_ [u8], at: Option<usize>| at.map_or(0, |at| at + 1)..name.len();
    let (first, second) = (&one[domain(one, at)], &other[domain(other, other_at)]);
    let domains = match hosts(first, second) {
        Relation::IncludedBy if !second.starts_with(b".") => Relation::Before,
        Relation::Includes if !first.starts_with(b".") => Relation::After,
        relation => relation,
    };
    match (at, other_at, domains) {
        (None, None, _) | (_, _, Relation::Before | Relation::After) => domains,
        (Some(_), None, Relation::Includes) => Relation::After,
        (Some(_), None, _) => Relation::IncludedBy,
        (None, Some(_), Relation::Includes) => Relation::After,
        (None, Some(_), Relation::Equal) => Relation::Includes,
        (None, Some(_), _) => Relation::Before,
        (Some(_), Some(_), Relation::Includes) => Relation::After,
        (Some(_), Some(_), Relation::IncludedBy) => Relation::Before,
        (Some(at), Some(other_at), Relation::Equal) => texts(&one[..at], &other[..other_at]),
    }
}

/// `compare_ip_ncs`.
fn networks(one: &[u8], other: &[u8]) -> Relation {
    match one.len().cmp(&other.len()) {
        Ordering::Less => return Relation::Before,
        Ordering::Greater => return Relation::After,
        Ordering::Equal => {}
    }
    let ((ip, mask), (other_ip, other_mask)) = (one.split_at(one.len() / 2), other.split_at(other.len() / 2));
    let masked = |ip: &[u8], mask: &[u8]| ip.iter().zip(mask).map(|(ip, mask)| ip & mask).collect::<Vec<u8>>();
    match mask.cmp(other_mask) {
        Ordering::Less if masked(ip, mask) == masked(other_ip, mask) => Relation::Includes,
        Ordering::Greater if masked(ip, other_mask) == masked(other_ip, other_mask) => Relation::IncludedBy,
        _ => texts(&masked(ip, mask), &masked(other_ip, other_mask)),
    }
}

/// `ip_in_cidr`.
fn ip_fits(name: &[u8], constraint: &[u8]) -> bool {
    let (network, mask) = constraint.split_at(constraint.len() / 2);
    name.len() == network.len() && name.iter().zip(network).zip(mask).all(|((a, b), mask)| a & mask == b & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(text: &str) -> Node {
        Node::new(Kind::Dns, text.as_bytes())
    }

    #[test]
    fn hosts_are_within_domains_whatever_their_capitals_and_dots() {
        for (name, base, relation) in [
            ("a.example.com", "example.com", Relation::IncludedBy),
            ("a.example.com", "EXAMPLE.com", Relation::IncludedBy),
            ("a.example.com", "example.com.", Relation::IncludedBy),
            ("a.example.com", ".example.com", Relation::IncludedBy),
            ("example.com", "example.com", Relation::Equal),
            ("example.com", ".example.com", Relation::Includes),
            ("example.com", "a.example.com", Relation::Includes),
            ("a.example.com", "xample.com", Relation::Before),
            ("b.org", "a.org", Relation::After),
        ] {
            assert_eq!(super::relation(&dns(name), &dns(base)), relation, "{name} and {base}");
        }
    }

    #[test]
    fn mail_addresses_are_within_a_host_and_below_a_dot() {
        for (name, base, relation) in [
            ("a@example.com", "example.com", Relation::IncludedBy),
            ("a@b.example.com", "example.com", Relation::Before),
            ("a@b.example.com", ".example.com", Relation::IncludedBy),
            ("a@EXAMPLE.com", "a@example.com", Relation::Equal),
            ("A@example.com", "a@example.com", Relation::Before),
        ] {
            let [name, base] = [name, base].map(|text| Node::new(Kind::Email, text.as_bytes()));
            assert_eq!(super::relation(&name, &base), relation, "{name:?} and {base:?}");
        }
    }

    /// Names whose relation is no order: `x` is before a host, the host before what is below it, and so on.
    #[test]
    fn what_has_no_order_is_sorted_all_the_same() {
        let mut numbers = 0x2545_f491_4f6c_dd1du64;
        let mut next = |below: u64| {
            numbers ^= numbers << 13;
            numbers ^= numbers >> 7;
            numbers ^= numbers << 17;
            numbers % below
        };
        for _ in 0..50 {
            let mut nodes = Vec::new();
            for _ in 0..200 {
                let length = next(8) as usize;
                let octets: Vec<u8> = (0..length).map(|_| b"ab.@C"[next(5) as usize]).collect();
                let kind = [Kind::Dns, Kind::Email, Kind::Ip, Kind::Uri][next(4) as usize];
                nodes.push(Node::new(kind, &octets));
            }
            assert_eq!(sorted(&nodes).len(), nodes.len());
            let mut found = Constraints { permitted: nodes.clone(), excluded: Vec::new() };
            found.intersect(nodes);
        }
    }

    /// Of what two issuers permit, what both permit; all is excluded where that is nothing.
    #[test]
    fn what_is_permitted_is_intersected() {
        let permits = |first: &[&str], second: &[&str]| {
            let nodes = |texts: &[&str]| texts.iter().map(|text| dns(text)).collect::<Vec<_>>();
            let mut found = Constraints { permitted: nodes(first), excluded: Vec::new() };
            found.intersect(nodes(second));
            found
        };
        let both = permits(&["example.com", "other.org"], &["a.example.com"]);
        assert_eq!(both.permitted, [dns("a.example.com")]);
        assert_eq!(both.check(Kind::Dns, b"a.example.com"), Ok(()));
        assert_eq!(both.check(Kind::Dns, b"b.example.com"), Err(Fault::NameNotPermitted));
        assert_eq!(permits(&["a.com"], &["b.com"]).check(Kind::Dns, b"a.com"), Err(Fault::NameExcluded));
        // An empty name has nothing in common with another.
        assert_eq!(permits(&[""], &["a.com"]).check(Kind::Dns, b"a.com"), Err(Fault::NameExcluded));
    }

    #[test]
    fn a_constraint_that_is_none_is_refused() {
        for (kind, octets, is) in [
            (Kind::Dns, b"".as_slice(), true),
            (Kind::Dns, b".", false),
            (Kind::Dns, b"..com", false),
            (Kind::Ip, &[10, 0, 0, 0, 255, 0, 0, 0], true),
            (Kind::Ip, &[0; 8], true),
            (Kind::Ip, &[10, 0, 0, 0, 255, 0, 255, 0], false),
            (Kind::Ip, &[10, 0, 0, 0], false),
        ] {
            assert_eq!(is_valid(kind, octets), is, "{octets:?}");
        }
    }
}
