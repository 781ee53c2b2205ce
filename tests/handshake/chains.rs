//! What comes is what was sent, in its order, and nothing more happens.

use crate::fetch_from;
use crate::servers::{Identity, tls, tls_at};
use castore::handshake::{Options, Reason, Target, TlsVersion, Versions, fetch};

#[test]
fn a_chain_comes_as_it_was_sent() {
    // In an order that no client would like, twice the same, and no certificate at all.
    let identity = Identity::new(&[b"not a certificate", b"\x30\x00", b"not a certificate", &[0xff; 5000]]);
    let (at, seen) = tls(&identity);
    for (versions, version) in [
        (Versions::Both, TlsVersion::Tls13),
        (Versions::Only13, TlsVersion::Tls13),
        (Versions::Only12, TlsVersion::Tls12),
    ] {
        let presented = fetch_from("h.example", at, &Options { versions, ..Options::default() }).unwrap();
        assert_eq!(presented.chain, identity.chain);
        assert_eq!(presented.version, version);
        assert!(presented.suite.starts_with("TLS_") && !presented.suite.contains("TLS13"), "{}", presented.suite);
        assert_eq!((presented.peer, presented.proxy, presented.starttls, presented.staple), (at, None, None, None));
        assert!(presented.took.total() >= presented.took.tls);
        let seen = seen.recv().unwrap();
        // The client ends it by an alert, before it has sent anything.
        assert_eq!((seen.data, seen.end.as_str()), (0, "received fatal alert: AccessDenied"));
        // rsa_pkcs1_sha1, ecdsa_sha1, ecdsa_secp521r1_sha512 (RFC 8446, 4.2.3).
        assert!([0x0201, 0x0203, 0x0603].iter().all(|scheme| seen.schemes.contains(scheme)), "{:x?}", seen.schemes);
    }
}

#[test]
fn a_staple_comes_with_it() {
    let mut identity = Identity::new(&[]);
    identity.staple = Some(b"a staple".to_vec());
    let (at, _seen) = tls(&identity);
    for versions in [Versions::Only12, Versions::Only13] {
        let presented = fetch_from("h.example", at, &Options { versions, ..Options::default() }).unwrap();
        assert_eq!(presented.staple.as_deref(), Some(&b"a staple"[..]));
    }
}

#[test]
fn the_name_is_sent_unless_it_is_not_to_be() {
    let (at, seen) = tls(&Identity::new(&[]));
    for (name, send_name, sent) in [
        ("h.example", true, Some("h.example")),
        ("H.Example.", true, Some("H.Example")),
        ("h.example", false, None),
        ("_under.h.example", true, Some("_under.h.example")),
        // Not a name that can be sent; without one it is nobody's business.
        ("-h-.example", false, None),
        ("192.0.2.1", true, None),
        ("2001:db8::1", true, None),
    ] {
        let presented = fetch_from(name, at, &Options { send_name, ..Options::default() }).unwrap();
        assert_eq!(presented.server_name.as_deref(), sent, "{name}");
        let got = seen.recv().unwrap().server_name;
        assert_eq!(got, sent.map(str::to_lowercase), "{name}");
    }
    let error = fetch_from("-h-.example", at, &Options::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("-h-.example:443 ({at}): expected a DNS name, found -h-.example"));
    assert!(error.hint().unwrap().contains("--no-sni"));
}

#[test]
fn an_address_is_a_target() {
    let identity = Identity::new(&[]);
    let (at, _seen) = tls(&identity);
    let target: Target = at.to_string().parse().unwrap();
    assert_eq!(fetch(&target, &Options::default()).unwrap().chain, identity.chain);
    let localhost: Target = format!("localhost:{}", at.port()).parse().unwrap();
    assert_eq!(fetch(&localhost, &Options::default()).unwrap().chain, identity.chain);
    if let Some((at, _seen)) = tls_at("[::1]:0", &identity) {
        let presented = fetch(&at.to_string().parse().unwrap(), &Options::default()).unwrap();
        assert_eq!((presented.chain, presented.peer), (identity.chain, at));
    }
}

#[test]
fn certificates_are_counted() {
    let many = vec![&b"x"[..]; 99];
    let (at, _seen) = tls(&Identity::new(&many));
    assert_eq!(fetch_from("h.example", at, &Options::default()).unwrap().chain.len(), 100);
    let few = Options { certificates: 99, ..Options::default() };
    let error = fetch_from("h.example", at, &few).unwrap_err();
    assert!(matches!(*error.reason, Reason::TooManyCertificates { found: 100, limit: 99 }), "{error}");

    let (at, _seen) = tls(&Identity::new(&vec![&b"x"[..]; 9_999]));
    let error = fetch_from("h.example", at, &Options::default()).unwrap_err();
    assert!(matches!(*error.reason, Reason::TooManyCertificates { found: 10_000, limit: 100 }), "{error}");
    assert!(error.to_string().ends_with("expected at most 100 certificates, found 10000"));
}

#[test]
fn a_message_that_is_too_long_is_said() {
    let (at, _seen) = tls(&Identity::new(&[&[0x30; 70_000]]));
    for versions in [Versions::Only12, Versions::Only13] {
        let error = fetch_from("h.example", at, &Options { versions, ..Options::default() }).unwrap_err();
        assert!(matches!(*error.reason, Reason::TooLarge), "{error}");
        assert!(error.to_string().ends_with("expected certificates of at most 65535 octets together, found more"));
    }
}
