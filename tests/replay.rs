//! Every malformed vector and every seed of the fuzzers, and changes to each, through every reader.
//!
//! A short replay of what the fuzzers do for hours. The changes are the same on every run; how many of
//! them fit into the time is not. `CASTORE_ORACLES_LONG=1` takes fifteen times as long, and
//! `CASTORE_REPLAY_KEEP=DIRECTORY` keeps each input that something is wrong with.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests read files and report")]

#[path = "support/held.rs"]
mod held;
#[path = "support/held_edits.rs"]
mod held_edits;
#[path = "support/held_escapes.rs"]
mod held_escapes;
#[cfg(feature = "sqlite")]
#[path = "support/held_journals.rs"]
mod held_journals;
#[path = "support/numbers.rs"]
mod numbers;
#[path = "support/readings.rs"]
mod readings;
#[path = "support/seeds.rs"]
mod seeds;

#[cfg(feature = "sqlite")]
use castore::format::Journal;
use castore::format::Means;
use castore::limits::Bounds;
use held::{hold, hold_snapshot, means};
use held_edits::{hold_edits, resealed};
use held_escapes::hold_escapes;
#[cfg(feature = "sqlite")]
use held_journals::hold_journals;
use numbers::Numbers;
use readings::{LONGEST, READERS, Reader, outcome, processor_time};
use seeds::{Input, files, inputs, tests, vectors};
use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

/// Reads `bytes` by some readers and collects what is wrong.
#[derive(Default)]
struct Trial {
    wrong: Vec<String>,
    readings: usize,
    slowest: (Duration, String),
}

impl Trial {
    fn read(&mut self, name: &str, bytes: &[u8], readers: &[Reader], means: &Means<'_>, twice: bool) {
        for (reader, read) in readers {
            let started = processor_time();
            let found = catch_unwind(AssertUnwindSafe(|| {
                let found = read(bytes, means);
                let mut took = processor_time().saturating_sub(started);
                // What takes long takes so each time; a machine that is taken away from the thread does not.
                for _ in 0..2 {
                    if took > LONGEST {
                        let again = processor_time();
                        drop(read(bytes, means));
                        took = took.min(processor_time().saturating_sub(again));
                    }
                }
                hold(bytes, &found);
                assert!(!twice || read(bytes, means) == found, "read otherwise the second time");
                took
            }));
            self.readings += 1;
            let wrong = match found {
                Ok(took) => {
                    if took > self.slowest.0 {
                        self.slowest = (took, format!("{reader} of {name}"));
                    }
                    (took > LONGEST).then(|| format!("takes {took:?}"))
                }
                Err(panic) => Some(panic.downcast_ref::<String>().map_or("panics", String::as_str).to_owned()),
            };
            if let Some(wrong) = wrong {
                self.wrong.push(format!("{reader} of {name}: {wrong}"));
                if let Some(directory) = std::env::var_os("CASTORE_REPLAY_KEEP") {
                    let name = name.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
                    fs::write(Path::new(&directory).join(format!("{reader}-{name}")), bytes).unwrap();
                }
            }
        }
    }

    fn end(self, what: &str) {
        println!("{}: {} readings, the slowest {:?}", what, self.readings, self.slowest);
        let shown = &self.wrong[..self.wrong.len().min(20)];
        assert!(shown.is_empty(), "{} of {}:\n{}", self.wrong.len(), self.readings, shown.join("\n"));
    }
}

#[test]
fn every_vector_says_what_to_expect() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (input, expected) in vectors() {
        assert!(!expected.trim().is_empty(), "{}/{} expects nothing", input.class, input.name);
        *counts.entry(input.class).or_default() += 1;
    }
    let all: usize = counts.values().sum();
    println!("{all} vectors: {counts:?}");
    assert!(all >= 150, "{all} vectors: {counts:?}");
}

#[test]
fn every_reader_reads_every_vector_and_seed() {
    let mut trial = Trial::default();
    for input in inputs() {
        let name = format!("{}/{}", input.class, input.name);
        trial.read(&name, &input.bytes, READERS, &means(), true);
        // As in use, but for the 600,000 rounds that NSS asks for.
        let bounds = Bounds { kdf_iterations: 30_000, ..Bounds::default() };
        trial.read(&name, &input.bytes, &READERS[..1], &Means { bounds, ..Means::default() }, false);
    }
    trial.end("vectors and seeds");
}

#[test]
fn every_seed_is_read_to_something() {
    let mut nothing = Vec::new();
    for seed in files(&tests().join("fuzz/seeds")) {
        // These are no stores: names, texts, what castore writes of a host, and what servers say.
        let whole = !matches!(&*seed.class, "escape" | "handshake" | "hash_dir" | "journal" | "snapshot");
        if whole && READERS.iter().all(|(_, read)| outcome(&read(&seed.bytes, &Means::default())) == "nothing") {
            nothing.push(format!("{}/{}", seed.class, seed.name));
        }
    }
    assert!(nothing.is_empty(), "no reader finds anything in {nothing:?}");
}

#[test]
fn every_fuzzer_begins_with_what_its_reader_takes() {
    // For those who run the fuzzers: without headers, as the readers get them.
    let kept = std::env::var_os("CASTORE_FUZZ_SEEDS").map(std::path::PathBuf::from);
    for target in seeds::targets() {
        let found = seeds::of(&target);
        println!("{target}: {} seeds", found.len());
        assert!(!found.is_empty(), "{target} begins with nothing");
        if let Some((_, read)) = READERS.iter().find(|(name, _)| *name == target) {
            let taken = found.iter().filter(|seed| outcome(&read(&seed.bytes, &Means::default())) == "certificates");
            assert!(taken.count() > 0, "of {} seeds {target} takes none", found.len());
        }
        let directory = kept.as_ref().map(|kept| kept.join(&target));
        for (at, seed) in found.iter().enumerate().filter(|_| directory.is_some()) {
            let directory = directory.as_ref().unwrap();
            fs::create_dir_all(directory).unwrap();
            fs::write(directory.join(format!("{at:03}-{}", seed.name)), &seed.bytes).unwrap();
        }
    }
}

/// Passes seeds to `hold`, first each as it is and then changed somewhere, for a while.
fn changed_anywhere(seeds: &[Input], mut numbers: Numbers, hold: impl Fn(&[u8])) {
    assert!(!seeds.is_empty(), "no seed");
    let started = Instant::now();
    for case in 0.. {
        if case % 16 == 0 && started.elapsed() > time() {
            break;
        }
        let mut bytes = seeds[case % seeds.len()].bytes.clone();
        if case >= seeds.len() {
            change(&mut numbers, &mut bytes);
        }
        hold(&bytes);
    }
}

#[test]
fn a_snapshot_changed_anywhere_is_read_or_refused() {
    let seeds = files(&tests().join("fuzz/seeds"));
    let seeds: Vec<Input> = seeds.into_iter().filter(|seed| seed.class == "snapshot").collect();
    changed_anywhere(&seeds, Numbers(0xbf58_476d_1ce4_e5b9), hold_snapshot);
}

#[test]
fn a_text_changed_anywhere_acts_nowhere() {
    changed_anywhere(&seeds::of("escape"), Numbers(0x3c6e_f372_fe94_f82b), hold_escapes);
}

#[cfg(feature = "sqlite")]
#[test]
fn a_journal_changed_anywhere_is_read_to_an_end() {
    changed_anywhere(&seeds::of("journal"), Numbers(0xa54f_f53a_5f1d_36f1), |bytes| hold_journals(bytes, &means()));
}

#[test]
fn a_store_changed_anywhere_is_edited_exactly_or_not_at_all() {
    for class in ["pem", "jks", "pkcs12"] {
        let seeds: Vec<Input> = inputs().into_iter().filter(|input| input.class == class).collect();
        changed_anywhere(&seeds, Numbers(0x510e_527f_ade6_82d1), |bytes| match class {
            "jks" => hold_edits(&resealed(bytes), &means()),
            _ => hold_edits(bytes, &means()),
        });
    }
}

/// Octets that matter to readers: lengths and counts at their edges, and words of the text formats.
const TOKENS: &[&[u8]] = &[
    b"\xff",
    b"\xff\xff",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\0",
    b"\0\0\0\0",
    b"\0\0\0\x01",
    b"\x30\x80",
    b"\x24\x80",
    b"\x04\x84\xff\xff\xff\xff",
    b"\x30\x84\x7f\xff\xff\xff",
    b"\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\n",
    b"\n\n",
    b"\r",
    b"\"",
    b"\\377",
    b"\\x",
    b"%ff",
    b": ",
    b"&a [*a, *a]\n",
    b"- - - - ",
    b"[[[[[[[[",
    b"[p11-kit-object-v1]\n",
    b"END\n",
    b"-----BEGIN CERTIFICATE-----\n",
    b"-----END CERTIFICATE-----\n",
    b"---\n",
];

fn change(numbers: &mut Numbers, bytes: &mut Vec<u8>) {
    let length = bytes.len();
    // Half of all changes are made near the beginning, where most structure stands.
    let near = if numbers.below(2) == 0 { length.min(256) } else { length };
    let at = numbers.below(near);
    let most = [4, 64, 1024][numbers.below(3)];
    let some = 1 + numbers.below(most);
    let end = length.min(at + some);
    match numbers.below(8) {
        0 if at < length => bytes[at] ^= 1 << numbers.below(8),
        1 if at < length => bytes[at] = numbers.below(256) as u8,
        2 => bytes.truncate(length - numbers.below(length.min(some) + 1)),
        3 => drop(bytes.drain(at..end)),
        4 => drop(bytes.splice(at..at, numbers.of(TOKENS).iter().copied())),
        5 => {
            let piece = bytes[at..end].to_vec();
            let to = numbers.below(length + 1);
            bytes.splice(to..to, piece);
        }
        6 => bytes[at..end].fill([0, 0xff, 0x80, b' '][numbers.below(4)]),
        _ => {
            let token = numbers.of(TOKENS);
            bytes.splice(at..length.min(at + token.len()), token.iter().copied());
        }
    }
}

/// The time for the changes of one class, by the clock.
fn time() -> Duration {
    let long = std::env::var_os("CASTORE_ORACLES_LONG").is_some();
    Duration::from_millis(if long { 10_000 } else { 600 })
}

fn mutations(class: &str, seeds: &[Input]) -> Trial {
    // The reader of the class, and the choice that all files go through.
    let own: Vec<Reader> = READERS.iter().filter(|(name, _)| *name == class || *name == "decode").copied().collect();
    let mut trial = Trial::default();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let started = Instant::now();
    // The clock is asked now and then, so that the same changes are made up to where it ends.
    for case in 0.. {
        if case % 16 == 0 && started.elapsed() > time() {
            break;
        }
        let seed = &seeds[case % seeds.len()];
        let mut bytes = seed.bytes.clone();
        for _ in 0..1 + numbers.below(4) {
            change(&mut numbers, &mut bytes);
        }
        let name = format!("{class}/{}/{case}", seed.name);
        let readers = if case % 32 == 0 { READERS } else { &own[..] };
        trial.read(&name, &bytes, readers, &means(), case % 8 == 0);
        #[cfg(feature = "sqlite")]
        if matches!(class, "nss" | "chromium") {
            let journal = if case % 2 == 0 { Journal::Rollback(&bytes) } else { Journal::WriteAhead(&bytes) };
            trial.read(&name, &seed.bytes, &own, &Means { journal: Some(journal), ..means() }, false);
        }
    }
    trial
}

#[test]
fn every_reader_reads_what_is_changed_in_them() {
    let mut classes: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    for mut input in inputs() {
        // Targets and formats are named alike but for these.
        input.class = match input.class.as_str() {
            "certificates" => "der".to_owned(),
            other => other.replace("p11-kit", "p11kit").replace('-', "_"),
        };
        classes.entry(input.class.clone()).or_default().push(input);
    }
    let mut all = Trial::default();
    for (class, seeds) in &classes {
        let trial = mutations(class, seeds);
        println!("{class}: {} seeds, {} readings, the slowest {:?}", seeds.len(), trial.readings, trial.slowest);
        all.readings += trial.readings;
        all.wrong.extend(trial.wrong);
        all.slowest = all.slowest.max(trial.slowest);
    }
    all.end("changed");
}
