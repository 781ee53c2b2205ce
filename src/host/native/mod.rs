//! What differs by operating system when reading.
