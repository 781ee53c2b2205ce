//! YAML as far as settings of one key at the top of a file go (condarc).

use super::Value;

/// The scalar of a key at the top of the first document; the last one counts where a file repeats
/// it. Without the feature `yaml` nothing is read.
#[must_use]
pub fn value(text: &str, key: &str) -> Option<Value> {
    read(text, key)
}

#[cfg(feature = "yaml")]
fn read(text: &str, key: &str) -> Option<Value> {
    use saphyr_parser::{Event, Parser};
    let (mut depth, mut found) = (0_usize, None);
    // Of the mapping at the top: the key whose value comes next.
    let mut open: Option<String> = None;
    let mut parser = Parser::new_from_str(text);
    while let Some(Ok((event, span))) = parser.next_event() {
        match event {
            Event::Scalar(text, ..) if depth == 1 => match open.take() {
                None => open = Some(text.into_owned()),
                Some(name) if name == key => {
                    found = Some(Value { text: text.into_owned(), line: span.start.line() as u64 });
                }
                Some(_) => {}
            },
            Event::SequenceStart(..) if depth == 0 => break,
            Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
            Event::MappingEnd | Event::SequenceEnd => {
                depth = depth.saturating_sub(1);
                if depth == 1 {
                    open = None;
                }
            }
            Event::Alias(_) if depth == 1 => open = None,
            Event::DocumentEnd => break,
            _ => {}
        }
    }
    found
}

#[cfg(not(feature = "yaml"))]
fn read(_text: &str, _key: &str) -> Option<Value> {
    None
}

#[cfg(all(test, feature = "yaml"))]
mod tests {
    use super::*;

    #[test]
    fn reads_the_keys_at_the_top() {
        let text = "channels:\n  - ssl_verify\nproxy_servers:\n  ssl_verify: /no.pem\n# why\nssl_verify: /corp.pem\n";
        assert_eq!(value(text, "ssl_verify"), Some(Value { text: "/corp.pem".into(), line: 6 }));
        assert_eq!(value("- ssl_verify\n- x\n", "ssl_verify"), None);
        assert_eq!(value("ssl_verify: false\n", "ssl_verify").unwrap().text, "false");
        assert_eq!(value("ssl_verify: [a\n", "ssl_verify"), None);
    }
}
