//! Which certificates `castore export` takes: by name, by what others say of them, by what chains need.

use crate::certificates::{Certificate, NOW, intermediate, leaf, root};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{bundle, debian, roots};
use insta::assert_snapshot;
use std::collections::BTreeSet;

fn export(tree: &Tree, more: &[&str]) -> Output {
    let arguments = ["export", "--from", "/all.pem", "--out", "-", "--no-comments"];
    Castore::at(tree).with(["--at", NOW]).run([&arguments, more].concat())
}

fn machine() -> Tree {
    debian().file("all.pem", bundle(&roots())).file("corp.pem", roots()[2].pem())
}

/// The fingerprints of what was written to standard output.
fn written(output: &Output) -> BTreeSet<String> {
    let home = Tree::new().file("x.pem", output.stdout());
    let json = Castore::at(&home).run(["list", "--certs", "/x.pem", "--format", "json"]).exits(0).json();
    let certificates = json["stores"][0]["certificates"].as_array().expect("certificates").iter();
    certificates.map(|certificate| certificate["sha256"].as_str().expect("hex").to_owned()).collect()
}

fn of<'c>(certificates: impl IntoIterator<Item = &'c Certificate>) -> BTreeSet<String> {
    certificates.into_iter().map(Certificate::fingerprint).collect()
}

#[test]
fn what_is_excluded_by_name_fingerprint_or_store() {
    let tree = machine();
    let [alpha, beta, corp] = &roots();
    for word in ["Corp", "cn=corp root", "892f1c6d", &corp.fingerprint(), "/corp.pem", "file:/corp.pem", "corp.pem"] {
        let output = export(&tree, &["--exclude", word]).exits(0);
        assert_eq!(written(&output), of([alpha, beta]), "{word}");
        let line = format!("castore: left out Corp Root (892f1c6d): excluded by {word}  /all.pem\n");
        assert!(output.stderr().starts_with(&line), "{output}");
    }
    // A whole client, here the anchors that an administrator added.
    let output = export(&tree, &["--exclude", "debian-anchors:/usr/local"]);
    assert!(!written(&output).contains(&corp.fingerprint()), "{output}");
    assert_snapshot!(export(&tree, &["--exclude", "Alpha", "--exclude", "5cc62d47"]).exits(0).stderr(), @r"
    castore: left out Alpha Root (5cc62d47): excluded by Alpha  /all.pem
    castore: wrote 2 certificates to standard output
    ");
}

/// A name is whole words: *IdenTrust* is not *Entrust*.
#[test]
fn a_name_is_no_part_of_a_word() {
    let names = ["Entrust Root", "IdenTrust Root", "The Entrust.net, Inc.", "entrusted"];
    let all: String = names.iter().map(|name| root(name).make().pem()).collect();
    let tree = Tree::new().file("all.pem", all);
    let expected = [&root("IdenTrust Root").make(), &root("entrusted").make()].map(Certificate::fingerprint);
    assert_eq!(written(&export(&tree, &["--exclude", "ENTRUST"]).exits(0)), expected.into());
}

/// Who mistypes what is to go must not get it.
#[test]
fn a_word_that_names_nothing_is_an_error() {
    let tree = machine();
    let said = |more: &[&str]| {
        let output = export(&tree, more).exits(2);
        assert_eq!(output.stdout(), "");
        output.stderr()
    };
    assert_snapshot!(said(&["--exclude", "Crop Root"]), @r#"
    castore: error: --exclude: no certificate of them matches "Crop Root"
    hint: nothing was written; castore list --root @ROOT@ --certs shows fingerprints and names
    "#);
    assert_snapshot!(said(&["--only", "dead"]), @r#"
    castore: error: --only: no certificate of them matches "dead"
    hint: nothing was written; castore list --root @ROOT@ --certs shows fingerprints and names
    "#);
    assert_snapshot!(said(&["--exclude", "/gone.pem"]), @r"
    castore: error: /gone.pem: nothing is there
    hint: check the path; castore list --root @ROOT@ shows the stores there are
    ");
    assert_snapshot!(said(&["--exclude", ""]), @r"
    castore: error: --exclude: expected a fingerprint, a name or a selector, found nothing
    hint: castore list --root @ROOT@ --certs shows every certificate
    ");
    assert_snapshot!(said(&["--only", "Corp", "--exclude", "Root"]), @r"
    castore: error: all 3 certificates would be left out
    hint: nothing was written; of one: excluded by Root
    ");
    // A whole fingerprint is no slip of the hand: it is not among them, as was wanted.
    let absent = "ab".repeat(32);
    let output = export(&tree, &["--exclude", &absent]).exits(0);
    assert!(output.stderr().contains("it is not among them"), "{output}");
    assert_eq!(written(&output).len(), 3);
}

#[test]
fn what_was_asked_for_by_name_alone() {
    let tree = machine();
    let [alpha, beta, corp] = &roots();
    let output = export(&tree, &["--only", "Alpha", "--only", "/corp.pem"]).exits(0);
    assert_eq!(written(&output), of([alpha, corp]));
    assert_snapshot!(output.stderr(), @r"
    castore: left out 1 certificate that was not asked for
    castore: wrote 2 certificates to standard output
    ");
    assert_snapshot!(export(&tree, &["--only", "Beta", "--explain"]).exits(0).stderr(), @r"
    castore: left out Alpha Root (5cc62d47): not asked for  /all.pem
    castore: left out Corp Root (892f1c6d): not asked for  /all.pem
    castore: took Beta Root (90783156)  /all.pem
    castore: wrote 1 certificate to standard output
    ");
    let report = export(&tree, &["--only", "Beta", "--report", "json"]).exits(0).stderr();
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["left_out"][0]["because"], "not asked for");
    assert_eq!(report["certificates"][0]["sha256"], beta.fingerprint());
}

/// A root whose basic constraints are not critical: OpenSSL takes it, Python since 3.13 does not.
fn lax() -> Certificate {
    root("Lax Root").key(7).silent().extension(&[2, 5, 29, 19], false, vec![0x30, 3, 1, 1, 0xff]).make()
}

#[test]
fn what_a_verifier_refuses_is_left_out() {
    let tree = machine().file("all.pem", bundle(&roots()) + &lax().pem());
    let by = |policy: &str| export(&tree, &["--accepted-by", policy]);
    let strict = by("policy:python,python=3.13,openssl=3.5").exits(0);
    assert_eq!(written(&strict), of(&roots()));
    assert_snapshot!(strict.stderr(), @r"
    castore: left out Lax Root (e0376cad): policy:python,python=3.13,openssl=3.5 refuses it: expected critical basic constraints, found basic constraints that are not critical  /all.pem
    castore: wrote 3 certificates to standard output
    ");
    assert_eq!(written(&by("policy:python,python=3.12,openssl=3.5").exits(0)).len(), 4);
    let said = |word: &str| by(word).exits(2).stderr();
    assert_snapshot!(said("policy:python,python=3.13"), @r"
    castore: error: --accepted-by: policy:python: the version of its openssl is not known
    hint: castore clients lists clients; policy:python,python=3.13,openssl=3.5 is one of none
    ");
    assert_snapshot!(said("policy:pyton").lines().next().expect("a line").split(';').next().expect("words"), @r#"castore: error: --accepted-by: no policy is called "pyton""#);
    assert_snapshot!(said("policy:go,go=x"), @r#"
    castore: error: --accepted-by: go: expected a version, found "x"
    hint: castore clients lists clients; policy:python,python=3.13,openssl=3.5 is one of none
    "#);
    assert_snapshot!(said("/all.pem"), @r"
    castore: error: --accepted-by: expected a client or a policy, found /all.pem
    hint: castore clients lists clients; policy:python,python=3.13,openssl=3.5 is one of none
    ");
    assert_snapshot!(said("java"), @r"
    castore: error: java: no such client or installation was found on this host
    hint: castore list --root @ROOT@ shows what was found; castore clients what is known
    ");
}

#[test]
fn what_stores_trust_for_another_purpose() {
    let [alpha, beta, corp] = roots();
    // SEQUENCE { SEQUENCE { emailProtection } }: trusted for mail alone (X509_CERT_AUX).
    let mail = [0x30, 12, 0x30, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 4];
    let mail = crate::certificates::pem("TRUSTED CERTIFICATE", &[beta.der(), &mail[..]].concat());
    // SEQUENCE { [0] { emailProtection } }: rejected for it.
    let none = [0x30, 12, 0xa0, 10, 6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 4];
    let none = crate::certificates::pem("TRUSTED CERTIFICATE", &[corp.der(), &none[..]].concat());
    let tree = Tree::new().file("all.pem", alpha.pem() + &mail + &none);
    assert_eq!(written(&export(&tree, &[]).exits(0)), of([&alpha, &corp]));
    let output = export(&tree, &["--purpose", "email"]).exits(0);
    assert_eq!(written(&output), of([&alpha, &beta]));
    assert_snapshot!(output.stderr(), @r"
    castore: left out Corp Root (892f1c6d): a store it is in distrusts it  /all.pem
    castore: purposes are lost: pem cannot say which purposes one certificate is limited to
    castore: wrote 2 certificates to standard output
    ");
}

/// A root that another has cross-signed, that other, and a third.
struct Authorities {
    roots: [Certificate; 3],
    /// A server below the first, which sends the cross-signed certificate with its own.
    crossed: String,
    /// A server below the second.
    second: String,
    /// One below the third.
    third: String,
}

fn authorities() -> Authorities {
    let roots = roots();
    let cross = root("Alpha Root").issued_by(&roots[1]);
    let between = intermediate("Between").issued_by(&roots[0]);
    let crossed = leaf("crossed.example").issued_by(&between).pem() + &between.pem() + &cross.pem();
    let second = leaf("second.example").issued_by(&roots[1]).pem();
    let third = leaf("third.example").issued_by(&roots[2]).pem();
    Authorities { roots, crossed, second, third }
}

#[test]
fn the_smallest_set_that_verifies_some_chains() {
    let Authorities { roots, crossed, second, third } = authorities();
    let tree = machine().file("crossed.pem", crossed).file("second.pem", second).file("third.pem", third);
    let of_chains = |chains: &[&str]| export(&tree, &[&["--minimal"], chains].concat()).exits(0);
    let one = of_chains(&["/crossed.pem"]);
    assert_eq!(written(&one).len(), 1, "either of the two will do");
    let output = of_chains(&["/crossed.pem", "/second.pem"]);
    assert_eq!(written(&output), of([&roots[1]]));
    assert_snapshot!(output.stderr(), @r"
    castore: left out 2 certificates that were not asked for
    castore: /crossed.pem needs Beta Root (90783156)
    castore: /second.pem needs Beta Root (90783156)
    castore: wrote 1 certificate to standard output
    ");
    let output = of_chains(&["/crossed.pem", "/second.pem", "/third.pem"]);
    assert_eq!(written(&output), of(&roots[1..]));
    // What is left out otherwise is no choice.
    let output = export(&tree, &["--minimal", "/crossed.pem", "--exclude", "Alpha"]).exits(0);
    assert_eq!(written(&output), of([&roots[1]]));
    let json = export(&tree, &["--minimal", "/third.pem", "--report", "json"]).exits(0).stderr();
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_snapshot!(json["minimal"].to_string(), @r#"{"chains":[{"chain":"/third.pem","roots":["892f1c6d2d6aab830da70a63aa3620693788083ed79f18339b1242bd4d8914cc"]}],"is_proven":true,"verified_by":["OpenSSL 3.5"]}"#);
}

#[test]
fn a_chain_that_nothing_verifies_is_an_error() {
    let Authorities { crossed, third, .. } = authorities();
    let tree = machine().file("crossed.pem", crossed).file("third.pem", third).file("none.pem", "");
    let said = |more: &[&str]| {
        let output = export(&tree, more).exits(2);
        assert_eq!(output.stdout(), "");
        output.stderr()
    };
    // What is excluded serves no chain.
    assert_snapshot!(said(&["--exclude", "Corp", "--minimal", "/crossed.pem", "/third.pem"]), @r"
    castore: error: --minimal /third.pem: OpenSSL 3.5 refuses it with all of them: unable to get local issuer certificate
    hint: nothing was written; castore why --root @ROOT@ tells what is wrong with the chain, --at TIME judges at another time
    ");
    assert_snapshot!(said(&["--minimal", "/none.pem"]), @r"
    castore: error: /none.pem: expected certificates, found none
    hint: the server's certificate comes first, then its issuers: openssl s_client -showcerts prints them so
    ");
    let later = ["export", "--from", "/all.pem", "--out", "-", "--minimal", "/third.pem", "--at", "2030-01-01"];
    assert_snapshot!(Castore::at(&tree).run(later).exits(2).stderr(), @r"
    castore: error: --minimal /third.pem: OpenSSL 3.5 refuses it with all of them: certificate has expired
    hint: nothing was written; castore why --root @ROOT@ tells what is wrong with the chain, --at TIME judges at another time
    ");
}

#[test]
#[cfg(feature = "network")]
fn the_smallest_set_for_a_server() {
    use crate::servers::{Identity, tls};
    let issued = leaf("intranet.example").issued_by(&roots()[2]);
    let mut identity = Identity::new(&[]);
    identity.chain = vec![issued.der().to_vec()];
    let at = tls(&identity).0.to_string();
    let tree = machine();
    let output = export(&tree, &["--minimal", "intranet.example", "--connect", &at]).exits(0);
    assert_eq!(written(&output), of(&roots()[2..]));
    let said = export(&tree, &["--minimal", "a.example", "b.example", "--connect", &at]).exits(2).stderr();
    assert_snapshot!(said, @r"
    castore: error: --connect: expected one server of --minimal, found several
    hint: save each chain with openssl s_client -showcerts, and name the files
    ");
}
