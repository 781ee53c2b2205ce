//! The canonical block: upper case, 64 columns, LF or CR LF, one whole certificate and nothing
//! after it. Whatever does not fit is left to the tolerant reader.

use crate::format::der;
use crate::limits;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
/// Characters in a full line (RFC 7468, 2).
const COLUMNS: usize = 64;

/// Where a canonical block stands in its file: OpenSSL reads the same from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Canonical {
    pub(crate) start: usize,
    /// After the line of END.
    pub(crate) end: usize,
    /// Its entry.
    pub(crate) entry: usize,
}

/// The canonical block at `at`: where it ends and its DER.
pub(super) fn block(text: &[u8], at: usize, scratch: &mut Vec<u8>) -> Option<(usize, Box<[u8]>)> {
    if at > 0 && text[at - 1] != b'\n' {
        return None;
    }
    let rest = text.get(at..)?.strip_prefix(BEGIN)?;
    let eol: &[u8] = match rest {
        [b'\n', ..] => b"\n",
        [b'\r', b'\n', ..] => b"\r\n",
        _ => return None,
    };
    scratch.clear();
    let tail = lines(rest.get(eol.len()..)?, eol, scratch)?;
    let tail = tail.strip_prefix(END)?;
    let tail = if tail.is_empty() { tail } else { tail.strip_prefix(eol)? };
    if tail.first() == Some(&0) {
        return None;
    }
    let bytes = base64_simd::STANDARD.decode_to_vec(&*scratch).ok()?;
    if der::first_sequence(&bytes).ok()? != bytes.len() || !der::is_certificate(&bytes) {
        return None;
    }
    Some((text.len() - tail.len(), bytes.into_boxed_slice()))
}

/// Joins full lines and one last shorter one; gives what follows them.
fn lines<'a>(mut rest: &'a [u8], eol: &[u8], scratch: &mut Vec<u8>) -> Option<&'a [u8]> {
    while let Some(full) = rest.get(..COLUMNS)
        && rest[COLUMNS..].starts_with(eol)
    {
        scratch.extend_from_slice(full);
        rest = &rest[COLUMNS + eol.len()..];
        if scratch.len() > limits::PEM_BLOCK {
            return None;
        }
    }
    if rest.first() != Some(&b'-') {
        // A blank line here would make headers of all before it, for OpenSSL.
        let short = memchr::memchr(eol[0], &rest[..rest.len().min(COLUMNS)]).filter(|&short| short > 0)?;
        scratch.extend_from_slice(&rest[..short]);
        rest = rest[short..].strip_prefix(eol)?;
    }
    Some(rest)
}
