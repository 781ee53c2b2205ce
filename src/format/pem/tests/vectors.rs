//! What `tests/data/malformed/pem` holds, made and held to its expectations.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test makes what it reads, and says what it skips"
)]

use super::super::*;
use crate::format::openssl_trusted;
use crate::format::tests::authority;
use crate::format::tests::vectors::{data, load};
use crate::model::trust::SERVER_AUTH;
use crate::model::{Body, OpensslLoad, Purposes, Trust};
use std::path::Path;

/// A file with one defect.
struct Vector {
    name: &'static str,
    /// What is wrong with it, in a line.
    why: &'static str,
    /// Whether lines of comment may stand in front of it.
    comments: bool,
    bytes: Vec<u8>,
}

#[allow(clippy::disallowed_methods, reason = "makes the vectors when asked to")]
fn save(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

#[allow(clippy::disallowed_methods, reason = "looks whether a base is there")]
fn base(name: &str) -> Vec<u8> {
    let path = data().join("certificates").join(format!("{name}.der"));
    if making() && !path.exists() {
        save(&path, &authority(&format!("castore test {name}")));
    }
    load(&path)
}

#[allow(clippy::disallowed_methods, reason = "the switch that makes the vectors")]
fn making() -> bool {
    std::env::var_os("CASTORE_MAKE_VECTORS").is_some()
}

/// A bundle of two certificates and the ways to spoil it.
struct Parts {
    one: Vec<u8>,
    two: Vec<u8>,
    a: String,
    b: String,
}

impl Parts {
    fn both(&self, edit: impl Fn(&str) -> String) -> Vec<u8> {
        (edit(&self.a) + &edit(&self.b)).into_bytes()
    }

    /// The first block edited, the second as it is.
    fn first(&self, edit: impl Fn(&str) -> String) -> Vec<u8> {
        (edit(&self.a) + &self.b).into_bytes()
    }
}

/// The lines of a block between BEGIN and END, edited.
fn inside(block: &str, edit: impl Fn(usize, &str) -> String) -> String {
    let last = block.lines().count() - 1;
    let line = |(n, line): (usize, &str)| if n == 0 || n == last { format!("{line}\n") } else { edit(n, line) };
    block.lines().enumerate().map(line).collect()
}

fn without_line(block: &str, n: usize) -> String {
    block.lines().enumerate().filter(|(i, _)| *i != n).map(|(_, line)| format!("{line}\n")).collect()
}

fn last_line(block: &str) -> usize {
    block.lines().count() - 1
}

fn block_of(label: &str, octets: &[u8]) -> String {
    write_block(label, octets, &[])
}

fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn text(name: &'static str, why: &'static str, bytes: Vec<u8>) -> Vector {
    Vector { name, why, comments: true, bytes }
}

fn raw(name: &'static str, why: &'static str, bytes: Vec<u8>) -> Vector {
    Vector { name, why, comments: false, bytes }
}

fn line_ends(p: &Parts) -> Vec<Vector> {
    let whole = p.a.clone() + &p.b;
    vec![
        text("clean", "nothing is wrong", whole.clone().into_bytes()),
        text("no-final-newline", "the last line does not end", whole.trim_end().as_bytes().to_vec()),
        raw("crlf", "lines end in CR LF", whole.replace('\n', "\r\n").into_bytes()),
        raw("cr-only", "lines end in CR", whole.replace('\n', "\r").into_bytes()),
        text("trailing-blanks", "every line ends in blanks", whole.replace('\n', " \t\n").into_bytes()),
        text("joined", "BEGIN follows END on one line", p.both(|block| block.trim_end().to_owned())),
        text("joined-shared-dashes", "END and BEGIN share five dashes", {
            format!("{}{}", p.a.trim_end().trim_end_matches('-'), p.b).into_bytes()
        }),
        text(
            "blank-lines",
            "blank lines stand in the block",
            p.both(|b| inside(b, |n, l| format!("{l}\n{}", if n == 2 { "\n" } else { "" }))),
        ),
        text("blank-line-first", "a blank line follows BEGIN", p.both(|b| b.replacen('\n', "\n\n", 1))),
        text("blank-line-last", "a blank line precedes END", p.both(|b| b.replace("-----END", "\n-----END"))),
        text(
            "one-line",
            "all base64 is on one line",
            p.both(|b| {
                let body: String = b.lines().filter(|l| !l.starts_with('-')).collect();
                format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
            }),
        ),
        text("everything-on-one-line", "the block is one line", p.both(|b| b.trim_end().replace('\n', "") + "\n")),
        text(
            "everything-on-one-line-with-blanks",
            "blanks stand for line ends",
            p.both(|b| b.trim_end().replace('\n', " ") + "\n"),
        ),
        text("columns-76", "lines of 76 columns as MIME has them", p.both(|b| rewrap(b, 76))),
        text("columns-254", "lines as long as OpenSSL's buffer", p.both(|b| rewrap(b, 254))),
        text("columns-253", "lines one shorter than OpenSSL's buffer", p.both(|b| rewrap(b, 253))),
        text("columns-255", "lines one longer than OpenSSL's buffer", p.both(|b| rewrap(b, 255))),
        text(
            "blank-line-first-columns-76",
            "a blank line and then long lines",
            p.both(|b| rewrap(b, 76).replacen('\n', "\n\n", 1)),
        ),
    ]
}

fn rewrap(block: &str, columns: usize) -> String {
    let body: String = block.lines().filter(|line| !line.starts_with('-')).collect();
    let lines: Vec<&str> = body.as_bytes().chunks(columns).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn encodings(p: &Parts) -> Vec<Vector> {
    let whole = p.a.clone() + &p.b;
    let bytes = |parts: &[&[u8]]| parts.concat();
    vec![
        raw("bom", "a UTF-8 byte order mark stands first", bytes(&[b"\xef\xbb\xbf", whole.as_bytes()])),
        raw(
            "bom-before-comment",
            "a byte order mark and then a comment",
            bytes(&[b"\xef\xbb\xbf# a\n", whole.as_bytes()]),
        ),
        text(
            "bom-between",
            "a byte order mark between two blocks",
            bytes(&[p.a.as_bytes(), b"\xef\xbb\xbf", p.b.as_bytes()]),
        ),
        text(
            "bom-after-text",
            "a byte order mark on a line after text",
            bytes(&[p.a.as_bytes(), b"text\n\xef\xbb\xbf", p.b.as_bytes()]),
        ),
        raw("utf-16-le", "UTF-16 with its mark, little endian", utf16(&whole, false, true)),
        raw("utf-16-be", "UTF-16 with its mark, big endian", utf16(&whole, true, true)),
        raw("utf-16-le-unmarked", "UTF-16 without a mark, little endian", utf16(&whole, false, false)),
        raw("nul-before", "NULs before BEGIN", bytes(&[b"\0\0", p.a.as_bytes()])),
        raw("nul-after", "NULs after the last line", bytes(&[p.a.as_bytes(), b"\0\0\0\0"])),
        raw(
            "nul-between",
            "a line of text and NUL between two blocks",
            bytes(&[p.a.as_bytes(), b"x\0y\n", p.b.as_bytes()]),
        ),
        raw(
            "nul-line-between",
            "a line that begins with NUL between two blocks",
            bytes(&[p.a.as_bytes(), b"\0y\n", p.b.as_bytes()]),
        ),
        raw(
            "nul-inside",
            "a NUL at the end of a line of base64",
            p.first(|b| inside(b, |n, l| format!("{l}{}\n", if n == 2 { "\0" } else { "" }))),
        ),
        raw(
            "nul-in-line",
            "a NUL within a line of base64",
            p.first(|b| {
                inside(b, |n, l| if n == 2 { format!("{}\0{}\n", &l[..30], &l[30..]) } else { format!("{l}\n") })
            }),
        ),
        raw(
            "latin-1-text",
            "text in Latin-1 between two blocks",
            bytes(&[p.a.as_bytes(), b"Zertifizierungsstelle f\xfcr \xc4mter\n", p.b.as_bytes()]),
        ),
        raw(
            "latin-1-after-end",
            "octets above 127 after END",
            bytes(&[p.a.trim_end().as_bytes(), b"\xa0\xa0\n", p.b.as_bytes()]),
        ),
    ]
}

fn armours(p: &Parts) -> Vec<Vector> {
    vec![
        text(
            "indented",
            "every line is indented by four blanks",
            p.both(|b| b.lines().map(|l| format!("    {l}\n")).collect()),
        ),
        text("indented-second", "the second block is indented", {
            (p.a.clone() + &p.b.lines().map(|l| format!("  {l}\n")).collect::<String>()).into_bytes()
        }),
        text("tabs", "tabs stand before the base64", p.both(|b| inside(b, |_, l| format!("\t{l}\n")))),
        text("text-before-begin", "text stands before BEGIN", p.both(|b| b.replace("-----BEGIN", "cert: -----BEGIN"))),
        text(
            "text-after-begin",
            "text follows BEGIN on its line",
            p.both(|b| b.replacen("-----\n", "----- # root\n", 1)),
        ),
        text("text-after-end", "text follows END on its line", p.both(|b| b.trim_end().to_owned() + " # root\n")),
        text("six-dashes", "six dashes instead of five", p.both(|b| b.replace("-----", "------"))),
        text("four-dashes", "four dashes instead of five", p.both(|b| b.replace("-----", "----"))),
        text(
            "six-dashes-begin",
            "six dashes on each side of BEGIN only",
            p.first(|b| b.replace("-----BEGIN CERTIFICATE-----", "------BEGIN CERTIFICATE------")),
        ),
        text(
            "six-dashes-end",
            "six dashes on each side of END only",
            p.first(|b| b.replace("-----END CERTIFICATE-----", "------END CERTIFICATE------")),
        ),
        text(
            "lower-case",
            "BEGIN and END are in lower case",
            p.both(|b| {
                b.replace("BEGIN CERTIFICATE", "begin certificate").replace("END CERTIFICATE", "end certificate")
            }),
        ),
        text("lower-case-label", "the label is in lower case", p.both(|b| b.replace("CERTIFICATE", "certificate"))),
        text(
            "blanks-in-armour",
            "blanks stand inside the dashes",
            p.both(|b| {
                b.replace("-----BEGIN CERTIFICATE-----", "----- BEGIN CERTIFICATE -----")
                    .replace("-----END CERTIFICATE-----", "----- END CERTIFICATE -----")
            }),
        ),
        text("end-missing", "the first END is missing", p.first(|b| without_line(b, last_line(b)))),
        text(
            "end-missing-comment",
            "a comment stands where END is missing",
            p.first(|b| without_line(b, last_line(b)) + "\nsecond root\n"),
        ),
        text(
            "end-missing-last",
            "the last END is missing",
            (p.a.clone() + &without_line(&p.b, last_line(&p.b))).into_bytes(),
        ),
        text("end-cut", "the file ends within END", {
            let whole = p.a.clone() + &p.b;
            whole.as_bytes()[..whole.len() - 4].to_vec()
        }),
        text(
            "end-differs",
            "END has another label than BEGIN",
            p.first(|b| b.replace("END CERTIFICATE", "END X509 CRL")),
        ),
        text("begin-missing", "the first BEGIN is missing", p.first(|b| without_line(b, 0))),
        text("begin-twice", "BEGIN stands twice", p.first(|b| format!("-----BEGIN CERTIFICATE-----\n{b}"))),
        text("end-twice", "END stands twice", p.first(|b| format!("{b}-----END CERTIFICATE-----\n"))),
        text("prose", "a sentence mentions the armour", {
            format!("Paste what is between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.\n{}", p.a)
                .into_bytes()
        }),
    ]
}

fn labels(p: &Parts) -> Vec<Vector> {
    let purposes = Purposes { trust: Some(vec![SERVER_AUTH]), ..Purposes::default() };
    let with_tail = |tail: &[u8]| [&p.one[..], tail].concat();
    // An elliptic curve key of ones: no one's key.
    let key = block_of("PRIVATE KEY", &PRIVATE_KEY);
    vec![
        text("label-x509", "label X509 CERTIFICATE", p.both(|b| b.replace("CERTIFICATE", "X509 CERTIFICATE"))),
        text("label-x-509", "label X.509 CERTIFICATE", p.both(|b| b.replace("CERTIFICATE", "X.509 CERTIFICATE"))),
        text(
            "label-trusted",
            "label TRUSTED CERTIFICATE without auxiliary trust",
            p.both(|b| b.replace("CERTIFICATE", "TRUSTED CERTIFICATE")),
        ),
        text(
            "trusted",
            "TRUSTED CERTIFICATE with trust for servers",
            (openssl_trusted::write(&p.one, &purposes, &[]) + &p.b).into_bytes(),
        ),
        text("trusted-for-nothing", "TRUSTED CERTIFICATE with an empty list", {
            let nothing = Purposes { trust: Some(vec![]), reject: Some(vec![SERVER_AUTH]), alias: None };
            (openssl_trusted::write(&p.one, &nothing, &[]) + &p.b).into_bytes()
        }),
        text(
            "trusted-bad-aux",
            "TRUSTED CERTIFICATE with a tail that is no trust",
            (block_of("TRUSTED CERTIFICATE", &with_tail(b"tail")) + &p.b).into_bytes(),
        ),
        text(
            "aux-without-label",
            "auxiliary trust under CERTIFICATE",
            (block_of("CERTIFICATE", &with_tail(&openssl_trusted::encode(&purposes))) + &p.b).into_bytes(),
        ),
        text(
            "label-unknown",
            "another label around a certificate",
            p.first(|b| b.replace("CERTIFICATE", "ATTRIBUTE CERTIFICATE")),
        ),
        text(
            "label-unknown-empty",
            "an empty block with another label",
            format!("-----BEGIN NOTHING-----\n-----END NOTHING-----\n{}", p.a).into_bytes(),
        ),
        text("pkcs7", "a PKCS7 block with junk in it", p.first(|_| block_of("PKCS7", &[0x30, 0]))),
        text("pkcs7-two", "a PKCS7 block with two certificates", {
            (block_of("PKCS7", &crate::format::pkcs7::write(&[&p.one, &p.two])) + &p.a).into_bytes()
        }),
        text("pkcs7-netscape", "a PKCS7 block with Netscape's label", {
            (block_of("PKCS #7 SIGNED DATA", &crate::format::pkcs7::write(&[&p.two])) + &p.a).into_bytes()
        }),
        text("cms-cut", "a CMS block that ends in its second certificate", {
            let cms = crate::format::pkcs7::write(&[&p.one, &p.two]);
            (block_of("CMS", &cms[..cms.len() - 20]) + &p.a).into_bytes()
        }),
        text("pkcs7-bad-character", "a PKCS7 block with what is no base64", {
            let block = block_of("PKCS7", &crate::format::pkcs7::write(&[&p.one, &p.two]));
            (inside(&block, |n, l| format!("{}{}\n", if n == 12 { "!" } else { "" }, l)) + &p.a).into_bytes()
        }),
        text("pkcs7-empty", "a PKCS7 block without certificates", {
            (block_of("PKCS7", &crate::format::pkcs7::write(&[])) + &p.a).into_bytes()
        }),
        text("crl-bad", "a list of revoked certificates that is none", p.first(|_| block_of("X509 CRL", &[0x30, 0]))),
        text("private-key", "a private key stands before the certificate", p.first(|b| format!("{key}{b}"))),
        text(
            "headers",
            "RFC 1421 headers stand in the block",
            p.first(|b| b.replacen('\n', "\nSubject: root\nIssuer: root\n\n", 1)),
        ),
        text(
            "headers-without-blank-line",
            "headers are not followed by a blank line",
            p.first(|b| b.replacen('\n', "\nSubject: root\n", 1)),
        ),
        text(
            "headers-continued",
            "a header goes on in the next line",
            p.first(|b| b.replacen('\n', "\nSubject: root,\n of all\n\n", 1)),
        ),
        text(
            "encrypted",
            "the certificate is encrypted",
            p.first(|b| {
                b.replacen(
                    '\n',
                    "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n",
                    1,
                )
            }),
        ),
    ]
}

/// `openssl pkey` takes this P-256 key: the private value is 1 and the public point the generator.
const PRIVATE_KEY: [u8; 67] = {
    let mut key = [0; 67];
    let head = [
        0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
    ];
    let mut n = 0;
    while n < head.len() {
        key[n] = head[n];
        n += 1;
    }
    key[66] = 1;
    key
};

fn contents(p: &Parts) -> Vec<Vector> {
    let cut = |der: &[u8]| der[..der.len() - 40].to_vec();
    let with_tail = |tail: &[u8]| block_of("CERTIFICATE", &[&p.one[..], tail].concat());
    let mut indefinite = vec![0x30, 0x80];
    indefinite.extend_from_slice(&p.one[4..]);
    indefinite.extend_from_slice(&[0, 0]);
    let spki: &[u8] = &[0x30, 0x0e, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x05, 0x00, 1, 2, 3, 4];
    let last = |b: &str| last_line(b) - 1;
    vec![
        text("base64-line-missing", "a line of base64 is missing", p.first(|b| without_line(b, 3))),
        text("base64-last-line-missing", "the last line of base64 is missing", p.first(|b| without_line(b, last(b)))),
        text(
            "base64-cut",
            "base64 stops within a quantum",
            p.first(|b| {
                let last = last(b);
                inside(b, |n, l| if n == last { format!("{}\n", &l[..l.len() - 3]) } else { format!("{l}\n") })
            }),
        ),
        text(
            "base64-no-padding",
            "padding is missing or one too many",
            p.both(|b| if b.contains('=') { b.replace('=', "") } else { b.replace("\n-----END", "=\n-----END") }),
        ),
        text(
            "bad-character",
            "an exclamation mark stands in the base64",
            p.first(|b| {
                inside(b, |n, l| if n == 3 { format!("{}!{}\n", &l[..10], &l[11..]) } else { format!("{l}\n") })
            }),
        ),
        text(
            "bad-last",
            "the second block is broken, the first is good",
            (p.a.clone() + &inside(&p.b, |n, l| if n == 3 { format!("*{l}\n") } else { format!("{l}\n") }))
                .into_bytes(),
        ),
        text(
            "underscore",
            "base64 of the URL alphabet",
            p.both(|b| inside(b, |_, l| l.replace('+', "-").replace('/', "_") + "\n")),
        ),
        text(
            "text-after-base64",
            "text follows the base64 inside the block",
            p.first(|b| b.replace("-----END", "# root\n-----END")),
        ),
        text(
            "empty",
            "the block is empty",
            format!("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n{}", p.a).into_bytes(),
        ),
        text("no-blocks", "there is no block", b"# the roots were moved\n".to_vec()),
        text("not-a-certificate", "the block holds a public key", p.first(|_| block_of("CERTIFICATE", spki))),
        text("not-der", "the block holds text", p.first(|_| block_of("CERTIFICATE", b"this is no certificate at all"))),
        text(
            "der-cut",
            "the certificate is shorter than its DER declares",
            p.first(|_| block_of("CERTIFICATE", &cut(&p.one))),
        ),
        text(
            "der-indefinite",
            "the certificate is BER of indefinite length",
            p.first(|_| block_of("CERTIFICATE", &indefinite)),
        ),
        text("trailing", "octets follow the certificate in its block", with_tail(&[0; 7]).into_bytes()),
        text("two-in-one-block", "two certificates in one block", with_tail(&p.two).into_bytes()),
        text("duplicate", "one certificate twice", (p.a.clone() + &p.a).into_bytes()),
    ]
}

fn vectors() -> Vec<Vector> {
    let (one, two) = (base("one"), base("two"));
    let (a, b) = (write(&one, &[]), write(&two, &[]));
    let parts = Parts { one, two, a, b };
    [line_ends(&parts), encodings(&parts), armours(&parts), labels(&parts), contents(&parts)]
        .into_iter()
        .flatten()
        .collect()
}

/// A reading in one line: `4 one Joined; 20 malformed (an END line)`.
fn summary(bytes: &[u8], one: &[u8], two: &[u8]) -> String {
    let entry = |entry: &Decoded| {
        let body = match &entry.body {
            Body::Certificate(der) if **der == *one => "one".to_owned(),
            Body::Certificate(der) if **der == *two => "two".to_owned(),
            Body::Certificate(_) => "another certificate".to_owned(),
            Body::PrivateKey => "private key".to_owned(),
            Body::Reference(_) => "a reference".to_owned(),
            Body::Other(label) => format!("other ({})", label.raw()),
            Body::Malformed(m) => format!("malformed (expected {}, found {})", m.expected, m.found.raw()),
        };
        let trust = if entry.trust == Trust::Unstated { "" } else { " with purposes" };
        let notes: String = entry.notes.iter().map(|note| format!(" {note:?}")).collect();
        format!("{} {body}{trust}{notes}", entry.slot.line().unwrap_or(0))
    };
    let entries: Vec<String> = read(bytes).entries.iter().map(entry).collect();
    if entries.is_empty() { "nothing".to_owned() } else { entries.join("; ") }
}

fn prediction(bytes: &[u8]) -> String {
    match read(bytes).openssl {
        OpensslLoad::Refuses { because, line } => format!("refuses at {line}: {because}"),
        load => format!("loads {}", load.count()),
    }
}

/// The lines of comment in front of a vector; there are always three.
fn heading(expect: &str, openssl: &str, why: &str) -> String {
    format!("# expect: {expect}\n# openssl: {openssl}\n# {why}\n")
}

#[test]
fn vectors_are_made() {
    if !making() {
        return;
    }
    let (one, two) = (base("one"), base("two"));
    let mut list = String::from("# name | expect | openssl | what is wrong: vectors that a comment would disturb\n");
    for vector in vectors() {
        let path = data().join("malformed/pem").join(format!("{}.pem", vector.name));
        if vector.comments {
            let draft = [heading("", "", "").as_bytes(), &vector.bytes].concat();
            let heading = heading(&summary(&draft, &one, &two), &prediction(&draft), vector.why);
            save(&path, &[heading.as_bytes(), &vector.bytes].concat());
        } else {
            let (expect, openssl) = (summary(&vector.bytes, &one, &two), prediction(&vector.bytes));
            list += &format!("{} | {expect} | {openssl} | {}\n", vector.name, vector.why);
            save(&path, &vector.bytes);
        }
    }
    save(&data().join("malformed/pem/expectations.txt"), list.as_bytes());
}

#[test]
fn every_vector_reads_as_it_says() {
    let (one, two) = (base("one"), base("two"));
    let list = String::from_utf8(load(&data().join("malformed/pem/expectations.txt"))).unwrap();
    for vector in vectors() {
        let bytes = load(&data().join("malformed/pem").join(format!("{}.pem", vector.name)));
        let (expect, openssl) = if vector.comments {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let said =
                |n: usize, word: &str| text.lines().nth(n).and_then(|l| l.strip_prefix(word)).unwrap().to_owned();
            (said(0, "# expect: "), said(1, "# openssl: "))
        } else {
            let line = list.lines().find(|line| line.starts_with(&format!("{} | ", vector.name))).unwrap();
            let fields: Vec<&str> = line.split(" | ").collect();
            (fields[1].to_owned(), fields[2].to_owned())
        };
        assert_eq!(summary(&bytes, &one, &two), expect, "{}", vector.name);
        assert_eq!(prediction(&bytes), openssl, "{}", vector.name);
        assert!(bytes.ends_with(&vector.bytes), "{} is not what makes it", vector.name);
    }
}
