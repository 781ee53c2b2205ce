//! What the options of a Java say about its trust store, and which of them counts.
//!
//! `JAVA_TOOL_OPTIONS` comes before the command line and `_JAVA_OPTIONS` after it; the launcher puts
//! `JDK_JAVA_OPTIONS` at the front of the command line since 9, with the words of each file that is named in it as `@FILE`
//! (<https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html#java-command-line-argument-files>). The last of several counts, even where
//! it names nothing that is there.

use crate::catalogue::client::{Installation, Setting, Source};
use crate::catalogue::survey::Survey;
use crate::limits::SETTINGS_SIZE;
use crate::model::WhichPassword;
use crate::settings::options;

/// An option and what holds it.
pub(super) type Word = (String, Source);

/// The options of a Java, the one that counts last.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    words: Vec<Word>,
    /// Why it does not start, and by which variable.
    refused: Option<(String, &'static str)>,
}

impl Options {
    /// What the variables say, with `line` as the command line of what starts it.
    pub(super) fn new(survey: &Survey<'_>, installation: &Installation, line: Vec<Word>) -> Self {
        let mut found = Self::default();
        found.variable(survey, "JAVA_TOOL_OPTIONS");
        if installation.version("java").is_none_or(|version| version.is_between("9", "")) {
            found.variable(survey, "JDK_JAVA_OPTIONS");
            found.follow(survey, "JDK_JAVA_OPTIONS");
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
            None => self.refused = Some((format!("a quotation mark in {name} is not closed"), name)),
        }
    }

    /// Puts the words of files in the place of `@FILE`, which begins with `@@` where it is meant as it stands, up to
    /// `--disable-@files` (`JLI_PreprocessArg`, libjli/args.c). A file that cannot be opened ends the launcher.
    fn follow(&mut self, survey: &Survey<'_>, name: &'static str) {
        let mut is_on = true;
        let mut words = Vec::new();
        // All of them have the octets that one file of settings may have; what is beyond that is not known.
        let mut left = SETTINGS_SIZE;
        for (word, source) in std::mem::take(&mut self.words) {
            is_on &= word != "--disable-@files";
            let is_of_variable = matches!(&source, Source::Variable(of) if of == name);
            match word.strip_prefix('@').filter(|rest| is_on && is_of_variable && !rest.is_empty()) {
                None => words.push((word, source)),
                Some(rest) if rest.starts_with('@') => words.push((rest.to_owned(), source)),
                Some(file) => {
                    let file = survey.host.cwd.join(file);
                    let Some(text) = survey.host.settings(&file) else {
                        self.refused = Some((format!("{name} names {}, which cannot be read", file.display()), name));
                        continue;
                    };
                    let Some(rest) = left.checked_sub(text.len() as u64) else { continue };
                    left = rest;
                    let of_file = options::java_file(&text).into_iter();
                    words.extend(of_file.map(|(word, line)| (word, Source::File(file.clone(), line))));
                }
            }
        }
        self.words = words;
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
        let setting = |(why, name): &(String, &str)| Setting {
            value: why.clone().into(),
            source: Source::Variable((*name).to_owned()),
        };
        self.refused.iter().map(setting).collect()
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
        let files =
            Memory::new().file("/d/args", "# a\n-Xmx1g \"-Djavax.net.ssl.trustStore=/4\\x b\"\n").file("/d/x", "");
        let wide = "-Djavax.net.ssl.trustStore=/1 ".to_owned() + &"-Xx ".repeat(150 * 1024);
        let files = files.file("/d/wide", wide);
        let variables = |value: &str| [("JDK_JAVA_OPTIONS".into(), value.into())].into();
        let asked = |value: &str| {
            let host = Host::new(Box::new(files.clone()), System::Linux).with_environment(variables(value));
            let survey = Survey::new(&host, Searched::default());
            let components = vec![("java", Version::parse("17.0.1").unwrap())];
            let installation = Installation { components, ..Installation::default() };
            let found = Options::new(&survey, &installation, Vec::new());
            let store = match found.store(&survey) {
                Named::Path(Setting { value, .. }) => value.into_string().unwrap(),
                other => format!("{other:?}"),
            };
            (store, found.refused().len())
        };
        assert_eq!(asked("@/d/args"), ("/4x b".to_owned(), 0));
        assert_eq!(asked("-Djavax.net.ssl.trustStore=/1 @/d/x"), ("/1".to_owned(), 0));
        assert_eq!(asked("--disable-@files @/d/args"), ("Nothing".to_owned(), 0));
        assert_eq!(asked("@/d/absent"), ("Nothing".to_owned(), 1));
        // What files that are named again and again hold beyond a megabyte is not known.
        assert_eq!(asked(&"@/d/wide ".repeat(1000)), ("/1".to_owned(), 0));
        let twice = format!("{one} -Djavax.net.ssl.trustStore -Djavax.net.ssl.trustStoreType=JKS");
        assert_eq!(store("17", &[("_JAVA_OPTIONS", &twice)]).unwrap().0, "");
        assert_eq!(store("17", &[("_JAVA_OPTIONS", "-Djavax.net.ssl.trustStoreX=/a")]), None);
    }
}
