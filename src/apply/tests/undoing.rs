//! Runs undone.

use super::world::{World, leftovers, pem};
use crate::apply::{ApplyError, history, undo};
use crate::format::tests::authority;
use std::fs;

#[test]
fn all_is_as_it_was() {
    let world = World::new();
    let plan = world.all_kinds();
    let before = world.picture();
    world.apply(&plan).unwrap();
    let after = world.picture();
    assert_ne!(after, before);
    let undone = world.undo().unwrap();
    assert_eq!((undone.id.as_deref(), undone.changed.len()), (Some("2"), 5));
    assert_eq!(world.picture(), before);
    assert_eq!(leftovers(&world.base), [] as [std::path::PathBuf; 0]);
    let runs = history(&world.state).unwrap();
    assert_eq!(runs.iter().map(|run| run.undone.is_some()).collect::<Vec<_>>(), [false, true]);
    assert!(matches!(world.undo(), Err(ApplyError::NothingToUndo)));
    assert!(matches!(undo(Some("1"), &world.options(), &mut |_| {}), Err(ApplyError::Undone(_))));
    assert!(matches!(undo(Some("7"), &world.options(), &mut |_| {}), Err(ApplyError::NoRun(_))));
    // To undo the undoing is to do it again, to the octet.
    undo(Some("2"), &world.options(), &mut |_| {}).unwrap();
    assert_eq!(world.picture(), after);
    world.undo().unwrap();
    assert_eq!(world.picture(), before);
}

#[test]
fn what_changed_since_is_named_and_nothing_is_undone() {
    let world = World::new();
    world.apply(&world.all_kinds()).unwrap();
    world.write("/etc/drop/new.pem", pem(&[&authority("Theirs")]));
    let before = world.picture();
    match world.undo() {
        Err(ApplyError::Changed(path)) => assert!(path.ends_with("new.pem")),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.picture(), before);
    fs::remove_file(world.on_disk("/etc/drop/new.pem")).unwrap();
    assert!(matches!(world.undo(), Err(ApplyError::Changed(_))));
}
