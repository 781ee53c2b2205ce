//! PostgreSQL: SSLRequest, answered by one octet (the manual's "Message Flow", SSL Session Encryption).

use super::{Dialect, Names, Reason, Row, Wire};

pub(super) const ROW: Row = Row {
    dialect: Dialect::Postgres,
    name: "postgres",
    says: "PostgreSQL",
    ports: &[5432],
    from_the_first: None,
    schemes: &["postgresql"],
    offer: "TLS (S)",
    // A server says nothing until it is asked.
    greets: |_| false,
    ask,
};

/// Eight octets: the length, and 80877103 in the place of a version.
const REQUEST: &[u8] = &[0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

fn ask(wire: &mut Wire<'_>, _: &Names<'_>) -> Result<(), Reason> {
    wire.send(REQUEST)?;
    match wire.octet()? {
        b'S' => Ok(()),
        b'N' => Err(Dialect::Postgres.not_offered(b"N")),
        // ErrorResponse: a server that is full or older than the request. Its length, then fields of a letter
        // and a text each; M is the message.
        b'E' => {
            let head = wire.octets(4)?;
            let length = head.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
            // A server older than 2003 sends a text without a length.
            let Some(length) = length.checked_sub(4).filter(|length| *length <= 4096) else {
                return Err(Dialect::Postgres.refused(wire.first()));
            };
            let fields = wire.octets(length)?;
            let message = fields.split(|octet| *octet == 0).find_map(|field| field.strip_prefix(b"M"));
            Err(Dialect::Postgres.refused(message.unwrap_or(&fields)))
        }
        _ => Err(wire.unexpected("S or N", wire.first())),
    }
}
