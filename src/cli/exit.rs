//! Every exit status, with `diff`'s and `grep`'s meaning.

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// Answered; for `diff`, `check` and `why`: same, no findings, all accept.
    Clean,
    /// `diff`: differences. `check`: findings. `why`: refusals, or what depends.
    Findings,
    /// An error, or a store that was named or is in effect and was not read in full. It outranks
    /// findings: what was not seen could hold more.
    Trouble,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Trouble => 2,
        }
    }
}

/// What `--help` says of them.
pub(crate) const HELP: &str = "\
Exit status:
  0  answered; diff: the same; check: no findings; why: all accept
  1  diff: differences; check: findings; why: some refuse, or it depends
  2  an error, or (diff, check) a store that was named or is in effect was not read in full;
     why: nobody's answer is predicted

Selectors name stores: a client (system, python, certifi, py*), one installation of it
(certifi:/opt/venv, python:3.13), or a file or directory (./corp.pem, file:corp.pem).";
