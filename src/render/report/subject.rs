//! Who sees a host, where that is not the user at this shell, and what differs for them: variables
//! that clients read, and what clients trust.

use super::which::verification;
use super::{PathReport, store_name};
use crate::anchors::anchors;
use crate::catalogue::variables;
use crate::discover::{Named, Use};
use crate::host::Environment;
use crate::load::Snapshot;
use serde::Serialize;
use std::ffi::OsStr;
use std::path::Path;

/// A process, a service, or whoever has the variables of a file.
#[derive(Debug, Clone, Serialize)]
pub struct SubjectReport {
    /// `process`, `service`, `variables`.
    pub kind: &'static str,
    /// The number of the process, the unit of the service, the file of the variables.
    pub name: String,
    /// The program it runs.
    pub program: Option<PathReport>,
    /// The account it runs as.
    pub user: Option<String>,
    /// Whether its files are another tree than the shell's, in which all paths here stand.
    pub other_root: bool,
    /// How its program was recognised: `program`, `libraries`, `content`, `not`; absent where all clients
    /// or named ones were asked for.
    pub recognised: Option<&'static str>,
    /// What is to be known of it.
    pub remarks: Vec<String>,
    /// What it is compared with: `shell`, this one; `no-variables`, that of root without variables, where
    /// a tree is inspected.
    pub compared_with: &'static str,
    /// Variables that clients read and that differ from that.
    pub variables: Vec<VariableReport>,
    /// Clients whose answer differs from the one in this shell.
    pub differs: Vec<DifferenceReport>,
}

/// A variable that differs.
#[derive(Debug, Clone, Serialize)]
pub struct VariableReport {
    /// Its name.
    pub name: &'static str,
    /// For the subject.
    pub there: ValueReport,
    /// In this shell.
    pub here: ValueReport,
    /// The clients of the host that read it.
    pub read_by: Vec<&'static str>,
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ValueReport {
    /// `unset`, `empty`, `set`.
    pub state: &'static str,
    /// The value, where it is a path: others may hold secrets.
    pub value: Option<String>,
}

/// A client whose answer differs.
#[derive(Debug, Clone, Serialize)]
pub struct DifferenceReport {
    /// The client.
    pub client: &'static str,
    /// The installation.
    pub at: Option<PathReport>,
    /// The answer for the subject.
    pub there: AnswerReport,
    /// The answer in this shell.
    pub here: AnswerReport,
}

/// What a client trusts, in brief.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnswerReport {
    /// `on`, `off` or `error`.
    pub verification: &'static str,
    /// Distinct certificates that count.
    pub anchors: usize,
    /// The stores in effect.
    pub stores: Vec<String>,
}

impl AnswerReport {
    fn new(found: &Use, snapshot: &Snapshot) -> Self {
        Self {
            verification: verification(found, snapshot),
            anchors: anchors(found, snapshot).certificates.len(),
            stores: found.effective().filter_map(|candidate| candidate.store.as_ref()).map(store_name).collect(),
        }
    }
}

/// The variables that some client reads and that differ between two environments, with those of `uses`
/// that read them.
#[must_use]
pub fn variables_that_differ(uses: &[Use], there: &Environment, here: &Environment) -> Vec<VariableReport> {
    let known = variables().into_iter();
    let report = |variable: crate::catalogue::Variable| {
        let value = |environment: &Environment| {
            let value = environment.get(OsStr::new(variable.name));
            let shown = value.filter(|value| variable.is_path() && !value.is_empty());
            ValueReport {
                state: value.map_or("unset", |value| if value.is_empty() { "empty" } else { "set" }),
                value: shown.map(|value| crate::render::escape::path(Path::new(value))),
            }
        };
        let is_same = there.get(OsStr::new(variable.name)) == here.get(OsStr::new(variable.name));
        let reads = |found: &&Use| {
            let by_leaf =
                |c: &crate::discover::Candidate| matches!(c.named, Named::Variable(name, _) if name == variable.name);
            found.client.reads.contains(&variable.name) || found.candidates.iter().any(by_leaf)
        };
        (!is_same).then(|| VariableReport {
            name: variable.name,
            there: value(there),
            here: value(here),
            read_by: {
                let mut ids: Vec<_> = uses.iter().filter(reads).map(|found| found.client.id).collect();
                ids.dedup();
                ids
            },
        })
    };
    known.filter_map(report).collect()
}

/// The installations of both sides whose answers differ.
#[must_use]
pub fn answers_that_differ(there: (&[Use], &Snapshot), here: (&[Use], &Snapshot)) -> Vec<DifferenceReport> {
    let mut found = Vec::new();
    for one in there.0 {
        let is_it = |other: &&Use| other.client.id == one.client.id && other.installation.at == one.installation.at;
        let Some(other) = here.0.iter().find(is_it) else { continue };
        let (there, here) = (AnswerReport::new(one, there.1), AnswerReport::new(other, here.1));
        if there != here {
            let at = Some(&one.installation.at).filter(|at| !at.as_os_str().is_empty());
            let at = at.map(|at| PathReport::new(at));
            found.push(DifferenceReport { client: one.client.id, at, there, here });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_may_hold_secrets_are_not_told() {
        let environment = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.into(), v.into())).collect();
        let there = environment(&[("SSL_CERT_FILE", "/x.pem"), ("PIP_CONFIG_FILE", "secret"), ("OTHER", "secret")]);
        let here = environment(&[("SSL_CERT_FILE", "")]);
        let uses = ["pip", "openssl"].map(|id| Use {
            client: crate::catalogue::clients().find(|client| client.id == id).unwrap(),
            installation: Default::default(),
            account: None,
            candidates: Vec::new(),
        });
        let found = variables_that_differ(&uses, &there, &here);
        assert_eq!(found[0].read_by, ["pip"]);
        assert!(variables_that_differ(&[], &there, &here)[0].read_by.is_empty());
        let found: Vec<_> =
            found.iter().map(|v| (v.name, v.there.state, v.there.value.as_deref(), v.here.state)).collect();
        assert_eq!(
            found,
            [("PIP_CONFIG_FILE", "set", None, "unset"), ("SSL_CERT_FILE", "set", Some("/x.pem"), "empty")]
        );
    }
}
