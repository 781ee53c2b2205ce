//! Every exit status, with `diff`'s and `grep`'s meaning.

use castore::render::nagios::State;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Answered; for `diff`, `check` and `why`: same, no findings, all accept. `sync` and its like: nothing to
    /// change, or done and verified.
    Clean,
    /// `diff`: differences. `check`: findings. `why`: refusals, or what depends. `sync`: changes are pending.
    /// `undo`: a person was asked and said no.
    Findings,
    /// An error, or a store that was named or is in effect and was not read in full. It outranks
    /// findings: what was not seen could hold more. `sync`: not done, not verified, or a store that was named is
    /// left alone; and whatever was done, where an interrupted run was mended and something of it is wrong.
    Trouble,
    /// By the convention of monitoring plugins, of `check --format nagios` alone.
    Plugin(State),
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Trouble => 2,
            Self::Plugin(state) => state.code(),
        }
    }
}

/// What `--help` says of them.
pub(crate) const HELP: &str = "\
Exit status:
  0  answered; diff: the same; check: no findings, or none that --fail-on names; why: all accept;
     sync, add, remove: nothing to change, or (--write) done and verified; undo: taken back
  1  diff: differences; check: findings; why: some refuse, or it depends;
     sync, add, remove: changes are pending; undo: no was the answer to its question
  2  an error, or (diff, check, export) a store that was named or is in effect was not read in
     full; check --all-users: the home of an account is closed; check: no store is there at all;
     why: nobody's answer is predicted; sync, add, remove: not done, not verified, or a store that
     was named is not changed here, or what an interrupted run left is wrong; undo: refused, failed,
     or not verified
check --format nagios: 0 well, 1 warnings, 2 errors, 3 not everything could be looked at

Selectors name stores: a client (system, python, certifi, py*), one installation of it
(certifi:/opt/venv, python:3.13), or a file or directory (./corp.pem, file:corp.pem); in diff also
what castore snapshot wrote (snapshot:FILE).";
