//! SMTP: `EHLO`, and `STARTTLS` if it is among the extensions (RFC 3207).

use super::codes::{answer, begins};
use super::{Dialect, Names, Reason, Row, Wire};
use std::net::IpAddr;

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
    wire.send(format!("EHLO {}\r\n", literal(names.own)).as_bytes())?;
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

/// An address where a name belongs (RFC 5321, 4.1.3): what this machine calls itself is nobody's business.
fn literal(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => format!("[{address}]"),
        IpAddr::V6(address) => format!("[IPv6:{address}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_stand_in_brackets() {
        assert_eq!(literal([192, 0, 2, 1].into()), "[192.0.2.1]");
        assert_eq!(literal("2001:db8::1".parse().unwrap()), "[IPv6:2001:db8::1]");
    }
}
