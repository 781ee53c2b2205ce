//! Following links the way a kernel does, as one function for every kind of tree.
//!
//! A directory given by `--root` is another machine's disk: its links mean what they would mean
//! there. The kernel of *this* machine would take an absolute link out of the tree, so the steps
//! are made here, as after chroot(2): an absolute link starts again at the root, `..` stops
//! there, and forty links are followed (path_resolution(7)). Trees differ only in how they look
//! at one path whose parents are known to be directories.

use super::Kind;
use crate::limits::SYMLINKS;
use crate::model::Unreadable;
use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// What stands at one path, its own link not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A directory, which can be passed through.
    Directory,
    /// A link, with its text.
    Link(PathBuf),
    /// Anything else; the path must end here.
    Leaf,
}

/// A path with every link followed.
#[derive(Debug)]
pub(super) struct Followed {
    /// The path inside the root.
    pub path: PathBuf,
    /// The links followed, in order.
    pub links: Vec<PathBuf>,
}

/// The parts of a path still to be walked, first part first.
///
/// `Path::components` drops what a path ends in, and `file/` and `file/.` are no files: the
/// kernel answers ENOTDIR.
fn parts(path: &Path) -> VecDeque<OsString> {
    let mut parts: VecDeque<_> = path.components().map(|part| part.as_os_str().to_owned()).collect();
    let text = path.as_os_str().as_encoded_bytes();
    if text.ends_with(b"/") || text.ends_with(b"/.") {
        parts.push_back(OsString::from("."));
    }
    parts
}

/// Whether a path goes down from the root name by name, without `.` and `..`.
pub(super) fn is_plain(path: &Path) -> bool {
    let octets = path.as_os_str().as_encoded_bytes();
    // Thousands of paths come by here: only what stands behind a slash is looked at.
    let begins_a_name = |slash: usize| {
        let rest = &octets[slash + 1..];
        !matches!(rest, [] | [b'/', ..] | b"." | [b'.', b'/', ..] | b".." | [b'.', b'.', b'/', ..])
    };
    octets.first() == Some(&b'/') && memchr::memchr_iter(b'/', octets).all(begins_a_name)
}

/// Follows every link of `path`; `look` says what stands at a path, or that nothing does.
///
/// What is missing is `Dangling` when the text of a link named it, else `Absent`: below a link to
/// a directory (`/lib -> usr/lib`) a missing file is as absent as elsewhere. What stands beyond a
/// file is missing too (ENOTDIR).
pub(super) fn follow(
    path: &Path,
    look: &mut dyn FnMut(&Path) -> Result<Step, Unreadable>,
) -> Result<Followed, Unreadable> {
    let (mut at, mut todo, mut links) = (PathBuf::from("/"), parts(path), Vec::new());
    // How many parts of `path` itself are still to come; what stands before them is a link's text.
    let mut own = todo.len();
    while let Some(part) = todo.pop_front() {
        let missing = if todo.len() < own { Unreadable::Absent } else { Unreadable::Dangling };
        own = own.min(todo.len());
        match Path::new(&part).components().next() {
            Some(Component::RootDir | Component::Prefix(_)) => at = PathBuf::from("/"),
            Some(Component::CurDir) | None => {}
            Some(Component::ParentDir) => {
                at.pop();
            }
            Some(Component::Normal(name)) => {
                let next = at.join(name);
                match look(&next) {
                    Ok(Step::Directory) => at = next,
                    Ok(Step::Leaf) if todo.is_empty() => at = next,
                    Ok(Step::Link(text)) => {
                        if let Some(kind) = descriptor(&next, &text) {
                            return Err(Unreadable::NotRegular(kind));
                        }
                        links.push(next);
                        if links.len() > SYMLINKS {
                            return Err(Unreadable::Loop);
                        }
                        let mut rest = parts(&text);
                        rest.append(&mut todo);
                        todo = rest;
                    }
                    Ok(Step::Leaf) | Err(Unreadable::Absent) => return Err(missing),
                    Err(why) => return Err(why),
                }
            }
        }
    }
    Ok(Followed { path: at, links })
}

/// What an open descriptor is that has no path: the text of its link names no file (proc_pid_fd(5)).
pub(super) fn descriptor(link: &Path, text: &Path) -> Option<&'static str> {
    let kind = text.to_str()?.split_once(':')?.0;
    match kind {
        _ if !link.starts_with("/proc") => None,
        "pipe" => Some("pipe"),
        "socket" => Some("socket"),
        _ => None,
    }
}

/// Whether `kind` can be passed through.
impl From<Kind> for Step {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Directory => Self::Directory,
            Kind::File | Kind::Other(_) => Self::Leaf,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::model::Unreadable;
    use std::path::Path;

    #[test]
    fn what_a_link_names_dangles_and_what_is_below_one_is_absent() {
        let files =
            Memory::new().file("/usr/lib/a", "").link("/lib", "usr/lib").link("/b", "/lib/gone").link("/c", "/gone");
        let host = Host::new(Box::new(files), System::Linux);
        let why = |path: &str| host.resolve(Path::new(path)).unwrap_err();
        assert_eq!(why("/lib/gone"), Unreadable::Absent);
        assert_eq!(why("/b"), Unreadable::Dangling);
        assert_eq!(why("/c/x"), Unreadable::Dangling);
        assert_eq!(why("/gone"), Unreadable::Absent);
        assert!(host.is_file(Path::new("/lib/a")));
    }

    #[test]
    fn what_a_descriptor_leads_to_is_named() {
        let files = Memory::new()
            .link("/dev/fd", "/proc/self/fd")
            .link("/proc/self/fd/63", "pipe:[4711]")
            .link("/proc/self/fd/4", "socket:[4712]")
            .link("/home/pipe", "pipe:[4711]");
        let host = Host::new(Box::new(files), System::Linux);
        let why = |path: &str| host.resolve(Path::new(path)).unwrap_err();
        assert_eq!(why("/dev/fd/63"), Unreadable::NotRegular("pipe"));
        assert_eq!(why("/dev/fd/4"), Unreadable::NotRegular("socket"));
        assert_eq!(why("/home/pipe"), Unreadable::Dangling);
    }
}
