//! Names in letters, from what they are in the DNS (RFC 3492, RFC 3490 4.2).

/// Parameters of Punycode (RFC 3492, 5).
const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_N: u32 = 128;

/// The name with each label in letters that is written in Punycode; other labels as they are.
pub(in crate::chain) fn to_letters(name: &str) -> String {
    let label = |label: &str| {
        let coded = label.get(..4).filter(|prefix| prefix.eq_ignore_ascii_case("xn--")).and_then(|_| label.get(4..));
        coded.and_then(decode).unwrap_or_else(|| label.to_owned())
    };
    name.split('.').map(label).collect::<Vec<_>>().join(".")
}

/// RFC 3492, 6.2; nothing where it is no Punycode or nothing is beyond ASCII.
fn decode(coded: &str) -> Option<String> {
    let (plain, rest) = coded.rsplit_once('-').unwrap_or(("", coded));
    let mut out: Vec<char> = plain.chars().collect();
    let (mut n, mut i, mut bias) = (INITIAL_N, 0u32, INITIAL_BIAS);
    let mut digits = rest.bytes().peekable();
    digits.peek()?;
    while digits.peek().is_some() {
        let (before, mut weight, mut k) = (i, 1u32, BASE);
        loop {
            let digit = match digits.next()? {
                octet @ b'a'..=b'z' => u32::from(octet - b'a'),
                octet @ b'A'..=b'Z' => u32::from(octet - b'A'),
                octet @ b'0'..=b'9' => u32::from(octet - b'0') + 26,
                _ => return None,
            };
            i = i.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(T_MIN, T_MAX);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            k += BASE;
        }
        let count = u32::try_from(out.len()).ok()?.checked_add(1)?;
        bias = adapt(i - before, count, before == 0);
        n = n.checked_add(i / count)?;
        i %= count;
        out.insert(usize::try_from(i).ok()?, char::from_u32(n)?);
        i += 1;
    }
    Some(out.into_iter().collect())
}

/// RFC 3492, 6.1.
fn adapt(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / DAMP } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        k += BASE;
    }
    k + (BASE - T_MIN + 1) * delta / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_decoded() {
        for (coded, letters) in [
            ("xn--bcher-kva.w.test", "bücher.w.test"),
            ("www.XN--MNCHEN-3YA.test", "www.MüNCHEN.test"),
            // RFC 3492, 7.1 (B) and (L).
            ("xn--ihqwcrb4cv8a8dqg056pqjye", "他们为什么不说中文"),
            ("xn--3B-ww4c5e180e575a65lsy2b", "3年B組金八先生"),
            ("xn--*.w.test", "xn--*.w.test"),
            ("xn--.test", "xn--.test"),
            ("xn--99999999999999", "xn--99999999999999"),
            ("plain.test", "plain.test"),
        ] {
            assert_eq!(to_letters(coded), letters);
        }
    }
}
