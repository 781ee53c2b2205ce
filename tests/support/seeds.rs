//! The files that readers are tried with: vectors without their headers, and what each fuzzer begins with.

use castore::format::{pem, x509};
use castore::model::{Body, Slot};
use std::fs;
use std::path::{Path, PathBuf};

/// A file, and the octets of it that are read.
#[derive(Clone)]
pub struct Input {
    /// The directory it is in: a format, or the target of a fuzzer.
    pub class: String,
    pub name: String,
    pub bytes: Vec<u8>,
}

pub fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn list(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The files two levels below a directory, in order.
pub fn files(directory: &Path) -> Vec<Input> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let mut inputs = Vec::new();
    for class in list(directory).iter().filter(|path| path.is_dir()) {
        for path in list(class).iter().filter(|path| path.is_file()) {
            inputs.push(Input { class: name(class), name: name(path), bytes: fs::read(path).unwrap() });
        }
    }
    inputs
}

/// What a vector's header says after `expect:`, and its octets. Vectors in PEM carry theirs as comments
/// inside, or, where a comment would disturb, have a line in `expectations.txt`.
pub fn vectors() -> Vec<(Input, String)> {
    let list = fs::read_to_string(tests().join("data/malformed/pem/expectations.txt")).unwrap();
    let listed = |name: &str| {
        let line = list.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(" | "));
        line.and_then(|line| line.split(" | ").next()).map(str::to_owned)
    };
    let said = |header: &[u8]| {
        let text = String::from_utf8_lossy(header);
        let mut lines = text.lines().map(|line| line.strip_prefix("# ").unwrap_or(line));
        lines.find_map(|line| line.strip_prefix("expect: ")).map(str::to_owned)
    };
    let mut vectors = Vec::new();
    for mut input in files(&tests().join("data/malformed")) {
        if input.name == "expectations.txt" {
            continue;
        }
        let expected = if input.class == "pem" {
            listed(input.name.trim_end_matches(".pem")).or_else(|| said(&input.bytes[..input.bytes.len().min(4096)]))
        } else {
            let end = memchr::memmem::find(&input.bytes, b"\n\n").map_or(0, |end| end + 2);
            let body = input.bytes.split_off(end);
            said(&std::mem::replace(&mut input.bytes, body))
        };
        vectors.push((input, expected.unwrap_or_default()));
    }
    vectors
}

/// Every vector, every seed that is kept, and some certificates.
pub fn inputs() -> Vec<Input> {
    let mut inputs: Vec<Input> = vectors().into_iter().map(|(input, _)| input).collect();
    inputs.extend(files(&tests().join("fuzz/seeds")));
    inputs.extend(files(&tests().join("data")).into_iter().filter(|input| input.name.ends_with(".der")));
    inputs
}

/// The fuzzers.
pub fn targets() -> Vec<String> {
    let sources = list(&tests().join("fuzz/fuzz_targets"));
    sources.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// The formats whose vectors a target is given, where they are named otherwise.
fn classes(target: &str) -> &[&str] {
    match target {
        "edit_jks" => &["jks", "jceks"],
        "edit_pem" => &["pem"],
        "edit_pkcs12" => &["pkcs12"],
        "jks" => &["jks", "jceks"],
        "native_trust" => &["trust-settings"],
        "p11kit" => &["p11-kit"],
        // Of it castore reads no more than what it is, which this target asks of any file.
        "pem" => &["pem", "cert8"],
        _ => &[],
    }
}

/// What a fuzzer begins with.
pub fn of(target: &str) -> Vec<Input> {
    let kept = files(&tests().join("fuzz/seeds")).into_iter().filter(|input| input.class == target);
    let is_its = |class: &str| class == target || classes(target).contains(&class);
    let vectors = vectors().into_iter().map(|(input, _)| input).filter(|input| is_its(&input.class));
    let mut seeds: Vec<Input> = kept.chain(vectors).collect();
    let mut add = |name: String, bytes: &[u8]| {
        seeds.push(Input { class: target.to_owned(), name, bytes: bytes.to_owned() });
    };
    match target {
        "aux" => {
            for (name, aux) in auxiliary() {
                add(name, &aux);
            }
        }
        "der" | "x509" => {
            for (name, der) in certificates() {
                add(name, &der);
            }
        }
        "hash_dir" => {
            for (name, der) in certificates() {
                if let Ok(outline) = x509::read((&*der).into()).outline() {
                    add(name, &der[outline.subject.clone()]);
                }
            }
        }
        _ => {}
    }
    seeds
}

/// The certificates of the chains that clients were seen to judge, and the two that vectors are made of: each of
/// them once, as some have an oddity each.
fn certificates() -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let chains = files(&tests().join("data/lab/certs")).into_iter().filter(|input| input.name.ends_with(".pem"));
    for input in chains {
        for (at, entry) in pem::read(&input.bytes).entries.into_iter().enumerate() {
            if let Body::Certificate(der) = entry.body
                && !found.iter().any(|(_, known)| **known == *der)
            {
                found.push((format!("{}-{}-{at}.der", input.class, input.name), der.into_vec()));
            }
        }
    }
    let kept = files(&tests().join("data")).into_iter().filter(|input| input.name.ends_with(".der"));
    found.extend(kept.map(|input| (input.name, input.bytes)));
    found
}

/// What OpenSSL's trusted certificates have behind the certificate.
fn auxiliary() -> Vec<(String, Vec<u8>)> {
    const LABEL: &str = "TRUSTED CERTIFICATE";
    let mut found = Vec::new();
    let trusted =
        |input: &Input| input.class == "pem" && memchr::memmem::find(&input.bytes, LABEL.as_bytes()).is_some();
    for input in inputs().into_iter().filter(trusted) {
        let text = String::from_utf8_lossy(&input.bytes).into_owned();
        for (at, entry) in pem::read(&input.bytes).entries.into_iter().enumerate() {
            let (Body::Certificate(der), Slot::Block(block)) = (entry.body, entry.slot) else { continue };
            let block = &text[block.offset as usize..];
            let end = block.find("-----END").map_or(block.len(), |end| end + 9 + LABEL.len() + 5);
            let Ok(parsed) = ::pem::parse(&block[..end.min(block.len())]) else { continue };
            if let Some(aux) = parsed.contents().strip_prefix(&*der).filter(|aux| !aux.is_empty()) {
                found.push((format!("{}-{at}", input.name), aux.to_owned()));
            }
        }
    }
    found
}
