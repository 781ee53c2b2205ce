//! The one cause behind a refusal, from a fixed catalogue.
//!
//! What a client prints often names another thing than what is wrong: the same *unable to get local issuer
//! certificate* stands for a root that is missing, an intermediate that the server does not send, a hash link
//! with a gap before it, and an extension that cannot be read. The cause is told from facts: what the path
//! came to, what the other stores of the host hold, and what of this client's own stores does not count.

use super::clients::{Asked, Opinion};
use super::member::Member;
use super::pool::Members;
use super::remedy::Worlds;
use super::signature::Signature;
use super::{From, Hop, Located, Place, Verdict};
use crate::anchors::{Lost, Reason, Refused, lost_by_gnutls, refuses_keystore, stops};
use crate::discover::{Named, Outcome, Use};
use crate::model::{Fingerprint, OpensslLoad, StoreId, Timestamp};
use crate::policy::{Fault, Policy};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a client refuses, as far as it needs telling.
#[derive(Debug, Clone)]
pub enum Cause {
    /// The issuer of the last certificate is neither sent nor in any store of this host.
    IssuerAbsent {
        /// The certificate whose issuer is missing.
        of: Arc<Member>,
        /// Whether it is the server's own, which public authorities never sign with a root.
        likely_intermediate: bool,
    },
    /// The root is not in the stores of this client, and in others of this host.
    RootElsewhere {
        /// The root.
        root: Arc<Member>,
        /// Where it is: store and slot, the first of each store.
        places: Vec<Place>,
        /// Whether the server sent it.
        sent: bool,
        /// Whether no public program is known to have it: a proxy that inspects TLS, or a private authority.
        local: bool,
    },
    /// The root is in no store of this host; the server sent it.
    RootUnknown {
        /// The root as it was sent.
        root: Arc<Member>,
    },
    /// The server does not send an intermediate, which is known here.
    IntermediateNotSent {
        /// The certificate whose issuer it is.
        of: Arc<Member>,
        /// The intermediate.
        intermediate: Arc<Member>,
        /// Where it is.
        places: Vec<Place>,
    },
    /// The certificate is in the client's own store and does not count there.
    LeftOut {
        /// The certificate.
        certificate: Arc<Member>,
        /// The store and the place in it.
        place: Place,
        /// Why it does not count.
        because: Reason,
    },
    /// An expired certificate was chosen, and one of the same name and key is valid.
    ExpiredTwin {
        /// The expired one.
        expired: Arc<Member>,
        /// The valid one.
        valid: Arc<Member>,
    },
    /// The path follows a cross-signed certificate to a root that is missing or has expired, although the anchors
    /// hold a root of the same name and key.
    CrossSign {
        /// The cross-signed certificate.
        cross: Arc<Member>,
        /// The root of the same name and key.
        root: Arc<Member>,
    },
    /// Only an intermediate is an anchor, and this client wants the path to end at a root.
    IntermediateOnly {
        /// The anchor that the path reached.
        anchor: Arc<Member>,
    },
    /// An extension that cannot be read makes a certificate unfit to be linked to its issuer.
    MalformedExtension {
        /// The certificate.
        certificate: Arc<Member>,
    },
    /// The program ends with an error when it loads its store.
    StoreRefused {
        /// What it cannot load.
        place: Option<PathBuf>,
        /// The variable that names it, where one does.
        variable: Option<&'static str>,
        /// Why.
        because: String,
    },
    /// The chain itself is at fault at one certificate: what the fault says is the cause.
    Certificate {
        /// What is wrong.
        fault: Fault,
        /// Of which certificate; none where the path did not reach one.
        certificate: Option<Arc<Member>>,
        /// The security level, where it is about strength.
        level: Option<u8>,
        /// Whether the FIPS provider alone serves, which knows fewer algorithms.
        fips: bool,
        /// What sets how strong it has to be, where it is about that and a setting does.
        by: Option<String>,
    },
}

impl Cause {
    /// The word for it in the catalogue of causes.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            Self::IssuerAbsent { likely_intermediate: true, .. } | Self::IntermediateNotSent { .. } => {
                "intermediate-not-sent"
            }
            Self::IssuerAbsent { .. } | Self::RootUnknown { .. } => "issuer-absent",
            Self::RootElsewhere { local: true, .. } => "private-root",
            Self::RootElsewhere { .. } => "issuer-elsewhere",
            Self::LeftOut { .. } => "issuer-left-out",
            Self::ExpiredTwin { .. } => "expired-twin",
            Self::CrossSign { .. } => "cross-sign",
            Self::IntermediateOnly { .. } => "intermediate-only",
            Self::MalformedExtension { .. } => "malformed-extension",
            Self::StoreRefused { .. } => "store-refused",
            Self::Certificate { fault: Fault::AlgorithmUnsupported, fips: true, .. } => "fips",
            Self::Certificate { fault, .. } => of_fault(*fault),
        }
    }
}

/// The word for a fault of a certificate.
fn of_fault(fault: Fault) -> &'static str {
    match fault {
        Fault::LeafKeyWeak | Fault::CaKeyWeak | Fault::DigestWeak => "weak",
        Fault::Expired | Fault::NotYetValid | Fault::NotBeforeMalformed | Fault::NotAfterMalformed => "time",
        Fault::HostMismatch | Fault::AddressMismatch => "name",
        Fault::NameNotPermitted
        | Fault::NameExcluded
        | Fault::ConstraintMinMax
        | Fault::ConstraintUnsupported
        | Fault::ConstraintMalformed
        | Fault::ConstrainedNameMalformed
        | Fault::ConstrainedWithoutNames => "name-constraints",
        Fault::PurposeUnsuitable | Fault::LeafIsCa => "purpose",
        Fault::AlgorithmUnsupported
        | Fault::SignatureAlgorithmUnknown
        | Fault::KeyAlgorithmMismatch
        | Fault::KeyUndecodable
        | Fault::LeafKeyUndecodable
        | Fault::KeyExplicitCurve
        | Fault::LeafKeyNotOffered => "unsupported-algorithm",
        Fault::SignatureBad => "signature",
        Fault::Undecodable | Fault::Malformed | Fault::PolicyMalformed | Fault::CriticalUnknown => {
            "malformed-extension"
        }
        Fault::NotCa | Fault::AnchorNotCa | Fault::KeyUsageNoCertSign | Fault::PathLength | Fault::PathTooLong => {
            "not-an-issuer"
        }
        Fault::AnchorRejected | Fault::AnchorUntrusted | Fault::AnchorDistrusted => "distrusted",
        Fault::VersionUnsupported | Fault::SerialUnacceptable | Fault::ValidityTooLong => "strict",
        fault if fault.is_strict() => "strict",
        _ => "other",
    }
}

/// Every certificate of the host by its subject: what another store could lend.
#[derive(Debug)]
pub struct Everywhere {
    by_subject: HashMap<Box<[u8]>, Vec<Known>>,
    /// The roots that public programs carry: those of bundles that belong to a program or distribution.
    public: Vec<Fingerprint>,
    /// The host as changes would make it.
    pub(super) worlds: Worlds,
}

/// One certificate and every store that holds it.
#[derive(Debug)]
struct Known {
    member: Arc<Member>,
    places: Vec<Place>,
}

/// The stores of public root programs: what these clients read by themselves, where that is not the system's, to
/// which an administrator adds.
fn public_stores<'a>(asked: &Asked<'a>) -> Vec<&'a StoreId> {
    let programs = asked.every.iter().filter(|found| found.client.roots.are_own());
    let own = programs.flat_map(Use::effective).filter(|candidate| candidate.named == Named::BuiltIn);
    let stores = own.filter_map(|candidate| candidate.store.as_ref());
    let system = asked.system.map_or(&[][..], |system| &system.stores);
    stores.filter(|id| !system.contains(id)).collect()
}

impl Everywhere {
    /// What the stores of `snapshot` hold.
    pub(super) fn of(asked: &Asked<'_>, members: &mut Members) -> Self {
        let mut at: HashMap<Fingerprint, Known> = HashMap::new();
        for store in asked.snapshot.stores() {
            for entry in &store.entries {
                let Some(certificate) = entry.certificate() else { continue };
                let Some(member) = members.get(certificate) else { continue };
                let known = at.entry(member.fingerprint()).or_insert_with(|| Known { member, places: Vec::new() });
                if known.places.iter().all(|(held, _)| !Arc::ptr_eq(held, store)) {
                    known.places.push((Arc::clone(store), entry.slot.clone()));
                }
            }
        }
        let stores = public_stores(asked);
        let public = at.values().filter(|known| known.places.iter().any(|(store, _)| stores.contains(&&store.id)));
        let public = public.map(|known| known.member.fingerprint()).collect();
        let mut by_subject: HashMap<Box<[u8]>, Vec<Known>> = HashMap::new();
        for known in at.into_values() {
            by_subject.entry(known.member.subject.clone()).or_default().push(known);
        }
        for known in by_subject.values_mut() {
            known.sort_by_key(|known| known.member.fingerprint());
        }
        Self { by_subject, public, worlds: Worlds::default() }
    }

    /// Whether a certificate is among the roots of public programs.
    #[must_use]
    pub fn is_public(&self, member: &Member) -> bool {
        self.public.contains(&member.fingerprint())
    }

    /// Those that issued `subject`: by name, key identifier and signature.
    fn issuers_of<'e, 's>(&'e self, subject: &'s Member) -> impl Iterator<Item = &'e Known> + use<'e, 's> {
        let named = self.by_subject.get(&subject.issuer).map_or(&[][..], Vec::as_slice);
        named.iter().filter(|known| {
            subject.authority_fits(&known.member).is_ok() && subject.signed_by(&known.member) != Signature::Bad
        })
    }

    /// The issuer of a certificate in any store: a root before an intermediate, one that is valid before its twin.
    fn known_issuer(&self, subject: &Member, at: Timestamp) -> Option<&Known> {
        self.issuers_of(subject).min_by_key(|known| (!known.member.is_self_issued(), !is_valid(&known.member, at)))
    }

    /// A valid root of any store that issued a certificate of `path` below its end: where an authority was
    /// cross-signed, its own root is where the path could end before.
    fn root_before(&self, path: &[Hop], at: Timestamp) -> Option<&Known> {
        let (_, below) = path.split_last()?;
        let is_it = |known: &&Known| {
            let member = &known.member;
            member.is_self_issued() && is_valid(member, at) && !path.iter().any(|hop| hop.member.is(member))
        };
        below.iter().rev().find_map(|hop| self.issuers_of(&hop.member).find(is_it))
    }

    /// The same and where it is, for a path that goes as far as a depth.
    #[must_use]
    pub fn lent_before(&self, path: &[Hop], depth: usize, at: Timestamp) -> Option<(Arc<Member>, Vec<Place>)> {
        let known = self.root_before(path.get(..=depth)?, at)?;
        Some((Arc::clone(&known.member), known.places.clone()))
    }

    /// The issuer of a certificate in any store, one that is valid at a moment first, and a place where it is.
    #[must_use]
    pub fn issuer_of(&self, subject: &Member, at: Timestamp) -> Option<(Arc<Member>, Option<Place>)> {
        self.known_issuer(subject, at).map(|known| (Arc::clone(&known.member), known.places.first().cloned()))
    }

    /// The cause of a refusal.
    pub(super) fn cause(&self, asked: &Asked<'_>, opinion: &Opinion<'_>) -> Option<Cause> {
        let Verdict::Refuses { fault, .. } = &opinion.judged.verdict else { return None };
        Some(self.of_refusal(asked, opinion, *fault))
    }

    fn of_refusal(&self, asked: &Asked<'_>, opinion: &Opinion<'_>, at: Located) -> Cause {
        let judged = &opinion.judged;
        let certificate = judged.path.get(at.depth).map(|hop| Arc::clone(&hop.member));
        match at.fault {
            Fault::StoreRefused => refused_store(asked, opinion),
            Fault::IssuerNotFound
            | Fault::LeafUnverifiable
            | Fault::SelfSignedLeaf
            | Fault::SelfSignedSent
            | Fault::AnchorIncomplete => self.of_missing_issuer(asked, opinion, at),
            Fault::Expired => {
                let expired = certificate.clone();
                let twin = expired.as_ref().and_then(|expired| self.valid_twin(asked, opinion, expired));
                match (expired, twin) {
                    (Some(expired), Some(valid)) => Cause::ExpiredTwin { expired, valid },
                    (certificate, _) => {
                        Cause::Certificate { fault: at.fault, certificate, level: None, fips: false, by: None }
                    }
                }
            }
            fault => {
                let limit = (fault == Fault::PathLength).then(|| limiting(&judged.path, at.depth)).flatten();
                let certificate = limit.or(certificate);
                let level = opinion.policy.as_ref().and_then(Policy::level);
                let fips = opinion.policy.as_ref().is_some_and(Policy::is_fips);
                let by = opinion.settings.strength_by.clone().filter(|_| fault.is_weak());
                Cause::Certificate { fault, certificate, level, fips, by }
            }
        }
    }

    /// The path ended without an anchor.
    fn of_missing_issuer(&self, asked: &Asked<'_>, opinion: &Opinion<'_>, at: Located) -> Cause {
        let judged = &opinion.judged;
        let Some(last) = judged.path.last().map(|hop| Arc::clone(&hop.member)) else {
            return Cause::Certificate { fault: at.fault, certificate: None, level: None, fips: false, by: None };
        };
        // Its own root is there under another path: the cross-signed twin was followed.
        if let Some((cross, root)) = crossed(opinion) {
            return Cause::CrossSign { cross, root };
        }
        if at.fault == Fault::AnchorIncomplete && matches!(judged.path.last().map(|hop| hop.from), Some(From::Pool(_)))
        {
            return Cause::IntermediateOnly { anchor: last };
        }
        // OpenSSL takes a certificate with an extension that it cannot decode for one that issued nothing.
        let links = !matches!(opinion.policy, Some(Policy::OpenSsl(_)));
        if !links && is_unreadable(&last) {
            return Cause::MalformedExtension { certificate: last };
        }
        // What issued it was sent, and cannot be read.
        let unread = asked.question.sent.iter().find(|sent| {
            !sent.is(&last)
                && sent.subject == last.issuer
                && is_unreadable(sent)
                && last.signed_by(sent) != Signature::Bad
        });
        if let (Some(unread), false) = (unread, links) {
            return Cause::MalformedExtension { certificate: Arc::clone(unread) };
        }
        // The root of an authority that was cross-signed is in another store, and nobody has the end of the path that
        // was followed, or it has expired.
        if let Some(root) = self.root_before(&judged.path, asked.question.at)
            && (!last.is_self_issued() || !is_valid(&last, asked.question.at))
            && !self.issuers_of(&last).any(|known| is_valid(&known.member, asked.question.at))
        {
            return self.of_root(asked, opinion, Arc::clone(&root.member), false);
        }
        let is_own = || last.signed_by(&last) != Signature::Bad;
        if last.is_self_issued() && (judged.path.len() > 1 || at.fault == Fault::SelfSignedLeaf || is_own()) {
            return self.of_root(asked, opinion, last, true);
        }
        // Sent, and cut off by a client that takes no root from a server.
        let issued = |sent: &&Arc<Member>| {
            sent.is_self_issued()
                && sent.subject == last.issuer
                && last.authority_fits(sent).is_ok()
                && last.signed_by(sent) != Signature::Bad
        };
        if let Some(root) = asked.question.sent.iter().find(issued) {
            return self.of_root(asked, opinion, Arc::clone(root), true);
        }
        // In this client's own stores, where it does not count.
        let own = opinion.anchors.left_out.iter().find_map(|left| {
            let certificate = left.certificate?;
            let known = self.issuers_of(&last).find(|known| known.member.fingerprint() == certificate.fingerprint())?;
            Some(Cause::LeftOut {
                certificate: Arc::clone(&known.member),
                place: (Arc::clone(left.store), left.slot.clone()),
                because: left.because.clone(),
            })
        });
        if let Some(cause) = own {
            return cause;
        }
        // In another store: a root that is missing here, or an intermediate that the server owes.
        match self.known_issuer(&last, asked.question.at).map(|known| (Arc::clone(&known.member), known.places.clone()))
        {
            Some((root, _)) if root.is_self_issued() => self.of_root(asked, opinion, root, false),
            Some((intermediate, places)) => Cause::IntermediateNotSent { of: last, intermediate, places },
            None => Cause::IssuerAbsent { likely_intermediate: judged.path.len() == 1 && !last.is_ca(), of: last },
        }
    }

    /// The path leads to a root that this client does not have.
    fn of_root(&self, _asked: &Asked<'_>, opinion: &Opinion<'_>, root: Arc<Member>, sent: bool) -> Cause {
        let left =
            opinion.anchors.left_out.iter().find(|left| {
                left.certificate.is_some_and(|certificate| certificate.fingerprint() == root.fingerprint())
            });
        if let Some(left) = left {
            let place = (Arc::clone(left.store), left.slot.clone());
            return Cause::LeftOut { certificate: root, place, because: left.because.clone() };
        }
        let known = self.by_subject.get(&root.subject).into_iter().flatten();
        match known.into_iter().find(|known| known.member.is(&root)) {
            Some(known) => {
                let local = !self.is_public(&root);
                Cause::RootElsewhere { places: known.places.clone(), root, sent, local }
            }
            None => Cause::RootUnknown { root },
        }
    }

    /// A certificate of the same name and key as `expired` that is valid at the moment asked for: sent,
    /// or an anchor of this client.
    fn valid_twin(&self, asked: &Asked<'_>, opinion: &Opinion<'_>, expired: &Member) -> Option<Arc<Member>> {
        let at = asked.question.at;
        let sent = asked.question.sent.iter();
        let held = opinion.pool.anchors.iter().map(|held| &held.member);
        let is_twin = |member: &&Arc<Member>| {
            member.subject == expired.subject
                && member.spki() == expired.spki()
                && !member.is(expired)
                && is_valid(member, at)
        };
        sent.chain(held).find(is_twin).cloned()
    }
}

/// Whether a certificate is valid at a moment.
fn is_valid(member: &Member, at: Timestamp) -> bool {
    member.not_before.at.is_some_and(|from| from <= at) && member.not_after.at.is_some_and(|until| until > at)
}

/// The certificate of a path whose path length constraint is exceeded. A program tells it of that one (OpenSSL), or of
/// the first below it that there is no room for (GnuTLS, Java).
fn limiting(path: &[Hop], told_at: usize) -> Option<Arc<Member>> {
    let above = path.iter().enumerate().skip(told_at.max(1));
    let mut exceeded = above.filter(|(depth, hop)| {
        let limit = hop.member.basic_constraints.value().and_then(|found| found.path_len);
        limit.is_some_and(|limit| i64::try_from(depth - 1).unwrap_or(i64::MAX) > limit)
    });
    exceeded.next().map(|(_, hop)| Arc::clone(&hop.member))
}

/// The store with which the client ends before it verifies.
fn refused_store(asked: &Asked<'_>, opinion: &Opinion<'_>) -> Cause {
    let candidate = stops(opinion.found, asked.snapshot);
    let store = candidate.and_then(|candidate| asked.snapshot.store(candidate.store.as_ref()?));
    let lost = lost_by_gnutls(opinion.found, asked.snapshot);
    let lost = store.and_then(|store| lost.iter().find(|lost| lost.store.id == store.id));
    let because = match (candidate.map(|candidate| &candidate.outcome), lost) {
        (Some(Outcome::Unusable(why, _)), _) => why.to_string(),
        (Some(Outcome::Empty(_)), _) => "the value is empty".to_owned(),
        (Some(Outcome::Refused(why)), _) => why.clone(),
        (_, Some(Lost { line, says, .. })) => {
            let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            format!("{place}{}", says.trim_end_matches('.'))
        }
        _ => match store.and_then(|store| store.openssl.as_ref()) {
            Some(OpensslLoad::Refuses { because, line }) => format!("line {line}: {because}"),
            _ => store
                .and_then(|store| refuses_keystore(opinion.found, store))
                .map_or("no certificate is in it that it can use", Refused::says)
                .to_owned(),
        },
    };
    let place = candidate.and_then(|candidate| candidate.path.clone());
    let variable = candidate.and_then(|candidate| match &candidate.named {
        Named::Variable(name, _) => Some(*name),
        _ => None,
    });
    Cause::StoreRefused { place, variable, because }
}

/// A certificate of the path whose name and key are also an anchor's.
fn crossed(opinion: &Opinion<'_>) -> Option<(Arc<Member>, Arc<Member>)> {
    opinion.judged.path.iter().filter(|hop| matches!(hop.from, From::Sent(_))).skip(1).find_map(|hop| {
        let twin = opinion.pool.anchors.iter().find(|held| {
            held.member.subject == hop.member.subject
                && held.member.spki() == hop.member.spki()
                && !held.member.is(&hop.member)
        })?;
        Some((Arc::clone(&hop.member), Arc::clone(&twin.member)))
    })
}

/// Whether an extension that verifiers decode is broken or doubled.
fn is_unreadable(member: &Member) -> bool {
    member.basic_constraints.is_broken()
        || member.key_usage.is_broken()
        || member.extended_key_usage.is_broken()
        || member.subject_alt_name.is_broken()
        || member.name_constraints.is_broken()
        || member.subject_key_id.is_broken()
        || member.authority_key_id.is_broken()
}
