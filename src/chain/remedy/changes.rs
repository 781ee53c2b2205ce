//! What can be changed against each cause, and what is asked once it is.

use super::super::cause::{Cause, Everywhere};
use super::super::clients::{Asked, Opinion};
use super::super::member::Member;
use super::super::member::general_name::GeneralName;
use super::super::pool::Members;
use super::super::{Held, Place, Pool, Question, Trusted, Verdict};
use super::absent::offered_at;
use super::again::{Again, Changes, NEW};
use super::{Remedy, State, To};
use crate::anchors::{Opened, knows_sha256, lost_by_gnutls, opened, resealed, stops};
use crate::catalogue::client::{Edit, Source, Then};
use crate::discover::{Candidate, Named, Outcome, Use};
use crate::model::{Body, Entry, Format, Note, OpensslLoad, Slot, Store, StoreId, Timestamp, WhichPassword};
use crate::policy::{Fault, Policy};
use std::path::PathBuf;
use std::sync::Arc;

/// Intermediates that a server may be found to owe: chains of public authorities have at most three.
const INTERMEDIATES: usize = 4;

/// Names of a certificate that are offered to connect by.
const NAMES: usize = 3;

type Places = [Place];

/// A question that can be asked again with one thing changed.
pub(super) struct Trial<'t, 'a> {
    pub asked: &'t Asked<'a>,
    pub everywhere: &'t Everywhere,
    pub opinion: &'t Opinion<'a>,
    pub state: &'t State,
}

impl Trial<'_, '_> {
    /// What is worth trying, and what would then be asked.
    pub fn changes(&self, cause: &Cause) -> Vec<(Remedy, State)> {
        if let Some(first) = self.own_first() {
            return vec![first];
        }
        // What is added to a file of which the client takes nothing is lost with it.
        let is_lost = matches!(cause, Cause::RootElsewhere { .. } | Cause::RootUnknown { .. })
            && self.opinion.found.effective().filter_map(|candidate| candidate.store.as_ref()).any(|id| {
                self.asked.snapshot.store(id).is_some_and(|store| !is_broken(store) && self.rewrite(store).is_some())
            });
        match cause {
            Cause::RootElsewhere { root, places, .. } if is_lost => self.by_variable(root, places),
            Cause::RootUnknown { .. } if is_lost => Vec::new(),
            // No one adds a root that has expired: the server is to leave out what leads to it.
            Cause::RootElsewhere { root, .. } | Cause::RootUnknown { root } if self.has_expired(root) => {
                let below = self.state.question.sent.iter().skip(1);
                let below = below.filter(|sent| !sent.is_self_issued() && sent.issuer == root.subject);
                below.flat_map(|cross| self.without(cross)).collect()
            }
            Cause::RootElsewhere { root, places, .. } => self.lend(root, places),
            Cause::RootUnknown { root } => self.add_root(root, None),
            Cause::LeftOut { certificate, place, .. } => self.let_count(certificate, place),
            Cause::IntermediateNotSent { intermediate, places, .. } => self.send(intermediate, places.first()),
            Cause::ExpiredTwin { expired, .. } => self.without(expired),
            Cause::CrossSign { cross, .. } => self.without(cross),
            Cause::IntermediateOnly { anchor } => self.root_above(anchor),
            Cause::Certificate { fault, certificate: Some(certificate), .. } => self.anew(*fault, certificate),
            Cause::MalformedExtension { certificate } => self.readable(certificate),
            Cause::StoreRefused { place, .. } => self.loadable(place.as_ref()),
            Cause::IssuerAbsent { .. } | Cause::Certificate { .. } => Vec::new(),
        }
    }

    /// An issuer that nobody has here: the server sends it where it is an intermediate, else its owner has it.
    pub fn absent(&self, of: &Arc<Member>, likely_intermediate: bool) -> Vec<Remedy> {
        let offered_at = offered_at(of);
        let send = Remedy::SendIssuer { of: Arc::clone(of), offered_at: offered_at.clone() };
        let get = Remedy::GetIssuer { of: Arc::clone(of), offered_at, to: self.to(), is_unlikely: likely_intermediate };
        likely_intermediate.then_some(send).into_iter().chain([get]).collect()
    }

    /// The server's own certificate in the place where clients look for it, where an authority's stands there.
    fn own_first(&self) -> Option<(Remedy, State)> {
        let mut question = self.state.question.clone();
        let at = question.sent.iter().position(|member| !member.is_ca()).filter(|at| *at > 0)?;
        let own = question.sent.remove(at);
        question.sent.insert(0, Arc::clone(&own));
        Some((Remedy::SendFirst(own), self.with_question(question)))
    }

    pub(super) fn has_expired(&self, member: &Member) -> bool {
        member.not_after.at.is_some_and(|until| until <= self.state.question.at)
    }

    fn with_question(&self, question: Question) -> State {
        State { question, ..self.state.clone() }
    }

    fn with_pool(&self, pool: Pool) -> State {
        State { pool, ..self.state.clone() }
    }

    /// The anchors with one more, as the last of the last store.
    pub(super) fn with(&self, root: &Arc<Member>) -> State {
        let mut pool = self.state.pool.clone();
        let ends_chain = true;
        pool.anchors.push(Held { member: Arc::clone(root), place: None, ends_chain, trust: Trusted::Unstated });
        self.with_pool(pool)
    }

    pub(super) fn add_root(&self, root: &Arc<Member>, from: Option<&Place>) -> Vec<(Remedy, State)> {
        let Some(to) = self.to() else { return Vec::new() };
        let asks_password = self.asks_password(&to);
        let remedy = Remedy::AddRoot { root: Arc::clone(root), from: from.cloned(), to, asks_password };
        vec![(remedy, self.with(root))]
    }

    /// Where a root is best added: where the client's row says how, else in the system's store where the client
    /// reads that, else in a bundle that a variable names, or the setting that counts. None where the client reads
    /// nothing of what its row speaks of.
    fn to(&self) -> Option<To> {
        let found = self.found();
        let path = || found.effective().find_map(|candidate| candidate.path.clone());
        let reads = |id: &StoreId| found.effective().any(|candidate| candidate.store.as_ref() == Some(id));
        match (found.client.edit, &self.asked.system) {
            (_, Some(system)) if system.stores.iter().any(reads) => return Some(To::System(system.edit)),
            (edit @ (Edit::DropIn { .. } | Edit::Rewrite | Edit::Via(_)), _) if found.client.lost_by.is_none() => {
                return Some(To::Store(path(), edit));
            }
            _ => {}
        }
        let is_alone = self.state.pool.anchors.is_empty();
        let is_set = |name: &&'static str| {
            found
                .candidates
                .iter()
                .any(|candidate| is_in_the_way(candidate) && candidate.leaf.variable_for_a_bundle() == Some(name))
        };
        let (set, open): (Vec<_>, Vec<_>) = self.variables().into_iter().partition(|name| is_set(name));
        let heeded = set.into_iter().chain(open).find(|name| {
            let new = PathBuf::from(NEW);
            self.again(&[(*name, Some(new.clone()))].into()).is_some_and(|again| again.reads(&new))
        });
        if let Some(variable) = heeded {
            let adds = found.client.adds_by(variable);
            return Some(To::Bundle {
                variable,
                adds,
                keeps: adds.then(|| self.named_by(variable)).flatten(),
                is_alone,
            });
        }
        if let Some(candidate) = self.setting() {
            return Some(To::Named { setting: candidate.named.clone(), is_alone });
        }
        let is_hidden = matches!(found.client.edit, Edit::Elsewhere(_) | Edit::Never(_))
            && found.candidates.iter().any(is_in_the_way);
        (!is_hidden).then(|| To::Store(path(), found.client.edit))
    }

    /// Variables that name a bundle, the one that counts before others first.
    fn variables(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for name in self.found().candidates.iter().filter_map(|candidate| candidate.leaf.variable_for_a_bundle()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The setting that names the bundle which the client reads, or would read.
    fn setting(&self) -> Option<&Candidate> {
        self.found().candidates.iter().find(|candidate| {
            let is_it = matches!(candidate.named, Named::Setting(_, Source::File(..) | Source::Variable(_)));
            is_it && decides(candidate) && candidate.leaf.reads_a_bundle()
        })
    }

    /// The installation, as the changes before left it.
    pub(super) fn found(&self) -> &Use {
        self.state.found.as_deref().unwrap_or(self.opinion.found)
    }

    /// The variables as the changes before left them, and changed once more.
    fn changes_with(&self, changes: &Changes) -> Changes {
        self.state.changes.iter().chain(changes).map(|(name, value)| (*name, value.clone())).collect()
    }

    /// What the client reads with other variables.
    fn again(&self, changes: &Changes) -> Option<Again> {
        let changes = &self.changes_with(changes);
        self.everywhere.worlds.again(self.asked, self.found(), &self.opinion.settings, changes)
    }

    /// What is asked of a client that has this.
    fn as_then(&self, then: super::again::Then, changes: &Changes) -> State {
        let changes = self.changes_with(changes);
        State { pool: then.pool, policy: then.policy, found: Some(then.found), changes, ..self.state.clone() }
    }

    /// A certificate that is in the client's store and does not count: hash names that lead to it, a bundle without
    /// what stands in the way; else it is added as any other.
    fn let_count(&self, certificate: &Arc<Member>, place: &Place) -> Vec<(Remedy, State)> {
        let (store, slot) = place;
        if is_encrypted(store, slot) {
            return self.give_password(store).into_iter().collect();
        }
        let StoreId::Path(path) = &store.id else { return self.add_root(certificate, Some(place)) };
        match slot {
            Slot::File(name, _) if store.format == Format::Directory => {
                let remedy = Remedy::Rehash { directory: path.clone(), file: path.join(name) };
                vec![(remedy, self.with(certificate))]
            }
            Slot::Block(_) if let Some(remedy) = self.rewrite(store) => {
                vec![(remedy, self.with_pool(self.both(store)))]
            }
            _ => self.add_root(certificate, Some(place)),
        }
    }

    /// A bundle without what makes the client take nothing of it; nothing where it takes what is there.
    fn rewrite(&self, store: &Arc<Store>) -> Option<Remedy> {
        let path = store.id.path().filter(|_| store.format == Format::Pem)?.to_path_buf();
        let lost = lost_by_gnutls(self.opinion.found, self.asked.snapshot);
        let without = match lost.iter().find(|lost| lost.store.id == store.id) {
            Some(lost) => lost.certificates.iter().map(|certificate| certificate.fingerprint()).collect(),
            None if is_broken(store) => Vec::new(),
            None => return None,
        };
        Some(Remedy::Rewrite { path, without })
    }

    /// The password that opens the keystore of a client on Java: what it takes of it then.
    fn give_password(&self, store: &Arc<Store>) -> Option<(Remedy, State)> {
        let Opened { password, is_given_another, takes } = opened(self.opinion.found, store)?;
        let mut pool = self.only(store);
        pool.anchors.retain(|held| takes.contains(&held.member.fingerprint()));
        let path = store.id.path()?.to_path_buf();
        Some((Remedy::GivePassword { path, password, is_given_another }, self.with_pool(pool)))
    }

    /// The password without which a client on Java takes nothing of the keystore that it reads, whatever is added to it.
    pub fn password(&self) -> Option<Remedy> {
        let read = self.opinion.found.effective().filter_map(|candidate| candidate.store.as_ref());
        let mut closed = read.filter_map(|id| self.asked.snapshot.store(id)).filter(|store| {
            let is_sealed = |entry: &Entry| entry.notes.contains(&Note::Encrypted);
            store.format == Format::Pkcs12 && store.entries.iter().any(is_sealed)
        });
        closed.find_map(|store| self.give_password(store)).map(|(remedy, _)| remedy)
    }

    /// A keystore under a seal that the client's Java knows: what it takes of it then.
    fn reseal(&self, store: &Arc<Store>) -> Option<(Remedy, State)> {
        let found = self.opinion.found;
        // What is sealed by castore has the password that Java's programs expect.
        let takes = resealed(found, store).filter(|_| store.container.password == Some(WhichPassword::Changeit))?;
        let mut pool = self.only(store);
        pool.anchors.retain(|held| takes.contains(&held.member.fingerprint()));
        let (path, legacy) = (store.id.path()?.to_path_buf(), !knows_sha256(found));
        Some((Remedy::Reseal { path, legacy }, self.with_pool(pool)))
    }

    /// A store with which the client ends: without what it cannot read, or another in its place.
    fn loadable(&self, place: Option<&PathBuf>) -> Vec<(Remedy, State)> {
        let stopped = stops(self.opinion.found, self.asked.snapshot).and_then(|stopped| stopped.store.as_ref());
        let keystore = stopped.and_then(|id| self.asked.snapshot.store(id));
        let mut found: Vec<_> = keystore.and_then(|store| self.give_password(store)).into_iter().collect();
        found.extend(keystore.and_then(|store| self.reseal(store)));
        let store = place.and_then(|place| self.asked.snapshot.store(&StoreId::Path(place.clone())));
        if let Some(store) = store
            && let Some(remedy) = self.rewrite(store)
        {
            found.push((remedy, self.with_pool(self.only(store))));
        }
        found.extend(self.unset());
        let of_the_system = self.asked.system.iter().flat_map(|system| &system.stores);
        let stores: Vec<_> = of_the_system.filter_map(|id| self.asked.snapshot.store(id)).collect();
        found.extend(self.by_name(&stores));
        found
    }

    /// Variables without which the client reads what they hide: as many as stand before it.
    fn unset(&self) -> Vec<(Remedy, State)> {
        let mut found: Vec<(Vec<&'static str>, (Remedy, State))> = Vec::new();
        for first in in_the_way(&self.found().candidates) {
            let mut names = vec![first];
            loop {
                let changes = names.iter().map(|name| (*name, None)).collect();
                let Some(again) = self.again(&changes) else { break };
                let next = in_the_way(again.candidates()).into_iter().find(|name| !names.contains(name));
                if let Some((then, reads)) = again.trusts(self.found()) {
                    let loses = self.lost(&then.pool);
                    let state = self.as_then(then, &changes);
                    let remedy = Remedy::UnsetVariable { names: names.clone(), reads, loses };
                    found.push((names, (remedy, state)));
                    break;
                }
                let Some(next) = next else { break };
                names.push(next);
            }
        }
        let all: Vec<_> = found.iter().map(|(names, _)| names.clone()).collect();
        // Each set once, and none that holds another.
        let is_more = |at: usize, names: &[&str]| {
            all.iter().enumerate().any(|(other, fewer)| {
                other != at
                    && fewer.iter().all(|name| names.contains(name))
                    && (fewer.len() < names.len() || other < at)
            })
        };
        let kept = found.into_iter().enumerate().filter(|(at, (names, _))| !is_more(*at, names));
        kept.map(|(_, (_, change))| change).collect()
    }

    /// Another store by a variable: one that can be set, or one that is and hides what is read without it; else by
    /// the setting that counts.
    pub(super) fn by_variable(&self, root: &Member, places: &Places) -> Vec<(Remedy, State)> {
        let has = |state: &State| {
            let is_it = |held: &Held| held.ends_chain && held.member.is(root);
            state.pool.anchors.iter().any(is_it)
        };
        let found: Vec<_> = self.unset().into_iter().filter(|(_, state)| has(state)).collect();
        if !found.is_empty() {
            return found;
        }
        let stores: Vec<_> = places.iter().map(|(store, _)| store).collect();
        self.by_name(&stores).into_iter().filter(|(_, state)| has(state)).collect()
    }

    /// One of these stores in the place of what the client reads, by the first variable that it heeds, else by the
    /// setting that counts.
    fn by_name(&self, stores: &[&Arc<Store>]) -> Option<(Remedy, State)> {
        let found = self.found();
        // A bundle of one root in the place of all others would break every other server.
        let file = |adds: bool| {
            let mut usable = stores.iter().filter(|store| adds || certificates(store) > 1);
            usable.find_map(|store| match &store.id {
                StoreId::Path(path) if store.format == Format::Pem && !is_broken(store) => Some((*store, path.clone())),
                _ => None,
            })
        };
        for name in self.variables() {
            let Some((_, value)) = file(found.client.adds_by(name)) else { continue };
            let changes = [(name, Some(value.clone()))].into();
            let Some(again) = self.again(&changes).filter(|again| again.reads(&value)) else { continue };
            if let Some((then, _)) = again.trusts(found) {
                let loses = self.lost(&then.pool);
                return Some((Remedy::SetVariable { name, value, loses }, self.as_then(then, &changes)));
            }
        }
        let (setting, (store, value)) = (self.setting()?, file(false)?);
        let mut changed = found.clone();
        for candidate in changed.candidates.iter_mut().filter(|candidate| candidate.named == setting.named) {
            candidate.path = Some(value.clone());
            candidate.store = Some(store.id.clone());
            candidate.outcome = Outcome::Used;
        }
        let (then, _) = Again::of(changed, self.asked.snapshot, &self.opinion.settings).trusts(found)?;
        let loses = self.lost(&then.pool);
        let remedy = Remedy::ChangeSetting { setting: setting.named.clone(), value, loses };
        Some((remedy, self.as_then(then, &Changes::new())))
    }

    /// A store as the only one.
    fn only(&self, store: &Arc<Store>) -> Pool {
        Pool::only(store, &mut Members::default())
    }

    /// A store beside what the client has.
    fn both(&self, store: &Arc<Store>) -> Pool {
        let mut both = self.state.pool.clone();
        both.anchors.extend(self.only(store).anchors);
        both
    }

    /// The intermediate, and those above it that are known here, as far as they are not roots.
    fn send(&self, intermediate: &Arc<Member>, place: Option<&Place>) -> Vec<(Remedy, State)> {
        let mut question = self.state.question.clone();
        let mut sent = vec![(Arc::clone(intermediate), place.cloned())];
        question.sent.push(Arc::clone(intermediate));
        let mut found = vec![(Remedy::SendIntermediates(sent.clone()), self.with_question(question.clone()))];
        let mut last = Arc::clone(intermediate);
        for _ in 1..INTERMEDIATES {
            let Some(next) = self.everywhere.issuer_of(&last, question.at) else { break };
            if next.0.is_self_issued() || question.sent.iter().any(|known| known.is(&next.0)) {
                break;
            }
            last = Arc::clone(&next.0);
            question.sent.push(Arc::clone(&last));
            sent.push(next);
            found.push((Remedy::SendIntermediates(sent.clone()), self.with_question(question.clone())));
        }
        // The fewest that are enough; where none are, all of them.
        let enough = found.iter().position(|(_, state)| state.judged().verdict == Verdict::Accepts);
        found.drain(enough.map_or(found.len(), |at| at + 1)..);
        found.drain(..found.len() - 1);
        found
    }

    /// The root above an intermediate that is the only anchor.
    fn root_above(&self, anchor: &Arc<Member>) -> Vec<(Remedy, State)> {
        match self.everywhere.issuer_of(anchor, self.state.question.at) {
            Some((root, place)) => self.add_root(&root, place.as_ref()),
            None => Vec::new(),
        }
    }

    /// Neither sent nor an anchor: which of the two is to go.
    fn without(&self, certificate: &Arc<Member>) -> Vec<(Remedy, State)> {
        let mut found = Vec::new();
        let mut question = self.state.question.clone();
        question.sent.retain(|sent| !sent.is(certificate));
        if question.sent.len() < self.state.question.sent.len() {
            found.push((Remedy::StopSending(Arc::clone(certificate)), self.with_question(question)));
        }
        let mut pool = self.state.pool.clone();
        pool.anchors.retain(|held| !held.member.is(certificate));
        let removed = self.state.pool.anchors.iter().find(|held| held.member.is(certificate));
        if let Some(place) = removed.and_then(|held| held.place.clone()) {
            found.push((Remedy::Remove { certificate: Arc::clone(certificate), place }, self.with_pool(pool)));
        }
        found
    }

    /// The same without one fault of one certificate.
    pub(super) fn forgiving(&self, certificate: &Member, fault: Fault) -> State {
        let mut state = self.state.clone();
        state.forgiven.push((certificate.fingerprint(), fault));
        state
    }

    /// The same at another moment, for engines that tell no more than their first fault.
    fn at(&self, certificate: &Member, fault: Fault, at: Timestamp) -> State {
        let mut state = self.forgiving(certificate, fault);
        if !matches!(state.policy, Policy::OpenSsl(_)) {
            state.question.at = at;
        }
        state
    }

    /// A certificate without its fault.
    fn anew(&self, fault: Fault, certificate: &Arc<Member>) -> Vec<(Remedy, State)> {
        match fault {
            Fault::Expired => {
                let Some(at) = certificate.not_after.at else { return Vec::new() };
                let earlier = Timestamp::from_unix(at.unix() - 1);
                let mut found = self.root_before(certificate);
                found.push((Remedy::Renew(Arc::clone(certificate)), self.at(certificate, fault, earlier)));
                found
            }
            Fault::PathLength => {
                let mut state = self.forgiving(certificate, fault);
                if let Some(mended) = certificate.without_path_length().map(Arc::new) {
                    state.put(&mended);
                }
                // A program that tells it of another certificate.
                if let Verdict::Refuses { fault: told, .. } = &self.opinion.judged.verdict
                    && let Some(hop) = self.opinion.judged.path.get(told.depth)
                {
                    state.forgiven.push((hop.member.fingerprint(), fault));
                }
                vec![(Remedy::Reissue(Arc::clone(certificate), vec![fault]), state)]
            }
            Fault::NotYetValid => {
                let Some(at) = certificate.not_before.at else { return Vec::new() };
                vec![(Remedy::NotBefore(Arc::clone(certificate), at), self.at(certificate, fault, at))]
            }
            Fault::HostMismatch | Fault::AddressMismatch => {
                let named = names(certificate).into_iter().filter_map(|name| {
                    let parsed = Some(name.parse().ok()?);
                    let question = Question { name: parsed, ..self.state.question.clone() };
                    Some((Remedy::UseName(name), self.with_question(question)))
                });
                named.take(NAMES).collect()
            }
            _ => {
                let remedy = Remedy::Reissue(Arc::clone(certificate), vec![fault]);
                let mut state = self.forgiving(certificate, fault);
                if let Some(relaxed) = self.state.policy.relaxed(fault)
                    && self.opinion.judged.behind.is_empty()
                {
                    state.policy = relaxed;
                }
                vec![(remedy, state)]
            }
        }
    }

    /// A certificate with extensions that can be read.
    fn readable(&self, certificate: &Arc<Member>) -> Vec<(Remedy, State)> {
        let issued = !self.state.question.sent.first().is_some_and(|leaf| leaf.is(certificate));
        let Some(mended) = certificate.mended(issued).map(Arc::new) else { return Vec::new() };
        let mut state = self.state.clone();
        state.put(&mended);
        vec![(Remedy::Reissue(Arc::clone(certificate), vec![Fault::Malformed]), state)]
    }
}

/// Whether an entry of a PKCS#12 shows only to who has its password.
fn is_encrypted(store: &Store, slot: &Slot) -> bool {
    let is_it = |entry: &&Entry| entry.slot == *slot && entry.notes.contains(&Note::Encrypted);
    store.format == Format::Pkcs12 && store.entries.iter().find(is_it).is_some()
}

/// Whether a place says what the client reads: it is read, or nothing is there and it counts nevertheless.
fn decides(candidate: &Candidate) -> bool {
    matches!(
        candidate.outcome,
        Outcome::Used | Outcome::Unusable(_, Then::Bind | Then::Refuse) | Outcome::Empty(Then::Bind | Then::Refuse)
    )
}

/// Whether a variable or a setting stands before what the client reads by itself.
fn is_in_the_way(candidate: &Candidate) -> bool {
    decides(candidate)
        && matches!(candidate.named, Named::Variable(..) | Named::Setting(_, Source::File(..) | Source::Variable(_)))
}

/// The variables that stand before what a client reads by itself.
fn in_the_way(candidates: &[Candidate]) -> Vec<&'static str> {
    let mut names = Vec::new();
    for candidate in candidates.iter().filter(|candidate| decides(candidate)) {
        if let Named::Variable(name, _) = &candidate.named
            && !names.contains(name)
        {
            names.push(*name);
        }
    }
    names
}

/// How many certificates are in a store.
fn certificates(store: &Store) -> usize {
    store.entries.iter().filter(|entry| entry.certificate().is_some()).count()
}

/// Whether a bundle has a block with which a reader ends or goes no further.
fn is_broken(store: &Store) -> bool {
    matches!(store.openssl, Some(OpensslLoad::Refuses { .. }))
        || store.entries.iter().any(|entry| matches!(entry.body, Body::Malformed(_)))
}

/// The names and addresses of a server's certificate that stand for one server alone.
fn names(certificate: &Member) -> Vec<String> {
    let named = certificate.alt_names().filter_map(|name| match name {
        GeneralName::Dns(name) => std::str::from_utf8(name).ok().filter(|name| !name.contains('*')).map(str::to_owned),
        _ => None,
    });
    named.collect()
}
