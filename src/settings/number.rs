//! Numbers as programs in C read them (`strtol` in base 0, C17 7.22.1.4).

/// The number that a text begins with, behind white space: decimal, octal behind `0`, hexadecimal behind `0x`; and what
/// stands behind it.
#[must_use]
pub fn leading(text: &str) -> Option<(i64, &str)> {
    let text = text.trim_ascii_start();
    let is_negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    let hexadecimal = hexadecimal.filter(|digits| digits.starts_with(|c: char| c.is_ascii_hexdigit()));
    let (digits, base) = match hexadecimal {
        Some(digits) => (digits, 16),
        None if unsigned.starts_with('0') => (unsigned, 8),
        None => (unsigned, 10),
    };
    let (digits, rest) = digits.split_at(digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len()));
    let value = i64::from_str_radix(digits, base).ok()?;
    Some((if is_negative { -value } else { value }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_strtol_does() {
        for (text, value, rest) in [
            ("0", 0, ""),
            (" -0k", 0, "k"),
            ("0x1fz", 31, "z"),
            ("0x", 0, "x"),
            ("08", 0, "8"),
            ("017", 15, ""),
            ("+9 ", 9, " "),
        ] {
            assert_eq!(leading(text), Some((value, rest)), "{text}");
        }
        for text in ["", "-", "--1", "x", "99999999999999999999"] {
            assert_eq!(leading(text), None, "{text}");
        }
    }
}
