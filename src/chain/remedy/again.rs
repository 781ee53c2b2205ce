//! The same host with variables set or unset, and what a client then reads: the rules of the catalogue say which
//! place counts, and what one variable was set to says nothing of the one that ranks above it.

use super::super::clients::{Asked, hides_roots, policy};
use super::super::pool::Members;
use super::super::{Place, Pool};
use crate::anchors::{anchors, stops};
use crate::catalogue::survey::Searched;
use crate::discover::{Candidate, Use, discover_for_accounts};
use crate::host::Host;
use crate::load::{Snapshot, load, wanted};
use crate::policy::{Policy, Settings};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// A file that is not there yet, as a bundle would be that is to be written.
pub(super) const NEW: &str = "/castore-bundle.pem";

/// Variables with what they are set to; none is one that is unset.
pub(super) type Changes = BTreeMap<&'static str, Option<PathBuf>>;

/// Hosts that were tried, each once: the clients of one host ask for the same.
#[derive(Debug, Default)]
pub struct Worlds(RefCell<HashMap<Changes, Rc<World>>>);

/// A host with other variables, and the clients on it.
#[derive(Debug)]
struct World {
    host: Host,
    uses: Vec<Use>,
}

/// What an installation reads then.
pub(super) struct Again {
    found: Use,
    /// What it has of that; none where it stops at it, or where that is not known.
    pool: Option<Pool>,
    policy: Option<Policy>,
}

/// A client that reads something then.
pub(super) struct Then {
    /// The installation with its places.
    pub(super) found: Rc<Use>,
    /// What it trusts.
    pub(super) pool: Pool,
    /// How it decides.
    pub(super) policy: Policy,
}

impl Worlds {
    fn world(&self, asked: &Asked<'_>, changes: &Changes) -> Rc<World> {
        if let Some(known) = self.0.borrow().get(changes) {
            return Rc::clone(known);
        }
        let mut environment = asked.host.environment().clone();
        for (name, value) in changes {
            let name = OsString::from(name);
            match value {
                Some(value) => environment.insert(name, value.clone().into_os_string()),
                None => environment.remove(&name),
            };
        }
        let is_new = changes.values().flatten().any(|value| value == Path::new(NEW));
        let over = is_new.then(|| (PathBuf::from(NEW), Vec::new())).into_iter().collect();
        let host = asked.host.changed(environment, over);
        let mut clients: Vec<_> = asked.uses.iter().map(|found| found.client).collect();
        clients.dedup_by_key(|client| client.id);
        let uses = discover_for_accounts(&host, &Searched::default(), &mut clients.into_iter());
        let world = Rc::new(World { host, uses });
        self.0.borrow_mut().insert(changes.clone(), Rc::clone(&world));
        world
    }

    /// What the same installation reads with these changes.
    pub(super) fn again(
        &self,
        asked: &Asked<'_>,
        found: &Use,
        settings: &Settings,
        changes: &Changes,
    ) -> Option<Again> {
        let world = self.world(asked, changes);
        let same = |other: &&Use| {
            other.client.id == found.client.id
                && other.installation.at == found.installation.at
                && other.account == found.account
        };
        let found = world.uses.iter().find(same)?.clone();
        let ids = wanted(std::slice::from_ref(&found));
        let mut snapshot = asked.snapshot.part(&ids);
        let missing = ids.into_iter().filter(|id| snapshot.store(id).is_none()).collect();
        snapshot.add(load(&world.host, &missing));
        Some(Again::of(found, &snapshot, settings))
    }
}

impl Again {
    /// What an installation has of a snapshot.
    pub(super) fn of(found: Use, snapshot: &Snapshot, settings: &Settings) -> Self {
        let is_known = stops(&found, snapshot).is_none() && !found.is_off() && !hides_roots(&found, snapshot);
        let pool = is_known.then(|| Pool::of(&found, &anchors(&found, snapshot), snapshot, &mut Members::default()));
        let policy = policy(&found, settings.clone()).ok();
        Self { found, pool, policy }
    }

    /// Every place, in the order of the rule.
    pub(super) fn candidates(&self) -> &[Candidate] {
        &self.found.candidates
    }

    /// Whether it reads what is at a path.
    pub(super) fn reads(&self, path: &Path) -> bool {
        self.found.effective().any(|candidate| candidate.path.as_deref() == Some(path))
    }

    /// What it is then, where what it trusts is known and not nothing, and the first place that it has a certificate
    /// from: one that it did not read before, where there is such a one.
    pub(super) fn trusts(self, before: &Use) -> Option<(Then, PathBuf)> {
        let pool = self.pool.filter(|pool| !pool.anchors.is_empty())?;
        let of = |(store, _): &Place| store.id.path().map(Path::to_path_buf);
        let stores: Vec<_> = pool.anchors.iter().filter_map(|held| held.place.as_ref()).collect();
        let named = self.found.effective().filter(|candidate| {
            stores.iter().any(|(store, _)| candidate.store.as_ref() == Some(&store.id)) && candidate.path.is_some()
        });
        let is_known = |candidate: &Candidate| before.effective().any(|known| known.store == candidate.store);
        // The first of those that are alike.
        let first = named.min_by_key(|candidate| is_known(candidate)).and_then(|candidate| candidate.path.clone());
        let first = first.or_else(|| stores.first().and_then(|place| of(place)))?;
        Some((Then { found: Rc::new(self.found), pool, policy: self.policy? }, first))
    }
}
