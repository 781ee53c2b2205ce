//! What a user wants of a certificate: a protocol buffer of a few octets, read by hand because a
//! library and a generator would weigh more than these two messages.
//!
//! ```text
//! CertificateMetadata { 1: CertificateTrust { 1: trust type }
//!                       2: Constraints { 1: DNS name…  3: CIDR { 1: address, 2: prefix length }… } }
//! ```
//!
//! Source: components/server_certificate_database/server_certificate_database.proto. As in every
//! reader of protocol buffers a later number replaces one before, messages given twice are one, and
//! what is not known is passed over.

use crate::model::Untrusted;
use crate::model::trust::Names;
use std::net::{Ipv4Addr, Ipv6Addr};

/// `CertificateTrustType`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Wanted {
    /// 0, nothing, or a number of later days: Chromium passes over the row.
    #[default]
    Unknown,
    Unspecified,
    Distrusted,
    Trusted,
}

/// What is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) wanted: Wanted,
    pub(super) names: Option<Names>,
}

/// A value of a field.
enum Field<'a> {
    Number(u64),
    Octets(&'a [u8]),
    /// Of four or eight octets: none of these messages has one.
    Fixed,
}

/// Reads the settings; nothing where Chromium's reader would refuse them.
pub(super) fn read(bytes: &[u8]) -> Option<Settings> {
    let mut settings = Settings::default();
    let (mut dns, mut networks, mut limited) = (Vec::new(), Vec::new(), false);
    each(bytes, |number, field| match (number, field) {
        (1, Field::Octets(trust)) => each(trust, |number, field| {
            if let (1, Field::Number(wanted)) = (number, field) {
                settings.wanted = wanted_of(wanted);
            }
            Some(())
        }),
        (2, Field::Octets(constraints)) => each(constraints, |number, field| {
            match (number, field) {
                // proto3 refuses a string that is not UTF-8.
                (1, Field::Octets(name)) => dns.push(Untrusted::new(std::str::from_utf8(name).ok()?)),
                (3, Field::Octets(network)) => networks.extend(cidr(network)?),
                _ => return Some(()),
            }
            limited = true;
            Some(())
        }),
        _ => Some(()),
    })?;
    settings.names = limited.then_some(Names::Permitted { dns, networks });
    Some(settings)
}

fn wanted_of(number: u64) -> Wanted {
    match number {
        1 => Wanted::Unspecified,
        2 => Wanted::Distrusted,
        3 => Wanted::Trusted,
        _ => Wanted::Unknown,
    }
}

/// A network; none where it is no address, which then permits nothing.
fn cidr(bytes: &[u8]) -> Option<Option<String>> {
    let (mut address, mut prefix) = (&[][..], 0);
    each(bytes, |number, field| {
        match (number, field) {
            (1, Field::Octets(octets)) => address = octets,
            (2, Field::Number(length)) => prefix = length,
            _ => {}
        }
        Some(())
    })?;
    let four = <[u8; 4]>::try_from(address).ok().filter(|_| prefix <= 32).map(Ipv4Addr::from);
    let sixteen = <[u8; 16]>::try_from(address).ok().filter(|_| prefix <= 128).map(Ipv6Addr::from);
    let four = four.map(|address| format!("{address}/{prefix}"));
    Some(four.or_else(|| sixteen.map(|address| format!("{address}/{prefix}"))))
}

/// Calls `take` with each field of a message; nothing where the message ends inside a field, or `take`
/// has nothing.
fn each<'a>(mut bytes: &'a [u8], mut take: impl FnMut(u64, Field<'a>) -> Option<()>) -> Option<()> {
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let field = match key & 7 {
            0 => Field::Number(varint(&mut bytes)?),
            1 => skip(&mut bytes, 8)?,
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (octets, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Field::Octets(octets)
            }
            5 => skip(&mut bytes, 4)?,
            // 3 and 4 are groups, which no message has had since proto2.
            _ => return None,
        };
        if key >> 3 == 0 {
            return None;
        }
        take(key >> 3, field)?;
    }
    Some(())
}

fn skip<'a>(bytes: &mut &'a [u8], count: usize) -> Option<Field<'a>> {
    *bytes = bytes.split_at_checked(count)?.1;
    Some(Field::Fixed)
}

/// A number of seven bits an octet, the lowest first, in at most ten octets.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (&octet, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(octet & 0x7f) << shift;
        if octet < 0x80 {
            return Some(number);
        }
    }
    None
}
