//! What the Go toolchain wrote into a program: its version, the modules in it, its settings.
//!
//! `debug/buildinfo` reads it from the section `.go.buildinfo`; strings stand in it since Go 1.18.

use super::Survey;
use crate::catalogue::client::Installation;
use crate::format::elf::{HEADERS, Sections};
use crate::host::Pieces;
use crate::model::Version;
use std::path::Path;

/// The first octets of build information (`buildInfoMagic`, debug/buildinfo/buildinfo.go).
const MAGIC: &[u8] = b"\xff Go buildinf:";
/// The bit that says that the strings stand in place (`flagsVersionInl`).
const INLINE: u8 = 2;
/// Octets before the strings (`buildInfoHeaderSize`).
const BEFORE: usize = 32;
/// Octets of build information that are read: a hundred times those of Kubernetes.
const LONGEST: u64 = 1024 * 1024;

/// Build information of a program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildInfo {
    /// The version of Go, where it is a release.
    pub version: Option<Version>,
    /// The paths of the modules in it.
    pub modules: Vec<String>,
    /// The settings of `GODEBUG` that it was built with, `name=value`.
    pub settings: Vec<String>,
}

impl Survey<'_> {
    /// The build information in the program at `path`; `None` where Go did not build it, or before 1.18.
    #[must_use]
    pub fn go_build(&self, path: &Path) -> Option<BuildInfo> {
        let resolved = self.host.resolve(path).ok()?;
        self.host
            .pieces(
                &resolved,
                self.host.program_size(),
                |file| Ok(section(file).and_then(|octets| build_info(&octets))),
            )
            .ok()?
    }
}

/// The octets of the section of build information.
fn section(file: &mut dyn Pieces) -> Option<Vec<u8>> {
    let head = file.piece(0..HEADERS).ok()?;
    let sections = Sections::read(&head, &mut |range| file.piece(range).ok())?;
    let place = sections.named(b".go.buildinfo")?.range.clone();
    file.piece(place.start..place.end.min(place.start.checked_add(LONGEST)?)).ok()
}

/// Settings of `GODEBUG` that decide about chains (src/internal/godebugs/table.go), each as the mark of a program
/// in which it holds.
const DECIDING: &[&str] = &[
    "fips140=on",
    "fips140=only",
    "rsa1024min=0",
    "rsa1024min=1",
    "x509negativeserial=0",
    "x509negativeserial=1",
    "x509sha1=0",
    "x509sha1=1",
];

impl Survey<'_> {
    /// Adds the toolchain that built the program, and the settings of `GODEBUG` that hold in it: of the variable the
    /// last with a name, else the one that was built in.
    ///
    /// The `go` line of a module's `go.mod` is in no program, but what follows from it is: the settings that differ
    /// from the toolchain's own, since 1.21 (`DefaultGODEBUG`, src/cmd/go/internal/load/godebug.go).
    pub fn add_go(&self, installation: &mut Installation, program: &Path) {
        let Some(build) = self.go_build(program) else { return };
        self.add_go_build(installation, build);
    }

    /// The same of a program's build information.
    pub fn add_go_build(&self, installation: &mut Installation, build: BuildInfo) {
        installation.components.extend(build.version.map(|version| ("go", version)));
        let variable = self.host.variable("GODEBUG").map(|value| value.to_string_lossy()).unwrap_or_default();
        let set: Vec<&str> =
            build.settings.iter().map(String::as_str).chain(variable.split(',')).map(str::trim).collect();
        for mark in DECIDING {
            let name = mark.split_once('=').map_or(*mark, |(name, _)| name);
            let value = |setting: &&&str| setting.split_once('=').is_some_and(|(known, _)| known == name);
            if set.iter().rfind(value) == Some(mark) {
                installation.marks.push(mark);
            }
        }
    }
}

/// Reads the section.
fn build_info(octets: &[u8]) -> Option<BuildInfo> {
    if !octets.starts_with(MAGIC) || octets.get(MAGIC.len() + 1)? & INLINE == 0 {
        return None;
    }
    let (version, rest) = text(octets.get(BEFORE..)?)?;
    let mut found = BuildInfo { version: go_version(&String::from_utf8_lossy(version)), ..BuildInfo::default() };
    // Sixteen octets before and behind mark the list in a process' memory.
    let list = text(rest).and_then(|(list, _)| list.get(16..list.len().checked_sub(16)?)).unwrap_or_default();
    for line in String::from_utf8_lossy(list).lines() {
        let mut words = line.split('\t');
        match (words.next(), words.next()) {
            (Some("mod" | "dep"), Some(path)) => found.modules.push(path.to_owned()),
            (Some("build"), Some(setting)) => {
                let settings = setting.strip_prefix("DefaultGODEBUG=").unwrap_or_default().split(',');
                found.settings.extend(settings.filter(|one| !one.is_empty()).map(str::to_owned));
            }
            _ => {}
        }
    }
    Some(found)
}

/// A string behind its length, which is a varint (encoding/binary).
fn text(octets: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0usize;
    for (index, octet) in octets.iter().take(4).enumerate() {
        length |= usize::from(octet & 0x7f) << (7 * index);
        if octet & 0x80 == 0 {
            return octets.get(index + 1..)?.split_at_checked(length);
        }
    }
    None
}

/// `go1.22.3`, `go1.26rc1 X:jsonv2`, `devel go1.23-7f0d…`.
fn go_version(text: &str) -> Option<Version> {
    let release = text.trim_start_matches("devel ").strip_prefix("go")?;
    let end = release.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(release.len());
    Version::parse(&release[..end])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An ELF file with build information, as little as there can be.
    pub(crate) fn program(version: &str, list: &str) -> Vec<u8> {
        let mut info = MAGIC.to_vec();
        info.extend([8, INLINE]);
        info.resize(BEFORE, 0);
        let list = format!("{0}{list}{0}", "0123456789abcdef");
        for text in [version, &list] {
            let length = u16::try_from(text.len()).unwrap();
            info.extend([(length & 0x7f) as u8 | 0x80, (length >> 7) as u8]);
            info.extend(text.as_bytes());
        }
        let names = b"\0.go.buildinfo\0.shstrtab\0";
        let (info_at, names_at) = (64u64, 64 + info.len() as u64);
        let sections_at = names_at + names.len() as u64;
        let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
        file.resize(16, 0);
        file.extend([2, 0, 62, 0, 1, 0, 0, 0]);
        file.resize(40, 0);
        file.extend(sections_at.to_le_bytes());
        file.extend([0, 0, 0, 0, 64, 0, 56, 0, 0, 0, 64, 0, 3, 0, 2, 0]);
        assert_eq!(file.len(), 64);
        file.extend(&info);
        file.extend(names);
        for (name, at, length) in
            [(0u32, 0u64, 0u64), (1, info_at, info.len() as u64), (15, names_at, names.len() as u64)]
        {
            let mut section = name.to_le_bytes().to_vec();
            section.resize(24, 0);
            section.extend(at.to_le_bytes());
            section.extend(length.to_le_bytes());
            section.resize(64, 0);
            file.extend(section);
        }
        file
    }

    fn read(file: &[u8]) -> Option<BuildInfo> {
        use crate::host::memory::Memory;
        use crate::host::{Host, System};
        let host = Host::new(Box::new(Memory::new().file("/program", file)), System::Linux);
        Survey::new(&host, super::super::Searched::default()).go_build(Path::new("/program"))
    }

    #[test]
    fn reads_version_modules_and_settings() {
        let list = "path\tmain\nmod\texample.org/x\tv1.0.0\t\ndep\tgolang.org/x/crypto/x509roots/fallback\tv0.0.0\th1:x=\n\
                    build\tDefaultGODEBUG=x509sslcertoverrideplatform=0,asynctimerchan=1\nbuild\tCGO_ENABLED=0\n";
        let found = read(&program("go1.27.3", list)).unwrap();
        assert_eq!(found.version.unwrap().to_string(), "1.27.3");
        assert_eq!(found.modules, ["example.org/x", "golang.org/x/crypto/x509roots/fallback"]);
        assert_eq!(found.settings, ["x509sslcertoverrideplatform=0", "asynctimerchan=1"]);
        assert_eq!(go_version("devel go1.23-7f0d rest").unwrap().to_string(), "1.23");
        assert_eq!(go_version("unknown"), None);
    }

    #[test]
    fn what_is_cut_or_no_go_program_has_none() {
        let whole = program("go1.22", "dep\ta\tb\n");
        assert_eq!(read(b"\x7fELF\x02\x01\x01"), None);
        for length in 0..whole.len() {
            drop(read(&whole[..length]));
        }
        assert_eq!(build_info(b"\xff Go buildinf:\x08\x00"), None);
        assert_eq!(text(&[0xff, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
