//! Over a tree on a disk, whose files have a device, an inode and a time of their last change.

#![allow(clippy::disallowed_methods, reason = "a test makes its tree")]

use super::*;
use crate::host::files::Tree;
use std::fs;

#[cfg(unix)]
#[test]
fn a_file_is_known_by_what_tells_it_from_itself_changed() {
    use std::os::unix::fs::{MetadataExt, symlink};
    let [a, corp] = ["A", "Corp"].map(root);
    let at = tempfile::tempdir().unwrap();
    fs::create_dir_all(at.path().join("etc/links")).unwrap();
    fs::write(at.path().join("etc/own.pem"), text(&[&a])).unwrap();
    symlink("/etc/own.pem", at.path().join("etc/links/one.pem")).unwrap();
    let host = Host::new(Box::new(Tree::at(at.path()).unwrap()), System::Linux);
    let plan = plan_on(&host, &Asked { to: &["/etc/links/one.pem"], add: &[&corp], ..Asked::default() }).unwrap();
    let [Step::Write { path, bytes, was: Was::File(facts), mode: 0o644 }] = plan.stores[0].steps.as_slice() else {
        panic!("{plan:?}")
    };
    assert_eq!(path, std::path::Path::new("/etc/own.pem"));
    assert_eq!(String::from_utf8_lossy(bytes), text(&[&a, &corp]));
    let metadata = fs::metadata(at.path().join("etc/own.pem")).unwrap();
    assert_eq!(facts.identity, Some((metadata.dev(), metadata.ino())));
    assert_eq!(facts.changed, Some((metadata.ctime(), metadata.ctime_nsec() as u32)));
    assert_eq!(facts.size, metadata.len());
    // The plan wrote nothing, and says the same again.
    assert_eq!(fs::read_to_string(at.path().join("etc/own.pem")).unwrap(), text(&[&a]));
    let again = plan_on(&host, &Asked { to: &["/etc/links/one.pem"], add: &[&corp], ..Asked::default() }).unwrap();
    assert_eq!(plan, again);
    assert_eq!(saved::read(saved::write(&plan).as_bytes(), &saved::Places::of(&host)).unwrap(), plan);
}
