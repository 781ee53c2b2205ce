//! YAML and JSON as one flat tree of values with their lines, within bounds.
//!
//! Values stand in a table and name each other by number, so that an alias of YAML costs a number
//! and not a copy, a tree of any depth is dropped without recursion, and what was read before a
//! fault is kept.

use super::place::Place;
use crate::limits;
use crate::model::Gap;
use std::borrow::Cow;

/// The number of a value.
pub(super) type Id = u32;

/// One value and where it begins.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) at: Place,
    pub(super) value: Value<'a>,
}

/// A value, as far as certificates stand in it.
#[derive(Debug)]
pub(super) enum Value<'a> {
    /// Null, a number of JSON, an alias that leads nowhere.
    Nothing,
    /// A text, or a scalar of YAML or a boolean of JSON as it is written.
    Text(Cow<'a, str>, Style),
    List(Vec<Id>),
    Map(Vec<(Cow<'a, str>, Id)>),
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Each of its lines is a line of the file, the first of them the one below its beginning.
    Literal,
    /// In any other way.
    Inline,
}

/// The values of one document.
#[derive(Debug, Default)]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
    /// The outermost value.
    pub(super) root: Option<Id>,
    /// Why it is not all of the document.
    pub(super) fault: Option<Fault>,
}

/// Why a document was not read to its end, and from which octet of the file.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) gap: Gap,
    pub(super) at: usize,
}

impl<'a> Tree<'a> {
    /// The value with this number.
    pub(super) fn get(&self, id: Id) -> Option<&Node<'a>> {
        self.nodes.get(usize::try_from(id).ok()?)
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What stands under `key` in a map; the last where it stands twice, as Go reads it.
    pub(super) fn find(&self, id: Id, key: &str) -> Option<Id> {
        match &self.get(id)?.value {
            Value::Map(pairs) => pairs.iter().rev().find(|(name, _)| name == key).map(|(_, value)| *value),
            _ => None,
        }
    }

    /// The text of a value.
    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match &self.get(id)?.value {
            Value::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// Whether there is room for another value while `open` collections are not at their end.
    pub(super) fn room(&self, open: usize) -> Result<(), Gap> {
        let bound = limits::DOCUMENT_VALUES;
        let full = self.nodes.len().saturating_add(open) >= bound;
        if full { Err(Gap::Bound { what: "values in one document", bound: bound as u64 }) } else { Ok(()) }
    }

    /// Adds a value, for which there was room.
    pub(super) fn put(&mut self, at: Place, value: Value<'a>) -> Id {
        let id = Id::try_from(self.nodes.len()).unwrap_or(Id::MAX);
        self.nodes.push(Node { at, value });
        id
    }
}

/// What is said where values stand deeper in each other than castore follows.
pub(super) fn too_deep() -> Gap {
    Gap::Bound { what: "values inside each other", bound: limits::DOCUMENT_DEPTH as u64 }
}
