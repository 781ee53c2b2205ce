//! What Go asks of candidates and of whole paths: the order in which candidates are tried, what stands in a path
//! already, purposes from the root down, keys that are distrusted, policies.

use super::super::{common_name, extension, policies, subject};
use super::parse::Parsed;
use super::{Candidate, Link};
use crate::chain::member::{Member, oids};
use crate::model::Oid;
use crate::model::trust::{ANY_PURPOSE, SERVER_AUTH};
use crate::policy::go;

/// `findPotentialParents`: key identifiers that are the same, then where one is missing, then the others.
pub(super) fn fitting<'c>(mut candidates: Vec<&'c Candidate>, child: &Link) -> Vec<&'c Candidate> {
    let wanted = &child.parsed.authority;
    candidates.sort_by_key(|candidate| {
        let found = &candidate.link.parsed.identifier;
        if found == wanted {
            0
        } else if found.is_empty() != wanted.is_empty() {
            1
        } else {
            2
        }
    });
    candidates
}

/// `alreadyInChain`: name, key and alternative names are those of one that is in the path.
pub(super) fn already_in(candidate: &Member, chain: &[&Link]) -> bool {
    let names = |member: &Member| extension(member, oids::SUBJECT_ALT_NAME).map(<[u8]>::to_vec);
    for link in chain {
        let same = subject(candidate) == subject(&link.member) && candidate.spki() == link.member.spki();
        if !same {
            continue;
        }
        match (names(candidate), names(&link.member)) {
            (None, None) => return true,
            (None, _) | (_, None) => return false,
            (Some(one), Some(other)) if one == other => return true,
            _ => {}
        }
    }
    false
}

/// What `UnknownAuthorityError` calls a candidate.
pub(super) fn called(member: &Member) -> String {
    let common = common_name(member).unwrap_or_default();
    if !common.is_empty() {
        return common;
    }
    let organisation = crate::format::x509::subject(member.certificate()).ok().and_then(|name| {
        let kind = Oid::new_unwrap("2.5.4.10");
        name.rdns.iter().flatten().find(|attribute| attribute.kind == kind).map(|a| a.value.raw().to_owned())
    });
    organisation.unwrap_or_else(|| format!("serial:{}", decimal(member.serial())))
}

/// The decimal digits of an INTEGER that is not negative.
fn decimal(octets: &[u8]) -> String {
    let mut digits = vec![0u8];
    for octet in octets {
        let mut carry = u32::from(*octet);
        for digit in &mut digits {
            let value = u32::from(*digit) * 256 + carry;
            *digit = u8::try_from(value % 10).unwrap_or_default();
            carry = value / 10;
        }
        while carry > 0 {
            digits.push(u8::try_from(carry % 10).unwrap_or_default());
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}

/// The depth of the certificate that narrows the extended key usages below serverAuth, from the root down
/// (`checkChainForKeyUsage`).
pub(super) fn wrong_usage(links: &[Link]) -> Option<usize> {
    links.iter().rposition(|link| is_for_others(&link.parsed))
}

/// Whether the extended key usage is there and is not for TLS servers.
pub(super) fn is_for_others(parsed: &Parsed) -> bool {
    !parsed.usages.is_empty() && !parsed.usages.iter().any(|usage| *usage == SERVER_AUTH || *usage == ANY_PURPOSE)
}

/// Whether 1.27 takes this key into no path.
pub(super) fn is_distrusted(member: &Member) -> bool {
    use sha2::{Digest, Sha256};
    let digest: String = Sha256::digest(member.spki()).iter().map(|octet| format!("{octet:02x}")).collect();
    go::DISTRUSTED_KEYS.contains(&digest.as_str())
}

/// Whether certificate policies permit the path (`policiesValid`): without a policy that is asked for, only
/// where a certificate demands one explicitly.
pub(super) fn policies_are_valid(links: &[Link]) -> bool {
    let path: Vec<&Member> = links.iter().map(|link| &*link.member).collect();
    policies::are_valid(&path)
}
