//! UTF-16 to octets: Windows' `certutil` and PowerShell's `>` write PEM in it, and no TLS
//! library reads it.

use std::borrow::Cow;

/// The UTF-8 byte order mark.
pub(super) const MARK: &[u8] = b"\xef\xbb\xbf";

/// A file as octets, one for each character.
pub(super) struct Text<'a> {
    pub(super) octets: Cow<'a, [u8]>,
    /// Octets of the file that one of these octets stands for.
    pub(super) unit: usize,
    /// Octets of the file before the first.
    pub(super) skipped: usize,
}

/// Narrows UTF-16 to one octet for each unit, so that places can be counted back; what is not
/// ASCII becomes `?`, which is in no armour and no base64.
pub(super) fn narrow(bytes: &[u8]) -> Text<'_> {
    let (skipped, big) = match bytes {
        [0xff, 0xfe, ..] => (2, false),
        [0xfe, 0xff, ..] => (2, true),
        // Without a mark: every other octet of the first eight is NUL.
        [a, 0, b, 0, c, 0, d, 0, ..] if ![a, b, c, d].contains(&&0) => (0, false),
        [0, a, 0, b, 0, c, 0, d, ..] if ![a, b, c, d].contains(&&0) => (0, true),
        _ => return Text { octets: Cow::Borrowed(bytes), unit: 1, skipped: 0 },
    };
    let octets = bytes[skipped..]
        .chunks_exact(2)
        .map(|pair| if big { [pair[0], pair[1]] } else { [pair[1], pair[0]] })
        .map(|[high, low]| if high == 0 && low.is_ascii() { low } else { b'?' })
        .collect();
    Text { octets: Cow::Owned(octets), unit: 2, skipped }
}
