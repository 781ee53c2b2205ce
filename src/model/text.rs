//! Text that came out of a certificate or a store: whoever wrote the file chose every character.
//!
//! A subject may hold escape sequences that rewrite a terminal, a newline that forges a log
//! line, or `=cmd` for a spreadsheet. So such text is a type without `Display`: it reaches an
//! output only through the escaper of that output (`render::escape`).

/// Text chosen by whoever wrote the input. It has no `Display` on purpose.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Untrusted {
    text: String,
    lossy: bool,
}

impl Untrusted {
    /// Text whose octets were valid in their encoding.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), lossy: false }
    }

    /// Text from octets that should be UTF-8; what is not is replaced, and that is remembered.
    #[must_use]
    pub fn from_utf8_lossy(octets: &[u8]) -> Self {
        match std::str::from_utf8(octets) {
            Ok(text) => Self::new(text),
            Err(_) => Self { text: String::from_utf8_lossy(octets).into_owned(), lossy: true },
        }
    }

    /// Text some of whose characters stand for octets that could not be decoded.
    #[must_use]
    pub fn lossy(text: impl Into<String>) -> Self {
        Self { text: text.into(), lossy: true }
    }

    /// The raw text, to be compared or escaped, never printed as it is.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.text
    }

    /// Whether some octets could not be decoded.
    #[must_use]
    pub fn is_lossy(&self) -> bool {
        self.lossy
    }
}

impl std::fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Untrusted({:?}{})", self.text, if self.lossy { ", lossy" } else { "" })
    }
}

/// Whether a character may not reach a terminal as it is.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
