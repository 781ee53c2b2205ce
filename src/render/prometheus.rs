//! Metrics for the textfile collector of node_exporter.
//!
//! The collector drops a whole file for one label that is no UTF-8, for a timestamp, or for a series that is
//! there twice; two files that describe one metric differently spoil both. So there is one file, each family
//! once with its help and type, series sorted and each once, and no time but as a value.
//!
//! A host has a few dozen stores and a few thousand places of certificates: series are by store. Those by
//! certificate have the names and labels of x509-certificate-exporter, so that its dashboards show them.

use super::checked::{Checked, Format, Options, VERSION};
use super::escape;
use super::report::{hex, store_name};
use crate::format::x509;
use crate::model::{Certificate, Name, Oid, Reading, Slot, Store, StoreId};
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// A metric: its name and its help. All are gauges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// What it says.
    pub help: &'static str,
}

const fn metric(name: &'static str, help: &'static str) -> Metric {
    Metric { name, help }
}

/// Always 1; the version in a label.
pub const BUILD_INFO: Metric = metric("castore_build_info", "The version of castore that wrote this file; always 1.");
/// When the run was.
pub const LAST_RUN: Metric =
    metric("castore_last_run_timestamp_seconds", "When the stores were looked at, in seconds since 1970.");
/// By store: whether it was read.
pub const STORE_UP: Metric =
    metric("castore_store_up", "1 where the store was read, in full or in part; 0 where nothing of it was.");
/// By store: its distinct certificates.
pub const STORE_CERTIFICATES: Metric = metric("castore_store_certificates", "Distinct certificates in the store.");
/// By store: whether a part of it was not read.
pub const STORE_PARTIAL: Metric =
    metric("castore_store_partial", "1 where a part of the store could not be read, else 0.");
/// By store: the earliest end of validity.
pub const STORE_EARLIEST: Metric = metric(
    "castore_store_earliest_not_after_timestamp_seconds",
    "The earliest end of validity in the store, in seconds since 1970; it may have passed.",
);
/// By store: roots added since the baseline.
pub const STORE_ADDED: Metric = metric(
    "castore_store_roots_added",
    "Roots in the store that the accepted baseline lacks, or that clients trust only since.",
);
/// By store: roots removed since the baseline.
pub const STORE_REMOVED: Metric =
    metric("castore_store_roots_removed", "Roots of the accepted baseline that the store lacks.");
/// By check, severity and store.
pub const FINDINGS: Metric =
    metric("castore_findings", "Findings of a check in a store; without a store where a finding is in none.");
/// By reason: what was not seen.
pub const ERRORS: Metric = metric(
    "castore_errors",
    "Stores in use that were not read in full, and directories that were closed while clients were looked for.",
);
/// By certificate: beginning of validity.
pub const NOT_BEFORE: Metric = metric("x509_cert_not_before", "Indicates the certificate's not before timestamp");
/// By certificate: end of validity.
pub const NOT_AFTER: Metric = metric("x509_cert_not_after", "Indicates the certificate's not after timestamp");
/// By certificate: whether it has expired.
pub const EXPIRED: Metric = metric("x509_cert_expired", "Indicates if the certificate is expired");

/// Every metric, in the order in which they are written.
pub const METRICS: &[Metric] = &[
    BUILD_INFO,
    LAST_RUN,
    STORE_UP,
    STORE_CERTIFICATES,
    STORE_PARTIAL,
    STORE_EARLIEST,
    STORE_ADDED,
    STORE_REMOVED,
    FINDINGS,
    ERRORS,
    NOT_BEFORE,
    NOT_AFTER,
    EXPIRED,
];

/// The row.
pub const FORMAT: Format = Format {
    name: "prometheus",
    about: "metrics for the textfile collector of node_exporter",
    says: "https://prometheus.io/docs/instrumenting/exposition_formats/",
    render: check,
};

/// The metrics of a run; with `per_certificate` also those of each certificate in each file.
fn check(checked: &Checked<'_>, options: &Options) -> String {
    let mut page = Families::default();
    page.add(BUILD_INFO, &[("version", VERSION)], 1);
    page.add(LAST_RUN, &[], checked.about.at.unix());
    let names = names(checked);
    for (id, name) in &names {
        store(&mut page, checked, id, name);
    }
    findings(&mut page, checked, &names);
    for (reason, number) in checked.gaps_by_reading() {
        page.add(ERRORS, &[("reason", reason)], count(number));
    }
    page.add(ERRORS, &[("reason", "closed_directory")], count(checked.closed));
    if options.per_certificate {
        checked.loaded().for_each(|store| certificates(&mut page, checked, store));
    }
    page.text()
}

/// What each store is called in a label. Two that would be called the same differ by a number, or their
/// series would be one.
fn names<'c>(checked: &Checked<'c>) -> BTreeMap<&'c StoreId, String> {
    let mut taken: HashSet<String> = HashSet::new();
    let mut names = BTreeMap::new();
    let also = checked.findings.iter().filter_map(|finding| finding.detail.store.as_ref());
    for id in checked.stores.iter().chain(also) {
        if names.contains_key(id) {
            continue;
        }
        let name = escape::terminal(&store_name(id)).into_owned();
        let numbered = (2..).map(|number| format!("{name} ({number})"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
        let name = free.unwrap_or(name);
        taken.insert(name.clone());
        names.insert(id, name);
    }
    names
}

fn store(page: &mut Families, checked: &Checked<'_>, id: &StoreId, name: &str) {
    if !checked.stores.contains(id) {
        return;
    }
    let found = checked.snapshot.store(id);
    let was_read = found.is_some_and(|store| matches!(store.reading, Reading::Whole | Reading::Partial));
    let labels = [("store", name)];
    page.add(STORE_UP, &labels, i64::from(was_read));
    if let Some(store) = found.filter(|_| was_read) {
        page.add(STORE_PARTIAL, &labels, i64::from(store.reading == Reading::Partial));
        let certificates = || store.entries.iter().filter_map(|entry| entry.certificate());
        let distinct: HashSet<_> = certificates().map(|certificate| certificate.fingerprint()).collect();
        page.add(STORE_CERTIFICATES, &labels, count(distinct.len()));
        if let Some(earliest) = certificates().filter_map(|certificate| certificate.not_after()).min() {
            page.add(STORE_EARLIEST, &labels, earliest.unix());
        }
    }
    if let Some(changes) = checked.changes {
        let changes = changes.get(id).copied().unwrap_or_default();
        page.add(STORE_ADDED, &labels, count(changes.added));
        page.add(STORE_REMOVED, &labels, count(changes.removed));
    }
}

fn findings(page: &mut Families, checked: &Checked<'_>, names: &BTreeMap<&StoreId, String>) {
    let mut counts: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for finding in checked.findings {
        let store = finding.detail.store.as_ref().and_then(|id| names.get(id)).map_or("", String::as_str);
        *counts.entry((finding.check.id, finding.severity().name(), store)).or_default() += 1;
    }
    for ((check, severity, store), number) in counts {
        page.add(FINDINGS, &[("check", check), ("severity", severity), ("store", store)], count(number));
    }
}

/// The attributes of a name that the exporter has labels for.
const ATTRIBUTES: [(&str, Oid); 6] = [
    ("C", Oid::new_unwrap("2.5.4.6")),
    ("ST", Oid::new_unwrap("2.5.4.8")),
    ("L", Oid::new_unwrap("2.5.4.7")),
    ("O", Oid::new_unwrap("2.5.4.10")),
    ("OU", Oid::new_unwrap("2.5.4.11")),
    ("CN", Oid::new_unwrap("2.5.4.3")),
];

/// Each certificate of each file once; a directory names one under its file and its hash.
fn certificates(page: &mut Families, checked: &Checked<'_>, store: &Store) {
    let mut seen = HashSet::new();
    for entry in &store.entries {
        let Some(certificate) = entry.certificate() else { continue };
        let Some((not_before, not_after)) = certificate.not_before().zip(certificate.not_after()) else { continue };
        if !seen.insert(certificate.fingerprint()) {
            continue;
        }
        let labels = labels(store, &entry.slot, certificate);
        let labels: Vec<(&str, &str)> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        page.add(NOT_BEFORE, &labels, not_before.unix());
        page.add(NOT_AFTER, &labels, not_after.unix());
        page.add(EXPIRED, &labels, i64::from(not_after < checked.about.at));
    }
}

fn labels(store: &Store, slot: &Slot, certificate: &Certificate) -> Vec<(String, String)> {
    let path = match (store.id.path(), slot) {
        (Some(path), Slot::File(name, _)) => Some(path.join(name)),
        (path, _) => path.map(Path::to_path_buf),
    };
    let filename = path.as_deref().and_then(Path::file_name).map(|name| escape::path(Path::new(name)));
    let filepath = path.as_deref().map_or_else(|| store_name(&store.id), escape::path);
    let details = x509::details(certificate).ok();
    let serial = details.map(|details| decimal(&details.serial));
    let mut labels = vec![
        ("discriminator".to_owned(), hex(certificate.fingerprint().as_bytes())),
        ("filename".to_owned(), filename.unwrap_or_default()),
        ("filepath".to_owned(), filepath),
        ("serial_number".to_owned(), serial.unwrap_or_default()),
    ];
    for (side, name) in [("issuer", details.map(|d| &d.issuer)), ("subject", details.map(|d| &d.subject))] {
        labels.extend(ATTRIBUTES.iter().map(|(short, oid)| {
            (format!("{side}_{short}"), name.and_then(|name| first(name, oid)).unwrap_or_default())
        }));
    }
    labels
}

/// The first value of an attribute, as the exporter takes it; of the common name the last, as Go does
/// (`pkix.Name.FillFromRDNSequence`).
fn first(name: &Name, oid: &Oid) -> Option<String> {
    let mut values = name.rdns.iter().flatten().filter(|attribute| attribute.kind == *oid);
    let is_common_name = ATTRIBUTES.last().is_some_and(|(_, last)| last == oid);
    let found = if is_common_name { values.next_back() } else { values.next() };
    found.map(|attribute| attribute.value.raw().to_owned())
}

/// Octets of a serial number that are written in decimal: 64, three times what RFC 5280 allows (4.1.2.2).
/// Longer ones are hexadecimal, or a megabyte of them would take minutes.
const SERIAL: usize = 64;

/// An integer of two's complement in decimal, as Go's `big.Int` prints it.
fn decimal(octets: &[u8]) -> String {
    if octets.len() > SERIAL {
        return format!("0x{}", hex(octets));
    }
    let is_negative = octets.first().is_some_and(|first| first & 0x80 != 0);
    let mut magnitude: Vec<u8> = octets.iter().map(|octet| if is_negative { !octet } else { *octet }).collect();
    if is_negative {
        // The complement and one; it carries no further than all ones, which a negative number is not.
        for octet in magnitude.iter_mut().rev() {
            let (sum, carries) = octet.overflowing_add(1);
            *octet = sum;
            if !carries {
                break;
            }
        }
    }
    let mut digits = Vec::new();
    while magnitude.iter().any(|octet| *octet != 0) {
        let mut rest = 0_u32;
        for octet in &mut magnitude {
            let value = rest * 256 + u32::from(*octet);
            *octet = (value / 10) as u8;
            rest = value % 10;
        }
        digits.push(b'0' + rest as u8);
    }
    if digits.is_empty() {
        digits.push(b'0');
    }
    let sign = if is_negative { "-" } else { "" };
    digits.iter().rev().fold(sign.to_owned(), |text, digit| text + (*digit as char).encode_utf8(&mut [0; 4]))
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Samples by metric, each series once.
#[derive(Default)]
struct Families {
    samples: BTreeMap<&'static str, BTreeMap<String, i64>>,
}

impl Families {
    fn add(&mut self, metric: Metric, labels: &[(&str, &str)], value: i64) {
        let mut labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escape::label(value))).collect();
        labels.sort();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        self.samples.entry(metric.name).or_default().entry(labels).or_insert(value);
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for metric in METRICS {
            let Some(samples) = self.samples.get(metric.name) else { continue };
            text += &format!("# HELP {0} {1}\n# TYPE {0} gauge\n", metric.name, metric.help);
            for (labels, value) in samples {
                text += &format!("{}{labels} {value}\n", metric.name);
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::checked::{Changes, tests::checked};
    use super::*;

    #[test]
    fn serial_numbers_are_written_as_go_does() {
        for (octets, text) in [
            (&[][..], "0"),
            (&[0], "0"),
            (&[0, 0x80], "128"),
            (&[0x80], "-128"),
            (&[0xff], "-1"),
            (&[0x80, 0], "-32768"),
            (&[1, 0, 0, 0, 0, 0, 0, 0, 0], "18446744073709551616"),
        ] {
            assert_eq!(decimal(octets), text, "{octets:?}");
        }
        assert_eq!(decimal(&[1; 65]), format!("0x{}", "01".repeat(65)));
    }

    fn text(checked: &Checked<'_>) -> String {
        let options = Options {
            colour: crate::render::text::Colour::Never,
            width: None,
            explain: false,
            show_allowed: false,
            csv_raw: false,
            per_certificate: false,
            fail_on: None,
        };
        check(checked, &options)
    }

    #[test]
    fn changes_are_told_where_there_is_a_baseline() {
        let changes = Changes { added: 2, removed: 1 };
        let changes = BTreeMap::from([(StoreId::Path("/a".into()), changes)]);
        checked(&["/a", "/b"], Some(&changes), |checked| {
            let text = text(checked);
            for line in [
                "castore_store_roots_added{store=\"/a\"} 2",
                "castore_store_roots_removed{store=\"/a\"} 1",
                // Nothing changed is a number too: an alarm ends with it.
                "castore_store_roots_added{store=\"/b\"} 0",
            ] {
                assert!(text.lines().any(|found| found == line), "{line}\n{text}");
            }
        });
        checked(&["/a"], None, |checked| assert!(!text(checked).contains("castore_store_roots")));
    }

    /// Whoever names a file may not make the series of another vanish.
    #[test]
    fn two_stores_are_two_series() {
        checked(&["/a\u{1b}", "/a\\u{1b}"], None, |checked| {
            let text = text(checked);
            let up: Vec<&str> = text.lines().filter(|line| line.starts_with("castore_store_up")).collect();
            assert_eq!(
                up,
                ["castore_store_up{store=\"/a\\\\u{1b} (2)\"} 1", "castore_store_up{store=\"/a\\\\u{1b}\"} 1"]
            );
        });
    }

    #[test]
    fn names_of_metrics_are_their_own() {
        let names: HashSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            assert!(!metric.help.contains(['\\', '\n']), "{}", metric.name);
            assert!(metric.name.bytes().all(|octet| octet == b'_' || octet.is_ascii_alphanumeric()), "{}", metric.name);
        }
    }
}
