//! `castore diff` of snapshots: what changed from one to the other, store by store and client by client.

use crate::baseline::compare::{Added, ClientChange, Fate, Removed, StoreChange};
use crate::baseline::{CertificateRecord, ClientRecord, Comparison, Inventory, Said, Users};
use crate::model::{Fingerprint, words};
use serde::Serialize;

/// The answer of `castore diff` where a side is a snapshot.
#[derive(Debug, Clone, Serialize)]
pub struct ChangesReport {
    /// `castore.changes/1`.
    pub schema: &'static str,
    /// Whether nothing differs.
    pub same: bool,
    /// The earlier side.
    pub then: SideReport,
    /// The later side.
    pub now: SideReport,
    /// Stores that differ, in the order of their names.
    pub stores: Vec<StoreChangeReport>,
    /// Clients that differ.
    pub clients: Vec<ClientChangeReport>,
}

/// One side of a comparison.
#[derive(Debug, Clone, Serialize)]
pub struct SideReport {
    /// A file, or `this host`.
    pub name: String,
    /// The host's own name, where it is known.
    pub host: Option<String>,
    /// Its release, where it is known.
    pub release: Option<String>,
    /// The version of castore that looked.
    pub castore: String,
    /// How many stores there are.
    pub stores: usize,
    /// How many certificates, each once.
    pub certificates: usize,
    /// How many installations of clients.
    pub clients: usize,
}

/// What differs of a store.
#[derive(Debug, Clone, Serialize)]
pub struct StoreChangeReport {
    /// Its name now; where it is gone, its name then.
    pub store: String,
    /// `stayed`, `moved`, `appeared`, `vanished` or `not-compared`.
    pub fate: &'static str,
    /// Its name then, where it moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// How far it was read then: `whole`, `partial`, `unread-format`, `unreadable`, `absent`.
    pub then: &'static str,
    /// How far it is read now.
    pub now: &'static str,
    /// How many certificates it holds now; where it is gone, then.
    pub certificates: usize,
    /// The clients that use it now; where it is gone, then.
    pub used_by: Vec<String>,
    /// What it holds now and did not. Of a store that is new, what no store held.
    pub added: Vec<AddedReport>,
    /// What it held. Of a store that is gone, what no store holds now.
    pub removed: Vec<RemovedReport>,
    /// What it says otherwise of certificates that it held and holds.
    pub trust: Vec<TrustChangeReport>,
    /// What it says otherwise of certificates that it does not hold.
    pub references: Vec<ReferenceChangeReport>,
}

/// A certificate as a snapshot describes it.
#[derive(Debug, Clone, Serialize)]
pub struct RecordReport {
    /// SHA-256 of the DER.
    pub sha256: String,
    /// The subject; absent where it could not be parsed.
    pub subject: Option<String>,
    /// The issuer.
    pub issuer: Option<String>,
    /// End of validity.
    pub not_after: Option<String>,
    /// SHA-256 of the SubjectPublicKeyInfo.
    pub spki_sha256: Option<String>,
    /// Its public key.
    pub key: Option<String>,
}

/// What a store says of a certificate.
#[derive(Debug, Clone, Serialize)]
pub struct SaidReport {
    /// `trusted`, `limited`, `no-anchor` or `refused`, as an anchor for TLS servers.
    pub servers: &'static str,
    /// In full; empty where nothing limits it.
    pub says: Vec<String>,
}

/// A certificate that is new in a store.
#[derive(Debug, Clone, Serialize)]
pub struct AddedReport {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: RecordReport,
    /// What the store says of it.
    pub trust: SaidReport,
    /// The stores that held it then.
    pub was_in: Vec<String>,
    /// Those of them that do not hold it now.
    pub moved_from: Vec<String>,
}

/// A certificate that is gone from a store.
#[derive(Debug, Clone, Serialize)]
pub struct RemovedReport {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: RecordReport,
    /// What the store said of it.
    pub trust: SaidReport,
    /// The stores that hold it now.
    pub is_in: Vec<String>,
}

/// A certificate of which a store says something else.
#[derive(Debug, Clone, Serialize)]
pub struct TrustChangeReport {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: RecordReport,
    /// What it said.
    pub then: SaidReport,
    /// What it says.
    pub now: SaidReport,
}

/// What a store says otherwise of a certificate that it does not hold.
#[derive(Debug, Clone, Serialize)]
pub struct ReferenceChangeReport {
    /// What names the certificate.
    pub about: String,
    /// What it said, if it said anything.
    pub then: Option<SaidReport>,
    /// What it says, if it says anything.
    pub now: Option<SaidReport>,
}

/// What differs of a client.
#[derive(Debug, Clone, Serialize)]
pub struct ClientChangeReport {
    /// What it is called: `curl:/usr/bin/curl`.
    pub client: String,
    /// `appeared`, `vanished` or `changed`.
    pub fate: &'static str,
    /// Stores that it uses and did not, other than those that moved; of a new one all.
    pub gained: Vec<String>,
    /// Stores that it used and does not, other than those that moved; of one that is gone all.
    pub lost: Vec<String>,
    /// What it trusts and did not, other than what is told with a store. Empty where a side knows only the digest.
    pub trusts: Vec<RecordReport>,
    /// What it trusted, other than what is told with a store.
    pub trusts_no_more: Vec<RecordReport>,
    /// What it was; absent where it is new.
    pub then: Option<ClientSideReport>,
    /// What it is; absent where it is gone.
    pub now: Option<ClientSideReport>,
}

/// A client on one side.
#[derive(Debug, Clone, Serialize)]
pub struct ClientSideReport {
    /// Versions of its parts.
    pub versions: Vec<String>,
    /// How many certificates it takes as anchors.
    pub anchors: usize,
    /// SHA-256 of their fingerprints.
    pub anchors_sha256: String,
    /// Roots in effect that no store holds.
    pub opaque: Vec<String>,
    /// Whether something turned its verification off.
    pub verification_off: bool,
}

impl SideReport {
    /// The report of an inventory under a name.
    #[must_use]
    pub fn new(name: &str, inventory: &Inventory) -> Self {
        Self {
            name: name.to_owned(),
            host: inventory.host.name.clone(),
            release: inventory.host.release.clone(),
            castore: inventory.castore.clone(),
            stores: inventory.stores.len(),
            certificates: inventory.certificates.len(),
            clients: inventory.clients.len(),
        }
    }
}

impl ChangesReport {
    /// The report of a comparison of two inventories under their names.
    #[must_use]
    pub fn new(comparison: &Comparison, then: (&str, &Inventory), now: (&str, &Inventory)) -> Self {
        let both = Both { then: then.1, now: now.1, users_then: then.1.users(), users_now: now.1.users() };
        Self {
            schema: "castore.changes/1",
            same: comparison.is_same(),
            then: SideReport::new(then.0, then.1),
            now: SideReport::new(now.0, now.1),
            stores: comparison.stores.iter().map(|change| both.store(change)).collect(),
            clients: comparison.clients.iter().map(|change| both.client(change)).collect(),
        }
    }
}

/// The two inventories, in which certificates are described, and who uses what.
struct Both<'i> {
    then: &'i Inventory,
    now: &'i Inventory,
    users_then: Users<'i>,
    users_now: Users<'i>,
}

impl Both<'_> {
    fn store(&self, change: &StoreChange) -> StoreChangeReport {
        let (fate, from) = match &change.fate {
            Fate::Stayed => ("stayed", None),
            Fate::Moved(from) => ("moved", Some(from.clone())),
            Fate::Appeared => ("appeared", None),
            Fate::Vanished => ("vanished", None),
            Fate::NotCompared => ("not-compared", None),
        };
        let users = if change.fate == Fate::Vanished { &self.users_then } else { &self.users_now };
        StoreChangeReport {
            store: change.store.clone(),
            fate,
            from,
            then: change.then.word(),
            now: change.now.word(),
            certificates: change.certificates,
            used_by: users.of(&change.store),
            added: change.added.iter().map(|added| self.added(added)).collect(),
            removed: change.removed.iter().map(|removed| self.removed(removed)).collect(),
            trust: change.trust.iter().map(|trust| self.trust(trust)).collect(),
            references: change.references.iter().map(reference).collect(),
        }
    }

    fn added(&self, added: &Added) -> AddedReport {
        AddedReport {
            certificate: self.record(&added.certificate),
            trust: SaidReport::new(&added.said),
            was_in: added.was_in.clone(),
            moved_from: added.left.clone(),
        }
    }

    fn removed(&self, removed: &Removed) -> RemovedReport {
        RemovedReport {
            certificate: self.record(&removed.certificate),
            trust: SaidReport::new(&removed.said),
            is_in: removed.is_in.clone(),
        }
    }

    fn trust(&self, change: &crate::baseline::compare::TrustChange) -> TrustChangeReport {
        TrustChangeReport {
            certificate: self.record(&change.certificate),
            then: SaidReport::new(&change.then),
            now: SaidReport::new(&change.now),
        }
    }

    fn client(&self, change: &ClientChange) -> ClientChangeReport {
        client(change, &|all| all.iter().map(|one| self.record(one)).collect())
    }

    fn record(&self, fingerprint: &Fingerprint) -> RecordReport {
        let find = |inventory: &Inventory| inventory.certificates.get(fingerprint).cloned();
        let record = find(self.now).or_else(|| find(self.then)).unwrap_or_default();
        RecordReport::new(fingerprint, &record)
    }
}

impl RecordReport {
    fn new(fingerprint: &Fingerprint, record: &CertificateRecord) -> Self {
        Self {
            sha256: fingerprint.to_string(),
            subject: record.subject.clone(),
            issuer: record.issuer.clone(),
            not_after: record.not_after.clone(),
            spki_sha256: record.spki_sha256.map(|digest| digest.to_string()),
            key: record.key.clone(),
        }
    }

    /// What a line of text calls it.
    #[must_use]
    pub fn label(&self) -> &str {
        words::label(self.subject.as_deref())
    }
}

impl SaidReport {
    fn new(said: &Said) -> Self {
        Self { servers: said.servers.word(), says: said.says.iter().cloned().collect() }
    }

    /// In one line.
    #[must_use]
    pub fn words(&self) -> String {
        let named = |text: &String| text.split(' ').map(words::identifier).collect::<Vec<_>>().join(" ");
        let says: Vec<String> = self.says.iter().map(named).collect();
        if says.is_empty() { self.servers.to_owned() } else { format!("{} ({})", self.servers, says.join("; ")) }
    }
}

fn reference(change: &crate::baseline::compare::ReferenceChange) -> ReferenceChangeReport {
    ReferenceChangeReport {
        about: change.about.clone(),
        then: change.then.as_ref().map(SaidReport::new),
        now: change.now.as_ref().map(SaidReport::new),
    }
}

fn client(change: &ClientChange, records: &dyn Fn(&[Fingerprint]) -> Vec<RecordReport>) -> ClientChangeReport {
    let all = |record: &Option<ClientRecord>| record.iter().flat_map(|record| record.stores.clone()).collect();
    let (fate, gained, lost) = match (&change.then, &change.now) {
        (None, now) => ("appeared", all(now), Vec::new()),
        (then, None) => ("vanished", Vec::new(), all(then)),
        _ => ("changed", change.gained.clone(), change.lost.clone()),
    };
    let side = |record: &ClientRecord| ClientSideReport {
        versions: record.versions.clone(),
        anchors: record.anchors,
        anchors_sha256: record.anchors_sha256.to_string(),
        opaque: record.opaque.iter().cloned().collect(),
        verification_off: record.off,
    };
    ClientChangeReport {
        client: change.client.to_string(),
        fate,
        gained,
        lost,
        trusts: records(&change.trusts),
        trusts_no_more: records(&change.trusts_no_more),
        then: change.then.as_ref().map(side),
        now: change.now.as_ref().map(side),
    }
}
