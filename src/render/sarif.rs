//! SARIF 2.1.0, which code scanning reads.
//!
//! A result is known again by its fingerprint: check, store and certificate, and no line, so that a bundle that
//! was sorted anew brings no alarm. Places are file URIs; of a tree they are relative to its root, which is
//! what a repository or an image is. GitHub refuses a log with a result that has no physical location, and displays
//! the first (["SARIF support for code scanning", `result` object](https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning)).
//! So what stands in no file of the host is placed where it is asked for: a server at its line of `castore.toml`, what
//! was accepted in the baseline. What no file asks for has an artifact of its own, named by a relative reference (3.4.3),
//! as GitHub wants it: an artifact need not be a file (3.24.1). GitHub takes 25,000 results of one run: the worst are kept, and a notice
//! says what was left out.

use super::checked::{Checked, Format, Options, VERSION};
use super::escape;
use super::report::check::FindingReport;
use super::report::store_name;
use crate::check::{Check, Finding, Severity};
use crate::limits::SARIF_RESULTS;
use crate::model::{Slot, StoreId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The row.
pub const FORMAT: Format = Format {
    name: "sarif",
    about: "SARIF 2.1.0, for code scanning",
    says: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html",
    render: check,
};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What paths are relative to, where they are those of a tree.
const ROOT: &str = "ROOT";

fn check(checked: &Checked<'_>, _: &Options) -> String {
    // What is known stands with the rest, suppressed (3.27.23).
    let mut ordered: Vec<&Finding> = checked.findings.iter().chain(checked.allowed).collect();
    let left_out = ordered.len().saturating_sub(SARIF_RESULTS);
    if left_out > 0 {
        ordered.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
        ordered.truncate(SARIF_RESULTS);
    }
    let mut seen = HashMap::new();
    let results: Vec<Value> = ordered.into_iter().map(|finding| result(checked, finding, &mut seen)).collect();
    let mut notices: Vec<Value> = checked.unread().iter().map(|gap| notice(&gap_text(gap), "unread-store")).collect();
    if left_out > 0 {
        let text =
            format!("{left_out} more findings are left out, the least severe: a run has at most {SARIF_RESULTS}");
        notices.push(notice(&text, "too-many-results"));
    }
    let descriptors =
        [("unread-store", "A store was not read in full."), ("too-many-results", "Results were left out.")];
    let descriptors = descriptors.map(|(id, text)| json!({ "id": id, "shortDescription": { "text": text } }));
    let mut run = json!({
        "tool": { "driver": {
            "name": "castore",
            "version": VERSION,
            "semanticVersion": VERSION,
            "rules": checked.checks.iter().map(|check| rule(check)).collect::<Vec<_>>(),
            "notifications": descriptors,
        } },
        "invocations": [{
            "executionSuccessful": checked.is_whole(),
            "endTimeUtc": checked.about.at.to_string(),
            "toolExecutionNotifications": notices,
        }],
        "columnKind": "unicodeCodePoints",
        "results": results,
    });
    if checked.is_tree {
        run["originalUriBaseIds"] =
            json!({ ROOT: { "description": { "text": "The root of the tree that was looked at." } } });
    }
    if let Some(host) = &checked.about.host {
        run["properties"] = json!({ "host": escape::terminal(host) });
    }
    super::json(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

/// SARIF's word for a severity (3.27.10).
const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A check as a rule. GitHub reads tags and `security-severity`, by which it sorts: 7.0 to 8.9 is high, 4.0 to
/// 6.9 medium. What is untidy and endangers nobody has none.
fn rule(check: &Check) -> Value {
    let mut properties = json!({ "tags": ["security", "certificates"], "precision": "high" });
    match check.severity {
        Severity::Error => properties["security-severity"] = json!("7.5"),
        Severity::Warning => properties["security-severity"] = json!("4.5"),
        Severity::Info => properties["tags"] = json!(["certificates"]),
    }
    let since = check.since.map_or_else(String::new, |day| format!(" Since {day}."));
    let help = format!("{}{since}\n\nWhat to do: {}", check.about, ended(check.remedy));
    let mut rule = json!({
        "id": check.id,
        "shortDescription": { "text": sentence(check.title) },
        "fullDescription": { "text": escape::sarif(check.about) },
        "help": { "text": escape::sarif(&help), "markdown": help },
        "helpUri": check.says,
        "defaultConfiguration": { "level": level(check.severity) },
        "properties": properties,
    });
    // A name that only repeats the id is none (SARIF1001 of the multitool).
    if check.id.contains(['-', '/']) {
        rule["name"] = json!(pascal_case(check.id));
    }
    rule
}

/// `a certificate has expired` as a sentence (SARIF wants whole ones, 3.49.9).
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    escape::sarif(&format!("{first}{}.", letters.as_str()))
}

/// What is to be done, with one full stop: a row of the checks ends with it, what a finding says does not.
fn ended(remedy: &str) -> String {
    format!("{}.", remedy.trim_end_matches('.'))
}

/// `missing-issuer` as `MissingIssuer`: how names of rules are written (3.49.7).
fn pascal_case(id: &str) -> String {
    let upper = |part: &str| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    id.split(['-', '/']).map(upper).collect()
}

fn result(checked: &Checked<'_>, finding: &Finding, seen: &mut HashMap<String, usize>) -> Value {
    let index = checked.checks.iter().position(|check| check.id == finding.check.id);
    let report = FindingReport::new(finding);
    let subject = report.subject().map_or_else(String::new, |subject| format!(": {subject}"));
    // Without a place it is the message that says whom it concerns.
    let concerns = match (&report.clients[..], report.at()) {
        ([_, ..], None) => format!("It concerns {}. ", report.clients.join(", ")),
        _ => String::new(),
    };
    let text = format!(
        "{}{subject}. Expected {}, found {}. {concerns}What to do: {}",
        report.title,
        report.expected,
        report.found,
        ended(&report.remedy)
    );
    let mut properties = json!({ "clients": report.clients.iter().map(|c| escape::terminal(c)).collect::<Vec<_>>() });
    if let Some(certificate) = &report.certificate {
        properties["sha256"] = json!(certificate.sha256);
    }
    let mut result = json!({
        "ruleId": finding.check.id,
        "ruleIndex": index,
        "level": level(finding.severity()),
        "message": { "text": escape::sarif(&text) },
        "locations": [location(checked, finding)],
        "partialFingerprints": { "castoreFinding/v1": fingerprint(finding, seen) },
        "properties": properties,
    });
    // Of a run either all results have a list of suppressions or none has (3.27.23).
    if !checked.allowed.is_empty() {
        let suppression = finding.allowed.as_ref().map(|allowed| {
            let reason = format!("{} (until {})", allowed.reason, allowed.until.date());
            json!({ "kind": "external", "status": "accepted", "justification": escape::sarif(&reason) })
        });
        result["suppressions"] = json!(suppression.into_iter().collect::<Vec<_>>());
    }
    result
}

/// What a finding is known again by: check, store, place in it but for lines and offsets, and certificate. Where
/// that is not enough, as of two blocks that cannot be read in one file, they are numbered.
fn fingerprint(finding: &Finding, seen: &mut HashMap<String, usize>) -> String {
    let detail = &finding.detail;
    let mut hash = Sha256::new();
    let mut part = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    part(finding.check.id.as_bytes());
    part(detail.store.as_ref().map(store_name).unwrap_or_default().as_bytes());
    part(detail.path.as_ref().map(|path| path.as_os_str().as_encoded_bytes()).unwrap_or_default());
    part(&detail.slot.as_ref().map(name_in_store).unwrap_or_default());
    if let Some(server) = &detail.server {
        part(server.as_bytes());
    }
    part(&detail.certificate.as_ref().map_or(Vec::new(), |found| found.fingerprint().as_bytes().to_vec()));
    let hash = super::report::hex(&hash.finalize()[..16]);
    let number = seen.entry(hash.clone()).or_insert(0);
    *number += 1;
    format!("{hash}:{number}")
}

/// The names on the way to an entry.
fn name_in_store(slot: &Slot) -> Vec<u8> {
    match slot {
        Slot::File(name, inner) => [name.as_encoded_bytes(), &[0], &name_in_store(inner)].concat(),
        Slot::Inside(name, inner) => [name.raw().as_bytes(), &[0], &name_in_store(inner)].concat(),
        Slot::Alias(alias) => alias.raw().as_bytes().to_vec(),
        Slot::Whole | Slot::Block(_) | Slot::Index(_) | Slot::Offset(_) | Slot::Row(_) => Vec::new(),
    }
}

fn location(checked: &Checked<'_>, finding: &Finding) -> Value {
    let detail = &finding.detail;
    let (path, line) = file(detail.path.as_deref(), detail.store.as_ref(), detail.slot.as_ref());
    let because = detail.because.as_ref();
    // A file of castore's own is one of this machine.
    let path = path.filter(|path| because.is_none_or(|(file, _)| file != path));
    let (artifact, line) = match (path, because) {
        (Some(path), _) => (artifact(&path, checked.is_tree), line.or(detail.line)),
        (None, Some((file, line))) => (artifact(file, false), *line),
        (None, None) => (json!({ "uri": escape::uri_path(Path::new(&named(finding))) }), None),
    };
    // GitHub wants a line of every result; what has none is at the first.
    let region = json!({ "startLine": line.unwrap_or(1) });
    let mut location = json!({ "physicalLocation": { "artifactLocation": artifact, "region": region } });
    let within = match (&detail.store, &detail.slot) {
        (Some(StoreId::Section(_, what) | StoreId::Native(what)), _) => Some((*what).to_owned()),
        (Some(store), Some(slot)) => {
            Some(super::report::PlaceReport::new(store, Some(slot)).within()).filter(|within| !within.is_empty())
        }
        _ => detail.server.clone(),
    };
    if let Some(within) = within {
        location["logicalLocations"] = json!([{ "name": escape::terminal(&within) }]);
    }
    location
}

fn artifact(path: &Path, is_of_tree: bool) -> Value {
    let uri = escape::uri_path(path);
    if is_of_tree {
        json!({ "uri": uri.trim_start_matches('/'), "uriBaseId": ROOT })
    } else if uri.starts_with('/') {
        json!({ "uri": format!("file://{uri}") })
    } else {
        json!({ "uri": uri.trim_start_matches("./") })
    }
}

/// What is in no file: a server, a store of the system, else what the check is about.
fn named(finding: &Finding) -> String {
    let store = finding.detail.store.as_ref().map(store_name);
    let named = finding.detail.server.clone().or(store);
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("castore/{}", finding.check.id))
}

/// The file, and the line in it.
fn file(path: Option<&Path>, store: Option<&StoreId>, slot: Option<&Slot>) -> (Option<PathBuf>, Option<u64>) {
    if let Some(path) = path {
        return (Some(path.to_path_buf()), None);
    }
    let store = store.and_then(StoreId::path);
    let file = match slot {
        Some(Slot::File(name, _)) => store.map(|store| store.join(name)),
        _ => store.map(Path::to_path_buf),
    };
    (file, slot.and_then(Slot::line).filter(|line| *line > 0))
}

fn gap_text(gap: &str) -> String {
    format!("not read in full, so there may be more: {gap}")
}

fn notice(text: &str, id: &str) -> Value {
    json!({ "level": "warning", "message": { "text": escape::sarif(text) }, "descriptor": { "id": id } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_rules() {
        assert_eq!(pascal_case("acceptance/strict"), "AcceptanceStrict");
        assert_eq!(sentence("an issuer is missing"), "An issuer is missing.");
    }
}
