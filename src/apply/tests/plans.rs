//! Plans carried out, and refused.

use super::world::{Thing, World, change, leftovers, pem, plan, refresh};
use crate::apply::carry::{Point, apply_watched};
use crate::apply::{ApplyError, Event, Outcome, Refusal, Step as Writing, WriteError, history};
use crate::format::tests::authority;
use crate::plan::{Plan, Step, Was};
use std::fs;
use std::io;

#[test]
fn a_plan_is_carried_out_whole() {
    let world = World::new();
    let mut plan = world.all_kinds();
    plan.refreshes.push(refresh());
    let applied = world.apply(&plan).unwrap();
    assert_eq!(applied.id.as_deref(), Some("1"));
    assert_eq!(applied.changed.len(), 5);
    assert_eq!(applied.wrong, []);
    assert!(matches!(&applied.refreshed[..], [(_, Outcome::NotRun(why))] if why.contains("another root")));
    let Step::Write { bytes, .. } = &plan.stores[0].steps[0] else { panic!() };
    assert_eq!(world.read("/etc/ssl/bundle.pem"), *bytes);
    assert_eq!(fs::read_link(world.on_disk("/etc/drop/12345678.0")).unwrap().to_str(), Some("new.pem"));
    assert_eq!(fs::read_link(world.on_disk("/etc/drop/12345678.1")).unwrap().to_str(), Some("new.pem"));
    assert!(!world.on_disk("/etc/drop/old.pem").exists());
    assert_eq!(leftovers(&world.base), [] as [std::path::PathBuf; 0]);
    let history = history(&world.state).unwrap().runs;
    assert_eq!((history.len(), history[0].files.len(), history[0].request.as_str()), (1, 5, "a test"));
    // The same plan is stale now.
    assert!(matches!(world.apply(&plan), Err(ApplyError::Changed(_))));
}

/// `/` of a tree is said as the directory that it is: the machine's own is in nobody's way.
#[cfg(unix)]
#[test]
fn a_tree_of_another_user_is_named_as_it_stands() {
    if !crate::apply::sys::is_superuser() {
        return;
    }
    let world = World::new();
    let plan = world.all_kinds();
    std::os::unix::fs::chown(&world.root, Some(1234), None).unwrap();
    let said = world.apply(&plan).unwrap_err().to_string();
    let expected = format!("expected {} to belong to root, found uid 1234", world.root.display());
    assert!(said.ends_with(&expected), "{said}");
}

#[test]
fn what_is_as_it_should_be_is_no_run() {
    let world = World::new();
    let one = authority("One");
    world.write("/etc/ssl/bundle.pem", pem(&[&one]));
    let steps = vec![world.rewrite("/etc/ssl/bundle.pem", &pem(&[&one]))];
    let applied = world.apply(&plan(vec![change("/etc/ssl/bundle.pem", steps, &[&one])])).unwrap();
    assert_eq!((applied.id, applied.changed), (None, vec![]));
    assert_eq!(history(&world.state).unwrap().runs, []);
}

#[test]
fn what_changed_since_the_plan_is_left_alone_and_so_is_all_else() {
    let changes: [&dyn Fn(&World); 6] = [
        &|world| world.write("/etc/drop/old.pem", "other"),
        &|world| fs::remove_file(world.on_disk("/etc/drop/old.pem")).unwrap(),
        &|world| world.write("/etc/drop/new.pem", "planted"),
        &|world| {
            fs::remove_file(world.on_disk("/etc/drop/12345678.0")).unwrap();
            super::world::symlink("elsewhere", &world.on_disk("/etc/drop/12345678.0"));
        },
        // The same octets in another file.
        &|world| {
            let path = world.on_disk("/etc/ssl/bundle.pem");
            fs::copy(&path, path.with_extension("copy")).unwrap();
            fs::rename(path.with_extension("copy"), path).unwrap();
        },
        &|world| {
            fs::rename(world.on_disk("/etc/drop"), world.on_disk("/etc/moved")).unwrap();
            super::world::symlink("moved", &world.on_disk("/etc/drop"));
        },
    ];
    for (number, change) in changes.iter().enumerate() {
        let world = World::new();
        let plan = world.all_kinds();
        change(&world);
        let before = world.picture();
        let error = world.apply(&plan).unwrap_err();
        assert!(matches!(error, ApplyError::Changed(_)), "{number}: {error}");
        assert_eq!(world.picture(), before, "{number}");
        assert_eq!(history(&world.state).unwrap().runs, []);
    }
}

/// Every point of a run, in its order.
fn points(plan: &Plan, world: &World) -> Vec<Point> {
    let mut points = Vec::new();
    let mut hook = |point| {
        points.push(point);
        Ok(())
    };
    apply_watched(plan, &world.options(), &mut |_| {}, &mut hook).unwrap();
    points
}

#[test]
fn a_failure_anywhere_leaves_everything_as_it_was() {
    let all = {
        let world = World::new();
        points(&world.all_kinds(), &world)
    };
    assert!(all.len() > 40, "{all:?}");
    let committed = all.iter().position(|point| *point == Point::Refresh).unwrap();
    for failing in &all[..committed] {
        let world = World::new();
        let plan = world.all_kinds();
        let before = world.picture();
        let mut hook = |point| match point == *failing {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        };
        let error = apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err();
        if let Point::Change(_, step) = failing {
            assert!(matches!(&error, ApplyError::Write(error) if error.step() == *step), "{failing:?}: {error}");
        }
        assert_eq!(world.picture(), before, "{failing:?}");
        assert_eq!(history(&world.state).unwrap().runs, [], "{failing:?}");
        assert_eq!(fs::read_dir(world.state.join("runs")).unwrap().count(), 0, "{failing:?}");
        // And nothing of it stands in the way.
        assert_eq!(world.apply(&plan_again(&world)).unwrap().wrong, [], "{failing:?}");
    }
}

/// All is written and nothing of it in danger: that the run cannot be ended is told, and the next ends it.
#[test]
fn a_failure_after_all_is_written_is_no_failure_of_the_run() {
    for failing in [Point::End, Point::Prune] {
        let world = World::new();
        let plan = world.all_kinds();
        let before = world.picture();
        let mut hook = |point| match point == failing {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        };
        let mut told = Vec::new();
        let mut watch = |event: Event<'_>| {
            if let Event::Unfinished(why) = event {
                told.push(why.to_owned());
            }
        };
        let applied = apply_watched(&plan, &world.options(), &mut watch, &mut hook).unwrap();
        assert_eq!((applied.id.as_deref(), applied.changed.len(), applied.wrong), (Some("1"), 5, vec![]));
        assert_eq!(told.len(), 1, "{told:?}");
        world.undo().unwrap();
        assert_eq!(world.picture(), before, "{failing:?}");
    }
}

/// The same plan for the files as they are now: restored ones are other files.
fn plan_again(world: &World) -> Plan {
    fs::remove_file(world.on_disk("/etc/drop/12345678.0")).unwrap();
    world.all_kinds()
}

#[test]
fn a_file_that_changes_in_the_last_moment_is_left_and_the_others_are_taken_back() {
    let world = World::new();
    let plan = world.all_kinds();
    let before = world.picture();
    let old = world.on_disk("/etc/drop/old.pem");
    let mut hook = |point| {
        if point == Point::Change(4, Writing::Recheck) {
            fs::write(&old, "theirs").unwrap();
        }
        Ok(())
    };
    let error = apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err();
    assert!(matches!(&error, ApplyError::Changed(path) if path.ends_with("old.pem")), "{error}");
    let mut after = world.picture();
    assert!(
        matches!(after.remove(std::path::Path::new("etc/drop/old.pem")), Some(Thing::File(bytes, _)) if bytes == b"theirs")
    );
    assert_eq!(after.len() + 1, before.len());
    assert!(after.iter().all(|(path, thing)| before[path] == *thing));
}

#[test]
fn new_octets_that_are_not_the_plans_are_not_written() {
    let (one, two) = (authority("One"), authority("Two"));
    let key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n";
    let with_key = [pem(&[&one, &two]), key.into()].concat();
    let cases: [(Vec<u8>, &str); 5] = [
        (pem(&[&one]), "lacks"),
        (pem(&[&one, &two, &authority("Three")]), "holds"),
        (b"nothing".to_vec(), "expected the new file to be pem"),
        (with_key, "private keys"),
        (vec![], "expected the new file to be pem"),
    ];
    for (bytes, expected) in cases {
        let world = World::new();
        world.write("/etc/ssl/bundle.pem", pem(&[&one]));
        let before = world.picture();
        let steps = vec![world.rewrite("/etc/ssl/bundle.pem", &bytes)];
        let error = world.apply(&plan(vec![change("/etc/ssl/bundle.pem", steps, &[&one, &two])])).unwrap_err();
        let is_wrong = matches!(&error, ApplyError::Write(WriteError::Refused { refusal: Refusal::Wrong(_), .. }));
        assert!(is_wrong && error.to_string().contains(expected), "{error}");
        assert_eq!(world.picture(), before);
    }
}

#[test]
fn a_path_is_changed_once() {
    let world = World::new();
    let one = authority("One");
    let step = Step::Write { path: "/etc/drop/a".into(), bytes: pem(&[&one]), was: Was::Absent, mode: 0o644 };
    let twice = plan(vec![change("/etc/drop", vec![step.clone(), step], &[&one])]);
    assert!(world.apply(&twice).unwrap_err().to_string().contains("twice"));
    assert!(!world.on_disk("/etc/drop/a").exists());
}

/// `chattr +i` is found before anything is changed, not when it is renamed over.
#[cfg(target_os = "linux")]
#[test]
fn what_is_immutable_is_refused_beforehand() {
    let world = World::new();
    let plan = world.all_kinds();
    let path = world.on_disk("/etc/drop/old.pem");
    let chattr = |flag: &str| {
        let ran =
            std::process::Command::new("chattr").arg(flag).arg(&path).stderr(std::process::Stdio::null()).status();
        ran.is_ok_and(|status| status.success())
    };
    if !chattr("+i") {
        eprintln!("skipped: chattr +i does nothing here");
        return;
    }
    // The flag is a change of its own.
    let before = world.picture();
    let error = world.apply(&plan).unwrap_err();
    assert!(chattr("-i"));
    assert!(matches!(&error, ApplyError::Write(error) if error.hint().unwrap().contains("chattr -i")), "{error}");
    assert_eq!(world.picture(), before);
}
