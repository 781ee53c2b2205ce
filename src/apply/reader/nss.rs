//! `certutil` and an NSS database: every nickname that it lists, and the certificates it has under each.

use super::{Asking, NoAnswer, Said, not_run};
use crate::apply::nss;
use crate::format::{fingerprints, pem};
use std::collections::BTreeSet;
use std::ffi::OsString;

pub(super) fn ask(asking: &mut Asking<'_, '_>) -> Result<Said, NoAnswer> {
    let at = asking.question.at;
    let directory = if asking.is_directory { at } else { at.parent().unwrap_or(at) };
    let files = nss::Files::read(directory).map_err(not_run)?;
    asking.account = files.reader();
    for (name, bytes) in files.all() {
        asking.put(name, bytes)?;
    }
    asking.ready()?;
    let database: OsString = nss::database(asking.room.path());
    let listed = asking.run("certutil", vec!["-L".into(), "-d".into(), database.clone()], Vec::new())?;
    let mut holds = BTreeSet::new();
    for nickname in nss::nicknames(&listed.stdout) {
        let arguments =
            ["-L", "-a", "-d"].map(Into::into).into_iter().chain([database.clone(), "-n".into(), nickname.into()]);
        let ran = asking.run("certutil", arguments.collect(), Vec::new())?;
        holds.extend(fingerprints(&pem::read(&ran.stdout).entries));
    }
    Ok(Said::Holds(holds))
}
