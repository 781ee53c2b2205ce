//! npm's configuration, which pnpm and Yarn 1 read as well.

use super::{Place, Takes, Written};

pub(super) const PLACE: Place = Place {
    id: "npm",
    file: ".npmrc: ~/.npmrc for an account",
    survives: "upgrades of npm; reaches npm itself, not the programs it starts",
    takes: Takes::Key("cafile", |host| Some(host.home.as_ref()?.join(".npmrc"))),
    lines,
    says: "https://docs.npmjs.com/cli/v11/using-npm/config#cafile",
};

fn lines(written: &Written<'_>) -> Vec<String> {
    written.settings.iter().map(|setting| format!("cafile={}", setting.value)).collect()
}
