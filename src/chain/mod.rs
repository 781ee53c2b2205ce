//! A presented chain before a client's anchors and policy: would it verify there, and why not.
//!
//! No library answers this for other programs: the path a verifier takes depends on the order of its
//! store and on which candidates it looks at, and a client's own words often name the wrong cause. So
//! the path builders here follow each family's own algorithm, keep every candidate they looked at with
//! the reason, and speak in the codes of the program. A wrong answer that sounds certain is the worst
//! outcome: where the order of things or luck decides, the verdict is [`Verdict::Depends`].

pub mod acceptance;
pub mod cause;
pub mod clients;
mod gnutls;
pub mod member;
pub mod name;
pub mod constraints;
mod nss;
pub mod offered;
pub mod openssl;
pub mod order;
pub mod pool;
pub mod remedy;
mod search;
pub mod signature;
mod stranger;

use crate::model::{Slot, Store, Timestamp};
use crate::policy::{Fault, NotPredicted, Policy, Printed};
use member::Member;
use name::ServerName;
use std::sync::Arc;

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// What the server sent, in its order; the first is its own certificate.
    pub sent: Vec<Arc<Member>>,
    /// The name the client asked for; `None` leaves the host check out.
    pub name: Option<ServerName>,
    /// The moment of verification.
    pub at: Timestamp,
    /// Whether an OCSP response came with the certificates; `None` where no handshake was seen.
    pub stapled: Option<bool>,
}

/// The certificates that one client would accept as the end of a chain, in the order it meets them.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    /// In the order of the client's stores, and within one in its order.
    pub anchors: Vec<Held>,
}

/// A store, and the place in it.
pub type Place = (Arc<Store>, Slot);

/// One certificate of a pool.
#[derive(Debug, Clone)]
pub struct Held {
    /// The certificate.
    pub member: Arc<Member>,
    /// Where it is from; `None` where a caller has no store.
    pub place: Option<Place>,
    /// Whether a path may end with it, or it only helps to reach another.
    pub ends_chain: bool,
    /// What the store says of it for TLS servers.
    pub trust: Trusted,
}

/// What a store says of an anchor for TLS servers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Trusted {
    /// Nothing: that it is there is what makes it an anchor.
    #[default]
    Unstated,
    /// Trusted for TLS servers in so many words (OpenSSL then leaves the root's own extended key usage aside).
    Yes,
    /// Rejected for TLS servers, or trusted for other purposes alone.
    Rejected,
}

/// What an engine made of a question.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Would it verify.
    pub verdict: Verdict,
    /// The path taken, from the server's certificate on, as far as it went.
    pub path: Vec<Hop>,
    /// Every candidate that was looked at, in order.
    pub steps: Vec<Step>,
    /// The faults that would show once the first is mended, in order.
    pub behind: Vec<Located>,
}

/// What one client would say of one chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It verifies.
    Accepts,
    /// It does not.
    Refuses {
        /// Why, and at which certificate.
        fault: Located,
        /// What the program prints.
        printed: Printed,
    },
    /// The order of a store or a coincidence decides, which files do not tell.
    Depends(String),
    /// castore does not know how this client decides.
    NotPredicted(String),
}

/// A fault and the certificate it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located {
    /// What is wrong.
    pub fault: Fault,
    /// Its depth in the path: 0 is the server's certificate.
    pub depth: usize,
}

/// One certificate of a path.
#[derive(Debug, Clone)]
pub struct Hop {
    /// The certificate.
    pub member: Arc<Member>,
    /// Where it is from.
    pub from: From,
}

/// Where a certificate of a path is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// The server sent it, at this position from 0.
    Sent(usize),
    /// It is the anchor of this index in the pool.
    Pool(usize),
}

/// One candidate that was looked at as the issuer of the certificate at a depth.
#[derive(Debug, Clone)]
pub struct Step {
    /// The depth of the certificate whose issuer is looked for.
    pub depth: usize,
    /// The candidate.
    pub candidate: From,
    /// Taken, or why not.
    pub outcome: Outcome,
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is the next of the path.
    Taken,
    /// It was passed over, for this reason.
    PassedOver(String),
}

/// Would this chain verify there: the engine of the policy's family answers.
#[must_use]
pub fn judge(question: &Question, pool: &Pool, policy: &Policy) -> Judged {
    let bare = match (policy, &question.name) {
        // These say themselves what becomes of a dot at the end of the name; all others leave it out.
        (Policy::OpenSsl(_) | Policy::GnuTls(_), _) | (_, None) => None,
        (_, Some(name)) => Some(Question { name: Some(name.bare()), ..question.clone() }),
    };
    let question = bare.as_ref().unwrap_or(question);
    match policy {
        Policy::OpenSsl(policy) => openssl::judge(question, pool, policy),
        Policy::Go(policy) => search::go::judge(question, pool, policy),
        Policy::Java(policy) => search::java::judge(question, pool, policy),
        Policy::Rustls(policy) => search::webpki::judge(question, pool, policy),
        Policy::Pyca(policy) => search::pyca::judge(question, pool, policy),
        Policy::GnuTls(policy) => gnutls::judge(question, pool, policy),
        Policy::Nss(policy) => nss::judge(question, pool, policy),
    }
}

impl Judged {
    /// A verdict to which no path led.
    #[must_use]
    pub fn of(verdict: Verdict) -> Self {
        Self { verdict, path: Vec::new(), steps: Vec::new(), behind: Vec::new() }
    }

    /// That nothing can be told, and why.
    #[must_use]
    pub fn not_predicted(because: NotPredicted) -> Self {
        let verdict = Verdict::NotPredicted(because.0);
        Self { verdict, path: Vec::new(), steps: Vec::new(), behind: Vec::new() }
    }
}
