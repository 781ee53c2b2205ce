//! Which clients have the same answer, and in what order answers are shown.

use super::answer::{Answer, Part};
use crate::catalogue::is_platform;
use crate::render::report::which::ClientReport;
use crate::render::text::Style;
use std::collections::BTreeSet;

/// Clients that trust the same certificates of the same stores.
#[derive(Debug)]
pub(super) struct Group<'r> {
    pub(super) section: Section,
    /// How many certificates, as it is shown.
    pub(super) trusts: String,
    verification: &'static str,
    anchors: &'r str,
    places: BTreeSet<String>,
    /// What made them trust these, what somebody set before what is built in.
    pub(super) reasons: Vec<Reason<'r>>,
}

/// Clients for which the same variables and settings decided.
#[derive(Debug)]
pub(super) struct Reason<'r> {
    parts: Vec<Part>,
    pub(super) clients: Vec<&'r ClientReport>,
}

/// What stands together, in the order in which it needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    /// Verification is off, or fails before it begins.
    Broken,
    /// Other certificates than any row of the system itself has.
    Other,
    /// Those of a row of the system.
    System,
    /// Nothing that castore reads.
    Unknown,
}

impl Section {
    /// What stands above it.
    pub(super) const fn heading(self) -> &'static str {
        match self {
            Self::Broken => "without verification, or with an error",
            Self::Other => "other certificates than the system",
            Self::System => "the certificates of the system",
            Self::Unknown => "not known",
        }
    }
}

/// The groups in order; each in the order of the catalogue.
pub(super) fn groups(clients: &[ClientReport]) -> Vec<Group<'_>> {
    let platforms = || clients.iter().filter(|client| is_platform(client.client));
    let candidates = platforms().flat_map(|client| &client.candidates).filter(|one| one.outcome == "used");
    let stores: BTreeSet<&str> = candidates.filter_map(|used| used.store.as_deref()).collect();
    let sets: BTreeSet<&str> = platforms().map(|client| client.anchors_sha256.as_str()).collect();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for client in clients {
        let answer = Answer::new(client, &stores);
        let section = match () {
            () if answer.verification != "on" => Section::Broken,
            () if answer.trusts == "?" => Section::Unknown,
            () if sets.contains(client.anchors_sha256.as_str()) => Section::System,
            () => Section::Other,
        };
        let group = Group::new(section, client, &answer);
        match groups.iter_mut().find(|known| known.is_alike(&group)) {
            Some(known) => known.add(client, answer),
            None => {
                groups.push(Group { reasons: vec![Reason { parts: answer.parts, clients: vec![client] }], ..group })
            }
        }
    }
    for group in &mut groups {
        group.reasons.sort_by_key(Reason::is_built_in);
    }
    groups.sort_by_key(|group| group.section);
    groups
}

impl<'r> Group<'r> {
    fn new(section: Section, client: &'r ClientReport, answer: &Answer) -> Self {
        Self {
            section,
            trusts: answer.trusts.clone(),
            verification: answer.verification,
            anchors: &client.anchors_sha256,
            places: answer.parts.iter().map(Part::alike).collect(),
            reasons: Vec::new(),
        }
    }

    fn is_alike(&self, other: &Self) -> bool {
        let of = |group: &Self| (group.section, group.verification, group.anchors.to_owned(), group.trusts.clone());
        of(self) == of(other) && self.places == other.places
    }

    fn add(&mut self, client: &'r ClientReport, answer: Answer) {
        match self.reasons.iter_mut().find(|reason| reason.is_of(&answer)) {
            Some(reason) => {
                reason.clients.push(client);
                reason.parts.iter_mut().zip(&answer.parts).for_each(|(part, other)| part.agree(other));
            }
            None => self.reasons.push(Reason { parts: answer.parts, clients: vec![client] }),
        }
    }

    /// Whether nothing is verified.
    pub(super) fn is_broken(&self) -> bool {
        self.section == Section::Broken
    }

    /// The stores of all its clients, in the order of the first; of their own copies what the paths
    /// end in.
    pub(super) fn stores(&self) -> Vec<String> {
        let of = |reason: &Reason<'_>| -> Vec<String> {
            let mut found = Vec::new();
            for part in &reason.parts {
                let is_shared = self.reasons.iter().all(|other| other.parts.iter().any(|o| o.what == part.what));
                let what = if is_shared { part.what.clone() } else { part.alike() };
                if !found.contains(&what) {
                    found.push(what);
                }
            }
            found
        };
        self.reasons.first().map(of).unwrap_or_default()
    }
}

impl Reason<'_> {
    fn is_of(&self, answer: &Answer) -> bool {
        self.parts.len() == answer.parts.len()
            && self.parts.iter().zip(&answer.parts).all(|(a, b)| a.named == b.named && a.alike() == b.alike())
    }

    fn is_built_in(&self) -> bool {
        self.parts.iter().all(Part::is_built_in)
    }

    /// The places that decided, each with what named it.
    pub(super) fn in_full(&self) -> Vec<String> {
        distinct(self.parts.iter().map(Part::text))
    }

    /// What named the places, where those are said already.
    pub(super) fn in_short(&self) -> Vec<String> {
        if self.is_built_in() {
            return vec!["built in".to_owned()];
        }
        distinct(self.parts.iter().filter_map(|part| part.named.clone()))
    }

    /// How what decided stands out.
    pub(super) fn style(&self) -> Style {
        let worst = [Style::Bad, Style::Warn, Style::Good];
        let has = |style: &Style| self.parts.iter().any(|part| part.style == *style);
        worst.into_iter().find(has).unwrap_or(Style::Plain)
    }
}

fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        if !found.contains(&text) {
            found.push(text);
        }
    }
    found
}
