//! Reports as Markdown: the page of all clients, the findings for a comment.

mod check;
mod clients;

pub use check::FORMAT;
pub use clients::clients;

use std::fmt::Write;

fn line(page: &mut String, text: std::fmt::Arguments<'_>) {
    // A text takes whatever is written.
    _ = writeln!(page, "{text}");
}

/// A text of castore's own in which nothing is taken for a mark. What strangers wrote goes into a code span
/// ([`crate::render::escape::code`]): no escape keeps GitHub from a mention or a link.
fn text(raw: &str) -> String {
    let mut shown = String::with_capacity(raw.len());
    for character in raw.chars() {
        if matches!(character, '*' | '_' | '`' | '<' | '>' | '[' | ']' | '|' | '\\') {
            shown.push('\\');
        }
        shown.push(character);
    }
    shown
}
