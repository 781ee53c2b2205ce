//! cargo's configuration files: TOML (<https://doc.rust-lang.org/cargo/reference/config.html>).

use super::Value;

/// A text below a table: `http.cainfo`. Nothing where the file is no TOML, which cargo refuses.
#[must_use]
pub fn text(file: &str, table: &str, key: &str) -> Option<Value> {
    let document: toml::Table = toml::from_str(file).ok()?;
    let found = document.get(table)?.get(key)?.as_str()?.to_owned();
    let is_it = |line: &&str| line.split('=').next().is_some_and(|name| name.trim_end().ends_with(key));
    let line = file.lines().position(|line| is_it(&line)).unwrap_or_default() as u64 + 1;
    Some(Value { text: found, line })
}

/// The files that a file includes, the last of which counts most, and less than the file itself.
#[must_use]
pub fn includes(file: &str) -> Vec<String> {
    let Ok(document) = toml::from_str::<toml::Table>(file) else { return Vec::new() };
    let list = document.get("include").and_then(toml::Value::as_array);
    let one = |value: &toml::Value| value.as_str().or_else(|| value.get("path")?.as_str()).map(str::to_owned);
    list.into_iter().flatten().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_a_file_includes() {
        let text = "include = ['a.toml', { path = 'b.toml', optional = true }]\n[http]\ncheck-revoke = false\n";
        assert_eq!(includes(text), ["a.toml", "b.toml"]);
        assert!(includes("include = 'a.toml'\n").is_empty() && includes("[x]\ninclude = ['a.toml']\n").is_empty());
    }

    #[test]
    fn reads_a_table_in_every_spelling() {
        for file in
            ["[http]\ncainfo = 'a.pem'\n", "# x\nhttp.cainfo = \"a.pem\"\n", "\nhttp = { cainfo = \"a.pem\" }\n"]
        {
            assert_eq!(text(file, "http", "cainfo").unwrap().text, "a.pem", "{file}");
        }
        assert_eq!(text("# x\n[http]\ncainfo = 'a'\n", "http", "cainfo").unwrap().line, 3);
        assert_eq!(text("[http]\ncainfo = 1\n", "http", "cainfo"), None);
        assert_eq!(text("[http\n", "http", "cainfo"), None);
    }
}
