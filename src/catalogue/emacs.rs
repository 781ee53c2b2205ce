//! Emacs, by the GnuTLS it is linked to.

use super::client::{Client, Edit, Installation, Leaf, Look, Rule};
use super::survey::Survey;
use crate::host::System::{Bsd, Linux};
use crate::policy;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[EMACS];

const LISP: &str = "https://github.com/emacs-mirror/emacs/blob/emacs-28/lisp/net/gnutls.el";
const BOOT: &str = "https://github.com/emacs-mirror/emacs/blob/emacs-28/src/gnutls.c";

/// `emacs`: every Emacs on PATH. Its network security manager asks the user about what does not verify.
const EMACS: Client = Client::new(
    "emacs",
    "Emacs",
    "GnuTLS' system trust and every file of gnutls-trustfiles that is there, together; no variable counts.",
    Rule::Each(
        emacses,
        &Rule::All(&[
            Leaf::path("{gnutls-trust}").look(Look::Blocks).says(BOOT),
            file("/etc/ssl/certs/ca-certificates.crt"),
            file("/etc/pki/tls/certs/ca-bundle.crt"),
            file("/etc/ssl/ca-bundle.pem"),
            file("/usr/ssl/certs/ca-bundle.crt"),
            file("/usr/local/share/certs/ca-root-nss.crt"),
            file("/etc/ssl/cert.pem"),
            file("/etc/certs/ca-certificates.crt"),
        ]),
    ),
)
.judged_by(&policy::gnutls::EMACS)
.on(&[Linux, Bsd])
.edit(Edit::SYSTEM);

const fn file(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Blocks).says(LISP)
}

/// Every Emacs on PATH that is linked to GnuTLS, each program once.
fn emacses(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let one = |program: std::path::PathBuf| {
        let mut installation =
            Installation { at: program.clone(), because: "PATH".to_owned(), ..Installation::default() };
        survey.add_tls(&mut installation, &program);
        Arc::new(installation)
    };
    survey.programs("emacs").into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::says;
    use crate::host::memory::Memory;

    #[test]
    fn every_file_that_is_there_counts() {
        let files = Memory::new()
            .file("/usr/bin/emacs", "")
            .file("/etc/ssl/ca-bundle.pem", "")
            .file("/etc/ssl/cert.pem", "")
            .file("/a.pem", "");
        let found = says(&files, &[("SSL_CERT_FILE", "/a.pem")], "emacs");
        assert_eq!(found, ["/usr/bin/emacs: /etc/ssl/ca-bundle.pem /etc/ssl/cert.pem"]);
    }
}
