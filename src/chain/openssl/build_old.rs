//! The path of 1.0.2 and of BoringSSL, which kept its shape: what was sent first, as far as it leads, then
//! the store; where that ends at no anchor, shorter and shorter beginnings of what was sent are tried with
//! the store (`X509_verify_cert`).

use super::super::{From, Hop};
use super::{Ends, Run, Trust};
use crate::policy::Fault;
use crate::policy::openssl::Library;
use std::sync::Arc;

impl Run<'_> {
    /// Builds the path; tells why it does not end at an anchor.
    pub(super) fn build_old(&mut self) -> Result<(), Ends> {
        // The depth counts the path in 1.0.2, and neither end of it in BoringSSL.
        let longest = self.policy().depth + usize::from(self.facts.is_boring());
        self.take_sent(longest)?;
        // How much of what was sent is still to be tried; a self-signed certificate at its end is set aside.
        let mut sent = self.path.len();
        let mut set_aside = None;
        let mut is_bad = false;
        let trust = loop {
            self.refuse_broken()?;
            let top = self.path.len() - 1;
            if self.facts.is_self_signed(&self.path[top].member) {
                if top == 0 {
                    is_bad |= !self.replace_lone();
                } else {
                    set_aside = self.path.pop();
                    self.untrusted -= 1;
                    sent -= 1;
                }
            }
            self.take_store(longest)?;
            let trust = self.check_trust_old();
            if trust != Trust::Untrusted || self.policy().trusted_first || !self.shorten(&mut sent) {
                break trust;
            }
        };
        if trust == Trust::Untrusted && !is_bad {
            self.tell_untrusted_old(set_aside);
        }
        Ok(())
    }

    /// BoringSSL ends all where an extension of the last certificate cannot be read (`cert_self_signed`).
    fn refuse_broken(&mut self) -> Result<(), Ends> {
        let top = self.path.len() - 1;
        if self.facts.is_broken(&self.path[top].member) {
            self.tell(Fault::Malformed, top);
            return Err(Ends);
        }
        Ok(())
    }

    /// Follows what was sent.
    fn take_sent(&mut self, longest: usize) -> Result<(), Ends> {
        let mut used = vec![false; self.question.sent.len()];
        while self.path.len() <= longest {
            self.refuse_broken()?;
            let top = self.path.len() - 1;
            let member = Arc::clone(&self.path[top].member);
            if self.facts.is_self_signed(&member) || self.policy().trusted_first && self.held_serves(top) {
                break;
            }
            let Some(position) = self.sent_issuer(top, &used) else { break };
            used[position] = true;
            let member = Arc::clone(&self.question.sent[position]);
            self.path.push(Hop { member, from: From::Sent(position) });
            self.untrusted += 1;
        }
        Ok(())
    }

    /// Whether the store has an issuer that is taken before what was sent; Bun 1.4.5 passes over one that is out of date
    /// while another was sent.
    fn held_serves(&mut self, top: usize) -> bool {
        let Some(index) = self.held_issuer(top) else { return false };
        let at = self.question.at;
        self.policy().library != Library::Bun || self.facts.in_time(&self.pool.anchors[index].member, at)
    }

    /// A single self-signed certificate must be the store's, octet for octet.
    fn replace_lone(&mut self) -> bool {
        let member = Arc::clone(&self.path[0].member);
        match self.held_issuer(0).filter(|&index| self.pool.anchors[index].member.is(&member)) {
            Some(index) => {
                self.path[0] = Hop { member, from: From::Pool(index) };
                self.untrusted = 0;
                true
            }
            None => {
                self.tell(Fault::SelfSignedLeaf, 0);
                false
            }
        }
    }

    /// Follows the store.
    fn take_store(&mut self, longest: usize) -> Result<(), Ends> {
        while self.path.len() <= longest {
            self.refuse_broken()?;
            let top = self.path.len() - 1;
            if self.facts.is_self_signed(&self.path[top].member) {
                break;
            }
            let Some(index) = self.held_issuer(top) else { break };
            let member = Arc::clone(&self.pool.anchors[index].member);
            self.path.push(Hop { member, from: From::Pool(index) });
        }
        Ok(())
    }

    fn check_trust_old(&mut self) -> Trust {
        for depth in self.untrusted..self.path.len() {
            let From::Pool(index) = self.path[depth].from else { continue };
            match self.trust_of(index, self.trust_unstated(index)) {
                Trust::Trusted => return Trust::Trusted,
                Trust::Rejected => {
                    self.tell(Fault::AnchorRejected, depth);
                    return Trust::Rejected;
                }
                Trust::Untrusted => {}
            }
        }
        match () {
            () if !self.policy().partial_chain => Trust::Untrusted,
            () if self.untrusted < self.path.len() => Trust::Trusted,
            () => self.leaf_in_store(),
        }
    }

    /// Cuts the path where the store has an issuer for a certificate further down.
    fn shorten(&mut self, sent: &mut usize) -> bool {
        while *sent > 1 {
            *sent -= 1;
            if *sent <= self.path.len() && self.held_issuer(*sent - 1).is_some() {
                self.path.truncate(*sent);
                self.untrusted = self.path.len();
                return true;
            }
        }
        false
    }

    fn tell_untrusted_old(&mut self, set_aside: Option<Hop>) {
        let top = self.path.len() - 1;
        match set_aside.filter(|hop| self.facts.issued(&hop.member, &self.path[top].member).is_ok()) {
            Some(hop) => {
                self.path.push(hop);
                self.untrusted = self.path.len();
                self.tell(Fault::SelfSignedSent, top + 1);
            }
            None if self.untrusted >= self.path.len() => self.tell(Fault::IssuerNotFound, top),
            None => self.tell(Fault::AnchorIncomplete, top),
        }
    }
}
