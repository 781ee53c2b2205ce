//! Patterns of paths, as glob(7) has them, over the files of a host.

use super::wildmatch::name_matches;
use crate::host::Host;
use crate::limits::GLOB_MATCHES;
use std::path::PathBuf;

/// The paths that a pattern of glob(7) stands for; one without a special character is itself.
#[must_use]
pub fn matching(host: &Host, pattern: &str) -> Vec<PathBuf> {
    if !pattern.contains(['*', '?', '[']) {
        return vec![PathBuf::from(pattern)];
    }
    let mut found = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        if !part.contains(['*', '?', '[']) {
            found.iter_mut().for_each(|path| path.push(part));
            continue;
        }
        let below = found.iter().flat_map(|directory| host.children(directory));
        let fits = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            (!name.starts_with('.') || part.starts_with('.')) && fits(part, &name)
        };
        found = below.filter(fits).take(GLOB_MATCHES).collect();
    }
    found.retain(|path| host.resolve(path).is_ok());
    found
}

/// Whether a name fits a pattern of one part of a path, in which `[` without `]` is a letter like others.
fn fits(pattern: &str, name: &str) -> bool {
    let is_open = |at: &usize| !pattern[*at..].chars().skip(2).any(|c| c == ']');
    let open = pattern.match_indices('[').map(|(at, _)| at).find(is_open).unwrap_or(pattern.len());
    let (closed, open) = pattern.split_at(open);
    name_matches(format!("{closed}{}", open.replace('[', "\\[")).as_bytes(), name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    #[test]
    fn patterns() {
        assert!(
            fits("*.env", "a.env") && fits("a?c", "abc") && fits("[a-c]1", "b1") && fits("[!a]", "b") && fits("[", "[")
        );
        assert!(!fits("*.env", "a.envx") && !fits("a?c", "ac") && !fits("[a-c]1", "d1") && !fits("[!a]", "a"));
        assert!(fits(r"\*", "*") && !fits(r"\*", "x"));
        assert!(fits("a[b", "a[b") && fits("[!]a]", "b") && !fits("[!]a]", "]") && !fits("[a-c]", "-"));
        assert!(fits("[a-]", "-") && fits("[a][b", "a[b"));
        // Every star that is tried at every place is years.
        assert!(!fits(&"*a".repeat(30), &("a".repeat(300) + "b")));
    }

    #[test]
    fn paths_of_a_pattern_are_those_that_are_there() {
        let files = Memory::new().file("/etc/a/1.env", "").file("/etc/b/1.env", "").file("/etc/b/.x.env", "");
        let host = Host::new(Box::new(files), System::Linux);
        let found = |pattern: &str| -> Vec<String> {
            matching(&host, pattern).iter().map(|path| path.display().to_string()).collect()
        };
        assert_eq!(found("/etc/*/*.env"), ["/etc/a/1.env", "/etc/b/1.env"]);
        assert_eq!(found("/etc/b/.*"), ["/etc/b/.x.env"]);
        assert_eq!(found("/gone"), ["/gone"]);
        assert_eq!(found("/gone/*"), [""; 0]);
    }
}
