//! Where castore keeps what it needs to undo what it wrote.

use super::Process;
use super::error::Failure;
use super::host::accounts;
use castore::host::files::{Rooted, rooted};
use castore::host::{System, native};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What root uses (FHS 3.0, 5.8: state of a program).
const OF_ROOT: &str = "var/lib/castore";

/// The directory: the one that was named, else that of root or of the account (XDG Base Directory Specification,
/// `$XDG_STATE_HOME`).
///
/// What is kept of another root is kept here too, under a name made of its path: never in the tree, which belongs to
/// somebody else, who could leave a journal there that tells castore what to write.
pub(crate) fn directory(named: Option<&Path>, root: Option<&Path>, process: &Process) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        return Ok(process.directory.join(named));
    }
    let own = of_this_account(process)?;
    let Some(root) = root else { return Ok(own) };
    let root = real(root, process)?;
    if root == Path::new("/") {
        return Ok(own);
    }
    let hash = Sha256::digest(root.as_os_str().as_encoded_bytes());
    let digits = hash.iter().take(16).map(|octet| format!("{octet:02x}")).collect::<String>();
    Ok(own.join("roots").join(digits))
}

/// The root, behind all links; as it was named where nothing is there.
pub(crate) fn real(root: &Path, process: &Process) -> Result<PathBuf, Failure> {
    let named = process.directory.join(root);
    match rooted(&named) {
        Ok(Rooted::Here(found)) => Ok(found),
        Ok(Rooted::Elsewhere(link)) => Err(Failure::with_hint(
            format!(
                "{}: expected a directory that stays, found the root of a process in a mount namespace of its own",
                castore::render::escape::path(&link)
            ),
            "castore reads there and does not write; run castore in that namespace (nsenter, or in the container)",
        )),
        Err(_) => Ok(named),
    }
}

fn of_this_account(process: &Process) -> Result<PathBuf, Failure> {
    let user = native::live_user();
    if user == Some(0) {
        return Ok(Path::new("/").join(OF_ROOT));
    }
    let variable = |name: &str| process.environment.get(OsStr::new(name)).map(PathBuf::from);
    let absolute = |name: &str| variable(name).filter(|path| path.is_absolute());
    let found = match native::system() {
        System::Windows => absolute("LOCALAPPDATA").map(|directory| directory.join("castore")),
        // What is not absolute is to be ignored.
        _ => absolute("XDG_STATE_HOME").map(|directory| directory.join("castore")).or_else(|| {
            let own = || {
                let machine = super::baseline::machine(process).ok()?;
                accounts(&machine).into_iter().find(|account| Some(account.uid) == user).map(|account| account.home)
            };
            Some(absolute("HOME").or_else(own)?.join(".local/state/castore"))
        }),
    };
    found
        .ok_or_else(|| Failure::with_hint("no directory is known to keep what undo needs", "name one with --state DIR"))
}
