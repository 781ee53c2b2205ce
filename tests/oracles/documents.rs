//! kubectl-shaped documents, macOS and Windows trust lists.
