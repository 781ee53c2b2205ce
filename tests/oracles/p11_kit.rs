//! trust: p11-kit files and what it extracts.
