//! Commands that castore prints, run as they stand: they act on the tree that was asked about and on nothing else.

use crate::certificates::{Certificate, NOW, leaf, root};
use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, roots, with_environment, with_programs};
use crate::sync::{CERTIFI, everything, everything_in};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

/// A shell's surroundings: castore, which is asked nothing, and a `chroot` that only tells what it was to run.
struct Shell {
    place: Tree,
}

impl Shell {
    fn new() -> Self {
        let program = env!("CARGO_BIN_EXE_castore");
        let castore = format!(
            "#!/bin/sh\ncase $1 in add|remove) exec {program} \"$@\" --yes --state \"$STATE\";; esac\nexec {program} \"$@\"\n"
        );
        let chroot = "#!/bin/sh\necho chroot \"$@\" >> \"$STATE.log\"\n";
        let place = Tree::new().file("bin/castore", castore).file("bin/chroot", chroot).directory("work");
        for name in ["castore", "chroot"] {
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(place.path().join("bin").join(name), mode).expect("a mode");
        }
        Self { place }
    }

    /// Whether a line ends well.
    fn run(&self, line: &str) -> bool {
        let path = format!("{}:/usr/bin:/bin", self.place.path().join("bin").display());
        let done = Command::new("sh")
            .args(["-c", line])
            .current_dir(self.place.path().join("work"))
            .env_clear()
            .envs([("PATH", path.as_str()), ("HOME", "/nonexistent")])
            .env("STATE", self.place.path().join("state"))
            .output()
            .expect("a shell");
        // A plan that is pending or short ends with another status, which is not asked for here.
        done.status.success()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.place.path().join("state.log")).unwrap_or_default()
    }
}

fn machine() -> Tree {
    with_environment(with_programs(debian()))
        .file("opt/venv/lib/python3.11/site-packages/urllib3/__init__.py", "")
        .directory("opt/venv/lib/python3.11/site-packages/urllib3-2.7.0.dist-info")
}

fn why(tree: &Tree, above: &Certificate, more: &[&str]) -> Value {
    let server = leaf("intranet.example").issued_by(above);
    let arguments = ["why", "-", "--name", "intranet.example", "--at", NOW, "--format", "json"];
    Castore::at(tree).input(server.pem()).run([&arguments[..], more].concat()).json()
}

/// The lines that one remedy of a client has: its commands, then that of castore.
fn lines(report: &Value, client: &str, kind: &str) -> (Vec<String>, Option<String>) {
    let clients = report["clients"].as_array().expect("clients");
    let of = clients.iter().find(|one| one["client"] == client).expect("the client");
    let remedies = of["remedies"].as_array().expect("remedies");
    let found = remedies.iter().find(|one| one["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {remedies:#?}"));
    let commands = found["commands"].as_array().into_iter().flatten();
    let commands = commands.map(|line| line.as_str().expect("a line").to_owned()).collect();
    (commands, found["castore"].as_str().map(str::to_owned))
}

/// A root that certifi has and the system has not.
fn with_other() -> (Tree, Certificate) {
    let other = root("Other Root").key(8).make();
    (machine().file(CERTIFI, bundle(&roots()[..2]) + &other.pem()), other)
}

#[test]
fn a_root_comes_into_the_trees_anchors() {
    let (tree, other) = with_other();
    let report = why(&tree, &other, &[]);
    let (commands, castore) = lines(&report, "curl", "add-root");
    let shell = Shell::new();
    let [line] = commands.as_slice() else { panic!("{commands:?}") };
    assert!(shell.run(line), "{line}");
    let hash = &other.fingerprint()[..8];
    let anchor = format!("usr/local/share/ca-certificates/{hash}.crt");
    assert_eq!(String::from_utf8_lossy(&tree.read(&anchor)), other.pem());
    assert_eq!(shell.log(), format!("chroot {} update-ca-certificates\n", tree.path().display()));

    let (tree, _) = with_other();
    let castore =
        castore.expect("a command of castore").replace(&castore_root(&report), &tree.path().display().to_string());
    shell.run(&castore);
    let added = everything(&tree).into_iter().filter(|(name, _)| name.contains("/usr/local/share/ca-certificates/"));
    assert!(added.into_iter().any(|(_, bytes)| bytes == other.pem().into_bytes()), "{castore}");
}

/// The root that the commands of a report name.
fn castore_root(report: &Value) -> String {
    let text = report.to_string();
    let (_, behind) = text.split_once(" --root ").expect("a root");
    behind.split(' ').next().expect("a word").to_owned()
}

#[test]
fn what_cannot_be_shown_is_no_anchor() {
    let (tree, other) = with_other();
    let (commands, _) = lines(&why(&tree, &other, &[]), "curl", "add-root");
    let tree = tree.file(CERTIFI, bundle(&roots()[..2]));
    let before = everything(&tree);
    let shell = Shell::new();
    assert!(!shell.run(&commands.join("\n")), "{commands:?}");
    assert_eq!(everything(&tree), before);
    assert_eq!(shell.log(), "");
}

#[test]
fn a_bundle_is_written_into_the_tree_and_serves() {
    let tree = machine();
    let [_, _, corp] = roots();
    let path = ["--env", "PATH=/usr/bin:/opt/venv/bin"];
    let report = why(&tree, &corp, &path);
    let (commands, castore) = lines(&report, "requests", "add-root");
    assert_eq!(castore, None);
    let (set, _) = lines(&report, "requests", "set-variable");
    assert_eq!(set, Vec::<String>::new(), "here it would be set for the clients of this machine");
    let shell = Shell::new();
    let [line] = commands.as_slice() else { panic!("{commands:?}") };
    let here = everything_in(&shell.place.path().join("work"));
    assert!(shell.run(line), "{line}");
    assert_eq!(everything_in(&shell.place.path().join("work")), here, "{line}");
    let bundle = format!("castore-bundle-{}.pem", &corp.fingerprint()[..8]);
    let variable = format!("REQUESTS_CA_BUNDLE=/{bundle}");
    let bundle = String::from_utf8(tree.read(&bundle)).expect("text");
    assert_eq!(bundle.matches("BEGIN CERTIFICATE").count(), 3, "{bundle}");
    let then = why(&tree, &corp, &[&path[..], &["--env", &variable]].concat());
    assert_eq!(then["counts"]["refuses"], 0, "{then:#}");
}

/// A shell empties what `>` names before castore reads anything.
#[test]
fn a_mend_leaves_the_files_of_its_directory_alone() {
    let names = ["root.pem", "bundle.pem"];
    let tree = names.iter().fold(machine(), |tree, name| tree.file(name, format!("the tree's own {name}")));
    let [_, _, corp] = roots();
    let report = why(&tree, &corp, &["--env", "PATH=/usr/bin:/opt/venv/bin"]);
    let mut shell = Shell::new();
    for name in names {
        shell.place = shell.place.file(format!("work/{name}"), format!("own {name}"));
    }
    let work = shell.place.path().join("work");
    let (before, mut ran) = (everything_in(&work), 0);
    for client in report["clients"].as_array().expect("clients") {
        for remedy in client["remedies"].as_array().into_iter().flatten() {
            for line in remedy["commands"].as_array().into_iter().flatten() {
                let line = line.as_str().expect("a line");
                // Twice: what is there by then is what the line itself wrote.
                for _ in 0..2 {
                    assert!(shell.run(line), "{line}");
                    ran += 1;
                }
            }
        }
    }
    assert_eq!(ran, 2, "{report:#}");
    let after = everything_in(&work);
    assert!(before.iter().all(|file| after.contains(file)), "{before:?}, then {after:?}");
    for name in names {
        assert_eq!(tree.read(name), format!("the tree's own {name}").into_bytes());
    }
}

/// A file of one certificate is named as it is.
#[test]
fn a_root_that_stands_alone_is_not_copied() {
    let other = root("Other Root").key(8).make();
    let tree = machine().file("srv/other.pem", other.pem());
    let report = why(&tree, &other, &["--env", "CURL_CA_BUNDLE=/srv/other.pem"]);
    let (commands, _) = lines(&report, "python", "add-root");
    let [line] = commands.as_slice() else { panic!("{commands:?}") };
    let place = tree.path().display();
    assert!(line.starts_with(&format!("cp {place}/srv/other.pem {place}/usr/local/")), "{line}");
    assert!(Shell::new().run(line), "{line}");
}

/// Each word after `castore` that is a command for a host is followed by the root, in every format.
#[test]
fn what_check_says_to_run_is_for_the_tree() {
    let spoilt = bundle(&roots()[..2]).replace("-----END CERTIFICATE-----\n", "-----END CERTIFICATE-----");
    let tree = machine()
        .file("etc/ssl/certs/ca-certificates.crt", spoilt)
        .file("usr/local/share/ca-certificates/other.crt", root("Other Root").key(8).make().pem());
    let report = Castore::at(&tree).run(["check", "--at", NOW, "--format", "json"]).json();
    let remedies = report["findings"].as_array().expect("findings").iter().map(|one| one["remedy"].to_string());
    let said: Vec<String> = remedies.collect();
    assert!(said.iter().any(|remedy| remedy.contains("castore export --root ")), "{said:#?}");
    let inside = format!("run chroot {} update-ca-certificates", tree.path().display());
    assert!(said.iter().any(|remedy| remedy.contains(&inside)), "{said:#?}");
    for format in ["text", "json", "ndjson", "nagios", "markdown", "html", "csv", "junit"] {
        let output = Castore::at(&tree).run(["check", "--at", NOW, "--format", format]);
        let text = String::from_utf8_lossy(output.raw_stdout()).into_owned();
        for verb in ["export", "which", "show", "add"] {
            let all = text.matches(&format!("castore {verb} ")).count();
            assert_eq!(all, text.matches(&format!("castore {verb} --root ")).count(), "{format}: {text}");
        }
        assert!(!text.contains("run update-ca-certificates"), "{format}: {text}");
    }
}

#[test]
fn a_hint_is_for_the_host_that_was_asked_about() {
    let tree = machine();
    let output = Castore::at(&tree).run(["list", "/nothing.pem", "--user", "root"]);
    let place = tree.path().display().to_string();
    let said = String::from_utf8_lossy(output.raw_stderr()).into_owned();
    assert!(!said.contains("castore list shows") || said.contains(&format!("castore list --root {place}")), "{said}");
    let output = Castore::at(&tree).run(["show", "Nobody's Root", "--env", "SSL_CERT_FILE=/a b"]).exits(2);
    let said = String::from_utf8_lossy(output.raw_stderr()).into_owned();
    let hint = format!("castore list --root {place} --env 'SSL_CERT_FILE=/a b' --certs");
    assert!(said.contains(&hint), "{said}");
}

/// What is given to be tried is in no command: a report is read by others.
#[test]
fn a_secret_is_not_repeated() {
    let output =
        Castore::at(&machine()).run(["show", "Nobody", "--env", "JAVA_TOOL_OPTIONS=-Dx.trustStorePassword=hush"]);
    let said = String::from_utf8_lossy(output.raw_stderr()).into_owned();
    assert!(said.contains("castore list --root ") && !said.contains("hush"), "{said}");
}
