//! A report, which is no trust store: written also where another account owns a directory on the way.
//!
//! Who owns a directory can put another in the place of one below it, and a link in the place of a file. So of a store
//! nothing is written there. But that is where reports are collected: Debian's node_exporter reads
//! `/var/lib/prometheus/node-exporter`, below a directory that its package gives to the account `prometheus`
//! (prometheus-node-exporter 1.5.0-1, `postinst`). There the report is always a new file of whoever runs castore, with
//! nothing of what had its name: that is not opened, its owner, group, attributes and bits for others are not taken
//! over. No link leads there that somebody else could have made or could exchange, and everything is named relative to
//! the one directory that was opened. The account can do to the report what it could do anyway, which is to what
//! stands in its own directory, and nothing elsewhere.

use super::change::Watch;
use super::error::{Refusal, Step, WriteError};
use super::place::Place;
use super::sys::Directory;
use super::write::{Stop, WriteOptions, replace};
use crate::host::files::Tree;
use std::io;
use std::path::{Path, PathBuf};

/// Makes `bytes` the content of the report at the absolute path `target`, whole or not at all; gives where that leads.
///
/// Where only root and this user can change what is on the way it is written as a store is ([`replace`]): what was there
/// keeps owner, mode and attributes. Elsewhere, and where these cannot be kept, it is a new file with permission bits of
/// an old one that was root's or this user's, but none to write for others, else with those of `mode`.
pub fn write_report(target: &Path, bytes: &[u8], mode: u32) -> Result<PathBuf, WriteError> {
    match replace(target, bytes, WriteOptions { mode: Some(mode), ..WriteOptions::default() }) {
        Ok(written) => Ok(written.path),
        Err(error) if is_for_a_new_file(&error) => write_anew(target, bytes, mode, &mut |_| Ok(())),
        Err(error) => Err(error),
    }
}

/// Whether a file of a report's own can be written where none was replaced.
fn is_for_a_new_file(error: &WriteError) -> bool {
    match error {
        WriteError::Refused { refusal: Refusal::ForeignOwner { .. } | Refusal::WritableByOthers { .. }, .. }
        | WriteError::Failed { step: Step::KeepAttributes, .. } => true,
        WriteError::Failed { step: Step::OpenOld, source, .. } => source.kind() == io::ErrorKind::PermissionDenied,
        _ => false,
    }
}

/// The new file, telling `before` each step; tests change the disk there.
pub(super) fn write_anew(
    target: &Path,
    bytes: &[u8],
    mode: u32,
    before: &mut dyn FnMut(Step) -> io::Result<()>,
) -> Result<PathBuf, WriteError> {
    let watch = &mut Watch::new(target, before);
    let mut run = || {
        watch.at(Step::Resolve)?;
        let tree = Tree::live()?;
        let Place { directory, name, links } = Place::find(&tree, target)?;
        watch.path = directory.join(&name);
        watch.at(Step::OpenDirectory)?;
        let open = Directory::within(&tree, &directory)?;
        watch.at(Step::CheckDirectory)?;
        open.check_links(&tree, &links)?;
        open.may_change(&directory, &name)?;
        open.put_new(&name, bytes, mode, &mut |step| watch.at(step))?;
        Ok(watch.path.clone())
    };
    run().map_err(|stop: Stop| stop.at(&watch.path, watch.step))
}
