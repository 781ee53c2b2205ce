//! Clients with the same answer together, what deviates from the system first: it is to fit on a screen.
//!
//! On a usual host ninety installations have some fifteen answers, and most have that of the system. So
//! answers are listed, and behind each the clients that have it and what made them: a variable, a setting,
//! or what is built in. An installation by itself, with its path and versions, is asked for by name.

mod answer;
mod groups;
mod names;
mod wrap;

use crate::render::report::which::WhichReport;
use crate::render::text::{Page, Style, count};
use groups::Reason;
use wrap::{Word, wrap};

/// The width where it is not known: that of help texts.
const WIDTH: usize = 100;
/// What the number is called.
const HEAD: &str = "TRUSTS";
/// Where the text beside the numbers begins.
const LEFT: usize = HEAD.len() + 2;

/// Every answer.
pub(super) fn overview(page: &mut Page, report: &WhichReport, width: Option<usize>) {
    let clients = report.clients.as_slice();
    let width = width.unwrap_or(WIDTH);
    let groups = groups::groups(clients);
    let names = names::Names::new(&groups);
    page.styled(Style::Dim, &format!("{HEAD}  CLIENTS: DECIDED BY")).end();
    let has_sections = groups.iter().any(|group| group.section != groups[0].section);
    let mut last = None;
    for group in &groups {
        if has_sections && last.replace(group.section) != Some(group.section) {
            page.styled(Style::Dim, group.section.heading()).end();
        }
        let trouble = if group.is_broken() { Style::Bad } else { Style::Plain };
        page.blanks(HEAD.len().saturating_sub(group.trusts.chars().count()));
        page.styled(trouble, &group.trusts).put("  ");
        match group.reasons.as_slice() {
            [one] => paragraph(page, LEFT, said(&names.of(one), one, &one.in_full()), width),
            many => {
                paragraph(page, LEFT, Word::list(&group.stores(), Style::Plain), width);
                for one in many {
                    page.blanks(LEFT + 2);
                    paragraph(page, LEFT + 2, said(&names.of(one), one, &one.in_short()), width);
                }
            }
        }
    }
    let hint = format!("{}; castore which CLIENT shows each in full", count(clients.len(), "installation"));
    let told = report.commands.text(&hint);
    if told == hint {
        paragraph(page, 0, Word::list(&[told], Style::Dim), width);
    } else {
        // One line, however long a command for a tree is: it can be copied.
        page.styled(Style::Dim, &told).end();
    }
}

/// Names, and what decided.
fn said(names: &[String], reason: &Reason<'_>, decided: &[String]) -> Vec<Word> {
    let mut words = Word::list(names, Style::Strong);
    words.iter_mut().next_back().into_iter().for_each(|last| last.text.push(':'));
    words.extend(Word::list(decided, reason.style()));
    words
}

/// Words from where the page is, so far to the right, in as many lines as they need.
fn paragraph(page: &mut Page, before: usize, words: Vec<Word>, width: usize) {
    for (index, line) in wrap(words, width.saturating_sub(before)).into_iter().enumerate() {
        if index > 0 {
            page.end().blanks(before + 2);
        }
        for (index, word) in line.into_iter().enumerate() {
            page.blanks(usize::from(index > 0));
            page.styled(word.style, &word.text);
        }
    }
    page.end();
}

#[cfg(test)]
mod tests;
