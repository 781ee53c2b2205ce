//! An inventory as the file has it.

use super::{
    ACCOUNTS, AcceptanceShape, AnchorsShape, CertificateShape, ChangeShape, ClientShape, HostShape, KeyShape,
    LimitedShape, ReferenceShape, SaidShape, StoreShape, VARIABLES, ViewShape, Whole,
};
use crate::baseline::file::SCHEMA;
use crate::baseline::{Acceptance, Baseline, CertificateRecord, Change, ClientKey, ClientRecord, Said, StoreRecord};
use crate::host::View;
use crate::model::{Fingerprint, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Whole {
    pub(in crate::baseline::file) fn of(baseline: &Baseline) -> Self {
        let Baseline { inventory, accepted } = baseline;
        let host = &inventory.host;
        Self {
            schema: SCHEMA.to_owned(),
            castore: inventory.castore.clone(),
            host: HostShape { name: host.name.clone(), system: host.system.clone(), release: host.release.clone() },
            scope: inventory.scope.clone(),
            redacted: inventory.redacted,
            view: inventory.view.map(ViewShape::of),
            certificates: inventory.certificates.iter().map(CertificateShape::of).collect(),
            stores: inventory.stores.iter().map(StoreShape::of).collect(),
            clients: inventory.clients.iter().map(ClientShape::of).collect(),
            anchors: AnchorsShape::all(baseline),
            accepted: accepted.iter().map(AcceptanceShape::of).collect(),
        }
    }
}

impl ViewShape {
    fn of(view: View) -> Self {
        let word = |words: &[(bool, &str)], is: bool| {
            words.iter().find(|(value, _)| *value == is).map_or(String::new(), |(_, word)| (*word).to_owned())
        };
        Self { accounts: word(&ACCOUNTS, view.every_account), variables: word(&VARIABLES, view.login) }
    }
}

impl AnchorsShape {
    /// Every set of anchors that is known, once, by its digest.
    fn all(baseline: &Baseline) -> Vec<Self> {
        let changes = baseline.accepted.iter().flat_map(|acceptance| &acceptance.changes);
        let accepted = changes.filter_map(|change| match change {
            Change::ClientSet { record, .. } => Some(record),
            _ => None,
        });
        let records = baseline.inventory.clients.values().chain(accepted);
        let known = records.filter_map(|record| Some((record.anchors_sha256, record.trusted.as_ref()?)));
        let sets: BTreeMap<Fingerprint, &Arc<BTreeSet<Fingerprint>>> = known.collect();
        let shape = |(digest, set): (Fingerprint, &Arc<BTreeSet<Fingerprint>>)| Self {
            sha256: digest.to_string(),
            certificates: texts(set),
        };
        sets.into_iter().map(shape).collect()
    }
}

fn texts(fingerprints: &BTreeSet<Fingerprint>) -> Vec<String> {
    fingerprints.iter().map(ToString::to_string).collect()
}

impl CertificateShape {
    fn of((fingerprint, record): (&Fingerprint, &CertificateRecord)) -> Self {
        let CertificateRecord { subject, issuer, serial, not_before, not_after, spki_sha256, self_issued, ca, key } =
            record.clone();
        Self {
            sha256: fingerprint.to_string(),
            subject,
            issuer,
            serial,
            not_before,
            not_after,
            spki_sha256: spki_sha256.map(|digest| digest.to_string()),
            self_issued,
            ca,
            key,
        }
    }
}

impl SaidShape {
    fn of(said: &Said) -> Self {
        Self { servers: said.servers.word().to_owned(), says: said.says.iter().cloned().collect() }
    }
}

impl StoreShape {
    fn of((id, record): (&String, &StoreRecord)) -> Self {
        let limited = record.certificates.iter().filter(|(_, said)| !said.is_plain());
        let limited = limited.map(|(fingerprint, said)| {
            let SaidShape { servers, says } = SaidShape::of(said);
            LimitedShape { sha256: fingerprint.to_string(), servers, says }
        });
        let references = record.references.iter().map(|(about, said)| {
            let SaidShape { servers, says } = SaidShape::of(said);
            ReferenceShape { about: about.clone(), servers, says }
        });
        let plain = record.certificates.iter().filter(|(_, said)| said.is_plain());
        Self {
            id: id.clone(),
            format: Some(record.format.clone()).filter(|format| !format.is_empty()),
            reading: record.reading.word().to_owned(),
            why: record.why.clone(),
            sha256: record.digest().to_string(),
            certificates: plain.map(|(fingerprint, _)| fingerprint.to_string()).collect(),
            limited: limited.collect(),
            references: references.collect(),
            accounts: record.accounts.iter().cloned().collect(),
        }
    }
}

impl ClientShape {
    fn of((key, record): (&ClientKey, &ClientRecord)) -> Self {
        let KeyShape { id, at, account, number } = KeyShape::of(key);
        Self {
            id,
            at,
            account,
            number,
            versions: record.versions.clone(),
            stores: record.stores.iter().cloned().collect(),
            opaque: record.opaque.iter().cloned().collect(),
            anchors: record.anchors,
            anchors_sha256: record.anchors_sha256.to_string(),
            verification_off: record.off,
        }
    }
}

impl KeyShape {
    fn of(key: &ClientKey) -> Self {
        Self { id: key.client.clone(), at: key.at.clone(), account: key.account.clone(), number: key.number }
    }
}

impl AcceptanceShape {
    fn of(acceptance: &Acceptance) -> Self {
        Self {
            at: acceptance.at.to_string(),
            by: acceptance.by.clone(),
            reason: acceptance.reason.clone(),
            until: acceptance.until.map(Timestamp::date),
            changes: acceptance.changes.iter().map(ChangeShape::of).collect(),
        }
    }
}

impl ChangeShape {
    fn of(change: &Change) -> Self {
        match change {
            Change::RootAdded { store, certificate, said } => {
                Self::RootAdded { store: store.clone(), sha256: certificate.to_string(), said: SaidShape::of(said) }
            }
            Change::RootRemoved { store, certificate } => {
                Self::RootRemoved { store: store.clone(), sha256: certificate.to_string() }
            }
            Change::TrustChanged { store, certificate, said } => {
                Self::TrustChanged { store: store.clone(), sha256: certificate.to_string(), said: SaidShape::of(said) }
            }
            Change::ReferenceChanged { store, about, said } => Self::ReferenceChanged {
                store: store.clone(),
                about: about.clone(),
                said: said.as_ref().map(SaidShape::of),
            },
            Change::StoreSet { store, record } => Self::StoreSet { store: StoreShape::of((store, record)) },
            Change::StoreGone { store } => Self::StoreGone { store: store.clone() },
            Change::ClientSet { client, record } => Self::ClientSet { client: ClientShape::of((client, record)) },
            Change::ClientGone { client } => Self::ClientGone { client: KeyShape::of(client) },
            Change::AnchorsChanged { clients, added, removed } => Self::AnchorsChanged {
                clients: clients.iter().map(KeyShape::of).collect(),
                added: texts(added),
                removed: texts(removed),
            },
        }
    }
}

// ---- to a baseline ----
