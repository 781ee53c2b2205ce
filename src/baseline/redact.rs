//! Names of people and of the host, replaced by ones that stay the same from run to run.
//!
//! A snapshot is handed on: into a repository, to a supplier. Paths below home directories name people, and
//! so do certificates that a person made (mkcert writes `alice@laptop (Alice Smith)` into its root). An
//! account becomes `user-` and its numeric id, which says nothing about who it is and does not change when
//! another account comes or goes; the host becomes `host`. Fingerprints stay: they are the identity.

use crate::host::Host;
use std::collections::BTreeMap;
use std::path::Path;

/// The first numeric id of people's accounts (`UID_MIN`, login.defs(5); macOS begins at 501).
const PEOPLE: u32 = 501;
/// The id of nobody, who is no person (`UID16_MAX` - 1 of Linux).
const NOBODY: u32 = 65_534;

/// Directories whose names are those of people.
const HOMES: [&str; 3] = ["home", "Users", "export/home"];

/// What is replaced by what.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    /// Words and what stands for them, the longest first.
    words: Vec<(String, String)>,
}

impl Redactor {
    /// For the accounts and the name of a host.
    pub(super) fn new(host: &Host, name: Option<&str>) -> Self {
        let mut words = BTreeMap::new();
        let passwd = host.settings(Path::new("/etc/passwd")).unwrap_or_default();
        for line in passwd.lines() {
            let fields: Vec<&str> = line.split(':').collect();
            let [account, _, uid, _, gecos, ..] = fields.as_slice() else { continue };
            let Some(uid) = uid.parse().ok().filter(|uid| (PEOPLE..NOBODY).contains(uid)) else { continue };
            words.insert((*account).to_owned(), placeholder(Some(uid)));
            // The full name stands before the first comma (passwd(5)).
            let full = gecos.split(',').next().unwrap_or_default().trim();
            words.insert(full.to_owned(), placeholder(Some(uid)));
        }
        // Accounts of a directory service are in no file; their homes are on the disk.
        for homes in HOMES.map(|homes| Path::new("/").join(homes)) {
            for home in host.children(&homes) {
                let Some(name) = home.file_name().and_then(|name| name.to_str()) else { continue };
                let owner = host.resolve(&home).ok().and_then(|found| found.owner).filter(|owner| *owner >= PEOPLE);
                words.entry(name.to_owned()).or_insert_with(|| placeholder(owner));
            }
        }
        let name = name.into_iter().flat_map(|name| [Some(name), name.split_once('.').map(|(first, _)| first)]);
        words.extend(name.flatten().filter(|name| *name != "localhost").map(|name| (name.to_owned(), "host".into())));
        // A single letter stands in too many texts that are no names.
        let mut words: Vec<_> = words.into_iter().filter(|(word, _)| word.chars().count() > 1).collect();
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self { words }
    }

    /// The text without these names, where they stand as words.
    pub(super) fn text(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (word, stand_in)| replace_word(&text, word, stand_in))
    }
}

fn placeholder(uid: Option<u32>) -> String {
    uid.map_or_else(|| "user-unknown".to_owned(), |uid| format!("user-{uid}"))
}

/// Replaces `word` where neither a letter nor a digit touches it.
fn replace_word(text: &str, word: &str, stand_in: &str) -> String {
    let mut replaced = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let touched = before.chars().next_back().or(replaced.chars().next_back().filter(|_| before.is_empty()));
        let is_word = !touched.is_some_and(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        replaced.push_str(before);
        replaced.push_str(if is_word { stand_in } else { word });
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    #[test]
    fn people_and_the_host_are_not_named() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice Smith,,,:/home/alice:/bin/sh\n\
                      nobody:x:65534:65534:nobody:/nonexistent:/bin/false\n";
        let files = Memory::new().file("/etc/passwd", passwd).file("/home/carol/x", "");
        let host = Host::new(Box::new(files), System::Linux);
        let redactor = Redactor::new(&host, Some("laptop.corp.example"));
        for (text, said) in [
            ("/home/alice/.config/alice.pem", "/home/user-1000/.config/user-1000.pem"),
            (
                "O=mkcert development CA, OU=alice@laptop (Alice Smith)",
                "O=mkcert development CA, OU=user-1000@host (user-1000)",
            ),
            ("/home/carol/x.pem", "/home/user-unknown/x.pem"),
            ("CN=laptop.corp.example", "CN=host"),
            ("CN=malice, O=alices", "CN=malice, O=alices"),
            ("/root/x nobody alicealice alice", "/root/x nobody alicealice user-1000"),
        ] {
            assert_eq!(redactor.text(text), said);
        }
    }
}
