//! Maven: which Java it starts, and with which options.
//!
//! The script puts `.mvn/jvm.config` before `MAVEN_OPTS` and lets the shell part both at white space,
//! quotes and all; `mavenrc` files are pieces of shell that may set the variable. What
//! `.mvn/maven.config` defines is set when Java runs already, so that it counts before anything.

use super::mark;
use super::options::{Options, Word};
use crate::catalogue::client::{Installation, Source};
use crate::catalogue::survey::Survey;
use crate::settings::shell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Every `mvn` on `PATH`, with the Java it starts.
pub(super) fn mavens(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let start = |at: PathBuf| {
        let java = survey.default_java();
        let mut installation = Installation { at: at.clone(), because: "PATH".to_owned(), ..Installation::default() };
        installation.places.push(("maven", at));
        match java {
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
    survey.programs("mvn").into_iter().map(start).collect()
}

/// The options that the script and Maven itself give.
pub(super) fn options(survey: &Survey<'_>, installation: &Installation, _program: &Path) -> Options {
    let host = survey.host;
    let project = host.cwd.ancestors().find(|directory| host.is_directory(&directory.join(".mvn")));
    let project = project.unwrap_or(&host.cwd).join(".mvn");
    let mut line = words_of_file(survey, &project.join("jvm.config"));
    line.extend(maven_opts(survey));
    let later = words_of_file(survey, &project.join("maven.config"));
    Options::new(survey, installation, line).then(later)
}

/// The words of `MAVEN_OPTS`, as the files that set it leave it.
fn maven_opts(survey: &Survey<'_>) -> Vec<Word> {
    let host = survey.host;
    let text = |name: &str| host.variable(name).map(|value| value.to_string_lossy().into_owned());
    let mut value = text("MAVEN_OPTS").unwrap_or_default();
    let mut source = Source::Variable("MAVEN_OPTS".to_owned());
    if text("MAVEN_SKIP_RC").unwrap_or_default().is_empty() {
        let files = [Some("/usr/local/etc/mavenrc".into()), Some("/etc/mavenrc".into()), survey.in_home(".mavenrc")];
        for file in files.into_iter().flatten() {
            let Some(script) = host.settings(&file) else { continue };
            for set in shell::assignments(&script, "MAVEN_OPTS") {
                value = set.text.replace("${MAVEN_OPTS}", &value).replace("$MAVEN_OPTS", &value);
                source = Source::File(file.clone(), set.line);
            }
        }
    }
    value.split_ascii_whitespace().map(|word| (word.to_owned(), source.clone())).collect()
}

/// The words of a file, parted by white space alone.
fn words_of_file(survey: &Survey<'_>, file: &Path) -> Vec<Word> {
    let text = survey.host.settings(file).unwrap_or_default();
    let lines = text.lines().enumerate();
    let words = lines.flat_map(|(index, line)| {
        let source = Source::File(file.to_path_buf(), index as u64 + 1);
        line.split_ascii_whitespace().map(move |word| (word.to_owned(), source.clone())).collect::<Vec<_>>()
    });
    words.collect()
}
