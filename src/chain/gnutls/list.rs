//! The list that was sent: who issued whom in it, its order, and where in the store a name is looked up.

use super::{BUCKETS, Listed};
use crate::chain::member::{Member, oids};
use crate::chain::search;
use crate::format::der::{Walk, tag};
use crate::format::x509;
use crate::model::Oid;

/// Drops the last of a list where it issued itself, unless it is alone.
pub(super) fn drop_self_signed(list: &mut Vec<Listed>) {
    if list.len() > 1 && list.last().is_some_and(|(_, last)| is_issuer(last, last)) {
        list.pop();
    }
}

/// `is_issuer`: the name and the key identifiers where both are there.
pub(super) fn is_issuer(child: &Member, issuer: &Member) -> bool {
    if !same_name(search::issuer(child), search::subject(issuer)) {
        return false;
    }
    match (authority_key_id(child), subject_key_id(issuer)) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => true,
    }
}

/// The kind of an attribute, and its text.
type Text = (Vec<u8>, String);

/// `_gnutls_x509_compare_raw_dn`: the same octets, or the same texts whatever their kinds of string are. Capitals and
/// spaces count.
pub(super) fn same_name(one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    let texts = |der: &[u8]| -> Option<Vec<Vec<Text>>> {
        let rdns = x509::attributes(der, &(0..der.len())).ok()?;
        let text = |value: &x509::Value| -> Option<Text> {
            let kind = der.get(value.kind.clone())?.to_vec();
            let octets = der.get(value.content.clone())?;
            // A DirectoryString, or the IA5String of a mail address or a domain; of anything else the DER is compared.
            let is_read = match value.tag {
                tag::UTF8 | tag::PRINTABLE | tag::TELETEX | tag::BMP => true,
                tag::IA5 => [EMAIL, DOMAIN].contains(&&kind[..]),
                _ => false,
            };
            match x509::strings::characters(value.tag, octets).filter(|_| is_read) {
                Some((text, true)) => Some((kind, text)),
                Some((_, false)) => None,
                None => Some((kind, format!("#{}{octets:02x?}", value.tag))),
            }
        };
        rdns.iter().map(|rdn| rdn.iter().map(text).collect()).collect()
    };
    matches!((texts(one), texts(other)), (Some(one), Some(other)) if !one.is_empty() && one == other)
}

/// emailAddress, 1.2.840.113549.1.9.1, with tag and length.
pub(super) const EMAIL: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01";
/// domainComponent, 0.9.2342.19200300.100.1.25.
const DOMAIN: &[u8] = b"\x06\x0a\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19";

/// The octets of an identifier that the library has place for (`MAX_KEY_ID_SIZE`, lib/x509/x509_int.h).
const KEY_ID: usize = 128;

/// `gnutls_x509_crt_get_subject_key_id`: one that is empty, too long or not plain DER is none.
fn subject_key_id(member: &Member) -> Option<&[u8]> {
    strict(member, oids::SUBJECT_KEY_ID)?;
    member.subject_key_id.value().map(|id| &**id).filter(|id| (1..=KEY_ID).contains(&id.len()))
}

/// `gnutls_x509_crt_get_authority_key_id`.
fn authority_key_id(member: &Member) -> Option<&[u8]> {
    strict(member, oids::AUTHORITY_KEY_ID)?;
    let id = member.authority_key_id.value()?.key_id.as_deref()?;
    (1..=KEY_ID).contains(&id.len()).then_some(id)
}

/// The value of an extension where it is one element and nothing else (`_asn1_strict_der_decode`, lib/x509/common.h).
pub(super) fn strict(member: &Member, wanted: Oid) -> Option<&[u8]> {
    let value = search::extension(member, wanted)?;
    Walk::new(value).next().is_ok_and(|element| element.whole.end == value.len()).then_some(value)
}

/// `_gnutls_sort_clist`: from the first on, each followed by its issuer; how many are in order.
pub(super) fn sort(list: &mut [Listed]) -> usize {
    let issuers: Vec<Option<usize>> = (0..list.len())
        .map(|at| {
            let (_, member) = &list[at];
            if is_issuer(member, member) {
                return None;
            }
            (1..list.len()).find(|&other| other != at && is_issuer(member, &list[other].1))
        })
        .collect();
    let mut order = vec![0];
    let mut last = 0;
    while order.len() < list.len() {
        let Some(next) = issuers[last] else { break };
        // A loop of certificates that issued each other; GnuTLS itself stops at the length of the list.
        if order.contains(&next) {
            break;
        }
        order.push(next);
        last = next;
    }
    let sorted = order.len();
    order.extend((1..list.len()).filter(|at| !order[..sorted].contains(at)).collect::<Vec<_>>());
    let arranged: Vec<Listed> = order.iter().map(|&at| list[at].clone()).collect();
    list.clone_from_slice(&arranged);
    sorted
}

/// `hash_pjw_bare` of gnulib, on 64 bits.
pub(super) fn hash(octets: &[u8]) -> usize {
    let value = octets.iter().fold(0u64, |hash, octet| u64::from(*octet).wrapping_add(hash.rotate_left(9)));
    usize::try_from(value % (BUCKETS as u64)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `gnutls_x509_crt_check_issuer` of 3.7.9 makes of two names.
    #[test]
    fn names_are_the_same_whatever_their_strings_are() {
        let name = |kind: &[u8], string: u8, text: &[u8]| {
            let value = [&[string, text.len() as u8], text].concat();
            let attribute = [kind, &value].concat();
            let length = attribute.len() as u8;
            [&[0x30, length + 4, 0x31, length + 2, 0x30, length][..], &attribute].concat()
        };
        let common: &[u8] = &[6, 3, 0x55, 4, 3];
        let text = name(common, tag::UTF8, b"Root 1");
        for (other, is) in [
            (name(common, tag::PRINTABLE, b"Root 1"), true),
            (name(common, tag::BMP, b"\0R\0o\0o\0t\0 \x001"), true),
            (name(common, tag::UTF8, b"ROOT 1"), false),
            (name(common, tag::UTF8, b"Root  1"), false),
            (name(common, tag::IA5, b"Root 1"), false),
            (name(&[6, 3, 0x55, 4, 10], tag::UTF8, b"Root 1"), false),
        ] {
            assert_eq!(same_name(&text, &other), is, "{other:02x?}");
        }
        assert!(same_name(&name(EMAIL, tag::IA5, b"a@b.c"), &name(EMAIL, tag::UTF8, b"a@b.c")));
    }
}
