//! What the verifiers that search have in common: candidates, signatures tried once, budgets, and the way
//! that was gone.
//!
//! Go, Java, pyca/cryptography and webpki look for a path depth first and go back when a candidate does
//! not serve; so the order of candidates seldom decides whether a chain verifies, and often decides what
//! is told. Each has its own order, its own checks at each step and its own bounds, so each is a walk of
//! its own here; this file keeps what they share. A fault can be forgiven, so that the same walk tells
//! what would stop the verifier next.

pub(crate) mod go;
pub(crate) mod java;
pub(super) mod policies;
pub(crate) mod pyca;
pub(crate) mod webpki;

use super::member::Member;
use super::member::general_name::GeneralName;
use super::signature::Signature;
use super::{From, Hop, Judged, Located, Outcome, Pool, Question, Step, Trusted, Verdict};
use crate::format::der::{Tlv, Walk};
use crate::format::x509;
use crate::limits;
use crate::model::{Fingerprint, Oid};
use crate::policy::{Fault, Printed};
use std::cell::RefCell;
use std::sync::Arc;

/// What stopped a verifier.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    /// What is wrong.
    pub(super) fault: Fault,
    /// The depth of the certificate it is of.
    pub(super) depth: usize,
    /// That certificate; nothing where a certificate is missing.
    pub(super) of: Option<Fingerprint>,
    /// What the program prints.
    pub(super) printed: Printed,
}

impl Stop {
    pub(super) fn new(fault: Fault, depth: usize, of: &Member, text: impl Into<String>) -> Self {
        Self { fault, depth, of: Some(of.fingerprint()), printed: printed(text) }
    }

    /// A certificate that is not there.
    pub(super) fn missing(fault: Fault, depth: usize, text: impl Into<String>) -> Self {
        Self { fault, depth, of: None, printed: printed(text) }
    }

    fn located(&self) -> Located {
        Located { fault: self.fault, depth: self.depth }
    }
}

/// A text without a code.
pub(super) fn printed(text: impl Into<String>) -> Printed {
    Printed { code: None, name: None, text: text.into() }
}

/// What one walk ends with: the path, or what stopped it and how far it went.
pub(super) struct Walked {
    pub(super) path: Vec<Hop>,
    pub(super) stop: Option<Stop>,
    pub(super) depends: Option<String>,
}

impl Walked {
    pub(super) fn accepts(path: Vec<Hop>) -> Self {
        Self { path, stop: None, depends: None }
    }

    pub(super) fn refuses(path: Vec<Hop>, stop: Stop) -> Self {
        Self { path, stop: Some(stop), depends: None }
    }

    pub(super) fn depends(because: impl Into<String>) -> Self {
        Self { path: Vec::new(), stop: None, depends: Some(because.into()) }
    }
}

/// Faults that a walk passes over, to find what is behind them.
#[derive(Debug, Default, Clone)]
pub(super) struct Forgiven(Vec<(Fault, Option<Fingerprint>)>);

impl Forgiven {
    /// Whether this fault of this certificate is passed over.
    pub(super) fn lets(&self, fault: Fault, of: &Member) -> bool {
        self.0.iter().any(|(known, whose)| *known == fault && *whose == Some(of.fingerprint()))
    }

    /// Whether the walk takes it for granted that the issuer that is missing were there.
    pub(super) fn lets_missing(&self) -> bool {
        self.0.iter().any(|(known, whose)| *known == Fault::IssuerNotFound && whose.is_none())
    }
}

/// What a walk needs beside the question: what it looked at, and what castore could not settle.
#[derive(Default)]
pub(super) struct Notes {
    steps: RefCell<Vec<Step>>,
    work: RefCell<usize>,
    unsettled: RefCell<Option<String>>,
    undecided: RefCell<Option<String>>,
}

impl Notes {
    /// Whether `issuer`'s key made the signature of `subject`, for a client that knows the algorithm. What
    /// castore itself cannot verify is noted, so that it becomes no verdict.
    pub(super) fn signed(&self, issuer: &Member, subject: &Member) -> bool {
        match subject.signed_by(issuer) {
            Signature::Good | Signature::NotChecked => true,
            Signature::Bad => false,
            Signature::Unsupported(algorithm) => {
                let because =
                    format!("castore does not verify signatures of algorithm {algorithm}, which this client does");
                self.unsettled.borrow_mut().get_or_insert(because);
                true
            }
        }
    }

    /// Notes what castore cannot settle: on what the verdict would depend.
    pub(super) fn undecided(&self, because: &str) {
        self.undecided.borrow_mut().get_or_insert_with(|| because.to_owned());
    }

    /// What was noted so, if anything.
    pub(super) fn depends(&self) -> Option<String> {
        self.undecided.borrow_mut().take()
    }

    /// What castore could not settle, if anything.
    pub(super) fn unsettled(&self) -> Option<String> {
        self.unsettled.borrow_mut().take()
    }

    /// The candidates that were looked at.
    pub(super) fn steps(&self) -> Vec<Step> {
        self.steps.take()
    }

    /// Notes a candidate.
    pub(super) fn step(&self, depth: usize, candidate: From, outcome: Outcome) {
        let mut steps = self.steps.borrow_mut();
        if steps.len() < limits::CHAIN_STEPS {
            steps.push(Step { depth, candidate, outcome });
        }
    }

    /// Notes a candidate that was passed over.
    pub(super) fn pass(&self, depth: usize, candidate: From, why: impl Into<String>) {
        self.step(depth, candidate, Outcome::PassedOver(why.into()));
    }

    /// Counts one candidate; whether there were too many for us, where the program itself has no bound.
    pub(super) fn spend(&self) -> bool {
        let mut work = self.work.borrow_mut();
        *work += 1;
        *work > limits::CHAIN_CANDIDATES
    }
}

/// Lets `walk` answer, and again with each fault forgiven for what is behind it.
pub(super) fn answer(walk: impl Fn(&Forgiven, &Notes) -> Walked) -> Judged {
    let notes = Notes::default();
    let mut forgiven = Forgiven::default();
    let Walked { path, stop, depends } = walk(&forgiven, &notes);
    let steps = notes.steps();
    let mut judged = Judged { verdict: Verdict::Accepts, path, steps, behind: Vec::new() };
    if let Some(because) = notes.unsettled() {
        judged.verdict = Verdict::NotPredicted(because);
        return judged;
    }
    if stop.is_some() && *notes.work.borrow() > limits::CHAIN_CANDIDATES {
        let looked = limits::CHAIN_CANDIDATES;
        judged.verdict = Verdict::Depends(format!("on whether a path is found after the first {looked} candidates"));
        return judged;
    }
    if let Some(because) = depends {
        judged.verdict = Verdict::Depends(because);
        return judged;
    }
    let Some(first) = stop else { return judged };
    judged.verdict = Verdict::Refuses { fault: first.located(), printed: first.printed.clone() };
    let mut last = first;
    while judged.behind.len() < limits::CHAIN_FAULTS {
        forgiven.0.push((last.fault, last.of));
        *notes.work.borrow_mut() = 0;
        let Some(next) = walk(&forgiven, &notes).stop else { break };
        if forgiven.0.contains(&(next.fault, next.of)) {
            break;
        }
        judged.behind.push(next.located());
        last = next;
    }
    judged
}

/// The anchors of a pool that may end a path, with their places in it.
pub(super) fn anchors(pool: &Pool) -> impl Iterator<Item = (From, &Arc<Member>)> {
    let ends = |held: &super::Held| held.ends_chain && held.trust != Trusted::Rejected;
    pool.anchors.iter().enumerate().filter(move |(_, held)| ends(held)).map(|(at, held)| (From::Pool(at), &held.member))
}

/// What was sent after the server's own certificate, with its places.
pub(super) fn intermediates(question: &Question) -> impl Iterator<Item = (From, &Arc<Member>)> {
    question.sent.iter().enumerate().skip(1).map(|(at, member)| (From::Sent(at), member))
}

/// A path of hops with one more.
pub(super) fn with(path: &[Hop], member: &Arc<Member>, from: From) -> Vec<Hop> {
    let mut longer = path.to_vec();
    longer.push(Hop { member: Arc::clone(member), from });
    longer
}

/// The subject as DER.
pub(super) fn subject(member: &Member) -> &[u8] {
    member.certificate().subject_der().unwrap_or_default()
}

/// The issuer as DER.
pub(super) fn issuer(member: &Member) -> &[u8] {
    member.certificate().issuer_der().unwrap_or_default()
}

/// Every extension in its order: identifier, critical, value. For verifiers whose own decoders differ from
/// those of [`Member`].
pub(super) fn extensions(member: &Member) -> Vec<(Oid, bool, &[u8])> {
    x509::extensions(member.certificate())
}

/// The value of an extension, its first occurrence.
pub(super) fn extension(member: &Member, wanted: Oid) -> Option<&[u8]> {
    extensions(member).into_iter().find(|(oid, ..)| *oid == wanted).map(|(.., value)| value)
}

/// The elements inside an element.
pub(super) fn elements(der: &[u8], of: &Tlv) -> Option<Vec<Tlv>> {
    let mut inside = Walk::inside(der, &of.content);
    let mut all = Vec::new();
    while !inside.is_empty() {
        all.push(inside.next().ok()?);
    }
    Some(all)
}

/// The two dates of the validity: the tag and the text of each.
pub(super) fn dates(member: &Member) -> Option<[(u8, &[u8]); 2]> {
    Some(x509::written(member.certificate())?.dates)
}

/// The extended key usages, any order; `None` where there is no such extension.
pub(super) fn usages(member: &Member) -> Option<&[Oid]> {
    member.extended_key_usage.value().map(Vec::as_slice)
}

/// The common name of the subject, the last one, as text.
pub(super) fn common_name(member: &Member) -> Option<String> {
    let name = x509::subject(member.certificate()).ok()?;
    let last = name.rdns.iter().flatten().rev().find(|attribute| attribute.kind == COMMON_NAME)?;
    Some(last.value.raw().to_owned())
}

/// commonName (X.520).
const COMMON_NAME: Oid = Oid::new_unwrap("2.5.4.3");

/// The dNSNames, as text.
pub(super) fn dns_names(member: &Member) -> Vec<String> {
    let text = |name: &GeneralName| match name {
        GeneralName::Dns(octets) => Some(String::from_utf8_lossy(octets).into_owned()),
        _ => None,
    };
    member.alt_names().filter_map(text).collect()
}

/// The digest of RSASSA-PSS where the parameters are those that certificates have: SHA-256, 384 or 512, MGF1
/// with the same, and a salt as long (RFC 8017, A.2.3; CA/Browser Forum, 7.1.3.2.1). As bits.
pub(super) fn pss_digest(member: &Member) -> Option<u32> {
    const PARAMETERS: [(u32, &[u8]); 3] = [
        (256, b"\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\xa2\x03\x02\x01\x20"),
        (384, b"\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\xa2\x03\x02\x01\x30"),
        (512, b"\x30\x34\xa0\x0f\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\xa2\x03\x02\x01\x40"),
    ];
    let algorithm = member.octets(&member.inner_algorithm);
    PARAMETERS.iter().find(|(_, parameters)| algorithm.ends_with(parameters)).map(|(bits, _)| *bits)
}
