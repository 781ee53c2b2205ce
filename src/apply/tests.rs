//! The writer against a tree of its own: what is expected, what is left, what is seen between two steps.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a test makes what it reads, and says what it skips"
)]

mod crash;
mod damage;
mod kept;
mod mended;
mod plans;
mod nss;
mod protocol;
mod state;
mod undoing;
mod world;
