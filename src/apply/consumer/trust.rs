//! `trust` of p11-kit: what it takes for authorities on this machine, from wherever it was built to look. It cannot be
//! pointed at one store, so that a store holds more, or other places do, is no fault.

use super::{Asking, NoAnswer, Said, fingerprints};
use crate::format::pem;
use crate::model::Fingerprint;
use crate::plan::After;
use std::collections::BTreeSet;

pub(super) fn ask(asking: &mut Asking<'_, '_>) -> Result<Said, NoAnswer> {
    asking.ready()?;
    let arguments = ["dump", "--filter=ca-anchors"].map(Into::into).to_vec();
    let ran = asking.run("trust", arguments, Vec::new())?;
    let holds = fingerprints(&pem::read(&ran.stdout).entries);
    // Beside the plan's: what else it trusts is not this store's.
    let change = asking.question.change;
    let moved = change.added.iter().chain(&change.removed).map(|moved| moved.certificate.fingerprint());
    let known: BTreeSet<Fingerprint> = match &change.after {
        After::Exactly(set) => moved.chain(set.iter().copied()).collect(),
        After::AtLeast { with, without } => moved.chain(with.iter().chain(without).copied()).collect(),
    };
    Ok(Said::Holds(holds.intersection(&known).copied().collect()))
}
