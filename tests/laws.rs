//! What holds for every input.

#![allow(clippy::disallowed_methods, reason = "asks whether to take long")]

#[path = "laws/alarms.rs"]
mod alarms;
#[path = "laws/edits.rs"]
mod edits;
#[path = "support/certificates.rs"]
mod certificates;
#[path = "support/numbers.rs"]
mod numbers;

use castore::diff::diff;
use castore::format::pem;
use castore::host::memory::Memory;
use castore::host::{Host, System};
use castore::load::load;
use castore::model::{Fingerprint, FingerprintPrefix, StoreId, Timestamp};
use castore::plan::{Include, merge};
use castore::scan::scan;
use castore::select::{Column, column_of_store, merge_identical};
use proptest::prelude::*;
use proptest::sample::subsequence;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Certificates of every kind a store is found with, in DER.
fn pool() -> &'static [Vec<u8>] {
    static POOL: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    POOL.get_or_init(|| {
        let top = certificates::root("Top").make();
        let mut pool: Vec<Vec<u8>> = certificates::numbered(6).collect();
        pool.extend(certificates::HOSTILE_NAMES.iter().map(|name| certificates::root(name).make().der().to_vec()));
        pool.push(certificates::root("Top").dates((2021, 1, 1), (2041, 1, 1)).make().der().to_vec());
        pool.push(certificates::root("Top").key(4).make().der().to_vec());
        pool.push(certificates::root("").nameless().key(5).make().der().to_vec());
        pool.push(certificates::intermediate("Between").issued_by(&top).der().to_vec());
        pool.push(certificates::leaf("www.example").issued_by(&top).der().to_vec());
        pool.push(certificates::expired().make().der().to_vec());
        pool.push(top.der().to_vec());
        pool
    })
}

/// Some of them, each once, in any order.
fn some() -> impl Strategy<Value = Vec<usize>> {
    let all: Vec<usize> = (0..pool().len()).collect();
    subsequence(all, 0..=pool().len()).prop_shuffle()
}

/// What may stand between the blocks of a file, or instead of one.
fn noise() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("# a comment\n".to_owned()),
        Just("\r\n\n".to_owned()),
        Just("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned()),
        Just("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n".to_owned()),
        Just(certificates::root("Key").make().private_key_pem()),
    ]
}

fn bundle(chosen: &[usize]) -> String {
    chosen.iter().map(|index| certificates::pem("CERTIFICATE", &pool()[*index])).collect()
}

fn host(files: &[(&str, &str)]) -> Host {
    let files = files.iter().fold(Memory::new(), |memory, (path, text)| memory.file(path, *text));
    Host::new(Box::new(files), System::Linux)
}

/// The certificates of a file, as `list` and every other command reads them.
fn column(text: &str) -> Column {
    let id = StoreId::Path("/x.pem".into());
    let snapshot = load(&host(&[("/x.pem", text)]), &BTreeSet::from([id.clone()]));
    column_of_store("x".to_owned(), snapshot.store(&id).expect("the store"))
}

fn set(column: &Column) -> BTreeSet<Fingerprint> {
    column.certificates.keys().copied().collect()
}

const EVERYTHING: Include = Include { expired: true, not_ca: true, untrusted: true };

fn now() -> Timestamp {
    certificates::NOW.parse().expect("a time")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_does_not_differ_from_itself(chosen in some()) {
        let found = diff(vec![column(&bundle(&chosen)), column(&bundle(&chosen))]);
        prop_assert!(found.is_same() && found.pairs.is_empty());
        prop_assert_eq!(found.common, chosen.len());
        prop_assert_eq!(found.counts(1), (0, 0));
    }

    #[test]
    fn a_difference_is_that_of_the_sets_from_either_side(a in some(), b in some()) {
        let (a, b) = (column(&bundle(&a)), column(&bundle(&b)));
        let (more, less) = (set(&b).difference(&set(&a)).count(), set(&a).difference(&set(&b)).count());
        let (there, back) = (diff(vec![a.clone(), b.clone()]), diff(vec![b, a]));
        prop_assert_eq!(there.counts(1), (more, less));
        prop_assert_eq!(back.counts(1), (less, more));
        prop_assert_eq!(there.common, back.common);
        let related = |pairs: &[castore::diff::Pair]| -> BTreeSet<_> {
            pairs.iter().map(|pair| (pair.shares, pair.left.min(pair.right), pair.left.max(pair.right))).collect()
        };
        prop_assert_eq!(related(&there.pairs), related(&back.pairs));
    }

    #[test]
    fn what_is_exported_is_read_back(chosen in some(), comments: bool) {
        let merged = merge(&[column(&bundle(&chosen))], EVERYTHING, now());
        prop_assert!(merged.left_out.is_empty());
        let names: Vec<String> = certificates::HOSTILE_NAMES.iter().map(|name| format!("CN={name}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).filter(|_| comments).collect();
        let text: String = merged.kept.iter().map(|kept| pem::write(kept.certificate.der(), &names)).collect();
        prop_assert_eq!(set(&column(&text)), set(&column(&bundle(&chosen))));
    }

    #[test]
    fn an_export_does_not_depend_on_the_order(chosen in some().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))) {
        let order = |chosen: &[usize]| -> Vec<Fingerprint> {
            let merged = merge(&[column(&bundle(chosen))], Include::default(), now());
            merged.kept.iter().map(|kept| kept.certificate.fingerprint()).collect()
        };
        prop_assert_eq!(order(&chosen.0), order(&chosen.1));
    }

    #[test]
    fn a_fingerprint_prints_and_parses_to_itself(bytes: [u8; 32], length in 4_usize..=64) {
        let fingerprint = Fingerprint::from_bytes(bytes);
        let text = fingerprint.to_string();
        prop_assert_eq!(text.parse::<Fingerprint>(), Ok(fingerprint));
        prop_assert!(text[..length].parse::<FingerprintPrefix>().expect("a prefix").matches(&fingerprint));
    }

    #[test]
    fn merging_keeps_every_name_and_every_set(columns in proptest::collection::vec(some(), 0..8)) {
        let columns: Vec<Column> = columns
            .iter()
            .enumerate()
            .map(|(index, chosen)| Column { names: vec![index.to_string()], ..column(&bundle(chosen)) })
            .collect();
        let merged = merge_identical(columns.clone());
        let mut names: Vec<String> = merged.iter().flat_map(|column| column.names.clone()).collect();
        names.sort();
        prop_assert_eq!(names, (0..columns.len()).map(|index| index.to_string()).collect::<Vec<_>>());
        for column in &columns {
            let holder = merged.iter().find(|merged| merged.names.contains(&column.names[0])).expect("its column");
            prop_assert_eq!(set(holder), set(column));
        }
        let sets: Vec<_> = merged.iter().map(set).collect();
        prop_assert_eq!(sets.iter().collect::<BTreeSet<_>>().len(), sets.len());
    }

    #[test]
    fn a_scan_finds_what_the_file_is_read_to_hold(chosen in some(), noise in proptest::collection::vec(noise(), 0..4)) {
        let text: String = noise.concat() + &bundle(&chosen) + &noise.concat();
        let id = StoreId::Path("/d/x".into());
        let host = host(&[("/d/x", &text), ("/d/other", "nothing")]);
        let snapshot = load(&host, &BTreeSet::from([id.clone()]));
        let read = snapshot.store(&id).expect("the store").entries.iter().filter(|entry| entry.certificate().is_some());
        let found = scan(&host, &["/".into()]).found;
        prop_assert_eq!(found.iter().map(|found| found.certificates).sum::<usize>(), read.count());
        prop_assert_eq!(found.len(), usize::from(!chosen.is_empty()));
    }
}
