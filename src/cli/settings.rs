//! castore's own settings: flags, variables `CASTORE_…` and `castore.toml`, read from the machine castore runs on,
//! whatever host is inspected.

use super::error::Failure;
use super::{Context, host};
use castore::check::{Allowance, CHECKS};
use castore::host::native;
use castore::model::Unreadable;
use castore::render::escape;
use castore::settings::castore_toml::effective::{Effective, File, Origin};
use castore::settings::castore_toml::places::{Layer, Outcome, Place, look, named};
use castore::settings::castore_toml::{Fault, Settings, Value, read};
use castore::settings::words;
use clap::Args;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Which files of settings are read.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SettingsArguments {
    /// Read the settings in FILE and in no other file.
    ///
    /// Without it those of castore.toml in the working directory or the nearest above it (up to the root of the
    /// repository or the home directory), then of ~/.config/castore/castore.toml, then of
    /// /etc/castore/castore.toml. Root reads the last alone, and a file that another account may write is not
    /// read. Flags outrank variables (CASTORE_EXPIRES_WITHIN) and those outrank files; castore config shows each
    /// value with its origin.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Read no file of settings.
    #[arg(long)]
    no_config: bool,
}

/// The settings, and the places that were looked at for them.
pub(crate) struct Found {
    pub effective: Effective,
    pub places: Vec<Place>,
}

impl SettingsArguments {
    /// The settings with these flags. What is left out of them is said.
    pub(crate) fn find(&self, flags: &[(&'static str, Value)], context: &mut Context<'_>) -> Result<Found, Failure> {
        let variables = &context.process.environment;
        let machine = host::live(context.process, variables.clone())?;
        let by_variable = variables.get(OsStr::new("CASTORE_CONFIG")).filter(|path| !path.is_empty());
        let path = self.config.as_deref().or(by_variable.map(Path::new).filter(|_| !self.no_config));
        let places = match path {
            Some(path) => vec![named(&machine, path).map_err(|why| unreadable(path, &why))?],
            None if self.no_config => Vec::new(),
            None => look(&machine, native::live_user()),
        };
        let mut files = Vec::new();
        for place in &places {
            match &place.outcome {
                Outcome::Read(bytes) => files.push(File {
                    layer: place.layer,
                    path: place.path.clone(),
                    settings: sound(&place.path, bytes)?,
                }),
                Outcome::Absent => {}
                Outcome::LeftOut(why) => {
                    let path = escape::path(&place.path);
                    context.note(&format!("{path} is not used: {why}; --config {path} uses it all the same"));
                }
            }
        }
        let effective = Effective::new(flags, &context.process.environment, files)
            .map_err(|error| Failure::with_hint(error.to_string(), "castore config shows every setting"))?;
        effective.remarks.iter().for_each(|remark| context.note(remark));
        for key in ["only", "skip"] {
            for (pattern, origin) in effective.checks(key).unwrap_or_default() {
                known_check(pattern, &origin)?;
            }
        }
        for (file, allow) in effective.allow() {
            known_check(&allow.check.value, &Origin::File(file.path.clone(), allow.check.at))?;
        }
        Ok(Found { effective, places })
    }
}

impl Found {
    /// Whether a check is among those that are wanted.
    pub(crate) fn wants(&self, id: &str) -> bool {
        let fits = |key: &str| {
            let patterns = self.effective.checks(key)?;
            Some(patterns.iter().any(|(pattern, _)| words::fits(pattern, id)))
        };
        fits("only").unwrap_or(true) && !fits("skip").unwrap_or(false)
    }

    /// Findings that are known. The files of the user and the system are about this machine, seen as it is.
    pub(crate) fn allow(&self, is_this_machine: bool) -> Vec<Allowance> {
        let allowance = |(file, entry): (&File, &castore::settings::castore_toml::Allow)| Allowance {
            entry: entry.clone(),
            file: file.path.clone(),
            is_of_host: is_this_machine || matches!(file.layer, Layer::Named | Layer::Project),
        };
        self.effective.allow().map(allowance).collect()
    }
}

/// A file of settings that was named and could not be read.
pub(crate) fn unreadable(path: &Path, why: &Unreadable) -> Failure {
    Failure::not_read(path, why, "check the path; castore config shows where settings are looked for")
}

/// What a file says, or the first of what is wrong in it.
fn sound(path: &Path, bytes: &[u8]) -> Result<Settings, Failure> {
    read(bytes).map_err(|faults| {
        let first = faults.first().map(|fault| message(path, fault)).unwrap_or_default();
        let more = faults.len().saturating_sub(1);
        let own = faults.first().and_then(|fault| fault.hint.clone());
        let hint = match (own, more) {
            (Some(hint), 0) => hint,
            (None, 0) => format!("castore config --check {} tells whether all is well", escape::path(path)),
            // A word that names no check is a fault as well, which is not looked for here.
            _ => format!("castore config --check {} shows all faults", escape::path(path)),
        };
        Failure::with_hint(first, hint)
    })
}

/// A fault with its place, as compilers write it.
pub(crate) fn message(path: &Path, fault: &Fault) -> String {
    format!("{}:{fault}", escape::path(path))
}

/// An error where a pattern is for no check at all.
pub(crate) fn known_check(pattern: &str, origin: &Origin) -> Result<(), Failure> {
    if CHECKS.iter().any(|check| words::fits(pattern, check.id)) {
        return Ok(());
    }
    Err(match Failure::unknown("check", pattern, CHECKS.iter().map(|check| check.id)) {
        Failure::Error { message, hint, absent } => {
            Failure::Error { message: format!("{origin}: {message}"), hint, absent }
        }
        other => other,
    })
}
