//! Settings as macOS writes them, in XML and in binary, and the faults in them.

use super::*;
use crate::format::decode;
use crate::format::tests::vectors::{Vector, hold, vector};
use crate::model::trust::{ANY_PURPOSE, SERVER_AUTH};
use crate::model::{Names, Oid, Ruling, Trust};
use plist::{Dictionary, Value};
use proptest::prelude::*;

const A: &str = "0123456789ABCDEF0123456789ABCDEF01234567";
const B: &str = "FEDCBA9876543210FEDCBA9876543210FEDCBA98";
/// `C=X`, a Name.
const NAME: &[u8] = &[0x30, 12, 0x31, 10, 0x30, 8, 6, 3, 0x55, 4, 6, 0x13, 1, 0x58];

fn dictionary(pairs: &[(&str, Value)]) -> Value {
    Value::Dictionary(pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect::<Dictionary>())
}

fn entry_of(settings: Option<Value>) -> Value {
    let mut pairs = vec![("issuerName", Value::Data(NAME.to_vec())), ("serialNumber", Value::Data(vec![1, 2]))];
    pairs.extend(settings.map(|settings| ("trustSettings", settings)));
    dictionary(&pairs)
}

fn settings_of(list: &[Value]) -> Value {
    entry_of(Some(Value::Array(list.to_vec())))
}

fn file(entries: &[(&str, Value)]) -> Value {
    dictionary(&[("trustList", dictionary(entries)), ("trustVersion", Value::Integer(1.into()))])
}

fn xml(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    value.to_writer_xml(&mut out).unwrap();
    out
}

fn binary(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    value.to_writer_binary(&mut out).unwrap();
    out
}

fn policy(name: &str, number: u8, result: i64) -> Vec<(&str, Value)> {
    let mut oid = vec![0x2a, 0x86, 0x48, 0x86, 0xf7, 0x63, 0x64, 0x01];
    oid.push(number);
    vec![
        ("kSecTrustSettingsPolicy", Value::Data(oid)),
        ("kSecTrustSettingsPolicyName", Value::String(name.to_owned())),
        ("kSecTrustSettingsResult", Value::Integer(result.into())),
    ]
}

fn trust_of(list: &[Value]) -> Trust {
    let file = file(&[(A, settings_of(list))]);
    let (first, second) = (decode(&xml(&file)), decode(&binary(&file)));
    assert_eq!(first, second);
    assert!(first.gaps.is_empty(), "{first:?}");
    first.entries[0].trust.clone()
}

#[test]
fn names_the_certificate_by_all_it_has() {
    let file = file(&[(A, entry_of(None)), (B, settings_of(&[]))]);
    let read = decode(&xml(&file));
    assert_eq!((read.format, read.container.version), (Format::TrustSettings, Some(1)));
    assert_eq!(read, decode(&binary(&file)));
    let Body::Reference(reference) = &read.entries[0].body else { panic!("{read:?}") };
    assert_eq!(reference.sha1.unwrap()[..3], [0x01, 0x23, 0x45]);
    assert_eq!((reference.issuer.as_deref(), reference.serial.as_deref()), (Some(NAME), Some(&[2, 2, 1, 2][..])));
    assert!(read.entries.iter().all(|entry| entry.trust == Trust::Trusted));
    assert_eq!(read.entries[1].slot, Slot::Alias(Untrusted::new(B)));
}

#[test]
fn trust_is_what_the_settings_say() {
    let result = |value: i64| dictionary(&[("kSecTrustSettingsResult", Value::Integer(value.into()))]);
    assert_eq!(trust_of(&[result(1)]), Trust::Trusted);
    assert_eq!(trust_of(&[result(2)]), Trust::Trusted);
    assert_eq!(trust_of(&[dictionary(&[])]), Trust::Trusted);
    assert_eq!(trust_of(&[result(3)]), Trust::Distrusted);
    let rulings = |list: &[Value], purposes: &[Oid]| match trust_of(list) {
        Trust::Limited(limited) => purposes.iter().map(|purpose| limited.ruling(*purpose)).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let mail = Oid::new_unwrap("1.3.6.1.5.5.7.3.4");
    let server = dictionary(&policy("sslServer", 3, 1));
    assert_eq!(rulings(&[result(4)], &[SERVER_AUTH]), [Ruling::Present]);
    assert_eq!(rulings(std::slice::from_ref(&server), &[SERVER_AUTH, mail]), [Ruling::Trusted, Ruling::Present]);
    let refused = dictionary(&policy("SMIME", 8, 3));
    assert_eq!(
        rulings(&[server.clone(), refused], &[SERVER_AUTH, mail, ANY_PURPOSE]),
        [Ruling::Trusted, Ruling::Distrusted, Ruling::Present]
    );
    // The first that decides counts.
    assert_eq!(
        rulings(&[dictionary(&policy("sslServer", 3, 3)), server.clone()], &[SERVER_AUTH]),
        [Ruling::Distrusted]
    );
    // A policy without a name, and one castore has no purpose for.
    let unnamed: Vec<_> = policy("x", 8, 1).into_iter().filter(|(key, _)| !key.ends_with("Name")).collect();
    assert_eq!(rulings(&[dictionary(&unnamed)], &[mail, SERVER_AUTH]), [Ruling::Trusted, Ruling::Present]);
    assert_eq!(
        rulings(&[dictionary(&policy("AppleID", 77, 1))], &[Oid::new_unwrap("1.2.840.113635.100.1.77"), SERVER_AUTH]),
        [Ruling::Trusted, Ruling::Present]
    );
    // For one program, for another use of the key.
    let with = |key: &'static str, value: Value| {
        let mut pairs = policy("sslServer", 3, 1);
        pairs.push((key, value));
        dictionary(&pairs)
    };
    assert_eq!(
        rulings(&[with("kSecTrustSettingsApplication", Value::Data(vec![1]))], &[SERVER_AUTH]),
        [Ruling::Present]
    );
    assert_eq!(
        rulings(&[with("kSecTrustSettingsKeyUsage", Value::Integer(1.into()))], &[SERVER_AUTH]),
        [Ruling::Present]
    );
    assert_eq!(
        rulings(&[with("kSecTrustSettingsKeyUsage", Value::Integer((-1).into()))], &[SERVER_AUTH]),
        [Ruling::Trusted]
    );
    assert_eq!(
        rulings(&[with("kSecTrustSettingsAllowedError", Value::Integer((-2_147_408_896).into()))], &[SERVER_AUTH]),
        [Ruling::Trusted]
    );
    // For one host.
    let host = with("kSecTrustSettingsPolicyString", Value::String("a.example".to_owned()));
    let Trust::Limited(limited) = trust_of(std::slice::from_ref(&host)) else { panic!() };
    let dns = vec![Untrusted::new("a.example")];
    assert_eq!(limited.names, Some(Names::Permitted { dns, networks: Vec::new() }));
    assert_eq!(
        rulings(&[host, dictionary(&policy("SMIME", 8, 1))], &[SERVER_AUTH, mail]),
        [Ruling::Present, Ruling::Trusted]
    );
}

/// A binary list whose arrays name each other: 50 objects become 2 to the power of 48.
fn laughs() -> Vec<u8> {
    let mut out = b"bplist00".to_vec();
    let mut offsets = Vec::new();
    let count = 50u8;
    for n in 0..count - 1 {
        offsets.push(out.len() as u8);
        out.extend_from_slice(&[0xa2, n + 1, n + 1]);
    }
    offsets.push(out.len() as u8);
    out.extend_from_slice(b"\x59trustList");
    let table = out.len() as u64;
    out.extend_from_slice(&offsets);
    out.extend_from_slice(&[0, 0, 0, 0, 0, 0, 1, 1]);
    for number in [u64::from(count), 0, table] {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out
}

#[test]
fn shared_and_deep_values_are_bounded() {
    let read = decode(&laughs());
    assert!(matches!(read.gaps[..], [Gap::Bound { .. }]), "{:?}", read.gaps);
    let deep = format!("<?xml version=\"1.0\"?><plist><dict><key>trustList</key>{}", "<array>".repeat(200_000));
    assert!(matches!(decode(deep.as_bytes()).gaps[..], [Gap::Bound { .. }]));
    let wide = format!("<?xml version=\"1.0\"?><plist><dict><key>trustList</key><array>{}", "<true/>".repeat(500_000));
    assert!(!decode(wide.as_bytes()).gaps.is_empty());
    let large = format!(
        "<?xml version=\"1.0\"?><plist><dict><key>trustList</key><string>{}",
        " ".repeat(limits::PROPERTY_LIST_SIZE)
    );
    assert!(matches!(decode(large.as_bytes()).gaps[..], [Gap::Bound { .. }]));
}

fn made() -> Vec<Vector> {
    let good = || (B, settings_of(&[dictionary(&policy("sslServer", 3, 1))]));
    let with = |first: (&str, Value)| xml(&file(&[first, good()]));
    let whole = xml(&file(&[(A, settings_of(&[dictionary(&policy("sslServer", 3, 3))])), good()]));
    let text = String::from_utf8(whole.clone()).unwrap();
    let cut = |word: &str, n: usize| text.as_bytes()[..text.match_indices(word).nth(n).unwrap().0].to_vec();
    let replaced = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    let packed = binary(&file(&[(A, settings_of(&[dictionary(&policy("sslServer", 3, 1))])), good()]));
    let mut reference = packed.clone();
    let at = memchr::memmem::find(&packed, b"trustList").unwrap();
    reference[9..11].copy_from_slice(&[0xee, 0xee]);
    let mut offsets = packed.clone();
    let end = offsets.len();
    offsets[end - 8..].copy_from_slice(&[0xff; 8]);
    let mut count = packed.clone();
    count[end - 24..end - 16].copy_from_slice(&[0x7f; 8]);
    let mut length = packed.clone();
    length[at - 1] = 0x5e;
    let result = |value: Value| settings_of(&[dictionary(&[("kSecTrustSettingsResult", value)])]);
    vec![
        vector("cut-in-second", "the file ends in the settings of the second certificate", cut("<integer>1", 0)),
        vector(
            "cut-in-first",
            "the file ends before the result of the first certificate, which refuses it",
            cut("<integer>3", 0),
        ),
        vector("key-short", "a SHA-1 has 38 digits", with((&A[2..], entry_of(None)))),
        vector("key-not-hex", "a SHA-1 is none", with(("the certificate of my company, in so many", entry_of(None)))),
        vector("entry-not-a-dictionary", "an entry is a text", with((A, Value::String("x".to_owned())))),
        vector("settings-not-an-array", "the settings are a dictionary", with((A, entry_of(Some(dictionary(&[])))))),
        vector(
            "setting-not-a-dictionary",
            "one setting is a number",
            with((A, settings_of(&[Value::Integer(3.into())]))),
        ),
        vector("result-unknown", "a result is 5", with((A, result(Value::Integer(5.into()))))),
        vector("result-text", "a result is a text", with((A, result(Value::String("3".to_owned()))))),
        vector(
            "policy-text",
            "the identifier of a policy is a text",
            with((A, settings_of(&[dictionary(&[("kSecTrustSettingsPolicy", Value::String("1.2".to_owned()))])]))),
        ),
        vector(
            "name-not-der",
            "the issuer is no name",
            with((A, dictionary(&[("issuerName", Value::Data(vec![1, 2, 3]))]))),
        ),
        vector(
            "default-roots",
            "an entry is about every root of the system",
            with(("kSecTrustRecordDefaultRootCert", result(Value::Integer(3.into())))),
        ),
        vector(
            "settings-absent",
            "an entry has no settings, which trusts it for everything",
            with((A, entry_of(None))),
        ),
        vector(
            "trust-list-array",
            "trustList is an array",
            xml(&dictionary(&[("trustList", Value::Array(Vec::new()))])),
        ),
        vector(
            "entity",
            "an entity stands for a part of a key",
            replaced(A, "&a;123456789ABCDEF0123456789ABCDEF01234567"),
        ),
        vector("data-bad", "data is no base64", replaced("<data>", "<data>!")),
        vector(
            "element-unknown",
            "an element is none of a property list",
            replaced("<key>issuerName</key>", "<key>issuerName</key><date/><name/>"),
        ),
        vector(
            "key-twice",
            "a result stands twice",
            replaced(
                "<key>kSecTrustSettingsResult</key>",
                "<key>kSecTrustSettingsResult</key><integer>1</integer><key>kSecTrustSettingsResult</key>",
            ),
        ),
        vector(
            "value-missing",
            "a key has no value",
            replaced("</dict>", "<key>kSecTrustSettingsKeyUsage</key></dict>"),
        ),
        vector("binary-cut", "a binary list ends before its trailer", packed[..end - 40].to_vec()),
        vector("binary-reference", "an object names one beyond the last", reference),
        vector("binary-table", "the table of offsets is beyond the end", offsets),
        vector("binary-count", "more objects are declared than there can be", count),
        vector("binary-length", "a string is longer than it was", length),
        vector("binary-laughs", "49 arrays name the next one twice each", laughs()),
    ]
}

#[test]
fn vectors_are_read_as_they_should_be() {
    hold("trust-settings", &made());
}

proptest! {
    #[test]
    fn never_panics_on_spoilt_lists(in_binary: bool, edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut: prop::sample::Index) {
        let value = file(&[(A, settings_of(&[dictionary(&policy("sslServer", 3, 3))])), (B, entry_of(None))]);
        let mut bytes = if in_binary { binary(&value) } else { xml(&value) };
        for (at, octet) in edits {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        let _ = read(&bytes, &Means::default());
        bytes.truncate(cut.index(bytes.len()) + 1);
        let _ = read(&bytes, &Means::default());
    }
}
