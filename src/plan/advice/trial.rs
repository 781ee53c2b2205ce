//! Settings tried: the same host with them, and what each client then trusts.

use super::choices::Choice;
use super::{Effect, Ground};
use crate::anchors::anchors;
use crate::catalogue::client::Judge;
use crate::catalogue::clients;
use crate::catalogue::survey::Searched;
use crate::discover::{Use, discover_for_accounts};
use crate::load::{Snapshot, load, wanted};
use crate::model::Fingerprint;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

/// What clients trust once something is set.
pub(super) struct Trial<'g, 'a> {
    ground: &'g Ground<'a>,
    uses: Vec<Use>,
    snapshot: Snapshot,
}

impl<'g, 'a> Trial<'g, 'a> {
    /// The host with these variables, and with a key in a file.
    pub(super) fn with(ground: &'g Ground<'a>, choices: &[Choice], key: Option<(&str, PathBuf)>) -> Self {
        let mut environment = ground.host.environment().clone();
        for choice in choices {
            let name = OsString::from(choice.name);
            let before = environment.get(&name).filter(|before| choice.is_appended && !before.is_empty());
            let mut value = OsString::new();
            if let Some(before) = before {
                value.push(before);
                value.push(" ");
            }
            value.push(&choice.value);
            environment.insert(name, value);
        }
        let over: BTreeMap<PathBuf, Vec<u8>> = key.map(|(key, file)| in_file(ground, key, file)).into_iter().collect();
        let host = ground.host.changed(environment, over);
        let uses = discover_for_accounts(&host, &Searched::default(), &mut clients());
        let snapshot = load(&host, &wanted(&uses));
        Self { ground, uses, snapshot }
    }

    /// The same installation, as it is then.
    fn same(&self, found: &Use) -> Option<&Use> {
        self.uses.iter().find(|other| {
            other.client.id == found.client.id
                && other.installation.at == found.installation.at
                && other.account == found.account
        })
    }

    /// Whether an installation then trusts all that is wanted, and still verifies.
    pub(super) fn trusts(&self, found: &Use) -> bool {
        let Some(found) = self.same(found).filter(|found| !found.is_off()) else { return false };
        let trusted = trusted(found, &self.snapshot);
        let ground = self.ground;
        let mut missing = ground.wanted.difference(&trusted);
        let by_keystore = || found.effective().any(|candidate| candidate.path == ground.keystore);
        missing.all(|missing| ground.new.contains(missing) && ground.keystore.is_some() && by_keystore())
    }

    /// What changes for an installation.
    pub(super) fn effect(&self, found: &Use) -> Effect {
        let before = trusted(found, self.ground.snapshot);
        let after = self.same(found).map(|found| trusted(found, &self.snapshot)).unwrap_or_default();
        Effect {
            client: found.name(),
            gains: after.difference(&before).count(),
            loses: before.difference(&after).count(),
        }
    }

    /// What changes for all but these.
    pub(super) fn others(&self, served: &[&Use]) -> Vec<Effect> {
        let is_other = |found: &&Use| {
            !matches!(found.client.judge, Judge::Nothing) && !served.iter().any(|served| std::ptr::eq(*served, *found))
        };
        let effects = self.ground.uses.iter().filter(is_other).map(|found| self.effect(found));
        effects.filter(|effect| effect.gains + effect.loses > 0).collect()
    }
}

/// What an installation trusts.
pub(super) fn trusted(found: &Use, snapshot: &Snapshot) -> BTreeSet<Fingerprint> {
    anchors(found, snapshot).certificates.into_keys().collect()
}

/// A file with what it holds and a setting behind that.
fn in_file(ground: &Ground<'_>, key: &str, file: PathBuf) -> (PathBuf, Vec<u8>) {
    let path = ground.host.resolve(&file).map_or(file, |found| found.path);
    let mut text = ground.host.read(&path).unwrap_or_default();
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    let place = super::PLACES.iter().find(|place| matches!(place.takes, super::Takes::Key(name, _) if name == key));
    let setting = super::Setting {
        name: "",
        value: ground.bundle.display().to_string(),
        is_appended: false,
        adds: false,
        effects: Vec::new(),
    };
    let written = super::Written { settings: &[setting], bundle: ground.bundle, system: None };
    for line in place.map(|place| (place.lines)(&written)).unwrap_or_default() {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
    }
    (path, text)
}
