//! A root put into any store is one alarm, and a store that is written anew is none.
//!
//! A host has a store of every kind that the library writes, with random certificates. For an alarm one
//! more is put into one of them, and all are written anew, in another order, with other aliases, comments
//! and names; for a rescan they are only that. `CASTORE_ORACLES_LONG=1` does 1,000 of each.

use crate::certificates;
use crate::numbers::Numbers;
use castore::baseline::{self, Against, Baseline, Limits, take};
use castore::check::{self, Finding, Scope, Users};
use castore::format::{directory, edk2, hash_dir, jks, openssl_trusted, p11kit, pem, pkcs7, x509};
use castore::host::memory::Memory;
use castore::host::{Host, System};
use castore::load::{Snapshot, load};
use castore::model::trust::SERVER_AUTH;
use castore::model::{Certificate, Fingerprint, Password, Purposes, StoreId, Trust};
use castore::policy::Settings;
use std::collections::BTreeSet;

/// Rounds of each kind.
fn rounds() -> usize {
    if std::env::var_os("CASTORE_ORACLES_LONG").is_some() { 1000 } else { 50 }
}

/// Writes certificates as a store of one kind, as files below its path; what does not count differs from time
/// to time.
type Writer = fn(&str, &[&Certificate], &mut Numbers) -> Vec<(String, Vec<u8>)>;

/// Every kind of store that the library writes, with its path.
const KINDS: &[(&str, Writer)] = &[
    ("/s/bundle.pem", |path, held, numbers| one(path, pem_text(held, numbers))),
    ("/s/trusted.pem", |path, held, _| {
        let purposes = Purposes { trust: Some(vec![SERVER_AUTH]), ..Purposes::default() };
        let blocks: String = held.iter().map(|one| openssl_trusted::write(one.der(), &purposes, &[])).collect();
        one(path, blocks)
    }),
    ("/s/der", |path, held, numbers| {
        let plain = directory::der(held).into_iter();
        // Names are chosen by whoever puts a file there.
        plain.map(|(name, octets)| (format!("{path}/{}-{name}", numbers.below(100)), octets)).collect()
    }),
    ("/s/hashed", |path, held, numbers| {
        let hashes = [hash_dir::Hashes::New, hash_dir::Hashes::Both][numbers.below(2)];
        let layout = hash_dir::layout(held, hashes);
        let file = |name: &String| layout.files.iter().find(|(of, _)| of == name).map(|(_, octets)| octets.clone());
        let links = layout.links.iter().filter_map(|(link, name)| Some((link.clone(), file(name)?)));
        let all = layout.files.iter().cloned().chain(links);
        all.map(|(name, octets)| (format!("{path}/{name}"), octets)).collect()
    }),
    // Java takes either for the other, and castore what is there.
    ("/s/cacerts", keystore),
    ("/s/anchors.p7b", |path, held, numbers| match numbers.below(2) {
        0 => one(path, pkcs7::write(&ders(held))),
        _ => one(path, pkcs7::write_pem(&ders(held))),
    }),
    ("/s/anchors.p11-kit", |path, held, _| {
        let trusted = Trust::Trusted;
        let all: Vec<(&[u8], &Trust)> = held.iter().map(|one| (one.der(), &trusted)).collect();
        one(path, p11kit::write(&all).text)
    }),
    ("/s/cacerts.bin", |path, held, _| one(path, edk2::write(&ders(held)).expect("short certificates"))),
    #[cfg(feature = "yaml")]
    ("/s/config.yaml", |path, held, _| {
        let names = castore::format::kubernetes::Names { name: "roots", key: "ca.crt", ..Default::default() };
        one(path, castore::format::kubernetes::config_map(&ders(held), &names).expect("a ConfigMap"))
    }),
    #[cfg(feature = "yaml")]
    ("/s/trust.yaml", |path, held, _| {
        let names = castore::format::kubernetes::Names { name: "roots", ..Default::default() };
        one(path, castore::format::kubernetes::cluster_trust_bundle(&ders(held), &names).expect("a bundle"))
    }),
];

fn one(path: &str, octets: impl Into<Vec<u8>>) -> Vec<(String, Vec<u8>)> {
    vec![(path.to_owned(), octets.into())]
}

fn ders<'c>(held: &[&'c Certificate]) -> Vec<&'c [u8]> {
    held.iter().map(|certificate| certificate.der()).collect()
}

/// PEM with comments, ends of lines, widths and copies of all kinds.
fn pem_text(held: &[&Certificate], numbers: &mut Numbers) -> String {
    let mut text = String::new();
    for certificate in held {
        let comment = format!("comment {}", numbers.next());
        let block = match numbers.below(4) {
            0 => pem::write(certificate.der(), &[&comment, "Ünïcode =", "-----"]),
            1 => pem::write(certificate.der(), &[]).replace('\n', "\r\n"),
            2 => pem::write(certificate.der(), &[]).repeat(2),
            _ => pem::write(certificate.der(), &[]),
        };
        text += &block;
        text += numbers.of(&["", "\n", "# a line\n", "\n\n\n"]);
    }
    text
}

fn keystore(path: &str, held: &[&Certificate], numbers: &mut Numbers) -> Vec<(String, Vec<u8>)> {
    let aliases: Vec<String> = held.iter().map(|_| format!("alias-{:x}", numbers.next())).collect();
    let named: Vec<(&str, &[u8])> = aliases.iter().map(String::as_str).zip(ders(held)).collect();
    let password = Password::new(numbers.of(&["changeit", ""]));
    #[cfg(feature = "pkcs12")]
    if numbers.below(2) == 0 {
        return one(path, castore::format::pkcs12::write(&named, castore::format::pkcs12::Protection::Plain));
    }
    one(path, jks::write(named, &password))
}

/// A host with these stores.
struct Machine {
    held: Vec<Vec<usize>>,
    pool: Vec<Certificate>,
}

impl Machine {
    fn new(numbers: &mut Numbers) -> Self {
        let pool: Vec<Certificate> = certificates::numbered(60).map(|der| x509::read(der.into())).collect();
        let some = |numbers: &mut Numbers| {
            let mut left: Vec<usize> = (0..pool.len()).collect();
            let size = 1 + numbers.below(12);
            (0..size).map(|_| left.swap_remove(numbers.below(left.len()))).collect()
        };
        let held = KINDS.iter().map(|_| some(numbers)).collect();
        Self { held, pool }
    }

    /// Every store, written in any order.
    fn host(&self, numbers: &mut Numbers) -> Host {
        let mut files = Memory::new();
        for ((path, write), held) in KINDS.iter().zip(&self.held) {
            let mut held: Vec<&Certificate> = held.iter().map(|index| &self.pool[*index]).collect();
            for last in (1..held.len()).rev() {
                held.swap(last, numbers.below(last + 1));
            }
            files =
                write(path, &held, numbers).into_iter().fold(files, |files, (path, octets)| files.file(path, octets));
        }
        Host::new(Box::new(files), System::Linux)
    }
}

fn stores() -> BTreeSet<StoreId> {
    KINDS.iter().map(|(path, _)| StoreId::Path(path.into())).collect()
}

fn snapshot(host: &Host) -> Snapshot {
    let found = load(host, &stores());
    for store in found.stores() {
        assert_eq!(store.reading, castore::model::Reading::Whole, "{:?}", store.id);
    }
    found
}

fn taken(host: &Host, snapshot: &Snapshot) -> baseline::Taken {
    take(host, &[], snapshot, Limits { stores: &stores(), scope: &[], redact: false })
}

/// What is told of a host that is held against a baseline.
fn findings(host: &Host, baseline: &Baseline) -> Vec<Finding> {
    let at = certificates::NOW.parse().expect("a time");
    let snapshot = snapshot(host);
    let against = Against::new(baseline, taken(host, &snapshot), at);
    let facts = castore::facts::Facts::default();
    let settings = |_: &castore::discover::Use| Settings::default();
    let scope = Scope {
        at,
        within: 0,
        thresholds: &[],
        allow: &[],
        servers: &[],
        is_whole: false,
        uses: &[],
        users: &[],
        used: Users::default(),
        snapshot: &snapshot,
        host,
        settings: &settings,
        facts: &facts,
        stores: BTreeSet::new(),
        baseline: Some(&against),
        baseline_file: None,
        facts_directory: None,
    };
    check::run(&scope, &|_| true)
}

/// The baseline of a host, through its file.
fn baseline_of(host: &Host) -> Baseline {
    let inventory = taken(host, &snapshot(host)).inventory;
    let text = baseline::write(&Baseline { inventory, accepted: Vec::new() });
    baseline::read(text.as_bytes()).expect("what was written")
}

#[test]
fn every_root_put_into_a_store_is_one_alarm() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut hit = BTreeSet::new();
    for round in 0..rounds() {
        let mut machine = Machine::new(&mut numbers);
        let baseline = baseline_of(&machine.host(&mut numbers));
        // Every kind comes first in turn.
        let store = if round < KINDS.len() { round } else { numbers.below(KINDS.len()) };
        let absent: Vec<usize> = (0..machine.pool.len()).filter(|index| !machine.held[store].contains(index)).collect();
        let new = absent[numbers.below(absent.len())];
        machine.held[store].push(new);
        let found = findings(&machine.host(&mut numbers), &baseline);
        let told: Vec<(&str, Option<&StoreId>, Option<Fingerprint>)> = found
            .iter()
            .map(|finding| {
                let certificate = finding.detail.certificate.as_ref().map(|certificate| certificate.fingerprint());
                (finding.check.id, finding.detail.store.as_ref(), certificate)
            })
            .collect();
        let id = StoreId::Path(KINDS[store].0.into());
        let expected = ("root-added", Some(&id), Some(machine.pool[new].fingerprint()));
        assert_eq!(told, [expected], "round {round}");
        hit.insert(store);
    }
    assert_eq!(hit.len(), KINDS.len());
}

#[test]
fn no_store_written_anew_is_an_alarm() {
    let mut numbers = Numbers(0xd1b5_4a32_d192_ed03);
    for round in 0..rounds() {
        let machine = Machine::new(&mut numbers);
        let baseline = baseline_of(&machine.host(&mut numbers));
        let found = findings(&machine.host(&mut numbers), &baseline);
        let told: Vec<_> = found.iter().map(|finding| (finding.check.id, &finding.detail)).collect();
        assert!(told.is_empty(), "round {round}: {told:?}");
    }
}
