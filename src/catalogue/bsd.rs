//! BSD systems: FreeBSD's `certctl` directories, OpenBSD's one file, NetBSD's directory.

use super::client::{Client, Edit, Leaf, Look, Rule};
use crate::host::System::Bsd;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[SYSTEM, ANCHORS];

const CERTCTL: &str = "https://man.freebsd.org/cgi/man.cgi?query=certctl&sektion=8";
const OPENBSD: &str = "https://man.openbsd.org/openssl.1#FILES";
const NETBSD: &str = "https://man.netbsd.org/certctl.8";

/// `bsd-system`: what programs read.
const SYSTEM: Client = Client::new(
    "bsd-system",
    "the system store",
    "The file or directory of TLS roots that the base system provides.",
    Rule::First(&[
        Leaf::path("/etc/ssl/cert.pem").look(Look::Blocks).says(OPENBSD),
        Leaf::path("/usr/local/etc/ssl/cert.pem").look(Look::Blocks).says(CERTCTL),
        Leaf::path("/etc/ssl/certs").look(Look::HashLazy).says(CERTCTL),
        Leaf::path("/etc/openssl/certs").look(Look::HashLazy).says(NETBSD),
    ]),
)
.on(&[Bsd])
.edit(Edit::DropIn { directory: "/usr/local/share/certs", extension: "crt", refresh: "certctl rehash" });

/// `bsd-anchors`: what `certctl` reads.
const ANCHORS: Client = Client::new(
    "bsd-anchors",
    "the certctl anchors",
    "The directories from which certctl fills the store: the base system's and the administrator's.",
    Rule::All(&[
        Leaf::path("/usr/local/share/certs").look(Look::EveryFile).says(CERTCTL),
        Leaf::path("/usr/local/share/certs/trusted").look(Look::EveryFile).says(CERTCTL),
        Leaf::path("/usr/share/certs/trusted").look(Look::EveryFile).says(CERTCTL),
    ]),
)
.on(&[Bsd])
.edit(Edit::DropIn { directory: "/usr/local/share/certs", extension: "crt", refresh: "certctl rehash" });
