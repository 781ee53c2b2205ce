//! Patterns of paths, as glob(7) has them, over the files of a host.

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
            (!name.starts_with('.') || part.starts_with('.')) && fits(part.as_bytes(), name.as_bytes())
        };
        found = below.filter(fits).take(GLOB_MATCHES).collect();
    }
    found.retain(|path| host.resolve(path).is_ok());
    found
}

/// Whether a name fits a pattern of one part of a path.
fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=name.len()).any(|skipped| fits(rest, &name[skipped..])),
        (Some((b'?', rest)), Some((_, name))) => fits(rest, name),
        (Some((b'[', rest)), Some((byte, name))) => match rest.iter().skip(1).position(|byte| *byte == b']') {
            Some(end) => is_in_set(&rest[..=end], *byte) && fits(&rest[end + 2..], name),
            None => *byte == b'[' && fits(rest, name),
        },
        (Some((b'\\', rest)), Some(_)) if !rest.is_empty() => rest[0] == name[0] && fits(&rest[1..], &name[1..]),
        (Some((first, rest)), Some((byte, name))) => first == byte && fits(rest, name),
        _ => false,
    }
}

/// Whether an octet is in `a-z0`, or, after `!`, is not.
fn is_in_set(set: &[u8], byte: u8) -> bool {
    let (is_negated, set) = match set.split_first() {
        Some((b'!' | b'^', rest)) => (true, rest),
        _ => (false, set),
    };
    let mut rest = set;
    let mut is_in = false;
    while let Some((&from, after)) = rest.split_first() {
        let to = match after {
            [b'-', to, ..] => *to,
            _ => from,
        };
        is_in |= (from..=to).contains(&byte);
        rest = if to == from { after } else { &after[2..] };
    }
    is_in != is_negated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    #[test]
    fn patterns() {
        let fits = |pattern: &str, name: &str| fits(pattern.as_bytes(), name.as_bytes());
        assert!(
            fits("*.env", "a.env") && fits("a?c", "abc") && fits("[a-c]1", "b1") && fits("[!a]", "b") && fits("[", "[")
        );
        assert!(!fits("*.env", "a.envx") && !fits("a?c", "ac") && !fits("[a-c]1", "d1") && !fits("[!a]", "a"));
        assert!(fits(r"\*", "*") && !fits(r"\*", "x"));
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
