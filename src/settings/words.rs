//! What people write to name things: patterns over names, and words that are nearly one that is known.

/// `did you mean curl?`, where a word is close to one of the words there are.
#[must_use]
pub fn meant<'w>(word: &str, words: impl Iterator<Item = &'w str>) -> Option<String> {
    let word = word.to_lowercase();
    let close: Vec<&str> = words.filter(|known| is_close(&word, &known.to_lowercase())).collect();
    // In another case it is that one and no other.
    let same = close.iter().find(|known| known.eq_ignore_ascii_case(&word));
    let close = same.map_or(close.clone(), |same| vec![same]);
    (!close.is_empty()).then(|| format!("did you mean {}?", close.join(" or ")))
}

/// Whether a word is probably meant for another: it begins it, or two slips of the hand away.
fn is_close(word: &str, id: &str) -> bool {
    (word.len() >= 3 && id.starts_with(word)) || (!word.is_empty() && slips(word, id) <= word.len().min(id.len()) / 3)
}

/// Letters left out, added, changed or swapped with their neighbour (optimal string alignment).
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(x != y)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Whether the whole of `text` fits `pattern`, in which `*` stands for any text and `?` for one character.
#[must_use]
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // The last star, and where what it stands for ends: only the last needs to give way.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, end)) = star else { return false };
                star = Some((at, end + 1));
                (p, t) = (at + 1, end + 1);
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn slips_of_the_hand() {
        assert_eq!((slips("abc", "abc"), slips("", "abc"), slips("acb", "abc"), slips("xyz", "abc")), (0, 3, 1, 3));
        assert_eq!(meant("crul", ["curl", "git"].into_iter()).as_deref(), Some("did you mean curl?"));
        assert_eq!(meant("something-else", ["curl", "git"].into_iter()), None);
        assert_eq!(meant("", ["curl"].into_iter()), None);
    }

    #[test]
    fn patterns() {
        for (pattern, text) in
            [("s*m", "system"), ("*", ""), ("p?p", "pip"), ("*a*b", "xaybab"), ("**", "é"), ("?", "é")]
        {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("s?m", "system"), ("", "x"), ("*a", "ab"), ("a", ""), ("?", "")] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
        // No pattern takes longer than its length times the text's.
        assert!(!fits(&"*a".repeat(200), &"a".repeat(199)));
    }

    /// What the pattern says, tried out letter by letter.
    fn plainly(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=text.len()).any(|skipped| plainly(rest, &text[skipped..])),
            (Some((c, rest)), Some((first, text))) => (*c == '?' || c == first) && plainly(rest, text),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn patterns_are_what_they_say(pattern in "[ab*?é]{0,8}", text in "[abé]{0,8}") {
            let (p, t): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
            prop_assert_eq!(fits(&pattern, &text), plainly(&p, &t));
        }
    }
}
