//! What comes before TLS: protocols that begin it when asked to, and proxies.

use crate::servers::{Identity, Seen, serve, tls, tls_after};
use crate::{fetch_from, hasty};
use castore::handshake::{Dialect, Options, Proxy, Reason, StartTls};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// What a server of a protocol says: at first, and in answer to what was sent.
type Conversation = &'static [(&'static [u8], &'static [u8])];

/// Reads octet by octet until they end so.
fn heard(stream: &mut TcpStream, end: &[u8]) -> bool {
    let mut octets = Vec::new();
    let mut octet = [0];
    while !octets.ends_with(end) {
        if stream.read(&mut octet).unwrap_or(0) == 0 {
            return false;
        }
        octets.push(octet[0]);
    }
    true
}

fn server_of(identity: &Identity, conversation: Conversation) -> (SocketAddr, Receiver<Seen>) {
    tls_after(identity, |stream| {
        conversation.iter().all(|(end, answer)| heard(stream, end) && stream.write_all(answer).is_ok())
    })
}

#[test]
fn every_protocol_leads_to_tls() {
    let conversations: &[(Dialect, Conversation)] = &[
        (
            Dialect::Smtp,
            &[
                (b"", b"220-mx\r\n220 ready\r\n"),
                (b"\r\n", b"250-mx\r\n250-SIZE 1\r\n250 STARTTLS\r\n"),
                (b"STARTTLS\r\n", b"220 go\r\n"),
            ],
        ),
        (
            Dialect::Imap,
            &[
                (b"", b"* OK ready\r\n"),
                (b"c1 CAPABILITY\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\nc1 OK\r\n"),
                (b"c2 STARTTLS\r\n", b"c2 OK\r\n"),
            ],
        ),
        (
            Dialect::Pop3,
            &[(b"", b"+OK\r\n"), (b"CAPA\r\n", b"+OK\r\nSTLS\r\n.\r\n"), (b"STLS\r\n", b"+OK\r\n")],
        ),
        (Dialect::Ftp, &[(b"", b"220 ready\r\n"), (b"AUTH TLS\r\n", b"234 go\r\n")]),
        (Dialect::Ldap, &[(b".20037", b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0")]),
        (Dialect::Postgres, &[(b"\x04\xd2\x16\x2f", b"S")]),
        (
            Dialect::Mysql,
            &[
                (b"", b"\x26\0\0\0\x0a5.7.1\0\x08\0\0\0\x1f\x33\x4c\x62\x01\x05\x11\x0c\0\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0"),
                (&[0; 23], b""),
            ],
        ),
        (
            Dialect::Xmpp,
            &[
                (b"version='1.0'>", b"<?xml version='1.0'?><stream:stream id='1'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"),
                (b"tls'/>", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
            ],
        ),
        (
            Dialect::XmppServer,
            &[
                (b"version='1.0'>", b"<stream:stream id='1'><stream:features><starttls/></stream:features>"),
                (b"tls'/>", b"<proceed/>"),
            ],
        ),
    ];
    let identity = Identity::new(&[b"another"]);
    assert_eq!(conversations.len(), Dialect::all().count());
    for (dialect, conversation) in conversations {
        let (at, seen) = server_of(&identity, conversation);
        let options = Options { starttls: StartTls::As(*dialect), ..Options::default() };
        let presented = fetch_from("h.example", at, &options).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((presented.chain, presented.starttls), (identity.chain.clone(), Some(*dialect)));
        assert_eq!(seen.recv().unwrap().server_name.as_deref(), Some("h.example"));
        // A scheme says the same.
        let url = format!("{}://h.example", dialect.name());
        assert_eq!(fetch_from(&url, at, &Options::default()).unwrap().starttls, Some(*dialect));
    }
}

#[test]
fn what_is_said_between_yes_and_tls_is_heard() {
    let at = serve(|mut stream| {
        let injected = b"220 go\r\n250 injected\r\n";
        for (end, answer) in
            [(&b""[..], &b"220 mx\r\n"[..]), (b"\r\n", b"250-mx\r\n250 STARTTLS\r\n"), (b"\r\n", injected)]
        {
            assert!(heard(&mut stream, end));
            stream.write_all(answer).unwrap();
        }
        crate::servers::until_gone(stream);
    });
    let options = Options { starttls: StartTls::As(Dialect::Smtp), ..Options::default() };
    let reason = crate::reason(at, &options).to_string();
    assert_eq!(reason, "this port does not speak TLS: expected a TLS record, found \"250 injected\\r\\n\"");
}

/// A proxy, and what it was asked.
fn proxy(answer: &'static [u8]) -> (SocketAddr, Receiver<String>) {
    let (sender, receiver) = channel();
    let at = serve(move |mut stream| {
        let mut head = Vec::new();
        let mut octet = [0];
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut octet).unwrap_or(0) > 0 {
            head.push(octet[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let server = head.split(' ').nth(1).and_then(|server| server.parse::<SocketAddr>().ok());
        sender.send(head).unwrap();
        stream.write_all(answer).unwrap();
        let (Some(server), true) = (server, answer.starts_with(b"HTTP/1.1 200")) else {
            return crate::servers::until_gone(stream);
        };
        let server = TcpStream::connect(server).unwrap();
        let (mut up, mut from) = (server.try_clone().unwrap(), stream.try_clone().unwrap());
        let sends = thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut up);
            let _ = up.shutdown(Shutdown::Write);
        });
        let _ = std::io::copy(&mut &server, &mut stream);
        let _ = stream.shutdown(Shutdown::Both);
        sends.join().unwrap();
    });
    (at, receiver)
}

#[test]
fn a_proxy_is_a_way() {
    let identity = Identity::new(&[b"another"]);
    let (server, _seen) = tls(&identity);
    let (at, asked) = proxy(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n");
    let options =
        Options { proxy: Some(Proxy::parse(&format!("http://user:s3cret@{at}")).unwrap()), ..Options::default() };
    let presented = fetch_from("h.example", server, &options).unwrap();
    assert_eq!(presented.chain, identity.chain);
    assert_eq!((presented.peer, presented.proxy), (at, Some(at.to_string())));
    let head = asked.recv().unwrap();
    assert!(head.starts_with(&format!("CONNECT {server} HTTP/1.1\r\nHost: {server}\r\n")), "{head}");
    assert!(head.contains("\r\nProxy-Authorization: Basic dXNlcjpzM2NyZXQ=\r\n"), "{head}");

    // The name is the proxy's to resolve.
    let named = Options { proxy: options.proxy, ..hasty() };
    let error = castore::handshake::fetch(&"castore.invalid:8443".parse().unwrap(), &named).unwrap_err();
    assert!(matches!(*error.reason, Reason::Silent { .. }), "{error}");
    assert!(asked.recv().unwrap().starts_with("CONNECT castore.invalid:8443 HTTP/1.1\r\n"));
    assert!(error.to_string().starts_with(&format!("castore.invalid:8443 through the proxy {at} ({at}): no answer")));
}

#[test]
fn a_protocol_goes_through_a_proxy_too() {
    let identity = Identity::new(&[]);
    let (server, _seen) = server_of(&identity, &[(b"\x04\xd2\x16\x2f", b"S")]);
    let (at, _asked) = proxy(b"HTTP/1.1 200 OK\r\n\r\n");
    let options = Options { proxy: Some(Proxy::parse(&at.to_string()).unwrap()), ..Options::default() };
    assert_eq!(fetch_from("postgres://h.example", server, &options).unwrap().chain, identity.chain);
}

#[test]
fn a_proxy_may_refuse() {
    for (answer, said, hint) in [
        (
            &b"HTTP/1.1 403 Filtered\r\nContent-Length: 0\r\n\r\n"[..],
            "the proxy refuses: expected status 200, found \"HTTP/1.1 403 Filtered\"",
            "administrator",
        ),
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n",
            "the proxy refuses: expected status 200, found \"HTTP/1.1 407 Proxy Authentication Required\"",
            "USER:PASSWORD",
        ),
        (
            b"SSH-2.0-OpenSSH_9.2\r\n",
            "the proxy's answer to CONNECT: expected an answer of HTTP/1.1 or HTTP/1.0, found \"SSH-2.0-OpenSSH_9.2\\r\\n\"",
            "look whether that is a proxy",
        ),
        (
            b"",
            "no answer in 1 s to the proxy's answer to CONNECT, and not one octet came",
            "look whether that is a proxy",
        ),
    ] {
        let (at, _asked) = proxy(answer);
        let options = Options { proxy: Some(Proxy::parse(&at.to_string()).unwrap()), ..hasty() };
        let reason = *castore::handshake::fetch(&"h.example".parse().unwrap(), &options).unwrap_err().reason;
        assert_eq!(reason.to_string(), said);
        assert!(reason.hint().unwrap().contains(hint), "{:?}", reason.hint());
    }
}
