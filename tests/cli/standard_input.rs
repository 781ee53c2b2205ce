//! `-` among what is named is standard input; what has no path is named as what it is.

use crate::certificates::{NOW, intermediate, root};
use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, roots};
use insta::assert_snapshot;

fn fed(tree: &Tree, input: impl Into<Vec<u8>>) -> Castore {
    Castore::at(tree).with(["--at", NOW]).input(input)
}

#[test]
fn what_is_fed_is_a_store_like_another() {
    let (tree, corp) = (debian(), &roots()[2]);
    assert_snapshot!(fed(&tree, bundle(&roots()) + &corp.pem()).run(["list", "-"]), @r"
    $ castore list --root @ROOT@ --at 2026-01-01T00:00:00Z -
    STORE       FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /dev/stdin  pem           4         3  2040-01-01       -
    exit: 0
    ");
    assert_snapshot!(fed(&tree, corp.pem()).run(["diff", "-", "system"]), @r"
    $ castore diff --root @ROOT@ --at 2026-01-01T00:00:00Z - system
    A  1 certificate
       /dev/stdin
    B  3 certificates, +2 -0
       system

       SHA-256   EXPIRES     NAME        WHERE
    +  5cc62d47  2040-01-01  Alpha Root  /etc/ssl/certs/ca-certificates.crt:1
    +  90783156  2040-01-01  Beta Root   /etc/ssl/certs/ca-certificates.crt:10
    exit: 1
    ");
    assert_snapshot!(fed(&tree, bundle(&roots()) + &corp.pem()).run(["check", "-", "--only", "duplicate"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z - --only duplicate
    info[duplicate]: a certificate stands twice in a store: Corp Root (892f1c6d)
      at /dev/stdin:28
      expected each certificate once, found the same at line 19
      hint: delete the later copy
    1 info
    exit: 1
    ");
    let shown = fed(&tree, corp.pem()).run(["show", "-", "--pem"]).exits(0).stdout();
    assert_eq!(shown, corp.pem());
    let exported =
        fed(&tree, root("Fed").make().pem()).run(["export", "--from", "-", "--from", "system", "--out", "-"]);
    let exported = exported.exits(0).stdout();
    assert!(exported.contains("# CN=Fed, O=Example\n") && exported.contains("# from /dev/stdin\n"), "{exported}");
    // A keystore, and nothing.
    let der = intermediate("Der").issued_by(corp).der().to_vec();
    let der = fed(&tree, der).run(["list", "-", "--format", "json"]).exits(0).json();
    assert_eq!(der["stores"][0]["format"], "der");
    let nothing = fed(&tree, "").run(["list", "-", "--format", "json"]).exits(0).json();
    assert_eq!(nothing["stores"][0]["format"], "empty");
}

#[test]
fn an_anchor_can_be_fed() {
    let tree = debian();
    let plan = fed(&tree, root("Fed Root").make().pem()).run(["add", "-"]);
    let plan = plan.stdout();
    assert!(plan.contains("Fed Root"), "{plan}");
}

/// As a file is: up to a bound.
#[test]
fn too_much_is_refused() {
    let tree = debian();
    assert_snapshot!(fed(&tree, bundle(&roots())).run(["list", "-", "--file-size", "1KiB"]), @r"
    $ castore list --root @ROOT@ --at 2026-01-01T00:00:00Z - --file-size 1KiB
    stderr: castore: error: standard input: larger than the limit of 1024 bytes
    stderr: hint: raise the limit with --file-size
    exit: 2
    ");
}

/// Nothing is opened that may never end: a pipe has no name, and `-` is told.
#[cfg(target_os = "linux")]
#[test]
fn a_pipe_is_called_one() {
    use std::io::Write;
    let castore = env!("CARGO_BIN_EXE_castore");
    let mut child = std::process::Command::new(castore)
        .args(["list", "/dev/fd/0"])
        .env_clear()
        .stdin(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("castore");
    drop(child.stdin.take().expect("a pipe").write_all(bundle(&roots()).as_bytes()));
    let said = child.wait_with_output().expect("an end");
    assert_eq!(
        String::from_utf8_lossy(&said.stderr),
        "castore: error: /dev/fd/0: expected a regular file, found a pipe\n\
         hint: write - for it, and lead the pipe to castore\n"
    );
    assert_eq!(said.status.code(), Some(2));
}

/// A relative path is one of the working directory, and of no other where that was removed.
#[cfg(target_os = "linux")]
#[test]
fn in_a_directory_that_is_gone_nothing_is_read_or_written() {
    let tree = Tree::new().directory("gone").file("other.pem", bundle(&roots()));
    let gone = tree.path().join("gone");
    let script = r#"cd "$2" && rmdir "$2" && exec "$1" export --from "$3" --out castore-gone.pem"#;
    let said = std::process::Command::new("sh")
        .args(["-c", script, "sh", env!("CARGO_BIN_EXE_castore")])
        .args([gone.as_path(), &tree.path().join("other.pem")])
        .env_clear()
        .output()
        .expect("a shell");
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(text.contains("/proc/self/cwd/castore-gone.pem: "), "{text}");
    assert_eq!(said.status.code(), Some(2), "{text}");
    assert!(!std::path::Path::new("/castore-gone.pem").exists());
}
