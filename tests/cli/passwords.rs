//! `--password-file`, `--kdf-iterations`, `--kdf-total` and `--kdf-memory`: what is tried on keystores, and that it is
//! never said.

use crate::certificates::NOW;
use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, roots};
use castore::format::pkcs12;
use castore::model::Password;
use insta::assert_snapshot;

const SECRET: &str = "correct horse battery staple";

#[cfg(unix)]
fn mode(tree: &Tree, file: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(tree.path().join(file), PermissionsExt::from_mode(mode)).expect("a file of ours");
}

/// A machine with a store, and a directory with files of passwords.
fn places() -> (Tree, Tree) {
    let tree = debian().file("a.pem", bundle(&roots()[..1]));
    let own = Tree::new()
        .file("one", format!("{SECRET}\r\n\nsecond\n"))
        .file("empty", "\n\n")
        .file("latin", [b'p', 0xe4, b's', b's'])
        .directory("directory");
    for file in ["one", "empty", "latin"] {
        #[cfg(unix)]
        mode(&own, file, 0o600);
    }
    (tree, own)
}

#[test]
fn a_file_that_gives_none_is_an_error() {
    let (tree, own) = places();
    let run = |file: &str| Castore::at(&tree).directory(own.path()).run(["list", "/a.pem", "--password-file", file]);
    assert_snapshot!(run("gone"), @"
    $ castore list --root @ROOT@ /a.pem --password-file gone
    stderr: castore: error: --password-file: gone: nothing is there
    stderr: hint: name a file of this machine with one password on each line
    exit: 2
    ");
    assert_snapshot!(run("empty"), @"
    $ castore list --root @ROOT@ /a.pem --password-file empty
    stderr: castore: error: --password-file: empty: no password in it
    stderr: hint: name a file of this machine with one password on each line
    exit: 2
    ");
    assert_snapshot!(run("latin"), @"
    $ castore list --root @ROOT@ /a.pem --password-file latin
    stderr: castore: error: --password-file: latin: expected UTF-8, found other bytes
    stderr: hint: name a file of this machine with one password on each line
    exit: 2
    ");
    assert_snapshot!(run("directory"), @"
    $ castore list --root @ROOT@ /a.pem --password-file directory
    stderr: castore: error: --password-file: directory: expected a file, found a directory
    stderr: hint: name a file of this machine with one password on each line
    exit: 2
    ");
}

#[test]
fn passwords_are_never_said() {
    let (tree, own) = places();
    let castore = Castore::at(&tree).directory(own.path()).with(["--password-file", "one", "--password-file", "one"]);
    for format in ["text", "json"] {
        let output = castore.run(["list", "--certs", "--format", format, "/a.pem"]).exits(0);
        assert_eq!(output.stderr(), "", "{output}");
        assert!(!output.stdout().contains(SECRET), "{output}");
    }
    // Neither is the file taken for one below --root, nor what is wrong with it told by its content.
    let output = castore.run(["list", "/a.pem", "--password-file", "latin"]).exits(2);
    assert!(!output.stderr().contains(SECRET), "{output}");
}

#[cfg(unix)]
#[test]
fn a_file_that_everyone_can_read_is_noted() {
    let (tree, own) = places();
    mode(&own, "one", 0o644);
    let run = || Castore::at(&tree).directory(own.path()).run(["list", "/a.pem", "--password-file", "one"]);
    assert_snapshot!(run().stderr(), @"castore: one: every account of this machine can read the passwords in it");
    assert_eq!(run().exits(0).stdout(), Castore::at(&tree).run(["list", "/a.pem"]).stdout());
}

#[test]
fn rounds_are_a_number() {
    let (tree, _) = places();
    let run = |rounds: &str| Castore::at(&tree).run(["list", "/a.pem", "--kdf-iterations", rounds]);
    _ = run("20000000").exits(0);
    _ = run("0").exits(0);
    assert_snapshot!(run("many"), @"
    $ castore list --root @ROOT@ /a.pem --kdf-iterations many
    stderr: castore: error: invalid value 'many' for '--kdf-iterations <N>': expected a number of rounds such as 10000000
    stderr: hint: see --help
    exit: 2
    ");
}

/// Files that ask for more than all may have are told as not read, and stop nothing: neither the store beside them nor
/// what the same file gives alone.
#[test]
fn rounds_are_bounded_over_all_files() {
    let password = Password::new("changeit");
    let keystore = |root: usize| {
        // Its seal and its one part cost some ten thousand rounds each.
        pkcs12::write(&[("alpha", roots()[root].der())], pkcs12::Protection::Modern(&password))
    };
    let tree = Tree::new()
        .file("d/a.p12", keystore(0))
        .file("d/b.p12", keystore(1))
        .file("d/c.p12", keystore(2))
        .file("d/d.pem", roots()[0].pem());
    let within = |total| Castore::at(&tree).with(["--at", NOW, "--kdf-iterations", "25000", "--kdf-total", total]);
    let castore = || within("50000");
    assert_snapshot!(castore().run(["check", "/d", "--only", "unread-store"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --kdf-iterations 25000 --kdf-total 50000 /d --only unread-store
    info[unread-store]: a store was not read in full
      at /d
      expected every entry read, found c.p12: more than the limit of 50000 rounds of key derivation for all files
      hint: raise --kdf-total, or look at it alone
    1 info
    stderr: castore: not read in full, so there may be more: /d
    exit: 2
    ");
    let listed = castore().run(["list", "/d", "--certs"]).exits(0).stdout();
    let has = |name: &str| listed.contains(name);
    assert_eq!((has("Alpha Root"), has("Beta Root"), has("Corp Root")), (true, true, false), "{listed}");
    _ = castore().run(["check", "/d/c.p12", "--only", "unread-store"]).exits(0);
    _ = within("75000").run(["check", "/d", "--only", "unread-store"]).exits(0);
    let scanned = castore().run(["scan", "/d"]).exits(0);
    assert!(scanned.stderr().contains("4 stores with 3 certificates"), "{scanned}");
}

#[test]
fn memory_for_scrypt_is_bounded_and_may_be_raised() {
    let vector = std::fs::read("tests/data/malformed/pkcs12/scrypt").expect("a vector");
    let head = vector.windows(2).position(|two| two == b"\n\n").expect("a head") + 2;
    let tree = Tree::new().file("a.p12", &vector[head..]);
    let check =
        |size: &str| Castore::at(&tree).run(["check", "/a.p12", "--only", "unread-store", "--kdf-memory", size]);
    assert_snapshot!(check("1kB"), @r"
    $ castore check --root @ROOT@ /a.p12 --only unread-store --kdf-memory 1kB
    info[unread-store]: a store was not read in full
      at /a.p12
      expected every entry read, found more than the limit of 1000 bytes of memory for a key derivation
      hint: raise --kdf-memory
    1 info
    stderr: castore: not read in full, so there may be more: /a.p12
    exit: 2
    ");
    _ = check("1MiB").exits(0);
}

/// What is encrypted is not empty, and the password that opens it is tried on every file that is named.
#[test]
fn a_keystore_that_no_password_opens_is_said_to_be_one() {
    let (tree, own) = places();
    #[cfg(unix)]
    mode(&own, "one", 0o600);
    let (alpha, password) = (&roots()[0], Password::new(SECRET));
    let octets = pkcs12::write(&[("alpha", alpha.der())], pkcs12::Protection::Modern(&password));
    let tree = tree.file("s.p12", &octets).file("to.pem", roots()[1].pem());
    std::fs::write(own.path().join("s.p12"), &octets).expect("a file");
    let state = own.path().join("state");
    let castore = Castore::at(&tree).directory(own.path()).with(["--at", NOW]);
    let state = state.to_str().expect("UTF-8");
    for (words, shown, option) in [
        (&["add", "./s.p12", "--to", "/to.pem", "--state", state][..], "./s.p12", 1),
        (&["sync", "--from", "/s.p12", "--to", "/to.pem", "--state", state], "/s.p12", 1),
        (&["sync", "--env", "--add", "./s.p12"], "./s.p12", 0),
        (&["export", "--from", "/s.p12", "--out", "-"], "/s.p12", 0),
        (&["show", "/s.p12"], "/s.p12", 0),
    ] {
        let expected = format!(
            "castore: error: {shown}: no certificate could be read in it: 1 part encrypted, and no password that was \
             tried fits\nhint: put its password into a file and name that with --password-file\n"
        );
        assert_eq!(castore.run(words).exits(2).stderr(), expected);
        _ = castore.run([words, &["--password-file", "one"]].concat()).exits(option);
    }
}
