//! Chains and names made here, before releases that judge them differently.

use super::*;
use crate::chain::{Held, Trusted, Verdict};
use crate::format::x509;
use crate::model::Version;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, DnValue, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, SanType,
};

/// A key with its certificate.
struct Made {
    member: Arc<Member>,
    key: KeyPair,
    params: CertificateParams,
}

/// A certificate signed by `issuer`, or by itself, after `change`.
fn made(name: &str, key: KeyPair, issuer: Option<&Made>, change: impl FnOnce(&mut CertificateParams)) -> Made {
    let mut params = CertificateParams::new(Vec::new()).expect("names");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    change(&mut params);
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key)),
        None => params.self_signed(&key),
    };
    let der = certificate.expect("a certificate").der().to_vec();
    let member = Member::new(Arc::new(x509::read(der.into()))).expect("readable");
    Made { member: Arc::new(member), key, params }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
}

fn server(params: &mut CertificateParams) {
    params.subject_alt_names = vec![SanType::DnsName("server.example".try_into().expect("a name"))];
}

fn java(version: &str) -> Java {
    Java::of(&Version::parse(version).expect("a version"))
}

fn verdict(sent: &[&Made], held: &[&Made], java: &Java) -> Verdict {
    let question = Question {
        sent: sent.iter().map(|made| Arc::clone(&made.member)).collect(),
        name: Some("server.example".parse().expect("a name")),
        at: "2026-06-01T00:00:00Z".parse().expect("a time"),
        stapled: None,
    };
    let held = held.iter().map(|made| Held {
        member: Arc::clone(&made.member),
        place: None,
        ends_chain: true,
        trust: Trusted::Unstated,
    });
    judge(&question, &Pool { anchors: held.collect() }, java).verdict
}

/// The selector of the builder has the date once it was given one: seen with 11.0.13, 17.0.15, 21.0.8 and 25.0.2.
#[test]
fn an_expired_anchor_ends_a_path_that_was_sent_and_none_that_was_built_beyond_the_first_step() {
    let expired = |params: &mut CertificateParams| {
        authority(params);
        params.not_after = rcgen::date_time_ymd(2026, 2, 1);
    };
    let root = made("root", key(), None, expired);
    let middle = made("middle", key(), Some(&root), authority);
    let leaf = made("leaf", key(), Some(&middle), server);
    let short = made("leaf", key(), Some(&root), server);
    let other = made("other", key(), None, authority);
    for version in ["11.0.13", "17.0.15", "21.0.8", "25.0.2"] {
        let java = java(version);
        assert_eq!(verdict(&[&leaf, &middle], &[&root], &java), Verdict::Accepts, "{version}");
        assert_eq!(verdict(&[&short, &other], &[&root], &java), Verdict::Accepts, "{version}");
        let built = verdict(&[&leaf, &other, &middle], &[&root], &java);
        assert!(matches!(built, Verdict::Refuses { .. }), "{version}: {built:?}");
    }
}

#[test]
fn names_are_quoted_as_java_writes_them() {
    for (name, text) in
        [("a b", "CN=a b"), ("a  b", "CN=\"a  b\""), (" a", "CN=\" a\""), ("a, \"b\"", "CN=\"a, \\\"b\\\"\"")]
    {
        assert_eq!(parse::name_text(&made(name, key(), None, authority).member), text);
    }
}

/// `IPAddressName.constrains` compares the octets that a network has.
#[test]
fn a_network_of_ipv4_holds_an_address_of_ipv6_that_begins_alike() {
    let of = |network: [u8; 4], mask: [u8; 4]| {
        let root = made("root", key(), None, authority);
        let middle = made("middle", key(), Some(&root), |params| {
            authority(params);
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: Vec::new(),
                excluded_subtrees: vec![GeneralSubtree::IpAddress(rcgen::CidrSubnet::V4(network, mask))],
            });
        });
        let leaf = made("leaf", key(), Some(&middle), |params| {
            server(params);
            params.subject_alt_names.push(SanType::IpAddress("2001:db8::1".parse().expect("an address")));
        });
        verdict(&[&leaf, &middle], &[&root], &java("17.0.15"))
    };
    assert!(matches!(of([0; 4], [0; 4]), Verdict::Refuses { .. }));
    assert_eq!(of([10, 0, 0, 0], [255, 0, 0, 0]), Verdict::Accepts);
}

#[test]
fn which_of_two_anchors_of_one_name_and_key_it_is_depends() {
    let root = made("root", key(), None, authority);
    let copy = KeyPair::try_from(root.key.serialize_der()).expect("the key");
    let none = made("root", copy, None, |params| params.is_ca = IsCa::ExplicitNoCa);
    let leaf = made("leaf", key(), Some(&root), server);
    let java = java("17.0.15");
    assert_eq!(verdict(&[&leaf], &[&root], &java), Verdict::Accepts);
    assert!(matches!(verdict(&[&leaf], &[&none], &java), Verdict::Refuses { .. }));
    assert!(matches!(verdict(&[&leaf], &[&none, &root], &java), Verdict::Depends(_)));
}

/// Where an anchor serves for nothing the builder says so itself.
#[test]
fn a_builder_tells_that_its_anchor_is_none() {
    let root = made("root", key(), None, |params| params.is_ca = IsCa::ExplicitNoCa);
    let other = made("other", key(), None, authority);
    let leaf = made("leaf", key(), Some(&root), server);
    let Verdict::Refuses { printed, .. } = verdict(&[&leaf, &other], &[&root], &java("17.0.15")) else { panic!() };
    assert!(printed.text.starts_with("PKIX path building failed: sun.security.validator"), "{}", printed.text);
}

/// A text is the same in a PrintableString and a UTF8String and without case, in no other string.
#[test]
fn names_are_compared_as_rfc_2253_has_them() {
    let root = |value: DnValue| {
        made("", key(), None, |params| {
            authority(params);
            params.distinguished_name = rcgen::DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, value);
        })
    };
    let utf8 = root(DnValue::Utf8String("Root  A".to_owned()));
    let printable = root(DnValue::PrintableString("ROOT A".try_into().expect("a text")));
    let teletex = root(DnValue::TeletexString("Root A".try_into().expect("a text")));
    assert!(names::same_subject(&utf8.member, &printable.member));
    assert!(!names::same_subject(&utf8.member, &teletex.member));
}

fn limited(base: GeneralSubtree) -> impl FnOnce(&mut CertificateParams) {
    move |params| {
        authority(params);
        params.name_constraints =
            Some(NameConstraints { permitted_subtrees: vec![base], excluded_subtrees: Vec::new() });
    }
}

/// `RFC822Name` takes no empty text, so that a certificate with such a critical constraint is none.
#[test]
fn an_empty_constraint_of_mail_addresses_cannot_be_read() {
    let root = made("root", key(), None, limited(GeneralSubtree::Rfc822Name(String::new())));
    assert!(parse::read(&root.member).is_err());
    let root = made("root", key(), None, limited(GeneralSubtree::Rfc822Name("example".to_owned())));
    assert!(parse::read(&root.member).is_ok());
}

/// JDK-8311546 lets a constraint begin with a dot, and fails on one that is empty.
#[test]
fn constraints_of_host_names_differ_by_version() {
    let root = made("root", key(), None, authority);
    let asked = |base: &str, version: &str| {
        let middle = made("middle", key(), Some(&root), limited(GeneralSubtree::DnsName(base.to_owned())));
        let leaf = made("leaf", key(), Some(&middle), server);
        match verdict(&[&leaf, &middle], &[&root], &java(version)) {
            Verdict::Accepts => String::new(),
            Verdict::Refuses { printed, .. } => printed.text,
            other => panic!("{other:?}"),
        }
    };
    let outside =
        "PKIX path validation failed: java.security.cert.CertPathValidatorException: name constraints check failed";
    assert_eq!(asked("example", "17.0.15"), "");
    assert_eq!(asked(".example", "17.0.15"), "");
    assert_eq!(asked(".example", "17.0.9"), outside);
    assert_eq!(asked("", "17.0.9"), outside);
    assert_eq!(asked("", "17.0.15"), "String index out of range: 0");
    // Without the alert before it, which 25.0.2 prints.
    assert_eq!(asked("", "21.0.8"), "Index 0 out of bounds for length 0");
    assert_eq!(asked("", "25.0.2"), "(internal_error) Index 0 out of bounds for length 0");
}

/// What the socket refuses before it looks at a certificate: 11.0.13, 17.0.15, 21.0.8 and 25.0.2 print this of 11 and of 20
/// certificates, and of a message of 35,705 octets.
#[test]
fn a_chain_is_as_long_as_java_reads() {
    let root = made("root", key(), None, authority);
    let mut chain = vec![made("middle", key(), Some(&root), authority)];
    while chain.len() < 10 {
        let next = made("middle", key(), chain.last(), authority);
        chain.push(next);
    }
    let leaf = made("leaf", key(), chain.last(), server);
    let sent: Vec<&Made> = std::iter::once(&leaf).chain(chain.iter().rev()).collect();
    let text = |sent: &[&Made], version: &str| match verdict(sent, &[&root], &java(version)) {
        Verdict::Refuses { printed, .. } => printed.text,
        other => format!("{other:?}"),
    };
    let eleven = "The certificate chain length (11) exceeds the maximum allowed length (10)";
    assert_eq!(text(&sent, "17.0.15"), eleven);
    assert_eq!(text(&sent, "25.0.2"), eleven);
    let above = chain.remove(0);
    let sent: Vec<&Made> = std::iter::once(&leaf).chain(chain.iter().rev()).collect();
    assert_eq!(verdict(&sent, &[&above], &java("17.0.15")), Verdict::Accepts);
    let large = made("leaf", key(), Some(&root), |params| {
        server(params);
        let name = |at: usize| SanType::DnsName(format!("host{at}.server.example").try_into().expect("a name"));
        params.subject_alt_names.extend((0..2000).map(name));
    });
    let said = text(&[&large], "25.0.2");
    assert!(
        said.starts_with("The size of the handshake message (") && said.ends_with("allowed size (32768)"),
        "{said}"
    );
}
