//! Versions of programs and libraries, compared number by number.

use std::fmt;

/// A version: the numbers of its dotted beginning (`3.13.0rc1` is 3.13.0, `1.1.1w` is 1.1.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(Vec<u32>);

impl Version {
    /// The version at the beginning of `text`, if it begins with a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = Vec::new();
        for part in text.trim().trim_start_matches('v').split('.') {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            match digits.parse() {
                Ok(number) => numbers.push(number),
                Err(_) => break,
            }
            if digits.len() != part.len() {
                break;
            }
        }
        (!numbers.is_empty()).then_some(Self(numbers))
    }

    /// Whether this is `from` or later and before `until`; an empty bound is no bound.
    #[must_use]
    pub fn is_between(&self, from: &str, until: &str) -> bool {
        Self::parse(from).is_none_or(|from| *self >= from) && Self::parse(until).is_none_or(|until| *self < until)
    }

    /// Whether this is at or behind the first of its own major version, or of a major version behind all: what came to
    /// several releases at once. `firsts` are in ascending order.
    #[must_use]
    pub fn is_since(&self, firsts: &[&str]) -> bool {
        let Some((last, others)) = firsts.split_last() else { return false };
        let is_of = |first: &Self| self.0.first() == first.0.first();
        let is_behind = |first: &&str| Self::parse(first).is_some_and(|first| is_of(&first) && *self >= first);
        self.is_between(last, "") || others.iter().any(is_behind)
    }

    /// The first two numbers, `3.13`.
    #[must_use]
    pub fn minor(&self) -> String {
        self.0.iter().take(2).map(u32::to_string).collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.iter().map(u32::to_string).collect::<Vec<_>>().join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compares_numbers_not_text() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("3.9") < version("3.13.0rc1"));
        assert!(version("24.2").is_between("24.2", ""));
        assert!(!version("24.1.9").is_between("24.2", ""));
        assert!(version("0.27.2").is_between("", "0.28"));
        assert_eq!(version("1.1.1w  11 Sep 2023").to_string(), "1.1.1");
        assert_eq!(Version::parse("unknown"), None);
    }

    #[test]
    fn what_came_to_several_releases() {
        let since = |text| Version::parse(text).unwrap().is_since(&["17.0.15", "21.0.7", "22"]);
        assert!(["17.0.15", "17.1", "21.0.7", "22", "25.0.2"].into_iter().all(since));
        assert!(!["11.0.30", "17.0.14", "18", "20.0.9", "21", "21.0.6"].into_iter().any(since));
    }
}
