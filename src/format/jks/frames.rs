//! Where the entries of a keystore stand, for whoever takes some out and puts some in and leaves the rest, private
//! keys first of all, octet for octet as it is.

use super::write::{ALIAS, TRUSTED, encode, put_certificate};
use super::{DIGEST, Reading, digest_of, opening};
use crate::limits;
use crate::model::{Gap, Password, Timestamp};
use std::collections::HashSet;
use std::ops::Range;

/// Octets before the number of entries: magic and version.
const HEAD: usize = 8;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    octets: Range<usize>,
    /// Which of the entries that are read from the file belong to it.
    pub(crate) entries: Range<usize>,
    /// It is a certificate, and no key with its chain.
    pub(crate) is_certificate: bool,
}

/// The frame of a keystore.
#[derive(Debug)]
pub(crate) struct Frames<'a> {
    bytes: &'a [u8],
    /// Its entries, in its order.
    pub(crate) all: Vec<Frame>,
    /// Java opens none of it, for an entry that it cannot read.
    pub(crate) is_refused: bool,
    /// Aliases in use, as Java compares them.
    aliases: HashSet<String>,
    is_typed: bool,
    end: usize,
}

/// What becomes of a keystore.
#[derive(Debug)]
pub(crate) struct Change<'c> {
    /// Which of its entries stay.
    pub(crate) stays: Vec<bool>,
    /// Certificates that are put behind them, each with the alias that is wanted for it.
    pub(crate) added: Vec<(String, &'c [u8])>,
    /// When.
    pub(crate) at: Timestamp,
}

impl<'a> Frames<'a> {
    /// Reads the frame of a keystore that is whole.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Gap> {
        let mut reading = Reading::new(bytes, limits::ENTRIES);
        let count = reading.head()?;
        let (mut all, mut aliases) = (Vec::new(), HashSet::new());
        for _ in 0..count {
            let (from, first) = (reading.input.at(), reading.shelf.len());
            let mut ahead = reading.input.clone();
            let is_certificate = ahead.u32("another entry")? == TRUSTED;
            aliases.insert(ahead.utf("an alias")?.text().raw().to_lowercase());
            reading.entry()?;
            let (octets, entries) = (from..reading.input.at(), first..reading.shelf.len());
            all.push(Frame { octets, entries, is_certificate });
        }
        let (is_refused, end) = (reading.shelf.is_refused(), reading.input.at());
        Ok(Self { bytes, all, is_refused, aliases, is_typed: reading.version != Some(1), end })
    }

    /// The keystore with a change, sealed with the password that it is sealed with; nothing where that is not known.
    pub(crate) fn changed(mut self, change: &Change<'_>, passwords: &[Password]) -> Option<Vec<u8>> {
        let (body, rest) = self.bytes.split_at_checked(self.end)?;
        let (password, _) = opening(body, rest.first_chunk::<DIGEST>()?, passwords)?;
        let stays = self.all.iter().zip(&change.stays).filter(|(_, stays)| **stays);
        let entries: Vec<&[u8]> = stays.filter_map(|(frame, _)| self.bytes.get(frame.octets.clone())).collect();
        let count = u32::try_from(entries.len() + change.added.len()).ok()?;
        let mut out = self.bytes.get(..HEAD)?.to_vec();
        out.extend_from_slice(&count.to_be_bytes());
        entries.iter().for_each(|entry| out.extend_from_slice(entry));
        let milliseconds = u64::try_from(change.at.unix()).unwrap_or(0).saturating_mul(1000);
        for (alias, der) in &change.added {
            let alias = self.unused(alias);
            put_certificate(&mut out, &encode(&alias, ALIAS), milliseconds, self.is_typed, der);
        }
        let digest = digest_of(password, &out);
        out.extend_from_slice(&digest);
        Some(out)
    }

    /// An alias that no entry has.
    fn unused(&mut self, wanted: &str) -> String {
        let wanted = wanted.to_lowercase();
        let numbered = (2u64..).map(|number| format!("{wanted}-{number}"));
        let mut names = std::iter::once(wanted.clone()).chain(numbered);
        let found = names.find(|name| self.aliases.insert(name.clone()));
        found.unwrap_or(wanted)
    }
}
