//! `SunCertPathBuilder`: a search from the server's certificate up, over what was sent and the store.
//!
//! It looks at certificates that are valid now only, follows six that are not self-issued at most
//! (`PKIXBuilderParameters`' path length of 5), and gives up a branch where two self-issued ones follow each
//! other. A path that reaches an anchor is then checked from the top.

use super::super::with;
use super::algorithms::{anchor_faults, has_unknown_critical, is_blocked};
use super::{Checked, Ended, Manager, Path, Told, is_valid_with, names, parse};
use crate::chain::member::Member;
use crate::chain::member::extension::NameConstraints;
use crate::chain::{From, Hop, Outcome};
use crate::policy::Fault;
use std::sync::Arc;

/// Certification authorities between the server's certificate and the anchor
/// (`PKIXBuilderParameters.maxPathLength`).
const PATH_LENGTH: usize = 5;

/// `PKIXValidator.doBuild`.
pub(super) fn build(manager: &Manager<'_>) -> Checked<Path> {
    let mut search = Search { manager, furthest: Vec::new(), missing: 0, dated: false };
    let leaf = &manager.question.sent[0];
    search.furthest = with(&[], leaf, From::Sent(0));
    if !search.is_valid(leaf) {
        let (fault, path) = (search.time_fault(leaf), search.furthest.clone());
        if !manager.forgiven.lets(fault, leaf) {
            return Err(manager.refused(fault, 0, Some(leaf), Told::NotBuilt, &path));
        }
    }
    if has_unknown_critical(leaf) && !manager.forgiven.lets(Fault::CriticalUnknown, leaf) {
        let path = search.furthest.clone();
        return Err(manager.refused(Fault::CriticalUnknown, 0, Some(leaf), Told::NotBuilt, &path));
    }
    let start = search.furthest.clone();
    match search.forward(&start, 0, names::is_self_issued(leaf)) {
        Ok(Some(path)) => {
            manager.anchor(&path, true)?;
            Ok(path)
        }
        Ok(None) if manager.forgiven.lets_missing() => Ok(Path { hops: start }),
        Ok(None) => Err(manager.refused(Fault::IssuerNotFound, search.missing, None, Told::NotBuilt, &search.furthest)),
        Err(ended) => Err(ended),
    }
}

/// What may have issued the last certificate of a path.
struct Issuer {
    from: From,
    member: Arc<Member>,
    is_anchor: bool,
}

struct Search<'s, 'm> {
    manager: &'s Manager<'m>,
    furthest: Vec<Hop>,
    missing: usize,
    /// Whether anchors must be valid now, too: the selector is kept, and has the date once it was given one
    /// (`ForwardBuilder.getMatchingCACerts`; 11.0.13 to 25.0.2).
    dated: bool,
}

impl Search<'_, '_> {
    fn is_valid(&self, member: &Member) -> bool {
        let now = self.manager.question.at;
        member.not_before.at.is_some_and(|begins| now >= begins) && member.not_after.at.is_some_and(|ends| now <= ends)
    }

    fn time_fault(&self, member: &Member) -> Fault {
        let now = self.manager.question.at;
        if member.not_before.at.is_none_or(|begins| now < begins) { Fault::NotYetValid } else { Fault::Expired }
    }

    /// `depthFirstSearchForward`.
    fn forward(&mut self, path: &[Hop], traversed: usize, self_issued: bool) -> Checked<Option<Path>> {
        let Some(last) = path.last() else { return Ok(None) };
        let (depth, manager) = (path.len() - 1, self.manager);
        let child = Arc::clone(&last.member);
        let issuers = self.issuers(&child, path, traversed)?;
        if issuers.is_empty() && path.len() > self.missing {
            self.missing = depth;
        }
        for issuer in &issuers {
            let (from, member) = (issuer.from, &issuer.member);
            if path.iter().any(|hop| is_repeated(&hop.member, member)) {
                manager.notes.pass(depth, from, "its name and key are in the path already");
                continue;
            }
            if is_blocked(member) {
                manager.notes.pass(depth, from, "the JDK blocks this certificate");
                continue;
            }
            let longer = with(path, member, from);
            if longer.len() > self.furthest.len() {
                self.furthest.clone_from(&longer);
            }
            if issuer.is_anchor {
                let complete = Path { hops: longer };
                match manager.checkers(&complete, true) {
                    Ok(()) => {
                        meets_first(issuer, &issuers, &child, manager)?;
                        manager.notes.step(depth, from, Outcome::Taken);
                        return Ok(Some(complete));
                    }
                    Err(Ended::Refused(failed)) => {
                        manager.notes.pass(depth, from, failed.told.text(manager.java, failed.fault));
                        continue;
                    }
                    Err(ended) => return Err(ended),
                }
            }
            if let Some(why) = self.cannot_issue(member) {
                manager.notes.pass(depth, from, why);
                continue;
            }
            if self_issued && names::is_self_issued(member) {
                return Ok(None);
            }
            manager.notes.step(depth, from, Outcome::Taken);
            let more = traversed + usize::from(!names::is_self_issued(member) && member.is_ca());
            if let Some(path) = self.forward(&longer, more, names::is_self_issued(member))? {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// What the selector lets issue the last of a path, in the order in which it is tried
    /// (`ForwardBuilder.getMatchingCerts`).
    fn issuers(&mut self, child: &Arc<Member>, path: &[Hop], traversed: usize) -> Checked<Vec<Issuer>> {
        let manager = self.manager;
        let mut found = self.anchors(child, path)?;
        self.dated = true;
        if traversed < PATH_LENGTH {
            found.extend(self.sent(child, path, traversed)?);
        }
        // `PKIXCertComparator`: the key identifier first, then those whose issuer is an anchor.
        found.sort_by_cached_key(|issuer| {
            let is_next_to_anchor = manager.anchors().any(|(_, anchor)| names::issued(&issuer.member, anchor));
            (!has_key_of(&issuer.member, child), !is_next_to_anchor)
        });
        Ok(found)
    }

    fn anchors(&self, child: &Arc<Member>, path: &[Hop]) -> Checked<Vec<Issuer>> {
        let (depth, manager) = (path.len() - 1, self.manager);
        let mut found = Vec::new();
        let issuers =
            manager.anchors().filter(|(_, anchor)| names::issued(child, anchor) && is_valid_with(child, anchor));
        for (from, anchor) in issuers {
            if let Some(why) = self.limits(anchor, path)? {
                manager.notes.pass(depth, from, why);
                continue;
            }
            if self.dated && !self.is_valid(anchor) && !manager.forgiven.lets(self.time_fault(anchor), anchor) {
                manager.notes.pass(depth, from, "it is not valid now");
                continue;
            }
            self.spend()?;
            found.push(Issuer { from, member: Arc::clone(anchor), is_anchor: true });
        }
        Ok(found)
    }

    fn sent(&self, child: &Arc<Member>, path: &[Hop], traversed: usize) -> Checked<Vec<Issuer>> {
        let (depth, manager) = (path.len() - 1, self.manager);
        let mut found = Vec::new();
        for (at, member) in manager.question.sent.iter().enumerate() {
            if !names::issued(child, member) || manager.anchors().any(|(_, known)| known.is(member)) {
                continue;
            }
            self.spend()?;
            let from = From::Sent(at);
            if let Some(why) = self.left_out(member, traversed) {
                manager.notes.pass(depth, from, why);
                continue;
            }
            if let Some(why) = self.limits(member, path)? {
                manager.notes.pass(depth, from, why);
                continue;
            }
            found.push(Issuer { from, member: Arc::clone(member), is_anchor: false });
        }
        Ok(found)
    }

    /// Counts one candidate more.
    fn spend(&self) -> Checked<()> {
        if self.manager.notes.spend() {
            return Err(Ended::Depends("more candidates than castore follows".to_owned()));
        }
        Ok(())
    }

    /// Why the selector leaves a certificate that was sent out: dates and basic constraints.
    fn left_out(&self, member: &Arc<Member>, traversed: usize) -> Option<&'static str> {
        let lets = |fault| self.manager.forgiven.lets(fault, member);
        if parse::read(member).is_err() {
            return Some("it cannot be read");
        }
        if !self.is_valid(member) && !lets(self.time_fault(member)) {
            return Some("it is not valid now");
        }
        let limit = match member.basic_constraints.value() {
            Some(found) if found.ca => found.path_len.unwrap_or(i64::MAX),
            _ if lets(Fault::NotCa) => i64::MAX,
            _ => return Some("it is no certification authority"),
        };
        let traversed = i64::try_from(traversed).unwrap_or(i64::MAX);
        (limit < traversed && !lets(Fault::PathLength)).then_some("its path length is exceeded")
    }

    /// Why the selector leaves a certificate out by its name constraints, where it looks at them
    /// (`X509CertSelector.setPathToNames`): they must hold every name below that is not self-issued.
    fn limits(&self, member: &Arc<Member>, path: &[Hop]) -> Checked<Option<&'static str>> {
        let read = |_: &&NameConstraints| parse::constraints_are_read(member);
        let constraints = member.name_constraints.value().filter(read);
        let Some(constraints) = constraints.filter(|_| !self.manager.java.checks_built) else { return Ok(None) };
        let below = path.iter().enumerate().filter(|(at, hop)| *at == 0 || !names::is_self_issued(&hop.member));
        for (_, hop) in below {
            if names::within(&hop.member, constraints, true, self.manager.java).is_err() {
                return Ok(Some("its name constraints do not hold a name"));
            }
        }
        Ok(None)
    }

    /// `ForwardBuilder.verifyCert`.
    fn cannot_issue(&self, member: &Arc<Member>) -> Option<&'static str> {
        let lets = |fault| self.manager.forgiven.lets(fault, member);
        if has_unknown_critical(member) && !lets(Fault::CriticalUnknown) {
            return Some("a critical extension is not known");
        }
        let cannot = member.key_usage.value().is_some_and(|usage| !usage.key_cert_sign());
        (cannot && !lets(Fault::KeyUsageNoCertSign)).then_some("its key usage is without keyCertSign")
    }
}

/// Whether a certificate's key identifier is the one that another names for its issuer.
fn has_key_of(member: &Member, child: &Member) -> bool {
    let wanted = child.authority_key_id.value().and_then(|authority| authority.key_id.as_ref());
    wanted.is_some() && member.subject_key_id.value() == wanted
}

/// Anchors of one rank are met in the order of a set that nobody knows: where others of the same key would not
/// serve as this one does, it depends.
fn meets_first(taken: &Issuer, issuers: &[Issuer], child: &Member, manager: &Manager<'_>) -> Checked<()> {
    let serves = |anchor: &Member| anchor_faults(anchor, manager.java).is_empty();
    let differs = |other: &Issuer| {
        other.is_anchor
            && has_key_of(&other.member, child) == has_key_of(&taken.member, child)
            && other.member.spki() == taken.member.spki()
            && serves(&other.member) != serves(&taken.member)
    };
    if issuers.iter().any(differs) {
        let because = "on which of the anchors of one name and key Java meets first";
        return Err(Ended::Depends(because.to_owned()));
    }
    Ok(())
}

/// `SunCertPathBuilder.repeated`: the same, or of one name, key and alternative names.
fn is_repeated(one: &Member, other: &Member) -> bool {
    one.is(other)
        || (names::same_subject(one, other)
            && one.spki() == other.spki()
            && one.subject_alt_name.value() == other.subject_alt_name.value())
}
