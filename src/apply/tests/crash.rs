//! A process that ends at any point of a run, and the next one.
//!
//! The whole tree and the state directory are copied at every point, as a kill would leave them, and the next run begins
//! from each copy.

use super::world::{World, leftovers, picture};
use crate::apply::carry::{Point, apply_watched};
use crate::apply::{Event, Recovered, history, undo};
use std::fs;
use std::path::Path;

/// Copies a tree with links, owners, modes and times.
fn copy(from: &Path, to: &Path) {
    let done = std::process::Command::new("cp").args(["-a"]).arg(from).arg(to).status().unwrap();
    assert!(done.success());
}

#[test]
fn whenever_it_ends_the_next_run_finishes_or_takes_back() {
    let world = World::new();
    let plan = world.all_kinds();
    let before = world.picture();
    let kept = tempfile::tempdir().unwrap();
    let mut points: Vec<Point> = Vec::new();
    let mut hook = |point| {
        let place = kept.path().join(points.len().to_string());
        fs::create_dir(&place).unwrap();
        for what in ["root", "state"] {
            copy(&world.base.join(what), &place.join(what));
        }
        points.push(point);
        Ok(())
    };
    apply_watched(&plan, &world.options(), &mut |_| {}, &mut hook).unwrap();
    let after = world.picture();
    let (mut finished, mut taken_back) = (0, 0);
    for (number, point) in points.iter().enumerate() {
        for what in ["root", "state"] {
            fs::remove_dir_all(world.base.join(what)).unwrap();
            copy(&kept.path().join(number.to_string()).join(what), &world.base.join(what));
        }
        // Any next run will do: this one finds nothing to undo, or undoes.
        let mut recovered: Vec<Recovered> = Vec::new();
        let mut watch = |event: Event<'_>| {
            if let Event::Recovered(what) = event {
                recovered.push(what.clone());
            }
        };
        let undone = undo(Some("none"), &world.options(), &mut watch);
        assert!(undone.is_err(), "no run has this id");
        assert_eq!(leftovers(&world.base), [] as [std::path::PathBuf; 0], "{point:?}");
        let now = picture(&world.root);
        let runs = history(&world.state).unwrap();
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
