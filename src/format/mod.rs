//! Bytes to entries: one file per format, each a pure function.
