//! When Go holds names against the constraints of an issuer: as each certificate is added to a path, or once a whole
//! path is there.

use super::{Failed, Link, Search, names};
use crate::chain::member::Member;
use crate::policy::Fault;
use crate::policy::go::Told;
use std::sync::Arc;

impl Search<'_> {
    /// Name constraints of one certificate as `isValid` checks them before 1.26: against the names of what is
    /// below it; before 1.22 against the server's and its own alone.
    pub(super) fn constraints_of(&self, link: &Link, chain: &[&Link]) -> Result<(), Failed> {
        let Some(constraints) = &link.parsed.constraints else { return Ok(()) };
        let below: Vec<(usize, &Link)> = if self.go.is(22) {
            chain.iter().copied().enumerate().collect()
        } else {
            chain.first().map(|leaf| (0, *leaf)).into_iter().chain([(chain.len(), link)]).collect()
        };
        let mut spent = 0;
        for (_, named) in below {
            let Some(names) = &named.parsed.names else { continue };
            self.fit(names::check(names, constraints, self.go, &mut spent), &link.member, chain.len())?;
        }
        Ok(())
    }

    /// Name constraints of a whole path, 1.26 and later (`checkChainConstraints`).
    pub(super) fn constraints_of_chain(&self, links: &[Link]) -> Result<(), Failed> {
        let mut spent = 0;
        for (depth, named) in links.iter().enumerate() {
            let Some(names) = &named.parsed.names else { continue };
            for (above, link) in links.iter().enumerate().skip(depth + 1) {
                let Some(constraints) = &link.parsed.constraints else { continue };
                self.fit(names::check(names, constraints, self.go, &mut spent), &link.member, above)?;
            }
        }
        Ok(())
    }

    pub(super) fn fit(&self, fit: names::Fit, member: &Arc<Member>, depth: usize) -> Result<(), Failed> {
        let (fault, told) = match fit {
            names::Fit::Fits => return Ok(()),
            names::Fit::Against(text) => {
                let fault = if text.contains("excluded") { Fault::NameExcluded } else { Fault::NameNotPermitted };
                (fault, Told::NameConstraint(text))
            }
            names::Fit::Broken(text) if self.go.is(26) => (Fault::ConstrainedNameMalformed, Told::NameConstraint(text)),
            names::Fit::Broken(text) => (Fault::ConstrainedNameMalformed, Told::Own(text)),
            names::Fit::TooMany => (Fault::LimitReached, Told::Plain("x509: unknown error")),
        };
        if self.forgiven.lets(fault, member) { Ok(()) } else { Err(Failed::of(fault, depth, member, told)) }
    }
}
