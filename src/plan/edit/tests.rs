//! Bundles in every style, keystores with keys, directories with gaps.

mod directories;
pub(in crate::plan) mod keystores;

use super::*;
use crate::format::tests::{authority, undecodable};
use crate::format::{openssl_trusted, pem, x509};
use crate::model::Purposes;
use crate::model::trust::SERVER_AUTH;
use std::slice::from_ref;

pub(super) fn certificate(name: &str) -> Arc<Certificate> {
    Arc::new(x509::read(authority(name).into()))
}

pub(super) fn block(certificate: &Certificate) -> String {
    pem::write(certificate.der(), &[])
}

/// What becomes of a file.
pub(super) fn edited(
    format: Format,
    old: &[u8],
    add: &[Arc<Certificate>],
    remove: &[&Certificate],
) -> Result<Edited, CannotEdit> {
    let remove = remove.iter().map(|certificate| certificate.fingerprint()).collect();
    let wanted = Wanted { add, remove: &remove, passwords: &[], at: Timestamp::from_unix(1_700_000_000) };
    file(format, old, &wanted)
}

fn bundle(old: &str, add: &[Arc<Certificate>], remove: &[&Certificate]) -> Result<String, CannotEdit> {
    match edited(Format::Pem, old.as_bytes(), add, remove)? {
        Edited::Bytes(bytes) => Ok(String::from_utf8(bytes).unwrap()),
        Edited::Same => Ok(old.to_owned()),
    }
}

#[test]
fn a_block_goes_behind_the_last_line_and_comes_out_again() {
    let [a, b, c] = ["a", "b", "c"].map(certificate);
    let plain = block(&a) + &block(&b);
    for old in [
        plain.clone(),
        plain.trim_end().to_owned(),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r\n").trim_end().to_owned(),
        format!("\u{feff}{plain}"),
        format!("# a comment\n{plain}# another\n"),
        format!("# a comment\n{plain}# another"),
        format!("{plain}\n\n"),
        format!("{plain}\n\n# left"),
        String::new(),
        "# all comments\n".to_owned(),
        block(&a).trim_end().to_owned(),
    ] {
        let new = bundle(&old, from_ref(&c), &[]).unwrap();
        assert!(new.starts_with(&old), "{old:?}");
        assert_eq!(new.ends_with('\n'), old.is_empty() || old.ends_with('\n'));
        assert_eq!(new.contains("\r\n"), old.contains("\r\n"));
        assert_eq!(bundle(&new, from_ref(&c), &[]).unwrap(), new, "adding again");
        assert_eq!(bundle(&new, &[], &[&c]).unwrap(), old, "removing");
        let both = bundle(&new, &[certificate("d")], &[&c]).unwrap();
        assert!(both.starts_with(&old) && !both.contains(block(&c).lines().nth(1).unwrap()));
    }
}

#[test]
fn only_its_own_comments_go_with_a_block() {
    let [a, b] = ["First", "Second"].map(certificate);
    let colons = |found: &Certificate| {
        let digits = found.fingerprint().to_string();
        let pairs: Vec<&str> = (0..32).map(|at| &digits[2 * at..2 * at + 2]).collect();
        pairs.join(":")
    };
    let fields = |name: &str, sha256: &str| {
        format!(
            "# Issuer: CN={name}\n# Subject: CN={name}\n# Label: \"{name}\"\n# Serial: 1\n# MD5 Fingerprint: 00\n\
             # SHA1 Fingerprint: 00\n# SHA256 Fingerprint: {sha256}\n"
        )
    };
    let certifi = |found: &Certificate, name| format!("\n{}{}", fields(name, &colons(found)), block(found));
    let both = certifi(&a, "First") + &certifi(&b, "Second");
    assert_eq!(bundle(&both, &[], &[&a]).unwrap(), certifi(&b, "Second"));
    assert_eq!(bundle(&both, &[], &[&b]).unwrap(), certifi(&a, "First") + "\n");

    let keeps = |comments: &str| {
        let old = format!("{}{comments}{}", block(&b), block(&a));
        assert_eq!(bundle(&old, &[], &[&a]).unwrap(), format!("{}{comments}", block(&b)), "{comments}");
    };
    keeps("# The roots of our partners:\n");
    keeps(&fields("First", &colons(&b)));
    keeps("# SHA256 Fingerprint: 00\n# First\n");
    keeps("# First\n\n");
    keeps("# Of them all\n# First\n");
    let goes = |comments: &str| {
        let old = format!("{}# kept\n{comments}{}", block(&b), block(&a));
        assert_eq!(bundle(&old, &[], &[&a]).unwrap(), format!("{}# kept\n", block(&b)), "{comments}");
    };
    assert_eq!(bundle(&format!("{}# First\n{}", block(&b), block(&a)), &[], &[&a]).unwrap(), block(&b));
    goes("First\n=====\n");
    goes(&format!("# CN=First\n# sha256 {}\n# from /etc/one\n# from /etc/two\n", a.fingerprint()));
    goes(&fields("First", &colons(&a)));
}

#[test]
fn what_openssl_would_not_load_is_not_a_success() {
    let [a, b] = ["a", "b"].map(certificate);
    let broken = format!("{}-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n", block(&a));
    let line = block(&a).lines().count() as u64 + 1;
    assert!(matches!(bundle(&broken, from_ref(&b), &[]), Err(CannotEdit::Broken { line: found, .. }) if found == line));
    // What it loads nothing of can lose something all the same.
    let rest = broken.strip_prefix(&block(&a)).unwrap();
    assert_eq!(bundle(&broken, &[], &[&a]).unwrap(), rest);
    let both = format!("{}{broken}", block(&b));
    let twice = bundle(&both, &[certificate("c")], &[&b]);
    assert!(matches!(twice, Err(CannotEdit::Broken { line: found, .. }) if found == 2 * line - 1), "{twice:?}");
    let ended = format!("{}\0\n", block(&a));
    assert_eq!(bundle(&ended, from_ref(&b), &[]), Err(CannotEdit::Hidden));

    let odd = Arc::new(x509::read(undecodable("odd").into()));
    assert_eq!(bundle(&block(&a), from_ref(&odd), &[]), Err(CannotEdit::NotLoadable(odd.fingerprint())));
    // The same of those that stand in one block.
    let bag = crate::format::pkcs7::write_pem(&[a.der(), b.der()]);
    let refused = bundle(&bag, &[certificate("c")], &[]).unwrap_err();
    assert_eq!(refused, CannotEdit::Format(Format::Pkcs7));
    let unended = format!("{}{}", block(&a).replace("-----END CERTIFICATE-----\n", "# words\n"), block(&b));
    assert_eq!(bundle(&unended, &[], &[&a]), Err(CannotEdit::NoEnd { line: 1 }));
    let mended = format!("{}{}", block(&a).replace("-----END CERTIFICATE-----\n", ""), block(&b));
    assert_eq!(bundle(&mended, &[certificate("c")], &[&a]).unwrap().find(&block(&b)), Some(0));
    let wide: Vec<u8> = block(&a).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let wide = [vec![0xff, 0xfe], wide].concat();
    assert_eq!(edited(Format::Pem, &wide, from_ref(&b), &[]), Err(CannotEdit::Utf16));
}

#[test]
fn other_blocks_stay_and_trust_is_respected() {
    let [a, b, c] = ["a", "b", "c"].map(certificate);
    let purposes = |reject: bool| {
        let list = Some(vec![SERVER_AUTH]);
        let (trust, reject) = if reject { (None, list) } else { (list, None) };
        openssl_trusted::write(a.der(), &Purposes { trust, reject, ..Purposes::default() }, &[])
    };
    let key = "-----BEGIN PRIVATE KEY-----\nnone of ours\n-----END PRIVATE KEY-----\n";
    for trusted in [purposes(false), purposes(true)] {
        let old = format!("{key}{trusted}\n{}", block(&b));
        assert_eq!(bundle(&old, &[], &[&a]).unwrap(), format!("{key}\n{}", block(&b)));
        assert_eq!(bundle(&old, &[], &[&b]).unwrap(), format!("{key}{trusted}\n"));
    }
    assert_eq!(bundle(&purposes(false), from_ref(&a), &[]).unwrap(), purposes(false));
    assert_eq!(bundle(&purposes(true), from_ref(&a), &[]), Err(CannotEdit::Distrusts(a.fingerprint())));
    // One that no program loads counts for none.
    let odd = block(&a).replace("CERTIFICATE", "X.509 CERTIFICATE");
    assert_eq!(bundle(&odd, from_ref(&a), &[]).unwrap(), odd.clone() + &block(&a));
    let joined = format!("{}{}", block(&a).trim_end(), block(&b));
    assert_eq!(bundle(&joined, &[], &[&b]).unwrap(), block(&a));
    assert_eq!(bundle(&joined, &[], &[&a]).unwrap(), block(&b));
    assert_eq!(bundle(&joined, from_ref(&c), &[&b]).unwrap(), block(&a) + &block(&c));
}

#[test]
fn formats_that_are_not_written_name_who_writes_them() {
    let a = certificate("a");
    assert_eq!(edited(Format::Der, a.der(), from_ref(&a), &[]), Ok(Edited::Same));
    assert_eq!(edited(Format::Der, a.der(), &[certificate("b")], &[]), Err(CannotEdit::OneCertificate));
    assert_eq!(edited(Format::Der, a.der(), &[], &[&a]), Err(CannotEdit::OneCertificate));
    let p7b = crate::format::pkcs7::write(&[a.der()]);
    let refused = edited(Format::Pkcs7, &p7b, &[], &[&a]).unwrap_err();
    assert_eq!(refused, CannotEdit::Format(Format::Pkcs7));
    assert!(refused.instead().unwrap().contains("castore export --format pkcs7"));
    // What it was when it was listed and what it is now are two things.
    assert_eq!(edited(Format::Jks, &p7b, &[], &[&a]), Err(CannotEdit::Format(Format::Pkcs7)));
    assert_eq!(edited(Format::Jks, b"", &[a], &[]), Err(CannotEdit::Format(Format::Empty)));
}
