//! Reports to text.
//!
//! A report ([`report`]) is what a command answers, as versioned plain data: the JSON output is
//! exactly that. The text for people ([`text`]) is written from the same report, through a page
//! that escapes everything it is given.

pub mod checked;
pub mod escape;
pub mod markdown;
pub mod ndjson;
pub mod prometheus;
pub mod report;
pub mod text;

pub use report::json;
