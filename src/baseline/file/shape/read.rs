//! What the file has as an inventory again: every value is looked at, and one that is not what it has to be is named.

use super::{
    ACCOUNTS, AcceptanceShape, AnchorsShape, CertificateShape, ChangeShape, ClientShape, HostShape, KeyShape,
    SaidShape, StoreShape, VARIABLES, ViewShape, Whole,
};
use crate::baseline::file::{BadSnapshot, repeated};
use crate::baseline::{
    Acceptance, Baseline, CertificateRecord, Change, ClientKey, ClientRecord, HostRecord, How, Inventory, Said,
    Servers, StoreRecord, digest_of,
};
use crate::host::View;
use crate::model::{Fingerprint, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

type Read<T> = Result<T, BadSnapshot>;

impl Whole {
    pub(in crate::baseline::file) fn baseline(self) -> Read<Baseline> {
        let HostShape { name, system, release } = self.host;
        let mut inventory = Inventory {
            castore: self.castore,
            host: HostRecord { name, system, release },
            scope: self.scope,
            redacted: self.redacted,
            view: self.view.map(|view| view.view()).transpose()?,
            ..Inventory::default()
        };
        for (index, shape) in self.certificates.into_iter().enumerate() {
            let at = format!("certificates[{index}]");
            let (fingerprint, record) = shape.record(&at)?;
            if inventory.certificates.insert(fingerprint, record).is_some() {
                return Err(twice(&format!("{at}.sha256"), &fingerprint.to_string()));
            }
        }
        let known = &inventory.certificates;
        for (index, shape) in self.stores.into_iter().enumerate() {
            let at = format!("stores[{index}]");
            let (id, record) = shape.record(&at, known)?;
            if inventory.stores.insert(id.clone(), record).is_some() {
                return Err(twice(&format!("{at}.id"), &id));
            }
        }
        let mut sets = Sets::new();
        for (index, shape) in self.anchors.into_iter().enumerate() {
            let at = format!("anchors[{index}]");
            let (digest, set) = shape.set(&at, known)?;
            if sets.insert(digest, Arc::new(set)).is_some() {
                return Err(twice(&format!("{at}.sha256"), &digest.to_string()));
            }
        }
        for (index, shape) in self.clients.into_iter().enumerate() {
            let at = format!("clients[{index}]");
            let (key, record) = shape.record(&at, &sets)?;
            if let Some(name) = record.stores.iter().find(|name| !inventory.stores.contains_key(*name)) {
                let found = format!("{:?}", repeated(name));
                return Err(BadSnapshot::value(format!("{at}.stores"), "stores of this file", found));
            }
            if inventory.clients.contains_key(&key) {
                return Err(twice(&at, &key.to_string()));
            }
            inventory.clients.insert(key, record);
        }
        let mut accepted = Vec::new();
        for (index, shape) in self.accepted.into_iter().enumerate() {
            accepted.push(shape.acceptance(&format!("accepted[{index}]"), known, &sets)?);
        }
        Ok(Baseline { inventory, accepted })
    }
}

impl ViewShape {
    fn view(&self) -> Read<View> {
        Ok(View {
            every_account: word("view.accounts", &self.accounts, &ACCOUNTS)?,
            login: word("view.variables", &self.variables, &VARIABLES)?,
        })
    }
}

type Known = BTreeMap<Fingerprint, CertificateRecord>;
type Sets = BTreeMap<Fingerprint, Arc<BTreeSet<Fingerprint>>>;

/// A list of certificates that are described in the file, each once.
fn all_held(at: &str, list: &[String], known: &Known) -> Read<BTreeSet<Fingerprint>> {
    let mut found = BTreeSet::new();
    for (index, text) in list.iter().enumerate() {
        let at = format!("{at}[{index}]");
        if !found.insert(held(&at, text, known)?) {
            return Err(twice(&at, text));
        }
    }
    Ok(found)
}

impl AnchorsShape {
    fn set(self, at: &str, known: &Known) -> Read<(Fingerprint, BTreeSet<Fingerprint>)> {
        let set = all_held(&format!("{at}.certificates"), &self.certificates, known)?;
        let (at, digest) = (format!("{at}.sha256"), digest_of(&set));
        if fingerprint(&at, &self.sha256)? != digest {
            return Err(BadSnapshot::value(at, format!("{digest}, the digest of its certificates"), self.sha256));
        }
        Ok((digest, set))
    }
}

fn twice(at: &str, found: &str) -> BadSnapshot {
    BadSnapshot::value(at, "each once", format!("{:?} again", repeated(found)))
}

fn fingerprint(at: &str, text: &str) -> Read<Fingerprint> {
    let is_form = text.len() == 64 && text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    let parsed = text.parse().ok().filter(|_| is_form);
    parsed.ok_or_else(|| BadSnapshot::value(at, "64 lower-case hexadecimal digits", format!("{:?}", repeated(text))))
}

/// A certificate that is described in the file.
fn held(at: &str, text: &str, known: &Known) -> Read<Fingerprint> {
    let found = fingerprint(at, text)?;
    if known.contains_key(&found) {
        return Ok(found);
    }
    Err(BadSnapshot::value(at, "a certificate that stands in certificates", text))
}

fn time(at: &str, text: &str) -> Read<Timestamp> {
    text.parse()
        .map_err(|_| BadSnapshot::value(at, "a time such as 2026-11-21T20:15:00Z", format!("{:?}", repeated(text))))
}

fn hexadecimal(at: &str, text: &str) -> Read<()> {
    let is_form = text.len().is_multiple_of(2) && text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
    let bad = || BadSnapshot::value(at, "pairs of lower-case hexadecimal digits", format!("{:?}", repeated(text)));
    if is_form { Ok(()) } else { Err(bad()) }
}

/// One of some words.
fn word<T: Copy>(at: &str, text: &str, words: &[(T, &str)]) -> Read<T> {
    words.iter().find(|(_, word)| *word == text).map(|(value, _)| *value).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(_, word)| *word).collect();
        BadSnapshot::value(at, format!("one of {}", words.join(", ")), format!("{:?}", repeated(text)))
    })
}

/// A list of texts, each once.
fn set(at: &str, list: Vec<String>) -> Read<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for text in list {
        if found.contains(&text) {
            return Err(twice(at, &text));
        }
        found.insert(text);
    }
    Ok(found)
}

impl CertificateShape {
    fn record(self, at: &str) -> Read<(Fingerprint, CertificateRecord)> {
        let of = |field: &str| format!("{at}.{field}");
        for (field, moment) in [("not_before", &self.not_before), ("not_after", &self.not_after)] {
            moment.as_deref().map(|text| time(&of(field), text)).transpose()?;
        }
        self.serial.as_deref().map(|text| hexadecimal(&of("serial"), text)).transpose()?;
        let spki_sha256 = self.spki_sha256.as_deref().map(|text| fingerprint(&of("spki_sha256"), text)).transpose()?;
        let record = CertificateRecord {
            subject: self.subject,
            issuer: self.issuer,
            serial: self.serial,
            not_before: self.not_before,
            not_after: self.not_after,
            spki_sha256,
            self_issued: self.self_issued,
            ca: self.ca,
            key: self.key,
        };
        Ok((fingerprint(&of("sha256"), &self.sha256)?, record))
    }
}

fn said(at: &str, servers: &str, says: Vec<String>) -> Read<Said> {
    Ok(Said {
        servers: word(&format!("{at}.servers"), servers, &Servers::WORDS)?,
        says: set(&format!("{at}.says"), says)?,
    })
}

impl SaidShape {
    fn said(self, at: &str) -> Read<Said> {
        said(at, &self.servers, self.says)
    }
}

impl StoreShape {
    fn record(self, at: &str, known: &Known) -> Read<(String, StoreRecord)> {
        let mut record = StoreRecord {
            format: self.format.unwrap_or_default(),
            reading: word(&format!("{at}.reading"), &self.reading, &How::WORDS)?,
            why: self.why,
            accounts: set(&format!("{at}.accounts"), self.accounts)?,
            ..StoreRecord::default()
        };
        let mut put = |at: String, text: &str, said: Said| {
            let fingerprint = held(&at, text, known)?;
            let before = record.certificates.insert(fingerprint, said);
            before.map_or(Ok(()), |_| Err(twice(&at, text)))
        };
        for (index, text) in self.certificates.iter().enumerate() {
            put(format!("{at}.certificates[{index}]"), text, Said::default())?;
        }
        for (index, shape) in self.limited.into_iter().enumerate() {
            let at = format!("{at}.limited[{index}]");
            let said = said(&at, &shape.servers, shape.says)?;
            put(format!("{at}.sha256"), &shape.sha256, said)?;
        }
        for (index, shape) in self.references.into_iter().enumerate() {
            let at = format!("{at}.references[{index}]");
            let said = said(&at, &shape.servers, shape.says)?;
            if record.references.contains_key(&shape.about) {
                return Err(twice(&format!("{at}.about"), &shape.about));
            }
            record.references.insert(shape.about, said);
        }
        let (at, stated) = (format!("{at}.sha256"), fingerprint(&format!("{at}.sha256"), &self.sha256)?);
        if stated != record.digest() {
            let expected = format!("{}, the digest of what the store holds", record.digest());
            return Err(BadSnapshot::value(at, expected, self.sha256));
        }
        Ok((self.id, record))
    }
}

impl ClientShape {
    fn record(self, at: &str, sets: &Sets) -> Read<(ClientKey, ClientRecord)> {
        let anchors_sha256 = fingerprint(&format!("{at}.anchors_sha256"), &self.anchors_sha256)?;
        let trusted = sets.get(&anchors_sha256).cloned();
        if let Some(set) = trusted.as_ref().filter(|set| set.len() != self.anchors) {
            let expected = format!("{}, as many as the set has", set.len());
            return Err(BadSnapshot::value(format!("{at}.anchors"), expected, self.anchors.to_string()));
        }
        let record = ClientRecord {
            versions: self.versions,
            stores: set(&format!("{at}.stores"), self.stores)?,
            opaque: set(&format!("{at}.opaque"), self.opaque)?,
            anchors: self.anchors,
            anchors_sha256,
            trusted,
            off: self.verification_off,
        };
        Ok((KeyShape { id: self.id, at: self.at, account: self.account, number: self.number }.key(), record))
    }
}

impl KeyShape {
    fn key(self) -> ClientKey {
        ClientKey { client: self.id, at: self.at, account: self.account, number: self.number }
    }
}

impl AcceptanceShape {
    fn acceptance(self, at: &str, known: &Known, sets: &Sets) -> Read<Acceptance> {
        let until = |text: &str| {
            let at = format!("{at}.until");
            let day = text.parse::<Timestamp>().ok().filter(|day| day.date() == text);
            day.ok_or_else(|| BadSnapshot::value(at, "a day such as 2026-11-21", format!("{:?}", repeated(text))))
        };
        let mut acceptance = Acceptance {
            at: time(&format!("{at}.at"), &self.at)?,
            until: self.until.as_deref().map(until).transpose()?,
            by: self.by,
            reason: self.reason,
            changes: Vec::new(),
        };
        for (index, shape) in self.changes.into_iter().enumerate() {
            acceptance.changes.push(shape.change(&format!("{at}.changes[{index}]"), known, sets)?);
        }
        Ok(acceptance)
    }
}

impl ChangeShape {
    fn change(self, at: &str, known: &Known, sets: &Sets) -> Read<Change> {
        let certificate = |text: &str| held(&format!("{at}.sha256"), text, known);
        let said_at = format!("{at}.said");
        Ok(match self {
            Self::RootAdded { store, sha256, said } => {
                Change::RootAdded { store, certificate: certificate(&sha256)?, said: said.said(&said_at)? }
            }
            Self::RootRemoved { store, sha256 } => Change::RootRemoved { store, certificate: certificate(&sha256)? },
            Self::TrustChanged { store, sha256, said } => {
                Change::TrustChanged { store, certificate: certificate(&sha256)?, said: said.said(&said_at)? }
            }
            Self::ReferenceChanged { store, about, said } => {
                Change::ReferenceChanged { store, about, said: said.map(|said| said.said(&said_at)).transpose()? }
            }
            Self::StoreSet { store } => {
                let (store, record) = store.record(&format!("{at}.store"), known)?;
                Change::StoreSet { store, record }
            }
            Self::StoreGone { store } => Change::StoreGone { store },
            Self::ClientSet { client } => {
                let (client, record) = client.record(&format!("{at}.client"), sets)?;
                Change::ClientSet { client, record }
            }
            Self::ClientGone { client } => Change::ClientGone { client: client.key() },
            Self::AnchorsChanged { clients, added, removed } => Change::AnchorsChanged {
                clients: clients.into_iter().map(KeyShape::key).collect(),
                added: all_held(&format!("{at}.added"), &added, known)?,
                removed: all_held(&format!("{at}.removed"), &removed, known)?,
            },
        })
    }
}
