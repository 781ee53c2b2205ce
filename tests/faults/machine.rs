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

/// Adds a root, as someone does who reads what is said: two of the distribution's tools at once leave the package that
/// makes Java's keystore half configured, and dpkg(1) runs no trigger of it until it is configured. Then castore says that
/// Java has not got the root.
fn add_and_mend(file: &str) -> Output {
    let add = || castore(&["add", file, "--write", "--yes"]);
    let first = add();
    if !String::from_utf8_lossy(&first.stdout).contains("/etc/ssl/certs/java/cacerts: it lacks") {
        return first;
    }
    assert_eq!(first.status.code(), Some(2), "{first:?}");
    let configured = Command::new("/usr/bin/dpkg").args(["--configure", "-a"]).output().expect("it runs");
    assert!(configured.status.success(), "{configured:?}");
    add()
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
            let again = add_and_mend(&file);
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
        let added = add_and_mend("/var/tmp/beside.pem");
        assert!(added.status.success(), "{added:?}");
        assert!(!names(&made.fingerprint()[..8]));
        fs::write(BUNDLE, before).expect("the bundle");
        assert!(names(&made.fingerprint()[..8]), "castore check does not name what was overwritten");
        let added = add_and_mend("/var/tmp/beside.pem");
        assert!(added.status.success(), "{added:?}");
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

/// What the refresh makes is its own affair, and castore answers for it: what stands in the bundle alone is lost with leave
/// only, and a keystore for Java that a hook passed over is named, after it is added, removed and taken back.
#[test]
fn what_a_refresh_makes_is_compared_with_what_was_meant() {
    inside("machine::what_a_refresh_makes_is_compared_with_what_was_meant", || {
        const HOOK: &str = "/etc/ca-certificates/update.d/jks-keystore";
        const JAVA: &str = "/etc/ssl/certs/java/cacerts";
        if !Path::new("/usr/sbin/update-ca-certificates").exists() {
            return skip("update-ca-certificates is not here");
        }
        assert!(Command::new("/usr/sbin/update-ca-certificates").output().expect("it runs").status.success());
        let [hand, made] = [root("By hand").make(), root("Swept").key(2).make()];
        fs::write("/var/tmp/swept.pem", made.pem()).expect("a file");
        let before = fs::read_to_string(BUNDLE).expect("the bundle");
        fs::write(BUNDLE, before + &hand.pem()).expect("the bundle");
        let says = |output: &Output| {
            let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            (output.status.code(), format!("{out}{err}"))
        };
        let short = &hand.fingerprint()[..8];
        let (code, said) = says(&castore(&["add", "/var/tmp/swept.pem", "--write", "--yes"]));
        assert!(code == Some(2) && said.contains(&format!("castore add {short} puts among the anchors")), "{said}");
        let (code, said) = says(&castore(&["add", "/var/tmp/swept.pem", "--allow", "1", "--write", "--yes"]));
        assert!(code == Some(0) && said.contains("done: 1 file changed"), "{said}");
        // Nothing brings it back, and it is not passed over.
        let (code, said) = says(&castore(&["undo", "--yes"]));
        let kept = format!("{BUNDLE}: it lacks {short}; as it was: /var/lib/castore/runs/1/backup/");
        assert!(code == Some(2) && said.contains(&kept), "{said}");
        if !(Path::new(HOOK).exists() && Path::new(JAVA).exists()) {
            return skip("no hook makes a keystore for Java here");
        }
        fs::set_permissions(HOOK, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("a hook");
        let (code, said) = says(&castore(&["add", "/var/tmp/swept.pem", "--write", "--yes"]));
        let lacks = format!("{JAVA}: it lacks {}", &made.fingerprint()[..8]);
        assert!(code == Some(2) && said.contains(&lacks), "{said}");
        fs::set_permissions(HOOK, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a hook");
        let (code, said) = says(&castore(&["add", "/var/tmp/swept.pem", "--write", "--yes"]));
        assert!(code == Some(0) && said.contains("done: 0 files changed"), "{said}");
    });
}
