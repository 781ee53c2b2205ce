//! Files of variables: systemd's `EnvironmentFile=`, and `/etc/environment` as PAM reads it.
//!
//! Several formats look alike. The one documented with care is systemd's (systemd.exec(5)), with
//! quotes as in a shell and nothing expanded; that of `docker --env-file` is a line with everything
//! after `=` taken as it stands, quotes too; `.env` files differ by the tool that reads them. What
//! castore is given is read as systemd would.

use crate::limits::{ENVIRONMENT_DEPTH, ENVIRONMENT_SIZE, ENVIRONMENT_VALUE};
use std::collections::BTreeMap;
use std::ops::Range;

/// Variables by name, as octets.
pub type Variables = BTreeMap<Vec<u8>, Vec<u8>>;

/// A name and its value.
type Variable = (Vec<u8>, Vec<u8>);

/// Whether octets are the name of a variable: letters, digits and `_`, no digit first
/// (`env_name_is_valid`, src/basic/env-util.c).
#[must_use]
pub fn is_name(name: &[u8]) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    name.first().is_some_and(|first| !first.is_ascii_digit()) && name.iter().all(is_word)
}

/// Where the reader stands (`parse_env_file_internal`, src/basic/env-file.c of systemd).
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    BeforeName,
    Name,
    BeforeValue,
    Value,
    Escape,
    Single,
    Double,
    DoubleEscape,
    Comment,
    CommentEscape,
}

/// Adds the variables of a file of environment.d(5): as [`systemd`], with `$NAME`, `${NAME}`,
/// `${NAME:-otherwise}` and `${NAME:+instead}` in a value filled in from what is known before it; a name that
/// is not known stands for nothing (`replace_env_full`, src/basic/env-util.c).
///
/// A value that the kernel would pass to no program is left out, as is what comes when there are more of them than it
/// would pass together ([`ENVIRONMENT_VALUE`], [`ENVIRONMENT_SIZE`]).
pub fn add_expanded(found: &mut Variables, text: &[u8], comments: Comments) {
    let (_, in_order) = read(text, comments);
    let mut size: usize = found.iter().map(|(name, value)| name.len() + value.len()).sum();
    for (name, value) in in_order {
        let Some(value) = expanded(&value, found) else { continue };
        size += name.len() + value.len();
        if size > ENVIRONMENT_SIZE {
            return;
        }
        found.insert(name, value);
    }
}

/// A value with the variables in it filled in, unless it grows beyond what can be passed to a program.
fn expanded(value: &[u8], known: &Variables) -> Option<Vec<u8>> {
    if value.len() > ENVIRONMENT_VALUE {
        return None;
    }
    let mut closes = BTreeMap::new();
    let mut open = Vec::new();
    for (at, byte) in value.iter().enumerate() {
        match byte {
            b'{' => open.push(at),
            b'}' => _ = open.pop().map(|begin| closes.insert(begin, at)),
            _ => {}
        }
    }
    let mut filled = Vec::new();
    Template { text: value, closes, known }.fill(0..value.len(), ENVIRONMENT_DEPTH, &mut filled)?;
    Some(filled)
}

/// A value in which variables are to be filled in.
struct Template<'t> {
    text: &'t [u8],
    /// Where each brace is closed, by where it is opened.
    closes: BTreeMap<usize, usize>,
    known: &'t Variables,
}

/// What a variable in braces stands for.
enum Stands<'t> {
    For(&'t [u8]),
    /// A part of the text, to be filled in itself.
    ForPart(Range<usize>),
}

impl<'t> Template<'t> {
    /// Adds a part of the text to what is filled in, unless that grows too long or goes too deep.
    fn fill(&self, part: Range<usize>, depth: usize, filled: &mut Vec<u8>) -> Option<()> {
        let mut at = part.start;
        while at < part.end {
            if self.text[at] != b'$' {
                filled.push(self.text[at]);
                at += 1;
                continue;
            }
            let after = &self.text[at + 1..part.end];
            let word = after.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
            match self.braced(at + 1) {
                Some((stands, behind)) => {
                    match stands {
                        Stands::For(value) => filled.extend_from_slice(value),
                        Stands::ForPart(part) => self.fill(part, depth.checked_sub(1)?, filled)?,
                    }
                    at = behind;
                }
                None if word > 0 => {
                    filled.extend(self.known.get(&after[..word]).into_iter().flatten());
                    at += 1 + word;
                }
                None => {
                    filled.push(b'$');
                    at += 1;
                }
            }
            if filled.len() > ENVIRONMENT_VALUE {
                return None;
            }
        }
        Some(())
    }

    /// What `{NAME}`, `{NAME:-otherwise}` or `{NAME:+instead}` stands for, and where it ends.
    fn braced(&self, at: usize) -> Option<(Stands<'t>, usize)> {
        let inside = self.text.get(at..)?.strip_prefix(b"{")?;
        let end = inside.iter().position(|byte| matches!(byte, b'}' | b':' | b'{' | b'$'))?;
        let name = &inside[..end];
        let value = self.known.get(name).map_or(&b""[..], Vec::as_slice);
        let begin = at + 1 + end;
        if inside[end] == b'}' {
            return Some((Stands::For(value), begin + 1));
        }
        // Braces within are left to what is filled in later.
        let close = *self.closes.get(&at)?;
        let other = Stands::ForPart(begin + 2..close);
        let stands = match (inside[end], inside.get(end + 1)?, value.is_empty()) {
            (b':', b'-', false) => Stands::For(value),
            (b':', b'-', true) | (b':', b'+', false) => other,
            (b':', b'+', true) => Stands::For(b""),
            _ => return None,
        };
        Some((stands, close + 1))
    }
}

/// What systemd passes over in a file, by the line from 1. What stands there is not told: it may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PassedOver {
    /// The line on which it begins.
    pub line: u64,
    /// Why.
    pub why: &'static str,
}

/// Where a comment ends that has a backslash at the end of its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comments {
    /// With the line, as of systemd 254 (its NEWS).
    #[default]
    EndWithTheLine,
    /// With the next line that has none.
    GoOn,
}

/// The variables of a file as systemd reads it; a later line replaces an earlier one. Names that are
/// none are left out, as are values that are no UTF-8.
#[must_use]
pub fn systemd(text: &[u8], comments: Comments) -> Variables {
    read(text, comments).1.into_iter().collect()
}

/// The same as of 254, with what was left out.
#[must_use]
pub fn systemd_telling(text: &[u8]) -> (Variables, Vec<PassedOver>) {
    let (passed_over, found) = read(text, Comments::default());
    (found.into_iter().collect(), passed_over)
}

/// What is passed over, and the variables in order.
fn read(text: &[u8], comments: Comments) -> (Vec<PassedOver>, Vec<Variable>) {
    // What stands behind a NUL is not read.
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let mut reader = Reader::new(comments);
    text.iter().for_each(|&byte| reader.step(byte));
    reader.end()
}

/// The machine that reads a file, octet by octet.
struct Reader {
    comments: Comments,
    found: Vec<Variable>,
    passed_over: Vec<PassedOver>,
    at: At,
    line: u64,
    /// The line on which the variable begins.
    begun: u64,
    name: Vec<u8>,
    value: Vec<u8>,
    /// How much of the value is kept when blanks at its end are dropped: what was quoted or escaped is.
    kept: usize,
}

impl Reader {
    const fn new(comments: Comments) -> Self {
        Self {
            comments,
            found: Vec::new(),
            passed_over: Vec::new(),
            at: At::BeforeName,
            line: 1,
            begun: 1,
            name: Vec::new(),
            value: Vec::new(),
            kept: 0,
        }
    }

    fn step(&mut self, byte: u8) {
        let (is_end, is_blank) = (matches!(byte, b'\n' | b'\r'), matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at = match self.at {
            At::BeforeName if matches!(byte, b'#' | b';') => At::Comment,
            At::BeforeName if is_blank => At::BeforeName,
            At::BeforeName => {
                (self.name, self.begun) = (vec![byte], self.line);
                At::Name
            }
            At::Name if is_end => self.without_value(),
            At::Name if byte == b'=' => {
                (self.value, self.kept) = (Vec::new(), 0);
                At::BeforeValue
            }
            At::Name => {
                self.name.push(byte);
                At::Name
            }
            At::BeforeValue | At::Value if is_end => self.variable(),
            At::BeforeValue if byte == b'\'' => At::Single,
            At::BeforeValue if byte == b'"' => At::Double,
            At::BeforeValue | At::Value if byte == b'\\' => At::Escape,
            At::BeforeValue if is_blank => At::BeforeValue,
            At::BeforeValue | At::Value if is_blank => {
                self.value.push(byte);
                At::Value
            }
            At::BeforeValue | At::Value => self.keep(Some(byte), At::Value),
            At::Escape => self.keep((!is_end).then_some(byte), At::Value),
            At::Single if byte == b'\'' => At::BeforeValue,
            At::Double if byte == b'"' => At::BeforeValue,
            At::Double if byte == b'\\' => At::DoubleEscape,
            At::Single | At::Double => self.keep(Some(byte), self.at),
            At::DoubleEscape => {
                if !matches!(byte, b'"' | b'\\' | b'`' | b'$' | b'\n') {
                    self.value.push(b'\\');
                }
                self.keep((byte != b'\n').then_some(byte), At::Double)
            }
            At::Comment if byte == b'\\' => At::CommentEscape,
            At::CommentEscape if is_end && self.comments == Comments::GoOn => At::Comment,
            At::Comment | At::CommentEscape if is_end => At::BeforeName,
            At::Comment | At::CommentEscape => At::Comment,
        };
        self.line += u64::from(byte == b'\n');
    }

    /// What the end of the text ends.
    fn end(mut self) -> (Vec<PassedOver>, Vec<Variable>) {
        match self.at {
            At::BeforeName | At::Comment | At::CommentEscape => {}
            At::Name => _ = self.without_value(),
            _ => _ = self.variable(),
        }
        (self.passed_over, self.found)
    }

    /// Adds an octet to the value, which is kept to here whatever follows.
    fn keep(&mut self, byte: Option<u8>, at: At) -> At {
        self.value.extend(byte);
        self.kept = self.value.len();
        at
    }

    fn without_value(&mut self) -> At {
        self.passed_over.push(PassedOver { line: self.begun, why: "there is no = in it" });
        At::BeforeName
    }

    fn variable(&mut self) -> At {
        let why = push(&mut self.found, &self.name, &self.value, self.kept, self.at).err();
        self.passed_over.extend(why.map(|why| PassedOver { line: self.begun, why }));
        At::BeforeName
    }
}

/// Takes a variable in, or says why not.
fn push(
    found: &mut Vec<(Vec<u8>, Vec<u8>)>,
    name: &[u8],
    value: &[u8],
    kept: usize,
    at: At,
) -> Result<(), &'static str> {
    let name = name.trim_ascii_end();
    let value = if at == At::Value { &value[..kept] } else { value };
    if name.starts_with(b"export ") {
        return Err("export before a name is for shells alone");
    }
    if !is_name(name) {
        return Err("what stands before = is no name of a variable");
    }
    if std::str::from_utf8(value).is_err() {
        return Err("its value is no UTF-8");
    }
    found.push((name.to_vec(), value.to_vec()));
    Ok(())
}

/// The variables of `/etc/environment` (`_parse_env_file`, modules/pam_env/pam_env.c of Linux-PAM):
/// `NAME=VALUE`, with `export` before it or not, up to a `#`; quotes are dropped where a value begins
/// with one. A line ending in a backslash goes on in the next.
#[must_use]
pub fn login(text: &[u8]) -> Variables {
    let mut found = Variables::new();
    let mut joined = Vec::new();
    for line in text.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii_start();
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        match line.trim_ascii_end().strip_suffix(b"\\") {
            Some(begun) => joined.extend_from_slice(begun),
            None => {
                joined.extend_from_slice(line);
                login_line(&mut found, &joined);
                joined.clear();
            }
        }
    }
    found
}

fn login_line(found: &mut Variables, line: &[u8]) {
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    let Some(at) = line.iter().position(|byte| *byte == b'=') else { return };
    let (name, value) = (&line[..at], &line[at + 1..]);
    if !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
        found.insert(name.to_vec(), login_value(value));
    }
}

/// Where a value begins with a quote, that one and one at its end are dropped; quotes between them stay
/// (of a value that a quote does not begin, all stay).
fn login_value(value: &[u8]) -> Vec<u8> {
    let Some((b'"' | b'\'', rest)) = value.split_first() else { return value.to_vec() };
    match rest.split_last() {
        Some((b'"' | b'\'', inner)) => inner.to_vec(),
        _ => rest.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(found: &Variables) -> Vec<String> {
        let show = |(name, value): (&Vec<u8>, &Vec<u8>)| {
            format!("{}={}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
        };
        found.iter().map(show).collect()
    }

    #[test]
    fn systemd_quotes_as_a_shell_does_and_expands_nothing() {
        let read = |source: &str| text(&systemd(source.as_bytes(), Comments::default()));
        assert_eq!(read("A=1\n B = two words  \n# C=1\n; D=1\nE=\n"), ["A=1", "B=two words", "E="]);
        assert_eq!(read("A='a b'\"c\\\"d\\$e\\f\"  g\n"), ["A=a bc\"d$e\\fg"]);
        assert_eq!(read("A=a\\ \\\n b\n"), ["A=a  b"]);
        assert_eq!(read("A='line\nline'\n"), ["A=line\nline"]);
        assert_eq!(read("A=$HOME/x # no comment\n"), ["A=$HOME/x # no comment"]);
        assert_eq!(read("export A=1\n1A=1\nA-B=1\nA=1\nA=2"), ["A=2"]);
        assert_eq!(read("A='open"), ["A=open"]);
        assert_eq!(read("# a comment \\\nA=1\n"), ["A=1"]);
        let before_254 = systemd(b"# a \\\n; comment \\\nA=1\nB=2\n# \\C\nC=3", Comments::GoOn);
        assert_eq!(text(&before_254), ["B=2", "C=3"]);
        assert_eq!(read("A=1\0\nB=2\n"), ["A=1"]);
    }

    #[test]
    fn pam_takes_lines_up_to_a_hash() {
        let read = |source: &str| text(&login(source.as_bytes()));
        assert_eq!(read("A=1\n# B=2\nexport C=3 # x\nD=\"a 'b' c\"\n"), ["A=1", "C=3 ", "D=a 'b' c"]);
        assert_eq!(read("A=x\\\n  y\nE='open\n=x\nF-G=1\nnothing\n"), ["A=xy", "E=open"]);
    }

    /// Whatever a file holds, reading it ends, and what was read has names.
    #[test]
    fn any_octets_are_read() {
        use proptest::prelude::*;
        proptest!(|(octets in proptest::collection::vec(proptest::sample::select(b"A1_= \t\n\r'\"\\#;$\0\xff".to_vec()), 0..40))| {
            prop_assert!(systemd(&octets, Comments::default()).keys().all(|name| is_name(name)));
            prop_assert!(login(&octets).keys().all(|name| !name.is_empty()));
        });
    }

    /// A value quoted as systemd's own writer quotes it (`write_env_var`) is read back.
    #[test]
    fn what_is_quoted_is_read_back() {
        use proptest::prelude::*;
        proptest!(|(value in "[ -~\n]{0,30}")| {
            let quoted: String = value.chars().flat_map(|c| {
                let escape = matches!(c, '"' | '\\' | '`' | '$').then_some('\\');
                escape.into_iter().chain([c])
            }).collect();
            let found = systemd(format!("A=\"{quoted}\"\n").as_bytes(), Comments::default());
            prop_assert_eq!(&found[&b"A"[..]], value.as_bytes());
        });
    }

    #[test]
    fn what_is_passed_over_is_told_by_its_line() {
        let told = |text: &[u8]| {
            let told = |one: PassedOver| format!("{}: {}", one.line, one.why);
            systemd_telling(text).1.into_iter().map(told).collect::<Vec<_>>()
        };
        assert!(told(b"# x\nA=1\n\nB='a\nb'\n").is_empty());
        let expected = ["2: there is no = in it", "5: what stands before = is no name of a variable"];
        assert_eq!(told(b"A=1\njunk\nB='a\nb'\n1x=2\n"), expected);
        assert_eq!(told(b"export A=1"), ["1: export before a name is for shells alone"]);
        assert_eq!(told(b"A=\xff"), ["1: its value is no UTF-8"]);
        assert_eq!(told(b"\n\nA"), ["3: there is no = in it"]);
    }

    /// As `30-systemd-environment-d-generator` of systemd 252 prints them.
    #[test]
    fn values_of_environment_d_are_filled_in() {
        let text = b"A=1\nB=$A/x\nC=${A}${NONE}/y\nD=${NONE:-other$A}\nE=${A:+instead}\nF=${NONE:+x}z\nG='$A' \"q\"\n\
            H=$-$\nI=a\\$A\nJ=${A\nK=$1\nL=$HOME/corp.pem\n";
        let mut found = Variables::from([(b"HOME".to_vec(), b"/h".to_vec())]);
        add_expanded(&mut found, text, Comments::default());
        let shown = |(name, value): (Vec<u8>, Vec<u8>)| String::from_utf8([name, value].join(&b'=')).unwrap();
        let found: Vec<String> = found.into_iter().map(shown).collect();
        let expected = ["A=1", "B=1/x", "C=1/y", "D=other1", "E=instead", "F=z", "G=", "H=$-$", "HOME=/h"];
        assert_eq!(found[..9], expected);
        assert_eq!(found[9..], ["I=a1", "J=${A", "K=", "L=/h/corp.pem"]);
    }

    #[test]
    fn what_no_program_could_be_passed_is_left_out() {
        let of = |text: &str| {
            let mut found = Variables::new();
            add_expanded(&mut found, text.as_bytes(), Comments::default());
            found
        };
        let nested = |depth| format!("A={}x{}\n", "${N:-".repeat(depth), "}".repeat(depth));
        assert_eq!(of(&nested(60))[&b"A"[..]], b"x");
        assert!(of(&nested(100_000)).is_empty());
        assert_eq!(of(&("A=".to_owned() + &"${N:-".repeat(20_000)))[&b"A"[..]].len(), 100_000, "none is closed");
        let doubled = of(&("A=x\n".to_owned() + &"A=$A$A\n".repeat(40)));
        assert_eq!(doubled[&b"A"[..]].len(), 128 * 1024);
        let many = (0..1000).map(|n| format!("B{n}=$A\n")).collect::<String>();
        let found = of(&("A=x\n".to_owned() + &"A=$A$A\n".repeat(16) + &many));
        assert!((80..100).contains(&found.len()), "{}", found.len());
    }
}
