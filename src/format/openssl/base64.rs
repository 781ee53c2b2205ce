//! Base64 as `EVP_DecodeUpdate` and `EVP_DecodeFinal` take it (crypto/evp/encode.c).
//!
//! White space may stand anywhere, a dash ends the data, the bits that padding leaves over may
//! be anything, and the number of characters must come to whole quanta.

/// What an octet is in base64.
enum Octet {
    Value(u8),
    Padding,
    Space,
    End,
    Bad,
}

fn octet(octet: u8) -> Octet {
    match octet {
        b'A'..=b'Z' => Octet::Value(octet - b'A'),
        b'a'..=b'z' => Octet::Value(octet - b'a' + 26),
        b'0'..=b'9' => Octet::Value(octet - b'0' + 52),
        b'+' => Octet::Value(62),
        b'/' => Octet::Value(63),
        b'=' => Octet::Padding,
        b' ' | b'\t' | b'\r' | b'\n' => Octet::Space,
        b'-' => Octet::End,
        _ => Octet::Bad,
    }
}

/// The octets that `text` stands for, or nothing where OpenSSL says `bad base64 decode`.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut values = Vec::with_capacity(text.len());
    let mut padding = 0;
    for &found in text {
        match octet(found) {
            Octet::Value(value) if padding == 0 => values.push(value),
            Octet::Padding if padding < 2 => padding += 1,
            Octet::Space => {}
            Octet::End => break,
            Octet::Value(_) | Octet::Padding | Octet::Bad => return None,
        }
    }
    if !(values.len() + padding).is_multiple_of(4) {
        return None;
    }
    values.extend(std::iter::repeat_n(0, padding));
    let mut octets = Vec::with_capacity(values.len() / 4 * 3);
    for quantum in values.chunks_exact(4) {
        let bits = quantum.iter().fold(0u32, |bits, &value| (bits << 6) | u32::from(value));
        octets.extend_from_slice(&bits.to_be_bytes()[1..]);
    }
    octets.truncate(octets.len() - padding);
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn differs_from_the_standard_where_openssl_does() {
        assert_eq!(decode(b"TWFu\n TWE=\n"), Some(b"ManMa".to_vec()));
        assert_eq!(decode(b"TWFu-anything!"), Some(b"Man".to_vec()));
        assert_eq!(decode(b"TWF="), Some(b"Ma".to_vec()));
        for bad in [&b"TWF"[..], b"TW=u", b"T===", b"TW!u", b"TWE=TWFu"] {
            assert_eq!(decode(bad), None);
        }
    }
}
