//! `castore check`: renewals, cross-signs and intermediates.

use crate::certificates::{NOW, intermediate, root};
use crate::check::{file, is_clean, only};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, elf, roots, with_programs};
use insta::assert_snapshot;

/// The text without who uses a store: rows added to the catalogue later also use the system's.
fn told(output: &Output) -> String {
    let line = |line: &str| line.split("  (used by ").next().unwrap_or_default().to_owned() + "\n";
    output.stdout().lines().map(line).collect()
}

#[test]
fn an_expired_one_beside_its_renewal() {
    let old = root("Renewed Root").dates((2015, 1, 1), (2025, 7, 1)).serial(b"old").make();
    let new = root("Renewed Root").dates((2024, 1, 1), (2044, 1, 1)).serial(b"new").make();
    let both = file(old.pem() + &new.pem());
    assert_snapshot!(only(&both, "expired-twin", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only expired-twin /x.pem
    info[expired-twin]: an expired certificate stands beside its renewal: Renewed Root (5a453b6d)
      at /x.pem:1
      expected its renewal cbe05a46 alone, found this beside it, expired on 2025-07-01; the verifiers here take that
      hint: delete the expired one
    1 info
    exit: 1
    ");
    // It is told once.
    is_clean(only(&both, "expired", "/x.pem"));
    is_clean(only(&file(old.pem()), "expired-twin", "/x.pem"));
    _ = only(&file(old.pem()), "expired", "/x.pem").exits(1);
    // Another key is another authority.
    let other = root("Renewed Root").key(5).make();
    is_clean(only(&file(old.pem() + &other.pem()), "expired-twin", "/x.pem"));
    // OpenSSL 1.0.2 takes the first of a name.
    let machine = |bundle: String| {
        let texts = "\0OpenSSL 1.0.2u  20 Dec 2019\0OPENSSLDIR: \"/usr/lib/ssl\"\0";
        Tree::new()
            .file("usr/lib/x86_64-linux-gnu/libcrypto.so.1.0.0", elf(&[], texts))
            .file("usr/bin/python2.7", elf(&[], ""))
            .file("usr/lib/python2.7/os.py", "")
            .file("usr/lib/python2.7/lib-dynload/_ssl.x86_64-linux-gnu.so", elf(&["libcrypto.so.1.0.0"], ""))
            .file("usr/lib/ssl/cert.pem", bundle)
    };
    let run = |tree: &Tree| {
        let castore = Castore::at(tree).with(["--at", NOW, "--env", "PATH=/usr/bin"]);
        castore.run(["check", "--only", "expired-twin", "python"])
    };
    assert_snapshot!(told(&run(&machine(old.pem() + &new.pem())).exits(1)), @r"
    error[expired-twin]: an expired certificate stands beside its renewal: Renewed Root (5a453b6d)
      at /usr/lib/ssl/cert.pem:1
      expected its renewal cbe05a46 alone, found this beside it, expired on 2025-07-01; openssl, python take this, which stands first, and fail
      hint: delete the expired one
    1 error
    ");
    assert!(told(&run(&machine(new.pem() + &old.pem()))).starts_with("info[expired-twin]"));
}

#[test]
fn a_cross_sign_whose_root_has_gone() {
    let old = root("Old Root").key(8).make();
    let new = root("New Root").key(9).make();
    let cross = intermediate("New Root").key(9).issued_by(&old);
    let tree = file(cross.pem() + &new.pem()).file("new.pem", new.pem());
    assert_snapshot!(only(&tree, "cross-sign-without-root", "/x.pem"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only cross-sign-without-root /x.pem
    info[cross-sign-without-root]: a cross-signed certificate has outlived its root: New Root (4aa544f0)
      at /x.pem:1
      expected the root CN=Old Root, O=Example that signed it too, found none; the self-signed one (00ae04df) stands beside it and is enough
      hint: remove the cross-signed one
    1 info
    exit: 1
    ");
    is_clean(only(&tree, "missing-issuer", "/x.pem"));
    let alone = file(cross.pem()).file("new.pem", new.pem());
    let both = |id: &str| Castore::at(&alone).with(["--at", NOW]).run(["check", "--only", id, "/x.pem", "/new.pem"]);
    assert_snapshot!(both("cross-sign-without-root"), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --only cross-sign-without-root /x.pem /new.pem
    warning[cross-sign-without-root]: a cross-signed certificate has outlived its root: New Root (4aa544f0)
      at /x.pem:1
      expected the root CN=Old Root, O=Example that signed it too, found none; no chain can end with it
      hint: put the self-signed one, 00ae04df, which /new.pem holds, in its place
    1 warning
    exit: 1
    ");
    // While its root is there it leads somewhere; and nobody knows that it is one where the other is unknown.
    is_clean(only(&file(cross.pem() + &old.pem() + &new.pem()), "cross-sign-without-root", "/x.pem"));
    is_clean(only(&file(cross.pem()), "cross-sign-without-root", "/x.pem"));
    _ = only(&file(cross.pem()), "missing-issuer", "/x.pem").exits(1);
}

#[test]
fn an_intermediate_that_divides_the_clients() {
    let top = root("Top").key(9).make();
    let between = intermediate("Between").issued_by(&top);
    let machine = |bundle: String| with_programs(debian()).file("etc/ssl/certs/ca-certificates.crt", bundle);
    let run = |tree: &Tree| {
        let castore = Castore::at(tree).with(["--at", NOW, "--env", "PATH=/usr/bin"]);
        castore.run(["check", "--only", "intermediate-anchor", "curl", "python", "go", "openssl"])
    };
    let some = |more: String| {
        // OpenSSL's own default file is the bundle.
        machine(bundle(&roots()) + &more).link("usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt")
    };
    assert_snapshot!(told(&run(&some(between.pem())).exits(1)), @r"
    warning[intermediate-anchor]: an intermediate stands in for its root: Between (1b1cfe79)
      at /etc/ssl/certs/ca-certificates.crt:28
      expected a self-issued root, which every client takes, found an intermediate: openssl, python end no chain with it, curl, go do
      hint: add the root that issued it to the same store
    1 warning
    ");
    is_clean(run(&some(between.pem() + &top.pem())));
    is_clean(run(&some(String::new())));
}

/// Whether there is a chain was looked for from each of them by every way: 1,600 took minutes, and every account can
/// write that many into a file that is looked at as root.
#[test]
fn thousands_that_sign_one_another_are_looked_at_once() {
    let (one, other) = (|| root("One").key(10), || root("Other").key(11));
    let (signs_other, signs_one) = (one().make(), other().make());
    let made = |number: u32| match number % 2 {
        0 => one().serial(&number.to_be_bytes()).issued_by(&signs_one),
        _ => other().serial(&number.to_be_bytes()).issued_by(&signs_other),
    };
    let loops: String = (1..=2_000).map(|number| made(number).pem()).collect();
    let started = std::time::Instant::now();
    let found = only(&file(loops), "missing-issuer", "/x.pem").exits(1).stdout().to_owned();
    assert!(started.elapsed().as_secs() < 30, "{} s", started.elapsed().as_secs());
    assert!(found.contains("2000"), "{found}");
}

/// Expired authorities of one name, as many as those that name them as their issuer: each might have signed each.
#[test]
fn what_expired_authorities_of_one_name_issued_is_tried_so_often_and_no_more() {
    let other = root("Many").key(7).make();
    let mut text = String::new();
    for serial in 0..70_u8 {
        text += &root("Many").dates((2010, 1, 1), (2020, 1, 1)).serial(&[0x40, serial]).make().pem();
        text += &intermediate("Issued").serial(&[0x41, serial]).issued_by(&other).pem();
    }
    let tree = Tree::new().file("x.pem", text);
    let output = Castore::at(&tree).run(["check", "--only", "expired*", "/x.pem", "--at", NOW]).exits(1).stdout();
    assert!(output.contains("too many have an issuer of its name to try which of them it issued"), "{output}");
}
