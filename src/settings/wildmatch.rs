//! Patterns of paths as git matches them (`wildmatch` with `WM_PATHNAME`, wildmatch.c): `*` and `?` stay
//! within one name, `**` between slashes goes over any number of them.

/// Whether the whole of `text` fits `pattern`.
#[must_use]
pub fn matches(pattern: &str, text: &str, ignore_case: bool) -> bool {
    let fold = |text: &str| if ignore_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let (pattern, text) = (fold(pattern), fold(text));
    let names: Vec<&str> = text.split('/').collect();
    let parts: Vec<&str> = pattern.split('/').collect();
    // fits[n] says whether the parts so far fit the first n names.
    let mut fits = vec![false; names.len() + 1];
    fits[0] = true;
    for (index, part) in parts.iter().enumerate() {
        let mut next = vec![false; names.len() + 1];
        if *part == "**" {
            let is_last = index + 1 == parts.len();
            let mut reached = false;
            for n in 0..=names.len() {
                // At the end it stands for something, in the middle for nothing as well.
                next[n] = reached || (fits[n] && !is_last);
                reached |= fits[n];
            }
        } else {
            for n in 0..names.len() {
                next[n + 1] = fits[n] && name_matches(part.as_bytes(), names[n].as_bytes());
            }
        }
        fits = next;
    }
    fits[names.len()]
}

/// One name against one part of a pattern, in time of the product of their lengths.
pub(super) fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while n < name.len() {
        match one(&pattern[p..], name[n]) {
            Some(0) => {
                while pattern.get(p) == Some(&b'*') {
                    p += 1;
                }
                back = Some((p, n));
                continue;
            }
            Some(used) => {
                p += used;
                n += 1;
                continue;
            }
            None => {}
        }
        let Some((star, from)) = back else { return false };
        (p, n) = (star, from + 1);
        back = Some((star, from + 1));
    }
    pattern[p..].iter().all(|octet| *octet == b'*')
}

/// How much of a pattern one octet fits: nothing of it at a `*`.
fn one(pattern: &[u8], octet: u8) -> Option<usize> {
    match *pattern.first()? {
        b'*' => Some(0),
        b'?' => Some(1),
        b'\\' => (pattern.get(1) == Some(&octet)).then_some(2),
        b'[' => {
            let is_negated = matches!(pattern.get(1), Some(b'!' | b'^'));
            let start = 1 + usize::from(is_negated);
            let end = start + 1 + pattern.get(start + 1..)?.iter().position(|octet| *octet == b']')?;
            let set = pattern.get(start..end)?;
            (is_in(set, octet) != is_negated).then_some(end + 1)
        }
        letter => (letter == octet).then_some(1),
    }
}

/// Whether an octet is in `a-z0`.
fn is_in(set: &[u8], octet: u8) -> bool {
    let mut rest = set;
    while let Some((&from, after)) = rest.split_first() {
        let (to, after) = match after {
            [b'-', to, after @ ..] => (*to, after),
            _ => (from, after),
        };
        if (from..=to).contains(&octet) {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn names_and_directories() {
        let fits = |pattern: &str, text: &str| matches(pattern, text, false);
        assert!(fits("/work/**", "/work/a/.git") && fits("/work/**", "/work/.git") && !fits("/work/**", "/work"));
        assert!(fits("**/a/**", "/x/y/a/.git") && fits("**/.git", "/.git") && !fits("**/b/**", "/x/a/.git"));
        assert!(fits("/work/*/.git", "/work/a/.git") && !fits("/work/*/.git", "/work/a/b/.git"));
        assert!(fits("/w?rk/[a-c]x/.git", "/work/bx/.git") && !fits("/work/[!a-c]x/.git", "/work/bx/.git"));
        assert!(
            fits("/a*b*c", "/axxbyybc") && !fits("/a*b*c", "/axxbyyb") && fits("/\\*", "/*") && !fits("/\\*", "/a")
        );
        assert!(matches("/Work/**", "/wORK/x", true) && !fits("/Work/**", "/work/x"));
        assert!(!fits("/[a-c]", "/-") && fits("/[a-c-]", "/-"));
        assert!(!fits("/[a", "/[a") && !fits("", "/") && fits("/**/x", "/x"));
    }
}
