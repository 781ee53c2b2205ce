//! A table for `/etc/cron.d`, whose one line sends mail only when the answer has changed.
//!
//! cron(8) mails whatever a command prints, every day the same, until nobody reads it. So the line prints the report
//! only where it is another than the last; ages in days do not count, or an expired certificate would be news daily.
//! What is compared is text, whatever `castore.toml` says of formats: in others times stand in other forms. With `--out`
//! the report goes to a file, in any format, and what is compared and sent is what went wrong on the way.

use super::super::escape::units::cron;
use super::template::fill;
use super::{Default, Job, LOGINS, Refused, Scheduler, Unit, is_absolute};
use crate::limits;
use crate::model::passing::EXPRESSION;

/// The row.
pub const SCHEDULER: Scheduler = Scheduler {
    name: "cron",
    about: "a table for /etc/cron.d that sends mail when the answer changes",
    says: "https://man7.org/linux/man-pages/man5/crontab.5.html",
    program: "/usr/bin/castore",
    absolute: is_absolute,
    write,
};

/// What is printed is text.
const FORMAT: Default = Default { words: &["--format", "text"], unless: &["format"] };
/// It is printed, whatever settings say.
const OUT: Default = Default { words: &["--out", "-"], unless: &["out"] };

fn write(job: &Job) -> Result<Vec<Unit>, Refused> {
    let values = job.arguments.iter().chain([&job.program, &job.state]);
    if let Some(found) = values.clone().find(|value| value.contains('\\')) {
        let expected = "no backslash, which programs called cron read in different ways";
        return Err(Refused { expected, found: found.clone() });
    }
    let is_to_file = job.out.is_some();
    if let Some(format) = job.format.as_ref().filter(|format| !is_to_file && *format != "text") {
        let expected = "--format text, or --out FILE: other formats hold the time and would be news every time";
        return Err(Refused { expected, found: format!("--format {format}") });
    }
    let printed = [FORMAT, OUT].into_iter().filter(|_| !is_to_file).flat_map(|default| default.of(job)).copied();
    let given = job.arguments.iter().map(String::as_str);
    let words = ["check"].into_iter().chain(LOGINS.of(job).iter().copied()).chain(printed).chain(given);
    let check = words.fold(cron(&job.program), |command, word| command + " " + &cron(word));
    let state = cron(&job.state);
    let line = fill(
        include_str!("../../../data/schedule/castore-check.sh"),
        &[("CHECK", Some(&check)), ("STATE", Some(&state)), ("PASSING", Some(EXPRESSION))],
    );
    let line = line.trim_end();
    if line.len() > limits::CRON_COMMAND {
        let found = format!("{} octets", line.len());
        return Err(Refused { expected: "a command of at most 998 octets, as cron takes it", found });
    }
    let (calendar, install) = (job.cron(), job.install("cron", "/etc/cron.d"));
    let values = [
        ("COMMAND", Some(line)),
        ("STATE", Some(job.state.as_str())),
        ("EVERY", Some(job.every.words())),
        ("CALENDAR", Some(calendar.as_str())),
        ("INSTALL", Some(install.as_str())),
        ("OUT", Job::given(is_to_file)),
    ];
    let text = fill(include_str!("../../../data/schedule/castore-check.cron"), &values);
    // A name with a dot would be passed over (cron(8), "/etc/cron.d").
    Ok(vec![Unit { name: "castore-check", text }])
}
