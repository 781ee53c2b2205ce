//! A task for the Task Scheduler of Windows, run as SYSTEM.
//!
//! What a task prints is lost, so that the report has to go to a file.

use super::super::escape::markup;
use super::super::escape::units::windows;
use super::template::fill;
use super::{Every, Job, Refused, Scheduler, Unit};

/// The row.
pub const SCHEDULER: Scheduler = Scheduler {
    name: "windows",
    about: "a task for Register-ScheduledTask; needs --out behind --",
    says: "https://learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema",
    program: r"C:\Program Files\castore\castore.exe",
    absolute: is_absolute,
    write,
};

/// With a drive, or on a server.
fn is_absolute(path: &str) -> bool {
    match path.as_bytes() {
        [letter, b':', b'\\' | b'/', ..] => letter.is_ascii_alphabetic(),
        octets => octets.starts_with(b"\\\\"),
    }
}

fn write(job: &Job) -> Result<Vec<Unit>, Refused> {
    if job.out.is_none() {
        let expected = "--out FILE among the options of check, as what a task prints is lost";
        return Err(Refused { expected, found: job.arguments.join(" ") });
    }
    let replaced = |value: &&String| value.contains('%') || value.contains("$(");
    if let Some(found) = [&job.program].into_iter().chain(&job.arguments).find(replaced) {
        let expected = "neither % nor $(, which the Task Scheduler would replace";
        return Err(Refused { expected, found: found.clone() });
    }
    let words = job.arguments.iter().fold("check".to_owned(), |words, word| words + " " + &windows(word));
    let hour = if job.every == Every::Hour { 0 } else { job.hour };
    let values = [
        ("PROGRAM", Some(&*markup(&job.program))),
        ("ARGUMENTS", Some(&*markup(&words))),
        ("TIME", Some(&*format!("{hour:02}:{:02}", job.minute))),
        ("DELAY", Some(&*format!("PT{}M", job.every.spread()))),
        ("HOURLY", Job::given(job.every == Every::Hour)),
        ("WEEKLY", Job::given(job.every == Every::Week)),
        ("NETWORK", Some(if job.with_hosts { "true" } else { "false" })),
        ("EVERY", Some(job.every.words())),
    ];
    let text = fill(include_str!("../../../data/schedule/castore-check.xml"), &values);
    Ok(vec![Unit { name: "castore-check.xml", text }])
}
