//! What a snapshot or a scan spends on the derivation of keys, over all files together.
//!
//! One file of some hundred octets can ask for seconds of work, and ten thousand of them for hours. So the rounds
//! of all files have a bound ([`crate::limits::KDF_ITERATIONS_TOTAL`]), which the files use up in the order in
//! which they were discovered: what a file gets depends on those before it and on nothing else, neither on the
//! number of threads nor on which of them is quicker. For that a file waits until it is known what those before
//! it leave, which is at once as long as there is enough for all that are read at the time.

use crate::limits::Bounds;
use crate::model::Gap;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What all files of a snapshot or a scan may spend, and have spent.
pub(crate) struct Derivation {
    /// Rounds for one file.
    each: u64,
    /// Rounds for all.
    total: u64,
    ledger: Mutex<Ledger>,
    ended: Condvar,
}

#[derive(Default)]
struct Ledger {
    /// The place of the file that begins next.
    next: usize,
    /// Files before this place have ended.
    ended: usize,
    /// What they spent.
    spent: u64,
    /// What files spent that ended before one that began earlier.
    ahead: BTreeMap<usize, u64>,
}

impl Ledger {
    fn end(&mut self, place: usize, rounds: u64) {
        self.ahead.insert(place, rounds);
        while let Some(rounds) = self.ahead.remove(&self.ended) {
            self.ended += 1;
            self.spent = self.spent.saturating_add(rounds);
        }
    }

    /// What the files before a place spent, and how many of them have not ended.
    fn before(&self, place: usize) -> (u64, u64) {
        let ahead = self.ahead.range(..place);
        let (count, spent) = ahead.fold((0, self.spent), |(n, sum), (_, rounds)| (n + 1, rounds.saturating_add(sum)));
        (spent, (place.saturating_sub(self.ended) as u64).saturating_sub(count))
    }
}

impl Derivation {
    /// A file alone may have all that one may, whatever is left for others.
    pub(crate) fn new(bounds: &Bounds) -> Self {
        let (each, total) = (bounds.kdf_iterations, bounds.kdf_total.max(bounds.kdf_iterations));
        Self { each, total, ledger: Mutex::default(), ended: Condvar::new() }
    }

    /// The turn of the next file. Files are discovered in the order in which this is asked.
    pub(crate) fn turn(&self) -> Turn<'_> {
        let mut ledger = self.ledger();
        let place = ledger.next;
        ledger.next += 1;
        Turn { of: self, place, spent: 0 }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One file's turn; it ends when it is dropped.
pub(crate) struct Turn<'a> {
    of: &'a Derivation,
    /// How many files were discovered before this one.
    pub(crate) place: usize,
    spent: u64,
}

impl Turn<'_> {
    /// How many rounds the file may spend.
    pub(super) fn allowance(&self) -> u64 {
        let mut ledger = self.of.ledger();
        loop {
            let (spent, others) = ledger.before(self.place);
            let left = self.of.total.saturating_sub(spent);
            // The first that has not ended waits for none, so one of those that wait always goes on.
            if others == 0 || left.saturating_sub(others.saturating_mul(self.of.each)) >= self.of.each {
                return left.min(self.of.each);
            }
            ledger = self.of.ended.wait(ledger).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says how many it spent.
    pub(super) const fn spend(&mut self, rounds: u64) {
        self.spent = rounds;
    }

    /// A gap for want of rounds, as one of all files where those before it left less than a file may have.
    pub(super) fn named(&self, gap: Gap, allowance: u64) -> Gap {
        match gap {
            Gap::Bound { what: "rounds of key derivation", .. } if allowance < self.of.each => {
                Gap::Bound { what: "rounds of key derivation for all files", bound: self.of.total }
            }
            gap => gap,
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.of.ledger().end(self.place, self.spent);
        self.of.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derivation(each: u64, total: u64) -> Derivation {
        Derivation::new(&Bounds { kdf_iterations: each, kdf_total: total, ..Bounds::default() })
    }

    /// What files get of which each spends so much, on so many threads that are slow at different files.
    fn allowances(of: &Derivation, costs: &[u64], threads: usize) -> Vec<u64> {
        let got = Mutex::new(BTreeMap::new());
        let work = || loop {
            let mut turn = of.turn();
            let Some(cost) = costs.get(turn.place) else { break };
            (0..turn.place * 7919 % 300).for_each(|_| std::thread::yield_now());
            if *cost > 0 {
                let allowance = turn.allowance();
                turn.spend(allowance.min(*cost));
                got.lock().unwrap().insert(turn.place, allowance);
            }
        };
        std::thread::scope(|scope| (0..threads).for_each(|_| _ = scope.spawn(work)));
        got.into_inner().unwrap().into_values().collect()
    }

    #[test]
    fn the_first_files_get_it_on_any_number_of_threads() {
        let costs: Vec<u64> = (0..200).map(|place| [10, 0, 3, 0, 0, 7][place % 6]).collect();
        let alone = allowances(&derivation(10, 95), &costs, 1);
        // 20 in every six: after four of them 15 are left, of which the next takes ten.
        assert_eq!(&alone[..16], [10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 5, 2, 0]);
        assert!(alone[16..].iter().all(|left| *left == 0));
        for threads in [2, 3, 8, 32] {
            for _ in 0..5 {
                assert_eq!(allowances(&derivation(10, 95), &costs, threads), alone, "{threads} threads");
            }
        }
    }

    #[test]
    fn a_file_alone_has_what_one_may_have() {
        assert_eq!(allowances(&derivation(10, 3), &[10, 10], 1), [10, 0]);
        assert_eq!(allowances(&derivation(0, 3), &[10], 1), [0]);
    }

    #[test]
    fn only_what_all_files_lack_is_named_so() {
        let of = derivation(10, 95);
        let turn = of.turn();
        let gap = |what| Gap::Bound { what, bound: 10 };
        assert_eq!(turn.named(gap("rounds of key derivation"), 10), gap("rounds of key derivation"));
        assert_eq!(turn.named(gap("entries"), 5), gap("entries"));
        let all = Gap::Bound { what: "rounds of key derivation for all files", bound: 95 };
        assert_eq!(turn.named(gap("rounds of key derivation"), 5), all);
    }
}
