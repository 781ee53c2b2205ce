//! The search of `verify_cert.rs`, walked for its candidates, for the place of a fault and for what is behind it.

use super::super::{Forgiven, Notes, Stop, Walked, anchors, answer, intermediates, issuer, subject, usages, with};
use crate::chain::member::{Member, oids};
use crate::chain::name::ServerName;
use crate::chain::{From, Hop, Judged, Outcome, Pool, Question};
use crate::model::trust::SERVER_AUTH;
use crate::model::{Oid, PublicKey};
use crate::policy::Fault;
use crate::policy::names::STRICT;
use crate::policy::rustls::{Algorithms, Rustls};
use std::sync::Arc;

/// Certificates between the server's and the anchor (`MAX_SUB_CA_COUNT`).
const BETWEEN: usize = 6;
/// Bits of the RSA keys that providers verify with (`RSA_PKCS1_2048_8192_*`).
const RSA_BITS: (u32, u32) = (2048, 8192);

pub(super) fn judge(question: &Question, pool: &Pool, policy: &Rustls) -> Judged {
    answer(|forgiven, notes| {
        let mut walk = Walk { question, pool, rustls: *policy, forgiven, notes, furthest: Vec::new() };
        match walk.run() {
            Ok(path) => Walked::accepts(path),
            Err(stop) => Walked::refuses(walk.furthest, stop),
        }
    })
}

struct Walk<'w> {
    question: &'w Question,
    pool: &'w Pool,
    rustls: Rustls,
    forgiven: &'w Forgiven,
    notes: &'w Notes,
    furthest: Vec<Hop>,
}

impl Walk<'_> {
    fn run(&mut self) -> Result<Vec<Hop>, Stop> {
        let Some(leaf) = self.question.sent.first() else {
            return Err(Stop::missing(Fault::Malformed, 0, "no certificates presented"));
        };
        let path = with(&[], leaf, From::Sent(0));
        self.furthest.clone_from(&path);
        self.readable(leaf, 0)?;
        let found = self.forward(&path)?;
        if let Some(name) = &self.question.name
            && !STRICT.matches(leaf, name)
        {
            let address = matches!(name, ServerName::Ip(_));
            self.check(if address { Fault::AddressMismatch } else { Fault::HostMismatch }, leaf, 0)?;
        }
        if let Some(fault) = handshake_fault(leaf, self.rustls) {
            self.check(fault, leaf, 0)?;
        }
        Ok(found)
    }

    fn check(&self, fault: Fault, member: &Member, depth: usize) -> Result<(), Stop> {
        if self.forgiven.lets(fault, member) { Ok(()) } else { Err(Stop::new(fault, depth, member, String::new())) }
    }

    /// `Cert::from_der`, as far as it refuses what others read.
    fn readable(&self, member: &Member, depth: usize) -> Result<(), Stop> {
        readable(member).into_iter().try_for_each(|fault| self.check(fault, member, depth))
    }

    /// `check_issuer_independent_properties`.
    fn by_itself(&self, member: &Member, depth: usize) -> Result<(), Stop> {
        let now = self.question.at;
        match (member.not_before.at, member.not_after.at) {
            (Some(begins), _) if now < begins => self.check(Fault::NotYetValid, member, depth)?,
            (_, Some(ends)) if now > ends => self.check(Fault::Expired, member, depth)?,
            (Some(_), Some(_)) => {}
            _ => self.check(Fault::NotAfterMalformed, member, depth)?,
        }
        form(member, depth).into_iter().try_for_each(|fault| self.check(fault, member, depth))
    }

    fn forward(&mut self, path: &[Hop]) -> Result<Vec<Hop>, Stop> {
        let Some(last) = path.last() else { return Ok(Vec::new()) };
        let (member, depth) = (Arc::clone(&last.member), path.len() - 1);
        self.by_itself(&member, depth)?;
        let mut failed: Option<Stop> = None;
        let worse = |failed: &mut Option<Stop>, why: Stop| {
            // An unknown issuer is the least that can be said.
            if failed.as_ref().is_none_or(|known| known.fault == Fault::IssuerNotFound) {
                *failed = Some(why);
            }
        };
        let (notes, question, pool) = (self.notes, self.question, self.pool);
        for (from, anchor) in anchors(pool).filter(|(_, anchor)| subject(anchor) == issuer(&member)) {
            if notes.spend() {
                break;
            }
            let longer = with(path, anchor, from);
            self.note(&longer);
            match self.anchored(&longer) {
                Ok(()) => {
                    notes.step(depth, from, Outcome::Taken);
                    return Ok(longer);
                }
                Err(why) => {
                    notes.pass(depth, from, describe(why.fault));
                    worse(&mut failed, why);
                }
            }
        }
        for (from, candidate) in intermediates(question).filter(|(_, other)| subject(other) == issuer(&member)) {
            if notes.spend() {
                break;
            }
            let repeated =
                |hop: &Hop| hop.member.spki() == candidate.spki() && subject(&hop.member) == subject(candidate);
            if path.iter().any(repeated) {
                notes.pass(depth, from, "its name and key are in the path already");
                continue;
            }
            if depth >= BETWEEN {
                let why = Stop::new(Fault::PathTooLong, depth, &member, String::new());
                worse(&mut failed, why);
                break;
            }
            let longer = with(path, candidate, from);
            self.note(&longer);
            let tried = self.readable(candidate, depth + 1).and_then(|()| self.forward(&longer));
            match tried {
                Ok(found) => {
                    notes.step(depth, from, Outcome::Taken);
                    return Ok(found);
                }
                Err(why) => {
                    notes.pass(depth, from, describe(why.fault));
                    worse(&mut failed, why);
                }
            }
        }
        match failed {
            Some(failed) => Err(failed),
            None if self.forgiven.lets_missing() => Ok(path.to_vec()),
            None => Err(Stop::missing(Fault::IssuerNotFound, depth, String::new())),
        }
    }

    fn note(&mut self, path: &[Hop]) {
        if path.len() > self.furthest.len() {
            self.furthest = path.to_vec();
        }
    }

    /// `check_signed_chain` and `check_signed_chain_name_constraints`, from the anchor down.
    fn anchored(&self, path: &[Hop]) -> Result<(), Stop> {
        for (depth, pair) in path.windows(2).enumerate().rev() {
            let [below, above] = pair else { continue };
            if !supports(&below.member, &above.member, self.rustls) {
                self.check(Fault::AlgorithmUnsupported, &below.member, depth)?;
            } else if !has_size(&above.member) || !self.notes.signed(&above.member, &below.member) {
                self.check(Fault::SignatureBad, &below.member, depth)?;
            }
        }
        for above in 1..path.len() {
            let Some(constraints) = path[above].member.name_constraints.value() else { continue };
            for hop in &path[..above] {
                if let Err(fault) = crate::chain::constraints::check(&hop.member, constraints) {
                    self.check(fault, &path[above].member, above)?;
                }
            }
        }
        Ok(())
    }
}

/// What `Cert::from_der` refuses and others read.
pub(super) fn readable(member: &Member) -> Vec<Fault> {
    const KNOWN: [Oid; 6] = [
        oids::BASIC_CONSTRAINTS,
        oids::KEY_USAGE,
        oids::EXTENDED_KEY_USAGE,
        oids::NAME_CONSTRAINTS,
        oids::SUBJECT_ALT_NAME,
        oids::DISTRIBUTION_POINTS,
    ];
    let unknown = member.extensions.iter().any(|(oid, critical)| *critical && !KNOWN.contains(oid));
    let twice = |wanted: Oid| member.extensions.iter().filter(|(oid, _)| *oid == wanted).count() > 1;
    let broken = KNOWN.into_iter().any(twice) || member.basic_constraints.is_broken() || member.key_usage.is_broken();
    let found = [
        (member.version != 3, Fault::VersionUnsupported),
        (!member.algorithms_agree(), Fault::AlgorithmMismatch),
        (unknown, Fault::CriticalUnknown),
        (broken, Fault::Malformed),
    ];
    found.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault).collect()
}

/// `check_issuer_independent_properties` without the dates.
pub(super) fn form(member: &Member, depth: usize) -> Vec<Fault> {
    let between = i64::try_from(depth.saturating_sub(1)).unwrap_or(i64::MAX);
    let too_long =
        member.basic_constraints.value().and_then(|found| found.path_len).is_some_and(|limit| between > limit);
    let found = [
        (depth == 0 && member.is_ca(), Fault::LeafIsCa),
        (depth > 0 && !member.is_ca(), Fault::NotCa),
        (depth > 0 && too_long, Fault::PathLength),
        (usages(member).is_some_and(|usages| !usages.contains(&SERVER_AUTH)), Fault::PurposeUnsuitable),
    ];
    found.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault).collect()
}

/// Whether the provider has the algorithm for this kind of key.
fn supports(member: &Member, by: &Member, rustls: Rustls) -> bool {
    let list = rustls.algorithms;
    let algorithm = member.algorithm.to_string();
    match algorithm.as_str() {
        "1.2.840.113549.1.1.11" | "1.2.840.113549.1.1.12" | "1.2.840.113549.1.1.13" => {
            matches!(by.key, PublicKey::Rsa { .. })
        }
        "1.2.840.113549.1.1.10" => {
            super::super::pss_digest(member).is_some() && matches!(by.key, PublicKey::Rsa { .. })
        }
        "1.2.840.10045.4.3.2" | "1.2.840.10045.4.3.3" | "1.2.840.10045.4.3.4" => match &by.key {
            PublicKey::Ec { curve, .. } => {
                let ring = matches!(curve.as_str(), "P-256" | "P-384") && !algorithm.ends_with('4');
                ring || (list != Algorithms::Ring && matches!(curve.as_str(), "P-256" | "P-384" | "P-521"))
            }
            _ => false,
        },
        "1.3.101.112" => by.key_algorithm.to_string() == "1.3.101.112",
        other => list == Algorithms::AwsLc && is_ml_dsa(other),
    }
}

fn is_ml_dsa(algorithm: &str) -> bool {
    algorithm.starts_with("2.16.840.1.101.3.4.3.1") && algorithm.len() == 23
}

/// Whether the provider has the algorithm of a certificate's own signature, whatever the key.
pub(super) fn knows_algorithm(member: &Member, rustls: Rustls) -> bool {
    match member.algorithm.to_string().as_str() {
        "1.2.840.113549.1.1.11" | "1.2.840.113549.1.1.12" | "1.2.840.113549.1.1.13" => true,
        "1.2.840.113549.1.1.10" => super::super::pss_digest(member).is_some(),
        "1.2.840.10045.4.3.2" | "1.2.840.10045.4.3.3" => true,
        "1.2.840.10045.4.3.4" => rustls.algorithms != Algorithms::Ring,
        "1.3.101.112" => true,
        other => rustls.algorithms == Algorithms::AwsLc && is_ml_dsa(other),
    }
}

/// Whether the provider verifies anything with this key.
///
/// # Errors
/// The fault that it is: its size, or its kind.
pub(super) fn supports_key(member: &Member, rustls: Rustls) -> Result<(), Fault> {
    let serves = match &member.key {
        PublicKey::Rsa { bits } if *bits < RSA_BITS.0 => return Err(Fault::CaKeyWeak),
        PublicKey::Rsa { bits } => *bits <= RSA_BITS.1,
        PublicKey::Ec { curve, .. } => {
            matches!(curve.as_str(), "P-256" | "P-384") || (curve == "P-521" && rustls.algorithms != Algorithms::Ring)
        }
        PublicKey::EcExplicit => false,
        PublicKey::Other { .. } => {
            let algorithm = member.key_algorithm.to_string();
            algorithm == "1.3.101.112" || (rustls.algorithms == Algorithms::AwsLc && is_ml_dsa(&algorithm))
        }
    };
    if serves { Ok(()) } else { Err(Fault::AlgorithmUnsupported) }
}

/// Whether a key is of a size that the provider verifies with.
fn has_size(by: &Member) -> bool {
    !matches!(by.key, PublicKey::Rsa { bits } if !(RSA_BITS.0..=RSA_BITS.1).contains(&bits))
}

/// Why the provider cannot verify what the server signs with its own key, so that the handshake fails once
/// the chain is accepted (`WebPkiServerVerifier::verify_tls13_signature`).
pub(super) fn handshake_fault(leaf: &Member, rustls: Rustls) -> Option<Fault> {
    match &leaf.key {
        PublicKey::Rsa { bits } => (!(2048..=8192).contains(bits)).then_some(Fault::SignatureBad),
        PublicKey::Ec { curve, .. } => {
            let known = matches!(curve.as_str(), "P-256" | "P-384")
                || (curve == "P-521" && rustls.algorithms != Algorithms::Ring);
            (!known).then_some(Fault::LeafKeyNotOffered)
        }
        _ => None,
    }
}

fn describe(fault: Fault) -> &'static str {
    match fault {
        Fault::IssuerNotFound => "it leads to no anchor",
        Fault::SignatureBad => "its key did not make the signature, or is of a size that is not verified",
        Fault::AlgorithmUnsupported => "the provider does not have the algorithm",
        Fault::Expired | Fault::NotYetValid => "it, or one above it, is not valid now",
        Fault::NotCa => "it, or one above it, is no certification authority",
        Fault::PurposeUnsuitable => "it, or one above it, is not for TLS servers",
        Fault::VersionUnsupported => "it, or one above it, is not of version 3",
        Fault::CriticalUnknown => "it, or one above it, has a critical extension that is not known",
        _ => "it, or one above it, does not serve",
    }
}
