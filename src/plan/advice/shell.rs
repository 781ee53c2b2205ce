//! A shell's profile.

use super::{Place, Setting, Takes, Written};

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
        return format!("export {name}=\"${{{name}:+${name} }}\"{}", quoted(value));
    }
    format!("export {name}={}", quoted(value))
}

/// A text as a shell reads it whole (POSIX, 2.2.2).
pub(super) fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:=@,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_act_on_is_quoted() {
        assert_eq!(quoted("/etc/ssl/cert.pem"), "/etc/ssl/cert.pem");
        assert_eq!(quoted("/a b/$x'y"), r"'/a b/$x'\''y'");
        assert_eq!(quoted(""), "''");
    }
}
