//! On this machine itself, as far as its writers can be let loose: in an overlay that is gone with the test.

use crate::namespace::{inside, stores};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What the other tests here stand on: a writer of the machine's own stores runs inside, changes what it sees, and
/// nothing outside (`inside` compares).
#[test]
fn what_is_written_inside_is_not_written() {
    inside("machine::what_is_written_inside_is_not_written", || {
        let before = stores();
        let local = Path::new("/usr/local/share/ca-certificates");
        fs::create_dir_all(local).expect("a directory of the overlay");
        fs::write(local.join("castore-inside.crt"), crate::certificates::root("Inside").make().pem()).expect("a file");
        if Path::new("/usr/sbin/update-ca-certificates").exists() {
            let output = Command::new("/usr/sbin/update-ca-certificates").output().expect("it runs");
            assert!(output.status.success(), "{output:?}");
        }
        assert_ne!(stores(), before, "nothing changed inside either");
    });
}
