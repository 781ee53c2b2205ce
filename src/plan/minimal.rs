//! The smallest set of roots that verifies some chains.
//!
//! A service that talks to three servers needs three roots at most, and often one; an image with one root has one
//! authority that can speak for them. Which sets verify a chain is asked of the engines that judge chains: each root
//! alone first, then, where a path needs more than one certificate of the stores, what the path through all of them
//! takes. Of all ways to choose one set for each chain the smallest union is searched, and the answer is tried again as
//! a whole, since a root more can lead a verifier astray.

use crate::chain::{From, Held, Judged, Pool, Question, Verdict, judge};
use crate::limits::UNIONS_TRIED;
use crate::model::{Fingerprint, Timestamp};
use crate::policy::Policy;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Smallest {
    /// The roots.
    pub roots: BTreeSet<Fingerprint>,
    /// Those of them that each chain needs, in the order of the chains.
    pub of: Vec<BTreeSet<Fingerprint>>,
    /// Whether no smaller set is possible; else not every choice was tried.
    pub is_proven: bool,
}

/// Why there is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSet {
    /// All roots together do not verify a chain.
    #[error("{by} refuses it with all of them: {why}")]
    Refused {
        /// Which chain, from 0.
        chain: usize,
        /// Whose rules.
        by: String,
        /// What it says.
        why: String,
    },
    /// The roots verify each chain alone, and not all of them together.
    #[error("{by} refuses it with the roots of all chains together: {why}")]
    Together {
        /// Which chain, from 0.
        chain: usize,
        /// Whose rules.
        by: String,
        /// What it says.
        why: String,
    },
}

impl NoSet {
    /// Which chain it is of, from 0.
    #[must_use]
    pub const fn chain(&self) -> usize {
        match self {
            Self::Refused { chain, .. } | Self::Together { chain, .. } => *chain,
        }
    }
}

/// A set of anchors, by their places in the list.
type Set = BTreeSet<usize>;

/// The smallest set of `anchors` with which every policy accepts every chain. Of several, one with roots that are valid
/// for longer.
///
/// # Errors
/// When all of them are not enough for a chain.
pub fn smallest(chains: &[Question], anchors: &[Held], policies: &[(String, Policy)]) -> Result<Smallest, NoSet> {
    let all: Set = (0..anchors.len()).collect();
    let mut order: Vec<usize> = (0..anchors.len()).collect();
    order.sort_by_key(|index| {
        let member = &anchors[*index].member;
        (Reverse(member.not_after.at.unwrap_or(Timestamp::from_unix(0))), member.fingerprint())
    });
    let mut needs: Vec<Vec<Set>> = Vec::new();
    for (chain, question) in chains.iter().enumerate() {
        let accept = |set: &Set| policies.iter().all(|(_, policy)| accepts(question, anchors, set, policy));
        let mut sets: Vec<Set> = order.iter().map(|index| Set::from([*index])).filter(accept).collect();
        if sets.is_empty() {
            let path =
                paths(question, anchors, &all, policies).map_err(|(by, why)| NoSet::Refused { chain, by, why })?;
            // What the path takes may lead elsewhere without the rest; the rest is then needed for it.
            sets.push(if accept(&path) { path } else { all.clone() });
        }
        needs.push(sets);
    }
    let (chosen, is_proven) = cover(&needs);
    let roots: Set = chosen.iter().flatten().copied().collect();
    for (chain, question) in chains.iter().enumerate() {
        paths(question, anchors, &roots, policies).map_err(|(by, why)| NoSet::Together { chain, by, why })?;
    }
    let fingerprints = |set: &Set| set.iter().map(|index| anchors[*index].member.fingerprint()).collect();
    Ok(Smallest { roots: fingerprints(&roots), of: chosen.iter().map(fingerprints).collect(), is_proven })
}

fn judged(question: &Question, anchors: &[Held], set: &Set, policy: &Policy) -> Judged {
    judge(question, &Pool { anchors: set.iter().map(|index| anchors[*index].clone()).collect() }, policy)
}

fn accepts(question: &Question, anchors: &[Held], set: &Set, policy: &Policy) -> bool {
    judged(question, anchors, set, policy).verdict == Verdict::Accepts
}

/// What the paths of every policy take of a set, or who refuses and why.
fn paths(
    question: &Question,
    anchors: &[Held],
    set: &Set,
    policies: &[(String, Policy)],
) -> Result<Set, (String, String)> {
    let places: Vec<usize> = set.iter().copied().collect();
    let mut taken = Set::new();
    for (by, policy) in policies {
        let judged = judged(question, anchors, set, policy);
        let why = match judged.verdict {
            Verdict::Accepts => None,
            Verdict::Refuses { printed, .. } => Some(printed.text),
            Verdict::Depends(why) | Verdict::NotPredicted(why) => Some(why),
        };
        if let Some(why) = why {
            return Err((by.clone(), why));
        }
        taken.extend(judged.path.iter().filter_map(|hop| match hop.from {
            From::Pool(index) => places.get(index).copied(),
            From::Sent(_) => None,
        }));
    }
    Ok(taken)
}

/// One set for each need, of which the union is the smallest; whether that is proven. Of equal unions the first counts,
/// and sets that come first are taken first.
fn cover(needs: &[Vec<Set>]) -> (Vec<Set>, bool) {
    // Needs with few ways first: they decide most.
    let mut order: Vec<usize> = (0..needs.len()).collect();
    order.sort_by_key(|need| needs[*need].len());
    let mut search = Search { needs, order, best: None, tries: 0 };
    search.at(0, &Set::new(), &mut Vec::new());
    let is_proven = search.tries < UNIONS_TRIED;
    let mut chosen = vec![Set::new(); needs.len()];
    for (place, need) in search.order.iter().enumerate() {
        if let Some((_, sets)) = &search.best {
            chosen[*need] = sets[place].clone();
        }
    }
    (chosen, is_proven)
}

struct Search<'n> {
    needs: &'n [Vec<Set>],
    order: Vec<usize>,
    best: Option<(usize, Vec<Set>)>,
    tries: usize,
}

impl Search<'_> {
    fn at(&mut self, place: usize, union: &Set, chosen: &mut Vec<Set>) {
        if self.best.as_ref().is_some_and(|(size, _)| union.len() >= *size) {
            return;
        }
        let Some(need) = self.order.get(place) else {
            self.best = Some((union.len(), chosen.clone()));
            return;
        };
        let sets = &self.needs[*need];
        // What is there already costs nothing, and no other way can be better.
        let free = sets.iter().find(|set| set.is_subset(union));
        let ways: Vec<&Set> = free.map_or_else(|| sets.iter().collect(), |set| vec![set]);
        for set in ways {
            self.tries += 1;
            if self.tries >= UNIONS_TRIED && self.best.is_some() {
                return;
            }
            chosen.push(set.clone());
            self.at(place + 1, &union.union(set).copied().collect(), chosen);
            chosen.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sets(needs: &[&[&[usize]]]) -> Vec<Vec<Set>> {
        needs.iter().map(|need| need.iter().map(|set| set.iter().copied().collect()).collect()).collect()
    }

    fn union(chosen: &[Set]) -> Set {
        chosen.iter().flatten().copied().collect()
    }

    #[test]
    fn one_root_that_serves_all_is_taken_alone() {
        let (chosen, proven) = cover(&sets(&[&[&[0], &[9]], &[&[1], &[9]], &[&[2], &[9]]]));
        assert_eq!((union(&chosen), proven), (Set::from([9]), true));
        let (chosen, _) = cover(&sets(&[&[&[3], &[4]], &[&[5]]]));
        assert_eq!(chosen, [Set::from([3]), Set::from([5])]);
        assert_eq!(cover(&[]), (vec![], true));
    }

    proptest! {
        #[test]
        fn no_other_choice_is_smaller(needs in prop::collection::vec(prop::collection::vec(prop::collection::btree_set(0usize..6, 1..3), 1..4), 1..5)) {
            let (chosen, proven) = cover(&needs);
            prop_assert!(proven);
            prop_assert!(chosen.iter().zip(&needs).all(|(set, sets)| sets.contains(set)));
            let mut unions = vec![Set::new()];
            for need in &needs {
                unions = unions.iter().flat_map(|u| need.iter().map(move |set| u | set)).collect();
            }
            prop_assert_eq!(union(&chosen).len(), unions.iter().map(Set::len).min().unwrap());
        }
    }
}
