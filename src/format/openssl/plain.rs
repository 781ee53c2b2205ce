//! A certificate as nearly every one is written: definite lengths, fields without defaults, names of
//! ordinary strings. OpenSSL takes what is taken here; of the rest [`super::decoder`] knows, which walks a
//! table and costs three times as much.

use super::d2i::{BIT_STRING, BOOLEAN, INTEGER, NULL, OCTET_STRING, OID};
use super::decoder::is_content;
use crate::format::der::tag;
use crate::format::x509::strings;

/// Whether it is one; what follows it does not matter.
pub(super) fn certificate(bytes: &[u8]) -> Option<()> {
    let mut outer = Elements(Elements(bytes).take(tag::SEQUENCE)?);
    let mut inner = Elements(outer.take(tag::SEQUENCE)?);
    if inner.peek() == Some(tag::context(0)) {
        let mut version = Elements(inner.take(tag::context(0))?);
        version.checked(INTEGER)?;
        version.end()?;
    }
    inner.checked(INTEGER)?;
    algorithm(inner.take(tag::SEQUENCE)?)?;
    name(inner.take(tag::SEQUENCE)?)?;
    let mut validity = Elements(inner.take(tag::SEQUENCE)?);
    validity.time()?;
    validity.time()?;
    validity.end()?;
    name(inner.take(tag::SEQUENCE)?)?;
    let mut key = Elements(inner.take(tag::SEQUENCE)?);
    algorithm(key.take(tag::SEQUENCE)?)?;
    key.checked(BIT_STRING)?;
    key.end()?;
    if inner.peek().is_some() {
        extensions(inner.take(tag::context(3))?)?;
    }
    inner.end()?;
    algorithm(outer.take(tag::SEQUENCE)?)?;
    outer.checked(BIT_STRING)?;
    outer.end()
}

fn algorithm(content: &[u8]) -> Option<()> {
    let mut fields = Elements(content);
    fields.checked(OID)?;
    match fields.peek() {
        None => return Some(()),
        Some(tag::SEQUENCE) => drop(fields.take(tag::SEQUENCE)?),
        Some(tag @ (NULL | OID)) => fields.checked(tag)?,
        Some(_) => return None,
    }
    fields.end()
}

fn name(content: &[u8]) -> Option<()> {
    let mut rdns = Elements(content);
    while rdns.peek().is_some() {
        let mut rdn = Elements(rdns.take(tag::SET)?);
        while rdn.peek().is_some() {
            let mut pair = Elements(rdn.take(tag::SEQUENCE)?);
            pair.checked(OID)?;
            let kind = pair.peek()?;
            let text = pair.take(kind)?;
            let is_plain = matches!(kind, tag::PRINTABLE | tag::UTF8 | tag::IA5 | tag::TELETEX);
            if !is_plain || !strings::converts(kind, text) {
                return None;
            }
            pair.end()?;
        }
    }
    Some(())
}

fn extensions(content: &[u8]) -> Option<()> {
    let mut whole = Elements(content);
    let mut list = Elements(whole.take(tag::SEQUENCE)?);
    whole.end()?;
    while list.peek().is_some() {
        let mut extension = Elements(list.take(tag::SEQUENCE)?);
        extension.checked(OID)?;
        if extension.peek() == Some(BOOLEAN) {
            extension.checked(BOOLEAN)?;
        }
        extension.take(OCTET_STRING)?;
        extension.end()?;
    }
    Some(())
}

/// Elements that stand one after the other.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The content of the next element, which must have this tag and a length of at most two octets.
    #[inline]
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (length, rest) = match *self.0 {
            [found, length @ 0..=0x7f, ref rest @ ..] if found == tag => (usize::from(length), rest),
            [found, 0x81, length, ref rest @ ..] if found == tag => (usize::from(length), rest),
            [found, 0x82, a, b, ref rest @ ..] if found == tag => (usize::from(u16::from_be_bytes([a, b])), rest),
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// Passes an element whose content OpenSSL checks.
    fn checked(&mut self, tag: u8) -> Option<()> {
        is_content(tag.into(), self.take(tag)?).then_some(())
    }

    fn time(&mut self) -> Option<()> {
        match self.peek()? {
            time @ (tag::UTC_TIME | tag::GENERALIZED_TIME) => self.take(time).map(drop),
            _ => None,
        }
    }

    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::d2i::walk;
    use super::*;
    use crate::format::tests::{authority, certificate as made};
    use proptest::prelude::*;

    #[test]
    fn takes_certificates_as_they_are_made() {
        for der in [made(), authority("a"), [made(), vec![0; 9]].concat()] {
            assert_eq!((certificate(&der), walk(&der)), (Some(()), Some(())));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]
        #[test]
        fn takes_nothing_that_the_walk_refuses(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
            static ONE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
            let mut der = ONE.get_or_init(made).clone();
            for (at, octet) in changes {
                let at = at.index(der.len());
                der[at] = octet;
            }
            prop_assert!(certificate(&der).is_none() || walk(&der).is_some());
        }
    }
}
