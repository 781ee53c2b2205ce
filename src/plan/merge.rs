//! Which certificates an export holds, where each came from, and which are left out and why.

use crate::format::x509;
use crate::model::trust::SERVER_AUTH;
use crate::model::{Certificate, Fingerprint, Oid, Reference, StoreId, Timestamp, Trust};
use crate::select::Column;
use sha1::{Digest, Sha1};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// What an export should hold beyond certificates that are valid now and authorities.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Include {
    /// Expired ones too.
    pub expired: bool,
    /// Ones that are no certification authority too.
    pub not_ca: bool,
    /// Ones that their store does not trust for TLS servers, or distrusts, too.
    pub untrusted: bool,
}

/// A merged set, ready to be written.
#[derive(Debug, Clone, Default)]
pub struct Merge {
    /// What it holds, ordered by subject, then by fingerprint.
    pub kept: Vec<Kept>,
    /// What it leaves out, in the order of the fingerprints.
    pub left_out: Vec<(Kept, LeftOut)>,
}

/// A certificate and every store it came from.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// The stores, each once.
    pub stores: Vec<StoreId>,
    /// What each of them says of it.
    pub trust: Vec<Trust>,
}

impl Kept {
    /// What is said of it where one statement is to be made of it: that it is distrusted, else the first that sets
    /// limits, else that it is trusted. Who says more knows more: a bundle of PEM says nothing of anything.
    #[must_use]
    pub fn says(&self) -> &Trust {
        const NOTHING: &Trust = &Trust::Unstated;
        let is_limited = |trust: &&Trust| matches!(trust, Trust::Purposes(_) | Trust::Limited(_));
        let distrusted = self.trust.iter().find(|trust| trust.distrusts_server());
        let says = distrusted.or_else(|| self.trust.iter().find(is_limited));
        says.or_else(|| self.trust.iter().find(|trust| **trust == Trust::Trusted))
            .or_else(|| self.trust.first())
            .unwrap_or(NOTHING)
    }
}

/// Why a certificate is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// Its validity ended then.
    Expired(Timestamp),
    /// It is no certification authority.
    NotCa,
    /// A store distrusts it.
    Distrusted,
    /// A store names it as distrusted and does not hold it.
    Named,
    /// It is in a store that does not trust it for the purpose.
    Untrusted(Oid),
    /// It cannot be parsed, so nobody can say what it is.
    Unparsed,
    /// What was excluded by name, as it was written.
    Excluded(String),
    /// Only others were asked for by name.
    NotAsked,
    /// Programmes removed it, or verifiers block it: who, when and why.
    Withdrawn(String),
    /// Whose verifier would refuse it, and why.
    Refused {
        /// The client or policy.
        by: String,
        /// What it expects of an authority.
        expected: &'static str,
        /// What this one is like.
        found: &'static str,
    },
    /// Stores limit it in a way that the format cannot say.
    Limited,
    /// None of the given chains needs it.
    NotNeeded,
    /// The format cannot hold it, for this reason.
    NotHeld(&'static str),
}

impl LeftOut {
    /// The reason in words.
    #[must_use]
    pub fn because(&self) -> String {
        match self {
            Self::Expired(when) => format!("expired on {}", when.date()),
            Self::NotCa => "not a certification authority".to_owned(),
            Self::Distrusted => "a store it is in distrusts it".to_owned(),
            Self::Named => "a store that does not hold it distrusts it".to_owned(),
            Self::Untrusted(SERVER_AUTH) => "the store does not trust it for TLS servers".to_owned(),
            Self::Untrusted(_) => "the store does not trust it for the purpose".to_owned(),
            Self::Unparsed => "cannot be parsed".to_owned(),
            Self::Excluded(word) => format!("excluded by {word}"),
            Self::NotAsked => "not asked for".to_owned(),
            Self::Withdrawn(why) => why.clone(),
            Self::Refused { by, expected, found } => format!("{by} refuses it: expected {expected}, found {found}"),
            Self::Limited => "limited by its store in a way that the format cannot say".to_owned(),
            Self::NotNeeded => "no chain needs it".to_owned(),
            Self::NotHeld(why) => (*why).to_owned(),
        }
    }

    /// Whether it is one of the many that a narrow question leaves out, and so told by their number alone.
    #[must_use]
    pub const fn is_rest(&self) -> bool {
        matches!(self, Self::NotAsked | Self::NotNeeded)
    }
}

impl Merge {
    /// Leaves out what `why` gives a reason for.
    pub fn leave_out(&mut self, mut why: impl FnMut(&Kept) -> Option<LeftOut>) {
        for kept in std::mem::take(&mut self.kept) {
            match why(&kept) {
                None => self.kept.push(kept),
                Some(why) => self.left_out.push((kept, why)),
            }
        }
        self.left_out.sort_by_key(|(kept, _)| kept.certificate.fingerprint());
    }
}

/// The union of `columns` at the moment `at`, less what `include` does not ask for: roots for TLS servers.
#[must_use]
pub fn merge(columns: &[Column], include: Include, at: Timestamp) -> Merge {
    merge_for(columns, SERVER_AUTH, include, at)
}

/// The same for another purpose.
#[must_use]
pub fn merge_for(columns: &[Column], purpose: Oid, include: Include, at: Timestamp) -> Merge {
    let mut all: BTreeMap<Fingerprint, Kept> = BTreeMap::new();
    for held in columns.iter().flat_map(|column| column.certificates.values()) {
        let kept = all.entry(held.certificate.fingerprint()).or_insert_with(|| Kept {
            certificate: Arc::clone(&held.certificate),
            stores: vec![],
            trust: vec![],
        });
        if !kept.stores.contains(&held.store) {
            kept.stores.push(held.store.clone());
            kept.trust.push(held.trust.clone());
        }
    }
    let mut merge = Merge::default();
    let named = Named::new(columns.iter().flat_map(|column| &column.distrusted));
    for kept in all.into_values() {
        let is_named = !include.untrusted && named.has(&kept.certificate);
        match refusal(&kept, purpose, include, at).or(is_named.then_some(LeftOut::Named)) {
            None => merge.kept.push(kept),
            Some(why) => merge.left_out.push((kept, why)),
        }
    }
    merge.kept.sort_by_cached_key(|kept| {
        let subject = x509::details(&kept.certificate).map(|details| details.subject.text().raw().to_lowercase());
        (subject.unwrap_or_default(), kept.certificate.fingerprint())
    });
    merge
}

/// What stores distrust without holding it, each by the most exact of what they say of it.
#[derive(Default)]
struct Named<'c> {
    sha256: HashSet<Fingerprint>,
    sha1: HashSet<[u8; 20]>,
    /// The issuer, DER, and the content octets of the serial number.
    names: HashSet<(&'c [u8], &'c [u8])>,
    keys: HashSet<&'c [u8]>,
}

impl<'c> Named<'c> {
    fn new(references: impl Iterator<Item = &'c Reference>) -> Self {
        let mut named = Self::default();
        for reference in references {
            match (reference.sha256, reference.sha1, reference.name()) {
                (Some(hash), ..) => _ = named.sha256.insert(hash),
                (_, Some(hash), _) => _ = named.sha1.insert(hash),
                (.., Some(name)) => _ = named.names.insert(name),
                _ => named.keys.extend(reference.public_key.as_deref()),
            }
        }
        named
    }

    fn has(&self, certificate: &Certificate) -> bool {
        let name = || {
            let serial = certificate.slice(&certificate.outline().ok()?.serial);
            Some((certificate.issuer_der()?, serial))
        };
        self.sha256.contains(&certificate.fingerprint())
            || (!self.sha1.is_empty() && self.sha1.contains(&<[u8; 20]>::from(Sha1::digest(certificate.der()))))
            || name().is_some_and(|name| self.names.contains(&name))
            || certificate.spki_der().is_some_and(|key| self.keys.contains(key))
    }
}

/// Why a certificate is left out. One store's distrust outweighs another's trust, as it does for NSS
/// and p11-kit, which this is about.
fn refusal(kept: &Kept, purpose: Oid, include: Include, at: Timestamp) -> Option<LeftOut> {
    let certificate = &kept.certificate;
    if !include.untrusted && kept.trust.iter().any(|trust| trust.distrusts(purpose)) {
        return Some(LeftOut::Distrusted);
    }
    if !include.untrusted && !kept.trust.iter().any(|trust| trust.allows(purpose)) {
        return Some(LeftOut::Untrusted(purpose));
    }
    let Ok(details) = x509::details(certificate) else { return Some(LeftOut::Unparsed) };
    match certificate.not_after() {
        Some(end) if end < at && !include.expired => return Some(LeftOut::Expired(end)),
        _ => {}
    }
    let is_ca = details.is_ca(certificate.is_self_issued());
    (!is_ca && !include.not_ca).then_some(LeftOut::NotCa)
}
