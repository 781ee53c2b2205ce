//! `trust` of p11-kit: what it takes for authorities on this machine, from wherever it was built to look. It cannot be
//! pointed at one store, so that a store holds more, or other places do, is no fault.

use super::{Asking, NoAnswer, Said};
use crate::format::{fingerprints, pem};

pub(super) fn ask(asking: &mut Asking<'_, '_>) -> Result<Said, NoAnswer> {
    asking.ready()?;
    let arguments = ["dump", "--filter=ca-anchors"].map(Into::into).to_vec();
    let ran = asking.run("trust", arguments, Vec::new())?;
    let holds = fingerprints(&pem::read(&ran.stdout).entries);
    // Beside the plan's: what else it trusts is not this store's.
    let known = asking.question.change.named();
    Ok(Said::Holds(holds.intersection(&known).copied().collect()))
}
