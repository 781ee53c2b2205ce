//! Servers whose chains were asked for: what they presented, and what the clients of this host say of it.
//!
//! No check opens a socket. Whoever calls [`run`](super::run) fetches the chains and asks the clients, as
//! `castore why` does, and the checks judge what came of it.

use super::issuers::{BySubject, by_subject, digest};
use super::{Detail, Scope};
use crate::chain::member::Member;
use crate::chain::name::ServerName;
use crate::chain::signature::Signature;
use crate::model::{Certificate, Entry, Fingerprint, Timestamp};
use crate::policy::names::STRICT;
use std::path::PathBuf;
use std::sync::Arc;

/// One server.
#[derive(Debug, Clone)]
pub struct Server {
    /// `HOST:PORT`.
    pub named: String,
    /// The file that has it looked at, and the line in it; none where it was named otherwise.
    pub because: Option<(PathBuf, Option<u64>)>,
    /// The name that clients ask for; none leaves the comparison out.
    pub name: Option<ServerName>,
    /// Days before an expiry that count as soon, where somebody said so; else a fortnight, or a quarter of its validity
    /// where that is less.
    pub within: Option<i64>,
    /// What it presented, in its order, the server's own first; or why there is nothing to check.
    pub presented: Result<Vec<Arc<Member>>, NoChain>,
    /// What those clients in scope say that do not accept it, each reason once.
    pub refusals: Vec<Refusal>,
}

/// Why there is no chain to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoChain {
    /// What was expected and found.
    pub why: String,
    /// What can be done about it.
    pub hint: Option<String>,
}

/// Why some clients do not accept a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its word in the catalogue of causes; none where it depends.
    pub cause: Option<&'static str>,
    /// In words.
    pub says: String,
    /// The certificate that it is about.
    pub certificate: Option<Fingerprint>,
    /// The clients.
    pub clients: Vec<String>,
    /// What mends it, for the first of them.
    pub remedy: Option<String>,
}

/// Days before the end of a server's certificate that count as soon: 14. Programs that renew do so a month before
/// the end of 90 days, or at two thirds of the whole (Let's Encrypt's integration guide, "When to
/// renew"), so that with 14 days left two weeks of attempts have failed.
pub const HOST_WITHIN: i64 = 14;

/// The part of its whole validity that counts as soon where that is less: a quarter, since what is valid for six
/// days (Let's Encrypt's profile `shortlived`) is renewed when half of it or a third is left.
pub const HOST_PART: i64 = 4;

/// What of a chain is missing.
pub(super) struct Missing {
    /// The certificate whose issuer it is.
    pub of: Arc<Member>,
    /// The issuer, where a store of this host holds it.
    pub known: Option<Arc<Certificate>>,
}

impl Server {
    /// What was presented.
    pub(super) fn chain(&self) -> &[Arc<Member>] {
        self.presented.as_ref().map(Vec::as_slice).unwrap_or_default()
    }

    /// What was presented and has to be valid: each once, without roots, which clients have themselves.
    pub(super) fn needed(&self) -> impl Iterator<Item = (usize, &Arc<Member>)> {
        let chain = self.chain();
        chain.iter().enumerate().filter(move |(position, member)| {
            (*position == 0 || !member.is_self_issued()) && !chain[..*position].iter().any(|earlier| earlier.is(member))
        })
    }

    /// What has expired of it.
    pub(super) fn expired(&self, at: Timestamp) -> impl Iterator<Item = (usize, &Arc<Member>, Timestamp)> {
        let ends = self.needed().filter_map(|(position, member)| Some((position, member, member.not_after.at?)));
        ends.filter(move |(_, _, end)| *end < at)
    }

    /// The moment up to which a certificate should be valid.
    pub(super) fn within(&self, member: &Member, at: Timestamp) -> Timestamp {
        if let Some(days) = self.within {
            return at.plus_days(days);
        }
        let usual = at.plus_days(HOST_WITHIN);
        let (Some(from), Some(until)) = (member.not_before.at, member.not_after.at) else { return usual };
        let part = until.unix().saturating_sub(from.unix()) / HOST_PART;
        usual.min(Timestamp::from_unix(at.unix().saturating_add(part.max(0))))
    }

    /// Whether the server's certificate is for the name that clients ask for.
    pub(super) fn is_for_name(&self) -> bool {
        let (Some(leaf), Some(name)) = (self.chain().first(), &self.name) else { return true };
        STRICT.matches(leaf, name)
    }

    /// The clients that name this cause, of this certificate where one is given.
    pub(super) fn clients(&self, causes: &[&str], certificate: Option<&Member>) -> Vec<String> {
        let named = |refusal: &&Refusal| refusal.cause.is_some_and(|cause| causes.contains(&cause));
        let is_about = |refusal: &&Refusal| {
            certificate.is_none_or(|member| refusal.certificate.is_none_or(|about| about == member.fingerprint()))
        };
        self.refusals.iter().filter(named).filter(is_about).flat_map(|refusal| refusal.clients.clone()).collect()
    }

    /// What every finding about a server says.
    pub(super) fn detail(&self) -> Detail {
        let leaf = self.chain().first().map(|leaf| Arc::clone(leaf.certificate()));
        let (server, because) = (Some(self.named.clone()), self.because.clone());
        Detail { server, because, certificate: leaf, ..Detail::default() }
    }
}

/// `its own certificate` or `the certificate that it sends at position 2`.
pub(super) fn which(position: usize) -> String {
    match position {
        0 => "its own certificate".to_owned(),
        more => format!("the certificate that it sends at position {more}"),
    }
}

/// The certificates of a host by their subjects.
pub(super) struct Known<'s>(BySubject<'s>);

impl<'s> Known<'s> {
    pub(super) fn of(scope: &'s Scope<'_>) -> Self {
        let entries = scope.snapshot.stores().flat_map(|store| &store.entries);
        Self(by_subject(entries.filter_map(Entry::certificate)))
    }

    /// Those that issued a certificate: by name, key identifier and signature.
    fn issuers(&self, of: &Member) -> impl Iterator<Item = Member> {
        let name = of.certificate().issuer_der().and_then(digest);
        let named = name.and_then(|name| self.0.get(&name)).into_iter().flatten();
        let members = named.filter_map(|certificate| Member::new(Arc::clone(certificate)).ok());
        members.filter(|issuer| issued(issuer, of))
    }

    /// The intermediate that a server owes. Where no issuer is known, a chain of one certificate lacks it, since no
    /// public authority signs servers with a root (Baseline Requirements of the CA/Browser Forum, 6.1.7), and of a
    /// longer one it is not known: what follows may be a root that this host does not have.
    pub(super) fn missing(&self, chain: &[Arc<Member>]) -> Option<Missing> {
        let mut last = chain.first()?;
        let mut passed = vec![last.fingerprint()];
        while !last.is_self_issued() {
            let next = chain.iter().find(|sent| !passed.contains(&sent.fingerprint()) && issued(sent, last));
            let Some(next) = next else { break };
            passed.push(next.fingerprint());
            last = next;
        }
        if last.is_self_issued() {
            return None;
        }
        let issuers: Vec<Member> = self.issuers(last).collect();
        if issuers.iter().any(Member::is_self_issued) {
            return None;
        }
        let known = issuers.first().map(|issuer| Arc::clone(issuer.certificate()));
        (known.is_some() || passed.len() == 1).then(|| Missing { of: Arc::clone(last), known })
    }
}

fn issued(issuer: &Member, subject: &Member) -> bool {
    issuer.subject == subject.issuer
        && subject.authority_fits(issuer).is_ok()
        && subject.signed_by(issuer) != Signature::Bad
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::x509;

    const NAME: &str = "a.h.example";

    fn member(days: i64, name: &str) -> Arc<Member> {
        let mut parameters = rcgen::CertificateParams::new([name.to_owned()]).unwrap();
        parameters.not_before = rcgen::date_time_ymd(2026, 1, 1);
        parameters.not_after = parameters.not_before + std::time::Duration::from_secs(days as u64 * 86_400);
        let der = parameters.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec();
        Arc::new(Member::new(Arc::new(x509::read(der.into()))).unwrap())
    }

    fn server(chain: &[&Arc<Member>], within: Option<i64>) -> Server {
        let presented = Ok(chain.iter().map(|member| Arc::clone(member)).collect());
        let (named, name) = (format!("{NAME}:443"), NAME.parse().ok());
        Server { named, because: None, name, within, presented, refusals: Vec::new() }
    }

    /// The days before the end from which on a certificate of so many days counts as one that ends soon.
    fn soon(days: i64, within: Option<i64>) -> i64 {
        let member = member(days, NAME);
        let server = server(&[&member], within);
        let end = member.not_after.at.unwrap();
        (0..days).rev().find(|left| end < server.within(&member, end.plus_days(-left))).unwrap_or(0)
    }

    #[test]
    fn soon_is_two_weeks_or_a_quarter() {
        // It counts where less is left than the threshold, so that whole days are one less.
        for (days, within, left) in [(398, None, 13), (90, None, 13), (47, None, 11), (6, None, 1), (398, Some(30), 29)]
        {
            assert_eq!(soon(days, within), left, "{days} {within:?}");
        }
    }

    #[test]
    fn roots_and_repeated_certificates_need_not_be_valid() {
        let (leaf, root) = (member(90, NAME), member(10, "root.example"));
        let positions = |chain: &[&Arc<Member>]| server(chain, None).needed().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(positions(&[&leaf, &root, &leaf]), [0]);
        let expired = |at: &str| server(&[&leaf, &root], None).expired(at.parse().unwrap()).count();
        assert_eq!((expired("2026-02-01"), expired("2026-04-02")), (0, 1));
    }

    #[test]
    fn a_name_is_matched_as_today() {
        assert!(server(&[&member(90, NAME)], None).is_for_name());
        assert!(!server(&[&member(90, "other.example")], None).is_for_name());
        assert!(server(&[&member(90, "*.h.example")], None).is_for_name());
        let unnamed = Server { name: None, ..server(&[&member(90, "other.example")], None) };
        assert!(unnamed.is_for_name());
    }
}
