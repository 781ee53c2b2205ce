//! MySQL and MariaDB: the server's greeting says whether it can, and the SSLRequest that answers it begins
//! TLS without another word (MySQL Internals, Connection Phase).

use super::{Dialect, Names, Reason, Row, Wire};
use crate::limits::MYSQL_GREETING;

pub(super) const ROW: Row = Row {
    dialect: Dialect::Mysql,
    name: "mysql",
    says: "MySQL",
    ports: &[3306],
    from_the_first: None,
    schemes: &["mariadb"],
    offer: "CLIENT_SSL",
    // A packet numbered 0, of version 10 or an error.
    greets: |first| matches!(first, [_, _, 0, 0, 10 | 0xff, ..]),
    ask,
};

/// CLIENT_LONG_PASSWORD, CLIENT_PROTOCOL_41, CLIENT_SSL, CLIENT_SECURE_CONNECTION.
const CAPABILITIES: u32 = 0x0001 | 0x0200 | CLIENT_SSL | 0x8000;
const CLIENT_SSL: u32 = 0x0800;

fn ask(wire: &mut Wire<'_>, _: &Names<'_>) -> Result<(), Reason> {
    const EXPECTED: &str = "a greeting of protocol version 10";
    let head = wire.octets(4)?;
    let length = head.iter().take(3).rev().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    if head.get(3) != Some(&0) || !(1..=MYSQL_GREETING).contains(&length) {
        return Err(wire.unexpected(EXPECTED, wire.first()));
    }
    let greeting = wire.octets(length)?;
    match greeting.first() {
        Some(10) => {}
        // ERR_Packet: a code of two octets and a text ("Host … is not allowed to connect").
        Some(0xff) => return Err(Dialect::Mysql.refused(greeting.get(3..).unwrap_or_default())),
        _ => return Err(wire.unexpected(EXPECTED, wire.first())),
    }
    let Some((version, capabilities)) = capabilities(&greeting) else {
        return Err(wire.unexpected(EXPECTED, wire.first()));
    };
    if u32::from(capabilities) & CLIENT_SSL == 0 {
        return Err(Dialect::Mysql.not_offered(&[b"version ", version].concat()));
    }
    // 32 octets, numbered 1: capabilities, the largest packet, the character set utf8mb4, 23 zeros.
    let mut request = vec![32, 0, 0, 1];
    request.extend(CAPABILITIES.to_le_bytes());
    request.extend(0x0100_0000_u32.to_le_bytes());
    request.push(45);
    request.extend([0; 23]);
    wire.send(&request)
}

/// The version, and the lower two octets of what the server can, which stand after the version, the number of
/// the connection, eight octets of a challenge and a zero.
fn capabilities(greeting: &[u8]) -> Option<(&[u8], u16)> {
    let rest = greeting.get(1..)?;
    let end = rest.iter().position(|octet| *octet == 0)?;
    let version = rest.get(..end)?;
    let at = rest.get(end + 1 + 4 + 8 + 1..)?;
    Some((version, u16::from_le_bytes([*at.first()?, *at.get(1)?])))
}
