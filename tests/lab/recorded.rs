//! What the clients were heard to say.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// What one client said of every chain.
pub struct Heard {
    pub accepts: BTreeSet<String>,
    pub refuses: BTreeMap<String, Said>,
}

/// What it printed for a chain that it refused.
pub struct Said {
    /// The number or the name, where it printed one.
    pub code: Option<Value>,
    pub text: String,
}

/// By client.
pub fn all() -> BTreeMap<String, Heard> {
    let path = super::chains::directory().join("recorded.jsonl");
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(line).collect()
}

fn line(line: &str) -> (String, Heard) {
    let value: Value = serde_json::from_str(line).unwrap();
    let accepts = value["accepts"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect();
    let said = |said: &Value| Said {
        code: said.get("code").cloned(),
        text: said["text"].as_str().unwrap_or_default().to_owned(),
    };
    let refuses =
        value["refuses"].as_object().unwrap().iter().map(|(name, found)| (name.clone(), said(found))).collect();
    (value["client"].as_str().unwrap().to_owned(), Heard { accepts, refuses })
}
