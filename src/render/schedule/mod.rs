//! Files that make a machine run `castore check` by itself, for the schedulers that machines have.
//!
//! A scheduled run has no terminal, no shell's environment and nobody who looks. So it runs with the fewest rights
//! that let it read, sees the variables of logins and every account rather than its own, and says something only by
//! what its scheduler passes on: the journal, mail, a log, an exit status. The texts stand in `data/schedule` with
//! places for values; what is put there is escaped for its format ([`super::escape::units`]) or refused.
//!
//! To add a scheduler, write its file (why, row, function, tests) and name its row in [`SCHEDULERS`].

mod cron;
mod kubernetes;
mod launchd;
mod systemd;
mod template;
#[cfg(test)]
mod tests;
mod windows;

use super::escape::{is_unsafe, shell};
use std::collections::BTreeSet;

/// Every scheduler, in the order of `--help`.
pub const SCHEDULERS: &[Scheduler] =
    &[systemd::SCHEDULER, cron::SCHEDULER, launchd::SCHEDULER, windows::SCHEDULER, kubernetes::SCHEDULER];

/// One row: a program that starts others at certain times.
pub struct Scheduler {
    /// What users write after `--print`.
    pub name: &'static str,
    /// What is printed, in a few words.
    pub about: &'static str,
    /// Where its files are defined.
    pub says: &'static str,
    /// Where castore is where nobody says.
    pub program: &'static str,
    /// Whether a path is one from the top, as a run without a directory of its own needs it.
    absolute: fn(&str) -> bool,
    /// The files.
    write: fn(&Job) -> Result<Vec<Unit>, Refused>,
}

/// A file of a scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: &'static str,
    /// Its content.
    pub text: String,
}

/// A value that cannot stand in a file, or that is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, found {found:?}")]
pub struct Refused {
    /// What may stand there.
    pub expected: &'static str,
    /// What was to stand there.
    pub found: String,
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// At one minute of each hour.
    Hour,
    /// At one time of each day.
    Day,
    /// At one time of each Monday.
    Week,
}

impl Every {
    const fn words(self) -> &'static str {
        match self {
            Self::Hour => "every hour",
            Self::Day => "every day",
            Self::Week => "every week",
        }
    }

    const fn seconds(self) -> u32 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 604_800,
        }
    }

    /// Minutes over which the runs of many machines are spread.
    const fn spread(self) -> u32 {
        match self {
            Self::Hour => 5,
            Self::Day => 60,
            Self::Week => 360,
        }
    }
}

/// What is to run, when, and with what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Where castore is.
    pub program: String,
    /// What the user gave `castore schedule`, but for `--print`, `--out-dir` and what stands behind `--`.
    pub given: Vec<String>,
    /// What stands behind `castore check`.
    pub arguments: Vec<String>,
    /// The options among those, by their long names.
    pub set: BTreeSet<String>,
    /// The values of those options that are paths, and the paths among the selectors.
    pub paths: Vec<String>,
    /// The format of the report, where one is named.
    pub format: Option<String>,
    /// The directory that the report is written to, where it is written to a file.
    pub out: Option<String>,
    /// How often.
    pub every: Every,
    /// The hour, 0 to 23, by the machine's clock; by the hour it does not count.
    pub hour: u8,
    /// The minute, 0 to 59.
    pub minute: u8,
    /// Whether the run may use the network, for the servers that it is to check.
    pub with_hosts: bool,
    /// The directory of what is kept from run to run.
    pub state: String,
    /// The image that holds castore, for containers.
    pub image: Option<String>,
}

/// What castore is asked to look at where the user asks for nothing of that kind: not the surroundings of a service.
const LOGINS: Default = Default {
    words: &["--all-users", "--login-environment"],
    unless: &["all-users", "login-environment", "pid", "root", "service", "user"],
};

/// Words that are added unless one of these options is set.
struct Default {
    words: &'static [&'static str],
    unless: &'static [&'static str],
}

impl Default {
    fn of(&self, job: &Job) -> &'static [&'static str] {
        if self.unless.iter().any(|option| job.set.contains(*option)) { &[] } else { self.words }
    }
}

impl Scheduler {
    /// The files that have this scheduler do a job.
    pub fn units(&self, job: &Job) -> Result<Vec<Unit>, Refused> {
        let values =
            job.arguments.iter().chain(&job.given).chain([&job.program, &job.state]).chain(&job.out).chain(&job.image);
        if let Some(found) = values.clone().find(|value| value.contains(is_unsafe)) {
            return Err(Refused { expected: "no control or invisible characters", found: found.clone() });
        }
        let paths = [&job.program].into_iter().chain(&job.paths).filter(|path| *path != "-");
        match paths.into_iter().find(|path| !(self.absolute)(path)) {
            Some(found) => Err(Refused {
                expected: "an absolute path, as a scheduled run starts in no directory of yours",
                found: found.clone(),
            }),
            None => (self.write)(job),
        }
    }
}

fn is_absolute(path: &str) -> bool {
    path.starts_with('/')
}

impl Job {
    /// The schedule as cron(8) and Kubernetes write it: minute, hour, day, month, weekday.
    fn cron(&self) -> String {
        let Self { hour, minute, .. } = self;
        match self.every {
            Every::Hour => format!("{minute} * * * *"),
            Every::Day => format!("{minute} {hour} * * *"),
            Every::Week => format!("{minute} {hour} * * 1"),
        }
    }

    /// The command that writes the files of this job to a directory, for a shell.
    fn install(&self, scheduler: &str, directory: &str) -> String {
        let arguments = Some("--").into_iter().filter(|_| !self.arguments.is_empty());
        let words = ["castore", "schedule", "--print", scheduler]
            .into_iter()
            .chain(self.given.iter().map(String::as_str))
            .chain(["--out-dir", directory])
            .chain(arguments)
            .chain(self.arguments.iter().map(String::as_str));
        words.map(shell).collect::<Vec<_>>().join(" ")
    }

    /// Whether the template's lines for this case are taken.
    fn given(is_so: bool) -> Option<&'static str> {
        is_so.then_some("")
    }
}
