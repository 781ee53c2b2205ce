//! Past a sealed secret key of JCEKS, which is a Java object stream and has no length in front.
//!
//! The stream is walked by its grammar (Java Object Serialization Specification, 6.4) and nothing is
//! made of it. Only what `com.sun.crypto.provider.KeyProtector` writes is walked: one object of
//! [`PROTECTOR`], whose fields are strings and arrays of octets. Anything else ends the reading, as a
//! careful reader should end it: a stream of any class is a program that its reader runs.

use super::super::keystore::{Input, Utf, broken};
use crate::limits::{JAVA_CLASSES, JAVA_FIELDS};
use crate::model::Gap;

/// What should have been there.
pub(super) const EXPECTED: &str = "a sealed secret key (the entries after it are unread)";

/// The class of sealed keys.
const PROTECTOR: &[u8] = b"com.sun.crypto.provider.SealedObjectForKeyProtector";
/// Its superclass, which has all the fields.
const SEALED: &[u8] = b"javax.crypto.SealedObject";
/// An array of octets.
const OCTETS: &[u8] = b"[B";

/// STREAM_MAGIC and STREAM_VERSION.
const STREAM: &[u8] = &[0xac, 0xed, 0, 5];
const NULL: u8 = 0x70;
const REFERENCE: u8 = 0x71;
const CLASS: u8 = 0x72;
const OBJECT: u8 = 0x73;
const STRING: u8 = 0x74;
const ARRAY: u8 = 0x75;
const END: u8 = 0x78;
/// SC_SERIALIZABLE alone: no octets of the class' own beside its fields.
const PLAIN: u8 = 0x02;
/// The number of the first thing that can be referred to (`baseWireHandle`).
const FIRST: u32 = 0x007e_0000;

/// What can be referred to.
#[derive(Debug, Clone, Copy)]
enum Known<'a> {
    Class(Class<'a>),
    Other,
}

/// A class as the stream describes it.
#[derive(Debug, Clone, Copy)]
struct Class<'a> {
    name: Utf<'a>,
    fields: u16,
    /// The number of its superclass.
    above: Option<usize>,
}

struct Walk<'i, 'a> {
    input: &'i mut Input<'a>,
    known: Vec<Known<'a>>,
}

/// Takes one sealed key, whole.
pub(super) fn skip(input: &mut Input<'_>) -> Result<(), Gap> {
    let from = input.at();
    if input.take(STREAM.len(), EXPECTED)? != STREAM {
        return Err(broken(EXPECTED, "no Java object stream", from));
    }
    Walk { input, known: Vec::new() }.object()
}

impl<'a> Walk<'_, 'a> {
    fn octet(&mut self) -> Result<u8, Gap> {
        self.input.u8(EXPECTED)
    }

    fn other<T>(&self, found: &str) -> Result<T, Gap> {
        Err(broken(EXPECTED, found, self.input.at()))
    }

    fn object(&mut self) -> Result<(), Gap> {
        if self.octet()? != OBJECT {
            return self.other("something else than an object");
        }
        let class = self.class(0)?;
        self.known.push(Known::Other);
        let mut fields = 0u32;
        let mut next = class;
        let mut is_sealed = false;
        for _ in 0..JAVA_CLASSES {
            let Some(index) = next else { break };
            let Some(Known::Class(class)) = self.known.get(index).copied() else { break };
            if class.name.0 != PROTECTOR && class.name.0 != SEALED {
                return self.other("an object of another class");
            }
            is_sealed = true;
            fields += u32::from(class.fields);
            next = class.above;
        }
        if next.is_some() || !is_sealed {
            return self.other("a class without end");
        }
        (0..fields).try_for_each(|_| self.value())
    }

    /// A class, new or known, by its number.
    fn class(&mut self, depth: usize) -> Result<Option<usize>, Gap> {
        match self.octet()? {
            NULL => Ok(None),
            REFERENCE => self.reference().map(Some),
            CLASS if depth < JAVA_CLASSES => self.new_class(depth).map(Some),
            _ => self.other("no class"),
        }
    }

    fn new_class(&mut self, depth: usize) -> Result<usize, Gap> {
        let name = self.input.utf(EXPECTED)?;
        if ![PROTECTOR, SEALED, OCTETS].contains(&name.0) {
            return self.other("another class");
        }
        self.input.skip_u64(EXPECTED)?;
        let index = self.known.len();
        self.known.push(Known::Class(Class { name, fields: 0, above: None }));
        if self.octet()? != PLAIN {
            return self.other("a class with octets of its own");
        }
        let fields = self.input.u16(EXPECTED)?;
        if fields > JAVA_FIELDS {
            return self.other("more fields");
        }
        for _ in 0..fields {
            if !matches!(self.octet()?, b'[' | b'L') {
                return self.other("a field of another type");
            }
            self.input.utf(EXPECTED)?;
            self.string()?;
        }
        if self.octet()? != END {
            return self.other("an annotation");
        }
        let above = self.class(depth + 1)?;
        if let Some(known) = self.known.get_mut(index) {
            *known = Known::Class(Class { name, fields, above });
        }
        Ok(index)
    }

    fn reference(&mut self) -> Result<usize, Gap> {
        let number = self.input.u32(EXPECTED)?;
        let index = number.checked_sub(FIRST).and_then(|index| usize::try_from(index).ok());
        match index.filter(|index| *index < self.known.len()) {
            Some(index) => Ok(index),
            None => self.other("a reference to nothing"),
        }
    }

    fn string(&mut self) -> Result<(), Gap> {
        match self.octet()? {
            STRING => self.new_string(),
            REFERENCE => self.reference().map(drop),
            _ => self.other("no string"),
        }
    }

    fn new_string(&mut self) -> Result<(), Gap> {
        self.known.push(Known::Other);
        self.input.utf(EXPECTED).map(drop)
    }

    /// The value of a field: a string, an array of octets, or nothing.
    fn value(&mut self) -> Result<(), Gap> {
        match self.octet()? {
            NULL => Ok(()),
            REFERENCE => self.reference().map(drop),
            STRING => self.new_string(),
            ARRAY => self.array(),
            _ => self.other("a value of another type"),
        }
    }

    fn array(&mut self) -> Result<(), Gap> {
        let class = self.class(0)?.and_then(|index| self.known.get(index).copied());
        if !matches!(class, Some(Known::Class(class)) if class.name.0 == OCTETS && class.fields == 0) {
            return self.other("an array of something else than octets");
        }
        self.known.push(Known::Other);
        self.input.block(EXPECTED).map(drop)
    }
}
