//! IMAP: `STARTTLS` if it is among the capabilities (RFC 9051, 6.2.1).

use super::{Dialect, Names, Reason, Row, Wire};

pub(super) const ROW: Row = Row {
    dialect: Dialect::Imap,
    name: "imap",
    says: "IMAP",
    ports: &[143],
    from_the_first: Some(("imaps", 993)),
    schemes: &[],
    offer: "STARTTLS",
    greets: |first| first.starts_with(b"* OK") || first.starts_with(b"* PREAUTH") || first.starts_with(b"* BYE"),
    ask,
};

fn ask(wire: &mut Wire<'_>, _: &Names<'_>) -> Result<(), Reason> {
    let greeting = wire.line()?;
    let words = words(&greeting);
    match (words.first().map(Vec::as_slice), words.get(1).map(Vec::as_slice)) {
        (Some(b"*"), Some(b"OK")) => {}
        // Whoever is logged in cannot begin TLS any more.
        (Some(b"*"), Some(b"PREAUTH" | b"BYE")) => return Err(Dialect::Imap.refused(&greeting)),
        _ => return Err(wire.unexpected("a greeting that begins with * OK", &greeting)),
    }
    wire.send(b"c1 CAPABILITY\r\n")?;
    let (capabilities, done) = until_tagged(wire, b"C1")?;
    if !is_ok(&done) {
        return Err(Dialect::Imap.refused(&done));
    }
    if !capabilities.iter().any(|word| word == b"STARTTLS") {
        return Err(Dialect::Imap.not_offered(&capabilities.join(&b' ')));
    }
    wire.send(b"c2 STARTTLS\r\n")?;
    let (_, done) = until_tagged(wire, b"C2")?;
    if is_ok(&done) { Ok(()) } else { Err(Dialect::Imap.refused(&done)) }
}

/// The capabilities on the way to the line that ends a command, and that line.
fn until_tagged(wire: &mut Wire<'_>, tag: &[u8]) -> Result<(Vec<Vec<u8>>, Vec<u8>), Reason> {
    let mut capabilities = Vec::new();
    loop {
        let line = wire.line()?;
        let words = words(&line);
        match (words.first().map(Vec::as_slice), words.get(1).map(Vec::as_slice)) {
            (Some(first), _) if first == tag => return Ok((capabilities, line)),
            (Some(b"*"), Some(b"CAPABILITY")) => capabilities.extend(words.into_iter().skip(2)),
            (Some(b"*"), Some(b"BYE")) => return Err(Dialect::Imap.refused(&line)),
            (Some(b"*"), _) => {}
            _ => return Err(wire.unexpected("a line that begins with * or the command's tag", &line)),
        }
    }
}

/// Whether the line that ends a command says yes.
fn is_ok(line: &[u8]) -> bool {
    words(line).get(1).is_some_and(|word| word == b"OK")
}

/// The words of a line in capitals.
fn words(line: &[u8]) -> Vec<Vec<u8>> {
    line.split(|octet| *octet == b' ').filter(|word| !word.is_empty()).map(<[u8]>::to_ascii_uppercase).collect()
}
