//! A property list as a tree, within bounds.
//!
//! The tree of the `plist` crate has none: a binary list may name one array in many places, and what
//! takes a kilobyte becomes more than fits into memory; XML nested a hundred thousand deep ends the
//! program when its tree is dropped. Its events are counted here, and what was read before a fault is
//! kept.

use crate::limits;
use crate::model::{Gap, Malformation};
use plist::stream::{BinaryReader, Event, OwnedEvent, XmlReader};
use std::io::Cursor;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Item {
    /// Pairs in their order, and whether the end was there.
    Dictionary(Vec<(String, Item)>, bool),
    /// Items in their order, and whether the end was there.
    Array(Vec<Item>, bool),
    Octets(Box<[u8]>),
    Text(String),
    Integer(i64),
    /// A date, a real number, a boolean, an identifier; or nothing.
    Other,
}

impl Item {
    /// What stands under `key`; the last where it stands twice, as in a dictionary of macOS.
    pub(super) fn get(&self, key: &str) -> Option<&Item> {
        match self {
            Self::Dictionary(pairs, _) => pairs.iter().rev().find(|(name, _)| name == key).map(|(_, item)| item),
            _ => None,
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        if let Self::Integer(value) = self { Some(*value) } else { None }
    }

    pub(super) fn octets(&self) -> Option<&[u8]> {
        if let Self::Octets(octets) = self { Some(octets) } else { None }
    }

    pub(super) fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Whether all of it was there.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Dictionary(pairs, whole) => *whole && pairs.iter().all(|(_, item)| item.is_whole()),
            Self::Array(items, whole) => *whole && items.iter().all(Self::is_whole),
            _ => true,
        }
    }

    /// What it is, in a word.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Dictionary(..) => "a dictionary",
            Self::Array(..) => "an array",
            Self::Octets(_) => "data",
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Other => "another value",
        }
    }
}

/// Reads a property list as far as it goes, and says why not further.
pub(super) fn read(bytes: &[u8]) -> (Item, Option<Gap>) {
    let events: Box<dyn Iterator<Item = Result<OwnedEvent, plist::Error>> + '_> = if bytes.starts_with(b"bplist00") {
        Box::new(BinaryReader::new(Cursor::new(bytes)))
    } else {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        Box::new(XmlReader::new(bytes))
    };
    let octets = bytes.len().saturating_mul(limits::PROPERTY_LIST_SHARED);
    // Each value takes an octet or more, as an element or as a reference in a collection, and counts
    // once as declared, once as read and once for its end; what more there is comes from collections
    // that are named twice, which no writer does.
    let bound = bytes.len().saturating_mul(4).min(limits::DOCUMENT_VALUES);
    let mut source = Source { events, depth: 0, octets, values: bound, bound, gap: None };
    let root = source.next().map_or(Item::Other, |event| source.item(event));
    if source.gap.is_none() && root == Item::Other {
        source.gap = Some(Gap::Broken(Malformation::new("a property list", "another value")));
    }
    (root, source.gap)
}

struct Source<'a> {
    events: Box<dyn Iterator<Item = Result<OwnedEvent, plist::Error>> + 'a>,
    depth: usize,
    /// Octets and values that may still come.
    octets: usize,
    values: usize,
    bound: usize,
    gap: Option<Gap>,
}

impl Source<'_> {
    /// The next event; nothing at the end, at a fault and at a bound.
    fn next(&mut self) -> Option<OwnedEvent> {
        if self.gap.is_some() {
            return None;
        }
        match self.events.next() {
            Some(Ok(event)) => self.bounded(event),
            None => {
                let found = Malformation::new("the end of a property list", "the end of the file");
                self.gap = (self.depth > 0).then_some(Gap::Broken(found));
                None
            }
            Some(Err(error)) => {
                let found = Malformation::new("a property list", error.to_string());
                self.gap = Some(Gap::Broken(found));
                None
            }
        }
    }

    /// The event, if there is room for it. A collection counts with the values it declares, which
    /// its reader has in memory then.
    fn bounded(&mut self, event: OwnedEvent) -> Option<OwnedEvent> {
        let (octets, values) = match &event {
            Event::Data(data) => (data.len(), 1),
            Event::String(text) => (text.len(), 1),
            Event::StartArray(count) | Event::StartDictionary(count) => {
                (0, usize::try_from(count.unwrap_or(1)).unwrap_or(usize::MAX))
            }
            _ => (0, 1),
        };
        match (self.octets.checked_sub(octets), self.values.checked_sub(values)) {
            (Some(octets), Some(values)) => (self.octets, self.values) = (octets, values),
            _ => {
                self.gap = Some(Gap::Bound { what: "values in a property list", bound: self.bound as u64 });
                return None;
            }
        }
        Some(event)
    }

    fn item(&mut self, event: OwnedEvent) -> Item {
        match event {
            Event::StartDictionary(_) => self.nested(Self::dictionary),
            Event::StartArray(_) => self.nested(Self::array),
            Event::Data(data) => Item::Octets(data.into_owned().into()),
            Event::String(text) => Item::Text(text.into_owned()),
            Event::Integer(value) => value.as_signed().map_or(Item::Other, Item::Integer),
            _ => Item::Other,
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Item) -> Item {
        if self.depth >= limits::DOCUMENT_DEPTH {
            let bound = limits::DOCUMENT_DEPTH as u64;
            self.gap = Some(Gap::Bound { what: "values inside each other", bound });
            return Item::Array(Vec::new(), false);
        }
        self.depth += 1;
        let item = read(self);
        self.depth -= 1;
        item
    }

    fn dictionary(&mut self) -> Item {
        let mut pairs = Vec::new();
        loop {
            let key = match self.next() {
                Some(Event::EndCollection) => return Item::Dictionary(pairs, true),
                Some(Event::String(key)) => key.into_owned(),
                Some(_) => {
                    self.gap = Some(Gap::Broken(Malformation::new("a key of a dictionary", "another value")));
                    return Item::Dictionary(pairs, false);
                }
                None => return Item::Dictionary(pairs, false),
            };
            match self.next() {
                Some(Event::EndCollection) => {
                    self.gap = Some(Gap::Broken(Malformation::new("a value after a key", "the end of its dictionary")));
                    return Item::Dictionary(pairs, false);
                }
                Some(event) => {
                    let item = self.item(event);
                    pairs.push((key, item));
                }
                None => {
                    // The key is there, and what it says is not.
                    pairs.push((key, Item::Array(Vec::new(), false)));
                    return Item::Dictionary(pairs, false);
                }
            }
        }
    }

    fn array(&mut self) -> Item {
        let mut items = Vec::new();
        loop {
            match self.next() {
                Some(Event::EndCollection) => return Item::Array(items, true),
                Some(event) => {
                    let item = self.item(event);
                    items.push(item);
                }
                None => return Item::Array(items, false),
            }
        }
    }
}
