//! What is to be said of a chain as it was sent, whoever verifies it.

use super::Question;
use super::member::Member;
use crate::policy::names::{Matching, WHOLE_LABELS};

/// Days before an expiry that count as soon, as in `castore check`.
const SOON: i64 = 30;

/// Positions that each have a remark of their own; of more the first stands for all.
const FEW: usize = 4;

/// How most programs match names.
const AS_MOST: Matching = WHOLE_LABELS;

/// The remarks: an order that is odd, what does not belong, what expires, a server's certificate that is
/// a certification authority.
#[must_use]
pub fn remarks(question: &Question) -> Vec<String> {
    let sent = &question.sent;
    let mut remarks = Vec::new();
    let Some(leaf) = sent.first() else { return remarks };
    if leaf.is_ca() {
        remarks.push("the first certificate is a certification authority, and not one of a server".to_owned());
        if let Some(position) = sent.iter().position(|member| !member.is_ca()) {
            remarks.push(format!("the certificate of a server stands at position {position}: it comes first"));
        }
    }
    let (mut repeated, mut odd, mut strange) = (Vec::new(), Vec::new(), Vec::new());
    for (position, member) in sent.iter().enumerate().skip(1) {
        let previous = &sent[position - 1];
        let issues = |subject: &Member| subject.issuer == member.subject && subject.authority_fits(member).is_ok();
        if sent[..position].iter().any(|earlier| earlier.is(member)) {
            repeated.push(position);
        } else if !issues(previous) {
            let of_another = sent.iter().any(|other| !other.is(member) && issues(other));
            if of_another { &mut odd } else { &mut strange }.push(position);
        }
    }
    for (positions, what) in [
        (repeated, "repeats an earlier certificate"),
        (odd, "did not issue the one before it: the order is odd (RFC 8446, 4.4.2)"),
        (strange, "issued none of the others"),
    ] {
        match positions.as_slice() {
            few if few.len() <= FEW => remarks.extend(few.iter().map(|position| format!("position {position} {what}"))),
            [first, rest @ ..] => remarks.push(format!("position {first} {what}; {} more are alike", rest.len())),
            [] => {}
        }
    }
    if sent.len() > 1 && sent.last().is_some_and(|last| last.is_self_issued()) {
        remarks.push("the root is sent too, which clients do not need".to_owned());
    }
    for (position, member) in sent.iter().enumerate() {
        let Some(until) = member.not_after.at else { continue };
        let days = question.at.days_until(until);
        if until <= question.at {
            remarks.push(format!("position {position} expired on {}", until.date()));
        } else if days <= SOON {
            remarks.push(format!("position {position} expires in {days} days, on {}", until.date()));
        }
    }
    if let Some(name) = &question.name
        && !AS_MOST.matches(leaf, name)
    {
        remarks.push(format!("the first certificate is not for {name}"));
    }
    remarks
}
