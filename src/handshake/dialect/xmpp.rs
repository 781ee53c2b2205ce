//! XMPP: a stream, its features, `<starttls/>` and `<proceed/>` (RFC 6120, 5.4).
//!
//! Only tags are looked at, by their names: XMPP has no comments, declarations or processing instructions
//! inside a stream (RFC 6120, 11.1), so a `<` outside of a tag begins one.

use super::{Dialect, Names, Reason, Row, Wire};
use crate::limits::ANSWER_LINE;

pub(super) const CLIENT: Row = Row {
    dialect: Dialect::Xmpp,
    name: "xmpp",
    says: "XMPP",
    ports: &[5222],
    from_the_first: Some(("xmpps", 5223)),
    schemes: &[],
    offer: "<starttls/>",
    greets: |first| first.starts_with(b"<?xml") || first.starts_with(b"<stream:"),
    ask: |wire, names| ask(wire, names, Dialect::Xmpp, "jabber:client"),
};

pub(super) const SERVER: Row = Row {
    dialect: Dialect::XmppServer,
    name: "xmpp-server",
    says: "XMPP between servers",
    ports: &[5269],
    from_the_first: None,
    schemes: &[],
    offer: "<starttls/>",
    greets: |_| false,
    ask: |wire, names| ask(wire, names, Dialect::XmppServer, "jabber:server"),
};

fn ask(wire: &mut Wire<'_>, names: &Names<'_>, dialect: Dialect, namespace: &str) -> Result<(), Reason> {
    // A name that was read as a server's holds nothing that means something in XML.
    let stream = format!(
        "<?xml version='1.0'?><stream:stream xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams' \
         to='{}' version='1.0'>",
        names.server
    );
    wire.send(stream.as_bytes())?;
    let mut offered = Vec::new();
    let mut is_begun = false;
    loop {
        let tag = tag(wire, is_begun)?;
        match (tag.local(), tag.is_end()) {
            (b"?xml", _) if !is_begun => {}
            (b"stream", false) if !is_begun => is_begun = true,
            _ if !is_begun => return Err(wire.unexpected(STREAM, wire.first())),
            (b"features", is_end) if is_end || tag.is_whole() => break,
            (b"features", _) => {}
            (b"error", false) | (b"stream", _) => return Err(error(wire, dialect, tag)?),
            (_, true) => {}
            _ => offered.push(tag),
        }
    }
    if !offered.iter().any(|tag| tag.local() == b"starttls") {
        let names: Vec<&[u8]> = offered.iter().map(Tag::name).collect();
        return Err(dialect.not_offered(&names.join(&b", "[..])));
    }
    wire.send(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")?;
    let answer = tag(wire, true)?;
    match answer.local() {
        b"proceed" => {
            // `<proceed …></proceed>` is the same as `<proceed …/>`, and its end is not TLS.
            let end = if answer.is_whole() { None } else { Some(tag(wire, true)?) };
            let is_ended = end.is_none_or(|end| end.is_end() && end.local() == b"proceed");
            if is_ended { Ok(()) } else { Err(wire.unexpected("</proceed>", &answer.text)) }
        }
        b"failure" => Err(dialect.refused(&answer.text)),
        b"error" => Err(error(wire, dialect, answer)?),
        _ => Err(wire.unexpected("<proceed/> or <failure/>", &answer.text)),
    }
}

const STREAM: &str = "a stream of XML";

/// What a stream error says is the element inside it: `<host-unknown …/>` (RFC 6120, 4.9.3).
fn error(wire: &mut Wire<'_>, dialect: Dialect, tag: Tag) -> Result<Reason, Reason> {
    let said = if tag.local() == b"error" && !tag.is_whole() { self::tag(wire, true)? } else { tag };
    Ok(dialect.refused(&said.text))
}

/// A tag with its angle brackets.
struct Tag {
    text: Vec<u8>,
}

impl Tag {
    fn is_end(&self) -> bool {
        self.text.starts_with(b"</")
    }

    /// Whether the element ends with this tag.
    fn is_whole(&self) -> bool {
        self.text.ends_with(b"/>")
    }

    /// The name.
    fn name(&self) -> &[u8] {
        let inside = self.text.get(1 + usize::from(self.is_end())..).unwrap_or_default();
        let length = inside.iter().position(|octet| matches!(octet, b'/' | b'>') || octet.is_ascii_whitespace());
        inside.get(..length.unwrap_or(inside.len())).unwrap_or_default()
    }

    /// The name without its prefix, which the server is free to choose.
    fn local(&self) -> &[u8] {
        self.name().rsplit(|octet| *octet == b':').next().unwrap_or_default()
    }
}

/// The next tag; text before it says nothing, and before a stream there is none.
fn tag(wire: &mut Wire<'_>, is_begun: bool) -> Result<Tag, Reason> {
    loop {
        match wire.octet()? {
            b'<' => break,
            octet if is_begun || octet.is_ascii_whitespace() => {}
            _ => return Err(wire.unexpected(STREAM, wire.first())),
        }
    }
    let mut text = vec![b'<'];
    let mut quote = None;
    loop {
        let octet = wire.octet()?;
        text.push(octet);
        match (octet, quote) {
            (b'>', None) => return Ok(Tag { text }),
            (b'"' | b'\'', None) => quote = Some(octet),
            (octet, Some(open)) if octet == open => quote = None,
            _ => {}
        }
        if text.len() > ANSWER_LINE {
            return Err(Reason::LongLine { stage: wire.stage(), said: super::Said::new(&text) });
        }
    }
}
