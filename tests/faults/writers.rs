//! The writers: how a store is made, the command that changes it, and who says what is in it.

mod export;
mod read;
mod sync;

use crate::certificates::{Certificate, root};
use crate::is_asked;
use crate::place::{Place, Tree};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::process::Output;
use std::sync::OnceLock;

/// Fingerprints.
pub type Set = BTreeSet<String>;

/// One way to change a store.
pub struct Writer {
    pub name: &'static str,
    /// What it writes: a figure that is demanded of each kind of store is shared by the writers of one.
    pub kind: Kind,
    /// A program that it does not do without.
    pub needs: Option<&'static str>,
    /// Makes the old store, and what the command takes its certificates from.
    pub make: fn(&Place),
    /// The command line that makes it new.
    pub arguments: fn(&Place) -> Vec<OsString>,
    /// What a reader that is not castore's writer finds in the store; an error where it cannot read it.
    pub held: fn(&Place) -> Result<Set, String>,
    /// Whether all of it changes in one moment. Else a run that ended early may leave some of the certificates that
    /// are added and some of those that are removed, until the next run.
    pub at_once: bool,
    /// A second command that changes the same store otherwise, and what both together make of it.
    pub other: Option<Other>,
}

/// The kinds of stores.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bundle,
    Directory,
    Jks,
    Pkcs12,
    Nss,
    Anchors,
}

impl Writer {
    /// Its share of a number of cases that are to be of its kind.
    pub fn share(&self, of_kind: usize) -> usize {
        of_kind.div_ceil(writers().filter(|other| other.kind == self.kind).count().max(1))
    }
}

/// A second writer of the same store.
pub struct Other {
    pub arguments: fn(&Place) -> Vec<OsString>,
    pub together: Together,
}

/// What two commands that ran at once must leave.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Together {
    /// What one of them makes: each says the whole content.
    Either,
    /// What both of them add, without what they remove.
    Both,
}

/// All that are asked for and whose programs are here.
pub fn writers() -> impl Iterator<Item = &'static Writer> {
    let all = [export::WRITERS, sync::WRITERS].into_iter().flatten();
    all.filter(|writer| is_asked(writer.name) && writer.needs.is_none_or(crate::require))
}

/// What a store is given: roots 0 to 40 of which the first is not there any more and one is new, and others.
const OLD: std::ops::Range<usize> = 0..40;

/// Files that commands take certificates from.
fn sources(place: &Place) {
    place.put("source/gone.pem", bundle(0..1));
    place.put("source/added.pem", bundle(40..41));
    place.put("source/added-too.pem", bundle(41..42));
    place.put("source/new.pem", bundle(1..41));
    place.put("source/other.pem", bundle(2..42));
}

/// Roots by their number, made once.
fn roots() -> &'static [Certificate] {
    static ROOTS: OnceLock<Vec<Certificate>> = OnceLock::new();
    ROOTS.get_or_init(|| (0..42).map(|number| root(&format!("Root {number}")).make()).collect())
}

fn bundle(numbers: std::ops::Range<usize>) -> String {
    roots()[numbers].iter().map(Certificate::pem).collect()
}

/// A store before and after, and what tells everything between them.
pub struct Known {
    pub writer: &'static Writer,
    /// The place before the command.
    pub old: Tree,
    /// The place after it.
    pub new: Tree,
    pub old_set: Set,
    pub new_set: Set,
    /// What the other command makes.
    pub other_set: Option<Set>,
    /// What both make together.
    pub both_set: Option<Set>,
}

/// What a store is found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Old,
    New,
    Between,
    Torn(String),
}

impl Known {
    /// Learns it by an undisturbed run in a place.
    pub fn learn(writer: &'static Writer, place: &Place) -> Self {
        (writer.make)(place);
        let old = place.tree();
        let held = |when: &str| (writer.held)(place).unwrap_or_else(|why| panic!("{}: {when}: {why}", writer.name));
        let old_set = held("before");
        let run = |arguments: Vec<OsString>| {
            let output = place.run(&arguments);
            assert!(output.status.success(), "{}: {arguments:?}: {}", writer.name, said(&output));
        };
        let other_set = writer.other.as_ref().map(|other| {
            run((other.arguments)(place));
            let set = held("after the other");
            place.restore(&old);
            set
        });
        run((writer.arguments)(place));
        let new_set = held("after");
        let new = place.tree();
        assert!(new_set != old_set && other_set.as_ref() != Some(&new_set), "{}: nothing changes", writer.name);
        place.restore(&old);
        let both_set = other_set.as_ref().map(|other| {
            let added = new_set.union(other).filter(|one| !old_set.contains(*one));
            let left = old_set.iter().filter(|one| new_set.contains(*one) && other.contains(*one));
            added.chain(left).cloned().collect()
        });
        Self { writer, old, new, old_set, new_set, other_set, both_set }
    }

    /// Judges what stands in a place.
    pub fn judge(&self, place: &Place) -> Found {
        let set = match (self.writer.held)(place) {
            Ok(set) if set == self.old_set => return Found::Old,
            Ok(set) if set == self.new_set => return Found::New,
            Ok(set) => set,
            Err(why) => return Found::Torn(why),
        };
        let all: Set = self.old_set.union(&self.new_set).cloned().collect();
        let both: Set = self.old_set.intersection(&self.new_set).cloned().collect();
        if !self.writer.at_once && both.is_subset(&set) && set.is_subset(&all) {
            return Found::Between;
        }
        let (lost, strange) = (both.difference(&set).count(), set.difference(&all).count());
        Found::Torn(format!("{} certificates: {lost} are lost, {strange} are of nobody", set.len()))
    }

    /// Whether something is left that is of no finished run.
    pub fn is_littered(&self, tree: &Tree) -> bool {
        let of_stores = tree.under("store");
        let known = [self.old.under("store"), self.new.under("store")];
        let litter = ["tmp", "home"].iter().any(|name| !tree.under(name).is_empty());
        litter || is_unfinished(tree) || !known.iter().any(|known| known.keys().eq(of_stores.keys()))
    }

    /// Runs the command once more, undisturbed: it must end well, the store be new, and nothing be left.
    pub fn settle(&self, place: &Place) -> Result<(), String> {
        let output = place.run(&(self.writer.arguments)(place));
        if !output.status.success() {
            return Err(format!("the next run: {}", said(&output)));
        }
        let found = self.judge(place);
        if found != Found::New {
            return Err(format!("after the next run: {found:?}"));
        }
        let tree = place.tree();
        let (left, known) = (tree.under("store"), self.new.under("store"));
        if !left.keys().eq(known.keys()) || is_unfinished(&tree) {
            let names: Vec<_> = tree.0.keys().filter(|path| !self.new.0.contains_key(*path)).collect();
            return Err(format!("left after the next run: {names:?}"));
        }
        match place.left_to_programs() {
            Some(left) => Err(format!("left after the next run: {}", left.display())),
            None => Ok(()),
        }
    }
}

/// How a run ended and what it said.
pub fn said(output: &Output) -> String {
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{}: {out}{error}", output.status)
}

/// Whether a temporary file is anywhere.
pub fn is_unfinished(tree: &Tree) -> bool {
    tree.0.keys().any(|path| path.extension().is_some_and(|extension| extension == "tmp"))
}
