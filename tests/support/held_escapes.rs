//! What holds for every escaper, whatever text it is given: nothing acts where the text ends up, and a program that
//! reads it there finds what was meant. In replays and fuzzing alike.

use castore::render::escape::{self, is_unsafe, units};
use std::path::Path;

/// Holds every sink.
pub fn hold_escapes(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    hold_shown(text);
    hold_files(text);
    hold_words(text);
    hold_paths(bytes);
}

/// What is looked at: nothing that a terminal would obey is left.
fn hold_shown(text: &str) {
    let shown = escape::terminal(text);
    assert!(!shown.contains(is_unsafe), "{shown:?}");
    assert_eq!(escape::terminal(&shown), shown, "escaped twice");
    let sinks = [
        escape::label(text),
        escape::markup(text),
        escape::cell(text, false),
        escape::cell(text, true),
        escape::code(text),
        escape::sarif(text),
        escape::plugin(text).into_owned(),
    ];
    for shown in sinks {
        assert!(!shown.contains(is_unsafe), "{shown:?}");
    }
}

/// What is written into files: read back it is what a terminal would show, and nothing behind it changes its meaning.
fn hold_files(text: &str) {
    let shown = &*escape::terminal(text);
    let json = escape::json(serde_json::to_string_pretty(&[text]).unwrap());
    assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    assert_eq!(unlabelled(&escape::label(text)), shown);
    assert_eq!(
        unmarked(&escape::markup(text)),
        shown.replace('\u{fffe}', "\\u{fffe}").replace('\u{ffff}', "\\u{ffff}")
    );
    assert_eq!(cells(&format!("{},b", escape::cell(text, true))), [shown, "b"]);
    let safe = &cells(&format!("{},b", escape::cell(text, false)))[0];
    assert!(safe == shown || *safe == format!("'{shown}"));
    assert!(!safe.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']), "a formula: {safe}");
    assert_eq!(spanned(&escape::code(text)).trim_matches(' '), shown.trim_matches(' '));
    let message = escape::sarif(text);
    assert!(!message.contains("](") && !message.replace("{{", "").contains('{'), "{message}");
    assert!(!message.replace("}}", "").contains('}'), "{message}");
    assert!(!escape::plugin(text).contains('|'));
}

/// What starts a program: it is one word there, and the one that was meant.
fn hold_words(text: &str) {
    assert_eq!(shell_word(&escape::shell(text)).as_deref(), Some(text));
    assert_eq!(windows_words(&format!("x {} y", units::windows(text))), ["x", text, "y"]);
    assert_eq!(serde_json::from_str::<String>(&units::yaml(text)).unwrap(), text);
    assert_eq!(serde_json::from_str::<String>(&units::container(text)).unwrap(), text.replace('$', "$$"));
    // What these do not take is refused before it comes to them.
    if text.contains(is_unsafe) {
        return;
    }
    let unit = units::systemd(text);
    assert_eq!(systemd_word(&unit).map(|word| word.replace("$$", "$")).as_deref(), Some(text), "{unit}");
    assert_eq!(systemd_word(&units::systemd_path(text)).as_deref(), Some(text));
    if !text.contains('\\') {
        let line = units::cron(text);
        assert!(!line.replace("\\%", "").contains('%'), "{line}");
        assert_eq!(shell_word(&line.replace("\\%", "%")).as_deref(), Some(text), "{line}");
    }
}

fn hold_paths(bytes: &[u8]) {
    #[cfg(unix)]
    let path = Path::new(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes));
    #[cfg(not(unix))]
    let text = String::from_utf8_lossy(bytes);
    #[cfg(not(unix))]
    let path = Path::new(&*text);
    let word = escape::shell_path(path);
    assert!(!word.contains(is_unsafe), "{word}");
    match word.strip_prefix("$'").and_then(|rest| rest.strip_suffix('\'')) {
        Some(inside) => assert_eq!(c_word(inside), path.as_os_str().as_encoded_bytes(), "{word}"),
        None => assert_eq!(shell_word(&word).as_deref(), path.to_str()),
    }
    let shown = escape::path(path);
    assert!(shown.contains("://") || path.to_str().is_none_or(|text| text.contains("://") || text == shown));
    let uri = escape::uri_path(path);
    assert!(uri.bytes().all(|octet| octet.is_ascii_graphic() && !b"?#\"<>\\^`{|} ".contains(&octet)), "{uri}");
    if !matches!(bytes, [_, b':', ..]) {
        assert_eq!(decoded(&uri), path.as_os_str().as_encoded_bytes());
    }
}

/// The value of a label of Prometheus, which must not end before its end.
fn unlabelled(value: &str) -> String {
    let (mut out, mut characters) = (String::new(), value.chars());
    while let Some(c) = characters.next() {
        assert!(c != '"' && c != '\n', "ends early: {value}");
        out.extend(if c == '\\' { characters.next() } else { Some(c) });
    }
    out
}

fn unmarked(markup: &str) -> String {
    assert!(!markup.contains(['<', '>', '"', '\'']), "{markup}");
    let mut pieces = markup.split('&');
    let mut out = pieces.next().unwrap().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once(';').expect("a reference");
        out.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#39" => '\'',
            name => panic!("&{name};"),
        });
        out.push_str(rest);
    }
    out
}

/// The cells of one record of CSV (RFC 4180).
fn cells(record: &str) -> Vec<String> {
    let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut characters = record.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '"' if is_quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' if is_quoted => is_quoted = false,
            '"' if cell.is_empty() => is_quoted = true,
            ',' if !is_quoted => cells.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}

/// What a code span of Markdown holds: from the fence to the first run of backticks of its length, which has to be
/// the end.
fn spanned(span: &str) -> &str {
    let fence = span.len() - span.trim_start_matches('`').len();
    let inside = &span[fence..];
    let (mut run, mut end) = (0, None);
    for (at, c) in inside.char_indices().chain([(inside.len(), ' ')]) {
        if c == '`' {
            run += 1;
        } else {
            if run == fence {
                end = Some(at);
                break;
            }
            run = 0;
        }
    }
    assert_eq!(end, Some(inside.len()), "ends early: {span}");
    &inside[..inside.len() - fence]
}

/// What a shell reads between `$'` and `'`, of what castore writes there: octal digits, and letters taken as they are.
fn c_word(inside: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), inside);
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        let (letter, behind) = match (c, after.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok())) {
            ('\\', Some(octet)) => {
                out.push(octet);
                rest = &after[3..];
                continue;
            }
            ('\\', None) => {
                let letter = after.chars().next().unwrap();
                (letter, &after[letter.len_utf8()..])
            }
            _ => (c, after),
        };
        rest = behind;
        out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
    out
}

/// The one word that a POSIX shell takes a text for (POSIX.1-2017, 2.2); nothing where something acts.
fn shell_word(text: &str) -> Option<String> {
    let (mut out, mut characters) = (String::new(), text.chars());
    while let Some(c) = characters.next() {
        match c {
            '\'' => loop {
                match characters.next()? {
                    '\'' => break,
                    c => out.push(c),
                }
            },
            '"' => loop {
                match characters.next()? {
                    '"' => break,
                    '$' | '`' | '\\' => return None,
                    c => out.push(c),
                }
            },
            '\\' => out.push(characters.next().filter(|c| *c != '\n')?),
            c if c.is_ascii_alphanumeric() || "_./:@%+,=-".contains(c) => out.push(c),
            _ => return None,
        }
    }
    Some(out)
}

/// The one word that systemd takes a text for, specifiers replaced (systemd.syntax(7), "Quoting").
fn systemd_word(text: &str) -> Option<String> {
    let is_quoted = text.starts_with('"');
    let inside = if is_quoted { text.strip_prefix('"')?.strip_suffix('"')? } else { text };
    let (mut out, mut characters) = (String::new(), inside.chars());
    while let Some(c) = characters.next() {
        match c {
            '"' | '\'' | ' ' | '\t' | ';' | '#' if !is_quoted => return None,
            '"' => return None,
            '\\' => out.push(characters.next().filter(|c| matches!(c, '\\' | '"'))?),
            '%' => out.push(characters.next().filter(|c| *c == '%')?),
            c => out.push(c),
        }
    }
    (is_quoted || !out.is_empty()).then_some(out)
}

/// The words of a command line as the C runtime of Windows takes it apart ("Parsing C command-line arguments").
fn windows_words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut is_quoted, mut any) = (Vec::new(), String::new(), false, false);
    let mut characters = line.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\\' => {
                let mut count = 1;
                while characters.next_if_eq(&'\\').is_some() {
                    count += 1;
                }
                any = true;
                if characters.peek() == Some(&'"') {
                    word.push_str(&"\\".repeat(count / 2));
                    if count % 2 == 1 {
                        word.extend(characters.next());
                    }
                } else {
                    word.push_str(&"\\".repeat(count));
                }
            }
            '"' => (is_quoted, any) = (!is_quoted, true),
            ' ' | '\t' if !is_quoted => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}

fn decoded(uri: &str) -> Vec<u8> {
    let (mut out, mut octets) = (Vec::new(), uri.bytes());
    while let Some(octet) = octets.next() {
        match octet {
            b'%' => {
                let digits = [octets.next().unwrap(), octets.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            octet => out.push(octet),
        }
    }
    out
}
