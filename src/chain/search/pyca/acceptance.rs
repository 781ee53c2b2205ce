//! What pyca/cryptography refuses of an authority by itself: an anchor is held to the same profile.

use super::{is_ml_dsa, is_permitted, knows_key, profile};
use crate::chain::acceptance::Place;
use crate::chain::member::Member;
use crate::policy::Fault;
use crate::policy::pyca::Pyca;

/// `valid_issuer` without the signature; the algorithm of an anchor's own is not looked at.
pub(in crate::chain) fn faults(member: &Member, place: Place, pyca: Pyca) -> Vec<Fault> {
    // In the middle of its validity, so that its dates say nothing.
    let now = member.not_before.at.unwrap_or(crate::model::Timestamp::from_unix(0));
    let whole = profile::unreadable(member, pyca).or_else(|| profile::duplicate(member));
    let mut faults: Vec<Fault> =
        whole.into_iter().chain(profile::basic(member, now).err()).map(|(fault, _)| fault).collect();
    faults.extend(profile::authority(member, 0).into_iter().map(|(fault, _)| fault));
    if !knows_key(member, pyca) {
        faults.push(Fault::AlgorithmUnsupported);
    }
    if super::is_short(member) {
        faults.push(Fault::CaKeyWeak);
    }
    let permitted = is_permitted(member) || (pyca.ml_dsa && is_ml_dsa(&member.algorithm.to_string()));
    if place == Place::Between && !permitted {
        faults.push(Fault::DigestWeak);
    }
    faults
}
