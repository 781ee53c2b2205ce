//! Settings for clients that are better served by one than by a file that is edited: their roots are compiled in, or
//! their store belongs to a package whose next upgrade replaces it.
//!
//! All of them are led to one place, the system's bundle, which the distribution's own tool keeps and upgrades. What can
//! be set comes from the leaves of the clients' rows; each setting is tried first: with it the same engine that answers
//! `which` finds everything of the system's store among what the client trusts, and says what the client loses. One file
//! for each place that settings are written in.

mod choices;
mod docker;
mod git;
mod npm;
mod pip;
mod shell;
mod systemd;
mod trial;

use crate::catalogue::client::{Edit, Judge, Output};
use crate::catalogue::clients;
use crate::catalogue::survey::Searched;
use crate::chain::clients::SystemStore;
use crate::discover::{Use, discover_for_accounts};
use crate::format::pem;
use crate::host::Host;
use crate::load::{Snapshot, load, wanted};
use crate::model::{Certificate, Fingerprint};
use choices::Choice;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use trial::Trial;

/// A place that settings are written in.
#[derive(Debug)]
pub struct Place {
    /// The word for it.
    pub id: &'static str,
    /// Which file that is.
    pub file: &'static str,
    /// What it reaches, and what it outlives.
    pub survives: &'static str,
    /// What can be set there.
    pub takes: Takes,
    /// The lines that set it.
    pub lines: fn(&Written<'_>) -> Vec<String>,
    /// Where that is documented.
    pub says: &'static str,
}

/// What can be set in a place.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// Variables.
    Variables,
    /// One setting of some clients, by the key that their leaves have for it, and the file in which it is tried.
    Key(&'static str, fn(&Host) -> Option<PathBuf>),
}

/// What lines are made from.
pub struct Written<'a> {
    /// What is set.
    pub settings: &'a [Setting],
    /// The system's bundle.
    pub bundle: &'a Path,
    /// How a root comes into the system's store.
    pub system: Option<Edit>,
}

/// Every place, in the order in which they are shown.
pub const PLACES: &[&Place] = &[&shell::PLACE, &systemd::PLACE, &docker::PLACE, &pip::PLACE, &npm::PLACE, &git::PLACE];

/// A setting that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The variable, or the key in the place's file.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Whether the value is one of several in the variable, to be put behind those that are there.
    pub is_appended: bool,
    /// Whether what it names is added to what the clients have, and does not take its place.
    pub adds: bool,
    /// What it does to each client.
    pub effects: Vec<Effect>,
}

/// What settings do to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// The client, as users call it.
    pub client: String,
    /// How many certificates it trusts then and does not now.
    pub gains: usize,
    /// How many it trusts now and then no more.
    pub loses: usize,
}

/// What to write in one place.
#[derive(Debug, Clone)]
pub struct Lines {
    /// The place.
    pub place: &'static Place,
    /// What is set there.
    pub settings: Vec<Setting>,
    /// The lines; none where there is nothing to set.
    pub lines: Vec<String>,
    /// Clients that change too, though they need no setting.
    pub others: Vec<Effect>,
}

/// What to set so that clients trust what the system's store holds.
#[derive(Debug, Clone)]
pub struct Advice {
    /// The system's bundle.
    pub bundle: PathBuf,
    /// How many certificates it has.
    pub certificates: usize,
    /// Roots that were asked for and are not in it yet.
    pub absent: Vec<Arc<Certificate>>,
    /// The lines, place by place.
    pub places: Vec<Lines>,
    /// How many clients trust all of it as they are.
    pub already: usize,
    /// Clients that nothing can be set for, and what their row says of changing them.
    pub without: Vec<(String, &'static str)>,
}

/// What to set on a host in some of the places, so that `roots` and all else that the system's store holds is trusted;
/// clients that `is_served` names have them without it. Nothing where the host has no store of the system's with a
/// bundle.
#[must_use]
pub fn advise(
    host: &Host,
    found: (&[Use], &Snapshot),
    roots: &[Arc<Certificate>],
    places: &[&'static Place],
    is_served: &dyn Fn(&str) -> bool,
) -> Option<Advice> {
    let (system, bundle) = system(found.0)?;
    let held = trial::trusted(system, found.1);
    let absent: Vec<Arc<Certificate>> =
        roots.iter().filter(|root| !held.contains(&root.fingerprint())).cloned().collect();
    if absent.is_empty() {
        return as_if(host, found, (absent, held.len()), places, is_served);
    }
    // What is asked for is there once the plan is carried out: all is tried as it is then.
    let path = host.resolve(&bundle).map_or_else(|_| bundle.clone(), |found| found.path);
    let mut bytes = host.read(&path).ok()?;
    absent.iter().for_each(|root| bytes.extend_from_slice(pem::write(root.der(), &[]).as_bytes()));
    let then = host.changed(host.environment().clone(), BTreeMap::from([(path, bytes)]));
    let uses = discover_for_accounts(&then, &Searched::default(), &mut clients());
    let snapshot = load(&then, &wanted(&uses));
    as_if(&then, (&uses, &snapshot), (absent, held.len()), places, is_served)
}

/// The system's store, and its bundle.
fn system(uses: &[Use]) -> Option<(&Use, PathBuf)> {
    let system = uses.iter().find(|found| found.client.is_system)?;
    Some((system, system.effective().find_map(|candidate| candidate.path.clone())?))
}

/// The same on a host whose system store has all that is wanted.
fn as_if(
    host: &Host,
    (uses, snapshot): (&[Use], &Snapshot),
    (absent, certificates): (Vec<Arc<Certificate>>, usize),
    places: &[&'static Place],
    is_served: &dyn Fn(&str) -> bool,
) -> Option<Advice> {
    let (system, bundle) = system(uses)?;
    let wanted: BTreeSet<Fingerprint> = trial::trusted(system, snapshot);
    let judging = uses.iter().filter(|found| !matches!(found.client.judge, Judge::Nothing) && !found.client.is_source);
    let (already, lacking): (Vec<&Use>, Vec<&Use>) = judging
        .filter(|found| !found.is_off())
        .partition(|found| is_served(&found.name()) || wanted.is_subset(&trial::trusted(found, snapshot)));
    let keystore = uses.iter().find(|found| found.client.made == Some(Output::Java));
    let keystore = keystore.and_then(|found| found.effective().find_map(|candidate| candidate.path.clone()));
    let new: BTreeSet<Fingerprint> = absent.iter().map(|root| root.fingerprint()).collect();
    let ground = Ground { host, uses, snapshot, wanted: &wanted, new: &new, bundle: &bundle, keystore };
    let edit = SystemStore::of(uses).map(|system| system.edit);
    let variables = ground.variables(&lacking);
    // What a variable would serve is not without help, whatever places are asked for.
    let mut served: BTreeSet<String> = clients_of(&variables.0).collect();
    let mut found = Vec::new();
    for place in places {
        let (settings, others) = match place.takes {
            Takes::Variables => variables.clone(),
            Takes::Key(key, file) => ground.key(&lacking, key, file),
        };
        served.extend(clients_of(&settings));
        let written = Written { settings: &settings, bundle: &bundle, system: edit };
        let lines = if settings.is_empty() { Vec::new() } else { (place.lines)(&written) };
        found.push(Lines { place, settings, lines, others });
    }
    let unserved = lacking.iter().filter(|found| !served.contains(&found.name()));
    let without = unserved.filter_map(|found| match found.client.edit {
        Edit::Never(why) => Some((found.name(), why)),
        _ => None,
    });
    Some(Advice { certificates, absent, places: found, already: already.len(), without: without.collect(), bundle })
}

/// The clients that settings serve.
fn clients_of(settings: &[Setting]) -> impl Iterator<Item = String> {
    settings.iter().flat_map(|setting| &setting.effects).map(|effect| effect.client.clone())
}

/// What settings are tried on.
pub(super) struct Ground<'a> {
    host: &'a Host,
    uses: &'a [Use],
    snapshot: &'a Snapshot,
    /// What is to be trusted.
    wanted: &'a BTreeSet<Fingerprint>,
    /// What of that is not there yet: the keystore beside the bundle gets it when the bundle does.
    new: &'a BTreeSet<Fingerprint>,
    /// The system's bundle.
    bundle: &'a Path,
    /// The system's keystore for Java.
    keystore: Option<PathBuf>,
}

impl Ground<'_> {
    /// The fewest variables with which those that lack something have it, and whom else they change.
    fn variables(&self, lacking: &[&Use]) -> (Vec<Setting>, Vec<Effect>) {
        let choices: Vec<Vec<Choice>> = lacking.iter().map(|found| self.choices(found)).collect();
        let mut chosen: Vec<Choice> = Vec::new();
        let mut left: Vec<usize> = (0..lacking.len()).collect();
        // Each client's first way, then the next of those that the first did not serve.
        for round in 0..choices.iter().map(Vec::len).max().unwrap_or(0) {
            let tried = left.iter().filter_map(|index| choices[*index].get(round));
            let new: Vec<Choice> = distinct(tried).into_iter().filter(|choice| !chosen.contains(choice)).collect();
            let all: Vec<Choice> = chosen.iter().chain(&new).cloned().collect();
            let trial = Trial::with(self, &all, None);
            let is_served = |index: &usize| trial.trusts(lacking[*index]);
            // A setting that serves nobody by itself is none.
            let serving = left.iter().filter(|index| is_served(index)).filter_map(|index| choices[*index].get(round));
            chosen.extend(distinct(serving).into_iter().filter(|choice| new.contains(choice)));
            left.retain(|index| !is_served(index));
        }
        let trial = Trial::with(self, &chosen, None);
        let served: Vec<&Use> = lacking.iter().copied().filter(|found| trial.trusts(found)).collect();
        let mut settings: Vec<Setting> = Vec::new();
        for choice in &chosen {
            let takes = |found: &&&Use| self.choices(found).contains(choice);
            // The first of those chosen that a client takes is the one that serves it.
            let is_first = |found: &&&Use| {
                let own = self.choices(found);
                own.iter().find(|own| chosen.contains(own)) == Some(choice)
            };
            let by: Vec<&&Use> = served.iter().filter(takes).filter(is_first).collect();
            settings.extend(choice.setting(&by, by.iter().map(|found| trial.effect(found)).collect()));
        }
        settings.retain(|setting| !setting.effects.is_empty());
        let others = trial.others(&served);
        (settings, others)
    }

    /// One setting of a file, tried in it.
    fn key(
        &self,
        lacking: &[&Use],
        key: &'static str,
        file: fn(&Host) -> Option<PathBuf>,
    ) -> (Vec<Setting>, Vec<Effect>) {
        let has = |found: &&&Use| choices::has_key(found.client, key);
        let takers: Vec<&Use> = lacking.iter().filter(has).copied().collect();
        // What stands in a file that cannot be read would count beside the key.
        let is_read = |file: &PathBuf| !matches!(self.host.read(file), Err(why) if why.may_hide());
        let Some(file) = file(self.host).filter(|file| !takers.is_empty() && is_read(file)) else {
            return Default::default();
        };
        let trial = Trial::with(self, &[], Some((key, file)));
        let served: Vec<&Use> = takers.into_iter().filter(|found| trial.trusts(found)).collect();
        let effects: Vec<Effect> = served.iter().map(|found| trial.effect(found)).collect();
        let value = self.bundle.display().to_string();
        let setting = Setting { name: key, value, is_appended: false, adds: false, effects };
        let others = trial.others(&served);
        (Some(setting).filter(|setting| !setting.effects.is_empty()).into_iter().collect(), others)
    }
}

fn distinct<'c>(choices: impl Iterator<Item = &'c Choice>) -> Vec<Choice> {
    let mut found: Vec<Choice> = Vec::new();
    for choice in choices {
        if !found.contains(choice) {
            found.push(choice.clone());
        }
    }
    found
}
