//! GnuTLS: what was sent is sorted and cut, one issuer is looked up by name, every fault of a step is told.
//!
//! The list is brought into order (`_gnutls_sort_clist`), ended where the store has an issuer, and its last
//! member verified by the *last* issuer of that name that is valid now; no signature is tried to choose one.
//! Then each member is verified by the one above it, and the first that fails ends the work with all its
//! bits. Where the last member's issuer is unknown, too old or too weak, the list is tried once more as if it
//! ended in the store itself. `gnutls_x509_trust_list_verify_crt2`, `_gnutls_verify_crt_status` and
//! `verify_crt` of 3.7.9, function by function.

pub(in crate::chain) mod acceptance;
mod certificate;
mod constraints;
mod list;
mod names;
mod shape;

use super::member::Member;
use super::name::common_names;
use super::search::{self, Notes};
use super::{From, Hop, Judged, Located, Outcome, Pool, Question, Step, Verdict};
use crate::format::gnutls::dates;
use crate::model::PublicKey;
use crate::policy::gnutls::{Asked, CONSTRAINT_ERROR, GnuTls, Host, place};
use crate::policy::{Fault, Printed};
use certificate::{
    Algorithm, algorithm, basic_constraints, demands_status, has_disabled_curve, has_purpose, has_unknown_critical,
    is_known_key, knows_key, may_sign_certificates, salt_fits, tls_features, unreadable,
};
pub(super) use certificate::{is_readable, must_not_sign};
use constraints::Constraints;
use list::{drop_self_signed, hash, is_issuer, same_name};
use std::sync::Arc;

/// Certificates that may be sent (`DEFAULT_MAX_VERIFY_DEPTH`, lib/x509/x509_int.h).
const SENT: usize = 16;
/// Lists of anchors by a hash of their names (`DEFAULT_SIZE`, lib/x509/verify-high.c).
const BUCKETS: usize = 127;

/// Would a program on GnuTLS accept this chain.
pub(crate) fn judge(question: &Question, pool: &Pool, policy: &GnuTls) -> Judged {
    let verifier = Verifier { question, pool, policy, notes: Notes::default() };
    let found = verifier.run();
    let steps: Vec<Step> = verifier.notes.steps();
    let mut faults = found.faults;
    faults.sort_by_key(|located| place(located.fault));
    faults.dedup();
    let Some((&fault, others)) = faults.split_first() else {
        let depends = verifier.notes.depends().map_or(Verdict::Accepts, Verdict::Depends);
        let verdict = verifier.notes.unsettled().map_or(depends, Verdict::NotPredicted);
        return Judged { verdict, path: found.path, steps, behind: Vec::new() };
    };
    let bits: Vec<Fault> = faults.iter().map(|located| located.fault).collect();
    let name = question.name.as_ref().map(ToString::to_string).unwrap_or_default();
    // The first of several (`gnutls_x509_crt_get_dn_by_oid` with index 0, lib/vtls/gtls.c of curl).
    let names = question.sent.first().map(|leaf| common_names(leaf)).unwrap_or_default();
    let subject = names.into_iter().next().unwrap_or_default();
    let asked = Asked { name: &name, subject: &subject };
    let text = found.text.unwrap_or_else(|| (policy.prints)(policy, &bits, asked));
    let printed = Printed { code: None, name: None, text };
    let mut behind = others.to_vec();
    behind.extend(found.later);
    Judged { verdict: Verdict::Refuses { fault, printed }, path: found.path, steps, behind }
}

/// What a run found: the faults of the step that ended it, and those of steps it did not come to.
#[derive(Default)]
struct Found {
    path: Vec<Hop>,
    faults: Vec<Located>,
    later: Vec<Located>,
    text: Option<String>,
}

struct Verifier<'v> {
    question: &'v Question,
    pool: &'v Pool,
    policy: &'v GnuTls,
    notes: Notes,
}

type Listed = (From, Arc<Member>);

/// What verifying a list came to.
#[derive(Default, Clone)]
struct Status {
    faults: Vec<Located>,
    later: Vec<Located>,
    path: Vec<Hop>,
}

impl Status {
    fn with(mut self, other: Self) -> Self {
        self.faults.extend(other.faults);
        Self { faults: self.faults, ..other }
    }

    fn has(&self, wanted: &[Fault]) -> bool {
        self.faults.iter().any(|located| wanted.contains(&located.fault))
    }
}

impl Verifier<'_> {
    fn run(&self) -> Found {
        let sent: Vec<Listed> =
            self.question.sent.iter().enumerate().map(|(at, member)| (From::Sent(at), Arc::clone(member))).collect();
        let Some((_, leaf)) = sent.first() else {
            let faults = vec![Located { fault: Fault::Malformed, depth: 0 }];
            return Found { faults, text: Some("No certificate was found.".to_owned()), ..Found::default() };
        };
        let name = || self.question.name.as_ref().map(ToString::to_string).unwrap_or_default();
        if let Some((depth, unread)) =
            sent.iter().enumerate().find_map(|(at, (_, member))| unreadable(member).map(|unread| (at, unread)))
        {
            let path = vec![Hop { member: Arc::clone(leaf), from: From::Sent(0) }];
            let text = match depth {
                0 => (self.policy.in_handshake)(unread.text),
                _ => (self.policy.fails)(&name(), unread.code, unread.text),
            };
            let faults = vec![Located { fault: unread.fault, depth }];
            return Found { path, faults, text: Some(text), later: Vec::new() };
        }
        if sent.len() > SENT {
            let path = vec![Hop { member: Arc::clone(leaf), from: From::Sent(0) }];
            let faults = vec![Located { fault: Fault::PathTooLong, depth: SENT }];
            // `_gnutls_x509_cert_verify_peers`, lib/cert-session.c.
            let (code, text) = CONSTRAINT_ERROR;
            let text = Some((self.policy.fails)(&name(), code, text));
            return Found { path, faults, text, later: Vec::new() };
        }
        // Of a key on a curve that is taken away there is no handshake; certtool makes none.
        if self.policy.allow_same && has_disabled_curve(leaf, self.policy) {
            let path = vec![Hop { member: Arc::clone(leaf), from: From::Sent(0) }];
            let faults = vec![Located { fault: Fault::AlgorithmUnsupported, depth: 0 }];
            let text = Some("The curve is unsupported".to_owned());
            return Found { path, faults, text, later: Vec::new() };
        }
        let status = self.missing_status();
        let leaf = Arc::clone(leaf);
        let list = self.shorten(self.arrange(sent));
        let mut status = Status { faults: status, ..Status::default() }.with(self.try_both(&list));
        let mut owner = None;
        let purpose_fails = self.policy.purpose && !has_purpose(&leaf, true);
        if purpose_fails {
            status.faults.push(Located { fault: Fault::PurposeUnsuitable, depth: 0 });
        }
        if let Some(name) = &self.question.name
            && !self.host_matches(&leaf, name)
        {
            let address = matches!(name, super::name::ServerName::Ip(_));
            let fault = if address { Fault::AddressMismatch } else { Fault::HostMismatch };
            owner = Some(Located { fault, depth: 0 });
        }
        let Status { mut faults, mut later, path } = status;
        match (owner, self.policy.host) {
            (Some(owner), Host::Together) => faults.push(owner),
            (Some(owner), Host::Afterwards) if faults.is_empty() => faults.push(owner),
            (Some(owner), Host::Afterwards) => later.push(owner),
            (None, _) => {}
        }
        later.retain(|located| !faults.contains(located));
        Found { path, faults, later, text: None }
    }

    /// Whether the server's certificate is for the name, as the library or the program has it.
    fn host_matches(&self, leaf: &Member, name: &super::name::ServerName) -> bool {
        match self.policy.own_names {
            Some(own) => own.matches(leaf, name),
            None => names::host_matches(leaf, &name.with(self.policy.dot)),
        }
    }

    /// The OCSP responses that certificates demand and the server does not send: none comes with an issuer in TLS 1.2, and
    /// servers send none in TLS 1.3. Where no handshake was seen it is not told.
    fn missing_status(&self) -> Vec<Located> {
        let sent = self.question.sent.iter().enumerate().filter(|_| self.policy.asks_status);
        let mut missing = Vec::new();
        for (depth, _) in sent.filter(|(_, member)| demands_status(member)) {
            match self.question.stapled {
                Some(true) if depth == 0 => {}
                Some(_) => missing.push(Located { fault: Fault::StapleMissing, depth }),
                None => {
                    self.notes.undecided("on whether the server sends the OCSP response that the certificate demands")
                }
            }
        }
        missing
    }

    /// The anchors whose names fall into the list of `name`; what the library cannot read is no anchor.
    fn bucket(&self, name: &[u8]) -> Vec<Listed> {
        let wanted = hash(name) % BUCKETS;
        let same = search::anchors(self.pool)
            .filter(|(_, anchor)| hash(search::subject(anchor)) % BUCKETS == wanted && unreadable(anchor).is_none());
        same.map(|(from, anchor)| (from, Arc::clone(anchor))).collect()
    }

    fn try_both(&self, list: &[Listed]) -> Status {
        let Some((_, last)) = list.last() else { return Status::default() };
        let first = self.verify(list, &self.bucket(search::issuer(last)));
        const OLD_OR_UNKNOWN: &[Fault] =
            &[Fault::IssuerNotFound, Fault::Expired, Fault::DigestWeak, Fault::CaKeyWeak, Fault::LeafKeyWeak];
        if !first.has(OLD_OR_UNKNOWN) || search::subject(last) == search::issuer(last) {
            return first;
        }
        let second = self.verify(list, &self.bucket(search::subject(last)));
        if second.faults.is_empty() || first.has(&[Fault::IssuerNotFound]) { second } else { first }
    }

    /// `_gnutls_verify_crt_status`.
    fn verify(&self, list: &[Listed], trusted: &[Listed]) -> Status {
        let mut list = list.to_vec();
        drop_self_signed(&mut list);
        let from = usize::from(!self.policy.allow_same);
        let whole = list.clone();
        for at in from..whole.len() {
            let (_, member) = &whole[at];
            let same = |anchor: &Member| {
                if at == 0 {
                    anchor.is(member)
                } else {
                    same_name(search::subject(anchor), search::subject(member)) && anchor.spki() == member.spki()
                }
            };
            let Some((place, anchor)) = trusted.iter().find(|(_, anchor)| same(anchor)) else { continue };
            self.notes.step(at, *place, Outcome::Taken);
            let faults = self.sane(anchor, at);
            if !faults.is_empty() {
                let mut path = hops(&whole[..at]);
                path.push(Hop { member: Arc::clone(anchor), from: *place });
                return Status { faults, later: Vec::new(), path };
            }
            list.truncate(at);
            break;
        }
        let Some((_, last)) = list.last() else {
            let path = whole.first().map(|(from, member)| Hop { member: Arc::clone(member), from: *from });
            return Status { path: path.into_iter().collect(), ..Status::default() };
        };
        let depth = list.len() - 1;
        let chosen = self.find_issuer(last, trusted, depth);
        let mut path = hops(&list);
        if let Some((from, anchor)) = &chosen {
            path.push(Hop { member: Arc::clone(anchor), from: *from });
        }
        let mut state = State { max_path: MAX_DEPTH, constraints: Constraints::default(), features: Vec::new() };
        let mut status = Status { path, ..Status::default() };
        let mut failed = false;
        let mut keep = |status: &mut Status, faults: Vec<Located>| {
            if failed {
                status.later.extend(faults);
            } else {
                failed = !faults.is_empty();
                status.faults.extend(faults);
            }
        };
        let issuer = chosen.as_ref().map(|(_, anchor)| &**anchor);
        let faults = self.verify_one(last, issuer, depth, true, &mut state);
        keep(&mut status, faults);
        for at in (1..list.len()).rev() {
            if self.policy.purpose && !has_purpose(&list[at].1, false) {
                keep(&mut status, vec![Located { fault: Fault::PurposeUnsuitable, depth: at }]);
            }
            let (below, above) = (&list[at - 1].1, &list[at].1);
            let above = is_issuer(below, above).then_some(&**above);
            let faults = self.verify_one(below, above, at - 1, false, &mut state);
            keep(&mut status, faults);
        }
        status
    }

    /// `find_issuer`: the last that fits and is valid, else the first that fits.
    fn find_issuer(&self, child: &Member, trusted: &[Listed], depth: usize) -> Option<Listed> {
        let mut chosen: Option<&Listed> = None;
        for candidate in trusted {
            if !same_name(search::subject(&candidate.1), search::issuer(child)) {
                continue;
            }
            if !is_issuer(child, &candidate.1) {
                self.notes.pass(depth, candidate.0, "its subject key identifier is not the authority key identifier");
                continue;
            }
            let now = self.question.at.unix();
            let valid =
                dates::validity(candidate.1.certificate()).is_some_and(|(begin, end)| now < end && now >= begin);
            match chosen {
                Some(_) if !valid => {
                    self.notes.pass(depth, candidate.0, "it is not valid now, and another was found before")
                }
                Some(before) => {
                    self.notes.pass(depth, before.0, "a later one of the same name is valid");
                    chosen = Some(candidate);
                }
                None => chosen = Some(candidate),
            }
        }
        if let Some(chosen) = chosen {
            self.notes.step(depth, chosen.0, Outcome::Taken);
        }
        chosen.cloned()
    }

    /// `check_ca_sanity`.
    fn sane(&self, anchor: &Member, depth: usize) -> Vec<Located> {
        let mut faults = self.times(anchor, depth);
        if is_weak(anchor, self.policy) && algorithm(anchor, self.policy) != Algorithm::Unknown {
            faults.push(Located { fault: Fault::CaKeyWeak, depth });
        }
        faults
    }

    /// `verify_crt`: one certificate by its issuer.
    fn verify_one(
        &self,
        member: &Member,
        issuer: Option<&Member>,
        depth: usize,
        by_anchor: bool,
        state: &mut State,
    ) -> Vec<Located> {
        let mut faults = Vec::new();
        let mut mark = |fault, depth| faults.push(Located { fault, depth });
        if state.max_path == 0 {
            mark(Fault::PathLength, depth);
            return faults;
        }
        state.max_path -= 1;
        let above = depth + 1;
        match issuer {
            None => mark(Fault::IssuerNotFound, depth),
            Some(issuer) => {
                let within = state.constraints.add(issuer).and_then(|()| match depth {
                    0 => names::within(member, &state.constraints),
                    _ => Ok(()),
                });
                if let Err(fault) = within {
                    mark(fault, above);
                }
                if let Err(fault) = state.demand(issuer, member) {
                    mark(fault, above);
                }
                if !by_anchor || issuer.version != 1 {
                    if let Err(fault) = self.may_sign(member, issuer, by_anchor, state) {
                        mark(fault, above);
                    }
                    match may_sign_certificates(issuer) {
                        Ok(true) => {}
                        Ok(false) => mark(Fault::KeyUsageNoCertSign, above),
                        Err(fault) => mark(fault, above),
                    }
                }
                match algorithm(member, self.policy) {
                    Algorithm::Unknown => mark(Fault::AlgorithmUnsupported, depth),
                    _ if !knows_key(issuer, self.policy) => mark(Fault::AlgorithmUnsupported, above),
                    _ if !salt_fits(member) || !self.notes.signed(issuer, member) => mark(Fault::SignatureBad, depth),
                    _ => {}
                }
            }
        }
        if issuer.is_some_and(has_unknown_critical) {
            mark(Fault::CriticalUnknown, above);
        }
        if depth == 0 && has_unknown_critical(member) {
            mark(Fault::CriticalUnknown, depth);
        }
        match algorithm(member, self.policy) {
            Algorithm::Unknown => {}
            known => {
                if is_weak(member, self.policy) {
                    mark(if depth == 0 { Fault::LeafKeyWeak } else { Fault::CaKeyWeak }, depth);
                } else if issuer.is_some_and(|issuer| is_weak(issuer, self.policy)) {
                    mark(Fault::CaKeyWeak, above);
                }
                if known == Algorithm::Insecure && !is_issuer(member, member) {
                    mark(Fault::DigestWeak, depth);
                }
            }
        }
        if let Some(issuer) = issuer {
            faults.extend(self.times(issuer, above));
        }
        faults.extend(self.times(member, depth));
        faults
    }

    /// `check_if_ca`.
    fn may_sign(&self, member: &Member, issuer: &Member, by_anchor: bool, state: &mut State) -> Result<(), Fault> {
        if self.policy.allow_same && member.is(issuer) {
            return Ok(());
        }
        authority(issuer, by_anchor && is_issuer(issuer, issuer))?;
        let limit = basic_constraints(issuer).and_then(|found| found.limit);
        if let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()) {
            state.max_path = state.max_path.min(limit);
        }
        Ok(())
    }

    /// `check_time_status`.
    fn times(&self, member: &Member, depth: usize) -> Vec<Located> {
        let now = self.question.at.unix();
        let fault = match dates::validity(member.certificate()) {
            Some((begin, _)) if now < begin => Fault::NotYetValid,
            Some((_, end)) if now > end => Fault::Expired,
            Some(_) => return Vec::new(),
            None => Fault::NotYetValid,
        };
        vec![Located { fault, depth }]
    }
}

/// Whether basic constraints make a certificate an authority; an anchor without them serves where it is
/// self-signed.
fn authority(issuer: &Member, is_self_signed_anchor: bool) -> Result<(), Fault> {
    let serves = match basic_constraints(issuer) {
        Some(found) => found.ca,
        None => !issuer.basic_constraints.is_there() && is_self_signed_anchor,
    };
    if serves { Ok(()) } else { Err(Fault::NotCa) }
}

/// Whether a key is below the profile (`is_level_acceptable`); one that the library does not know has no bits.
fn is_weak(member: &Member, policy: &GnuTls) -> bool {
    if !is_known_key(member, policy) {
        return true;
    }
    match member.key {
        PublicKey::Rsa { bits } => bits < policy.profile.rsa,
        PublicKey::Ec { bits, .. } => bits.is_some_and(|bits| bits < policy.profile.ec),
        // Ed25519 and Ed448 are counted as curves.
        _ => match member.key_algorithm.to_string().as_str() {
            "1.3.101.112" => policy.profile.ec > 256,
            "1.3.101.113" => policy.profile.ec > 456,
            _ => false,
        },
    }
}

/// What is carried from the anchor down.
struct State {
    max_path: usize,
    constraints: Constraints,
    features: Vec<u32>,
}

impl State {
    /// The features of TLS that an issuer has, what it issued must have (RFC 7633; `gnutls_x509_tlsfeatures_check_crt`).
    fn demand(&mut self, issuer: &Member, member: &Member) -> Result<(), Fault> {
        self.features.extend(tls_features(issuer)?.unwrap_or_default());
        if self.features.is_empty() {
            return Ok(());
        }
        let found = tls_features(member).ok().flatten().unwrap_or_default();
        let fits = self.features.len() <= found.len() && self.features.iter().all(|feature| found.contains(feature));
        if fits { Ok(()) } else { Err(Fault::ConstraintUnsupported) }
    }
}

/// `MAX_VERIFY_DEPTH`, lib/x509/verify.c.
const MAX_DEPTH: usize = 4096;

fn hops(list: &[Listed]) -> Vec<Hop> {
    list.iter().map(|(from, member)| Hop { member: Arc::clone(member), from: *from }).collect()
}
