//! What the options of a Java say about its trust store, and which of them counts.
//!
//! `JAVA_TOOL_OPTIONS` comes before the command line and `_JAVA_OPTIONS` after it; the launcher puts
//! `JDK_JAVA_OPTIONS` at the front of the command line since 9. The last of several counts, even where
//! it names nothing that is there.

use crate::catalogue::client::{Installation, Setting, Source};
use crate::catalogue::survey::Survey;
use crate::model::WhichPassword;
use crate::settings::options;

/// An option and what holds it.
pub(super) type Word = (String, Source);

/// The options of a Java, the one that counts last.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    words: Vec<Word>,
    /// The variable with which it does not start.
    refused: Option<&'static str>,
}

impl Options {
    /// What the variables say, with `line` as the command line of what starts it.
    pub(super) fn new(survey: &Survey<'_>, installation: &Installation, line: Vec<Word>) -> Self {
        let mut found = Self::default();
        found.variable(survey, "JAVA_TOOL_OPTIONS");
        if installation.version("java").is_none_or(|version| version.is_between("9", "")) {
            found.variable(survey, "JDK_JAVA_OPTIONS");
        }
        found.words.extend(line);
        found.variable(survey, "_JAVA_OPTIONS");
        found
    }

    /// The same, with properties that the program sets when it runs already.
    pub(super) fn then(mut self, words: Vec<Word>) -> Self {
        self.words.extend(words);
        self
    }

    fn variable(&mut self, survey: &Survey<'_>, name: &'static str) {
        let Some(value) = survey.host.variable(name) else { return };
        match options::java(&value.to_string_lossy()) {
            Some(words) => {
                let source = Source::Variable(name.to_owned());
                self.words.extend(words.into_iter().map(|word| (word, source.clone())));
            }
            None => self.refused = Some(name),
        }
    }

    /// The value of a property that counts.
    fn property(&self, name: &str) -> Option<(&str, &Source)> {
        let value = |word: &'_ str| -> Option<usize> {
            let rest = word.strip_prefix("-D")?.strip_prefix(name)?;
            (rest.is_empty() || rest.starts_with('=')).then(|| word.len() - rest.len() + usize::from(!rest.is_empty()))
        };
        self.words.iter().rev().find_map(|(word, source)| Some((word.get(value(word)?..)?, source)))
    }

    /// The trust store that is named, and whether that is none at all. Relative paths begin where the
    /// program is started, and `~` is a name like others.
    pub(super) fn store(&self, survey: &Survey<'_>) -> Named {
        let Some((value, source)) = self.property("javax.net.ssl.trustStore") else { return Named::Nothing };
        let setting = |value: std::ffi::OsString| Setting { value, source: source.clone() };
        match value {
            "NONE" => Named::None(setting("".into())),
            "" => Named::Path(setting("".into())),
            path => Named::Path(setting(survey.host.cwd.join(path).into_os_string())),
        }
    }

    /// The type that is named, in capitals.
    pub(super) fn kind(&self) -> Option<String> {
        self.property("javax.net.ssl.trustStoreType").map(|(value, _)| value.to_ascii_uppercase())
    }

    /// The file of security properties that is named.
    pub(super) fn security_properties(&self) -> Option<&str> {
        self.property("java.security.properties").map(|(value, _)| value)
    }

    /// Whether a property is set to true, or to false.
    pub(super) fn says(&self, name: &str) -> Option<bool> {
        let (value, _) = self.property(name)?;
        Some(value.eq_ignore_ascii_case("true"))
    }

    /// The password that is given; an empty one is none (`TrustStoreDescriptor`).
    pub(super) fn password(&self) -> Option<&str> {
        self.property("javax.net.ssl.trustStorePassword").map(|(value, _)| value).filter(|value| !value.is_empty())
    }

    /// Why it does not start, where it does not: `Unmatched quote in JAVA_TOOL_OPTIONS` (17).
    pub(super) fn refused(&self) -> Vec<Setting> {
        let setting = |name: &str| Setting {
            value: format!("a quotation mark in {name} is not closed").into(),
            source: Source::Variable(name.to_owned()),
        };
        self.refused.map(setting).into_iter().collect()
    }
}

/// What `javax.net.ssl.trustStore` names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// It is not set.
    Nothing,
    /// `NONE`: a store without a file.
    None(Setting),
    /// A path, maybe empty.
    Path(Setting),
}

/// Which password a text is, as castore counts those it tries.
pub(super) fn which(password: &str) -> WhichPassword {
    if password == "changeit" { WhichPassword::Changeit } else { WhichPassword::Given }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::model::Version;

    fn store(version: &str, variables: &[(&str, &str)]) -> Option<(String, String)> {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let host = Host::new(Box::new(Memory::new()), System::Linux).with_environment(variables);
        let survey = Survey::new(&host, Searched::default());
        let components = vec![("java", Version::parse(version).unwrap())];
        let installation = Installation { components, ..Installation::default() };
        match Options::new(&survey, &installation, Vec::new()).store(&survey) {
            Named::Path(Setting { value, source: Source::Variable(name) }) => {
                Some((value.into_string().unwrap(), name))
            }
            _ => None,
        }
    }

    #[test]
    fn the_last_option_counts() {
        let option = |path: &str| format!("-Xmx1g -Djavax.net.ssl.trustStore={path}");
        let (one, two, three) = (option("/1"), option("\"/2 b\""), option("3"));
        let all = [("JAVA_TOOL_OPTIONS", &*one), ("JDK_JAVA_OPTIONS", &two), ("_JAVA_OPTIONS", &three)];
        let found = |version: &str, number: usize| store(version, &all[..number]).unwrap();
        assert_eq!(found("17.0.1", 1), ("/1".to_owned(), "JAVA_TOOL_OPTIONS".to_owned()));
        assert_eq!(found("17.0.1", 2), ("/2 b".to_owned(), "JDK_JAVA_OPTIONS".to_owned()));
        assert_eq!(found("1.8.0", 2), ("/1".to_owned(), "JAVA_TOOL_OPTIONS".to_owned()));
        assert_eq!(found("17.0.1", 3), ("/3".to_owned(), "_JAVA_OPTIONS".to_owned()));
        let twice = format!("{one} -Djavax.net.ssl.trustStore -Djavax.net.ssl.trustStoreType=JKS");
        assert_eq!(store("17", &[("_JAVA_OPTIONS", &twice)]).unwrap().0, "");
        assert_eq!(store("17", &[("_JAVA_OPTIONS", "-Djavax.net.ssl.trustStoreX=/a")]), None);
    }
}
