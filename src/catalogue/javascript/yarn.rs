//! Yarn 1, which reads npm's files behind its own, and Yarn since 2, which has files of another kind.

use super::npm;
use crate::catalogue::client::{Installation, Setting, Source};
use crate::catalogue::survey::Survey;
use crate::model::Version;
use crate::settings::{Value, npmrc, yaml};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where Yarn 1 keeps its own for root.
const SHARED: &str = "/usr/local/share";

/// Every Yarn 1.
pub(super) fn classics(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let on_path = survey.programs("yarn").into_iter().map(|at| (at, "PATH"));
    let kept = kept(survey).into_iter().map(|version| (version.join("bin/yarn.js"), "Corepack"));
    let found = on_path.chain(kept).filter_map(|(at, because)| {
        let because = because.to_owned();
        Some(Arc::new(Installation { because, ..npm::script(survey, at, "yarn")? }))
    });
    found.collect()
}

/// Every Yarn since 2: a package, or one file that the project or Corepack keeps.
pub(super) fn berries(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let host = survey.host;
    let on_path = survey.programs("yarn").into_iter().filter_map(|at| npm::script(survey, at, "@yarnpkg/cli-dist"));
    let release = files(survey).into_iter().find_map(|file| {
        let value = yaml::value(&host.settings(&file)?, "yarnPath")?;
        Some((file.parent()?.join(filled(survey, &value.text)), "yarnPath"))
    });
    let kept = kept(survey).into_iter().map(|version| (version.join("yarn.js"), "Corepack"));
    let alone = release.into_iter().chain(kept).filter(|(at, _)| host.is_file(at)).map(|(at, because)| {
        // yarn-4.9.1.cjs, or yarn.js in a directory named by the version.
        let names = [at.file_stem(), at.parent().and_then(Path::file_name)];
        let version = |name: &std::ffi::OsStr| Version::parse(name.to_str()?.trim_start_matches("yarn-"));
        let version = names.into_iter().flatten().find_map(version);
        let mut installation = Installation { at, because: because.to_owned(), ..Installation::default() };
        installation.components.extend(version.map(|version| ("yarn", version)));
        npm::add_node(survey, &mut installation);
        installation
    });
    on_path.chain(alone).map(Arc::new).collect()
}

/// The directories of versions that Corepack keeps (`getInstallFolder`, sources/folderUtils.ts).
fn kept(survey: &Survey<'_>) -> Vec<PathBuf> {
    let cache = || survey.set("XDG_CACHE_HOME").or_else(|| survey.in_home(".cache"));
    let top = survey.set("COREPACK_HOME").or_else(|| cache().map(|cache| cache.join("node/corepack")));
    top.map(|top| survey.host.children(&top.join("v1/yarn"))).unwrap_or_default()
}

/// The value of `cafile` that counts: Yarn's variable and files, then npm's.
pub(super) fn cafile(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let own =
        || locations(survey, installation, ".yarnrc").into_iter().find_map(|file| in_yarnrc(survey, file, "cafile"));
    let npms = || {
        let files = locations(survey, installation, ".npmrc").into_iter();
        files.filter_map(|file| npm::in_file(survey, file, "cafile")).map(|level| level.setting).next()
    };
    let found = in_environment(survey, "yarn_cafile").or_else(own);
    let found = found.or_else(|| in_environment(survey, "npm_config_cafile")).or_else(npms);
    found.map(|setting| Setting { value: resolved(survey, &setting.value), ..setting }).into_iter().collect()
}

/// A path with `~/` from the home, which for root is another (`resolveWithHome`, src/registries/base-registry.js; seen
/// with 1.22.22).
fn resolved(survey: &Survey<'_>, value: &OsStr) -> OsString {
    match Path::new(value).strip_prefix("~") {
        Ok(rest) => survey.home().map_or_else(|| value.to_owned(), |home| yarns_home(home).join(rest).into()),
        Err(_) => value.to_owned(),
    }
}

/// The home of root is this where Yarn itself keeps things (src/util/user-home-dir.js).
fn yarns_home(home: &Path) -> &Path {
    if home == Path::new("/root") { Path::new(SHARED) } else { home }
}

/// `strict-ssl` in what is Yarn's own.
pub(super) fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    let own = || {
        let files = locations(survey, installation, ".yarnrc");
        files.into_iter().find_map(|file| in_yarnrc(survey, file, "strict-ssl"))
    };
    in_environment(survey, "yarn_strict_ssl")
        .or_else(own)
        .filter(|setting| setting.value == "false")
        .into_iter()
        .collect()
}

/// A variable, its name in any case.
fn in_environment(survey: &Survey<'_>, wanted: &str) -> Option<Setting> {
    survey.host.environment().iter().find_map(|(name, value)| {
        let name = name.to_str().filter(|name| name.eq_ignore_ascii_case(wanted))?;
        Some(Setting { value: value.clone(), source: Source::Variable(name.to_owned()) })
    })
}

/// `getPossibleConfigLocations`: the project, the user, the prefix of Node.js, for root the home that is not Yarn's (so that
/// the prefix outranks it; seen with 1.22.22), then upwards.
fn locations(survey: &Survey<'_>, installation: &Installation, name: &str) -> Vec<PathBuf> {
    let cwd = &survey.host.cwd;
    let prefix = installation.place("node").and_then(|node| node.parent()?.parent());
    let mut found = vec![cwd.join(name)];
    let home = survey.home();
    found.extend(home.map(|home| yarns_home(home).join(name)));
    found.extend(prefix.map(|prefix| prefix.join("etc").join(name.trim_start_matches('.'))));
    found.extend(home.filter(|home| yarns_home(home) != *home).map(|home| home.join(name)));
    found.extend(cwd.ancestors().skip(1).filter(|above| above.parent().is_some()).map(|above| above.join(name)));
    found
}

/// A line `key value` or `key "value"`, as lockfiles have them.
fn in_yarnrc(survey: &Survey<'_>, file: PathBuf, key: &str) -> Option<Setting> {
    let text = survey.host.settings(&file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.starts_with([' ', '#']));
    let value = |(index, line): (usize, &str)| {
        let (name, value) = line.split_once([' ', ':'])?;
        let value = value.trim_start_matches(':').trim();
        let text = if value.starts_with('"') { serde_json::from_str(value).ok()? } else { value.to_owned() };
        (name.trim_matches('"') == key).then_some(Value { text, line: index as u64 + 1 })
    };
    let value = lines.filter_map(value).last()?;
    Some(Setting { value: value.text.into(), source: Source::File(file, value.line) })
}

/// The files of Yarn since 2, the one that counts first: upwards from here, then the home.
fn files(survey: &Survey<'_>) -> Vec<PathBuf> {
    let name = survey.set("YARN_RC_FILENAME").unwrap_or_else(|| ".yarnrc.yml".into());
    let mut found: Vec<PathBuf> = survey.host.cwd.ancestors().map(|directory| directory.join(&name)).collect();
    let home = survey.home().map(|home| home.join(&name)).filter(|file| !found.contains(file));
    found.extend(home);
    found
}

fn filled(survey: &Survey<'_>, text: &str) -> String {
    npmrc::fill(text, |name| survey.host.variable(name))
}

/// The value of a key in the first file that has it.
fn in_files(survey: &Survey<'_>, key: &str) -> Option<Setting> {
    files(survey).into_iter().find_map(|file| {
        let value = yaml::value(&survey.host.settings(&file)?, key)?;
        Some(Setting { value: filled(survey, &value.text).into(), source: Source::File(file, value.line) })
    })
}

/// The file with certificates, from where the file that names it stands.
pub(super) fn ca_file(survey: &Survey<'_>, _: &Installation, key: &str) -> Vec<Setting> {
    let variable = if key == "caFilePath" { "YARN_CA_FILE_PATH" } else { "YARN_HTTPS_CA_FILE_PATH" };
    let found = in_environment(survey, variable).or_else(|| {
        let mut setting = in_files(survey, key)?;
        if let Source::File(file, _) = &setting.source {
            setting.value = file.with_file_name(&setting.value).into_os_string();
        }
        Some(setting)
    });
    found.into_iter().collect()
}

/// `enableStrictSsl`, where it turns verification off.
pub(super) fn not_strict(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let found = in_environment(survey, "YARN_ENABLE_STRICT_SSL").or_else(|| in_files(survey, "enableStrictSsl"));
    found.filter(|setting| setting.value == "false" || setting.value == "0").into_iter().collect()
}
