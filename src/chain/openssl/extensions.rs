//! What the extensions of a path must say: critical ones understood, authorities that are authorities, the
//! requirements of `X509_V_FLAG_X509_STRICT` by version, the purpose, path lengths (`check_extensions`), and
//! the strength of keys and digests (`check_auth_level`).

use super::super::member::Member;
use super::facts::Ca;
use super::{Run, Trust, algorithm};
use crate::model::PublicKey;
use crate::policy::openssl::Library;
use crate::policy::{Fault, Sha1};
use std::sync::Arc;

impl Run<'_> {
    /// `check_extensions` of 3.0 on, `check_chain_extensions` of 1.1.1.
    pub(super) fn check_extensions(&mut self) {
        let mut intermediates = 0;
        for depth in 0..self.path.len() {
            let member = Arc::clone(&self.path[depth].member);
            if self.facts.has_unknown_critical(&member) {
                self.tell(Fault::CriticalUnknown, depth);
            }
            if member.proxy.value().is_some() {
                self.tell(Fault::ProxyNotAllowed, depth);
            }
            if self.policy().library == Library::V1_1_1 {
                self.check_authority_1_1_1(&member, depth);
            } else {
                self.check_authority(&member, depth);
            }
            self.check_purpose(&member, depth);
            let limit = path_len(&member);
            if depth > 1 && limit.is_some_and(|limit| intermediates > limit) {
                self.tell(Fault::PathLength, depth);
            }
            if depth > 0 && !member.is_self_issued() {
                intermediates += 1;
            }
        }
    }

    /// Whether the certificate at `depth` may be where it is.
    fn is_wrong_authority(&self, member: &Member, depth: usize) -> bool {
        let ca = self.facts.ca(member);
        let strict = self.policy().strict;
        if depth == 0 {
            return strict && ca == Ca::Legacy;
        }
        let is_anchor = depth + 1 == self.path.len();
        ca == Ca::No || (!is_anchor || strict) && ca == Ca::Legacy
    }

    fn check_authority(&mut self, member: &Member, depth: usize) {
        if self.is_wrong_authority(member, depth) {
            self.tell(Fault::NotCa, depth);
        }
        if self.path.len() == 1 {
            return;
        }
        if !self.facts.has_key(member) {
            self.tell(Fault::LeafKeyUndecodable, depth);
        } else if member.key == PublicKey::EcExplicit {
            self.tell(Fault::KeyExplicitCurve, depth);
        }
        if self.policy().strict {
            for fault in self.strict(member, depth) {
                self.tell(fault, depth);
            }
        }
    }

    /// 1.1.1 tells one of these at each certificate, and has two strict requirements.
    fn check_authority_1_1_1(&mut self, member: &Member, depth: usize) {
        let strict = self.policy().strict;
        let is_explicit = strict && self.path.len() > 1 && member.key == PublicKey::EcExplicit;
        let odd_length = strict && !member.is_ca() && path_len(member).is_some();
        let fault = match () {
            () if self.is_wrong_authority(member, depth) => Fault::NotCa,
            () if strict && self.path.len() > 1 && !self.facts.has_key(member) => Fault::LeafKeyUndecodable,
            () if is_explicit => Fault::KeyExplicitCurve,
            () if odd_length => Fault::PathLengthOnNonCa,
            () => return,
        };
        self.tell(fault, depth);
    }

    /// The requirements of RFC 5280 that are asked for with the strict flag since 3.0, in their order.
    fn strict(&self, member: &Member, depth: usize) -> Vec<Fault> {
        let facts = self.facts;
        let is_new = self.policy().library >= Library::V4_0;
        let is_ca = member.is_ca();
        let alt_names = member.subject_alt_name.value();
        let authority = member.authority_key_id.value();
        let subject_is_empty = member.subject.is_empty();
        let is_issued = depth + 1 < self.path.len();
        let has_constraints = member.basic_constraints.value().is_some();
        let version_3 = member.version >= 3;
        let may_lack = is_new && facts.is_self_signed(member);
        let nothing = |id: &super::super::member::extension::AuthorityKeyId| {
            id.key_id.is_none() && id.issuer.is_none() && id.serial.is_none()
        };
        let has_length = path_len(member).is_some();
        let lacks_authority = match authority {
            None => true,
            Some(id) => !is_new && id.key_id.is_none(),
        };
        let unpaired = authority.is_some_and(|id| id.issuer.is_some() != id.serial.is_some());
        let requirements = [
            (has_length && !is_ca, Fault::PathLengthOnNonCa),
            (has_length && !facts.has_usage_bits(member, true), Fault::PathLengthWithoutCertSign),
            (
                !is_new && is_ca && has_constraints && !facts.critical_constraints(member),
                Fault::BasicConstraintsNotCritical,
            ),
            (is_ca && !member.key_usage.is_there(), Fault::CaKeyUsageMissing),
            (!is_ca && facts.has_usage_bits(member, true), Fault::CertSignOnNonCa),
            (member.issuer.is_empty(), Fault::IssuerEmpty),
            (
                subject_is_empty && (is_ca || facts.has_usage_bits(member, false) || alt_names.is_none()),
                Fault::SubjectEmpty,
            ),
            (
                !is_new && subject_is_empty && alt_names.is_some() && !facts.critical_alt_name(member),
                Fault::AltNameNotCritical,
            ),
            (alt_names.is_some_and(Vec::is_empty), Fault::AltNameEmpty),
            (!member.algorithms_agree(), Fault::AlgorithmMismatch),
            (version_3 && is_issued && !may_lack && lacks_authority, Fault::AuthorityKeyIdMissing),
            (
                version_3 && is_new && is_issued && !may_lack && authority.is_some_and(nothing),
                Fault::AuthorityKeyIdEmpty,
            ),
            (version_3 && is_new && unpaired, Fault::AuthorityKeyIdUnpaired),
            (version_3 && is_ca && member.subject_key_id.value().is_none(), Fault::SubjectKeyIdMissing),
            (!version_3 && !member.extensions.is_empty(), Fault::ExtensionsNeedVersion3),
        ];
        requirements.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault).collect()
    }

    /// `check_purpose`: what the store says of an anchor goes before its own extended key usage.
    fn check_purpose(&mut self, member: &Member, depth: usize) {
        if !self.policy().purpose {
            return;
        }
        let stated = if depth >= self.untrusted { self.trust_at(depth) } else { Trust::Untrusted };
        let fits = match stated {
            Trust::Trusted => true,
            Trust::Rejected => false,
            Trust::Untrusted => self.facts.serves(member, depth > 0).unwrap_or(!self.policy().strict),
        };
        if !fits {
            self.tell(Fault::PurposeUnsuitable, depth);
        }
    }

    /// `check_chain_extensions` of 1.0.2 and BoringSSL: the store's part of the path is not looked into, but by Bun, which
    /// holds a self-issued certificate to its path length, too.
    pub(super) fn check_extensions_old(&mut self) {
        let mut before = 0;
        let is_bun = self.policy().library == Library::Bun;
        let looked_into = if is_bun { self.path.len() } else { self.untrusted.min(self.path.len()) };
        for depth in 0..looked_into {
            let member = Arc::clone(&self.path[depth].member);
            if self.facts.has_unknown_critical(&member) {
                self.tell(Fault::CriticalUnknown, depth);
            }
            if self.policy().library == Library::V1_0_2 && member.proxy.value().is_some() {
                self.tell(Fault::ProxyNotAllowed, depth);
            }
            let ca = self.facts.ca(&member);
            let strict = self.policy().strict && ca == Ca::Legacy;
            // An anchor of Bun's may be without basic constraints where its key usage says what it is.
            let lacks = depth >= self.untrusted
                && member.basic_constraints.value().is_none()
                && member.key_usage.value().is_some_and(|usage| usage.key_cert_sign());
            if strict || depth > 0 && ca == Ca::No && !lacks {
                self.tell(Fault::NotCa, depth);
            }
            let serves = if lacks {
                self.facts.purposes_serve(&member)
            } else {
                self.facts.serves(&member, depth > 0) == Some(true)
            };
            if self.policy().purpose && !serves {
                self.tell(Fault::PurposeUnsuitable, depth);
            }
            let is_self_issued = member.is_self_issued();
            if depth > 1 && (is_bun || !is_self_issued) && path_len(&member).is_some_and(|limit| before > limit + 1) {
                self.tell(Fault::PathLength, depth);
            }
            if !is_self_issued {
                before += 1;
            }
        }
    }

    /// Whether the level permits the key.
    pub(super) fn key_is_strong(&self, member: &Member) -> bool {
        let Some(wanted) = self.policy().level.and_then(algorithm::wanted) else { return true };
        if !self.facts.has_key(member) {
            return false;
        }
        // The strength of a curve that is given by its parameters is not worked out.
        algorithm::key_bits(member, self.policy().library).is_none_or(|bits| bits >= wanted)
    }

    /// `check_auth_level`: issuers' keys, and every signature but the anchor's own.
    pub(super) fn check_levels(&mut self) {
        let Some(level) = self.policy().level.filter(|&level| level > 0) else { return };
        for depth in 0..self.path.len() {
            let member = Arc::clone(&self.path[depth].member);
            if depth > 0 && !self.key_is_strong(&member) {
                self.tell(Fault::CaKeyWeak, depth);
            }
            if depth + 1 < self.path.len() && !self.digest_is_strong(&member, level) {
                self.tell(Fault::DigestWeak, depth);
            }
        }
    }

    fn digest_is_strong(&self, member: &Member, level: u8) -> bool {
        let Some(digest) = algorithm::digest(member) else { return false };
        // A vendor's patch lets SHA-1 pass up to level 2; where its default is not known, that is told with the signature.
        let lets_pass = matches!(self.policy().sha1, Sha1::Permitted | Sha1::Unknown);
        let is_let_pass = digest == algorithm::Digest::Sha1 && lets_pass && level <= 2;
        is_let_pass || algorithm::wanted(level).is_none_or(|wanted| digest.strength(self.policy().library) >= wanted)
    }
}

/// The path length constraint, where there is one.
fn path_len(member: &Member) -> Option<i64> {
    member.basic_constraints.value().and_then(|found| found.path_len)
}
