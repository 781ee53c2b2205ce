//! `PEM_X509_INFO_read_bio` over a file, as `X509_load_cert_crl_file` calls it
//! (crypto/pem/pem_info.c, crypto/pem/pem_lib.c, crypto/x509/by_file.c).

use super::{base64, d2i, private_key};
use crate::format::pem::{Canonical, labels};
use crate::model::{Body, Decoded, OpensslLoad, Slot};
use std::ops::Range;

/// Octets taken of a line at once, its newline among them: `LINESIZE` less the NUL that `BIO_gets` appends
/// (crypto/pem/pem_lib.c).
pub(crate) const LINE: usize = 254;
/// Characters of a full line of base64 after headers, and its newline.
const COLUMNS: usize = 65;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const TAIL: &[u8] = b"-----\n";

/// Why OpenSSL refuses a file.
type Refusal = &'static str;

/// What OpenSSL's loader takes from `bytes`, of which `canonical` blocks are known to be
/// well-formed PEM. Certificates that `known` takes are ones it was seen to load before.
pub(crate) fn predict(
    bytes: &[u8],
    canonical: &[Canonical],
    entries: &[Decoded],
    known: &dyn Fn(&[u8]) -> bool,
) -> OpensslLoad {
    let takes = |entry: usize| match entries.get(entry).map(|entry| &entry.body) {
        Some(Body::Certificate(der)) => known(der) || d2i::certificate(der).is_some(),
        _ => false,
    };
    let mut count = 0;
    if let Err((because, start)) = walk(bytes, canonical, &takes, &mut |_| count += 1) {
        let line = 1 + memchr::memchr_iter(b'\n', &bytes[..start]).count() as u64;
        return OpensslLoad::Refuses { because, line };
    }
    if count >= entries.iter().filter(|entry| matches!(entry.body, Body::Certificate(_))).count() {
        return OpensslLoad::Loads(count);
    }
    match unseen(bytes, canonical, entries) {
        unseen if unseen.is_empty() => OpensslLoad::Loads(count),
        unseen => OpensslLoad::Misses { count, unseen },
    }
}

/// Which certificates of a file that it loads it goes past: the others begin where it finds a block.
fn unseen(bytes: &[u8], canonical: &[Canonical], entries: &[Decoded]) -> Box<[usize]> {
    let mut begins = Vec::new();
    let walked = walk(bytes, canonical, &|_| true, &mut |begin| begins.push(begin));
    let is_seen = |offset: u64| {
        let before = begins.partition_point(|begin| begin.start as u64 <= offset);
        before.checked_sub(1).and_then(|last| begins.get(last)).is_some_and(|begin| offset < begin.end as u64)
    };
    let is_passed = |entry: &Decoded| match (&entry.body, &entry.slot) {
        (Body::Certificate(_), Slot::Block(block)) => walked.is_ok() && !is_seen(block.offset),
        _ => false,
    };
    entries.iter().enumerate().filter(|(_, entry)| is_passed(entry)).map(|(index, _)| index).collect()
}

/// Goes from block to block as the loader does: passes the line of BEGIN of each certificate that it takes to `found`;
/// why it refuses the file, and where that block begins.
fn walk(
    bytes: &[u8],
    canonical: &[Canonical],
    takes: &dyn Fn(usize) -> bool,
    found: &mut dyn FnMut(Range<usize>),
) -> Result<(), (Refusal, usize)> {
    let mut reader = Reader { bytes, at: 0 };
    let mut canonical = canonical.iter().peekable();
    loop {
        while canonical.next_if(|block| block.start < reader.at).is_some() {}
        if let Some(block) = canonical.next_if(|block| block.start == reader.at) {
            reader.at = block.end;
            if !takes(block.entry) {
                return Err((NOT_A_CERTIFICATE, block.start));
            }
            found(block.start..block.start + BEGIN.len());
            continue;
        }
        match reader.name(canonical.peek().map(|block| block.start)) {
            Name::Found(start, name) => {
                let begin = start..reader.at;
                if reader.block(&name).map_err(|because| (because, start))? {
                    found(begin);
                }
            }
            Name::Canonical => {}
            Name::None => return Ok(()),
        }
    }
}

const NOT_A_CERTIFICATE: Refusal = "the block holds no certificate that OpenSSL can decode";
const BAD_END: Refusal = "the END line is missing, joined or differs from BEGIN, or a line is out of place";
const BAD_BASE64: Refusal = "the block holds what is no base64, or its padding is wrong";
const NO_DATA: Refusal = "the block is empty, or a blank line or a colon makes headers of its lines";
const LONG_LINE: Refusal = "a line after the headers or a blank line is longer than 64 characters";
const HEADERS: Refusal = "the block has headers that do not encrypt it, or is encrypted";
const NOT_A_KEY: Refusal = "the block holds no private key that OpenSSL can decode";
const NOT_A_LIST: Refusal = "the block holds no certificate list that OpenSSL can decode";

/// Whether who reads one certificate after another stumbles there too: what is wrong in a key or a list is nothing to
/// it, as it goes past them (`PEM_bytes_read_bio`, crypto/pem/pem_lib.c).
pub(crate) fn is_of_certificates(because: &str) -> bool {
    because != NOT_A_KEY && because != NOT_A_LIST
}

/// The next `-----BEGIN NAME-----`.
enum Name {
    Found(usize, Vec<u8>),
    /// A canonical block comes first.
    Canonical,
    None,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    /// `BIO_gets`: at most [`LINE`] octets up to a newline, cut at a NUL; nothing at the end and,
    /// because of that cut, for a line that begins with NUL.
    fn gets(&mut self) -> Option<&[u8]> {
        let line = self.piece();
        let line = &line[..memchr::memchr(0, line).unwrap_or(line.len())];
        if line.is_empty() { None } else { Some(line) }
    }

    /// The next line, or as much of it as is taken at once.
    fn piece(&mut self) -> &[u8] {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let piece = &rest[..rest.len().min(LINE)];
        let length = memchr::memchr(b'\n', piece).map_or(piece.len(), |newline| newline + 1);
        self.at += length;
        &piece[..length]
    }

    /// `get_name`.
    fn name(&mut self, canonical: Option<usize>) -> Name {
        let mut first = true;
        loop {
            if canonical == Some(self.at) {
                return Name::Canonical;
            }
            // Comments are most lines of a bundle: one that begins otherwise is passed over, whatever is in it.
            if !first && !matches!(self.bytes.get(self.at), None | Some(0 | b'-')) {
                self.piece();
                continue;
            }
            let start = self.at;
            let Some(mut line) = self.gets() else { return Name::None };
            if first && line.len() > 3 {
                line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            }
            first = false;
            let line = strip(line);
            if let Some(name) = line.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(&TAIL[..5])) {
                return Name::Found(start, name.to_vec());
            }
        }
    }

    /// One block after its BEGIN line: whether it is a certificate, or why it spoils the file.
    fn block(&mut self, name: &[u8]) -> Result<bool, Refusal> {
        let (header, data) = self.header_and_data(name)?;
        let octets = base64::decode(&data).ok_or(BAD_BASE64)?;
        if octets.is_empty() {
            return Err(NO_DATA);
        }
        let plain = header.is_empty() || header[0] == b'\n';
        let is_any = |labels: &[&str]| labels.iter().any(|label| label.as_bytes() == name);
        match () {
            _ if is_any(&labels::OF_CERTIFICATES) => {
                let is_trusted = is_any(&[labels::TRUSTED]);
                let decoded = if is_trusted { d2i::trusted(&octets) } else { d2i::certificate(&octets) };
                if plain { decoded.map(|()| true).ok_or(NOT_A_CERTIFICATE) } else { Err(HEADERS) }
            }
            _ if is_any(&[labels::CRL]) && !plain => Err(HEADERS),
            _ if is_any(&[labels::CRL]) => d2i::list(&octets).map(|()| false).ok_or(NOT_A_LIST),
            _ if memchr::memmem::find(name, b"PRIVATE KEY").is_some() && !plain && !is_cipher(&header) => Err(HEADERS),
            _ if plain && !private_key::loads(name, &octets) => Err(NOT_A_KEY),
            _ => Ok(false),
        }
    }

    /// `get_header_and_data`: what stands before the blank line, if there is one, and after it.
    fn header_and_data(&mut self, name: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Refusal> {
        let mut parts = [Vec::new(), Vec::new()];
        let (mut part, mut colon, mut blank, mut ended, mut partial) = (0, false, false, false, false);
        loop {
            let raw = self.gets().ok_or(BAD_END)?;
            let continues = partial;
            partial = raw.len() == LINE && raw[LINE - 1] != b'\n';
            colon |= !blank && memchr::memchr(b':', raw).is_some();
            let line = strip(raw);
            if line.is_empty() {
                if !continues {
                    if blank {
                        return Err(BAD_END);
                    }
                    blank = true;
                    part = 1;
                }
                continue;
            }
            if let Some(end) = line.strip_prefix(END) {
                if end.strip_suffix(&TAIL[..5]) != Some(name) {
                    return Err(BAD_END);
                }
                let [first, second] = parts;
                return Ok(if blank || colon { (first, second) } else { (second, first) });
            }
            if ended {
                return Err(BAD_END);
            }
            parts[part].extend_from_slice(line);
            parts[part].push(b'\n');
            if blank {
                if line.len() + 1 > COLUMNS {
                    return Err(LONG_LINE);
                }
                ended = line.len() + 1 < COLUMNS;
            }
        }
    }
}

/// `sanitize_line`: white space and control characters go from the end of a line, and so do
/// octets above 127, which are negative in a C `char` where that is signed (x86).
fn strip(line: &[u8]) -> &[u8] {
    let kept = line.iter().rposition(|&octet| octet > b' ' && octet < 0x80).map_or(0, |last| last + 1);
    &line[..kept]
}

/// Whether headers say how a key is encrypted (`PEM_get_EVP_CIPHER_INFO`).
fn is_cipher(header: &[u8]) -> bool {
    let Some(rest) = header.strip_prefix(b"Proc-Type:") else { return false };
    let mut lines = rest.split(|&octet| octet == b'\n');
    let kind = lines.next().unwrap_or_default().trim_ascii();
    let kind = kind.strip_prefix(b"4,").unwrap_or_default();
    kind.trim_ascii() == b"ENCRYPTED" && lines.next().is_some_and(|line| line.starts_with(b"DEK-Info:"))
}
