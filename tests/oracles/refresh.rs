//! `update-ca-certificates` as castore runs it, the real one in a tree of the test's own: what a killed run left does not
//! get into the bundle, a hook that fails is a failure, and another run is waited for.

use crate::{authority, fingerprint, skip};
use castore::apply::Outcome;
use castore::apply::command::scratch::Scratch;
use castore::apply::refresh::run;
use castore::format::{self, pem};
use castore::model::{Body, Fingerprint};
use castore::plan::Refresh;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const PROGRAM: &str = "update-ca-certificates";

/// A tree with two authorities of the system and one of the machine, and the command for it.
fn tree() -> Option<(tempfile::TempDir, Refresh, BTreeSet<Fingerprint>)> {
    let script = fs::read_to_string(Path::new("/usr/sbin").join(PROGRAM)).unwrap_or_default();
    if !script.contains("--etccertsdir") {
        skip("Debian's update-ca-certificates is not here");
        return None;
    }
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name);
    let mut all = BTreeSet::new();
    for directory in ["system", "local", "etc", "hooks"] {
        fs::create_dir(path(directory)).unwrap();
    }
    for name in ["system/one.crt", "system/two.crt", "local/three.crt"] {
        let der = authority(name);
        all.insert(fingerprint(&der));
        fs::write(path(name), pem::write(&der, &[])).unwrap();
    }
    fs::write(path("conf"), "one.crt\ntwo.crt\n").unwrap();
    let options = [
        ("--certsconf", "conf"),
        ("--certsdir", "system"),
        ("--localcertsdir", "local"),
        ("--etccertsdir", "etc"),
        ("--hooksdir", "hooks"),
    ];
    let mut command = vec![PROGRAM.to_owned()];
    for (option, name) in options {
        command.extend([option.to_owned(), path(name).to_str().unwrap().to_owned()]);
    }
    let refresh = Refresh { command, directories: Vec::new(), makes: Vec::new(), because: String::new() };
    Some((place, refresh, all))
}

/// What became of it, and what was told.
fn carried_out(place: &Path, refresh: &Refresh) -> (Outcome, Vec<String>) {
    let scratch = Scratch::open(place.join("scratch")).unwrap();
    let mut lines = Vec::new();
    let outcome = run(refresh, Path::new("/"), &scratch, &mut |line| lines.push(line.to_owned()));
    assert_eq!(fs::read_dir(place.join("scratch")).unwrap().count(), 0);
    (outcome, lines)
}

/// Every certificate of the bundle, repeated as often as it is there.
fn bundle(place: &Path) -> Vec<Fingerprint> {
    let read = format::decode(&fs::read(place.join("etc/ca-certificates.crt")).unwrap());
    let certificates = read.entries.iter().filter_map(|entry| match &entry.body {
        Body::Certificate(der) => Some(fingerprint(der)),
        _ => None,
    });
    certificates.collect()
}

#[test]
fn what_a_killed_run_left_is_not_taken_up() {
    let Some((place, refresh, all)) = tree() else { return };
    let left = place.path().join("etc/ca-certificates.crt.new");
    fs::write(&left, pem::write(&authority("left"), &[])).unwrap();
    let (outcome, lines) = carried_out(place.path(), &refresh);
    assert_eq!(outcome, Outcome::Well, "{lines:?}");
    assert_eq!(lines[0], format!("removed {}, which a killed {PROGRAM} left", left.display()));
    assert!(lines.iter().any(|line| line == "3 added, 0 removed; done."), "{lines:?}");
    let found = bundle(place.path());
    assert_eq!((found.len(), found.into_iter().collect::<BTreeSet<_>>()), (3, all));

    // And without castore it is: this is what the guard is for.
    fs::write(&left, pem::write(&authority("left"), &[])).unwrap();
    let [program, arguments @ ..] = refresh.command.as_slice() else { panic!() };
    assert!(Command::new(format!("/usr/sbin/{program}")).args(arguments).output().unwrap().status.success());
    assert_eq!(bundle(place.path()).len(), 4, "the script has changed: see apply/refresh/debian.rs");
}

#[test]
fn a_hook_that_fails_is_a_failure() {
    let Some((place, refresh, all)) = tree() else { return };
    let hook = place.path().join("hooks/fails");
    fs::copy("/bin/false", &hook).unwrap();
    let (outcome, lines) = carried_out(place.path(), &refresh);
    let Outcome::Failed(why) = outcome else { panic!("{outcome:?}: {lines:?}") };
    assert!(why.starts_with("E: ") && why.contains("hooks/fails exited with code 1"), "{why}");
    assert_eq!(bundle(place.path()).into_iter().collect::<BTreeSet<_>>(), all);
}

#[test]
fn a_failure_is_told_with_its_last_words() {
    let Some((place, mut refresh, _)) = tree() else { return };
    fs::remove_dir(place.path().join("etc")).unwrap();
    let (outcome, _) = carried_out(place.path(), &refresh);
    let Outcome::Failed(why) = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("it ended with ") && why.contains("etc"), "{why}");
    refresh.command[0] = "castore-has-no-such-program".to_owned();
    let (outcome, _) = carried_out(place.path(), &refresh);
    assert_eq!(outcome, Outcome::NotRun("castore-has-no-such-program is not here".to_owned()));
}

#[test]
fn for_another_root_it_is_only_told() {
    let Some((place, refresh, _)) = tree() else { return };
    let scratch = Scratch::open(place.path().join("scratch")).unwrap();
    let outcome = run(&refresh, Path::new("/srv/image"), &scratch, &mut |_| panic!("it ran"));
    assert_eq!(outcome, Outcome::NotRun("it would change this machine, not /srv/image".to_owned()));
    assert_eq!(fs::read_dir(place.path().join("etc")).unwrap().count(), 0);
}

#[test]
fn another_run_is_waited_for() {
    let Some((place, refresh, _)) = tree() else { return };
    // It is known by the name under which the shell runs it.
    let slow = place.path().join(PROGRAM);
    fs::write(&slow, "sleep 1.5\n").unwrap();
    fs::set_permissions(&slow, PermissionsExt::from_mode(0o755)).unwrap();
    let start = Instant::now();
    let mut other = Command::new("/bin/sh").arg(&slow).spawn().unwrap();
    // It is started before the kernel says with which arguments.
    while fs::read(format!("/proc/{}/cmdline", other.id())).unwrap().is_empty() {
        std::thread::yield_now();
    }
    let (outcome, _) = carried_out(place.path(), &refresh);
    assert_eq!(outcome, Outcome::Well);
    assert!(start.elapsed() >= Duration::from_millis(1500), "{:?}", start.elapsed());
    assert!(other.wait().unwrap().success());
}

/// Where the test finds itself in a mount namespace of its own.
const INSIDE: &str = "CASTORE_TEST_REFRESH_INSIDE";
const STORES: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/certs/java/cacerts"];

/// The commands as plans name them, on this machine's own stores, in a mount namespace where those are copies.
#[test]
fn the_machines_own_stores_take_up_what_was_written() {
    if Command::new("unshare").args(["--mount", "true"]).status().is_ok_and(|status| status.success())
        && tree().is_some()
    {
        let place = tempfile::tempdir().unwrap();
        let outside = STORES.map(|store| fs::read(store).ok());
        let mut script = format!("set -e\nmount -t tmpfs none {0}\ncd {0}\n", place.path().display());
        for directory in ["etc", "var", "usr"] {
            let options = format!("lowerdir=/{directory},upperdir=$PWD/{directory}.up,workdir=$PWD/{directory}.work");
            script += &format!("mkdir {directory}.up {directory}.work\n");
            script += &format!("mount -t overlay overlay -o {options} /{directory}\n");
        }
        script += "mkdir inside\nexec \"$0\" --exact refresh::inside --nocapture\n";
        let mut unshare = Command::new("unshare");
        unshare
            .args(["--mount", "--propagation", "private", "sh", "-c", &script])
            .arg(std::env::current_exe().unwrap());
        let output = unshare.env(INSIDE, place.path().join("inside")).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert_eq!(STORES.map(|store| fs::read(store).ok()), outside, "what is outside stays as it was");
    } else {
        skip("no mount namespace of one's own");
    }
}

/// Does nothing unless the test above runs it.
#[test]
fn inside() {
    let Some(place) = std::env::var_os(INSIDE).map(std::path::PathBuf::from) else { return };
    let run = |program: &str, option: &[&str], directory: &[&str]| {
        let command = [&[program], option].concat().into_iter().map(str::to_owned).collect();
        let directories = directory.iter().map(Into::into).collect();
        let refresh = Refresh { command, directories, makes: Vec::new(), because: String::new() };
        let (outcome, lines) = carried_out(&place, &refresh);
        assert_eq!(outcome, Outcome::Well, "{lines:?}");
    };
    let all = |store: &str| {
        let read = format::decode(&fs::read(store).unwrap());
        let certificates = read.entries.into_iter().filter_map(|entry| match entry.body {
            Body::Certificate(der) => Some(fingerprint(&der)),
            _ => None,
        });
        certificates.collect::<Vec<_>>()
    };
    let [bundle, java] = STORES;
    let hook = "/etc/ca-certificates/update.d/jks-keystore";
    let has_java = Path::new(hook).exists() && Path::new(java).exists();
    run(PROGRAM, &["--fresh"], &[]);
    let before = all(bundle).len();

    let (der, anchor) = (authority("Made for a test"), "/usr/local/share/ca-certificates/made-for-a-test.crt");
    let made = fingerprint(&der);
    let times = |store: &str| all(store).iter().filter(|&&found| found == made).count();
    fs::write(anchor, pem::write(&der, &[])).unwrap();
    fs::write(format!("{bundle}.new"), pem::write(&authority("left"), &[])).unwrap();
    run(PROGRAM, &[], &[]);
    assert_eq!((times(bundle), all(bundle).len()), (1, before + 1));
    assert!(!has_java || times(java) == 1);

    fs::remove_file(anchor).unwrap();
    run(PROGRAM, &["--fresh"], &[]);
    assert_eq!((times(bundle), all(bundle).len()), (0, before));
    if has_java {
        // The program alone leaves it there; this is what takes it out.
        run("jks-keystore", &["--fresh"], &["/etc/ca-certificates/update.d"]);
        assert_eq!(times(java), 0);
    }
}
