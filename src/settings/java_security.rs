//! Java's security properties: which algorithms serve, and which authorities are distrusted.
//!
//! A release has a file of its own. `-Djava.security.properties=FILE` lays another over it, `==FILE` puts that in its
//! place, both only where `security.overridePropertiesFile` is true in the release's own; Red Hat's and Fedora's builds
//! lay the system's policy between (`security.useSystemPropertiesFile`, which no other build knows). Since 24 a file may
//! include others. Seen in 11, 17, 21 and 25; `java.security.Security` of 25.

use super::properties;
use crate::host::Host;
use crate::limits::{JAVA_INCLUDES, JAVA_PARTS};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// How a Java finds its properties.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The file of the release.
    pub own: &'a Path,
    /// The value of `java.security.properties`, which `=` begins where it stands for all others.
    pub named: Option<&'a str>,
    /// Whether `java.security.disableSystemPropertiesFile` is true.
    pub without_system: bool,
    /// Whether the release includes files: from 24 on.
    pub includes: bool,
}

/// What the properties say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Properties {
    /// `jdk.certpath.disabledAlgorithms`, its parts.
    pub certpath: Vec<String>,
    /// `jdk.tls.disabledAlgorithms`, its parts.
    pub tls: Vec<String>,
    /// `jdk.security.caDistrustPolicies`, its names.
    pub distrust: Vec<String>,
    /// The files that were read, the one that counts most last.
    pub files: Vec<PathBuf>,
    /// Whether the build is one that knows the system's policy: Red Hat's and Fedora's.
    pub is_red_hats: bool,
}

/// The system's policy for such builds.
pub const SYSTEM: &str = "/etc/crypto-policies/back-ends/java.config";

/// The properties of a Java; an error says why they are not known.
///
/// # Errors
/// Where a file cannot be read, is malformed, or leaves a Java without what it needs to start.
pub fn read(host: &Host, asked: Asked<'_>) -> Result<Properties, String> {
    let mut reader = Reader { host, includes: asked.includes, values: HashMap::new(), files: Vec::new() };
    reader.file(asked.own)?;
    if reader.files.is_empty() {
        return Err(format!("{} is not there", asked.own.display()));
    }
    let is_true = |values: &HashMap<String, String>, name: &str| {
        values.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    };
    let is_red_hats = reader.values.contains_key("security.useSystemPropertiesFile");
    let overrides = is_true(&reader.values, "security.overridePropertiesFile");
    if is_true(&reader.values, "security.useSystemPropertiesFile") && !asked.without_system {
        reader.file(Path::new(SYSTEM))?;
    }
    if let Some(named) = asked.named.filter(|named| overrides && !named.is_empty()) {
        let (path, replaces) = named.strip_prefix('=').map_or((named, false), |path| (path, true));
        let path = path.strip_prefix("file:").map_or(path, |path| path.strip_prefix("//").unwrap_or(path));
        if path.contains("://") {
            return Err("its security properties are at a URL".to_owned());
        }
        let path = host.cwd.join(path);
        if replaces && host.is_file(&path) {
            (reader.values, reader.files) = (HashMap::new(), Vec::new());
        }
        reader.file(&path)?;
        if !reader.values.contains_key("security.provider.1") {
            return Err(format!("{} names no provider", path.display()));
        }
    }
    Ok(Properties {
        certpath: reader.parts("jdk.certpath.disabledAlgorithms"),
        tls: reader.parts("jdk.tls.disabledAlgorithms"),
        distrust: reader.parts("jdk.security.caDistrustPolicies"),
        files: reader.files,
        is_red_hats,
    })
}

struct Reader<'h> {
    host: &'h Host,
    includes: bool,
    values: HashMap<String, String>,
    files: Vec<PathBuf>,
}

impl Reader<'_> {
    /// Lays a file over what is known; one that is not there changes nothing.
    fn file(&mut self, file: &Path) -> Result<(), String> {
        let Ok(resolved) = self.host.resolve(file) else { return Ok(()) };
        let bytes = self.host.octets_of_settings(file).map_err(|_| format!("{} cannot be read", file.display()))?;
        if self.files.len() >= JAVA_INCLUDES {
            return Err(format!("{} includes too many files", file.display()));
        }
        self.files.push(file.to_path_buf());
        let entries = properties::entries(&bytes).ok_or_else(|| format!("{} is malformed", file.display()))?;
        for (name, value) in entries {
            if name == "include" && self.includes {
                let base = resolved.path.parent().unwrap_or(Path::new("/"));
                let included = base.join(&value.text);
                if !self.host.is_file(&included) {
                    return Err(format!("{} is to be included and is not there", included.display()));
                }
                self.file(&included)?;
            } else {
                self.values.insert(name, value.text);
            }
        }
        Ok(())
    }

    /// The parts of a list; `include jdk.disabled.namedCurves` stands for those of that property, and no other may be
    /// included.
    fn parts(&self, name: &str) -> Vec<String> {
        let list = self.values.get(name).map(String::as_str).unwrap_or_default();
        // Quotes may stand around the whole (`AbstractAlgorithmConstraints.getAlgorithms`).
        let list = list.trim().trim_matches('"');
        let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
        let expand = |part: &str| match part.strip_prefix("include ").map(str::trim) {
            Some(CURVES) if name != CURVES => self.parts(CURVES),
            _ => vec![part.to_owned()],
        };
        parts.flat_map(expand).take(JAVA_PARTS).collect()
    }
}

/// The property that a list may include.
const CURVES: &str = "jdk.disabled.namedCurves";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    const OWN: &str = "security.provider.1=SUN\nsecurity.overridePropertiesFile=true\njdk.certpath.disabledAlgorithms=MD5, \\\n \
                       SHA1 jdkCA & usage TLSServer, include jdk.disabled.namedCurves\njdk.disabled.namedCurves=a,b\n";

    fn of(files: &[(&str, &str)], named: Option<&str>, includes: bool) -> Result<Vec<String>, String> {
        let memory = files.iter().fold(Memory::new(), |memory, (path, text)| memory.file(path, *text));
        let host = Host::new(Box::new(memory), System::Linux);
        let asked = Asked { own: Path::new("/java.security"), named, without_system: false, includes };
        read(&host, asked).map(|found| found.certpath)
    }

    #[test]
    fn a_named_file_is_laid_over_the_releases_own() {
        let files = [("/java.security", OWN), ("/x", "jdk.certpath.disabledAlgorithms=SHA1\n")];
        let own = ["MD5", "SHA1 jdkCA & usage TLSServer", "a", "b"].map(str::to_owned);
        assert_eq!(of(&files, None, false).unwrap(), own);
        for named in ["x", "/x", "file:///x", "file:/x"] {
            assert_eq!(of(&files, Some(named), false).unwrap(), ["SHA1"], "{named}");
        }
        assert_eq!(of(&files, Some("/none"), false).unwrap(), own);
        assert_eq!(of(&files, Some("=/none"), false).unwrap(), own);
        assert!(of(&files, Some("=/x"), false).is_err(), "no provider is left");
        let whole = [files[0], ("/x", "security.provider.1=SUN\n")];
        assert_eq!(of(&whole, Some("=/x"), false).unwrap(), [""; 0]);
        assert!(of(&files, Some("https://a/x"), false).is_err());
        let shut = OWN.replace("true", "false");
        assert_eq!(of(&[("/java.security", &shut), files[1]], Some("/x"), false).unwrap(), own);
    }

    #[test]
    fn the_systems_policy_is_for_builds_that_know_it() {
        let system = (SYSTEM, "jdk.certpath.disabledAlgorithms=SHA1\n");
        let red_hat = format!("{OWN}security.useSystemPropertiesFile=true\n");
        assert_eq!(of(&[("/java.security", &red_hat), system], None, false).unwrap(), ["SHA1"]);
        assert_eq!(of(&[("/java.security", OWN), system], None, false).unwrap().len(), 4);
    }

    #[test]
    fn files_are_included_from_24_on() {
        let files = [("/java.security", OWN), ("/d/x", "include y\n"), ("/d/y", "jdk.certpath.disabledAlgorithms=y\n")];
        assert_eq!(of(&files, Some("/d/x"), true).unwrap(), ["y"]);
        assert_eq!(of(&files, Some("/d/x"), false).unwrap().len(), 4);
        assert!(of(&files[..2], Some("/d/x"), true).is_err());
        assert!(of(&[files[0], ("/d/x", "include x\n")], Some("/d/x"), true).is_err(), "a loop ends");
    }
}
