//! What is read of p11-kit files, whole and damaged. `tests/oracles/p11_kit.rs` holds it against p11-kit.

use super::*;
use crate::format::der::{self, element, sequence, tag};
use crate::format::tests::vectors::{self, Vector, one, two, vector};
use crate::format::{decode, pem, x509};
use crate::limits::Bounds;
use crate::model::trust::{EMAIL_PROTECTION, SERVER_AUTH};
use crate::model::{Fingerprint, Limited, Names, Oid, Purposes, Ruling, Timestamp};
use proptest::prelude::*;

const HEAD: &str = "[p11-kit-object-v1]\n";

fn block(der: &[u8]) -> String {
    pem::write(der, &[])
}

fn object(lines: &str, der: &[u8]) -> String {
    format!("{HEAD}{lines}{}\n", block(der))
}

/// One trusted certificate, what is given, another.
fn between(middle: &str) -> String {
    object("trusted: true\n", &one()) + middle + &object("trusted: true\n", &two())
}

fn key(der: &[u8]) -> Vec<u8> {
    x509::read(der.into()).spki_der().unwrap().to_vec()
}

fn quoted(octets: &[u8]) -> String {
    octets.iter().fold("\"".to_owned(), |text, octet| text + &format!("%{octet:02X}")) + "\""
}

fn extension(oid: Oid, value: &[u8]) -> Vec<u8> {
    sequence(&[der::oid(oid), element(tag::OCTET_STRING, value)])
}

fn usage(oids: &[Oid]) -> Vec<u8> {
    sequence(&oids.iter().map(|oid| der::oid(*oid)).collect::<Vec<_>>())
}

fn stapled(value: &[u8], key: &[u8]) -> String {
    let key = pem::write_block("PUBLIC KEY", key, &[]);
    format!("{HEAD}class: x-certificate-extension\nvalue: {}\n{key}\n", quoted(value))
}

fn read(text: &str) -> Decoding {
    super::read(text.as_bytes(), &Means::default())
}

fn trusts(read: &Decoding) -> Vec<Trust> {
    read.entries.iter().map(|entry| entry.trust.clone()).collect()
}

#[test]
fn reads_what_trust_dump_writes() {
    // p11-kit 0.24.1: `trust dump` of certificate one in `anchors/`, but for the assertions.
    let text = object(
        "private: false\nlabel: \"castore test one\"\nissuer: \"0%1B1%190%17%06%03U%04%03%0C%10castore test one\"\n\
         serial-number: \"%02%14O%AE%D2%21ZO%81p%A6%0EBo%A0%BD%E29%AFA2%25\"\ntrusted: true\n\
         certificate-category: authority\njava-midp-security-domain: 0\nurl: \"\"\n\
         hash-of-subject-public-key: \"c%BE%5C%A4Lm%FA%D2%81%13%16%1ErH%22%1EB%A4G%B1\"\n\
         hash-of-issuer-public-key: \"\"\ncheck-value: \"%1Cr1\"\n\
         subject: \"0%1B1%190%17%06%03U%04%03%0C%10castore test one\"\n\
         id: \"%7EF%AB%5CO4%18%02%FF%1A%F2%40%F7C2%08N%03%94%19\"\nstart-date: \"20750101\"\n\
         end-date: \"40960101\"\nmodifiable: false\nx-distrusted: false\n",
        &one(),
    );
    let trust = "class: nss-trust\nprivate: false\nlabel: \"castore test one\"\n\
        issuer: \"0%1B1%190%17%06%03U%04%03%0C%10castore test one\"\n\
        serial-number: \"%02%14O%AE%D2%21ZO%81p%A6%0EBo%A0%BD%E29%AFA2%25\"\nmodifiable: false\n\
        trust-digital-signature: nss-trust-unknown\ntrust-key-cert-sign: nss-trusted-delegator\n\
        trust-server-auth: nss-trusted-delegator\ntrust-email-protection: nss-not-trusted\n\
        trust-step-up-approved: \"%00\"\ncert-sha1-hash: \"%1Cr1%F4%D5.%F6%E5p%D0%5E%85%EB0%AD%ED%BFBq%03\"\n";
    let read_ = read(&format!("# pkcs11:id=%7E;type=cert\n{text}\n{HEAD}{trust}\n"));
    assert_eq!(read_.container.owner, None);
    assert_eq!(read_.entries.len(), 1, "{:?}", read_.entries);
    assert_eq!((&read_.entries[0].body, &read_.entries[0].trust), (&Body::Certificate(one().into()), &Trust::Trusted));
    // Without its certificate it speaks of one elsewhere.
    let read_ = read(&format!("{HEAD}{trust}"));
    let Body::Reference(reference) = &read_.entries[0].body else { panic!("{read_:?}") };
    assert_eq!(reference.sha1.unwrap()[..2], [0x1c, 0x72]);
    assert_eq!(reference.label.as_ref().unwrap().raw(), "castore test one");
    assert_eq!(reference.serial.as_deref().unwrap()[..3], [2, 0x14, 0x4f]);
    let Trust::Limited(limited) = &read_.entries[0].trust else { panic!("{read_:?}") };
    assert_eq!((limited.ruling(SERVER_AUTH), limited.ruling(EMAIL_PROTECTION)), (Ruling::Trusted, Ruling::Distrusted));
}

#[test]
fn each_attribute_of_trust_is_kept() {
    let object = |lines: &str| trusts(&read(&object(lines, &one()))).remove(0);
    assert_eq!(object(""), Trust::Unstated);
    assert_eq!(object("trusted: true\n"), Trust::Trusted);
    assert_eq!(object("134: \"%01\"\n"), Trust::Trusted);
    assert_eq!(object("trusted: false\n"), Trust::Present);
    assert_eq!(object("trusted: 1\n"), Trust::Present);
    assert_eq!(object("trusted: false\ntrusted: true\n"), Trust::Trusted);
    assert_eq!(object("trusted: true\nx-distrusted: true\n"), Trust::Distrusted);
    assert_eq!(object("trusted: true\nnss-server-distrust-after: \"%00\"\n"), Trust::Trusted);
    let Trust::Limited(limited) = object("trusted: true\nnss-server-distrust-after: \"241130235959Z\"\n") else {
        panic!()
    };
    let when = Timestamp::from_civil(2024, 11, 30, 23, 59, 59);
    assert_eq!((limited.server_distrusted_after(), limited.otherwise), (when, Ruling::Trusted));
}

#[test]
fn extensions_limit_the_certificates_with_their_key() {
    let constraints = [0x30, 0];
    let all = object("trusted: true\n", &one())
        + &stapled(&extension(trust::EXTENDED_KEY_USAGE, &usage(&[SERVER_AUTH])), &key(&one()))
        + &stapled(&extension(trust::OPENSSL_REJECT, &usage(&[EMAIL_PROTECTION])), &key(&one()))
        + &stapled(&extension(trust::NAME_CONSTRAINTS, &constraints), &key(&one()));
    let limited =
        |purposes| Limited { purposes, names: Some(Names::Constraints(constraints.into())), ..Limited::default() };
    let both =
        Trust::Limited(Box::new(limited(vec![(EMAIL_PROTECTION, Ruling::Distrusted), (SERVER_AUTH, Ruling::Trusted)])));
    assert_eq!(trusts(&read(&all)), std::slice::from_ref(&both));
    // Where its certificate is elsewhere the key is told.
    let read_ = read(&all.replacen(&block(&one()), &block(&two()), 1));
    let Body::Reference(reference) = &read_.entries[1].body else { panic!("{read_:?}") };
    assert_eq!(reference.public_key.as_deref(), Some(&key(&one())[..]));
    assert_eq!(trusts(&read_), [Trust::Trusted, both]);
    // A purpose that stands for none, and one that stands for all.
    let usage = |oid| {
        object("trusted: true\n", &one())
            + &stapled(&extension(trust::EXTENDED_KEY_USAGE, &usage(&[oid])), &key(&one()))
    };
    let none = trusts(&read(&usage(Oid::new_unwrap("1.3.6.1.4.1.3319.6.10.16")))).remove(0);
    assert_eq!(none, Trust::Limited(Box::default()));
    assert!(trusts(&read(&usage(crate::model::trust::ANY_PURPOSE)))[0].allows_server());
}

#[test]
fn distrust_of_a_key_or_a_serial_number_counts() {
    let head = "class: certificate\ncertificate-type: x-509\nx-distrusted: true\n";
    let by_key = format!("{HEAD}{head}{}", pem::write_block("PUBLIC KEY", &key(&one()), &[]));
    let certificate = x509::read(one().into());
    let serial = x509::serial_number(&certificate).unwrap();
    let issuer = quoted(certificate.issuer_der().unwrap());
    let by_serial = format!("{HEAD}{head}issuer: {issuer}\nserial-number: {}\n", quoted(&serial));
    for middle in [by_key, by_serial] {
        let read = read(&between(&middle));
        assert_eq!(trusts(&read), [Trust::Distrusted, Trust::Distrusted, Trust::Trusted]);
        assert!(matches!(read.entries[1].body, Body::Reference(_)));
        assert_eq!(read.container.owner, None);
    }
}

#[test]
fn a_file_that_p11_kit_rejects_says_nothing_of_trust() {
    let text = object("trusted: true\n", &one()) + &object("x-distrusted: true\nlabl: \"x\"\n", &two());
    let read = read(&text);
    assert_eq!(trusts(&read), [Trust::Unstated, Trust::Unstated, Trust::Unstated]);
    let owner = read.container.owner.unwrap();
    assert_eq!((owner.program, owner.lists), ("p11-kit", 2));
    let fault = read.entries.iter().find(|entry| matches!(entry.body, Body::Malformed(_))).unwrap();
    let line = text.lines().position(|line| line.starts_with("labl")).unwrap();
    assert_eq!(fault.slot.line(), Some(line as u64 + 1));
}

#[test]
fn numbers_and_identifiers_are_read_as_c_reads_them() {
    let number = |text: &str| attributes::number(text.as_bytes());
    assert_eq!((number(""), number("0"), number("+3"), number("class")), (Some(0), Some(0), Some(3), Some(0)));
    assert_eq!((number("99999999999999999999"), number("-1"), number("1x"), number("Class")), (None, None, None, None));
    assert_eq!((number("-2"), number("modulus")), (Some(u64::MAX - 1), Some(u64::MAX - 1)));
    let value = |text: &str| value::read(text.as_bytes()).ok();
    assert_eq!(value("\"a%4a\""), Some((value::Value::Octets(b"aJ"[..].into()), true)));
    assert_eq!(value("\"a%4\""), None);
    assert_eq!(value("2.5.29.37"), Some((value::Value::Octets([6, 3, 0x55, 0x1d, 0x25].into()), true)));
    assert_eq!(value("1.3.6.1.5.5.7.3.8").map(|(_, takes)| takes), Some(false));
    assert_eq!(value("yes"), None);
    assert_eq!(value("\""), None);
}

#[test]
fn bounds_are_kept() {
    let bounds = Bounds { entries: 1, ..Bounds::default() };
    let read = super::read(between("").as_bytes(), &Means { bounds, ..Means::default() });
    assert_eq!((read.entries.len(), read.gaps), (1, vec![Gap::Bound { what: "entries", bound: 1 }]));
    let text = format!("{HEAD}{}", block(&one()).repeat(3));
    let read = super::read(text.as_bytes(), &Means { bounds, ..Means::default() });
    assert_eq!((read.entries.len(), read.gaps.len()), (1, 1));
}

#[test]
fn one_extension_is_not_copied_without_end() {
    let oids = vec![SERVER_AUTH; 10_000];
    let staple = stapled(&extension(trust::EXTENDED_KEY_USAGE, &usage(&oids)), &key(&one()));
    let text = staple + &object("trusted: true\n", &one()).repeat(1_000);
    let read = read(&text);
    let copied = read.entries.iter().filter(|entry| entry.trust.allows_server()).count();
    assert!((1..20).contains(&copied), "{copied}");
    assert_eq!((read.entries.len(), read.gaps.len()), (1_000, 1));
}

#[test]
fn what_p11_kit_cannot_say_is_told() {
    let unsaid = |limited: Limited| write(&[(&one(), &Trust::Limited(Box::new(limited)))]).unsaid.len();
    let permitted = Names::Permitted { dns: vec![Untrusted::new("example")], networks: vec![] };
    assert_eq!(unsaid(Limited { names: Some(permitted), ..Limited::default() }), 1);
    let present = Limited {
        purposes: vec![(EMAIL_PROTECTION, Ruling::Present)],
        otherwise: Ruling::Trusted,
        ..Limited::default()
    };
    assert_eq!(unsaid(present), 1);
    let purposes = vec![(SERVER_AUTH, Ruling::Trusted)];
    assert_eq!(unsaid(Limited { purposes: purposes.clone(), otherwise: Ruling::Distrusted, ..Limited::default() }), 1);
    let dates =
        vec![(Oid::new_unwrap("1.2.3"), Timestamp::from_unix(0)), (SERVER_AUTH, Timestamp::from_unix(i64::MAX))];
    assert_eq!(unsaid(Limited { otherwise: Ruling::Trusted, distrusted_after: dates, ..Limited::default() }), 1);
    // Distrust of a certificate is distrust of its key.
    let written = write(&[(&one(), &Trust::Trusted), (&one(), &Trust::Distrusted), (&two(), &Trust::Trusted)]);
    assert_eq!(written.unsaid.iter().map(|unsaid| unsaid.index).collect::<Vec<_>>(), [0]);
    // Two certificates with one key and different limits.
    let limited = Trust::Limited(Box::new(Limited { purposes, ..Limited::default() }));
    let written = write(&[(&one(), &limited), (&one(), &limited)]);
    assert_eq!(written.unsaid.iter().map(|unsaid| unsaid.index).collect::<Vec<_>>(), [1]);
}

#[test]
fn openssl_purposes_are_written() {
    let purposes = Purposes {
        trust: Some(vec![SERVER_AUTH]),
        reject: Some(vec![EMAIL_PROTECTION]),
        alias: Some(Untrusted::new("ä\n\"")),
    };
    let written = write(&[(&one(), &Trust::Purposes(Box::new(purposes)))]);
    assert!(written.text.contains("label: \"%C3%A4%0A%22\"\n"), "{}", written.text);
    let purposes = vec![(EMAIL_PROTECTION, Ruling::Distrusted), (SERVER_AUTH, Ruling::Trusted)];
    assert_eq!(trusts(&read(&written.text)), [Trust::Limited(Box::new(Limited { purposes, ..Limited::default() }))]);
    let none = Purposes { trust: Some(vec![]), ..Purposes::default() };
    assert_eq!(trusts(&read(&write(&[(&one(), &Trust::Purposes(Box::new(none)))]).text)), [Trust::Present]);
}

/// A trust in the form in which it is read back.
fn trust() -> impl Strategy<Value = Trust> {
    let oids = [
        SERVER_AUTH,
        EMAIL_PROTECTION,
        Oid::new_unwrap("1.3.6.1.5.5.7.3.8"),
        Oid::new_unwrap("1.3.6.1.4.1.4294967295.8"),
    ];
    let some = |ruling| {
        proptest::sample::subsequence(oids.to_vec(), 1..=2)
            .prop_map(move |some| some.into_iter().map(|o| (o, ruling)).collect())
    };
    let date = || proptest::option::of(-631_152_000i64..253_402_300_800);
    let names = proptest::option::of(
        proptest::collection::vec(any::<u8>(), 0..200)
            .prop_map(|octets| Names::Constraints(element(tag::SEQUENCE, &octets).into())),
    );
    let limited = (some(Ruling::Distrusted), some(Ruling::Trusted), any::<bool>(), date(), date(), names).prop_map(
        |(rejected, trusted, all, server, email, names): (Vec<_>, Vec<(Oid, Ruling)>, bool, _, _, _)| {
            let trusted = trusted.into_iter().filter(|(oid, _)| !all && rejected.iter().all(|(other, _)| other != oid));
            let purposes: Vec<_> = rejected.iter().copied().chain(trusted).collect();
            let otherwise = if purposes.len() == rejected.len() { Ruling::Trusted } else { Ruling::Present };
            let after = |purpose, when: Option<i64>| when.map(|when| (purpose, Timestamp::from_unix(when)));
            let distrusted_after =
                after(SERVER_AUTH, server).into_iter().chain(after(EMAIL_PROTECTION, email)).collect();
            Trust::Limited(Box::new(Limited { purposes, otherwise, distrusted_after, names }))
        },
    );
    let plain = [Trust::Unstated, Trust::Trusted, Trust::Present, Trust::Distrusted];
    prop_oneof![proptest::sample::select(plain.to_vec()), limited]
}

proptest! {
    #[test]
    fn reads_what_it_writes(first in trust(), second in trust()) {
        let (one, two) = (one(), two());
        let written = write(&[(&one, &first), (&two, &second)]);
        prop_assert_eq!(&written.unsaid, &vec![]);
        prop_assert_eq!(&written, &write(&[(&one, &first), (&two, &second)]));
        let read = decode(written.text.as_bytes());
        prop_assert_eq!(trusts(&read), [first, second]);
        prop_assert_eq!(read.container.owner, None);
        prop_assert!(read.entries.iter().zip([one, two]).all(|(entry, der)| entry.body == Body::Certificate(der.into())));
    }

    #[test]
    fn any_text_is_read_to_an_end(parts in proptest::collection::vec(part(), 0..12)) {
        let bytes = parts.concat();
        let read = super::read(&bytes, &Means::default());
        for entry in &read.entries {
            let Slot::Block(block) = entry.slot else { panic!("{entry:?}") };
            prop_assert!(block.offset <= bytes.len() as u64);
        }
        if let Some(owner) = read.container.owner {
            let all = read.entries.iter().filter(|entry| matches!(entry.body, Body::Certificate(_))).count();
            prop_assert!(owner.lists <= all);
        }
    }
}

/// What a file may hold, and what it may not.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        HEAD,
        "[other]\n",
        "class: certificate\n",
        "class: x-certificate-extension\n",
        "trusted: true\n",
        "value: \"%30\"\n",
        "x-distrusted: true\n",
        "-----BEGIN CERTIFICATE-----\n",
        "-----END CERTIFICATE-----\n",
        "\n",
        "[",
        ":",
        "\0",
        "\u{feff}",
    ];
    let whole = [block(&one()), stapled(&extension(trust::NAME_CONSTRAINTS, &[0x30, 0]), &key(&one()))];
    let texts: Vec<Vec<u8>> =
        words.iter().map(|word| word.as_bytes().to_vec()).chain(whole.map(String::into_bytes)).collect();
    prop_oneof![4 => proptest::sample::select(texts), 1 => proptest::collection::vec(any::<u8>(), 0..40)]
}

#[test]
fn the_vectors_are_read_as_they_say() {
    vectors::hold("p11-kit", &made());
}

/// Files with one defect.
fn made() -> Vec<Vector> {
    let plain = between("");
    let usage = extension(trust::EXTENDED_KEY_USAGE, &usage(&[SERVER_AUTH]));
    let cut = pem::write(&one(), &[]).replace("-----END CERTIFICATE-----\n", "");
    let v = |name, why, text: String| vector(name, why, text.into_bytes());
    vec![
        v("plain", "none: two trusted certificates", plain.clone()),
        v(
            "attribute-unknown",
            "an attribute that p11-kit does not know",
            between(&format!("{HEAD}class: data\nlabl: \"x\"\n")),
        ),
        v("attribute-first", "an attribute before the first header", format!("trusted: true\n{plain}")),
        v(
            "attribute-of-another-class",
            "a certificate with a modulus; p11-kit stops there",
            object("trusted: true\n", &one()) + &object("modulus: \"x\"\n", &two()),
        ),
        v("value-bad", "a value in none of the forms", between(&format!("{HEAD}class: data\nlabel: yes\n"))),
        v("value-percent", "a percent sign with one digit", between(&format!("{HEAD}class: data\nlabel: \"%4\"\n"))),
        v("value-quote", "a quote that is not closed", between(&format!("{HEAD}class: data\nlabel: \"x\n"))),
        v(
            "value-oid-8",
            "an object identifier with the digit 8, which p11-kit does not read",
            between(&format!("{HEAD}class: data\nobject-id: 1.2.8.1\n")),
        ),
        v(
            "value-wins",
            "an object with a value beside its block; the value counts",
            format!("{HEAD}trusted: true\n{}value: {}\n", block(&one()), quoted(&two())),
        ),
        v("header-open", "a header without its closing bracket", between("[p11-kit-object-v1\n")),
        v(
            "header-unknown",
            "an object with another header, which p11-kit passes over",
            between(&format!("[other]\n{}", block(&two()))),
        ),
        v("line-without-colon", "a line that is no attribute", between(&format!("{HEAD}class certificate\n"))),
        v("byte-order-mark", "a byte order mark before a comment", format!("\u{feff}# comment\n{plain}")),
        v(
            "block-indented",
            "a blank before the BEGIN of the first block",
            plain.replacen("-----BEGIN", " -----BEGIN", 1),
        ),
        v(
            "block-without-end",
            "the first block has no END",
            format!("{HEAD}trusted: true\n{cut}{}", object("trusted: true\n", &two())),
        ),
        v(
            "block-end-label",
            "END of the first block says another label",
            plain.replacen("END CERTIFICATE", "END X509 CRL", 1),
        ),
        v("block-base64", "a character that is no base64 in the first block", plain.replacen("MII", "!II", 1)),
        v(
            "block-trusted",
            "a TRUSTED CERTIFICATE, which p11-kit has no object for",
            plain.replacen("CERTIFICATE-----", "TRUSTED CERTIFICATE-----", 2),
        ),
        v(
            "block-two",
            "two certificates in one object; the first counts",
            format!("{HEAD}trusted: true\n{}{}", block(&one()), block(&two())),
        ),
        v(
            "block-trailing",
            "octets after the first certificate",
            format!("{HEAD}trusted: true\n{}", pem::write(&[&one()[..], &[5, 0]].concat(), &[]))
                + &object("trusted: true\n", &two()),
        ),
        v(
            "block-not-der",
            "the first block holds no DER",
            format!("{HEAD}trusted: true\n{}", pem::write(b"no", &[])) + &object("trusted: true\n", &two()),
        ),
        v("class-missing", "an object without a class; p11-kit stops there", between(HEAD)),
        v("class-unknown", "an object of no known class; p11-kit stops there", between(&format!("{HEAD}class: 77\n"))),
        v(
            "class-data",
            "a certificate that says it is data; p11-kit stops there",
            object("class: data\n", &one()) + &object("trusted: true\n", &two()),
        ),
        v(
            "type-missing",
            "a certificate by its value, without a type; p11-kit stops there",
            format!("{HEAD}class: certificate\nvalue: {}\n", quoted(&one())) + &object("trusted: true\n", &two()),
        ),
        v(
            "certificate-without-anything",
            "distrust of nothing",
            between(&format!("{HEAD}class: certificate\ncertificate-type: x-509\nx-distrusted: true\n")),
        ),
        v(
            "private-key",
            "a private key among the certificates",
            between(&format!("{HEAD}class: private-key\nvalue: \"x\"\n")),
        ),
        v(
            "distrusted-key",
            "a key is distrusted, and with it the certificate that has it",
            between(&format!(
                "{HEAD}class: certificate\ncertificate-type: x-509\nx-distrusted: true\n{}",
                pem::write_block("PUBLIC KEY", &key(&one()), &[])
            )),
        ),
        v(
            "extension-broken",
            "an extension that is none; p11-kit leaves out its certificate",
            plain.clone() + &stapled(b"x", &key(&one())),
        ),
        v(
            "extension-trailing",
            "octets after an extension; p11-kit leaves out its certificate",
            plain.clone() + &stapled(&[&usage[..], b"x"].concat(), &key(&one())),
        ),
        v(
            "extension-without-key",
            "an extension of no key; p11-kit stops there",
            between(&format!("{HEAD}class: x-certificate-extension\nvalue: {}\n", quoted(&usage))),
        ),
        v(
            "extension-of-another-key",
            "an extension of a certificate that is not there",
            object("trusted: true\n", &two()) + &stapled(&usage, &key(&one())),
        ),
        v(
            "not-on-token",
            "a certificate that says it is not on the token; p11-kit stops there",
            object("token: false\n", &one()) + &object("trusted: true\n", &two()),
        ),
    ]
}

/// What is read does not change with what stands elsewhere in the file.
#[test]
fn one_bad_object_hides_no_other() {
    for vector in made() {
        let read = super::read(&vector.bytes, &Means::default());
        let has = |der: &[u8]| {
            read.entries.iter().any(|entry| matches!(&entry.body, Body::Certificate(found) if **found == *der))
        };
        let gone = matches!(vector.name, "block-not-der" | "block-base64");
        assert!(gone || has(&one()) || vector.name == "extension-of-another-key", "{}", vector.name);
        assert!(has(&two()), "{}", vector.name);
        let _: Fingerprint = x509::read(two().into()).fingerprint();
    }
}
