//! Whether a link led to a store that another account can lead elsewhere.
//!
//! What is planned is what stands behind all links; in a directory that everyone may write, or in the home of somebody
//! else, that would let whoever made the link choose the file that root writes. So some way on which the store was
//! chosen must have links of root and of this account alone, in directories where only they can exchange a name: what
//! opening a file in a sticky directory asks of links as well (`fs.protected_symlinks`, proc_sys_fs(5)).

use super::Refusal;
use crate::host::{Host, Resolved, guard};
use std::path::Path;

/// Refuses unless one of the `ways` to a store is safe; each is a path as it was named, and what was found there.
pub(super) fn safely<'p>(host: &Host, ways: impl Iterator<Item = (&'p Path, &'p Path)>) -> Result<(), Refusal> {
    let mut first = None;
    for (named, found) in ways {
        match way(host, named, found) {
            Ok(()) => return Ok(()),
            Err(refusal) => first = first.or(Some(refusal)),
        }
    }
    first.map_or(Ok(()), Err)
}

fn way(host: &Host, named: &Path, found: &Path) -> Result<(), Refusal> {
    // What is not there is told by who looks for it.
    let Ok(now) = host.resolve(named) else { return Ok(()) };
    if !found.starts_with(&now.path) {
        return Err((format!("{} led elsewhere when it was looked at again", named.display()), None));
    }
    let user = host.acting.unwrap_or(0);
    let itself = || Some(format!("if that is the one to change, name it itself: {}", found.display()));
    for link in &now.links {
        let of_others = |owner: Option<u32>| match (owner, now.owner) {
            (Some(owner), _) if guard::is_own(owner, user) => None,
            (Some(owner), _) => Some(format!("belongs to another account ({owner})")),
            // Systems that number no accounts have no such directories; elsewhere it has just gone.
            (None, known) => known.map(|_| "is no longer there".to_owned()),
        };
        if let Some(why) = of_others(host.owner(link)) {
            return Err((format!("the link {}, which leads to it, {why}", link.display()), itself()));
        }
        for directory in link.ancestors().skip(1) {
            let why = match host.resolve(directory) {
                Ok(above) if above.path != directory => "led elsewhere when it was looked at again".to_owned(),
                Ok(Resolved { mode: Some(mode), owner: Some(owner), .. }) => match () {
                    () if !guard::is_own(owner, user) => format!("belongs to another account ({owner})"),
                    () if !guard::is_closed(mode, owner, user) => {
                        format!("others can write (mode {:04o})", mode & 0o7777)
                    }
                    () => continue,
                },
                Ok(_) => continue,
                Err(why) => format!("cannot be looked at: {why}"),
            };
            let place = format!("{}, where the link {} is, ", directory.display(), link.display());
            return Err((format!("{place}{why}"), itself()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    const STORE: &str = "/etc/corp/ca.pem";

    /// Why a name of the store is not taken, or that it is, for root and for the account 7.
    fn said(name: &str, files: Memory) -> [String; 2] {
        let mut host = Host::new(Box::new(files.file(STORE, "").owned(STORE, 0, 0o644)), System::Linux);
        [None, Some(7)].map(|acting| {
            host.acting = acting;
            match safely(&host, [(Path::new(name), Path::new(STORE))].into_iter()) {
                Ok(()) => "taken".to_owned(),
                Err((why, _)) => why,
            }
        })
    }

    #[test]
    fn links_of_root_and_of_oneself_are_followed() {
        let root = Memory::new().link("/etc/ca.pem", STORE).owned("/etc/ca.pem", 0, 0o777).owned("/etc", 0, 0o755);
        assert_eq!(said("/etc/ca.pem", root), ["taken", "taken"]);
        let own = Memory::new().link("/tmp/ca.pem", STORE).owned("/tmp/ca.pem", 7, 0o777).owned("/tmp", 0, 0o1777);
        let foreign = "the link /tmp/ca.pem, which leads to it, belongs to another account (7)";
        assert_eq!(said("/tmp/ca.pem", own), [foreign, "taken"]);
    }

    #[test]
    fn a_link_in_an_open_directory_is_not_followed() {
        for (mode, text) in [(0o777, "0777"), (0o775, "0775")] {
            let open = Memory::new().link("/srv/ca.pem", STORE).owned("/srv/ca.pem", 0, 0o777).owned("/srv", 0, mode);
            let why = format!("/srv, where the link /srv/ca.pem is, others can write (mode {text})");
            assert_eq!(said("/srv/ca.pem", open), [why.clone(), why]);
        }
    }

    #[test]
    fn a_link_among_the_directories_counts_and_so_do_those_above_it() {
        let of = |home: u32| {
            let files = Memory::new().link("/home/bob/certs", "/etc/corp").owned("/home/bob/certs", 0, 0o777);
            files.owned("/home/bob", home, 0o755)
        };
        let why = "/home/bob, where the link /home/bob/certs is, belongs to another account (8)";
        assert_eq!(said("/home/bob/certs/ca.pem", of(8)), [why, why]);
        assert_eq!(said("/home/bob/certs/ca.pem", of(0)), ["taken", "taken"]);
    }

    #[test]
    fn what_leads_elsewhere_by_now_is_not_taken() {
        let files = Memory::new().file("/tmp/ca.pem", "").owned("/tmp/ca.pem", 8, 0o644);
        let why = "/tmp/ca.pem led elsewhere when it was looked at again";
        assert_eq!(said("/tmp/ca.pem", files), [why, why]);
    }

    #[test]
    fn one_safe_way_is_enough() {
        let files = Memory::new().file(STORE, "").owned(STORE, 0, 0o644).link("/tmp/ca.pem", STORE);
        let host = Host::new(Box::new(files.owned("/tmp/ca.pem", 8, 0o777)), System::Linux);
        let (foreign, store) = (Path::new("/tmp/ca.pem"), Path::new(STORE));
        assert!(safely(&host, [(foreign, store), (store, store)].into_iter()).is_ok());
        assert!(safely(&host, [(foreign, store)].into_iter()).is_err());
    }
}
