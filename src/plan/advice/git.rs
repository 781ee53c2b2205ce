//! git's configuration.

use super::{Place, Takes, Written};

pub(super) const PLACE: Place = Place {
    id: "git",
    file: "git's configuration: /etc/gitconfig for every account (git config --system http.sslCAInfo), ~/.gitconfig for one",
    survives: "upgrades of git; reaches every git of the account, whatever started it",
    takes: Takes::Key("http.sslCAInfo", |_| Some("/etc/gitconfig".into())),
    lines,
    says: "https://git-scm.com/docs/git-config#Documentation/git-config.txt-httpsslCAInfo",
};

fn lines(written: &Written<'_>) -> Vec<String> {
    let value = written.settings.iter().map(|setting| format!("\tsslCAInfo = {}", quoted(&setting.value)));
    std::iter::once("[http]".to_owned()).chain(value).collect()
}

/// A value in which `#`, `;` and blanks are its own (git-config(1), "Syntax").
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:=@,".contains(c);
    if value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\""))
}
