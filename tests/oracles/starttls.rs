//! How TLS is asked for in other protocols: `openssl s_client -starttls` asks the same servers, and sees the
//! same chains.

#![allow(clippy::disallowed_types, reason = "servers are listened for")]

use crate::handshake::{Server, chain, concatenated, ders, presented};
use crate::require;
use castore::handshake::{Dialect, Options, StartTls};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The part before TLS of a server, as its protocol has it, whatever the client calls its commands; after it
/// everything goes to and from a server of TLS.
fn speak(dialect: Dialect, client: &mut TcpStream) -> std::io::Result<()> {
    let line = |client: &mut TcpStream| -> std::io::Result<String> {
        let mut line = Vec::new();
        let mut octet = [0];
        while !line.ends_with(b"\n") {
            client.read_exact(&mut octet)?;
            line.push(octet[0]);
        }
        Ok(String::from_utf8(line).unwrap().trim_end().to_owned())
    };
    let until = |client: &mut TcpStream, end: &str| -> std::io::Result<()> {
        let mut text = Vec::new();
        let mut octet = [0];
        while !text.ends_with(end.as_bytes()) {
            client.read_exact(&mut octet)?;
            text.push(octet[0]);
        }
        Ok(())
    };
    match dialect {
        Dialect::Smtp => {
            client.write_all(b"220-mx.example ESMTP\r\n220 ready\r\n")?;
            assert!(line(client)?.starts_with("EHLO "));
            client.write_all(b"250-mx.example\r\n250-SIZE 1000\r\n250-STARTTLS\r\n250 HELP\r\n")?;
            assert_eq!(line(client)?, "STARTTLS");
            client.write_all(b"220 2.0.0 go ahead\r\n")
        }
        Dialect::Imap => {
            client.write_all(b"* OK [CAPABILITY IMAP4rev1] ready\r\n")?;
            for (command, answer) in [("CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS\r\n"), ("STARTTLS", "")] {
                let said = line(client)?;
                let (tag, said) = said.split_once(' ').unwrap();
                assert_eq!(said, command);
                client.write_all(format!("{answer}{tag} OK done\r\n").as_bytes())?;
            }
            Ok(())
        }
        Dialect::Pop3 => {
            client.write_all(b"+OK ready\r\n")?;
            let mut said = line(client)?;
            // openssl does not ask what there is.
            if said == "CAPA" {
                client.write_all(b"+OK\r\nTOP\r\nSTLS\r\n.\r\n")?;
                said = line(client)?;
            }
            assert_eq!(said, "STLS");
            client.write_all(b"+OK begin\r\n")
        }
        Dialect::Ftp => {
            client.write_all(b"220-files\r\n  and more\r\n220 ready\r\n")?;
            let mut said = line(client)?;
            if said == "FEAT" {
                client.write_all(b"211-Features:\r\n AUTH TLS\r\n211 End\r\n")?;
                said = line(client)?;
            }
            assert_eq!(said, "AUTH TLS");
            client.write_all(b"234 go\r\n")
        }
        Dialect::Ldap => {
            let mut head = [0; 2];
            client.read_exact(&mut head)?;
            assert_eq!(head[0], 0x30);
            let mut message = vec![0; head[1].into()];
            client.read_exact(&mut message)?;
            assert!(message.ends_with(b"1.3.6.1.4.1.1466.20037"));
            client.write_all(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0")
        }
        Dialect::Postgres => {
            let mut request = [0; 8];
            client.read_exact(&mut request)?;
            assert_eq!(request, [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
            client.write_all(b"S")
        }
        Dialect::Mysql => {
            let mut greeting = b"\0\0\0\0\x0a8.0.36\0\x08\0\0\0\x1f\x33\x4c\x62\x01\x05\x11\x0c\0".to_vec();
            greeting
                .extend(b"\xff\xff\xff\x02\0\xff\xdf\x15\0\0\0\0\0\0\0\0\0\0\x2e\x1a\x3b\x4d\x22\x7c\x69\x01\x02\x03");
            greeting.extend(b"\x04\x05\0caching_sha2_password\0");
            greeting[0] = u8::try_from(greeting.len() - 4).unwrap();
            client.write_all(&greeting)?;
            let mut head = [0; 4];
            client.read_exact(&mut head)?;
            assert_eq!(head, [32, 0, 0, 1]);
            client.read_exact(&mut [0; 32])
        }
        Dialect::Xmpp | Dialect::XmppServer => {
            let namespace = if dialect == Dialect::Xmpp { "jabber:client" } else { "jabber:server" };
            until(client, "version='1.0'>")?;
            let stream = format!(
                "<?xml version='1.0'?><stream:stream xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>\
                 <stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>"
            );
            client.write_all(stream.as_bytes())?;
            until(client, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")?;
            client.write_all(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        }
        _ => panic!("{dialect:?}: write how a server of it speaks"),
    }
}

/// A server of a protocol in front of a server of TLS.
fn front(dialect: Dialect, tls: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            speak(dialect, &mut client).unwrap();
            let server = TcpStream::connect(tls).unwrap();
            let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Both);
            });
            let _ = std::io::copy(&mut &server, &mut client);
            let _ = client.shutdown(Shutdown::Both);
        }
    });
    at
}

#[test]
fn openssl_asks_for_tls_in_the_same_way() {
    if !require("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    chain(directory, "EC -pkeyopt ec_paramgen_curve:P-256", "-sha256");
    concatenated(directory, &["middle", "root"]);
    let expected = ders(directory, &["leaf", "middle", "root"]);
    let tls = Server::new(directory, &["-cert", "leaf.pem", "-key", "leaf.key", "-cert_chain", "chain.pem"]);
    for dialect in Dialect::all() {
        let at = front(dialect, tls.at);
        let shown = Command::new("openssl")
            .args(["s_client", "-showcerts", "-starttls", dialect.name(), "-servername", "h.example", "-connect"])
            .arg(at.to_string())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let theirs: Vec<Vec<u8>> =
            pem::parse_many(&shown.stdout).unwrap().into_iter().map(|block| block.into_contents()).collect();
        let options = Options { starttls: StartTls::As(dialect), ..Options::default() };
        let ours = presented(at, &options).unwrap_or_else(|reason| panic!("{dialect:?}: {reason}"));
        // It shows the server's own once more.
        assert_eq!(theirs[..3], expected, "{dialect:?}: {}", String::from_utf8_lossy(&shown.stderr));
        assert_eq!(ours.chain, expected, "{dialect:?}");
    }
}
