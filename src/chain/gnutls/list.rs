//! The list that was sent: who issued whom in it, its order, and where in the store a name is looked up.

use super::{BUCKETS, Listed};
use crate::chain::member::Member;
use crate::chain::search;

/// Drops the last of a list where it issued itself, unless it is alone.
pub(super) fn drop_self_signed(list: &mut Vec<Listed>) {
    if list.len() > 1 && list.last().is_some_and(|(_, last)| is_issuer(last, last)) {
        list.pop();
    }
}

/// `is_issuer`: the name, octet for octet, and the key identifiers where both are there.
pub(super) fn is_issuer(child: &Member, issuer: &Member) -> bool {
    if search::issuer(child) != search::subject(issuer) {
        return false;
    }
    let wanted = child.authority_key_id.value().and_then(|authority| authority.key_id.as_ref());
    match (wanted, issuer.subject_key_id.value()) {
        (Some(wanted), Some(found)) => wanted == found,
        _ => true,
    }
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
