//! FTP: `AUTH TLS` (RFC 4217, 4). What a server offers need not be asked for; it may know `AUTH` and not
//! say so.

use super::codes::{answer, begins};
use super::{Dialect, Names, Reason, Row, Wire};

pub(super) const ROW: Row = Row {
    dialect: Dialect::Ftp,
    name: "ftp",
    says: "FTP",
    ports: &[21],
    from_the_first: Some(("ftps", 990)),
    schemes: &[],
    offer: "AUTH TLS",
    greets: |first| begins(first, b"220") || begins(first, b"120"),
    ask,
};

fn ask(wire: &mut Wire<'_>, _: &Names<'_>) -> Result<(), Reason> {
    const GREETING: &str = "a greeting that begins with 220";
    let mut greeting = answer(wire, GREETING)?;
    // "Service ready in nnn minutes" (RFC 959, 5.4).
    if greeting.code == 120 {
        greeting = answer(wire, GREETING)?;
    }
    if greeting.code != 220 {
        return Err(Dialect::Ftp.refused(&greeting.last));
    }
    wire.send(b"AUTH TLS\r\n")?;
    let ready = answer(wire, "an answer to AUTH TLS that begins with 234")?;
    match ready.code {
        234 => Ok(()),
        // "Command not implemented", "unrecognized" (RFC 959, 4.2.1).
        500 | 502 | 504 => Err(Dialect::Ftp.not_offered(&ready.last)),
        _ => Err(Dialect::Ftp.refused(&ready.last)),
    }
}
