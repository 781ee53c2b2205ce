//! An entry of the list of known findings whose day has passed: what it allowed counts again.

use super::{Check, Detail, Run, Scope, Severity};
use crate::model::passing;

/// The row.
pub const CHECK: Check = Check {
    id: "allow-expired",
    title: "an entry that allowed a finding is over",
    severity: Severity::Warning,
    about: "The day that an [[allow]] of castore.toml names with until has passed, so that it allows nothing any more. \
            Somebody wanted to look at it again by then.",
    says: "https://trivy.dev/latest/docs/configuration/filtering/",
    since: None,
    remedy: "Mend what it allowed and remove the entry, or name a later day and say why.",
    run: Run::Whole(look),
};

fn look(scope: &Scope<'_>) -> Vec<Detail> {
    let over = scope.allow.iter().filter(|allowance| allowance.entry.is_over(scope.at));
    let detail = |allowance: &super::Allowance| {
        let until = allowance.entry.until;
        Detail {
            expected: format!("an entry that {}", passing::holds_on(scope.at)),
            found: format!(
                "one for {} that ended with {}: {}",
                allowance.entry.check.value,
                until.date(),
                allowance.entry.reason
            ),
            remedy: "mend what it allowed and remove it, or name a later day".to_owned(),
            ..allowance.detail()
        }
    };
    over.map(detail).collect()
}
