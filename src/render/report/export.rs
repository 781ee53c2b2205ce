//! `castore export`: what was written and what was left out.

use super::trust::TrustReport;
use super::{CertificateReport, PathReport, store_name};
use crate::plan::{Kept, Merge};
use crate::select::Column;
use serde::Serialize;
use std::path::Path;

/// The answer of `castore export`.
#[derive(Debug, Clone, Serialize)]
pub struct ExportReport {
    /// `castore.export/1`.
    pub schema: &'static str,
    /// Where it was written; absent for standard output.
    pub out: Option<PathReport>,
    /// What it holds.
    pub certificates: Vec<ExportedReport>,
    /// What was left out.
    pub left_out: Vec<LeftOutReport>,
    /// Stores that were not read in full, so that something may be missing.
    pub gaps: Vec<String>,
    /// Certificates of a set that no store of the host holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<AbsentReport>,
}

/// A certificate that is known by its fingerprint alone.
#[derive(Debug, Clone, Serialize)]
pub struct AbsentReport {
    /// SHA-256 of the DER.
    pub sha256: String,
    /// What it is called.
    pub name: String,
}

/// A certificate that was written.
#[derive(Debug, Clone, Serialize)]
pub struct ExportedReport {
    /// The certificate.
    #[serde(flatten)]
    pub certificate: CertificateReport,
    /// The stores it came from.
    pub from: Vec<String>,
    /// What a store limits it to and the bundle cannot say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits_lost: Vec<TrustReport>,
}

/// A certificate that was not.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOutReport {
    /// The certificate and where it is.
    #[serde(flatten)]
    pub exported: ExportedReport,
    /// Why it was left out.
    pub because: String,
}

impl ExportReport {
    /// The report of a merge of columns that is written to `out`.
    #[must_use]
    pub fn new(merge: &Merge, columns: &[Column], out: Option<&Path>, gaps: Vec<String>) -> Self {
        let exported = |kept: &Kept| ExportedReport {
            certificate: CertificateReport::new(&kept.certificate),
            from: kept.stores.iter().map(store_name).collect(),
            limits_lost: kept.limits().filter_map(TrustReport::new).collect(),
        };
        Self {
            schema: "castore.export/1",
            out: out.map(PathReport::new),
            certificates: merge.kept.iter().map(exported).collect(),
            left_out: merge
                .left_out
                .iter()
                .map(|(kept, why)| LeftOutReport { exported: exported(kept), because: why.because() })
                .collect(),
            gaps,
            absent: columns
                .iter()
                .flat_map(|column| &column.absent)
                .map(|(fingerprint, name)| AbsentReport { sha256: fingerprint.to_string(), name: name.clone() })
                .collect(),
        }
    }
}
