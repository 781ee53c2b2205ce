//! What a refresh does beside what was asked for: a command knows nothing of a plan, and makes its stores anew of what is
//! among the sources by then.
//!
//! What somebody wrote into the bundle by hand is lost with it, and an anchor that nobody took up yet becomes trusted.
//! Both are told before, and the first needs leave ([`crate::plan::limits`]).

use super::held;
use super::sources::place;
use super::system::is_by_hand;
use crate::anchors::{LeftOut, anchors, brings_shipped, is_read_in_full, taken_out_by};
use crate::catalogue::deselected;
use crate::model::{Certificate, Entry, Fingerprint, Reading, Slot, Store};
use crate::plan::goals::{Family, Made, Output, System};
use crate::plan::{Inspected, Sweep, Swept};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the refresh is for.
pub(in crate::plan) struct Asked<'p> {
    /// What is added.
    pub adds: &'p BTreeSet<Fingerprint>,
    /// What is removed.
    pub removes: &'p BTreeSet<Fingerprint>,
    /// Whether all is made anew, Debian's keystore for Java too.
    pub takes_out: bool,
}

/// What the refresh of a system takes up and drops that was not asked for, and what is to be said where that cannot be
/// known.
///
/// Of FreeBSD's nothing is foretold: since FreeBSD 15 what stood in its directory counts among the anchors, and before
/// that files there stay, and of a file with several certificates it takes up one.
pub(in crate::plan) fn swept(
    inspected: Inspected<'_>,
    system: &System<'_>,
    asked: &Asked<'_>,
) -> (Vec<Swept>, Option<String>) {
    if system.family == Family::FreeBsd {
        return (Vec::new(), None);
    }
    let sources = anchors(system.source, inspected.snapshot);
    let is_read = |made: &Made<'_>| {
        let store = inspected.snapshot.store(&made.id)?;
        matches!(store.reading, Reading::Whole | Reading::Partial).then_some(store)
    };
    let mut swept = Vec::new();
    // Of nothing all is made, and none of it waits.
    if let Some(bundle) = system.outputs.first().and_then(is_read).filter(|store| !held(store).is_empty()) {
        let there = held(bundle);
        let waits = sources
            .certificates
            .iter()
            .filter(|(one, _)| !there.contains(one) && !asked.adds.contains(one) && !asked.removes.contains(one));
        swept.extend(waits.map(|(_, anchor)| {
            let path = place(anchor.store, anchor.slot).unwrap_or_default();
            Swept {
                does: Sweep::TakesUp,
                certificate: Arc::clone(anchor.certificate),
                store: bundle.id.clone(),
                because: format!("waits in {}: the refresh takes it up", path.display()),
            }
        }));
    }
    let Some(refresh) = system.refreshes(inspected.host, asked.takes_out).into_iter().next() else {
        return (swept, None);
    };
    let name = refresh.command.first().cloned().unwrap_or_default();
    let is_here = || refresh.directories.iter().any(|path| inspected.host.is_file(&path.join(&name)));
    // A bundle that an image brought alone is made by nothing there.
    if !(brings_shipped(system.source, &sources, inspected.snapshot) || is_here()) {
        return (swept, None);
    }
    if !is_read_in_full(system.source, inspected.snapshot) {
        let note = format!("not all that {name} makes the stores from could be read: what it drops is not known");
        return (swept, Some(note));
    }
    let lines = deselected(inspected.host);
    let mut by: BTreeMap<Fingerprint, String> = BTreeMap::new();
    for left in &sources.left_out {
        let of = |left: &LeftOut<'_>| Some((left.certificate?.fingerprint(), taken_out_by(left, &lines)?));
        by.extend(of(left));
    }
    let goes = |one: &Certificate| {
        let one = one.fingerprint();
        !sources.certificates.contains_key(&one) && !asked.adds.contains(&one) && !asked.removes.contains(&one)
    };
    for made in &system.outputs {
        let Some(store) = is_read(made).filter(|store| is_anew(system, made, store, asked)) else { continue };
        let mut seen = BTreeSet::new();
        for entry in &store.entries {
            let Some(certificate) = entry.certificate().filter(|one| goes(one)) else { continue };
            if !seen.insert(certificate.fingerprint()) || stays(system, made, entry) {
                continue;
            }
            let path = made.id.path().unwrap_or(std::path::Path::new("")).display();
            let (does, because) = match by.get(&certificate.fingerprint()) {
                Some(by) => (Sweep::TakesOut, format!("{by}: the refresh takes it out of {path}")),
                // Debian's own aliases are made of anchors that are gone.
                None if is_of_debian_java(system, made) => {
                    (Sweep::TakesOut, format!("nothing makes it any more: the refresh takes it out of {path}"))
                }
                None => (Sweep::Drops, format!("in {path} alone: {name} drops it")),
            };
            let certificate = Arc::clone(certificate);
            swept.push(Swept { does, certificate, store: made.id.clone(), because });
        }
    }
    (swept, None)
}

fn is_of_debian_java(system: &System<'_>, made: &Made<'_>) -> bool {
    made.output == Output::Java && system.family == Family::Debian
}

/// Whether a store is made without what it held: in a directory files stay that are no links of the command's, and
/// Debian's hook only adds to the keystore, but for the trigger ([`System::refreshes`]).
fn is_anew(system: &System<'_>, made: &Made<'_>, store: &Store, asked: &Asked<'_>) -> bool {
    match made.output {
        Output::Bundle => true,
        Output::Java if system.family == Family::Debian => asked.takes_out && !store.entries.is_empty(),
        Output::Java => true,
        Output::Directory => false,
    }
}

/// Whether an entry of Debian's keystore stays, since nothing but a person made it.
fn stays(system: &System<'_>, made: &Made<'_>, entry: &Entry) -> bool {
    is_of_debian_java(system, made) && matches!(&entry.slot, Slot::Alias(alias) if is_by_hand(system, alias.raw()))
}
