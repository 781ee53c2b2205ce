//! The chains of the lab, read as a client is given them.

use castore::chain::member::Member;
use castore::chain::{Held, Pool, Question, Trusted};
use castore::model::{Body, Timestamp};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One chain with the client's store.
pub struct Chain {
    pub name: String,
    pub question: Question,
    pub pool: Pool,
}

/// The moment of the recording: 2026-11-21 20:15 UTC.
fn moment() -> Timestamp {
    Timestamp::from_civil(2026, 11, 21, 20, 15, 0).unwrap()
}

pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lab")
}

/// Every chain, by name.
pub fn all() -> Vec<Chain> {
    let mut names: Vec<String> = fs::read_dir(directory().join("certs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names.into_iter().map(|name| read(&directory().join("certs").join(&name), name.clone())).collect()
}

/// One chain, asked for as `localhost`.
pub fn read(at: &Path, name: String) -> Chain {
    let sent = certificates(&at.join("server.pem"));
    let held = |member| Held { member, place: None, ends_chain: true, trust: Trusted::Unstated };
    let pool = Pool { anchors: certificates(&at.join("roots.pem")).into_iter().map(held).collect() };
    let question = Question { sent, name: Some("localhost".parse().unwrap()), at: moment(), stapled: None };
    Chain { name, question, pool }
}

/// The certificates of a file of PEM, in their order.
pub fn certificates(path: &Path) -> Vec<Arc<Member>> {
    let bytes = fs::read(path).unwrap();
    let decoded = castore::format::pem::read(&bytes);
    let mut members = Vec::new();
    for entry in decoded.entries {
        if let Body::Certificate(der) = entry.body {
            let certificate = Arc::new(castore::format::x509::read(der));
            members.push(Arc::new(Member::new(certificate).unwrap()));
        }
    }
    members
}
