//! Exit statuses, where a program speaks, and colour.

use crate::certificates::{NOW, expired};
use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, roots};

const BROKEN: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

fn tree() -> Tree {
    let [alpha, beta, _] = roots();
    debian()
        .file("a.pem", bundle(&roots()))
        .file("same.pem", bundle(&roots()))
        .file("other.pem", alpha.pem())
        .file("old.pem", expired().make().pem())
        .file("part.pem", beta.pem() + BROKEN)
        .file("old-part.pem", expired().make().pem() + BROKEN)
}

#[test]
fn what_each_command_ends_with() {
    let tree = tree();
    for (code, arguments) in [
        (0, &["list"][..]),
        (0, &["list", "/part.pem"]),
        (2, &["list", "/gone.pem"]),
        (0, &["which"]),
        (2, &["which", "nobody"]),
        (0, &["show", "Alpha"]),
        (2, &["show", "Omega"]),
        (0, &["diff", "/a.pem", "/same.pem"]),
        (1, &["diff", "/a.pem", "/other.pem"]),
        (2, &["diff", "/a.pem", "/gone.pem"]),
        // What was not read outranks what differs.
        (2, &["diff", "/a.pem", "/part.pem"]),
        (0, &["check", "/a.pem"]),
        (1, &["check", "/old.pem"]),
        (2, &["check", "/gone.pem"]),
        (2, &["check", "/old-part.pem", "--only", "expired"]),
        (2, &["check", "/part.pem", "--only", "expired"]),
        (0, &["scan", "/"]),
        (2, &["scan", "/gone"]),
        (0, &["export", "--from", "/a.pem", "--out", "-"]),
        (2, &["export", "--from", "/old.pem", "--out", "-"]),
        (2, &["list", "--format", "yaml"]),
        (2, &["list", "--at", "yesterday"]),
        (2, &["list", "--file-size", "many"]),
        (2, &["unheard-of"]),
    ] {
        let output = Castore::at(&tree).with(["--at", NOW]);
        let output = if arguments.contains(&"--at") { Castore::at(&tree) } else { output };
        let output = output.run(arguments).exits(code);
        if code == 2 {
            assert!(output.stderr().starts_with("castore: "), "{output}");
        }
    }
}

#[test]
fn help_and_version_are_data() {
    for arguments in [&["--help"][..], &["-h"], &["--version"], &["help", "diff"], &["list", "--help"]] {
        let output = Castore::here().run(arguments).exits(0);
        assert!(output.stderr().is_empty() && !output.stdout().is_empty(), "{output}");
    }
    let output = Castore::here().run([""; 0]).exits(2);
    assert!(output.stdout().is_empty() && output.stderr().contains("Usage: castore <COMMAND>"), "{output}");
}

#[test]
fn colour_adds_and_is_asked_for() {
    let tree = tree();
    let run = |variables: &[(&str, &str)], arguments: &[&str]| {
        let castore = variables.iter().fold(Castore::at(&tree), |castore, (name, value)| castore.env(name, value));
        let output = castore.run(["diff", "/a.pem", "/other.pem"].iter().chain(arguments)).exits(1);
        String::from_utf8(output.raw_stdout().to_vec()).expect("UTF-8")
    };
    let plain = run(&[], &[]);
    assert!(!plain.contains('\u{1b}'), "no terminal, no colour");
    let coloured = run(&[], &["--color", "always"]);
    assert!(coloured.contains("\u{1b}[31m"), "{coloured}");
    assert_eq!(run(&[("CLICOLOR_FORCE", "1")], &[]), coloured);
    assert_eq!(run(&[("CLICOLOR_FORCE", "0")], &[]), plain);
    assert_eq!(run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], &[]), plain);
    assert_eq!(run(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], &[]), coloured);
    assert_eq!(run(&[("CLICOLOR_FORCE", "1")], &["--color", "never"]), plain);
    assert_eq!(run(&[("NO_COLOR", "1")], &["--color", "always"]), coloured);
    let without: String = coloured
        .split('\u{1b}')
        .enumerate()
        .map(|(index, part)| if index == 0 { part } else { part.split_once('m').map_or("", |(_, rest)| rest) })
        .collect();
    assert_eq!(without, plain, "colour carries nothing");
}
