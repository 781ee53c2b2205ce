//! What the targets share: what holds for every reader, as the replay in `cargo test` holds it.

#[path = "../../support/held.rs"]
mod held;

pub use held::{hold, hold_snapshot, means};
