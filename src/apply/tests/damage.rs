//! What is written down of runs, damaged: in every place, by a bit or by an end too soon.

use super::crash::Kept;
use super::world::{World, change, pem, plan};
use crate::apply::carry::{Point, apply_watched};
use crate::apply::{ApplyError, Event, Known, Step, apply, history, recover, undo};
use crate::format::tests::authority;
use crate::plan::{Plan, Was};
use std::fs;
use std::path::Path;

/// A file of its own for each root.
fn one(world: &World, name: &str) -> Plan {
    let path = format!("/etc/ssl/{name}.pem");
    let root = authority(name);
    assert!(!world.on_disk(&path).exists());
    let bytes = pem(&[&root]);
    let step = crate::plan::Step::Write { path: (&path).into(), bytes, was: Was::Absent, mode: 0o644 };
    plan(vec![change(&path, vec![step], &[&root])])
}

/// A file cut off at every octet, then with every bit of it turned.
fn damages(whole: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> {
    let cut = (0..whole.len()).map(|length| (format!("cut at {length}"), whole[..length].to_vec()));
    let turned = (0..whole.len() * 8).map(|bit| {
        let mut turned = whole.to_vec();
        turned[bit / 8] ^= 1 << (bit % 8);
        (format!("bit {bit}"), turned)
    });
    cut.chain(turned)
}

/// What is told of damage by a run.
fn told(event: &Event<'_>) -> Option<String> {
    match event {
        Event::Damaged(damaged) => Some(damaged.to_string()),
        Event::Renumbered(path, because) => Some(format!("{}: {because}", path.display())),
        _ => None,
    }
}

/// Whatever became of the record of a run that is over, all others are listed, undone and followed by more.
#[test]
fn a_damaged_record_of_a_run_that_is_over_stands_in_nobodys_way() {
    let world = World::new();
    for name in ["One", "Two", "Three"] {
        world.apply(&one(&world, name)).unwrap();
    }
    let intent = world.state.join("runs/2/intent");
    let whole = fs::read(&intent).unwrap();
    for (number, (what, octets)) in damages(&whole).enumerate() {
        fs::write(&intent, octets).unwrap();
        let known = history(&world.state).unwrap();
        let ids: Vec<&str> = known.runs.iter().map(|run| run.id.as_str()).collect();
        let [damaged] = &known.damaged[..] else { panic!("{what}: {known:?}") };
        assert_eq!((ids, damaged.id.as_str(), damaged.known), (vec!["3", "1"], "2", Known::End), "{what}");
        assert!(damaged.path == intent && damaged.because.starts_with("expected"), "{what}: {damaged}");
        let options = world.options();
        recover(&options, &mut |event| panic!("{what}: {event:?}")).unwrap();
        assert!(matches!(undo(Some("2"), &options, &mut |_| {}), Err(ApplyError::Damaged(_))), "{what}");
        // Writing takes longer than reading; each of the places is as good as another.
        if number % 97 == 0 {
            let mut said = Vec::new();
            let mut watch = |event: Event<'_>| said.extend(told(&event));
            let id = apply(&one(&world, "Four"), &options, &mut watch).unwrap().id.unwrap();
            undo(Some(&id), &options, &mut watch).unwrap();
            assert_eq!(said, [damaged.to_string(), damaged.to_string()], "{what}");
            // It leads to a run that is known, and undoes that one.
            let undone = undo(Some("1"), &options, &mut |_| {}).unwrap().id.unwrap();
            assert!(!world.on_disk("/etc/ssl/One.pem").exists(), "{what}");
            undo(Some(&undone), &options, &mut |_| {}).unwrap();
            for later in world.state.join("runs").read_dir().unwrap().map(Result::unwrap) {
                if !["1", "2", "3", "last"].contains(&later.file_name().to_str().unwrap()) {
                    fs::remove_dir_all(later.path()).unwrap();
                }
            }
        }
    }
    fs::write(&intent, whole).unwrap();
    undo(Some("2"), &world.options(), &mut |_| {}).unwrap();
}

/// Without a name the last run is meant: where that is damaged no other is taken back in its place.
#[test]
fn where_the_last_run_is_damaged_no_other_is_chosen_for_it() {
    let world = World::new();
    for name in ["One", "Two"] {
        world.apply(&one(&world, name)).unwrap();
    }
    let damage = |number: u64| fs::write(world.state.join(format!("runs/{number}/intent")), "").unwrap();
    damage(2);
    let before = world.picture();
    match world.undo() {
        Err(error @ ApplyError::LastDamaged { .. }) => {
            assert!(error.hint().unwrap().contains("castore undo 1"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.picture(), before);
    world.apply(&one(&world, "Three")).unwrap();
    world.undo().unwrap();
    assert!(!world.on_disk("/etc/ssl/Three.pem").exists() && world.on_disk("/etc/ssl/One.pem").exists());
}

/// What is there by its name alone is not damaged by its octets.
#[test]
fn marks_say_what_they_say_by_being_there() {
    let world = World::new();
    world.apply(&one(&world, "One")).unwrap();
    for mark in ["committed", "end"] {
        let path = world.state.join("runs/1").join(mark);
        let whole = fs::read(&path).unwrap();
        for (what, octets) in damages(&whole) {
            fs::write(&path, octets).unwrap();
            let known = history(&world.state).unwrap();
            assert!(known.damaged.is_empty() && known.runs[0].is_open(), "{mark}: {what}");
        }
    }
    world.undo().unwrap();
}

/// A run that was cut off is mended by what is written down of it. Where that is damaged nothing is written until it is
/// set aside, which is told to the letter.
#[test]
fn a_damaged_record_of_a_run_that_may_have_been_cut_off_is_refused() {
    let world = World::new();
    let root = authority("Other");
    let first = world.all_kinds();
    let mut kept = Kept::new(&world);
    let mut hook = |point| {
        if point == Point::Change(2, Step::Rename) {
            kept.keep(point);
        }
        Ok(())
    };
    apply_watched(&first, &world.options(), &mut |_| {}, &mut hook).unwrap();
    kept.restore(0);
    let step = crate::plan::Step::Write {
        path: "/etc/ssl/other.pem".into(),
        bytes: pem(&[&root]),
        was: Was::Absent,
        mode: 0o644,
    };
    let second = plan(vec![change("/etc/ssl/other.pem", vec![step], &[&root])]);
    let half = world.picture();
    let refused = |file: &Path| {
        let options = world.options();
        let attempts = [
            recover(&options, &mut |_| {}),
            apply(&second, &options, &mut |_| {}).map(drop),
            undo(Some("1"), &options, &mut |_| {}).map(drop),
        ];
        for attempt in attempts {
            match attempt {
                Err(ApplyError::Damaged(damaged)) => assert_eq!(damaged.path, file),
                other => panic!("{other:?}"),
            }
            assert_eq!(world.picture(), half);
        }
    };
    let intent = world.state.join("runs/1/intent");
    let whole = fs::read(&intent).unwrap();
    for (number, (_, octets)) in damages(&whole).enumerate() {
        if number % 397 == 0 {
            fs::write(&intent, octets).unwrap();
            refused(&intent);
            let known = history(&world.state).unwrap();
            assert!(known.runs.is_empty() && known.damaged[0].known == Known::Nothing, "{known:?}");
        }
    }
    // Whole again it is mended, and so it is by what it replaced alone: where that is damaged it stays as it is, too.
    fs::write(&intent, &whole).unwrap();
    let known = history(&world.state).unwrap();
    assert!(!known.runs[0].is_over && !known.runs[0].is_open(), "{known:?}");
    let backup = world.state.join("runs/1/backup/0");
    fs::write(&backup, "damaged").unwrap();
    let error = recover(&world.options(), &mut |_| {}).unwrap_err();
    let ApplyError::Damaged(damaged) = &error else { panic!("{error}") };
    assert_eq!((damaged.path.as_path(), damaged.known), (backup.as_path(), Known::CutOff));
    let aside = damaged.set_aside();
    assert!(error.hint().unwrap().ends_with(&aside), "{error}");
    assert!(std::process::Command::new("sh").args(["-c", &aside]).status().unwrap().success());
    // The number is still its own.
    assert_eq!(world.apply(&second).unwrap().id.as_deref(), Some("2"));
    assert_eq!(history(&world.state).unwrap().runs.len(), 1);
    assert!(world.state.join("runs/1.aside/backup").is_dir());
}

/// What else is written down: what a run left behind, what stores lost, which number was given last.
#[test]
fn what_else_is_damaged_is_told_and_passed_over() {
    let world = World::new();
    world.apply(&one(&world, "One")).unwrap();
    world.apply(&one(&world, "Two")).unwrap();
    let run = world.state.join("runs/2");
    fs::write(run.join("left"), "damaged").unwrap();
    let known = history(&world.state).unwrap();
    assert_eq!((known.runs.len(), known.damaged[0].known), (1, Known::End));
    fs::remove_file(run.join("left")).unwrap();
    fs::write(run.join("lost"), "damaged").unwrap();
    let known = history(&world.state).unwrap();
    assert_eq!((known.runs.len(), known.damaged[0].known), (2, Known::Run));
    let last = world.state.join("runs/last");
    fs::write(&last, "damaged").unwrap();
    let mut said = Vec::new();
    undo(None, &world.options(), &mut |event| said.extend(told(&event))).unwrap();
    let [number, lost] = &said[..] else { panic!("{said:?}") };
    assert!(number.starts_with(last.to_str().unwrap()) && lost.contains("commands of run 2"), "{said:?}");
    assert!(!world.on_disk("/etc/ssl/Two.pem").exists());
    said.clear();
    apply(&one(&world, "Three"), &world.options(), &mut |event| said.extend(told(&event))).unwrap();
    assert_eq!(said, [""; 0]);
    // Names that castore gives to no run are nobody's.
    for name in ["007", "+8", "notes"] {
        fs::create_dir(world.state.join("runs").join(name)).unwrap();
    }
    world.apply(&one(&world, "Four")).unwrap();
}
