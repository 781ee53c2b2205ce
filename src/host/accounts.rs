//! Who has a home directory on a host, from the text of its `/etc/passwd`.
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
