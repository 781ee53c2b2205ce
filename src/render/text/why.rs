//! `castore why` as text: first the sentence that answers, then the clients by verdict and cause.

use super::{Colour, Page, Style, count};
use crate::catalogue::clients;
use crate::render::report::why::{HopReport, OpinionReport, RemedyReport, WhyReport};

/// Clients named in one line before the rest is counted.
const NAMED: usize = 12;

/// Versions of one client named before its installations are counted.
const VERSIONS: usize = 4;

/// Certificates of a chain shown before the rest is counted: real chains have up to six.
const SENT: usize = 12;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Groups of clients that say the same.
    Overview,
    /// Each client with every candidate that it looks at.
    Everything,
}

/// The verdicts, in lines of at most `width` columns where one is given; commands and texts of programs stay whole.
#[must_use]
pub fn why(report: &WhyReport, detail: Detail, width: Option<usize>, colour: Colour) -> String {
    let mut page = Page::new(colour);
    head(&mut page, report, width);
    page.end().flow(Style::Strong, 0, &first_upper(&report.answer), width).end();
    for verdict in ["refuses", "depends", "accepts", "not-predicted"] {
        for group in groups(&report.clients, verdict) {
            page.end();
            one(&mut page, &group, width);
            if detail == Detail::Everything {
                group.iter().for_each(|client| walk(&mut page, client));
            }
        }
    }
    page.finish()
}

fn first_upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Where the chain is from, and what is in it.
fn head(page: &mut Page, report: &WhyReport, width: Option<usize>) {
    let source = &report.source;
    page.styled(Style::Strong, &source.named);
    let told = [&source.address, &source.tls, &source.cipher];
    let told: Vec<&str> = told.into_iter().flatten().map(String::as_str).collect();
    if !told.is_empty() {
        page.put(&format!("  {}", told.join(", ")));
    }
    if let Some(proxy) = &source.proxy {
        page.put(&format!("  through the proxy {proxy}"));
    }
    page.end();
    let (shown, rest) = report.chain.split_at(report.chain.len().min(SENT));
    for sent in shown {
        let until = sent.certificate.not_after.as_deref().and_then(|time| time.split('T').next()).unwrap_or("?");
        page.put(&format!("  {}  ", sent.position)).put(sent.certificate.label());
        page.styled(Style::Dim, &format!("  {}  until {until}", sent.certificate.short())).end();
    }
    if !rest.is_empty() {
        page.styled(Style::Dim, &format!("  and {} more", rest.len())).end();
    }
    for remark in &report.remarks {
        page.styled(Style::Warn, "  note: ").flow(Style::Plain, 8, remark, width).end();
    }
}

/// Clients with the same verdict for the same reason, and the same means against it.
fn groups<'r>(clients: &'r [OpinionReport], verdict: &str) -> Vec<Vec<&'r OpinionReport>> {
    let mut groups: Vec<Vec<&OpinionReport>> = Vec::new();
    for client in clients.iter().filter(|client| client.verdict == verdict) {
        let same = |group: &&mut Vec<&OpinionReport>| reason(group[0]) == reason(client);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(client),
            None => groups.push(vec![client]),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}

fn reason(client: &OpinionReport) -> (Option<&str>, Option<&str>, bool) {
    let cause = client.cause.as_ref().map(|cause| cause.says.as_str());
    (cause, client.because.as_deref(), client.verification_off)
}

fn one(page: &mut Page, group: &[&OpinionReport], width: Option<usize>) {
    let first = group[0];
    let (style, word) = match first.verdict {
        "refuses" => (Style::Bad, "refuse"),
        "depends" => (Style::Warn, "depends"),
        "accepts" => (Style::Good, "accept"),
        _ => (Style::Dim, "not predicted"),
    };
    page.styled(style, word);
    let reason = match (&first.cause, &first.because, first.verification_off) {
        (Some(cause), _, _) => format!(" [{}]: {}", cause.id, cause.says),
        (None, Some(because), _) => format!(": {because}"),
        (None, None, true) => ": verification is turned off, so that anything is accepted".to_owned(),
        (None, None, false) => String::new(),
    };
    page.flow(Style::Plain, word.len(), &reason, width).end();
    let names = names(group);
    let (shown, rest) = names.split_at(names.len().min(NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    page.put("  ").flow(Style::Plain, 2, &format!("{}{more}", shown.join(", ")), width).end();
    for (text, clients) in printed(group) {
        page.styled(Style::Dim, &format!("  prints: {text}{clients}")).end();
    }
    for behind in first.behind.iter().take(2) {
        page.put(&format!("  behind it, at depth {}: {}", behind.depth, behind.says)).end();
    }
    for (remedy, clients) in remedies(group) {
        for (word, change) in std::iter::once(("mend", remedy)).chain(remedy.then.iter().map(|then| ("then", then))) {
            page.styled(Style::Good, &format!("  {word}: ")).flow(Style::Plain, 8, &change.says, width);
            page.styled(Style::Dim, if word == "mend" { &clients } else { "" }).end();
            for command in &change.commands {
                page.put(&format!("    $ {command}")).end();
            }
            if let Some(command) = &change.castore {
                let or = if change.commands.is_empty() { "" } else { "or " };
                page.put(&format!("    {or}$ {command}")).end();
            }
        }
    }
}

/// `python 3.12.1/3.13.0, git (curl 7.88.1)`: each client once, with what tells its installations apart: versions of
/// its own, else those of what it is made of, named.
fn names(group: &[&OpinionReport]) -> Vec<String> {
    let mut names: Vec<(&str, Vec<&OpinionReport>)> = Vec::new();
    for client in group {
        match names.iter_mut().find(|(known, _)| *known == client.client) {
            Some((_, known)) => known.push(client),
            None => names.push((client.client, vec![client])),
        }
    }
    names.into_iter().map(|(client, installations)| name(client, &installations)).collect()
}

fn name(client: &str, installations: &[&OpinionReport]) -> String {
    let called = clients().find(|known| known.id == client).map_or(client, |known| known.component);
    let (mut own, mut parts, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for found in installations {
        let is_own = |component: &str| component == client || component == called;
        let version = found.versions.iter().find(|version| is_own(version.component));
        let made_of = || {
            let named = found.versions.iter().map(|version| format!("{} {}", version.component, version.version));
            named.collect::<Vec<_>>().join(", ")
        };
        let (known, which) = match (version, found.versions.as_slice(), &found.at) {
            (Some(version), _, _) => (&mut own, version.version.clone()),
            (None, [_, ..], _) => (&mut parts, made_of()),
            (None, [], Some(at)) => (&mut places, at.path.clone()),
            (None, [], None) => continue,
        };
        if !known.contains(&which) {
            known.push(which);
        }
    }
    if own.len() + parts.len() > VERSIONS || places.len() > 1 {
        return format!("{client} ({})", count(installations.len(), "installation"));
    }
    let own = if own.is_empty() { String::new() } else { format!(" {}", own.join("/")) };
    let parts = if parts.is_empty() { String::new() } else { format!(" ({})", parts.join("; ")) };
    format!("{client}{own}{parts}")
}

/// What the programs of a group print, each text once, and who prints it where not all do.
fn printed(group: &[&OpinionReport]) -> Vec<(String, String)> {
    let mut texts: Vec<(String, Vec<&str>)> = Vec::new();
    for client in group {
        let Some(printed) = &client.printed else { continue };
        let text = match (printed.code, printed.name) {
            (Some(code), _) => format!("{} ({code})", printed.text),
            (None, Some(name)) => format!("{name}: {}", printed.text),
            (None, None) => printed.text.clone(),
        };
        match texts.iter_mut().find(|(known, _)| *known == text) {
            Some((_, clients)) if clients.contains(&client.client) => {}
            Some((_, clients)) => clients.push(client.client),
            None => texts.push((text, vec![client.client])),
        }
    }
    let several = texts.len() > 1;
    let named = |clients: Vec<&str>| if several { format!("  ({})", clients.join(", ")) } else { String::new() };
    texts.into_iter().map(|(text, clients)| (text, named(clients))).collect()
}

/// The remedies of a group, each once as the first client has it, and for whom where not for all.
fn remedies<'r>(group: &[&'r OpinionReport]) -> Vec<(&'r RemedyReport, String)> {
    fn says(remedy: &RemedyReport) -> impl Iterator<Item = &str> {
        std::iter::once(remedy).chain(&remedy.then).map(|change| change.says.as_str())
    }
    let mut found: Vec<(&RemedyReport, Vec<&str>)> = Vec::new();
    for client in group {
        for remedy in &client.remedies {
            match found.iter_mut().find(|(known, _)| says(known).eq(says(remedy))) {
                Some((_, clients)) if clients.contains(&client.client) => {}
                Some((_, clients)) => clients.push(client.client),
                None => found.push((remedy, vec![client.client])),
            }
        }
    }
    let distinct = names(group).len();
    let named = |clients: &[&str]| {
        if clients.len() >= distinct { String::new() } else { format!("  ({})", clients.join(", ")) }
    };
    found.into_iter().map(|(remedy, clients)| (remedy, named(&clients))).collect()
}

/// One client hop by hop: every candidate, taken or not and why.
fn walk(page: &mut Page, client: &OpinionReport) {
    let at = client.at.as_ref().map(|at| format!(" {}", at.path)).unwrap_or_default();
    page.end().styled(Style::Strong, &format!("  {}{at}", client.client)).end();
    if let Some(policy) = &client.policy {
        page.line(&format!("    decides: {}", policy.about));
    }
    let versions: Vec<String> =
        client.versions.iter().map(|version| format!("{} {}", version.component, version.version)).collect();
    if !versions.is_empty() {
        page.line(&format!("    made of: {}", versions.join(", ")));
    }
    for setting in &client.settings {
        page.line(&format!("    setting: {setting}"));
    }
    page.line(&format!("    anchors: {}", client.anchors));
    for (depth, hop) in client.path.iter().enumerate() {
        page.put(&format!("    {depth}  "))
            .put(hop.certificate.label())
            .styled(Style::Dim, &format!("  {}", origin(hop)));
        page.end();
        for step in client.steps.iter().filter(|step| step.depth == depth && !step.taken) {
            let because = step.because.as_deref().unwrap_or("not taken");
            page.styled(
                Style::Dim,
                &format!(
                    "       passed over: {} ({}): {because}",
                    step.candidate.certificate.label(),
                    origin(&step.candidate)
                ),
            )
            .end();
        }
    }
    for differ in &client.programs_differ {
        page.styled(Style::Dim, &format!("    where a program still fails: {differ}")).end();
    }
}

fn origin(hop: &HopReport) -> String {
    match (&hop.position, &hop.place) {
        (Some(position), _) => format!("sent at position {position}"),
        (None, Some(place)) => place.text(),
        (None, None) => "anchor".to_owned(),
    }
}
