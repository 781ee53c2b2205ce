//! A store that changes between the plan and the day it is carried out: refused, and left as it is.

use crate::numbers::Numbers;
use crate::place::Place;
use crate::writers::{Known, Writer, said, writers};
use crate::{count, words};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What can happen to a file.
type Mutation = (&'static str, fn(&Path));

const MUTATIONS: [Mutation; 7] = [
    ("a byte is another", |path| {
        let mut octets = fs::read(path).expect("the file");
        let middle = octets.len() / 2;
        octets[middle] ^= 1;
        fs::write(path, octets).expect("a file");
    }),
    ("a line more", |path| {
        let mut octets = fs::read(path).expect("the file");
        octets.extend(b"\n");
        fs::write(path, octets).expect("a file");
    }),
    ("it is cut", |path| {
        let file = fs::File::options().write(true).open(path).expect("the file");
        file.set_len(file.metadata().expect("the file").len() / 2).expect("a length");
    }),
    ("it is written again as it was", |path| {
        let octets = fs::read(path).expect("the file");
        let other = path.with_extension("other");
        fs::write(&other, octets).expect("a file");
        fs::rename(&other, path).expect("another file");
    }),
    ("it is gone", |path| fs::remove_file(path).expect("the file")),
    ("it is a link", |path| {
        let other = path.with_extension("other");
        fs::rename(path, &other).expect("another name");
        std::os::unix::fs::symlink(&other, path).expect("a link");
    }),
    ("it has another mode", |path| {
        fs::set_permissions(path, fs::Permissions::from_mode(0o604)).expect("a mode");
    }),
];

/// The command line as it is, but for what makes it write; and with what saves the plan.
fn saving(place: &Place, words: &[OsString]) -> Vec<OsString> {
    let mut words: Vec<OsString> =
        words.iter().filter(|word| *word != "--write" && *word != "--yes").cloned().collect();
    words.extend(words!["--save-plan", place.path("source/plan.json")]);
    words
}

fn mutated(writer: &'static Writer, times: usize) -> Vec<String> {
    let place = Place::new();
    let known = Known::learn(writer, &place);
    let words = (writer.arguments)(&place);
    let root = words.iter().skip_while(|word| *word != "--root").nth(1).expect("a root").clone();
    // The files that the plan replaces or removes. It does not say what `key4.db` is: certutil works on a copy of
    // what that is now, so that nothing of it is lost.
    let (old, new) = (known.old.under("store"), known.new.under("store"));
    let changed = old.iter().filter(|(path, was)| new.get(*path) != Some(*was) && !path.ends_with("key4.db"));
    let targets: Vec<PathBuf> = changed.map(|(path, _)| place.path("").join(path)).collect();
    let mut numbers = Numbers(0x3c6e_f372_fe94_f82b);
    let mut wrong = Vec::new();
    if targets.is_empty() {
        return wrong;
    }
    for run in 0..times {
        place.restore(&known.old);
        let saved = place.run(&saving(&place, &words));
        let target = &targets[numbers.below(targets.len())];
        let (what, mutate) = MUTATIONS[run % MUTATIONS.len()];
        mutate(target);
        let before = place.tree();
        let state = place.path("state");
        let plan = place.path("source/plan.json");
        let carry_out = words!["sync", "--plan", plan, "--root", root.clone(), "--write", "--yes", "--state", state];
        let output = place.run(&carry_out);
        let after = place.tree();
        let is_same = before.under("store") == after.under("store");
        if saved.status.code() != Some(1) || output.status.code() != Some(2) || !is_same {
            let said = (said(&saved), said(&output));
            wrong.push(format!("{}: run {run}: {what}: the store is the same: {is_same}: {said:?}", writer.name));
        }
    }
    println!("{}: {times} times something else changed it after the plan, {} wrong", writer.name, wrong.len());
    wrong
}

#[test]
fn what_changed_after_the_plan_is_left_alone() {
    let of_sync = writers().filter(|writer| writer.name.starts_with("sync"));
    let wrong: Vec<String> = of_sync.flat_map(|writer| mutated(writer, count(14, 140))).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
