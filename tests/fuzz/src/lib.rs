//! What the targets share: what holds for every reader, as the replay in `cargo test` holds it.

#[path = "../../support/held.rs"]
mod held;
#[path = "../../support/held_edits.rs"]
mod held_edits;
#[path = "../../support/held_escapes.rs"]
mod held_escapes;
#[path = "../../support/held_journals.rs"]
mod held_journals;

pub use held::{hold, hold_snapshot, means};
pub use held_edits::{hold_edits, resealed};
pub use held_escapes::hold_escapes;
pub use held_journals::hold_journals;
