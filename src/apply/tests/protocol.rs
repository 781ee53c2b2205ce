//! The protocol on every system: what is expected, what is left, what is seen between two steps.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test makes what it reads, and says what it skips"
)]

use super::super::error::{Refusal, Step, WriteError};
use super::super::write::{Expect, WriteOptions, replace, replace_watched};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const STEPS: [Step; 12] = [
    Step::Resolve,
    Step::OpenDirectory,
    Step::CheckDirectory,
    Step::OpenOld,
    Step::CreateTemporary,
    Step::Write,
    Step::KeepAttributes,
    Step::SyncFile,
    Step::Recheck,
    Step::Rename,
    Step::SyncDirectory,
    Step::ReadBack,
];

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("ca.pem");
    (directory, target)
}

fn names(directory: &TempDir) -> Vec<String> {
    let names = fs::read_dir(directory.path()).unwrap();
    names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn makes_a_file_and_replaces_it() {
    let (directory, target) = place();
    let written = replace(&target, b"one", WriteOptions { expect: Expect::Absent, ..WriteOptions::default() }).unwrap();
    assert!(written.created && written.links.is_empty());
    let written =
        replace(&target, b"two", WriteOptions { expect: Expect::Bytes(b"one"), ..WriteOptions::default() }).unwrap();
    assert!(!written.created);
    assert_eq!(written.path.file_name(), target.file_name());
    assert_eq!(fs::read(&target).unwrap(), b"two");
    replace(&target, b"", WriteOptions::default()).unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"");
    assert_eq!(names(&directory), ["ca.pem"]);
}

#[test]
fn what_was_not_expected_is_left_alone() {
    let (directory, target) = place();
    let refused = |expect| match replace(&target, b"new", WriteOptions { expect, ..WriteOptions::default() }) {
        Err(WriteError::Refused { step: Step::OpenOld, refusal: Refusal::Unexpected { .. }, .. }) => true,
        other => panic!("{other:?}"),
    };
    assert!(refused(Expect::Bytes(b"old")));
    assert!(names(&directory).is_empty());
    fs::write(&target, "old").unwrap();
    for expect in [Expect::Absent, Expect::Bytes(b"olf"), Expect::Bytes(b"ol"), Expect::Bytes(b"older")] {
        assert!(refused(expect));
    }
    assert_eq!(fs::read(&target).unwrap(), b"old");
    assert_eq!(names(&directory), ["ca.pem"]);
}

#[test]
fn a_failure_at_any_step_leaves_old_or_new_and_nothing_else() {
    for failing in STEPS {
        let (directory, target) = place();
        fs::write(&target, "old").unwrap();
        let failed = replace_watched(&target, b"new", WriteOptions::default(), &mut |step| match step == failing {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        });
        let error = failed.unwrap_err();
        assert_eq!(error.step(), failing);
        let expected: &[u8] = if failing.is_after_rename() { b"new" } else { b"old" };
        assert_eq!(fs::read(&target).unwrap(), expected, "{failing:?}");
        assert_eq!(names(&directory), ["ca.pem"], "{failing:?}");
    }
}

#[test]
fn whoever_looks_between_two_steps_sees_old_or_new_and_no_other_certificate() {
    let (directory, target) = place();
    fs::write(&target, "old").unwrap();
    let mut steps = Vec::new();
    replace_watched(&target, b"new", WriteOptions::default(), &mut |step| {
        let expected: &[u8] = if step.is_after_rename() { b"new" } else { b"old" };
        assert_eq!(fs::read(&target)?, expected);
        for name in names(&directory).iter().filter(|name| *name != "ca.pem") {
            assert!(name.starts_with(".castore-") && name.ends_with(".tmp"), "{name}");
        }
        steps.push(step);
        Ok(())
    })
    .unwrap();
    assert_eq!(steps, STEPS);
}

#[test]
fn a_file_that_changed_meanwhile_is_left_alone() {
    let (directory, target) = place();
    fs::write(&target, "old").unwrap();
    let changed = |change: &dyn Fn()| {
        let result = replace_watched(&target, b"new", WriteOptions::default(), &mut |step| {
            if step == Step::Recheck {
                change();
            }
            Ok(())
        });
        match result {
            Err(WriteError::Refused { step: Step::Recheck, refusal: Refusal::Changed, .. }) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(names(&directory), ["ca.pem"]);
    };
    changed(&|| fs::write(&target, "longer").unwrap());
    assert_eq!(fs::read(&target).unwrap(), b"longer");
    changed(&|| {
        fs::write(directory.path().join("other"), "other!").unwrap();
        fs::rename(directory.path().join("other"), &target).unwrap();
    });
    assert_eq!(fs::read(&target).unwrap(), b"other!");
}

#[test]
fn a_path_must_be_absolute_and_its_directory_there() {
    let (directory, _) = place();
    let relative = replace(Path::new("ca.pem"), b"", WriteOptions::default()).unwrap_err();
    assert_eq!(relative.step(), Step::Resolve);
    let missing = replace(&directory.path().join("none/ca.pem"), b"", WriteOptions::default()).unwrap_err();
    assert_eq!(missing.hint(), Some("make the directory first"));
    fs::write(directory.path().join("file"), "").unwrap();
    let below = replace(&directory.path().join("file/ca.pem"), b"", WriteOptions::default()).unwrap_err();
    assert!(below.to_string().ends_with("expected a directory, found a file"), "{below}");
    let itself = replace(directory.path(), b"", WriteOptions::default()).unwrap_err();
    assert!(itself.to_string().ends_with("expected a regular file, found a directory"), "{itself}");
}
