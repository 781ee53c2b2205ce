//! One rule over one installation: each place it names, in order, and what becomes of it.

use super::{Candidate, Named, Outcome};
use crate::catalogue::client::{Installation, Leaf, Look, Origin, Rule, Source, Then, Values};
use crate::catalogue::survey::{PRIVILEGED, Survey};
use crate::host::{DirectoryEntry, Host, Kind, split_list};
use crate::limits::{LINKED_DIRECTORIES as DIRECTORIES, LISTED_PLACES};
use crate::model::{StoreId, Target, Unreadable};
use crate::settings::server::Names;
use crate::settings::without_user;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Every place that a rule names for an installation, in the order of the rule.
pub(super) fn candidates(survey: &Survey<'_>, installation: &Installation, rule: &'static Rule) -> Vec<Candidate> {
    let mut walk = Walk { survey, installation, candidates: Vec::new() };
    walk.rule(rule, Turn::Open);
    walk.candidates
}

/// Why a variable that is set counts for nothing.
const NO_EFFECT: &str = "this value of the variable has no effect";

/// Why a variable counts for nothing in a process that has more rights than its caller.
pub(super) const RAISED: &str = "OpenSSL ignores it in a process with raised rights";

/// Whether a rule may still decide.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Open,
    Shadowed,
}

/// Whether a rule decided, so that those after it in a [`Rule::First`] are shadowed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Decided,
    Passed,
}

struct Walk<'w, 'h> {
    survey: &'w Survey<'h>,
    installation: &'w Installation,
    candidates: Vec<Candidate>,
}

impl Walk<'_, '_> {
    fn rule(&mut self, rule: &'static Rule, turn: Turn) -> Decision {
        match rule {
            Rule::Leaf(leaf) => self.leaf(leaf, turn),
            Rule::Each(_, inner) => self.rule(inner, turn),
            Rule::All(rules) => {
                // Every part is walked: `any` would stop at the first that decides.
                let decisions: Vec<_> = rules.iter().map(|rule| self.rule(rule, turn)).collect();
                if decisions.contains(&Decision::Decided) { Decision::Decided } else { Decision::Passed }
            }
            Rule::First(rules) => {
                let mut decision = Decision::Passed;
                for rule in *rules {
                    let turn = if decision == Decision::Decided { Turn::Shadowed } else { turn };
                    if self.rule(rule, turn) == Decision::Decided {
                        decision = Decision::Decided;
                    }
                }
                decision
            }
        }
    }

    fn leaf(&mut self, leaf: &'static Leaf, turn: Turn) -> Decision {
        if let Some(why) = self.not_looked(leaf) {
            // A leaf for another system or version is no news; one a variable suppresses is.
            if let Some(why) = why {
                self.passed_over(leaf, &why);
            }
            return Decision::Passed;
        }
        match leaf.origin {
            Origin::Path(template) => match self.installation.fill(template) {
                Some(path) => self.place(leaf, Named::BuiltIn, &self.survey.host.expanded(&path), turn),
                None => Decision::Passed,
            },
            Origin::Tree(template) | Origin::LinkedTree(template) => match self.installation.fill(template) {
                Some(top) => self.tree(leaf, &top, turn),
                None => Decision::Passed,
            },
            Origin::Variable(name) => self.variable(leaf, name, turn, |value| vec![PathBuf::from(value)]),
            Origin::VariableList(name) => self.variable(leaf, name, turn, split_list),
            Origin::Switch(name) => self.switch(leaf, name),
            Origin::Setting(key, read) => self.setting(leaf, key, read, turn),
            Origin::Section(&(place, what)) => self.section(leaf, place, what, turn),
            Origin::Opaque(&(place, _)) | Origin::OpaqueOfProgramme(&(place, _)) => self.opaque(leaf, place, turn),
            Origin::Native(name) => self.native(leaf, name, turn),
        }
    }

    /// Why a leaf does not hold; `Some(None)` when that is nothing a user asks about.
    fn not_looked(&self, leaf: &Leaf) -> Option<Option<String>> {
        let holds = |(component, from, until): &(&str, &str, &str)| {
            self.installation.version(component).is_none_or(|version| version.is_between(from, until))
        };
        let here = leaf.on.contains(self.survey.host.system);
        if !here || !leaf.between.iter().all(holds) || leaf.given.is_some_and(|mark| !self.installation.has(mark)) {
            return Some(None);
        }
        if leaf.secure && (self.survey.host.privileged || self.installation.has(PRIVILEGED)) {
            let reads_all = |version: &crate::model::Version| version.is_between("", "1.1.1");
            if !self.installation.version("openssl").is_some_and(reads_all) {
                return Some(Some(RAISED.to_owned()));
            }
        }
        if let Some((_, why)) = leaf.except.filter(|(mark, _)| self.installation.has(mark)) {
            return Some(Some((*why).to_owned()));
        }
        let variable = leaf.unless?;
        let set = self.survey.host.variable(variable).is_some_and(|value| !value.is_empty());
        set.then(|| Some(format!("${variable} is set")))
    }

    /// A leaf that does not hold. Where a variable names places that are there, they are told: what the client
    /// misses by passing them over is another question.
    fn passed_over(&mut self, leaf: &'static Leaf, why: &str) {
        let (named, host) = (self.named(leaf), self.survey.host);
        let paths = match (&leaf.origin, &named) {
            (_, Named::Variable(_, value)) if value.is_empty() => return self.push(leaf, named, None, Outcome::NotSet),
            (Origin::Variable(_), Named::Variable(_, value)) => vec![PathBuf::from(&**value)],
            (Origin::VariableList(_), Named::Variable(_, value)) => split_list(value),
            _ => Vec::new(),
        };
        let outcome = Outcome::NotLooked(why.to_owned());
        if paths.is_empty() {
            self.push(leaf, named, None, outcome);
            return;
        }
        for path in paths.iter().take(LISTED_PLACES).map(|path| named_path(host, leaf, path)) {
            let store = host.resolve(&path).ok().filter(|found| is_wanted(found.kind, leaf.look).is_ok());
            let store = store.map(|found| StoreId::Path(found.path));
            self.candidates.push(Candidate {
                leaf,
                named: named.clone(),
                path: Some(path),
                store,
                outcome: outcome.clone(),
            });
        }
    }

    /// What names the place of a leaf before anything was looked at.
    fn named(&self, leaf: &Leaf) -> Named {
        match leaf.origin {
            Origin::Variable(name) | Origin::VariableList(name) | Origin::Switch(name) => {
                Named::Variable(name, self.survey.host.variable(name).unwrap_or_default().into())
            }
            _ => Named::BuiltIn,
        }
    }

    fn variable(
        &mut self,
        leaf: &'static Leaf,
        name: &'static str,
        turn: Turn,
        paths: impl Fn(&OsStr) -> Vec<PathBuf>,
    ) -> Decision {
        let Some(value) = self.survey.host.variable(name) else {
            self.push(leaf, Named::Variable(name, OsStr::new("").into()), None, Outcome::NotSet);
            return Decision::Passed;
        };
        let named = Named::Variable(name, value.into());
        if leaf.when.is_some_and(|has_effect| !has_effect(value)) {
            self.push(leaf, named, None, Outcome::NotLooked(NO_EFFECT.to_owned()));
            return Decision::Passed;
        }
        let paths = paths(value);
        if value.is_empty() || paths.is_empty() {
            let outcome = if turn == Turn::Open { Outcome::Empty(leaf.empty) } else { Outcome::Shadowed };
            self.push(leaf, named, None, outcome);
            return if leaf.empty == Then::Pass { Decision::Passed } else { Decision::Decided };
        }
        let before = self.candidates.len();
        let decisions = self.places(leaf, &named, &paths, turn);
        let (_, found) = self.candidates.split_at_mut(before);
        // Who stops at a list of which nothing is there takes one of which something is (IO::Socket::SSL 2.081).
        if found.iter().any(|candidate| candidate.outcome == Outcome::Used) {
            for candidate in found {
                if let Outcome::Unusable(_, then @ Then::Refuse) = &mut candidate.outcome {
                    *then = Then::Bind;
                }
            }
        }
        if decisions.contains(&Decision::Decided) { Decision::Decided } else { Decision::Passed }
    }

    /// Every place of a list, as far as castore looks.
    fn places(&mut self, leaf: &'static Leaf, named: &Named, paths: &[PathBuf], turn: Turn) -> Vec<Decision> {
        let host = self.survey.host;
        let looked_at = paths.iter().take(LISTED_PLACES).map(|path| named_path(host, leaf, path));
        let decisions = looked_at.map(|path| self.place(leaf, named.clone(), &path, turn)).collect();
        if let Some(rest) = paths.get(LISTED_PLACES) {
            let why = format!("castore looks at the first {LISTED_PLACES} places of a list");
            self.push(leaf, named.clone(), Some(named_path(host, leaf, rest)), Outcome::NotLooked(why));
        }
        decisions
    }

    fn switch(&mut self, leaf: &'static Leaf, name: &'static str) -> Decision {
        let value = self.survey.host.variable(name);
        let named = Named::Variable(name, value.unwrap_or_default().into());
        let outcome = match value {
            None => Outcome::NotSet,
            Some(value) if leaf.when.is_some_and(|has_effect| !has_effect(value)) => {
                Outcome::NotLooked(NO_EFFECT.to_owned())
            }
            Some(_) => Outcome::TurnsOff,
        };
        self.push(leaf, named, None, outcome);
        Decision::Passed
    }

    fn setting(
        &mut self,
        leaf: &'static Leaf,
        key: &'static str,
        read: crate::catalogue::client::ReadSetting,
        turn: Turn,
    ) -> Decision {
        let mut decision = Decision::Passed;
        for setting in read(self.survey, self.installation) {
            let turn =
                if decision == Decision::Decided && leaf.values != Values::Every { Turn::Shadowed } else { turn };
            let scope = match &setting.source {
                Source::Scoped(_, _, scope) => Some(scope.clone()),
                _ => None,
            };
            let named = match setting.source {
                Source::BuiltIn => Named::BuiltIn,
                source => Named::Setting(key, source),
            };
            if let Some(scope) = scope {
                if leaf.look == Look::Nothing {
                    self.push(leaf, named, None, Outcome::TurnsOffFor(scope));
                    continue;
                }
                let path =
                    (!setting.value.is_empty()).then(|| named_path(self.survey.host, leaf, Path::new(&setting.value)));
                self.push(leaf, named, path, Outcome::NotLooked(format!("it holds for {scope} alone")));
                continue;
            }
            if leaf.look == Look::Nothing && leaf.missing == Then::Refuse {
                let why = setting.value.to_string_lossy().into_owned();
                let outcome = if turn == Turn::Open { Outcome::Refused(why) } else { Outcome::Shadowed };
                self.push(leaf, named, None, outcome);
                decision = Decision::Decided;
                continue;
            }
            if leaf.look == Look::Nothing {
                let outcome = match leaf.names {
                    Names::None | Names::Urls => Outcome::TurnsOff,
                    names => self.turns_off_for(names, &setting.value.to_string_lossy()),
                };
                self.push(leaf, named, None, outcome);
                continue;
            }
            let decided = if setting.value.is_empty() {
                let outcome = if turn == Turn::Open { Outcome::Empty(leaf.empty) } else { Outcome::Shadowed };
                self.push(leaf, named, None, outcome);
                if leaf.empty == Then::Pass { Decision::Passed } else { Decision::Decided }
            } else {
                let paths = if leaf.values == Values::List {
                    split_list(&setting.value)
                } else {
                    vec![PathBuf::from(&setting.value)]
                };
                let decisions = self.places(leaf, &named, &paths, turn);
                if decisions.contains(&Decision::Decided) { Decision::Decided } else { Decision::Passed }
            };
            if decided == Decision::Decided {
                decision = Decision::Decided;
            }
        }
        decision
    }

    /// What a switch comes to that holds for what it names alone.
    fn turns_off_for(&self, names: Names, list: &str) -> Outcome {
        let shown = match names {
            Names::Pip => without_user(&list.split_whitespace().collect::<Vec<_>>().join(", ")),
            _ => without_user(list),
        };
        match self.survey.server().and_then(|server| server.is_named(names, list)) {
            Some(true) => Outcome::TurnsOff,
            Some(false) => Outcome::NotLooked(format!("it holds for {shown} alone")),
            None => Outcome::TurnsOffFor(shown),
        }
    }

    fn section(&mut self, leaf: &'static Leaf, place: &str, what: &'static str, turn: Turn) -> Decision {
        let Some(path) = self.installation.fill(place) else { return Decision::Passed };
        let outcome = if turn == Turn::Open { Outcome::Used } else { Outcome::Shadowed };
        let resolved = self.survey.host.resolve(&path).map_or_else(|_| path.clone(), |found| found.path);
        let store = StoreId::Section(resolved, what);
        self.candidates.push(Candidate { leaf, named: Named::BuiltIn, path: Some(path), store: Some(store), outcome });
        Decision::Decided
    }

    fn opaque(&mut self, leaf: &'static Leaf, place: &str, turn: Turn) -> Decision {
        let Some(path) = self.installation.fill(place) else { return Decision::Passed };
        let outcome = if turn == Turn::Open { Outcome::Used } else { Outcome::Shadowed };
        self.candidates.push(Candidate { leaf, named: Named::BuiltIn, path: Some(path), store: None, outcome });
        Decision::Decided
    }

    fn native(&mut self, leaf: &'static Leaf, name: &'static str, turn: Turn) -> Decision {
        let live = self.survey.host.live;
        let outcome = match turn {
            _ if !live => Outcome::NotLooked("the native store can be asked on the live machine only".to_owned()),
            Turn::Open => Outcome::Used,
            Turn::Shadowed => Outcome::Shadowed,
        };
        let store = live.then_some(StoreId::Native(name));
        self.candidates.push(Candidate { leaf, named: Named::System, path: None, store, outcome });
        if live { Decision::Decided } else { Decision::Passed }
    }

    /// A directory and those below it that hold files, each its own place. Where links are followed they may lead around
    /// in a circle, and anywhere: no directory is entered twice, and only so many.
    fn tree(&mut self, leaf: &'static Leaf, top: &Path, turn: Turn) -> Decision {
        let host = self.survey.host;
        let follows = matches!(leaf.origin, Origin::LinkedTree(_));
        let mut todo = vec![top.to_path_buf()];
        let mut entered = BTreeSet::new();
        let mut decision = Decision::Passed;
        while let Some(directory) = todo.pop() {
            if follows {
                if host.resolve(&directory).is_ok_and(|found| !entered.insert(found.path)) {
                    continue;
                }
                if entered.len() > DIRECTORIES {
                    let why = format!("there are more than {DIRECTORIES} directories");
                    self.push(leaf, Named::BuiltIn, Some(directory), Outcome::NotLooked(why));
                    break;
                }
            }
            let entries = match host.list(&directory) {
                Ok(entries) => entries,
                // What may be there and cannot be listed is a gap in the answer, not an absence.
                Err(Unreadable::Denied | Unreadable::Io(_)) => {
                    if self.place(leaf, Named::BuiltIn, &directory, turn) == Decision::Decided {
                        decision = Decision::Decided;
                    }
                    continue;
                }
                Err(_) => continue,
            };
            let (below, files): (Vec<_>, Vec<_>) =
                entries.into_iter().partition(|e| host.is_directory(&directory.join(&e.name)));
            let enters = |entry: &DirectoryEntry| follows || entry.target == Target::Other("directory");
            todo.extend(below.into_iter().filter(enters).map(|entry| directory.join(entry.name)).rev());
            if !files.is_empty() && self.place(leaf, Named::BuiltIn, &directory, turn) == Decision::Decided {
                decision = Decision::Decided;
            }
        }
        decision
    }

    /// One path: whether it is there and of the kind that the client reads.
    fn place(&mut self, leaf: &'static Leaf, named: Named, path: &Path, turn: Turn) -> Decision {
        let found = self.survey.host.resolve(path);
        let found = found.and_then(|found| is_wanted(found.kind, leaf.look).map(|()| found));
        let (store, outcome, decision) = match (found, turn) {
            (Ok(found), Turn::Open) => (Some(StoreId::Path(found.path)), Outcome::Used, Decision::Decided),
            (Ok(found), Turn::Shadowed) => (Some(StoreId::Path(found.path)), Outcome::Shadowed, Decision::Decided),
            // What may be there and cannot be looked at is a gap in the answer, not an absence.
            (Err(Unreadable::Denied | Unreadable::Io(_)), Turn::Open)
                if named == Named::BuiltIn && leaf.missing == Then::Pass =>
            {
                (Some(StoreId::Path(path.to_path_buf())), Outcome::Used, Decision::Decided)
            }
            (Err(why), Turn::Open) => {
                let then = match (&why, leaf.missing) {
                    (Unreadable::WrongKind(_) | Unreadable::NotRegular(_), Then::TurnOff) => Then::Refuse,
                    (_, then) => then,
                };
                let decision = if then == Then::Pass { Decision::Passed } else { Decision::Decided };
                (None, Outcome::Unusable(why, then), decision)
            }
            // A place that would not decide anyway is no news when something before it did.
            (Err(_), Turn::Shadowed) if named == Named::BuiltIn => return Decision::Passed,
            (Err(_), Turn::Shadowed) => (None, Outcome::Shadowed, Decision::Passed),
        };
        self.candidates.push(Candidate { leaf, named, path: Some(path.to_path_buf()), store, outcome });
        decision
    }

    fn push(&mut self, leaf: &'static Leaf, named: Named, path: Option<PathBuf>, outcome: Outcome) {
        self.candidates.push(Candidate { leaf, named, path, store: None, outcome });
    }
}

/// Whether what is there is of the kind that is read; else what is wrong with it.
const fn is_wanted(kind: Kind, look: Look) -> Result<(), Unreadable> {
    match (kind, wanted(look)) {
        (Kind::Other(kind), _) => Err(Unreadable::NotRegular(kind)),
        (Kind::Directory, Wanted::File) => Err(Unreadable::WrongKind("directory")),
        (Kind::File, Wanted::Directory) => Err(Unreadable::WrongKind("file")),
        _ => Ok(()),
    }
}

enum Wanted {
    File,
    Directory,
    Either,
}

const fn wanted(look: Look) -> Wanted {
    match look {
        Look::Bundle
        | Look::Blocks
        | Look::UntilBad
        | Look::UnlessBad
        | Look::FirstBlock
        | Look::EitherEncoding
        | Look::AnyForm
        | Look::Keystore
        | Look::CompiledIn => Wanted::File,
        Look::HashLazy
        | Look::HashDefault
        | Look::HashNames
        | Look::EveryFile
        | Look::EveryFileEitherEncoding
        | Look::Extensions(_)
        | Look::Authorities
        | Look::Stated
        | Look::Blocklist => Wanted::Directory,
        Look::BundleOrHash
        | Look::HashStore
        | Look::UnlessHashName
        | Look::Listed
        | Look::TrustModule(_)
        | Look::Nothing => Wanted::Either,
    }
}

/// The place that a variable or setting names.
fn named_path(host: &Host, leaf: &Leaf, path: &Path) -> PathBuf {
    if leaf.expands { host.expanded(path) } else { host.absolute(path) }
}
