//! Conversations as they were captured, and what they become when they are cut or wrong.

use super::*;
use proptest::prelude::*;
use std::io;

/// A server that answers in turn, each answer after something was sent (the first at once), and then ends
/// the connection.
pub(in crate::handshake) struct Script {
    answers: Vec<Vec<u8>>,
    sent: Vec<u8>,
}

impl Script {
    pub(in crate::handshake) fn new(answers: &[&[u8]]) -> Self {
        Self { answers: answers.iter().rev().map(|answer| answer.to_vec()).collect(), sent: Vec::new() }
    }

    pub(in crate::handshake) fn sent(&self) -> String {
        self.sent.escape_ascii().to_string().replace("\\r", "\r").replace("\\n", "\n").replace("\\'", "'")
    }
}

impl Read for Script {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(answer) = self.answers.last_mut() else { return Ok(0) };
        let count = answer.len().min(into.len());
        into[..count].copy_from_slice(&answer[..count]);
        answer.drain(..count);
        if answer.is_empty() {
            self.answers.pop();
        }
        Ok(count)
    }
}

impl Write for Script {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.sent.extend(octets);
        Ok(octets.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn host() -> Host {
    "h.example".parse().unwrap()
}

fn talk(dialect: Dialect, answers: &[&[u8]]) -> (String, String) {
    let mut script = Script::new(answers);
    let result = negotiate(dialect, &mut script, &host());
    (script.sent(), result.map_or_else(|reason| reason.to_string(), |()| "ok".to_owned()))
}

#[test]
fn every_protocol_has_its_row() {
    use Dialect::*;
    for dialect in [Smtp, Imap, Pop3, Ftp, Ldap, Postgres, Mysql, Xmpp, XmppServer] {
        assert_eq!(ROWS.iter().filter(|row| row.dialect == dialect).count(), 1, "{dialect:?}");
    }
    let names: std::collections::BTreeSet<&str> = ROWS.iter().map(|row| row.name).collect();
    let ports: Vec<u16> = ROWS.iter().flat_map(|row| row.ports.iter().copied()).collect();
    assert_eq!(names.len(), ROWS.len());
    assert_eq!(ports.iter().collect::<std::collections::BTreeSet<_>>().len(), ports.len());
}

const OVER: &str = "the connection was closed during";

#[test]
fn smtp() {
    let greeting = &b"220-mx.example ESMTP Postfix (Debian/GNU)\r\n220 ready\r\n"[..];
    let extensions =
        &b"250-mx.example\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-starttls\r\n250-8BITMIME\r\n250 CHUNKING\r\n"[..];
    let ready = &b"220 2.0.0 Ready to start TLS\r\n"[..];
    let (sent, result) = talk(Dialect::Smtp, &[greeting, extensions, ready]);
    assert_eq!(result, "ok");
    assert_eq!(sent, "EHLO [127.0.0.1]\r\nSTARTTLS\r\n");
    for (answers, said) in [
        (&[&b"554 5.7.1 no\r\n"[..]][..], "SMTP: the server refuses to begin TLS: \"554 5.7.1 no\""),
        (
            &[greeting, b"250-mx.example STARTTLS\r\n250 SIZE 1\r\n"],
            "SMTP: expected the server to offer STARTTLS, found \"mx.example STARTTLS, SIZE 1\"",
        ),
        (&[greeting, b"502 unknown\r\n"], "SMTP: the server refuses to begin TLS: \"502 unknown\""),
        (
            &[greeting, extensions, b"454 4.7.0 TLS not available\r\n"],
            "SMTP: the server refuses to begin TLS: \"454 4.7.0 TLS not available\"",
        ),
        (
            &[b"HTTP/1.1 400 Bad Request\r\n"],
            "SMTP before TLS: expected a greeting that begins with 220, found \"HTTP/1.1 400 Bad Request\"",
        ),
        (&[b"2200 x\r\n"], "SMTP before TLS: expected a greeting that begins with 220, found \"2200 x\""),
        (&[greeting, b"250-a\r\n"], OVER),
        (
            &[b"\x15\x03\x03\0\x02\x02\x0a"],
            "SMTP before TLS: expected an answer in the clear, found \"\\x15\\x03\\x03\\x00\\x02\\x02\\n\"",
        ),
        (&[], OVER),
    ] {
        let result = talk(Dialect::Smtp, answers).1;
        assert!(result.starts_with(said), "{result}");
    }
}

#[test]
fn ftp() {
    let greeting = &b"120 in 1 minute\r\n220-Welcome to\r\n200 files\r\n220-x\r\n  and more\r\n220 done\r\n"[..];
    let (sent, result) = talk(Dialect::Ftp, &[greeting, b"234 AUTH TLS successful\r\n"]);
    assert_eq!((sent.as_str(), result.as_str()), ("AUTH TLS\r\n", "ok"));
    for (answer, said) in [
        (&b"502 not implemented\r\n"[..], "FTP: expected the server to offer AUTH TLS, found \"502 not implemented\""),
        (b"431 no\r\n", "FTP: the server refuses to begin TLS: \"431 no\""),
        (b"234", OVER),
    ] {
        let result = talk(Dialect::Ftp, &[b"220 (vsFTPd 3.0.5)\r\n", answer]).1;
        assert!(result.starts_with(said), "{result}");
    }
    assert!(talk(Dialect::Ftp, &[b"421 too many\r\n"]).1.starts_with("FTP: the server refuses"));
}

#[test]
fn imap() {
    let greeting = &b"* OK [CAPABILITY IMAP4rev1 SASL-IR STARTTLS] Dovecot ready.\r\n"[..];
    let capabilities = &b"* CAPABILITY IMAP4rev1 SASL-IR\r\n* CAPABILITY starttls LOGINDISABLED\r\nc1 OK done.\r\n"[..];
    let (sent, result) = talk(Dialect::Imap, &[greeting, capabilities, b"* 1 EXISTS\r\nc2 OK Begin TLS\r\n"]);
    assert_eq!(result, "ok");
    assert_eq!(sent, "c1 CAPABILITY\r\nc2 STARTTLS\r\n");
    for (answers, said) in [
        (&[&b"* PREAUTH in\r\n"[..]][..], "IMAP: the server refuses to begin TLS: \"* PREAUTH in\""),
        (&[b"* BYE full\r\n"], "IMAP: the server refuses to begin TLS: \"* BYE full\""),
        (&[greeting, b"* BYE bored\r\n"], "IMAP: the server refuses to begin TLS: \"* BYE bored\""),
        (
            &[greeting, b"* CAPABILITY IMAP4rev1\r\nc1 OK\r\n"],
            "IMAP: expected the server to offer STARTTLS, found \"IMAP4REV1\"",
        ),
        (&[greeting, capabilities, b"c2 BAD no\r\n"], "IMAP: the server refuses to begin TLS: \"c2 BAD no\""),
        (&[greeting, b"c9 OK\r\n"], "IMAP before TLS: expected a line that begins with * or the command's tag"),
        (&[b"+OK POP3\r\n"], "IMAP before TLS: expected a greeting that begins with * OK, found \"+OK POP3\""),
    ] {
        let result = talk(Dialect::Imap, answers).1;
        assert!(result.starts_with(said), "{result}");
    }
}

#[test]
fn pop3() {
    let capabilities = &b"+OK\r\nCAPA\r\nTOP\r\nSTLS\r\nUIDL\r\n.\r\n"[..];
    let (sent, result) = talk(Dialect::Pop3, &[b"+OK Dovecot ready.\r\n", capabilities, b"+OK Begin TLS\r\n"]);
    assert_eq!((sent.as_str(), result.as_str()), ("CAPA\r\nSTLS\r\n", "ok"));
    // A server of before RFC 2449.
    assert_eq!(talk(Dialect::Pop3, &[b"+OK\r\n", b"-ERR unknown\r\n", b"+OK\r\n"]).1, "ok");
    for (answers, said) in [
        (&[&b"-ERR busy\r\n"[..]][..], "POP3: the server refuses to begin TLS: \"-ERR busy\""),
        (&[b"+OK\r\n", b"+OK\r\nTOP\r\n.\r\n"], "POP3: expected the server to offer STLS, found \"TOP\""),
        (&[b"+OK\r\n", capabilities, b"-ERR no\r\n"], "POP3: the server refuses to begin TLS: \"-ERR no\""),
        (&[b"* OK\r\n"], "POP3 before TLS: expected a greeting that begins with +OK, found \"* OK\""),
    ] {
        let result = talk(Dialect::Pop3, answers).1;
        assert!(result.starts_with(said), "{result}");
    }
}

#[test]
fn ldap() {
    // OpenLDAP; Active Directory, which writes long lengths and the name of the operation.
    let yes = &b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"[..];
    let long = &b"\x30\x84\x00\x00\x00\x28\x02\x01\x01\x78\x84\x00\x00\x00\x1f\x0a\x01\x00\x04\x00\x04\x00\x8a\x161.3.6.1.4.1.1466.20037"[..];
    for answer in [yes, long] {
        let mut script = Script::new(&[answer]);
        negotiate(Dialect::Ldap, &mut script, &host()).unwrap();
        assert_eq!(script.sent, b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037");
    }
    for (answer, said) in [
        (
            &b"\x30\x19\x02\x01\x01\x78\x14\x0a\x01\x02\x04\x00\x04\x0dunsupported x"[..],
            "LDAP: expected the server to offer the extended operation StartTLS, found \"result 2 protocolError: unsupported x\"",
        ),
        (
            b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00",
            "LDAP: the server refuses to begin TLS: \"result 52 unavailable\"",
        ),
        (b"\x30\x84\x7f\xff\xff\xff", "LDAP before TLS: expected an answer of at most 16 KiB"),
        (b"\x30\x85\0\0\0\0\x05", "LDAP before TLS: expected an answer of at most 16 KiB"),
        (b"\x30\x80\x02\x01\x01\0\0", "LDAP before TLS: expected an extended response"),
        (b"\x30\x03\x02\x01\x01", "LDAP before TLS: expected an extended response"),
        (b"\x30\x07\x02\x01\x01\x78\x84\xff\xff", "LDAP before TLS: expected an extended response"),
        (
            b"HTTP/1.1 400 Bad Request\r\n",
            "LDAP before TLS: expected an extended response, found \"HTTP/1.1 400 Bad Request\\r\\n\"",
        ),
        (b"\x30\x0c\x02\x01", OVER),
    ] {
        let result = talk(Dialect::Ldap, &[answer]).1;
        assert!(result.starts_with(said), "{result}");
    }
}

#[test]
fn postgres() {
    let (sent, result) = talk(Dialect::Postgres, &[b"S"]);
    assert_eq!((sent.as_str(), result.as_str()), ("\\x00\\x00\\x00\\x08\\x04\\xd2\\x16/", "ok"));
    for (answer, said) in [
        (&b"N"[..], "PostgreSQL: expected the server to offer TLS (S), found \"N\""),
        (
            b"E\0\0\0\x23SFATAL\0C53300\0Mtoo many users\0\0",
            "PostgreSQL: the server refuses to begin TLS: \"too many users\"",
        ),
        (b"Eunsupported frontend protocol\n\0", "PostgreSQL: the server refuses to begin TLS: \"Eunsupported"),
        (b"E\0\0\0\0", "PostgreSQL: the server refuses to begin TLS"),
        (b"H", "PostgreSQL before TLS: expected S or N, found \"H\""),
        (b"\x15\x03\x01\0\x02\x02\x46", "PostgreSQL before TLS: expected an answer in the clear"),
        (b"E\0\0\x0f\xffx", OVER),
    ] {
        let result = talk(Dialect::Postgres, &[answer]).1;
        assert!(result.starts_with(said), "{result}");
    }
}

/// The greeting of MySQL 8.0 with these capabilities, as it was captured.
fn mysql_greeting(capabilities: [u8; 2]) -> Vec<u8> {
    let mut greeting = b"\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0\x1f\x33\x4c\x62\x01\x05\x11\x0c\0".to_vec();
    greeting.extend(capabilities);
    greeting.extend(b"\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0\x2e\x1a\x3b\x4d\x22\x7c\x69\x01\x02\x03\x04\x05\0");
    greeting.extend(b"caching_sha2_password\0");
    let length = greeting.len() - 4;
    greeting[0] = u8::try_from(length).unwrap();
    greeting
}

#[test]
fn mysql() {
    let mut script = Script::new(&[&mysql_greeting([0xff, 0xff])]);
    negotiate(Dialect::Mysql, &mut script, &host()).unwrap();
    assert_eq!(script.sent.len(), 36);
    assert_eq!(script.sent[..13], [32, 0, 0, 1, 0x01, 0x8a, 0, 0, 0, 0, 0, 1, 45]);
    for (answer, said) in [
        (&mysql_greeting([0xff, 0xf7])[..], "MySQL: expected the server to offer CLIENT_SSL, found \"version 8.0.36\""),
        (
            b"\x1b\0\0\0\xff\x6a\x04Host 'h' is not allowed ",
            "MySQL: the server refuses to begin TLS: \"Host \\'h\\' is not allowed \"",
        ),
        (b"\x05\0\0\0\x0a8.0.", "MySQL before TLS: expected a greeting of protocol version 10"),
        (b"\xff\xff\xff\0\x0a", "MySQL before TLS: expected a greeting of protocol version 10"),
        (b"\0\0\0\0", "MySQL before TLS: expected a greeting of protocol version 10"),
        (
            b"220 mx.example ESMTP\r\n",
            "MySQL before TLS: expected a greeting of protocol version 10, found \"220 mx.example ESMTP\\r\\n\"",
        ),
        (b"\x4a\0\0\0\x0a", OVER),
    ] {
        let result = talk(Dialect::Mysql, &[answer]).1;
        assert!(result.starts_with(said), "{result}");
    }
}

#[test]
fn xmpp() {
    let stream = &b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' id='a>b' from=\"h.example\" version='1.0' xmlns='jabber:client'>"[..];
    let features = &b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls><mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>"[..];
    let first = [stream, features].concat();
    for proceed in [
        &b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"[..],
        b"<tls:proceed xmlns:tls='urn:ietf:params:xml:ns:xmpp-tls'></tls:proceed>",
    ] {
        let (sent, result) = talk(Dialect::Xmpp, &[&first, proceed]);
        assert_eq!(result, "ok");
        assert_eq!(
            sent,
            "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams' to='h.example' version='1.0'>\
             <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
        );
    }
    assert!(talk(Dialect::XmppServer, &[]).0.contains("xmlns='jabber:server'"));
    let error = [stream, b"<stream:error><host-unknown xmlns='x'/></stream:error></stream:stream>"].concat();
    let none = [stream, b"<stream:features/>"].concat();
    let other = [stream, b"<stream:features><bind xmlns='starttls'/></stream:features>"].concat();
    let long = [b"<stream:stream a='", &[b'x'; 5000][..]].concat();
    for (answers, said) in [
        (&[&error[..]][..], "XMPP: the server refuses to begin TLS: \"<host-unknown xmlns=\\'x\\'/>\""),
        (&[&none], "XMPP: expected the server to offer <starttls/>, found nothing"),
        (&[&other], "XMPP: expected the server to offer <starttls/>, found \"bind\""),
        (&[&first, b"<failure xmlns='x'/>"], "XMPP: the server refuses to begin TLS: \"<failure"),
        (&[&first, b"<success/>"], "XMPP before TLS: expected <proceed/> or <failure/>, found \"<success/>\""),
        (&[&first, b"<proceed></x>"], "XMPP before TLS: expected </proceed>"),
        (&[b"<html><body>no"], "XMPP before TLS: expected a stream of XML, found \"<html><body>no\""),
        (&[b"220 mx.example ESMTP\r\n"], "XMPP before TLS: expected a stream of XML, found \"220 mx.example"),
        (&[&long], "expected a line of at most 4096 octets in XMPP before TLS"),
        (&[stream], OVER),
    ] {
        let result = talk(Dialect::Xmpp, answers).1;
        assert!(result.starts_with(said), "{result}");
    }
}

#[test]
fn what_comes_after_the_yes_is_not_thrown_away() {
    // CVE-2011-0411, CVE-2021-23222: an answer to what was not yet asked.
    let long = std::time::Duration::from_secs(60);
    for (dialect, answers) in [
        (Dialect::Smtp, &[&b"220 a\r\n"[..], b"250-a\r\n250 STARTTLS\r\n", b"220 go\r\n250 injected\r\n"][..]),
        (Dialect::Postgres, &[b"SE\0\0\0\x08injected"]),
    ] {
        let mut wire = Wire::new(Untimed(Script::new(answers)), Deadline::new(long), long);
        dialect.ask(&mut wire, &Names { server: &host(), own: [127, 0, 0, 1].into() }).unwrap();
        wire.enter(Stage::Tls);
        assert!(wire.first().windows(8).any(|window| window == b"injected"));
    }
}

#[test]
fn endless_answers_end() {
    for (dialect, endless) in [
        (Dialect::Smtp, &b"220-x\r\n"[..]),
        (Dialect::Ftp, b"220-x\r\n"),
        (Dialect::Imap, b"* OK x\r\n"),
        (Dialect::Pop3, b"+OK\r\n"),
        (Dialect::Xmpp, b"<stream:stream>"),
    ] {
        let result = talk(dialect, &[&endless.repeat(20_000)]).1;
        assert!(result.contains("is not over after 65536 octets, the limit") || result.contains("refuses"), "{result}");
        let line = talk(dialect, &[&[&endless[..endless.len() - 2], &[b'x'; 100_000]].concat()]).1;
        assert!(line.contains("expected a line of at most 4096 octets") || line.contains("expected"), "{line}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_answer_is_a_yes_or_a_reason(
        answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..4),
        lines in prop::collection::vec("(220|250|234|\\* OK|\\+OK|c1 OK|c2 OK|STARTTLS|<stream:stream>|<stream:features>|<starttls/>|[ -])*\r\n", 0..8),
    ) {
        let octets: Vec<&[u8]> = answers.iter().map(Vec::as_slice).collect();
        let texts: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        for dialect in Dialect::all() {
            let _ = talk(dialect, &octets);
            let _ = talk(dialect, &texts);
        }
    }
}
