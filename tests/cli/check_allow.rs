//! `[[allow]]` of `castore.toml`: findings that are known.

use crate::certificates::{NOW, expired};
use crate::harness::{Castore, Output, Tree};
use crate::roots::{debian, with_environment, with_programs};
use insta::assert_snapshot;

/// A machine whose certifi has an expired root.
fn machine() -> Tree {
    with_environment(with_programs(debian()))
        .file("opt/venv/lib/python3.11/site-packages/certifi/cacert.pem", expired().make().pem())
}

fn check(tree: &Tree, settings: &str, more: &[&str]) -> Output {
    let home = Tree::new().file("castore.toml", settings);
    let castore = Castore::at(tree).home(home).with(["--at", NOW, "--config", "castore.toml"]);
    castore.run([&["check", "--only", "expired,allow-*"], more].concat())
}

fn entry(lines: &str) -> String {
    format!("[[allow]]\nreason = \"waits for the vendor, OPS-12\"\n{lines}\n")
}

const FOR_NOW: &str = "until = 2026-01-01";

#[test]
fn what_is_allowed_is_not_counted() {
    let digits = &expired().make().fingerprint()[..16];
    let known = entry(&format!("check = \"expired\"\ncertificate = \"{digits}\"\nstore = \"certifi\"\n{FOR_NOW}"));
    assert_snapshot!(check(&machine(), &known, &[]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --config castore.toml --only 'expired,allow-*'
    no findings (1 more allowed by castore.toml; --show-allowed shows them)
    exit: 0
    ");
    assert_snapshot!(check(&machine(), &known, &["--show-allowed"]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --config castore.toml --only 'expired,allow-*' --show-allowed
    warning[expired]: a certificate has expired: Expired Root (eac26c5a)
      at /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem:1  (used by certifi, requests)
      expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago
      hint: remove it where the store is kept by hand; else update the package the store comes from
      allowed until 2026-01-01 by @HOME@/castore.toml:1: waits for the vendor, OPS-12
    no findings (1 more allowed by castore.toml)
    exit: 0
    ");
    let json = check(&machine(), &known, &["--format", "json"]).exits(0).json();
    assert_eq!(json["allowed"][0]["allowed"]["reason"], "waits for the vendor, OPS-12");
    assert_eq!(json["allowed"][0]["allowed"]["line"], 1);
    assert_eq!(json["allowed"][0]["allowed"]["until"], "2026-01-01");
}

/// In the other formats it is not there, and suppressed in the one that has a word for it.
#[test]
fn other_formats_leave_out_what_is_allowed() {
    let known = entry(&format!("check = \"expired\"\n{FOR_NOW}"));
    for format in ["ndjson", "junit", "csv", "markdown", "nagios", "prometheus", "html"] {
        let text = check(&machine(), &known, &["--format", format]).exits(0).stdout();
        assert!(!text.contains("eac26c5a") && !text.contains("castore_findings{check=\"expired\""), "{format}: {text}");
    }
    let sarif = |settings: &str, status| check(&machine(), settings, &["--format", "sarif"]).exits(status).json();
    let results = &sarif(&known, 0)["runs"][0]["results"];
    assert_eq!(results.as_array().map(Vec::len), Some(1));
    assert_eq!(results[0]["suppressions"][0]["kind"], "external");
    assert_eq!(results[0]["suppressions"][0]["justification"], "waits for the vendor, OPS-12 (until 2026-01-01)");
    assert!(sarif("", 1)["runs"][0]["results"][0].get("suppressions").is_none());
}

/// Everything that an entry names has to fit.
#[test]
fn another_finding_still_counts() {
    let certifi = "/opt/venv/lib/python3.11/site-packages/certifi/cacert.pem";
    let digits = expired().make().fingerprint();
    for (lines, status) in [
        ("check = \"expired\"", 0),
        ("check = \"exp*\"", 0),
        ("check = \"*\"\nstore = \"certifi\"", 0),
        (&format!("check = \"expired\"\nstore = \"{certifi}\""), 0),
        ("check = \"expired\"\nstore = \"/opt/**\"", 0),
        ("check = \"expired\"\nstore = \"java\"", 1),
        ("check = \"expired\"\nstore = \"/etc/**\"", 1),
        (&format!("check = \"expired\"\ncertificate = \"{digits}\""), 0),
        (&format!("check = \"expired\"\ncertificate = \"{}\"", digits[..16].to_uppercase()), 0),
        ("check = \"expired\"\ncertificate = \"00112233445566778899\"", 1),
        // certifi and requests use the store: the finding is about both.
        ("check = \"expired\"\nclient = \"certifi\"", 1),
        ("check = \"expired\"\nclient = \"*\"", 0),
        ("check = \"expired\"\nhost = \"*\"", 1),
        ("check = \"expiring\"", 1),
    ] {
        let output = check(&machine(), &entry(&format!("{lines}\n{FOR_NOW}")), &["--skip", "allow-unused"]);
        _ = output.exits(status);
    }
}

/// The day that is named is the last.
#[test]
fn an_entry_that_is_over_counts_no_longer() {
    let over = entry("check = \"expired\"\nuntil = 2025-12-31");
    assert_snapshot!(check(&machine(), &over, &[]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --config castore.toml --only 'expired,allow-*'
    warning[expired]: a certificate has expired: Expired Root (eac26c5a)
      at /opt/venv/lib/python3.11/site-packages/certifi/cacert.pem:1  (used by certifi, requests)
      expected valid on 2026-01-01, found valid until 2025-07-01, 184 days ago
      hint: remove it where the store is kept by hand; else update the package the store comes from
    warning[allow-expired]: an entry that allowed a finding is over
      at @HOME@/castore.toml:1
      expected an entry that holds on 2026-01-01, found one for expired that ended with 2025-12-31: waits for the vendor, OPS-12
      hint: mend what it allowed and remove it, or name a later day
    2 warnings
    exit: 1
    ");
}

#[test]
fn an_entry_that_nothing_needs_is_said() {
    let unused = entry(&format!("check = \"expired\"\nstore = \"java\"\n{FOR_NOW}"));
    let clean = with_programs(debian());
    assert_snapshot!(check(&clean, &unused, &[]), @r"
    $ castore check --root @ROOT@ --at 2026-01-01T00:00:00Z --config castore.toml --only 'expired,allow-*'
    info[allow-unused]: an entry allows none of the findings
      at @HOME@/castore.toml:1
      expected a finding that it allows, found none for expired: waits for the vendor, OPS-12
      hint: remove it, or correct what it names
    1 info
    exit: 1
    ");
    // Not where only a part was looked at: of the stores, or of the checks that it could mean.
    assert_eq!(check(&clean, &unused, &["system"]).exits(0).stdout(), "no findings\n");
    let other = entry(&format!("check = \"duplicate\"\n{FOR_NOW}"));
    assert_eq!(check(&clean, &other, &[]).exits(0).stdout(), "no findings\n");
    let host = entry(&format!("check = \"expired\"\nhost = \"example.com\"\n{FOR_NOW}"));
    assert_eq!(check(&clean, &host, &[]).exits(0).stdout(), "no findings\n");
}

/// A reason is a text that somebody wrote, and acts on no terminal.
#[test]
fn a_reason_does_not_act() {
    let hostile = "[[allow]]\ncheck = \"expired\"\nreason = \"\\u001b[2Jgone\\u202e\"\nuntil = 2026-01-01\n";
    let text = check(&machine(), hostile, &["--show-allowed"]).exits(0).stdout();
    assert!(text.contains("\\u{1b}[2Jgone") && !text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
    let hostile = "[[allow]]\ncheck = \"\\u001b[2J\"\nreason = \"x\"\nuntil = 2026-01-01\n";
    let said = check(&machine(), hostile, &[]).exits(2).stderr();
    assert!(!said.contains('\u{1b}'), "{said}");
}

/// A finding that is about other clients too is there, and is not the one that is named.
#[test]
fn an_entry_for_some_of_the_clients_of_a_finding_says_for_which_it_is_not() {
    let narrow = entry(&format!("check = \"expired\"\nclient = \"certifi\"\n{FOR_NOW}"));
    let text = check(&machine(), &narrow, &[]).exits(1).stdout();
    let said = "expected a finding that it allows, found one for expired that is about requests beside certifi: waits";
    assert!(text.contains(said), "{text}");
    assert!(text.contains("hint: leave client out, or write a pattern that fits all of them"), "{text}");
    // Of other clients alone it is none that could have been meant.
    let other = entry(&format!("check = \"expired\"\nclient = \"java\"\n{FOR_NOW}"));
    let text = check(&machine(), &other, &[]).exits(1).stdout();
    assert!(text.contains("found none for expired: waits"), "{text}");
}

/// Formats that have a place for it show what is allowed where it is asked for; of the others it is said.
#[test]
fn every_format_shows_what_is_allowed_or_says_how_much() {
    let known = entry(&format!("check = \"expired\"\n{FOR_NOW}"));
    for format in castore::render::FORMATS.iter().map(|format| format.name) {
        let output = check(&machine(), &known, &["--format", format, "--show-allowed"]).exits(0);
        let text = output.stdout();
        if ["csv", "ndjson", "prometheus"].contains(&format) {
            assert!(!text.contains("eac26c5a"), "{format}: {text}");
            let said = "castore: 1 finding allowed by castore.toml, which this format does not show\n";
            assert_eq!(output.stderr(), said, "{format}");
            continue;
        }
        assert!(text.contains("eac26c5a") && text.contains("waits for the vendor"), "{format}: {text}");
        assert_eq!(output.stderr(), "", "{format}");
    }
    for format in ["text", "markdown", "html", "nagios"] {
        let text = check(&machine(), &known, &["--format", format]).exits(0).stdout();
        assert!(text.contains("1 more allowed by castore.toml") && !text.contains("eac26c5a"), "{format}: {text}");
    }
}
