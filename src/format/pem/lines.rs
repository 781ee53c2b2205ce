//! The lines between BEGIN and END: headers, base64, and what is odd about them.

use crate::format::openssl::load::LINE;
use crate::model::Note;

/// The lines of a block, sorted into headers and base64.
#[derive(Default)]
pub(super) struct Lines {
    /// Base64 without padding and white space, as far as it goes.
    pub(super) base64: Vec<u8>,
    /// Why it does not go further, if something stopped it: the octet and where it stands.
    pub(super) stopped: Option<(u8, usize)>,
    padding: usize,
    pub(super) encrypted: bool,
    pub(super) notes: Vec<Note>,
}

impl Lines {
    pub(super) fn read(inside: &[u8]) -> Self {
        let mut lines = Self::default();
        let mut at = 0;
        let mut header = false;
        while at < inside.len() {
            let rest = &inside[at..];
            let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let line = &rest[..length];
            let next = lines.line_end(rest, length);
            if at == 0 {
                lines.first_line(line);
            } else if length < rest.len() || !line.trim_ascii().is_empty() {
                header = lines.line(line, at, header);
            }
            at += next;
        }
        lines
    }

    /// Octets of a line with what ends it.
    fn line_end(&mut self, rest: &[u8], length: usize) -> usize {
        match rest[length..] {
            [b'\r', b'\n', ..] => length + 2,
            [b'\r', ..] => {
                self.notes.push(Note::CarriageReturns);
                length + 1
            }
            [_, ..] => length + 1,
            [] => length,
        }
    }

    /// Takes what stands on the line of BEGIN: base64 where the whole block is one line, or a
    /// remark.
    fn first_line(&mut self, line: &[u8]) {
        if line.len() >= LINE {
            self.notes.push(Note::LongLine);
        }
        if line.iter().all(|&octet| is_body(octet)) {
            self.characters(line, 0);
        } else {
            self.notes.push(Note::Armour);
        }
    }

    /// Takes one line; says whether the next may continue a header.
    fn line(&mut self, line: &[u8], at: usize, header: bool) -> bool {
        let text = line.trim_ascii();
        if text.is_empty() {
            if !header {
                self.notes.push(Note::BlankLines);
            }
            return false;
        }
        if line.len() >= LINE {
            self.notes.push(Note::LongLine);
        }
        let indented = matches!(line[0], b' ' | b'\t');
        if self.base64.is_empty() && (text.contains(&b':') || (header && indented)) {
            self.notes.push(Note::Headers);
            self.encrypted |= text.starts_with(b"Proc-Type:") && text.ends_with(b"ENCRYPTED");
            return true;
        }
        if indented {
            self.notes.push(Note::Indented);
        }
        self.characters(line, at);
        false
    }

    fn characters(&mut self, line: &[u8], at: usize) {
        for (n, &octet) in line.iter().enumerate() {
            if self.stopped.is_some() {
                return;
            }
            match octet {
                b' ' | b'\t' => {}
                0 => self.notes.push(Note::Nul),
                b'=' if self.padding < 2 => self.padding += 1,
                _ if is_base64(octet) && self.padding == 0 => self.base64.push(octet),
                _ => self.stopped = Some((octet, at + n)),
            }
        }
    }

    /// The octets, as many as whole base64 characters give.
    pub(super) fn decode(&self) -> Vec<u8> {
        let whole = self.base64.len() - usize::from(self.base64.len() % 4 == 1);
        base64_simd::forgiving_decode_to_vec(&self.base64[..whole]).unwrap_or_default()
    }

    /// Whether the padding is what the characters call for.
    pub(super) fn is_padded(&self) -> bool {
        (self.base64.len() + self.padding).is_multiple_of(4)
    }
}

/// Whether an octet may stand in a line of base64 without being remarkable.
pub(super) fn is_body(octet: u8) -> bool {
    is_base64(octet) || matches!(octet, b'=' | b' ' | b'\t' | 0)
}

fn is_base64(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/')
}
