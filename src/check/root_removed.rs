//! A root that a store held when the baseline was accepted, and does not now: connections fail that worked,
//! or a root was withdrawn as it should be.

use super::{Check, Detail, Run, Scope, Severity};
use crate::baseline::compare::{Fate, Removed, StoreChange};
use crate::baseline::{How, Inventory};

/// The row.
pub const CHECK: Check = Check {
    id: "root-removed",
    title: "a root is gone since the baseline",
    severity: Severity::Warning,
    about: "A store does not hold a certificate that it held when the baseline was accepted (--baseline). Servers \
            whose chains end there are refused by the clients of that store. Updates withdraw roots on purpose; a \
            corporate root that is gone was mostly lost in one. A store that cannot be read now, or is gone, is told \
            as that, and not certificate by certificate.",
    says: "https://wiki.mozilla.org/CA/Removed_Certificates",
    since: None,
    remedy: "Find out what removed it; add it again where it is needed, or accept that with castore snapshot accept.",
    run: Run::Whole(look),
};

/// Certificates of one store that are told one by one; more are one finding.
const EACH: usize = 5;

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let Some(against) = scope.baseline else { return Vec::new() };
    let is_there = |change: &&StoreChange| matches!(change.fate, Fate::Stayed | Fate::Moved(_));
    let mut details = Vec::new();
    for change in against.comparison.stores.iter().filter(is_there) {
        let detail = |found: String| Detail {
            store: against.store(&change.store).cloned(),
            expected: "the certificates of the baseline".to_owned(),
            found,
            remedy: "find out what removed it; add it again, or accept that: castore snapshot accept --baseline FILE"
                .to_owned(),
            // It may stand in what could not be read.
            severity: (change.now == How::Partial).then_some(Severity::Info),
            because: scope.because_of_baseline(),
            ..Detail::default()
        };
        let names = |removed: &Removed| name(&against.then, removed);
        let part = if change.now == How::Partial { ", in what could be read" } else { "" };
        if change.removed.len() > EACH {
            let first: Vec<String> = change.removed.iter().take(EACH - 2).map(names).collect();
            let (count, held) = (change.removed.len(), change.certificates);
            let more = count - first.len();
            let listed = first.join("; ");
            details.push(detail(format!("{count} fewer{part}, {held} are left: no {listed}; and {more} more")));
            continue;
        }
        for removed in &change.removed {
            let elsewhere = match removed.is_in.len() {
                0 => "no store holds it now".to_owned(),
                1 => format!("{} still holds it", removed.is_in[0]),
                stores => format!("{} and {} more still hold it", removed.is_in[0], stores - 1),
            };
            details.push(detail(format!("no {}{part}; {elsewhere}", names(removed))));
        }
    }
    details
}

fn name(then: &Inventory, removed: &Removed) -> String {
    format!("{} ({})", then.label(&removed.certificate), removed.certificate.short())
}
