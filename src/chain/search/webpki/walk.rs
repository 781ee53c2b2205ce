//! The search of `verify_cert.rs`, walked for its candidates, for the place of a fault and for what is behind it.

use super::super::{
    Forgiven, Notes, SERVER_AUTH, Stop, Walked, anchors, answer, intermediates, issuer, subject, usages, with,
};
use crate::chain::member::{Member, oids};
use crate::chain::name::{Matching, ServerName};
use crate::chain::{From, Hop, Judged, Outcome, Pool, Question};
use crate::model::{Oid, PublicKey};
use crate::policy::Fault;
use crate::policy::openssl::CommonName;
use crate::policy::rustls::{Algorithms, Rustls};
use std::sync::Arc;

/// Certificates between the server's and the anchor (`MAX_SUB_CA_COUNT`).
const BETWEEN: usize = 6;

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
        if let Some(name) = &self.question.name {
            let never = Matching { common_name: CommonName::Never, partial_wildcards: false };
            if !never.matches(leaf, name) {
                let address = matches!(name, ServerName::Ip(_));
                self.check(if address { Fault::AddressMismatch } else { Fault::HostMismatch }, leaf, 0)?;
            }
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
        if member.version != 3 {
            self.check(Fault::VersionUnsupported, member, depth)?;
        }
        if !member.algorithms_agree() {
            self.check(Fault::AlgorithmMismatch, member, depth)?;
        }
        const KNOWN: [Oid; 6] = [
            oids::BASIC_CONSTRAINTS,
            oids::KEY_USAGE,
            oids::EXTENDED_KEY_USAGE,
            oids::NAME_CONSTRAINTS,
            oids::SUBJECT_ALT_NAME,
            oids::DISTRIBUTION_POINTS,
        ];
        if member.extensions.iter().any(|(oid, critical)| *critical && !KNOWN.contains(oid)) {
            self.check(Fault::CriticalUnknown, member, depth)?;
        }
        let twice = |wanted: Oid| member.extensions.iter().filter(|(oid, _)| *oid == wanted).count() > 1;
        if KNOWN.into_iter().any(twice) || member.basic_constraints.is_broken() || member.key_usage.is_broken() {
            self.check(Fault::Malformed, member, depth)?;
        }
        Ok(())
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
        match (depth > 0, member.is_ca()) {
            (false, true) => self.check(Fault::LeafIsCa, member, depth)?,
            (true, false) => self.check(Fault::NotCa, member, depth)?,
            _ => {}
        }
        let between = i64::try_from(depth.saturating_sub(1)).unwrap_or(i64::MAX);
        if member.basic_constraints.value().and_then(|found| found.path_len).is_some_and(|limit| between > limit)
            && depth > 0
        {
            self.check(Fault::PathLength, member, depth)?;
        }
        if usages(member).is_some_and(|usages| !usages.contains(&SERVER_AUTH)) {
            self.check(Fault::PurposeUnsuitable, member, depth)?;
        }
        Ok(())
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
            if !self.supports(&below.member, &above.member) {
                self.check(Fault::AlgorithmUnsupported, &below.member, depth)?;
            } else if !self.verifies(&above.member) || !self.notes.signed(&above.member, &below.member) {
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

    /// Whether the provider has the algorithm for this kind of key.
    fn supports(&self, member: &Member, by: &Member) -> bool {
        let list = self.rustls.algorithms;
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
            other => list == Algorithms::AwsLc && other.starts_with("2.16.840.1.101.3.4.3.1") && other.len() == 23,
        }
    }

    /// Whether a key is of a size that the provider verifies with.
    fn verifies(&self, by: &Member) -> bool {
        match by.key {
            PublicKey::Rsa { bits } => (2048..=8192).contains(&bits),
            _ => true,
        }
    }
}

/// Why the provider cannot verify what the server signs with its own key, so that the handshake fails once
/// the chain is accepted (`WebPkiServerVerifier::verify_tls13_signature`).
pub(super) fn handshake_fault(leaf: &Member, rustls: Rustls) -> Option<Fault> {
    match &leaf.key {
        PublicKey::Rsa { bits } => (!(2048..=8192).contains(bits)).then_some(Fault::SignatureBad),
        PublicKey::Ec { curve, .. } => {
            let known = matches!(curve.as_str(), "P-256" | "P-384")
                || (curve == "P-521" && rustls.algorithms != Algorithms::Ring);
            (!known).then_some(Fault::AlgorithmUnsupported)
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
