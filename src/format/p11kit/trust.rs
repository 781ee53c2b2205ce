//! What a p11-kit file says of a certificate: its own attributes, and what is stapled to its public key.

use super::attributes::{class, kind};
use super::objects::Object;
use super::value::Value;
use crate::format::certdata::moment;
use crate::format::der::{Walk, tag};
use crate::format::x509;
use crate::model::trust::{CLIENT_AUTH, CODE_SIGNING, EMAIL_PROTECTION, SERVER_AUTH, TIME_STAMPING};
use crate::model::{Certificate, Limited, Malformation, Names, Oid, Ruling, Timestamp, Trust};
use std::collections::{BTreeMap, BTreeSet};

/// Extensions that limit trust when they are stapled (common/oid.h).
pub(super) const NAME_CONSTRAINTS: Oid = Oid::new_unwrap("2.5.29.30");
pub(super) const EXTENDED_KEY_USAGE: Oid = Oid::new_unwrap("2.5.29.37");
/// `P11_OID_OPENSSL_REJECT`: purposes for which OpenSSL rejects it.
pub(super) const OPENSSL_REJECT: Oid = Oid::new_unwrap("1.3.6.1.4.1.3319.6.10.1");
/// `P11_OID_RESERVED_PURPOSE`: stands for no purpose at all, as the list may not be empty.
const RESERVED_PURPOSE: Oid = Oid::new_unwrap("1.3.6.1.4.1.3319.6.10.16");

/// What is stapled to one public key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Staples {
    /// The purposes that it is trusted for.
    purposes: Option<Vec<Oid>>,
    /// Those that it is rejected for.
    rejected: Vec<Oid>,
    names: Option<Box<[u8]>>,
    /// One of them cannot be read: p11-kit then leaves out the certificate
    /// (`load_attached_extensions`, trust/enumerate.c).
    pub(super) broken: bool,
}

/// A stapled extension.
pub(super) enum Staple {
    /// One that limits trust.
    Limit(Staples),
    /// Another: it changes what p11-kit takes the certificate for, and not its trust.
    Other(Oid),
}

/// Reads the value of an extension object: an Extension of RFC 5280, 4.1.
pub(super) fn staple(value: &[u8]) -> Result<Staple, Malformation> {
    let whole = Walk::new(value).expect(tag::SEQUENCE, "an extension (a SEQUENCE)")?;
    if whole.whole.end != value.len() {
        let found = format!("{} more octets", value.len() - whole.whole.end);
        return Err(Malformation::new("the end of the extension", found).at(whole.whole.end));
    }
    let mut fields = Walk::inside(value, &whole.content);
    let oid = fields.oid()?;
    fields.optional(tag::BOOLEAN)?;
    let octets = fields.expect(tag::OCTET_STRING, "the value of an extension (an OCTET STRING)")?;
    let inner = value.get(octets.content).unwrap_or_default();
    let mut staples = Staples::default();
    match oid {
        Some(EXTENDED_KEY_USAGE) => staples.purposes = Some(purposes(inner)?),
        Some(OPENSSL_REJECT) => staples.rejected = purposes(inner)?,
        Some(NAME_CONSTRAINTS) => {
            Walk::new(inner).expect(tag::SEQUENCE, "name constraints (a SEQUENCE)")?;
            staples.names = Some(inner.into());
        }
        other => return Ok(Staple::Other(other.unwrap_or(RESERVED_PURPOSE))),
    }
    Ok(Staple::Limit(staples))
}

/// The purposes of an ExtKeyUsageSyntax; one whose arcs are beyond bounds is passed over.
fn purposes(value: &[u8]) -> Result<Vec<Oid>, Malformation> {
    let list = Walk::new(value).expect(tag::SEQUENCE, "a list of purposes (a SEQUENCE)")?;
    let mut walk = Walk::inside(value, &list.content);
    let mut oids = Vec::new();
    while !walk.is_empty() {
        oids.extend(walk.oid()?.filter(|oid| *oid != RESERVED_PURPOSE));
    }
    Ok(oids)
}

impl Staples {
    fn join(&mut self, other: Self) {
        self.purposes = other.purposes.or(self.purposes.take());
        self.names = other.names.or(self.names.take());
        self.rejected.extend(other.rejected);
    }

    /// Octets that a copy of it takes, roughly.
    fn size(&self) -> usize {
        let oids = self.rejected.len() + self.purposes.as_ref().map_or(0, Vec::len);
        oids * size_of::<(Oid, Ruling)>() + self.names.as_ref().map_or(0, |names| names.len())
    }

    /// These limits, for a certificate that is trusted but for them; nothing where there are none.
    fn limited(&self, distrusted_after: Vec<(Oid, Timestamp)>) -> Option<Limited> {
        // What is rejected comes first (`build_trust_object_eku`, trust/builder.c).
        let mut purposes: Vec<(Oid, Ruling)> = self.rejected.iter().map(|oid| (*oid, Ruling::Distrusted)).collect();
        purposes.extend(self.purposes.iter().flatten().map(|oid| (*oid, Ruling::Trusted)));
        let otherwise = if self.purposes.is_some() { Ruling::Present } else { Ruling::Trusted };
        let limited =
            Limited { purposes, otherwise, distrusted_after, names: self.names.clone().map(Names::Constraints) };
        (limited != Limited { otherwise: Ruling::Trusted, ..Limited::default() }).then_some(limited)
    }
}

/// Issuer and serial number, DER.
type Name = (Box<[u8]>, Box<[u8]>);

/// What one object says that holds for others of the file.
#[derive(Debug, Default)]
pub(super) struct Said {
    staples: BTreeMap<Box<[u8]>, Staples>,
    distrusted_keys: BTreeSet<Box<[u8]>>,
    /// Issuer and serial number.
    distrusted: BTreeSet<Name>,
    /// Public keys, issuers and serial numbers of the certificates that are there.
    keys: BTreeSet<Box<[u8]>>,
    names: BTreeSet<Name>,
    /// Octets of extensions that may still be copied to certificates: a file may staple one long extension
    /// to a key that a million certificates have.
    left: usize,
    /// That there were not enough of them.
    pub(super) is_spent: bool,
}

/// The fields by which certificates are told.
pub(super) struct Fields {
    pub(super) key: Option<Box<[u8]>>,
    pub(super) name: Option<Name>,
}

impl Fields {
    /// As the object states them, else as its certificate has them (`certificate_populate`).
    pub(super) fn of(object: &Object, certificate: Option<&Certificate>) -> Self {
        let stated = |number| object.octets(number).map(Box::from);
        let key = stated(kind::PUBLIC_KEY_INFO).or_else(|| certificate?.spki_der().map(Box::from));
        let issuer = stated(kind::ISSUER).or_else(|| certificate?.issuer_der().map(Box::from));
        let serial = stated(kind::SERIAL_NUMBER).or_else(|| x509::serial_number(certificate?).map(Box::from));
        Self { key, name: issuer.zip(serial) }
    }
}

impl Said {
    /// Gathers what the objects say, up to the one at which p11-kit stops.
    pub(super) fn gather(objects: &[(Object, Option<Certificate>)], left: usize) -> Self {
        let mut said = Self { left, ..Self::default() };
        let mut stopped = false;
        for (object, certificate) in objects.iter().filter(|(object, _)| !object.foreign) {
            stopped |= object.refused().is_some();
            let fields = Fields::of(object, certificate.as_ref());
            if object.class() == Some(class::X_EXTENSION) {
                if !stopped {
                    said.extension(object, fields.key);
                }
                continue;
            }
            if object.bool(kind::X_DISTRUSTED) == Some(true) && !stopped {
                said.distrusted_keys.extend(fields.key.clone());
                said.distrusted.extend(fields.name.clone());
            }
            if certificate.is_some() {
                said.keys.extend(fields.key);
                said.names.extend(fields.name);
            }
        }
        said
    }

    fn extension(&mut self, object: &Object, key: Option<Box<[u8]>>) {
        let (Some(key), Some(value)) = (key, object.octets(kind::VALUE)) else { return };
        let staples = self.staples.entry(key).or_default();
        match staple(value) {
            Ok(Staple::Limit(more)) => staples.join(more),
            Ok(Staple::Other(_)) => {}
            Err(_) => staples.broken = true,
        }
    }

    /// What is stapled to this key.
    pub(super) fn staples(&self, key: Option<&[u8]>) -> Option<&Staples> {
        self.staples.get(key?)
    }

    /// The same, to be copied; nothing to be trusted where too much was copied already.
    fn copied(&mut self, key: Option<&[u8]>) -> Staples {
        let Some(staples) = self.staples(key) else { return Staples::default() };
        let Some(left) = self.left.checked_sub(staples.size()) else {
            self.is_spent = true;
            return Staples { purposes: Some(Vec::new()), ..Staples::default() };
        };
        let staples = staples.clone();
        self.left = left;
        staples
    }

    /// Whether a certificate with this key is there.
    pub(super) fn has_key(&self, key: Option<&[u8]>) -> bool {
        key.is_some_and(|key| self.keys.contains(key))
    }

    /// Whether a certificate with this issuer and serial number is there.
    pub(super) fn has_name(&self, fields: &Fields) -> bool {
        fields.name.as_ref().is_some_and(|name| self.names.contains(name))
    }

    /// The trust in a certificate, there or not. Distrust of its key, or of its issuer and serial number,
    /// by another object counts (`check_trust_flags`, trust/enumerate.c).
    ///
    /// Where nothing is said the place of the file decides: `anchors/`, `blocklist/` or neither.
    pub(super) fn trust(&mut self, object: &Object, fields: &Fields) -> Trust {
        let by_key = fields.key.as_ref().is_some_and(|key| self.distrusted_keys.contains(key));
        let by_name = fields.name.as_ref().is_some_and(|name| self.distrusted.contains(name));
        if by_key || by_name || object.bool(kind::X_DISTRUSTED) == Some(true) {
            return Trust::Distrusted;
        }
        let staples = self.copied(fields.key.as_deref());
        let stated = object.get(kind::TRUSTED).map(|value| value.bool() == Some(true));
        if stated == Some(false) {
            let purposes: Vec<_> = staples.rejected.iter().map(|oid| (*oid, Ruling::Distrusted)).collect();
            return match purposes.is_empty() {
                true => Trust::Present,
                false => Trust::Limited(Box::new(Limited { purposes, ..Limited::default() })),
            };
        }
        match (staples.limited(distrusted_after(object)), stated) {
            (Some(limited), _) => Trust::Limited(Box::new(limited)),
            (None, Some(_)) => Trust::Trusted,
            (None, None) => Trust::Unstated,
        }
    }

    /// What extensions say of certificates that are not there.
    pub(super) fn stapled_trust(&mut self, key: Option<&[u8]>) -> Trust {
        let limited = self.copied(key).limited(Vec::new());
        limited.map_or(Trust::Unstated, |limited| Trust::Limited(Box::new(limited)))
    }
}

/// Attributes with a moment, each as NSS has them: one octet 0, or a time.
fn distrusted_after(object: &Object) -> Vec<(Oid, Timestamp)> {
    [(kind::SERVER_DISTRUST_AFTER, SERVER_AUTH), (kind::EMAIL_DISTRUST_AFTER, EMAIL_PROTECTION)]
        .into_iter()
        .filter_map(|(number, purpose)| Some((purpose, moment(object.octets(number)?)?)))
        .collect()
}

/// The trust that an object of NSS's class states, as `trust dump` writes them.
pub(super) fn nss_trust(object: &Object) -> Trust {
    let ruling = |value: &Value| match value.number() {
        // CKT_NSS_TRUSTED, CKT_NSS_TRUSTED_DELEGATOR, CKT_NSS_NOT_TRUSTED (common/pkcs11x.h).
        Some(0xce53_4351 | 0xce53_4352) => Ruling::Trusted,
        Some(0xce53_435a) => Ruling::Distrusted,
        _ => Ruling::Present,
    };
    let purposes: Vec<(Oid, Ruling)> = [
        (kind::TRUST_SERVER, SERVER_AUTH),
        (kind::TRUST_CLIENT, CLIENT_AUTH),
        (kind::TRUST_CODE, CODE_SIGNING),
        (kind::TRUST_EMAIL, EMAIL_PROTECTION),
        (kind::TRUST_TIME, TIME_STAMPING),
    ]
    .into_iter()
    .filter_map(|(number, purpose)| Some((purpose, ruling(object.get(number)?))))
    .collect();
    crate::format::certdata::summed_up(purposes, Vec::new())
}

/// The certificate of an object, parsed.
pub(super) fn certificate(object: &Object) -> Option<Certificate> {
    match object.value()?.body {
        crate::model::Body::Certificate(der) if object.class() == Some(class::CERTIFICATE) => Some(x509::read(der)),
        _ => None,
    }
}
