//! Every account of a host: what is the same for all is found once.

use super::{Outcome, Use, discover};
use crate::catalogue::client::{Client, Then};
use crate::catalogue::survey::{Searched, Survey};
use crate::host::Host;
use std::path::PathBuf;

/// Every installation of `clients` for the user in question and for the accounts of the host beside: what
/// is the same for all is found once, what is an account's own names it.
#[must_use]
pub fn discover_for_accounts(
    host: &Host,
    searched: &Searched,
    clients: &mut dyn Iterator<Item = &'static Client>,
) -> Vec<Use> {
    let views: Vec<(&str, Host)> =
        host.accounts.iter().map(|account| (account.name.as_str(), host.seen_from(&account.home))).collect();
    let own = Survey::new(host, searched.clone());
    let others: Vec<(&str, Survey<'_>)> =
        views.iter().map(|(name, view)| (*name, Survey::new(view, searched.clone()))).collect();
    let mut uses = Vec::new();
    for client in clients {
        let mut found = discover(&own, [client]);
        for (name, survey) in &others {
            for other in discover(survey, [client]) {
                if !found.iter().any(|known| is_same(known, &other)) {
                    found.push(Use { account: Some((*name).to_owned()), ..other });
                }
            }
        }
        uses.append(&mut found);
    }
    uses
}

/// Whether two accounts have the same installation and the same answer from it.
fn is_same(one: &Use, other: &Use) -> bool {
    let counts = |found: &Use| -> Vec<(Option<PathBuf>, Outcome)> {
        let is_idle = |outcome: &Outcome| {
            matches!(outcome, Outcome::NotSet | Outcome::NotLooked(_) | Outcome::Unusable(_, Then::Pass))
        };
        let counting = found.candidates.iter().filter(|candidate| !is_idle(&candidate.outcome));
        counting.map(|candidate| (candidate.path.clone(), candidate.outcome.clone())).collect()
    };
    one.installation.at == other.installation.at && counts(one) == counts(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::clients;
    use crate::host::System;
    use crate::host::memory::Memory;

    #[test]
    fn what_is_an_accounts_own_names_it() {
        let files = Memory::new()
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file("/usr/bin/curl", "")
            .file("/home/ann/.curlrc", "insecure\n");
        let mut host = Host::new(Box::new(files), System::Linux);
        let account = |name: &str| crate::host::accounts::PasswdEntry {
            name: name.to_owned(),
            uid: 0,
            home: format!("/home/{name}").into(),
        };
        host.accounts = ["bob", "ann"].map(account).to_vec();
        let mut wanted = clients().filter(|row| ["curl", "go"].contains(&row.id));
        let found = discover_for_accounts(&host, &Searched::default(), &mut wanted);
        let found: Vec<_> = found.iter().map(|f| (f.client.id, f.account.as_deref(), f.is_off())).collect();
        assert_eq!(found, [("curl", None, false), ("curl", Some("ann"), true), ("go", None, false)]);
    }
}
