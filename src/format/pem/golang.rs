//! The blocks of a file as Go's `Decode` goes from one to the next (src/encoding/pem/pem.go of 1.23), and of
//! those what `AppendCertsFromPEM` takes (src/crypto/x509/cert_pool.go): none with headers.
//!
//! What it cannot decode it goes past, so that one bad block hides no other; but where it wants more than OpenSSL (a
//! line of its own for END, whole base64 of standard padding) it sees nothing where others see a certificate.

use super::labels;
use crate::model::{Body, Decoded, Note, Slot};
use memchr::{memchr, memmem};

const BEGIN: &[u8] = b"\n-----BEGIN ";
const END: &[u8] = b"\n-----END ";
const DASHES: &[u8] = b"-----";

/// The certificates of a file that Go does not see, by their number among its entries.
pub(super) fn unseen(bytes: &[u8], entries: &[Decoded]) -> Box<[usize]> {
    let mut seen = Vec::new();
    blocks(bytes, &mut |begin| seen.push(begin as u64));
    let is_passed = |entry: &Decoded| match (&entry.body, &entry.slot) {
        // What follows the certificate in its block `ParseCertificate` does not take.
        (Body::Certificate(_), Slot::Block(block)) => {
            seen.binary_search(&block.offset).is_err()
                || entry.notes.iter().any(|note| matches!(note, Note::Trailing(_)))
        }
        _ => false,
    };
    entries.iter().enumerate().filter(|(_, entry)| is_passed(entry)).map(|(index, _)| index).collect()
}

/// Passes the place of each BEGIN that it takes for a certificate's to `found`.
fn blocks(bytes: &[u8], found: &mut dyn FnMut(usize)) {
    let ends: Vec<usize> = memmem::find_iter(bytes, END).collect();
    let end_from = |at: usize| ends.get(ends.partition_point(|end| *end < at)).copied();
    let mut at = 0;
    loop {
        let begin = match bytes.get(at..) {
            Some(rest) if rest.starts_with(&BEGIN[1..]) => at,
            Some(rest) => match memmem::find(rest, BEGIN) {
                Some(before) => at + before + 1,
                None => return,
            },
            None => return,
        };
        let (label, after) = line(bytes, begin + BEGIN.len() - 1);
        at = after;
        let Some(label) = label.strip_suffix(DASHES) else { continue };
        let mut has_headers = false;
        loop {
            if at >= bytes.len() {
                return;
            }
            let (text, next) = line(bytes, at);
            if memchr(b':', text).is_none() {
                break;
            }
            has_headers = true;
            at = next;
        }
        // END may follow at once where there are no headers.
        let is_empty = !has_headers && bytes[at..].starts_with(&END[1..]);
        let Some(end) = (if is_empty { Some(at) } else { end_from(at) }) else { return };
        let name = end + END.len() - usize::from(is_empty);
        let is_label = |rest: &&[u8]| rest.starts_with(label) && rest[label.len()..].starts_with(DASHES);
        if bytes.get(name..).filter(is_label).is_none() {
            continue;
        }
        let (behind, next) = line(bytes, name + label.len() + DASHES.len());
        if !behind.is_empty() || !is_base64(&bytes[at..end]) {
            continue;
        }
        at = next;
        if !has_headers && label == labels::CERTIFICATE.as_bytes() {
            found(begin);
        }
    }
}

/// `getLine`: the line that begins here, without what ends it, and where the next begins.
fn line(bytes: &[u8], at: usize) -> (&[u8], usize) {
    let rest = bytes.get(at..).unwrap_or_default();
    let (mut text, after) = match memchr(b'\n', rest) {
        Some(newline) => (&rest[..newline], at + newline + 1),
        None => (rest, bytes.len()),
    };
    if after > at + text.len() {
        text = text.strip_suffix(b"\r").unwrap_or(text);
    }
    let length = text.iter().rposition(|octet| !matches!(octet, b' ' | b'\t')).map_or(0, |last| last + 1);
    (&text[..length], after)
}

/// Whether `base64.StdEncoding` decodes a text without its blanks: whole quanta, padding at the end alone.
fn is_base64(text: &[u8]) -> bool {
    let (mut characters, mut padding) = (0usize, 0usize);
    for octet in text {
        match octet {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => characters += 1,
            _ => return false,
        }
    }
    padding <= 2 && (characters + padding).is_multiple_of(4) && (padding == 0 || characters % 4 >= 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::{authority, certificate};

    /// As kubectl of Go 1.23.8 does with each as `SSL_CERT_FILE`.
    #[test]
    fn a_block_is_seen_where_go_sees_one() {
        let (a, b) = (super::super::write(&certificate(), &[]), super::super::write(&authority("b"), &[]));
        let unseen = |text: &str| {
            let read = super::super::read(text.as_bytes());
            let certificates = read.entries.iter().filter(|entry| matches!(entry.body, Body::Certificate(_))).count();
            (certificates, read.go.map(Vec::from).unwrap_or_default())
        };
        let (head, rest) = a.split_once('\n').unwrap();
        let (body, end) = rest.split_once("-----END").unwrap();
        let end = format!("-----END{end}");
        assert_eq!(unseen(&(a.clone() + &b)), (2, vec![]));
        assert_eq!(unseen(&(a.trim_end().to_owned() + &b)), (2, vec![0, 1]));
        assert_eq!(unseen(&(a.replace("-----END CERT", "-----END X") + &b)), (2, vec![0]));
        assert_eq!(unseen(&a.replace("-----\n", "-----  \r\n")), (1, vec![]));
        assert_eq!(unseen(&a.replace('\n', "\r\r\n")), (1, vec![0]));
        assert_eq!(unseen(&format!("{}words\n", a.trim_end())), (1, vec![0]));
        assert_eq!(unseen(&format!("{head}\nName: value\n\n{body}{end}")), (1, vec![0]));
        assert_eq!(unseen(&format!("{head}\n\n{body}\n\n{end}")), (1, vec![]));
        assert_eq!(unseen(&format!("{head}\n{}{end}", body.replace('\n', ""))).1, vec![0]);
        assert_eq!(unseen(&format!("{head}\n{}{b}", &body[..130])).1, Vec::<usize>::new());
        assert_eq!(unseen(&format!(" {a}")).1, vec![0]);
    }
}
