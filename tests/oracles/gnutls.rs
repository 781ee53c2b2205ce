//! GnuTLS by gnutls-cli, and p11-kit's trust module by trust.

use crate::witness::{Bench, server};
use crate::{optional, require};
use std::path::Path;

#[test]
fn gnutls_opens_what_castore_says() {
    if !require("strace") || !optional("gnutls-cli") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let port = url.trim_end_matches('/').rsplit(':').next().unwrap().to_owned();
    let arguments = ["--port", &port, "127.0.0.1"];
    for client in ["gnutls-cli", "gnutls"] {
        for installation in crate::witness::which(client, &bench.environment, &bench.directory) {
            for case in ["", "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed", "CURL_CA_BUNDLE=a.pem GIT_SSL_CAINFO=b.pem"] {
                bench.hold(client, case, &installation.at, Path::new("/usr/bin/gnutls-cli"), &arguments, |_| false);
            }
        }
    }
}
