//! pnpm's configuration: npm's until 10, then a `.npmrc` of the project, a file of its own and the
//! user's, with variables of its own name. Of `cafile` the first alone counts, and where nothing is there
//! none does.

use super::super::rust::NATIVE;
use super::npm::{self, Level};
use crate::catalogue::client::{Installation, Setting, Source};
use crate::catalogue::survey::Survey;
use crate::model::Version;
use crate::settings::npmrc;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Every pnpm that runs on Node.js.
pub(super) fn scripts(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = npm::scripts(survey, "pnpm", "pnpm");
    found.retain(|installation| !is_native(installation));
    found
}

/// Every pnpm that is a program of its own, with the crate that finds what it trusts.
pub(super) fn natives(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = npm::scripts(survey, "pnpm", "pnpm");
    found.retain(|installation| is_native(installation));
    for installation in &mut found {
        let installation = Arc::make_mut(installation);
        installation.components.retain(|(name, _)| *name == "pnpm");
        installation.components.extend(Version::parse("0.8.4").map(|version| (NATIVE, version)));
        installation.places.retain(|(name, _)| *name == "package");
        installation.marks.clear();
        installation.unknown.clear();
    }
    found
}

fn is_native(installation: &Installation) -> bool {
    installation.version("pnpm").is_some_and(|version| version.is_between("12", ""))
}

/// Whether it reads npm's variables and files.
fn is_as_npm(installation: &Installation) -> bool {
    installation.version("pnpm").is_none_or(|version| version.is_between("", "11"))
}

/// What the files name, a relative path from where the file stands; then the variable.
pub(super) fn cafile(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    if is_as_npm(installation) {
        return npm::levels(survey, installation, "cafile").into_iter().take(1).map(|level| level.setting).collect();
    }
    let first = files(survey).into_iter().find_map(|file| npm::in_file(survey, file, "cafile"));
    let named = first.into_iter().map(|level| match &level.setting.source {
        Source::File(file, _) => {
            let value = file.with_file_name(&level.text).into_os_string();
            Setting { value, source: level.setting.source }
        }
        _ => level.setting,
    });
    // What is not there is passed over, so that the variable may still count.
    named.chain(own_variable(survey, installation, "cafile").map(|level| level.setting)).collect()
}

/// `//HOST:PORT/:cafile` of the server that is asked about, whose name has the case it is written in; one without a port
/// is for every port, and stands behind one with that. Where the server is not known, or a path stands behind it, it is
/// told as what it is for. A relative path is from the working directory (12.21.0, before servers of two authorities).
pub(super) fn of_host(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let server = survey.server().and_then(|server| Some((server.host.clone()?, server.port)));
    let (mut with_port, mut without, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for file in files(survey) {
        let Some(pairs) = survey.parsed(&file, npmrc::pairs) else { continue };
        for (key, value) in pairs.iter() {
            let Some(url) = key.strip_prefix("//").and_then(|rest| rest.strip_suffix(":cafile")) else { continue };
            let Some((authority, path)) = url.split_once('/') else { continue };
            let (host, port) = match authority.rsplit_once(':') {
                Some((host, port)) => (host, port.parse::<u16>().ok()),
                None => (authority, None),
            };
            let text = npmrc::fill(&value.text, |name| survey.host.variable(name));
            let path_of_value = survey.host.absolute(Path::new(&text)).into_os_string();
            let told = Source::Scoped(file.clone(), value.line, url.trim_end_matches('/').to_owned());
            let counts = Source::File(file.clone(), value.line);
            match &server {
                Some((own, _)) if host != own => {}
                Some((_, at)) if port.is_some_and(|port| at.is_some_and(|at| at != port)) => {}
                Some((_, Some(_))) if path.is_empty() => {
                    let found = if port.is_some() { &mut with_port } else { &mut without };
                    found.push(Setting { value: path_of_value, source: counts });
                }
                _ => open.push(Setting { value: path_of_value, source: told }),
            }
        }
    }
    open.into_iter().chain(with_port).chain(without).collect()
}

/// `strict-ssl`, where it turns verification off.
pub(super) fn unverified(survey: &Survey<'_>, installation: &Installation) -> Vec<Setting> {
    if is_as_npm(installation) {
        return npm::unverified(survey, installation);
    }
    let mut levels: Vec<Level> = strict(survey).into_iter().collect();
    levels.extend(files(survey).into_iter().filter_map(|file| npm::in_file(survey, file, "strict-ssl")));
    npm::off(levels)
}

/// The files of 11 and later, the one that counts first.
fn files(survey: &Survey<'_>) -> Vec<PathBuf> {
    let host = survey.host;
    let configuration =
        survey.set("XDG_CONFIG_HOME").map(|top| top.join("pnpm")).or_else(|| survey.in_home(".config/pnpm"));
    let names = ["pnpm_config_npmrc_auth_file", "pnpm_config_userconfig", "npm_config_userconfig"];
    let named = names.iter().find_map(|name| survey.set(name).or_else(|| survey.set(&name.to_ascii_uppercase())));
    let user = named.map(|file| host.absolute(&file)).or_else(|| survey.in_home(".npmrc"));
    let own = configuration.map(|directory| directory.join("auth.ini"));
    [Some(npm::project(survey).join(".npmrc")), own, user].into_iter().flatten().collect()
}

/// `pnpm_config_cafile`, which 11 reads and 12 does not.
fn own_variable(survey: &Survey<'_>, installation: &Installation, key: &str) -> Option<Level> {
    if is_native(installation) {
        return None;
    }
    let names = [format!("pnpm_config_{key}"), format!("PNPM_CONFIG_{}", key.to_ascii_uppercase())];
    names.into_iter().find_map(|name| level(survey, name))
}

fn strict(survey: &Survey<'_>) -> Option<Level> {
    let names = ["pnpm_config_strict_ssl", "PNPM_CONFIG_STRICT_SSL"];
    names.into_iter().find_map(|name| level(survey, name.to_owned()))
}

fn level(survey: &Survey<'_>, name: String) -> Option<Level> {
    let value = survey.set(&name)?.into_os_string();
    let text = value.to_string_lossy().into_owned();
    Some(Level { setting: Setting { value, source: Source::Variable(name) }, text })
}
