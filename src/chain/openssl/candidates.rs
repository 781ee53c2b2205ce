//! Which certificate is taken for the issuer of another.
//!
//! In a store: the first whose dates are good, in the store's order; else by version the one that expires
//! last or the last that fits (`X509_STORE_CTX_get1_issuer`). Among what was sent: likewise since 1.1.0, the
//! first that fits before (`find_issuer`, `get0_best_issuer_sk`).

use super::super::member::Member;
use super::super::{From, Outcome, Step};
use super::Run;
use super::facts::NotIssuer;
use crate::policy::openssl::Library;
use std::cmp::Ordering;
use std::sync::Arc;

/// What is taken when no candidate's dates are good.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Else {
    /// The first that fits, whatever its dates.
    First,
    /// The last that fits.
    Last,
    /// The one that expires last, of equals the first.
    LatestEnd,
}

impl Run<'_> {
    /// The issuer in the store for the certificate at `depth`: its index in the pool.
    pub(super) fn held_issuer(&mut self, depth: usize) -> Option<usize> {
        let subject = Arc::clone(&self.path[depth].member);
        let pool = self.pool;
        let named = pool.anchors.iter().enumerate().filter(|(_, held)| held.member.subject == subject.issuer);
        let candidates = named.map(|(index, held)| (From::Pool(index), &held.member));
        let how = self.otherwise();
        if self.policy().library == Library::Bun || self.policy().unordered {
            self.note_luck(&subject);
        }
        match self.best(&subject, depth, candidates, how, false)? {
            From::Pool(index) => Some(index),
            From::Sent(_) => None,
        }
    }

    /// The issuer among what was sent, without those in `used`: its position.
    pub(super) fn sent_issuer(&mut self, depth: usize, used: &[bool]) -> Option<usize> {
        let subject = Arc::clone(&self.path[depth].member);
        let sent = &self.question.sent;
        let free = sent.iter().enumerate().filter(|(position, member)| {
            !used.get(*position).copied().unwrap_or_default() && member.subject == subject.issuer
        });
        let candidates = free.map(|(position, member)| (From::Sent(position), member));
        let may_loop = self.facts.is_old() || subject.is_self_issued() && self.path.len() == 1;
        // Dates count in a store alone (`find_issuer`, `X509_STORE_CTX_get1_issuer` of BoringSSL).
        let how = if self.policy().library == Library::Bun { Else::First } else { self.otherwise() };
        match self.best(&subject, depth, candidates, how, !may_loop)? {
            From::Sent(position) => Some(position),
            From::Pool(_) => None,
        }
    }

    /// The store of Bun, and of gRPC, is in no order that files tell: which of several anchors with other keys it takes is luck.
    fn note_luck(&mut self, subject: &Member) {
        let facts = self.facts;
        let at = self.question.at;
        let held =
            self.pool.anchors.iter().map(|held| &held.member).filter(|member| facts.issued(member, subject).is_ok());
        // A store that is unordered takes one whatever its dates.
        let whenever = self.policy().unordered;
        let held = held.map(|member| (member, facts.in_time(member, at)));
        let mut kinds: Vec<(&Member, bool)> = Vec::new();
        for (member, in_time) in held.filter(|(_, in_time)| whenever || *in_time) {
            let same = |(other, other_time): &(&Member, bool)| in_time == *other_time && facts.end_alike(member, other);
            if !kinds.iter().any(same) {
                kinds.push((member, in_time));
            }
        }
        if kinds.len() > 1 {
            self.luck = Some(format!("on which of {} anchors of one name it comes upon first", kinds.len()));
        }
    }

    fn otherwise(&self) -> Else {
        match self.policy().library {
            Library::V1_0_2 | Library::BoringSsl => Else::First,
            Library::Bun | Library::V1_1_1 => Else::Last,
            _ => Else::LatestEnd,
        }
    }

    fn best<'m>(
        &mut self,
        subject: &Member,
        depth: usize,
        candidates: impl Iterator<Item = (From, &'m Arc<Member>)>,
        how: Else,
        no_loop: bool,
    ) -> Option<From> {
        let mut best: Option<(From, &Member)> = None;
        for (from, member) in candidates {
            let fits = self.facts.issued(member, subject).and_then(|()| {
                let is_there = no_loop && self.path.iter().any(|hop| hop.member.is(member));
                if is_there { Err(NotIssuer::Loop) } else { Ok(()) }
            });
            self.is_broken |= matches!(fits, Err(NotIssuer::Broken | NotIssuer::BrokenSubject));
            if let Err(why) = fits {
                self.pass_over(depth, from, why.text());
                continue;
            }
            let is_in_time = how == Else::First || self.facts.in_time(member, self.question.at);
            if is_in_time {
                if let Some((passed, _)) = best {
                    self.pass_over(depth, passed, OUT_OF_DATE);
                }
                best = Some((from, member));
                break;
            }
            let better = match (how, best) {
                (_, None) | (Else::Last, _) => true,
                (_, Some((_, other))) => ends(member).cmp(&ends(other)) == Ordering::Greater,
            };
            let passed = if better { best.replace((from, member)).map(|(passed, _)| passed) } else { Some(from) };
            if let Some(passed) = passed {
                self.pass_over(depth, passed, OUT_OF_DATE);
            }
        }
        let (from, _) = best?;
        self.candidate_step(Step { depth, candidate: from, outcome: Outcome::Taken });
        Some(from)
    }

    fn pass_over(&mut self, depth: usize, candidate: From, why: &str) {
        self.candidate_step(Step { depth, candidate, outcome: Outcome::PassedOver(why.to_owned()) });
    }
}

const OUT_OF_DATE: &str = "it has expired or is not valid yet, and another fits too";

fn ends(member: &Member) -> Option<crate::model::Timestamp> {
    member.not_after.at
}
