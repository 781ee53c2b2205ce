//! Distinguished names as people read them.

use super::strings;
use crate::format::der::{Walk, tag};
use crate::model::name::Attribute;
use crate::model::{Malformation, Name, Oid};
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
    let sequence = Walk::inside(der, name).expect(tag::SEQUENCE, "a name (a SEQUENCE)")?;
    let mut rdns = Walk::inside(der, &sequence.content);
    let mut all = Vec::new();
    while !rdns.is_empty() {
        let set = rdns.expect(tag::SET, "a relative distinguished name (a SET)")?;
        let mut inside = Walk::inside(der, &set.content);
        // Nearly every one holds one attribute.
        let mut rdn = Vec::with_capacity(1);
        while !inside.is_empty() {
            let pair = inside.expect(tag::SEQUENCE, "an attribute (a SEQUENCE)")?;
            let mut fields = Walk::inside(der, &pair.content);
            let kind = fields.expect(tag::OID, "an attribute type")?;
            let value = fields.next()?;
            rdn.push(make(Value { kind: kind.whole, tag: value.tag, content: value.content, whole: value.whole }));
        }
        all.push(rdn);
    }
    Ok(all)
}

/// Whether there is a Name at `range`.
pub(super) fn check(der: &[u8], range: &Range<usize>) -> Result<(), Malformation> {
    each(der, range, &|_| ()).map(drop)
}

/// Reads the Name at `range`.
pub(super) fn read(der: &[u8], range: &Range<usize>) -> Result<Name, Malformation> {
    let attribute = |value: Value| Attribute {
        kind: Walk::inside(der, &value.kind).oid().ok().flatten().unwrap_or(UNKNOWN),
        value: strings::text(value.tag, &der[value.content]),
    };
    Ok(Name { rdns: each(der, range, &attribute)? })
}
