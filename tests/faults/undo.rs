//! What was written, taken back: every file as it was, octets, owner, mode, attributes, times and links.

use crate::metadata::kept;
use crate::numbers::Numbers;
use crate::place::Place;
use crate::writers::{Found, Known, Writer, said, writers};
use crate::{count, is_root, words};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

/// All that can be told of what stands below a directory, but when directories changed and files were read.
fn picture(directory: &Path, seen: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let metadata = fs::symlink_metadata(&path).expect("an entry");
        let content = match (metadata.is_symlink(), metadata.is_file()) {
            (true, _) => format!("{:?}", fs::read_link(&path).expect("a link")),
            (_, true) => {
                format!("{:?} {:?}", (metadata.mtime(), metadata.mtime_nsec()), fs::read(&path).expect("a file"))
            }
            _ => String::new(),
        };
        seen.insert(path.clone(), format!("{:?} {content}", kept(&path)));
        if metadata.is_dir() {
            picture(&path, seen);
        }
    }
}

fn pictured(place: &Place) -> BTreeMap<PathBuf, String> {
    let mut seen = BTreeMap::new();
    picture(&place.path("store"), &mut seen);
    seen
}

/// Gives the files of a store modes, times, attributes and, by root, owners.
fn adorn(place: &Place, numbers: &mut Numbers) {
    for (path, _) in place.tree().under("store") {
        let path = place.path("").join(path);
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        if !metadata.is_file() {
            continue;
        }
        let mode = [0o644, 0o600, 0o640, 0o664][numbers.below(4)];
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        if is_root() && numbers.below(2) == 0 {
            chown(&path, Some(65534), Some(65534)).expect("root gives a file away");
        }
        if numbers.below(2) == 0 {
            // Where the file system has none, there is nothing to keep.
            let _ = rustix::fs::setxattr(&path, "user.note", b"kept", rustix::fs::XattrFlags::empty());
        }
        let file = fs::File::options().append(true).open(&path).expect("a file");
        let since = std::time::Duration::new(1_000_000_000 + numbers.next() % 500_000_000, 123_456_789);
        file.set_modified(std::time::UNIX_EPOCH + since).expect("a time");
    }
}

fn undone(writer: &'static Writer, times: usize) -> Vec<String> {
    let place = Place::new();
    let known = Known::learn(writer, &place);
    let mut numbers = Numbers(0xbb67_ae85_84ca_a73b);
    let mut wrong = Vec::new();
    // The root is in the words of the command: `--root DIR`.
    let words = (writer.arguments)(&place);
    let root = words.iter().skip_while(|word| *word != "--root").nth(1).expect("a root").clone();
    for run in 0..times {
        place.restore(&known.old);
        adorn(&place, &mut numbers);
        let before = pictured(&place);
        let mut complain = |why: String| wrong.push(format!("{}: run {run}: {why}", writer.name));
        let written = place.run(&words);
        if !written.status.success() || known.judge(&place) != Found::New {
            complain(said(&written));
            continue;
        }
        let undo = words!["undo", "--root", root.clone(), "--yes", "--state", place.path("state")];
        let output = place.run(&undo);
        let after = pictured(&place);
        if !output.status.success() || before != after {
            let differ = before.iter().filter(|(path, was)| after.get(*path) != Some(was)).map(|(path, _)| path);
            complain(format!("{}; {:?} differ", said(&output), differ.collect::<Vec<_>>()));
        }
    }
    println!("{}: {times} times written and undone, {} wrong", writer.name, wrong.len());
    wrong
}

#[test]
fn what_is_undone_is_as_it_was() {
    let of_sync = writers().filter(|writer| writer.name.starts_with("sync"));
    let wrong: Vec<String> = of_sync.flat_map(|writer| undone(writer, count(50, 500) / 7 + 1)).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
