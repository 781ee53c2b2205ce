//! JSON that castore writes and reads back: of a form and a version that its field `schema` says.

/// Characters of a text of the file that an error repeats. The longest that is right, a schema or a
/// fingerprint, has 64.
const REPEATED: usize = 80;

/// Characters of what serde says that an error repeats: a field of another name may be as long as the file.
const SAID: usize = 3 * REPEATED;

/// The beginning of a text that is longer than what an error repeats.
pub(crate) fn beginning(text: &str) -> Option<&str> {
    text.char_indices().nth(REPEATED).map(|(at, _)| &text[..at])
}

/// Why octets are no document of the form that they say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDocument {
    /// They are no JSON, or JSON with other fields.
    #[error("line {line}, column {column}: {why}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong there.
        why: String,
    },
    /// A value is not what it has to be.
    #[error("{at}: expected {expected}, found {found}")]
    Value {
        /// The value, as `stores[3].id`.
        at: String,
        /// What it has to be.
        expected: String,
        /// What it is.
        found: String,
    },
}

impl BadDocument {
    /// What serde says, a long text of it cut.
    pub(crate) fn syntax(error: &serde_json::Error) -> Self {
        let text = why(error);
        let why = match beginning(&text) {
            Some(beginning) if text.chars().count() > SAID => format!("{beginning}…"),
            _ => text,
        };
        Self::Syntax { line: error.line(), column: error.column(), why }
    }

    pub(crate) fn value(at: impl Into<String>, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self::Value { at: at.into(), expected: expected.into(), found: found.into() }
    }
}

/// What octets say that they are.
pub(crate) enum Form {
    /// The schema they name.
    Says(String),
    /// An object that names none.
    Silent,
    /// JSON that is no such object.
    Other,
    /// No JSON.
    Broken(serde_json::Error),
}

/// Reads nothing but the schema: another version has other fields, and is told by its name rather than by the
/// first field that differs.
pub(crate) fn form(bytes: &[u8]) -> Form {
    #[derive(serde::Deserialize)]
    struct Header {
        schema: Option<String>,
    }
    match serde_json::from_slice::<Header>(bytes) {
        Ok(Header { schema: Some(schema) }) => Form::Says(schema),
        Ok(Header { schema: None }) => Form::Silent,
        Err(error) if error.is_data() => Form::Other,
        Err(error) => Form::Broken(error),
    }
}

/// What serde says, without the place, which is told apart.
fn why(error: &serde_json::Error) -> String {
    let mut text = error.to_string();
    if let Some(at) = text.rfind(" at line ") {
        text.truncate(at);
    }
    text
}
