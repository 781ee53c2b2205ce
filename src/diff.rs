//! Sets of certificates compared: by fingerprint, then by key and by name.
//!
//! Two certificates with one key are a re-issue or a cross-sign: the same authority. Two with one
//! name and other keys are easily taken for each other. Both explain a difference that
//! fingerprints alone only state.

use crate::model::{Certificate, Fingerprint};
use crate::select::{Column, Held};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// A comparison of columns; the first is what the others are compared with.
#[derive(Debug, Clone)]
pub struct Diff {
    /// What is compared.
    pub columns: Vec<Column>,
    /// Certificates that some column lacks, in the order of their fingerprints.
    pub rows: Vec<Row>,
    /// How many certificates every column holds.
    pub common: usize,
    /// Those of them that not every column trusts alike for TLS servers.
    pub disputed: Vec<Row>,
    /// Certificates of different columns that share a key or a name.
    pub pairs: Vec<Pair>,
}

/// A certificate over which columns differ.
#[derive(Debug, Clone)]
pub struct Row {
    /// The certificate.
    pub certificate: Arc<Certificate>,
    /// For each column, where it has it.
    pub held: Vec<Option<Held>>,
}

/// Two certificates, neither in all columns, that are related.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What they share.
    pub shares: Shares,
    /// The one that the earlier column has.
    pub left: Fingerprint,
    /// The one that the later column has.
    pub right: Fingerprint,
}

/// What two certificates share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shares {
    /// The public key: a re-issue, or a cross-sign by another authority.
    Key,
    /// The subject's name, with another key.
    Name,
}

impl Diff {
    /// Whether every column holds the same certificates and trusts them alike.
    #[must_use]
    pub fn is_same(&self) -> bool {
        let is_known_by_all = |column: &Column| column.absent.is_empty() || self.columns.len() == 1;
        self.rows.is_empty() && self.disputed.is_empty() && self.columns.iter().all(is_known_by_all)
    }

    /// How many certificates a column has that the first lacks, and lacks that the first has.
    #[must_use]
    pub fn counts(&self, column: usize) -> (usize, usize) {
        let has = |row: &Row, column: usize| row.held.get(column).is_some_and(Option::is_some);
        let more = self.rows.iter().filter(|row| has(row, column) && !has(row, 0)).count();
        let less = self.rows.iter().filter(|row| !has(row, column) && has(row, 0)).count();
        // What no store of the host holds, no column of the host has.
        let absent = |column: usize| self.columns.get(column).map_or(0, |column| column.absent.len());
        if column == 0 { (0, 0) } else { (more + absent(column), less + absent(0)) }
    }
}

/// Compares columns.
#[must_use]
pub fn diff(columns: Vec<Column>) -> Diff {
    let mut all: BTreeMap<Fingerprint, Vec<Option<Held>>> = BTreeMap::new();
    for (index, column) in columns.iter().enumerate() {
        for (fingerprint, held) in &column.certificates {
            all.entry(*fingerprint).or_insert_with(|| vec![None; columns.len()])[index] = Some(held.clone());
        }
    }
    let total = all.len();
    let row = |held: Vec<Option<Held>>| {
        let certificate = held.iter().flatten().next()?.certificate.clone();
        Some(Row { certificate, held })
    };
    let (missing, common): (Vec<_>, Vec<_>) =
        all.into_values().partition(|held: &Vec<Option<Held>>| held.iter().any(Option::is_none));
    let rows: Vec<Row> = missing.into_iter().filter_map(row).collect();
    let disputed = common.into_iter().filter(|held| is_disputed(held)).filter_map(row).collect();
    let pairs = pairs(&rows);
    Diff { common: total - rows.len(), columns, rows, disputed, pairs }
}

/// Whether stores say different things of a certificate as an anchor for TLS servers.
fn is_disputed(held: &[Option<Held>]) -> bool {
    let mut said = held.iter().flatten().map(|held| held.trust.for_servers());
    let first = said.next();
    said.any(|other| Some(other) != first)
}

/// Rows that share a key or a name and never stand in the same columns.
fn pairs(rows: &[Row]) -> Vec<Pair> {
    let related = |shares: Shares, field: fn(&Certificate) -> Option<&[u8]>| {
        let mut groups: HashMap<&[u8], Vec<&Row>> = HashMap::new();
        for row in rows {
            if let Some(value) = field(&row.certificate) {
                groups.entry(value).or_default().push(row);
            }
        }
        groups.into_values().filter(|group| group.len() > 1).flat_map(move |group| pairs_of(shares, &group))
    };
    let mut found: Vec<Pair> = related(Shares::Key, Certificate::spki_der).collect();
    let same_key: HashSet<(Fingerprint, Fingerprint)> = found.iter().map(|pair| (pair.left, pair.right)).collect();
    let by_name = related(Shares::Name, Certificate::subject_der);
    found.extend(by_name.filter(|pair| !same_key.contains(&(pair.left, pair.right))));
    found.sort_by_key(|pair| (pair.shares, pair.left, pair.right));
    found
}

/// Each certificate of a group beside one that stands where it does not: the first with the first,
/// and so on, the last with all that are left. Everything with everything would be a million lines
/// for a thousand certificates that share a key.
fn pairs_of(shares: Shares, group: &[&Row]) -> Vec<Pair> {
    let mut alike: BTreeMap<Vec<bool>, Vec<&Row>> = BTreeMap::new();
    for row in group {
        alike.entry(row.held.iter().map(Option::is_some).collect()).or_default().push(row);
    }
    let sets: Vec<Vec<&Row>> = alike.into_values().collect();
    let mut found = Vec::new();
    for (index, lefts) in sets.iter().enumerate() {
        for rights in sets[index + 1..].iter().filter(|rights| are_apart(lefts[0], rights[0])) {
            let last = |rows: &[&Row], at: usize| at.min(rows.len() - 1);
            let both = (0..lefts.len().max(rights.len())).map(|at| (lefts[last(lefts, at)], rights[last(rights, at)]));
            found.extend(both.map(|(left, right)| pair(shares, left, right)));
        }
    }
    found
}

/// Whether some column has one and lacks the other, and some other column the reverse.
fn are_apart(left: &Row, right: &Row) -> bool {
    let only = |a: &Row, b: &Row| a.held.iter().zip(&b.held).any(|(a, b)| a.is_some() && b.is_none());
    only(left, right) && only(right, left)
}

fn pair(shares: Shares, left: &Row, right: &Row) -> Pair {
    let first = |row: &Row| row.held.iter().position(Option::is_some);
    let (left, right) = if first(left) <= first(right) { (left, right) } else { (right, left) };
    Pair { shares, left: left.certificate.fingerprint(), right: right.certificate.fingerprint() }
}
