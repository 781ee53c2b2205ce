//! What is said and kept of runs that were mended.

use super::world::{World, change, pem, plan};
use crate::apply::carry::{Point, apply_watched};
use crate::apply::command::scratch::Scratch;
use crate::apply::{ApplyError, Event, Step as Writing, recover, undo};
use crate::format::tests::authority;
use crate::plan::{Plan, Step, Was};
use std::fs;

/// A run that ends half way, and cannot take back what it did.
fn stuck(world: &World) {
    let plan = world.all_kinds();
    let mut hook = |point| match point {
        Point::Change(2, Writing::Rename) | Point::Back(..) => Err(std::io::ErrorKind::Other.into()),
        _ => Ok(()),
    };
    let error = apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err();
    assert!(matches!(error, ApplyError::Stuck { .. }), "{error}");
}

fn another() -> Plan {
    let one = authority("Other");
    let step = Step::Write { path: "/etc/ssl/other.pem".into(), bytes: pem(&[&one]), was: Was::Absent, mode: 0o644 };
    plan(vec![change("/etc/ssl/other.pem", vec![step], &[&one])])
}

#[test]
fn a_number_that_was_said_is_not_given_again() {
    let world = World::new();
    stuck(&world);
    recover(&world.options(), &mut |_| {}).unwrap();
    assert!(!world.state.join("runs/1").exists());
    assert_eq!(world.apply(&another()).unwrap().id.as_deref(), Some("2"));
}

/// A program was at work: what it was given may be a copy of keys.
#[test]
fn what_a_killed_run_left_to_programs_goes_though_the_next_needs_none() {
    let world = World::new();
    world.apply(&another()).unwrap();
    let place = Scratch::place(&world.state);
    let room = place.join("work-0123456789abcdef");
    crate::apply::sys::make_directory(&place, true).unwrap();
    crate::apply::sys::make_directory(&room, false).unwrap();
    fs::write(room.join("key4.db"), "keys").unwrap();
    recover(&world.options(), &mut |_| {}).unwrap();
    assert!(!place.exists());
}

/// As images are that are mounted at one place in turn.
#[cfg(unix)]
#[test]
fn another_tree_in_the_same_place_is_not_mended() {
    let world = World::new();
    stuck(&world);
    let (aside, half) = (world.base.join("aside"), world.picture());
    fs::rename(&world.root, &aside).unwrap();
    let copied = std::process::Command::new("cp").arg("-a").arg(&aside).arg(&world.root).status().unwrap();
    assert!(copied.success());
    let mut told = Vec::new();
    let mut watch = |event: Event<'_>| match event {
        Event::OtherTree(other) => told.push((other.id.clone(), other.kept.clone())),
        event => panic!("{event:?}"),
    };
    recover(&world.options(), &mut watch).unwrap();
    assert_eq!((world.picture(), told), (half.clone(), vec![("1".to_owned(), world.state.join("runs/1/backup"))]));
    // It can be changed, and is kept apart.
    world.apply(&another()).unwrap();
    world.undo().unwrap();
    assert_eq!(world.picture(), half);
    fs::remove_dir_all(&world.root).unwrap();
    fs::rename(&aside, &world.root).unwrap();
    recover(&world.options(), &mut |_| {}).unwrap();
    assert_ne!(world.picture(), half);
}

/// Somebody else writes while a run fails.
#[test]
fn what_a_run_that_failed_cannot_put_back_is_kept() {
    let world = World::new();
    let plan = world.all_kinds();
    let bundle = world.read("/etc/ssl/bundle.pem");
    let mut hook = |point| match point {
        Point::Change(4, Writing::ReadBack) => {
            fs::write(world.on_disk("/etc/ssl/bundle.pem"), "theirs").unwrap();
            Err(std::io::ErrorKind::Other.into())
        }
        _ => Ok(()),
    };
    let error = apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err();
    let place = world.state.join("runs/1/backup/0");
    let said = format!("run 1 was taken back, but for /etc/ssl/bundle.pem (as it was: {})", place.display());
    assert!(error.to_string().ends_with(&said), "{error}");
    assert_eq!(fs::read(world.state.join("runs/1/backup/0")).unwrap(), bundle);
    let mut told = 0;
    recover(&world.options(), &mut |_| told += 1).unwrap();
    assert_eq!((told, world.read("/etc/ssl/bundle.pem")), (0, b"theirs".to_vec()));
    assert!(matches!(world.undo(), Err(ApplyError::NothingToUndo)));
    assert!(matches!(undo(Some("1"), &world.options(), &mut |_| {}), Err(ApplyError::NotPutBack { .. })));
    assert_eq!(world.apply(&another()).unwrap().id.as_deref(), Some("2"));
}
