//! `castore check` as text: what a person does about a machine, worst first.
//!
//! A root that has expired stands in a dozen stores, and forty roots that have expired are one package to
//! update. So the same certificate in many places is one paragraph, and three or more of one cause are one list,
//! unless every place is asked for.

use super::{Page, Style, count};
use crate::check::CHECKS;
use crate::model::passing;
use crate::render::checked::{Checked, Format, Options};
use crate::render::report::check::{Cause, CheckReport, FindingReport, Group, causes, summary};

/// The row.
pub const FORMAT: Format = Format {
    name: "text",
    about: "for people: worst first, what has one cause together",
    says: "https://www.gnu.org/prep/standards/html_node/Errors.html",
    render: check,
};

/// Places shown of one finding before the rest is counted.
const PLACES: usize = 6;

/// Findings of one cause that are told one by one; more are a list.
const ALONE: usize = 2;

/// Items of a list before the rest is counted.
const ITEMS: usize = 6;

/// Stores named of a list, and clients of a place, before the rest is counted.
const NAMES: usize = 4;

fn check(checked: &Checked<'_>, options: &Options) -> String {
    let report = CheckReport::new(checked);
    let (causes, known) = (causes(&report.findings), causes(&report.allowed));
    let mut text = Text { page: Page::new(options.colour), width: options.width, all: options.explain, less: false };
    let mut explained = "";
    for cause in &causes {
        match cause.groups.len() {
            ..=ALONE => cause.groups.iter().for_each(|group| text.one(group)),
            _ if options.explain => cause.groups.iter().for_each(|group| text.one(group)),
            _ => text.list(cause),
        }
        if options.explain && cause.first.check != explained {
            explained = cause.first.check;
            text.why(explained);
        }
    }
    if options.show_allowed {
        known.iter().flat_map(|cause| &cause.groups).for_each(|group| text.one(group));
    }
    let mut last = summary(&causes, &report);
    if !report.allowed.is_empty() {
        let hidden = if options.show_allowed { "" } else { "; --show-allowed shows them" };
        last += &format!(" ({} more allowed by castore.toml{hidden})", report.allowed.len());
    }
    if text.less {
        last += "; --explain names every place";
    }
    text.page.line(&last);
    facts(&mut text.page, &report);
    text.page.finish()
}

/// How old the tables are that findings stand on.
fn facts(page: &mut Page, report: &CheckReport) {
    let Some(oldest) = report.facts.iter().max_by_key(|table| table.age_days) else { return };
    let tables = count(report.facts.len(), "table");
    let age = passing::old(oldest.age_days.max(0));
    let text =
        format!("facts: {tables}, the oldest of {} ({age}); castore checks removed-upstream lists them", oldest.date);
    page.styled(Style::Dim, &text).end();
}

/// The page, and whether something is not told on it.
struct Text {
    page: Page,
    width: Option<usize>,
    all: bool,
    less: bool,
}

impl Text {
    /// `warning[expired]: a certificate has expired`.
    fn heading(&mut self, finding: &FindingReport) -> &mut Page {
        let style = match finding.severity {
            "error" => Style::Bad,
            "warning" => Style::Warn,
            _ => Style::Dim,
        };
        self.page.styled(style, finding.severity).put(&format!("[{}]: {}", finding.check, finding.title))
    }

    /// A line of words that may go on in the next.
    fn words(&mut self, style: Style, indent: usize, text: &str) {
        self.page.put(&" ".repeat(indent));
        self.page.flow(style, indent, text, self.width).end();
    }

    /// One certificate, or one thing that is said of places.
    fn one(&mut self, group: &Group<'_>) {
        let first = group.first;
        self.heading(first);
        if let Some(certificate) = &first.certificate {
            self.page.put(": ").styled(Style::Strong, certificate.label()).put(&format!(" ({})", certificate.short()));
        }
        self.page.end();
        let shown = if self.all { group.places.len() } else { PLACES };
        for finding in group.places.iter().take(shown) {
            match (finding.at(), self.clients(finding)) {
                (Some(at), clients) => {
                    let clients = clients.map(|clients| format!("  ({clients})")).unwrap_or_default();
                    self.page.put("  at ").put(&at);
                    self.page.flow(Style::Dim, 5 + at.chars().count(), &clients, self.width).end();
                }
                (None, Some(clients)) => self.words(Style::Plain, 2, &clients),
                (None, None) => {}
            }
        }
        if group.places.len() > shown {
            self.less = true;
            let more = count(group.places.len() - shown, "more place");
            self.page.styled(Style::Dim, &format!("  and {more}")).end();
        }
        self.words(Style::Plain, 2, &format!("expected {}, found {}", first.expected, first.found));
        self.words(Style::Dim, 2, &format!("hint: {}", first.remedy));
        if let Some(allowed) = &first.allowed {
            self.words(Style::Dim, 2, &allowed.text());
        }
    }

    /// `used by curl, go and 3 more`.
    fn clients(&self, finding: &FindingReport) -> Option<String> {
        let (clients, by) = (&finding.clients, finding.by());
        let shown = if self.all { clients.len() } else { clients.len().min(NAMES) };
        let (shown, rest) = clients.split_at(shown);
        match (shown, rest) {
            ([], _) => None,
            (shown, []) => Some(format!("{by} {}", shown.join(", "))),
            (shown, rest) => Some(format!("{by} {} and {} more", shown.join(", "), rest.len())),
        }
    }

    /// What has one cause, a line each, and the stores it is in.
    fn list(&mut self, cause: &Cause<'_>) {
        self.less = true;
        let first = cause.first;
        let all_have = |of: &dyn Fn(&FindingReport) -> bool| cause.groups.iter().all(|group| of(group.first));
        let noun = if all_have(&|finding| finding.certificate.is_some()) { "certificate" } else { "finding" };
        let stores = cause.stores();
        let within = if stores.is_empty() { String::new() } else { format!(" in {}", count(stores.len(), "store")) };
        self.heading(first).put(": ");
        self.page.styled(Style::Strong, &format!("{}{within}", count(cause.groups.len(), noun))).end();
        let same_expected = all_have(&|finding| finding.expected == first.expected);
        let same_found = all_have(&|finding| finding.found == first.found);
        match (same_expected, same_found) {
            (true, true) => self.words(Style::Plain, 2, &format!("expected {}, found {}", first.expected, first.found)),
            (true, false) => self.words(Style::Plain, 2, &format!("expected {}, found", first.expected)),
            _ => {}
        }
        for group in cause.groups.iter().take(ITEMS) {
            let finding = group.first;
            let path = finding.path.as_ref().map(|path| path.path.clone());
            let place = path.or_else(|| finding.at().filter(|_| finding.certificate.is_none()));
            let clients = self.clients(finding).filter(|_| finding.at().is_none());
            let what: Vec<String> = place.into_iter().chain(finding.subject()).chain(clients).collect();
            let what = (!what.is_empty()).then(|| what.join(", "));
            let said = match (same_expected, same_found) {
                (true, true) => None,
                (true, false) => Some(finding.found.clone()),
                _ => Some(format!("expected {}, found {}", finding.expected, finding.found)),
            };
            let parts: Vec<String> = what.into_iter().chain(said).collect();
            let places = match group.places.len() {
                1 => String::new(),
                several => format!(" ({several} places)"),
            };
            self.words(Style::Plain, 2, &format!("- {}{places}", parts.join(": ")));
        }
        if let Some(more) = cause.groups.len().checked_sub(ITEMS).filter(|more| *more > 0) {
            self.page.styled(Style::Dim, &format!("  - and {more} more")).end();
        }
        // Where the items are places, they name their stores.
        if noun == "certificate" && !stores.is_empty() {
            let named = |(store, times): &(&str, usize)| match times {
                1 => (*store).to_owned(),
                times => format!("{store} ({times})"),
            };
            let shown: Vec<String> = stores.iter().take(NAMES).map(named).collect();
            let more = match stores.len().saturating_sub(NAMES) {
                0 => String::new(),
                more => format!(" and {}", count(more, "more store")),
            };
            self.words(Style::Plain, 2, &format!("in {}{more}", shown.join(", ")));
        }
        self.words(Style::Dim, 2, &format!("hint: {}", first.remedy));
    }

    /// What a check is about.
    fn why(&mut self, id: &str) {
        if let Some(check) = CHECKS.iter().find(|check| check.id == id) {
            self.words(Style::Dim, 2, &format!("why: {} See {}", check.about, check.says));
        }
    }
}
