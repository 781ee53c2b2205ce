//! php.ini and the files beside it, as PHP reads them (Zend/zend_ini_scanner.l).

use super::Value;
use crate::limits::FILLED;

/// The last value of a directive, whose name has a case. A section has no meaning, but what follows
/// `[PATH=…]` or `[HOST=…]` holds for that path or host alone. `variable` knows the environment.
#[must_use]
pub fn value(text: &str, key: &str, variable: &dyn Fn(&str) -> Option<String>) -> Option<Value> {
    let mut found = None;
    if !may_stand_in(text, key) {
        return found;
    }
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with("[PATH=") || line.starts_with("[HOST=") {
            break;
        }
        if let Some((name, raw)) = line.split_once('=').filter(|(name, _)| name.trim() == key) {
            debug_assert!(!name.trim_start().starts_with(';'));
            found = Some(Value { text: expand(raw.trim(), variable), line: index as u64 + 1 });
        }
    }
    found
}

/// Whether some line may begin with the name. Of a php.ini as it is delivered nearly every line is a
/// comment, and each is asked for by several rows.
fn may_stand_in(text: &str, name: &str) -> bool {
    let text = text.as_bytes();
    memchr::memmem::find_iter(text, name).any(|at| {
        let before = text[..at].iter().rev().take_while(|octet| **octet != b'\n');
        before.into_iter().all(|octet| octet.is_ascii_whitespace() || !octet.is_ascii())
    })
}

/// A value without quotes and comment; a word for no, unquoted, is the empty text.
fn expand(raw: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    if let Some((inner, _)) = raw.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) {
        return inner.to_owned();
    }
    let quoted = raw.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    let text = quoted.map_or_else(|| raw.split(';').next().unwrap_or("").trim_end(), |(inner, _)| inner);
    let is_no = ["off", "no", "false", "none", "null"].iter().any(|word| text.eq_ignore_ascii_case(word));
    if quoted.is_none() && is_no {
        return String::new();
    }
    let mut rest = text;
    let mut value = String::new();
    while let Some((before, (name, after))) = rest
        .split_once("${")
        .filter(|_| value.len() <= FILLED)
        .and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        value.push_str(before);
        value.push_str(&variable(name).unwrap_or_default());
        rest = after;
    }
    value + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, key: &str) -> Option<String> {
        value(text, key, &|name| (name == "HOME").then(|| "/h".to_owned())).map(|value| value.text)
    }

    #[test]
    fn what_is_filled_in_is_bounded() {
        let text = format!("a = \"{}\"\n", "${V}".repeat(250_000));
        let filled = value(&text, "a", &|_| Some("v".repeat(128 * 1024))).unwrap().text;
        assert!(filled.len() < FILLED + 128 * 1024 + text.len());
    }

    #[test]
    fn reads_what_php_reads() {
        let text =
            "[PHP]\nopenssl.capath = \"/q${HOME}/x\" ; c\n[x]\nopenssl.cafile = /bare/x  ; comment\n;curl.cainfo=/no\n";
        assert_eq!(read(text, "openssl.cafile").unwrap(), "/bare/x");
        assert_eq!(read(text, "openssl.capath").unwrap(), "/q/h/x");
        assert_eq!(read(text, "curl.cainfo"), None);
        assert_eq!(read("a = '/s/x'\na = /a;b", "a").unwrap(), "/a");
        assert_eq!(read("a = none", "a").unwrap(), "");
        assert_eq!(read("A = /x", "a"), None);
        assert_eq!(read("a=/x\n[PATH=/foo]\na=/p\n[PHP]\na=/q\n", "a").unwrap(), "/x");
        assert_eq!(read("a=/x${NO}/y", "a").unwrap(), "/x/y");
        assert_eq!(read(";a=/x\n\u{a0} a = /y", "a").unwrap(), "/y");
    }
}
