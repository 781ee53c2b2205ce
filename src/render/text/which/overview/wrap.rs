//! Words in lines of so many characters.

use crate::render::escape;
use crate::render::text::Style;

/// The blanks before every line but the first.
const HANGING: usize = 2;
/// Below this nothing could be read: lines become longer than they should.
const LEAST: usize = 24;

/// A path of more characters is long: `/etc/ssl/certs/ca-certificates.crt` and its like are not.
const LONG: usize = 40;

/// What stays together on a line where it can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) style: Style,
    pub(super) text: String,
}

impl Word {
    /// Words with commas between them.
    pub(super) fn list(texts: &[String], style: Style) -> Vec<Self> {
        let comma = |index| if index + 1 < texts.len() { "," } else { "" };
        let word = |(index, text): (usize, &String)| Self { style, text: format!("{text}{}", comma(index)) };
        texts.iter().enumerate().map(word).collect()
    }

    fn length(&self) -> usize {
        escape::terminal(&self.text).chars().count()
    }

    /// The same, of whose long paths the last two parts are left.
    fn with_short_paths(self) -> Self {
        let is_long = |part: &str| part.starts_with('/') && part.chars().count() > LONG;
        let part = |part: &str| if is_long(part) { tail(part) } else { part.to_owned() };
        Self { text: self.text.split(' ').map(part).collect::<Vec<_>>().join(" "), ..self }
    }

    /// Itself, or where it does not fit its parts between blanks.
    fn parts(self, room: usize) -> Vec<Self> {
        if self.length() <= room {
            return vec![self];
        }
        let style = self.style;
        self.text.split(' ').map(|part| Self { style, text: shortened(part, room) }).collect()
    }
}

/// Lines of words. A word that does not fit a line is broken at its blanks, and what has none loses
/// its beginning; so does every long path where that saves a line.
pub(super) fn wrap(words: Vec<Word>, room: usize) -> Vec<Vec<Word>> {
    let room = room.max(LEAST);
    let full = lines(words.clone(), room);
    if full.len() == 1 {
        return full;
    }
    let short = lines(words.into_iter().map(Word::with_short_paths).collect(), room);
    if short.len() < full.len() { short } else { full }
}

fn lines(words: Vec<Word>, room: usize) -> Vec<Vec<Word>> {
    let mut lines: Vec<Vec<Word>> = vec![Vec::new()];
    let mut used = 0;
    for word in words.into_iter().flat_map(|word| word.parts(room - HANGING)) {
        let length = word.length();
        if used > 0 && used + 1 + length > room {
            lines.push(Vec::new());
            used = HANGING;
        }
        used += length + usize::from(lines.last().is_some_and(|line| !line.is_empty()));
        lines.last_mut().into_iter().for_each(|line| line.push(word.clone()));
    }
    lines
}

/// A word in so many characters: of a path its last two parts, or of anything its end.
fn shortened(word: &str, room: usize) -> String {
    let length = |text: &str| text.chars().count();
    if length(word) <= room {
        return word.to_owned();
    }
    let short = tail(word);
    match length(&short).saturating_sub(room) {
        0 => short,
        over => ['…'].into_iter().chain(short.chars().skip(over + 1)).collect(),
    }
}

/// The last two parts of a path of more.
pub(super) fn tail(path: &str) -> String {
    let mut parts = path.rsplitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(last), Some(before), Some(more)) if !more.is_empty() => format!("…/{before}/{last}"),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(texts: &[&str], room: usize) -> String {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        let lines = wrap(Word::list(&texts, Style::Plain), room);
        let line = |line: &Vec<Word>| line.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        lines.iter().map(line).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn lines_end_behind_a_word() {
        assert_eq!(wrapped(&["rust-native-certs", "curl", "wget"], 24), "rust-native-certs, curl,|wget");
        assert_eq!(wrapped(&["rust-native-certs", "curl", "wget"], 29), "rust-native-certs, curl, wget");
        // What is not on the first line stands further to the right.
        assert_eq!(wrapped(&["rust-native-certs-xxxxx", "rust-native-certs", "wget"], 24).matches('|').count(), 2);
        assert_eq!(wrapped(&[], 30), "");
    }

    #[test]
    fn what_does_not_fit_is_broken_at_blanks_and_then_shortened() {
        let text = "$REQUESTS_CA_BUNDLE /srv/a/corp.pem";
        assert_eq!(wrapped(&[text, "x"], 32), "$REQUESTS_CA_BUNDLE|/srv/a/corp.pem, x");
        assert_eq!(wrapped(&["/opt/venv/lib/site/certifi/cacert.pem"], 24), "…/certifi/cacert.pem");
        assert_eq!(wrapped(&["abcdefghijklmnopqrstuvwxyz"], 24), "…fghijklmnopqrstuvwxyz");
        assert_eq!(tail("/a/b.pem"), "/a/b.pem");
        let long = "/opt/venv/lib/python3.11/site-packages/certifi/cacert.pem";
        assert_eq!(wrapped(&["$X /a", long, "b"], 62), "$X /a, …/certifi/cacert.pem, b");
        assert_eq!(wrapped(&["$X /a", long], 64), format!("$X /a, {long}"));
    }
}
