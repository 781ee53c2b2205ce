//! `castore sync --env`: what to set, place by place.

use super::{CertificateReport, PathReport};
use crate::plan::advice::{Advice, Effect, Lines, Setting};
use crate::render::commands::Commands;
use serde::Serialize;

/// The answer of `castore sync --env`.
#[derive(Debug, Clone, Serialize)]
pub struct AdviceReport {
    /// `castore.advice/1`.
    pub schema: &'static str,
    /// The system's bundle, which settings lead to.
    pub bundle: PathReport,
    /// How many certificates it has.
    pub certificates: usize,
    /// Roots that were asked for and are not in it yet.
    pub absent: Vec<CertificateReport>,
    /// The lines, place by place.
    pub places: Vec<LinesReport>,
    /// How many clients trust all of the bundle as they are.
    pub already: usize,
    /// Clients that nothing can be set for.
    pub without: Vec<WithoutReport>,
    /// Commands of its text, as they are to be typed.
    #[serde(skip)]
    pub commands: Commands,
}

/// What to write in one place.
#[derive(Debug, Clone, Serialize)]
pub struct LinesReport {
    /// `shell`, `systemd`, `docker`, `pip`, `npm`, `git`.
    pub place: &'static str,
    /// Which file that is.
    pub file: &'static str,
    /// What it reaches and outlives.
    pub survives: &'static str,
    /// Where that is documented.
    pub source: &'static str,
    /// The lines; none where there is nothing to set.
    pub lines: Vec<String>,
    /// What they set.
    pub settings: Vec<SettingReport>,
    /// Clients that change too, though they need no setting.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<EffectReport>,
}

/// A setting that was tried.
#[derive(Debug, Clone, Serialize)]
pub struct SettingReport {
    /// The variable or key.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Whether it adds to what clients have; else it takes its place.
    pub adds: bool,
    /// What it does to each client.
    pub clients: Vec<EffectReport>,
}

/// What a setting does to a client.
#[derive(Debug, Clone, Serialize)]
pub struct EffectReport {
    /// The client.
    pub client: String,
    /// How many certificates it trusts then and does not now.
    pub gains: usize,
    /// How many it trusts now and then no more.
    pub loses: usize,
}

/// A client that nothing can be set for.
#[derive(Debug, Clone, Serialize)]
pub struct WithoutReport {
    /// The client.
    pub client: String,
    /// What is to be known of changing it.
    pub because: &'static str,
}

impl AdviceReport {
    /// The report of advice.
    #[must_use]
    pub fn new(advice: &Advice) -> Self {
        Self {
            schema: "castore.advice/1",
            bundle: PathReport::new(&advice.bundle),
            certificates: advice.certificates,
            absent: advice.absent.iter().map(|root| CertificateReport::new(root)).collect(),
            places: advice.places.iter().map(LinesReport::new).collect(),
            already: advice.already,
            commands: Commands::default(),
            without: advice
                .without
                .iter()
                .map(|(client, because)| WithoutReport { client: client.clone(), because })
                .collect(),
        }
    }
}

impl LinesReport {
    fn new(lines: &Lines) -> Self {
        Self {
            place: lines.place.id,
            file: lines.place.file,
            survives: lines.place.survives,
            source: lines.place.says,
            lines: lines.lines.clone(),
            settings: lines.settings.iter().map(SettingReport::new).collect(),
            others: lines.others.iter().map(EffectReport::new).collect(),
        }
    }
}

impl SettingReport {
    fn new(setting: &Setting) -> Self {
        Self {
            name: setting.name,
            value: setting.value.clone(),
            adds: setting.adds,
            clients: setting.effects.iter().map(EffectReport::new).collect(),
        }
    }
}

impl EffectReport {
    fn new(effect: &Effect) -> Self {
        Self { client: effect.client.clone(), gains: effect.gains, loses: effect.loses }
    }
}
