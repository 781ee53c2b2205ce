//! Fields of a certificate as they are written, for readers with rules of their own.

use super::{frame, version};
use crate::format::der::{Walk, tag};
use crate::model::{Certificate, Oid};

/// What stands around the names and the key.
pub(crate) struct Written<'c> {
    /// 1, 2 or 3 as people count.
    pub(crate) version: u32,
    /// The AlgorithmIdentifier inside what is signed, and the one after it, each with its header.
    pub(crate) algorithms: [&'c [u8]; 2],
    /// The two dates of the validity: the tag and the text of each.
    pub(crate) dates: [(u8, &'c [u8]); 2],
}

/// These fields, where the frame of the certificate can be walked.
pub(crate) fn written(certificate: &Certificate) -> Option<Written<'_>> {
    let der = certificate.der();
    let mut frame = frame(der).ok()?;
    let inner = frame.rest.expect(tag::SEQUENCE, "a signature algorithm (a SEQUENCE)").ok()?;
    frame.rest.expect(tag::SEQUENCE, "an issuer (a SEQUENCE)").ok()?;
    let validity = frame.rest.expect(tag::SEQUENCE, "a validity (a SEQUENCE)").ok()?;
    let mut dates = Walk::inside(der, &validity.content);
    let mut date = || dates.next().ok().and_then(|found| Some((found.tag, der.get(found.content)?)));
    Some(Written {
        version: version(der, frame.version.as_ref()),
        algorithms: [der.get(inner.whole)?, der.get(frame.signature.whole)?],
        dates: [date()?, date()?],
    })
}

/// Every extension in its order: identifier, critical, value; up to one whose frame is broken. An identifier that is
/// none is 0.0.
pub(crate) fn extensions(certificate: &Certificate) -> Vec<(Oid, bool, &[u8])> {
    let der = certificate.der();
    let Ok(outline) = certificate.outline() else { return Vec::new() };
    let Ok(list) = Walk::inside(der, &outline.extensions).expect(tag::SEQUENCE, "extensions") else {
        return Vec::new();
    };
    let mut inside = Walk::inside(der, &list.content);
    let mut all = Vec::new();
    while let Ok(element) = inside.expect(tag::SEQUENCE, "an extension") {
        let mut fields = Walk::inside(der, &element.content);
        let Ok(oid) = fields.oid() else { break };
        let Ok(critical) = fields.optional(tag::BOOLEAN) else { break };
        let Ok(value) = fields.expect(tag::OCTET_STRING, "a value") else { break };
        let critical = critical.is_some_and(|flag| der[flag.content].iter().any(|&octet| octet != 0));
        all.push((oid.unwrap_or(Oid::new_unwrap("0.0")), critical, &der[value.content]));
    }
    all
}
