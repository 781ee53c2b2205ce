//! Names made to take over whoever shows them, through every format.

use crate::certificates::{NOW, root};
use crate::harness::{Castore, Tree};
use crate::names::{PAYLOADS, bundle, hostile};
use crate::readers::{csv, outside_code, plugin, prometheus, xml};
use crate::schema::published;
use crate::validator;
use castore::format::jks;
use castore::model::Password;
use castore::render::escape::is_unsafe;
use std::sync::OnceLock;

/// What every format of `check` says of hostile names in certificates, aliases, files and the host's own.
fn said(format: &str, more: &[&str]) -> String {
    static TREE: OnceLock<Tree> = OnceLock::new();
    let tree = TREE.get_or_init(|| {
        let aliases: Vec<(String, Vec<u8>)> = PAYLOADS
            .iter()
            .enumerate()
            .map(|(number, alias)| {
                (
                    (*alias).to_owned(),
                    root(&format!("Alias {number}")).dates((2010, 1, 1), (2011, 1, 1)).make().der().to_vec(),
                )
            })
            .collect();
        let aliases = aliases.iter().map(|(alias, der)| (alias.as_str(), der.as_slice()));
        let mut tree = Tree::new()
            .file("hostile.pem", bundle())
            .file("hostile.jks", jks::write(aliases, &Password::new("changeit")))
            .file("etc/hostname", "a\u{1b}[2J\"<b>|\u{202e}\n");
        // Other systems have names that no file may have.
        let named = if cfg!(target_os = "linux") { PAYLOADS } else { &["plain"] };
        for (number, payload) in named.iter().enumerate() {
            let name: String = payload.chars().filter(|c| !"/\0".contains(*c)).collect();
            let content = root(&format!("File {number}")).dates((2010, 1, 1), (2011, 1, 1)).make().pem();
            tree = tree.file(format!("d/{number}{name}.pem"), content);
        }
        #[cfg(target_os = "linux")]
        {
            use std::os::unix::ffi::OsStrExt;
            let name = std::ffi::OsStr::from_bytes(b"d/\xff\x1b\xc0.pem");
            tree = tree.file(name, root("No UTF-8").dates((2010, 1, 1), (2011, 1, 1)).make().pem());
        }
        tree
    });
    let arguments = ["check", "--at", NOW, "/hostile.pem", "/hostile.jks", "/d", "--format", format];
    let output = Castore::at(tree).run(arguments.iter().chain(more));
    for stream in [output.raw_stdout(), output.raw_stderr()] {
        let text = std::str::from_utf8(stream).expect("UTF-8");
        let acts = |c: &char| *c != '\n' && is_unsafe(*c) && (format != "csv" || *c != '\r');
        assert_eq!(text.chars().find(acts), None, "{format}");
    }
    String::from_utf8(output.raw_stdout().to_vec()).expect("UTF-8")
}

/// How many findings there are of all these names.
fn number() -> usize {
    let report: serde_json::Value = serde_json::from_str(&said("json", &[])).expect("JSON");
    report["findings"].as_array().expect("findings").len()
}

#[test]
fn there_are_hundreds_of_them() {
    let all = hostile();
    assert!(all.len() >= 300, "{}", all.len());
    let text = said("ndjson", &["--only", "expired"]);
    let names: std::collections::HashSet<&str> = text.lines().filter(|line| line.contains("hostile.pem")).collect();
    assert_eq!(names.len(), all.len(), "each is read and told");
}

#[test]
fn json_holds_to_what_is_published() {
    let report: serde_json::Value = serde_json::from_str(&said("json", &[])).expect("JSON");
    let schema = published("check");
    assert_eq!(validator::fault(&schema, &report), None);
    // Nothing is lost: the name is the one that was written.
    let names: Vec<&str> = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|f| f["certificate"]["name"].as_str())
        .collect();
    for payload in PAYLOADS {
        assert!(names.contains(payload), "{payload:?}");
    }
}

#[test]
fn rows_are_objects_with_the_same_columns() {
    let text = said("ndjson", &[]);
    let schema = published("row");
    let columns: Vec<&str> =
        schema["required"].as_array().expect("a list").iter().filter_map(|name| name.as_str()).collect();
    for line in text.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(validator::fault(&schema, &row), None, "{line}");
        // In the order that is published, which serde_json does not keep.
        let places: Vec<Option<usize>> = columns.iter().map(|name| line.find(&format!("\"{name}\":"))).collect();
        assert!(places.is_sorted() && places[0] == Some(1), "{line}");
    }
    let mut less: serde_json::Value = serde_json::from_str(text.lines().next().expect("a row")).expect("JSON");
    less.as_object_mut().expect("an object").remove("trust");
    assert!(validator::fault(&schema, &less).is_some(), "a column less is a fault");
    assert_eq!(text.lines().count(), number());
}

#[test]
fn messages_of_sarif_have_no_links_or_placeholders() {
    let log: serde_json::Value = serde_json::from_str(&said("sarif", &[])).expect("JSON");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), number());
    let mut fingerprints = std::collections::HashSet::new();
    for result in results {
        let message = result["message"]["text"].as_str().expect("a message");
        let braces = message.replace("{{", "").replace("}}", "");
        assert!(!message.contains("](") && !braces.contains(['{', '}']), "{message}");
        assert!(!message.contains(is_unsafe), "{message:?}");
        assert!(fingerprints.insert(result["partialFingerprints"]["castoreFinding/v1"].as_str()), "{result:#}");
        let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        let uri = uri.as_str().expect("a URI");
        assert!(uri.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-._~/%".contains(&octet)), "{uri}");
    }
}

#[test]
fn junit_is_well_formed() {
    let node = xml(&said("junit", &[])).expect("XML");
    let elements = node.elements();
    let failures = elements.iter().filter(|(name, ..)| *name == "failure").count();
    assert_eq!(failures, number());
    for (name, attributes, _) in &elements {
        assert!(["testsuites", "testsuite", "testcase", "failure", "error"].contains(name), "{name}");
        let known = ["name", "tests", "failures", "errors", "timestamp", "hostname", "classname", "type", "message"];
        assert!(attributes.keys().all(|key| known.contains(&key.as_str())), "{attributes:?}");
    }
    assert_eq!(elements[0].1["failures"], failures.to_string());
}

#[test]
fn no_cell_runs_as_a_formula() {
    let runs = |cell: &str| cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let records = csv(&said("csv", &[])).expect("CSV");
    assert_eq!(records.len(), number() + 1);
    assert_eq!(records.iter().flatten().find(|cell| runs(cell)), None);
    // As they are, where that was asked for.
    let raw = csv(&said("csv", &["--csv-raw"])).expect("CSV");
    assert!(raw.iter().flatten().any(|cell| cell.starts_with('=')));
}

#[test]
fn markdown_says_strange_things_in_code_alone() {
    let text = said("markdown", &[]);
    assert!(text.chars().count() <= 65_536, "{}", text.chars().count());
    for line in text.lines() {
        let outside = outside_code(line);
        let marks = outside.trim_start_matches(['#', '-', ' ']).replace("**", "");
        assert!(!marks.contains(['`', '<', '>', '[', ']', '|', '@', '!', '#', '&', '$', '{']), "{line}\n{outside}");
        assert!(!marks.contains("evil") && !marks.contains("www."), "{line}");
    }
}

#[test]
fn a_plugin_says_one_line_and_its_numbers() {
    let text = said("nagios", &[]);
    assert!(text.len() <= 8192, "{}", text.len());
    let (first, numbers, more) = plugin(&text).expect("the answer of a plugin");
    assert!(first.starts_with("CASTORE WARNING - ") || first.starts_with("CASTORE CRITICAL - "), "{first}");
    let labels: Vec<&str> = numbers.iter().map(|(label, ..)| label.as_str()).collect();
    assert_eq!(labels, ["errors", "warnings", "info", "stores", "unread"]);
    let total: f64 = numbers[..3].iter().map(|(_, value, ..)| value).sum();
    assert_eq!(total, number() as f64);
    assert!(more.last().is_some_and(|line| line.starts_with("and ")), "{more:?}");
}

#[test]
fn metrics_always_parse() {
    let samples = prometheus(&said("prometheus", &["--per-certificate"])).expect("metrics");
    let of = |name: &str| samples.iter().filter(|sample| sample.name == name).collect::<Vec<_>>();
    let total: f64 = of("castore_findings").iter().map(|sample| sample.value).sum();
    assert_eq!(total, number() as f64);
    assert_eq!(of("castore_store_up").len(), 3);
    let ends = of("x509_cert_not_after");
    assert!(ends.len() > hostile().len() + PAYLOADS.len(), "{}", ends.len());
    assert!(of("x509_cert_expired").iter().all(|sample| sample.value == 1.0));
    assert!(ends.iter().flat_map(|sample| sample.labels.values()).all(|value| !value.contains(is_unsafe)));
}

#[test]
fn html_is_inert() {
    let page = said("html", &[]);
    let body = page.strip_prefix("<!DOCTYPE html>\n").expect("a doctype");
    let node = xml(body).expect("well-formed");
    let known = [
        "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "section", "span", "code", "ul", "li",
        "strong", "details", "summary", "table", "tr", "th", "td",
    ];
    for (name, attributes, _) in node.elements() {
        assert!(known.contains(&name), "{name}");
        let allowed = |key: &&String| match name {
            "html" => *key == "lang",
            "meta" => ["charset", "http-equiv", "content", "name"].contains(&key.as_str()),
            _ => *key == "class",
        };
        assert_eq!(attributes.keys().find(|key| !allowed(key)), None, "{name}");
        assert!(attributes.get("class").is_none_or(|class| class.bytes().all(|octet| octet.is_ascii_lowercase())));
    }
    let policy = node.elements().into_iter().find(|(_, attributes, _)| attributes.get("http-equiv").is_some());
    let policy = policy.expect("a policy").1["content"].clone();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    // The one style is the one that the policy allows.
    use sha2::Digest;
    let style = node.elements().into_iter().find(|(name, ..)| *name == "style").expect("a style").2;
    let hash = base64_simd::STANDARD.encode_to_string(sha2::Sha256::digest(style));
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
}

#[test]
fn text_is_harmless() {
    let text = said("text", &["--explain"]);
    assert!(text.contains("\\u{1b}[2J"), "escapes are shown");
    assert!(!text.contains("\nERROR forged"), "no line is forged");
    _ = said("text", &["--color", "never"]);
}

/// No format can be added that hostile names do not go through.
#[test]
fn every_format_is_here() {
    let here = include_str!("outputs_hostile.rs");
    for format in castore::render::FORMATS {
        assert!(here.contains(&format!("said(\"{}\"", format.name)), "{}", format.name);
    }
}
