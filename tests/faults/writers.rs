//! The writers: how a store is made, the command that changes it, and who says what is in it.

use crate::certificates::{NOW, root};
use crate::place::{Place, Tree};
use crate::words;
use castore::format::x509;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::sync::OnceLock;

/// Fingerprints.
pub type Set = BTreeSet<String>;

/// One way to change a store.
pub struct Writer {
    pub name: &'static str,
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
}

/// All of them.
pub const WRITERS: &[Writer] = &[EXPORT, EXPORT_NEW];

/// A bundle in the place of another.
const EXPORT: Writer = Writer {
    name: "export over a bundle",
    make: |place| {
        sources(place);
        place.put("store/ca.pem", bundle(0..40));
    },
    arguments: |place| export(place, "source/new.pem"),
    held: |place| pem(place, "store/ca.pem"),
    at_once: true,
    other: Some(Other { arguments: |place| export(place, "source/other.pem"), together: Together::Either }),
};

/// A bundle where none was.
const EXPORT_NEW: Writer = Writer {
    name: "export to a new file",
    make: sources,
    held: |place| if place.path("store/ca.pem").exists() { pem(place, "store/ca.pem") } else { Ok(Set::new()) },
    ..EXPORT
};

fn export(place: &Place, from: &str) -> Vec<OsString> {
    words!["export", "--from", place.path(from), "--out", place.path("store/ca.pem"), "--at", NOW]
}

/// What a store is given: roots 0 to 40 of which the first is not there any more and one is new, and others.
fn sources(place: &Place) {
    place.put("source/new.pem", bundle(1..41));
    place.put("source/other.pem", bundle(2..42));
}

/// Roots by their number, made once.
fn bundle(numbers: std::ops::Range<usize>) -> String {
    static ROOTS: OnceLock<Vec<String>> = OnceLock::new();
    let make = |number| root(&format!("Root {number}")).make().pem();
    ROOTS.get_or_init(|| (0..42).map(make).collect())[numbers].concat()
}

fn pem(place: &Place, name: &str) -> Result<Set, String> {
    let octets = fs::read(place.path(name)).map_err(|error| format!("{name}: {error}"))?;
    // Not castore's own reader, and strict: each block begun is ended, nothing is cut.
    let blocks = ::pem::parse_many(&octets).map_err(|error| format!("{name}: {error}"))?;
    let begun = octets.windows(11).filter(|window| window == b"-----BEGIN ").count();
    if blocks.is_empty() || blocks.len() != begun {
        return Err(format!("{name}: {begun} blocks begin and {} are whole", blocks.len()));
    }
    Ok(blocks.iter().map(|block| x509::read(block.contents().into()).fingerprint().to_string()).collect())
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
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {arguments:?}: {}: {said}", writer.name, output.status);
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
        Self { writer, old, new, old_set, new_set, other_set }
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
            return Err(format!("the next run: {}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
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
        Ok(())
    }
}

/// Whether a temporary file is anywhere.
fn is_unfinished(tree: &Tree) -> bool {
    tree.0.keys().any(|path| path.extension().is_some_and(|extension| extension == "tmp"))
}
