//! POP3: `STLS` if it is among the capabilities (RFC 2595, 4; RFC 2449). A server that knows no `CAPA` may
//! know `STLS`.

use super::{Dialect, Names, Reason, Row, Wire};

pub(super) const ROW: Row = Row {
    dialect: Dialect::Pop3,
    name: "pop3",
    says: "POP3",
    ports: &[110],
    from_the_first: Some(("pop3s", 995)),
    schemes: &["pop"],
    offer: "STLS",
    greets: |first| first.starts_with(b"+OK") || first.starts_with(b"-ERR"),
    ask,
};

fn ask(wire: &mut Wire<'_>, _: &Names<'_>) -> Result<(), Reason> {
    if let Err(said) = answer(wire, "a greeting that begins with +OK")? {
        return Err(Dialect::Pop3.refused(&said));
    }
    wire.send(b"CAPA\r\n")?;
    if answer(wire, "an answer to CAPA that begins with +OK or -ERR")?.is_ok() {
        let mut capabilities = Vec::new();
        loop {
            let line = wire.line()?;
            if line == b"." {
                break;
            }
            capabilities.push(line);
        }
        if !capabilities.iter().any(|line| line.trim_ascii().eq_ignore_ascii_case(b"STLS")) {
            return Err(Dialect::Pop3.not_offered(&capabilities.join(&b", "[..])));
        }
    }
    wire.send(b"STLS\r\n")?;
    answer(wire, "an answer to STLS that begins with +OK or -ERR")?.map_err(|said| Dialect::Pop3.refused(&said))
}

/// Yes, or the line that says no (RFC 1939, 3).
fn answer(wire: &mut Wire<'_>, expected: &'static str) -> Result<Result<(), Vec<u8>>, Reason> {
    let line = wire.line()?;
    match line.split(|octet| *octet == b' ').next() {
        Some(b"+OK") => Ok(Ok(())),
        Some(b"-ERR") => Ok(Err(line)),
        _ => Err(wire.unexpected(expected, &line)),
    }
}
