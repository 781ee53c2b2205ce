//! Virtual environments that `.ci/full` makes, one for each line of `environments.txt`: the packages
//! whose versions differ in what they trust.

use crate::witness::{Bench, Environment, Stopped, anchors_at, compared, watch, which_at, with};
use crate::{long, matrix};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Whether something is there that only the long tests must have.
pub fn there(is_there: bool, what: &str) -> bool {
    if !is_there {
        eprintln!("SKIPPED: {what} is not here");
        let required = std::env::var("CASTORE_ORACLES").as_deref() == Ok("required") && long();
        assert!(!required, "required: {what} is not here");
    }
    is_there
}

/// One of them, with a bench.
pub struct Venv {
    pub bench: Bench,
    pub at: PathBuf,
    name: &'static str,
}

impl Venv {
    /// The environment of this name, where it was made.
    pub fn new(name: &'static str) -> Option<Self> {
        let listed = include_str!("environments.txt").lines().any(|line| line.split_whitespace().next() == Some(name));
        assert!(listed, "{name} is not in environments.txt");
        let made = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../oracles/environments");
        let all = std::env::var_os("CASTORE_ORACLES_ENVIRONMENTS").map_or(made, PathBuf::from);
        let at = std::fs::canonicalize(all.join(name)).ok().filter(|at| at.join(".complete").exists());
        if !there(at.is_some(), &format!("the environment {name}")) {
            return None;
        }
        Some(Self::of(name, at?))
    }

    /// A bench for an environment or a prefix that is there.
    pub fn of(name: &'static str, at: PathBuf) -> Self {
        let mut bench = Bench::new();
        bench.environment = with(&bench.environment, &[("VIRTUAL_ENV", at.to_str().unwrap())]);
        Self { bench, at, name }
    }

    pub fn python(&self) -> PathBuf {
        self.at.join("bin/python")
    }

    /// A path of the bench, as text.
    pub fn path(&self, name: &str) -> String {
        self.bench.directory.join(name).display().to_string()
    }

    fn label(&self, case: &str) -> String {
        format!("{}: {case}", self.name)
    }

    /// Holds castore against what a program opens and how it ends, in each case.
    pub fn opens(&self, client: &str, cases: &[&str], program: &Path, arguments: &[&str], stopped: Stopped) {
        for case in cases {
            let environment = self.bench.case(case);
            let predicted = which_at(client, &self.at, &environment, &self.bench.directory);
            let seen = watch(program, arguments, &environment, &self.bench.directory, "");
            matrix::agree(client, &self.label(case), compared(&predicted, &seen, stopped));
        }
    }

    /// The same with a script of Python's, which stops by raising.
    pub fn script_opens(&self, client: &str, cases: &[&str], script: &str) {
        self.opens(client, cases, &self.python(), &["-c", script], |seen| !seen.output.status.success());
    }

    /// Holds the authorities that castore says a client trusts against the servers that a program
    /// takes: `reaches` says so of the address of one.
    pub fn trusts(&self, client: &str, cases: &[&str], reaches: impl Fn(&str, &Environment) -> bool) {
        for case in cases {
            let environment = self.bench.case(case);
            let predicted = which_at(client, &self.at, &environment, &self.bench.directory);
            let anchors = anchors_at(client, &self.at, &environment, &self.bench.directory);
            let outcome = ["a", "b"].iter().try_for_each(|name| {
                let expected = match predicted.report["verification"].as_str() {
                    Some("off") => true,
                    Some("error") => false,
                    _ => anchors.contains(&self.bench.fingerprint(name)),
                };
                let served = self.bench.serve(name);
                let found = reaches(&served.url, &environment);
                (expected == found).then_some(()).ok_or_else(|| {
                    format!("castore says that {name} is trusted: {expected}; the program: {found}\n{predicted:#?}")
                })
            });
            matrix::agree(client, &self.label(case), outcome);
        }
    }

    /// The same with a script of Python's that gets `sys.argv[1]`, and raises where it may not.
    pub fn script_trusts(&self, client: &str, cases: &[&str], script: &str) {
        self.trusts(client, cases, |url, environment| {
            self.run(&self.python(), &["-c", script, url], environment).is_ok()
        });
    }

    /// Runs a program in the bench: everything it wrote, as an error where it failed.
    pub fn run(&self, program: &Path, arguments: &[&str], environment: &Environment) -> Result<String, String> {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.bench.directory).env_clear().envs(environment.iter().cloned());
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        if output.status.success() { Ok(text) } else { Err(text) }
    }
}
