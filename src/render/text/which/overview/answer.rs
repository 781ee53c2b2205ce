//! What a client trusts, and the places that decided it.

use super::wrap::tail;
use crate::render::report::which::{CandidateReport, ClientReport};
use crate::render::text::Style;
use std::collections::BTreeSet;

/// The answer for one installation.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// How many certificates, as it is shown.
    pub(super) trusts: String,
    /// `on`, `off` or `error`.
    pub(super) verification: &'static str,
    /// What decided, in order.
    pub(super) parts: Vec<Part>,
}

/// One place that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) style: Style,
    /// What named it, where that is not the client itself.
    pub(super) named: Option<String>,
    /// The path or the store, or what is wrong.
    pub(super) what: String,
    /// The store behind the links, where the system's own rows have it.
    pub(super) system: Option<String>,
}

impl Answer {
    /// The answer for a client, beside the stores that the system's own rows read.
    pub(super) fn new(client: &ClientReport, system: &BTreeSet<&str>) -> Self {
        let candidates = client.candidates.iter().filter(|candidate| counts(candidate));
        let mut parts: Vec<Part> = candidates.map(|candidate| Part::new(candidate, system)).collect();
        // Where it verifies nothing, or stops, the rest has no say.
        if client.verification != "on" && parts.iter().any(|part| part.style == Style::Bad) {
            parts.retain(|part| part.style == Style::Bad);
        }
        // A file that two rules name is said once.
        parts.dedup();
        if parts.is_empty() {
            let what = client.unknown.first().cloned().unwrap_or_else(|| "nothing".to_owned());
            parts.push(Part { style: Style::Warn, named: None, what, system: None });
        }
        let trusts = match client.verification {
            "off" => "any".to_owned(),
            "error" => "error".to_owned(),
            _ if client.anchors == 0 && (client.is_at_least || !client.unknown.is_empty()) => "?".to_owned(),
            _ if client.is_at_least => format!("{}+", client.anchors),
            _ => client.anchors.to_string(),
        };
        Self { trusts, verification: client.verification, parts }
    }
}

/// Whether a place had a part in the answer, or should have had.
fn counts(candidate: &CandidateReport) -> bool {
    match candidate.outcome {
        "used" | "turns-off" | "refused" => true,
        "empty" | "unusable" => candidate.then != Some("pass") || candidate.named_by != "built in",
        _ => false,
    }
}

impl Part {
    fn new(candidate: &CandidateReport, system: &BTreeSet<&str>) -> Self {
        let named = Some(candidate.named_by.clone()).filter(|named| named != "built in");
        let path = candidate.path.as_ref().map(|path| path.path.clone());
        let store = candidate.store.as_deref().filter(|store| named.is_none() && system.contains(store));
        match candidate.outcome {
            "turns-off" => Self { style: Style::Bad, named, what: "turns verification off".to_owned(), system: None },
            "empty" | "unusable" | "refused" => {
                let style = if candidate.then == Some("pass") { Style::Warn } else { Style::Bad };
                let why = candidate.why.clone().unwrap_or_default();
                let what = path.map_or_else(|| why.clone(), |path| format!("{path}: {why}"));
                Self { style, named, what, system: None }
            }
            _ => {
                let style = if named.is_some() { Style::Good } else { Style::Plain };
                let what = match candidate.look {
                    "compiled-in" => "compiled in".to_owned(),
                    _ => path.or_else(|| candidate.store.clone()).unwrap_or_default(),
                };
                Self { style, named, what, system: store.map(str::to_owned) }
            }
        }
    }

    /// Whether it is what decides by itself, which nobody set.
    pub(super) const fn is_built_in(&self) -> bool {
        self.named.is_none()
    }

    /// What is alike where two clients are in one group: of their own copies what the paths end in.
    pub(super) fn alike(&self) -> String {
        match (&self.system, self.is_built_in()) {
            (Some(store), _) => store.clone(),
            (None, true) => tail(&self.what),
            (None, false) => self.what.clone(),
        }
    }

    /// Where each has its own path to the same thing, what they have in common is shown.
    pub(super) fn agree(&mut self, other: &Self) {
        if self.what != other.what {
            self.what = self.alike();
        }
    }

    /// What it says.
    pub(super) fn text(&self) -> String {
        match &self.named {
            Some(named) if self.what.is_empty() => named.clone(),
            Some(named) => format!("{named} {}", self.what),
            None => self.what.clone(),
        }
    }
}
