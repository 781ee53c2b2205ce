//! What GnuTLS makes of the list that was sent before it verifies any of it.

use super::list::{drop_self_signed, is_issuer, sort};
use super::{Listed, Verifier};
use crate::chain::search;
use std::collections::BTreeSet;

impl Verifier<'_> {
    /// The sorted list as far as it chains, ended where the store has an issuer.
    pub(super) fn arrange(&self, mut list: Vec<Listed>) -> Vec<Listed> {
        let mut seen = BTreeSet::new();
        let mut at = 0;
        while at < list.len() {
            let sorted = sort(&mut list[at..]);
            let again = (at..at + sorted).find(|&place| seen.contains(&list[place].1.fingerprint()));
            if let Some(place) = again {
                // The one after it alone is moved to its place, where it stands twice then, and the last is lost.
                if place + 1 < list.len() {
                    list[place] = list[place + 1].clone();
                }
                list.pop();
                continue;
            }
            for _ in 0..sorted {
                seen.insert(list[at].1.fingerprint());
                at += 1;
            }
            let last = &list[at - 1].1;
            if self.bucket(search::issuer(last)).into_iter().any(|(_, anchor)| is_issuer(last, &anchor)) {
                list.truncate(at);
                break;
            }
            if at < list.len() && is_issuer(last, &list[at].1) {
                continue;
            }
            // No callback fetches issuers: the list goes on with what is left, which does not chain.
        }
        list
    }

    /// `shorten_clist`: without a self-signed end, and to the first member that is in the store itself.
    pub(super) fn shorten(&self, mut list: Vec<Listed>) -> Vec<Listed> {
        drop_self_signed(&mut list);
        let mut length = list.len();
        let mut at = 1;
        while at < length {
            let member = &list[at].1;
            if self.bucket(search::issuer(member)).iter().any(|(_, anchor)| anchor.is(member)) {
                length = at + 1;
            }
            at += 1;
        }
        list.truncate(length);
        list
    }
}
