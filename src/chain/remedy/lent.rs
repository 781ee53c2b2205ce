//! Roots that other stores of the host lend: where they come from, what a client gives up for them, and what of its own
//! is kept beside them.

use super::super::member::Member;
use super::super::{Held, Place, Pool, Trusted};
use super::changes::Trial;
use super::{Remedy, State, To, alone};
use crate::anchors::anchors;
use crate::catalogue::client::Edit;
use crate::chain::cause::Cause;
use crate::discover::Named;
use crate::model::{StoreId, WhichPassword};
use crate::policy::Fault;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The faults of a certificate whose issuer is not there, as verifiers tell them one behind the other.
const MISSING: [Fault; 4] =
    [Fault::IssuerNotFound, Fault::LeafUnverifiable, Fault::SelfSignedSent, Fault::AnchorIncomplete];

impl Trial<'_, '_> {
    /// A root that other stores have: added, or read where it is.
    pub(super) fn lend(&self, root: &Arc<Member>, places: &[Place]) -> Vec<(Remedy, State)> {
        let mut found = self.add_root(root, places.iter().find(|place| alone(place).is_some()).or(places.first()));
        if let [(remedy @ Remedy::AddRoot { to: To::System(_), .. }, _)] = found.as_mut_slice()
            && let Some(refresh) = self.refresh(root, places)
        {
            *remedy = refresh;
        }
        let named = self.by_variable(root, places);
        // Who reads nothing is first to read something.
        if self.state.pool.anchors.is_empty() && !named.is_empty() {
            return named;
        }
        found.extend(named);
        found
    }

    /// A valid root at which the path could end before it comes to a certificate.
    pub(super) fn root_before(&self, certificate: &Member) -> Vec<(Remedy, State)> {
        let path = &self.opinion.judged.path;
        let depth = path.iter().position(|hop| hop.member.is(certificate));
        let lent = depth.and_then(|depth| self.everywhere.lent_before(path, depth, self.state.question.at));
        lent.map(|(root, places)| self.lend(&root, &places)).unwrap_or_default()
    }

    /// The refresh alone, where the system's anchors have the root and what is made of them has not.
    fn refresh(&self, root: &Arc<Member>, places: &[Place]) -> Option<Remedy> {
        self.asked.every.iter().filter(|found| found.client.is_source).find_map(|found| {
            let Edit::DropIn { directory, refresh, .. } = found.client.edit else { return None };
            let is_it = |(store, _): &&Place| store.id.path().is_some_and(|path| path.starts_with(directory));
            let place = places.iter().find(is_it)?;
            let counts = anchors(found, self.asked.snapshot).certificates.contains_key(&root.fingerprint());
            counts.then(|| Remedy::Refresh { root: Arc::clone(root), place: place.clone(), refresh })
        })
    }

    /// The issuer of a certificate taken for granted.
    pub(super) fn with_issuer(&self, of: &Arc<Member>) -> State {
        let mut state = self.state.clone();
        state.forgiven.extend(MISSING.map(|fault| (of.fingerprint(), fault)));
        state
    }

    /// What a client would trust no longer that had something else in the place of what it has. Of one that cannot load
    /// what it reads that is nothing.
    pub(super) fn lost(&self, then: &Pool) -> Vec<Arc<Member>> {
        if matches!(self.opinion.cause, Some(Cause::StoreRefused { .. })) {
            return Vec::new();
        }
        let counts = |held: &&Held| held.ends_chain && held.trust != Trusted::Rejected;
        let stays = |member: &Member| then.anchors.iter().filter(counts).any(|held| held.member.is(member));
        let has = self.state.pool.anchors.iter().filter(counts).map(|held| &held.member);
        has.filter(|member| !self.has_expired(member) && !stays(member)).cloned().collect()
    }

    /// What a variable names that the client reads.
    pub(super) fn named_by(&self, variable: &str) -> Option<PathBuf> {
        let is_it = |named: &Named| matches!(named, Named::Variable(name, _) if *name == variable);
        self.found().effective().find(|candidate| is_it(&candidate.named)).and_then(|candidate| candidate.path.clone())
    }

    /// Whether a keystore opens with a password that castore does not tell.
    pub(super) fn asks_password(&self, to: &To) -> bool {
        let To::Store(Some(path), Edit::Via(_)) = to else { return false };
        let store = |path: &Path| self.asked.snapshot.store(&StoreId::Path(path.to_path_buf()));
        let read = self.found().effective().find(|candidate| candidate.path.as_deref() == Some(path));
        let read = read.and_then(|candidate| self.asked.snapshot.store(candidate.store.as_ref()?));
        read.or_else(|| store(path)).is_some_and(|store| store.container.password != Some(WhichPassword::Changeit))
    }
}

impl State {
    /// A certificate in the place of the one that it was made of.
    pub(super) fn put(&mut self, mended: &Arc<Member>) {
        let swap = |member: &mut Arc<Member>| {
            if member.is(mended) {
                *member = Arc::clone(mended);
            }
        };
        self.question.sent.iter_mut().for_each(swap);
        self.pool.anchors.iter_mut().for_each(|held| swap(&mut held.member));
    }
}
