//! A service that runs once, with what castore does not need taken from it, and its timer.
//!
//! As root, because stores and homes are others', but root with one capability, that of reading: what is written is
//! written where root may write as an owner. `systemd-analyze security` calls that 1.0, where a service that nothing
//! is taken from has 9.6.

use super::super::escape::units::{systemd, systemd_path};
use super::template::fill;
use super::{Every, Job, LOGINS, Refused, Scheduler, Unit, is_absolute};

/// The row.
pub const SCHEDULER: Scheduler = Scheduler {
    name: "systemd",
    about: "a service and its timer, for /etc/systemd/system",
    says: "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html",
    program: "/usr/bin/castore",
    absolute: is_absolute,
    write,
};

/// What the unit has another of, or none: `PrivateTmp=`, `PrivateDevices=` and `ProcSubset=`.
const HIDDEN: [&[&str]; 4] = [&["tmp"], &["var", "tmp"], &["dev"], &["proc"]];

/// The names on the way to a path, as they are written: links are the machine's that it is for.
fn names(path: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in path.split('/') {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    names
}

fn refuse_hidden(job: &Job) -> Result<(), Refused> {
    let is_hidden = |path: &&String| HIDDEN.iter().any(|hidden| names(path).starts_with(hidden));
    if let Some(found) = job.paths.iter().chain([&job.program]).find(is_hidden) {
        let expected =
            "a path that the unit sees, which has a /tmp and a /var/tmp of its own and little of /dev and /proc";
        return Err(Refused { expected, found: found.clone() });
    }
    if let Some(found) = job.out.as_ref().filter(|out| names(out).is_empty()) {
        let expected = "--out in a directory below /, as the unit may write in all of that";
        return Err(Refused { expected, found: found.clone() });
    }
    if job.set.contains("pid") {
        let expected = "no --pid, as the unit sees no process of others";
        return Err(Refused { expected, found: "--pid".to_owned() });
    }
    Ok(())
}

fn write(job: &Job) -> Result<Vec<Unit>, Refused> {
    refuse_hidden(job)?;
    let given = job.arguments.iter().map(String::as_str);
    let words = ["check"].into_iter().chain(LOGINS.of(job).iter().copied()).chain(given);
    let command = words.fold(systemd_path(&job.program), |command, word| command + " " + &systemd(word));
    let out = job.out.as_deref().map(systemd_path);
    let (hour, minute) = (job.hour, job.minute);
    let calendar = match job.every {
        Every::Hour => format!("*-*-* *:{minute:02}:00"),
        Every::Day => format!("*-*-* {hour:02}:{minute:02}:00"),
        Every::Week => format!("Mon *-*-* {hour:02}:{minute:02}:00"),
    };
    let install = job.install("systemd", "/etc/systemd/system");
    let values = [
        ("INSTALL", Some(install.as_str())),
        ("COMMAND", Some(command.as_str())),
        ("OUT", out.as_deref()),
        ("HOSTS", Job::given(job.with_hosts)),
        ("EVERY", Some(job.every.words())),
        ("CALENDAR", Some(calendar.as_str())),
        ("DELAY", Some(&*format!("{}min", job.every.spread()))),
    ];
    let unit = |name, template| Unit { name, text: fill(template, &values) };
    Ok(vec![
        unit("castore-check.service", include_str!("../../../data/schedule/castore-check.service")),
        unit("castore-check.timer", include_str!("../../../data/schedule/castore-check.timer")),
    ])
}
