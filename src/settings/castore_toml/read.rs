//! From octets to settings, or every fault with its place.

use super::{
    ALLOWED_DIGITS, Allow, DAYS, Fault, KEYS, Key, Kind, Placed, Position, SECONDS, Server, Settings, StoreRule, Value,
};
use crate::model::{FingerprintPrefix, Timestamp};
use crate::settings::without_user;
use crate::settings::words::meant;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Tables that may stand several times.
const TABLES: [&str; 2] = ["store", "allow"];
/// The keys of `[[store]]`.
const OF_STORE: &[&str] = &["match", "expires-within"];
/// The keys of `[[allow]]`.
const OF_ALLOW: &[&str] = &["check", "certificate", "store", "client", "host", "reason", "until"];
/// The keys of a server.
const OF_SERVER: &[&str] = &["host", "connect", "name", "starttls", "expires-within", "timeout"];

type Table<'t> = DeTable<'t>;
type Item<'t> = Spanned<DeValue<'t>>;

/// A file, as far as it can be understood.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What it says where it is right.
    pub settings: Settings,
    /// The checks and patterns of checks that it names, also in an entry that has a fault.
    pub checks: Vec<Placed<String>>,
    /// What is wrong in it, in the order of its lines.
    pub faults: Vec<Fault>,
}

/// Reads a file.
///
/// # Errors
///
/// Everything that is wrong in it, in the order of its lines. Of a file that is no TOML the first fault alone is told.
pub fn read(bytes: &[u8]) -> Result<Settings, Vec<Fault>> {
    let Reading { settings, faults, .. } = read_all(bytes);
    if faults.is_empty() { Ok(settings) } else { Err(faults) }
}

/// Reads a file, with what is wrong in it.
#[must_use]
pub fn read_all(bytes: &[u8]) -> Reading {
    understood(bytes).unwrap_or_else(|faults| Reading { faults, ..Reading::default() })
}

fn understood(bytes: &[u8]) -> Result<Reading, Vec<Fault>> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let found = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        let what = format!("expected UTF-8, found the octet 0x{found:02x}");
        vec![Fault { at: position(&before, before.len()), what, hint: None }]
    })?;
    let document = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(text.len(), |span| span.start);
        vec![Fault {
            at: position(text, at),
            what: format!("expected TOML, found an error: {}", error.message()),
            hint: None,
        }]
    })?;
    let mut reader = Reader { text, checks: Vec::new(), faults: Vec::new() };
    let settings = reader.file(document.get_ref());
    reader.faults.sort_by_key(|fault| fault.at);
    Ok(Reading { settings, checks: reader.checks, faults: reader.faults })
}

/// Reads the value of a setting from a text, as a variable has it; lists are separated by commas.
///
/// # Errors
///
/// What was expected and what was found.
pub fn from_text(key: &Key, text: &str) -> Result<Value, String> {
    let number = |unit: &str, range: Range<u64>| {
        let found = text.parse().ok().filter(|number| range.contains(number));
        found.map(Value::Number).ok_or_else(|| {
            format!("expected a number of {unit} from {} to {}, found {text:?}", range.start, range.end - 1)
        })
    };
    let list = || text.split(',').map(str::trim).filter(|word| !word.is_empty());
    match key.kind {
        Kind::Days => number("days", 0..DAYS + 1),
        Kind::Seconds => number("seconds", 1..SECONDS + 1),
        Kind::Word(words) if words.contains(&text) => Ok(Value::Word(text.to_owned())),
        Kind::Word(words) => Err(format!("expected {}, found {text:?}", listed(words))),
        Kind::Checks => {
            let placed = |word: &str| Placed { value: word.to_owned(), at: Position::default() };
            Ok(Value::Checks(list().map(placed).collect()))
        }
        Kind::Path => Ok(Value::Path(PathBuf::from(text))),
        Kind::Servers => {
            Ok(Value::Servers(list().map(|host| Server { host: host.to_owned(), ..Server::default() }).collect()))
        }
    }
}

/// The place of an octet.
fn position(text: &str, at: usize) -> Position {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    Position {
        line: before.bytes().filter(|octet| *octet == b'\n').count() as u64 + 1,
        column: before[line..].chars().count() as u64 + 1,
    }
}

/// `info, warning or error`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [some @ .., last] => format!("{} or {last}", some.join(", ")),
    }
}

/// Characters of a text that a fault repeats.
const REPEATED: usize = 60;

/// A value as it was found; who logs in is left out.
fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => {
            let text = without_user(text);
            let short: String = text.chars().take(REPEATED).collect();
            let more = if short.len() < text.len() { "…" } else { "" };
            format!("the text \"{}{more}\"", short.escape_debug())
        }
        DeValue::Integer(number) => format!("the number {number}"),
        DeValue::Float(number) => format!("the number {number}"),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

struct Reader<'t> {
    text: &'t str,
    checks: Vec<Placed<String>>,
    faults: Vec<Fault>,
}

impl<'t> Reader<'t> {
    fn at(&self, span: &Range<usize>) -> Position {
        position(self.text, span.start)
    }

    fn fault(&mut self, span: &Range<usize>, what: String, hint: Option<String>) {
        let at = self.at(span);
        self.faults.push(Fault { at, what, hint });
    }

    fn expected(&mut self, what: &str, value: &Item<'t>) {
        self.fault(&value.span(), format!("expected {what}, found {}", found(value.get_ref())), None);
    }

    /// Says which keys of a table are none.
    fn strange(&mut self, table: &Table<'t>, of: &str, known: &[&str]) {
        for key in table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())) {
            let name = key.get_ref().as_ref();
            // A name in another spelling is the same to most programs.
            let folded = name.to_ascii_lowercase().replace('_', "-");
            let hint =
                meant(&folded, known.iter().copied()).unwrap_or_else(|| format!("the keys are {}", known.join(", ")));
            self.fault(&key.span(), format!("expected a key of {of}, found \"{}\"", name.escape_debug()), Some(hint));
        }
    }

    fn file(&mut self, table: &Table<'t>) -> Settings {
        let known: Vec<&str> = KEYS.iter().map(|key| key.name).chain(TABLES).collect();
        self.strange(table, "castore.toml", &known);
        let mut values = Vec::new();
        for key in KEYS {
            let Some(item) = table.get(key.name) else { continue };
            if let Some(value) = self.value(key, item) {
                values.push((key.name, Placed { value, at: self.at(&item.span()) }));
            }
        }
        let stores = self.tables(table, "store", Self::store);
        let allow = self.tables(table, "allow", Self::allow);
        Settings { values, stores, allow }
    }

    /// Every `[[name]]`.
    fn tables<T>(
        &mut self,
        file: &Table<'t>,
        name: &str,
        read: fn(&mut Self, &Item<'t>, &Table<'t>) -> Option<T>,
    ) -> Vec<T> {
        let Some(item) = file.get(name) else { return Vec::new() };
        let DeValue::Array(list) = item.get_ref() else {
            self.expected(&format!("tables that begin with [[{name}]]"), item);
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in list.iter() {
            match item.get_ref() {
                DeValue::Table(table) => found.extend(read(self, item, table)),
                _ => self.expected(&format!("a table that begins with [[{name}]]"), item),
            }
        }
        found
    }

    fn value(&mut self, key: &Key, item: &Item<'t>) -> Option<Value> {
        match key.kind {
            Kind::Days => self.days(item).map(Value::Number),
            Kind::Seconds => self.number(item, "seconds", 1..SECONDS + 1).map(Value::Number),
            Kind::Word(words) => {
                let word = match item.get_ref() {
                    DeValue::String(text) => words.iter().find(|word| **word == text.as_ref()),
                    _ => None,
                };
                let Some(word) = word else {
                    let near = match item.get_ref() {
                        DeValue::String(text) => meant(text, words.iter().copied()),
                        _ => None,
                    };
                    let what = format!("expected \"{}\", found {}", words.join("\", \""), found(item.get_ref()));
                    self.fault(&item.span(), what, near);
                    return None;
                };
                Some(Value::Word((*word).to_owned()))
            }
            Kind::Checks => self.checks(item).map(Value::Checks),
            Kind::Path => self.path(item).map(Value::Path),
            Kind::Servers => {
                let DeValue::Array(list) = item.get_ref() else {
                    self.expected("a list of servers", item);
                    return None;
                };
                let servers: Vec<_> = list.iter().map(|item| self.server(item)).collect();
                servers.into_iter().collect::<Option<Vec<_>>>().map(Value::Servers)
            }
        }
    }

    fn days(&mut self, item: &Item<'t>) -> Option<u64> {
        self.number(item, "days", 0..DAYS + 1)
    }

    fn number(&mut self, item: &Item<'t>, unit: &str, range: Range<u64>) -> Option<u64> {
        let number = match item.get_ref() {
            DeValue::Integer(number) => u64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            self.expected(&format!("a number of {unit} from {} to {}", range.start, range.end - 1), item);
        }
        number
    }

    /// A text that is not empty.
    fn text(&mut self, item: &Item<'t>, what: &str) -> Option<String> {
        match item.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => Some(text.to_string()),
            _ => {
                self.expected(what, item);
                None
            }
        }
    }

    fn checks(&mut self, item: &Item<'t>) -> Option<Vec<Placed<String>>> {
        let DeValue::Array(list) = item.get_ref() else {
            self.expected("a list of checks", item);
            return None;
        };
        let mut checks = Vec::new();
        for item in list.iter() {
            checks.push(self.check(item)?);
        }
        Some(checks)
    }

    fn check(&mut self, item: &Item<'t>) -> Option<Placed<String>> {
        let value = self.text(item, "a check or a pattern of checks")?;
        let check = Placed { value, at: self.at(&item.span()) };
        self.checks.push(check.clone());
        Some(check)
    }

    fn path(&mut self, item: &Item<'t>) -> Option<PathBuf> {
        let text = self.text(item, "a path")?;
        if text.starts_with('~') {
            self.expected("a path, absolute or from the directory of this file (~ stands for nothing here)", item);
            return None;
        }
        Some(PathBuf::from(text))
    }

    /// A pattern of clients, or of paths: one with a slash.
    fn pattern(&mut self, item: &Item<'t>) -> Option<String> {
        const WHAT: &str = "a pattern of clients (certifi*) or of whole paths (/opt/*/cacert.pem, **/cacerts)";
        let text = self.text(item, WHAT)?;
        let is_path = text.contains(['/', '\\']);
        let is_whole = text.starts_with(['/', '\\']) || text.starts_with("**") || text.get(1..2) == Some(":");
        if is_path && !is_whole {
            self.expected(WHAT, item);
            return None;
        }
        Some(text)
    }

    /// What a table has to have.
    fn required<'a>(&mut self, table: &'a Table<'t>, of: &Item<'t>, key: &str, what: &str) -> Option<&'a Item<'t>> {
        let found = table.get(key);
        if found.is_none() {
            self.fault(&of.span(), format!("expected {key} = {what}, found none"), None);
        }
        found
    }

    fn optional<T>(
        &mut self,
        table: &Table<'t>,
        key: &str,
        read: impl FnOnce(&mut Self, &Item<'t>) -> Option<T>,
    ) -> Option<T> {
        table.get(key).and_then(|item| read(self, item))
    }

    fn store(&mut self, item: &Item<'t>, table: &Table<'t>) -> Option<StoreRule> {
        self.strange(table, "[[store]]", OF_STORE);
        let pattern = self.required(table, item, "match", "\"CLIENT or PATH\"");
        let days = self.required(table, item, "expires-within", "DAYS");
        let pattern = pattern.and_then(|item| self.pattern(item));
        let days = days.and_then(|item| self.days(item));
        Some(StoreRule { at: self.at(&item.span()), pattern: pattern?, expires_within: days? })
    }

    fn allow(&mut self, item: &Item<'t>, table: &Table<'t>) -> Option<Allow> {
        self.strange(table, "[[allow]]", OF_ALLOW);
        let check = self.required(table, item, "check", "\"ID\"");
        let reason = self.required(table, item, "reason", "\"why\"");
        let until = self.required(table, item, "until", "YYYY-MM-DD");
        let check = check.and_then(|item| self.check(item));
        let reason = reason.and_then(|item| self.text(item, "a reason"));
        let until = until.and_then(|item| self.date(item));
        let certificate = self.optional(table, "certificate", Self::certificate);
        let store = self.optional(table, "store", Self::pattern);
        let client =
            self.optional(table, "client", |reader, item| reader.text(item, "a client or a pattern of clients"));
        let host = self.optional(table, "host", |reader, item| reader.text(item, "a server, HOST:PORT, or a pattern"));
        let check = check?;
        let is_all = check.value.chars().all(|c| c == '*');
        if is_all && ["certificate", "store", "client", "host"].iter().all(|key| !table.contains_key(*key)) {
            let what = "expected a certificate, store, client or host beside a check of all, found none: \
                        nothing would be reported any more";
            self.fault(&item.span(), what.to_owned(), None);
            return None;
        }
        Some(Allow {
            at: self.at(&item.span()),
            check,
            certificate,
            store,
            client,
            host,
            reason: reason?,
            until: until?,
        })
    }

    fn certificate(&mut self, item: &Item<'t>) -> Option<FingerprintPrefix> {
        let what = format!("{ALLOWED_DIGITS} to 64 hexadecimal digits of a certificate's SHA-256");
        let text = self.text(item, &what)?;
        let prefix = text.parse().ok().filter(|prefix: &FingerprintPrefix| prefix.digits().len() >= ALLOWED_DIGITS);
        if prefix.is_none() {
            self.expected(&what, item);
        }
        prefix
    }

    /// A day: as TOML writes it, or as a text.
    fn date(&mut self, item: &Item<'t>) -> Option<Timestamp> {
        let day = match item.get_ref() {
            DeValue::Datetime(date) if date.time.is_none() => Some(date.to_string()),
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        };
        // With a time it is longer.
        let day = day.filter(|day| day.len() == 10).and_then(|day| day.parse().ok());
        if day.is_none() {
            self.expected("a day that there is, YYYY-MM-DD", item);
        }
        day
    }

    fn server(&mut self, item: &Item<'t>) -> Option<Server> {
        const WHAT: &str = "a server, \"HOST[:PORT]\" or { host = \"HOST[:PORT]\", … }";
        let at = self.at(&item.span());
        let DeValue::Table(table) = item.get_ref() else {
            return Some(Server { at, host: self.text(item, WHAT)?, ..Server::default() });
        };
        self.strange(table, "a server", OF_SERVER);
        let host = self.required(table, item, "host", "\"HOST[:PORT]\"");
        let host = host.and_then(|item| self.text(item, "HOST[:PORT]"));
        let placed = |what: &'static str| {
            move |reader: &mut Self, item: &Item<'t>| {
                Some(Placed { value: reader.text(item, what)?, at: reader.at(&item.span()) })
            }
        };
        let connect = self.optional(table, "connect", placed("HOST[:PORT]"));
        let name = self.optional(table, "name", placed("a name or an address"));
        let starttls = self.optional(table, "starttls", placed("a protocol"));
        let expires_within = self.optional(table, "expires-within", Self::days);
        let timeout = self.optional(table, "timeout", |reader, item| reader.number(item, "seconds", 1..SECONDS + 1));
        Some(Server { at, host: host?, connect, name, starttls, expires_within, timeout })
    }
}
