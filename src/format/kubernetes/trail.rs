//! The way from a document to one of its values, put into words only where something is found there.

/// A value's key or number, and the way to what it stands in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trail<'p> {
    up: Option<&'p Trail<'p>>,
    part: Part<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Part<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

/// Octets of a name at most: a key of Kubernetes has 253 (IsConfigMapKey), and three or four stand in
/// front of it.
const LENGTH: usize = 512;

impl<'p> Trail<'p> {
    pub(super) const ROOT: Trail<'static> = Trail { up: None, part: Part::Root };

    /// The way to what stands under a key.
    pub(super) fn key(&'p self, key: &'p str) -> Self {
        Trail { up: Some(self), part: Part::Key(key) }
    }

    /// The way to one of a list.
    pub(super) fn index(&'p self, index: usize) -> Self {
        Trail { up: Some(self), part: Part::Index(index) }
    }

    /// `clusters[0].cluster.certificate-authority-data`; the end of it where it is too long.
    pub(super) fn text(&self) -> String {
        let (mut parts, mut length) = (Vec::new(), 0);
        let mut next = Some(self);
        while let Some(trail) = next {
            let part = match trail.part {
                Part::Root => break,
                Part::Key(key) => key.chars().take(LENGTH).collect(),
                Part::Index(index) => format!("[{index}]"),
            };
            length += part.len();
            parts.push(part);
            if length > LENGTH {
                parts.push("…".to_owned());
                break;
            }
            next = trail.up;
        }
        let mut out = String::new();
        for part in parts.iter().rev() {
            if !out.is_empty() && !part.starts_with('[') {
                out.push('.');
            }
            out += part;
        }
        out
    }
}
