//! Reports to text.
//!
//! A report ([`report`]) is what a command answers, as versioned plain data: the JSON output is
//! exactly that. The text for people ([`text`]) is written from the same report, through a page
//! that escapes everything it is given.
//!
//! `castore check` answers in many formats, one file each. To add one, write its file (why, row,
//! function, tests) and name its row in [`FORMATS`]; a test puts hostile names through it.

pub mod checked;
pub mod commands;
pub mod csv;
pub mod escape;
pub mod html;
pub mod junit;
pub mod markdown;
pub mod nagios;
pub mod ndjson;
pub mod prometheus;
pub mod report;
pub mod sarif;
pub mod schedule;
pub mod text;

pub use report::json;

use checked::Format;

/// Every format of `castore check`, in the order of `--help`.
pub const FORMATS: &[Format] = &[
    text::check::FORMAT,
    report::check::FORMAT,
    ndjson::FORMAT,
    sarif::FORMAT,
    junit::FORMAT,
    csv::FORMAT,
    markdown::FORMAT,
    nagios::FORMAT,
    prometheus::FORMAT,
    html::FORMAT,
];
