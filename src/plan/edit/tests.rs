//! Bundles in every style, keystores with keys, directories with gaps.

use super::*;
use crate::format::tests::authority;
use crate::format::{pem, x509};

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
        let new = bundle(&old, &[c.clone()], &[]).unwrap();
        assert!(new.starts_with(&old), "{old:?}");
        assert_eq!(new.ends_with('\n'), old.is_empty() || old.ends_with('\n'));
        assert_eq!(new.contains("\r\n"), old.contains("\r\n"));
        assert_eq!(bundle(&new, &[c.clone()], &[]).unwrap(), new, "adding again");
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
