//! Linux distributions: the generated bundle, the hash directory, and where an administrator
//! adds anchors.
//!
//! Every family of distributions generates one bundle from anchors, and every program that
//! speaks of "the system store" means that bundle or the directory beside it. They are three
//! rows because they drift apart: an anchor not yet generated, a directory that keeps a link.

use super::client::{Client, Edit, Leaf, Look, Rule};
use crate::host::System::Linux;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[BUNDLE, DIRECTORY, ANCHORS];

const DEBIAN: &str = "https://manpages.debian.org/bookworm/ca-certificates/update-ca-certificates.8.en.html";
const FEDORA: &str = "https://docs.fedoraproject.org/en-US/quick-docs/using-shared-system-certificates/";
const SUSE: &str = "https://github.com/openSUSE/ca-certificates";
const ARCH: &str = "https://wiki.archlinux.org/title/Transport_Layer_Security";
const ALPINE: &str = "https://gitlab.alpinelinux.org/alpine/ca-certificates";
const NIX: &str = "https://github.com/NixOS/nixpkgs/blob/master/nixos/modules/security/ca.nix";

const REFRESH: Edit = Edit::Via(
    "the distribution's own tool: a .crt file in /usr/local/share/ca-certificates and update-ca-certificates (Debian, \
     Alpine), a file in /etc/pki/ca-trust/source/anchors and update-ca-trust (Fedora, RHEL), in /etc/pki/trust/anchors \
     and update-ca-certificates (SUSE), trust anchor FILE (Arch)",
);

/// `system`: the bundle that the distribution generates.
const BUNDLE: Client = Client::new(
    "system",
    "the system bundle",
    "The bundle of TLS roots that the distribution generates from its anchors.",
    Rule::First(&[
        Leaf::path("/etc/ssl/certs/ca-certificates.crt").look(Look::Blocks).says(DEBIAN),
        Leaf::path("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem").look(Look::Blocks).says(FEDORA),
        Leaf::path("/etc/pki/tls/certs/ca-bundle.crt").look(Look::Blocks).says(FEDORA),
        Leaf::path("/var/lib/ca-certificates/ca-bundle.pem").look(Look::Blocks).says(SUSE),
        Leaf::path("/etc/ssl/ca-bundle.pem").look(Look::Blocks).says(SUSE),
        Leaf::path("/etc/ca-certificates/extracted/tls-ca-bundle.pem").look(Look::Blocks).says(ARCH),
        Leaf::path("/etc/ssl/certs/ca-bundle.crt").look(Look::Blocks).says(NIX),
        Leaf::path("/etc/ssl/cert.pem").look(Look::Blocks).says(ALPINE),
    ]),
)
.on(&[Linux])
.edit(REFRESH);

/// `system-directory`: the directory of subject hashes beside the bundle.
const DIRECTORY: Client = Client::new(
    "system-directory",
    "the system hash directory",
    "The directory in which OpenSSL looks up an issuer by the hash of its name.",
    Rule::First(&[
        // Before the links to it or beside it: on Fedora /etc/ssl/certs leads to a directory without hashes.
        Leaf::path("/etc/pki/ca-trust/extracted/pem/directory-hash").look(Look::HashLazy).says(FEDORA),
        Leaf::path("/etc/ssl/certs").look(Look::HashLazy).says(DEBIAN),
        Leaf::path("/etc/pki/tls/certs").look(Look::HashLazy).says(FEDORA),
        Leaf::path("/var/lib/ca-certificates/pem").look(Look::HashLazy).says(SUSE),
        Leaf::path("/etc/ca-certificates/extracted/cadir").look(Look::HashLazy).says(ARCH),
    ]),
)
.on(&[Linux])
.edit(REFRESH);

/// `system-anchors`: what the bundle is generated from.
const ANCHORS: Client = Client::new(
    "system-anchors",
    "the system anchors",
    "The directories from which the distribution generates its bundle: its own and the administrator's.",
    Rule::All(&[
        Leaf::tree("/usr/local/share/ca-certificates").look(Look::Extensions(&["crt"])).says(DEBIAN),
        Leaf::tree("/usr/share/ca-certificates").look(Look::Extensions(&["crt"])).says(DEBIAN),
        Leaf::path("/etc/pki/ca-trust/source/anchors").look(Look::EveryFile).says(FEDORA),
        Leaf::path("/etc/pki/ca-trust/source").look(Look::EveryFile).says(FEDORA),
        Leaf::path("/usr/share/pki/ca-trust-source/anchors").look(Look::EveryFile).says(FEDORA),
        Leaf::path("/usr/share/pki/ca-trust-source").look(Look::EveryFile).says(FEDORA),
        Leaf::path("/etc/pki/trust/anchors").look(Look::EveryFile).says(SUSE),
        Leaf::path("/usr/share/pki/trust/anchors").look(Look::EveryFile).says(SUSE),
        Leaf::path("/usr/share/pki/trust").look(Look::EveryFile).says(SUSE),
        Leaf::path("/etc/ca-certificates/trust-source/anchors").look(Look::EveryFile).says(ARCH),
        Leaf::path("/usr/share/ca-certificates/trust-source").look(Look::EveryFile).says(ARCH),
    ]),
)
.on(&[Linux])
.edit(REFRESH);
