//! The queries of `data/sql`, asked of DuckDB and ClickHouse over rows of two thousand hosts among which the answers
//! were hidden.
//!
//! Rows are castore's own, column by column: one that is renamed does not compile here, and is missed there.

use crate::outputs::{readers, run};
use castore::render::ndjson::{Row, lines};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::Command;

const HOSTS: usize = 2_000;
/// Certificates that nearly every host holds.
const COMMON: usize = 24;

const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
const CERTIFI: &str = "/opt/it's/cacert.pem";

/// A subject that is no SQL, no JSON and no line.
const ODD: &str = "CN=Robert'); DROP TABLE \"castore_rows\";--\n\u{202e}{x:String}";

/// Fingerprints of what was hidden.
fn print(name: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(name).iter().map(|octet| format!("{octet:02x}")).collect()
}

fn row(kind: &'static str, host: usize, day: usize) -> Row {
    Row {
        schema: "castore.row/1",
        kind,
        // One does not know what it is called.
        host: (host != 3).then(|| format!("h{host:04}")),
        at: format!("2026-11-{day}T04:{:02}:{:02}Z", host / 60 % 60, host % 60),
        castore: "0.1.0",
        store: Some(BUNDLE.to_owned()),
        store_format: Some("pem"),
        clients: Some("curl, python".to_owned()),
        slot: None,
        sha256: None,
        spki_sha256: None,
        subject: None,
        issuer: None,
        serial: None,
        not_before: None,
        not_after: None,
        trust: None,
        check: None,
        severity: None,
        title: None,
        expected: None,
        found: None,
        remedy: None,
    }
}

fn certificate(host: usize, day: usize, store: &str, name: &str, not_after: &str) -> Row {
    Row {
        store: Some(store.to_owned()),
        sha256: Some(print(name)),
        spki_sha256: Some(print(&format!("key of {name}"))),
        subject: Some(if name == "rogue" { ODD.to_owned() } else { format!("CN={name}") }),
        issuer: Some(format!("CN={name}")),
        serial: Some("01".to_owned()),
        not_before: Some("1950-01-01T00:00:00Z".to_owned()),
        not_after: Some(not_after.to_owned()),
        ..row("certificate", host, day)
    }
}

/// What one host reports on one day.
fn report(host: usize, day: usize) -> Vec<Row> {
    let late = "2049-12-31T23:59:59Z";
    let mut rows = vec![Row { found: Some("read".to_owned()), ..row("store", host, day) }];
    let mut hold = |store: &str, name: &str, until: &str| rows.push(certificate(host, day, store, name, until));
    for number in 0..COMMON {
        let until = match number {
            // The second is the first day that is none of the quarter.
            0 => "2027-01-01T00:00:00Z",
            1 => "2027-04-01T00:00:00Z",
            2 => "2026-12-31T23:59:59Z",
            3 => "2027-03-31T23:59:59Z",
            // Without end (RFC 5280, 4.1.2.5).
            4 => "9999-12-31T23:59:59Z",
            _ => late,
        };
        hold(BUNDLE, &format!("common {number}"), until);
    }
    hold(CERTIFI, "common 5", late);
    // Removed by the program; four hosts did not hear of it.
    if day == 24 || host % 500 == 7 {
        hold(BUNDLE, "removed", late);
        hold(CERTIFI, "removed", late);
    }
    if [13, 666, 1999].contains(&host) {
        hold(BUNDLE, "rogue", late);
    }
    // One in a hundred, and one more than that.
    if (100..120).contains(&host) {
        hold(BUNDLE, "just rare", late);
    }
    if (200..221).contains(&host) {
        hold(BUNDLE, "just common", late);
    }
    // New on the second day on fifty hosts; on others it only moves.
    if (day == 25 && (300..350).contains(&host)) || (400..450).contains(&host) {
        hold(if day == 25 { CERTIFI } else { BUNDLE }, "new", late);
    }
    let found = |name: &str| Row {
        check: Some("no-program"),
        severity: Some("info"),
        title: Some("a local root"),
        ..Row { kind: "finding", ..certificate(host, day, BUNDLE, name, late) }
    };
    if (500..540).contains(&host) {
        rows.push(found(if day == 24 { "private, once" } else { "private" }));
    }
    rows
}

/// Two days of all hosts, in a file each: two are silent on the second, one is new.
fn write(directory: &Path) {
    for day in [24, 25] {
        let mut file = std::fs::File::create(directory.join(format!("{day}.ndjson"))).expect("a file");
        for host in 0..HOSTS {
            let is_silent = if day == 25 { [40, 41].contains(&host) } else { host == 1_500 };
            if !is_silent {
                file.write_all(lines(report(host, day)).as_bytes()).expect("rows");
            }
        }
    }
}

fn answers(engine: &str, rows: &Path) -> Option<Value> {
    let readers = readers()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let parameters = json!({
        "who_holds": { "certificate": &print("removed")[..16] },
        "rare": { "share": 0.01 },
        "new": { "since": "2026-11-25 00:00:00" },
        "expiring": { "since": "2027-01-01", "until": "2027-04-01" },
        "silent": { "since": "2026-11-25 00:00:00" },
        "private": { "since": "2026-11-25 00:00:00" },
    });
    let mut script = Command::new(readers.join("venv/bin/python"));
    script.arg(root.join("tests/oracles/fleet.py")).arg(engine).arg(root.join("data/sql").join(engine));
    script.arg(rows.join("*.ndjson")).arg(parameters.to_string());
    Some(serde_json::from_str(&run(&mut script)).expect("JSON"))
}

/// What every database has to answer.
fn hidden() -> Value {
    let both = format!("{BUNDLE}, {CERTIFI}");
    let holds = |host: usize| {
        let at = format!("2026-11-25 04:{:02}:{:02}", host / 60 % 60, host % 60);
        json!([format!("h{host:04}"), both, "curl, python", at])
    };
    // The two silent ones hold it by what they said last.
    let silent = |host: usize| {
        let at = format!("2026-11-24 04:{:02}:{:02}", host / 60 % 60, host % 60);
        (json!([format!("h{host:04}"), both, "curl, python", at]), json!([format!("h{host:04}"), at]))
    };
    let [(held_by_40, silent_40), (held_by_41, silent_41)] = [40, 41].map(silent);
    let all = HOSTS.to_string();
    let mut rare = vec![
        json!([print("rogue"), ODD, "3", "h0013", BUNDLE]),
        json!([print("removed"), "CN=removed", "6", "h0007", both]),
        json!([print("just rare"), "CN=just rare", "20", "h0100", BUNDLE]),
    ];
    rare.sort_by_key(|row| row[2].as_str().map(|number| number.parse::<usize>().ok()));
    json!({
        "who_holds": [holds(7), held_by_40, held_by_41, holds(507), holds(1007), holds(1507)],
        "rare": rare,
        "new": [[print("new"), "CN=new", "50", "h0300", CERTIFI]],
        "expiring": [
            ["2027-01-01 00:00:00", print("common 0"), "CN=common 0", all, BUNDLE],
            ["2027-03-31 23:59:59", print("common 3"), "CN=common 3", all, BUNDLE],
        ],
        "silent": [silent_40, silent_41],
        "private": [[print("private"), "CN=private", "40", "h0500", BUNDLE]],
    })
}

#[test]
fn what_was_hidden_among_two_thousand_hosts_is_found() {
    if readers().is_none() {
        return;
    }
    let place = tempfile::tempdir().expect("a directory");
    write(place.path());
    for engine in ["duckdb", "clickhouse"] {
        let Some(found) = answers(engine, place.path()) else { return };
        for (query, expected) in hidden().as_object().expect("answers") {
            assert_eq!(&found[query], expected, "{engine}: {query}");
        }
        let files = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sql").join(engine));
        assert_eq!(files.expect("queries").count(), found.as_object().map_or(0, serde_json::Map::len) + 1, "{engine}");
    }
}
