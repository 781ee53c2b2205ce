//! Tcl, through the tls package.
//!
//! It verifies nothing unless a program says `-require 1`, and trusts nothing unless one says `-cafile`
//! or `-cadir`; whoever says so gets OpenSSL's default paths as well, which is what the row answers.

use super::client::{Client, Edit, Ends, Installation, Rule};
use super::openssl::DEFAULT_PATHS;
use super::survey::{MULTIARCH, Survey};
use crate::model::Version;
use crate::policy;
use std::path::PathBuf;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[TCL];

/// `tcl`: every tls package where Tcl looks for packages.
const TCL: Client = Client::new(
    "tcl",
    "Tcl's tls",
    "OpenSSL's default paths beside what a program names with -cafile or -cadir; without these nothing, and without -require nothing is verified.",
    Rule::Each(packages, &DEFAULT_PATHS),
)
.judged_by(&policy::openssl_clients::TCL)
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

/// `tls1.7.22/tcltls.so` as distributions and Tcl's own build place it.
fn packages(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let debian = MULTIARCH.iter().map(|triple| PathBuf::from("/usr/lib/tcltk").join(triple));
    let others = ["/usr/lib64/tcl8.6", "/usr/lib/tcl8.6", "/usr/local/lib", "/usr/lib/tcl9.0", "/usr/lib64/tcl9.0"];
    let mut found = Vec::new();
    for directory in debian.chain(others.map(PathBuf::from)) {
        for name in survey.names(&directory).iter() {
            let text = name.to_string_lossy();
            let Some(version) = text.strip_prefix("tcltls").or_else(|| text.strip_prefix("tls")) else { continue };
            let Some(version) = Version::parse(version) else { continue };
            let at = directory.join(name);
            let libraries =
                ["tcltls.so".to_owned(), format!("libtcltls{version}.so"), format!("libtcl9tls{version}.so")];
            let mut libraries = libraries.into_iter().map(|library| at.join(library));
            let Some(library) = libraries.find(|library| survey.host.is_file(library)) else { continue };
            let mut installation = Installation {
                components: vec![("tcltls", version)],
                because: "directory of packages".to_owned(),
                at,
                ..Installation::default()
            };
            survey.add_openssl_of(&mut installation, &library);
            found.push(Arc::new(installation));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::{openssl, says};
    use crate::host::memory::Memory;

    #[test]
    fn a_package_has_the_paths_of_its_openssl() {
        let at = "/usr/lib/tcltk/x86_64-linux-gnu/tcltls1.7.22";
        let files = Memory::new()
            .file(format!("{at}/tcltls.so"), openssl("/usr/lib/ssl"))
            .file("/usr/lib/tcltk/x86_64-linux-gnu/tlsother/x", "")
            .file("/usr/lib/ssl/cert.pem", "")
            .file("/a.pem", "");
        assert_eq!(says(&files, &[], "tcl"), [format!("{at}: /usr/lib/ssl/cert.pem")]);
        assert_eq!(says(&files, &[("SSL_CERT_FILE", "/a.pem")], "tcl"), [format!("{at}: /a.pem")]);
    }
}
