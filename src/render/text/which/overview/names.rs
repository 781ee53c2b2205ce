//! What the clients of a group are called: a client once, with how many installations, or with what
//! tells those of this group from the rest.

use super::groups::{Group, Reason};
use crate::render::report::which::ClientReport;
use std::collections::{BTreeMap, BTreeSet};

/// So many installations are told apart by name; of more their number is said.
const BY_NAME: usize = 3;

/// For each client its installations, those with one answer together.
#[derive(Debug)]
pub(super) struct Names<'r> {
    of_client: BTreeMap<&'r str, Vec<Vec<&'r ClientReport>>>,
}

impl<'r> Names<'r> {
    pub(super) fn new(groups: &[Group<'r>]) -> Self {
        let mut of_client: BTreeMap<&str, Vec<Vec<&ClientReport>>> = BTreeMap::new();
        for reason in groups.iter().flat_map(|group| &group.reasons) {
            for (client, installations) in by_client(reason) {
                of_client.entry(client).or_default().push(installations);
            }
        }
        Self { of_client }
    }

    /// The names of those that have one answer for one reason.
    pub(super) fn of(&self, reason: &Reason<'r>) -> Vec<String> {
        let name = |(client, own): (&str, Vec<&ClientReport>)| {
            let all = self.of_client.get(client).map_or(&[][..], Vec::as_slice);
            let labels = (all.len() > 1 && own.len() <= BY_NAME).then(|| labels(all, &own)).flatten();
            match (labels, own.len()) {
                (Some(labels), _) => format!("{client} ({labels})"),
                (None, 1) => client.to_owned(),
                (None, number) => format!("{client} ×{number}"),
            }
        };
        by_client(reason).into_iter().map(name).collect()
    }
}

/// Installations by their client, in order.
fn by_client<'r>(reason: &Reason<'r>) -> Vec<(&'r str, Vec<&'r ClientReport>)> {
    let mut found: Vec<(&str, Vec<&ClientReport>)> = Vec::new();
    for &one in &reason.clients {
        match found.iter_mut().find(|(client, _)| *client == one.client) {
            Some((_, installations)) => installations.push(one),
            None => found.push((one.client, vec![one])),
        }
    }
    found
}

/// What tells some installations of a client from those with other answers: their accounts, else
/// their versions, else the ends of their paths.
fn labels(all: &[Vec<&ClientReport>], own: &[&ClientReport]) -> Option<String> {
    let account = |one: &ClientReport| one.account.clone();
    let version = |one: &ClientReport| one.versions.first().map(|part| part.version.clone());
    let paths: Vec<&str> = all.iter().flatten().filter_map(|one| path(one)).collect();
    let end_of = |one: &ClientReport| path(one).map(|path| end(path, &paths).to_owned());
    let told = |label: &dyn Fn(&ClientReport) -> Option<String>| {
        let set = |group: &Vec<&ClientReport>| group.iter().map(|one| label(one)).collect::<Option<BTreeSet<_>>>();
        let sets: Vec<BTreeSet<String>> = all.iter().map(set).collect::<Option<_>>()?;
        let distinct: BTreeSet<&String> = sets.iter().flatten().collect();
        let is_told = distinct.len() == sets.iter().map(BTreeSet::len).sum::<usize>();
        let mut labels: Vec<String> = own.iter().filter_map(|one| label(one)).collect();
        labels.dedup();
        is_told.then(|| labels.join(", "))
    };
    told(&account).or_else(|| told(&version)).or_else(|| told(&end_of))
}

/// Where an installation is. Of a package the environment, or the interpreter, says more than where
/// it lies in it.
fn path(one: &ClientReport) -> Option<&str> {
    let of = ["environment", "python"].map(|role| one.places.iter().find(|place| place.name == role));
    let of = of.into_iter().flatten().next().map(|place| &place.path);
    of.or(one.at.as_ref()).map(|path| path.path.as_str())
}

/// The shortest end of a path, in whole parts, that no other has.
fn end<'p>(path: &'p str, all: &[&str]) -> &'p str {
    let is_unique =
        |end: &str| all.iter().filter(|other| **other != path).all(|other| !other.ends_with(&format!("/{end}")));
    let ends = path.rmatch_indices('/').map(|(at, _)| &path[at + 1..]);
    ends.filter(|end| !end.is_empty()).find(|end| is_unique(end)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::end;

    #[test]
    fn the_end_of_a_path_that_no_other_has() {
        let all = ["/opt/a/.venv", "/opt/b/.venv", "/usr/bin/python3"];
        assert_eq!(all.map(|path| end(path, &all)), ["a/.venv", "b/.venv", "python3"]);
        assert_eq!(end("/x", &["/x", "/a/x"]), "/x");
    }
}
