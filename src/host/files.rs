//! A real tree of files at any root.
