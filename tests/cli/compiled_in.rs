//! Roots compiled into programs: Node.js trusts all of its own, NSS' module does not say.

use crate::harness::{Castore, Tree};
use crate::roots::{bundle, elf, roots};
use insta::assert_snapshot;

/// A `node` with two roots in it.
fn node() -> Tree {
    let text = format!("\0{}\0", bundle(&roots()[..2]));
    Tree::new().file("usr/bin/node", elf(&[], &text)).file("two.pem", bundle(&roots()[..2]))
}

#[test]
fn node_trusts_what_is_compiled_into_it() {
    assert_snapshot!(Castore::at(&node()).run(["which", "node"]), @r"
    $ castore which --root @ROOT@ node
    node  /usr/bin/node
      used  built in  /usr/bin/node  2 certificates; -> /usr/bin/node (roots compiled into node); https://nodejs.org/api/tls.html#tlsrootcertificates
      trusts 2 certificates
    exit: 0
    ");
    assert_snapshot!(Castore::at(&node()).run(["diff", "node", "/two.pem"]), @r"
    $ castore diff --root @ROOT@ node /two.pem
    A  2 certificates
       node:/usr/bin/node
       /two.pem
    the same 2 certificates in both
    exit: 0
    ");
}

#[test]
fn debian_has_node_in_a_library() {
    let text = format!("\0{}\0", roots()[2].pem().replace('\n', "\\n"));
    let tree = Tree::new()
        .file("usr/bin/node", elf(&["libnode.so.108"], ""))
        .file("usr/lib/x86_64-linux-gnu/libnode.so.108", elf(&[], &text));
    assert_snapshot!(Castore::at(&tree).run(["which", "node"]), @r"
    $ castore which --root @ROOT@ node
    node  /usr/bin/node
      used  built in  /usr/lib/x86_64-linux-gnu/libnode.so.108  1 certificate; -> /usr/lib/x86_64-linux-gnu/libnode.so.108 (roots compiled into node); https://nodejs.org/api/tls.html#tlsrootcertificates
      trusts 1 certificate
    exit: 0
    ");
}

#[test]
fn a_node_without_roots_in_it_is_not_said_to_trust_nothing() {
    let tree = Tree::new().file("usr/bin/node", elf(&[], "nothing")).file("opt/bin/node", "#!/bin/sh\n");
    let castore = Castore::at(&tree).with(["--env", "PATH=/usr/bin:/opt/bin"]);
    assert_snapshot!(castore.run(["which", "node"]), @r"
    $ castore which --root @ROOT@ --env PATH=/usr/bin:/opt/bin node
    node  /usr/bin/node
      used  built in  /usr/bin/node  0 certificates; -> /usr/bin/node (roots compiled into node); https://nodejs.org/api/tls.html#tlsrootcertificates
      trusts at least 0 certificates
      not read in full: /usr/bin/node (roots compiled into node)

    node  /opt/bin/node
      used  built in  /opt/bin/node  -> /opt/bin/node (roots compiled into node); https://nodejs.org/api/tls.html#tlsrootcertificates
      trusts at least 0 certificates
      not read in full: /opt/bin/node (roots compiled into node)
    exit: 0
    ");
    assert_snapshot!(castore.run(["check", "node"]), @r"
    $ castore check --root @ROOT@ --env PATH=/usr/bin:/opt/bin node
    info[unread-store]: a store was not read in full
      at /opt/bin/node (roots compiled into node)  (used by node)
      expected every entry read, found no format of certificates that castore knows
      hint: see whether it is the file that was meant
    1 info
    stderr: castore: not read in full, so there may be more: /opt/bin/node (roots compiled into node)
    exit: 2
    ");
}

#[test]
fn the_module_of_nss_does_not_say_what_it_trusts() {
    let module = [elf(&[], ""), roots()[0].der().to_vec(), roots()[1].der().to_vec()].concat();
    let tree = Tree::new().file("usr/lib/x86_64-linux-gnu/libnssckbi.so", module).file("one.pem", roots()[0].pem());
    assert_snapshot!(Castore::at(&tree).run(["which", "nss"]), @r"
    $ castore which --root @ROOT@ nss
    nss  /usr/lib/x86_64-linux-gnu/libnssckbi.so
      used  built in  /usr/lib/x86_64-linux-gnu/libnssckbi.so  2 certificates; -> /usr/lib/x86_64-linux-gnu/libnssckbi.so (roots compiled into libnssckbi); https://searchfox.org/mozilla-central/source/security/nss/lib/ckfw/builtins/README
      trusts at least 0 certificates
      leaves out 2: whether it is trusted is not stated by the binary
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["list", "nss"]), @r"
    $ castore list --root @ROOT@ nss
    STORE                                                                     FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /usr/lib/x86_64-linux-gnu/libnssckbi.so (roots compiled into libnssckbi)  elf           2         2  2040-01-01       nss
    exit: 0
    ");
    assert_snapshot!(Castore::at(&tree).run(["diff", "nss", "/one.pem"]), @r"
    $ castore diff --root @ROOT@ nss /one.pem
    A  1 certificate
       /one.pem
    only one set to compare
    stderr: castore: not compared: nss:/usr/lib/x86_64-linux-gnu/libnssckbi.so: its certificates were read, and the binary does not state which of them it trusts
    exit: 2
    ");
    let json = Castore::at(&tree).run(["diff", "nss", "/one.pem", "--format", "json"]).exits(2).stdout();
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!((&json["same"], json["columns"].as_array().map(Vec::len)), (&serde_json::Value::Null, Some(1)));
    // Of everything it is told, and the rest decides.
    let output = Castore::at(&tree).run(["diff"]).exits(0);
    assert!(output.stderr().contains("does not state which of them it trusts"), "{output}");
    let taken = Castore::at(&tree).run(["snapshot", "--out", "-"]).exits(0);
    assert_eq!(taken.stderr(), "");
    assert_snapshot!(Castore::at(&tree).run(["scan", "/usr"]), @r"
    $ castore scan --root @ROOT@ /usr
    STORE                                    FORMAT  CERTIFICATES   SIZE
    /usr/lib/x86_64-linux-gnu/libnssckbi.so  elf                2  866 B
    stderr: castore: 1 file looked at; 1 store with 2 certificates
    exit: 0
    ");
    let check = ["check", "nss", "--only", "unread-store", "--only", "empty-store"];
    assert_eq!(Castore::at(&tree).run(check).exits(0).stderr(), "");
}

#[test]
fn p11_kit_in_the_place_of_the_module_gives_the_anchors_of_the_system() {
    let tree = Tree::new()
        .file("usr/lib64/pkcs11/p11-kit-trust.so", elf(&[], ""))
        .link("usr/lib64/libnssckbi.so", "/usr/lib64/pkcs11/p11-kit-trust.so");
    assert_snapshot!(Castore::at(&tree).run(["which", "nss"]), @r"
    $ castore which --root @ROOT@ nss
    nss  /usr/lib64/libnssckbi.so
      trusts 0 certificates
      not known: the roots that p11-kit serves it
    exit: 0
    ");
}

/// Larger than what is read at once: the roots stand across the ends of parts, within what the headers
/// call constants, and where no header says so.
#[test]
fn large_programs_are_read_part_by_part() {
    let filling = |length: usize| "\0".repeat(length);
    let bundle = bundle(&roots()[..2]);
    const PART: usize = 96 * 1024;
    let ends = [PART - 700, PART - 30, PART, 2 * PART - 4096 - 3000, 2 * PART - 4096 - 20, 3 * PART];
    for before in ends.into_iter().chain([1024 * 1024 - 700, 1024 * 1024 - 30, 2 * 1024 * 1024, 2_600_000]) {
        let text = format!("{}{bundle}{}", filling(before), filling(1_100_000));
        let constants = elf(&[], &text);
        let appended = [elf(&[], ""), text.into_bytes()].concat();
        for program in [constants, appended] {
            let tree = Tree::new().file("usr/bin/node", program);
            let json = Castore::at(&tree).run(["which", "node", "--format", "json"]).exits(0).json();
            assert_eq!(json["clients"][0]["anchors"], 2, "{before}");
            assert_eq!(json["clients"][0]["gaps"].as_array().map(Vec::len), Some(0));
        }
    }
}

/// A program larger than what is read of other files is searched all the same, wherever its certificates stand: in
/// its constants, behind them, or in both.
#[test]
fn programs_too_large_to_be_read_whole_are_searched() {
    let [alpha, beta, _] = roots();
    let filling = "\0".repeat(1_500_000);
    let program = [elf(&[], &format!("{filling}{}", alpha.pem())), filling.into_bytes(), beta.der().to_vec()].concat();
    let tree = Tree::new().file("srv/program", program).file("srv/text", "x".repeat(2_000_000));
    let bounded = Castore::at(&tree).with(["--file-size", "1MiB"]);
    assert_snapshot!(bounded.run(["scan", "/srv"]), @r"
    $ castore scan --root @ROOT@ --file-size 1MiB /srv
    STORE         FORMAT  CERTIFICATES     SIZE
    /srv/program  elf                2  3001 kB
    stderr: castore: /srv/text: larger than the limit of 1048576 bytes
    stderr: castore: 2 files looked at, 1 could not be read; 1 store with 2 certificates
    exit: 0
    ");
    assert_snapshot!(bounded.run(["list", "/srv/program"]), @r"
    $ castore list --root @ROOT@ --file-size 1MiB /srv/program
    STORE         FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /srv/program  elf           2         2  2040-01-01       -
    exit: 0
    ");
    assert_snapshot!(bounded.run(["list", "--all"]), @r"
    $ castore list --root @ROOT@ --file-size 1MiB --all
    STORE         FORMAT  ENTRIES  DISTINCT  EARLIEST EXPIRY  USED BY
    /srv/program  elf           2         2  2040-01-01       (found by search; no known client)
    stderr: castore: /srv/text: larger than the limit of 1048576 bytes
    exit: 0
    ");
    // The same as where it is read whole.
    let whole = Castore::at(&tree).run(["list", "--certs", "/srv/program", "--format", "json"]).exits(0);
    assert_eq!(bounded.run(["list", "--certs", "/srv/program", "--format", "json"]).exits(0).stdout(), whole.stdout());
    assert_snapshot!(bounded.run(["list", "/srv/text"]), @r"
    $ castore list --root @ROOT@ --file-size 1MiB /srv/text
    stderr: castore: error: /srv/text: larger than the limit of 1048576 bytes
    stderr: hint: raise the limit with --file-size
    exit: 2
    ");
}
