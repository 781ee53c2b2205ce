//! Answers that begin with three digits, on one line or several: SMTP (RFC 5321, 4.2) and FTP (RFC 959, 4.2).

use super::{Reason, Wire};

/// An answer.
pub(super) struct Answer {
    /// The three digits.
    pub code: u16,
    /// What follows them, a line each.
    pub lines: Vec<Vec<u8>>,
    /// The last line as it came.
    pub last: Vec<u8>,
}

/// The next answer. A line with `-` after the digits is followed by others; those of FTP need not begin
/// with digits until the last.
pub(super) fn answer(wire: &mut Wire<'_>, expected: &'static str) -> Result<Answer, Reason> {
    let mut lines = Vec::new();
    let mut begun = None;
    loop {
        let line = wire.line()?;
        let code = code(&line);
        let is_of_it = code.is_some() && begun.is_none_or(|begun| Some(begun) == code);
        let rest = line.get(3..).unwrap_or_default();
        match (code, is_of_it, rest.first()) {
            (Some(code), true, None | Some(b' ')) => {
                lines.push(rest.get(1..).unwrap_or_default().to_vec());
                return Ok(Answer { code, lines, last: line });
            }
            (Some(code), true, Some(b'-')) => {
                begun = Some(code);
                lines.push(rest.get(1..).unwrap_or_default().to_vec());
            }
            _ if begun.is_some() => lines.push(line),
            _ => return Err(wire.unexpected(expected, &line)),
        }
    }
}

/// Whether octets begin with a code of this number, whole or cut.
pub(super) fn begins(first: &[u8], code: &[u8; 3]) -> bool {
    first.starts_with(code) && matches!(first.get(3), None | Some(b' ' | b'-' | b'\r' | b'\n'))
}

fn code(line: &[u8]) -> Option<u16> {
    let digits = line.get(..3)?;
    let is_code = digits.iter().all(u8::is_ascii_digit);
    is_code.then(|| digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
}
