//! The hashes of a subject, by which OpenSSL names the file of a certificate.

use crate::format::der::{element, put, tag};
use crate::format::x509;

/// OpenSSL's subject hash since 1.0.0: SHA-1 over the name in canonical form. Nothing where the
/// octets are no name.
#[must_use]
pub fn subject_hash(subject_der: &[u8]) -> Option<u32> {
    use sha1::{Digest, Sha1};
    Some(first_word(&Sha1::digest(canonical(subject_der)?)))
}

/// OpenSSL's subject hash before 1.0.0, which p11-kit still writes: MD5 over the name as it is.
#[must_use]
pub fn subject_hash_old(subject_der: &[u8]) -> u32 {
    use md5::{Digest, Md5};
    first_word(&Md5::digest(subject_der))
}

fn first_word(digest: &[u8]) -> u32 {
    digest.iter().take(4).rev().fold(0, |word, &octet| (word << 8) | u32::from(octet))
}

/// The canonical form: text as UTF-8, lower case, single spaces; without the outer SEQUENCE
/// (`x509_name_canon` and `asn1_string_canon`, crypto/x509/x_name.c).
pub(crate) fn canonical(subject: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for rdn in x509::attributes(subject, &(0..subject.len())).ok()? {
        let mut pairs = Vec::new();
        for value in rdn {
            let mut pair = subject.get(value.kind)?.to_vec();
            match x509::strings::characters(value.tag, subject.get(value.content)?) {
                // A NumericString OpenSSL does not fold.
                Some((text, _)) if value.tag != tag::NUMERIC => put(&mut pair, tag::UTF8, folded(&text).as_bytes()),
                _ => pair.extend_from_slice(subject.get(value.whole)?),
            }
            pairs.push(element(tag::SEQUENCE, &pair));
        }
        // DER orders the elements of a SET OF by their octets (X.690, 11.6).
        pairs.sort();
        put(&mut out, tag::SET, &pairs.concat());
    }
    Some(out)
}

/// White space trimmed and collapsed, ASCII letters in lower case.
fn folded(text: &str) -> String {
    let is_space = |c: char| matches!(c, ' ' | '\t'..='\r');
    let words: Vec<&str> = text.split(is_space).filter(|word| !word.is_empty()).collect();
    words.join(" ").to_ascii_lowercase()
}
