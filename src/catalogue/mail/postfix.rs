//! What Postfix's main.cf says of its client, and whether that runs in a jail.

use super::{Installation, Setting, Source, Survey};
use crate::settings::Value;
use crate::settings::mail::{postfix, postfix_filled};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The mark of one that has OpenSSL's default paths besides.
pub(super) const DEFAULTS: &str = "postfix-default-paths";
/// The mark of one that compares other names than that of the host it reached.
const OTHER_NAMES: &str = "other-names";

const MAIN: &str = "/etc/postfix/main.cf";
const MASTER: &str = "/etc/postfix/master.cf";

/// Where the client is: `daemon_directory`, by distribution.
const PLACES: &[&str] = &["/usr/lib/postfix/sbin/smtp", "/usr/libexec/postfix/smtp", "/usr/lib/postfix/smtp"];

fn parameters(survey: &Survey<'_>) -> Option<Arc<BTreeMap<String, Value>>> {
    survey.parsed(Path::new(MAIN), postfix)
}

/// A parameter of main.cf with others filled in; nothing where it is empty.
pub(super) fn parameter(survey: &Survey<'_>, name: &str) -> Vec<Setting> {
    let Some(known) = parameters(survey) else { return Vec::new() };
    let value = known.get(name).map(|value| (postfix_filled(&known, &value.text), value.line));
    let value = value.filter(|(text, _)| !text.is_empty());
    let setting = |(text, line): (String, u64)| Setting { value: text.into(), source: Source::File(MAIN.into(), line) };
    value.map(setting).into_iter().collect()
}

fn text(survey: &Survey<'_>, name: &str) -> String {
    parameter(survey, name).pop().map(|setting| setting.value.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The level of security; the parameters of old stand for one where there is none.
fn level(survey: &Survey<'_>) -> String {
    let is_on = |name: &str| text(survey, name).eq_ignore_ascii_case("yes");
    match text(survey, "smtp_tls_security_level") {
        level if !level.is_empty() => level,
        _ if is_on("smtp_enforce_tls") => "verify".to_owned(),
        _ => "may".to_owned(),
    }
}

/// The level, where it takes any certificate.
pub(super) fn unverified(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    if !matches!(level(survey).as_str(), "none" | "may" | "encrypt") {
        return Vec::new();
    }
    let own = parameter(survey, "smtp_tls_security_level");
    if own.is_empty() { vec![Setting { value: "".into(), source: Source::BuiltIn }] } else { own }
}

/// The directory that the client runs in: that of the queue, where master.cf says so in the fifth field of its line.
fn jail(survey: &Survey<'_>) -> Option<PathBuf> {
    let master = survey.host.settings(Path::new(MASTER)).unwrap_or_default();
    let is_jailed = master.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        matches!(fields.as_slice(), ["smtp", "unix", _, _, "y", ..])
    });
    let queue = Some(text(survey, "queue_directory")).filter(|queue| !queue.is_empty());
    is_jailed.then(|| queue.map_or_else(|| "/var/spool/postfix".into(), PathBuf::from))
}

/// A directory as the client finds it: it is looked into when it is in its jail already.
fn in_jail(survey: &Survey<'_>, directory: &Path) -> PathBuf {
    match jail(survey) {
        Some(jail) => jail.join(directory.strip_prefix("/").unwrap_or(directory)),
        None => directory.to_path_buf(),
    }
}

pub(super) fn directory(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let inside = |setting: Setting| {
        let value = in_jail(survey, Path::new(&setting.value)).into_os_string();
        Setting { value, ..setting }
    };
    parameter(survey, "smtp_tls_CApath").into_iter().map(inside).collect()
}

/// The client of a Postfix that is configured.
pub(super) fn clients(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let program = PLACES.iter().map(PathBuf::from).find(|path| survey.host.is_file(path));
    let Some((at, _)) = program.zip(parameters(survey)) else { return Vec::new() };
    let mut one = Installation { because: MAIN.to_owned(), ..Installation::default() };
    survey.add_tls(&mut one, &survey.behind(&at, &["libpostfix-tls"]));
    let certs = one.place("openssldir").map(|directory| in_jail(survey, &directory.join("certs")));
    one.places.extend(certs.map(|certs| ("certs", certs)));
    one.marks.extend(text(survey, "tls_append_default_CA").eq_ignore_ascii_case("yes").then_some(DEFAULTS));
    let level = level(survey);
    let matched = text(survey, "smtp_tls_verify_cert_match");
    let is_host = level == "verify" && matches!(matched.as_str(), "" | "hostname");
    one.marks.extend((!is_host).then_some(OTHER_NAMES));
    if !matches!(level.as_str(), "none" | "may" | "encrypt" | "verify" | "secure") {
        one.unknown.push(format!("what it verifies by: smtp_tls_security_level is {level}"));
    }
    if !text(survey, "smtp_tls_policy_maps").is_empty() {
        one.remarks.push("smtp_tls_policy_maps may say otherwise of single destinations".to_owned());
    }
    one.at = at;
    vec![Arc::new(one)]
}
