//! Distinguished names as people read them.

use super::strings;
use crate::format::der::{Walk, tag};
use crate::model::name::{Attribute, CALLED_BY};
use crate::model::{Malformation, Name, Oid, Untrusted};
use std::ops::Range;

/// The value of an attribute: its tag and where its content stands.
pub(crate) struct Value {
    /// The type with its header, then the value.
    pub(crate) kind: Range<usize>,
    pub(crate) tag: u8,
    pub(crate) content: Range<usize>,
    pub(crate) whole: Range<usize>,
}

/// Stands for an identifier that [`Oid`] cannot hold: no attribute and no extension has it.
pub(super) const UNKNOWN: Oid = Oid::new_unwrap("0.0");

/// The attributes of a Name, relative distinguished name by relative distinguished name.
pub(crate) fn attributes(der: &[u8], name: &Range<usize>) -> Result<Vec<Vec<Value>>, Malformation> {
    each(der, name, &|value| value)
}

/// What `make` makes of every attribute of a Name.
fn each<T>(der: &[u8], name: &Range<usize>, make: &dyn Fn(Value) -> T) -> Result<Vec<Vec<T>>, Malformation> {
    let mut all = Vec::new();
    go_through(der, name, &mut |value| match value {
        // Nearly every one holds one attribute.
        None => all.push(Vec::with_capacity(1)),
        Some(value) => {
            if let Some(rdn) = all.last_mut() {
                rdn.push(make(value));
            }
        }
    })?;
    Ok(all)
}

/// Goes through a Name: nothing where a relative distinguished name begins, then its attributes.
fn go_through(der: &[u8], name: &Range<usize>, visit: &mut dyn FnMut(Option<Value>)) -> Result<(), Malformation> {
    let sequence = Walk::inside(der, name).expect(tag::SEQUENCE, "a name (a SEQUENCE)")?;
    let mut rdns = Walk::inside(der, &sequence.content);
    while !rdns.is_empty() {
        let set = rdns.expect(tag::SET, "a relative distinguished name (a SET)")?;
        let mut inside = Walk::inside(der, &set.content);
        visit(None);
        while !inside.is_empty() {
            let pair = inside.expect(tag::SEQUENCE, "an attribute (a SEQUENCE)")?;
            let mut fields = Walk::inside(der, &pair.content);
            let kind = fields.expect(tag::OID, "an attribute type")?;
            let value = fields.next()?;
            visit(Some(Value { kind: kind.whole, tag: value.tag, content: value.content, whole: value.whole }));
        }
    }
    Ok(())
}

/// Whether there is a Name at `range`.
pub(super) fn check(der: &[u8], range: &Range<usize>) -> Result<(), Malformation> {
    go_through(der, range, &mut |_| ())
}

/// What [`Name::short`] gives of the Name at `range`: a list calls thousands by it, and of each one value alone is
/// made into text.
pub(super) fn short(der: &[u8], range: &Range<usize>) -> Result<Untrusted, Malformation> {
    let mut found: [Option<Value>; CALLED_BY.len()] = Default::default();
    go_through(der, range, &mut |value| {
        let kind = value.as_ref().and_then(|value| Walk::inside(der, &value.kind).next().ok());
        let kind = kind.map(|kind| &der[kind.content]);
        let place = CALLED_BY.iter().position(|known| Some(known.as_bytes()) == kind);
        if let Some(place) = place {
            found[place] = value;
        }
    })?;
    match found.into_iter().flatten().next() {
        Some(value) => Ok(strings::text(value.tag, &der[value.content])),
        None => Ok(read(der, range)?.text()),
    }
}

/// Reads the Name at `range`.
pub(super) fn read(der: &[u8], range: &Range<usize>) -> Result<Name, Malformation> {
    let attribute = |value: Value| Attribute {
        kind: Walk::inside(der, &value.kind).oid().ok().flatten().unwrap_or(UNKNOWN),
        value: strings::text(value.tag, &der[value.content]),
    };
    Ok(Name { rdns: each(der, range, &attribute)? })
}
