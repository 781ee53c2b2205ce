//! Gradle: which Java it builds with, and with which properties.
//!
//! `systemProp.` in a `gradle.properties` is set when Java runs already, those of the installation first,
//! then of the project, then of the user's home (`DefaultGradlePropertiesLoader`), so that the last counts
//! before anything that Java was started with: `org.gradle.jvmargs`, `JAVA_OPTS`, `GRADLE_OPTS`.

use super::mark;
use super::options::{Options, Word};
use crate::catalogue::client::{Installation, Source};
use crate::catalogue::survey::Survey;
use crate::settings::{options as words_of, properties};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const PREFIX: &str = "systemProp.";

/// Every `gradle` on `PATH`, and the wrapper of the project, with the Java that it builds with.
pub(super) fn gradles(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let wrapper = root(survey).join("gradlew");
    let wrapper = survey.host.is_file(&wrapper).then_some((wrapper, "wrapper of the project"));
    let on_path = survey.programs("gradle").into_iter().map(|at| (at, "PATH"));
    let start = |(at, because): (PathBuf, &str)| {
        let mut installation = Installation { because: because.to_owned(), ..Installation::default() };
        installation.places.push(("gradle", at.clone()));
        installation.at = at;
        match java(survey, &installation) {
            Some(java) => {
                installation.components.clone_from(&java.components);
                installation.places.extend(java.places.iter().cloned());
                installation.places.push(("java", java.at.clone()));
            }
            None => installation.unknown.push("no Java for it was found".to_owned()),
        }
        mark(survey, &mut installation);
        Arc::new(installation)
    };
    on_path.chain(wrapper).map(start).collect()
}

/// The Java of `org.gradle.java.home`, else the usual one.
fn java(survey: &Survey<'_>, installation: &Installation) -> Option<Arc<Installation>> {
    let named = settings(survey, installation, "org.gradle.java.home").pop();
    let home = |path: &Path| survey.host.resolve(path).ok().map(|found| found.path);
    let is_it =
        |java: &&Arc<Installation>, text: &str| home(&java.at).is_some_and(|at| Some(at) == home(Path::new(text)));
    match named {
        Some((text, _)) => survey.javas().iter().find(|java| is_it(java, &text)).cloned(),
        None => survey.default_java(),
    }
}

/// The options that Java is started with, and the properties that are set later.
pub(super) fn options(survey: &Survey<'_>, installation: &Installation) -> Options {
    let daemon = settings(survey, installation, "org.gradle.jvmargs").pop();
    let mut line: Vec<Word> = daemon.map(|(text, source)| words(&text, &source)).unwrap_or_default();
    for name in ["JAVA_OPTS", "GRADLE_OPTS"] {
        let text = survey.host.variable(name).unwrap_or_default().to_string_lossy().into_owned();
        line.extend(words(&text, &Source::Variable(name.to_owned())));
    }
    Options::new(survey, installation, line).then(set(survey, installation))
}

fn words(text: &str, source: &Source) -> Vec<Word> {
    words_of::java(text).unwrap_or_default().into_iter().map(|word| (word, source.clone())).collect()
}

/// The files with properties, the one that counts last.
fn files(survey: &Survey<'_>, installation: &Installation) -> Vec<PathBuf> {
    let host = survey.host;
    let program = installation.place("gradle").and_then(|at| host.resolve(at).ok());
    let own = program.and_then(|program| Some(program.path.parent()?.parent()?.to_path_buf()));
    let user = survey.set("GRADLE_USER_HOME");
    let user = user.map(|user| host.absolute(&user)).or_else(|| survey.in_home(".gradle"));
    let all = [own, Some(root(survey)), user];
    all.into_iter().flatten().map(|directory| directory.join("gradle.properties")).collect()
}

/// The root of the project: where its settings are, else the directory itself.
fn root(survey: &Survey<'_>) -> PathBuf {
    let host = survey.host;
    let has = |directory: &&Path| {
        ["settings.gradle", "settings.gradle.kts"].iter().any(|name| host.is_file(&directory.join(name)))
    };
    host.cwd.ancestors().find(has).unwrap_or(&host.cwd).to_path_buf()
}

/// The values of a key, the one that counts last.
fn settings(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Word> {
    let value = |file: PathBuf| {
        let found = properties::value(&survey.host.octets_of_settings(&file).ok()?, key)?;
        Some((found.text, Source::File(file, found.line)))
    };
    files(survey, installation).into_iter().filter_map(value).collect()
}

/// The system's properties that the files set, as options, the one that counts last.
fn set(survey: &Survey<'_>, installation: &Installation) -> Vec<Word> {
    let mut found = Vec::new();
    for file in files(survey, installation) {
        let entries = survey.host.octets_of_settings(&file).ok().and_then(|bytes| properties::entries(&bytes));
        for (name, value) in entries.unwrap_or_default() {
            if let Some(name) = name.strip_prefix(PREFIX) {
                found.push((format!("-D{name}={}", value.text), Source::File(file.clone(), value.line)));
            }
        }
    }
    found
}
