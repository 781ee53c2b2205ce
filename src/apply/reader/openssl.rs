//! `openssl` and a bundle. `crl2pkcs7` loads it by `PEM_X509_INFO_read_bio`, as every `CAfile` is (`add_certs_from_file`,
//! apps/crl2pkcs7.c; `X509_load_cert_crl_file_ex`, crypto/x509/by_file.c): all of it or nothing. It answers in DER.

use super::{Asking, NoAnswer, Said, not_run};
use crate::format::{self, fingerprints};
use crate::model::Format;

pub(super) fn ask(asking: &mut Asking<'_, '_>) -> Result<Said, NoAnswer> {
    if !matches!(asking.question.change.target.format, Format::Pem | Format::Empty) {
        return Err(not_run("openssl reads bundles of PEM"));
    }
    let copy = asking.copy("bundle.pem")?;
    asking.ready()?;
    let arguments = ["crl2pkcs7", "-nocrl", "-outform", "DER", "-certfile"].map(Into::into);
    let arguments = arguments.into_iter().chain([copy.into_os_string()]).collect();
    let ran = asking.run("openssl", arguments, Vec::new())?;
    Ok(Said::Holds(fingerprints(&format::pkcs7::read(&ran.stdout, &format::Means::default()).entries)))
}
