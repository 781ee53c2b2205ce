//! On this machine itself, as far as its writers can be let loose: in an overlay that is gone with the test.

use crate::certificates::root;
use crate::namespace::{inside, stores};
use crate::{count, skip};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

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

const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
const LOCAL: &str = "/usr/local/share/ca-certificates";

/// What can be wrong with a bundle that two wrote at once: what is twice in it, cut or run together, and what is not in it.
const WRONG: [&str; 5] = ["duplicate", "malformed", "openssl-refuses", "joined-blocks", "anchor-not-in-bundle"];

fn castore(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_castore")).args(arguments).output().expect("castore runs")
}

/// Whether one check has a finding with this text in it.
fn castore_says(check: &str, text: &str) -> bool {
    let output = castore(&["check", "--only", check, "--explain"]);
    String::from_utf8_lossy(&output.stdout).contains(text)
}

/// Whether castore says that an anchor is not in the bundle.
fn names(fingerprint: &str) -> bool {
    castore_says("anchor-not-in-bundle", fingerprint)
}

/// The distribution's tool takes no lock and may write last: a bundle may come out wrong, and then castore says so and
/// puts it right; what castore made is whole at every moment.
#[test]
fn beside_the_distributions_tool_nothing_is_torn_and_all_converges() {
    inside("machine::beside_the_distributions_tool_nothing_is_torn_and_all_converges", || {
        if !Path::new("/usr/sbin/update-ca-certificates").exists() {
            return skip("update-ca-certificates is not here");
        }
        let refresh = || Command::new("/usr/sbin/update-ca-certificates").output().expect("it runs");
        let blocks = || ::pem::parse_many(fs::read(BUNDLE).unwrap_or_default()).unwrap_or_default();
        assert!(refresh().status.success());
        let mut known = blocks().len();
        let mut overwritten = 0;
        for run in 0..count(3, 50) {
            let made = root(&format!("Beside {run}")).make();
            let file = format!("/var/tmp/beside-{run}.pem");
            fs::write(&file, made.pem()).expect("a file");
            let other = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(150 * run as u64 % 2000));
                Command::new("/usr/sbin/update-ca-certificates").output().expect("it runs")
            });
            let add = castore(&["add", &file, "--write", "--yes"]);
            other.join().expect("the other");
            for entry in fs::read_dir(LOCAL).expect("a directory").flatten() {
                let path = entry.path();
                if path.extension().is_some_and(|extension| extension == "crt") {
                    assert!(::pem::parse(fs::read(&path).expect("a file")).is_ok(), "{}: torn", path.display());
                }
            }
            let holds = || blocks().iter().filter(|block| block.contents() == made.der()).count() == 1;
            if !holds() || blocks().len() != known + 1 {
                overwritten += 1;
                let named = names(&made.fingerprint()[..8]) || WRONG.iter().any(|check| castore_says(check, BUNDLE));
                let (found, all) = (blocks().len(), castore(&["check"]));
                let said = String::from_utf8_lossy(&all.stdout).into_owned();
                assert!(
                    named,
                    "run {run}: {found} blocks, not {}, and castore check does not say so: {said}",
                    known + 1
                );
            }
            // As someone does who reads that.
            let again = castore(&["add", &file, "--write", "--yes"]);
            if !holds() || blocks().len() != known + 1 {
                assert!(refresh().status.success());
            }
            assert!(again.status.success() && holds(), "run {run}: {add:?} and then {again:?}");
            known = blocks().len();
            assert!(!names(&made.fingerprint()[..8]), "run {run}: nothing is wrong any more");
        }
        // The tool that began before and ended last, certainly: the bundle is what it was without the root.
        let made = root("Beside at last").make();
        fs::write("/var/tmp/beside.pem", made.pem()).expect("a file");
        let before = fs::read(BUNDLE).expect("the bundle");
        assert!(castore(&["add", "/var/tmp/beside.pem", "--write", "--yes"]).status.success());
        assert!(!names(&made.fingerprint()[..8]));
        fs::write(BUNDLE, before).expect("the bundle");
        assert!(names(&made.fingerprint()[..8]), "castore check does not name what was overwritten");
        assert!(castore(&["add", "/var/tmp/beside.pem", "--write", "--yes"]).status.success());
        assert!(blocks().iter().any(|block| block.contents() == made.der()) && !names(&made.fingerprint()[..8]));
        println!("the bundle was wrong {overwritten} times when both had ended");
    });
}

/// `--no-refresh`: what is written waits, castore says for what, and whoever runs that by hand is done.
#[test]
fn a_refresh_that_is_left_out_is_told() {
    inside("machine::a_refresh_that_is_left_out_is_told", || {
        if !Path::new("/usr/sbin/update-ca-certificates").exists() {
            return skip("update-ca-certificates is not here");
        }
        let refresh = || {
            let output = Command::new("/usr/sbin/update-ca-certificates").output().expect("it runs");
            assert!(output.status.success(), "{output:?}");
        };
        let said = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
        refresh();
        let made = root("Not taken up").make();
        let holds = || {
            let blocks = ::pem::parse_many(fs::read(BUNDLE).unwrap_or_default()).unwrap_or_default();
            blocks.iter().any(|block| block.contents() == made.der())
        };
        fs::write("/var/tmp/waits.pem", made.pem()).expect("a file");
        let before = fs::read(BUNDLE).expect("the bundle");
        let add = castore(&["add", "/var/tmp/waits.pem", "--write", "--yes", "--no-refresh"]);
        assert_eq!(add.status.code(), Some(0), "{add:?}");
        assert!(said(&add).contains("update-ca-certificates") && said(&add).contains("not yet taken up"), "{add:?}");
        assert!(fs::read(BUNDLE).expect("the bundle") == before && names(&made.fingerprint()[..8]));
        refresh();
        assert!(holds() && !names(&made.fingerprint()[..8]));

        let undo = castore(&["undo", "--yes", "--no-refresh"]);
        assert_eq!(undo.status.code(), Some(0), "{undo:?}");
        assert!(said(&undo).contains("update-ca-certificates") && holds(), "{undo:?}");
        refresh();
        assert!(!holds() && fs::read(BUNDLE).expect("the bundle") == before);
    });
}
