//! What an ELF file asks the dynamic loader for: libraries, and where to look for them.

use crate::format::elf::{HEADERS, Read, segments_behind};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, FileKind};
use std::ops::Range;

/// What the dynamic section of an ELF file asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Linkage {
    /// The libraries it needs, by the names it gives them.
    pub needed: Vec<String>,
    /// Its own search path, which comes after `LD_LIBRARY_PATH`; `$ORIGIN` not yet replaced.
    pub runpath: Vec<String>,
    /// Its own search path of the older kind, which comes before, and counts only without the other.
    pub rpath: Vec<String>,
}

impl Linkage {
    /// The first needed library whose file name begins so.
    #[must_use]
    pub fn needs(&self, prefix: &str) -> Option<&str> {
        self.needed.iter().find(|name| name.rsplit('/').next().unwrap_or(name).starts_with(prefix)).map(String::as_str)
    }

    /// That of an ELF file of either width and byte order; `None` of another, and of one that is linked to nothing.
    pub(super) fn read(read: &mut Read<'_>) -> Option<Self> {
        let head = read(0..HEADERS)?;
        match FileKind::parse(&*head).ok()? {
            FileKind::Elf32 => dynamic::<object::elf::FileHeader32<Endianness>>(&head, read),
            FileKind::Elf64 => dynamic::<object::elf::FileHeader64<Endianness>>(&head, read),
            _ => None,
        }
    }
}

/// Octets of a dynamic section that are read, a hundred times any.
const DYNAMIC: u64 = 64 * 1024;
/// Names of one kind that are read: the largest programs are linked to some hundred libraries.
const MOST: usize = 1000;
/// Octets of names that are read together: all that small libraries have. Those of the libraries stand among the
/// names of all symbols, 5 MB in Node, which exports everything.
const NAMES: u64 = 8 * 1024;
/// Octets of the longest name or path: `PATH_MAX` is 4096, and a search path has a few.
const NAME: u64 = 64 * 1024;

fn dynamic<Elf: FileHeader<Endian = Endianness>>(head: &[u8], read: &mut Read<'_>) -> Option<Linkage> {
    use object::elf::{DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_STRSZ, DT_STRTAB, PT_DYNAMIC};
    let header = Elf::parse(head).ok()?;
    let endian = header.endian().ok()?;
    let more = segments_behind::<Elf>(head, read);
    let segments = header.program_headers(endian, more.as_deref().unwrap_or(head)).ok()?;
    let section = segments.iter().find(|segment| segment.p_type(endian) == PT_DYNAMIC)?;
    let (start, length): (u64, u64) = (section.p_offset(endian).into(), section.p_filesz(endian).into());
    let octets = read(start..start.checked_add(length.min(DYNAMIC))?)?;
    let (entries, _) = object::pod::slice_from_bytes::<Elf::Dyn>(&octets, octets.len() / size_of::<Elf::Dyn>()).ok()?;
    let value = |tag: object::elf::DynamicTag| {
        let tagged = entries.iter().filter(move |entry| entry.tag(endian) == tag);
        tagged.map(move |entry| entry.d_val(endian).into()).take(MOST)
    };
    let table: u64 = value(DT_STRTAB).next()?;
    let (start, left) = segments.iter().find_map(|segment| {
        let within = table.checked_sub(segment.p_vaddr(endian).into())?;
        let left = segment.p_filesz(endian).into().checked_sub(within).filter(|left| *left > 0)?;
        Some((segment.p_offset(endian).into().checked_add(within)?, left))
    })?;
    let end = start.checked_add(value(DT_STRSZ).next().unwrap_or(left).min(left))?;
    let mut names = Names { table: start..end, from: start, octets: Vec::new(), read };
    let needed = value(DT_NEEDED).filter_map(|place| names.text(place)).collect();
    let mut paths = |tag| {
        let lists = value(tag).filter_map(|place| names.text(place));
        lists.flat_map(|list| list.split(':').map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    Some(Linkage { needed, runpath: paths(DT_RUNPATH), rpath: paths(DT_RPATH) })
}

/// A table of names, of which a window is read.
struct Names<'r, 'p> {
    /// Where it stands in the file.
    table: Range<u64>,
    /// Where the window begins.
    from: u64,
    octets: Vec<u8>,
    read: &'r mut Read<'p>,
}

impl Names<'_, '_> {
    /// The name at this place of the table.
    fn text(&mut self, place: u64) -> Option<String> {
        let at = self.table.start.checked_add(place).filter(|at| *at < self.table.end)?;
        self.known(at).or_else(|| [NAMES, NAME].into_iter().find_map(|length| self.read_from(at, length)))
    }

    fn read_from(&mut self, at: u64, length: u64) -> Option<String> {
        self.octets = (self.read)(at..at.saturating_add(length).min(self.table.end))?;
        self.from = at;
        self.known(at)
    }

    /// The name at this place of the file, where all of it is in the window.
    fn known(&self, at: u64) -> Option<String> {
        let rest = self.octets.get(usize::try_from(at.checked_sub(self.from)?).ok()?..)?;
        Some(String::from_utf8_lossy(&rest[..memchr::memchr(0, rest)?]).into_owned())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An ELF file that is linked: one segment that is the whole file, the dynamic section, and names, those that
    /// count where a large program has them.
    pub(crate) fn linked(before: usize, tags: &[(u64, &str)]) -> Vec<u8> {
        let mut names = vec![b'x'; before];
        names.push(0);
        let mut dynamic: Vec<u64> = Vec::new();
        for (tag, name) in tags {
            dynamic.extend([*tag, names.len() as u64]);
            names.extend(name.as_bytes());
            names.push(0);
        }
        let (segments, at) = (64u64, 64 + 2 * 56);
        let names_at = at + 16 * (tags.len() as u64 + 3);
        dynamic.extend([5, names_at, 10, names.len() as u64, 0, 0]); // DT_STRTAB, DT_STRSZ, DT_NULL
        let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
        [0, segments, 0].iter().for_each(|word: &u64| file.extend(word.to_le_bytes()));
        file.extend([0, 0, 0, 0, 64, 0, 56, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        let size = names_at + names.len() as u64;
        for (kind, from, length) in [(1u32, 0u64, size), (2, at, names_at - at)] {
            file.extend(kind.to_le_bytes());
            file.extend(4u32.to_le_bytes());
            [from, from, from, length, length, 8].iter().for_each(|word| file.extend(word.to_le_bytes()));
        }
        dynamic.iter().for_each(|word| file.extend(word.to_le_bytes()));
        file.extend(names);
        file
    }

    /// What is read of a file, and how many octets that takes.
    fn read(file: &[u8]) -> (Option<Linkage>, usize) {
        let mut octets = 0;
        let place = |at: u64| usize::try_from(at).map_or(file.len(), |at| at.min(file.len()));
        let found = Linkage::read(&mut |range| {
            let piece = file.get(place(range.start)..place(range.end))?.to_vec();
            octets += piece.len();
            Some(piece)
        });
        (found, octets)
    }

    #[test]
    fn of_the_names_of_all_symbols_those_of_libraries_are_read() {
        let long = format!("/{}:/opt/lib", "x".repeat(10_000));
        let tags = [(1, "libssl.so.3"), (1, "libcrypto.so.3"), (29, "$ORIGIN/../lib:/opt/lib"), (15, &long)];
        for before in [0, 5_000_000] {
            let (found, octets) = read(&linked(before, &tags));
            let found = found.unwrap();
            assert_eq!(found.needed, ["libssl.so.3", "libcrypto.so.3"]);
            assert_eq!(found.needs("libcrypto"), Some("libcrypto.so.3"));
            assert_eq!(found.runpath, ["$ORIGIN/../lib", "/opt/lib"]);
            assert_eq!(found.rpath, long.split(':').collect::<Vec<_>>());
            assert!(octets < 64 * 1024, "{octets} octets");
        }
    }

    #[test]
    fn what_is_cut_or_points_nowhere_is_linked_to_nothing() {
        let whole = linked(3, &[(1, "libc.so.6"), (1, "libm.so.6")]);
        assert_eq!(read(b"\x7fELF\x02\x01\x01").0, None);
        for length in 0..whole.len() {
            drop(read(&whole[..length]));
        }
        let mut beyond = whole.clone();
        beyond[64 + 2 * 56 + 8..][..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert_eq!(read(&beyond).0.unwrap().needed, ["libm.so.6"]);
        // The last name has no end.
        assert_eq!(read(&whole[..whole.len() - 1]).0.unwrap().needed, ["libc.so.6"]);
    }
}
