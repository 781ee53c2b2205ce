//! Plans written and read back, and plans that nobody should carry out.
