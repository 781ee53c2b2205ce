//! One certificate as verifiers read it: every field that some verifier decides by, read once.
//!
//! [`crate::format::x509`] reads tolerantly, for people. Verifiers do not: OpenSSL takes a certificate
//! with one extension that it cannot decode for one that issued nothing, and so names the wrong cause
//! ("unable to get local issuer certificate"). So each extension is here either absent, present, or
//! malformed, by the rules of the decoders that programs use ([`extension`]).

pub mod extension;
pub mod general_name;
mod read;

use super::signature::Tried;
use crate::model::{Certificate, Fingerprint, KeyUsage, Malformation, Oid, PublicKey, Timestamp};
use extension::{AuthorityKeyId, Constraint, Found, NameConstraints, PolicyConstraints};
use general_name::GeneralName;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use read::oids;

/// One certificate of a chain or a store, read for verifying.
#[derive(Debug)]
pub struct Member {
    certificate: Arc<Certificate>,
    /// 1, 2 or 3 as people count.
    pub version: u32,
    /// Where the TBSCertificate stands, with its header: what is signed.
    pub tbs: Range<usize>,
    /// The signature AlgorithmIdentifier inside the TBSCertificate, with its header.
    pub inner_algorithm: Range<usize>,
    /// The signature AlgorithmIdentifier after the TBSCertificate, with its header.
    pub outer_algorithm: Range<usize>,
    /// The identifier of the algorithm inside the TBSCertificate.
    pub algorithm: Oid,
    /// The octets of the signature.
    pub signature: Range<usize>,
    /// The subject's public key.
    pub key: PublicKey,
    /// The identifier in the public key's algorithm.
    pub key_algorithm: Oid,
    /// The subject in OpenSSL's canonical form, by which names are compared (`x509_name_canon`,
    /// crypto/x509/x_name.c): empty for an empty name.
    pub subject: Box<[u8]>,
    /// The issuer in the same form.
    pub issuer: Box<[u8]>,
    /// Beginning of validity.
    pub not_before: Date,
    /// End of validity.
    pub not_after: Date,
    /// Basic constraints.
    pub basic_constraints: Found<Constraint>,
    /// Key usage.
    pub key_usage: Found<KeyUsage>,
    /// Extended key usage, in its order.
    pub extended_key_usage: Found<Vec<Oid>>,
    /// Subject alternative names.
    pub subject_alt_name: Found<Vec<GeneralName>>,
    /// Name constraints.
    pub name_constraints: Found<NameConstraints>,
    /// Subject key identifier.
    pub subject_key_id: Found<Box<[u8]>>,
    /// Authority key identifier.
    pub authority_key_id: Found<AuthorityKeyId>,
    /// Certificate policies.
    pub policies: Found<Vec<Oid>>,
    /// Policy mappings, from the issuer's to the subject's.
    pub policy_mappings: Found<Vec<(Oid, Oid)>>,
    /// Policy constraints.
    pub policy_constraints: Found<PolicyConstraints>,
    /// Certificates until `anyPolicy` counts no longer.
    pub inhibit_any_policy: Found<u32>,
    /// Netscape's certificate type, its first octet as OpenSSL keeps it (bit 0x40 is a server).
    pub netscape_type: Found<u8>,
    /// The distribution points of revocation lists: whether they can be read.
    pub distribution_points: Found<()>,
    /// Whether it is a proxy certificate (RFC 3820), and how many may follow.
    pub proxy: Found<Option<u32>>,
    /// The addresses and numbers of RFC 3779: whether they can be read.
    pub resources: Found<()>,
    /// Every extension in its order: its identifier, and whether it is critical.
    pub extensions: Vec<(Oid, bool)>,
    /// Whether OpenSSL can decode it at all (`d2i_X509`): a name with a string that is no text, an identifier
    /// with superfluous octets, a date of another type are enough that it cannot.
    pub is_decodable: bool,
    /// Which keys were tried on its signature.
    pub(super) tried: Tried,
    /// Subject and issuer in the form by which Java compares names, made when first asked for: a search asks it of every
    /// pair of certificates.
    pub(super) rfc2253: OnceLock<[Box<[u8]>; 2]>,
}

/// A moment as a certificate has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// The moment, where the text is one.
    pub at: Option<Timestamp>,
    /// Whether it is written as RFC 5280, 4.1.2.5, demands: `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`. OpenSSL
    /// compares no other (`X509_cmp_time`, crypto/x509/x509_vfy.c).
    pub plain: bool,
}

impl Member {
    /// Reads a certificate.
    ///
    /// # Errors
    /// Where it is no certificate that any verifier can decode: a frame that is broken, a name that
    /// cannot be read, an extension whose frame is broken.
    pub fn new(certificate: Arc<Certificate>) -> Result<Self, Malformation> {
        read::member(certificate)
    }

    /// The certificate.
    #[must_use]
    pub fn certificate(&self) -> &Arc<Certificate> {
        &self.certificate
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.certificate.fingerprint()
    }

    /// Whether both are the same certificate, octet for octet.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
    }

    /// The octets at `range`.
    #[must_use]
    pub fn octets(&self, range: &Range<usize>) -> &[u8] {
        self.certificate.slice(range)
    }

    /// The serial number's content octets.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        self.certificate.outline().map(|outline| self.octets(&outline.serial)).unwrap_or_default()
    }

    /// The SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        self.certificate.spki_der().unwrap_or_default()
    }

    /// Whether issuer and subject are the same name in canonical form.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject == self.issuer
    }

    /// Whether both signature algorithms are the same, parameters included.
    #[must_use]
    pub fn algorithms_agree(&self) -> bool {
        self.octets(&self.inner_algorithm) == self.octets(&self.outer_algorithm)
    }

    /// Whether basic constraints say that it is a certification authority.
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.basic_constraints.value().is_some_and(|constraint| constraint.ca)
    }

    /// Whether there is an extension with this identifier.
    #[must_use]
    pub fn has(&self, oid: Oid) -> bool {
        self.extensions.iter().any(|(found, _)| *found == oid)
    }

    /// The alternative names; nothing where there are none or they cannot be read.
    pub fn alt_names(&self) -> impl Iterator<Item = &GeneralName> {
        self.subject_alt_name.value().into_iter().flatten()
    }

    /// The same without extensions that verifiers cannot decode, as it would be issued anew: for one that issues
    /// others, with basic constraints that let it.
    pub(super) fn mended(&self, issues: bool) -> Option<Self> {
        fn leave_out<T>(found: &mut Found<T>) {
            if found.is_broken() {
                *found = Found::Absent;
            }
        }
        let mut member = Self::new(Arc::clone(&self.certificate)).ok()?;
        if member.basic_constraints.is_broken() {
            let value = Constraint { ca: issues, path_len: None };
            member.basic_constraints = Found::Present { value, critical: true };
        }
        leave_out(&mut member.key_usage);
        leave_out(&mut member.extended_key_usage);
        leave_out(&mut member.subject_alt_name);
        leave_out(&mut member.name_constraints);
        leave_out(&mut member.subject_key_id);
        leave_out(&mut member.authority_key_id);
        Some(member)
    }

    /// The same without its path length constraint, as it would be issued anew.
    pub(super) fn without_path_length(&self) -> Option<Self> {
        let mut member = Self::new(Arc::clone(&self.certificate)).ok()?;
        if let Found::Present { value, .. } = &mut member.basic_constraints {
            value.path_len = None;
        }
        Some(member)
    }

    /// Whether the authority key identifier, as far as it is there, is that of `issuer`: its key
    /// identifier where both have one, its serial number, and the first directory name of its issuer
    /// (`X509_check_akid`, crypto/x509/v3_purp.c).
    ///
    /// # Errors
    /// What of it is another's.
    pub fn authority_fits(&self, issuer: &Self) -> Result<(), AuthorityMismatch> {
        let Some(authority) = self.authority_key_id.value() else { return Ok(()) };
        if let (Some(wanted), Some(found)) = (&authority.key_id, issuer.subject_key_id.value())
            && wanted != found
        {
            return Err(AuthorityMismatch::KeyId);
        }
        if authority.serial.as_deref().is_some_and(|serial| !same_number(serial, issuer.serial())) {
            return Err(AuthorityMismatch::IssuerAndSerial);
        }
        let named = authority.issuer.iter().flatten().find_map(GeneralName::directory);
        match named {
            Some(name) if *name != *issuer.issuer => Err(AuthorityMismatch::IssuerAndSerial),
            _ => Ok(()),
        }
    }
}

/// What of an authority key identifier is another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthorityMismatch {
    /// The key identifier is not the issuer's subject key identifier.
    KeyId,
    /// Issuer or serial number are not the issuer's own.
    IssuerAndSerial,
}

/// Whether two INTEGERs are the same number, however they are padded.
fn same_number(one: &[u8], other: &[u8]) -> bool {
    fn bare(mut octets: &[u8]) -> &[u8] {
        while let [first, rest @ ..] = octets
            && let [next, ..] = rest
            && ((*first == 0 && *next < 0x80) || (*first == 0xff && *next >= 0x80))
        {
            octets = rest;
        }
        octets
    }
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests;
