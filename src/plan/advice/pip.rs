//! pip's configuration.

use super::{Place, Takes, Written};

pub(super) const PLACE: Place = Place {
    id: "pip",
    // A second [global] would be one too many: configparser takes none of the file then.
    file: "pip.conf: /etc/pip.conf for every account (pip config --global set global.cert), \
           ~/.config/pip/pip.conf for one; in the [global] that is there, where one is",
    survives: "upgrades of pip; reaches every pip of the account, whatever started it",
    takes: Takes::Key("cert", |_| Some("/etc/pip.conf".into())),
    lines,
    says: "https://pip.pypa.io/en/stable/topics/configuration/",
};

fn lines(written: &Written<'_>) -> Vec<String> {
    let value = written.settings.iter().map(|setting| format!("cert = {}", setting.value));
    std::iter::once("[global]".to_owned()).chain(value).collect()
}
