//! `castore diff`: sets compared.

use super::show::HeldReport;
use super::trust::TrustReport;
use super::{CertificateReport, PlaceReport, store_name};
use crate::diff::{Diff, Shares};
use crate::facts::MOZILLA;
use crate::model::StoreId;
use crate::select::Held;
use serde::Serialize;

/// The answer of `castore diff`.
#[derive(Debug, Clone, Serialize)]
pub struct DiffReport {
    /// `castore.diff/1`.
    pub schema: &'static str,
    /// Whether every column holds the same certificates and trusts them alike; none where what was asked for could not
    /// be compared, and less than two sets are left.
    pub same: Option<bool>,
    /// What is compared; the first is what the others are compared with.
    pub columns: Vec<ColumnReport>,
    /// Certificates that every column holds.
    pub common: usize,
    /// Certificates that some column lacks.
    pub rows: Vec<RowReport>,
    /// Certificates that every column holds and not every one trusts alike for TLS servers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disputed: Vec<DisputedReport>,
    /// Certificates of different columns that share a key or a name.
    pub pairs: Vec<PairReport>,
    /// What was asked for and is no set of certificates, so that it is in no column.
    pub not_compared: Vec<NotComparedReport>,
}

/// One column.
#[derive(Debug, Clone, Serialize)]
pub struct ColumnReport {
    /// Everything that holds exactly these certificates.
    pub names: Vec<String>,
    /// How many.
    pub certificates: usize,
    /// How many it has that the first lacks.
    pub more: usize,
    /// How many it lacks that the first has.
    pub less: usize,
    /// Stores that were not read in full.
    pub gaps: Vec<String>,
}

/// What is not compared.
#[derive(Debug, Clone, Serialize)]
pub struct NotComparedReport {
    /// What it is called.
    pub names: Vec<String>,
    /// Why: it was not read, verification is off, or what it trusts is not known.
    pub because: String,
}

/// A certificate that some column lacks.
#[derive(Debug, Clone, Serialize)]
pub struct RowReport {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: CertificateReport,
    /// For each column, where it has it; null where it lacks it.
    pub held: Vec<Option<HeldReport>>,
}

/// A certificate that columns do not trust alike.
#[derive(Debug, Clone, Serialize)]
pub struct DisputedReport {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: CertificateReport,
    /// For each column, where it has it and what is said of it there.
    pub held: Vec<HeldReport>,
}

/// Two related certificates.
#[derive(Debug, Clone, Serialize)]
pub struct PairReport {
    /// `key` or `name`.
    pub shares: &'static str,
    /// SHA-256 of the one the earlier column has.
    pub left: String,
    /// SHA-256 of the other.
    pub right: String,
}

impl DiffReport {
    /// The report of a comparison.
    #[must_use]
    pub fn new(diff: &Diff) -> Self {
        let columns = diff.columns.iter().enumerate().map(|(index, column)| {
            let (more, less) = diff.counts(index);
            ColumnReport {
                names: column.names.clone(),
                certificates: column.certificates.len() + column.absent.len(),
                more,
                less,
                gaps: column.gaps.iter().map(store_name).collect(),
            }
        });
        let rows = diff.rows.iter().map(|row| RowReport {
            certificate: CertificateReport::new(&row.certificate),
            held: row.held.iter().map(|found| found.as_ref().map(held)).collect(),
        });
        // What no store of the host holds is known by its fingerprint and what a set calls it.
        let absent = diff.columns.iter().enumerate().flat_map(|(index, column)| {
            column.absent.iter().map(move |(fingerprint, name)| RowReport {
                certificate: CertificateReport::of_absent(*fingerprint, name),
                held: (0..diff.columns.len())
                    .map(|other| (other == index).then(|| HeldReport::of_set(&StoreId::Native(MOZILLA))))
                    .collect(),
            })
        });
        let absent = absent.filter(|_| diff.columns.len() > 1);
        let disputed = diff.disputed.iter().map(|row| DisputedReport {
            certificate: CertificateReport::new(&row.certificate),
            held: row.held.iter().flatten().map(held).collect(),
        });
        let pairs = diff.pairs.iter().map(|pair| PairReport {
            shares: match pair.shares {
                Shares::Key => "key",
                Shares::Name => "name",
            },
            left: pair.left.to_string(),
            right: pair.right.to_string(),
        });
        Self {
            schema: "castore.diff/1",
            same: Some(diff.is_same()),
            columns: columns.collect(),
            // One set alone has all of its own in common, those too that no store here holds.
            common: diff.common
                + diff.columns.first().filter(|_| diff.columns.len() == 1).map_or(0, |one| one.absent.len()),
            rows: rows.chain(absent).collect(),
            disputed: disputed.collect(),
            pairs: pairs.collect(),
            not_compared: Vec::new(),
        }
    }
}

impl DiffReport {
    /// With what is not compared.
    #[must_use]
    pub fn without(mut self, not_compared: Vec<NotComparedReport>) -> Self {
        let sets: usize = self.columns.iter().map(|column| column.names.len()).sum();
        if !not_compared.is_empty() && sets < 2 {
            self.same = None;
        }
        self.not_compared = not_compared;
        self
    }
}

fn held(held: &Held) -> HeldReport {
    let place = PlaceReport::new(&held.store, Some(&held.slot));
    HeldReport { place, trust: TrustReport::new(&held.trust), notes: Vec::new() }
}
