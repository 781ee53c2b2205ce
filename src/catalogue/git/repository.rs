//! The repository that git finds itself in, and its directories.

use crate::catalogue::survey::Survey;
use std::path::{Path, PathBuf};

/// A repository: its own directory, and the one it shares with other working trees.
pub(super) struct Repository {
    pub(super) own: PathBuf,
    pub(super) shared: PathBuf,
}

/// The repository that git finds: `GIT_DIR`, else upwards from the current directory.
pub(super) fn repository(survey: &Survey<'_>) -> Option<Repository> {
    let host = survey.host;
    let own = match survey.set("GIT_DIR") {
        Some(named) => host.absolute(&named),
        None => host.cwd.ancestors().find_map(|top| git_directory(survey, top))?,
    };
    let shared = host.settings(&own.join("commondir")).map(|text| own.join(line(&text)));
    Some(Repository { shared: shared.unwrap_or_else(|| own.clone()), own })
}

/// The directory of the repository whose working tree begins at `top`, or which `top` is, being bare.
/// In a linked working tree or a submodule `.git` is a file that names the directory
/// (gitrepository-layout(5)).
fn git_directory(survey: &Survey<'_>, top: &Path) -> Option<PathBuf> {
    let host = survey.host;
    let git = top.join(".git");
    if host.is_file(&git) {
        return Some(top.join(line(host.settings(&git)?.strip_prefix("gitdir: ")?)));
    }
    let is_repository =
        |directory: &Path| host.is_file(&directory.join("HEAD")) && host.is_directory(&directory.join("objects"));
    if host.is_file(&git.join("config")) {
        return Some(git);
    }
    is_repository(top).then(|| top.to_path_buf())
}

fn line(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}
