//! What is kept between runs: one at a time, only where nobody else can write, and no longer than is said.

use super::world::{World, change, pem, plan};
use crate::apply::carry::{Point, apply_watched};
use crate::apply::{ApplyError, Event, Options, apply, history, recover, undo};
use crate::format::tests::authority;
use crate::limits::RUNS_KEPT;
use crate::plan::{Plan, Step, Was};
use std::fs;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

#[test]
fn one_writes_at_a_time() {
    let world = World::new();
    let first = world.all_kinds();
    let one = authority("Other");
    let step = Step::Write { path: "/etc/ssl/other.pem".into(), bytes: pem(&[&one]), was: Was::Absent, mode: 0o644 };
    let second = plan(vec![change("/etc/ssl/other.pem", vec![step], &[&one])]);
    let (holds, held) = channel();
    let (goes_on, go_on) = channel();
    std::thread::scope(|scope| {
        let options = world.options();
        scope.spawn(move || {
            let mut hook = |point| {
                if point == Point::Intent {
                    holds.send(()).unwrap();
                    go_on.recv().unwrap();
                }
                Ok(())
            };
            apply_watched(&first, &options, &mut |_| {}, &mut hook).unwrap();
        });
        held.recv().unwrap();
        match apply(&second, &Options { wait: Duration::ZERO, ..world.options() }, &mut |_| {}) {
            Err(ApplyError::Locked(process)) => assert_eq!(process, Some(std::process::id())),
            other => panic!("{other:?}"),
        }
        // Looking does not wait, and does not see what is not over.
        assert_eq!(history(&world.state).unwrap().runs, []);
        let mut waited = false;
        let mut watch = |event: Event<'_>| {
            if event == Event::Waiting {
                waited = true;
                goes_on.send(()).unwrap();
            }
        };
        let options = Options { wait: Duration::from_secs(60), ..world.options() };
        let applied = apply(&second, &options, &mut watch).unwrap();
        assert_eq!((applied.id.as_deref(), waited), (Some("2"), true));
    });
    assert_eq!(history(&world.state).unwrap().runs.len(), 2);
}

#[test]
fn many_at_once_are_one_after_the_other() {
    let world = World::new();
    let roots: Vec<Vec<u8>> = (0..6).map(|number| authority(&format!("Root {number}"))).collect();
    let ids = std::thread::scope(|scope| {
        let write = |root: &Vec<u8>, number: usize| {
            let path = format!("/etc/drop/{number}.pem");
            let step = Step::Write { path: (&path).into(), bytes: pem(&[root]), was: Was::Absent, mode: 0o644 };
            let options = Options { wait: Duration::from_secs(60), ..world.options() };
            apply(&plan(vec![change(&path, vec![step], &[root])]), &options, &mut |_| {}).unwrap().id.unwrap()
        };
        let all: Vec<_> = roots.iter().enumerate().map(|(n, root)| scope.spawn(move || write(root, n))).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect::<std::collections::BTreeSet<_>>()
    });
    assert_eq!(ids.len(), 6);
    assert_eq!(fs::read_dir(world.on_disk("/etc/drop")).unwrap().count(), 6);
}

fn because(result: Result<impl std::fmt::Debug, ApplyError>) -> String {
    match result {
        Err(ApplyError::State { because, .. }) => because,
        Err(ApplyError::LastDamaged { damaged, last: None }) => damaged.because,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_state_that_was_tampered_with_is_not_used() {
    let tampered = |tamper: &dyn Fn(&World), expected: &str| {
        let world = World::new();
        world.apply(&world.all_kinds()).unwrap();
        tamper(&world);
        let before = world.picture();
        let said = because(world.undo());
        assert!(said.contains(expected), "{said}");
        assert_eq!(world.picture(), before);
    };
    let change = |world: &World, file: &str| {
        let path = world.state.join("runs/1").join(file);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    tampered(&|world| change(world, "backup/0"), "expected the SHA-256");
    tampered(&|world| change(world, "intent"), "expected the SHA-256");
    tampered(&|world| fs::write(world.state.join("runs/1/intent"), "").unwrap(), "expected a journal");
    tampered(&|world| fs::remove_file(world.state.join("runs/1/backup/0")).unwrap(), "found nothing");
}

#[cfg(unix)]
#[test]
fn a_state_that_others_could_write_is_not_used() {
    use std::os::unix::fs::PermissionsExt;
    let refused = |tamper: &dyn Fn(&World), expected: &str| {
        let world = World::new();
        world.apply(&world.all_kinds()).unwrap();
        tamper(&world);
        for said in [because(world.undo()), because(history(&world.state))] {
            assert!(said.contains(expected), "{said}");
        }
    };
    let mode = |world: &World, below: &str, mode: u32| {
        fs::set_permissions(world.state.join(below), PermissionsExt::from_mode(mode)).unwrap();
    };
    for bits in [0o770, 0o707, 0o1777] {
        refused(&|world| mode(world, "", bits), "writable by its owner only");
        refused(&|world| mode(world, "runs", bits), "writable by its owner only");
        refused(&|world| mode(world, "runs/1", bits), "writable by its owner only");
    }
    let moved = |world: &World, below: &str| {
        let path = world.state.join(below);
        let path = if below.is_empty() { &world.state } else { &path };
        let there = world.base.join("elsewhere");
        fs::rename(path, &there).unwrap();
        super::world::symlink(there.to_str().unwrap(), path);
    };
    refused(&|world| moved(world, ""), "symbolic link");
    refused(&|world| moved(world, "runs/1/intent"), "symbolic link");
    if rustix::process::geteuid().is_root() {
        let given = |world: &World| std::os::unix::fs::chown(&world.state, Some(1234), None).unwrap();
        refused(&given, "uid 1234");
    }
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_its_owners_alone() {
    use std::os::unix::fs::MetadataExt;
    let world = World::new();
    world.apply(&world.all_kinds()).unwrap();
    for entry in walkdir::WalkDir::new(&world.state) {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().mode() & 0o7777;
        let expected = if entry.file_type().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{}", entry.path().display());
    }
}

/// A bundle of one or the other root.
fn turn(world: &World, path: &str, roots: &[Vec<u8>; 2], turn: usize) -> Plan {
    let [root, other] = [&roots[turn % 2], &roots[(turn + 1) % 2]];
    let mut change = change(path, vec![world.rewrite(path, &pem(&[root]))], &[root]);
    change.removed = super::world::change(path, vec![], &[other]).added;
    plan(vec![change])
}

/// Copies a directory of files, its mode too.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn old_backups_go_and_the_last_of_a_file_stays() {
    let world = World::new();
    let roots = ["One", "Two"].map(authority);
    let (often, once) = ("/etc/ssl/often.pem", "/etc/ssl/once.pem");
    for path in [often, once] {
        world.write(path, pem(&[&roots[1]]));
    }
    world.apply(&turn(&world, once, &roots, 0)).unwrap();
    for number in 0..RUNS_KEPT + 3 {
        world.apply(&turn(&world, often, &roots, number)).unwrap();
    }
    let runs = history(&world.state).unwrap().runs;
    assert_eq!(runs.len(), RUNS_KEPT + 4);
    let kept: Vec<&str> = runs.iter().rev().filter(|run| run.is_kept).map(|run| run.id.as_str()).collect();
    assert_eq!(kept.len(), RUNS_KEPT + 1);
    assert_eq!(kept[..2], ["1", "5"]);
    let gone = world.state.join("runs/2/backup");
    assert!(!gone.exists());
    // A run that was killed before it removed them had marked them.
    copy(&world.state.join("runs/5/backup"), &gone);
    world.apply(&turn(&world, often, &roots, RUNS_KEPT + 3)).unwrap();
    assert!(!gone.exists());
    assert!(matches!(undo(Some("2"), &world.options(), &mut |_| {}), Err(ApplyError::NotKept(_))));
    undo(Some("1"), &world.options(), &mut |_| {}).unwrap();
    assert_eq!(world.read(once), pem(&[&roots[1]]));
}

/// What a journal says of another tree than the one that is asked for waits until that one is.
#[cfg(unix)]
#[test]
fn only_runs_in_the_tree_that_is_asked_for_are_mended() {
    let (world, other) = (World::new(), World::new());
    let plan = world.all_kinds();
    let mut hook = |point| match point {
        Point::Change(2, crate::apply::Step::Rename) | Point::Back(..) => Err(std::io::ErrorKind::Other.into()),
        _ => Ok(()),
    };
    apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err();
    let (half, theirs) = (world.picture(), other.picture());
    let elsewhere = Options { root: &other.root, ..world.options() };
    let mut told = 0;
    recover(&elsewhere, &mut |_| told += 1).unwrap();
    assert!(matches!(undo(None, &elsewhere, &mut |_| told += 1), Err(ApplyError::NothingToUndo)));
    assert_eq!((world.picture(), other.picture(), told), (half.clone(), theirs, 0));
    // By whatever name it is asked for.
    super::world::symlink("root", &world.base.join("link"));
    let linked = world.base.join("link");
    recover(&Options { root: &linked, ..world.options() }, &mut |_| told += 1).unwrap();
    assert_ne!(world.picture(), half);
    assert_eq!(told, 1);
}
