//! Which of several places a setting is from: a flag before a variable before the files, and of those the project's
//! before the user's before the system's.
//!
//! A list is taken from one place as a whole. `[[allow]]` and `[[store]]` add up over all files, and a `[[store]]`
//! outranks the `expires-within` of its own file and of those after it, and no flag and no variable.

use super::places::Layer;
use super::{Allow, KEYS, Key, Kind, PREFIX, Placed, Position, Server, Settings, Value, from_text};
use crate::host::Environment;
use crate::settings::words::meant;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// A file that was read.
#[derive(Debug, Clone)]
pub struct File {
    /// Whose it is.
    pub layer: Layer,
    /// Where it is.
    pub path: PathBuf,
    /// What it says.
    pub settings: Settings,
}

/// Where a value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A flag.
    Flag(&'static str),
    /// A variable.
    Variable(String),
    /// A file, and the place in it.
    File(PathBuf, Position),
    /// Nobody set it.
    Default,
}

impl Origin {
    /// The same place for a value inside of this one: an element of a list.
    #[must_use]
    pub fn at(&self, at: Position) -> Self {
        match self {
            Self::File(path, _) => Self::File(path.clone(), at),
            other => other.clone(),
        }
    }
}

/// `--only`, `$CASTORE_ONLY`, `/etc/castore/castore.toml:3:8`, `default`.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => f.write_str(name),
            Self::Variable(name) => write!(f, "${name}"),
            Self::File(path, at) => write!(f, "{}:{}:{}", path.display(), at.line, at.column),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting with its value.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Which.
    pub key: &'static Key,
    /// The value; none where nobody set it and nothing is the default.
    pub value: Option<Value>,
    /// Where it is from.
    pub origin: Origin,
}

/// The days that count as soon for some stores, or for all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Threshold {
    /// A pattern of clients or paths; none for all stores.
    pub stores: Option<String>,
    /// The days.
    pub days: i64,
}

/// Every setting, and what adds up.
#[derive(Debug, Clone)]
pub struct Effective {
    /// The settings, in the order of [`KEYS`].
    pub settings: Vec<Setting>,
    /// The files, the first before those that it outranks.
    pub files: Vec<File>,
    /// What is to be said and changes nothing.
    pub remarks: Vec<String>,
}

/// A variable whose value is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("${variable}: {what}")]
pub struct BadVariable {
    /// The variable.
    pub variable: String,
    /// What was expected and what was found.
    pub what: String,
}

impl Effective {
    /// The settings of these places: `flags` by their keys, the variables, and the files in their order.
    ///
    /// # Errors
    ///
    /// A variable whose value is none.
    pub fn new(
        flags: &[(&'static str, Value)],
        variables: &Environment,
        files: Vec<File>,
    ) -> Result<Self, BadVariable> {
        let mut remarks = unknown(variables);
        let mut settings = Vec::new();
        for key in KEYS {
            let flag = flags.iter().find(|(name, _)| *name == key.name);
            let flag = flag.map(|(_, value)| (value.clone(), Origin::Flag(key.flag)));
            let found = match flag {
                Some(found) => Some(found),
                None => of_variable(key, variables)?,
            };
            let found = found.or_else(|| of_files(key, &files, &mut remarks));
            let (value, origin) = match found {
                Some((value, origin)) => (Some(value), origin),
                None => (key.default.and_then(|text| from_text(key, text).ok()), Origin::Default),
            };
            settings.push(Setting { key, value, origin });
        }
        Ok(Self { settings, files, remarks })
    }

    fn setting(&self, name: &str) -> Option<&Setting> {
        self.settings.iter().find(|setting| setting.key.name == name)
    }

    /// The number of a setting, and where it is from.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.setting(name)?.value.as_ref()? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The word of a setting.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&str> {
        match self.setting(name)?.value.as_ref()? {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The path of a setting.
    #[must_use]
    pub fn path(&self, name: &str) -> Option<&Path> {
        match self.setting(name)?.value.as_ref()? {
            Value::Path(path) => Some(path),
            _ => None,
        }
    }

    /// The checks of a setting, each with its place; `None` where nobody names any.
    #[must_use]
    pub fn checks(&self, name: &str) -> Option<Vec<(&str, Origin)>> {
        let setting = self.setting(name)?;
        match setting.value.as_ref()? {
            Value::Checks(checks) => {
                Some(checks.iter().map(|check| (check.value.as_str(), setting.origin.at(check.at))).collect())
            }
            _ => None,
        }
    }

    /// The servers, each with its place.
    #[must_use]
    pub fn servers(&self) -> Vec<(&Server, Origin)> {
        let Some(setting) = self.setting("hosts") else { return Vec::new() };
        match &setting.value {
            Some(Value::Servers(servers)) => {
                servers.iter().map(|server| (server, setting.origin.at(server.at))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The days that count as soon: the first that fits a store is the one that holds.
    #[must_use]
    pub fn thresholds(&self) -> Vec<Threshold> {
        let days = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let mut thresholds = Vec::new();
        let own = self.setting("expires-within");
        let is_named = |setting: &&Setting| matches!(setting.origin, Origin::Flag(_) | Origin::Variable(_));
        if let (Some(_), Some(number)) = (own.filter(is_named), self.number("expires-within")) {
            return vec![Threshold { stores: None, days: days(number) }];
        }
        for file in &self.files {
            let rules = file.settings.stores.iter();
            thresholds.extend(
                rules.map(|rule| Threshold { stores: Some(rule.pattern.clone()), days: days(rule.expires_within) }),
            );
            if let Some(Placed { value: Value::Number(number), .. }) = file.settings.get("expires-within") {
                thresholds.push(Threshold { stores: None, days: days(*number) });
            }
        }
        if let Some(number) = self.number("expires-within") {
            thresholds.push(Threshold { stores: None, days: days(number) });
        }
        thresholds
    }

    /// Findings that are known, with their files, in the order of the files.
    pub fn allow(&self) -> impl Iterator<Item = (&File, &Allow)> {
        self.files.iter().flat_map(|file| file.settings.allow.iter().map(move |allow| (file, allow)))
    }
}

/// The value of a variable; an empty one counts as unset.
fn of_variable(key: &Key, variables: &Environment) -> Result<Option<(Value, Origin)>, BadVariable> {
    let variable = key.variable();
    let Some(text) = variables.get(OsStr::new(&variable)).filter(|text| !text.is_empty()) else { return Ok(None) };
    let value = match (key.kind, text.to_str()) {
        (Kind::Path, _) => Ok(Value::Path(PathBuf::from(text))),
        (_, Some(text)) => from_text(key, text),
        (_, None) => Err("expected UTF-8, found other octets".to_owned()),
    };
    match value {
        Ok(value) => Ok(Some((value, Origin::Variable(variable)))),
        Err(what) => Err(BadVariable { variable, what }),
    }
}

fn of_files(key: &Key, files: &[File], remarks: &mut Vec<String>) -> Option<(Value, Origin)> {
    for file in files {
        let Some(found) = file.settings.get(key.name) else { continue };
        // A directory that was only entered must not say which file is written.
        if key.name == "out" && file.layer == Layer::Project {
            remarks.push(format!(
                "{}:{}: out is passed over, since nobody named this file: say --out, or name the file by --config",
                file.path.display(),
                found.at.line
            ));
            continue;
        }
        let value = match &found.value {
            Value::Path(path) => Value::Path(file.path.parent().unwrap_or(Path::new("/")).join(path)),
            other => other.clone(),
        };
        return Some((value, Origin::File(file.path.clone(), found.at)));
    }
    None
}

/// Variables that are called as castore's are and are none, where one may have been meant.
fn unknown(variables: &Environment) -> Vec<String> {
    // All of them begin alike, which says nothing of what is meant.
    let own = |name: &str| name.strip_prefix(PREFIX).map(str::to_owned);
    let known: Vec<String> = KEYS.iter().filter_map(|key| own(&key.variable())).chain(["CONFIG".to_owned()]).collect();
    let names = variables.keys().filter_map(|name| own(name.to_str()?));
    let strange = names.filter(|name| !known.contains(name));
    let said = strange.filter_map(|name| {
        let meant = meant(&name, known.iter().map(String::as_str))?;
        Some(format!("${PREFIX}{name} is no setting; after {PREFIX}, {meant}"))
    });
    said.collect()
}
