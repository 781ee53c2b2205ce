//! Composer: what its settings name, else the first usable place of a list.
//!
//! With the curl extension it replaces one half, the file or the directory, and libcurl keeps the other.

use super::client::{Client, Edit, Installation, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::php::{CURL, ini, phps, with_curl};
use super::survey::Survey;
use crate::policy;
use std::path::PathBuf;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[COMPOSER];

const COMPOSER_CONFIG: &str = "https://getcomposer.org/doc/06-config.md#cafile";
const CA_BUNDLE: &str = "https://github.com/composer/ca-bundle/blob/1.5.0/src/CaBundle.php";

/// The mark of a Composer that was told where certificates are.
const TOLD: &str = "told";
/// Why such a Composer does not search.
const TOLD_INSTEAD: &str = "not looked at, because a setting names a file or a directory";
/// The mark of a Composer whose choice is a directory.
const DIRECTORY: &str = "directory";

/// `composer`: what its settings name, else the first usable place of composer/ca-bundle.
const COMPOSER: Client = Client::new(
    "composer",
    "Composer",
    "COMPOSER_CAFILE and COMPOSER_CAPATH or cafile and capath of its settings, else the first usable of SSL_CERT_FILE, SSL_CERT_DIR, php.ini and a list; with libcurl's other half where it is used.",
    Rule::Each(
        composers,
        &Rule::All(&[
            Leaf::switch_setting("disable-tls", |survey, i| composer(survey, i, "disable-tls")).says(COMPOSER_CONFIG),
            Rule::First(&[
                Leaf::variable("COMPOSER_CAFILE").expands().missing(Then::Refuse).says(COMPOSER_CONFIG),
                Leaf::setting("cafile", |survey, i| composer(survey, i, "cafile")).expands().says(COMPOSER_CONFIG),
            ]),
            Rule::First(&[
                Leaf::variable("COMPOSER_CAPATH").expands().look(Look::HashLazy).missing(Then::Refuse).says(COMPOSER_CONFIG),
                Leaf::setting("capath", |survey, i| composer(survey, i, "capath"))
                    .expands()
                    .look(Look::HashLazy)
                    .says(COMPOSER_CONFIG),
            ]),
            Rule::First(&[
                usable(Leaf::variable("SSL_CERT_FILE").missing(Then::Pass)),
                usable(Leaf::variable("SSL_CERT_DIR").missing(Then::Pass)),
                usable(Leaf::setting("openssl.cafile", |survey, i| ini(survey, i, "openssl.cafile")).missing(Then::Pass)),
                usable(Leaf::setting("openssl.capath", |survey, i| ini(survey, i, "openssl.capath")).missing(Then::Pass)),
                usable(Leaf::path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem")),
                usable(Leaf::path("/etc/pki/tls/certs/ca-bundle.crt")),
                usable(Leaf::path("/etc/ssl/certs/ca-certificates.crt")),
                usable(Leaf::path("/etc/ssl/ca-bundle.pem")),
                usable(Leaf::path("/usr/local/share/curl/curl-ca-bundle.crt")),
                usable(Leaf::path("/usr/share/ssl/certs/ca-bundle.crt")),
                usable(Leaf::path("/etc/ssl/cert.pem")),
                usable(Leaf::path("/etc/pki/tls/certs")),
                usable(Leaf::path("/etc/ssl/certs")),
                usable(Leaf::path("{bundled}")),
            ]),
            Leaf::path("{cafile}").given(&DIRECTORY).says(CURL),
            Leaf::path("{capath}")
                .look(Look::HashLazy)
                .except(&(DIRECTORY, "not looked at, because another directory is named"))
                .says(CURL),
        ]),
    ),
)
.judged_by(&policy::curl::COMPOSER)
.reads(&["COMPOSER", "COMPOSER_HOME", "PHPRC", "PHP_INI_SCAN_DIR", "XDG_CONFIG_HOME"])
.edit(Edit::Elsewhere("it reads the system's store: add the root there, or set cafile"))
.roots(Roots::Public);

/// A place of composer/ca-bundle, passed over where nothing usable is there.
const fn usable(leaf: Leaf) -> Rule {
    leaf.look(Look::BundleOrHash).except(&(TOLD, TOLD_INSTEAD)).says(CA_BUNDLE)
}

/// Composer, with the PHP that runs it.
fn composers(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let programs = survey.programs("composer");
    if programs.is_empty() {
        return Vec::new();
    }
    let php = phps(survey).into_iter().next();
    let curl = php.as_ref().and_then(|php| with_curl(survey, php));
    let one = |program: PathBuf| {
        let base = curl.as_ref().or(php.as_ref()).map(|found| (**found).clone()).unwrap_or_default();
        let mut installation = Installation { at: program, marks: Vec::new(), ..base };
        let bundled = PathBuf::from("/usr/share/php/data/Composer/res/cacert.pem");
        installation.places.extend(survey.host.is_file(&bundled).then_some(("bundled", bundled)));
        let set = |variable: &str, key: &str| {
            survey.set(variable).is_some() || !composer(survey, &installation, key).is_empty()
        };
        let (file, directory) = (set("COMPOSER_CAFILE", "cafile"), set("COMPOSER_CAPATH", "capath"));
        let mut named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].iter().filter_map(|name| survey.set(name));
        let is_there = |path: &PathBuf| survey.host.resolve(path).is_ok();
        let searched = named.find(is_there).is_some_and(|path| survey.host.is_directory(&path));
        let to_directory = if file || directory { directory && !file } else { searched };
        let marks = [(file || directory).then_some(TOLD), to_directory.then_some(DIRECTORY)];
        installation.marks.extend(marks.into_iter().flatten());
        Arc::new(installation)
    };
    programs.into_iter().map(one).collect()
}

/// A key of Composer's settings: the project's, then the user's. A variable, even an empty one, stands
/// before both; a switch is returned where it is on.
fn composer(survey: &Survey<'_>, _: &Installation, key: &str) -> Vec<Setting> {
    let variable = match key {
        "cafile" => "COMPOSER_CAFILE",
        "capath" => "COMPOSER_CAPATH",
        _ => "",
    };
    if !variable.is_empty() && survey.host.variable(variable).is_some() {
        return Vec::new();
    }
    let project = survey.set("COMPOSER").unwrap_or_else(|| "composer.json".into());
    let config = survey.config_home().map(|d| d.join("composer"));
    let homes = config.into_iter().chain(survey.in_home(".composer"));
    let home = survey.set("COMPOSER_HOME").or_else(|| homes.into_iter().find(|home| survey.host.is_directory(home)));
    let files = [Some(survey.host.absolute(&project)), home.map(|home| home.join("config.json"))];
    let read = |file: PathBuf| {
        let text = survey.host.settings(&file)?;
        let json: serde_json::Value = serde_json::from_str(&text).ok()?;
        let value = match json.get("config")?.get(key)? {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Bool(value) => value.to_string(),
            _ => return None,
        };
        let line = text.lines().position(|line| line.contains(&format!("\"{key}\""))).unwrap_or(0) as u64 + 1;
        Some(Setting { value: value.trim_end_matches('/').into(), source: Source::File(file, line) })
    };
    let found = files.into_iter().flatten().find_map(read);
    found
        .filter(|setting| !setting.value.is_empty() && (key != "disable-tls" || setting.value == "true"))
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::{openssl, says};
    use crate::host::memory::Memory;

    fn debian() -> Memory {
        Memory::new()
            .file("/usr/bin/php8.2", openssl("/usr/lib/ssl"))
            .link("/usr/bin/php", "php8.2")
            .file("/usr/lib/ssl/cert.pem", "")
            .file("/etc/ssl/certs/ca-certificates.crt", "")
            .file("/a.pem", "")
            .file("/b.pem", "")
            .file("/hashed/01234567.0", "")
    }

    #[test]
    fn composer_takes_the_first_usable_place() {
        let files = debian().file("/usr/bin/composer", "");
        let with = |files: &Memory, environment: &[(&str, &str)]| {
            let found = says(files, environment, "composer").remove(0);
            found.strip_prefix("/usr/bin/composer:").unwrap().trim().to_owned()
        };
        assert_eq!(with(&files, &[]), "/etc/ssl/certs/ca-certificates.crt");
        assert_eq!(with(&files, &[("SSL_CERT_FILE", "/gone.pem"), ("SSL_CERT_DIR", "/hashed")]), "/hashed");
        assert_eq!(with(&files, &[("COMPOSER_CAFILE", "/a.pem"), ("SSL_CERT_FILE", "/b.pem")]), "/a.pem");
        assert_eq!(with(&files, &[("COMPOSER_CAFILE", "/gone.pem")]), "stops");
        // Composer expands what it is told itself, and nothing else.
        let at_home = files.clone().file("/home/u/c.pem", "");
        assert_eq!(with(&at_home, &[("COMPOSER_CAFILE", "~/c.pem")]), "/home/u/c.pem");
        let passed_over = with(&at_home, &[("SSL_CERT_FILE", "~/c.pem")]);
        assert_eq!(passed_over, with(&at_home, &[]));
        let set = files.clone().file("/home/u/.composer/config.json", r#"{"config": {"cafile": "/b.pem"}}"#);
        assert_eq!(with(&set, &[]), "/b.pem");
        assert_eq!(with(&set, &[("COMPOSER_CAFILE", "")]), "/etc/ssl/certs/ca-certificates.crt");
        let off = files.file("/composer.json", r#"{"config": {"disable-tls": true}}"#);
        assert!(with(&off, &[]).ends_with(" off"));
    }
}
