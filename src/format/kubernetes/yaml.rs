//! One document of YAML, from the events of its parser.

use super::place::{Lines, Place};
use super::tree::{Fault, Id, Style, Tree, Value, too_deep};
use crate::limits;
use crate::model::{Gap, Malformation};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::borrow::Cow;
use std::collections::HashMap;

/// A collection that is not at its end.
struct Open<'a> {
    at: Place,
    anchor: usize,
    items: Items<'a>,
}

enum Items<'a> {
    List(Vec<Id>),
    /// The pairs, and the key whose value comes next.
    Map(Vec<(Cow<'a, str>, Id)>, Option<Cow<'a, str>>),
}

struct Builder<'a, 'l> {
    tree: Tree<'a>,
    open: Vec<Open<'a>>,
    anchors: HashMap<usize, Id>,
    lines: &'l mut Lines<'a>,
    /// Lines of the file before the document.
    before: u64,
}

/// Reads the document `text`, which begins at octet `start` of the file and after `before` lines.
pub(super) fn read<'a>(text: &'a str, start: usize, before: u64, lines: &mut Lines<'a>) -> Tree<'a> {
    let mut builder = Builder { tree: Tree::default(), open: Vec::new(), anchors: HashMap::new(), lines, before };
    if let Some(gap) = too_many_tokens(text) {
        builder.tree.fault = Some(Fault { gap, at: start });
        return builder.tree;
    }
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let stop = match event {
            Ok((event, span)) => builder.take(event, span).err().map(|gap| (gap, span.start.line())),
            Err(error) => {
                let found = Malformation::new("YAML", error.info());
                Some((Gap::Broken(found), error.marker().line()))
            }
        };
        if let Some((gap, line)) = stop {
            let at = builder.place(line).offset();
            let gap = match gap {
                Gap::Broken(malformation) => Gap::Broken(malformation.at(at)),
                other => other,
            };
            builder.tree.fault = Some(Fault { gap, at });
            break;
        }
    }
    builder.close_all();
    builder.tree
}

/// The parser reads a collection in brackets to its end before it gives its first event, so the
/// marks that could each become one of its tokens are counted before.
fn too_many_tokens(text: &str) -> Option<Gap> {
    let marks = text.bytes().filter(|octet| b",[]{}?:&*!\"'".contains(octet)).count();
    let bound = limits::DOCUMENT_VALUES;
    (marks > bound).then_some(Gap::Bound { what: "marks in one YAML document", bound: bound as u64 })
}

impl<'a> Builder<'a, '_> {
    fn place(&mut self, line: usize) -> Place {
        let line = u64::try_from(line).unwrap_or(u64::MAX);
        self.lines.at_line(self.before.saturating_add(line))
    }

    fn take(&mut self, event: Event<'a>, span: Span) -> Result<(), Gap> {
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, (anchor, tag.is_some()), span),
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(id) => {
                    let id = *id;
                    self.add(id);
                    Ok(())
                }
                None => self.leaf(Value::Nothing, 0, span.start.line()),
            },
            Event::SequenceStart(anchor, _) => self.start(Items::List(Vec::new()), anchor, span),
            Event::MappingStart(anchor, _) => self.start(Items::Map(Vec::new(), None), anchor, span),
            Event::SequenceEnd | Event::MappingEnd => {
                self.end();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'a, str>,
        style: ScalarStyle,
        (anchor, tagged): (usize, bool),
        span: Span,
    ) -> Result<(), Gap> {
        if let Some(Open { items: Items::Map(_, key @ None), .. }) = self.open.last_mut()
            && anchor == 0
        {
            *key = Some(text);
            return Ok(());
        }
        let style = if style == ScalarStyle::Literal { Style::Literal } else { Style::Inline };
        // The parser gives the first line of a block that is not blank, or the line of the anchor or
        // tag in front of it.
        let blank = text.bytes().take_while(|octet| *octet == b'\n').count();
        let line = span.start.line();
        let first =
            if style == Style::Literal && anchor == 0 && !tagged { line.saturating_sub(blank + 1) } else { line };
        self.leaf(Value::Text(text, style), anchor, first)
    }

    fn leaf(&mut self, value: Value<'a>, anchor: usize, line: usize) -> Result<(), Gap> {
        let at = self.place(line);
        self.tree.room(self.open.len())?;
        let id = self.tree.put(at, value);
        self.remember(anchor, id);
        self.add(id);
        Ok(())
    }

    fn remember(&mut self, anchor: usize, id: Id) {
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
    }

    fn start(&mut self, items: Items<'a>, anchor: usize, span: Span) -> Result<(), Gap> {
        if self.open.len() >= limits::DOCUMENT_DEPTH {
            return Err(too_deep());
        }
        self.tree.room(self.open.len())?;
        let at = self.place(span.start.line());
        self.open.push(Open { at, anchor, items });
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let value = match open.items {
            Items::List(list) => Value::List(list),
            Items::Map(pairs, _) => Value::Map(pairs),
        };
        let id = self.tree.put(open.at, value);
        self.remember(open.anchor, id);
        self.add(id);
    }

    /// Puts a value where it belongs: into the innermost open collection, as its key if one is
    /// due, or at the root.
    fn add(&mut self, id: Id) {
        match self.open.last_mut().map(|open| &mut open.items) {
            Some(Items::List(list)) => list.push(id),
            Some(Items::Map(pairs, pending)) => match pending.take() {
                Some(key) => pairs.push((key, id)),
                // A key that is an alias, has an anchor or is a collection.
                None => *pending = Some(Cow::Owned(self.tree.text(id).unwrap_or_default().to_owned())),
            },
            None => self.tree.root = self.tree.root.or(Some(id)),
        }
    }

    /// Ends what a fault left open.
    fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.end();
        }
    }
}
