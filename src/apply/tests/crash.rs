//! A process that ends at any point of a run, and the next one.
//!
//! The whole tree and the state directory are copied at every point, as a kill would leave them, and the next run begins
//! from each copy.

use super::world::{World, change, leftovers, pem, picture, plan, refresh};
use crate::apply::carry::{Point, apply_watched};
use crate::apply::undo::undo_watched;
use crate::apply::{ApplyError, Event, Left, Outcome, Recovered, Step, history, undo};
use crate::format::tests::authority;
use std::fs;
use std::io;
use std::path::Path;

/// Copies a tree with links, owners, modes and times.
fn copy(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").args(["-a"]).arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

/// Keeps what is on the disk at every point of a run.
pub(super) struct Kept<'w> {
    world: &'w World,
    place: tempfile::TempDir,
    points: Vec<Point>,
}

impl<'w> Kept<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self { world, place: tempfile::tempdir().unwrap(), points: Vec::new() }
    }

    pub(super) fn keep(&mut self, point: Point) {
        let place = self.place.path().join(self.points.len().to_string());
        fs::create_dir(&place).unwrap();
        for what in ["root", "state"] {
            copy(&self.world.base.join(what), &place.join(what));
        }
        self.points.push(point);
    }

    /// Makes the disk what it was at a point.
    pub(super) fn restore(&self, number: usize) {
        let kept = self.place.path().join(number.to_string());
        // The root itself stays: another one would not be mended.
        for entry in fs::read_dir(&self.world.root).unwrap() {
            fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
        copy(&kept.join("root/."), &self.world.root);
        fs::remove_dir_all(&self.world.state).unwrap();
        copy(&kept.join("state"), &self.world.state);
    }
}

/// Begins a run that only mends.
fn mend(world: &World) -> Vec<Recovered> {
    let mut recovered: Vec<Recovered> = Vec::new();
    let mut watch = |event: Event<'_>| {
        if let Event::Recovered(what) = event {
            recovered.push(what.clone());
        }
    };
    let undone = undo(Some("none"), &world.options(), &mut watch);
    assert!(undone.is_err(), "no run has this id");
    assert_eq!(leftovers(&world.base), [] as [std::path::PathBuf; 0]);
    recovered
}

#[test]
fn whenever_it_ends_the_next_run_finishes_or_takes_back() {
    let world = World::new();
    let plan = world.all_kinds();
    let before = world.picture();
    let mut kept = Kept::new(&world);
    let mut hook = |point| {
        kept.keep(point);
        Ok(())
    };
    apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap();
    let after = world.picture();
    let (mut finished, mut taken_back) = (0, 0);
    for (number, point) in kept.points.iter().enumerate() {
        kept.restore(number);
        let recovered = mend(&world);
        let (now, runs) = (world.picture(), history(&world.state).unwrap().runs);
        match recovered.as_slice() {
            [one] if one.finished => {
                finished += 1;
                assert_eq!((&now, runs.len()), (&after, 1), "{point:?}");
                world.undo().unwrap();
                assert_eq!(world.picture(), before, "{point:?}");
            }
            [_] => {
                taken_back += 1;
                assert_eq!((&now, runs.len()), (&before, 0), "{point:?}");
            }
            [] => assert!(now == before && runs.is_empty() || now == after && runs.len() == 1, "{point:?}"),
            many => panic!("{many:?}"),
        }
    }
    assert!(finished > 5 && taken_back > 5, "{finished} finished, {taken_back} taken back");
}

#[test]
fn an_undoing_that_ends_is_finished_or_taken_back_too() {
    let world = World::new();
    let plan = world.all_kinds();
    let before = world.picture();
    world.apply(&plan).unwrap();
    let after = world.picture();
    let mut kept = Kept::new(&world);
    let mut hook = |point| {
        kept.keep(point);
        Ok(())
    };
    undo_watched(None, &world.options(), &mut |_| {}, &mut hook).unwrap();
    assert_eq!(world.picture(), before);
    for (number, point) in kept.points.iter().enumerate() {
        kept.restore(number);
        let is_undone = mend(&world).iter().any(|recovered| recovered.finished);
        let is_undone = is_undone || history(&world.state).unwrap().runs.len() == 2;
        assert_eq!(world.picture(), if is_undone { before.clone() } else { after.clone() }, "{point:?}");
        if !is_undone {
            world.undo().unwrap();
            assert_eq!(world.picture(), before, "{point:?}");
        }
    }
}

/// An error after the last rename, and another while it is taken back.
#[test]
fn what_cannot_be_taken_back_at_once_the_next_run_takes_back() {
    let last = Point::Change(4, Step::ReadBack);
    let points = {
        let world = World::new();
        let mut points = Vec::new();
        let mut hook = |point| {
            points.push(point);
            if point == last { Err(io::ErrorKind::Other.into()) } else { Ok(()) }
        };
        apply_watched(&world.all_kinds(), &world.options(), &mut |_| {}, &mut hook).unwrap_err();
        points.retain(|point| matches!(point, Point::Back(..)));
        points
    };
    assert!(points.len() > 30, "{points:?}");
    for failing in points {
        let world = World::new();
        let plan = world.all_kinds();
        let before = world.picture();
        let mut hook = |point| match point == last || point == failing {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        };
        let error = apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err();
        assert!(matches!(error, ApplyError::Stuck { .. }), "{failing:?}: {error}");
        assert_eq!(leftovers(&world.base), [] as [std::path::PathBuf; 0], "{failing:?}");
        let recovered = mend(&world);
        let [one] = &recovered[..] else { panic!("{failing:?}: {recovered:?}") };
        // Where nothing was taken back all of it stands, and is finished.
        let is_all_new = matches!(failing, Point::Back(4, step) if step <= Step::Rename);
        assert_eq!((one.finished, one.left.len()), (is_all_new, 0), "{failing:?}");
        assert_eq!(world.picture() == before, !is_all_new, "{failing:?}");
        if is_all_new {
            world.undo().unwrap();
            assert_eq!(world.picture(), before, "{failing:?}");
        }
    }
}

/// That all stands was written down and could not be brought to the disk; the run is taken back, and killed there.
#[test]
fn a_run_that_is_being_taken_back_is_not_finished_though_it_stood() {
    let world = World::new();
    let plan = world.all_kinds();
    let before = world.picture();
    let committed = world.state.join("runs/1/committed");
    let mut kept = Kept::new(&world);
    let mut hook = |point| match point {
        Point::Committed => {
            fs::write(&committed, crate::apply::journal::seal(&true).unwrap()).unwrap();
            Err(io::ErrorKind::StorageFull.into())
        }
        Point::Back(..) => {
            kept.keep(point);
            Ok(())
        }
        _ => Ok(()),
    };
    apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err();
    assert_eq!(world.picture(), before);
    for (number, point) in kept.points.iter().enumerate() {
        kept.restore(number);
        let recovered = mend(&world);
        let [one] = &recovered[..] else { panic!("{point:?}: {recovered:?}") };
        let is_all_new = matches!(point, Point::Back(4, step) if *step <= Step::Rename);
        assert_eq!((one.finished, world.picture() == before), (is_all_new, !is_all_new), "{point:?}");
    }
    // Where it cannot be taken back that all stands, none of it is taken back.
    let world = World::new();
    let committed = world.state.join("runs/1/committed");
    let mut after = None;
    let mut hook = |point| match point {
        Point::Committed => {
            after = Some(world.read("/etc/ssl/bundle.pem"));
            fs::create_dir(&committed).unwrap();
            Err(io::ErrorKind::StorageFull.into())
        }
        _ => Ok(()),
    };
    let error = apply_watched(&world.all_kinds(), &world.options(), &mut |_| {}, &mut hook).unwrap_err();
    assert!(matches!(error, ApplyError::Stuck { .. }), "{error}");
    assert_eq!((Some(world.read("/etc/ssl/bundle.pem")), leftovers(&world.root)), (after, vec![]));
}

/// A command that takes the changes up, and that was killed with the run: whether it is done is said.
#[test]
fn a_refresh_that_is_not_finished_is_told() {
    let world = World::new();
    let mut plan = world.all_kinds();
    plan.refreshes.push(refresh());
    let mut kept = Kept::new(&world);
    let mut hook = |point| {
        if matches!(point, Point::Refresh | Point::Change(2, Step::Rename)) {
            kept.keep(point);
        }
        Ok(())
    };
    apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap();
    for number in 0..2 {
        kept.restore(number);
        let recovered = mend(&world);
        let [one] = &recovered[..] else { panic!("{recovered:?}") };
        let told =
            matches!(&one.unfinished[..], [(of, Outcome::NotRun(why))] if *of == refresh() && why.contains("root"));
        assert!(told && one.finished == (number == 1), "{one:?}");
    }
}

/// Someone else writes between the end and the next run: that stays, and all else is taken back.
#[test]
fn what_someone_else_changed_since_is_left_to_them() {
    let world = left_to_them(&|bundle| fs::write(bundle, "theirs").unwrap());
    assert_eq!(world.read("/etc/ssl/bundle.pem"), b"theirs");
}

/// Where the directory is exchanged behind the rename, the old octets are nowhere but in the backup.
#[cfg(unix)]
#[test]
fn what_was_replaced_and_is_not_found_again_is_kept() {
    let world = World::new();
    let (one, two) = (authority("One"), authority("Two"));
    let old = pem(&[&one]);
    world.write("/etc/ssl/bundle.pem", &old);
    let step = world.rewrite("/etc/ssl/bundle.pem", &pem(&[&one, &two]));
    let plan = plan(vec![change("/etc/ssl/bundle.pem", vec![step], &[&one, &two])]);
    let exchange = || {
        let directory = world.on_disk("/etc/ssl");
        fs::rename(&directory, world.on_disk("/etc/moved")).unwrap();
        std::os::unix::fs::symlink("moved", directory).unwrap();
    };
    let mut hook = |point| {
        if point == Point::Change(0, Step::ReadBack) {
            exchange();
        }
        Ok(())
    };
    let error = apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap_err();
    assert!(!matches!(error, ApplyError::Changed(_)), "{error}");
    assert_eq!(fs::read(world.state.join("runs/1/backup/0")).unwrap(), old, "{error}");
}

/// And where they put what castore never writes, that does not stand in the way of all else for ever.
#[cfg(unix)]
#[test]
fn what_someone_else_put_there_since_is_left_to_them() {
    let _ = left_to_them(&|bundle| fs::hard_link(bundle, bundle.with_extension("second")).unwrap());
    let _ = left_to_them(&|bundle| {
        fs::remove_file(bundle).unwrap();
        fs::create_dir(bundle).unwrap();
    });
    let _ = left_to_them(&|bundle| {
        fs::remove_file(bundle).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(bundle).status().unwrap().success());
    });
}

fn left_to_them(theirs: &dyn Fn(&Path)) -> World {
    let world = World::new();
    let plan = world.all_kinds();
    let mut kept = Kept::new(&world);
    let mut hook = |point| {
        if point == Point::Change(3, Step::Rename) {
            kept.keep(point);
        }
        Ok(())
    };
    let before = picture(&world.on_disk("/etc/drop"));
    let bundle = world.read("/etc/ssl/bundle.pem");
    apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap();
    kept.restore(0);
    theirs(&world.on_disk("/etc/ssl/bundle.pem"));
    let recovered = mend(&world);
    let kept_in = world.state.join("runs/1/backup/0");
    let left = [Left { path: "/etc/ssl/bundle.pem".into(), backup: Some(kept_in.clone()) }];
    assert!(matches!(&recovered[..], [one] if one.left == left), "{recovered:?}");
    assert_eq!(picture(&world.on_disk("/etc/drop")), before);
    assert_eq!(mend(&world), []);
    // It is what nobody else has.
    assert_eq!(fs::read(kept_in).unwrap(), bundle);
    assert!(matches!(&history(&world.state).unwrap().runs[..], [run] if run.left == left && !run.is_open()));
    drop(kept);
    world
}
