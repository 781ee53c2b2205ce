//! Runs undone.

use super::world::{World, change, exactly, leftovers, pem, plan, refresh};
#[cfg(target_os = "linux")]
use crate::apply::sys::Attributes;
use crate::apply::{ApplyError, history, undo};
use crate::format::tests::authority;
use std::fs;

#[test]
fn all_is_as_it_was() {
    let world = World::new();
    let plan = world.all_kinds();
    let (before, exact) = (world.picture(), exactly(&world.root));
    world.apply(&plan).unwrap();
    let after = world.picture();
    assert_ne!(after, before);
    let undone = world.undo().unwrap();
    assert_eq!((undone.id.as_deref(), undone.changed.len()), (Some("2"), 5));
    assert_eq!(exactly(&world.root), exact);
    assert_eq!(leftovers(&world.base), [] as [std::path::PathBuf; 0]);
    let runs = history(&world.state).unwrap().runs;
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
        Err(ApplyError::NotAsLeft { path, differs }) => {
            assert!(path.ends_with("new.pem") && differs.starts_with("expected the SHA-256 "), "{differs}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(world.picture(), before);
    let told = || history(&world.state).unwrap().runs[0].changed.iter().map(|(_, how)| how.clone()).collect::<String>();
    assert!(told().starts_with("expected the SHA-256 "), "{}", told());
    // What cannot be undone is told, and why: the other name would keep what castore wrote.
    fs::hard_link(world.on_disk("/etc/drop/new.pem"), world.on_disk("/etc/second.pem")).unwrap();
    assert!(told().ends_with("found 2 hard links"), "{}", told());
    fs::remove_file(world.on_disk("/etc/second.pem")).unwrap();
    fs::remove_file(world.on_disk("/etc/drop/new.pem")).unwrap();
    let error = world.undo().unwrap_err();
    assert!(
        error.to_string().ends_with("new.pem: changed since castore wrote it: expected a file, found nothing"),
        "{error}"
    );
    assert_eq!(error.hint().as_deref(), Some("nothing was undone; only what is as castore left it can be"));
}

#[test]
fn runs_are_undone_one_after_the_other() {
    let world = World::new();
    let roots = ["One", "Two", "Three"].map(authority);
    world.write("/etc/ssl/bundle.pem", pem(&[&roots[0]]));
    let mut before = Vec::new();
    for count in 2..=3 {
        before.push(world.picture());
        let held: Vec<&Vec<u8>> = roots[..count].iter().collect();
        let steps = vec![world.rewrite("/etc/ssl/bundle.pem", &pem(&held))];
        world.apply(&plan(vec![change("/etc/ssl/bundle.pem", steps, &held)])).unwrap();
    }
    // The second stands on the first.
    assert!(matches!(undo(Some("1"), &world.options(), &mut |_| {}), Err(ApplyError::NotAsLeft { .. })));
    for before in before.into_iter().rev() {
        world.undo().unwrap();
        assert_eq!(world.picture(), before);
    }
}

#[cfg(unix)]
#[test]
fn another_mode_since_is_a_change() {
    use std::os::unix::fs::PermissionsExt;
    for file in ["/etc/ssl/bundle.pem", "/etc/drop/new.pem"] {
        let world = World::new();
        world.apply(&world.all_kinds()).unwrap();
        let before = fs::metadata(world.on_disk(file)).unwrap().permissions();
        fs::set_permissions(world.on_disk(file), PermissionsExt::from_mode(0o600)).unwrap();
        match world.undo() {
            Err(ApplyError::NotAsLeft { path, differs }) => {
                assert_eq!((path.as_path(), differs.as_str()), (file.as_ref(), "expected mode 0644, found 0600"));
            }
            other => panic!("{other:?}"),
        }
        fs::set_permissions(world.on_disk(file), before).unwrap();
        world.undo().unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn another_attribute_since_is_a_change() {
    use rustix::fs::{XattrFlags, removexattr, setxattr};
    let world = World::new();
    world.write("/etc/ssl/bundle.pem", "");
    let path = world.on_disk("/etc/ssl/bundle.pem");
    let set = |value: &[u8]| setxattr(&path, "user.note", value, XattrFlags::empty());
    if set(b"kept").is_err() {
        eprintln!("skipped: user.note cannot be set here");
        return;
    }
    world.apply(&world.all_kinds()).unwrap();
    let refused = |said: &str| match world.undo() {
        Err(ApplyError::NotAsLeft { path, differs }) => assert!(path.ends_with("bundle.pem") && differs == said),
        other => panic!("{other:?}"),
    };
    set(b"theirs").unwrap();
    refused("expected attribute user.note as it was, found another value");
    removexattr(&path, "user.note").unwrap();
    refused("expected attribute user.note, found none");
    set(b"kept").unwrap();
    world.undo().unwrap();
}

/// What a store may be besides its octets: in every combination kept by a write, and put back exactly.
#[cfg(target_os = "linux")]
#[test]
fn owner_mode_attributes_and_links_are_kept_in_every_combination() {
    use rustix::fs::{XattrFlags, setxattr};
    let is_root = rustix::process::geteuid().is_root();
    let (one, two) = (authority("One"), authority("Two"));
    let mut cannot_be_set = std::collections::BTreeSet::new();
    for combination in 0..64_u32 {
        let has = |bit: u32| combination & (1 << bit) != 0;
        let world = World::new();
        let path = world.on_disk("/etc/ssl/bundle.pem");
        fs::write(&path, pem(&[&one])).unwrap();
        if has(0) && is_root {
            std::os::unix::fs::chown(&path, Some(1234), Some(4321)).unwrap();
        }
        let bits = if has(1) { 0o640 } else { 0o444 };
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(bits)).unwrap();
        // Version 2; owner rw-, user 7 r--, group r--, mask r--, other --- (linux/posix_acl_xattr.h).
        let entry = |tag: u16, permissions: u16, id: u32| {
            [&tag.to_le_bytes()[..], &permissions.to_le_bytes(), &id.to_le_bytes()].concat()
        };
        let none = u32::MAX;
        let entries = [entry(1, 6, none), entry(2, 4, 7), entry(4, 4, none), entry(16, 4, none), entry(32, 0, none)];
        let acl = [&2_u32.to_le_bytes()[..], &entries.concat()].concat();
        let label = b"system_u:object_r:cert_t:s0\0".to_vec();
        let wanted = [
            (2, "system.posix_acl_access", acl),
            (3, "user.note", b"kept\0\xff".to_vec()),
            (4, "security.selinux", label),
        ];
        for (_, name, value) in wanted.iter().filter(|(bit, ..)| has(*bit)) {
            if setxattr(&path, *name, value, XattrFlags::empty()).is_err() {
                cannot_be_set.insert(*name);
            }
        }
        if has(5) {
            super::world::symlink("bundle.pem", &world.on_disk("/etc/ssl/cert.pem"));
        }
        let steps = vec![world.rewrite("/etc/ssl/bundle.pem", &pem(&[&one, &two]))];
        let (before, attributes) = (exactly(&world.root), attributes(&world));
        world.apply(&plan(vec![change("/etc/ssl/bundle.pem", steps, &[&one, &two])])).unwrap();
        assert_eq!(world.read("/etc/ssl/bundle.pem"), pem(&[&one, &two]));
        let kept = self::attributes(&world);
        let at_any_time = |a: &Attributes| Attributes { modified: (0, 0), accessed: (0, 0), ..a.clone() };
        assert_eq!(at_any_time(&kept), at_any_time(&attributes), "{combination:06b}");
        world.undo().unwrap();
        assert_eq!(exactly(&world.root), before, "{combination:06b}");
    }
    if !cannot_be_set.is_empty() {
        eprintln!("skipped: {cannot_be_set:?} cannot be set here");
    }
}

#[cfg(target_os = "linux")]
fn attributes(world: &World) -> Attributes {
    match exactly(&world.root).remove(std::path::Path::new("etc/ssl/bundle.pem")) {
        Some(super::world::Thing::File(_, attributes)) => attributes,
        other => panic!("{other:?}"),
    }
}

/// A run of commands alone wrote nothing that could be put back, and is not passed off as undone.
#[test]
fn a_run_that_wrote_nothing_is_not_undone() {
    let world = World::new();
    let mut refreshed = plan(vec![]);
    refreshed.refreshes.push(refresh());
    assert_eq!(world.apply(&refreshed).unwrap().id.as_deref(), Some("1"));
    assert!(!history(&world.state).unwrap().runs[0].is_open());
    assert!(matches!(world.undo(), Err(ApplyError::NothingToUndo)));
    let named = undo(Some("1"), &world.options(), &mut |_| {});
    assert!(matches!(named, Err(ApplyError::WroteNothing(id)) if id == "1"));
}
