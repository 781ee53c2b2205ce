//! redis-cli, and the programs of Valkey and KeyDB that came of it.
//!
//! `--cacert` and `--cacertdir` take the place of OpenSSL's default paths; no file of settings and no variable of its
//! own names either (`cliSecureConnection`). With `--tls` alone the default paths hold, as redis-cli 7.0.15 did under
//! strace and before servers of two authorities. It compares no name: a certificate for another host was taken.

use super::client::{Client, Edit, Ends, Installation, Rule};
use super::openssl::DEFAULT_PATHS;
use super::survey::Survey;
use crate::policy;
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[REDIS_CLI];

/// `redis-cli`: those that were built with TLS.
const REDIS_CLI: Client = Client::new(
    "redis-cli",
    "redis-cli",
    "OpenSSL's default paths, where --tls or a rediss:// address asks for TLS; --cacert and --cacertdir replace them. No \
     host name is matched.",
    Rule::Each(programs, &DEFAULT_PATHS),
)
.programs(NAMES)
.judged_by(&policy::openssl_clients::REDIS)
.ends(|_| Ends::SelfIssued)
.edit(Edit::SYSTEM);

const NAMES: &[&str] = &["redis-cli", "valkey-cli", "keydb-cli"];

/// Those on `PATH` that are linked to an OpenSSL: without it there is no `--tls`.
fn programs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let found = NAMES.iter().flat_map(|name| survey.with_tls(name));
    found.filter(|one| one.has("openssl")).collect()
}

#[cfg(test)]
mod tests {
    use crate::catalogue::survey::linked;
    use crate::catalogue::survey::testing::{openssl, says};
    use crate::host::memory::Memory;

    #[test]
    fn it_has_the_paths_of_its_openssl_where_it_has_tls() {
        let files = Memory::new()
            .file("/usr/lib/x86_64-linux-gnu/libcrypto.so.3", openssl("/usr/lib/ssl"))
            .file("/usr/lib/ssl/cert.pem", "")
            .file("/usr/bin/redis-cli", linked(0, &[(1, "libssl.so.3"), (1, "libcrypto.so.3")]))
            .file("/usr/bin/valkey-cli", linked(0, &[(1, "libc.so.6")]))
            .file("/a.pem", "");
        assert_eq!(says(&files, &[], "redis-cli"), ["/usr/bin/redis-cli: /usr/lib/ssl/cert.pem"]);
        assert_eq!(says(&files, &[("SSL_CERT_FILE", "/a.pem")], "redis-cli"), ["/usr/bin/redis-cli: /a.pem"]);
    }
}
