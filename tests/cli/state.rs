//! Where castore keeps what undo needs, and whose word it takes for what is to be written.

use crate::certificates::NOW;
use crate::harness::{Castore, Tree};
use crate::schema::fault;
use crate::sync::{CERTIFI, OF_CERTIFI, castore, everything, everything_in, machine, state};
use insta::assert_snapshot;
use std::path::{Path, PathBuf};

/// What is kept of a tree is on this machine, apart for each tree, by whatever name it is called.
#[test]
#[cfg(unix)]
fn what_is_kept_of_a_tree_is_not_in_it() {
    let (one, two) = (Tree::new().link("link", "."), Tree::new());
    let castore = Castore::here();
    let of = |root: PathBuf| {
        let words = ["history", "--format", "json", "--root"].map(std::ffi::OsString::from);
        let history = castore.run(words.into_iter().chain([root.into_os_string()]));
        PathBuf::from(history.exits(0).json()["state"]["path"].as_str().expect("a path"))
    };
    let states = [one.path().to_owned(), one.path().join("link"), two.path().to_owned(), "/".into()].map(of);
    assert_eq!(states[0], states[1]);
    assert!(states[0].starts_with(&states[3]) && states[0] != states[2], "{states:?}");
    assert!(!states.iter().any(|state| state.starts_with(one.path()) || state == Path::new("/")), "{states:?}");
}

/// A state that is named may have runs of several trees: those of the tree that is asked for are listed.
#[test]
#[cfg(unix)]
fn runs_of_another_tree_are_not_listed() {
    let (tree, other) = (machine(), Tree::new());
    drop(castore(&tree).run(["sync", "--from", "system", "--to", OF_CERTIFI, "--write", "--yes"]).exits(0));
    let state = state(&tree);
    let runs = |words: &[&std::ffi::OsStr]| {
        let start = ["history", "--format", "json", "--state"].map(std::ffi::OsStr::new);
        let words = start.into_iter().chain([state.as_os_str()]).chain(words.iter().copied());
        let json = Castore::here().run(words.map(std::ffi::OsStr::to_os_string)).exits(0).json();
        json["runs"].as_array().expect("runs").len()
    };
    let root = std::ffi::OsStr::new("--root");
    assert_eq!(runs(&[root, tree.path().as_os_str()]), 1);
    assert_eq!(runs(&[root, other.path().as_os_str()]), 0);
    assert_eq!(runs(&[]), 0);
}

/// An image can hold a journal of an interrupted run that says what to put where.
#[test]
#[cfg(unix)]
fn a_journal_in_the_tree_is_not_believed() {
    use sha2::{Digest, Sha256};
    use std::fmt::Write;
    use std::os::unix::fs::PermissionsExt;
    let hexadecimal = |bytes: &[u8]| {
        Sha256::digest(bytes).iter().fold(String::new(), |mut text, octet| {
            write!(text, "{octet:02x}").expect("text");
            text
        })
    };
    let victim = Tree::new();
    for state_is_named in [false, true] {
        let file = serde_json::json!({ "file": { "sha256": hexadecimal(b"theirs"), "attributes": null, "backup": 0 } });
        let intent = serde_json::json!({
            "at": 0, "request": "castore sync", "root": victim.path(), "undoes": null, "refreshes": [],
            "changes": [{ "path": "/job", "before": file, "after": "nothing" }],
        });
        let text = format!("{intent}\n");
        let sealed = format!("castore-journal 1 {}\n{text}", hexadecimal(text.as_bytes()));
        let tree =
            machine().file("var/lib/castore/runs/1/intent", sealed).file("var/lib/castore/runs/1/backup/0", "theirs");
        for below in ["", "runs", "runs/1", "runs/1/backup"] {
            let path = state(&tree).join(below);
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o700)).expect("a mode");
        }
        let before = (everything(&tree), everything_in(&state(&tree)));
        let write = ["sync", "--from", "system", "--to", OF_CERTIFI, "--write"];
        let castore = if state_is_named { castore(&tree) } else { Castore::at(&tree).with(["--at", NOW]) };
        let output = castore.run(write).exits(2);
        assert!(output.stderr().starts_with("castore: error: expected --yes"), "{output}");
        assert_eq!((everything(&tree), everything_in(&state(&tree))), before);
        assert_eq!(everything(&victim), []);
    }
}

/// What a run that was killed left is mended first, and then known.
#[test]
fn what_was_interrupted_is_undone() {
    let tree = machine();
    let before = everything(&tree);
    let write = ["sync", "--from", "system", "--to", OF_CERTIFI, "--write", "--yes"];
    _ = castore(&tree).run(write).exits(0);
    assert_ne!(everything(&tree), before);
    for word in ["committed", "end"] {
        std::fs::remove_file(state(&tree).join("runs/1").join(word)).expect("a word");
    }
    let plain = || Castore::at(&tree).with([std::ffi::OsStr::new("--state"), state(&tree).as_os_str()]);
    let history = plain().run(["history"]).exits(0).stdout();
    assert!(history.contains("  not over  ") && history.contains("run 1 is at work, or was interrupted"), "{history}");
    let json = plain().run(["history", "--format", "json"]).exits(0).json();
    assert_eq!((fault("history", &json), &json["runs"][0]["over"]), (None, &false.into()));
    let output = plain().run(["undo", "--yes"]).exits(0);
    assert!(output.stderr().contains("run 1, which was interrupted, stood whole already"), "{output}");
    assert_eq!(everything(&tree), before);
}

/// What was done by halves is the last run: the one before it is not meant.
#[test]
fn undo_takes_back_what_was_interrupted_and_no_more() {
    let numbered = crate::certificates::numbered_bundle;
    let tree = Tree::new().file("srv/a.pem", numbered(7)).file("srv/b.pem", numbered(7));
    let home = Tree::new().file("new.pem", crate::certificates::root("New Root").key(9).make().pem());
    let castore = castore(&tree).directory(home.path());
    _ = castore.run(["remove", "Numbered Root 00000001", "--from", "/srv/a.pem", "--write", "--yes"]).exits(0);
    let (a, b) = (tree.read("srv/a.pem"), tree.read("srv/b.pem"));
    let to = ["add", "./new.pem", "--to", "/srv/a.pem", "--to", "/srv/b.pem", "--write", "--yes"];
    _ = castore.run(to).exits(0);
    for word in ["committed", "end"] {
        std::fs::remove_file(state(&tree).join("runs/2").join(word)).expect("a word");
    }
    std::fs::write(tree.path().join("srv/b.pem"), &b).expect("a store");
    let plain = || Castore::at(&tree).with([std::ffi::OsStr::new("--state"), state(&tree).as_os_str()]);
    let output = plain().run(["undo", "--yes"]).exits(0);
    assert!(output.stderr().contains("run 2, which was interrupted, was taken back"), "{output}");
    assert!(output.stderr().contains("nothing else was taken back"), "{output}");
    assert_eq!((tree.read("srv/a.pem"), tree.read("srv/b.pem")), (a, b));
    _ = plain().run(["undo", "--yes"]).exits(0);
    assert_eq!(tree.read("srv/a.pem"), numbered(7).into_bytes());
}

/// What something else has changed meanwhile is not taken back, and what it was is not thrown away.
#[test]
fn what_could_not_be_taken_back_is_in_the_history() {
    let tree = machine();
    let file = tree.path().join(CERTIFI);
    let before = std::fs::read(&file).expect("a store");
    _ = castore(&tree).run(["sync", "--from", "system", "--to", OF_CERTIFI, "--write", "--yes"]).exits(0);
    for word in ["committed", "end"] {
        std::fs::remove_file(state(&tree).join("runs/1").join(word)).expect("a word");
    }
    std::fs::write(&file, "theirs").expect("a store");
    let plain = || Castore::at(&tree).with([std::ffi::OsStr::new("--state"), state(&tree).as_os_str()]);
    assert_snapshot!(plain().run(["undo", "--yes"]), @r"
    $ castore undo --root @ROOT@ --state @ROOT@/var/lib/castore --yes
    stderr: castore: run 1, which was interrupted, was taken back; something else has changed since, and is left as it is: /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem (as it was: @ROOT@/var/lib/castore/runs/1/backup/0)
    stderr: castore: nothing else was taken back; castore undo --root @ROOT@ --state @ROOT@/var/lib/castore takes back the run before, where there is one
    exit: 2
    ");
    assert_snapshot!(plain().run(["undo", "1", "--yes"]), @r"
    $ castore undo --root @ROOT@ --state @ROOT@/var/lib/castore 1 --yes
    stderr: castore: error: run 1 was taken back, but for /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem (as it was: @ROOT@/var/lib/castore/runs/1/backup/0)
    stderr: hint: something else has changed it; put it back by hand where it is wanted
    exit: 2
    ");
    let history = plain().run(["history"]).exits(0).stdout();
    let (rows, rest) = history.split_once("\nrun").expect("a line more");
    assert!(rows.contains("taken back but for 1 file"), "{history}");
    assert_snapshot!(
        rest.replace(&*tree.path().to_string_lossy(), "@ROOT@"),
        @" 1 did not put /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem back, which something else has changed; as it was: @ROOT@/var/lib/castore/runs/1/backup/0"
    );
    let json = plain().run(["history", "--format", "json"]).exits(0).json();
    assert_eq!(fault("history", &json), None);
    let run = &json["runs"][0];
    assert_eq!((&run["kept"], &run["left"][0]["path"]), (&false.into(), &format!("/{CERTIFI}").into()));
    let backup = run["left"][0]["backup"]["path"].as_str().expect("a path");
    assert_eq!(std::fs::read(backup).expect("what it was"), before);
    assert_eq!(std::fs::read(&file).expect("a store"), b"theirs");
}

/// An account without a home of its own is told what was to be made there, and how to go on.
#[cfg(unix)]
#[test]
fn a_state_directory_that_cannot_be_made_is_named() {
    let tree = machine();
    let castore = Castore::at(&tree).with(["--at", NOW, "--state", "/nonexistent/castore"]);
    let Some(castore) = castore.without_rights() else { return };
    let write = ["sync", "--from", "system", "--to", OF_CERTIFI, "--write", "--yes"];
    assert_snapshot!(castore.run(write).exits(2).stderr(), @r"
    castore: error: /nonexistent/castore: cannot keep what undo needs there: /nonexistent: Permission denied (os error 13)
    hint: name another directory with --state DIR, or run castore as root
    ");
}

/// What undo refuses is not said to be open to it.
#[test]
fn a_run_whose_file_was_changed_since_is_said_to_be() {
    let tree = machine();
    let state = tree.path().join("var/lib/castore");
    let plain = || Castore::at(&tree).with([std::ffi::OsStr::new("--state"), state.as_os_str()]);
    _ = plain().run(["sync", "--from", "system", "--to", OF_CERTIFI, "--write", "--yes"]).exits(0);
    let history = || plain().run(["history"]).exits(0).stdout();
    assert!(history().contains("can be undone"), "{}", history());
    std::fs::write(tree.path().join(CERTIFI), crate::roots::roots()[0].pem()).expect("a file");
    let said = history();
    assert!(said.contains("changed since") && !said.contains("can be undone"), "{said}");
    assert!(said.contains("run 1 cannot be undone while /opt/venv"), "{said}");
    let json = plain().run(["history", "--format", "json"]).exits(0).json();
    assert!(
        json["runs"][0]["changed"][0]["path"].as_str().is_some_and(|path| path.ends_with("cacert.pem")),
        "{json:#}"
    );
    assert_eq!(fault("history", &json), None);
    _ = plain().run(["undo", "1", "--yes"]).exits(2);
}

/// What is written down of an old run is damaged, which its neighbours do not suffer for. Where the run may have been cut
/// off nothing is written, and the way out is told as it is to be typed.
#[test]
#[cfg(unix)]
fn a_damaged_record_is_told_and_stands_in_the_way_only_where_it_must() {
    let tree = machine();
    let plain = || Castore::at(&tree).with([std::ffi::OsStr::new("--state"), state(&tree).as_os_str()]);
    let write = |from: &str| castore(&tree).run(["sync", "--from", from, "--to", OF_CERTIFI, "--write", "--yes"]);
    _ = write("system").exits(0);
    let record = state(&tree).join("runs/1");
    let intent = std::fs::read(record.join("intent")).expect("a record");
    std::fs::write(record.join("intent"), &intent[..intent.len() / 2]).expect("a record");
    // One that is over.
    let history = plain().run(["history"]).exits(0);
    let place = "@ROOT@/var/lib/castore/runs/1/intent: expected the SHA-256 ";
    assert!(history.stderr().contains(place) && history.stderr().contains("; line "), "{history}");
    assert!(history.stdout().contains("run 1: its record is damaged, and it cannot be undone"), "{history}");
    let json = plain().run(["history", "--format", "json"]).exits(0).json();
    assert_eq!((fault("history", &json), &json["damaged"][0]["known"]), (None, &"end".into()));
    for words in [&["undo", "--yes"][..], &["undo", "1", "--yes"]] {
        let refused = plain().run(words).exits(2);
        assert!(refused.stderr().contains(place), "{refused}");
    }
    std::fs::write(tree.path().join(CERTIFI), crate::roots::roots()[0].pem()).expect("a store");
    let written = write("system").exits(0);
    assert!(written.stderr().contains(place), "{written}");
    _ = plain().run(["undo", "--yes"]).exits(0);
    assert_eq!(std::fs::read(tree.path().join(CERTIFI)).expect("a store"), crate::roots::roots()[0].pem().as_bytes());
    // One that may not be.
    std::fs::remove_file(record.join("end")).expect("a word");
    let shown = plain().run(["history"]).exits(0);
    assert!(shown.stdout().contains("castore writes nothing until it is set aside"), "{shown}");
    let refused = write("system").exits(2);
    let errors = refused.stderr();
    assert!(errors.contains(place) && errors.contains("run 1 may have been cut off"), "{refused}");
    let (_, aside) = errors.trim_end().split_once("set its record aside: ").expect("a way out");
    assert_eq!(shown.stdout().matches(aside).count(), 1, "{shown}");
    let aside = aside.replace("@ROOT@", &tree.path().to_string_lossy());
    assert!(std::process::Command::new("sh").args(["-c", &aside]).status().expect("a shell").success());
    _ = write("system").exits(0);
    _ = plain().run(["undo", "--yes"]).exits(0);
    assert!(plain().run(["history"]).exits(0).stderr().is_empty());
}

/// What is wrong after an interrupted run was mended is told once, by a run that may itself have done all that it was asked
/// for: its status is not that all is well.
#[test]
fn what_is_wrong_of_an_interrupted_run_is_in_the_status_of_the_next() {
    let tree = machine();
    let write = || castore(&tree).run(["sync", "--from", "system", "--to", OF_CERTIFI, "--write", "--yes"]);
    _ = write().exits(0);
    for word in ["committed", "end"] {
        std::fs::remove_file(state(&tree).join("runs/1").join(word)).expect("a word");
    }
    std::fs::write(tree.path().join(CERTIFI), crate::roots::roots()[0].pem()).expect("a store");
    let next = write().exits(2);
    assert!(next.stderr().contains("something else has changed since") && next.stdout().contains("done: "), "{next}");
    _ = write().exits(0);
}
