//! `castore check`: findings.

use super::facts::FactsReport;
use super::{CertificateReport, PathReport, PlaceReport};
use crate::check::Finding;
use crate::facts::Facts;
use serde::Serialize;

/// The answer of `castore check`.
#[derive(Debug, Clone, Serialize)]
pub struct CheckReport {
    /// `castore.check/1`.
    pub schema: &'static str,
    /// The moment that counted as now.
    pub at: String,
    /// The findings, by check, then by place.
    pub findings: Vec<FindingReport>,
    /// Stores in scope that were not read in full.
    pub gaps: Vec<String>,
    /// The tables that findings stand on; none where no finding does.
    pub facts: Vec<FactsReport>,
}

/// One finding.
#[derive(Debug, Clone, Serialize)]
pub struct FindingReport {
    /// The check's id.
    pub check: &'static str,
    /// `info`, `warning` or `error`.
    pub severity: &'static str,
    /// What the check says, in a few words.
    pub title: &'static str,
    /// Where it is in a store.
    pub place: Option<PlaceReport>,
    /// A path that is no store.
    pub path: Option<PathReport>,
    /// The certificate.
    pub certificate: Option<CertificateReport>,
    /// The clients concerned.
    pub clients: Vec<String>,
    /// What should be.
    pub expected: String,
    /// What is.
    pub found: String,
    /// What to do.
    pub remedy: String,
}

impl CheckReport {
    /// The report of findings.
    #[must_use]
    pub fn new(at: crate::model::Timestamp, findings: &[Finding], gaps: Vec<String>, facts: &Facts) -> Self {
        let report = |finding: &Finding| FindingReport {
            check: finding.check.id,
            severity: finding.severity().name(),
            title: finding.check.title,
            place: finding.detail.store.as_ref().map(|store| PlaceReport::new(store, finding.detail.slot.as_ref())),
            path: finding.detail.path.as_deref().map(PathReport::new),
            certificate: finding.detail.certificate.as_deref().map(CertificateReport::new),
            clients: finding.detail.clients.clone(),
            expected: finding.detail.expected.clone(),
            found: finding.detail.found.clone(),
            remedy: finding.detail.remedy.clone(),
        };
        Self {
            schema: "castore.check/1",
            at: at.to_string(),
            findings: findings.iter().map(report).collect(),
            gaps,
            facts: FactsReport::of(facts, at, findings),
        }
    }
}
