//! LDAP: the extended operation StartTLS (RFC 4511, 4.14), in BER.

use super::{Dialect, Names, Reason, Row, Wire};
use crate::format::der::tag;
use crate::limits::LDAP_ANSWER;

pub(super) const ROW: Row = Row {
    dialect: Dialect::Ldap,
    name: "ldap",
    says: "LDAP",
    // The last is the global catalogue of Active Directory.
    ports: &[389, 3268],
    from_the_first: Some(("ldaps", 636)),
    schemes: &[],
    offer: "the extended operation StartTLS",
    // A server says nothing until it is asked.
    greets: |_| false,
    ask,
};

/// Message 1: an ExtendedRequest with the name 1.3.6.1.4.1.1466.20037.
const REQUEST: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// ExtendedResponse: constructed, application 24.
const RESPONSE: u8 = 0x78;

fn ask(wire: &mut Wire<'_>, _: &Names<'_>) -> Result<(), Reason> {
    const EXPECTED: &str = "an extended response";
    wire.send(REQUEST)?;
    let first = wire.octet()?;
    if first != tag::SEQUENCE {
        let mut found = vec![first];
        found.extend(wire.first().get(1..).unwrap_or_default());
        return Err(wire.unexpected(EXPECTED, &found));
    }
    let length = match wire.octet()? {
        short @ 0..=0x7f => usize::from(short),
        // Active Directory writes every length in four octets.
        long => {
            let octets = wire.octets(usize::from(long & 0x7f).min(5))?;
            octets
                .iter()
                .try_fold(0_usize, |length, octet| length.checked_mul(256)?.checked_add(usize::from(*octet)))
                .filter(|length| octets.len() <= 4 && *length <= LDAP_ANSWER)
                .ok_or_else(|| wire.unexpected("an answer of at most 16 KiB", wire.first()))?
        }
    };
    let message = wire.octets(length)?;
    let Some((code, text)) = result(&message) else {
        return Err(wire.unexpected(EXPECTED, &message));
    };
    let shown = format!("result {code} {}{}", name(code), if text.is_empty() { "" } else { ": " });
    let said = [shown.as_bytes(), text].concat();
    match code {
        0 => Ok(()),
        // A server without the operation says protocolError (RFC 4511, 4.14.2).
        2 => Err(Dialect::Ldap.not_offered(&said)),
        _ => Err(Dialect::Ldap.refused(&said)),
    }
}

/// The result code and the text of an extended response (RFC 4511, 4.1.9).
fn result(message: &[u8]) -> Option<(u8, &[u8])> {
    let (tag::INTEGER, _, rest) = element(message)? else { return None };
    let (RESPONSE, response, _) = element(rest)? else { return None };
    let (tag::ENUMERATED, &[code], rest) = element(response)? else { return None };
    let (tag::OCTET_STRING, _, rest) = element(rest)? else { return None };
    let (tag::OCTET_STRING, text, _) = element(rest)? else { return None };
    Some((code, text))
}

/// The first element: its tag, its contents, and what follows.
fn element(octets: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = octets.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(*first), rest),
        0x81..=0x84 => {
            let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = octets.iter().fold(0_u64, |length, octet| length << 8 | u64::from(*octet));
            (usize::try_from(length).ok()?, rest)
        }
        _ => return None,
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((*tag, contents, rest))
}

/// Result codes that StartTLS has (RFC 4511, 4.14.2 and A.2).
fn name(code: u8) -> &'static str {
    match code {
        0 => "success",
        1 => "operationsError",
        2 => "protocolError",
        8 => "strongerAuthRequired",
        10 => "referral",
        12 => "unavailableCriticalExtension",
        13 => "confidentialityRequired",
        50 => "insufficientAccessRights",
        51 => "busy",
        52 => "unavailable",
        53 => "unwillingToPerform",
        80 => "other",
        _ => "(no name)",
    }
}
