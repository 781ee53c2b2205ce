//! The floor: a list of certificates with nothing that castore adds.
//!
//! Each file read whole, blocks found by their marks, lines joined and decoded by SIMD, bytes
//! hashed, `notAfter` found by walking the DER; a line each. No errors, no names, no dedupe. The
//! same for a Java keystore and for the table of NSS; of PKCS#12 nothing but its derivation of keys.

use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::process::ExitCode;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----\n";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// `floor-pem FILE…`
pub fn list(files: &[OsString]) -> ExitCode {
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let mut base64 = Vec::new();
    for file in files {
        let text = fs::read(file).expect("a file to read");
        let mut rest = &text[..];
        while let Some(begin) = memchr::memmem::find(rest, BEGIN) {
            rest = &rest[begin + BEGIN.len()..];
            let Some(end) = memchr::memmem::find(rest, END) else { break };
            base64.clear();
            for line in rest[..end].split(|byte| *byte == b'\n') {
                base64.extend_from_slice(line);
            }
            rest = &rest[end + END.len()..];
            let Ok(der) = base64_simd::STANDARD.decode_inplace(&mut base64) else { continue };
            print(der, &mut out);
        }
    }
    out.flush().expect("output to write to");
    ExitCode::SUCCESS
}

fn print(der: &[u8], out: &mut impl Write) {
    let mut line = [0; 64 + 1 + 15 + 1];
    let hash = Sha256::digest(der);
    hexadecimal(&hash, &mut line);
    let date = not_after(der).unwrap_or_default();
    let length = date.len().min(15);
    line[65..65 + length].copy_from_slice(&date[..length]);
    line[64] = b' ';
    line[65 + length] = b'\n';
    out.write_all(&line[..66 + length]).expect("output to write to");
}

/// `floor-jks FILE`: a Java keystore of certificates alone, with its seal by `changeit`.
pub fn jks(files: &[OsString]) -> ExitCode {
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let store = fs::read(&files[0]).expect("a file to read");
    let (body, seal) = store.split_at(store.len() - 20);
    assert_eq!(jks_seal(body)[..], *seal, "the seal");
    let number = |at: usize| u32::from_be_bytes(body[at..at + 4].try_into().expect("four octets")) as usize;
    let text = |at: usize| at + 2 + usize::from(u16::from_be_bytes([body[at], body[at + 1]]));
    let mut at = 12;
    for _ in 0..number(8) {
        assert_eq!(number(at), 2, "a trusted certificate");
        let certificate = text(text(at + 4) + 8);
        at = certificate + 4 + number(certificate);
        print(&body[certificate + 4..at], &mut out);
    }
    out.flush().expect("output to write to");
    ExitCode::SUCCESS
}

/// What seals a Java keystore against change (JavaKeyStore.java, getPreKeyedHash).
pub fn jks_seal(body: &[u8]) -> [u8; 20] {
    let mut hash = Sha1::new();
    "changeit".encode_utf16().for_each(|unit| hash.update(unit.to_be_bytes()));
    hash.update(b"Mighty Aphrodite");
    hash.update(body);
    hash.finalize().into()
}

/// `floor-kdf FILE`: what keytool's PKCS#12 costs in keys: one by PBKDF2 for the certificates and one
/// for the seal (RFC 7292, B.2), 10,000 rounds of SHA-256 each. A key of 32 octets is one block in both.
pub fn kdf(files: &[OsString]) -> ExitCode {
    const ROUNDS: u32 = 10_000;
    let salt = &fs::read(&files[0]).expect("a file to read")[..20];
    let mut key = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(b"changeit", salt, ROUNDS, &mut key);
    // ID 3 and the salt and password (18 octets with its end) filled up to blocks of 64.
    let mut password: Vec<u8> = "changeit\0".encode_utf16().flat_map(u16::to_be_bytes).collect();
    password = password.into_iter().cycle().take(64).collect();
    let salt: Vec<u8> = salt.iter().copied().cycle().take(64).collect();
    let mut hash = Sha256::digest([&[3; 64], &salt[..], &password].concat());
    for _ in 1..ROUNDS {
        hash = Sha256::digest(hash);
    }
    println!("{key:?} {hash:?}");
    ExitCode::SUCCESS
}

/// `floor-nss FILE`: the values of every object of `cert9.db`.
pub fn nss(files: &[OsString]) -> ExitCode {
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    let database = rusqlite::Connection::open_with_flags(&files[0], rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
        .expect("a database");
    // CKA_VALUE of CKO_CERTIFICATE (PKCS#11 v2.40, 4.6).
    let mut select = database.prepare("SELECT a11 FROM nssPublic WHERE a0 = X'00000001'").expect("a table");
    let mut rows = select.query([]).expect("rows");
    while let Some(row) = rows.next().expect("a row") {
        print(row.get_ref(0).expect("a column").as_blob().expect("a value"), &mut out);
    }
    out.flush().expect("output to write to");
    ExitCode::SUCCESS
}

fn hexadecimal(bytes: &[u8], line: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in line.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

/// Certificate, tbsCertificate, then version, serial, algorithm, issuer, validity: its second time.
fn not_after(der: &[u8]) -> Option<&[u8]> {
    let (_, certificate, _) = value(der)?;
    let (_, mut fields, _) = value(certificate)?;
    if fields.first() == Some(&0xa0) {
        fields = value(fields)?.2;
    }
    for _ in 0..3 {
        fields = value(fields)?.2;
    }
    let (_, validity, _) = value(fields)?;
    let (_, _, second) = value(validity)?;
    Some(value(second)?.1)
}

/// Tag, value, and what follows.
fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, mut rest) = rest.split_first()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        length = 0;
        for _ in 0..first & 0x7f {
            let (&byte, after) = rest.split_first()?;
            length = length << 8 | usize::from(byte);
            rest = after;
        }
    }
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}
