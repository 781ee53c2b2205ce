//! `openssl` and a hash directory, which it never reads as a whole: it looks a subject up when it verifies something.
//! So it verifies each certificate that was added or removed, with the directory as all it trusts. With
//! `-partial_chain` a certificate is trusted that is found there itself, by all its octets (`lookup_cert_match`,
//! crypto/x509/x509_vfy.c); time, purpose and strength are not what is asked.

use super::{Asking, NoAnswer, Said};
use crate::format::pem;
use crate::model::Fingerprint;
use crate::plan::Moved;
use std::collections::BTreeSet;
use std::ffi::OsString;

/// Certificates that one run is asked for: 200, paths of 20 KiB (`ARG_MAX` is at least 128 KiB on Linux).
const AT_ONCE: usize = 200;

pub(super) fn ask(asking: &mut Asking<'_, '_>) -> Result<Said, NoAnswer> {
    let change = asking.question.change;
    let mut files = Vec::new();
    for Moved { certificate, .. } in change.added.iter().chain(&change.removed) {
        let name = format!("{}.pem", certificate.fingerprint());
        let path = asking.put(&name, pem::write(certificate.der(), &[]).as_bytes())?;
        files.push((certificate.fingerprint(), path));
    }
    asking.ready()?;
    let mut finds = BTreeSet::new();
    for part in files.chunks(AT_ONCE) {
        let options = ["verify", "-no-CAfile", "-no-CAstore", "-partial_chain", "-no_check_time", "-auth_level", "0"];
        let mut arguments: Vec<OsString> = options.map(Into::into).to_vec();
        arguments.extend(["-CApath".into(), asking.question.at.into()]);
        arguments.extend(part.iter().map(|(_, path)| path.clone().into_os_string()));
        // It ends with 2 where one of them is not trusted, and says which on its standard output.
        let ran = asking.try_run("openssl", arguments, Vec::new())?;
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        let is_found = |path: &std::path::Path| said.lines().any(|line| line == format!("{}: OK", path.display()));
        finds.extend(part.iter().filter(|(_, path)| is_found(path)).map(|(fingerprint, _)| *fingerprint));
        if !ran.is_well() && !ran.stderr.windows(5).any(|part| part == b"error") {
            return Err(super::Outcome::Failed(super::complaint("openssl", &ran)));
        }
    }
    let asked: Vec<Fingerprint> = files.into_iter().map(|(fingerprint, _)| fingerprint).collect();
    Ok(Said::Finds(finds, asked))
}
