//! A certificate as one version of OpenSSL reads it: what it caches of the extensions, whether it can
//! decode the key, whether it takes one certificate for the issuer of another.
//!
//! `ossl_x509v3_cache_extensions`, `X509_check_issued` and `check_ca`, crypto/x509/v3_purp.c of 3.5.5 (and
//! crypto/x509v3/v3_purp.c of 1.1.1w); where versions differ the version is named.

use super::super::member::{AuthorityMismatch, Member, oids};
use super::super::search::extension;
use super::algorithm::{Family, key_family, signature_family};
use crate::format::der::Walk;
use crate::model::{Oid, PublicKey};
use crate::policy::Fault;
use crate::policy::openssl::{Library, OpenSsl};

/// What makes a certificate a certification authority (`check_ca`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ca {
    /// Nothing does: 0.
    No,
    /// Its basic constraints say so: 1.
    Proper,
    /// It is of version 1 and self-signed, or has no basic constraints and may sign certificates, or
    /// Netscape's extension says so: 3, 4 or 5.
    Legacy,
}

/// Why a certificate is not the issuer of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotIssuer {
    Name,
    Broken,
    BrokenSubject,
    KeyId,
    IssuerAndSerial,
    Key,
    Algorithm,
    KeyUsage,
    NotSelfSigned,
    Loop,
}

impl NotIssuer {
    /// What is said of a candidate that has the name.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Name => "it has another name",
            Self::Broken => "an extension of it cannot be read, so that it is taken for no issuer",
            Self::BrokenSubject => "an extension of the certificate it would have issued cannot be read",
            Self::KeyId => "its subject key identifier is not the authority key identifier",
            Self::IssuerAndSerial => "its issuer or serial number is not that of the authority key identifier",
            Self::Key => "this version cannot use its public key",
            Self::Algorithm => "the signature is of another algorithm than its key",
            Self::KeyUsage => "its key usage is without keyCertSign",
            Self::NotSelfSigned => "it names itself as its issuer and is not self-signed",
            Self::Loop => "it is in the path already",
        }
    }
}

/// Key usage bits (RFC 5280, 4.2.1.3).
const KEY_CERT_SIGN: u16 = 1 << 5;
const CRL_SIGN: u16 = 1 << 6;
/// digitalSignature, keyEncipherment or keyAgreement (`KU_TLS`).
const TLS_SERVER: u16 = 1 | 1 << 2 | 1 << 4;

/// Netscape's certificate types.
const NS_SSL_SERVER: u8 = 0x40;
const NS_SSL_CA: u8 = 0x04;
const NS_ANY_CA: u8 = 0x07;

/// serverAuth, and the two older ones for the same (`XKU_SSL_SERVER | XKU_SGC`).
const SERVER_PURPOSES: &[Oid] = &[
    crate::model::trust::SERVER_AUTH,
    Oid::new_unwrap("1.3.6.1.4.1.311.10.3.3"),
    Oid::new_unwrap("2.16.840.1.113730.4.1"),
];

/// Critical extensions that are understood (`X509_supported_extension`); OCSP's since 3.0.
const SUPPORTED: &[Oid] = &[
    oids::NETSCAPE_TYPE,
    oids::KEY_USAGE,
    oids::SUBJECT_ALT_NAME,
    oids::BASIC_CONSTRAINTS,
    oids::POLICIES,
    oids::DISTRIBUTION_POINTS,
    oids::EXTENDED_KEY_USAGE,
    oids::IP_ADDRESS_BLOCKS,
    oids::AS_NUMBERS,
    oids::POLICY_CONSTRAINTS,
    oids::PROXY,
    oids::NAME_CONSTRAINTS,
    oids::POLICY_MAPPINGS,
    oids::INHIBIT_ANY_POLICY,
];

/// Extensions that BoringSSL decodes when it first looks at a certificate (`x509v3_cache_extensions`).
const CACHED: [Oid; 8] = [
    oids::BASIC_CONSTRAINTS,
    oids::KEY_USAGE,
    oids::EXTENDED_KEY_USAGE,
    oids::SUBJECT_KEY_ID,
    oids::AUTHORITY_KEY_ID,
    oids::SUBJECT_ALT_NAME,
    oids::NAME_CONSTRAINTS,
    oids::DISTRIBUTION_POINTS,
];

/// Whether something follows the value of an extension, which BoringSSL does not take
/// (`X509_R_TRAILING_DATA_IN_EXTENSION`; `X509V3_EXT_d2i`, crypto/x509/v3_lib.cc) and OpenSSL does not look at.
pub(super) fn has_trailing_data(member: &Member, wanted: Oid) -> bool {
    let Some(value) = extension(member, wanted) else { return false };
    Walk::new(value).next().is_ok_and(|element| element.whole.end < value.len())
}

/// How a policy's library reads certificates.
#[derive(Clone, Copy)]
pub(super) struct Facts<'p> {
    pub(super) policy: &'p OpenSsl,
}

/// The curves of BoringSSL (crypto/ec/ec_asn1.cc).
const BORING_CURVES: [&str; 4] = ["P-224", "P-256", "P-384", "P-521"];

impl Facts<'_> {
    fn library(self) -> Library {
        self.policy.library
    }

    /// Whether the library keeps the shape of 1.0.2.
    pub(super) fn is_old(self) -> bool {
        self.library() < Library::V1_1_1
    }

    /// Whether it is BoringSSL.
    pub(super) fn is_boring(self) -> bool {
        matches!(self.library(), Library::BoringSsl | Library::Bun)
    }

    /// Whether an extension makes the whole certificate invalid (`EXFLAG_INVALID`). 1.0.2 takes one that
    /// it cannot read for absent.
    pub(super) fn is_broken(self, member: &Member) -> bool {
        if self.library() == Library::V1_0_2 {
            return !member.is_decodable;
        }
        let unreadable = member.basic_constraints.is_broken()
            || member.key_usage.is_broken()
            || member.extended_key_usage.is_broken()
            || member.netscape_type.is_broken() && !self.is_boring()
            || member.subject_key_id.is_broken()
            || member.authority_key_id.is_broken()
            || member.subject_alt_name.is_broken()
            || member.name_constraints.is_broken()
            || member.distribution_points.is_broken()
            || member.proxy.is_broken()
            || member.resources.is_broken();
        let path_len = member.basic_constraints.value().and_then(|found| Some((found.ca, found.path_len?)));
        let bad_path_len = match path_len {
            Some((_, ..=-1)) => true,
            // Only BoringSSL and 1.1.1 ask for that here, and 1.1.1 takes 0.
            Some((false, length)) => self.is_boring() || length != 0 && self.library() <= Library::V1_1_1,
            _ => false,
        };
        let empty_usage = self.library() >= Library::V3_0 && member.key_usage.value().is_some_and(|usage| usage.0 == 0);
        let bad_proxy = member.proxy.is_there()
            && (member.is_ca() || member.has(oids::SUBJECT_ALT_NAME) || member.has(oids::ISSUER_ALT_NAME));
        let trails = self.is_boring() && CACHED.iter().any(|oid| has_trailing_data(member, *oid));
        !member.is_decodable || unreadable || bad_path_len || empty_usage || bad_proxy || trails
    }

    /// Whether the library can decode the public key.
    pub(super) fn has_key(self, member: &Member) -> bool {
        match (&member.key, key_family(member)) {
            (PublicKey::Rsa { .. }, _) => member.has_sound_key(),
            (PublicKey::Ec { curve, .. }, _) if self.is_boring() && !BORING_CURVES.contains(&curve.as_str()) => false,
            (PublicKey::Ec { bits, .. }, _) => bits.is_some() && member.has_sound_key(),
            (PublicKey::EcExplicit, _) => !self.is_boring(),
            // RSA of which not even a modulus was found.
            (PublicKey::Other { .. }, Some(Family::Rsa | Family::RsaPss)) => false,
            (PublicKey::Other { .. }, family) => self.knows(family) && member.has_sound_key(),
        }
    }

    /// Whether the library knows algorithms of this family.
    fn knows(self, family: Option<Family>) -> bool {
        match family {
            None => false,
            Some(Family::MlDsa(_)) => self.policy.ml_dsa,
            Some(Family::SlhDsa(_)) => self.library() >= Library::V3_5,
            Some(Family::Ed25519) => self.library() != Library::V1_0_2,
            Some(Family::Ed448 | Family::Sm2) => self.library() >= Library::V1_1_1,
            Some(Family::Rsa | Family::RsaPss | Family::Ec | Family::Dsa) => true,
        }
    }

    /// Whether the signature's algorithm is one for the key (`check_sig_alg_match`).
    fn algorithm_fits(self, issuer: &Member, subject: &Member) -> Result<(), NotIssuer> {
        if !self.has_key(issuer) {
            return Err(NotIssuer::Key);
        }
        let signed = signature_family(subject.algorithm).filter(|family| self.knows(Some(*family)));
        let fits = match (key_family(issuer), signed) {
            (Some(Family::Rsa), Some(Family::RsaPss)) => true,
            (Some(key), Some(signed)) => key == signed,
            _ => false,
        };
        if fits { Ok(()) } else { Err(NotIssuer::Algorithm) }
    }

    /// Whether the certificate is taken for self-signed (`EXFLAG_SS`): it names itself, its authority key
    /// identifier is its own, and its signature could be of its key.
    pub(super) fn is_self_signed(self, member: &Member) -> bool {
        if !member.is_self_issued() || member.authority_fits(member).is_err() || self.is_broken(member) {
            return false;
        }
        if self.is_old() {
            return self.may_sign(member);
        }
        self.algorithm_fits(member, member).is_ok()
    }

    /// Whether key usage, where it is there, permits signing certificates.
    pub(super) fn may_sign(self, member: &Member) -> bool {
        !self.usage_rejects(member, KEY_CERT_SIGN)
    }

    /// Whether one certificate may have issued the other, the signature apart.
    pub(super) fn issued(self, issuer: &Member, subject: &Member) -> Result<(), NotIssuer> {
        if issuer.subject != subject.issuer {
            return Err(NotIssuer::Name);
        }
        if self.is_broken(issuer) {
            return Err(NotIssuer::Broken);
        }
        if self.is_broken(subject) {
            return Err(NotIssuer::BrokenSubject);
        }
        // `ossl_x509_likely_issued` of 4.0: by issuer and serial number both are the same certificate.
        if self.library() >= Library::V4_0 && issuer.issuer == subject.issuer && issuer.serial() == subject.serial() {
            return if self.is_self_signed(issuer) { Ok(()) } else { Err(NotIssuer::NotSelfSigned) };
        }
        subject.authority_fits(issuer).map_err(|mismatch| match mismatch {
            AuthorityMismatch::KeyId => NotIssuer::KeyId,
            AuthorityMismatch::IssuerAndSerial => NotIssuer::IssuerAndSerial,
        })?;
        if self.is_old() {
            // `X509_check_issued` of 1.0.2 asks for key usage and not for the algorithm.
            return if self.may_sign(issuer) { Ok(()) } else { Err(NotIssuer::KeyUsage) };
        }
        self.algorithm_fits(issuer, subject)
    }

    fn usage(self, member: &Member) -> Option<u16> {
        member.key_usage.value().map(|usage| usage.0)
    }

    fn usage_rejects(self, member: &Member, wanted: u16) -> bool {
        self.usage(member).is_some_and(|usage| usage & wanted == 0)
    }

    /// The key usage bits, none where there are none (`ex_kusage`).
    pub(super) fn has_usage_bits(self, member: &Member, cert_sign: bool) -> bool {
        self.usage(member).unwrap_or_default() & if cert_sign { KEY_CERT_SIGN } else { CRL_SIGN } != 0
    }

    /// What makes it a certification authority.
    pub(super) fn ca(self, member: &Member) -> Ca {
        let is_broken = self.library() >= Library::V3_0 && self.is_broken(member);
        if is_broken || self.usage_rejects(member, KEY_CERT_SIGN) {
            return Ca::No;
        }
        let is_v1_root = member.version == 1 && self.is_self_signed(member);
        if self.is_boring() {
            return if is_v1_root || member.is_ca() { Ca::Proper } else { Ca::No };
        }
        let netscape = member.netscape_type.value().is_some_and(|kind| kind & NS_ANY_CA != 0);
        match member.basic_constraints.value() {
            Some(found) if found.ca => Ca::Proper,
            Some(_) => Ca::No,
            None if is_v1_root || self.usage(member).is_some() || netscape => Ca::Legacy,
            None => Ca::No,
        }
    }

    /// Whether it is the same for a path which of two anchors ends it.
    pub(super) fn end_alike(self, one: &Member, other: &Member) -> bool {
        let looked_into = |member: &Member| {
            let length = member.basic_constraints.value().and_then(|found| found.path_len);
            (self.ca(member) == Ca::No, self.serves(member, true), length, self.has_unknown_critical(member))
        };
        one.spki() == other.spki()
            && (self.library() != Library::Bun
                || looked_into(one) == looked_into(other)
                    && one.name_constraints.value() == other.name_constraints.value())
    }

    /// Whether the extended key usage, where it is there, is for TLS servers.
    pub(super) fn purposes_serve(self, member: &Member) -> bool {
        let purposes = member.extended_key_usage.value();
        // BoringSSL has no server-gated cryptography any more.
        let known = if self.policy.gated { SERVER_PURPOSES } else { &SERVER_PURPOSES[..1] };
        purposes.is_none_or(|purposes| purposes.iter().any(|purpose| known.contains(purpose)))
    }

    /// Whether it serves for TLS servers (`check_purpose_ssl_server`): nothing where it is invalid.
    pub(super) fn serves(self, member: &Member, must_be_ca: bool) -> Option<bool> {
        if self.is_broken(member) {
            return None;
        }
        if !self.purposes_serve(member) {
            return Some(false);
        }
        let netscape = member.netscape_type.value().copied().filter(|_| !self.is_boring());
        if must_be_ca {
            let by_netscape = member.basic_constraints.value().is_none()
                && self.usage(member).is_none()
                && !(member.version == 1 && self.is_self_signed(member));
            let fits = !by_netscape || netscape.is_some_and(|kind| kind & NS_SSL_CA != 0);
            return Some(self.ca(member) != Ca::No && fits);
        }
        let netscape_rejects = netscape.is_some_and(|kind| kind & NS_SSL_SERVER == 0);
        Some(!netscape_rejects && !self.usage_rejects(member, TLS_SERVER))
    }

    /// Whether a critical extension is not understood (`EXFLAG_CRITICAL`).
    pub(super) fn has_unknown_critical(self, member: &Member) -> bool {
        member.extensions.iter().any(|(oid, critical)| *critical && !self.supports(*oid))
    }

    fn supports(self, oid: Oid) -> bool {
        // BoringSSL knows nine (`X509_supported_extension`, crypto/x509/v3_purp.cc).
        const DROPPED: [Oid; 5] =
            [oids::NETSCAPE_TYPE, oids::DISTRIBUTION_POINTS, oids::IP_ADDRESS_BLOCKS, oids::AS_NUMBERS, oids::PROXY];
        let known = SUPPORTED.contains(&oid) && !(self.is_boring() && DROPPED.contains(&oid));
        known || oid == oids::OCSP_NO_CHECK && self.library() >= Library::V3_0
    }

    /// Whether basic constraints are critical as the library finds out: it stops looking at the first
    /// critical extension that it does not understand.
    pub(super) fn critical_constraints(self, member: &Member) -> bool {
        self.is_critical(member, oids::BASIC_CONSTRAINTS)
    }

    /// The same of the subject alternative name.
    pub(super) fn critical_alt_name(self, member: &Member) -> bool {
        self.is_critical(member, oids::SUBJECT_ALT_NAME)
    }

    fn is_critical(self, member: &Member, wanted: Oid) -> bool {
        let mut critical = member.extensions.iter().filter(|(_, critical)| *critical).map(|(oid, _)| *oid);
        critical.by_ref().take_while(|oid| self.supports(*oid)).any(|oid| oid == wanted)
    }

    /// Whether the moment is within the dates, and what is wrong with each (`ossl_x509_check_cert_time`).
    pub(super) fn time(self, member: &Member, at: crate::model::Timestamp) -> impl Iterator<Item = Fault> {
        let begins = member.not_before.at.filter(|_| member.not_before.plain);
        let ends = member.not_after.at.filter(|_| member.not_after.plain);
        let is_new = self.library() >= Library::V4_0;
        let before = match begins {
            None => Some(Fault::NotBeforeMalformed),
            Some(begins) if at < begins => Some(Fault::NotYetValid),
            Some(_) => None,
        };
        let after = match ends {
            None => Some(Fault::NotAfterMalformed),
            // 9999-12-31T23:59:59Z stands for never (RFC 5280, 4.1.2.5).
            Some(ends) if is_new && ends.unix() == 253_402_300_799 => None,
            Some(ends) if at > ends || at == ends && !is_new => Some(Fault::Expired),
            Some(_) => None,
        };
        before.into_iter().chain(after)
    }

    /// Whether the moment is within the dates.
    pub(super) fn in_time(self, member: &Member, at: crate::model::Timestamp) -> bool {
        self.time(member, at).next().is_none()
    }
}
