//! The tree tests itself: layers point down, no file is forgotten, what differs by platform stays
//! in its two directories, every row is registered.
//!
//! Each rule is a function from sources to complaints, run once over the tree and once over a
//! made-up source that breaks it: a rule that cannot fail is no rule. Sources are compared with
//! comments, texts and test modules blanked out, line by line in place, so that complaints name
//! lines. What does not exist yet breaks no rule.

#![allow(clippy::disallowed_methods, reason = "reads the source tree")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Where code may depend on the system it is built for.
const PLATFORM_DIRECTORIES: &[&str] = &["src/host/native", "src/apply/sys"];

/// Crates that reach the terminal, the files or the system's own store, and who alone names them.
const CRATES_OF_DOORS: &[(&str, &[&str])] = &[
    ("clap", BINARY),
    ("clap_complete", BINARY),
    ("clap_mangen", BINARY),
    ("anstream", BINARY),
    ("anstyle", BINARY),
    ("terminal_size", BINARY),
    ("walkdir", &["src/host"]),
    ("rustix", &["src/host", "src/apply"]),
    ("rustls_native_certs", &["src/host/native"]),
    ("schannel", &["src/host/native"]),
    ("rustls", &["src/handshake"]),
];

/// Before a crate's name these make it the name of a module: `policy::rustls` describes that crate.
const MODULES_NAMED_LIKE_CRATES: &[&str] = &["policy::", "self::"];

/// The only code that opens a socket, and the commands that may have it do so.
const NETWORK: &str = "handshake";
const NETWORK_CALLERS: &[&str] = &["src/lib.rs", "src/cli/why", "src/cli/check", "src/cli/export"];

/// The program around the library.
const BINARY: &[&str] = &["src/main.rs", "src/cli"];

/// Registries: the directory, the constant that lists its rows, and files there that hold no row.
const REGISTRIES: &[(&str, &str, &[&str])] = &[
    ("src/catalogue", "FAMILIES", &["mod", "client", "survey", "verification"]),
    ("src/check", "CHECKS", &["mod", "access", "allow", "generated", "held", "issuers", "server", "shipped", "wheels"]),
    ("src/render", "FORMATS", &["mod", "checked", "commands", "escape", "schedule"]),
    ("src/render/schedule", "SCHEDULERS", &["mod", "template", "tests"]),
];

/// Public modules of `format/` that read no file: directories, what stands behind a certificate, certificates.
const NOT_READERS: &[&str] = &["directory", "hash_dir", "openssl_trusted", "x509"];

/// Vectors stand under the name that users read, where that is not the module's.
const VECTORS_OF: &[(&str, &str)] = &[("native_trust", "trust-settings"), ("p11kit", "p11-kit")];

#[test]
fn imports_point_down() {
    assert_none(upward_imports(&Tree::of_the_project()));
}

#[test]
fn no_file_is_forgotten() {
    let tree = Tree::of_the_project();
    assert_none(unreachable_files(&tree));
    assert_none(targets_not_in_the_manifest(&tree));
}

#[test]
fn every_file_says_what_it_is() {
    assert_none(files_without_module_docs(&Tree::of_the_project()));
}

#[test]
fn platforms_differ_in_their_directories_only() {
    assert_none(platform_conditions(&Tree::of_the_project()));
}

#[test]
fn nothing_is_unsafe() {
    assert_none(unsafe_code(&Tree::of_the_project()));
}

#[test]
fn crates_that_reach_outside_stay_at_their_doors() {
    assert_none(crates_away_from_their_doors(&Tree::of_the_project()));
}

#[test]
fn every_bound_is_kept_and_says_where_it_is_from() {
    assert_none(idle_bounds(&Tree::of_the_project()));
}

#[test]
fn few_commands_use_the_network() {
    assert_none(callers_of_the_network(&Tree::of_the_project()));
}

#[test]
fn what_is_known_of_a_client_stands_in_its_row() {
    assert_none(clients_told_by_name(&Tree::of_the_project()));
}

#[test]
fn every_row_is_registered() {
    assert_none(unregistered_rows(&Tree::of_the_project()));
}

/// A policy is reached by its list alone, and says where its facts are from.
#[test]
fn every_policy_is_listed_has_a_name_of_its_own_and_sources() {
    let complaints = unlisted_policies(&Tree::of_the_project());
    assert_none(complaints);
    let mut known = std::collections::BTreeSet::new();
    for row in castore::policy::POLICIES {
        assert!(known.insert(row.id), "two policies are called {}", row.id);
        assert!(!row.about.is_empty() && !row.about.ends_with('.'), "{}: {:?}", row.id, row.about);
        let is_address = |source: &&str| source.starts_with("https://");
        assert!(!row.sources.is_empty() && row.sources.iter().all(is_address), "{}: {:?}", row.id, row.sources);
    }
    for client in castore::catalogue::clients() {
        if let castore::catalogue::client::Judge::By(row) = client.judge {
            assert!(known.contains(row.id), "{} is judged by {}, which is in no list", client.id, row.id);
        }
    }
}

#[test]
fn every_reader_is_reached_fuzzed_and_has_vectors() {
    assert_none(half_added_readers(&Tree::of_the_project()));
}

fn assert_none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

// ---- the rules ----

/// A module uses only those that `lib.rs` names before it; `main.rs` and `cli/` use everything.
fn upward_imports(tree: &Tree) -> Vec<String> {
    let Some(library) = tree.source("src/lib.rs") else { return Vec::new() };
    let order: Vec<String> = modules_declared(&library.code).into_iter().filter(|m| m.public).map(|m| m.name).collect();
    let place = |name: &str| order.iter().position(|module| module == name);
    let mut complaints = Vec::new();
    for source in tree.under("src") {
        let module_path = module_path(&source.path);
        let Some(own) = module_path.first() else { continue };
        let Some(own_place) = place(own) else { continue };
        for (line, used) in root_modules_used(&source.code, module_path.len()) {
            match place(&used) {
                Some(used_place) if used_place > own_place => complaints
                    .push(format!("{}:{line}: `{own}` uses `{used}`, which lib.rs names after it", source.path)),
                Some(_) => {}
                None => complaints.push(format!(
                    "{}:{line}: `{own}` uses `{used}`, which is no module of lib.rs; name it where it is defined",
                    source.path
                )),
            }
        }
    }
    complaints
}

/// Every source file is reached by `mod` lines from the root of its crate.
fn unreachable_files(tree: &Tree) -> Vec<String> {
    let mut reached = BTreeSet::new();
    let mut complaints = Vec::new();
    let mut queue: Vec<String> =
        tree.sources.iter().filter(|s| is_crate_root(&s.path)).map(|s| s.path.clone()).collect();
    while let Some(path) = queue.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        let Some(source) = tree.source(&path) else { continue };
        let home = children_directory(&path);
        for module in modules_declared(&source.with_tests) {
            let candidates = match path_attribute(source, module.line) {
                // It counts from the directory of the file, whatever the file is called.
                Some(elsewhere) => {
                    vec![joined(path.rsplit_once('/').map_or("", |(directory, _)| directory), elsewhere)]
                }
                None => vec![format!("{home}/{}.rs", module.name), format!("{home}/{}/mod.rs", module.name)],
            };
            match candidates.iter().find(|candidate| tree.source(candidate).is_some()) {
                Some(found) => queue.push(found.clone()),
                None => complaints.push(format!("{path}:{}: `mod {};` has no file", module.line, module.name)),
            }
        }
    }
    for source in &tree.sources {
        if !reached.contains(&source.path) && !source.path.starts_with("tests/fuzz/") {
            complaints.push(format!("{}: no `mod` line leads here", source.path));
        }
    }
    complaints
}

/// With `autotests = false` a test that Cargo.toml does not name never runs.
fn targets_not_in_the_manifest(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in tree.under("tests") {
        let fuzz = source.path.starts_with("tests/fuzz/");
        if !fuzz && !is_crate_root(&source.path) {
            continue;
        }
        let (name, manifest) = match source.path.strip_prefix("tests/fuzz/") {
            Some(target) => (target, tree.texts.get("tests/fuzz/Cargo.toml")),
            None => (source.path.as_str(), tree.texts.get("Cargo.toml")),
        };
        if !manifest.is_some_and(|text| text.contains(&format!("\"{name}\""))) {
            complaints.push(format!("{}: no `path = \"{name}\"` in the manifest", source.path));
        }
    }
    complaints
}

/// Every file opens with what it is for.
fn files_without_module_docs(tree: &Tree) -> Vec<String> {
    let without = tree.sources.iter().filter(|source| {
        let mut lines = source.text.lines().skip_while(|line| line.trim().is_empty() || line.starts_with("#!"));
        lines.next().and_then(|line| line.strip_prefix("//!")).is_none_or(|text| text.trim().is_empty())
    });
    without.map(|source| format!("{}: does not open with a `//!` doc", source.path)).collect()
}

/// Conditions on the operating system stand in two directories.
fn platform_conditions(tree: &Tree) -> Vec<String> {
    const CONDITIONS: &[&str] = &["target_os", "target_family", "target_vendor", "target_env", "unix", "windows"];
    let mut complaints = Vec::new();
    for source in tree.under("src") {
        if PLATFORM_DIRECTORIES.iter().any(|directory| is_inside(&source.path, directory)) {
            continue;
        }
        for opening in ["cfg(", "cfg!(", "cfg_attr("] {
            for (at, _) in source.code.match_indices(opening) {
                if at > 0 && is_word(source.code.as_bytes()[at - 1]) {
                    continue;
                }
                let condition = balanced(&source.code[at + opening.len() - 1..]);
                if let Some(word) = words(condition).map(|(_, word)| word).find(|word| CONDITIONS.contains(word)) {
                    complaints.push(format!(
                        "{}:{}: `{word}` in a condition; what differs by platform lives in {}",
                        source.path,
                        line_of(&source.code, at),
                        PLATFORM_DIRECTORIES.join(" and ")
                    ));
                }
            }
        }
    }
    complaints
}

/// Own code holds no `unsafe`, tests included.
fn unsafe_code(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in &tree.sources {
        for (at, _) in words(&source.with_tests).filter(|(_, word)| *word == "unsafe") {
            complaints.push(format!("{}:{}: unsafe", source.path, line_of(&source.with_tests, at)));
        }
    }
    complaints
}

/// What reaches outside is named where the door is.
fn crates_away_from_their_doors(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in tree.under("src") {
        for (at, word) in words(&source.code) {
            let Some((name, doors)) = CRATES_OF_DOORS.iter().find(|(name, _)| *name == word) else { continue };
            let is_path = source.code[at + word.len()..].starts_with("::");
            let at_door = doors.iter().any(|door| source.path == *door || is_inside(&source.path, door));
            let is_module = MODULES_NAMED_LIKE_CRATES.iter().any(|parent| source.code[..at].ends_with(parent));
            if is_path && !at_door && !is_module {
                let line = line_of(&source.code, at);
                complaints.push(format!("{}:{line}: `{name}` belongs to {}", source.path, doors.join(" and ")));
            }
        }
    }
    complaints
}

/// A bound of `limits.rs` that no code names bounds nothing; one without a comment has no source.
fn idle_bounds(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    let Some(limits) = tree.source("src/limits.rs") else { return complaints };
    let is_named = |bound: &str| {
        let names = |source: &Source| words(&source.code).filter(|(_, word)| *word == bound).count();
        names(limits) > 1 || tree.under("src").any(|source| source.path != limits.path && names(source) > 0)
    };
    let mut before = "";
    for line in limits.text.lines() {
        let declared = line.strip_prefix("pub const ").and_then(|rest| rest.split_once(':'));
        if let Some((bound, _)) = declared {
            if !is_named(bound) {
                complaints.push(format!("{}: nothing keeps to {bound}", limits.path));
            }
            if !before.starts_with("///") {
                complaints.push(format!("{}: {bound} does not say where it is from", limits.path));
            }
        }
        before = line;
    }
    complaints
}

/// Whoever did not ask about a server is not to find out that one was spoken to.
fn callers_of_the_network(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in tree.under("src") {
        let may = |place: &&str| {
            source.path == **place || source.path == format!("{place}.rs") || is_inside(&source.path, place)
        };
        if is_inside(&source.path, &format!("src/{NETWORK}")) || NETWORK_CALLERS.iter().any(may) {
            continue;
        }
        for (at, _) in words(&source.code).filter(|(_, word)| *word == NETWORK) {
            let line = line_of(&source.code, at);
            complaints.push(format!(
                "{}:{line}: `{NETWORK}` belongs to {}",
                source.path,
                NETWORK_CALLERS.join(" and ")
            ));
        }
    }
    complaints
}

/// A new client is one row in one file: nothing else asks which one it is by its id.
fn clients_told_by_name(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in tree.under("src").filter(|source| !is_inside(&source.path, "src/catalogue")) {
        for (at, id) in source.code.match_indices("client.id") {
            let (before, after) = (&source.code[..at], &source.code[at + id.len()..]);
            let statement = before.rfind([';', '{', '}']).map_or(before, |start| &before[start + 1..]);
            let is_compared = ["==", "!="].iter().any(|sign| {
                after.trim_start().strip_prefix(sign).is_some_and(|other| other.trim_start().starts_with('"'))
            });
            let is_matched =
                statement.split_whitespace().any(|word| word == "match") && after.trim_start().starts_with('{');
            if is_compared || is_matched {
                complaints.push(format!(
                    "{}:{}: a client told by its id; let its row say what it is",
                    source.path,
                    line_of(&source.code, at)
                ));
            }
        }
    }
    complaints
}

/// Each row file has its `mod` line and stands in the constant that everything else walks.
fn unregistered_rows(tree: &Tree) -> Vec<String> {
    let mut complaints = Vec::new();
    for (directory, constant, not_rows) in REGISTRIES {
        let Some(registry) = tree.source(&format!("{directory}/mod.rs")) else { continue };
        let list = constant_text(&registry.code, constant);
        if list.is_none() {
            complaints.push(format!("{}: no `const {constant}`", registry.path));
        }
        for source in tree.under(directory) {
            let rest = &source.path[directory.len() + 1..];
            // A row is a file, or a directory with its `mod.rs`.
            let name = match rest.split_once('/') {
                Some((name, "mod.rs")) => name,
                Some(_) => continue,
                None => rest.trim_end_matches(".rs"),
            };
            if not_rows.contains(&name) {
                continue;
            }
            if !modules_declared(&registry.code).iter().any(|module| module.name == name) {
                complaints.push(format!("{}: no `mod {name};` in {}", source.path, registry.path));
            }
            let listed = list.is_some_and(|list| {
                words(list).any(|(at, word)| word == name && list[at + word.len()..].starts_with("::"))
            });
            if list.is_some() && !listed {
                complaints.push(format!("{}: no `{name}::…` in {constant} of {}", source.path, registry.path));
            }
        }
    }
    complaints
}

/// Each `pub const NAME: Row` below `src/policy` stands in `POLICIES`.
fn unlisted_policies(tree: &Tree) -> Vec<String> {
    let Some(registry) = tree.source("src/policy/mod.rs") else { return vec!["no src/policy/mod.rs".to_owned()] };
    let Some(list) = constant_text(&registry.code, "POLICIES") else { return vec!["no `const POLICIES`".to_owned()] };
    let mut complaints = Vec::new();
    for source in tree.under("src/policy") {
        let module = source.path.trim_start_matches("src/policy/").trim_end_matches(".rs");
        for (name, _) in source.code.match_indices(": Row = Row").filter_map(|(at, _)| {
            let before = source.code[..at].rsplit_once("const ")?.1;
            Some((before, at))
        }) {
            let entry = format!("&{module}::{name},");
            // `self::` tells a module from a crate of the same name.
            if !list.contains(&entry) && !list.contains(&entry.replacen('&', "&self::", 1)) {
                complaints.push(format!("{}: no `{entry}` in POLICIES", source.path));
            }
        }
    }
    complaints
}

/// A reader is called by `decode_as`, has a fuzz target, and has files with a defect each.
fn half_added_readers(tree: &Tree) -> Vec<String> {
    let Some(formats) = tree.source("src/format/mod.rs") else { return Vec::new() };
    let choice = function_body(&formats.code, "decode_as").unwrap_or_default();
    let mut complaints = Vec::new();
    for module in modules_declared(&formats.code).iter().filter(|module| module.public) {
        let name = module.name.as_str();
        if NOT_READERS.contains(&name) {
            continue;
        }
        let mut complain = |why: String| complaints.push(format!("src/format/{name}.rs: {why}"));
        let called = |(at, word): (usize, &str)| word == name && choice[at + word.len()..].starts_with("::");
        if !words(choice).any(called) {
            complain(format!("no `{name}::…` in decode_as"));
        }
        let target = format!("tests/fuzz/fuzz_targets/{name}.rs");
        if tree.source(&target).is_none() {
            complain(format!("no {target}"));
        }
        let user_name = VECTORS_OF.iter().find(|(module, _)| *module == name).map_or(name, |(_, user_name)| user_name);
        let vectors = format!("tests/data/malformed/{user_name}");
        if !tree.texts.keys().any(|path| is_inside(path, &vectors)) {
            complain(format!("no vector in {vectors}"));
        }
    }
    complaints
}

// ---- what the rules stand on ----

/// One file: as written, and with what is not code blanked out in place.
struct Source {
    path: String,
    text: String,
    /// Without comments, texts and test modules.
    code: String,
    /// Without comments and texts.
    with_tests: String,
}

/// Every source file of the project, by its path with `/`, the manifests, and the names of the vectors.
struct Tree {
    sources: Vec<Source>,
    texts: BTreeMap<String, String>,
}

impl Tree {
    fn of_the_project() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for directory in ["src", "tests"] {
            collect(root, &root.join(directory), &mut files);
        }
        for manifest in ["Cargo.toml", "tests/fuzz/Cargo.toml"] {
            if let Ok(text) = fs::read_to_string(root.join(manifest)) {
                files.push((manifest.to_owned(), text));
            }
        }
        names(root, &root.join("tests/data/malformed"), &mut files);
        assert!(files.len() > 2, "no sources below {}", root.display());
        Self::new(files)
    }

    fn new<P: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        let mut tree = Self { sources: Vec::new(), texts: BTreeMap::new() };
        for (path, text) in files {
            let (path, text) = (path.into(), text.into());
            if path.ends_with(".rs") {
                let with_tests = blank_comments_and_texts(&text);
                let code = blank_test_modules(&with_tests);
                tree.sources.push(Source { path, text, code, with_tests });
            } else {
                tree.texts.insert(path, text);
            }
        }
        tree.sources.sort_by(|a, b| a.path.cmp(&b.path));
        tree.blank_test_files();
        tree
    }

    /// Files reached only through a `mod` line of tests, and those below them, hold no code but tests.
    fn blank_test_files(&mut self) {
        let mut roots = Vec::new();
        for source in &self.sources {
            let home = children_directory(&source.path);
            let of_code: BTreeSet<String> = modules_declared(&source.code).into_iter().map(|m| m.name).collect();
            let all = modules_declared(&source.with_tests).into_iter().map(|m| m.name);
            roots.extend(all.filter(|name| !of_code.contains(name)).map(|name| format!("{home}/{name}")));
        }
        for source in &mut self.sources {
            let path = source.path.trim_end_matches(".rs");
            if roots.iter().any(|root| path == root || is_inside(path, root)) {
                source.code.clear();
            }
        }
    }

    fn source(&self, path: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.path == path)
    }

    fn under(&self, directory: &str) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(move |source| is_inside(&source.path, directory))
    }
}

fn collect(root: &Path, directory: &Path, files: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a directory entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            // `data` holds inputs, `target` what a build of the fuzz package leaves.
            if !path.ends_with("data") && !path.ends_with("target") {
                collect(root, &path, files);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).expect("a path below the root").to_str().expect("a UTF-8 path");
            let text = fs::read_to_string(&path).expect("a source file in UTF-8");
            files.push((name.replace('\\', "/"), text));
        }
    }
}

/// Files by their names alone.
fn names(root: &Path, directory: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).into_iter().flatten() {
        let path = entry.expect("a directory entry").path();
        if path.is_dir() {
            names(root, &path, files);
        } else {
            let name = path.strip_prefix(root).expect("a path below the root").to_str().expect("a UTF-8 path");
            files.push((name.replace('\\', "/"), String::new()));
        }
    }
}

fn is_inside(path: &str, directory: &str) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
}

fn is_of_the_binary(path: &str) -> bool {
    path == "src/main.rs" || path == "src/cli.rs" || is_inside(path, "src/cli")
}

/// `src/build.rs`, `src/lib.rs`, `src/main.rs`, `tests/NAME.rs`, `tests/NAME/main.rs`.
fn is_crate_root(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        ["src", file] => ["build.rs", "lib.rs", "main.rs"].contains(file),
        ["tests", _] => true,
        ["tests", directory, "main.rs"] => *directory != "fuzz",
        _ => false,
    }
}

/// `src/format/pem.rs` is `["format", "pem"]`; `lib.rs` and the binary are `[]`.
fn module_path(path: &str) -> Vec<&str> {
    if is_of_the_binary(path) || path == "src/lib.rs" {
        return Vec::new();
    }
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    path.trim_end_matches("/mod").split('/').collect()
}

/// Where `mod x;` of this file looks for `x.rs`.
fn children_directory(path: &str) -> String {
    let (directory, file) = path.rsplit_once('/').unwrap_or(("", path));
    if file == "mod.rs" || is_crate_root(path) { directory.to_owned() } else { path.trim_end_matches(".rs").to_owned() }
}

struct Declared {
    name: String,
    public: bool,
    line: usize,
}

/// The `mod x;` lines of a source.
fn modules_declared(code: &str) -> Vec<Declared> {
    let all: Vec<(usize, &str)> = words(code).collect();
    let mut declared = Vec::new();
    for (index, &(at, word)) in all.iter().enumerate() {
        let Some(&(name_at, name)) = all.get(index + 1) else { break };
        if word == "mod" && code[name_at + name.len()..].trim_start().starts_with(';') {
            let public = index > 0 && all[index - 1].1 == "pub";
            declared.push(Declared { name: name.to_owned(), public, line: line_of(code, at) });
        }
    }
    declared
}

/// What `#[path = "…"]` on the line above a `mod` line says.
fn path_attribute(source: &Source, line: usize) -> Option<&str> {
    source.text.lines().nth(line.checked_sub(2)?)?.strip_prefix("#[path = \"")?.strip_suffix("\"]")
}

/// A path below a directory, with `..` taken back.
fn joined(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = directory.split('/').collect();
    for part in path.split('/') {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// The modules at the crate's root that a file names: after `crate::`, `castore::`, or enough
/// `super::`, single or in braces. `depth` is how many modules deep the file is.
fn root_modules_used(code: &str, depth: usize) -> Vec<(usize, String)> {
    let mut used = Vec::new();
    let mut chained_until = 0;
    for (at, word) in words(code) {
        if at < chained_until {
            continue;
        }
        let after = match word {
            "crate" | "castore" => &code[at + word.len()..],
            "super" => {
                let mut rest = &code[at + word.len()..];
                let mut supers = 1;
                while let Some(next) = after_colons(rest).and_then(|next| next.strip_prefix("super")) {
                    supers += 1;
                    rest = next;
                }
                chained_until = code.len() - rest.len();
                if supers < depth {
                    continue;
                }
                rest
            }
            _ => continue,
        };
        let Some(after) = after_colons(after) else { continue };
        let line = line_of(code, at);
        if after.starts_with('{') {
            // The first word of each item of the group.
            let group = balanced(after);
            let mut nesting = 0;
            let mut expecting = true;
            for (offset, byte) in group.bytes().enumerate() {
                match byte {
                    b'{' => nesting += 1,
                    b'}' => nesting -= 1,
                    b',' if nesting == 0 => expecting = true,
                    byte if is_word(byte) && expecting => {
                        expecting = false;
                        let (_, word) = words(&group[offset..]).next().expect("a word starts here");
                        used.push((line, word.to_owned()));
                    }
                    _ => {}
                }
            }
        } else if let Some((0, name)) = words(after).next() {
            used.push((line, name.to_owned()));
        } else if after.starts_with('*') {
            used.push((line, "*".to_owned()));
        }
    }
    used
}

fn after_colons(code: &str) -> Option<&str> {
    Some(code.trim_start().strip_prefix("::")?.trim_start())
}

/// What stands after `=` in `const NAME: … = …;`.
fn constant_text<'a>(code: &'a str, constant: &str) -> Option<&'a str> {
    let (at, word) = words(code).find(|(at, word)| {
        *word == constant && ["const", "static"].iter().any(|keyword| code[..*at].trim_end().ends_with(keyword))
    })?;
    let rest = &code[at + word.len()..];
    let rest = &rest[rest.find('=')?..];
    Some(&rest[..rest.find(';').unwrap_or(rest.len())])
}

/// The body of `fn NAME`.
fn function_body<'a>(code: &'a str, name: &str) -> Option<&'a str> {
    let (at, _) = words(code).find(|(at, word)| *word == name && code[..*at].trim_end().ends_with("fn"))?;
    Some(balanced(&code[at + code[at..].find('{')?..]))
}

/// What stands between the bracket that `code` starts with and its partner.
fn balanced(code: &str) -> &str {
    let mut nesting = 0;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'{' | b'[' => nesting += 1,
            b')' | b'}' | b']' => {
                nesting -= 1;
                if nesting == 0 {
                    return &code[1..at];
                }
            }
            _ => {}
        }
    }
    &code[code.len().min(1)..]
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Words with where they start.
fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = code.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !is_word(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &code[start..at]))
    })
}

fn line_of(code: &str, at: usize) -> usize {
    code.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// Blanks from `from` to `until`, keeping lines.
fn blank(bytes: &mut [u8], from: usize, until: usize) {
    for byte in &mut bytes[from..until] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// Comments, and what stands inside texts, become spaces; everything keeps its place.
fn blank_comments_and_texts(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        let after_word = at > 0 && is_word(text.as_bytes()[at - 1]);
        if rest.starts_with(b"//") {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |length| at + length);
            blank(&mut bytes, at, end);
            at = end;
        } else if rest.starts_with(b"/*") {
            let mut nesting = 0;
            let mut end = at;
            while end < bytes.len() {
                if text.as_bytes()[end..].starts_with(b"/*") {
                    nesting += 1;
                    end += 2;
                } else if text.as_bytes()[end..].starts_with(b"*/") {
                    nesting -= 1;
                    end += 2;
                    if nesting == 0 {
                        break;
                    }
                } else {
                    end += 1;
                }
            }
            let end = end.min(bytes.len());
            blank(&mut bytes, at, end);
            at = end;
        } else if let Some(hashes) = raw_text(rest).filter(|_| !after_word || b"bc".contains(&text.as_bytes()[at - 1]))
        {
            let opening = at + 1 + hashes + 1;
            let closing = format!("\"{}", "#".repeat(hashes));
            let end = text[opening..].find(&closing).map_or(bytes.len(), |length| opening + length);
            blank(&mut bytes, opening, end);
            at = (end + closing.len()).min(bytes.len());
        } else if rest[0] == b'"' {
            let mut end = at + 1;
            while end < bytes.len() && text.as_bytes()[end] != b'"' {
                end += if text.as_bytes()[end] == b'\\' { 2 } else { 1 };
            }
            let end = end.min(bytes.len());
            blank(&mut bytes, at + 1, end);
            at = end + 1;
        } else if rest[0] == b'\'' {
            // A character, or a lifetime, which has no closing quote after one character.
            let mut characters = text[at + 1..].char_indices();
            let length = match characters.next() {
                Some((_, '\\')) => text[at + 3..].find('\'').map(|length| length + 2),
                Some(_) => characters.next().filter(|(_, next)| *next == '\'').map(|(length, _)| length),
                None => None,
            };
            match length {
                Some(length) => {
                    blank(&mut bytes, at + 1, at + 1 + length);
                    at += length + 2;
                }
                None => at += 1,
            }
        } else {
            at += 1;
        }
    }
    String::from_utf8(bytes).expect("whole characters were blanked")
}

/// How many `#` stand between `r` and `"`.
fn raw_text(rest: &[u8]) -> Option<usize> {
    let after = rest.strip_prefix(b"r")?;
    let hashes = after.iter().take_while(|byte| **byte == b'#').count();
    (after.get(hashes) == Some(&b'"')).then_some(hashes)
}

/// `#[cfg(test)]`, alone or beside other conditions, and the item it stands on become spaces.
fn blank_test_modules(code: &str) -> String {
    const MARKS: [&str; 2] = ["#[cfg(test)]", "#[cfg(all(test,"];
    let mut bytes = code.as_bytes().to_vec();
    let mut from = 0;
    while let Some(at) = MARKS.iter().filter_map(|mark| code[from..].find(mark)).min().map(|found| from + found) {
        let body = at + 1 + balanced(&code[at + 1..]).len() + 2;
        let end = match code[body..].find(['{', ';']).map(|found| body + found) {
            Some(opening) if code.as_bytes()[opening] == b'{' => opening + balanced(&code[opening..]).len() + 2,
            Some(semicolon) => semicolon + 1,
            None => code.len(),
        };
        let end = end.min(code.len());
        blank(&mut bytes, at, end);
        from = end;
    }
    String::from_utf8(bytes).expect("whole items were blanked")
}

// ---- each rule can fail ----

#[test]
fn an_upward_import_is_found_however_it_is_written() {
    let library = "//! x\npub mod low;\npub mod middle;\npub mod high;\nmod hidden;\n";
    let complaints_of = |path: &str, text: &str| upward_imports(&Tree::new([("src/lib.rs", library), (path, text)]));
    for (path, text) in [
        ("src/low.rs", "use crate::high::Thing;"),
        ("src/low.rs", "fn f() { crate::high::f() }"),
        ("src/low.rs", "use crate::{\n  low::{a, b},\n  high,\n};"),
        ("src/low/mod.rs", "use castore::high;"),
        ("src/low/mod.rs", "use super::high;"),
        ("src/low/part.rs", "use super::super::high::Thing;"),
        ("src/middle.rs", "use crate::hidden;"),
        ("src/middle.rs", "pub(crate) use crate :: high;"),
        ("src/middle.rs", "#[cfg(test)]\nmod tests { use crate::low; }\nuse crate::high;"),
    ] {
        assert_eq!(complaints_of(path, text).len(), 1, "{path}: {text}");
    }
    assert_eq!(
        complaints_of("src/low.rs", "//! x\n\nuse crate::high;"),
        ["src/low.rs:3: `low` uses `high`, which lib.rs names after it"]
    );
    for mark in ["#[cfg(test)]", "#[cfg(all(test, unix))]"] {
        let parent = format!("{mark}\nmod tests;\nmod part;");
        let files = |upward: &'static str| {
            let all = ["src/low/part.rs", "src/low/tests.rs", "src/low/tests/vectors.rs"];
            let text = |path| if path == upward { "use crate::high;" } else { "" };
            let files = all.map(|path| (path, text(path)));
            let roots = [("src/lib.rs", library), ("src/low/mod.rs", parent.as_str())];
            upward_imports(&Tree::new([&roots[..], &files[..]].concat())).len()
        };
        assert_eq!(files("src/low/part.rs"), 1);
        assert_eq!(files("src/low/tests.rs"), 0);
        assert_eq!(files("src/low/tests/vectors.rs"), 0);
    }
    for (path, text) in [
        ("src/high.rs", "use crate::{low::{self, middle}, middle::x};"),
        ("src/low.rs", "use crate::low::high;"),
        ("src/low/part.rs", "use super::high;"),
        ("src/low.rs", "// use crate::high;\n/* crate::high /* x */ crate::high */"),
        ("src/low.rs", "const A: &str = \"crate::high\"; const B: &str = r#\"\" crate::high\"#;"),
        ("src/low.rs", "fn f<'a>(x: &'a str) -> char { '\"' } // crate::high \"\nfn g() { h('\\'', '\u{e9}') }"),
        ("src/low.rs", "pub(crate) fn f() {}\n#[cfg(test)]\nmod tests { use crate::high; fn f() { if x { y } } }"),
        ("src/main.rs", "use castore::high;"),
        ("src/cli/list.rs", "use castore::{high, low};"),
    ] {
        assert_none(complaints_of(path, text));
    }
}

#[test]
fn a_policy_that_is_not_listed_is_found() {
    let tree = Tree::new([
        ("src/policy/mod.rs", "pub mod a;\npub const POLICIES: &[&Row] = &[\n    &a::ONE,\n];\n"),
        ("src/policy/a.rs", "pub const ONE: Row = Row { id: 1 };\npub const TWO: Row = Row { id: 2 };\n"),
    ]);
    assert_eq!(unlisted_policies(&tree), ["src/policy/a.rs: no `&a::TWO,` in POLICIES"]);
}

#[test]
fn a_forgotten_file_is_found() {
    let found = |files: &[(&str, &str)]| unreachable_files(&Tree::new(files.iter().copied()));
    let reached = [
        ("src/lib.rs", "pub mod a;\n#[cfg(test)]\nmod laws;"),
        ("src/laws.rs", ""),
        ("src/a/mod.rs", "mod b;"),
        ("src/a/b.rs", "mod c;"),
        ("src/a/b/c.rs", ""),
        ("tests/cli/main.rs", "#[path = \"../support/certificates.rs\"]\nmod certificates;\nmod list;"),
        ("tests/cli/list.rs", ""),
        ("tests/support/certificates.rs", ""),
        ("tests/laws.rs", ""),
        ("tests/fuzz/fuzz_targets/pem.rs", ""),
    ];
    assert_none(found(&reached));
    for forgotten in ["src/b.rs", "src/a/d.rs", "src/a/b/d.rs", "tests/cli/which.rs", "tests/oracles/openssl.rs"] {
        let complaints = found(&[&reached[..], &[(forgotten, "")]].concat());
        assert_eq!(complaints, [format!("{forgotten}: no `mod` line leads here")]);
    }
    assert_eq!(found(&[("src/lib.rs", "\nmod a;")]), ["src/lib.rs:2: `mod a;` has no file"]);
    assert_eq!(found(&[("src/lib.rs", "// mod a;"), ("src/a.rs", "")]).len(), 1);
}

#[test]
fn a_test_that_never_runs_is_found() {
    let found = |manifest: &str| {
        targets_not_in_the_manifest(&Tree::new([
            ("Cargo.toml", manifest),
            ("tests/laws.rs", ""),
            ("tests/cli/main.rs", ""),
            ("tests/cli/list.rs", ""),
        ]))
    };
    assert_none(found("[[test]]\npath = \"tests/laws.rs\"\n[[test]]\npath = \"tests/cli/main.rs\""));
    assert_eq!(found("path = \"tests/cli/main.rs\"").len(), 1);
    assert_eq!(found("").len(), 2);
    let fuzz = |manifest: &str| {
        targets_not_in_the_manifest(&Tree::new([
            ("tests/fuzz/Cargo.toml", manifest),
            ("tests/fuzz/fuzz_targets/pem.rs", ""),
        ]))
    };
    assert_none(fuzz("path = \"fuzz_targets/pem.rs\""));
    assert_eq!(fuzz("").len(), 1);
}

#[test]
fn a_file_without_a_doc_is_found() {
    let found = |text: &str| files_without_module_docs(&Tree::new([("src/a.rs", text)])).len();
    assert_eq!(found("//! What this is.\nuse x;"), 0);
    assert_eq!(found("#![expect(x)]\n\n//! What this is."), 0);
    for text in ["", "use x;", "// a remark\n//! What", "/// an item\nfn f() {}", "//!\n"] {
        assert_eq!(found(text), 1, "{text:?}");
    }
}

#[test]
fn a_platform_condition_is_found() {
    let found = |path: &str, text: &str| platform_conditions(&Tree::new([(path, text)])).len();
    for text in [
        "#[cfg(unix)] fn f() {}",
        "#[cfg(not(windows))] fn f() {}",
        "#[cfg(any(test, target_os = \"linux\"))] fn f() {}",
        "#[cfg_attr(windows, allow(x))] fn f() {}",
        "fn f() { if cfg!(target_family = \"unix\") {} }",
    ] {
        assert_eq!(found("src/load.rs", text), 1, "{text}");
        assert_eq!(found("src/host/mod.rs", text), 1, "{text}");
        assert_eq!(found("src/host/native/mod.rs", text), 0, "{text}");
        assert_eq!(found("src/apply/sys/unix.rs", text), 0, "{text}");
    }
    assert_eq!(found("src/load.rs", "#[cfg(feature = \"cli\")] fn unix() {}\n// #[cfg(unix)]\n"), 0);
    assert_eq!(found("src/load.rs", "#[cfg(test)]\nmod tests { #[cfg(unix)] fn f() {} }"), 0);
}

#[test]
fn unsafe_code_is_found() {
    let found = |text: &str| unsafe_code(&Tree::new([("src/a.rs", text)])).len();
    assert_eq!(found("fn f() { unsafe { g() } }"), 1);
    assert_eq!(found("#[cfg(test)]\nmod tests { unsafe fn f() {} }"), 1);
    assert_eq!(found("#![forbid(unsafe_code)] // unsafe\nconst A: &str = \"unsafe\";"), 0);
}

#[test]
fn a_bound_that_nothing_keeps_to_is_found() {
    let limits = "/// Ten.\npub const TEN: u64 = 10;\n\npub const TWO: u64 = 2;\n";
    let found = |code: &str| idle_bounds(&Tree::new([("src/limits.rs", limits), ("src/a.rs", code)])).len();
    assert_eq!(found("use crate::limits::{TEN, TWO};"), 1);
    assert_eq!(found("use crate::limits::TWO; // TEN"), 2);
    assert_eq!(found("#[cfg(test)]\nmod tests { use crate::limits::{TEN, TWO}; }"), 3);
}

#[test]
fn a_crate_away_from_its_door_is_found() {
    let found = |path: &str, text: &str| crates_away_from_their_doors(&Tree::new([(path, text)])).len();
    assert_eq!(found("src/render/text.rs", "use anstyle::Style;"), 1);
    assert_eq!(found("src/check/mod.rs", "#[derive(clap::ValueEnum)] enum E {}"), 1);
    assert_eq!(found("src/scan.rs", "fn f() { walkdir::WalkDir::new(x) }"), 1);
    assert_eq!(found("src/host/files.rs", "use rustls_native_certs::load_native_certs;"), 1);
    assert_eq!(found("src/host/files.rs", "use rustix::fs::open; use walkdir::WalkDir;"), 0);
    assert_eq!(found("src/cli/list.rs", "use clap::Args;"), 0);
    assert_eq!(found("src/main.rs", "use anstream::stdout;"), 0);
    assert_eq!(found("src/load.rs", "fn f() { clap(1) }"), 0);
    assert_eq!(found("src/load.rs", "use crate::policy::rustls::RUSTLS;"), 0);
    assert_eq!(found("src/load.rs", "use rustls::ClientConfig; fn f() { ::rustls::f(); other::rustls::f() }"), 3);
    assert_eq!(found("src/load.rs", "#[cfg(test)]\nmod tests { use rustls_native_certs::x; }"), 0);
}

#[test]
fn a_caller_of_the_network_is_found() {
    let found = |path: &str, text: &str| callers_of_the_network(&Tree::new([(path, text)])).len();
    for path in ["src/cli/list.rs", "src/cli/whys.rs", "src/load.rs", "src/render/mod.rs", "src/main.rs"] {
        assert_eq!(found(path, "use castore::handshake::fetch;"), 1, "{path}");
        assert_eq!(found(path, "use crate::{handshake, load};"), 1, "{path}");
        assert_eq!(found(path, "// handshake\nconst A: &str = \"handshake\";"), 0, "{path}");
    }
    for path in ["src/cli/why.rs", "src/cli/why/text.rs", "src/cli/check.rs", "src/handshake/mod.rs", "src/lib.rs"] {
        assert_eq!(found(path, "use castore::handshake::fetch;"), 0, "{path}");
    }
}

#[test]
fn a_client_told_by_its_id_is_found() {
    let found = |path: &str, text: &str| clients_told_by_name(&Tree::new([(path, text)])).len();
    for text in [
        "fn f(x: &Use) -> bool { x.client.id == \"curl\" }",
        "fn f(x: &Use) -> bool { x.client.id\n    != \"curl\" }",
        "fn f(x: &Use) { let y = match x.found.client.id { \"curl\" => 1, _ => 2 }; }",
    ] {
        assert_eq!(found("src/check/x.rs", text), 1, "{text}");
        assert_eq!(found("src/catalogue/x.rs", text), 0, "{text}");
    }
    for text in ["f(|x| x.client.id == y.client.id)", "if known(x.client.id) { 1 }", "// client.id == \"curl\""] {
        assert_eq!(found("src/check/x.rs", text), 0, "{text}");
    }
}

#[test]
fn an_unregistered_row_is_found() {
    let found = |registry: &str| {
        unregistered_rows(&Tree::new([
            ("src/catalogue/mod.rs", registry),
            ("src/catalogue/client.rs", ""),
            ("src/catalogue/curl.rs", ""),
            ("src/catalogue/python/mod.rs", ""),
            ("src/catalogue/python/versions.rs", ""),
        ]))
    };
    let modules = "mod client; mod curl; mod python;\n";
    assert_none(found(&format!("{modules}pub const FAMILIES: &[&[Client]] = &[curl::CLIENTS, python::CLIENTS];")));
    for (registry, complaints) in [
        (format!("{modules}pub const FAMILIES: &[&[Client]] = &[curl::CLIENTS];"), 1),
        (format!("{modules}pub const FAMILIES: &[&[Client]] = &[curl::CLIENTS, /* python::CLIENTS */];"), 1),
        (format!("{modules}const OTHER: &[X] = &[python::X]; pub const FAMILIES: &[X] = &[curl::CLIENTS];"), 1),
        ("mod client; mod curl; pub const FAMILIES: &[X] = &[curl::X, python::X];".to_owned(), 1),
        (modules.to_owned(), 1),
        (String::new(), 3),
    ] {
        assert_eq!(found(&registry).len(), complaints, "{registry}");
    }
    let checks =
        |registry: &str| unregistered_rows(&Tree::new([("src/check/mod.rs", registry), ("src/check/expired.rs", "")]));
    assert_none(checks("mod expired;\npub const CHECKS: &[&Check] = &[&expired::CHECK];"));
    assert_eq!(checks("mod expired;\npub const CHECKS: &[&Check] = &[];").len(), 1);
}

#[test]
fn a_half_added_reader_is_found() {
    const CHOICE: &str =
        "pub fn decode_as() { match sniff() { Jks => jks::read(), P11Kit => p11kit::read(), _ => x } }";
    const WHOLE: [(&str, &str); 4] = [
        ("tests/fuzz/fuzz_targets/jks.rs", ""),
        ("tests/fuzz/fuzz_targets/p11kit.rs", ""),
        ("tests/data/malformed/jks/cut", ""),
        ("tests/data/malformed/p11-kit/cut", ""),
    ];
    let found = |formats: &str, without: &str| {
        let others = WHOLE.into_iter().filter(|(path, _)| *path != without);
        half_added_readers(&Tree::new(others.chain([("src/format/mod.rs", formats)])))
    };
    let formats = format!("pub mod hash_dir; pub mod jks; mod keystore;\n#[cfg(x)]\npub mod p11kit;\n{CHOICE}");
    assert_none(found(&formats, ""));
    for (path, _) in WHOLE {
        assert_eq!(found(&formats, path).len(), 1, "{path}");
    }
    assert_eq!(found(&format!("{formats} pub mod bks; fn other() {{ bks::read() }}"), "").len(), 3);
    assert_eq!(found(&formats.replace("jks::read()", "{} // jks::read()\n"), "").len(), 1);
}
