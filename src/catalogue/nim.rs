//! Nim: the first of a list that OpenSSL loads.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Rule};
use super::survey::{Survey, any_program};
use crate::host::System::Linux;
use crate::policy;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[NIM];

const CERTS: &str = "https://github.com/nim-lang/Nim/blob/v2.0.8/lib/pure/ssl_certs.nim";
const NET: &str = "https://github.com/nim-lang/Nim/blob/v2.0.8/lib/pure/net.nim";

/// `nim`: any program that uses std/net with its default context, told of where a compiler is.
const NIM: Client = Client::new(
    "nim",
    "programs built with Nim",
    "The first place of a list that OpenSSL loads; SSL_CERT_FILE only where the program asks for variables.",
    Rule::Each(
        programs,
        &Rule::First(&[
            Leaf::path("/etc/ssl/certs/ca-certificates.crt").says(CERTS),
            Leaf::path("/etc/ssl/ca-bundle.pem").says(CERTS),
            Leaf::path("/etc/pki/tls/certs/ca-bundle.crt").says(CERTS),
            Leaf::path("/usr/share/ssl/certs/ca-bundle.crt").says(CERTS),
            Leaf::path("/etc/pki/tls/certs").look(Look::HashLazy).says(NET),
            Leaf::path("/data/data/com.termux/files/usr/etc/tls/cert.pem").says(CERTS),
            Leaf::path("/system/etc/security/cacerts").look(Look::HashLazy).says(NET),
        ]),
    ),
)
.judged_by(&policy::openssl_clients::NIM)
.on(&[Linux])
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

/// Programs do not tell what they are built with, but who has a compiler has such programs.
fn programs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let kept = survey.in_home(".nimble/bin").is_some_and(|directory| survey.host.is_directory(&directory));
    if !kept && survey.programs("nim").is_empty() {
        return Vec::new();
    }
    let mut found = any_program("any program built with Nim");
    // It opens the libssl that the loader finds by its name (`DLLSSLName`, std/openssl).
    if let [library] = survey.libraries("libcrypto.so").as_slice() {
        found.iter_mut().for_each(|one| survey.add_openssl(Arc::make_mut(one), library));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::testing::says;
    use crate::host::memory::Memory;

    #[test]
    fn the_first_place_counts_and_no_variable() {
        let files =
            Memory::new().file("/etc/ssl/ca-bundle.pem", "").file("/etc/pki/tls/certs/x", "").file("/a.pem", "");
        assert!(says(&files, &[], "nim").is_empty());
        let files = files.file("/usr/bin/nim", "");
        assert_eq!(says(&files, &[("SSL_CERT_FILE", "/a.pem")], "nim"), [": /etc/ssl/ca-bundle.pem"]);
    }
}
