//! The tables that are built in, and tables that are not sound.

use super::*;
use crate::format::x509;
use proptest::prelude::*;

const HEADER: &str =
    "# castore-facts: 1\n# id: x\n# name: X\n# source: here\n# licence: none\n# date: 2026-01-01\n# script: none\n";
const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

fn file(kind: &str, rows: &str) -> String {
    format!("{HEADER}# kind: {kind}\n{rows}")
}

fn program(rows: &str) -> Result<Facts, BadFacts> {
    Facts::read([("x.tsv", file("program\n# sort: program", rows).as_str())])
}

fn said(result: Result<Facts, BadFacts>) -> String {
    result.map(|_| "sound".to_owned()).unwrap_or_else(|bad| bad.to_string())
}

#[test]
fn the_built_in_files_are_sound_and_dated() {
    let files = BUILT_IN.into_iter().chain([REASONS]);
    let facts = Facts::read(files).unwrap_or_else(|bad| panic!("{bad}"));
    assert_eq!(facts.files().len(), BUILT_IN.len() + 1);
    let own = Facts::built_in();
    assert!(own.are_built_in() && !facts.are_built_in());
    assert_eq!(own.files(), facts.files());
    for file in own.files() {
        assert!(
            file.script.starts_with("data/harvest/") || file.script.starts_with("none; written by hand"),
            "{file:?}"
        );
        assert!(file.file.strip_suffix(".tsv") == Some(file.id.as_str()), "{file:?}");
    }
}

#[test]
fn every_file_of_the_directory_is_built_in() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/data/facts");
    let host = crate::host::Host::new(
        Box::new(crate::host::files::Tree::at(std::path::Path::new(directory)).unwrap()),
        crate::host::System::Linux,
    );
    let found: Vec<_> = host.children(std::path::Path::new("/"));
    let names = found.iter().filter_map(|path| path.file_name()?.to_str()).filter(|name| name.ends_with(".tsv"));
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    let mut built_in: Vec<_> = BUILT_IN.into_iter().chain([REASONS]).map(|(name, _)| name).collect();
    built_in.sort_unstable();
    assert_eq!(names, built_in);
}

/// Known by heart from the packages themselves: certifi 2026.10.18 took emSign's roots out, and Debian one of them.
#[test]
fn the_removals_of_october_2026() {
    let facts = Facts::built_in();
    let g3 = "86a1ecba089c4a8d3bbe2734c612ba341d813e043cf9e8a862cd5c57a36bbe6b".parse().unwrap();
    let standings = facts.standings(&g3);
    let of = |id: &str| standings.iter().find(|standing| standing.program.id == id).unwrap();
    let Held::Removed { last, gone } = of("certifi").servers else { panic!("{:?}", of("certifi")) };
    assert_eq!((last.version.as_str(), gone.version.as_str()), ("2026.7.22", "2026.10.18"));
    for id in ["mozilla", "debian", "microsoft"] {
        assert!(matches!(of(id).servers, Held::Removed { .. }), "{id}");
    }
    assert_eq!(facts.reason(&g3).unwrap().id.as_deref(), Some("CVE-2026-111943"));
    // Vendors disagree: Mozilla keeps emSign Root CA - G1, and certifi does not.
    let g1 = "40f6af0346a99aa1cd1d555a4e9cce62c7f9634603ee406615833dc8c8d00367".parse().unwrap();
    let held = |id: &str| facts.program(id).unwrap().standing(&g1).unwrap().servers;
    assert!(held("mozilla") == Held::Yes && matches!(held("certifi"), Held::Removed { .. }));
    // Comodo's is still trusted for mail.
    let aaa = "d7a7a0fb5d7e2731d771e9484ebcdef71d5f0c3e0a2948782bc83ee0ea699ef4".parse().unwrap();
    let standing = facts.program(MOZILLA).unwrap().standing(&aaa).unwrap();
    assert!(matches!(standing.servers, Held::Removed { .. }) && standing.others == [Purpose::Email]);
}

#[test]
fn mozilla_trusts_some_hundred_roots_for_servers() {
    let facts = Facts::built_in();
    let mozilla = facts.program(MOZILLA).unwrap();
    let servers: Vec<_> = mozilla.servers().collect();
    assert_eq!(servers.len(), 118);
    assert!(servers.iter().all(|(root, _)| mozilla.standing(root).unwrap().servers == Held::Yes));
    assert!(mozilla.roots().count() > servers.len());
}

#[test]
fn spans_tell_who_is_in_and_who_is_not() {
    let releases = "release\t1\t2024-01-01\tx 1\nrelease\t2\t-\tx 2\nrelease\t3\t2026-01-01\tx 3\n";
    let a = format!("root\t{A}\tserver=1..1,3.. email=1..2\tserver=2025-06-30\tRoot A\n");
    let b = format!("root\t{B}\tserver=1..2 other=2..\t-\tRoot B\n");
    let facts = program(&format!("{releases}{a}{b}")).unwrap();
    let a = &facts.standings(&A.parse().unwrap())[0];
    assert_eq!((a.servers, a.others.len(), a.name), (Held::Yes, 0, "Root A"));
    assert_eq!(a.after.unwrap().date(), "2025-06-30");
    let b = &facts.standings(&B.parse().unwrap())[0];
    let Held::Removed { last, gone } = b.servers else { panic!("{b:?}") };
    assert_eq!((last.version.as_str(), gone.version.as_str(), &b.others[..]), ("2", "3", &[Purpose::Other][..]));
    assert!(facts.standings(&Fingerprint::from_bytes([1; 32])).is_empty());
    assert_eq!(facts.programs()[0].servers().map(|(_, name)| name).collect::<Vec<_>>(), ["Root A"]);
}

#[test]
fn what_is_not_in_the_form_is_named_with_its_line() {
    let release = "release\t1\t2024-01-01\tx 1\n";
    let root = |rest: &str| said(program(&format!("{release}root\t{rest}\n")));
    for (found, wanted) in [
        (said(program("")), "x.tsv:2: expected at least one release of the programme, found x"),
        (
            said(program("release\t1\t2024-13-01\tx\n")),
            "x.tsv:10: expected a day as 2026-11-25, or -, found 2024-13-01",
        ),
        (said(program("release\t1\n")), "x.tsv:10: expected 4 fields, found 2"),
        (said(program("release\t1\t-\t\n")), "x.tsv:10: expected `-` for an empty field, found an empty field"),
        (said(program(&format!("{release}{release}"))), "x.tsv:11: expected each release once, found 1"),
        (said(program("rot\tx\n")), "x.tsv:10: expected a row of `release` or `root`, found rot"),
        (said(program("\n")), "x.tsv:10: expected a row, found an empty line"),
        (said(program("release\t1\t-\tx\n# id: y\n")), "x.tsv:11: expected a row, found a header below the first row"),
        (
            said(program("release\t1\t-\tx\u{1b}\n")),
            "x.tsv:10: expected text without control characters, found '\\u{1b}'",
        ),
        (root("abc\tserver=1..\t-\tA"), "x.tsv:11: expected a SHA-256 of 64 lower-case hexadecimal digits, found abc"),
        (root(&format!("{A}\tserver=2..\t-\tA")), "x.tsv:11: expected a release named above, found 2"),
        (root(&format!("{A}\tserver=1\t-\tA")), "x.tsv:11: expected `FIRST..LAST`, found 1"),
        (
            root(&format!("{A}\tservers=1..\t-\tA")),
            "x.tsv:11: expected `server=`, `email=` or `other=`, found servers=1..",
        ),
        (root(&format!("{A}\tserver=1..,1..\t-\tA")), "x.tsv:11: expected releases in their order, found 1.."),
        (root(&format!("{A}\tserver=1..\tserver=soon\tA")), "x.tsv:11: expected a day as 2026-11-25, or -, found soon"),
        (said(Facts::read([])), "*.tsv:1: expected at least one file of facts, found none"),
        (said(Facts::read([("x", "")])), "x:1: expected `# castore-facts: …` in the header, found none"),
        (said(Facts::read([("x", "# colour: red\n")])), "x:1: expected a key of the header, found colour"),
        (said(Facts::read([("x", "# id: a\n# id: b\n")])), "x:2: expected each key once, found id"),
    ] {
        assert_eq!(found, wanted);
    }
    let other = HEADER.replace("facts: 1", "facts: 2") + "# kind: blocked\n";
    assert_eq!(said(Facts::read([("x", other.as_str())])), "x:1: expected version 1 of the form, found 2");
    let twice = file("blocked", "");
    let twice = said(Facts::read([("x", twice.as_str()), ("y", twice.as_str())]));
    assert_eq!(twice, "y:2: expected an id that x does not have, found x");
    let interceptor = file("interceptors", "name\tCN=*\tleaked\ta\tb\thttps://x.example/\n");
    assert_eq!(said(Facts::read([("x", interceptor.as_str())])), "x:9: expected `CN=…`, `OU=…` or `O=…`, found CN=*");
    let reason = file("reasons", &format!("removed\t{A}\t-\twhy\thttp://x.example/\n"));
    assert!(
        said(Facts::read([("x", reason.as_str())])).starts_with("x:9: expected an address that begins with https://")
    );
}

#[test]
fn files_age() {
    let facts = program("release\t1\t-\tx\n").unwrap();
    let file = &facts.files()[0];
    let at = |text: &str| text.parse().unwrap();
    assert_eq!((file.age(at("2026-01-31")), file.is_old(at("2026-06-30"))), (30, false));
    assert!(file.is_old(at("2026-07-01")) && !file.is_old(at("2020-01-01")));
}

#[test]
fn a_key_is_hashed_whole() {
    let certificate = x509::read(crate::format::tests::authority("Top").into());
    let facts = file("blocked", &format!("key\t{}\tx\tx 1\t-\n", key(&certificate).unwrap()));
    let facts = Facts::read([("x", facts.as_str())]).unwrap();
    assert_eq!(facts.blocked(&certificate).len(), 1);
    assert!(Facts::built_in().blocked(&certificate).is_empty());
}

proptest! {
    /// Whatever stands in a file, it is read or refused with a line of it.
    #[test]
    fn junk_is_refused_with_a_line_of_it(text in "\\PC*|(#? ?(castore-facts|kind|id|root|release|key|name)[:\t ]?[a-z0-9=.,\t#-]*\n)*") {
        if let Err(bad) = Facts::read([("x", text.as_str())]) {
            prop_assert!(bad.line >= 1 && bad.line <= text.lines().count().max(1), "{bad}");
        }
    }

    /// A sound file with one character changed is read or refused, and says the same of what was not touched.
    #[test]
    fn a_changed_file_is_read_or_refused(at in 0usize..4_500, with in any::<char>()) {
        let text = REASONS.1;
        let changed: String = text.chars().enumerate().map(|(index, c)| if index == at { with } else { c }).collect();
        if let Err(bad) = Facts::read([("x", changed.as_str())]) {
            prop_assert!(bad.line >= 1 && bad.line <= changed.lines().count() && !bad.expected.is_empty());
        }
    }
}
