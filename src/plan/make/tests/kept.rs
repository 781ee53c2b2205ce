//! What an edit leaves as it is: nothing of it is counted, and a person is told why.

use super::*;
use crate::plan::edit;

#[cfg(feature = "sqlite")]
#[test]
fn a_database_keeps_its_distrust() {
    let corp = root("Corp");
    let asked = Asked { to: &["/db/cert9.db"], remove: &[&corp], ..Asked::default() };
    let of = |levels| {
        let database = crate::format::nss::tests::saying("Corp", corp.der(), levels);
        let plan = plan(Memory::new().file("/db/cert9.db", database), &asked).unwrap();
        said(&plan).replace(&corp.fingerprint().short().to_string(), "HASH")
    };
    let all = [[10; 4], [2, 3, 3, 10], [3; 4], [2, 3, 3, 3]].map(of).concat();
    insta::assert_snapshot!(all, @r"
    declined /db/cert9.db: the database distrusts certificate HASH already; -
    declined /db/cert9.db: the database distrusts certificate HASH for other purposes, and would no longer; -
    declined /db/cert9.db: the database withholds trust from certificate HASH, and would no longer; -
    /db/cert9.db (nss): 
      - Corp
      kept 0; certutil, on a copy that then replaces the database; asks [Certutil]
      certutil in /db: +  - Corp
    ");
}

/// A block that OpenSSL does not see is not there, for a file that was named too; UTF-16 is not appended to.
#[test]
fn what_no_reader_sees_is_added() {
    let [a, corp] = ["A", "Corp"].map(root);
    let indented = text(&[&corp]).lines().map(|line| format!("  {line}\n")).collect::<String>();
    let utf16: Vec<u8> = format!("\u{feff}{}", text(&[&corp])).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let asked = Asked { to: &["/x.pem"], add: &[&corp], ..Asked::default() };
    let mut all = said(&plan(Memory::new().file("/x.pem", text(&[&a]) + &indented), &asked).unwrap());
    all += &said(&plan(Memory::new().file("/x.pem", utf16), &asked).unwrap());
    insta::assert_snapshot!(all, @r"
    /x.pem (pem): 
      + Corp
      kept 2; the file is written anew; asks [Openssl]
      write /x.pem
    declined /x.pem: it is UTF-16, which no TLS library reads; iconv -f UTF-16 -t UTF-8 makes a file that is read
    ");
}

/// Go passes over blocks with another label, and an edit does not add what OpenSSL finds already.
#[test]
fn what_is_there_in_another_way_is_not_added() {
    let [a, corp] = ["A", "Corp"].map(root);
    let purposes = crate::model::Purposes {
        trust: Some(vec![crate::model::trust::SERVER_AUTH]),
        ..crate::model::Purposes::default()
    };
    let trusted = crate::format::openssl_trusted::write(corp.der(), &purposes, &[]);
    let files = Memory::new().file("/x.pem", text(&[&a]) + &trusted).file("/usr/bin/go", "");
    let mut host = Host::new(Box::new(files), System::Linux);
    host.set_environment([("SSL_CERT_FILE".into(), "/x.pem".into()), ("PATH".into(), "/usr/bin".into())].into());
    let plan = plan_on(&host, &Asked { to: &["go"], add: &[&corp], ..Asked::default() }).unwrap();
    insta::assert_snapshot!(said(&plan), @r"
    unchanged /x.pem
    not added to /x.pem: Corp, it is there as TRUSTED CERTIFICATE, which not every reader takes
    ");
}

#[test]
fn what_stays_for_a_key_is_not_removed() {
    let [own, issuer, corp] = ["Own", "Issuer", "Corp"].map(root);
    let keystore = edit::tests::keystores::with_key(0xfeed_feed, 2, [&own, &issuer], &corp, "changeit");
    let files = Memory::new().file("/x.jks", keystore);
    let of = |remove: &[&Arc<Certificate>]| {
        let plan =
            plan(files.clone(), &Asked { to: &["/x.jks"], remove, allow: Allow { removals: 9 }, ..Asked::default() });
        said(&plan.unwrap()).replace(&issuer.fingerprint().short().to_string(), "HASH")
    };
    insta::assert_snapshot!(of(&[&issuer]), @r"
    declined /x.jks: certificate HASH stays in the chain of a private key; -
    ");
    insta::assert_snapshot!(of(&[&issuer, &corp]), @r"
    /x.jks (jks): 
      - Corp
      kept 2; the file is written anew; asks [Keytool]
      note: certificate HASH stays in the chain of a private key
      write /x.jks
    ");
}

/// OpenSSL looks into names by hash alone.
#[test]
fn what_is_in_a_file_that_is_not_looked_into_stays() {
    let [a, b, corp] = ["A", "B", "Corp"].map(root);
    let named = |certificate: &Certificate| {
        format!("/c/{:08x}.0", crate::format::hash_dir::subject_hash(certificate.subject_der().unwrap()).unwrap())
    };
    let files = Memory::new().file(named(&a), text(&[&a])).file("/c/ca-bundle.pem", text(&[&b, &corp]));
    let both = files.clone().file(named(&corp), text(&[&corp]));
    let asked = Asked { to: &["/c"], remove: &[&corp], ..Asked::default() };
    let of = |files: Memory| {
        let plan = plan(files, &asked).unwrap();
        for change in &plan.stores {
            assert_eq!(change.after, After::Exactly([&a, &b, &corp].map(|held| held.fingerprint()).into()));
        }
        said(&plan).replace(&corp.fingerprint().short().to_string(), "HASH")
    };
    insta::assert_snapshot!(of(files), @r"
    declined /c: certificate HASH stays in /c/ca-bundle.pem, which is not looked into; -
    ");
    insta::assert_snapshot!(of(both), @r"
    /c (directory): 
      - Corp
      kept 3; files in the directory, and links by their hashes; asks [Openssl]
      note: certificate HASH stays in /c/ca-bundle.pem, which is not looked into
      remove /c/a6580597.0
    ");
}
