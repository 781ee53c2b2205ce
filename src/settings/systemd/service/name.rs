//! The name of a unit, and what follows from it: its template, its drop-ins, its specifiers.

use crate::host::Host;
use crate::settings::systemd::unescape;
use std::path::Path;

/// The parts of a unit's name: `prefix@instance.service`.
pub(super) struct Name {
    pub(super) full: String,
    pub(super) prefix: String,
    instance: String,
    pub(super) is_template: bool,
}

impl Name {
    pub(super) fn new(word: &str) -> Self {
        let full = if word.ends_with(".service") { word.to_owned() } else { format!("{word}.service") };
        let stem = full.strip_suffix(".service").unwrap_or(&full);
        let (prefix, instance) = stem.split_once('@').unwrap_or((stem, ""));
        let (prefix, instance) = (prefix.to_owned(), instance.to_owned());
        let is_template = stem.contains('@') && instance.is_empty();
        Self { full, prefix, instance, is_template }
    }

    /// The name of its template, where it is an instance.
    pub(super) fn template(&self) -> Option<String> {
        (!self.instance.is_empty()).then(|| format!("{}@.service", self.prefix))
    }

    /// The names under which drop-ins stand in one directory, the most particular first.
    pub(super) fn of_drop_ins(&self) -> Vec<String> {
        let mut names = Vec::new();
        let is_instance = self.full.contains('@');
        drop_in_names(&mut names, &self.prefix, is_instance.then_some(self.instance.as_str()));
        names
    }

    /// What a specifier stands for that is about the unit or the host, as far as files tell
    /// (systemd.unit(5)).
    pub(super) fn specifier(&self, host: &Host, letter: char) -> Option<String> {
        let line = |path: &str| host.settings(Path::new(path)).map(|text| text.trim().to_owned());
        let last = self.prefix.rsplit('-').next().unwrap_or_default();
        Some(match letter {
            'n' => self.full.clone(),
            'N' => self.full.strip_suffix(".service")?.to_owned(),
            'p' => self.prefix.clone(),
            'P' => unescape(&self.prefix),
            'i' => self.instance.clone(),
            'I' => unescape(&self.instance),
            'j' => last.to_owned(),
            'J' => unescape(last),
            'f' if self.instance.is_empty() => format!("/{}", unescape(&self.prefix)),
            'f' => format!("/{}", unescape(&self.instance)),
            'T' => "/tmp".to_owned(),
            'V' => "/var/tmp".to_owned(),
            'm' => line("/etc/machine-id")?,
            'H' => line("/etc/hostname")?,
            'l' => line("/etc/hostname")?.split('.').next()?.to_owned(),
            _ => return None,
        })
    }
}

/// Its own, its template's, and those up to each dash, each of them likewise
/// (`unit_file_process_dir`, src/shared/dropin.c); an empty instance is that of a template.
fn drop_in_names(names: &mut Vec<String>, prefix: &str, instance: Option<&str>) {
    let name = match instance {
        Some(instance) => format!("{prefix}@{instance}.service.d"),
        None => format!("{prefix}.service.d"),
    };
    if !names.contains(&name) {
        names.push(name);
    }
    let instance = instance.filter(|instance| !instance.is_empty());
    if instance.is_some() {
        drop_in_names(names, prefix, Some(""));
    }
    if let Some(at) = prefix.trim_end_matches('-').rfind('-') {
        drop_in_names(names, &prefix[..=at], instance);
    }
}

/// Whether a word can name a unit (`unit_name_is_valid`, src/basic/unit-name.c): letters of units alone,
/// something before the `@` and the suffix, at most 255 octets.
pub(super) fn is_unit_name(word: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || ":-_.\\@".contains(letter);
    let stem = word.strip_suffix(".service").unwrap_or(word);
    !stem.is_empty() && !stem.starts_with('@') && word.len() <= 255 && word.chars().all(is_letter)
}
