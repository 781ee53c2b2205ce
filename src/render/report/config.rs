//! `castore config`: each setting with where it is from.

use super::PathReport;
use crate::settings::castore_toml::effective::{Effective, File, Origin};
use crate::settings::castore_toml::places::{Outcome, Place};
use crate::settings::castore_toml::{Placed, Position, Server, Value};
use crate::settings::without_user;
use serde::Serialize;

/// The answer of `castore config`.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigReport {
    /// `castore.config/1`.
    pub schema: &'static str,
    /// The files that were looked for, the first before those that it outranks.
    pub files: Vec<ConfigFileReport>,
    /// The settings.
    pub settings: Vec<SettingReport>,
    /// What differs for some stores, in the order in which the first that fits holds.
    pub stores: Vec<StoreRuleReport>,
    /// Findings that are known.
    pub allow: Vec<AllowReport>,
}

/// A file that was looked for.
#[derive(Debug, Clone, Serialize)]
pub struct ConfigFileReport {
    /// `named`, `project`, `user` or `system`.
    pub layer: &'static str,
    /// The path.
    #[serde(flatten)]
    pub path: PathReport,
    /// `read`, `absent` or `left-out`.
    pub outcome: &'static str,
    /// Why it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// One setting.
#[derive(Debug, Clone, Serialize)]
pub struct SettingReport {
    /// Its key.
    pub key: &'static str,
    /// Its value; null where nobody set it and nothing is the default.
    pub value: Option<ValueReport>,
    /// Where it is from.
    pub origin: OriginReport,
    /// The variable that sets it.
    pub variable: String,
    /// What it does.
    pub about: &'static str,
}

/// The value of a setting.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum ValueReport {
    /// Days or seconds.
    Number(u64),
    /// A word or a path.
    Text(String),
    /// Checks.
    List(Vec<String>),
    /// Servers.
    Servers(Vec<ServerReport>),
}

/// A server.
#[derive(Debug, Clone, Serialize)]
pub struct ServerReport {
    /// The host, as it is written.
    pub host: String,
    /// Where to connect instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect: Option<String>,
    /// The name that clients ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The protocol before TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starttls: Option<String>,
    /// Days before an expiry that count as soon.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_within: Option<u64>,
    /// Seconds after which it is given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
}

/// Where a value is from.
#[derive(Debug, Clone, Serialize)]
pub struct OriginReport {
    /// `flag`, `variable`, `file` or `default`.
    pub kind: &'static str,
    /// The flag or the variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<PathReport>,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The character in that line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
}

/// One `[[store]]`.
#[derive(Debug, Clone, Serialize)]
pub struct StoreRuleReport {
    /// The pattern of clients or paths.
    #[serde(rename = "match")]
    pub pattern: String,
    /// Days before an expiry that count as soon.
    pub expires_within: u64,
    /// Where it stands.
    pub origin: OriginReport,
}

/// One `[[allow]]`.
#[derive(Debug, Clone, Serialize)]
pub struct AllowReport {
    /// The check, or a pattern.
    pub check: String,
    /// The beginning of the certificate's SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<String>,
    /// A pattern of clients or paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// A pattern of clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// A pattern of servers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Why.
    pub reason: String,
    /// The last day on which it counts, `YYYY-MM-DD`.
    pub until: String,
    /// Where it stands.
    pub origin: OriginReport,
}

impl ConfigReport {
    /// The report of all settings, or of one.
    #[must_use]
    pub fn new(effective: &Effective, places: &[Place], only: Option<&str>) -> Self {
        let is_wanted = |key: &str| only.is_none_or(|only| only == key);
        let settings = effective.settings.iter().filter(|setting| is_wanted(setting.key.name));
        let rules = effective.files.iter().filter(|_| is_wanted("store"));
        let rules = rules.flat_map(|file| file.settings.stores.iter().map(move |rule| (file, rule)));
        let allow = effective.allow().filter(|_| is_wanted("allow"));
        Self {
            schema: "castore.config/1",
            files: places.iter().map(ConfigFileReport::new).collect(),
            settings: settings
                .map(|setting| SettingReport {
                    key: setting.key.name,
                    value: setting.value.as_ref().map(ValueReport::new),
                    origin: OriginReport::new(&setting.origin),
                    variable: setting.key.variable(),
                    about: setting.key.about,
                })
                .collect(),
            stores: rules
                .map(|(file, rule)| StoreRuleReport {
                    pattern: rule.pattern.clone(),
                    expires_within: rule.expires_within,
                    origin: OriginReport::in_file(file, rule.at),
                })
                .collect(),
            allow: allow
                .map(|(file, entry)| AllowReport {
                    check: entry.check.value.clone(),
                    certificate: entry.certificate.as_ref().map(|prefix| prefix.digits().to_owned()),
                    store: entry.store.clone(),
                    client: entry.client.clone(),
                    host: entry.host.clone(),
                    reason: entry.reason.clone(),
                    until: entry.until.date(),
                    origin: OriginReport::in_file(file, entry.at),
                })
                .collect(),
        }
    }
}

impl ConfigFileReport {
    fn new(place: &Place) -> Self {
        let (outcome, because) = match &place.outcome {
            Outcome::Read(_) => ("read", None),
            Outcome::Absent => ("absent", None),
            Outcome::LeftOut(why) => ("left-out", Some(why.clone())),
        };
        Self { layer: place.layer.name(), path: PathReport::new(&place.path), outcome, because }
    }
}

impl ValueReport {
    fn new(value: &Value) -> Self {
        match value {
            Value::Number(number) => Self::Number(*number),
            Value::Word(word) => Self::Text(word.clone()),
            Value::Path(path) => Self::Text(PathReport::new(path).path),
            Value::Checks(checks) => Self::List(checks.iter().map(|check| check.value.clone()).collect()),
            Value::Servers(servers) => Self::Servers(servers.iter().map(ServerReport::new).collect()),
        }
    }

    /// The value as one line of text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::List(list) if list.is_empty() => "(none)".to_owned(),
            Self::List(list) => list.join(", "),
            Self::Servers(servers) if servers.is_empty() => "(none)".to_owned(),
            Self::Servers(servers) => servers.iter().map(|server| server.host.as_str()).collect::<Vec<_>>().join(", "),
        }
    }
}

impl ServerReport {
    fn new(server: &Server) -> Self {
        let text = |placed: &Option<Placed<String>>| placed.as_ref().map(|placed| without_user(&placed.value));
        Self {
            host: without_user(&server.host),
            connect: text(&server.connect),
            name: text(&server.name),
            starttls: text(&server.starttls),
            expires_within: server.expires_within,
            timeout: server.timeout,
        }
    }
}

impl OriginReport {
    fn new(origin: &Origin) -> Self {
        let none = Self { kind: "default", name: None, file: None, line: None, column: None };
        match origin {
            Origin::Flag(name) => Self { kind: "flag", name: Some((*name).to_owned()), ..none },
            Origin::Variable(name) => Self { kind: "variable", name: Some(name.clone()), ..none },
            Origin::File(path, at) => Self {
                kind: "file",
                file: Some(PathReport::new(path)),
                line: Some(at.line),
                column: Some(at.column),
                ..none
            },
            Origin::Default => none,
        }
    }

    fn in_file(file: &File, at: Position) -> Self {
        Self::new(&Origin::File(file.path.clone(), at))
    }

    /// `--only`, `$CASTORE_ONLY`, `/etc/castore/castore.toml:3`, `default`.
    #[must_use]
    pub fn text(&self) -> String {
        match (&self.file, &self.name) {
            (Some(file), _) => format!("{}:{}", file.path, self.line.unwrap_or_default()),
            (None, Some(name)) if self.kind == "variable" => format!("${name}"),
            (None, Some(name)) => name.clone(),
            (None, None) => self.kind.to_owned(),
        }
    }
}
