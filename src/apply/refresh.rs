//! Refresh commands: what makes a system take up what was written, run as the plan showed it.
//!
//! They act on the machine that castore runs on, so for any other root they are only told. What they make is not
//! taken on trust: `apply` reads the stores anew afterwards.

mod debian;

use super::command::scratch::Scratch;
use super::command::{Account, CannotRun, Ended, Job, Ran, run as run_command};
use super::run::Outcome;
use crate::limits::{REFRESH_OUTPUT, REFRESH_TIME};
use crate::plan::Refresh;
use std::path::Path;

/// The commands that make the system take up that something is gone again, where these made it take up that it came.
#[must_use]
pub fn to_take_back(refreshes: Vec<Refresh>) -> Vec<Refresh> {
    let all: Vec<Refresh> = refreshes.iter().flat_map(debian::to_take_back).collect();
    let mut distinct: Vec<Refresh> = Vec::new();
    for refresh in all {
        if !distinct.iter().any(|known| known.command == refresh.command) {
            distinct.push(refresh);
        }
    }
    distinct
}

/// Runs a refresh command, telling what it prints.
pub fn run(refresh: &Refresh, root: &Path, scratch: &Scratch, watch: &mut dyn FnMut(&str)) -> Outcome {
    if root != Path::new("/") {
        return Outcome::NotRun(format!("it would change this machine, not {}", root.display()));
    }
    let Some((name, arguments)) = refresh.command.split_first() else {
        return Outcome::NotRun("it has no name".to_owned());
    };
    if let Err(why) = debian::prepare(refresh, watch) {
        return Outcome::Failed(why);
    }
    let room = match scratch.room() {
        Ok(room) => room,
        Err(error) => return Outcome::Failed(format!("no directory for its temporary files: {error}")),
    };
    let job = Job {
        name,
        directories: &refresh.directories,
        arguments: arguments.iter().map(Into::into).collect(),
        environment: Vec::new(),
        home: Some(room.path().to_path_buf()),
        starts_nothing: false,
        account: Account::Own,
        time: REFRESH_TIME,
        octets: REFRESH_OUTPUT,
    };
    let ran = run_command(&job, watch);
    let outcome = judge(&ran);
    if outcome != Outcome::Well {
        debian::clean(refresh, watch);
    }
    outcome
}

/// What became of it. Debian's hooks fail without the command failing: it says so in a line that begins with `E:`.
fn judge(ran: &Result<Ran, CannotRun>) -> Outcome {
    let ran = match ran {
        Ok(ran) => ran,
        Err(why @ CannotRun::Absent(_)) => return Outcome::NotRun(why.to_string()),
        Err(why) => return Outcome::Failed(why.to_string()),
    };
    let said = |octets: &[u8]| String::from_utf8_lossy(octets).trim_end().to_owned();
    let (printed, complained) = (said(&ran.stdout), said(&ran.stderr));
    let hook = printed.lines().chain(complained.lines()).find(|line| line.starts_with("E: "));
    match (ran.ended, hook) {
        (Ended::With(0), None) => Outcome::Well,
        (Ended::With(0), Some(hook)) => Outcome::Failed(hook.to_owned()),
        (ended, _) => {
            let last = complained.lines().last().or_else(|| printed.lines().last());
            Outcome::Failed(last.map_or_else(|| ended.to_string(), |last| format!("{ended}: {last}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(ended: Ended, stdout: &str, stderr: &str) -> Result<Ran, CannotRun> {
        let (stdout, stderr) = (stdout.into(), stderr.into());
        Ok(Ran { ended, stdout, stderr, is_cut: false, is_own_account: false })
    }

    #[test]
    fn a_failure_is_told_with_what_was_said_last() {
        let failed = |ran: Result<Ran, CannotRun>| match judge(&ran) {
            Outcome::Failed(why) => why,
            other => panic!("{other:?}"),
        };
        assert_eq!(judge(&ran(Ended::With(0), "1 added, 0 removed; done.\n", "W: a warning\n")), Outcome::Well);
        assert_eq!(
            failed(ran(Ended::With(0), "E: a hook exited with code 1.\ndone.\n", "")),
            "E: a hook exited with code 1."
        );
        assert_eq!(failed(ran(Ended::With(1), "said\n", "first\nlast\n")), "it ended with 1: last");
        assert_eq!(failed(ran(Ended::TimeOver, "said\n", "")), "it took too long and was ended: said");
        assert_eq!(failed(ran(Ended::Killed, "", "")), "it was killed");
    }

    #[test]
    fn what_is_not_here_is_not_run_and_what_is_not_safe_failed() {
        let absent = Err(CannotRun::Absent("trust".to_owned()));
        assert_eq!(judge(&absent), Outcome::NotRun("trust is not here".to_owned()));
        let refusal = super::super::Refusal::WritableByOthers { path: "/usr/bin/trust".into(), mode: 0o777 };
        let unsafe_one = Err(CannotRun::Unsafe { path: "/usr/bin/trust".into(), refusal });
        let expected = "/usr/bin/trust: expected /usr/bin/trust to be writable by its owner only, found mode 0777";
        assert_eq!(judge(&unsafe_one), Outcome::Failed(expected.to_owned()));
    }
}
