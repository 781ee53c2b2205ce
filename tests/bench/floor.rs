//! The floor: a list of certificates with nothing that castore adds.
//!
//! Each file read whole, blocks found by their marks, lines joined and decoded by SIMD, bytes
//! hashed, `notAfter` found by walking the DER; a line each. No errors, no names, no dedupe.

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
            let mut line = [0; 64 + 1 + 15 + 1];
            let hash = Sha256::digest(&*der);
            hexadecimal(&hash, &mut line);
            let date = not_after(der).unwrap_or_default();
            let length = date.len().min(15);
            line[65..65 + length].copy_from_slice(&date[..length]);
            line[64] = b' ';
            line[65 + length] = b'\n';
            out.write_all(&line[..66 + length]).expect("output to write to");
        }
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
