//! Chains at random before the verifiers themselves: Go's `crypto/x509`, GnuTLS, pyca/cryptography.

use crate::limbo::{Case, cases_of};
use castore::chain::{Verdict, judge};
use castore::model::Version;
use castore::policy::{Parts, Policy, Settings, gnutls, go, pyca};
use std::fs;

/// What castore says: "ok", what is printed, or why nothing is told.
fn foretold(case: &Case, policy: &Policy) -> (String, String) {
    let (question, pool) = case.asked();
    let judged = judge(&question, &pool, policy);
    match &judged.verdict {
        Verdict::Accepts => ("ok".to_owned(), String::new()),
        Verdict::Refuses { printed, fault } => (printed.text.clone(), format!("{fault:?}")),
        Verdict::Depends(why) | Verdict::NotPredicted(why) => (format!("not told: {why}"), String::new()),
    }
}

#[test]
fn dev() {
    let Ok(file) = std::env::var("DEV_FILE") else { return };
    let said = fs::read_to_string(std::env::var("DEV_SAID").unwrap()).unwrap();
    let which = std::env::var("DEV_POLICY").unwrap();
    let (row, version) = which.split_once(' ').unwrap();
    let version = Version::parse(version).unwrap();
    let components = [("go", version.clone()), ("gnutls", version.clone()), ("cryptography", version)];
    let parts = Parts { components: &components, marks: &["gnutls"], settings: Settings::default() };
    let row = match row {
        "go" => &go::GO,
        "pyca" => &pyca::PYCA,
        "cli" => &gnutls::CLI,
        "certtool" => &gnutls::CERTTOOL,
        "curl" => &gnutls::CURL,
        _ => &gnutls::WGET2,
    };
    let policy = (row.policy)(&parts).unwrap();
    let cases = cases_of(&fs::read_to_string(file).unwrap());
    let said: Vec<_> = said.lines().collect();
    assert_eq!(cases.len(), said.len());
    let (mut verdicts, mut texts) = (0, 0);
    for (case, said) in cases.iter().zip(&said) {
        let (told, fault) = foretold(case, &policy);
        let mut said = (*said).to_owned();
        let mut told = told;
        if row.id == "curl-gnutls" {
            if told.contains("does not match target") { told = "host".to_owned(); }
            else if told.starts_with("server certificate") { told = "refused".into(); said = if said == "ok" || said == "host" { said } else { "refused".into() } }
        }
        if row.id == "certtool" { told = told.replace("Not verified. ", ""); }
        if row.id == "pyca" { said = said.split(" (encountered").next().unwrap().to_owned(); }
        if row.id == "gnutls" || row.id == "certtool" || row.id == "wget2" || row.id == "curl-gnutls" { said = said.trim_start_matches("error: ").to_owned(); }
        if (told == "ok") != (said == "ok") {
            verdicts += 1;
            println!("VERDICT {}: told {told:?} {fault}, really {said:?}", case.id);
        } else if told != said {
            texts += 1;
            println!("TEXT {}: told {told:?} {fault}, really {said:?}", case.id);
        }
    }
    println!("{which}: {} chains, {verdicts} verdicts, {texts} texts differ", cases.len());
}
