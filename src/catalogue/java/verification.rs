//! What a Java's security properties say of verification, and its options for them.

use super::given;
use crate::catalogue::client::Installation;
use crate::catalogue::survey::Survey;
use crate::catalogue::verification::kernel_is_in_fips_mode;
use crate::policy::Settings;
use crate::settings::java_security::{self, Asked};
use std::path::PathBuf;

/// The properties of the release, with what options lay over them.
pub(super) fn settings(survey: &Survey<'_>, installation: &Installation) -> Settings {
    let mut settings = Settings::default();
    let Some(own) = own(survey, installation) else { return settings };
    let options = given(survey, installation);
    let asked = Asked {
        own: &own,
        named: options.security_properties(),
        without_system: options.says("java.security.disableSystemPropertiesFile") == Some(true),
        includes: installation.version("java").is_some_and(|version| version.is_between("24", "")),
    };
    match java_security::read(survey.host, asked) {
        Ok(found) => {
            // Red Hat's builds go into FIPS mode with the kernel, unless they are told not to.
            let fips = options.says("com.redhat.fips") != Some(false);
            if found.is_red_hats && fips && kernel_is_in_fips_mode(survey) {
                settings.unread = Some("castore has no rules for Red Hat's Java in FIPS mode".to_owned());
            }
            // What the release has by itself is no setting.
            if let [_, .., last] = found.files.as_slice() {
                let by = format!("set by {}", last.display());
                settings.told.push(format!("security properties of Java, {by}"));
                settings.strength_by = Some(by);
            }
            settings.java = Some(found);
        }
        Err(why) => settings.unread = Some(format!("the security properties of Java are not known: {why}")),
    }
    settings
}

/// `java.security` of the release: in `conf/security` since 9, in `lib/security` before.
fn own(survey: &Survey<'_>, installation: &Installation) -> Option<PathBuf> {
    let security = installation.place("security")?;
    let home = security.parent()?.parent()?;
    let places = [home.join("conf/security/java.security"), security.join("java.security")];
    places.into_iter().find(|place| survey.host.is_file(place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    fn found(variables: &[(&str, &str)], kernel: &str, key: &str) -> Settings {
        let own = format!(
            "security.provider.1=SUN\nsecurity.overridePropertiesFile=true\njdk.certpath.disabledAlgorithms=MD5\n{key}"
        );
        let files = Memory::new()
            .file("/jdk/lib/security/cacerts", "")
            .file("/jdk/conf/security/java.security", own)
            .file("/proc/sys/crypto/fips_enabled", kernel)
            .file("/etc/crypto-policies/back-ends/java.config", "jdk.certpath.disabledAlgorithms=RSA keySize < 2048")
            .file("/own", "jdk.certpath.disabledAlgorithms=SHA1\n");
        let mut all = vec![("JAVA_HOME", "/jdk")];
        all.extend(variables);
        let variables = all.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        let survey = Survey::new(&host, Searched::default());
        settings(&survey, &survey.javas()[0])
    }

    fn certpath(settings: &Settings) -> &[String] {
        &settings.java.as_ref().unwrap().certpath
    }

    #[test]
    fn options_name_a_file_that_is_laid_over() {
        let own = found(&[], "0", "");
        assert_eq!((certpath(&own), own.told.len()), (&["MD5".to_owned()][..], 0));
        let named = found(&[("JAVA_TOOL_OPTIONS", "-Djava.security.properties=own")], "0", "");
        assert_eq!(certpath(&named), ["SHA1"]);
        assert_eq!(named.strength_by.as_deref(), Some("set by /own"));
        assert!(found(&[("JAVA_TOOL_OPTIONS", "-Djava.security.properties==/own")], "0", "").unread.is_some());
    }

    #[test]
    fn red_hats_builds_follow_the_system() {
        const KEY: &str = "security.useSystemPropertiesFile=true\n";
        assert_eq!(certpath(&found(&[], "0", KEY)), ["RSA keySize < 2048"]);
        let without = [("JAVA_TOOL_OPTIONS", "-Djava.security.disableSystemPropertiesFile=true")];
        assert_eq!(certpath(&found(&without, "0", KEY)), ["MD5"]);
        assert!(found(&[], "1", KEY).unread.is_some());
        assert!(found(&[("JAVA_TOOL_OPTIONS", "-Dcom.redhat.fips=false")], "1", KEY).unread.is_none());
        assert!(found(&[], "1", "").unread.is_none(), "no other build asks for it");
    }
}
