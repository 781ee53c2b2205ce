//! A property list for launchd, which runs it as root and keeps what it prints in a log.

use super::super::escape::markup;
use super::template::fill;
use super::{Every, Job, Refused, Scheduler, Unit, is_absolute};

/// The row.
pub const SCHEDULER: Scheduler = Scheduler {
    name: "launchd",
    about: "a property list for /Library/LaunchDaemons",
    says: "https://www.manpagez.com/man/5/launchd.plist/",
    program: "/usr/local/bin/castore",
    absolute: is_absolute,
    write,
};

fn write(job: &Job) -> Result<Vec<Unit>, Refused> {
    let given = job.arguments.iter().map(String::as_str);
    let words = [job.program.as_str(), "check"].into_iter().chain(given);
    let lines: Vec<String> = words.map(|word| format!("\t\t<string>{}</string>", markup(word))).collect();
    let minute = ("Minute", job.minute);
    let when = match job.every {
        Every::Hour => vec![minute],
        Every::Day => vec![("Hour", job.hour), minute],
        Every::Week => vec![("Weekday", 1), ("Hour", job.hour), minute],
    };
    let when = when.iter().map(|(key, number)| format!("\t\t<key>{key}</key>\n\t\t<integer>{number}</integer>"));
    let values = [
        ("ARGUMENTS", Some(&*lines.join("\n"))),
        ("CALENDAR", Some(&*when.collect::<Vec<_>>().join("\n"))),
        ("EVERY", Some(job.every.words())),
    ];
    let text = fill(include_str!("../../../data/schedule/castore-check.plist"), &values);
    Ok(vec![Unit { name: "castore-check.plist", text }])
}
