//! The smallest changes after which a client accepts, each tried in the engine before it is told.
//!
//! A change is a value: what it does to the chain, to the anchors or to the policy is done to a copy of the
//! question, and only what the engine then accepts is a remedy. Turning verification off is none.

use super::cause::{Cause, Everywhere};
use super::clients::{Asked, Opinion};
use super::member::Member;
use super::member::general_name::GeneralName;
use super::pool::Members;
use super::{From, Held, Place, Pool, Question, Trusted, Verdict, judge};
use crate::catalogue::client::{Edit, Leaf, Look, Origin};
use crate::discover::{Candidate, Named, Outcome};
use crate::model::{Store, StoreId, Timestamp};
use crate::policy::{Fault, Policy};
use std::path::PathBuf;
use std::sync::Arc;

/// One change that makes a client accept.
#[derive(Debug, Clone)]
pub enum Remedy {
    /// Add a root to what this client reads.
    AddRoot {
        /// The root.
        root: Arc<Member>,
        /// Where it can be taken from; none where only the server sent it.
        from: Option<Place>,
        /// Which store it is added to, and how.
        to: To,
    },
    /// Point this client at another store by a variable that it reads.
    SetVariable {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: PathBuf,
    },
    /// Unset a variable, so that the client reads what it would without it.
    UnsetVariable {
        /// The variable.
        name: &'static str,
        /// What it reads then.
        reads: PathBuf,
    },
    /// Let the server send these intermediates after what it sends, the issuer last.
    SendIntermediates(Vec<(Arc<Member>, Option<Place>)>),
    /// Let the server no longer send a certificate.
    StopSending(Arc<Member>),
    /// Remove a certificate from the client's store.
    Remove {
        /// The certificate.
        certificate: Arc<Member>,
        /// Where it is.
        place: Place,
    },
    /// Renew the certificate at this depth: it has expired.
    Renew(Arc<Member>),
    /// Wait until, or set the clock right: the certificate is not valid yet.
    NotBefore(Arc<Member>, Timestamp),
    /// Issue the certificate anew, without what this fault complains of.
    Reissue(Arc<Member>, Fault),
    /// Connect by one of the names that the certificate is for.
    UseName(String),
}

/// Where a root is added for a client.
#[derive(Debug, Clone)]
pub enum To {
    /// To the system's store, which this client reads, in the way of the system.
    System(Edit),
    /// To the file or directory that the client reads.
    Store(Option<PathBuf>, Edit),
    /// To a bundle of its own, which a variable then names: the client's store belongs to a package.
    Bundle {
        /// The variable.
        variable: &'static str,
        /// Whether what the variable names is added to what the client has anyway.
        adds: bool,
    },
}

/// Intermediates that a server may be found to owe: chains of public authorities have at most three.
const INTERMEDIATES: usize = 4;

/// What makes the client of `opinion` accept, the smallest first.
#[must_use]
pub fn remedies(asked: &Asked<'_>, everywhere: &Everywhere, opinion: &Opinion<'_>) -> Vec<Remedy> {
    let (Some(cause), Some(policy)) = (&opinion.cause, &opinion.policy) else { return Vec::new() };
    let trial = Trial { asked, everywhere, opinion, policy };
    let mut found = match cause {
        Cause::RootElsewhere { root, places, .. } => {
            let mut found = trial.add_root(root, places.first());
            found.extend(trial.by_variable(places));
            found
        }
        Cause::RootUnknown { root } => trial.add_root(root, None),
        Cause::LeftOut { certificate, place, .. } => trial.add_root(certificate, Some(place)),
        Cause::IntermediateNotSent { intermediate, places, .. } => trial.send(intermediate, places.first()),
        Cause::ExpiredTwin { expired, .. } => trial.without(expired),
        Cause::CrossSign { cross, .. } => trial.without(cross),
        Cause::IntermediateOnly { anchor } => trial.root_above(anchor),
        Cause::Certificate { fault, certificate: Some(certificate), .. } => trial.anew(*fault, certificate),
        Cause::IssuerAbsent { .. }
        | Cause::MalformedExtension { .. }
        | Cause::StoreRefused { .. }
        | Cause::Certificate { .. } => Vec::new(),
    };
    if let Cause::MalformedExtension { certificate } = cause {
        found.push(Remedy::Reissue(Arc::clone(certificate), Fault::Malformed));
    }
    found
}

/// A question that can be asked again with one thing changed.
struct Trial<'t, 'a> {
    asked: &'t Asked<'a>,
    everywhere: &'t Everywhere,
    opinion: &'t Opinion<'a>,
    policy: &'t Policy,
}

impl Trial<'_, '_> {
    fn accepts(&self, question: &Question, pool: &Pool, policy: &Policy) -> bool {
        judge(question, pool, policy).verdict == Verdict::Accepts
    }

    /// The anchors with one more, as the last of the last store.
    fn with(&self, root: &Arc<Member>) -> Pool {
        let mut pool = self.opinion.pool.clone();
        let ends_chain = true;
        pool.anchors.push(Held { member: Arc::clone(root), place: None, ends_chain, trust: Trusted::Unstated });
        pool
    }

    fn add_root(&self, root: &Arc<Member>, from: Option<&Place>) -> Vec<Remedy> {
        if !self.accepts(self.asked.question, &self.with(root), self.policy) {
            return Vec::new();
        }
        vec![Remedy::AddRoot { root: Arc::clone(root), from: from.cloned(), to: self.to() }]
    }

    /// Where a root is best added: where the client's row says how, else in the system's store where the client
    /// reads that, else in a bundle that a variable names.
    fn to(&self) -> To {
        let found = self.opinion.found;
        let path = || found.effective().find_map(|candidate| candidate.path.clone());
        let reads = |id: &StoreId| found.effective().any(|candidate| candidate.store.as_ref() == Some(id));
        let is_overridden = |candidate: &&Candidate| {
            candidate.outcome == Outcome::Used && variable_for_a_bundle(candidate.leaf).is_some()
        };
        match (found.client.edit, &self.asked.system) {
            (_, Some(system)) if system.stores.iter().any(reads) => return To::System(system.edit),
            (edit @ (Edit::DropIn { .. } | Edit::Rewrite | Edit::Via(_)), _) => return To::Store(path(), edit),
            _ => {}
        }
        let set = found.candidates.iter().find(is_overridden);
        let open = found
            .candidates
            .iter()
            .find(|candidate| candidate.outcome == Outcome::NotSet && variable_for_a_bundle(candidate.leaf).is_some());
        match set.or(open).and_then(|candidate| variable_for_a_bundle(candidate.leaf)) {
            Some(variable) => To::Bundle { variable, adds: found.client.adds_by(variable) },
            None => To::Store(path(), found.client.edit),
        }
    }

    /// Another store by a variable: one that can be set, or one that is and hides what is read without it.
    fn by_variable(&self, places: &[Place]) -> Vec<Remedy> {
        let candidates = &self.opinion.found.candidates;
        let file = |store: &Arc<Store>| match &store.id {
            StoreId::Path(path) if store.format == crate::model::Format::Pem => Some(path.clone()),
            _ => None,
        };
        let mut found = Vec::new();
        for candidate in candidates {
            let Named::Variable(name, _) = &candidate.named else { continue };
            if candidate.outcome != Outcome::Used {
                continue;
            }
            let shadowed = candidates.iter().find(|other| {
                other.outcome == Outcome::Shadowed
                    && places.iter().any(|(store, _)| other.store.as_ref() == Some(&store.id))
            });
            if let Some(shadowed) = shadowed
                && let Some(reads) = shadowed.path.clone()
                && let Some(store) = places.iter().find(|(store, _)| shadowed.store.as_ref() == Some(&store.id))
                && self.accepts(self.asked.question, &self.only(&store.0), self.policy)
            {
                found.push(Remedy::UnsetVariable { name, reads });
            }
        }
        let settable = candidates.iter().find_map(|candidate| {
            let name = variable_for_a_bundle(candidate.leaf)?;
            (candidate.outcome == Outcome::NotSet).then_some(name)
        });
        let usable = places.iter().filter_map(|(store, _)| Some((store, file(store)?))).find(|(store, _)| {
            let only = self.only(store);
            let mut both = self.opinion.pool.clone();
            both.anchors.extend(only.anchors.iter().cloned());
            only.anchors.len() > 1
                && self.accepts(self.asked.question, &only, self.policy)
                && self.accepts(self.asked.question, &both, self.policy)
        });
        if let (Some(name), Some((_, value))) = (settable, usable)
            && found.is_empty()
        {
            found.push(Remedy::SetVariable { name, value });
        }
        found
    }

    /// A store as the only one.
    fn only(&self, store: &Arc<Store>) -> Pool {
        Pool::only(store, &mut Members::default())
    }

    /// The intermediate, and those above it that are known here, until the client accepts.
    fn send(&self, intermediate: &Arc<Member>, place: Option<&Place>) -> Vec<Remedy> {
        let mut question = self.asked.question.clone();
        let mut sent = vec![(Arc::clone(intermediate), place.cloned())];
        for _ in 0..INTERMEDIATES {
            question.sent.extend(sent.last().map(|(member, _)| Arc::clone(member)));
            if self.accepts(&question, &self.opinion.pool, self.policy) {
                return vec![Remedy::SendIntermediates(sent)];
            }
            let Some(next) = self.everywhere.issuer_of(&question.sent[question.sent.len() - 1]) else { break };
            sent.push(next);
        }
        Vec::new()
    }

    /// The root above an intermediate that is the only anchor.
    fn root_above(&self, anchor: &Arc<Member>) -> Vec<Remedy> {
        match self.everywhere.issuer_of(anchor) {
            Some((root, place)) => self.add_root(&root, place.as_ref()),
            None => Vec::new(),
        }
    }

    /// Neither sent nor an anchor: which of the two is to go.
    fn without(&self, certificate: &Arc<Member>) -> Vec<Remedy> {
        let mut found = Vec::new();
        let mut question = self.asked.question.clone();
        question.sent.retain(|sent| !sent.is(certificate));
        if question.sent.len() < self.asked.question.sent.len()
            && self.accepts(&question, &self.opinion.pool, self.policy)
        {
            found.push(Remedy::StopSending(Arc::clone(certificate)));
        }
        let mut pool = self.opinion.pool.clone();
        pool.anchors.retain(|held| !held.member.is(certificate));
        let removed = self.opinion.pool.anchors.iter().find(|held| held.member.is(certificate));
        if let Some((store, slot)) = removed.and_then(|held| held.place.clone())
            && self.accepts(self.asked.question, &pool, self.policy)
        {
            found.push(Remedy::Remove { certificate: Arc::clone(certificate), place: (store, slot) });
        }
        found
    }

    /// A certificate without its fault: that nothing else is wrong is what the engine is asked.
    fn anew(&self, fault: Fault, certificate: &Arc<Member>) -> Vec<Remedy> {
        let (question, pool) = (self.asked.question, &self.opinion.pool);
        let same = |other: &super::Located| other.fault == fault;
        let alone = self.opinion.judged.behind.iter().all(same);
        match fault {
            Fault::Expired => {
                let valid = question.sent.iter().chain(pool.anchors.iter().map(|held| &held.member));
                let at = valid.filter(|member| member.is(certificate)).find_map(|member| member.not_after.at);
                let earlier = at.map(|at| Question { at: Timestamp::from_unix(at.unix() - 1), ..question.clone() });
                let flips = earlier.is_some_and(|earlier| self.accepts(&earlier, pool, self.policy));
                flips.then(|| Remedy::Renew(Arc::clone(certificate))).into_iter().collect()
            }
            Fault::NotYetValid => {
                let Some(at) = certificate.not_before.at else { return Vec::new() };
                let later = Question { at, ..question.clone() };
                let flips = self.accepts(&later, pool, self.policy);
                flips.then(|| Remedy::NotBefore(Arc::clone(certificate), at)).into_iter().collect()
            }
            Fault::HostMismatch | Fault::AddressMismatch => {
                let names = names(certificate);
                let usable = names.into_iter().filter(|name| {
                    let named = Question { name: name.parse().ok(), ..question.clone() };
                    named.name.is_some() && self.accepts(&named, pool, self.policy)
                });
                usable.map(Remedy::UseName).take(3).collect()
            }
            _ if alone || self.policy.relaxed(fault).is_some_and(|relaxed| self.accepts(question, pool, &relaxed)) => {
                let mut found = vec![Remedy::Reissue(Arc::clone(certificate), fault)];
                let behind = self.opinion.judged.behind.iter();
                found.extend(behind.filter_map(|behind| {
                    let member = &self.opinion.judged.path.get(behind.depth)?.member;
                    Some(Remedy::Reissue(Arc::clone(member), behind.fault))
                }));
                found
            }
            _ => Vec::new(),
        }
    }
}

/// The variable that names a bundle, where a leaf is one.
fn variable_for_a_bundle(leaf: &Leaf) -> Option<&'static str> {
    let is_bundle = matches!(
        leaf.look,
        Look::Bundle | Look::Blocks | Look::UntilBad | Look::UnlessBad | Look::EitherEncoding | Look::BundleOrHash
    );
    match leaf.origin {
        Origin::Variable(name) if is_bundle => Some(name),
        _ => None,
    }
}

/// The names and addresses of a server's certificate that stand for one server alone.
fn names(certificate: &Member) -> Vec<String> {
    let named = certificate.alt_names().filter_map(|name| match name {
        GeneralName::Dns(name) => std::str::from_utf8(name).ok().filter(|name| !name.contains('*')).map(str::to_owned),
        _ => None,
    });
    named.collect()
}

/// Where a certificate of the path stands, for those who want to look at it.
#[must_use]
pub fn place_of<'o>(opinion: &'o Opinion<'_>, from: From) -> Option<&'o Place> {
    match from {
        From::Pool(index) => opinion.pool.anchors.get(index)?.place.as_ref(),
        From::Sent(_) => None,
    }
}
