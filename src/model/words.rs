//! Words that are the same wherever something is said.

/// What people call a certificate with this subject.
#[must_use]
pub fn label(subject: Option<&str>) -> &str {
    match subject {
        Some("") => "(no name)",
        Some(subject) => subject,
        None => "(cannot be parsed)",
    }
}

/// `1 store`, `2 stores`.
#[must_use]
pub fn counted(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
