//! `Tree` over files that somebody arranged to be awkward.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test makes what it reads, and says what it skips"
)]

use super::super::files::Tree;
use super::super::{Files, Host, Kind, Pieces, Resolved, System, WalkedKind};
use super::live_user;
use crate::limits::SYMLINKS;
use crate::model::{Target, Unreadable};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const LIMIT: u64 = 1 << 20;

fn tree() -> (TempDir, Tree) {
    let directory = tempfile::tempdir().unwrap();
    let tree = Tree::at(directory.path()).unwrap();
    (directory, tree)
}

fn read(tree: &Tree, path: &str) -> Result<Vec<u8>, Unreadable> {
    tree.read(&tree.resolve(Path::new(path))?, LIMIT)
}

#[test]
fn links_stay_inside_the_root() {
    let (at, tree) = tree();
    let at = at.path();
    fs::create_dir_all(at.join("etc/ssl")).unwrap();
    fs::write(at.join("etc/hostname"), "inside").unwrap();
    symlink("/etc/hostname", at.join("absolute")).unwrap();
    symlink("../../../../../../etc/hostname", at.join("etc/ssl/escape")).unwrap();
    symlink("/etc", at.join("conf")).unwrap();
    for path in ["/absolute", "/etc/ssl/escape", "/conf/hostname", "/conf/ssl/../hostname", "/../../etc/hostname"] {
        assert_eq!(read(&tree, path).unwrap(), b"inside", "{path}");
    }
    let found = tree.resolve(Path::new("/conf/ssl/escape")).unwrap();
    assert_eq!(found.path, Path::new("/etc/hostname"));
    assert_eq!(found.links, [PathBuf::from("/conf"), PathBuf::from("/etc/ssl/escape")]);
    assert!(found.identity.is_some() && found.mode.is_some() && found.owner == live_user());
}

#[test]
fn a_change_of_content_or_attributes_is_seen() {
    let (at, tree) = tree();
    let path = at.path().join("store.pem");
    let changed = || tree.resolve(Path::new("/store.pem")).unwrap().changed.unwrap();
    fs::write(&path, "one").unwrap();
    let before = changed();
    // The clock of a file system goes on by some milliseconds at a time.
    std::thread::sleep(std::time::Duration::from_millis(20));
    let attributes = fs::File::options().write(true).open(&path).unwrap();
    attributes.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert!(changed() > before, "a time set back leaves ctime behind");
}

#[test]
fn nothing_there_is_told_apart() {
    let (at, tree) = tree();
    fs::write(at.path().join("file"), "").unwrap();
    symlink("nowhere", at.path().join("dangling")).unwrap();
    symlink("self", at.path().join("self")).unwrap();
    let resolve = |path: &str| tree.resolve(Path::new(path)).unwrap_err();
    assert_eq!(resolve("/none"), Unreadable::Absent);
    assert_eq!(resolve("/none/below"), Unreadable::Absent);
    assert_eq!(resolve("/file/below"), Unreadable::Absent);
    assert_eq!(resolve("/file/"), Unreadable::Absent);
    assert_eq!(resolve("/file/.."), Unreadable::Absent);
    assert_eq!(resolve("/dangling"), Unreadable::Dangling);
    assert_eq!(resolve("/self"), Unreadable::Loop);
    assert_eq!(Tree::at(at.path().join("none")).unwrap_err(), Unreadable::Absent);
    assert_eq!(Tree::at(at.path().join("file")).unwrap_err(), Unreadable::WrongKind("file"));
}

#[test]
fn forty_links_are_followed_and_no_more() {
    let (at, tree) = tree();
    fs::write(at.path().join("0"), "end").unwrap();
    for n in 1..=SYMLINKS + 1 {
        symlink((n - 1).to_string(), at.path().join(n.to_string())).unwrap();
    }
    assert_eq!(read(&tree, "/40").unwrap(), b"end");
    assert_eq!(read(&tree, "/41"), Err(Unreadable::Loop));
    assert_eq!(fs::read(at.path().join("40")).unwrap(), b"end", "the kernel's own bound");
    if cfg!(target_os = "linux") {
        assert!(fs::read(at.path().join("41")).is_err());
    }
}

#[test]
fn a_root_may_itself_be_reached_by_a_link() {
    let at = tempfile::tempdir().unwrap();
    fs::create_dir(at.path().join("real")).unwrap();
    fs::write(at.path().join("real/file"), "x").unwrap();
    symlink("real", at.path().join("link")).unwrap();
    let tree = Tree::at(at.path().join("link")).unwrap();
    assert_eq!(tree.resolve(Path::new("/")).unwrap().kind, Kind::Directory);
    assert_eq!(read(&tree, "/file").unwrap(), b"x");
    let mut met = Vec::new();
    tree.walk(Path::new("/"), &mut |walked| {
        met.push(walked.unwrap().path);
        true
    });
    assert_eq!(met, [PathBuf::from("/file")]);
}

#[cfg(target_os = "linux")]
#[test]
fn names_need_not_be_utf8() {
    let (at, tree) = tree();
    let name = OsStr::from_bytes(b"caf\xe9.pem");
    fs::write(at.path().join(name), "latin").unwrap();
    symlink(name, at.path().join("link")).unwrap();
    assert_eq!(read(&tree, "/link").unwrap(), b"latin");
    let found = tree.resolve(&Path::new("/").join(name)).unwrap();
    assert_eq!(found.path, Path::new("/").join(name));
    let listed = tree.list(&tree.resolve(Path::new("/")).unwrap()).unwrap();
    assert_eq!(listed[0].name, name);
    assert_eq!(listed[1].target, Target::Link(name.into()));
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_no_file_is_neither_read_nor_waited_for() {
    use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
    let (at, tree) = tree();
    mknodat(CWD, at.path().join("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = UnixListener::bind(at.path().join("socket")).unwrap();
    let device = mknodat(CWD, at.path().join("zero"), FileType::CharacterDevice, Mode::RWXU, makedev(1, 5));
    symlink("/dev/zero", at.path().join("outside")).unwrap();
    let expected = [("/fifo", "FIFO"), ("/socket", "socket"), ("/zero", "character device")];
    for (path, name) in expected {
        if path == "/zero" && device.is_err() {
            eprintln!("skipped: no permission to make a device");
            continue;
        }
        let found = tree.resolve(Path::new(path)).unwrap();
        assert_eq!(found.kind, Kind::Other(name));
        assert_eq!(tree.read(&found, LIMIT), Err(Unreadable::NotRegular(name)));
        // As if it had taken the place of a file after that was resolved.
        let swapped = tree.read(&Resolved { kind: Kind::File, ..found }, LIMIT).unwrap_err();
        let seen = [Unreadable::NotRegular(name), Unreadable::Changed].contains(&swapped);
        assert!(seen || swapped == Unreadable::Denied, "{path}: {swapped:?}");
    }
    assert_eq!(tree.resolve(Path::new("/outside")).unwrap_err(), Unreadable::Dangling);
    let root = tree.resolve(Path::new("/")).unwrap();
    assert_eq!(tree.read(&root, LIMIT), Err(Unreadable::WrongKind("directory")));
    assert_eq!(tree.list(&root).unwrap()[0].target, Target::Other("FIFO"));
}

#[test]
fn a_device_of_the_live_machine_is_not_read() {
    let live = Host::new(Box::new(Tree::live().unwrap()), System::Linux);
    assert_eq!(live.read(Path::new("/dev/zero")), Err(Unreadable::NotRegular("character device")));
}

#[test]
fn what_may_not_be_read_is_denied() {
    if live_user() == Some(0) {
        eprintln!("skipped: root may read everything");
        return;
    }
    let (at, tree) = tree();
    fs::create_dir(at.path().join("closed")).unwrap();
    fs::write(at.path().join("closed/file"), "").unwrap();
    fs::write(at.path().join("file"), "").unwrap();
    fs::set_permissions(at.path().join("file"), PermissionsExt::from_mode(0o0)).unwrap();
    fs::set_permissions(at.path().join("closed"), PermissionsExt::from_mode(0o0)).unwrap();
    assert_eq!(read(&tree, "/file"), Err(Unreadable::Denied));
    assert_eq!(read(&tree, "/closed/file"), Err(Unreadable::Denied));
    assert_eq!(tree.list(&tree.resolve(Path::new("/closed")).unwrap()), Err(Unreadable::Denied));
    // One may pass where one may not list.
    fs::set_permissions(at.path().join("closed"), PermissionsExt::from_mode(0o100)).unwrap();
    if cfg!(target_os = "linux") {
        assert_eq!(read(&tree, "/closed/file").unwrap(), b"");
    }
    fs::set_permissions(at.path().join("closed"), PermissionsExt::from_mode(0o700)).unwrap();
}

#[test]
fn a_hole_of_a_tebibyte_is_too_large_at_once() {
    let (at, tree) = tree();
    fs::File::create(at.path().join("hole")).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(read(&tree, "/hole"), Err(Unreadable::TooLarge(LIMIT)));
    fs::write(at.path().join("exact"), vec![0; 10]).unwrap();
    let exact = tree.resolve(Path::new("/exact")).unwrap();
    assert_eq!(tree.read(&exact, 10).unwrap().len(), 10);
    assert_eq!(tree.read(&exact, 9), Err(Unreadable::TooLarge(9)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_says_it_is_empty_is_bounded_too() {
    let live = Tree::live().unwrap();
    let status = live.resolve(Path::new("/proc/self/status"));
    let Ok(status) = status else { return };
    assert_eq!((status.kind, status.size), (Kind::File, 0));
    assert!(live.read(&status, LIMIT).unwrap().len() > 100);
    assert_eq!(live.read(&status, 100), Err(Unreadable::TooLarge(100)));
}

#[test]
fn another_file_or_a_link_on_the_way_is_a_change() {
    let (at, tree) = tree();
    fs::create_dir(at.path().join("d")).unwrap();
    fs::write(at.path().join("d/file"), "old").unwrap();
    let found = tree.resolve(Path::new("/d/file")).unwrap();
    fs::write(at.path().join("d/new"), "new").unwrap();
    fs::rename(at.path().join("d/new"), at.path().join("d/file")).unwrap();
    assert_eq!(tree.read(&found, LIMIT), Err(Unreadable::Changed));

    let found = tree.resolve(Path::new("/d/file")).unwrap();
    let directory = tree.resolve(Path::new("/d")).unwrap();
    fs::rename(at.path().join("d"), at.path().join("moved")).unwrap();
    symlink("moved", at.path().join("d")).unwrap();
    assert_eq!(tree.read(&found, LIMIT), Err(Unreadable::Changed));
    assert_eq!(tree.list(&directory), Err(Unreadable::Changed));
    fs::remove_file(at.path().join("moved/file")).unwrap();
    assert_eq!(tree.read(&found, LIMIT), Err(Unreadable::Changed));
}

/// Reads `path` 2,000 times while another thread runs `flip` without end; what was read each time.
fn read_while(tree: &Tree, path: &str, flip: impl Fn() + Sync) -> Vec<Vec<u8>> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                flip();
            }
        });
        let all = (0..2_000).filter_map(|_| read(tree, path).ok()).collect();
        stop.store(true, Ordering::Relaxed);
        all
    })
}

#[test]
fn a_race_of_file_and_link_never_gives_what_is_outside() {
    let outside = tempfile::tempdir().unwrap();
    let canary = outside.path().join("file");
    fs::write(&canary, "outside").unwrap();
    let (at, tree) = tree();
    let (directory, moved) = (at.path().join("d"), at.path().join("moved"));
    let (target, spare) = (directory.join("file"), at.path().join("spare"));
    fs::create_dir(&directory).unwrap();
    fs::write(&target, "inside").unwrap();
    let pause = || std::thread::sleep(std::time::Duration::from_micros(20));
    let last_part = read_while(&tree, "/d/file", || {
        symlink(&canary, &spare).unwrap();
        fs::rename(&spare, &target).unwrap();
        pause();
        fs::write(&spare, "inside").unwrap();
        fs::rename(&spare, &target).unwrap();
    });
    // The directory is remembered as one, so looking at the file goes through the link; opening must not.
    let on_the_way = read_while(&tree, "/d/file", || {
        fs::rename(&directory, &moved).unwrap();
        symlink(outside.path(), &directory).unwrap();
        pause();
        fs::remove_file(&directory).unwrap();
        fs::rename(&moved, &directory).unwrap();
        pause();
    });
    eprintln!("{} and {} of 2000 reads came through", last_part.len(), on_the_way.len());
    for bytes in last_part.into_iter().chain(on_the_way) {
        assert_eq!(String::from_utf8_lossy(&bytes), "inside");
    }
}

#[test]
fn a_growing_file_never_gives_more_than_the_limit() {
    use std::io::Write;
    let (at, tree) = tree();
    let mut file = fs::File::create(at.path().join("log")).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) && file.metadata().unwrap().len() < 1 << 22 {
                file.write_all(&[b'x'; 512]).unwrap();
            }
        });
        for _ in 0..200 {
            match read(&tree, "/log") {
                Ok(bytes) => assert!(bytes.len() as u64 <= LIMIT),
                Err(why) => assert!([Unreadable::Changed, Unreadable::TooLarge(LIMIT)].contains(&why), "{why:?}"),
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_walk_meets_everything_once_and_follows_nothing() {
    let (at, tree) = tree();
    fs::create_dir_all(at.path().join("a/b")).unwrap();
    fs::write(at.path().join("a/b/file"), "").unwrap();
    symlink("/", at.path().join("a/up")).unwrap();
    symlink("a", at.path().join("start")).unwrap();
    let mut met = Vec::new();
    tree.walk(Path::new("/start"), &mut |walked| {
        let walked = walked.unwrap();
        met.push((walked.path.display().to_string(), walked.target));
        true
    });
    met.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("/a/b", WalkedKind::Directory), ("/a/b/file", WalkedKind::File), ("/a/up", WalkedKind::Link)];
    assert_eq!(met, expected.map(|(path, kind)| (path.to_owned(), kind)));
    let mut count = 0;
    tree.walk(Path::new("/"), &mut |_| {
        count += 1;
        false
    });
    assert_eq!(count, 1, "it stops when told");
    let mut errors = Vec::new();
    tree.walk(Path::new("/none"), &mut |met| {
        errors.push(met.unwrap_err());
        true
    });
    assert_eq!(errors, [(PathBuf::from("/none"), Unreadable::Absent)]);
}

#[test]
fn a_walk_leaves_out_what_shows_the_kernel() {
    let live = Tree::live().unwrap();
    for path in ["/dev", "/proc", "/sys", "/proc/self"] {
        live.walk(Path::new(path), &mut |met| match met {
            Err((_, Unreadable::Absent)) => true,
            met => panic!("{met:?}"),
        });
    }
}

#[test]
fn a_file_in_parts_is_whole_and_no_word_is_cut() {
    let at = tempfile::tempdir().unwrap();
    let mut bytes = vec![b'.'; 2 * crate::host::PART + 100];
    let word = b"a word across the end of a part";
    let place = crate::host::PART - 10;
    bytes[place..place + word.len()].copy_from_slice(word);
    fs::write(at.path().join("file"), &bytes).unwrap();
    let tree = Tree::at(at.path()).unwrap();
    let found = tree.resolve(Path::new("/file")).unwrap();
    for from in [0, 7, place as u64] {
        let (mut seen, mut total) = (0, 0);
        let mut first = true;
        let visit = &mut |part: &[u8]| {
            seen += usize::from(memchr::memmem::find(part, word).is_some());
            total += part.len() - if first { 0 } else { crate::host::OVERLAP };
            first = false;
            true
        };
        tree.open_pieces(&found, 16 * LIMIT, &mut |file| file.parts(from..u64::MAX, visit)).unwrap();
        assert!(seen >= 1, "from {from}");
        assert_eq!(total as u64 + from, bytes.len() as u64, "from {from}");
    }
    assert_eq!(tree.open_pieces(&found, 9, &mut |_| Ok(())), Err(Unreadable::TooLarge(9)));
    // Pieces in any order, through one descriptor; what is beyond the end is nothing.
    let (from, end) = (place as u64 + 2, bytes.len() as u64);
    let read = &mut |file: &mut dyn Pieces| {
        assert_eq!(file.piece(from..from + 4)?, b"word");
        assert_eq!(file.piece(0..3)?, b"...");
        assert_eq!((file.piece(end - 1..u64::MAX)?.len(), file.piece(end..end + 1)?.len()), (1, 0));
        let mut parts = Vec::new();
        file.parts(from..from + 4, &mut |part| {
            parts.push(part.to_vec());
            true
        })?;
        assert_eq!(parts, [b"word"]);
        Ok(())
    };
    tree.open_pieces(&found, 16 * LIMIT, read).unwrap();
}
