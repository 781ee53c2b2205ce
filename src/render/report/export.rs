//! `castore export`: what was written and what was left out.

use super::trust::TrustReport;
use super::{CertificateReport, PathReport, store_name};
use crate::model::{Fingerprint, Timestamp};
use crate::plan::export::Lost;
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
    /// The format it was written in.
    pub format: &'static str,
    /// The moment at which what has expired was judged.
    pub at: String,
    /// What seals it: `changeit`, `given`, or nothing.
    pub password: Option<&'static str>,
    /// What became of the files of a directory.
    pub files: Option<FilesReport>,
    /// What it holds.
    pub certificates: Vec<ExportedReport>,
    /// What was left out.
    pub left_out: Vec<LeftOutReport>,
    /// Stores that were not read in full, so that something may be missing.
    pub gaps: Vec<String>,
    /// Certificates of a set that no store of the host holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absent: Vec<AbsentReport>,
    /// The chains that were to be verified, where the smallest set for some was asked for.
    pub minimal: Option<MinimalReport>,
}

/// What became of the files of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct FilesReport {
    /// Files that were written.
    pub written: usize,
    /// Files that were as they should be.
    pub unchanged: usize,
    /// Files of an earlier export that were removed.
    pub removed: usize,
}

/// The smallest set for some chains.
#[derive(Debug, Clone, Serialize)]
pub struct MinimalReport {
    /// The chains, in the order in which they were named.
    pub chains: Vec<NeedReport>,
    /// By whose rules they are verified.
    pub verified_by: Vec<String>,
    /// Whether no smaller set is possible.
    pub is_proven: bool,
}

/// A chain and what verifies it.
#[derive(Debug, Clone, Serialize)]
pub struct NeedReport {
    /// The server or the file.
    pub chain: String,
    /// The roots it needs, by SHA-256.
    pub roots: Vec<String>,
}

impl NeedReport {
    /// The report of a chain.
    #[must_use]
    pub fn new<'f>(chain: &str, roots: impl IntoIterator<Item = &'f Fingerprint>) -> Self {
        Self { chain: chain.to_owned(), roots: roots.into_iter().map(ToString::to_string).collect() }
    }
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
    /// What stores say of it, where the format does not say all of that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub limits_lost: Vec<TrustReport>,
    /// What of that the format does not say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<LostReport>,
}

/// Something that a store says of a certificate and the format does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LostReport {
    /// In words.
    pub what: &'static str,
    /// Whether whoever uses the file for its purpose trusts more than the store does.
    pub widens: bool,
}

/// A certificate that was not.
#[derive(Debug, Clone, Serialize)]
pub struct LeftOutReport {
    /// The certificate and where it is.
    #[serde(flatten)]
    pub exported: ExportedReport,
    /// Why it was left out.
    pub because: String,
    /// Whether it is one of the many that were not asked for.
    #[serde(skip)]
    pub is_rest: bool,
}

/// What was written, beside the certificates.
#[derive(Debug, Clone)]
pub struct WrittenTo<'a> {
    /// Where; nowhere is standard output.
    pub out: Option<&'a Path>,
    /// The format.
    pub format: &'static str,
    /// The moment at which it was judged.
    pub at: Timestamp,
    /// What seals it.
    pub password: Option<&'static str>,
    /// What became of files.
    pub files: Option<FilesReport>,
}

impl ExportReport {
    /// The report of a merge of columns, of each certificate of which `lost` is lost.
    #[must_use]
    pub fn new(merge: &Merge, lost: &[Vec<Lost>], columns: &[Column], to: &WrittenTo<'_>, gaps: Vec<String>) -> Self {
        let exported = |kept: &Kept, lost: &[Lost]| ExportedReport {
            certificate: CertificateReport::new(&kept.certificate),
            from: kept.stores.iter().map(store_name).collect(),
            limits_lost: match lost {
                [] => Vec::new(),
                _ => kept.trust.iter().filter_map(TrustReport::new).filter(|trust| trust.says != "trusted").collect(),
            },
            lost: lost.iter().map(|lost| LostReport { what: lost.words(), widens: lost.widens() }).collect(),
        };
        let none = Vec::new();
        let lost = lost.iter().chain(std::iter::repeat(&none));
        Self {
            schema: "castore.export/1",
            out: to.out.map(PathReport::new),
            format: to.format,
            at: to.at.to_string(),
            password: to.password,
            files: to.files,
            certificates: merge.kept.iter().zip(lost).map(|(kept, lost)| exported(kept, lost)).collect(),
            left_out: merge
                .left_out
                .iter()
                .map(|(kept, why)| LeftOutReport {
                    exported: exported(kept, &[]),
                    because: why.because(),
                    is_rest: why.is_rest(),
                })
                .collect(),
            gaps,
            absent: columns
                .iter()
                .flat_map(|column| &column.absent)
                .map(|(fingerprint, name)| AbsentReport { sha256: fingerprint.to_string(), name: name.clone() })
                .collect(),
            minimal: None,
        }
    }
}
