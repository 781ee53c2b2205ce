//! `castore clients`: the catalogue as data.

use super::which::{look_word, then_word};
use crate::catalogue::client::{Client, Edit, Ends, Installation, Judge, Leaf, Look, Origin, Rule};
use crate::catalogue::{Variable, variables};
use crate::host::System;
use crate::policy::{Oracle, Row};
use serde::Serialize;

/// The answer of `castore clients`.
#[derive(Debug, Clone, Serialize)]
pub struct ClientsReport {
    /// `castore.clients/1`.
    pub schema: &'static str,
    /// The clients, in the order of the catalogue.
    pub clients: Vec<RowReport>,
    /// The variables that any of them reads, in byte order.
    pub variables: Vec<KnownVariable>,
}

/// One client.
#[derive(Debug, Clone, Serialize)]
pub struct RowReport {
    /// Its id.
    pub client: &'static str,
    /// Its name in a sentence.
    pub title: &'static str,
    /// How it looks for trust, in a sentence.
    pub about: &'static str,
    /// The systems it is looked for on; empty means every one.
    pub systems: Vec<&'static str>,
    /// Whether there can be several installations of it.
    pub per_installation: bool,
    /// Where it looks.
    pub rule: RuleReport,
    /// Variables that its settings are found by, beside those of its places.
    pub reads: Vec<&'static str>,
    /// What may end a chain where nothing is known of the installation.
    pub chain_ends_with: &'static str,
    /// How its stores may be changed.
    pub edit: String,
    /// Whether it judges chains by a policy that castore knows: `by-policy`, `unknown`, `nothing`.
    pub judges: &'static str,
    /// That policy.
    pub policy: Option<PolicyRow>,
}

/// How a client judges chains.
#[derive(Debug, Clone, Serialize)]
pub struct PolicyRow {
    /// The row.
    pub id: &'static str,
    /// How it decides, in a sentence.
    pub about: &'static str,
    /// `programs` where its predictions were compared with them, `documents` where they were not.
    pub compared_with: &'static str,
    /// Where the facts are from.
    pub sources: Vec<&'static str>,
}

impl PolicyRow {
    fn new(row: &Row) -> Self {
        Self {
            id: row.id,
            about: row.about,
            compared_with: match row.oracle {
                Oracle::Programs => "programs",
                Oracle::Documents => "documents",
            },
            sources: row.sources.to_vec(),
        }
    }

    /// The policy of a client, where it has one.
    #[must_use]
    pub fn of(client: &Client) -> Option<Self> {
        match client.judge {
            Judge::By(row) => Some(Self::new(row)),
            Judge::Unknown | Judge::Nothing => None,
        }
    }
}

/// A rule: one place, or rules put together.
#[derive(Debug, Clone, Serialize)]
pub struct RuleReport {
    /// `all`, `first`, `place`.
    pub kind: &'static str,
    /// The rules put together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleReport>,
    /// The place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<LeafReport>,
}

/// One place.
#[derive(Debug, Clone, Serialize)]
pub struct LeafReport {
    /// `path`, `tree`, `variable`, `variable-list`, `switch`, `setting`, `section`, `opaque`, `native`.
    pub origin: &'static str,
    /// The path, the variable, the key, the name.
    pub name: &'static str,
    /// What is built in, of a section.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub what: Option<&'static str>,
    /// How the client reads it.
    pub look: &'static str,
    /// What the client does when nothing is there.
    pub missing: &'static str,
    /// What it does when the name is set and empty; absent where it cannot be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<&'static str>,
    /// When it holds, where not always.
    pub holds: Vec<String>,
    /// Where this is documented or written.
    pub says: &'static str,
}

/// A variable.
#[derive(Debug, Clone, Serialize)]
pub struct KnownVariable {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub holds: Vec<&'static str>,
    /// The clients that read it.
    pub clients: Vec<&'static str>,
}

impl ClientsReport {
    /// The report of these clients and of the variables that they read.
    #[must_use]
    pub fn new(clients: &[&Client]) -> Self {
        let is_read = |variable: &Variable| clients.iter().any(|client| variable.clients.contains(&client.id));
        Self {
            schema: "castore.clients/1",
            clients: clients.iter().map(|client| RowReport::new(client)).collect(),
            variables: variables().into_iter().filter(is_read).map(KnownVariable::new).collect(),
        }
    }
}

impl KnownVariable {
    fn new(variable: Variable) -> Self {
        let holds = variable.holds.iter().map(|holds| holds.word()).collect();
        Self { name: variable.name, holds, clients: variable.clients }
    }
}

impl RowReport {
    fn new(client: &Client) -> Self {
        Self {
            client: client.id,
            title: client.title,
            about: client.about,
            systems: systems(client.on.iter().copied()),
            per_installation: matches!(client.rule, Rule::Each(..)),
            rule: RuleReport::new(&client.rule),
            reads: client.reads.to_vec(),
            chain_ends_with: match (client.ends)(&Installation::default()) {
                Ends::AnyCertificate => "any-certificate",
                Ends::SelfIssued => "self-issued",
            },
            edit: edit(client),
            judges: match client.judge {
                Judge::By(_) => "by-policy",
                Judge::Unknown => "unknown",
                Judge::Nothing => "nothing",
            },
            policy: PolicyRow::of(client),
        }
    }
}

impl RuleReport {
    fn new(rule: &Rule) -> Self {
        let together = |kind, rules: &[Rule]| Self { kind, rules: rules.iter().map(Self::new).collect(), place: None };
        match rule {
            Rule::All(rules) => together("all", rules),
            Rule::First(rules) => together("first", rules),
            Rule::Each(_, inner) => Self::new(inner),
            Rule::Leaf(leaf) => Self { kind: "place", rules: Vec::new(), place: Some(LeafReport::new(leaf)) },
        }
    }
}

impl LeafReport {
    fn new(leaf: &Leaf) -> Self {
        let (origin, name, what) = match leaf.origin {
            Origin::Path(path) => ("path", path, None),
            Origin::Tree(path) | Origin::LinkedTree(path) => ("tree", path, None),
            Origin::Variable(name) => ("variable", name, None),
            Origin::VariableList(name) => ("variable-list", name, None),
            Origin::Switch(name) => ("switch", name, None),
            Origin::Setting(key, _) => ("setting", key, None),
            Origin::Section(&(place, what)) => ("section", place, Some(what)),
            Origin::Opaque(&(place, what)) | Origin::OpaqueOfProgramme(&(place, what)) => ("opaque", place, Some(what)),
            Origin::Native(name) => ("native", name, None),
        };
        let can_be_empty = ["variable", "variable-list", "setting"].contains(&origin) && leaf.look != Look::Nothing;
        Self {
            origin,
            name,
            what,
            look: look_word(leaf.look),
            missing: then_word(leaf.missing),
            empty: can_be_empty.then(|| then_word(leaf.empty)),
            holds: holds(leaf),
            says: leaf.says,
        }
    }

    /// What names it, as a user knows it.
    #[must_use]
    pub fn title(&self) -> String {
        let name = self.name;
        match (self.origin, self.what) {
            ("tree", _) => format!("{name} and below"),
            ("variable", _) => format!("${name}"),
            ("variable-list", _) => format!("${name} (a list)"),
            ("switch", _) => format!("${name} (turns verification off)"),
            ("setting", _) if self.look == "nothing" && self.missing == "refuse" => {
                format!("setting {name} (may end the client)")
            }
            ("setting", _) if self.look == "nothing" => format!("setting {name} (turns verification off)"),
            ("setting", _) => format!("setting {name}"),
            ("section", Some(what)) => format!("{name}: {what}"),
            ("opaque", Some(what)) => format!("{name}: {what}, not as certificates"),
            ("native", _) => format!("{name}, through the operating system"),
            _ => name.to_owned(),
        }
    }

    /// What the client does when the place gives nothing, in words.
    #[must_use]
    pub fn otherwise(&self) -> Option<String> {
        let words = |then| match then {
            "bind" => "nothing from it",
            "pass" => "goes on",
            "refuse" => "stops with an error",
            _ => "verifies nothing",
        };
        let missing = words(self.missing);
        match self.empty {
            _ if self.look == "nothing" || ["section", "native"].contains(&self.origin) => None,
            Some(empty) => Some(format!("missing: {missing}; set and empty: {}", words(empty))),
            None => Some(format!("missing: {missing}")),
        }
    }
}

/// When a leaf holds.
fn holds(leaf: &Leaf) -> Vec<String> {
    let on = systems(leaf.on.named());
    let on = (!on.is_empty()).then(|| format!("on {}", on.join(", ")));
    let versions = leaf.between.iter().map(|range| format!("for {}", range_text(range)));
    let given = leaf.given.map(|mark| format!("where the installation is marked {mark}"));
    let unless = leaf.unless.map(|variable| format!("unless ${variable} is set"));
    let except = leaf.except.map(|(mark, why)| format!("not where the installation is marked {mark}: {why}"));
    let secure = leaf.secure.then(|| "not in a process with raised rights".to_owned());
    let when = leaf.when.map(|_| "with certain values only".to_owned());
    on.into_iter().chain(versions).chain(given).chain(unless).chain(except).chain(secure).chain(when).collect()
}

fn range_text((component, from, until): &(&str, &str, &str)) -> String {
    match (from.is_empty(), until.is_empty()) {
        (false, false) => format!("{component} {from} to before {until}"),
        (false, true) => format!("{component} {from} and later"),
        (true, false) => format!("{component} before {until}"),
        (true, true) => (*component).to_owned(),
    }
}

fn systems(on: impl Iterator<Item = System>) -> Vec<&'static str> {
    let word = |system| match system {
        System::Linux => "Linux",
        System::Bsd => "BSD",
        System::MacOs => "macOS",
        System::Windows => "Windows",
    };
    on.map(word).collect()
}

fn edit(client: &Client) -> String {
    let lost = client.lost_by.map_or_else(String::new, |lost| match lost.lasting {
        "" => format!("; {} replaces it", lost.what),
        lasting => format!("; {} replaces it, and not what {lasting} names", lost.what),
    });
    match client.edit {
        Edit::DropIn { directory, extension, refresh } => {
            format!("put a .{extension} file into {directory} and run {refresh}")
        }
        Edit::Rewrite => format!("write the file anew{lost}"),
        Edit::Via(tool) => format!("use {tool}{lost}"),
        Edit::Elsewhere(why) | Edit::Never(why) => format!("not here: {why}"),
    }
}
