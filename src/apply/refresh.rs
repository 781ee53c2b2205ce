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

/// What keeps a refresh command from being run well now, if anything does: asked before anything is written.
#[must_use]
pub fn in_the_way(refreshes: &[Refresh], root: &Path) -> Option<String> {
    let is_here = root == Path::new("/");
    refreshes.iter().filter(|_| is_here).find_map(debian::package_manager)
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
