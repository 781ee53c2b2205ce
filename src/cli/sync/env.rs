//! `castore sync --env`: the lines for clients that are better served by a setting than by an edited file.
//!
//! Everywhere `--env NAME=VALUE` sets a variable as clients would see it, and here too: a variable has a `=` in it, and
//! the name of a place has none.

use crate::cli::certificate::{certificates_meant, note_gaps};
use crate::cli::error::Failure;
use crate::cli::host::{HostArguments, files};
use crate::cli::inspect::inspect_everything;
use crate::cli::{Context, Exit, Format};
use castore::model::Certificate;
use castore::plan::advice::{PLACES, Place, advise};
use castore::render::report::advice::AdviceReport;
use castore::render::text;
use clap::{ArgMatches, Args, Command, Error, FromArgMatches};
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

/// The arguments of the host, of which `--env` may stand alone or name a place.
#[derive(Debug)]
pub(crate) struct SyncHost {
    pub host: HostArguments,
    /// What `--env` names that is no variable; empty where it names nothing.
    words: Vec<OsString>,
}

/// The argument that is extended, by the name of its field.
const VARIABLES: &str = "variables";

impl Args for SyncHost {
    fn augment_args(command: Command) -> Command {
        HostArguments::augment_args(command).mut_arg(VARIABLES, |argument| {
            argument
                .num_args(0..=1)
                .default_missing_value("")
                .value_name("PLACE|NAME=VALUE")
                .help("Print what to set in PLACE, or everywhere; or set a variable as the clients would see it")
                .long_help(
                    "Print what to set for clients that are better served by a setting than by an edited file, in PLACE: \
                     shell, systemd, docker, pip, npm or git; in all of them without PLACE. Nothing is written.\n\n\
                     NAME=VALUE sets a variable as the clients would see it; may be repeated.",
                )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SyncHost {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        let mut host = HostArguments::from_arg_matches_mut(matches)?;
        let words = host.take_variables(|word| !word.as_encoded_bytes().contains(&b'='));
        Ok(Self { host, words })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl SyncHost {
    /// The places whose lines are asked for; none where `--env` does not stand there.
    pub(crate) fn places(&self) -> Result<Option<Vec<&'static Place>>, Failure> {
        if self.words.is_empty() {
            return Ok(None);
        }
        let mut places = Vec::new();
        for word in &self.words {
            let named: Vec<&Place> =
                PLACES.iter().copied().filter(|place| word.is_empty() || OsStr::new(place.id) == word).collect();
            if named.is_empty() {
                let ids: Vec<&str> = PLACES.iter().map(|place| place.id).collect();
                return Err(Failure::with_hint(
                    format!("--env: expected NAME=VALUE or a place, found {:?}", word.to_string_lossy()),
                    format!("the places are {}", ids.join(", ")),
                ));
            }
            places.extend(named);
        }
        Ok(Some(PLACES.iter().copied().filter(|place| places.iter().any(|named| named.id == place.id)).collect()))
    }
}

/// Prints the lines.
pub(crate) fn run(
    places: &[&'static Place],
    (add, host): (&[OsString], &HostArguments),
    format: &Format,
    context: &mut Context<'_>,
) -> Result<Exit, Failure> {
    let host = host.host(context)?;
    let inspection = inspect_everything(&host, &[]);
    let files = files(context.process, &host)?;
    let mut roots: Vec<Arc<Certificate>> = Vec::new();
    let mut is_whole = true;
    for word in add {
        let named = certificates_meant(word, &files, &inspection.snapshot)?;
        note_gaps(&named.gaps, context);
        is_whole &= named.gaps.is_empty();
        roots.extend(named.certificates());
    }
    let found = (inspection.uses.as_slice(), &*inspection.snapshot);
    let advice = advise(&host, found, &roots, places, &|_| false).ok_or_else(|| {
        Failure::with_hint("this host has no system store to lead clients to", "castore list shows what was found")
    })?;
    let report = AdviceReport { commands: context.commands.clone(), ..AdviceReport::new(&advice) };
    context.report(format, &report, text::advice)?;
    context.note_limits(&host);
    Ok(if is_whole { Exit::Clean } else { Exit::Trouble })
}
