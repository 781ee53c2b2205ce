//! A Dockerfile, for an image of the same distribution as this host.

use super::{Place, Takes, Written};
use crate::catalogue::client::Edit;

pub(super) const PLACE: Place = Place {
    id: "docker",
    file: "a Dockerfile, for an image with the same system as this host; root.pem is your root",
    survives: "as long as the image; a base image that was pulled anew is built upon again",
    takes: Takes::Variables,
    lines,
    says: "https://docs.docker.com/reference/dockerfile/#env",
};

fn lines(written: &Written<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(Edit::DropIn { directory, extension, refresh }) = written.system {
        lines.push(format!("COPY root.pem {directory}/root.{extension}"));
        lines.push(format!("RUN {refresh}"));
    }
    lines.extend(written.settings.iter().map(|setting| format!("ENV {}={}", setting.name, quoted(&setting.value))));
    lines
}

/// A value of `ENV`, in which `$` stands for a variable.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:=@,".contains(c);
    if value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("\"{}\"", value.replace('\\', r"\\").replace('"', "\\\"").replace('$', r"\$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dockerfile_would_act_on_is_quoted() {
        assert_eq!(quoted("/etc/x.pem"), "/etc/x.pem");
        assert_eq!(quoted("/a b/$x\"\\"), r#""/a b/\$x\"\\""#);
    }
}
