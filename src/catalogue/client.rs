//! The words in which rows are written: a client, its rules, and what they are applied to.
//!
//! Precedence differs in shape: curl takes the first place that is named, Go takes the first
//! file *and* every directory, OpenSSL joins a file and a directory each with its own override.
//! So a rule is a small tree of constants: [`Rule::First`] replaces, [`Rule::All`] appends, and a
//! [`Leaf`] names one place with what the client does when that place is missing, empty or bad.

mod installation;
mod leaf;
mod system;

pub use installation::{Installation, JCEKS, JSSE, PASSWORD_CHANGEIT, PASSWORD_GIVEN};
pub use leaf::{Leaf, Look, Origin, ReadSetting, Setting, Source, Stands, Systems, Then, Values};
pub use system::{Family, Output};

use super::survey::Survey;
use super::verification;
use crate::host::System;
use crate::policy::{Row, Settings, refused};
use std::sync::Arc;

/// One row of the catalogue: a program, library or platform that looks for trust.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    /// The name users type.
    pub id: &'static str,
    /// Its name in a sentence.
    pub title: &'static str,
    /// The names of the programs that its row is for, each of which names those of its installations that are called so.
    pub programs: &'static [&'static str],
    /// How it looks for trust, in one sentence.
    pub about: &'static str,
    /// Where it looks.
    pub rule: Rule,
    /// The systems it is looked for on; empty means every one.
    pub on: &'static [System],
    /// What may end a chain there.
    pub ends: fn(&Installation) -> Ends,
    /// How its stores may be changed.
    pub edit: Edit,
    /// What replaces the store that a package brings for it, and with it whatever was changed there.
    pub lost_by: Option<Lost>,
    /// How it judges chains.
    pub judge: Judge,
    /// Whether castore knows of it, where it has no rules for how it judges chains, that it refuses one that leads to
    /// none of its anchors.
    pub refuses_strangers: bool,
    /// What settings say of verification to an installation of it.
    pub settings: ReadSettings,
    /// Whether no program reads its stores for TLS: they are what a refresh makes the system's store from.
    pub is_source: bool,
    /// How what it is a source of takes out what is shipped, where castore knows how to add and to take out.
    pub family: Option<Family>,
    /// Whether it is a store of the operating system itself, no program and no source.
    pub is_platform: bool,
    /// Whether it is the one that `system` names.
    pub is_system: bool,
    /// What a refresh makes it for, where one makes it.
    pub made: Option<Output>,
    /// What its own places hold.
    pub roots: Roots,
    /// The component whose version is its own; its id unless it goes by another name.
    pub component: &'static str,
    /// What the compiler leaves in programs that look where it does.
    pub left_in_programs: Option<&'static [u8]>,
    /// What runs it, where that can be asked whether it reads a store.
    pub runs_in: Option<Interpreter>,
    /// What it prints where it cannot load a store.
    pub stops_with: &'static [refused::Row],
    /// Variables that readers of its settings look at beside those its leaves name: they say where a
    /// setting stands, or hold it among other things. Where a name is counted up it ends in `_<n>`.
    pub reads: &'static [&'static str],
}

/// Reads what settings of a host, and of a client beside its stores, say of verification.
pub type ReadSettings = fn(&Survey<'_>, &Installation) -> Settings;

/// How a client judges chains.
#[derive(Debug, Clone, Copy)]
pub enum Judge {
    /// By the policy that a row makes of its parts.
    By(&'static Row),
    /// In a way that castore has no rules for.
    Unknown,
    /// It is a store that others read, and verifies nothing.
    Nothing,
}

/// What the places of a client's own hold that nobody named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Roots {
    /// Whatever was put there.
    Any,
    /// The public roots: the client's own, or the system's.
    Public,
    /// Those of a public root program, which come with the client.
    Own,
    /// The same, and beside them what its users put there.
    OwnAndOthers,
}

impl Roots {
    /// Whether some hundred are to be expected in each place.
    #[must_use]
    pub const fn are_public(self) -> bool {
        matches!(self, Self::Public | Self::Own)
    }

    /// Whether they come with the client.
    #[must_use]
    pub const fn are_own(self) -> bool {
        matches!(self, Self::Own | Self::OwnAndOthers)
    }
}

/// What runs a client, and loads stores as that does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpreter {
    /// Python, by its `ssl`.
    Python,
    /// Node.js.
    Node,
}

/// What may end a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Any certificate in the store, an intermediate too.
    AnyCertificate,
    /// Only a self-issued one; an intermediate only helps to reach it.
    SelfIssued,
}

/// How a client's stores may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    /// Put a file with this extension into this directory, then run that.
    DropIn {
        /// The directory.
        directory: &'static str,
        /// The extension a file needs there, without the dot.
        extension: &'static str,
        /// What makes the system take it up.
        refresh: &'static str,
    },
    /// Write the file anew.
    Rewrite,
    /// Only through this program.
    Via(&'static str),
    /// It has no store of its own: whose it reads, and what names another.
    Elsewhere(&'static str),
    /// Not at all, and why.
    Never(&'static str),
}

impl Edit {
    /// It reads the system's store, and no setting of its own is worth naming.
    pub const SYSTEM: Self = Self::Elsewhere("it reads the system's store: add the root there");
}

/// What a change to a client's own store does not outlive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// `the next upgrade of certifi`.
    pub what: &'static str,
    /// The settings that name another store, which lasts; empty where there is none.
    pub lasting: &'static str,
}

/// Where a client looks, as a tree.
#[derive(Debug, Clone, Copy)]
pub enum Rule {
    /// Everything that any of these finds.
    All(&'static [Rule]),
    /// The first that decides; the rest are shadowed and still shown.
    First(&'static [Rule]),
    /// The same rule inside every installation that is found.
    Each(Find, &'static Rule),
    /// One place.
    Leaf(Leaf),
}

/// Finds the installations of a client.
pub type Find = fn(&Survey<'_>) -> Vec<Arc<Installation>>;

impl Client {
    /// A client that any certificate in its stores can satisfy, on every system.
    #[must_use]
    pub const fn new(id: &'static str, title: &'static str, about: &'static str, rule: Rule) -> Self {
        let ends = |_: &Installation| Ends::AnyCertificate;
        Self {
            id,
            title,
            programs: &[],
            about,
            rule,
            on: &[],
            ends,
            edit: Edit::Never("not yet known"),
            lost_by: None,
            judge: Judge::Unknown,
            refuses_strangers: false,
            settings: verification::of_library,
            is_source: false,
            family: None,
            is_platform: false,
            is_system: false,
            made: None,
            roots: Roots::Any,
            component: id,
            left_in_programs: None,
            runs_in: None,
            stops_with: &[],
            reads: &[],
        }
    }

    /// The same client, on these systems only.
    #[must_use]
    pub const fn on(mut self, systems: &'static [System]) -> Self {
        self.on = systems;
        self
    }

    /// The same client, whose programs go by these names.
    #[must_use]
    pub const fn programs(mut self, names: &'static [&'static str]) -> Self {
        self.programs = names;
        self
    }

    /// The same client, with what may end a chain there.
    #[must_use]
    pub const fn ends(mut self, ends: fn(&Installation) -> Ends) -> Self {
        self.ends = ends;
        self
    }

    /// The same client, with the variables that its settings are found by.
    #[must_use]
    pub const fn reads(mut self, variables: &'static [&'static str]) -> Self {
        self.reads = variables;
        self
    }

    /// The same client, with how it judges chains.
    #[must_use]
    pub const fn judged_by(mut self, policy: &'static Row) -> Self {
        self.judge = Judge::By(policy);
        self
    }

    /// The same client, which refuses what leads to none of its anchors, whatever its other rules are.
    #[must_use]
    pub const fn refuses_strangers(mut self) -> Self {
        self.refuses_strangers = true;
        self
    }

    /// The same client, whose verification has settings beside those of its TLS library.
    #[must_use]
    pub const fn set_by(mut self, settings: ReadSettings) -> Self {
        self.settings = settings;
        self
    }

    /// The same client, which is a store that others read and verifies nothing itself.
    #[must_use]
    pub const fn judges_nothing(mut self) -> Self {
        self.judge = Judge::Nothing;
        self
    }

    /// The same client, which feeds the system's store and no program.
    #[must_use]
    pub const fn source(mut self) -> Self {
        self.is_source = true;
        self
    }

    /// The same source, of which castore knows how to add to it and take out of it.
    #[must_use]
    pub const fn of_family(mut self, family: Family) -> Self {
        self.family = Some(family);
        self
    }

    /// The same client, which is a store of the operating system.
    #[must_use]
    pub const fn platform(mut self) -> Self {
        self.is_platform = true;
        self
    }

    /// The same client, which is the one that `system` names.
    #[must_use]
    pub const fn system(mut self) -> Self {
        self.is_system = true;
        self.platform()
    }

    /// The same client, which a refresh makes of the system's anchors.
    #[must_use]
    pub const fn made(mut self, output: Output) -> Self {
        self.made = Some(output);
        self.platform()
    }

    /// The same client, with what its own places hold.
    #[must_use]
    pub const fn roots(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// The same client, whose own component goes by another name.
    #[must_use]
    pub const fn called(mut self, component: &'static str) -> Self {
        self.component = component;
        self
    }

    /// The same client, which a compiler makes programs look as, and leaves this in them.
    #[must_use]
    pub const fn left_in_programs(mut self, mark: &'static [u8]) -> Self {
        self.left_in_programs = Some(mark);
        self
    }

    /// The same client, run by this.
    #[must_use]
    pub const fn runs_in(mut self, interpreter: Interpreter) -> Self {
        self.runs_in = Some(interpreter);
        self
    }

    /// The same client, with what it prints where it cannot load a store.
    #[must_use]
    pub const fn stops_with(mut self, rows: &'static [refused::Row]) -> Self {
        self.stops_with = rows;
        self
    }

    /// The same client, with how its stores may be changed.
    #[must_use]
    pub const fn edit(mut self, edit: Edit) -> Self {
        self.edit = edit;
        self
    }

    /// The same client, whose own store is part of what `what` replaces; what `lasting` names is not.
    #[must_use]
    pub const fn lost_by(mut self, what: &'static str, lasting: &'static str) -> Self {
        self.lost_by = Some(Lost { what, lasting });
        self
    }
}

impl Client {
    /// Whether what a variable names is added to what the client has anyway: the variable stands in an
    /// [`Rule::All`] beside places, and in no [`Rule::First`].
    #[must_use]
    pub fn adds_by(&self, variable: &str) -> bool {
        fn is_of(rule: &Rule, variable: &str) -> bool {
            matches!(rule, Rule::Leaf(leaf) if matches!(leaf.origin, Origin::Variable(name) if name == variable))
        }
        fn adds(rule: &Rule, variable: &str) -> bool {
            match rule {
                Rule::All(rules) => {
                    rules.len() > 1 && rules.iter().any(|rule| is_of(rule, variable))
                        || rules.iter().any(|rule| adds(rule, variable))
                }
                Rule::First(rules) => rules.iter().any(|rule| !is_of(rule, variable) && adds(rule, variable)),
                Rule::Each(_, rule) => adds(rule, variable),
                Rule::Leaf(_) => false,
            }
        }
        adds(&self.rule, variable)
    }
}

impl Rule {
    /// Calls `visit` for every leaf of the tree, in order.
    pub fn leaves(&self, visit: &mut dyn FnMut(&Leaf)) {
        match self {
            Self::All(rules) | Self::First(rules) => rules.iter().for_each(|rule| rule.leaves(visit)),
            Self::Each(_, rule) => rule.leaves(visit),
            Self::Leaf(leaf) => visit(leaf),
        }
    }
}
