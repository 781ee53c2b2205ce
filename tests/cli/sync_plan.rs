//! `castore sync --plan`: what a file may say that is carried out later.

use crate::certificates::{numbered_bundle, root};
use crate::harness::{Castore, Tree};

fn machine() -> Tree {
    Tree::new().file("srv/many.pem", numbered_bundle(12))
}

fn castore(tree: &Tree, home: &Tree) -> Castore {
    crate::sync::castore(tree).directory(home.path())
}

/// A plan that takes six of twelve roots from a bundle, in `plan.json`.
fn saved(castore: &Castore) {
    let names: Vec<String> = (0..6).map(|number| format!("Numbered Root {number:08}")).collect();
    let mut arguments = vec!["sync", "--to", "/srv/many.pem", "--allow", "6", "--save-plan", "plan.json"];
    names.iter().for_each(|name| arguments.extend(["--remove", name]));
    _ = castore.run(arguments).exits(1);
}

#[test]
fn what_never_was_a_plan_is_said_to_be_none() {
    let (tree, home) = (machine(), Tree::new().file("bundle.pem", numbered_bundle(1)).file("empty", ""));
    for file in ["bundle.pem", "empty"] {
        let output = castore(&tree, &home).run(["sync", "--plan", file]).exits(2);
        let expected =
            format!("{file}: expected a plan of the form castore.plan/1, found a file that is no JSON object");
        assert!(output.stderr().contains(&expected), "{output}");
        assert!(
            output.stderr().contains(
                "hint: castore sync --root @ROOT@ --state @ROOT@/var/lib/castore --save-plan FILE writes one"
            ),
            "{output}"
        );
    }
}

#[test]
fn a_plan_removes_no_more_than_is_allowed_when_it_is_carried_out() {
    let (tree, home) = (machine(), Tree::new());
    let castore = castore(&tree, &home);
    saved(&castore);
    let before = tree.read("srv/many.pem");
    for arguments in [&["sync", "--plan", "plan.json"][..], &["sync", "--plan", "plan.json", "--write", "--yes"]] {
        let output = castore.run(arguments).exits(2);
        let stderr = output.stderr();
        assert!(stderr.contains("expected at most 5 removals of 12 certificates, found 6"), "{output}");
        assert!(stderr.contains("--allow 6"), "{output}");
    }
    assert_eq!(tree.read("srv/many.pem"), before);
    _ = castore.run(["sync", "--plan", "plan.json", "--allow", "6", "--write", "--yes"]).exits(0);
    let after = String::from_utf8(tree.read("srv/many.pem")).expect("PEM");
    assert_eq!(after.matches("BEGIN CERTIFICATE").count(), 6);
}

/// Whoever may write a plan decides what is written by whoever carries it out.
#[cfg(unix)]
#[test]
fn a_plan_that_others_may_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (tree, home) = (machine(), Tree::new());
    let castore = castore(&tree, &home);
    saved(&castore);
    let plan = home.path().join("plan.json");
    std::fs::set_permissions(&plan, std::fs::Permissions::from_mode(0o666)).expect("a mode");
    let output = castore.run(["sync", "--plan", "plan.json", "--allow", "6", "--write", "--yes"]).exits(2);
    let expected = "plan.json: expected a plan that no other account can change: every account may write it";
    assert!(output.stderr().contains(expected), "{output}");
}

#[test]
fn a_plan_that_shows_less_than_it_does_is_refused() {
    let (tree, home) = (machine(), Tree::new());
    let castore = castore(&tree, &home);
    saved(&castore);
    let mut plan: serde_json::Value = serde_json::from_slice(&home.read("plan.json")).expect("JSON");
    plan["stores"][0]["removed"].as_array_mut().expect("a list").truncate(1);
    let home = Tree::new().file("plan.json", plan.to_string());
    let castore = castore.directory(home.path());
    let before = tree.read("srv/many.pem");
    let output = castore.run(["sync", "--plan", "plan.json", "--write", "--yes"]).exits(2);
    assert!(output.stderr().contains("which the plan does not show"), "{output}");
    assert_eq!(tree.read("srv/many.pem"), before);
}

/// Where `/usr/local` is a link, as on ostree, and Debian's list too; and nothing was made anew in between.
#[cfg(unix)]
#[test]
fn places_behind_links_are_changed_and_changed_back() {
    let pem = |name: &str, key: u8| root(name).key(key).make().pem();
    let tree = Tree::new()
        .directory("var/usrlocal/share/ca-certificates")
        .link("usr/local", "../var/usrlocal")
        .file("usr/share/ca-certificates/own/a.crt", pem("Root A", 1))
        .file("usr/share/ca-certificates/own/b.crt", pem("Root B", 2))
        .file("srv/ca.conf", "own/a.crt\nown/b.crt\n")
        .link("etc/ca-certificates.conf", "../srv/ca.conf")
        .file("etc/ssl/certs/ca-certificates.crt", pem("Root A", 1) + &pem("Root B", 2));
    let home = Tree::new().file("new.pem", pem("New Root", 9)).file("b.pem", pem("Root B", 2));
    let castore = castore(&tree, &home);
    let save = ["sync", "--to", "system", "--add", "./new.pem", "--remove", "Root B", "--save-plan", "plan.json"];
    _ = castore.run(save).exits(1);
    _ = castore.run(["sync", "--plan", "plan.json", "--write", "--yes"]).exits(0);
    assert_eq!(tree.read("srv/ca.conf"), b"own/a.crt\n!own/b.crt\n");
    let local = std::fs::read_dir(tree.path().join("var/usrlocal/share/ca-certificates")).expect("a directory");
    assert_eq!(local.count(), 1);
    let output = castore.run(["add", "./b.pem", "--to", "system", "--write", "--yes"]).exits(0);
    assert!(output.stdout().contains("would go with the next refresh"), "{output}");
    assert_eq!(tree.read("srv/ca.conf"), b"own/a.crt\nown/b.crt\n");
}
