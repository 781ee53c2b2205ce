//! What a write keeps, and what it refuses, on Unix.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test makes what it reads, and says what it skips"
)]

use super::super::error::{Refusal, Step, WriteError};
use super::super::place::may_write;
use super::super::write::{Expect, WriteOptions, replace, replace_watched};
use crate::host::files::Tree;
use crate::model::Unreadable;
use crate::plan::WrittenBy;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    // The directory for temporary files may be behind a link.
    let target = directory.path().canonicalize().unwrap().join("ca.pem");
    (directory, target)
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

fn refused(target: &Path) -> Refusal {
    let before = fs::read(target).ok();
    let told = may_write(&Tree::live().unwrap(), target, WrittenBy::Castore);
    let refusal = match replace(target, b"new", WriteOptions::default()) {
        Err(WriteError::Refused { refusal, .. }) => refusal,
        other => panic!("{other:?}"),
    };
    match told {
        Err(WriteError::Refused { refusal: told, .. }) => assert_eq!(told, refusal),
        other => assert!(matches!((&other, &refusal), (Ok(None), Refusal::Unreadable(_))), "{other:?}: {refusal}"),
    }
    assert_eq!(fs::read(target).ok(), before);
    let names = fs::read_dir(target.parent().unwrap()).unwrap();
    assert!(names.into_iter().all(|entry| !entry.unwrap().file_name().to_string_lossy().contains("castore")));
    refusal
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn links_stay_links() {
    let (directory, target) = place();
    let root = directory.path().canonicalize().unwrap();
    fs::create_dir(root.join("real")).unwrap();
    fs::write(root.join("real/bundle"), "old").unwrap();
    symlink("real", root.join("linked")).unwrap();
    symlink("linked/bundle", &target).unwrap();
    let written =
        replace(&target, b"new", WriteOptions { expect: Expect::Bytes(b"old"), ..WriteOptions::default() }).unwrap();
    assert_eq!(written.path, root.join("real/bundle"));
    assert_eq!(written.links, [target.clone(), root.join("linked")]);
    assert_eq!(fs::read_link(&target).unwrap(), Path::new("linked/bundle"));
    assert_eq!(fs::read(root.join("real/bundle")).unwrap(), b"new");
    let made =
        replace(&root.join("linked/more"), b"x", WriteOptions { expect: Expect::Absent, ..WriteOptions::default() })
            .unwrap();
    assert_eq!(made.path, root.join("real/more"));
}

/// A report is read by another account, whatever umask it was made under; a file that is there stays whose it is.
#[test]
fn a_new_file_has_the_mode_that_was_asked_for() {
    let (_directory, target) = place();
    let options = WriteOptions { mode: Some(0o604), ..WriteOptions::default() };
    replace(&target, b"new", options).unwrap();
    assert_eq!(fs::metadata(&target).unwrap().mode() & 0o7777, 0o604);
    mode(&target, 0o640);
    replace(&target, b"newer", options).unwrap();
    assert_eq!(fs::metadata(&target).unwrap().mode() & 0o7777, 0o640);
}

#[test]
fn a_link_to_nothing_is_not_written_through() {
    let (directory, target) = place();
    symlink("nowhere", &target).unwrap();
    assert_eq!(refused(&target), Refusal::Unreadable(Unreadable::Dangling));
    assert!(!directory.path().join("nowhere").exists());
}

#[test]
fn mode_is_kept_and_a_new_file_gets_the_users_own() {
    let (directory, target) = place();
    for bits in [0o644, 0o600, 0o444, 0o664] {
        fs::write(&target, "old").unwrap();
        mode(&target, bits);
        replace(&target, b"new", WriteOptions::default()).unwrap();
        assert_eq!(fs::metadata(&target).unwrap().mode() & 0o7777, bits);
        fs::remove_file(&target).unwrap();
    }
    replace(&target, b"new", WriteOptions::default()).unwrap();
    let any_other = directory.path().join("any other");
    fs::write(&any_other, "").unwrap();
    assert_eq!(fs::metadata(&target).unwrap().mode(), fs::metadata(&any_other).unwrap().mode());
}

#[test]
fn the_owner_is_kept() {
    if !is_root() {
        eprintln!("skipped: only root may give files away");
        return;
    }
    let (_directory, target) = place();
    fs::write(&target, "old").unwrap();
    std::os::unix::fs::chown(&target, Some(1234), Some(4321)).unwrap();
    replace(&target, b"new", WriteOptions::default()).unwrap();
    let kept = fs::metadata(&target).unwrap();
    assert_eq!((kept.uid(), kept.gid()), (1234, 4321));
}

#[cfg(target_os = "linux")]
#[test]
fn extended_attributes_and_access_control_lists_are_kept() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    let (directory, target) = place();
    fs::write(&target, "old").unwrap();
    // Version 2; owner rw-, user 7 r--, group r--, mask r--, other --- (linux/posix_acl_xattr.h).
    let acl = |user: u8| {
        let entry = |tag: u16, permissions: u16, id: u32| {
            [&tag.to_le_bytes()[..], &permissions.to_le_bytes(), &id.to_le_bytes()].concat()
        };
        let none = u32::MAX;
        let entries =
            [entry(1, 6, none), entry(2, 4, user.into()), entry(4, 4, none), entry(16, 4, none), entry(32, 0, none)];
        [&2_u32.to_le_bytes()[..], &entries.concat()].concat()
    };
    let mut set = vec![("user.note", vec![b'x'; 3000]), ("system.posix_acl_access", acl(7))];
    if is_root() {
        set.push(("security.selinux", b"system_u:object_r:cert_t:s0\0".to_vec()));
    }
    set.retain(|(name, value)| match setxattr(&target, *name, value, XattrFlags::empty()) {
        Ok(()) => true,
        Err(error) => {
            eprintln!("skipped: {name} cannot be set here: {error}");
            false
        }
    });
    // What the directory gives to new files must not stay.
    let _ = setxattr(directory.path(), "system.posix_acl_default", &acl(9), XattrFlags::empty());
    replace(&target, b"new", WriteOptions::default()).unwrap();
    for (name, value) in set {
        let mut kept = vec![0; 4096];
        let length = getxattr(&target, name, &mut kept[..]).unwrap();
        assert_eq!(kept[..length], value, "{name}");
    }
    assert_eq!(fs::read(&target).unwrap(), b"new");
}

#[cfg(target_os = "linux")]
#[test]
fn a_signature_of_the_old_content_ends_it() {
    let (_directory, target) = place();
    fs::write(&target, "old").unwrap();
    if rustix::fs::setxattr(&target, "security.ima", b"\x03signature", rustix::fs::XattrFlags::empty()).is_err() {
        eprintln!("skipped: security.ima cannot be set here");
        return;
    }
    let error = replace(&target, b"new", WriteOptions::default()).unwrap_err();
    assert_eq!(error.step(), Step::KeepAttributes);
    assert_eq!(fs::read(&target).unwrap(), b"old");
}

#[test]
fn a_file_of_two_names_is_refused() {
    let (directory, target) = place();
    fs::write(&target, "old").unwrap();
    fs::hard_link(&target, directory.path().join("second")).unwrap();
    assert_eq!(refused(&target), Refusal::HardLinked(2));
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_is_refused() {
    let (_directory, target) = place();
    rustix::fs::mknodat(rustix::fs::CWD, &target, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    let error = replace(&target, b"new", WriteOptions::default()).unwrap_err();
    assert!(error.to_string().ends_with("ca.pem: expected a regular file, found a FIFO"), "{error}");
}

#[test]
fn directories_that_others_may_write_are_refused() {
    let (_directory, target) = place();
    let parent = target.parent().unwrap().to_path_buf();
    fs::create_dir(parent.join("below")).unwrap();
    let below = parent.join("below/ca.pem");
    for path in [&target, &below] {
        fs::write(path, "old").unwrap();
    }
    for bits in [0o777, 0o775, 0o707] {
        mode(&parent, bits);
        let expected = Refusal::WritableByOthers { path: parent.clone(), mode: bits };
        assert_eq!(refused(&target), expected);
        assert_eq!(refused(&parent.join("new.pem")), expected);
        assert_eq!(refused(&below), expected, "they could rename the directory");
    }
    mode(&parent, 0o1777);
    replace(&target, b"new", WriteOptions::default()).unwrap();
    replace(&below, b"new", WriteOptions::default()).unwrap();
    mode(&parent, 0o700);
}

#[test]
fn what_others_own_on_the_way_is_refused() {
    if !is_root() {
        eprintln!("skipped: only root may give files away");
        return;
    }
    let (_directory, target) = place();
    let parent = target.parent().unwrap().to_path_buf();
    fs::create_dir(parent.join("theirs")).unwrap();
    fs::create_dir(parent.join("theirs/ours")).unwrap();
    fs::write(parent.join("theirs/ours/ca.pem"), "old").unwrap();
    symlink("theirs/ours/ca.pem", parent.join("link")).unwrap();
    let theirs = |path: &Path| std::os::unix::fs::lchown(path, Some(1234), Some(1234)).unwrap();
    let foreign = |path: &Path| Refusal::ForeignOwner { path: path.to_path_buf(), owner: 1234, user: 0 };
    theirs(&parent.join("theirs"));
    for path in ["theirs/new", "theirs/ours/ca.pem", "link"] {
        assert_eq!(refused(&parent.join(path)), foreign(&parent.join("theirs")), "{path}");
    }
    let tree = Tree::live().unwrap();
    let in_theirs = may_write(&tree, &parent.join("theirs/ours"), WrittenBy::Command);
    assert!(
        matches!(in_theirs, Err(WriteError::Refused { refusal, .. }) if refusal == foreign(&parent.join("theirs")))
    );
    assert_eq!(may_write(&tree, &parent, WrittenBy::Castore).unwrap(), Some(parent.clone()));
    // In a directory for everybody only their own files are theirs to exchange.
    mode(&parent, 0o1777);
    fs::write(&target, "old").unwrap();
    theirs(&target);
    assert_eq!(refused(&target), foreign(&target));
    symlink("/etc/hostname", parent.join("planted")).unwrap();
    theirs(&parent.join("planted"));
    let planted = replace(&parent.join("planted"), b"new", WriteOptions::default()).unwrap_err();
    assert!(planted.to_string().contains("found uid 1234"), "{planted}");
}

#[test]
fn a_directory_that_may_not_be_written_is_said_to_be_one() {
    if is_root() {
        eprintln!("skipped: root may write everywhere");
        return;
    }
    let (_directory, target) = place();
    let parent = target.parent().unwrap().to_path_buf();
    fs::write(&target, "old").unwrap();
    mode(&parent, 0o500);
    let error = replace(&target, b"new", WriteOptions::default()).unwrap_err();
    assert_eq!(error.step(), Step::CreateTemporary);
    assert!(error.hint().unwrap().starts_with("run castore as the owner of the directory, or as root"));
    mode(&parent, 0o700);
}

#[test]
fn a_change_of_mode_or_a_new_file_in_the_last_moment_is_seen() {
    let (_directory, target) = place();
    let at = |wanted: Step, change: &dyn Fn()| {
        let result = replace_watched(&target, b"new", WriteOptions::default(), &mut |step| {
            if step == wanted {
                change();
            }
            Ok(())
        });
        assert!(matches!(result, Err(WriteError::Refused { refusal: Refusal::Changed, .. })), "{wanted:?}: {result:?}");
        assert_eq!(fs::read(&target).unwrap(), b"theirs", "{wanted:?}");
    };
    for step in [Step::Recheck, Step::Rename] {
        at(step, &|| fs::write(&target, "theirs").unwrap());
        fs::remove_file(&target).unwrap();
    }
    fs::write(&target, "theirs").unwrap();
    mode(&target, 0o644);
    at(Step::Recheck, &|| mode(&target, 0o600));
    at(Step::Recheck, &|| fs::hard_link(&target, target.with_extension("second")).unwrap());
}

#[test]
fn a_directory_that_is_moved_away_takes_the_write_with_it() {
    let (_directory, target) = place();
    let root = target.parent().unwrap();
    fs::create_dir(root.join("d")).unwrap();
    fs::create_dir(root.join("outside")).unwrap();
    fs::write(root.join("d/ca.pem"), "old").unwrap();
    fs::write(root.join("outside/ca.pem"), "canary").unwrap();
    let result = replace_watched(&root.join("d/ca.pem"), b"new", WriteOptions::default(), &mut |step| {
        if step == Step::CreateTemporary {
            fs::rename(root.join("d"), root.join("moved"))?;
            symlink("outside", root.join("d"))?;
        }
        Ok(())
    });
    assert_eq!(result.unwrap_err().step(), Step::ReadBack);
    assert_eq!(fs::read(root.join("outside/ca.pem")).unwrap(), b"canary");
    assert_eq!(fs::read(root.join("moved/ca.pem")).unwrap(), b"new");
}

#[test]
fn a_reader_always_sees_one_whole_file() {
    let (_directory, target) = place();
    let contents = [vec![b'a'; 100_000], vec![b'b'; 150_000]];
    fs::write(&target, &contents[0]).unwrap();
    let stop = AtomicBool::new(false);
    let torn = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut torn = 0;
            while !stop.load(Ordering::Relaxed) {
                torn += usize::from(!fs::read(&target).is_ok_and(|bytes| contents.contains(&bytes)));
            }
            torn
        });
        let write = |turn: usize| replace(&target, &contents[turn % 2], WriteOptions::default()).is_ok();
        let written = (1..60).all(write);
        stop.store(true, Ordering::Relaxed);
        (written, reader.join().unwrap())
    });
    assert_eq!(torn, (true, 0));
}

/// A report where another account owns the directory on the way, as `/var/lib/prometheus` of Debian is.
mod reports {
    use super::super::super::report::{write_anew, write_report};
    use super::*;

    const OTHER: u32 = 65_534;

    /// A directory below one of another account, that account's directory, and a file of root's elsewhere.
    struct World {
        _directory: TempDir,
        theirs: PathBuf,
        target: PathBuf,
        secret: PathBuf,
    }

    fn world() -> Option<World> {
        if !is_root() {
            println!("skipped: only root can give a directory away");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let (theirs, secret) = (root.join("prometheus"), root.join("etc/secret"));
        fs::create_dir_all(theirs.join("node-exporter")).unwrap();
        fs::create_dir(root.join("etc")).unwrap();
        fs::write(&secret, "private").unwrap();
        mode(&secret, 0o600);
        std::os::unix::fs::chown(&theirs, Some(OTHER), Some(OTHER)).unwrap();
        let target = theirs.join("node-exporter/castore.prom");
        Some(World { _directory: directory, theirs, target, secret })
    }

    impl World {
        fn is_untouched(&self) {
            let found = fs::metadata(&self.secret).unwrap();
            assert_eq!((found.uid(), found.mode() & 0o7777), (0, 0o600));
            assert_eq!(fs::read(&self.secret).unwrap(), b"private");
            let names: Vec<_> = fs::read_dir(self.secret.parent().unwrap()).unwrap().collect();
            assert_eq!(names.len(), 1);
        }
    }

    fn names(directory: &Path) -> Vec<String> {
        let names = fs::read_dir(directory).unwrap();
        names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    fn is_of_root(path: &Path, bits: u32) {
        let found = fs::symlink_metadata(path).unwrap();
        assert_eq!((found.is_file(), found.uid(), found.gid(), found.mode() & 0o7777), (true, 0, 0, bits));
    }

    #[test]
    fn are_written_where_a_store_is_not() {
        let Some(world) = world() else { return };
        assert!(matches!(refused(&world.target), Refusal::ForeignOwner { owner: OTHER, .. }));
        for text in ["one", "two"] {
            assert_eq!(write_report(&world.target, text.as_bytes(), 0o644).unwrap(), world.target);
            assert_eq!(fs::read(&world.target).unwrap(), text.as_bytes());
            is_of_root(&world.target, 0o644);
        }
        assert_eq!(names(&world.theirs.join("node-exporter")), ["castore.prom"]);
        mode(&world.target, 0o600);
        write_report(&world.target, b"three", 0o644).unwrap();
        is_of_root(&world.target, 0o600);
        // In the directory of theirs itself, too, and over a file of theirs, of which nothing is kept.
        let own = world.theirs.join("castore.prom");
        fs::write(&own, "theirs").unwrap();
        mode(&own, 0o6777);
        std::os::unix::fs::chown(&own, Some(OTHER), Some(OTHER)).unwrap();
        write_report(&own, b"new", 0o644).unwrap();
        is_of_root(&own, 0o644);
        world.is_untouched();
    }

    #[test]
    fn of_a_file_of_roots_no_more_bits_are_taken_than_to_read() {
        let Some(world) = world() else { return };
        fs::write(&world.target, "old").unwrap();
        mode(&world.target, 0o4776);
        write_report(&world.target, b"new", 0o644).unwrap();
        is_of_root(&world.target, 0o644);
    }

    #[test]
    fn are_not_led_elsewhere_by_links() {
        let Some(world) = world() else { return };
        symlink(&world.secret, &world.target).unwrap();
        std::os::unix::fs::lchown(&world.target, Some(OTHER), Some(OTHER)).unwrap();
        let refusal = |path: &Path| match write_report(path, b"new", 0o644) {
            Err(WriteError::Refused { refusal, .. }) => refusal,
            other => panic!("{other:?}"),
        };
        assert!(matches!(refusal(&world.target), Refusal::ForeignOwner { .. }));
        // One of root's that stands where they can exchange it.
        fs::remove_file(&world.target).unwrap();
        symlink(&world.secret, &world.target).unwrap();
        assert!(matches!(refusal(&world.target), Refusal::ForeignOwner { .. }));
        // One in the place of the directory.
        fs::remove_file(&world.target).unwrap();
        fs::remove_dir(world.theirs.join("node-exporter")).unwrap();
        symlink(world.secret.parent().unwrap(), world.theirs.join("node-exporter")).unwrap();
        assert!(matches!(refusal(&world.target), Refusal::ForeignOwner { .. }));
        world.is_untouched();
    }

    /// At every step the owner puts links in the place of the directory, of the report and of whatever castore made.
    #[test]
    fn are_not_led_elsewhere_while_they_are_written() {
        for at in [
            Step::OpenDirectory,
            Step::CheckDirectory,
            Step::OpenOld,
            Step::CreateTemporary,
            Step::Write,
            Step::KeepAttributes,
            Step::SyncFile,
            Step::Rename,
            Step::SyncDirectory,
            Step::ReadBack,
        ] {
            for directory in [true, false] {
                let Some(world) = world() else { return };
                let mut plant = |step: Step| {
                    if step != at {
                        return Ok(());
                    }
                    let below = world.theirs.join("node-exporter");
                    if directory {
                        fs::rename(&below, world.theirs.join("away"))?;
                        return symlink(world.secret.parent().unwrap(), &below);
                    }
                    for name in names(&below) {
                        fs::remove_file(below.join(&name))?;
                        symlink(&world.secret, below.join(&name))?;
                    }
                    let _ = symlink(&world.secret, &world.target);
                    Ok(())
                };
                let written = write_anew(&world.target, b"new", 0o644, &mut plant);
                world.is_untouched();
                let is_before_opened = at == Step::OpenDirectory && directory;
                assert!(!(is_before_opened && written.is_ok()), "{at}");
                if written.is_ok() {
                    let written = if directory { world.theirs.join("away/castore.prom") } else { world.target.clone() };
                    assert_eq!(fs::read(written).unwrap(), b"new", "{at}");
                }
            }
        }
    }

    /// A second name of a private file is not read, and the file stays as it is.
    #[test]
    fn are_not_the_file_that_has_the_name() {
        let Some(world) = world() else { return };
        fs::hard_link(&world.secret, &world.target).unwrap();
        write_anew(&world.target, b"new", 0o644, &mut |_| Ok(())).unwrap();
        is_of_root(&world.target, 0o600);
        world.is_untouched();
        fs::remove_file(&world.target).unwrap();
        nix::unistd::mkfifo(&world.target, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(write_report(&world.target, b"new", 0o644).is_err(), "a pipe is not waited for");
    }

    #[test]
    fn what_was_left_is_removed_and_what_is_in_use_is_not() {
        let Some(world) = world() else { return };
        let below = world.theirs.join("node-exporter");
        let (left, theirs) = (below.join(".castore-0.tmp"), below.join(".castore-1.tmp"));
        fs::write(&left, "left").unwrap();
        fs::write(&theirs, "theirs").unwrap();
        std::os::unix::fs::chown(&theirs, Some(OTHER), Some(OTHER)).unwrap();
        fs::create_dir(below.join(".castore-2.tmp")).unwrap();
        let used = fs::File::create(below.join(".castore-3.tmp")).unwrap();
        rustix::fs::flock(&used, rustix::fs::FlockOperation::NonBlockingLockExclusive).unwrap();
        write_report(&world.target, b"new", 0o644).unwrap();
        let mut names = names(&below);
        names.sort();
        assert_eq!(names, [".castore-1.tmp", ".castore-2.tmp", ".castore-3.tmp", "castore.prom"]);
    }
}
