//! TOML (uv.toml, pyproject.toml, the files of poetry and PDM), with the lines that values stand on.

use super::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A file of TOML that is sound; of one that is not its programs take nothing.
#[derive(Debug)]
pub struct Document<'t> {
    /// Where its line feeds are.
    lines: Vec<usize>,
    table: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// The file, unless it is malformed.
    #[must_use]
    pub fn parse(text: &'t str) -> Option<Self> {
        let table = DeTable::parse(text).ok()?;
        Some(Self { lines: text.match_indices('\n').map(|(at, _)| at).collect(), table })
    }

    fn at(&self, path: &[&str]) -> Option<&Spanned<DeValue<'t>>> {
        let (last, tables) = path.split_last()?;
        tables.iter().try_fold(self.table.as_ref(), |table, name| table.get(*name)?.as_ref().as_table())?.get(*last)
    }

    /// The text, or `true` or `false`, at a path of keys.
    #[must_use]
    pub fn value(&self, path: &[&str]) -> Option<Value> {
        self.scalar(self.at(path)?)
    }

    /// The texts of the list at a path.
    #[must_use]
    pub fn values(&self, path: &[&str]) -> Vec<Value> {
        self.list(path).filter_map(|value| self.scalar(value)).collect()
    }

    /// A key of each table of the list at a path (`[[source]]`), together with another of the same.
    #[must_use]
    pub fn pairs(&self, path: &[&str], key: &str, other: &str) -> Vec<(Value, Value)> {
        let of = |table: &DeTable<'t>, key: &str| self.scalar(table.get(key)?);
        let tables = self.list(path).filter_map(|value| value.as_ref().as_table());
        tables.filter_map(|table| Some((of(table, key)?, of(table, other)?))).collect()
    }

    /// The keys of the table at a path, in byte order.
    #[must_use]
    pub fn keys(&self, path: &[&str]) -> Vec<String> {
        let table = self.at(path).and_then(|value| value.as_ref().as_table());
        let mut keys: Vec<String> =
            table.into_iter().flat_map(DeTable::keys).map(|key| key.as_ref().to_string()).collect();
        keys.sort_unstable();
        keys
    }

    fn list(&self, path: &[&str]) -> impl Iterator<Item = &Spanned<DeValue<'t>>> {
        self.at(path).and_then(|value| value.as_ref().as_array()).into_iter().flatten()
    }

    fn scalar(&self, value: &Spanned<DeValue<'t>>) -> Option<Value> {
        let text = match value.as_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Boolean(flag) => flag.to_string(),
            _ => return None,
        };
        let line = self.lines.partition_point(|end| *end < value.span().start) as u64 + 1;
        Some(Value { text, line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_lines() {
        let text =
            "native-tls = true\n\n[certificates.\"corp\"]\ncert = \"/corp.pem\"\n[certificates.other]\ncert = false\n";
        let document = Document::parse(text).unwrap();
        assert_eq!(document.value(&["native-tls"]), Some(Value { text: "true".into(), line: 1 }));
        assert_eq!(
            document.value(&["certificates", "corp", "cert"]),
            Some(Value { text: "/corp.pem".into(), line: 4 })
        );
        assert_eq!(document.value(&["certificates", "other", "cert"]).unwrap().text, "false");
        assert_eq!(document.keys(&["certificates"]), ["corp", "other"]);
        assert_eq!(document.value(&["certificates"]), None);
        let text = "hosts = ['a', 'b']\n[[source]]\nurl = 'https://c/'\nverify_ssl = false\n[[source]]\nurl = 'd'\n";
        let document = Document::parse(text).unwrap();
        assert_eq!(document.values(&["hosts"]).iter().map(|value| &value.text).collect::<Vec<_>>(), ["a", "b"]);
        let pairs = document.pairs(&["source"], "url", "verify_ssl");
        assert_eq!(pairs.len(), 1);
        assert_eq!((pairs[0].0.text.as_str(), pairs[0].1.text.as_str(), pairs[0].1.line), ("https://c/", "false", 4));
        assert!(Document::parse("native-tls = \n").is_none());
    }
}
