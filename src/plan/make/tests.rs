//! Plans over hosts in memory.
