//! Every format of `castore check` before the programs that read it, with hostile names in it and without.
//!
//! What a strict reader of this project takes is tested in `tests/cli`; here the readers that people use decide.
//! `CASTORE_ORACLES_OUTPUTS` names a directory of them: `venv` with Python's junitparser, check-jsonschema,
//! cmarkgfm and nagiosplugin, `npm` with Microsoft's SARIF multitool, `usr` with Debian's prometheus,
//! prometheus-node-exporter and nagios4-core.

use crate::certificates::NOW;
use crate::{fetched, names};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The directory of the readers.
pub fn readers() -> Option<PathBuf> {
    fetched("CASTORE_ORACLES_OUTPUTS")
}

/// A tree with hostile names, and one block that cannot be read.
pub fn hostile() -> TempDir {
    let tree = tempfile::tempdir().expect("a directory");
    fs::write(tree.path().join("hostile.pem"), names::bundle()).expect("a file");
    for (number, payload) in names::PAYLOADS.iter().enumerate() {
        let name: String = payload.chars().filter(|c| !"/\0".contains(*c)).collect();
        fs::create_dir_all(tree.path().join("d")).expect("a directory");
        fs::copy(tree.path().join("hostile.pem"), tree.path().join(format!("d/{number}{name}.pem"))).expect("a file");
        if number > 60 {
            break;
        }
    }
    fs::create_dir_all(tree.path().join("etc")).expect("a directory");
    fs::write(tree.path().join("etc/hostname"), "a\u{1b}[2J\"<b>|\u{202e}\n").expect("a file");
    tree
}

/// What castore says of the two stores of a tree.
pub fn said(tree: &Path, format: &str, more: &[&str]) -> Vec<u8> {
    let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
    castore.args(["check", "/hostile.pem", "/d", "--at", NOW, "--format", format, "--root"]).arg(tree).args(more);
    let output = castore.env_clear().stdin(Stdio::null()).output().expect("castore");
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Runs a program and gives what it printed; it must end well.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}

/// Runs a program of Python over a file of `text`.
fn python(readers: &Path, program: &str, text: &[u8]) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("report");
    fs::write(&file, text).expect("a file");
    run(Command::new(readers.join("venv/bin/python")).args(["-c", program]).arg(file))
}

/// How many findings there are, as JSON has them.
fn number(tree: &Path) -> usize {
    let report: serde_json::Value = serde_json::from_slice(&said(tree, "json", &[])).expect("JSON");
    report["findings"].as_array().expect("findings").len()
}

#[test]
fn sarif_is_what_its_schema_and_the_multitool_take() {
    let Some(readers) = readers() else { return };
    let multitool = readers.join("npm/node_modules/@microsoft/sarif-multitool-linux");
    if !multitool.exists() {
        return crate::skip("the SARIF multitool is not here: npm fetches it");
    }
    let directory = tempfile::tempdir().expect("a directory");
    let tree = hostile();
    let log = directory.path().join("castore.sarif");
    fs::write(&log, said(tree.path(), "sarif", &[])).expect("a file");
    let schema = multitool.join("sarif-2.1.0.json");
    let says = run(Command::new(readers.join("venv/bin/check-jsonschema")).arg("--schemafile").arg(&schema).arg(&log));
    assert!(says.contains("ok -- validation done"), "{says}");
    let validate = |log: &Path| -> (String, bool) {
        let mut command = Command::new(multitool.join("Sarif.Multitool"));
        let output = command.arg("validate").arg(log).env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1").output();
        let output = output.expect("the multitool");
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
    };
    let (says, is_well) = validate(&log);
    let complaints: Vec<&str> =
        says.lines().filter(|line| line.contains(": error ") || line.contains(": warning ")).collect();
    // castore has no page of its own yet.
    let others: Vec<&&str> = complaints.iter().filter(|line| !line.contains("'informationUri'")).collect();
    assert!(is_well && others.is_empty(), "{others:#?}");
    // It would have said so.
    let text = fs::read_to_string(&log).expect("the log").replace("\"ruleIndex\": ", "\"ruleIndex\": 9");
    fs::write(&log, text).expect("a file");
    assert!(validate(&log).0.contains(": error "), "a wrong index is found");
    println!("sarif multitool: {} bytes of log are well", fs::metadata(&log).map_or(0, |log| log.len()));
}

#[test]
fn junitparser_reads_what_was_written() {
    const READ: &str = "\
import sys
from junitparser import JUnitXml, Failure, Error
suites = JUnitXml.fromfile(sys.argv[1])
cases = [case for suite in suites for case in suite]
of = lambda kind: sum(isinstance(result, kind) for case in cases for result in case.result)
print(suites.failures, of(Failure), suites.errors, of(Error), suites.tests, len(cases))
";
    let Some(readers) = readers() else { return };
    let tree = hostile();
    let says = python(&readers, READ, &said(tree.path(), "junit", &[]));
    let numbers: Vec<usize> = says.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    assert_eq!((numbers[0], numbers[2], numbers[4]), (numbers[1], numbers[3], numbers[5]), "{says}");
    assert_eq!(numbers[0], number(tree.path()));
    println!("junitparser: {says}");
}

#[test]
fn python_reads_the_table() {
    const READ: &str = "\
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline='', encoding='utf-8'), strict=True))
print(len(rows), {len(row) for row in rows}, any(cell[:1] in tuple('=+-@\\t\\r') and cell for row in rows for cell in row))
";
    let Some(readers) = readers() else { return };
    let tree = hostile();
    let says = python(&readers, READ, &said(tree.path(), "csv", &[]));
    assert_eq!(says, format!("{} {{19}} False\n", number(tree.path()) + 1));
}

/// GitHub's own renderer makes of it what castore's own words do: no link, no image, nothing raw.
#[test]
fn github_makes_no_link_of_a_name() {
    const RENDER: &str = "\
import re, sys, cmarkgfm
from cmarkgfm.cmark import Options
text = open(sys.argv[1], encoding='utf-8').read()
html = cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE)
outside = re.sub(r'<code>.*?</code>', '', html, flags=re.S)
print(sorted(set(re.findall(r'</?([a-zA-Z]+)', html))), sorted(set(re.findall(r'[@\\[\\]#!|`]|evil|www|href|src', outside))), len(text))
";
    let Some(readers) = readers() else { return };
    let says = python(&readers, RENDER, &said(hostile().path(), "markdown", &[]));
    assert!(says.starts_with("['code', 'h', 'li', 'p', 'ul'] [] "), "{says}");
}

#[test]
fn nagiosplugin_knows_the_ranges() {
    const READ: &str = "\
import re, sys, nagiosplugin
first = open(sys.argv[1], encoding='utf-8').read().split('\\n')[0]
said, numbers = first.split(' | ')
state = {'OK': nagiosplugin.Ok, 'WARNING': nagiosplugin.Warn, 'CRITICAL': nagiosplugin.Critical, 'UNKNOWN': nagiosplugin.Unknown}[said.split()[1]]
for number in numbers.split():
    label, values = number.split('=')
    value, warning, critical, least = (values.split(';') + [''] * 4)[:4]
    written = nagiosplugin.Performance(label, int(value), warn=warning or None, crit=critical or None, min=least or None)
    assert str(written) == number, (str(written), number)
    is_bad = any(text and not nagiosplugin.Range(text).match(int(value)) for text in (warning, critical))
    print(label, value, is_bad)
print(state.text)
";
    let Some(readers) = readers() else { return };
    let tree = hostile();
    let says = python(&readers, READ, &said(tree.path(), "nagios", &[]));
    assert!(says.contains("errors 1 True") && says.ends_with("critical\n"), "{says}");
    assert!(says.contains("stores 2 False"), "{says}");
    assert!(says.lines().any(|line| line.starts_with("warnings ") && line.ends_with(" True")), "{says}");
}
