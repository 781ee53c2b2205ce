//! JSON Schema 2020-12, as much of it as `data/schema` uses, and nothing else: a keyword that is not
//! known here is a fault of the schema, so that none is passed over.
//!
//! That the schemas are sound in full is held against another implementation in `tests/oracles`.

use serde_json::{Map, Value};

/// Keywords that say something to people, or are read where they are named.
const NOTES: [&str; 6] = ["$schema", "$id", "$defs", "title", "description", "default"];

/// What `value` does not hold to, with its place.
pub(crate) fn fault(schema: &Value, value: &Value) -> Option<String> {
    Schema { root: schema }.check(schema, value, "").err()
}

struct Schema<'s> {
    root: &'s Value,
}

type Checked = Result<(), String>;

impl Schema<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str) -> Checked {
        let keywords = schema.as_object().ok_or_else(|| format!("{at}: the schema is no object"))?;
        for (keyword, wanted) in keywords {
            self.keyword(keywords, keyword, wanted, value, at)
                .map_err(|fault| format!("{keyword} of {at:?}: {fault}"))?;
        }
        Ok(())
    }

    fn keyword(&self, all: &Map<String, Value>, keyword: &str, wanted: &Value, value: &Value, at: &str) -> Checked {
        match keyword {
            known if NOTES.contains(&known) => Ok(()),
            "type" => of_type(wanted, value),
            "const" => expect(wanted == value, || format!("expected {wanted}, found {value}")),
            "enum" => {
                let allowed = wanted.as_array().ok_or("no list")?;
                expect(allowed.contains(value), || format!("found {value}"))
            }
            "minimum" => {
                let least = wanted.as_i64().ok_or("no integer")?;
                expect(value.as_f64().is_none_or(|number| number >= least as f64), || format!("found {value}"))
            }
            "maximum" => {
                let most = wanted.as_i64().ok_or("no integer")?;
                expect(value.as_f64().is_none_or(|number| number <= most as f64), || format!("found {value}"))
            }
            "pattern" => {
                let matches = pattern(wanted.as_str().ok_or("no text")?)?;
                expect(value.as_str().is_none_or(matches), || format!("found {value}"))
            }
            "minItems" => {
                let least = wanted.as_u64().ok_or("no count")?;
                expect(value.as_array().is_none_or(|list| list.len() as u64 >= least), || "too few".to_owned())
            }
            "items" => value
                .as_array()
                .into_iter()
                .flatten()
                .enumerate()
                .try_for_each(|(n, item)| self.check(wanted, item, &format!("{at}/{n}"))),
            "required" => required(wanted, value),
            "properties" => self.properties(wanted, value, at),
            "additionalProperties" => self.additional(all, wanted, value, at),
            "oneOf" => self.one_of(wanted, value, at),
            "$ref" => self.check(self.definition(wanted)?, value, at),
            _ => Err("not a keyword that data/schema uses".to_owned()),
        }
    }

    fn properties(&self, wanted: &Value, value: &Value, at: &str) -> Checked {
        let known = wanted.as_object().ok_or("no object")?;
        value.as_object().into_iter().flatten().try_for_each(|(field, inner)| match known.get(field) {
            Some(schema) => self.check(schema, inner, &format!("{at}/{field}")),
            None => Ok(()),
        })
    }

    /// What is not named is nothing, or what a map has under any key.
    fn additional(&self, all: &Map<String, Value>, wanted: &Value, value: &Value, at: &str) -> Checked {
        let known = all.get("properties").and_then(Value::as_object);
        let mut more = value
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(field, _)| known.is_none_or(|known| !known.contains_key(*field)));
        if wanted.is_object() {
            return more.try_for_each(|(field, inner)| self.check(wanted, inner, &format!("{at}/{field}")));
        }
        expect(*wanted == Value::Bool(false), || "only false and a schema are known here".to_owned())?;
        expect(known.is_some(), || "without properties".to_owned())?;
        let more = more.next().map(|(field, _)| field);
        expect(more.is_none(), || format!("found {more:?}"))
    }

    fn one_of(&self, wanted: &Value, value: &Value, at: &str) -> Checked {
        let results: Vec<Checked> =
            wanted.as_array().ok_or("no list")?.iter().map(|schema| self.check(schema, value, at)).collect();
        match results.iter().filter(|result| result.is_ok()).count() {
            1 => Ok(()),
            0 => Err(results.into_iter().filter_map(Result::err).collect::<Vec<_>>().join("; or ")),
            more => Err(format!("{more} of them hold")),
        }
    }

    fn definition(&self, wanted: &Value) -> Result<&Value, String> {
        let name = wanted.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
        name.and_then(|name| self.root.get("$defs")?.get(name)).ok_or_else(|| format!("nothing is defined as {wanted}"))
    }
}

fn expect(holds: bool, fault: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(fault()) }
}

fn of_type(wanted: &Value, value: &Value) -> Checked {
    let single = [wanted.clone()];
    let wanted = wanted.as_array().map_or(&single[..], Vec::as_slice);
    for name in wanted {
        let fits = match name.as_str().ok_or("no name of a type")? {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            other => return Err(format!("{other} is not a type that data/schema uses")),
        };
        if fits {
            return Ok(());
        }
    }
    Err(format!("found {value}"))
}

fn required(wanted: &Value, value: &Value) -> Checked {
    let Some(object) = value.as_object() else { return Ok(()) };
    wanted.as_array().ok_or("no list")?.iter().try_for_each(|field| {
        let field = field.as_str().ok_or("no name")?;
        expect(object.contains_key(field), || format!("no {field}"))
    })
}

/// The patterns of `data/schema`, written out; another one is a fault.
fn pattern(text: &str) -> Result<fn(&str) -> bool, String> {
    fn is_hex(text: &str) -> bool {
        text.bytes().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'))
    }
    fn is_time(text: &str) -> bool {
        let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        shape == "0000-00-00T00:00:00Z"
    }
    fn is_day(text: &str) -> bool {
        let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        shape == "0000-00-00"
    }
    fn is_prefix(text: &str) -> bool {
        let text = text.strip_prefix("sha256:").unwrap_or(text);
        let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
        let is_sound = text.bytes().all(|octet| octet == b':' || octet.is_ascii_hexdigit()) && !text.contains("::");
        is_sound && !text.starts_with(':') && (16..=64).contains(&digits)
    }
    match text {
        "\\S" => Ok(|text| text.contains(|c: char| !c.is_whitespace())),
        "^[^~]" => Ok(|text| !text.is_empty() && !text.starts_with('~')),
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" => Ok(is_day),
        "^(sha256:)?([0-9A-Fa-f]:?){16,64}$" => Ok(is_prefix),
        "^([0-9a-f]{2})*$" => Ok(|text| is_hex(text) && text.len() % 2 == 0),
        "^([0-9a-f]{2})+$" => Ok(|text| is_hex(text) && text.len() % 2 == 0 && !text.is_empty()),
        "^[0-9a-f]{40}$" => Ok(|text| is_hex(text) && text.len() == 40),
        "^[0-9a-f]{64}$" => Ok(|text| is_hex(text) && text.len() == 64),
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$" => Ok(is_time),
        "^https://" => Ok(|text| text.starts_with("https://")),
        other => Err(format!("{other:?} is not a pattern that this test knows")),
    }
}
