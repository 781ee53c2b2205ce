//! A drop-in for a service of systemd.

use super::{Place, Takes, Written};

pub(super) const PLACE: Place = Place {
    id: "systemd",
    file: "a drop-in of a service: /etc/systemd/system/NAME.service.d/castore.conf, then systemctl daemon-reload",
    survives: "upgrades, of the service too; reaches that service once it is started again",
    takes: Takes::Variables,
    lines,
    says: "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#Environment=",
};

fn lines(written: &Written<'_>) -> Vec<String> {
    let settings =
        written.settings.iter().map(|setting| format!("Environment={}", assignment(setting.name, &setting.value)));
    std::iter::once("[Service]".to_owned()).chain(settings).collect()
}

/// One assignment: `%` begins a specifier, and quotes and backslashes are those of systemd.syntax(7).
fn assignment(name: &str, value: &str) -> String {
    let value = value.replace('%', "%%");
    let is_plain = !value.contains([' ', '\t', '"', '\'', '\\']);
    if is_plain {
        return format!("{name}={value}");
    }
    format!("\"{name}={}\"", value.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_would_act_on_is_quoted() {
        assert_eq!(assignment("A", "/etc/x.pem"), "A=/etc/x.pem");
        assert_eq!(assignment("A", "/a b/100%\"\\"), r#""A=/a b/100%%\"\\""#);
    }
}
