//! One line a client: how many certificates it trusts, and what decided that.

use super::is_open;
use crate::render::report::which::{CandidateReport, ClientReport};
use crate::render::text::{Cell, Page, Style, table};

/// The least room for what decided, so that a narrow terminal still shows it.
const DECIDED: usize = 24;
/// The least room for where an installation is.
const WHERE: usize = 14;

/// A table of clients, those of one kind with the same certificates for the same reason on one line.
pub(super) fn overview(page: &mut Page, clients: &[ClientReport], width: Option<usize>) {
    let lines: Vec<Line> = groups(clients).iter().map(|group| Line::new(group)).collect();
    let widest = |of: fn(&Line) -> usize| lines.iter().map(of).max().unwrap_or(0);
    // Blanks between four columns, and what the columns that are never cut need.
    let fixed =
        6 + widest(|line| line.client.chars().count()).max(6) + widest(|line| line.trusts.chars().count()).max(6);
    let natural = (widest(|line| line.place.chars().count()).max(5), widest(|line| line.decided(None).chars().count()));
    let (place, decided) = room(width.map(|width| width.saturating_sub(fixed)), natural);
    let head = ["CLIENT", "WHERE", "TRUSTS", "DECIDED BY"];
    let mut rows = vec![vec![Cell::left(head[0]), Cell::left(head[1]), Cell::right(head[2]), Cell::left(head[3])]];
    rows.iter_mut().flatten().for_each(|cell| cell.style = Style::Dim);
    rows.extend(lines.iter().map(|line| line.cells(place, decided)));
    table(page, &rows);
}

/// How the room that is there is shared between the two columns that may be cut.
fn room(there: Option<usize>, (place, decided): (usize, usize)) -> (usize, usize) {
    match there {
        Some(there) if place + decided > there => {
            let place = place.min(there.saturating_sub(DECIDED.max(decided.min(there * 3 / 5))).max(WHERE));
            (place, there.saturating_sub(place).max(DECIDED))
        }
        _ => (place, decided),
    }
}

/// Installations of one client that trust the same for the same reason.
fn groups(clients: &[ClientReport]) -> Vec<Vec<&ClientReport>> {
    let reason = |client: &ClientReport| -> Vec<(&'static str, String)> {
        client.candidates.iter().filter(|c| counts(c)).map(|c| (c.outcome, c.named_by.clone())).collect()
    };
    let is_alike = |one: &ClientReport, other: &ClientReport| {
        one.client == other.client
            && one.verification == other.verification
            && one.anchors_sha256 == other.anchors_sha256
            && is_open(one) == is_open(other)
            && reason(one) == reason(other)
    };
    let mut groups: Vec<Vec<&ClientReport>> = Vec::new();
    for client in clients {
        match groups.iter_mut().find(|group| is_alike(group[0], client)) {
            Some(group) => group.push(client),
            None => groups.push(vec![client]),
        }
    }
    groups
}

/// Whether a place had a part in the answer, or should have had.
fn counts(candidate: &CandidateReport) -> bool {
    match candidate.outcome {
        "used" | "turns-off" => true,
        "empty" | "unusable" => candidate.then != Some("pass") || candidate.named_by != "built in",
        _ => false,
    }
}

struct Line {
    client: String,
    place: String,
    trusts: String,
    trouble: bool,
    parts: Vec<Part>,
}

/// One place that decided.
struct Part {
    style: Style,
    /// What named it, where that is not the client itself.
    named: Option<String>,
    /// The path or the store, or what is wrong.
    what: String,
}

impl Line {
    fn new(group: &[&ClientReport]) -> Self {
        let first = group[0];
        let place = match (group, &first.at) {
            ([one], Some(at)) => {
                // Of a package the environment, or the interpreter, says more than where it lies in it.
                let of = ["environment", "python"].map(|role| one.places.iter().find(|place| place.name == role));
                let path = of.into_iter().flatten().next().map_or(&at.path, |place| &place.path.path);
                match &one.account {
                    Some(account) => format!("{path} ({account})"),
                    None => path.clone(),
                }
            }
            ([_], None) => String::new(),
            (many, _) => {
                let is_environment = |client: &&ClientReport| client.places.iter().any(|p| p.name == "environment");
                let what = if many.iter().all(is_environment) { "environments" } else { "installations" };
                format!("{} {what}", many.len())
            }
        };
        let mut parts: Vec<Part> = first.candidates.iter().filter(|c| counts(c)).map(Part::new).collect();
        for (index, part) in parts.iter_mut().enumerate() {
            let same = |client: &&ClientReport| {
                client
                    .candidates
                    .iter()
                    .filter(|c| counts(c))
                    .nth(index)
                    .is_some_and(|c| Part::new(c).what == part.what)
            };
            // Each its own copy: what their paths end in is the same.
            if !group.iter().all(same) {
                part.what = tail(&part.what);
            }
        }
        // Where it verifies nothing, or stops, the rest has no say.
        if first.verification != "on" && parts.iter().any(|part| part.style == Style::Bad) {
            parts.retain(|part| part.style == Style::Bad);
        }
        if parts.is_empty() {
            let unknown = first.unknown.first().map(|unknown| ("not known:", unknown.clone()));
            let (named, what) = unknown.unwrap_or(("nothing", String::new()));
            parts.push(Part { style: Style::Warn, named: Some(named.to_owned()), what });
        }
        let trusts = match first.verification {
            "off" => "any".to_owned(),
            "error" => "error".to_owned(),
            _ if first.anchors == 0 && (is_open(first) || !first.unknown.is_empty()) => "?".to_owned(),
            _ if is_open(first) => format!("{}+", first.anchors),
            _ => first.anchors.to_string(),
        };
        Self { client: first.client.to_owned(), place, trusts, trouble: first.verification != "on", parts }
    }

    fn style(&self) -> Style {
        let worst = [Style::Bad, Style::Warn, Style::Strong];
        worst.into_iter().find(|style| self.parts.iter().any(|part| part.style == *style)).unwrap_or(Style::Plain)
    }

    /// What decided, in so many columns: in full, with short paths, or cut.
    fn decided(&self, room: Option<usize>) -> String {
        let text = |of: &dyn Fn(&str) -> String| {
            let part = |part: &Part| match &part.named {
                Some(named) if named.is_empty() => of(&part.what),
                Some(named) if part.what.is_empty() => named.clone(),
                Some(named) => format!("{named} {}", of(&part.what)),
                None => of(&part.what),
            };
            let mut texts: Vec<String> = self.parts.iter().map(part).collect();
            // A file that two rules name is said once.
            texts.dedup();
            texts.join(", ")
        };
        let full = text(&|what| what.to_owned());
        match room {
            Some(room) if full.chars().count() > room => {
                let short = text(&tail);
                let shorter = if short.chars().count() < full.chars().count() { short } else { full };
                cut(&shorter, room)
            }
            _ => full,
        }
    }

    fn cells(&self, place: usize, decided: usize) -> Vec<Cell> {
        let trouble = if self.trouble { Style::Bad } else { Style::Plain };
        vec![
            Cell::left(&self.client).style(Style::Strong),
            Cell::left(cut_before(&self.place, place)),
            Cell::right(&self.trusts).style(trouble),
            Cell::left(self.decided(Some(decided))).style(self.style()),
        ]
    }
}

impl Part {
    fn new(candidate: &CandidateReport) -> Self {
        let named = Some(candidate.named_by.clone()).filter(|named| named != "built in");
        let path = candidate.path.as_ref().map(|path| path.path.clone());
        match candidate.outcome {
            "turns-off" => Self { style: Style::Bad, named, what: "turns verification off".to_owned() },
            "empty" | "unusable" => {
                let style = if candidate.then == Some("pass") { Style::Warn } else { Style::Bad };
                let why = candidate.why.clone().unwrap_or_default();
                let what = path.map_or_else(|| why.clone(), |path| format!("{path}: {why}"));
                Self { style, named: named.or_else(|| Some(String::new())), what }
            }
            _ => {
                let style = if named.is_some() { Style::Strong } else { Style::Plain };
                let what = match candidate.look {
                    "compiled-in" => "compiled in".to_owned(),
                    _ => path.or_else(|| candidate.store.clone()).unwrap_or_default(),
                };
                Self { style, named, what }
            }
        }
    }
}

/// The last two parts of a path of more.
fn tail(path: &str) -> String {
    let mut parts = path.rsplitn(3, '/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(last), Some(before), Some(more)) if !more.is_empty() => format!("…/{before}/{last}"),
        _ => path.to_owned(),
    }
}

/// The beginning of a text, marked where it is not all.
fn cut(text: &str, room: usize) -> String {
    match text.char_indices().nth(room) {
        Some(_) => text.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

/// The end of a text, marked where it is not all.
fn cut_before(text: &str, room: usize) -> String {
    let length = text.chars().count();
    if length <= room {
        return text.to_owned();
    }
    ['…'].into_iter().chain(text.chars().skip(length + 1 - room)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_is_cut_where_it_says_least() {
        assert_eq!(cut_before("/opt/venv/bin/python", 12), "…/bin/python");
        assert_eq!(cut_before("/bin/curl", 9), "/bin/curl");
        assert_eq!(cut("$SSL_CERT_FILE /x", 8), "$SSL_CE…");
        assert_eq!(tail("/a/b/c/d.pem"), "…/c/d.pem");
        assert_eq!(tail("/a/b.pem"), "/a/b.pem");
    }

    #[test]
    fn each_place_is_said_once_and_without_a_name_it_has_not() {
        let part = |named: Option<&str>, what: &str| Part {
            style: Style::Plain,
            named: named.map(str::to_owned),
            what: what.to_owned(),
        };
        let decided = |parts: Vec<Part>| {
            let [client, place, trusts] = Default::default();
            Line { client, place, trusts, trouble: false, parts }.decided(None)
        };
        assert_eq!(decided(vec![part(Some(""), "/root.crt: nothing is there")]), "/root.crt: nothing is there");
        assert_eq!(decided(vec![part(None, "/a"), part(None, "/a"), part(Some("$X"), "/a")]), "/a, $X /a");
    }

    #[test]
    fn room_is_shared() {
        assert_eq!(room(None, (90, 90)), (90, 90));
        assert_eq!(room(Some(100), (20, 40)), (20, 40));
        let (place, decided) = room(Some(60), (50, 80));
        assert!(place >= WHERE && decided >= DECIDED && place + decided <= 60, "{place} {decided}");
    }
}
