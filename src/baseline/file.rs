//! A baseline as a file: JSON of one form, `castore.snapshot/1` (`data/schema/snapshot.v1.json`).
//!
//! The same state of a host gives the same octets: everything is in the order of its name, and nothing is in
//! the file that changes by itself, the time neither. So the file can be kept under version control, and a
//! certificate is one line of a store. Reading is strict, since a field that is passed over may be one that
//! limits what was accepted: a field more is another version of the form, and every name must lead somewhere.

mod shape;

use super::Baseline;
use crate::format::BadDocument;
use crate::format::versioned::{self, Form};
use shape::Whole;

/// The form that is written, and the only one that is read.
pub const SCHEMA: &str = "castore.snapshot/1";

/// What begins the name of every version of the form.
const FAMILY: &str = "castore.snapshot/";

/// Why octets are no snapshot.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSnapshot {
    /// It is damaged, or was changed by hand.
    #[error(transparent)]
    Document(#[from] BadDocument),
    /// It is a snapshot of another version.
    #[error("expected a snapshot of version 1 ({SCHEMA}), found version {0}")]
    Version(String),
    /// It is JSON, and no snapshot.
    #[error("expected a snapshot ({SCHEMA}), found {0}")]
    NoSnapshot(String),
}

impl BadSnapshot {
    /// What to do.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Version(_) => "read it with the castore that wrote it, or take it anew with castore snapshot",
            Self::NoSnapshot(_) => "castore snapshot --out FILE writes one",
            Self::Document(_) => "it was changed by hand or damaged: restore it, or take it anew with castore snapshot",
        }
    }

    fn value(at: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Document(BadDocument::value(at, expected, found))
    }
}

/// What of a text an error repeats.
fn repeated(text: &str) -> String {
    versioned::beginning(text).map_or_else(|| text.to_owned(), |beginning| format!("{beginning}…"))
}

/// A baseline as JSON, indented, with a final newline.
#[must_use]
pub fn write(baseline: &Baseline) -> String {
    // Serialising plain fields to memory cannot fail.
    let mut text = serde_json::to_string_pretty(&Whole::of(baseline)).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads what [`write()`] wrote.
pub fn read(bytes: &[u8]) -> Result<Baseline, BadSnapshot> {
    match serde_json::from_slice::<Whole>(bytes) {
        Ok(whole) if whole.schema == SCHEMA => whole.baseline(),
        Ok(whole) => Err(other_form(&whole.schema)),
        Err(error) => Err(match versioned::form(bytes) {
            Form::Says(schema) if schema != SCHEMA => other_form(&schema),
            Form::Silent | Form::Other => BadSnapshot::NoSnapshot("JSON without a schema".to_owned()),
            _ => BadDocument::syntax(&error).into(),
        }),
    }
}

/// Whether octets are meant to be a snapshot: an object whose first field says so.
#[must_use]
pub fn is_snapshot(bytes: &[u8]) -> bool {
    crate::format::is_of_schema(bytes, FAMILY)
}

fn other_form(schema: &str) -> BadSnapshot {
    match schema.strip_prefix(FAMILY) {
        Some(version) => BadSnapshot::Version(repeated(version)),
        None => BadSnapshot::NoSnapshot(format!("schema {:?}", repeated(schema))),
    }
}
