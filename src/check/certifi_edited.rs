//! A bundle of a Python package that is not what its wheel installed: somebody appended the company's root to
//! certifi, and the next upgrade takes it away.

use super::shipped::{is_of_wheel, shipped, wheels};
use super::wheels::{Recorded, State};
use super::{Check, Detail, Run, Scope, Severity};
use crate::format::x509;
use crate::model::{Certificate, Entry, Fingerprint, Store, StoreId};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// The row.
pub const CHECK: Check = Check {
    id: "certifi-edited",
    title: "a bundle in a Python package was edited",
    severity: Severity::Warning,
    about: "The RECORD beside a package has the SHA-256 of each file as it was installed. Where a bundle (certifi's, the \
            copies in pip, botocore and gRPC) has another, it was written since: the change is lost when the package is \
            upgraded, and is in none of the other copies. A distribution that points certifi at its own bundle changes \
            no file that has a RECORD.",
    says: "https://packaging.python.org/en/latest/specifications/recording-installed-packages/#the-record-file",
    since: None,
    remedy: "Install the package anew (pip install --force-reinstall), and name a bundle of the public roots and your own \
             in the variable or setting that the client reads, as castore which CLIENT lists them.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let wheels = wheels(scope);
    let recorded = scope.stores().filter_map(|store| Some((store, wheels.get(&store.id)?)));
    let edited: Vec<_> = recorded.filter(|(_, (_, state))| *state != State::Installed).collect();
    if edited.is_empty() {
        return Vec::new();
    }
    let public = shipped(scope);
    let told = edited
        .into_iter()
        .map(|(store, (wheel, state))| detail(store, wheel, &changes(scope, &wheels, store, public.as_ref()), *state));
    told.collect()
}

type Held<'s> = BTreeMap<Fingerprint, &'s Arc<Certificate>>;

fn held<'s>(store: &'s Store, is_wanted: impl Fn(&Entry) -> bool) -> Held<'s> {
    let certificates = store.entries.iter().filter(|entry| is_wanted(entry)).filter_map(|entry| entry.certificate());
    certificates.map(|certificate| (certificate.fingerprint(), certificate)).collect()
}

/// What is known of an edit.
struct Changes<'s> {
    /// What of the file is called so, and the certificates.
    added: (&'static str, Vec<&'s Arc<Certificate>>),
    removed: Vec<&'s Arc<Certificate>>,
}

/// What was changed: exactly, where something was appended or the same wheel stands untouched elsewhere; else what no
/// package here brings.
fn changes<'s>(
    scope: &Scope<'s>,
    wheels: &HashMap<&StoreId, (Recorded, State)>,
    store: &'s Store,
    public: Option<&HashSet<Fingerprint>>,
) -> Changes<'s> {
    let own = held(store, |_| true);
    let without =
        |before: &Held<'_>| own.iter().filter(|(key, _)| !before.contains_key(key)).map(|(_, one)| *one).collect();
    let Some((wheel, state)) = wheels.get(&store.id) else {
        return Changes { added: ("added", Vec::new()), removed: Vec::new() };
    };
    if let State::Appended(_) = state {
        let before = held(store, |entry| is_of_wheel(entry, *state));
        return Changes { added: ("appended", without(&before)), removed: Vec::new() };
    }
    let is_twin = |other: &&Arc<Store>| {
        wheels.get(&other.id).is_some_and(|(of, state)| *state == State::Installed && of.sha256 == wheel.sha256)
    };
    if let Some(twin) = scope.snapshot.stores().find(is_twin) {
        let before = held(twin, |_| true);
        let removed = before.iter().filter(|(key, _)| !own.contains_key(key)).map(|(_, one)| *one).collect();
        return Changes { added: ("added", without(&before)), removed };
    }
    // certifi's releases are among the facts.
    let release =
        wheel.wheel.strip_prefix("certifi ").and_then(|version| scope.facts.program("certifi")?.held_in(version));
    if let Some(release) = release {
        let added = own.iter().filter(|(key, _)| !release.contains(key)).map(|(_, one)| *one);
        return Changes { added: ("not of that release", added.collect()), removed: Vec::new() };
    }
    let unknown = own.iter().filter(|(key, _)| public.is_some_and(|public| !public.contains(key))).map(|(_, one)| *one);
    Changes { added: ("in it and brought by no package here", unknown.collect()), removed: Vec::new() }
}

fn detail(store: &Arc<Store>, wheel: &Recorded, changes: &Changes<'_>, state: State) -> Detail {
    let (what, added) = &changes.added;
    let said: Vec<String> = [said(what, added), said("removed", &changes.removed)].into_iter().flatten().collect();
    let said: String = said.iter().map(|change| format!("; {change}")).collect();
    let only = added.first().filter(|_| added.len() == 1 && changes.removed.is_empty());
    let place = only.and_then(|only| store.entries.iter().find(|entry| entry.certificate() == Some(only)));
    let sizes = match (wheel.size, store.size) {
        (Some(before), Some(now)) if before != now => format!(" ({now} bytes instead of {before})"),
        _ => String::new(),
    };
    let found = match state {
        State::Appended(_) => "that and more",
        State::Installed | State::Other => "another",
    };
    Detail {
        store: Some(store.id.clone()),
        slot: place.map(|entry| entry.slot.clone()),
        certificate: only.map(|only| Arc::clone(only)),
        expected: format!("the file that {} installed", wheel.wheel),
        found: format!("{found}{sizes}, lost at the next upgrade{said}"),
        remedy: "name a bundle of the public roots and your own (castore export) in the variable or setting that the client \
                 reads, and install the package anew"
            .to_owned(),
        ..Detail::default()
    }
}

/// Certificates that are named before the rest is counted.
const NAMED: usize = 4;

fn said(what: &str, certificates: &[&Arc<Certificate>]) -> Option<String> {
    let mut names: Vec<String> = certificates.iter().map(|certificate| name(certificate)).collect();
    let rest = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    (!names.is_empty()).then(|| format!("{what}: {}{more}", names.join(", ")))
}

fn name(certificate: &Certificate) -> String {
    let short = certificate.fingerprint().short();
    match x509::subject(certificate) {
        Ok(subject) => format!("{} ({short})", subject.short().raw()),
        Err(_) => short,
    }
}
