//! What is read of a certdata.txt, whole and damaged.

use super::*;
use crate::format::decode;
use crate::format::tests::vectors::{self, Vector, one, two, vector};
use crate::limits::Bounds;
use crate::model::Gap;
use crate::model::trust::SERVER_AUTH;
use proptest::prelude::*;

const HEAD: &str = "# made up\nCVS_ID \"@(#) $RCSfile$\"\n#\nBEGINDATA\nCKA_CLASS CK_OBJECT_CLASS CKO_NSS_BUILTIN_ROOT_LIST\n\
    CKA_TOKEN CK_BBOOL CK_TRUE\nCKA_LABEL UTF8 \"Mozilla Builtin Roots\"\n\n";
const ALL: [&str; 3] = ["CKT_NSS_TRUSTED_DELEGATOR", "CKT_NSS_MUST_VERIFY_TRUST", "CKT_NSS_NOT_TRUSTED"];

fn octal(octets: &[u8]) -> String {
    let lines =
        octets.chunks(16).map(|line| line.iter().map(|octet| format!("\\{octet:03o}")).collect::<String>() + "\n");
    format!("MULTILINE_OCTAL\n{}END\n", lines.collect::<String>())
}

fn named(der: &[u8]) -> String {
    let (issuer, serial) = name(der).unwrap();
    format!("CKA_ISSUER {}CKA_SERIAL_NUMBER {}", octal(&issuer), octal(&serial))
}

fn root(der: &[u8], more: &str) -> String {
    format!(
        "# Certificate\nCKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE\nCKA_TOKEN CK_BBOOL CK_TRUE\n\
         CKA_LABEL UTF8 \"a root\"\nCKA_CERTIFICATE_TYPE CK_CERTIFICATE_TYPE CKC_X_509\n{}CKA_VALUE {}\
         CKA_NSS_MOZILLA_CA_POLICY CK_BBOOL CK_TRUE\n{more}\n",
        named(der),
        octal(der)
    )
}

fn sha1(der: &[u8]) -> Vec<u8> {
    use ::sha1::Digest;
    ::sha1::Sha1::digest(der).to_vec()
}

fn trust(der: &[u8], [server, email, code]: [&str; 3], more: &str) -> String {
    format!(
        "# Trust\nCKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST\nCKA_TOKEN CK_BBOOL CK_TRUE\nCKA_LABEL UTF8 \"a root\"\n\
         CKA_CERT_SHA1_HASH {}{}CKA_TRUST_SERVER_AUTH CK_TRUST {server}\nCKA_TRUST_EMAIL_PROTECTION CK_TRUST {email}\n\
         CKA_TRUST_CODE_SIGNING CK_TRUST {code}\nCKA_TRUST_STEP_UP_APPROVED CK_BBOOL CK_FALSE\n{more}\n",
        octal(&sha1(der)),
        named(der)
    )
}

fn plain() -> String {
    HEAD.to_owned() + &root(&one(), "") + &trust(&one(), ALL, "") + &root(&two(), "") + &trust(&two(), ALL, "")
}

fn read(text: &str) -> Decoding {
    super::read(text.as_bytes(), &Means::default())
}

fn limited(trust: &Trust) -> &Limited {
    match trust {
        Trust::Limited(limited) => limited,
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_certificate_has_its_trust() {
    let read = decode(plain().as_bytes());
    assert_eq!((read.format, read.entries.len(), read.gaps.len()), (Format::Certdata, 2, 0));
    for (entry, der) in read.entries.iter().zip([one(), two()]) {
        assert_eq!(entry.body, Body::Certificate(der.into()));
        let limited = limited(&entry.trust);
        let rulings: Vec<Ruling> = limited.purposes.iter().map(|(_, ruling)| *ruling).collect();
        assert_eq!(rulings, [Ruling::Trusted, Ruling::Present, Ruling::Distrusted]);
        assert_eq!((limited.purposes[0].0, limited.otherwise), (SERVER_AUTH, Ruling::Present));
    }
    let line = plain().lines().position(|line| line.ends_with("CKO_CERTIFICATE")).unwrap();
    assert_eq!(read.entries[0].slot.line(), Some(line as u64 + 1));
}

#[test]
fn the_date_counts_on_either_object() {
    let after = format!("CKA_NSS_SERVER_DISTRUST_AFTER {}", octal(b"241130235959Z"));
    let earlier = format!("CKA_NSS_SERVER_DISTRUST_AFTER {}", octal(b"20230101000000Z"));
    let none = "CKA_NSS_SERVER_DISTRUST_AFTER CK_BBOOL CK_FALSE\n";
    for (root_says, trust_says, expected) in [
        (after.as_str(), none, "2024-11-30T23:59:59Z"),
        (none, &after, "2024-11-30T23:59:59Z"),
        (&after, &earlier, "2023-01-01T00:00:00Z"),
    ] {
        let read = read(&(HEAD.to_owned() + &root(&one(), root_says) + &trust(&one(), ALL, trust_says)));
        let limited = limited(&read.entries[0].trust);
        assert_eq!(limited.server_distrusted_after(), Some(expected.parse().unwrap()));
        assert_eq!(read.entries.len(), 1);
    }
}

#[test]
fn trust_in_what_is_not_there_is_a_reference() {
    let none = [ALL[2]; 3];
    let read = read(&(HEAD.to_owned() + &root(&one(), "") + &trust(&two(), none, "")));
    assert_eq!(read.entries[0].trust, Trust::Present);
    let Body::Reference(reference) = &read.entries[1].body else { panic!("{read:?}") };
    assert_eq!((reference.sha1.map(Vec::from), read.entries[1].trust.clone()), (Some(sha1(&two())), Trust::Distrusted));
    assert_eq!(reference.label.as_ref().map(|label| label.raw()), Some("a root"));
    assert_eq!(reference.issuer.clone().zip(reference.serial.clone()), name(&two()));
}

#[test]
fn trust_counts_for_its_hash_only() {
    let other = trust(&one(), ALL, "").replacen(&octal(&sha1(&one())), &octal(&sha1(&two())), 1);
    let read_ = read(&(HEAD.to_owned() + &root(&one(), "") + &other));
    assert_eq!((&read_.entries[0].trust, &read_.entries[0].notes), (&Trust::Present, &vec![Note::HashDiffers]));
    assert!(matches!(read_.entries[1].body, Body::Reference(_)));
    // Distrust is sometimes stated without a hash.
    let bare = trust(&one(), [ALL[2]; 3], "").replacen(&format!("CKA_CERT_SHA1_HASH {}", octal(&sha1(&one()))), "", 1);
    let read_ = read(&(HEAD.to_owned() + &root(&one(), "") + &bare));
    assert_eq!((read_.entries.len(), &read_.entries[0].trust), (1, &Trust::Distrusted));
}

#[test]
fn the_words_of_each_time_are_known() {
    for (class, prefix, words) in [
        (
            "CKO_NETSCAPE_TRUST",
            "CKA_TRUST",
            ["CKT_NETSCAPE_TRUSTED_DELEGATOR", "CKT_NETSCAPE_VALID", "CKT_NETSCAPE_UNTRUSTED"],
        ),
        ("CKO_TRUST", "CKA_PKCS_TRUST", ["CKT_TRUST_ANCHOR", "CKT_TRUST_MUST_VERIFY_TRUST", "CKT_NOT_TRUSTED"]),
    ] {
        let text = trust(&one(), words, "").replace("CKO_NSS_TRUST", class).replace("CKA_TRUST", prefix);
        let read = read(&(HEAD.to_owned() + &root(&one(), "") + &text));
        let rulings: Vec<Ruling> = limited(&read.entries[0].trust).purposes.iter().map(|(_, ruling)| *ruling).collect();
        assert_eq!(rulings, [Ruling::Trusted, Ruling::Present, Ruling::Distrusted]);
    }
}

#[test]
fn times_are_read_in_both_forms() {
    let at = |text: &str| moment(text.as_bytes()).map(|when| when.to_string());
    assert_eq!(at("241130235959Z").as_deref(), Some("2024-11-30T23:59:59Z"));
    assert_eq!(at("500101000000Z").as_deref(), Some("1950-01-01T00:00:00Z"));
    assert_eq!(at("20501231000000Z").as_deref(), Some("2050-12-31T00:00:00Z"));
    for bad in ["", "Z", "241130235959", "241330235959Z", "24113023595Z", "+41130235959Z", "2411302359590Z"] {
        assert_eq!(at(bad), None, "{bad}");
    }
}

#[test]
fn bounds_are_kept() {
    let bounds = Bounds { entries: 2, ..Bounds::default() };
    let read = super::read(plain().as_bytes(), &Means { bounds, ..Means::default() });
    assert_eq!((read.entries.len(), read.gaps), (1, vec![Gap::Bound { what: "entries", bound: 2 }]));
}

#[test]
fn the_vectors_are_read_as_they_say() {
    vectors::hold("certdata", &made());
}

fn made() -> Vec<Vector> {
    let v = |name, why, text: String| vector(name, why, text.into_bytes());
    let (value, serial) = (format!("CKA_VALUE {}", octal(&one())), "CKA_SERIAL_NUMBER MULTILINE_OCTAL\n");
    let first = |old: &str, new: &str| plain().replacen(old, new, 1);
    let with_date = |date: &str| {
        HEAD.to_owned() + &root(&one(), &format!("CKA_NSS_SERVER_DISTRUST_AFTER {date}")) + &trust(&one(), ALL, "")
    };
    let last = plain().rfind("CKA_TRUST_SERVER").unwrap_or_default();
    vec![
        v("plain", "none: two certificates, each with its trust", plain()),
        v("no-begindata", "BEGINDATA stands in a comment alone", first("BEGINDATA", "# BEGINDATA")),
        v("value-missing", "the first certificate has no value", first(&value, "")),
        v("value-empty", "the first certificate has an empty value", first(&value, "CKA_VALUE MULTILINE_OCTAL\nEND\n")),
        v(
            "value-not-octal",
            "a digit 9 in the value of the first certificate",
            first("CKA_VALUE MULTILINE_OCTAL\n\\0", "CKA_VALUE MULTILINE_OCTAL\n\\9"),
        ),
        v(
            "value-too-large",
            "an octet of 400 in the value of the first certificate",
            first("CKA_VALUE MULTILINE_OCTAL\n\\0", "CKA_VALUE MULTILINE_OCTAL\n\\4"),
        ),
        v(
            "value-cut",
            "a line of the value ends in the middle of an octet",
            first("CKA_VALUE MULTILINE_OCTAL\n\\", "CKA_VALUE MULTILINE_OCTAL\n\\06\n\\"),
        ),
        v("value-without-end", "END is missing after the first value", first(&value, value.trim_end_matches("END\n"))),
        v(
            "value-not-der",
            "the value of the first certificate is no DER",
            first(&value, &format!("CKA_VALUE {}", octal(b"no"))),
        ),
        v(
            "value-trailing",
            "octets after the first certificate",
            first(&value, &format!("CKA_VALUE {}", octal(&[&one()[..], &[5, 0]].concat()))),
        ),
        v(
            "cut-in-value",
            "the file ends in the second value",
            plain()[..plain().rfind("CKA_VALUE").unwrap_or_default() + 80].to_owned(),
        ),
        v("cut-in-trust", "the file ends in the second trust", plain()[..last].to_owned()),
        v("serial-differs", "the trust of the first certificate has another serial number", {
            let at = plain().find("CKO_NSS_TRUST").unwrap_or_default();
            plain()[..at].to_owned() + &plain()[at..].replacen(serial, &format!("{serial}\\001"), 1)
        }),
        v(
            "hash-differs",
            "the trust of the first certificate has another's hash",
            first(&octal(&sha1(&one())), &octal(&sha1(&two()))),
        ),
        v("hash-short", "the hash of the first trust has two octets", first(&octal(&sha1(&one())), &octal(b"no"))),
        v("trust-missing", "the first certificate has no trust", first(&trust(&one(), ALL, ""), "")),
        v(
            "trust-twice",
            "the first certificate has trust twice; the first counts",
            plain() + &trust(&one(), [ALL[2]; 3], ""),
        ),
        v(
            "trust-of-nothing",
            "trust in no certificate",
            HEAD.to_owned()
                + "CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST\nCKA_TRUST_SERVER_AUTH CK_TRUST CKT_NSS_NOT_TRUSTED\n",
        ),
        v("trust-unknown", "a word of trust that is not known trusts nothing", first(ALL[0], "CKT_NSS_TRUSTED_BY_ALL")),
        v(
            "certificate-missing",
            "distrust of a certificate that is not there",
            HEAD.to_owned() + &root(&two(), "") + &trust(&one(), [ALL[2]; 3], ""),
        ),
        v("date-bad", "a date after which it is distrusted that is none", with_date(&octal(b"241330235959Z"))),
        v("date-false", "no date, in octal", with_date(&octal(&[0]))),
        v("class-unknown", "an object of another class", first("CKO_CERTIFICATE", "CKO_NSS_CRL")),
        v("crlf", "lines end in CR LF", plain().replace('\n', "\r\n")),
        v(
            "label-escapes",
            "escapes in a label, and one that is cut",
            first("CKA_LABEL UTF8 \"a root\"", "CKA_LABEL UTF8 \"\\xC3\\xA9\\x\\\"\""),
        ),
    ]
}

proptest! {
    #[test]
    fn any_text_is_read_to_an_end(parts in proptest::collection::vec(part(), 0..12)) {
        let bytes = [b"BEGINDATA\n", parts.concat().as_slice()].concat();
        for entry in super::read(&bytes, &Means::default()).entries {
            let Slot::Block(block) = entry.slot else { panic!("{entry:?}") };
            prop_assert!(block.offset <= bytes.len() as u64);
        }
    }
}

fn part() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "CKA_CLASS CK_OBJECT_CLASS CKO_CERTIFICATE\n",
        "CKA_CLASS CK_OBJECT_CLASS CKO_NSS_TRUST\n",
        "CKA_VALUE MULTILINE_OCTAL\n",
        "CKA_CERT_SHA1_HASH MULTILINE_OCTAL\n",
        "\\060\\202\n",
        "END\n",
        "CKA_NSS_SERVER_DISTRUST_AFTER MULTILINE_OCTAL\n",
        "CKA_LABEL",
        "\n",
        " ",
        "\\",
    ];
    let whole = [root(&one(), ""), trust(&one(), ALL, "")];
    let texts: Vec<Vec<u8>> =
        words.iter().map(|word| word.as_bytes().to_vec()).chain(whole.map(String::into_bytes)).collect();
    prop_oneof![4 => proptest::sample::select(texts), 1 => proptest::collection::vec(any::<u8>(), 0..40)]
}
