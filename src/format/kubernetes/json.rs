//! A document of JSON.

use super::place::{Lines, Place};
use super::tree::{Fault, Id, Style, Tree, Value, too_deep};
use crate::limits;
use crate::model::{Gap, Malformation};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

struct Builder<'a, 'l> {
    tree: Tree<'a>,
    lines: &'l mut Lines<'a>,
    at: Place,
    depth: usize,
    stop: Option<Gap>,
    /// The collection that a fault ended.
    kept: Option<Id>,
}

/// Reads a document.
pub(super) fn read<'a>(text: &'a str, lines: &mut Lines<'a>) -> Tree<'a> {
    let at = lines.at_line(1);
    let mut builder = Builder { tree: Tree::default(), lines, at, depth: 0, stop: None, kept: None };
    let mut source = serde_json::Deserializer::from_str(text);
    let read = Seed(&mut builder).deserialize(&mut source);
    builder.tree.root = read.as_ref().ok().copied().or(builder.kept.take());
    match read.and_then(|_| source.end()) {
        Ok(()) => {}
        Err(error) => {
            let line = builder.lines.at_line(u64::try_from(error.line()).unwrap_or(u64::MAX));
            let at = line.offset().saturating_add(error.column().saturating_sub(1)).min(text.len());
            let gap = Gap::Broken(Malformation::new("JSON", error.to_string()).at(at));
            builder.tree.fault = Some(Fault { gap: builder.stop.take().unwrap_or(gap), at });
        }
    }
    builder.tree
}

struct Seed<'b, 'a, 'l>(&'b mut Builder<'a, 'l>);

impl<'a> Builder<'a, '_> {
    fn put<E: Error>(&mut self, value: Value<'a>) -> Result<Id, E> {
        self.tree.room(self.depth).map_err(|gap| self.stop(gap))?;
        Ok(self.tree.put(self.at, value))
    }

    fn stop<E: Error>(&mut self, gap: Gap) -> E {
        self.stop = Some(gap);
        E::custom("a bound")
    }

    fn enter<E: Error>(&mut self) -> Result<(), E> {
        if self.depth >= limits::DOCUMENT_DEPTH {
            return Err(self.stop(too_deep()));
        }
        self.tree.room(self.depth).map_err(|gap| self.stop(gap))?;
        self.depth += 1;
        Ok(())
    }

    /// A collection whose end was a fault is kept: it is what there is of the document.
    fn leave<E: Error>(&mut self, value: Value<'a>, fault: Option<E>) -> Result<Id, E> {
        self.depth = self.depth.saturating_sub(1);
        let id = self.tree.put(self.at, value);
        fault.map_or(Ok(id), |fault| {
            self.kept = Some(id);
            Err(fault)
        })
    }
}

impl<'a> DeserializeSeed<'a> for Seed<'_, 'a, '_> {
    type Value = Id;

    fn deserialize<D: Deserializer<'a>>(self, source: D) -> Result<Id, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Seed<'_, 'a, '_> {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Id, E> {
        let text = if value { "true" } else { "false" };
        self.0.put(Value::Text(Cow::Borrowed(text), Style::Inline))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Id, E> {
        self.0.put(Value::Nothing)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Id, E> {
        self.0.put(Value::Nothing)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Id, E> {
        self.0.put(Value::Nothing)
    }

    fn visit_unit<E: Error>(self) -> Result<Id, E> {
        self.0.put(Value::Nothing)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<Id, E> {
        self.0.at = self.0.lines.of(text).unwrap_or(self.0.at);
        self.0.put(Value::Text(Cow::Borrowed(text), Style::Inline))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
        self.0.put(Value::Text(Cow::Owned(text.to_owned()), Style::Inline))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut source: A) -> Result<Id, A::Error> {
        self.0.enter()?;
        let mut list = Vec::new();
        let fault = loop {
            match source.next_element_seed(Seed(self.0)) {
                Ok(Some(id)) => list.push(id),
                Ok(None) => break None,
                Err(fault) => {
                    list.extend(self.0.kept.take());
                    break Some(fault);
                }
            }
        };
        self.0.leave(Value::List(list), fault)
    }

    fn visit_map<A: MapAccess<'a>>(self, mut source: A) -> Result<Id, A::Error> {
        self.0.enter()?;
        let mut pairs = Vec::new();
        let fault = loop {
            let key = match source.next_key_seed(Key(self.0)) {
                Ok(Some(key)) => key,
                Ok(None) => break None,
                Err(fault) => break Some(fault),
            };
            match source.next_value_seed(Seed(self.0)) {
                Ok(id) => pairs.push((key, id)),
                Err(fault) => {
                    pairs.extend(self.0.kept.take().map(|id| (key, id)));
                    break Some(fault);
                }
            }
        };
        self.0.leave(Value::Map(pairs), fault)
    }
}

/// Reads a key, which tells the line of a value that does not.
struct Key<'b, 'a, 'l>(&'b mut Builder<'a, 'l>);

impl<'a> DeserializeSeed<'a> for Key<'_, 'a, '_> {
    type Value = Cow<'a, str>;

    fn deserialize<D: Deserializer<'a>>(self, source: D) -> Result<Cow<'a, str>, D::Error> {
        source.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key<'_, 'a, '_> {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'a str) -> Result<Cow<'a, str>, E> {
        self.0.at = self.0.lines.of(text).unwrap_or(self.0.at);
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
