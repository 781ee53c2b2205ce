//! How often a prediction is what was recorded.

use super::chains::{Chain, directory};
use super::configurations::{Configuration, Told};
use super::recorded::{Heard, Said};
use castore::chain::{Verdict, judge};
use castore::policy::Printed;
use std::collections::BTreeSet;
use std::fmt;

/// What one prediction came to.
pub enum Outcome {
    /// The client was not asked.
    NotRecorded,
    /// The same verdict; beside it the same number or name, and the same text, where they are compared.
    Agrees { code: Option<bool>, text: Option<bool>, differs: Option<String> },
    /// The other verdict, for certain.
    Wrong { predicted: String },
    /// Order or luck is said to decide.
    Depends(String),
    /// Nothing is predicted.
    NotPredicted(String),
}

/// Compares one prediction with what was recorded.
pub fn compare(configuration: &Configuration, chain: &Chain, heard: &Heard) -> Outcome {
    let said = heard.refuses.get(&chain.name);
    let accepted = heard.accepts.contains(&chain.name);
    if said.is_none() && !accepted {
        return Outcome::NotRecorded;
    }
    let policy = match configuration.policy() {
        Ok(policy) => policy,
        Err(why) => return Outcome::NotPredicted(why),
    };
    match (judge(&chain.question, &chain.pool, &policy).verdict, said) {
        (Verdict::NotPredicted(why), _) => Outcome::NotPredicted(why),
        (Verdict::Depends(on), _) => Outcome::Depends(on),
        (Verdict::Accepts, None) => Outcome::Agrees { code: None, text: None, differs: None },
        (Verdict::Accepts, Some(said)) => Outcome::Wrong { predicted: format!("accepts, recorded {}", said.text) },
        (Verdict::Refuses { fault, printed }, None) => {
            Outcome::Wrong { predicted: format!("refuses with {:?} at {}: {}", fault.fault, fault.depth, printed.text) }
        }
        (Verdict::Refuses { printed, .. }, Some(said)) => told(configuration.told, &printed, said),
    }
}

fn told(wanted: Told, printed: &Printed, said: &Said) -> Outcome {
    let code = match (&said.code, wanted) {
        (Some(code), Told::Code | Told::CodeAndText) => Some(match code.as_str() {
            Some(name) => printed.name == Some(name),
            None => printed.code.map(i64::from) == code.as_i64(),
        }),
        _ => None,
    };
    let text = match wanted {
        Told::CodeAndText | Told::Text if !printed.text.is_empty() => Some(same_text(&said.text, &printed.text)),
        _ => None,
    };
    let same = code != Some(false) && text != Some(false);
    let differs = (!same).then(|| {
        let found = printed.code.map(|code| code.to_string()).or(printed.name.map(str::to_owned)).unwrap_or_default();
        format!("predicted {found} {:?}, recorded {:?}", printed.text, said.text)
    });
    Outcome::Agrees { code, text, differs }
}

/// Whether the recording holds the text, moments and line ends apart.
fn same_text(recorded: &str, predicted: &str) -> bool {
    let plain = |text: &str| {
        let mut out = String::new();
        let mut digits = 0;
        for c in text.chars() {
            // Moments differ by the seconds that the recording took.
            if c.is_ascii_digit() {
                digits += 1;
                if digits == 1 {
                    out.push('0');
                }
                continue;
            }
            digits = 0;
            if c.is_whitespace() {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            } else {
                out.push(c);
            }
        }
        out.trim().to_owned()
    };
    plain(recorded).contains(&plain(predicted))
}

impl Outcome {
    /// The line of the list where it is not as recorded.
    pub fn line(&self, configuration: &Configuration, chain: &Chain) -> Option<String> {
        let (kind, detail) = match self {
            Self::Wrong { predicted } => ("wrong", predicted),
            Self::Depends(on) => ("depends", on),
            Self::NotPredicted(why) => ("not predicted", why),
            Self::Agrees { code: Some(false), differs: Some(differs), .. } => ("code", differs),
            Self::Agrees { differs: Some(differs), .. } => ("text", differs),
            _ => return None,
        };
        println!("    {kind}: {}: {detail}", chain.name);
        Some(format!("{}\t{}\t{kind}", configuration.client, chain.name))
    }
}

/// The disagreements that are known: client, chain and kind, before the mechanism.
pub fn listed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(directory().join("disagreements.txt")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split('\t').take(3).collect::<Vec<_>>().join("\t")).collect()
}

/// A count of outcomes.
#[derive(Debug, Default, Clone, Copy)]
pub struct Score {
    pub agreed: usize,
    pub wrong: usize,
    pub depends: usize,
    pub not_predicted: usize,
    pub not_recorded: usize,
    codes: (usize, usize),
    texts: (usize, usize),
}

impl Score {
    pub const HEAD: &'static str = "agreed  wrong  depends  not predicted  not recorded  codes    texts";

    pub fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::NotRecorded => self.not_recorded += 1,
            Outcome::Wrong { .. } => self.wrong += 1,
            Outcome::Depends(_) => self.depends += 1,
            Outcome::NotPredicted(_) => self.not_predicted += 1,
            Outcome::Agrees { code, text, .. } => {
                self.agreed += 1;
                for (same, count) in [(code, &mut self.codes), (text, &mut self.texts)] {
                    if let Some(same) = same {
                        count.0 += usize::from(*same);
                        count.1 += 1;
                    }
                }
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.agreed += other.agreed;
        self.wrong += other.wrong;
        self.depends += other.depends;
        self.not_predicted += other.not_predicted;
        self.not_recorded += other.not_recorded;
        for (mine, theirs) in [(&mut self.codes, other.codes), (&mut self.texts, other.texts)] {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
    }

    pub fn recorded(&self) -> usize {
        self.agreed + self.wrong + self.depends + self.not_predicted
    }

    /// What a client that the issue names does not reach.
    pub fn falls_short(&self, configuration: &Configuration) -> Option<String> {
        let recorded = self.recorded();
        let open = self.depends + self.not_predicted;
        let short = configuration.is_named && (self.agreed * 100 < recorded * 98 || open * 100 > recorded * 2);
        short.then(|| format!("{}: {self}", configuration.client))
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agreed, wrong, depends, not_predicted, not_recorded, codes, texts } = self;
        write!(f, "{agreed:>6}{wrong:>7}{depends:>9}{not_predicted:>15}{not_recorded:>14}")?;
        write!(f, "{:>8}/{:<4}{:>5}/{:<4}", codes.0, codes.1, texts.0, texts.1)
    }
}
