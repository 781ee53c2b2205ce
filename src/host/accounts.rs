//! Who has a home directory on a host, and who is in a group, from the text of its `/etc/passwd` and `/etc/group`.
//!
//! A user's own stores lie below the home directory, and root wants to know all of them. The
//! text is parsed here because getpwent(3) would answer for this machine, not for the tree
//! under `--root`, and would ask the network where accounts come from a directory service.

use std::path::PathBuf;

/// One line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswdEntry {
    /// The login name.
    pub name: String,
    /// The numeric id.
    pub uid: u32,
    /// The home directory, absolute inside the root of its host.
    pub home: PathBuf,
}

/// The accounts in `text` that have an absolute home directory, in their order.
///
/// Lines without seven fields or with an id that is no number are left out, as are the `+` and
/// `-` lines of NIS (passwd(5)): no program logs in by them.
#[must_use]
pub fn passwd_homes(text: &str) -> Vec<PasswdEntry> {
    text.lines().filter_map(entry).collect()
}

fn entry(line: &str) -> Option<PasswdEntry> {
    let fields: Vec<&str> = line.split(':').collect();
    let [name, _password, uid, _gid, _gecos, home, _shell] = fields.as_slice() else { return None };
    if name.is_empty() || name.starts_with(['+', '-', '#']) || !home.starts_with('/') {
        return None;
    }
    Some(PasswdEntry { name: (*name).to_owned(), uid: uid.parse().ok()?, home: PathBuf::from(home) })
}

/// Whether all in a group are accounts that `is_trusted` says of: many systems give each account a group of its own and
/// let it write (`USERGROUPS_ENAB`, login.defs(5)). A group that stands in no file is not known to be one of those.
#[must_use]
pub fn is_alone_in(passwd: &str, groups: &str, group: u32, is_trusted: &dyn Fn(u32) -> bool) -> bool {
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
    let mut of_trusted: Vec<&str> = Vec::new();
    for line in passwd.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        if number(fields.get(2).copied()).is_some_and(is_trusted) {
            of_trusted.extend(fields.first());
        } else if number(fields.get(3).copied()) == Some(group) {
            return false;
        }
    }
    let mut lines = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let Some(found) = lines.find(|fields| number(fields.get(2).copied()) == Some(group)) else { return false };
    let members = found.get(3).copied().unwrap_or_default().split(',').filter(|name| !name.is_empty());
    members.into_iter().all(|name| of_trusted.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_accounts_and_leaves_out_everything_else() {
        let text = "root:x:0:0:root:/root:/bin/bash\n\
                    # comment:x:1:1::/x:/bin/sh\n\
                    +nis::::::\n\
                    short:x:5\n\
                    huge:x:99999999999:1::/huge:/bin/sh\n\
                    relative:x:7:7::home/relative:/bin/sh\n\
                    nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
                    ann:x:1000:1000:Ann,,,:/home/ann:";
        let found: Vec<_> = passwd_homes(text).into_iter().map(|e| (e.name, e.uid, e.home)).collect();
        assert_eq!(
            found,
            [
                ("root".to_owned(), 0, PathBuf::from("/root")),
                ("nobody".to_owned(), 65534, PathBuf::from("/nonexistent")),
                ("ann".to_owned(), 1000, PathBuf::from("/home/ann")),
            ]
        );
    }
}
