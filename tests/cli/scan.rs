//! `castore scan`.

use crate::certificates::pem;
use crate::harness::{Castore, Tree};
use crate::roots::{roots, uber};
use insta::assert_snapshot;

#[test]
fn content_counts_and_names_do_not() {
    let [alpha, beta, corp] = roots();
    let tree = Tree::new()
        .file("srv/app/settings.ini", format!("[tls]\nca = \"\n{}\"\n", alpha.pem()))
        .file("srv/app/no-suffix", beta.pem() + &corp.pem())
        .file("srv/app/binary.dat", beta.der())
        .file("srv/app/trusted.inc", pem("X509 CERTIFICATE", alpha.der()))
        .file("srv/java/cacerts", uber())
        .file("srv/java/store.p12", pkcs12())
        .file("srv/app/key.pem", alpha.private_key_pem())
        .file("srv/app/both.pem", alpha.pem() + &alpha.private_key_pem())
        .file("srv/app/broken.pem", alpha.pem() + &pem("CERTIFICATE", &[0; 3]))
        .file("srv/app/README.crt", "-----BEGIN NOTHING-----\n")
        .link("srv/app/link.pem", "no-suffix");
    let output = Castore::at(&tree).run(["scan", "/srv"]);
    assert!(!output.to_string().contains(alpha.private_key_pem().lines().nth(1).expect("base64")));
    assert_snapshot!(output, @r"
    $ castore scan --root @ROOT@ /srv
    STORE                  FORMAT  CERTIFICATES   SIZE
    /srv/app/binary.dat    der                1  327 B
    /srv/app/both.pem      pem                1  620 B  1 private key
    /srv/app/broken.pem    pem                1  560 B  1 block that cannot be read
    /srv/app/no-suffix     pem                2  994 B
    /srv/app/settings.ini  pem                1  516 B
    /srv/app/trusted.inc   pem                1  511 B
    /srv/java/cacerts      uber               -   48 B  it is encrypted as a whole, and castore cannot open it
    /srv/java/store.p12    pkcs12             0   24 B
    stderr: castore: 10 files looked at; 8 stores with 7 certificates
    exit: 0
    ");
}

/// A block that was cut is no store, and not passed over.
#[test]
fn blocks_that_cannot_be_read_are_said_where_there_is_no_other() {
    let alpha = &roots()[0];
    let cut: String = alpha.pem().split_inclusive('\n').take(3).collect();
    let tree = Tree::new()
        .file("srv/cut.pem", cut)
        .file("srv/sound.pem", alpha.pem())
        .file("srv/README", "Put it between -----BEGIN CERTIFICATE----- and its end.\n");
    assert_snapshot!(Castore::at(&tree).run(["scan", "/srv"]), @r"
    $ castore scan --root @ROOT@ /srv
    STORE           FORMAT  CERTIFICATES   SIZE
    /srv/sound.pem  pem                1  501 B
    stderr: castore: /srv/cut.pem: a block of a certificate that cannot be read, and no other
    stderr: castore: 3 files looked at, 1 with broken blocks alone; 1 store with 1 certificate
    exit: 0
    ");
    let json = Castore::at(&tree).run(["scan", "/srv", "--format", "json"]).exits(0).json();
    assert_eq!(json["broken"], serde_json::json!([{ "path": "/srv/cut.pem" }]));
}

/// PFX version 3 with an authenticated safe that holds nothing (RFC 7292, section 4).
fn pkcs12() -> Vec<u8> {
    let data = [0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1, 0xa0, 4, 4, 2, 0x30, 0];
    [&[0x30, 22, 2, 1, 3, 0x30, 17][..], &data].concat()
}

#[test]
fn one_file_and_nothing_at_all() {
    let tree = Tree::new().file("a/x.pem", roots()[0].pem()).file("b/y.txt", "nothing");
    assert_snapshot!(Castore::at(&tree).run(["scan", "/a/x.pem"]), @r"
    $ castore scan --root @ROOT@ /a/x.pem
    STORE     FORMAT  CERTIFICATES   SIZE
    /a/x.pem  pem                1  501 B
    stderr: castore: 1 file looked at; 1 store with 1 certificate
    exit: 0
    ");
    // One path in another is one file.
    assert_snapshot!(Castore::at(&tree).run(["scan", "/a", "/a/x.pem", "/a"]), @r"
    $ castore scan --root @ROOT@ /a /a/x.pem /a
    STORE     FORMAT  CERTIFICATES   SIZE
    /a/x.pem  pem                1  501 B
    stderr: castore: 1 file looked at; 1 store with 1 certificate
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["scan", "/b"]), @r"
    $ castore scan --root @ROOT@ /b
    no stores found
    stderr: castore: 1 file looked at; 0 stores with 0 certificates
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["scan", "/gone"]), @r"
    $ castore scan --root @ROOT@ /gone
    stderr: castore: error: /gone: nothing is there
    stderr: hint: check the path; castore list --root @ROOT@ shows the stores there are
    exit: 2
    ");
    assert_snapshot!(Castore::at(&tree).run(["scan"]), @r"
    $ castore scan --root @ROOT@
    stderr: castore: error: the following required arguments were not provided:
    stderr:   <PATH>...
    stderr: Usage: castore scan --root <DIR> <PATH>...
    stderr: hint: see --help
    exit: 2
    ");
}

#[test]
fn archives_are_counted_and_not_opened() {
    let tree = Tree::new().file("a.jar", b"PK\x03\x04\0\0").file("b.gz", b"\x1f\x8b\x08\0").file("c.txt", "text");
    let output = Castore::at(&tree).run(["scan", "/"]);
    assert!(output.stderr().contains("3 files looked at, 2 archives among them not opened; 0 stores"), "{output}");
    let json = Castore::at(&tree).run(["scan", "--format", "json", "/"]);
    assert!(json.stdout().contains("\"archives\": 2"), "{json}");
}

#[test]
#[cfg(unix)]
fn what_is_no_file_is_passed_over() {
    let tree =
        Tree::new().file("x.pem", roots()[0].pem()).link("loop", "loop").link("zero", "/dev/zero").link("up", "..");
    crate::hostile::fifo(&tree.path().join("fifo"));
    let socket = std::os::unix::net::UnixListener::bind(tree.path().join("socket")).expect("a socket");
    assert_snapshot!(Castore::at(&tree).run(["scan", "/"]), @r"
    $ castore scan --root @ROOT@ /
    STORE   FORMAT  CERTIFICATES   SIZE
    /x.pem  pem                1  501 B
    stderr: castore: 1 file looked at; 1 store with 1 certificate
    exit: 0
    ");
    drop(socket);
}

/// A sparse file takes no space and no time, unless it is read.
#[test]
fn a_file_over_the_limit_is_said_and_not_read() {
    let tree = Tree::new().file("x.pem", roots()[0].pem()).file("huge.img", "");
    let huge = std::fs::File::options().write(true).open(tree.path().join("huge.img")).expect("a file");
    huge.set_len(1 << 40).expect("a sparse file");
    assert_snapshot!(Castore::at(&tree).run(["scan", "/"]), @r"
    $ castore scan --root @ROOT@ /
    STORE   FORMAT  CERTIFICATES   SIZE
    /x.pem  pem                1  501 B
    stderr: castore: /huge.img: larger than the limit of 67108864 bytes
    stderr: castore: 2 files looked at, 1 could not be read; 1 store with 1 certificate
    exit: 0
    ");
    let output = Castore::at(&tree).run(["scan", "/", "--file-size", "100"]).exits(0);
    assert_eq!(output.stdout(), "no stores found\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_name_that_is_not_utf_8_is_given_in_octets_too() {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.pem");
    let tree = Tree::new().file(name, roots()[0].pem());
    let json = Castore::at(&tree).run(["scan", "/", "--format", "json"]).exits(0).json();
    assert_eq!(json["found"][0]["path"], "/caf\\xe9.pem");
    assert_eq!(json["found"][0]["path_hex"], "2f636166e92e70656d");
    // The same name as a selector.
    let mut path = std::ffi::OsString::from("/");
    path.push(name);
    let json = Castore::at(&tree)
        .run([std::ffi::OsString::from("list"), path, "--format".into(), "json".into()])
        .exits(0)
        .json();
    assert_eq!(json["stores"][0]["distinct"], 1);
}

#[test]
fn many_unread_files_are_counted_and_some_named() {
    let mut tree = Tree::new();
    for number in 0..15 {
        tree = tree.file(format!("{number:02}.pem"), roots()[0].pem());
    }
    let output = Castore::at(&tree).run(["scan", "/", "--file-size", "10"]);
    assert_snapshot!(output.stderr(), @r"
    castore: /00.pem: larger than the limit of 10 bytes
    castore: /01.pem: larger than the limit of 10 bytes
    castore: /02.pem: larger than the limit of 10 bytes
    castore: /03.pem: larger than the limit of 10 bytes
    castore: /04.pem: larger than the limit of 10 bytes
    castore: /05.pem: larger than the limit of 10 bytes
    castore: /06.pem: larger than the limit of 10 bytes
    castore: /07.pem: larger than the limit of 10 bytes
    castore: /08.pem: larger than the limit of 10 bytes
    castore: /09.pem: larger than the limit of 10 bytes
    castore: 15 files looked at, 15 could not be read; 0 stores with 0 certificates
    ");
    let json = Castore::at(&tree).run(["scan", "/", "--file-size", "10", "--format", "json"]).exits(0).json();
    assert_eq!(json["unread"].as_array().expect("unread").len(), 15);
}

/// A walk passes over what is no file; where somebody named it, that it was is told.
#[test]
#[cfg(unix)]
fn what_is_named_and_no_file_is_said() {
    let tree = Tree::new();
    let socket = std::os::unix::net::UnixListener::bind(tree.path().join("socket")).expect("a socket");
    let output = Castore::at(&tree).run(["scan", "/socket"]).exits(0);
    assert!(output.stderr().contains("/socket: expected a regular file, found a socket"), "{output}");
    drop(socket);
}
