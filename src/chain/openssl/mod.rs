//! OpenSSL's way: one path, chosen without looking back.
//!
//! At each certificate OpenSSL takes the first issuer that fits by name, key identifier and algorithm and
//! whose dates are good; it tries no signature and never goes back. So the order of a store decides, and
//! what it tells is the first fault of a fixed order of work: the key of the server's certificate, the
//! path, extensions from the server's certificate up, keys and digests, the host name, then signatures and
//! dates from the root down, and name constraints last. The engine does the same work in the same order,
//! and goes on after a fault as a program whose callback always goes on does (Node): what such a program
//! tells is the last fault, what all others tell is the first, and the rest is what waits behind it.
//!
//! Sources: crypto/x509/x509_vfy.c of 1.1.1w, 3.0.5, 3.2.1, 3.5.5, 3.6.2 and 4.0.3; of 1.0.2 and BoringSSL
//! for the shape that came before (`build_old`).

pub mod acceptance;
pub(in crate::chain) mod algorithm;
mod build;
mod build_old;
mod candidates;
mod extensions;
mod facts;
mod verify;

use super::member::Member;
use super::name::ServerName;
use super::signature::Signature;
use super::{From, Hop, Judged, Located, Pool, Question, Step, Trusted, Verdict};
use crate::limits;
use crate::policy::names::{Asked, CommonName};
use crate::policy::openssl::{HostCheck, Library, OpenSsl, Report};
use crate::policy::{Fault, Printed};
use facts::Facts;
use std::sync::Arc;

/// Would this chain verify with OpenSSL and this policy.
#[must_use]
pub fn judge(question: &Question, pool: &Pool, policy: &OpenSsl) -> Judged {
    let Some(leaf) = question.sent.first() else {
        let verdict = Verdict::NotPredicted("the server sent no certificate".to_owned());
        return Judged { verdict, path: Vec::new(), steps: Vec::new(), behind: Vec::new() };
    };
    // What was sent is decoded before anything is verified (`tls_process_server_certificate`,
    // ssl/statem/statem_clnt.c).
    if let Some(position) = question.sent.iter().position(|member| !member.is_decodable) {
        let fault = Located { fault: Fault::Undecodable, depth: position };
        let verdict = Verdict::Refuses { fault, printed: policy.says(Fault::Undecodable, &Asked::NOTHING) };
        return Judged { verdict, path: Vec::new(), steps: Vec::new(), behind: Vec::new() };
    }
    // BoringSSL knows three versions and decodes extensions in the third alone (`X509_parse`, crypto/x509/x_x509.cc), and the server's certificate is
    // decoded in the handshake, what else was sent as well.
    let facts = Facts { policy };
    let unparsed = |member: &std::sync::Arc<Member>| match member.version {
        0..3 => (!member.extensions.is_empty()).then_some(Fault::ExtensionsNeedVersion3),
        3 => None,
        _ => Some(Fault::VersionUnsupported),
    };
    let found = question.sent.iter().enumerate().find_map(|(depth, member)| Some((depth, unparsed(member)?)));
    if let Some((depth, fault)) = found.filter(|_| facts.is_boring()) {
        let fault = Located { fault, depth };
        let printed = Printed { code: None, name: Some("DECODE_ERROR"), text: "DECODE_ERROR".to_owned() };
        return Judged::of(Verdict::Refuses { fault, printed });
    }
    // BoringSSL asks the key usage for what the key does in the handshake before it verifies
    // (`ssl_cert_check_key_usage`, called in ssl/tls13_both.cc and ssl/handshake_client.cc; in TLS 1.3 and with ECDHE it
    // signs).
    if facts.is_boring() && leaf.key_usage.value().is_some_and(|usage| usage.0 & 1 == 0) {
        let name = Some("ERR_SSL_KEY_USAGE_BIT_INCORRECT");
        let printed = Printed { code: None, name, text: "KEY_USAGE_BIT_INCORRECT".to_owned() };
        let verdict = Verdict::Refuses { fault: Located { fault: Fault::PurposeUnsuitable, depth: 0 }, printed };
        return Judged::of(verdict);
    }
    let mut run = Run {
        question,
        pool,
        facts,
        path: vec![Hop { member: Arc::clone(leaf), from: From::Sent(0) }],
        untrusted: 1,
        steps: Vec::new(),
        told: Vec::new(),
        luck: None,
        is_broken: facts.is_broken(leaf),
        undecided: None,
    };
    if policy.host == HostCheck::Before {
        run.check_host();
    }
    if run.facts.is_old() {
        run.work_old()
    } else {
        run.work()
    }
    if run.told.is_empty() && policy.host == HostCheck::Afterwards {
        run.check_host();
        return run.judged(policy);
    }
    // What a program would look at once nothing else is wrong.
    let told = run.told.len();
    if policy.host == HostCheck::Afterwards {
        run.check_host();
    }
    let later = run.told.split_off(told);
    let mut judged = run.judged(policy);
    judged.behind.extend(later);
    judged
}

/// One verification as it goes on.
struct Run<'q> {
    question: &'q Question,
    pool: &'q Pool,
    facts: Facts<'q>,
    /// The server's certificate, then issuer after issuer.
    path: Vec<Hop>,
    /// How many of the path were not taken from the store (`num_untrusted`).
    untrusted: usize,
    steps: Vec<Step>,
    /// Every fault in the order in which it is told.
    told: Vec<Located>,
    /// Which coincidence decides.
    luck: Option<String>,
    /// Whether an extension was met that cannot be read.
    is_broken: bool,
    /// Why castore cannot tell, where everything it can tell is in order.
    undecided: Option<String>,
}

/// Work that ends here whatever a callback says.
struct Ends;

/// What an anchor's trust settings and place make of a path (`X509_TRUST_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trust {
    Trusted,
    Rejected,
    Untrusted,
}

impl Run<'_> {
    fn policy(&self) -> &OpenSsl {
        self.facts.policy
    }

    fn tell(&mut self, fault: Fault, depth: usize) {
        self.told.push(Located { fault, depth });
    }

    /// The order of work since 1.1.0 (`X509_verify_cert`, `verify_chain`).
    fn work(&mut self) {
        if !self.key_is_strong(&self.path[0].member) {
            self.tell(Fault::LeafKeyWeak, 0);
        }
        if let Err(Ends) = self.build() {
            return;
        }
        self.check_extensions();
        self.check_levels();
        if self.policy().host == HostCheck::Library {
            self.check_host();
        }
        // `X509_get_pubkey_parameters`, whose failure counts since 3.0.
        if self.policy().library >= Library::V3_0 && !self.facts.has_key(&self.path[0].member) {
            self.tell(Fault::LeafKeyUndecodable, 0);
            return;
        }
        self.verify_signatures();
        if self.policy().host == HostCheck::InCallback {
            self.check_host();
        }
        self.check_constraints();
    }

    /// The order of work of 1.0.2 and BoringSSL.
    fn work_old(&mut self) {
        if let Err(Ends) = self.build_old() {
            return;
        }
        let is_built = self.told.is_empty();
        self.check_extensions_old();
        if self.policy().library == Library::V1_0_2 {
            // 1.0.2 looks at constraints before names and signatures.
            self.check_constraints();
        }
        if self.policy().host == HostCheck::Library {
            self.check_host();
        }
        self.verify_signatures_old();
        if self.policy().host == HostCheck::InCallback {
            self.check_host();
        }
        if self.facts.is_boring() {
            self.check_constraints();
            // Once a path was built, whatever else is wrong with it (`X509_verify_cert`).
            if is_built {
                self.check_policies();
            }
        }
    }

    /// `check_id`, or what a program does in its place.
    fn check_host(&mut self) {
        let Some(name) = &self.question.name else { return };
        let policy = self.policy();
        let leaf = &self.path[0].member;
        if policy.needs_subject && leaf.subject.is_empty() || !policy.names.matches(leaf, name) {
            let fault = match name {
                ServerName::Dns(_) => Fault::HostMismatch,
                ServerName::Ip(_) => Fault::AddressMismatch,
            };
            self.tell(fault, 0);
        }
    }

    fn never_common_name(&self) -> bool {
        let policy = self.policy();
        policy.host == HostCheck::Library && policy.names.common_name == CommonName::Never
    }

    /// What a store says of the anchor at `index`, for the purpose asked for (`X509_check_trust`).
    fn trust_of(&self, index: usize, without_settings: Trust) -> Trust {
        let Some(held) = self.pool.anchors.get(index) else { return Trust::Untrusted };
        match held.trust {
            Trusted::Yes => Trust::Trusted,
            Trusted::Rejected => Trust::Rejected,
            Trusted::Unstated => without_settings,
        }
    }

    /// That of a certificate of the path; none is said of what was sent.
    fn trust_at(&self, depth: usize) -> Trust {
        match self.path[depth].from {
            From::Pool(index) => self.trust_of(index, Trust::Untrusted),
            From::Sent(_) => Trust::Untrusted,
        }
    }

    fn candidate_step(&mut self, step: Step) {
        if self.steps.len() < limits::CHAIN_STEPS {
            self.steps.push(step);
        }
    }

    fn signature(&mut self, issuer: &Member, subject: &Member) -> Signature {
        // `X509_verify`, crypto/x509/x_all.c: both algorithms must be the same.
        if !subject.algorithms_agree() {
            return Signature::Bad;
        }
        subject.signed_by(issuer)
    }

    /// Faults that are gone once another is mended, as a program that stops at the first never shows them.
    fn consequences(&self) -> Vec<Located> {
        let is_told = |fault: Fault, depth: usize| self.told.contains(&Located { fault, depth });
        let follows = |located: &&Located| match located.fault {
            // Nothing is there to verify with because no issuer was found.
            Fault::LeafUnverifiable => self.told.len() > 1,
            // What is no certification authority has no purpose as one.
            Fault::PurposeUnsuitable => {
                let hop = self.path.get(located.depth);
                let serves = hop.is_some_and(|hop| self.facts.purposes_serve(&hop.member));
                is_told(Fault::AnchorRejected, located.depth) || serves && is_told(Fault::NotCa, located.depth)
            }
            Fault::KeyUsageNoCertSign => is_told(Fault::NotCa, located.depth),
            _ => false,
        };
        self.told.iter().filter(follows).copied().collect()
    }

    fn judged(self, policy: &OpenSsl) -> Judged {
        let follows = if policy.report == Report::First { self.consequences() } else { Vec::new() };
        let mut told = self.told;
        if policy.report == Report::Last {
            told.reverse();
        }
        let is_clean = told.is_empty();
        let mut told = told.into_iter();
        let verdict = match (told.next(), self.luck.or(self.undecided.filter(|_| is_clean))) {
            (_, Some(why)) => Verdict::Depends(why),
            (Some(fault), None) => {
                let name = self.question.name.as_ref().map(|name| policy.names.asked(name)).unwrap_or_default();
                let leaf = self.path.first().zip(self.question.name.as_ref());
                let against = leaf.and_then(|(leaf, name)| policy.names.compare(&leaf.member, name).err());
                let asked = Asked { name: &name, against: against.as_ref(), broken: self.is_broken };
                Verdict::Refuses { fault, printed: policy.says(fault.fault, &asked) }
            }
            (None, None) => Verdict::Accepts,
        };
        let mut behind = Vec::new();
        for located in told {
            if !follows.contains(&located) && verdict_fault(&verdict) != Some(located) && !behind.contains(&located) {
                behind.push(located);
            }
        }
        Judged { verdict, path: self.path, steps: self.steps, behind }
    }
}

fn verdict_fault(verdict: &Verdict) -> Option<Located> {
    match verdict {
        Verdict::Refuses { fault, .. } => Some(*fault),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
