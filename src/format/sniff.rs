//! What a file is written in, told by its first octets or its words.
//!
//! The order matters: an executable and a p11-kit file both carry PEM blocks in their middle,
//! and PKCS#12, PKCS#7 and a certificate all begin with the same octet.

use super::der::tag;
use super::pem;
use crate::model::Format;
use memchr::memmem;

/// Formats that open with fixed octets.
const MAGIC: &[(&[u8], Format)] = &[
    // sun.security.provider.JavaKeyStore and com.sun.crypto.provider.JceKeyStore.
    (&[0xfe, 0xed, 0xfe, 0xed], Format::Jks),
    (&[0xce, 0xce, 0xce, 0xce], Format::Jceks),
    // EFI_CERT_X509_GUID, UEFI specification, 32.4.1.
    (&[0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72], Format::Edk2),
    (b"\x7fELF", Format::Elf),
    (b"\0\0\0\0CERT", Format::Sst),
    (b"kych", Format::Keychain),
    (b"MSCF", Format::Archive),
    (&[0x1f, 0x8b], Format::Archive),
    (&[0x28, 0xb5, 0x2f, 0xfd], Format::Archive),
    (b"PK\x03\x04", Format::Archive),
    (b"PK\x05\x06", Format::Archive),
];

/// 1.2.840.113549.1.7.2, PKCS#7 SignedData (RFC 2315, 14), as content octets.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.3.6.1.4.1.311.10.1, Microsoft's certificate trust list, with its header.
const TRUST_LIST: &[u8] = &[0x06, 0x09, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x0a, 0x01];
/// Formats that open with fixed octets and say by a word further on what they hold.
const MAGIC_AND_WORD: &[(&[u8], &[u8], Format, Format)] = &[
    // The table of certificates of NSS (lib/softoken/sdb.c), and a column of Chromium's
    // (components/server_certificate_database).
    (b"SQLite format 3\0", b"nssPublic", Format::Nss, Format::Sqlite),
    (b"SQLite format 3\0", b"sha256hash_hex", Format::Chromium, Format::Sqlite),
    // Berkeley DB 1.85 hash, both byte orders (HASHMAGIC, hash.h of NSS' dbm), with the key of the version
    // of a database of certificates: its type 0, the word, a NUL (ReadDBVersionEntry, pcertdb.c). In a
    // database of keys the word has neither (keydb.c); one of modules has no such entry.
    (&[0x00, 0x06, 0x15, 0x61], b"\0Version\0", Format::Cert8, Format::BerkeleyDb),
    (&[0x61, 0x15, 0x06, 0x00], b"\0Version\0", Format::Cert8, Format::BerkeleyDb),
    (b"bplist00", b"trustList", Format::TrustSettings, Format::Plist),
];
/// 1.2.840.113549.1.5.13, PBES2 (RFC 8018, A.4), with its header: what opens Bouncy Castle's BCFKS.
const PBES2: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
/// Where a tar header says `ustar` (POSIX.1-1988).
const USTAR: std::ops::Range<usize> = 257..262;

/// Tells what a file is written in.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Format {
    if bytes.is_empty() {
        return Format::Empty;
    }
    if let Some((_, format)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return *format;
    }
    let mut words = MAGIC_AND_WORD.iter().filter(|(magic, ..)| bytes.starts_with(magic)).peekable();
    if let Some((.., other)) = words.peek().copied() {
        return words
            .find(|(_, word, ..)| memmem::find(bytes, word).is_some())
            .map_or(*other, |(.., format, _)| *format);
    }
    if bytes.get(USTAR) == Some(b"ustar") {
        return Format::Archive;
    }
    if let Some(program) = sniff_program(bytes) {
        return program;
    }
    if is_bks(bytes) {
        return Format::Bks;
    }
    sniff_asn1(bytes).or_else(|| sniff_text(bytes)).unwrap_or(Format::Unknown)
}

/// Programs whose first octets are not theirs alone. `MZ` is DOS' and is followed by the place of `PE`
/// (PE format, MS-DOS stub). Mach-O's magic for several processors is also that of a Java class, whose
/// version stands where the count would and is 45 or more (JVM specification, 4.1; mach-o/fat.h).
fn sniff_program(bytes: &[u8]) -> Option<Format> {
    let word = |at: usize| bytes.get(at..)?.first_chunk::<4>();
    match word(0)? {
        [b'M', b'Z', ..] => {
            let place = usize::try_from(u32::from_le_bytes(*word(0x3c)?)).ok()?;
            (word(place)? == b"PE\0\0").then_some(Format::Pe)
        }
        [0xfe, 0xed, 0xfa, 0xce | 0xcf] | [0xce | 0xcf, 0xfa, 0xed, 0xfe] => Some(Format::MachO),
        [0xca, 0xfe, 0xba, 0xbe | 0xbf] => matches!(u32::from_be_bytes(*word(4)?), 1..45).then_some(Format::MachO),
        _ => None,
    }
}

/// Version 0, 1 or 2 and a salt of 20 octets (org.bouncycastle.jcajce.provider.keystore.bc).
fn is_bks(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, 0, 0..=2, 0, 0, 0, 20, ..]) && bytes.len() >= 28
}

fn sniff_text(bytes: &[u8]) -> Option<Format> {
    let has = |word: &[u8]| memmem::find(bytes, word).is_some();
    // A bundle of canonical PEM is by far the commonest large file: one search settles it.
    let pem = pem::has_block(bytes);
    if pem && bytes.starts_with(b"-----BEGIN CERTIFICATE-----") {
        return Some(if is_p11_kit(bytes) { Format::P11Kit } else { Format::Pem });
    }
    if is_p11_kit(bytes) {
        return Some(Format::P11Kit);
    }
    if is_kubernetes(bytes) {
        return Some(Format::Kubernetes);
    }
    if pem {
        return Some(Format::Pem);
    }
    if has(b"BEGINDATA") && has(b"CKA_CLASS") {
        return Some(Format::Certdata);
    }
    let start = bytes.trim_ascii_start();
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    if (start.starts_with(b"<?xml") || start.starts_with(b"<!DOCTYPE plist")) && has(b"<plist") {
        return Some(if has(b"<key>trustList</key>") { Format::TrustSettings } else { Format::Plist });
    }
    None
}

/// The header of a p11-kit object is a line of its own. A comment, a manual or a program that only
/// mentions it is no p11-kit file, and its certificates are read.
fn is_p11_kit(bytes: &[u8]) -> bool {
    const HEADER: &[u8] = b"[p11-kit-object-v1]";
    // No base64 has a bracket: of a bundle next to nothing is compared.
    memchr::memchr_iter(b'[', bytes).filter(|at| bytes[*at..].starts_with(HEADER)).any(|at| {
        let blank = |octet: &u8| matches!(octet, b' ' | b'\t' | b'\r');
        let before = bytes[..at].iter().rev().find(|octet| !blank(octet));
        let after = bytes[at + HEADER.len()..].iter().find(|octet| !blank(octet));
        matches!(before, None | Some(b'\n')) && matches!(after, None | Some(b'\n'))
    })
}

/// Every Kubernetes object says its API version and its kind, in YAML or JSON, and a ConfigMap holds
/// PEM in the middle. A kubeconfig may leave both out; cloud-init and Ignition have words of their own.
fn is_kubernetes(bytes: &[u8]) -> bool {
    (is_key(bytes, b"apiVersion") && is_key(bytes, b"kind"))
        || (is_key(bytes, b"certificate-authority-data") && is_key(bytes, b"clusters"))
        || (bytes.starts_with(b"#cloud-config") && (is_key(bytes, b"ca_certs") || is_key(bytes, b"ca-certs")))
        || (bytes.trim_ascii_start().starts_with(b"{") && is_key(bytes, b"ignition"))
}

/// Whether a word is a key. In JSON it is quoted, after a brace, a comma or the beginning of a line;
/// in YAML it begins its line, quoted only at the margin, as a program in another language would
/// write it further in. A schema of objects has `apiVersion` and `kind` for keys too, with more keys
/// below them.
fn is_key(bytes: &[u8], word: &[u8]) -> bool {
    let is_json = matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['));
    let has_more_below = !matches!(word, b"apiVersion" | b"kind");
    memmem::find_iter(bytes, word).any(|at| {
        let rest = &bytes[at + word.len()..];
        let quoted = at > 0 && bytes[at - 1] == b'"' && rest.starts_with(b"\"");
        let rest = rest.get(usize::from(quoted)..).unwrap_or_default().trim_ascii_start();
        let Some(value) = rest.strip_prefix(b":") else { return false };
        let first = value.iter().find(|octet| !matches!(octet, b' ' | b'\t' | b'\r'));
        let head = &bytes[..at - usize::from(quoted)];
        let before = head.iter().rev().find(|octet| !matches!(octet, b' ' | b'\t' | b'-'));
        let margin = matches!(head.strip_suffix(b"- ").unwrap_or(head).last(), None | Some(b'\n'));
        let begins = match before {
            None | Some(b'\n') => is_json || !quoted || margin,
            Some(b'{' | b',') => is_json,
            _ => false,
        };
        begins && (has_more_below || !matches!(first, None | Some(b'\n' | b'{' | b'[')))
    })
}

fn sniff_asn1(bytes: &[u8]) -> Option<Format> {
    if !matches!(bytes.first(), Some(&(tag::SEQUENCE | tag::SET))) {
        return None;
    }
    let inner = bytes.get(header_len(bytes)?..)?;
    // As a SET too: Java opens that.
    if inner.starts_with(&[tag::INTEGER, 1, 3]) {
        return Some(Format::Pkcs12);
    }
    if bytes.first() == Some(&tag::SET) {
        return None;
    }
    if inner.get(..2) == Some(&[tag::OID, SIGNED_DATA.len() as u8]) && inner[2..].starts_with(SIGNED_DATA) {
        // The inner content type stands within the first hundred octets, after the algorithms.
        let head = &inner[..inner.len().min(256)];
        return Some(if memmem::find(head, TRUST_LIST).is_some() { Format::Ctl } else { Format::Pkcs7 });
    }
    if inner.first() == Some(&tag::SEQUENCE) && inner.get(header_len(inner)?..)?.first() == Some(&tag::SEQUENCE) {
        let algorithm = inner.get(header_len(inner)?..)?;
        return algorithm.get(header_len(algorithm)?..)?.starts_with(PBES2).then_some(Format::Bcfks);
    }
    let nested = inner.first() == Some(&tag::SEQUENCE);
    let tbs = inner.get(header_len(inner)?..)?;
    let serial_or_version = matches!(tbs.first(), Some(&tag::INTEGER) | Some(0xa0));
    if nested && serial_or_version { Some(Format::Der) } else { None }
}

/// Octets of the tag and length in front of `bytes`, definite or not.
fn header_len(bytes: &[u8]) -> Option<usize> {
    match *bytes.get(1)? {
        0..=0x80 => Some(2),
        long @ 0x81..=0x88 => Some(2 + usize::from(long & 0x7f)),
        _ => None,
    }
}

/// Whether octets are meant to be JSON of a schema whose name begins so: an object whose first field says it.
pub(crate) fn is_of_schema(bytes: &[u8], family: &str) -> bool {
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(256)]);
    let rest = beginning.trim_start().strip_prefix('{').map(str::trim_start);
    let rest = rest.and_then(|rest| rest.strip_prefix("\"schema\"")).map(str::trim_start);
    let rest = rest.and_then(|rest| rest.strip_prefix(':')).map(str::trim_start);
    rest.and_then(|rest| rest.strip_prefix('"')).is_some_and(|rest| rest.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tests::certificate;

    #[test]
    fn an_executable_or_p11_kit_file_is_not_its_pem_blocks() {
        let block = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        assert_eq!(sniff(block.as_bytes()), Format::Pem);
        assert_eq!(sniff(format!("\x7fELF\x02\x01{block}").as_bytes()), Format::Elf);
        assert_eq!(sniff(format!("[p11-kit-object-v1]\nlabel: x\n{block}").as_bytes()), Format::P11Kit);
        assert_eq!(sniff(format!("# x\r\n [p11-kit-object-v1] \r\n{block}").as_bytes()), Format::P11Kit);
        assert_eq!(sniff(format!("# from [p11-kit-object-v1]\n{block}").as_bytes()), Format::Pem);
        assert_eq!(sniff(format!("{block}# not [p11-kit-object-v1] files\n").as_bytes()), Format::Pem);
        assert_eq!(sniff(b"\0[p11-kit-object-v1]\0"), Format::Unknown);
    }

    #[test]
    fn tells_pem_by_any_armour_castore_reads() {
        let utf16: Vec<u8> = "-----BEGIN CERTIFICATE-----\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(sniff(&utf16), Format::Pem);
        assert_eq!(sniff(b"------begin certificate------\n"), Format::Pem);
        assert_eq!(sniff(b"a text about -----BEGINNINGS-----\n"), Format::Unknown);
    }

    #[test]
    fn tells_asn1_structures_apart() {
        assert_eq!(sniff(&certificate()), Format::Der);
        assert_eq!(sniff(&[0x30, 0x80, 0x02, 0x01, 0x03, 0x30, 0x80]), Format::Pkcs12);
        assert_eq!(sniff(&[0x30, 0x05, 0x02, 0x01, 0x03, 0x30, 0x00]), Format::Pkcs12);
        let mut p7 = vec![0x30, 0x80, 0x06, 0x09];
        p7.extend_from_slice(SIGNED_DATA);
        assert_eq!(sniff(&p7), Format::Pkcs7);
        p7.extend_from_slice(&[0xa0, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0x31, 0x00, 0x30, 0x80]);
        p7.extend_from_slice(TRUST_LIST);
        assert_eq!(sniff(&p7), Format::Ctl);
    }

    #[test]
    fn tells_the_rest_by_their_words() {
        assert_eq!(sniff(b"# c\nBEGINDATA\nCKA_CLASS CK_OBJECT_CLASS CKO_NSS_BUILTIN_ROOT_LIST\n"), Format::Certdata);
        assert_eq!(sniff(b"<?xml version=\"1.0\"?>\n<plist version=\"1.0\"></plist>"), Format::Plist);
        assert_eq!(sniff(b"<?xml version=\"1.0\"?>\n<policy/>"), Format::Unknown);
        let settings = b"<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>trustList</key></dict></plist>";
        assert_eq!(sniff(settings), Format::TrustSettings);
        assert_eq!(sniff(b"bplist00 trustList"), Format::TrustSettings);
        assert_eq!(sniff(b"SQLite format 3\0 CREATE TABLE nssPublic"), Format::Nss);
        assert_eq!(sniff(b"SQLite format 3\0 sha256hash_hex TEXT"), Format::Chromium);
        assert_eq!(sniff(&[0x00, 0x06, 0x15, 0x61, 0, 0, 0, 2]), Format::BerkeleyDb);
        assert_eq!(sniff(b"\0\x06\x15a\0\0\0\x02...\x08\0\0\0Version\0"), Format::Cert8);
        assert_eq!(sniff(b"\0\x06\x15a\0\0\0\x02...password-check\x03Version"), Format::BerkeleyDb);
        assert_eq!(sniff(b"apiVersion: v1\nkind: Secret\n"), Format::Kubernetes);
        assert_eq!(sniff(br#"{"kind": "List", "apiVersion" : "v1"}"#), Format::Kubernetes);
        assert_eq!(sniff(b"every kind of apiVersion: is named\n"), Format::Unknown);
        let mut tar = vec![0; 512];
        tar[USTAR].copy_from_slice(b"ustar");
        assert_eq!(sniff(&tar), Format::Archive);
        let mut bks = vec![0, 0, 0, 2, 0, 0, 0, 20];
        bks.extend_from_slice(&[9; 20]);
        assert_eq!(sniff(&bks), Format::Bks);
        assert_eq!(sniff(&[0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]), Format::Jks);
        assert_eq!(sniff(&[0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1]), Format::MachO);
        assert_eq!(sniff(&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 2]), Format::MachO);
        assert_eq!(sniff(&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52]), Format::Unknown);
        let mut program = b"MZ".to_vec();
        program.resize(0x3c, 0);
        program.extend(b"\x40\0\0\0");
        assert_eq!(sniff(&program), Format::Unknown);
        program.extend(b"PE\0\0");
        assert_eq!(sniff(&program), Format::Pe);
        assert_eq!(sniff(b"readme"), Format::Unknown);
        assert_eq!(sniff(b""), Format::Empty);
    }
}
