//! npm's configuration, which pnpm before 11 shares: variables, then the files of the project,
//! the user, the machine and npm itself, in this order.

use crate::catalogue::client::{Installation, Setting, Source};
use crate::catalogue::survey::Survey;
use crate::settings::npmrc;
use std::path::PathBuf;
use std::sync::Arc;

/// Every program of this name on `PATH` that is a script of the package `package`, with the Node.js it
/// starts on.
pub(super) fn scripts(survey: &Survey<'_>, name: &str, package: &'static str) -> Vec<Arc<Installation>> {
    let found = survey.programs(name).into_iter().filter_map(|at| script(survey, at, package));
    found
        .map(|mut installation| {
            if let Some(file) = inline(survey, &installation) {
                installation.places.push(("inline", file));
            }
            if are_both_variables(survey) {
                let unknown = "which of the variables of ca and cafile comes later in the environment, and so counts";
                installation.unknown.push(unknown.to_owned());
            }
            Arc::new(installation)
        })
        .collect()
}

/// The program at a path, where it is a script of that package.
pub(super) fn script(survey: &Survey<'_>, at: PathBuf, package: &'static str) -> Option<Installation> {
    let script = survey.host.resolve(&at).ok()?.path;
    // bin/npm-cli.js, dist/bin/…: the package is a directory or two above.
    let top = script.ancestors().skip(1).take(3).find(|top| survey.host.is_file(&top.join("package.json")))?;
    let about: serde_json::Value = serde_json::from_str(&survey.host.settings(&top.join("package.json"))?).ok()?;
    if about.get("name")?.as_str()? != package {
        return None;
    }
    let mut installation = Installation { at, because: "PATH".to_owned(), ..Installation::default() };
    let version = about.get("version").and_then(|version| crate::model::Version::parse(version.as_str()?));
    installation.components.extend(version.map(|version| (super::component(package), version)));
    installation.places.push(("package", top.to_path_buf()));
    add_node(survey, &mut installation);
    Some(installation)
}

/// Adds the Node.js that a script starts on: the first on `PATH`.
pub(super) fn add_node(survey: &Survey<'_>, installation: &mut Installation) {
    match super::super::node::nodes(survey).first() {
        Some(node) => {
            installation.components.extend(node.components.iter().cloned());
            installation.places.extend(node.places.iter().cloned());
            installation.places.push(("node", node.at.clone()));
            installation.marks.extend(node.marks.iter().copied());
        }
        None => installation.unknown.push("no Node.js for it was found".to_owned()),
    }
}

/// A setting of one level of the configuration.
pub(super) struct Level {
    pub(super) setting: Setting,
    pub(super) text: String,
}

/// The values of a key, the level that counts first.
pub(super) fn levels(survey: &Survey<'_>, installation: &Installation, key: &str) -> Vec<Level> {
    let mut found: Vec<Level> = in_environment(survey, key).into_iter().collect();
    found.extend(files(survey, installation).into_iter().filter_map(|file| in_file(survey, file, key)));
    found
}

/// The value of a key in a file, filled in.
pub(super) fn in_file(survey: &Survey<'_>, file: PathBuf, key: &str) -> Option<Level> {
    let value = npmrc::values(&survey.host.settings(&file)?, key).pop()?;
    let text = npmrc::fill(&value.text, |name| survey.host.variable(name));
    Some(Level { setting: Setting { value: text.clone().into(), source: Source::File(file, value.line) }, text })
}

/// A variable in any case whose name has the key behind `npm_config_`, `_` for `-`; an empty one is none.
fn in_environment(survey: &Survey<'_>, key: &str) -> Option<Level> {
    let is_it = |name: &str| {
        let name = name.to_ascii_lowercase();
        name.strip_prefix("npm_config_").is_some_and(|rest| rest.replace('_', "-") == key)
    };
    let (name, value) = survey.host.environment().iter().find_map(|(name, value)| {
        let name = name.to_str().filter(|name| is_it(name))?;
        (!value.is_empty()).then(|| (name.to_owned(), value.to_string_lossy().into_owned()))
    })?;
    let setting = Setting { value: value.clone().into(), source: Source::Variable(name) };
    Some(Level { setting, text: value })
}

/// The project: where a package or its modules are, else the directory itself.
pub(super) fn project<'s>(survey: &'s Survey<'_>) -> &'s std::path::Path {
    let host = survey.host;
    let is_project = |directory: &&std::path::Path| {
        host.is_file(&directory.join("package.json")) || host.is_directory(&directory.join("node_modules"))
    };
    host.cwd.ancestors().find(is_project).unwrap_or(&host.cwd)
}

/// The files, the one that counts first.
fn files(survey: &Survey<'_>, installation: &Installation) -> Vec<PathBuf> {
    let host = survey.host;
    let mut files = vec![project(survey).join(".npmrc")];
    // A file may say where those are that count less (`Config.load`, @npmcli/config; seen with npm 11.19).
    let named = |files: &[PathBuf], key: &str| {
        let level = in_environment(survey, key);
        let level = level.or_else(|| files.iter().find_map(|file| in_file(survey, file.clone(), key)));
        level.filter(|level| !level.text.is_empty()).map(|level| host.expanded(level.text.as_ref()))
    };
    let user = named(&files, "userconfig").or_else(|| survey.in_home(".npmrc"));
    files.extend(user.filter(|user| !files.contains(user)));
    let prefix = named(&files, "prefix").or_else(|| survey.set("PREFIX").map(|prefix| host.expanded(&prefix)));
    let prefix = prefix.or_else(|| {
        let node = installation.place("node")?;
        Some(node.parent()?.parent()?.to_path_buf())
    });
    files.extend(named(&files, "globalconfig").or_else(|| prefix.map(|prefix| prefix.join("etc/npmrc"))));
    files.extend(installation.place("package").map(|package| package.join("npmrc")));
    files
}

/// `cafile` of every level above the one that has the certificates themselves. A file that is not there
/// or has nothing in it is passed over.
pub(super) fn cafile(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let mut found = levels(survey, installation, "cafile");
    let host = survey.host;
    found.retain(|level| {
        let path = host.expanded(level.text.as_ref());
        level.text.is_empty() || host.resolve(&path).map_or(true, |file| file.size > 0)
    });
    found.into_iter().map(|level| level.setting).collect()
}

/// Whether both are variables: then the later in the environment counts, whose order is not known here.
fn are_both_variables(survey: &Survey<'_>) -> bool {
    in_environment(survey, "ca").is_some() && in_environment(survey, "cafile").is_some()
}

/// The file, or the variable, whose `ca` holds the certificates that count, where no level above it names
/// a file.
fn inline(survey: &Survey<'_>, installation: &Installation) -> Option<PathBuf> {
    written_out(survey, installation, |text| text.contains("-----BEGIN")).map(|(place, _)| place)
}

/// `ca` where it counts and holds no certificate: then npm has none at all (seen with 11.19).
pub(super) fn without_certificates(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let is_none = |text: &str| !text.is_empty() && text != "null" && !text.contains("-----BEGIN");
    let found = written_out(survey, installation, is_none);
    found.map(|(_, setting)| Setting { value: "".into(), ..setting }).into_iter().collect()
}

/// The first `ca` of such a text, where nothing that counts more names a file.
fn written_out(
    survey: &Survey<'_>,
    installation: &Installation,
    is_wanted: impl Fn(&str) -> bool,
) -> Option<(PathBuf, Setting)> {
    let ca = levels(survey, installation, "ca").into_iter().next().filter(|level| is_wanted(&level.text))?;
    let setting = ca.setting.clone();
    let line = if let Source::File(_, line) = setting.source { line } else { 0 };
    let file = match ca.setting.source {
        Source::File(file, _) => file,
        // pnpm reads npm's variables up to 10.
        Source::Variable(_) if installation.version("pnpm").is_some_and(|it| it.is_between("11", "")) => return None,
        Source::Variable(name) => return (!are_both_variables(survey)).then(|| (format!("${name}").into(), setting)),
        _ => return None,
    };
    let files = files(survey, installation);
    let rank = |file: &PathBuf| files.iter().position(|known| known == file);
    let is_above = |setting: &Setting| match &setting.source {
        Source::BuiltIn => false,
        Source::Variable(_) => true,
        // Of two in one file the later counts.
        Source::File(other, at) | Source::Scoped(other, at, _) => {
            rank(other) < rank(&file) || (*other == file && *at > line)
        }
    };
    let readable = |setting: &Setting| survey.host.is_file(&survey.host.expanded(setting.value.as_ref()));
    let is_overruled = cafile(survey, installation).iter().any(|setting| is_above(setting) && readable(setting));
    (!is_overruled).then_some((file, setting))
}

/// `strict-ssl`, where the level that counts turns verification off.
pub(super) fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    // What is not false itself leaves it on (`strictSSL !== false`, make-fetch-happen; seen with npm 11.19).
    let counts = levels(survey, installation, "strict-ssl").into_iter().next();
    counts.filter(|level| level.text == "false").map(|level| level.setting).into_iter().collect()
}

/// The first level, where that turns verification off for pnpm.
pub(super) fn off(levels: Vec<Level>) -> Vec<Setting> {
    let counts = levels.into_iter().next().filter(|level| ["false", "0"].contains(&level.text.as_str()));
    counts.map(|level| level.setting).into_iter().collect()
}
