//! Chains made at random (`chains_more.py`), sent in a handshake to the programs themselves: what castore says of their
//! clients is held against it, accepted by both or by neither, and refused in the same words.

mod java;
mod programs;
mod python;

use crate::limbo::{Case, cases_of};
use crate::{long, skip};
use castore::chain::{Judged, Verdict, judge};
use castore::policy::Policy;
use std::fs;
use std::path::Path;
use std::process::Command;

/// How many chains an ordinary run asks, and a long one.
const fn count(few: usize, many: usize) -> (usize, usize) {
    (few, many)
}

/// The seed and the number of the chains; another seed where `CASTORE_ORACLES_SEED` names it.
fn asked((few, many): (usize, usize)) -> (u64, usize) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let count = number("CASTORE_ORACLES_COUNT").and_then(|count| usize::try_from(count).ok());
    (number("CASTORE_ORACLES_SEED").unwrap_or(1), count.unwrap_or(if long() { many } else { few }))
}

/// Makes chains that are valid at a moment; nothing, and a word about it, where Python's cryptography is not here.
fn made(counts: (usize, usize), moment: i64) -> Option<Vec<Case>> {
    let directory = tempfile::tempdir().unwrap();
    made_in(&directory.path().join("chains.json"), counts, moment)
}

/// The same in a file that stays.
fn made_in(file: &Path, counts: (usize, usize), moment: i64) -> Option<Vec<Case>> {
    // pyOpenSSL, which other oracles need, brings cryptography.
    let python = crate::python::venv()?.join("bin/python");
    let has = Command::new(&python).args(["-c", "import cryptography"]).output();
    if !has.is_ok_and(|output| output.status.success()) {
        skip("there is no Python with cryptography, which makes chains");
        return None;
    }
    let (seed, count) = asked(counts);
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracles/chains_more.py");
    let mut python = Command::new(python);
    python.arg(program).args([seed.to_string(), count.to_string()]).arg(file).arg(moment.to_string());
    let output = python.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(cases_of(&fs::read_to_string(file).unwrap()))
}

/// Now, as programs see it that ask the clock.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// DER in base64, without lines.
fn base64(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

/// What castore foretells: what is printed, or that all is well; nothing where it cannot tell.
fn foretold(case: &Case, policy: &Policy) -> (Option<Result<(), String>>, Judged) {
    let (question, pool) = case.asked();
    let judged = judge(&question, &pool, policy);
    let told = match &judged.verdict {
        Verdict::Accepts => Some(Ok(())),
        Verdict::Refuses { printed, .. } => Some(Err(printed.text.clone())),
        Verdict::Depends(_) | Verdict::NotPredicted(_) => None,
    };
    (told, judged)
}

/// What was asked of one program.
#[derive(Default)]
struct Tally {
    program: String,
    asked: usize,
    accepted: usize,
    untold: usize,
    /// Accepted by one of the two alone.
    verdicts: Vec<String>,
    /// Refused by both, in other words.
    words: Vec<String>,
}

impl Tally {
    fn of(program: impl Into<String>) -> Self {
        Self { program: program.into(), ..Self::default() }
    }

    /// Notes what was foretold and what was said.
    fn note(&mut self, case: &Case, (told, judged): (Option<Result<(), String>>, Judged), real: Result<(), String>) {
        self.asked += 1;
        self.accepted += usize::from(real.is_ok());
        let Some(told) = told else {
            self.untold += 1;
            return;
        };
        let line = format!("{} {}: {told:?} {:?}, really {real:?}", self.program, case.id, judged.verdict);
        match (&told, &real) {
            (Ok(()), Ok(())) => {}
            (Err(told), Err(real)) if told == real => {}
            (Err(_), Err(_)) => self.words.push(line),
            _ => self.verdicts.push(line),
        }
    }

    /// Two verdicts may differ, and one in five hundred, since sets decide that have no order and keys are made anew in
    /// each run; and of the words and the untold no more than these in a hundred.
    fn hold(&self, words: usize, untold: usize) {
        self.verdicts.iter().chain(&self.words).for_each(|line| eprintln!("{line}"));
        let Self { program, asked, accepted, .. } = self;
        let (differ, other) = (self.verdicts.len(), self.words.len());
        eprintln!(
            "{program}: {asked} chains, {accepted} accepted, {differ} verdicts differ, {other} words, {} untold",
            self.untold
        );
        assert!(differ <= (*asked / 500).max(2), "{program}: {differ} of {asked} verdicts differ");
        assert!(other * 100 <= asked * words, "{program}: {other} of {asked} words differ");
        assert!(self.untold * 100 <= asked * untold, "{program}: {} of {asked} untold", self.untold);
    }
}
