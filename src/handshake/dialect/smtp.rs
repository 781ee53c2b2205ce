//! SMTP: `EHLO`, and `STARTTLS` if it is among the extensions (RFC 3207).

use super::codes::{answer, begins};
use super::{Dialect, Names, Reason, Row, Wire};

pub(super) const ROW: Row = Row {
    dialect: Dialect::Smtp,
    name: "smtp",
    says: "SMTP",
    // Submission (RFC 6409) is the same protocol at another port.
    ports: &[25, 587],
    from_the_first: Some(("smtps", 465)), // RFC 8314, 7.3
    schemes: &["submission"],
    offer: "STARTTLS",
    greets: |first| begins(first, b"220"),
    ask,
};

fn ask(wire: &mut Wire<'_>, names: &Names<'_>) -> Result<(), Reason> {
    let greeting = answer(wire, "a greeting that begins with 220")?;
    if greeting.code != 220 {
        return Err(Dialect::Smtp.refused(&greeting.last));
    }
    wire.send(format!("EHLO {}\r\n", names.own).as_bytes())?;
    let extensions = answer(wire, "an answer to EHLO that begins with 250")?;
    if extensions.code != 250 {
        return Err(Dialect::Smtp.refused(&extensions.last));
    }
    // The first line is the server's name (RFC 5321, 4.1.1.1).
    let mut offered = extensions.lines.iter().skip(1);
    if !offered.any(|line| line.trim_ascii().eq_ignore_ascii_case(b"STARTTLS")) {
        return Err(Dialect::Smtp.not_offered(&extensions.lines.join(&b", "[..])));
    }
    wire.send(b"STARTTLS\r\n")?;
    let ready = answer(wire, "an answer to STARTTLS that begins with 220")?;
    if ready.code == 220 { Ok(()) } else { Err(Dialect::Smtp.refused(&ready.last)) }
}
