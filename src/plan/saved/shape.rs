//! The fields of the file, one struct for each object of it.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Whole {
    pub schema: String,
    pub castore: String,
    pub at: String,
    /// Every certificate once: the base64 of its DER, by its SHA-256.
    pub certificates: BTreeMap<String, String>,
    pub stores: Vec<ChangeShape>,
    pub refreshes: Vec<RefreshShape>,
    pub unchanged: Vec<TargetShape>,
    pub declined: Vec<DeclinedShape>,
    pub left_out: Vec<LeftOutShape>,
}

/// A path, or what is written in a link: text, or the base64 of octets that are no UTF-8.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum PathShape {
    Text(String),
    Octets(OctetsShape),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OctetsShape {
    pub base64: String,
}

/// A store: a path, a native store by its name, or what is built into a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoreShape {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathShape>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetShape {
    pub store: StoreShape,
    pub links: Vec<PathShape>,
    pub readers: Vec<String>,
    pub format: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeShape {
    pub target: TargetShape,
    pub added: Vec<MovedShape>,
    pub removed: Vec<MovedShape>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub swept: Vec<SweptShape>,
    pub kept: usize,
    pub notes: Vec<String>,
    pub how: String,
    pub lost_by: Option<String>,
    pub steps: Vec<StepShape>,
    pub after: AfterShape,
    pub asks: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MovedShape {
    pub sha256: String,
    pub from: Vec<StoreShape>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needed_by: Vec<NeedShape>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SweptShape {
    pub does: String,
    pub sha256: String,
    pub store: StoreShape,
    pub because: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NeedShape {
    pub sha256: String,
    pub store: StoreShape,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum StepShape {
    Write { path: PathShape, sha256: String, base64: String, was: WasShape, mode: String },
    Link { path: PathShape, to: PathShape, was: WasShape },
    Remove { path: PathShape, was: WasShape },
    Nss { directory: PathShape, was: WasShape, add: Vec<NamedShape>, remove: Vec<NamedShape> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedShape {
    pub nickname: String,
    pub sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum WasShape {
    Absent {},
    Link { to: PathShape },
    File { sha256: String, size: u64, identity: Option<(u64, u64)>, changed: Option<(i64, u32)> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum AfterShape {
    Exactly(Vec<String>),
    AtLeast { with: Vec<String>, without: Vec<String> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshShape {
    pub command: Vec<String>,
    pub directories: Vec<PathShape>,
    pub makes: Vec<StoreShape>,
    pub because: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclinedShape {
    pub target: TargetShape,
    pub because: String,
    pub instead: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LeftOutShape {
    pub sha256: String,
    pub from: Vec<StoreShape>,
    pub to: Option<StoreShape>,
    pub because: String,
}
