//! OpenSSL's auxiliary trust: what `TRUSTED CERTIFICATE` holds after the certificate.
//!
//! There is no wrapper around the two, so every reader that takes the block for a certificate
//! gets a wrong fingerprint from it, and every reader that stops at the certificate loses the
//! distrust that stands behind it. Layout: `X509_CERT_AUX`, crypto/x509/x_x509a.c.
//!
//! ```text
//! CertAux ::= SEQUENCE {
//!   trust   SEQUENCE OF OBJECT IDENTIFIER              OPTIONAL,
//!   reject  [0] IMPLICIT SEQUENCE OF OBJECT IDENTIFIER OPTIONAL,
//!   alias   UTF8String                                 OPTIONAL,
//!   keyid   OCTET STRING                               OPTIONAL,
//!   other   [1] IMPLICIT SEQUENCE OF AlgorithmIdentifier OPTIONAL }
//! ```

use super::der::{Walk, put, tag};
use super::pem;
use crate::model::{Malformation, Oid, Purposes, Untrusted};
use der::Encode;

/// Reads what follows a certificate: its purposes, and how many octets they take.
pub fn read(tail: &[u8]) -> Result<(Purposes, usize), Malformation> {
    let whole = Walk::new(tail).expect(tag::SEQUENCE, "auxiliary trust (a SEQUENCE)")?;
    let mut fields = Walk::inside(tail, &whole.content);
    let mut purposes = Purposes::default();
    if let Some(list) = fields.optional(tag::SEQUENCE)? {
        purposes.trust = Some(oids(Walk::inside(tail, &list.content))?);
    }
    if let Some(list) = fields.optional(tag::context(0))? {
        purposes.reject = Some(oids(Walk::inside(tail, &list.content))?);
    }
    if let Some(alias) = fields.optional(tag::UTF8)? {
        purposes.alias = Some(Untrusted::from_utf8_lossy(&tail[alias.content]));
    }
    fields.optional(tag::OCTET_STRING)?;
    fields.optional(tag::context(1))?;
    if !fields.is_empty() {
        let found = format!("{} more octets", whole.content.end - fields.at());
        return Err(Malformation::new("the end of the auxiliary trust", found).at(fields.at()));
    }
    Ok((purposes, whole.whole.end))
}

/// The object identifiers of a list; one that is no identifier makes the list unreadable.
fn oids(mut list: Walk<'_>) -> Result<Vec<Oid>, Malformation> {
    let mut oids = Vec::new();
    while !list.is_empty() {
        let at = list.at();
        oids.push(list.oid()?.ok_or_else(|| Malformation::new("an object identifier", "another form").at(at))?);
    }
    Ok(oids)
}

/// The octets that state these purposes; empty where there is nothing to state.
#[must_use]
pub fn encode(purposes: &Purposes) -> Vec<u8> {
    let mut fields = Vec::new();
    if let Some(list) = &purposes.trust {
        put(&mut fields, tag::SEQUENCE, &concat(list));
    }
    if let Some(list) = &purposes.reject {
        put(&mut fields, tag::context(0), &concat(list));
    }
    if let Some(alias) = &purposes.alias {
        put(&mut fields, tag::UTF8, alias.raw().as_bytes());
    }
    let mut out = Vec::new();
    if !fields.is_empty() {
        put(&mut out, tag::SEQUENCE, &fields);
    }
    out
}

fn concat(oids: &[Oid]) -> Vec<u8> {
    // An identifier that exists always encodes: at most 39 octets into memory.
    oids.iter().flat_map(|oid| oid.to_der().unwrap_or_default()).collect()
}

/// Writes a certificate with its purposes as a `TRUSTED CERTIFICATE` block.
#[must_use]
pub fn write(der: &[u8], purposes: &Purposes, comments: &[&str]) -> String {
    let mut octets = der.to_vec();
    octets.extend_from_slice(&encode(purposes));
    pem::write_block(pem::labels::TRUSTED, &octets, comments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::certificate;
    use crate::model::trust::{ANY_PURPOSE, SERVER_AUTH};
    use crate::model::{Body, Note, Trust};

    fn forms() -> Vec<Purposes> {
        let lists = [None, Some(vec![]), Some(vec![SERVER_AUTH]), Some(vec![SERVER_AUTH, ANY_PURPOSE])];
        let aliases = [None, Some(Untrusted::new("an älias"))];
        let mut forms = Vec::new();
        for trust in &lists {
            for reject in &lists {
                for alias in &aliases {
                    forms.push(Purposes { trust: trust.clone(), reject: reject.clone(), alias: alias.clone() });
                }
            }
        }
        forms
    }

    #[test]
    fn reads_what_it_writes_and_keeps_absent_from_empty() {
        for purposes in forms().into_iter().skip(1) {
            let octets = encode(&purposes);
            assert_eq!(read(&octets), Ok((purposes, octets.len())));
        }
        assert!(encode(&Purposes::default()).is_empty());
    }

    #[test]
    fn the_block_gives_the_bare_certificate() {
        let der = certificate();
        for purposes in forms().into_iter().skip(1) {
            let entry = &pem::read(write(&der, &purposes, &[]).as_bytes()).entries[0];
            assert_eq!(entry.body, Body::Certificate(der.clone().into()));
            assert_eq!(entry.trust, Trust::Purposes(Box::new(purposes)));
            assert_eq!(entry.notes, [Note::Label("TRUSTED CERTIFICATE".into())]);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_octets_are_read_or_refused(octets: Vec<u8>) {
            if let Ok((_, length)) = read(&octets) {
                proptest::prop_assert!(length <= octets.len());
            }
        }
    }

    #[test]
    fn tolerates_what_it_does_not_know_and_says_where() {
        // A key identifier, which castore does not keep.
        let (purposes, length) = read(&[0x30, 0x04, 0x04, 0x02, 1, 2, 0xff]).unwrap();
        assert_eq!((purposes, length), (Purposes::default(), 6));
        assert_eq!(read(&[0x30, 0x02, 0x05, 0x00]).unwrap_err().offset, Some(2));
        assert!(read(b"tail").is_err());
        assert!(read(&[0x30, 0x05, 0x30, 0x03, 0x06, 0x01, 0x80]).is_err());
    }
}
