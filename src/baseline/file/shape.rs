//! The fields of the file, one struct for each object of it.
//!
//! - `write`: of an inventory
//! - `read`: to an inventory again, where every value is what it has to be

mod read;
mod write;

use serde::{Deserialize, Serialize};

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whole {
    pub schema: String,
    castore: String,
    host: HostShape,
    scope: Vec<String>,
    redacted: bool,
    // Of an earlier castore there is none.
    #[serde(default)]
    view: Option<ViewShape>,
    certificates: Vec<CertificateShape>,
    stores: Vec<StoreShape>,
    clients: Vec<ClientShape>,
    // Of a castore that wrote only their digests there are none.
    #[serde(default)]
    anchors: Vec<AnchorsShape>,
    accepted: Vec<AcceptanceShape>,
}

/// For whom it was looked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewShape {
    accounts: String,
    variables: String,
}

/// Words for whether every account was looked at.
const ACCOUNTS: [(bool, &str); 2] = [(true, "every"), (false, "one")];
/// Words for whether the variables were those of a login.
const VARIABLES: [(bool, &str); 2] = [(true, "login"), (false, "present")];

/// A set of anchors, which clients name by its digest.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnchorsShape {
    sha256: String,
    certificates: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HostShape {
    name: Option<String>,
    system: String,
    release: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateShape {
    sha256: String,
    subject: Option<String>,
    issuer: Option<String>,
    serial: Option<String>,
    not_before: Option<String>,
    not_after: Option<String>,
    spki_sha256: Option<String>,
    self_issued: bool,
    ca: Option<bool>,
    key: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreShape {
    id: String,
    format: Option<String>,
    reading: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    sha256: String,
    certificates: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    limited: Vec<LimitedShape>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    references: Vec<ReferenceShape>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidShape {
    servers: String,
    says: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitedShape {
    sha256: String,
    servers: String,
    says: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferenceShape {
    about: String,
    servers: String,
    says: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientShape {
    id: String,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    number: u32,
    versions: Vec<String>,
    stores: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    opaque: Vec<String>,
    anchors: usize,
    anchors_sha256: String,
    verification_off: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptanceShape {
    at: String,
    by: Option<String>,
    reason: Option<String>,
    until: Option<String>,
    changes: Vec<ChangeShape>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case", deny_unknown_fields)]
enum ChangeShape {
    RootAdded { store: String, sha256: String, said: SaidShape },
    RootRemoved { store: String, sha256: String },
    TrustChanged { store: String, sha256: String, said: SaidShape },
    ReferenceChanged { store: String, about: String, said: Option<SaidShape> },
    StoreSet { store: StoreShape },
    StoreGone { store: String },
    ClientSet { client: ClientShape },
    ClientGone { client: KeyShape },
    AnchorsChanged { clients: Vec<KeyShape>, added: Vec<String>, removed: Vec<String> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyShape {
    id: String,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    number: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

// ---- from a baseline ----
