//! Predictions held against what sixty configurations of real clients said of seventy-five chains.
//!
//! The chains and the recording are in `tests/data/lab`. Every configuration is a row of policies and the
//! versions of its parts, never a rule of its own. What is not as recorded is listed with its mechanism in
//! `tests/data/lab/disagreements.txt`: one that is not listed fails, and so does one that is listed and agrees.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "tests read their data")]

mod acceptance;
mod bounds;
mod chains;
mod configurations;
mod recorded;
mod score;

use configurations::CONFIGURATIONS;
use score::Score;

#[test]
fn predictions_are_what_was_recorded() {
    let chains = chains::all();
    let recorded = recorded::all();
    assert_eq!((chains.len(), CONFIGURATIONS.len()), (75, 60));
    let mut total = Score::default();
    let mut found = Vec::new();
    let mut short = Vec::new();
    println!("{:<36}{}", "configuration", Score::HEAD);
    for configuration in CONFIGURATIONS {
        let heard = &recorded[configuration.client];
        let mut score = Score::default();
        for chain in &chains {
            let outcome = score::compare(configuration, chain, heard);
            score.add(&outcome);
            if let Some(line) = outcome.line(configuration, chain) {
                found.push(line);
            }
        }
        println!("{:<36}{score}", configuration.client);
        short.extend(score.falls_short(configuration));
        total.merge(&score);
    }
    println!("{:<36}{total}", "all");
    let listed = score::listed();
    let unlisted: Vec<_> = found.iter().filter(|line| !listed.contains(*line)).cloned().collect();
    let stale: Vec<_> = listed.iter().filter(|line| !found.contains(line)).cloned().collect();
    assert!(unlisted.is_empty(), "not as recorded, and not listed:\n{}", unlisted.join("\n"));
    assert!(stale.is_empty(), "listed, and as recorded by now:\n{}", stale.join("\n"));
    assert!(short.is_empty(), "{}", short.join("\n"));
    // Wrong and certain is the worst outcome.
    assert!(total.wrong * 200 <= total.recorded(), "{total}");
}

#[test]
fn no_configuration_names_a_chain() {
    let source = concat!(include_str!("configurations.rs"), include_str!("score.rs"));
    for chain in chains::all() {
        assert!(!source.contains(&format!("\"{}\"", chain.name)), "{}", chain.name);
    }
}

#[test]
fn every_configuration_is_one_that_was_recorded() {
    let recorded = recorded::all();
    let known: Vec<_> = CONFIGURATIONS.iter().map(|configuration| configuration.client).collect();
    assert!(recorded.keys().all(|client| known.contains(&client.as_str())));
    assert!(known.iter().all(|client| recorded.contains_key(*client)));
}
