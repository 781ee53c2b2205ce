//! A host's stores as an inventory: what is found, brought into one order.

use super::redact::Redactor;
use super::{
    CertificateRecord, ClientKey, ClientRecord, HOME, HostRecord, How, Inventory, Said, StoreRecord, digest_of,
};
use crate::anchors::anchors;
use crate::discover::Use;
use crate::format::x509;
use crate::host::accounts::passwd_homes;
use crate::host::{Host, System};
use crate::load::{Snapshot, unread_parts};
use crate::model::{Body, Certificate, Fingerprint, Format, Reading, Reference, Store, StoreId, Unreadable};
use crate::settings::{shell, without_user};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

/// An inventory, and what its names stand for on this host.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// The inventory.
    pub inventory: Inventory,
    /// The stores, by their names in it.
    pub stores: BTreeMap<String, StoreId>,
    /// Where each client of it takes its anchors from: the first store that gives one.
    pub sources: BTreeMap<ClientKey, BTreeMap<Fingerprint, Arc<Store>>>,
}

/// What an inventory is taken of.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'a> {
    /// The stores.
    pub stores: &'a BTreeSet<StoreId>,
    /// The selectors that name them and the clients; none for everything.
    pub scope: &'a [String],
    /// Whether people and the host are not named.
    pub redact: bool,
}

/// Takes the inventory of a host: `uses`, and the stores of `snapshot` that the limits name.
#[must_use]
pub fn take(host: &Host, uses: &[Use], snapshot: &Snapshot, limits: Limits<'_>) -> Taken {
    let Limits { stores, scope, redact } = limits;
    let wanted = || snapshot.stores().filter(|store| stores.contains(&store.id));
    let mut record = host_record(host);
    let redactor = if redact { Redactor::new(host, record.name.as_deref()) } else { Redactor::default() };
    if redact {
        record.name = record.name.map(|_| "host".to_owned());
    }
    let text = |text: &str| redactor.text(text);
    let mut names: BTreeMap<&StoreId, String> = BTreeMap::new();
    let mut taken = Taken::default();
    for store in wanted() {
        let name = free(&taken.stores, text(&name(&store.id)));
        names.insert(&store.id, name.clone());
        taken.stores.insert(name, store.id.clone());
    }
    let inventory = &mut taken.inventory;
    inventory.castore = env!("CARGO_PKG_VERSION").to_owned();
    inventory.host = record;
    inventory.scope = scope.iter().map(|word| text(word)).collect();
    inventory.redacted = redact;
    inventory.view = Some(host.view);
    for store in wanted() {
        for certificate in store.entries.iter().filter_map(|entry| entry.certificate()) {
            let new = || certificate_record(certificate, &text);
            inventory.certificates.entry(certificate.fingerprint()).or_insert_with(new);
        }
        let record = store_record(store, &text);
        inventory.stores.extend(names.get(&store.id).map(|name| (name.clone(), record)));
    }
    // What stands in a home that is closed is not known, and neither there nor gone.
    let passwd = if host.closed_homes.is_empty() { None } else { host.settings(Path::new("/etc/passwd")) };
    let known = passwd.map(|text| passwd_homes(&text)).unwrap_or_default();
    for home in &host.closed_homes {
        let own = known.iter().filter(|account| account.home == *home);
        let name = free(&taken.stores, text(&path_text(home)));
        taken.stores.insert(name.clone(), StoreId::Path(home.clone()));
        inventory.stores.insert(name, closed_home(own.map(|account| text(&account.name)).collect()));
    }
    let mut sets: HashMap<Fingerprint, Arc<BTreeSet<Fingerprint>>> = HashMap::new();
    for found in uses {
        let trusted = anchors(found, snapshot);
        let (mut key, mut record) = client(found, &names, &text);
        record.set_trusted(trusted.certificates.keys().copied().collect());
        // Clients mostly trust the same, which is kept once.
        record.trusted = record.trusted.map(|set| sets.entry(record.anchors_sha256).or_insert(set).clone());
        while inventory.clients.get(&key).is_some_and(|known| *known != record) {
            key.number += 1;
        }
        // One may come from a store that the selectors do not name.
        for (fingerprint, anchor) in &trusted.certificates {
            let new = || certificate_record(anchor.certificate, &text);
            inventory.certificates.entry(*fingerprint).or_insert_with(new);
        }
        let sources = trusted.certificates.iter().map(|(one, anchor)| (*one, Arc::clone(anchor.store)));
        taken.sources.insert(key.clone(), sources.collect());
        inventory.clients.insert(key, record);
    }
    taken
}

fn host_record(host: &Host) -> HostRecord {
    let system = match host.system {
        System::Linux => "linux",
        System::Bsd => "bsd",
        System::MacOs => "macos",
        System::Windows => "windows",
    };
    // hostname(5): the first line that is no comment.
    let text = host.settings(Path::new("/etc/hostname")).unwrap_or_default();
    let name = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    // os-release(5): the file in /etc comes first.
    let release = ["/etc/os-release", "/usr/lib/os-release"].iter().find_map(|path| host.settings(Path::new(path)));
    let release = shell::assignments(&release.unwrap_or_default(), "PRETTY_NAME").pop();
    HostRecord {
        name: name.map(str::to_owned),
        system: system.to_owned(),
        release: release.map(|value| value.text).filter(|text| !text.is_empty()),
    }
}

/// What a store is called in an inventory. Octets of a path that are no UTF-8 are written as `\xff`.
fn name(id: &StoreId) -> String {
    match id {
        StoreId::Path(path) => path_text(path),
        StoreId::Native(name) => (*name).to_owned(),
        StoreId::Section(path, what) => format!("{} ({what})", path_text(path)),
    }
}

fn path_text(path: &Path) -> String {
    let Some(text) = path.to_str() else {
        let mut text = String::new();
        for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
            text.push_str(&chunk.valid().replace('\\', "\\\\"));
            chunk.invalid().iter().for_each(|octet| text.push_str(&format!("\\x{octet:02x}")));
        }
        return text;
    };
    // A URL that was set where a path belongs may hold a password.
    if text.contains("://") { without_user(text) } else { text.to_owned() }
}

/// A name that is not taken: two paths can be written alike once they are text, or without names of people.
fn free<V>(known: &BTreeMap<String, V>, name: String) -> String {
    let mut number = 2;
    let mut found = name.clone();
    while known.contains_key(&found) {
        found = format!("{name} #{number}");
        number += 1;
    }
    found
}

fn certificate_record(certificate: &Certificate, text: &dyn Fn(&str) -> String) -> CertificateRecord {
    // What is read here is not kept beside the certificate, of which there may be a hundred thousand.
    let brief = x509::brief(certificate).ok();
    let name = |name: &crate::model::Name| text(name.text().raw());
    let serial = certificate.outline().ok().map(|outline| hex(certificate.slice(&outline.serial)));
    CertificateRecord {
        subject: brief.as_ref().map(|brief| name(&brief.subject)),
        issuer: brief.as_ref().map(|brief| name(&brief.issuer)),
        serial,
        not_before: certificate.not_before().map(|moment| moment.to_string()),
        not_after: certificate.not_after().map(|moment| moment.to_string()),
        spki_sha256: certificate.spki_der().map(Fingerprint::of),
        self_issued: certificate.is_self_issued(),
        ca: brief.and_then(|brief| brief.ca),
        key: x509::public_key(certificate).ok().map(|(key, _)| key.to_string()),
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn store_record(store: &Store, text: &dyn Fn(&str) -> String) -> StoreRecord {
    let (reading, why) = match &store.reading {
        Reading::Whole => (How::Whole, None),
        Reading::Partial => (How::Partial, Some(unread_parts(store))),
        Reading::UnreadFormat => (How::UnreadFormat, store.format.why_unread().map(str::to_owned)),
        Reading::Unreadable(Unreadable::Absent | Unreadable::Dangling) => (How::Absent, None),
        Reading::Unreadable(why) => (How::Unreadable, Some(why.to_string())),
    };
    let mut record = StoreRecord {
        // A file that was emptied is the same store still.
        format: if store.format == Format::Unknown { String::new() } else { store.format.name().to_owned() },
        reading,
        why: why.map(|why| text(&why)),
        ..StoreRecord::default()
    };
    for entry in &store.entries {
        let said = Said::new(&entry.trust);
        match &entry.body {
            Body::Certificate(certificate) => merge(record.certificates.entry(certificate.fingerprint()), said),
            Body::Reference(reference) => merge(record.references.entry(about(reference)), said),
            _ => {}
        }
    }
    record
}

/// What is known of a home that permissions closed.
fn closed_home(accounts: BTreeSet<String>) -> StoreRecord {
    StoreRecord {
        format: HOME.to_owned(),
        reading: How::Unreadable,
        why: Some(Unreadable::Denied.to_string()),
        accounts,
        ..StoreRecord::default()
    }
}

fn merge<K: Ord>(place: Entry<'_, K, Said>, said: Said) {
    match place {
        Entry::Vacant(place) => _ = place.insert(said),
        Entry::Occupied(mut place) => place.get_mut().add(said),
    }
}

/// What names a certificate that a store does not hold, in one form; the label that it gives is no identity.
fn about(reference: &Reference) -> String {
    match reference {
        Reference { sha256: Some(fingerprint), .. } => format!("sha256:{fingerprint}"),
        Reference { issuer: Some(issuer), serial: Some(serial), .. } => {
            format!("issuer-sha256:{} serial:{}", Fingerprint::of(issuer), hex(serial))
        }
        Reference { sha1: Some(digest), .. } => format!("sha1:{}", hex(digest)),
        Reference { public_key: Some(key), .. } => format!("spki-sha256:{}", Fingerprint::of(key)),
        Reference { issuer: Some(issuer), .. } => format!("issuer-sha256:{}", Fingerprint::of(issuer)),
        Reference { serial: Some(serial), .. } => format!("serial:{}", hex(serial)),
        Reference { label, .. } => format!("label:{}", label.as_ref().map_or("", |label| label.raw())),
    }
}

/// An installation without its anchors.
fn client(found: &Use, names: &BTreeMap<&StoreId, String>, text: &dyn Fn(&str) -> String) -> (ClientKey, ClientRecord) {
    let installation = &found.installation;
    let key = ClientKey {
        client: found.client.id.to_owned(),
        at: text(&path_text(&installation.at)),
        account: found.account.as_deref().map(text),
        number: 0,
    };
    let stores = found.effective().filter_map(|candidate| names.get(candidate.store.as_ref()?).cloned());
    let opaque = found.opaque().map(|(path, what)| text(&format!("{} ({what})", path_text(path))));
    let record = ClientRecord {
        versions: installation.components.iter().map(|(name, version)| format!("{name} {version}")).collect(),
        stores: stores.collect(),
        opaque: opaque.collect(),
        anchors: 0,
        anchors_sha256: digest_of([]),
        trusted: None,
        off: found.is_off(),
    };
    (key, record)
}
