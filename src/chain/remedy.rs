//! The smallest changes after which a client accepts, each tried in the engine before it is told.
//!
//! A change is a value: what it does to the chain, to the anchors or to the policy is done to a copy of the
//! question (`changes`), and only what the engine then accepts is a remedy. Where one change uncovers another
//! fault, the next is looked for behind it, and both together are what is told. Turning verification off is none.

mod absent;
mod again;
mod changes;
mod lent;

pub use again::Worlds;

use super::cause::{Cause, Everywhere};
use super::clients::{Asked, Opinion};
use super::member::Member;
use super::offered::judge_connection;
use super::{Judged, Place, Pool, Question, Verdict};
use crate::catalogue::client::Edit;
use crate::discover::{Named, Use};
use crate::limits::REMEDIES_TRIED;
use crate::model::{Fingerprint, Format, Reading, Timestamp, Trust, WhichPassword};
use crate::policy::{Fault, Policy, Printed};
use again::Changes;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// One change on the way to a client that accepts.
#[derive(Debug, Clone)]
pub enum Remedy {
    /// Add a root to what this client reads.
    AddRoot {
        /// The root.
        root: Arc<Member>,
        /// Where it can be taken from; none where only the server sent it.
        from: Option<Place>,
        /// Which store it is added to, and how.
        to: To,
        /// Whether that is a keystore whose password castore does not tell: its tool asks for it.
        asks_password: bool,
    },
    /// Let the system take up a root that lies where it looks for them.
    Refresh {
        /// The root.
        root: Arc<Member>,
        /// Where it lies.
        place: Place,
        /// The command.
        refresh: &'static str,
    },
    /// Point this client at another store by a variable that it reads.
    SetVariable {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: PathBuf,
        /// What the client then trusts no longer.
        loses: Vec<Arc<Member>>,
    },
    /// Give the password that opens the keystore of a client on Java, in `javax.net.ssl.trustStorePassword`.
    GivePassword {
        /// The keystore.
        path: PathBuf,
        /// Which it is.
        password: WhichPassword,
        /// Whether another is given.
        is_given_another: bool,
    },
    /// Give a setting that names the client's bundle another value.
    ChangeSetting {
        /// The setting.
        setting: Named,
        /// Its value.
        value: PathBuf,
        /// What the client then trusts no longer.
        loses: Vec<Arc<Member>>,
    },
    /// Unset variables, so that the client reads what it would without them.
    UnsetVariable {
        /// The variables.
        names: Vec<&'static str>,
        /// What it reads then and did not before.
        reads: PathBuf,
        /// What the client then trusts no longer.
        loses: Vec<Arc<Member>>,
    },
    /// Let the server send these intermediates after what it sends, the issuer last.
    SendIntermediates(Vec<(Arc<Member>, Option<Place>)>),
    /// Let the server send its own certificate first, which it does not.
    SendFirst(Arc<Member>),
    /// Let the server send the issuer of what it sends, which nobody has here. Not tried: it is not known.
    SendIssuer {
        /// The certificate whose issuer it is.
        of: Arc<Member>,
        /// Where the certificate says that it is offered.
        offered_at: Vec<String>,
    },
    /// Get a root that is in no store of the host and was not sent, and add it. Not tried: it is not known.
    GetIssuer {
        /// The certificate whose issuer it is.
        of: Arc<Member>,
        /// Where the certificate says that it is offered.
        offered_at: Vec<String>,
        /// Where it is to be added.
        to: Option<To>,
        /// Whether it is more likely an intermediate, which the server is to send.
        is_unlikely: bool,
    },
    /// Let the server no longer send a certificate.
    StopSending(Arc<Member>),
    /// Remove a certificate from the client's store.
    Remove {
        /// The certificate.
        certificate: Arc<Member>,
        /// Where it is.
        place: Place,
    },
    /// Let hash names lead to the certificates of a directory again.
    Rehash {
        /// The directory.
        directory: PathBuf,
        /// The file in it that holds the certificate.
        file: PathBuf,
    },
    /// Write a bundle anew from what of it can be read.
    Rewrite {
        /// The bundle.
        path: PathBuf,
        /// Certificates that castore reads and the client does not.
        without: Vec<Fingerprint>,
    },
    /// Write a keystore anew under a seal that the client's Java knows.
    Reseal {
        /// The keystore.
        path: PathBuf,
        /// Whether that is SHA-1, since it knows no other.
        legacy: bool,
    },
    /// Renew the certificate at this depth: it has expired.
    Renew(Arc<Member>),
    /// Wait until, or set the clock right: the certificate is not valid yet.
    NotBefore(Arc<Member>, Timestamp),
    /// Issue the certificate anew, without what these faults complain of.
    Reissue(Arc<Member>, Vec<Fault>),
    /// Connect by one of the names that the certificate is for.
    UseName(String),
}

/// Where a root is added for a client.
#[derive(Debug, Clone)]
pub enum To {
    /// To the system's store, which this client reads, in the way of the system.
    System(Edit),
    /// To the file or directory that the client reads.
    Store(Option<PathBuf>, Edit),
    /// To a bundle of its own, which a variable then names: the client's store belongs to a package.
    Bundle {
        /// The variable.
        variable: &'static str,
        /// Whether what the variable names is added to what the client has anyway.
        adds: bool,
        /// What such a variable names now, which it can name no longer beside another: it stays, in one file with what
        /// is added.
        keeps: Option<PathBuf>,
        /// Whether the client has nothing that it could stand beside.
        is_alone: bool,
    },
    /// To a bundle of its own, which the setting that counts then names.
    Named {
        /// The setting.
        setting: Named,
        /// Whether the client has nothing that it could stand beside.
        is_alone: bool,
    },
}

/// Changes that one may need together: a certificate that a strict verifier complains of has some four faults, and
/// those of its issuer come behind.
const TOGETHER: usize = 8;

/// What makes the client of `opinion` accept, the smallest first: in each, every change is needed. What nobody has here
/// is no change that could be tried, and is told where none is.
#[must_use]
pub fn remedies(asked: &Asked<'_>, everywhere: &Everywhere, opinion: &Opinion<'_>) -> Vec<Vec<Remedy>> {
    let Some(policy) = &opinion.policy else { return Vec::new() };
    let state = State {
        question: asked.question.clone(),
        pool: opinion.pool.clone(),
        policy: policy.clone(),
        forgiven: Vec::new(),
        changes: Changes::new(),
        found: None,
        tries: Rc::new(Cell::new(REMEDIES_TRIED)),
    };
    let password = changes::Trial { asked, everywhere, opinion, state: &state }.password();
    let opened = |mut together: Vec<Remedy>| {
        let adds = together.iter().any(|one| matches!(one, Remedy::AddRoot { to: To::Store(..), .. }));
        let gives = together.iter().any(|one| matches!(one, Remedy::GivePassword { .. }));
        together.extend(password.clone().filter(|_| adds && !gives));
        together
    };
    search(asked, everywhere, opinion, &state, TOGETHER).into_iter().map(merged).map(opened).collect()
}

/// What is asked, with the changes that were made.
#[derive(Debug, Clone)]
struct State {
    question: Question,
    pool: Pool,
    policy: Policy,
    /// Faults of certificates that are to be issued anew.
    forgiven: Vec<(Fingerprint, Fault)>,
    /// Variables that were set or unset.
    changes: Changes,
    /// The installation as it is with them.
    found: Option<Rc<Use>>,
    /// Changes that may still be tried, of this client.
    tries: Rc<Cell<usize>>,
}

impl State {
    /// What the engine makes of it, while changes are still tried.
    fn tried(&self) -> Option<Judged> {
        self.tries.set(self.tries.get().checked_sub(1)?);
        Some(self.judged())
    }

    /// What the engine makes of it. A fault that is forgiven uncovers the one behind it.
    fn judged(&self) -> Judged {
        let mut judged = judge_connection(&self.question, &self.pool, &self.policy);
        let Verdict::Refuses { fault: first, printed } = judged.verdict.clone() else { return judged };
        let is_forgiven = |at: &super::Located| {
            let member = judged.path.get(at.depth).map(|hop| &hop.member);
            member.is_some_and(|member| self.forgiven.contains(&(member.fingerprint(), at.fault)))
        };
        if !is_forgiven(&first) {
            return judged;
        }
        let mut behind = judged.behind.iter().copied().filter(|at| !is_forgiven(at));
        let (verdict, behind) = match behind.next() {
            None => (Verdict::Accepts, Vec::new()),
            Some(fault) => {
                let printed = Printed { text: String::new(), ..printed };
                (Verdict::Refuses { fault, printed }, behind.collect())
            }
        };
        (judged.verdict, judged.behind) = (verdict, behind);
        judged
    }
}

/// Every single change that is enough; where none is, the first ways to make several.
fn search(
    asked: &Asked<'_>,
    everywhere: &Everywhere,
    opinion: &Opinion<'_>,
    state: &State,
    together: usize,
) -> Vec<Vec<Remedy>> {
    let Some(cause) = &opinion.cause else { return Vec::new() };
    let trial = changes::Trial { asked, everywhere, opinion, state };
    let changes = trial.changes(cause);
    let mut enough = Vec::new();
    let mut partly = Vec::new();
    for (remedy, state) in changes {
        let Some(judged) = state.tried() else { break };
        match judged.verdict {
            Verdict::Accepts => enough.push(vec![remedy]),
            Verdict::Refuses { fault, .. } => {
                // The same certificate may be at fault behind another, and of a fault that stays the cause may be another.
                let is_first = matches!(remedy, Remedy::SendFirst(_)) || is_another(&judged, fault, opinion);
                let next = after(asked, everywhere, opinion, &state, judged);
                if is_first || next.cause.as_ref().is_some_and(|next| next.id() != cause.id()) {
                    partly.push((remedy, state, next));
                }
            }
            _ => {}
        }
    }
    if !enough.is_empty() || together <= 1 {
        return enough;
    }
    let rest = |state: &State, next: &Opinion<'_>| {
        let asked = Asked { question: &state.question, ..*asked };
        let mut found = search(&asked, everywhere, next, state, together - 1);
        // Of an issuer that nobody has, it is not known what it is: each of the ways may be the one.
        let is_open = |way: &Vec<Remedy>| {
            way.iter().any(|one| matches!(one, Remedy::SendIssuer { .. } | Remedy::GetIssuer { .. }))
        };
        let several = found.iter().all(is_open);
        found.truncate(if several { found.len() } else { 1 });
        found
    };
    let several = partly.into_iter().flat_map(|(remedy, state, next)| {
        let ways = rest(&state, &next).into_iter();
        ways.map(|rest| [vec![remedy.clone()], rest].concat()).collect::<Vec<_>>()
    });
    let several: Vec<_> = several.take(2).collect();
    let (of, likely_intermediate) = match cause {
        Cause::IssuerAbsent { of, likely_intermediate } => (of, *likely_intermediate),
        Cause::IntermediateOnly { anchor } => (anchor, false),
        _ => return several,
    };
    if !several.is_empty() {
        return several;
    }
    // With the issuer there, as far as that can be told of one that is not known.
    let state = trial.with_issuer(of);
    let behind = state.tried().filter(|judged| matches!(judged.verdict, Verdict::Refuses { .. }));
    let next = behind.map(|judged| after(asked, everywhere, opinion, &state, judged));
    let next = next.filter(|next| next.cause.as_ref().is_some_and(|next| next.id() != cause.id()));
    let rest = next.and_then(|next| rest(&state, &next).into_iter().next()).unwrap_or_default();
    let first = trial.absent(of, likely_intermediate).into_iter();
    first.map(|remedy| [vec![remedy], rest.clone()].concat()).collect()
}

/// What a client says once a change was made.
fn after<'u>(
    asked: &Asked<'_>,
    everywhere: &Everywhere,
    before: &Opinion<'u>,
    state: &State,
    judged: Judged,
) -> Opinion<'u> {
    let asked = Asked { question: &state.question, ..*asked };
    let mut opinion = Opinion {
        found: before.found,
        anchors: before.anchors.clone(),
        pool: state.pool.clone(),
        row: before.row,
        policy: Some(state.policy.clone()),
        settings: before.settings.clone(),
        judged,
        cause: None,
        is_off: false,
    };
    opinion.cause = everywhere.cause(&asked, &opinion);
    opinion
}

/// Whether a fault is not the one that the client had: a change that uncovers nothing is none.
fn is_another(judged: &Judged, fault: super::Located, before: &Opinion<'_>) -> bool {
    let of = |judged: &Judged, at: super::Located| judged.path.get(at.depth).map(|hop| hop.member.fingerprint());
    match &before.judged.verdict {
        Verdict::Refuses { fault: old, .. } => {
            old.fault != fault.fault || of(&before.judged, *old) != of(judged, fault)
        }
        _ => true,
    }
}

/// The faults of one certificate as one change.
fn merged(remedies: Vec<Remedy>) -> Vec<Remedy> {
    let mut merged: Vec<Remedy> = Vec::new();
    for remedy in remedies {
        if let Remedy::Reissue(member, faults) = &remedy
            && let Some(known) = merged.iter_mut().find_map(|known| match known {
                Remedy::Reissue(other, known) if other.is(member) => Some(known),
                _ => None,
            })
        {
            known.extend(faults.iter().filter(|fault| !known.contains(fault)).copied().collect::<Vec<_>>());
            continue;
        }
        merged.push(remedy);
    }
    merged
}

/// The file in which a certificate stands by itself, as PEM that any program reads.
#[must_use]
pub fn alone((store, _): &Place) -> Option<&Path> {
    let path = store.id.path().filter(|_| store.format == Format::Pem && store.reading == Reading::Whole)?;
    let [only] = store.entries.as_slice() else { return None };
    // What a `TRUSTED CERTIFICATE` says of its use is in a form of OpenSSL's own.
    (only.certificate().is_some() && only.trust == Trust::Unstated && only.notes.is_empty()).then_some(path)
}
