//! Servers that do not speak TLS, or not to the end: each ends in time, and is told apart.

use crate::servers::{answers, says, serve, until_gone};
use crate::{hasty, reason};
use castore::handshake::{Dialect, Options, Reason, Speaks, Stage, StartTls, Target, Times, Versions, fetch};
use std::io::Write;
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// A record of TLS.
fn record(kind: u8, octets: &[u8]) -> Vec<u8> {
    let length = u16::try_from(octets.len()).unwrap().to_be_bytes();
    [&[kind, 3, 3][..], &length, octets].concat()
}

/// An alert of the fatal kind.
fn alert(number: u8) -> Vec<u8> {
    record(21, &[2, number])
}

#[test]
fn a_silent_server() {
    let started = Instant::now();
    let reason = reason(says(b""), &hasty());
    assert!(matches!(reason, Reason::Silent { stage: Stage::Tls, received: 0, .. }));
    assert_eq!(reason.to_string(), "no answer in 1 s to the TLS handshake, and not one octet came");
    assert!(reason.hint().unwrap().contains("--starttls"));
    assert!((1..10).contains(&started.elapsed().as_secs()));
}

#[test]
fn a_server_that_stops_in_the_middle() {
    let reason = reason(says(&[22, 3, 3, 0, 100, 2, 0]), &hasty());
    assert_eq!(reason.to_string(), "no answer in 1 s to the TLS handshake after 7 octets");
}

#[test]
fn a_server_that_sends_an_octet_now_and_then() {
    // Each comes within the time for an answer; the whole ends all the same.
    let at = serve(|mut stream| {
        stream.set_nodelay(true).unwrap();
        let head = record(22, &[0; 10_000]);
        for octet in &head {
            if stream.write_all(&[*octet]).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    let times = Times { total: Duration::from_millis(1500), ..Times::default() };
    let started = Instant::now();
    let reason = reason(at, &Options { times, ..Options::default() });
    assert!(matches!(reason, Reason::Late { stage: Stage::Tls, received: 1.., .. }), "{reason}");
    assert!(
        reason
            .to_string()
            .starts_with("expected the TLS handshake to be over 1500 ms after the start, found it unfinished after ")
    );
    assert!((1500..10_000).contains(&started.elapsed().as_millis()));
}

#[test]
fn a_server_that_never_stops() {
    // Warnings, empty records, the head of a message without its end, records that fit no message.
    let endless = [
        record(21, &[1, 0]),
        record(22, &[]),
        record(22, &[2, 0xff, 0xff, 0xff]),
        record(20, &[1]),
        record(23, &[0; 100]),
        record(22, &[2, 0, 0xff, 0xfe, 0]),
    ];
    for part in endless {
        let kind = part[..part.len().min(9)].escape_ascii().to_string();
        let at = serve(move |mut stream| while stream.write_all(&part.repeat(100)).is_ok() {});
        for versions in [Versions::Only12, Versions::Only13] {
            let started = Instant::now();
            let reason = reason(at, &Options { versions, ..Options::default() });
            let is_said = matches!(reason, Reason::Tls { .. } | Reason::TooLarge | Reason::TooMuch { .. });
            assert!(is_said, "{kind}: {reason:?}");
            assert!(started.elapsed() < Duration::from_secs(20));
        }
    }
}

#[test]
fn ports_that_speak_something_else() {
    for (at, said) in [
        (
            answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
            "this port does not speak TLS: expected a TLS record, found \"HTTP/1.1 400 Bad Request\\r\\n\\r\\n\", which looks like HTTP without TLS",
        ),
        (
            says(b"SSH-2.0-OpenSSH_9.2p1\r\n"),
            "this port does not speak TLS: expected a TLS record, found \"SSH-2.0-OpenSSH_9.2p1\\r\\n\", which looks like SSH",
        ),
        (
            says(b"220 mx.example ESMTP\r\n"),
            "this port speaks SMTP and begins TLS only when asked to: expected a TLS record, found \"220 mx.example ESMTP\\r\\n\"",
        ),
        (
            says(b"\x1b[2J\x07hello\xff\r\n"),
            "this port does not speak TLS: expected a TLS record, found \"\\x1b[2J\\x07hello\\xff\\r\\n\"",
        ),
        // Too short for the head of a record.
        (says(b"hi"), "this port does not speak TLS: expected a TLS record, found \"hi\""),
        (answers(b"?"), "this port does not speak TLS: expected a TLS record, found \"?\""),
    ] {
        assert_eq!(reason(at, &hasty()).to_string(), said);
    }
    let smtp = reason(says(b"220 mx.example ESMTP\r\n"), &hasty());
    assert!(matches!(smtp, Reason::WantsStartTls { dialect: Dialect::Smtp, .. }));
    assert_eq!(smtp.hint().unwrap(), "say --starttls smtp");
    let http = reason(answers(b"HTTP/1.0 400 Bad Request\r\n"), &hasty());
    assert!(matches!(http, Reason::NotTls { speaks: Some(Speaks::Http), .. }));
}

#[test]
fn a_server_that_hangs_up() {
    let closes = serve(drop);
    let reason = reason(closes, &Options::default());
    assert!(matches!(reason, Reason::Closed { stage: Stage::Tls, received: 0 }), "{reason:?}");
    assert_eq!(reason.to_string(), "the connection was closed during the TLS handshake, and not one octet came");
}

#[test]
fn a_hello_that_is_cut() {
    let hello = record(22, &[&[2, 0, 0, 70, 3, 3][..], &[7; 20]].concat());
    let reason = reason(answers(&hello), &Options::default());
    assert_eq!(
        reason.to_string(),
        format!("the connection was closed during the TLS handshake after {} octets", hello.len())
    );
}

#[test]
fn alerts_have_their_meaning() {
    let named = Options::default();
    let nameless = Options { send_name: false, ..Options::default() };
    for (number, options, said, hint) in [
        (
            40,
            &named,
            "the server accepts none of the cipher suites, groups and signature schemes offered (alert 40 handshake_failure)",
            "RSA key exchange",
        ),
        (
            40,
            &nameless,
            "the server accepts none of the cipher suites, groups and signature schemes offered (alert 40 handshake_failure)",
            "--no-sni",
        ),
        (
            71,
            &named,
            "the server accepts none of the cipher suites, groups and signature schemes offered (alert 71 insufficient_security)",
            "RSA key exchange",
        ),
        (
            70,
            &named,
            "expected TLS 1.2 or 1.3, found a server that speaks none of it (alert 70 protocol_version)",
            "-tls1_1",
        ),
        (112, &named, "the server ends the handshake with alert 112 unrecognized_name", "--no-sni"),
        (80, &named, "the server ends the handshake with alert 80 internal_error", ""),
        (99, &named, "the server ends the handshake with alert 99", ""),
    ] {
        let reason = reason(answers(&alert(number)), options);
        assert_eq!(reason.to_string(), said);
        assert!(reason.hint().unwrap_or_default().contains(hint), "{number}: {:?}", reason.hint());
    }
}

#[test]
fn a_server_of_an_older_version() {
    let hello = |version: u8| {
        let hello = [&[3, version][..], &[7; 32], &[0, 0, 0x2f, 0]].concat();
        let length = u8::try_from(hello.len()).unwrap();
        let mut record = record(22, &[&[2, 0, 0, length][..], &hello].concat());
        record[2] = version;
        record
    };
    for (version, said) in [(0, "chooses SSL 3.0"), (1, "chooses TLS 1.0"), (2, "chooses TLS 1.1")] {
        let reason = reason(answers(&hello(version)), &Options::default());
        assert_eq!(reason.to_string(), format!("expected TLS 1.2 or 1.3, found a server that {said}"));
        assert!(reason.hint().unwrap().contains("openssl s_client"));
    }
    let reason = reason(answers(&hello(3)), &Options { versions: Versions::Only13, ..Options::default() });
    assert_eq!(reason.to_string(), "expected TLS 1.3, found a server that chooses TLS 1.2");
    assert!(reason.hint().unwrap().contains("leave out the option"));
}

#[test]
fn nobody_there() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = fetch(&gone.to_string().parse::<Target>().unwrap(), &Options::default()).unwrap_err();
    assert!(matches!(*error.reason, Reason::Refused { .. }), "{error:?}");
    assert_eq!(error.to_string(), format!("{gone}: connection refused: {gone} (connection refused)"));
    assert!(error.peer.is_none() && error.hint().is_some());
}

#[test]
fn a_name_that_is_nobodys() {
    // RFC 6761, 6.4: no resolver knows it.
    let target: Target = "castore.invalid".parse().unwrap();
    let times = Times { resolve: Duration::from_secs(20), ..Times::default() };
    let reason = *fetch(&target, &Options { times, ..Options::default() }).unwrap_err().reason;
    assert!(matches!(reason, Reason::Resolve { .. } | Reason::ResolveLate { .. }), "{reason:?}");
}

#[test]
fn a_protocol_that_is_not_the_one_named() {
    let options = Options { starttls: StartTls::As(Dialect::Imap), ..Options::default() };
    let reason = reason(says(b"220 mx.example ESMTP\r\n"), &options);
    assert_eq!(
        reason.to_string(),
        "IMAP before TLS: expected a greeting that begins with * OK, found \"220 mx.example ESMTP\""
    );
    assert!(reason.hint().unwrap().contains("--starttls"));
}

#[test]
fn a_server_of_tls_where_another_protocol_was_expected() {
    // It waits for a client that waits for it.
    let waits = Options { starttls: StartTls::As(Dialect::Smtp), ..hasty() };
    let silent = reason(serve(until_gone), &waits);
    assert_eq!(silent.to_string(), "no answer in 1 s to SMTP before TLS, and not one octet came");
    assert!(silent.hint().unwrap().contains("--starttls none"));
    // It answers a client that speaks first.
    let speaks = Options { starttls: StartTls::As(Dialect::Ldap), ..hasty() };
    let refused = reason(answers(&alert(10)), &speaks);
    assert!(refused.hint().unwrap().contains("--starttls none"), "{refused}");
}
