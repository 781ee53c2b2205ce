//! Programs made with Electron: a directory with a program, and the application in `resources` beside it.
//!
//! Electron looks for `resources/app.asar`, `resources/app` and `resources/default_app.asar` beside the
//! program (lib/browser/init.ts), whatever that is called; packages put such directories into few places.

use super::Survey;
use crate::catalogue::client::Installation;
use crate::host::Resolved;
use crate::model::Version;
use memchr::memmem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The mark of a program in which a fuse turns `NODE_OPTIONS` and `NODE_EXTRA_CA_CERTS` off.
pub const NODE_VARIABLES_OFF: &str = "node-variables-off";

/// What stands before the fuses of a program: their version, their number and one character for each
/// (docs/tutorial/fuses.md of Electron).
const SENTINEL: &[u8] = b"dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX";
/// The fuse `nodeOptions` among those of version 1 (build/fuses/fuses.json5), and what it is when it is off.
const NODE_OPTIONS: usize = 2;
const OFF: u8 = b'0';

/// Directories of which each child may be such a directory, or hold one: of packages of distributions,
/// of vendors, and of the user.
const PARENTS: &[&str] = &["/opt", "/usr/lib", "/usr/lib64", "/usr/share", "/usr/local/lib", "/usr/local/share"];
/// Where a Snap has it, below `/snap/NAME/current`.
const IN_SNAP: &[&str] = &["", "usr/share", "usr/lib", "usr/lib/x86_64-linux-gnu", "opt"];
/// Where a Flatpak has it, below its files.
const IN_FLATPAK: &[&str] = &["", "lib", "share", "extra", "opt"];

/// Files beside the program that are none, by their extension.
const NO_PROGRAM: &[&str] = &["asar", "bin", "dat", "html", "json", "node", "pak", "png", "sh", "so", "txt", "1", "5"];

impl Survey<'_> {
    /// Every program made with Electron in the usual places.
    #[must_use]
    pub fn electrons(&self) -> Vec<Arc<Installation>> {
        self.electrons.get_or_init(|| self.find_electrons()).clone()
    }

    fn find_electrons(&self) -> Vec<Arc<Installation>> {
        let (mut found, mut seen) = (Vec::new(), Vec::new());
        let mut add = |directory: &Path, because: &str, data: Option<PathBuf>| {
            let Some((binary, file)) = self.program_of_electron(directory) else { return false };
            if !seen.contains(&file.path) {
                seen.push(file.path.clone());
                found.push(Arc::new(self.electron_at(directory, binary, &file, because, data)));
            }
            true
        };
        for parent in PARENTS {
            for directory in self.host.children(Path::new(parent)) {
                // A vendor's directory in /opt holds one for each of its programs.
                if !add(&directory, "usual place", None) && *parent == "/opt" {
                    self.host.children(&directory).iter().for_each(|below| _ = add(below, "usual place", None));
                }
            }
        }
        for (name, top, places, data) in self.boxes() {
            let data = self.in_home(&data);
            for place in places {
                let parent = top.join(place);
                let children = if place.is_empty() { vec![parent.clone()] } else { Vec::new() };
                let children = children.into_iter().chain(self.host.children(&parent));
                children.for_each(|directory| _ = add(&directory, name, data.clone()));
            }
        }
        found
    }

    /// Programs in a box of their own: where their files stand, and their data below the home directory.
    fn boxes(&self) -> Vec<(&'static str, PathBuf, &'static [&'static str], String)> {
        let name = |directory: &Path| directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let snaps = self.host.children(Path::new("/snap")).into_iter().map(|snap| {
            let data = format!("snap/{}/current/.local/share", name(&snap));
            ("snap", snap.join("current"), IN_SNAP, data)
        });
        let own = self.in_home(".local/share/flatpak/app");
        let tops = own.into_iter().chain([PathBuf::from("/var/lib/flatpak/app")]);
        let flatpaks = tops.flat_map(|top| self.host.children(&top)).map(|application| {
            let data = format!(".var/app/{}/data", name(&application));
            ("flatpak", application.join("current/active/files"), IN_FLATPAK, data)
        });
        snaps.chain(flatpaks).collect()
    }

    /// The program in a directory of an application: the largest file that may be one.
    fn program_of_electron(&self, directory: &Path) -> Option<(PathBuf, Resolved)> {
        let resources = directory.join("resources");
        if !self.host.is_directory(&resources) {
            return None;
        }
        let has = |name: &str| self.host.is_file(&resources.join(name));
        if !["app.asar", "app/package.json", "default_app.asar"].iter().any(|name| has(name)) {
            return None;
        }
        let names = self.names(directory);
        let may_be = |path: &PathBuf| {
            path.extension().is_none_or(|extension| !NO_PROGRAM.iter().any(|other| extension == *other))
                && self.host.is_file(path)
        };
        let files = names.iter().map(|name| directory.join(name)).filter(may_be);
        let files = files.filter_map(|path| Some((path.clone(), self.host.resolve(&path).ok()?)));
        files.max_by_key(|(_, file)| file.size)
    }

    fn electron_at(
        &self,
        at: &Path,
        binary: PathBuf,
        file: &Resolved,
        because: &str,
        data: Option<PathBuf>,
    ) -> Installation {
        let text = self.host.settings(&at.join("version")).unwrap_or_default();
        let version = Version::parse(text.trim().trim_start_matches('v'));
        let mut found = Installation { at: at.to_path_buf(), because: because.to_owned(), ..Installation::default() };
        found.components.extend(version.map(|version| ("electron", version)));
        found.places.push(("binary", binary));
        found.places.extend(data.map(|data| ("data", data)));
        // Only where somebody set what the fuse is about is a large file searched for it.
        if self.set("NODE_EXTRA_CA_CERTS").is_some() && self.fuse_is_off(file) {
            found.marks.push(NODE_VARIABLES_OFF);
        }
        found
    }

    /// Whether the fuse `nodeOptions` is off. It stands among constants, or with what is changed.
    fn fuse_is_off(&self, file: &Resolved) -> bool {
        self.first_in(file, fuse) == Some(OFF)
    }
}

/// The fuse `nodeOptions`, where the fuses stand in this part of a program.
fn fuse(part: &[u8]) -> Option<u8> {
    let wire = &part[memmem::find(part, SENTINEL)? + SENTINEL.len()..];
    let (version, number) = (*wire.first()?, usize::from(*wire.get(1)?));
    (version == 1 && number > NODE_OPTIONS).then(|| wire.get(2 + NODE_OPTIONS).copied()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::survey::Searched;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};

    /// The programs found, with what they are marked by.
    fn found(files: Memory, variables: &[(&str, &str)]) -> Vec<String> {
        let variables = variables.iter().chain(&[("HOME", "/h")]).map(|(k, v)| (k.into(), v.into())).collect();
        let host = Host::new(Box::new(files), System::Linux).with_environment(variables);
        let shown = |one: &Arc<Installation>| {
            let binary = one.place("binary").unwrap().display();
            let data = one.place("data").map(|data| format!(" {}", data.display())).unwrap_or_default();
            let marks: String = one.marks.iter().map(|mark| format!(" {mark}")).collect();
            format!("{} {binary}{data}{marks}", one.because)
        };
        Survey::new(&host, Searched::default()).electrons().iter().map(shown).collect()
    }

    #[test]
    fn they_stand_in_few_places() {
        let files = Memory::new()
            .file("/usr/share/code/code", "a program")
            .file("/usr/share/code/chrome-sandbox", "less")
            .file("/usr/share/code/resources.pak", "more than the program has")
            .file("/usr/share/code/resources/app/package.json", "{}")
            .file("/usr/lib/electron31/electron", "")
            .file("/usr/lib/electron31/resources/default_app.asar", "")
            .file("/opt/vendor/Chat/chat", "")
            .file("/opt/vendor/Chat/resources/app.asar", "")
            .file("/opt/other/resources/readme.txt", "")
            .file("/snap/notes/current/usr/share/notes/notes", "")
            .file("/snap/notes/current/usr/share/notes/resources/app.asar", "")
            .file("/var/lib/flatpak/app/org.x/current/active/files/extra/org", "")
            .file("/var/lib/flatpak/app/org.x/current/active/files/extra/resources/app.asar", "");
        let expected = [
            "usual place /opt/vendor/Chat/chat",
            "usual place /usr/lib/electron31/electron",
            "usual place /usr/share/code/code",
            "snap /snap/notes/current/usr/share/notes/notes /h/snap/notes/current/.local/share",
            "flatpak /var/lib/flatpak/app/org.x/current/active/files/extra/org /h/.var/app/org.x/data",
        ];
        assert_eq!(found(files, &[]), expected);
    }

    #[test]
    fn a_fuse_turns_the_variables_of_node_off() {
        let program =
            |wire: &[u8]| [b"\x7fELF..", SENTINEL, &[1, u8::try_from(wire.len()).unwrap()], wire, b".."].concat();
        let with = |octets: Vec<u8>| {
            let files = Memory::new().file("/opt/x/x", octets).file("/opt/x/resources/app.asar", "");
            found(files, &[("NODE_EXTRA_CA_CERTS", "/a.pem")])
        };
        assert_eq!(with(program(b"10011100")), ["usual place /opt/x/x node-variables-off"]);
        for wire in [&b"10111100"[..], b"10r", b"1", b""] {
            assert_eq!(with(program(wire)), ["usual place /opt/x/x"], "{wire:?}");
        }
        assert_eq!(with(SENTINEL.to_vec()), ["usual place /opt/x/x"]);
    }
}
