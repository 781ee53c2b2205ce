//! `castore diff`.

use crate::certificates::{Certificate, NOW, numbered, pem, root};
use crate::harness::{Castore, Tree};
use crate::roots::{bundle, debian, roots, uber, with_environment, with_programs};
use insta::assert_snapshot;
use std::collections::BTreeSet;

#[test]
fn the_same_is_said_and_is_no_difference() {
    let [alpha, beta, _] = roots();
    let tree = Tree::new().file("a.pem", alpha.pem() + &beta.pem()).file("b.pem", beta.pem() + &alpha.pem());
    assert_snapshot!(Castore::at(&tree).run(["diff", "/a.pem", "/b.pem"]), @r"
    $ castore diff --root @ROOT@ /a.pem /b.pem
    A  2 certificates
       /a.pem
       /b.pem
    the same 2 certificates in both
    exit: 0
    ");
}

#[test]
fn what_a_store_distrusts_is_not_what_another_trusts() {
    let [alpha, beta, _] = roots();
    let header = "[p11-kit-object-v1]";
    let both = format!("{header}\ntrusted: true\n{}{header}\nx-distrusted: true\n{}", alpha.pem(), beta.pem());
    let tree = Tree::new().file("c.pem", alpha.pem()).file("a.pem", bundle(&[alpha, beta])).file("b.p11-kit", both);
    assert_snapshot!(Castore::at(&tree).run(["diff", "/a.pem", "/b.p11-kit"]), @r"
    $ castore diff --root @ROOT@ /a.pem /b.p11-kit
    A  2 certificates
       /a.pem
    B  2 certificates, +0 -0
       /b.p11-kit

    held by all, and not trusted alike:
    90783156  Beta Root  A  nothing said
                         B  distrusted
    exit: 1
    ");
    assert_snapshot!(Castore::at(&tree).run(["diff", "/c.pem", "/b.p11-kit"]), @r"
    $ castore diff --root @ROOT@ /c.pem /b.p11-kit
    A  1 certificate
       /c.pem
    B  2 certificates, +1 -0
       /b.p11-kit

       SHA-256   EXPIRES     NAME       WHERE
    +  90783156  2040-01-01  Beta Root  /b.p11-kit:14 [distrusted]
    exit: 1
    ");
}

#[test]
fn two_files_differ() {
    let [alpha, beta, corp] = roots();
    let tree = Tree::new()
        .file("a.pem", bundle(&[alpha, corp]))
        .file("b.pem", bundle(&[beta, root("Corp Root").key(5).make()]));
    assert_snapshot!(Castore::at(&tree).run(["diff", "/a.pem", "/b.pem"]), @r"
    $ castore diff --root @ROOT@ /a.pem /b.pem
    A  2 certificates
       /a.pem
    B  2 certificates, +1 -1
       /b.pem

       SHA-256   EXPIRES     NAME        WHERE
    -  5cc62d47  2040-01-01  Alpha Root  /a.pem:1
    +  90783156  2040-01-01  Beta Root   /b.pem:1
    exit: 1
    ");
}

#[test]
fn files_differ_by_exactly_the_sets() {
    let all: Vec<Certificate> = (1..40).map(|number| root(&format!("Root {number}")).key(number).make()).collect();
    let pick = |wanted: &dyn Fn(usize) -> bool| -> (String, BTreeSet<String>) {
        let chosen = all.iter().enumerate().filter(|(index, _)| wanted(*index)).map(|(_, certificate)| certificate);
        (chosen.clone().map(Certificate::pem).collect(), chosen.map(Certificate::fingerprint).collect())
    };
    let ((a, in_a), (b, in_b)) = (pick(&|index| index % 2 == 0), pick(&|index| index % 3 == 0));
    let tree = Tree::new().file("a.pem", a).file("b.pem", b);
    let json = Castore::at(&tree).run(["diff", "/a.pem", "/b.pem", "--format", "json"]).exits(1).json();
    let only = |column: usize| -> BTreeSet<String> {
        let rows = json["rows"].as_array().expect("rows").iter();
        rows.filter(|row| row["held"][1 - column].is_null())
            .map(|row| row["sha256"].as_str().expect("hex").into())
            .collect()
    };
    assert_eq!(only(0), in_a.difference(&in_b).cloned().collect());
    assert_eq!(only(1), in_b.difference(&in_a).cloned().collect());
    assert_eq!(json["common"], in_a.intersection(&in_b).count());
}

#[test]
fn a_reissue_and_a_namesake_are_told_apart() {
    let (old, new) = (root("Same Key").make(), root("Same Key").dates((2025, 1, 1), (2045, 1, 1)).make());
    let (one, other) = (root("Same Name").key(7).make(), root("Same Name").key(8).make());
    let tree = Tree::new().file("a.pem", old.pem() + &one.pem()).file("b.pem", new.pem() + &other.pem());
    assert_snapshot!(Castore::at(&tree).run(["diff", "/a.pem", "/b.pem"]), @r"
    $ castore diff --root @ROOT@ /a.pem /b.pem
    A  2 certificates
       /a.pem
    B  2 certificates, +2 -2
       /b.pem

       SHA-256   EXPIRES     NAME       WHERE
    -  c6556a32  2040-01-01  Same Key   /a.pem:1
    -  ca2fdc75  2040-01-01  Same Name  /a.pem:10
    +  1a84cb4e  2045-01-01  Same Key   /b.pem:1
    +  b0d7eb42  2040-01-01  Same Name  /b.pem:10

    c6556a32 and 1a84cb4e share the same key (re-issued or cross-signed): Same Key / Same Key
    ca2fdc75 and b0d7eb42 share the same name, another key: Same Name / Same Name
    exit: 1
    ");
}

#[test]
fn many_are_a_matrix() {
    let [alpha, beta, corp] = roots();
    let tree = Tree::new()
        .file("a.pem", alpha.pem() + &beta.pem())
        .file("b.pem", beta.pem())
        .file("c.pem", corp.pem() + &beta.pem());
    assert_snapshot!(Castore::at(&tree).run(["diff", "/a.pem", "/b.pem", "/c.pem"]), @r"
    $ castore diff --root @ROOT@ /a.pem /b.pem /c.pem
    A  2 certificates
       /a.pem
    B  1 certificate, +0 -1
       /b.pem
    C  2 certificates, +1 -1
       /c.pem

    A B C  SHA-256   EXPIRES     NAME        WHERE
    x . .  5cc62d47  2040-01-01  Alpha Root  /a.pem:1
    . . x  892f1c6d  2040-01-01  Corp Root   /c.pem:1
    exit: 1
    ");
}

/// A machine with the same certifi three times, and another one.
fn copies() -> Tree {
    let mut tree = with_environment(with_programs(debian()));
    for (name, number) in [("one", 2), ("two", 2), ("three", 3)] {
        tree = tree
            .file(format!("opt/{name}/pyvenv.cfg"), "home = /usr/bin\nversion = 3.11.2\n")
            .file(format!("opt/{name}/lib/python3.11/site-packages/certifi/core.py"), "")
            .file(format!("opt/{name}/lib/python3.11/site-packages/certifi/cacert.pem"), bundle(&roots()[..number]));
    }
    tree
}

#[test]
fn identical_copies_are_one_column_with_every_name() {
    assert_snapshot!(Castore::at(&copies()).run(["diff", "certifi"]), @r"
    $ castore diff --root @ROOT@ certifi
    A  3 certificates
       system
       certifi:/usr/lib/python3/dist-packages/certifi
       certifi:/opt/three/lib/python3.11/site-packages/certifi
    B  2 certificates, +0 -1
       certifi:/opt/one/lib/python3.11/site-packages/certifi
       certifi:/opt/two/lib/python3.11/site-packages/certifi
       certifi:/opt/venv/lib/python3.11/site-packages/certifi

       SHA-256   EXPIRES     NAME       WHERE
    -  892f1c6d  2040-01-01  Corp Root  /etc/ssl/certs/ca-certificates.crt:19
    exit: 1
    ");
}

#[test]
fn by_default_everything_in_use_is_compared_with_the_system() {
    let output = Castore::at(&copies()).run(["diff", "--format", "json"]).exits(1).json();
    let columns = output["columns"].as_array().expect("columns");
    let names = |column: &serde_json::Value| column["names"].as_array().expect("names").clone();
    assert_eq!(names(&columns[0])[0], "system");
    let all: Vec<serde_json::Value> = columns.iter().flat_map(names).collect();
    for expected in ["system-directory", "curl:/usr/bin/curl", "python:/opt/venv/bin/python", "go"] {
        assert!(all.iter().any(|name| name == expected), "{expected} in {all:?}");
    }
    assert!(
        !all.iter().any(|name| name.as_str().is_some_and(|name| name.ends_with("-anchors"))),
        "what the bundle is made from is no client"
    );
    let without: Vec<_> = output["rows"].as_array().expect("rows").iter().map(|row| row["name"].as_str()).collect();
    assert_eq!(without, [Some("Corp Root")]);
}

#[test]
fn without_a_system_store_there_is_nothing_to_compare_with() {
    assert_snapshot!(Castore::at(&Tree::new()).run(["diff"]), @r"
    $ castore diff --root @ROOT@
    stderr: castore: error: nothing that is in use on this host holds a certificate
    stderr: hint: castore list --root @ROOT@ shows what was found
    exit: 2
    ");
    let tree = Tree::new().file("a.pem", roots()[0].pem());
    assert_snapshot!(Castore::at(&tree).run(["diff", "/a.pem"]), @r"
    $ castore diff --root @ROOT@ /a.pem
    stderr: castore: error: this host has no system store to compare with
    stderr: hint: name two stores
    exit: 2
    ");
}

#[test]
fn a_named_store_that_is_not_there_is_trouble() {
    let tree = debian();
    assert_snapshot!(Castore::at(&tree).run(["diff", "system", "/gone.pem"]), @r"
    $ castore diff --root @ROOT@ system /gone.pem
    stderr: castore: error: /gone.pem: nothing is there
    stderr: hint: check the path; castore list --root @ROOT@ shows the stores there are
    exit: 2
    ");
    assert_snapshot!(Castore::at(&tree).run(["diff", "system", "snapshot:x"]), @r"
    $ castore diff --root @ROOT@ system snapshot:x
    stderr: castore: error: x: nothing is there
    stderr: hint: castore snapshot --root @ROOT@ --out FILE writes one
    exit: 2
    ");
    _ = Castore::at(&tree).run(["diff", "system", "certifi"]).exits(2);
}

#[test]
fn what_was_not_read_in_full_is_trouble_and_still_compared() {
    let [alpha, beta, _] = roots();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let tree = Tree::new().file("a.pem", alpha.pem() + &beta.pem()).file("b.pem", alpha.pem() + broken);
    assert_snapshot!(Castore::at(&tree).run(["diff", "/a.pem", "/b.pem"]), @r"
    $ castore diff --root @ROOT@ /a.pem /b.pem
    A  2 certificates
       /a.pem
    B  1 certificate, +0 -1  [not read in full: /b.pem]
       /b.pem

       SHA-256   EXPIRES     NAME       WHERE
    -  90783156  2040-01-01  Beta Root  /a.pem:10
    stderr: castore: 1 store was not read in full, so there may be more
    exit: 2
    ");
    let output = Castore::at(&tree.file("c.pem", beta.pem())).run(["diff", "/a.pem", "/b.pem", "/c.pem"]).stdout();
    assert!(output.contains("\nx x .  5cc62d47  ") && output.contains("\nx ? x  90783156  "), "{output}");
    let tree = Tree::new().file("a.pem", alpha.pem()).file("b.pem", alpha.pem() + broken);
    assert_snapshot!(Castore::at(&tree).run(["diff", "/a.pem", "/b.pem"]), @r"
    $ castore diff --root @ROOT@ /a.pem /b.pem
    A  1 certificate
       /a.pem
    B  1 certificate, +0 -0  [not read in full: /b.pem]
       /b.pem
    no difference in what was read
    stderr: castore: 1 store was not read in full, so there may be more
    exit: 2
    ");
}

#[test]
fn what_was_not_read_at_all_is_not_empty() {
    let tree = Tree::new().file("a.pem", roots()[0].pem()).file("b.bks", uber());
    assert_snapshot!(Castore::at(&tree).run(["diff", "/a.pem", "/b.bks"]), @r"
    $ castore diff --root @ROOT@ /a.pem /b.bks
    A  1 certificate
       /a.pem
    only one set to compare
    stderr: castore: not compared, because it was not read: /b.bks
    stderr: castore: 1 store was not read in full, so there may be more
    exit: 2
    ");
}

#[test]
fn a_directory_is_a_side_too() {
    let [alpha, beta, _] = roots();
    let tree = Tree::new().file("d/alpha.crt", alpha.pem()).file("d/beta.der", beta.der()).file("b.pem", alpha.pem());
    let output = Castore::at(&tree).with(["--at", NOW]).run(["diff", "/d", "/b.pem"]);
    assert_snapshot!(output, @r"
    $ castore diff --root @ROOT@ --at 2026-01-01T00:00:00Z /d /b.pem
    A  2 certificates
       /d
    B  1 certificate, +0 -1
       /b.pem

       SHA-256   EXPIRES     NAME       WHERE
    -  90783156  2040-01-01  Beta Root  /d/beta.der
    exit: 1
    ");
}

#[test]
fn system_is_the_store_of_whatever_system_it_is() {
    let tree = crate::roots::freebsd().file("corp.pem", bundle(&roots()));
    let json = Castore::at(&tree).run(["diff", "/corp.pem", "--format", "json"]).exits(1).json();
    assert_eq!(json["columns"][0]["names"][0], "bsd-system");
}

/// They share one key: pairs of everything with everything would be a hundred million lines.
#[test]
fn ten_thousand_that_share_a_key_are_compared_at_once() {
    let all: Vec<String> = numbered(10_000).map(|der| pem("CERTIFICATE", &der)).collect();
    let tree = Tree::new().file("a.pem", all[..5_000].concat()).file("b.pem", all[5_000..].concat());
    let started = std::time::Instant::now();
    let output = Castore::at(&tree).run(["diff", "/a.pem", "/b.pem"]).exits(1);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    assert_eq!(output.stdout().lines().filter(|line| line.starts_with(['-', '+'])).count(), 10_000);
    assert_eq!(output.stdout().matches(" share the same key ").count(), 5_000);
}

#[test]
fn one_certificate_that_a_store_distrusts_is_a_difference() {
    let [alpha, beta, _] = roots();
    // SEQUENCE { [0] { serverAuth } }: rejected for TLS servers (X509_CERT_AUX).
    let reject = [0x30, 12, 0xa0, 10, 0x06, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
    let rejected = crate::certificates::pem("TRUSTED CERTIFICATE", &[alpha.der(), &reject[..]].concat());
    let tree = Tree::new().file("plain.pem", alpha.pem() + &beta.pem()).file("rules.pem", rejected + &beta.pem());
    assert_snapshot!(Castore::at(&tree).run(["diff", "/plain.pem", "/rules.pem"]), @r"
    $ castore diff --root @ROOT@ /plain.pem /rules.pem
    A  2 certificates
       /plain.pem
    B  2 certificates, +0 -0
       /rules.pem

    held by all, and not trusted alike:
    5cc62d47  Alpha Root  A  nothing said
                          B  refused for serverAuth
    exit: 1
    ");
    let json = Castore::at(&tree).run(["diff", "/plain.pem", "/rules.pem", "--format", "json"]).exits(1).json();
    assert_eq!(json["disputed"][0]["sha256"], alpha.fingerprint());
    _ = Castore::at(&tree).run(["diff", "/plain.pem", "/plain.pem"]).exits(0);
}

/// Who accepts anything does not trust nothing.
#[test]
fn verification_that_is_off_is_no_empty_set() {
    let tree = with_programs(debian()).file("root/.curlrc", "insecure\n");
    let output = Castore::at(&tree).with(["--env", "HOME=/root"]).run(["diff", "curl"]).exits(1);
    let because = "verification is off, so that any certificate is accepted";
    assert!(
        output.stderr().contains("castore: not compared: curl:/usr/bin/curl: ") && output.stderr().contains(because)
    );
    assert!(!output.stdout().contains("curl"), "{output}");
    let json = Castore::at(&tree).with(["--env", "HOME=/root"]).run(["diff", "curl", "--format", "json"]).json();
    assert_eq!(json["not_compared"][0]["names"][0], "curl:/usr/bin/curl");
    assert_eq!(json["not_compared"][0]["because"], because);
    assert_eq!(json["columns"].as_array().map(Vec::len), Some(1));
}

/// What a client trusts of which castore does not know where it looks is not nothing.
#[test]
fn what_is_not_known_is_no_empty_set() {
    let tree = debian().file("usr/lib/x86_64-linux-gnu/libcurl.so.4", crate::roots::elf(&[], ""));
    let which = Castore::at(&tree).run(["which", "libcurl", "--format", "json"]).json();
    assert_eq!(which["clients"][0]["anchors"], 0, "{which:#}");
    assert!(which["clients"][0]["unknown"].as_array().is_some_and(|unknown| !unknown.is_empty()), "{which:#}");
    let output = Castore::at(&tree).run(["diff", "libcurl"]).exits(2);
    assert!(output.stderr().contains("what it trusts is not known: "), "{output}");
    assert!(!output.stdout().contains("-3"), "{output}");
}

/// Two copies of certifi can be compared without a system's store.
#[test]
fn without_a_system_store_everything_in_use_is_compared() {
    let place = |name: &str| format!("opt/{name}/lib/python3.11/site-packages/certifi");
    let tree = ["a", "b"].iter().enumerate().fold(Tree::new(), |tree, (index, name)| {
        tree.file(format!("opt/{name}/pyvenv.cfg"), "home = /usr/bin\nversion = 3.11.2\n")
            .file(format!("{}/core.py", place(name)), "def where(): ...\n")
            .file(format!("{}/cacert.pem", place(name)), bundle(&roots()[..=index]))
    });
    let output = Castore::at(&tree).run(["diff"]).exits(1);
    let text = output.stdout();
    assert!(text.contains("certifi:/opt/a") && text.contains("certifi:/opt/b"), "{output}");
    assert!(text.starts_with("A  1 certificate\n"), "{output}");
}
