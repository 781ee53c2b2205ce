//! Signatures and dates, from the anchor down (`internal_verify`), and name constraints
//! (`check_name_constraints`).

use super::super::constraints::{self, boring::Build};
use super::super::member::general_name::GeneralName;
use super::super::member::{Member, oids};
use super::super::search::policies;
use super::super::signature::Signature;
use super::facts::has_trailing_data;
use super::{Run, algorithm};
use crate::limits;
use crate::model::Oid;
use crate::policy::openssl::Library;
use crate::policy::{Fault, Fips, Sha1};
use std::sync::Arc;

// What a path may take is told as so many of what OpenSSL takes for two of its certificates.
const _: () = assert!(limits::CONSTRAINT_COMPARISONS == 4 * constraints::COMPARISONS);

impl Run<'_> {
    /// `internal_verify` since 1.1.0.
    pub(super) fn verify_signatures(&mut self) {
        let top = self.path.len() - 1;
        let anchor = Arc::clone(&self.path[top].member);
        let is_own = self.facts.issued(&anchor, &anchor).is_ok();
        let mut first = top;
        if !is_own && !self.policy().partial_chain {
            if top == 0 {
                self.tell(Fault::LeafUnverifiable, 0);
            } else {
                first = top - 1;
            }
        }
        for depth in (0..=first).rev() {
            if depth < top {
                let issuer = Arc::clone(&self.path[depth + 1].member);
                if !self.facts.may_sign(&issuer) {
                    self.tell(Fault::KeyUsageNoCertSign, depth + 1);
                }
                self.verify_signature(&issuer, depth);
            }
            self.check_time(depth);
        }
    }

    /// `internal_verify` of 1.0.2 and BoringSSL, which ends at a certificate that nothing verifies.
    pub(super) fn verify_signatures_old(&mut self) {
        let top = self.path.len() - 1;
        let anchor = Arc::clone(&self.path[top].member);
        let is_own = self.facts.issued(&anchor, &anchor).is_ok();
        let mut first = top;
        if !is_own && !self.policy().partial_chain {
            if top == 0 {
                self.tell(Fault::LeafUnverifiable, 0);
                // Bun 1.4.5 goes on with the dates, as OpenSSL does since 1.1.0.
                if self.policy().library == Library::Bun {
                    self.check_time(0);
                }
                return;
            }
            first = top - 1;
        }
        for depth in (0..=first).rev() {
            if depth < top {
                let issuer = Arc::clone(&self.path[depth + 1].member);
                self.verify_signature(&issuer, depth);
            }
            self.check_time(depth);
        }
    }

    fn verify_signature(&mut self, issuer: &Member, depth: usize) {
        let subject = Arc::clone(&self.path[depth].member);
        if !self.facts.has_key(issuer) {
            self.tell(Fault::KeyUndecodable, depth + 1);
            return;
        }
        // BoringSSL reads keys of DSA and verifies nothing with them (`dsa_asn1_meth`, crypto/evp/p_dsa.cc).
        if self.facts.is_boring() && algorithm::key_family(issuer) == Some(algorithm::Family::Dsa) {
            self.tell(Fault::SignatureBad, depth);
            return;
        }
        // What the library refuses to compute: MD5 in FIPS mode and in BoringSSL, SHA-1 where a vendor's patch says so.
        let (fips, sha1) = (self.policy().fips, self.policy().sha1);
        let digest = algorithm::digest(&subject);
        let refuses = match digest {
            Some(algorithm::Digest::Md5) => fips.is_on() || self.facts.is_boring(),
            Some(algorithm::Digest::Sha1) => sha1 == Sha1::Refused || fips == Fips::Vendor,
            _ => false,
        };
        if refuses {
            self.tell(Fault::AlgorithmUnsupported, depth);
            return;
        }
        if digest == Some(algorithm::Digest::Sha1) && sha1 == Sha1::Unknown {
            self.undecided.get_or_insert("on whether this build takes SHA-1 in signatures".to_owned());
        }
        if fips.is_on() && !algorithm::is_approved(issuer, digest, fips) {
            self.undecided.get_or_insert("on whether its FIPS provider takes the key or the algorithm".to_owned());
        }
        // `x509_rsa_pss_to_ctx`, crypto/x509/rsa_pss.cc: SHA-256, 384 or 512, the same for the mask, a salt as long.
        let is_odd = |found: algorithm::Pss| !found.is_even() || !found.salt_fits();
        if self.facts.is_boring() && algorithm::pss(&subject).is_some_and(is_odd) {
            self.tell(Fault::SignatureBad, depth);
            return;
        }
        match self.signature(issuer, &subject) {
            Signature::Good => {}
            Signature::Bad => self.tell(Fault::SignatureBad, depth),
            Signature::Unsupported(oid) => {
                self.undecided.get_or_insert(format!("on a signature by {oid}, which castore cannot verify"));
            }
            Signature::NotChecked => {
                self.undecided.get_or_insert("on its signatures, which this build does not verify".to_owned());
            }
        }
    }

    /// `check_policy` of BoringSSL (crypto/x509/policy.cc, RFC 9618), which every client there evaluates and asks for none.
    pub(super) fn check_policies(&mut self) {
        let path: Vec<Arc<Member>> = self.path.iter().map(|hop| Arc::clone(&hop.member)).collect();
        let Some((anchor, certificates)) = path.split_last() else { return };
        // From the anchor down; its own are looked at by Bun 1.4.5 alone.
        let is_bun = self.policy().library == Library::Bun;
        let looked_at = if is_bun && !certificates.is_empty() { &path[..] } else { certificates };
        if let Some((depth, _)) =
            looked_at.iter().enumerate().rev().find(|(depth, member)| has_bad_policies(member, *depth == 0))
        {
            self.tell(Fault::PolicyMalformed, depth);
            return;
        }
        let mut members: Vec<&Member> = looked_at.iter().map(|member| &**member).collect();
        members.push(anchor);
        if let Some(depth) = policies::invalid_at(&members) {
            self.tell(Fault::PolicyUnmet, depth);
        }
    }

    fn check_time(&mut self, depth: usize) {
        let member = Arc::clone(&self.path[depth].member);
        for fault in self.facts.time(&member, self.question.at) {
            self.tell(fault, depth);
        }
    }

    /// Every certificate against the constraints of all above it, anchor included; self-issued ones but the
    /// server's are left out. The common name counts as a host name where there is no dNSName, since 1.1.0.
    pub(super) fn check_constraints(&mut self) {
        let mut left = limits::CONSTRAINT_COMPARISONS;
        let build = Build { holds_syntax: self.policy().excludes_wildcards == Some(true) };
        let mut has_constraints = false;
        for depth in (0..self.path.len()).rev() {
            let member = Arc::clone(&self.path[depth].member);
            if depth > 0 && member.is_self_issued() {
                continue;
            }
            for above in (depth + 1..self.path.len()).rev() {
                let issuer = Arc::clone(&self.path[above].member);
                let Some(subtrees) = issuer.name_constraints.value() else { continue };
                // What one check takes at most is OpenSSL's own bound; what all of them take is not bounded there.
                let takes = constraints::comparisons(&member, subtrees);
                left = left.saturating_sub(takes.min(constraints::COMPARISONS));
                if left == 0 {
                    self.undecided.get_or_insert("on name constraints beyond what castore compares".to_owned());
                    return;
                }
                let has_dns = member.alt_names().any(|name| matches!(name, GeneralName::Dns(_)));
                let common_name_too = depth == 0
                    && !has_dns
                    && !self.never_common_name()
                    && self.policy().library != Library::V1_0_2
                    && !self.facts.is_boring();
                has_constraints = true;
                let mut found = match self.facts.is_boring() {
                    true => constraints::boring::check(&member, subtrees, build),
                    false => constraints::check(&member, subtrees),
                };
                if found.is_ok() && constraints::excludes_part(&member, subtrees) {
                    match self.policy().excludes_wildcards {
                        Some(true) => found = Err(Fault::NameExcluded),
                        Some(false) => {}
                        None => {
                            let why = "on whether what a name constraint excludes reaches into a wildcard there";
                            self.undecided.get_or_insert(why.to_owned());
                        }
                    }
                }
                if found.is_ok() && common_name_too {
                    found = constraints::check_common_names(&member, subtrees);
                }
                if let Err(fault) = found {
                    self.tell(fault, depth);
                }
            }
        }
        let leaf = &self.path[0].member;
        if self.facts.is_boring()
            && has_constraints
            && !leaf.subject_alt_name.is_there()
            && constraints::boring::common_name_is_host(leaf)
        {
            self.tell(Fault::ConstrainedWithoutNames, 0);
        }
    }
}

/// The extensions of policies, and whether they are looked at in a server's certificate.
const OF_POLICIES: [(Oid, bool); 4] = [
    (oids::POLICIES, true),
    (oids::POLICY_MAPPINGS, false),
    (oids::POLICY_CONSTRAINTS, true),
    (oids::INHIBIT_ANY_POLICY, true),
];

/// Whether an extension of policies is none that BoringSSL takes: unreadable, without anything in it, one policy twice,
/// anyPolicy mapped (`process_certificate_policies`, `process_policy_mappings`, `process_policy_constraints`). Mappings of a
/// server's certificate are not looked at.
fn has_bad_policies(member: &Member, is_leaf: bool) -> bool {
    let policies = member.policies.value().map_or(&[][..], Vec::as_slice);
    let is_twice = policies.iter().enumerate().any(|(at, policy)| policies[..at].contains(policy));
    let mappings = member.policy_mappings.value().filter(|_| !is_leaf).map_or(&[][..], Vec::as_slice);
    let maps_any = mappings.iter().any(|(from, to)| [*from, *to].contains(&policies::ANY));
    let is_empty = member.policies.value().is_some_and(Vec::is_empty)
        || !is_leaf && member.policy_mappings.value().is_some_and(Vec::is_empty)
        || member
            .policy_constraints
            .value()
            .is_some_and(|found| found.require_explicit.is_none() && found.inhibit_mapping.is_none());
    let is_broken = member.policies.is_broken()
        || !is_leaf && member.policy_mappings.is_broken()
        || member.policy_constraints.is_broken()
        || member.inhibit_any_policy.is_broken()
        || OF_POLICIES.iter().any(|(oid, of_leaf)| (*of_leaf || !is_leaf) && has_trailing_data(member, *oid));
    is_broken || is_empty || is_twice || maps_any
}
