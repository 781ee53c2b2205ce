//! The repository that git finds itself in, and its directories.

use crate::catalogue::survey::Survey;
use crate::host::split_list;
use std::path::{Path, PathBuf};

/// A repository: its own directory, and the one it shares with other working trees.
pub(super) struct Repository {
    pub(super) own: PathBuf,
    pub(super) shared: PathBuf,
    /// Where its working tree begins; `None` of a bare one.
    tree: Option<PathBuf>,
    /// Whether git found it by itself: one that `GIT_DIR` names may be anybody's.
    is_found: bool,
}

/// The repository that git finds: `GIT_DIR`, else upwards from the current directory, but not into a directory of
/// `GIT_CEILING_DIRECTORIES` (`setup_git_directory_gently_1`, setup.c).
pub(super) fn repository(survey: &Survey<'_>) -> Option<Repository> {
    let host = survey.host;
    let (own, tree, is_found) = match survey.set("GIT_DIR") {
        Some(named) => (host.absolute(&named), None, false),
        None => {
            let ceilings = host.variable("GIT_CEILING_DIRECTORIES").map(split_list).unwrap_or_default();
            // Those of the list are looked for behind their links, as the current directory is.
            let real = |path: &Path| host.resolve(path).map_or_else(|_| path.to_path_buf(), |found| found.path);
            let ceilings: Vec<PathBuf> =
                ceilings.iter().filter(|path| path.is_absolute()).map(|path| real(path)).collect();
            let is_open = |top: &&Path| **top == host.cwd || !ceilings.contains(&real(top));
            let (own, tree) = host.cwd.ancestors().take_while(is_open).find_map(|top| git_directory(survey, top))?;
            (own, tree, true)
        }
    };
    let shared = host.settings(&own.join("commondir")).map(|text| own.join(line(&text)));
    Some(Repository { shared: shared.unwrap_or_else(|| own.clone()), own, tree, is_found })
}

impl Repository {
    /// The path by which `safe.directory` names it.
    pub(super) fn named(&self) -> &Path {
        self.tree.as_deref().unwrap_or(&self.own)
    }

    /// Whether it is the user's own (`ensure_valid_ownership`, setup.c, since 2.35.2), who owns the home directory.
    pub(super) fn is_own(&self, survey: &Survey<'_>) -> bool {
        let host = survey.host;
        let Some(user) = survey.home().and_then(|home| host.resolve(home).ok()?.owner) else { return true };
        let is_own = |path: &Path| host.owner(path).is_none_or(|owner| owner == user);
        let file = self.tree.as_ref().map(|tree| tree.join(".git"));
        let parts = [file.as_deref(), self.tree.as_deref(), Some(&self.own)];
        !self.is_found || parts.into_iter().flatten().all(is_own)
    }

    /// Whether the values of `safe.directory`, as they are written and in full, name it: what is empty forgets those
    /// before it (`safe_directory_cb`, setup.c).
    pub(super) fn is_listed(&self, survey: &Survey<'_>, listed: impl Iterator<Item = (String, PathBuf)>) -> bool {
        let host = survey.host;
        let real = |path: &Path| host.resolve(path).map_or_else(|_| path.to_path_buf(), |found| found.path);
        let named = real(self.named());
        let mut is_safe = false;
        for (value, path) in listed {
            // A path with `/*` behind it names all below (since 2.46).
            let is_named = || match path.file_name() {
                Some(name) if name == "*" => path.parent().is_some_and(|top| named != top && named.starts_with(top)),
                _ => real(&path) == named,
            };
            is_safe = !value.is_empty() && (is_safe || value == "*" || is_named());
        }
        is_safe
    }
}

/// The directory of the repository whose working tree begins at `top`, and that; or which `top` is, being bare.
/// In a linked working tree or a submodule `.git` is a file that names the directory
/// (gitrepository-layout(5)).
fn git_directory(survey: &Survey<'_>, top: &Path) -> Option<(PathBuf, Option<PathBuf>)> {
    let tree = || Some(top.to_path_buf());
    let host = survey.host;
    let git = top.join(".git");
    if host.is_file(&git) {
        return Some((top.join(line(host.settings(&git)?.strip_prefix("gitdir: ")?)), tree()));
    }
    let is_repository =
        |directory: &Path| host.is_file(&directory.join("HEAD")) && host.is_directory(&directory.join("objects"));
    if host.is_file(&git.join("config")) {
        return Some((git, tree()));
    }
    is_repository(top).then(|| (top.to_path_buf(), None))
}

fn line(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}
