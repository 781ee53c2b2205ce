//! A plan as a file: JSON of one form, `castore.plan/1` (`data/schema/plan.v1.json`).
//!
//! `--save-plan` writes one for somebody else to read, and `sync --plan` carries it out later, exactly: it holds the
//! new octets of every file and what each file was. Reading is strict: paths are absolute and plain, and those of the
//! store that is named or of the system's places for certificates; a new file is one certificate that is shown, and
//! what is written over a file is PEM or a keystore; commands are among those that castore knows. What the files hold
//! that are there is asked when a plan is carried out (`apply/check`): they lose what is shown, and nothing but
//! certificates goes; a keystore is edited again, for which its password is needed again. How much may be removed is
//! asked again too ([`recheck`](super::limits::recheck)). Which store is named, and which certificates, is the plan's to
//! say: it is as good as whoever could write the file.

mod allowed;
mod places;
mod read;
mod shape;
mod show;
#[cfg(test)]
mod tests;

pub(crate) use places::Place;
pub use places::Places;

use super::Plan;
use crate::format::BadDocument;
use crate::format::versioned::{self, Form};
use crate::limits::PLAN_SIZE;
use shape::Whole;

/// The form that is written, and the only one that is read.
pub const SCHEMA: &str = "castore.plan/1";

/// What begins the name of every version of the form.
const FAMILY: &str = "castore.plan/";

/// Why octets are no plan that is carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPlan {
    /// It is damaged, or does what castore does not.
    #[error(transparent)]
    Document(#[from] BadDocument),
    /// It is a plan of another version, or something else.
    #[error("expected a plan of the form {SCHEMA}, found {0}")]
    Form(String),
    /// More octets than the limit.
    #[error("expected at most {PLAN_SIZE} bytes, found {0}")]
    TooLarge(usize),
}

impl BadPlan {
    /// What to do.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Form(_) => {
                "castore sync --save-plan FILE writes one; a plan is carried out by the castore that made it"
            }
            Self::Document(_) | Self::TooLarge(_) => {
                "it is damaged, or of another host or castore: make the plan again with castore sync --save-plan FILE"
            }
        }
    }

    fn value(at: impl Into<String>, expected: impl Into<String>, found: &str) -> Self {
        Self::Document(BadDocument::value(at, expected, repeated(found)))
    }
}

/// What of a text an error repeats.
fn repeated(text: &str) -> String {
    versioned::beginning(text).map_or_else(|| format!("{text:?}"), |beginning| format!("{beginning:?}…"))
}

/// A plan as JSON, indented, with a final newline.
#[must_use]
pub fn write(plan: &Plan) -> String {
    // Serialising plain fields to memory cannot fail.
    let mut text = serde_json::to_string_pretty(&Whole::of(plan)).unwrap_or_default();
    text.push('\n');
    text
}

/// Whether octets begin as a plan of some version does.
#[must_use]
pub fn is_plan(bytes: &[u8]) -> bool {
    crate::format::is_of_schema(bytes, FAMILY)
}

/// Reads what [`write()`] wrote, for the host that has these places.
///
/// # Errors
/// Where it is not that, or would do what castore does not.
pub fn read(bytes: &[u8], places: &Places) -> Result<Plan, BadPlan> {
    if bytes.len() > PLAN_SIZE {
        return Err(BadPlan::TooLarge(bytes.len()));
    }
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(BadPlan::Form("a file that is no JSON object".to_owned()));
    }
    let syntax = |error: &serde_json::Error| BadPlan::Document(BadDocument::syntax(error));
    match versioned::form(bytes) {
        Form::Says(schema) if schema == SCHEMA => {}
        Form::Says(schema) => {
            let version = schema.strip_prefix(FAMILY).map(|version| format!("version {}", repeated(version)));
            return Err(BadPlan::Form(version.unwrap_or_else(|| format!("schema {}", repeated(&schema)))));
        }
        Form::Silent => return Err(BadPlan::Form("JSON without a schema".to_owned())),
        Form::Other => return Err(BadPlan::Form("JSON of another kind".to_owned())),
        Form::Broken(error) => return Err(syntax(&error)),
    }
    serde_json::from_slice::<Whole>(bytes).map_err(|error| syntax(&error))?.plan(places)
}
