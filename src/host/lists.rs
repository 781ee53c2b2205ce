//! Lists of paths in one text, as `PATH` has them.

use crate::limits::SEARCHED_DIRECTORIES;
use std::ffi::OsStr;
use std::path::PathBuf;

/// The paths in a list such as `PATH`, separated by `:` (`;` where castore itself runs on
/// Windows, whose paths have colons); empty ones left out.
#[must_use]
pub fn split_list(list: &OsStr) -> Vec<PathBuf> {
    parts(list).collect()
}

/// Whether a value is a list of more than one, or would be one where a separator ends it.
#[must_use]
pub fn is_list(value: &OsStr) -> bool {
    all(value).nth(1).is_some()
}

/// The directories of a list in which each name is looked for, the first [`SEARCHED_DIRECTORIES`] of them.
#[must_use]
pub fn search_list(list: &OsStr) -> Vec<PathBuf> {
    parts(list).take(SEARCHED_DIRECTORIES).collect()
}

#[expect(clippy::disallowed_methods, reason = "only a host's own variables come here; it parses, and asks nothing")]
fn all(list: &OsStr) -> impl Iterator<Item = PathBuf> + '_ {
    std::env::split_paths(list)
}

fn parts(list: &OsStr) -> impl Iterator<Item = PathBuf> + '_ {
    all(list).filter(|path| !path.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_for_in_the_first_directories() {
        let list = (0..1500).map(|n| format!("d{n}")).collect::<Vec<_>>();
        let list = list.join(if cfg!(windows) { ";" } else { ":" });
        assert_eq!(split_list(OsStr::new(&list)).len(), 1500);
        let searched = search_list(OsStr::new(&list));
        assert_eq!((searched.len(), searched[999].to_str()), (SEARCHED_DIRECTORIES, Some("d999")));
    }
}
