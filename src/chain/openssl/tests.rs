//! Chains made here, before every version of the family.

use super::super::{Held, Outcome, Pool, Question, Trusted, Verdict};
use super::*;
use crate::format::x509;
use crate::model::Timestamp;
use crate::policy::openssl::Library;
use crate::policy::{Parts, Settings};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

/// A key with its certificate.
struct Made {
    member: Arc<Member>,
    key: KeyPair,
    params: CertificateParams,
}

fn at() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().expect("a time")
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).expect("names");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2026, 1, 1);
    params.not_after = rcgen::date_time_ymd(2027, 1, 1);
    params.use_authority_key_identifier_extension = true;
    params
}

/// A certificate signed by `issuer`, or by itself, after `change`.
fn made(name: &str, issuer: Option<&Made>, change: impl FnOnce(&mut CertificateParams)) -> Made {
    let mut params = params(name);
    change(&mut params);
    let key = KeyPair::generate().expect("a key");
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key)),
        None => params.self_signed(&key),
    };
    let der = certificate.expect("a certificate").der().to_vec();
    let member = Member::new(Arc::new(x509::read(der.into()))).expect("readable");
    Made { member: Arc::new(member), key, params }
}

fn authority(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
}

fn server(params: &mut CertificateParams) {
    params.subject_alt_names = vec![rcgen::SanType::DnsName("server.example".try_into().expect("a name"))];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
}

/// Root, intermediate and server.
fn three() -> [Made; 3] {
    let root = made("root", None, authority);
    let middle = made("middle", Some(&root), authority);
    let leaf = made("leaf", Some(&middle), server);
    [root, middle, leaf]
}

fn pool(anchors: &[&Made]) -> Pool {
    let held = |made: &&Made| Held {
        member: Arc::clone(&made.member),
        place: None,
        ends_chain: true,
        trust: Trusted::Unstated,
    };
    Pool { anchors: anchors.iter().map(held).collect() }
}

fn policy(version: &str, change: impl FnOnce(&mut OpenSsl)) -> OpenSsl {
    let components = [("openssl", crate::model::Version::parse(version).expect("a version"))];
    let parts =
        Parts { components: &components, settings: Settings { level: Some(2), ..Settings::default() }, marks: &[] };
    let mut policy = OpenSsl::of(&parts).expect("a policy");
    change(&mut policy);
    policy
}

fn asked(sent: &[&Made], anchors: &[&Made], policy: &OpenSsl) -> Judged {
    let sent = sent.iter().map(|made| Arc::clone(&made.member)).collect();
    let question = Question { sent, name: Some("server.example".parse().expect("a name")), at: at(), stapled: None };
    judge(&question, &pool(anchors), policy)
}

fn fault(judged: &Judged) -> Option<Fault> {
    match judged.verdict {
        Verdict::Refuses { fault, .. } => Some(fault.fault),
        _ => None,
    }
}

/// Every version of the family.
const VERSIONS: [&str; 5] = ["1.0.2u", "1.1.1w", "3.0.19", "3.5.5", "4.0.3"];

#[test]
fn a_good_chain_is_accepted_by_all_and_its_path_told() {
    let [root, middle, leaf] = three();
    for version in VERSIONS {
        let judged = asked(&[&leaf, &middle], &[&root], &policy(version, |_| ()));
        assert_eq!(judged.verdict, Verdict::Accepts, "{version}");
        let path: Vec<_> = judged.path.iter().map(|hop| hop.from).collect();
        assert_eq!(path, [From::Sent(0), From::Sent(1), From::Pool(0)], "{version}");
        assert!(judged.steps.iter().all(|step| step.outcome == Outcome::Taken));
        assert_eq!(judged.behind, []);
    }
}

#[test]
fn what_is_missing_has_its_own_fault() {
    let [root, middle, leaf] = three();
    let other = made("other", None, authority);
    let lone = made("lone", None, server);
    for version in VERSIONS {
        let plain = policy(version, |_| ());
        let said = |sent: &[&Made], anchors: &[&Made]| fault(&asked(sent, anchors, &plain));
        assert_eq!(said(&[&leaf], &[&root]), Some(Fault::IssuerNotFound), "{version}: no intermediate");
        assert_eq!(said(&[&leaf, &middle], &[&other]), Some(Fault::IssuerNotFound), "{version}: no root");
        assert_eq!(said(&[&leaf, &middle, &root], &[&other]), Some(Fault::SelfSignedSent), "{version}");
        assert_eq!(said(&[&lone], &[&root]), Some(Fault::SelfSignedLeaf), "{version}");
        assert_eq!(said(&[&leaf, &middle], &[&middle]), Some(Fault::AnchorIncomplete), "{version}");
        let partial = policy(version, |policy| policy.partial_chain = true);
        assert_eq!(asked(&[&leaf, &middle], &[&middle], &partial).verdict, Verdict::Accepts, "{version}");
        assert_eq!(asked(&[&leaf], &[&leaf], &partial).verdict, Verdict::Accepts, "{version}");
    }
}

#[test]
fn the_last_fault_is_what_node_tells() {
    let [root, _, leaf] = three();
    let node = policy("3.0.19", |policy| policy.report = Report::Last);
    let judged = asked(&[&leaf], &[&root], &policy("3.0.19", |_| ()));
    assert_eq!((fault(&judged), judged.behind), (Some(Fault::IssuerNotFound), Vec::new()));
    let judged = asked(&[&leaf], &[&root], &node);
    assert_eq!(fault(&judged), Some(Fault::LeafUnverifiable));
    assert_eq!(judged.behind, [Located { fault: Fault::IssuerNotFound, depth: 0 }]);
}

#[test]
fn several_faults_are_told_in_the_order_of_work() {
    let root = made("root", None, authority);
    let leaf = made("leaf", Some(&root), |params| {
        params.not_after = rcgen::date_time_ymd(2026, 2, 1);
        params.subject_alt_names = vec![rcgen::SanType::DnsName("other.example".try_into().expect("a name"))];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let faults = |judged: Judged| {
        fault(&judged).into_iter().chain(judged.behind.iter().map(|located| located.fault)).collect::<Vec<_>>()
    };
    let expected = [Fault::PurposeUnsuitable, Fault::HostMismatch, Fault::Expired];
    assert_eq!(faults(asked(&[&leaf], &[&root], &policy("3.0.19", |_| ()))), expected);
    // A program that matches the name itself does so when everything else is in order.
    let after = policy("3.0.19", |policy| policy.host = HostCheck::Afterwards);
    assert_eq!(
        faults(asked(&[&leaf], &[&root], &after)),
        [Fault::PurposeUnsuitable, Fault::Expired, Fault::HostMismatch]
    );
}

#[test]
fn an_expired_twin_is_taken_by_order_before_1_1_0_and_by_date_since() {
    let key = KeyPair::generate().expect("a key");
    let twin = |until: i32| {
        let mut params = params("root");
        authority(&mut params);
        params.not_after = rcgen::date_time_ymd(until, 2, 1);
        let der = params.self_signed(&key).expect("a certificate").der().to_vec();
        let member = Arc::new(Member::new(Arc::new(x509::read(der.into()))).expect("readable"));
        Made { member, key: KeyPair::try_from(key.serialize_der()).expect("the key"), params }
    };
    let (expired, renewed) = (twin(2026), twin(2028));
    let leaf = made("leaf", Some(&renewed), server);
    for version in VERSIONS {
        let judged = asked(&[&leaf], &[&expired, &renewed], &policy(version, |_| ()));
        let expected = if version == "1.0.2u" { Some(Fault::Expired) } else { None };
        assert_eq!(fault(&judged), expected, "{version}");
        let judged = asked(&[&leaf], &[&renewed, &expired], &policy(version, |_| ()));
        assert_eq!(judged.verdict, Verdict::Accepts, "{version}");
    }
}

#[test]
fn a_wrong_root_of_the_same_name_is_taken_where_nothing_tells_them_apart() {
    let right = made("root", None, authority);
    let wrong = made("root", None, authority);
    let leaf = made("leaf", Some(&right), |params| {
        server(params);
        params.use_authority_key_identifier_extension = false;
    });
    for version in VERSIONS {
        let plain = policy(version, |_| ());
        assert_eq!(fault(&asked(&[&leaf], &[&wrong, &right], &plain)), Some(Fault::SignatureBad), "{version}");
        assert_eq!(asked(&[&leaf], &[&right, &wrong], &plain).verdict, Verdict::Accepts, "{version}");
    }
    let bun = policy("1.1.1", |policy| policy.library = Library::Bun);
    assert!(matches!(asked(&[&leaf], &[&right, &wrong], &bun).verdict, Verdict::Depends(_)));
}

/// Bun 1.4.5: anchors are looked into, and the key usage is asked for what the key does in the handshake.
#[test]
fn bun_looks_into_anchors() {
    let mut bun = policy("1.1.1", |policy| policy.library = Library::Bun);
    bun.trusted_first = true;
    let verdict = |change: fn(&mut CertificateParams)| {
        let root = made("root", None, change);
        let middle = made("middle", Some(&root), authority);
        let leaf = made("leaf", Some(&middle), server);
        fault(&asked(&[&leaf, &middle], &[&root], &bun))
    };
    assert_eq!(verdict(authority), None);
    let without_constraints: fn(&mut CertificateParams) = |params| {
        params.is_ca = IsCa::NoCa;
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    };
    assert_eq!(verdict(without_constraints), None);
    assert!(verdict(|params| params.is_ca = IsCa::NoCa).is_some(), "neither constraints nor key usage");
    let explicit: fn(&mut CertificateParams) = |params| {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    };
    assert!(verdict(explicit).is_some(), "no authority");
    let short: fn(&mut CertificateParams) = |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    assert_eq!(verdict(short), Some(Fault::PathLength));
    let root = made("root", None, authority);
    let leaf = made("leaf", Some(&root), |params| {
        server(params);
        params.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
    });
    assert_eq!(fault(&asked(&[&leaf], &[&root], &bun)), Some(Fault::PurposeUnsuitable));
}

/// An extension as it is, octet by octet.
fn extension(params: &mut CertificateParams, oid: &[u64], value: &[u8]) {
    params.custom_extensions.push(CustomExtension::from_oid_content(oid, value.to_vec()));
}

/// What BoringSSL does not take and OpenSSL does not look at: what follows an extension's value, and a path length of what
/// is no authority.
#[test]
fn boringssl_reads_extensions_to_their_end() {
    let boring = policy("1.1.1", |policy| policy.library = Library::BoringSsl);
    let root = made("root", None, authority);
    let named: fn(&mut CertificateParams) = |params| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName("server.example".try_into().expect("a name"))];
    };
    let plain = made("leaf", Some(&root), named);
    let trailing = made("leaf", Some(&root), |params| {
        named(params);
        extension(params, &[2, 5, 29, 37], b"\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x01\x00");
    });
    let length = made("leaf", Some(&root), |params| {
        named(params);
        extension(params, &[2, 5, 29, 19], b"\x30\x03\x02\x01\x00");
    });
    for (leaf, expected) in [(&plain, None), (&trailing, Some(Fault::Malformed)), (&length, Some(Fault::Malformed))] {
        assert_eq!(fault(&asked(&[leaf], &[&root], &boring)), expected);
        assert_eq!(fault(&asked(&[leaf], &[&root], &policy("3.0.19", |_| ()))), None);
    }
}

#[test]
fn boringssl_takes_no_common_name_below_name_constraints() {
    let root = made("root", None, |params| {
        authority(params);
        params.name_constraints = Some(rcgen::NameConstraints {
            permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("example".to_owned())],
            excluded_subtrees: Vec::new(),
        });
    });
    let leaf = made("server.example", Some(&root), |_| ());
    let mut boring = policy("1.1.1", |policy| policy.library = Library::BoringSsl);
    boring.host = HostCheck::Never;
    assert_eq!(fault(&asked(&[&leaf], &[&root], &boring)), Some(Fault::ConstrainedWithoutNames));
    let decorated = made("Acme Server", Some(&root), |_| ());
    assert_eq!(fault(&asked(&[&decorated], &[&root], &boring)), None);
    let openssl = policy("3.0.19", |policy| policy.host = HostCheck::Never);
    assert_eq!(fault(&asked(&[&leaf], &[&root], &openssl)), None);
}

/// Ruby and Perl match the name in the library's callback: name constraints are looked at after that.
#[test]
fn a_callback_matches_the_name_before_constraints() {
    let root = made("root", None, |params| {
        authority(params);
        params.name_constraints = Some(rcgen::NameConstraints {
            permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("test".to_owned())],
            excluded_subtrees: Vec::new(),
        });
    });
    let other = made("leaf", Some(&root), |params| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName("other.example".try_into().expect("a name"))];
    });
    let of = |host| policy("3.0.19", |policy| policy.host = host);
    assert_eq!(fault(&asked(&[&other], &[&root], &of(HostCheck::InCallback))), Some(Fault::HostMismatch));
    assert_eq!(fault(&asked(&[&other], &[&root], &of(HostCheck::Afterwards))), Some(Fault::NameNotPermitted));
}

#[test]
fn strict_requirements_differ_by_version() {
    let root = made("root", None, authority);
    let leaf = made("leaf", Some(&root), |params| {
        server(params);
        params.use_authority_key_identifier_extension = false;
    });
    let without_usage = made("root", None, |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
    let below = made("leaf", Some(&without_usage), server);
    for version in VERSIONS {
        let strict = policy(version, |policy| policy.strict = true);
        let since_3 = strict.library >= Library::V3_0;
        let expected = since_3.then_some(Fault::AuthorityKeyIdMissing);
        assert_eq!(fault(&asked(&[&leaf], &[&root], &strict)), expected, "{version}");
        let expected = since_3.then_some(Fault::CaKeyUsageMissing);
        assert_eq!(fault(&asked(&[&below], &[&without_usage], &strict)), expected, "{version}");
        assert_eq!(asked(&[&leaf], &[&root], &policy(version, |_| ())).verdict, Verdict::Accepts, "{version}");
    }
}

#[test]
fn trust_settings_go_before_the_certificate() {
    let root = made("root", None, |params| {
        authority(params);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    });
    let leaf = made("leaf", Some(&root), server);
    let question = Question {
        sent: vec![Arc::clone(&leaf.member)],
        name: Some("server.example".parse().expect("a name")),
        at: at(),
        stapled: None,
    };
    for (trust, expected) in [
        (Trusted::Unstated, Some(Fault::PurposeUnsuitable)),
        (Trusted::Yes, None),
        (Trusted::Rejected, Some(Fault::AnchorRejected)),
    ] {
        let mut pool = pool(&[&root]);
        pool.anchors[0].trust = trust;
        assert_eq!(fault(&judge(&question, &pool, &policy("3.0.19", |_| ()))), expected, "{trust:?}");
    }
}

#[test]
fn the_moment_of_expiry_belongs_to_the_certificate_since_4_0() {
    let root = made("root", None, authority);
    let leaf = made("leaf", Some(&root), server);
    let ends = leaf.member.not_after.at.expect("a time");
    for version in VERSIONS {
        let policy = policy(version, |_| ());
        let said = |seconds: i64| {
            let at = Timestamp::from_unix(ends.unix() + seconds);
            Facts { policy: &policy }.in_time(&leaf.member, at)
        };
        assert_eq!([said(-1), said(0), said(1)], [true, version == "4.0.3", false], "{version}");
    }
}

#[test]
fn a_fault_is_told_once() {
    let root = made("root", None, authority);
    let middle = made("middle", Some(&root), |params| params.is_ca = IsCa::ExplicitNoCa);
    let leaf = made("leaf", Some(&middle), server);
    let judged = asked(&[&leaf, &middle], &[&root], &policy("3.0.19", |_| ()));
    assert_eq!((fault(&judged), judged.behind), (Some(Fault::NotCa), Vec::new()));
}

#[test]
fn nothing_sent_and_nothing_held() {
    let [_, _, leaf] = three();
    let question = Question { sent: Vec::new(), name: None, at: at(), stapled: None };
    assert!(matches!(judge(&question, &Pool::default(), &policy("3.5.5", |_| ())).verdict, Verdict::NotPredicted(_)));
    assert_eq!(fault(&asked(&[&leaf], &[], &policy("3.5.5", |_| ()))), Some(Fault::IssuerNotFound));
}

/// How long RSA keys must be for each level: the smallest that OpenSSL 3.0.19 and 1.1.1w accept.
#[test]
fn keys_are_as_strong_as_the_version_says() {
    let strength = |bits, library| algorithm::rsa_strength(bits, library);
    for (bits, old, new) in
        [(1023, 0, 80), (1024, 80, 80), (919, 0, 0), (920, 0, 80), (1962, 80, 80), (1963, 80, 112), (2048, 112, 112)]
    {
        assert_eq!((strength(bits, Library::V1_1_1), strength(bits, Library::V3_0)), (old, new), "{bits}");
    }
}

/// Ten thousand certificates that could each be the issuer of every other.
#[test]
fn a_crowd_of_namesakes_is_walked_once() {
    let key = KeyPair::generate().expect("a key");
    let crowd = |serial: u64| {
        let mut params = params("loop");
        authority(&mut params);
        params.use_authority_key_identifier_extension = false;
        params.serial_number = Some(serial.into());
        let issuer = Issuer::new(params.clone(), &key);
        let mut other = params.clone();
        other.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(serial.to_be_bytes().to_vec());
        let der = other.signed_by(&key, &issuer).expect("a certificate").der().to_vec();
        Arc::new(Member::new(Arc::new(x509::read(der.into()))).expect("readable"))
    };
    let few: Vec<_> = (1..=200).map(crowd).collect();
    let sent: Vec<_> = few.iter().cycle().take(10_000).cloned().collect();
    let question = Question { sent, name: None, at: at(), stapled: None };
    for version in VERSIONS {
        let judged = judge(&question, &Pool::default(), &policy(version, |_| ()));
        assert!(matches!(judged.verdict, Verdict::Refuses { .. }), "{version}");
        assert!(judged.path.len() <= crate::policy::openssl::DEPTH + 2, "{version}");
        assert!(judged.steps.len() <= limits::CHAIN_STEPS, "{version}");
    }
}

/// A path in which every certificate has a thousand names and a thousand constraints upon those below.
#[test]
fn constraints_upon_constraints_are_given_up() {
    let names = |kind: &str| (0..1000).map(|n| rcgen::GeneralSubtree::DnsName(format!("{kind}{n}.example"))).collect();
    let crowded = |params: &mut CertificateParams| {
        authority(params);
        let excluded = Some(rcgen::NameConstraints { permitted_subtrees: Vec::new(), excluded_subtrees: names("no") });
        params.name_constraints = excluded;
        let sans = (0..1000).map(|n| rcgen::SanType::DnsName(format!("a{n}.example").try_into().expect("a name")));
        params.subject_alt_names = sans.collect();
    };
    let mut path = vec![made("root", None, crowded)];
    for depth in 0..6 {
        path.push(made(&format!("authority {depth}"), path.last(), crowded));
    }
    let root = path.remove(0);
    let mut sent: Vec<_> = path.iter().collect();
    sent.reverse();
    let question = Question {
        sent: sent.iter().map(|made| Arc::clone(&made.member)).collect(),
        name: None,
        at: at(),
        stapled: None,
    };
    let judged = judge(&question, &pool(&[&root]), &policy("3.5.5", |policy| policy.purpose = false));
    assert!(matches!(judged.verdict, Verdict::Depends(_)), "{:?}", judged.verdict);
}
