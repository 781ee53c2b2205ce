//! What settings of Node.js say of verification, beside where its roots are from.
//!
//! Node looks for `nodejs_conf` in OpenSSL's configuration and not for what other programs look for, so that the
//! system's file mostly says nothing to it; `--openssl-shared-config` and some builds make it look for
//! `openssl_conf`. A cipher list may hold the level. Seen in 20.20, 22.15, 24.20 and 26; `InitializeOncePerProcessInternal`,
//! src/node.cc. `--openssl-legacy-provider` brings digests that no level takes, and changes no verdict.

use super::super::client::Installation;
use super::super::survey::{READS_OPENSSL_CONF, Survey};
use super::super::verification::of_openssl;
use super::{NODE_OPTIONS, among, name};
use crate::policy::Settings;
use crate::settings::openssl_cnf::{self, OPENSSL_CONF};
use crate::settings::options;
use std::path::PathBuf;

/// The options that matter here, each as the last of its kind has it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// `--openssl-config`.
    config: Option<String>,
    /// `--openssl-shared-config`.
    shares_config: bool,
    /// `--tls-cipher-list`.
    ciphers: Option<String>,
    /// `--enable-fips` or `--force-fips`.
    fips: bool,
    /// Whether one has no value that must have one.
    pub(super) lacks_value: bool,
}

impl Options {
    /// Those among the words of `NODE_OPTIONS`; a value stands behind `=` or is the next word.
    pub(super) fn of(words: &[String]) -> Self {
        let mut found = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let own = || word.split_once('=').map(|(_, value)| value.to_owned());
            match name(word).as_str() {
                "--openssl-config" => found.config = own().or_else(|| words.next().cloned()),
                "--tls-cipher-list" => found.ciphers = own().or_else(|| words.next().cloned()),
                "--openssl-shared-config" => found.shares_config = true,
                "--no-openssl-shared-config" => found.shares_config = false,
                "--enable-fips" | "--force-fips" => found.fips = true,
                _ => continue,
            }
            let is_empty = |value: &Option<String>| value.as_ref().is_some_and(String::is_empty);
            found.lacks_value |= is_empty(&found.config) || is_empty(&found.ciphers);
        }
        found
    }
}

/// The versions that look for `nodejs_conf`.
const OWN_NAME: &[(&str, &str)] = &[("14.21", "15"), ("16.17", "17"), ("18.5", "")];

/// What OpenSSL's configuration and the options say.
pub(in crate::catalogue) fn settings(survey: &Survey<'_>, installation: &Installation) -> Settings {
    let words = survey.host.variable(NODE_OPTIONS).and_then(|value| options::node(&value.to_string_lossy()));
    let options = Options::of(&words.unwrap_or_default());
    let directory = installation.place("openssldir").map(PathBuf::as_path);
    let named = options.config.as_ref().map(|file| survey.host.cwd.join(file));
    let file = named.or_else(|| openssl_cnf::file(survey.host, directory, false));
    let names: &[&str] = match () {
        () if options.shares_config || installation.has(READS_OPENSSL_CONF) => OPENSSL_CONF,
        () if among(installation, OWN_NAME) => &["nodejs_conf"],
        () => &["nodejs_conf", "openssl_conf"],
    };
    let mut settings = of_openssl(survey, installation, file.as_deref(), names);
    if !among(installation, OWN_NAME) && (settings.level_is_set || settings.fips.is_on()) {
        settings.unread = Some("castore knows how Node.js reads openssl.cnf from 18.5 on".to_owned());
    }
    if let Some(ciphers) = options.ciphers.filter(|ciphers| ciphers.contains("@SECLEVEL=")) {
        match openssl_cnf::level(&ciphers) {
            Some(level) => {
                settings.told.retain(|told| !told.starts_with("security level"));
                settings.set_level(level, "set by --tls-cipher-list in NODE_OPTIONS");
            }
            None => settings.unread = Some("NODE_OPTIONS has a cipher list that Node.js does not take".to_owned()),
        }
    }
    // It ends with "OpenSSL configuration error", where other programs pass that over.
    if settings.configuration_fails || options.lacks_value {
        settings.unread = Some("Node.js does not start with this configuration of OpenSSL or these options".to_owned());
    }
    if options.fips {
        let why = "NODE_OPTIONS asks for FIPS mode, and whether Node.js finds a FIPS provider is not known";
        settings.unread = Some(why.to_owned());
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::super::super::survey::Searched;
    use super::*;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    const OWN: &str = "nodejs_conf = a\n[a]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nCipherString = DEFAULT@SECLEVEL=0\n\
                       [b]\nssl_conf = t\n[t]\nsystem_default = e\n[e]\nCipherString = DEFAULT@SECLEVEL=3\n";

    fn level(version: &str, variables: &[(&str, &str)]) -> Result<Option<u8>, String> {
        let build =
            format!("\0node.js/v{version}\0OPENSSLDIR: \"/etc/ssl\"\0\0OpenSSL 3.0.16 1 Jan\0\"node_shared_openssl\"");
        let files = Memory::new()
            .file("/usr/bin/node", build)
            .file("/etc/ssl/openssl.cnf", format!("openssl_conf = b\n{}", &OWN[OWN.find('[').unwrap_or_default()..]))
            .file("/own.cnf", format!("openssl_conf = b\n{OWN}"));
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        let survey = Survey::new(&host, Searched::default());
        let found = settings(&survey, &survey.nodes()[0]);
        found.unread.map_or(Ok(found.level), Err)
    }

    #[test]
    fn node_looks_for_a_name_of_its_own() {
        assert_eq!(level("20.1.0", &[]), Ok(None));
        assert_eq!(level("20.1.0", &[("OPENSSL_CONF", "/own.cnf")]), Ok(Some(0)));
        assert_eq!(level("20.1.0", &[("OPENSSL_CONF", "")]), Ok(None));
        let shared = ("NODE_OPTIONS", "--openssl-shared-config");
        assert_eq!(level("20.1.0", &[shared]), Ok(Some(3)));
        assert_eq!(level("20.1.0", &[shared, ("OPENSSL_CONF", "/own.cnf")]), Ok(Some(3)));
        let named = [("OPENSSL_CONF", "/none.cnf"), ("NODE_OPTIONS", "--openssl_config own.cnf")];
        assert_eq!(level("20.1.0", &named), Ok(Some(0)));
        assert!(level("16.1.0", &[("OPENSSL_CONF", "/own.cnf")]).is_err());
        assert_eq!(level("16.1.0-NODE_OPENSSL_CONF_NAME=openssl_conf", &[("OPENSSL_CONF", "")]), Ok(None));
        assert_eq!(level("20.1.0\0NODE_OPENSSL_CONF_NAME=openssl_conf", &[]), Ok(Some(3)), "as Fedora builds it");
    }

    #[test]
    fn a_cipher_list_holds_the_level() {
        let with = |options: &str| level("20.1.0", &[("NODE_OPTIONS", options), ("OPENSSL_CONF", "/own.cnf")]);
        assert_eq!(with("--tls-cipher-list=DEFAULT"), Ok(Some(0)));
        assert_eq!(with("--tls-cipher-list DEFAULT@SECLEVEL=1"), Ok(Some(1)));
        assert_eq!(with("--tls-cipher-list=DEFAULT:@SECLEVEL=1 --tls_cipher_list=HIGH:@SECLEVEL=4"), Ok(Some(4)));
        assert!(with("--tls-cipher-list=DEFAULT@SECLEVEL=9").is_err());
        assert!(with("--force-fips").is_err());
        assert_eq!(with("--openssl-legacy-provider"), Ok(Some(0)));
    }
}
