//! The commands that castore prints, as they are to be typed at this machine for the host that was asked about.
//!
//! What is printed is copied into a shell. Of a tree (`--root DIR`) the paths in a report are those inside it, and the
//! same words at a shell would name the files of this machine: castore's own commands get the options that show the
//! same host, files are named below the root, and what runs on a host is run in the tree by `chroot`. Everything that
//! prints a command gets it from here, so that none is forgotten.

use super::escape;
use crate::catalogue::client::Edit;
use crate::catalogue::clients;
use std::path::{Path, PathBuf};

/// Commands of castore that look at a host, and take the options that say which.
const OF_A_HOST: &[&str] = &["list", "which", "why", "show", "diff", "check", "snapshot", "export", "scan"];

/// Those of them that write in it, which what a process or a service sees is not named to.
const WRITING: &[&str] = &["sync", "add", "remove"];

/// Those that work on what castore remembers of a tree.
const OF_THE_STATE: &[&str] = &["undo", "history"];

/// Programs that remedies have run beside the refresh commands of the catalogue.
const RUN: &[&str] = &["chmod", "chown", "dpkg", "dpkg-trigger", "keytool", "openssl"];

/// Which host commands are for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commands {
    /// The tree, where it is not this machine.
    root: Option<PathBuf>,
    /// Options of commands that work on what was written.
    at: String,
    /// Options of commands that write.
    writing: String,
    /// Options of commands that look.
    looking: String,
}

impl Commands {
    /// Commands for the tree at a directory of this machine.
    #[must_use]
    pub fn at(root: Option<&Path>) -> Self {
        let at = root.map_or_else(String::new, |root| option("--root", root));
        let root = root.filter(|root| *root != Path::new("/")).map(Path::to_path_buf);
        Self { root, writing: at.clone(), looking: at.clone(), at }
    }

    /// The same for a host that an option limits or moves: `--user NAME`.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        let told = word(name, value);
        self.writing += &told;
        self.looking += &told;
        self
    }

    /// The same for one that is only looked at: `--pid N`.
    #[must_use]
    pub fn seen_by(mut self, name: &str, value: &str) -> Self {
        self.looking += &word(name, Some(value));
        self
    }

    /// The same for a host whose looking commands name no root: it is part of what a process sees.
    #[must_use]
    pub fn seen_alone_by(mut self, name: &str, value: &str) -> Self {
        self.looking = word(name, Some(value));
        self
    }

    /// The same, where what undo needs is kept in a directory that was named.
    #[must_use]
    pub fn keeping(mut self, state: Option<&Path>) -> Self {
        let told = state.map_or_else(String::new, |state| option("--state", state));
        self.at += &told;
        self.writing += &told;
        self
    }

    /// Whether they are for another tree than that of this machine.
    #[must_use]
    pub const fn is_of_tree(&self) -> bool {
        self.root.is_some()
    }

    /// A path inside the host as a word of a shell at this machine.
    #[must_use]
    pub fn file(&self, path: &Path) -> String {
        escape::shell_path(&self.place(path))
    }

    fn place(&self, path: &Path) -> PathBuf {
        match &self.root {
            Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
            None => path.to_path_buf(),
        }
    }

    /// A command that is to run on the host.
    #[must_use]
    pub fn run(&self, command: &str) -> String {
        match &self.root {
            Some(root) => format!("chroot {} {command}", escape::shell_path(root)),
            None => command.to_owned(),
        }
    }

    /// The same as words.
    #[must_use]
    pub fn words(&self, command: &[String]) -> Vec<String> {
        let inside = self.root.iter().flat_map(|root| ["chroot".to_owned(), escape::path(root)]);
        inside.chain(command.iter().cloned()).collect()
    }

    /// A text of castore's own with commands in it, or a command of castore: the words that a user writes for a host
    /// are put behind each command, and `--out` of an export, which is a file of this machine, names the one in the
    /// tree.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        if *self == Self::default() {
            return text.to_owned();
        }
        self.out(&self.programs(&self.options(text)))
    }

    /// Puts options behind the commands of castore.
    fn options(&self, text: &str) -> String {
        const NAME: &str = "castore ";
        let mut done = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(NAME) {
            let (before, behind) = rest.split_at(at + NAME.len());
            done += before;
            rest = behind;
            let is_word = rest.len() == text.len()
                || !done[..done.len() - NAME.len()].ends_with(|c: char| c.is_alphanumeric() || "-/_".contains(c));
            let verb = verb(rest);
            let Some(options) = Some(self.of(verb)).filter(|options| is_word && !options.is_empty()) else { continue };
            let end = if rest[verb.len()..].starts_with(" accept") { verb.len() + " accept".len() } else { verb.len() };
            let (command, behind) = rest.split_at(end);
            done += command;
            rest = behind;
            // What has them already is left alone, and what one did is no command.
            if !rest.starts_with(options) && !rest.starts_with(" wrote") {
                done += options;
            }
        }
        done + rest
    }

    fn of(&self, verb: &str) -> &str {
        match verb {
            verb if OF_A_HOST.contains(&verb) => &self.looking,
            verb if WRITING.contains(&verb) => &self.writing,
            verb if OF_THE_STATE.contains(&verb) => &self.at,
            _ => "",
        }
    }

    /// Has programs that a text says to run run in the tree.
    fn programs(&self, text: &str) -> String {
        let Some(root) = &self.root else { return text.to_owned() };
        let refreshes = clients().filter_map(|client| match client.edit {
            Edit::DropIn { refresh, .. } => refresh.split(' ').next(),
            _ => None,
        });
        let mut known: Vec<&str> = refreshes.chain(RUN.iter().copied()).collect();
        known.sort_unstable();
        known.dedup();
        let inside = format!("chroot {} ", escape::shell_path(root));
        let mut done = text.to_owned();
        for (before, program) in ["run ", ", then "].iter().flat_map(|before| known.iter().map(move |it| (before, it)))
        {
            for after in [" ", ",", ";"] {
                done = done.replace(&format!("{before}{program}{after}"), &format!("{before}{inside}{program}{after}"));
            }
            let last = format!("{before}{program}");
            if done.ends_with(&last) {
                done.truncate(done.len() - program.len());
                done += &format!("{inside}{program}");
            }
        }
        done
    }

    /// Names the files that exports write below the root.
    fn out(&self, text: &str) -> String {
        const OPTION: &str = " --out ";
        let Some(root) = &self.root else { return text.to_owned() };
        let mut parts = text.split(OPTION);
        let mut done = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            done += OPTION;
            let (word, rest) = unquoted(part);
            let path = Path::new(&word);
            if path.has_root() && !path.starts_with(root) {
                done += &self.file(path);
                done += rest;
            } else {
                done += part;
            }
        }
        done
    }
}

fn option(name: &str, path: &Path) -> String {
    word(name, Some(&escape::path(path)))
}

fn word(name: &str, value: Option<&str>) -> String {
    value.map_or_else(|| format!(" {name}"), |value| format!(" {name} {}", escape::shell(value)))
}

/// The command that a text begins with.
fn verb(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_lowercase()).next().unwrap_or_default()
}

/// The first word of a line of a shell, as [`escape::shell`] writes them, and what follows.
fn unquoted(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut rest = text;
    loop {
        if let Some(quoted) = rest.strip_prefix('\'') {
            let Some((inside, behind)) = quoted.split_once('\'') else { return (word + rest, "") };
            word += inside;
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix("\\'") {
            word.push('\'');
            rest = behind;
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '\'' || c == ';').unwrap_or(rest.len());
            let (plain, behind) = rest.split_at(end);
            word += plain.strip_suffix(',').unwrap_or(plain);
            let behind = if plain.ends_with(',') { &rest[end - 1..] } else { behind };
            if !behind.starts_with('\'') || plain.is_empty() {
                return (word, behind);
            }
            rest = behind;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Commands {
        Commands::at(Some(Path::new("/t r")))
    }

    #[test]
    fn of_this_machine_nothing_is_changed() {
        let text = "run update-ca-certificates, or castore add 12 --write; castore export --from /a --out /a";
        assert_eq!(Commands::default().text(text), text);
        assert_eq!(Commands::default().run("update-ca-trust"), "update-ca-trust");
        assert_eq!(Commands::default().file(Path::new("/a b")), "'/a b'");
    }

    #[test]
    fn commands_of_castore_say_which_host() {
        let says = |text: &str| tree().with("--user", Some("joe")).text(text);
        assert_eq!(says("castore add 12 --write"), "castore add --root '/t r' --user joe 12 --write");
        assert_eq!(says("see castore which curl"), "see castore which --root '/t r' --user joe curl");
        assert_eq!(
            says("castore undo 3; castore history"),
            "castore undo --root '/t r' 3; castore history --root '/t r'"
        );
        assert_eq!(
            says("castore snapshot accept --baseline F"),
            "castore snapshot accept --root '/t r' --user joe --baseline F"
        );
        for none in [
            "castore clients lists them",
            "a file that castore export wrote",
            "what castore shows",
            "xcastore add",
            "castore checks [ID]",
        ] {
            assert_eq!(says(none), none);
        }
        assert_eq!(says(&says("castore add 12")), says("castore add 12"), "twice is once");
    }

    #[test]
    fn what_a_process_sees_is_looked_at_and_not_written() {
        let seen = Commands::at(Some(Path::new("/proc/7/root"))).seen_alone_by("--pid", "7");
        assert_eq!(
            seen.text("castore show 12; castore add 12"),
            "castore show --pid 7 12; castore add --root /proc/7/root 12"
        );
    }

    #[test]
    fn files_and_programs_are_those_of_the_tree() {
        assert_eq!(tree().file(Path::new("/etc/a.pem")), "'/t r/etc/a.pem'");
        assert_eq!(tree().run("update-ca-certificates"), "chroot '/t r' update-ca-certificates");
        assert_eq!(
            tree().text("put it there and run update-ca-certificates; run the system's command"),
            "put it there and run chroot '/t r' update-ca-certificates; run the system's command"
        );
        assert_eq!(tree().text("run certctl rehash"), "run chroot '/t r' certctl rehash");
        assert_eq!(tree().text("run update-ca-trust"), "run chroot '/t r' update-ca-trust");
    }

    #[test]
    fn an_export_writes_into_the_tree() {
        let says = |text: &str| Commands::at(Some(Path::new("/t"))).text(text);
        assert_eq!(
            says("castore export --from /a --out /a, and more"),
            "castore export --root /t --from /a --out /t/a, and more"
        );
        assert_eq!(says("castore export --out 'x'\\''y'"), "castore export --root /t --out 'x'\\''y'");
        assert_eq!(says("castore export --out '/x'\\''y z' -q"), "castore export --root /t --out '/t/x'\\''y z' -q");
        assert_eq!(says("castore export --out NEW"), "castore export --root /t --out NEW");
        assert_eq!(says(&says("castore export --out /a")), "castore export --root /t --out /t/a");
    }
}
