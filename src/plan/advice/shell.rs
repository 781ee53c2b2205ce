//! A shell's profile.

use super::{Place, Setting, Takes, Written};
use crate::model::shell;

pub(super) const PLACE: Place = Place {
    id: "shell",
    file: "a profile: /etc/profile.d/castore.sh for every account, ~/.profile for one",
    survives: "upgrades; reaches shells of a login and what they start, not services, cron or what sudo starts",
    takes: Takes::Variables,
    lines,
    says: "https://www.gnu.org/software/bash/manual/html_node/Bash-Startup-Files.html",
};

fn lines(written: &Written<'_>) -> Vec<String> {
    written.settings.iter().map(line).collect()
}

/// What stands in a variable of options is left in it, and not shown: it may hold a password.
fn line(setting: &Setting) -> String {
    let Setting { name, value, .. } = setting;
    if setting.is_appended {
        return format!("export {name}=\"${{{name}:+${name} }}\"{}", shell::word(value));
    }
    format!("export {name}={}", shell::word(value))
}
