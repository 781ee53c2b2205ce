//! Hostile chains: every engine answers in bounded time.
