//! Kubernetes objects and configurations, and the documents of cloud-init and Ignition: YAML or JSON
//! with certificates in named values.
//!
//! A value is decoded as a file of its own would be, so that a keystore in a Secret is read as one on
//! disk. Each document of a file is read by itself: a fault in one hides none of the others.

mod json;
mod objects;
mod place;
mod trail;
mod tree;
mod value;
mod write;
mod yaml;

use super::{Decoding, Means, pem};
use crate::limits;
use crate::model::{Body, Decoded, Format, Gap, Slot};
use objects::Objects;
use place::Lines;
use std::borrow::Cow;
use tree::{Fault, Tree};
pub(crate) use write::signer_prefix;
pub use write::{BadBundle, Names, cluster_trust_bundle, config_map, trust_manager_bundle};

/// Reads a file.
#[must_use]
pub fn read(bytes: &[u8], means: &Means<'_>) -> Decoding {
    read_inside(bytes, means, 0)
}

/// Reads a file that stands `level` documents deep in others.
fn read_inside(bytes: &[u8], means: &Means<'_>, level: usize) -> Decoding {
    let mut read = Decoding::new(Format::Kubernetes);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text(bytes);
    let text = &*text;
    let mut lines = Lines::new(text);
    let mut objects = Objects::new(text, means, level);
    if text.trim_start().starts_with(['{', '[']) {
        let tree = json::read(text, &mut lines);
        let flow = if tree.fault.is_some() { Some(yaml::read(text, 0, 0, &mut lines)) } else { None };
        // YAML in brackets is mostly JSON, but not always.
        let tree = flow.filter(|flow| flow.fault.is_none()).unwrap_or(tree);
        document(&tree, bytes.len(), &mut objects, &mut read);
    } else {
        for part in documents(text) {
            let tree = yaml::read(part.text, part.start, part.line, &mut lines);
            document(&tree, part.start + part.text.len(), &mut objects, &mut read);
        }
    }
    objects.finish(&mut read);
    read
}

/// How a kubeconfig says that a cluster's server is verified.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// The value with its certificates, as slots are named, where it has one that is not empty.
    pub data: Option<String>,
    /// The file with its certificates, as it is written, and its line.
    pub file: Option<(String, u64)>,
    /// The line that turns verification off.
    pub insecure: Option<u64>,
}

/// A kubeconfig, as far as it says which servers are verified by what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kubeconfig {
    /// The context in use.
    pub context: Option<String>,
    /// Each context with the cluster it is for.
    pub contexts: Vec<(String, String)>,
    /// The clusters.
    pub clusters: Vec<Cluster>,
}

/// What the first document of a text says as a kubeconfig.
#[must_use]
pub fn kubeconfig(text: &str) -> Kubeconfig {
    let mut lines = Lines::new(text);
    let tree = if text.trim_start().starts_with('{') {
        json::read(text, &mut lines)
    } else {
        let parts = documents(text);
        let Some(part) = parts.first() else { return Kubeconfig::default() };
        yaml::read(part.text, part.start, part.line, &mut lines)
    };
    let Some(root) = tree.root else { return Kubeconfig::default() };
    let named = |id, key: &str| tree.text(tree.find(id, key)?).filter(|text| !text.is_empty()).map(str::to_owned);
    let items = |list: &str| match tree.find(root, list).and_then(|id| tree.get(id)).map(|node| &node.value) {
        Some(tree::Value::List(ids)) => ids.clone(),
        _ => Vec::new(),
    };
    let line = |id, key: &str| tree.find(id, key).and_then(|id| tree.get(id)).map_or(1, |node| node.at.line());
    let contexts = items("contexts")
        .into_iter()
        .filter_map(|id| Some((named(id, "name")?, named(tree.find(id, "context")?, "cluster")?)));
    let clusters = items("clusters").into_iter().enumerate().filter_map(|(index, id)| {
        let inner = tree.find(id, "cluster")?;
        let value = format!("clusters[{index}].cluster.certificate-authority-data");
        Some(Cluster {
            name: named(id, "name")?,
            data: named(inner, "certificate-authority-data").map(|_| value),
            file: named(inner, "certificate-authority").map(|file| (file, line(inner, "certificate-authority"))),
            insecure: named(inner, "insecure-skip-tls-verify")
                .filter(|value| value == "true")
                .map(|_| line(inner, "insecure-skip-tls-verify")),
        })
    });
    Kubeconfig { context: named(root, "current-context"), contexts: contexts.collect(), clusters: clusters.collect() }
}

/// The file as text of the same length, in which octets that are none are question marks.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    Cow::Owned(text)
}

/// What one document holds, and where it could not be read to its end, the PEM in the rest of it.
fn document(tree: &Tree<'_>, end: usize, objects: &mut Objects<'_, '_>, read: &mut Decoding) {
    objects.document(tree, read);
    let Some(Fault { gap, at }) = &tree.fault else { return };
    let source = objects.source();
    let rest = source.as_bytes().get(*at..end).unwrap_or_default();
    blocks(source.as_bytes(), *at, rest, objects.means(), read);
    // What Helm and others fill in before it is YAML.
    let is_template = matches!(gap, Gap::Broken(_)) && memchr::memmem::find(rest, b"{{").is_some();
    if !is_template && !objects::is_object(tree) {
        return;
    }
    say(read, if is_template { Gap::Unsupported { what: "a template".to_owned() } } else { gap.clone() });
}

/// The PEM blocks of `rest`, which begins at octet `at` of the file.
fn blocks(bytes: &[u8], at: usize, rest: &[u8], means: &Means<'_>, read: &mut Decoding) {
    if !pem::has_block(rest) {
        return;
    }
    let before = memchr::memchr_iter(b'\n', &bytes[..at.min(bytes.len())]).count() as u64;
    let left = means.bounds.entries.saturating_sub(read.entries.len());
    let bounds = limits::Bounds { entries: left, ..means.bounds };
    let found = pem::decode(rest, &Means { bounds, ..*means });
    found.gaps.into_iter().for_each(|gap| say(read, value::whole(gap, &means.bounds)));
    read.entries.extend(found.entries.into_iter().map(|mut entry| {
        if let Slot::Block(block) = &mut entry.slot {
            block.line = block.line.saturating_add(before);
            block.offset = block.offset.saturating_add(at as u64);
        }
        entry
    }));
}

/// Says what could not be read, each once.
fn say(read: &mut Decoding, gap: Gap) {
    if read.gaps.len() < limits::DOCUMENT_GAPS && !read.gaps.contains(&gap) {
        read.gaps.push(gap);
    }
}

/// One document of a file of YAML.
struct Part<'a> {
    text: &'a str,
    /// The octet it begins at, and the lines before it.
    start: usize,
    line: u64,
}

/// The documents of a file: what stands between lines that begin with `---`, which stands at the
/// beginning of a line nowhere else in YAML (1.2.2, 9.1.2, c-forbidden).
fn documents(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut start, mut first, mut line, mut at) = (0, 0, 0, 0);
    for piece in text.split_inclusive('\n') {
        let marks =
            piece.strip_prefix("---").is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']));
        if marks && at > start {
            parts.push(Part { text: &text[start..at], start, line: first });
            (start, first) = (at, line);
        }
        at += piece.len();
        line += 1;
    }
    parts.push(Part { text: &text[start..], start, line: first });
    parts.retain(|part| part.text.lines().any(says));
    parts
}

/// Whether a line of YAML is more than a mark, a comment or a directive.
fn says(line: &str) -> bool {
    let line = line.strip_prefix("---").unwrap_or(line).trim();
    !line.is_empty() && !line.starts_with(['#', '%'])
}

/// An entry in a named value.
fn inside(name: &str, slot: Slot, body: Body<Box<[u8]>>) -> Decoded {
    Decoded::new(Slot::Inside(crate::model::Untrusted::new(name), Box::new(slot)), body)
}

#[cfg(test)]
mod tests;
