//! pip's configuration.

use super::{Place, Takes, Written};

pub(super) const PLACE: Place = Place {
    id: "pip",
    file: "pip.conf: /etc/pip.conf for every account, ~/.config/pip/pip.conf for one",
    survives: "upgrades of pip; reaches every pip of the account, whatever started it",
    takes: Takes::Key("cert", |_| Some("/etc/pip.conf".into())),
    lines,
    says: "https://pip.pypa.io/en/stable/topics/configuration/",
};

fn lines(written: &Written<'_>) -> Vec<String> {
    let value = written.settings.iter().map(|setting| format!("cert = {}", setting.value));
    std::iter::once("[global]".to_owned()).chain(value).collect()
}
