//! The path since 1.1.0: at each certificate the store first, then what was sent (`build_chain`).

use super::super::{From, Hop};
use super::{Ends, Run, Trust};
use crate::policy::Fault;
use crate::policy::openssl::{Library, Report};
use std::sync::Arc;

impl Run<'_> {
    /// Builds the path; tells why it does not end at an anchor.
    pub(super) fn build(&mut self) -> Result<(), Ends> {
        let longest = self.policy().depth + 1;
        let mut used = vec![false; self.question.sent.len()];
        let mut sent_too = true;
        let mut trust = Trust::Untrusted;
        loop {
            let top = self.path.len() - 1;
            let found = if self.path.len() > longest { None } else { self.held_issuer(top) };
            if let Some(index) = found {
                let grown = self.grow(index)?;
                if let Some((ends, from)) = grown {
                    sent_too = false;
                    trust = self.check_trust(from);
                    if trust != Trust::Untrusted {
                        break;
                    }
                    if !ends {
                        continue;
                    }
                }
            }
            if !sent_too {
                break;
            }
            let top = self.path.len() - 1;
            let member = Arc::clone(&self.path[top].member);
            let may_grow = !self.facts.is_self_signed(&member) && self.path.len() <= longest;
            let issuer = if may_grow { self.sent_issuer(top, &used) } else { None };
            match issuer {
                Some(position) => {
                    if let Some(place) = used.get_mut(position) {
                        *place = true;
                    }
                    let member = Arc::clone(&self.question.sent[position]);
                    self.path.push(Hop { member, from: From::Sent(position) });
                    self.untrusted += 1;
                }
                // The store was asked for the same certificate just now.
                None => break,
            }
        }
        if trust == Trust::Untrusted && self.path.len() <= longest && self.path.len() == self.untrusted {
            trust = self.check_trust(self.untrusted);
        }
        if trust == Trust::Untrusted {
            self.tell_untrusted(longest);
        }
        Ok(())
    }

    /// Adds the issuer found in the store, or puts it in the place of a self-signed certificate that was
    /// sent: whether the path ends there, and from which depth on it is the store's. Nothing for a
    /// self-signed one that is not the store's, octet for octet.
    fn grow(&mut self, index: usize) -> Result<Option<(bool, usize)>, Ends> {
        let issuer = Arc::clone(&self.pool.anchors[index].member);
        let top = self.path.len() - 1;
        let current = Arc::clone(&self.path[top].member);
        // `X509_self_signed` fails for a key that cannot be decoded, and so does all.
        if self.policy().library >= Library::V3_0 && !self.facts.has_key(&current) {
            self.tell(Fault::LeafKeyUndecodable, top);
            return Err(Ends);
        }
        if !self.facts.is_self_signed(&current) {
            let ends = self.facts.is_self_signed(&issuer);
            self.path.push(Hop { member: issuer, from: From::Pool(index) });
            return Ok(Some((ends, top + 1)));
        }
        if !issuer.is(&current) {
            return Ok(None);
        }
        // The last of the path is from the store already where the store was asked twice.
        self.untrusted = self.untrusted.min(top);
        self.path[top] = Hop { member: issuer, from: From::Pool(index) };
        Ok(Some((true, top)))
    }

    /// Whether what was added from `from` on makes the path trusted (`check_trust`).
    pub(super) fn check_trust(&mut self, from: usize) -> Trust {
        for depth in from..self.path.len() {
            let trust = match self.path[depth].from {
                From::Pool(index) => self.trust_of(index, self.trust_unstated(index)),
                From::Sent(_) => Trust::Untrusted,
            };
            match trust {
                Trust::Trusted => return trust,
                Trust::Rejected => {
                    self.tell(Fault::AnchorRejected, depth);
                    return Trust::Rejected;
                }
                Trust::Untrusted => {}
            }
        }
        if !self.policy().partial_chain {
            return Trust::Untrusted;
        }
        if from < self.path.len() {
            return Trust::Trusted;
        }
        self.leaf_in_store()
    }

    /// A self-signed certificate is trusted by being in the store (`trust_compat`), if a path may end with
    /// it and it can be read.
    pub(super) fn trust_unstated(&self, index: usize) -> Trust {
        let held = &self.pool.anchors[index];
        let trusted = held.ends_chain && !self.facts.is_broken(&held.member) && self.facts.is_self_signed(&held.member);
        if trusted { Trust::Trusted } else { Trust::Untrusted }
    }

    /// The server's certificate is itself in the store, which is enough for a partial chain.
    pub(super) fn leaf_in_store(&mut self) -> Trust {
        let leaf = Arc::clone(&self.path[0].member);
        let Some(index) = self.pool.anchors.iter().position(|held| held.member.is(&leaf)) else {
            return Trust::Untrusted;
        };
        if self.trust_of(index, Trust::Untrusted) == Trust::Rejected {
            self.tell(Fault::AnchorRejected, 0);
            return Trust::Rejected;
        }
        self.path[0] = Hop { member: leaf, from: From::Pool(index) };
        self.untrusted = 0;
        Trust::Trusted
    }

    /// The fault of a path without an anchor.
    fn tell_untrusted(&mut self, longest: usize) {
        let top = self.path.len() - 1;
        let is_self_signed = self.facts.is_self_signed(&self.path[top].member);
        let goes_on = self.policy().report == Report::Last;
        let fault = match self.told.last() {
            // A fault that a callback passed over is told again (`ctx->error` is not clear), since 3.0.
            Some(before) if goes_on && self.policy().library >= Library::V3_0 => before.fault,
            _ if self.path.len() > longest => Fault::PathTooLong,
            _ if is_self_signed && top == 0 => Fault::SelfSignedLeaf,
            _ if is_self_signed => Fault::SelfSignedSent,
            _ if self.untrusted < self.path.len() => Fault::AnchorIncomplete,
            _ => Fault::IssuerNotFound,
        };
        self.tell(fault, top);
    }
}
