//! One page of HTML that opens without a network: what was found, worst first, and the stores.
//!
//! It is well-formed as XML too, so that a strict reader can hold it against what it should be. Nothing in it runs and nothing is fetched: its policy allows the one style that stands in it, by its hash,
//! and the rest is text. It prints as it stands.

use super::checked::{Checked, Format, Options};
use super::escape::markup;
use super::report::check::{Cause, CheckReport, CheckedStore, FindingReport, Group, causes as causes_of, summary_of};
use super::text::{count, date};
use crate::check::CHECKS;
use sha2::{Digest, Sha256};

/// The row.
pub const FORMAT: Format = Format {
    name: "html",
    about: "one page of HTML without scripts, for people",
    says: "https://html.spec.whatwg.org/",
    render: check,
};

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1c1e21;background:#fff}\
h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:0}\
p{margin:.3rem 0}.about{color:#5b6066}code{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}\
section{border-left:4px solid #8a9099;background:#f6f7f8;padding:.6rem 1rem;margin:.8rem 0;break-inside:avoid}\
section.error{border-color:#b3261e}section.warning{border-color:#b36b00}\
.severity{font-weight:700;text-transform:uppercase;font-size:.8rem;letter-spacing:.04em}\
.error .severity{color:#b3261e}.warning .severity{color:#8a5200}.info .severity{color:#5b6066}\
ul{margin:.3rem 0;padding-left:1.2rem}details{margin:.2rem 0}summary{cursor:pointer;color:#3b4045}\
table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{text-align:left;padding:.3rem .6rem;\
border-bottom:1px solid #dfe2e5;vertical-align:top}th{color:#5b6066;font-weight:600}td.number{text-align:right}\
@media (prefers-color-scheme:dark){body{color:#e4e6e8;background:#16181a}section{background:#1f2225}\
.about,th,.info .severity{color:#9aa0a6}summary{color:#b8bdc2}th,td{border-color:#34383c}\
.error .severity{color:#f2857d}.warning .severity{color:#e0a04a}}\
@media print{body{margin:0;max-width:none;color:#000;background:#fff}section{background:none}details>*{display:block}}";

/// Places of one finding that are shown at once; the rest opens.
const PLACES: usize = 4;

fn check(checked: &Checked<'_>, options: &Options) -> String {
    let report = CheckReport::new(checked);
    let causes = causes_of(&report.findings);
    let hash = base64_simd::STANDARD.encode_to_string(Sha256::digest(STYLE));
    let host = report.host.as_deref().unwrap_or("this host");
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
         base-uri 'none'; form-action 'none'\"/>\n<meta name=\"referrer\" content=\"no-referrer\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <title>castore: {host}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Certificate stores of {host}: {counts}</h1>\n\
         <p class=\"about\">{stores} looked at, {at}, by castore {version}</p>\n",
        host = markup(host),
        counts = summary_of(&causes, &report),
        stores = count(report.stores.len(), "store"),
        at = report.at,
        version = report.castore,
    );
    if !report.gaps.is_empty() {
        page += "<section class=\"warning\"><h3>Not read in full, so there may be more</h3><ul>";
        report.gaps.iter().for_each(|gap| page += &format!("<li>{}</li>", mono(gap)));
        page += "</ul></section>\n";
    }
    page += "<h2>Findings</h2>\n";
    if report.findings.is_empty() {
        page += "<p>None.</p>\n";
    }
    causes.iter().for_each(|cause| page += &section(cause));
    if options.show_allowed && !report.allowed.is_empty() {
        page += "<h2>Allowed</h2>\n";
        causes_of(&report.allowed).iter().for_each(|cause| page += &section(cause));
    }
    page += "<h2>Stores</h2>\n<table>\n<tr><th>store</th><th>format</th><th>certificates</th>\
             <th>earliest expiry</th><th>used by</th></tr>\n";
    report.stores.iter().for_each(|store| page += &row(store));
    page + "</table>\n</body>\n</html>\n"
}

fn mono(text: &str) -> String {
    format!("<code>{}</code>", markup(text))
}

fn section(cause: &Cause<'_>) -> String {
    let first = cause.first;
    let mut text = format!(
        "<section class=\"{0}\">\n<h3><span class=\"severity\">{0}</span> {1} <code>{2}</code></h3>\n",
        first.severity,
        markup(first.title),
        markup(first.check),
    );
    if let Some(check) = CHECKS.iter().find(|check| check.id == first.check) {
        text += &format!("<details><summary>why</summary><p>{}</p></details>\n", markup(check.about));
    }
    text += "<ul>\n";
    cause.groups.iter().for_each(|group| text += &item(group));
    text + &format!("</ul>\n<p>What to do: {}</p>\n</section>\n", markup(&first.remedy))
}

fn item(group: &Group<'_>) -> String {
    let first = group.first;
    let subject = first.certificate.as_ref().map_or_else(String::new, |certificate| {
        format!("<strong>{}</strong> {}: ", markup(certificate.label()), mono(&certificate.sha256))
    });
    let mut text = format!("<li>{subject}expected {}, found {}", markup(&first.expected), markup(&first.found));
    let places: Vec<String> = group.places.iter().filter_map(|finding| place(finding)).collect();
    let (shown, rest) = places.split_at(places.len().min(PLACES));
    if !shown.is_empty() {
        text += &format!("<ul>{}</ul>", shown.concat());
    }
    if !rest.is_empty() {
        let more = count(rest.len(), "more place");
        text += &format!("<details><summary>and {more}</summary><ul>{}</ul></details>", rest.concat());
    }
    if let Some(allowed) = &first.allowed {
        text += &format!("<p class=\"about\">{}</p>", markup(&allowed.text()));
    }
    text + "</li>\n"
}

fn place(finding: &FindingReport) -> Option<String> {
    let clients = match &finding.clients[..] {
        [] => None,
        clients => Some(format!("<span class=\"about\">{} {}</span>", finding.by(), markup(&clients.join(", ")))),
    };
    let parts: Vec<String> = finding.at().map(|at| mono(&at)).into_iter().chain(clients).collect();
    (!parts.is_empty()).then(|| format!("<li>{}</li>", parts.join(" ")))
}

fn row(store: &CheckedStore) -> String {
    let certificates = store.certificates.map_or_else(|| store.reading.to_owned(), |number| number.to_string());
    format!(
        "<tr><td>{}</td><td>{}</td><td class=\"number\">{certificates}</td><td>{}</td><td>{}</td></tr>\n",
        mono(&store.store),
        store.format.unwrap_or("-"),
        date(store.earliest_expiry.as_deref()),
        markup(&store.clients.join(", ")),
    )
}
