//! What the targets share: what holds for every reader, as the replay in `cargo test` holds it.

#[path = "../../support/held.rs"]
mod held;
#[path = "../../support/held_edits.rs"]
mod held_edits;

pub use held::{hold, hold_snapshot, means};
pub use held_edits::{hold_edits, resealed};
