//! The certificates that tests are made of are what they say.

use crate::certificates::{HOSTILE_NAMES, expiring, intermediate, leaf, numbered, numbered_bundle, root};

fn parsed(der: &[u8]) -> x509_parser::certificate::X509Certificate<'_> {
    x509_parser::parse_x509_certificate(der).expect("a certificate").1
}

#[test]
fn making_twice_makes_the_same() {
    let (root_once, root_again) = (root("A").make(), root("A").make());
    assert_eq!(root_once.der(), root_again.der());
    assert_eq!(leaf("a.example").issued_by(&root_once).der(), leaf("a.example").issued_by(&root_again).der());
    assert_ne!(root_once.fingerprint(), root("B").make().fingerprint());
    assert_ne!(root_once.fingerprint(), root("A").key(4).make().fingerprint());
}

#[test]
fn what_is_made_is_what_was_asked_for() {
    let top = root("A").make();
    let (intermediate, leaf) = (intermediate("B").issued_by(&top), leaf("c.example").issued_by(&top));
    assert_eq!(parsed(intermediate.der()).issuer().to_string(), parsed(top.der()).subject().to_string());
    assert!(parsed(top.der()).is_ca() && parsed(intermediate.der()).is_ca() && !parsed(leaf.der()).is_ca());
    assert_eq!(parsed(expiring().make().der()).validity().not_after.timestamp(), 1_769_904_000);
    for name in HOSTILE_NAMES {
        let made = root(name).make();
        let found = parsed(made.der());
        let found = found.subject().iter_common_name().next().expect("a name");
        assert_eq!(found.as_str().expect("UTF-8"), *name);
    }
}

#[test]
fn numbered_certificates_differ_and_parse() {
    let all: Vec<Vec<u8>> = numbered(300).collect();
    for (number, der) in all.iter().enumerate() {
        let certificate = parsed(der);
        assert_eq!(certificate.subject(), certificate.issuer());
        assert!(certificate.subject().to_string().contains(&format!("CN=Numbered Root {number:08}")));
    }
    let distinct: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(distinct.len(), 300);
    assert_eq!(numbered_bundle(3).matches("-----BEGIN CERTIFICATE-----\n").count(), 3);
}
