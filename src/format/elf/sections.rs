//! The table of sections of an ELF file: what a linker put where, by name and kind.
//!
//! Programs run without it, so it may be stripped or lie: it can spare work, and cannot be relied on.

use super::Read;
use crate::limits::SECTION_TABLE;
use object::read::elf::{FileHeader, SectionHeader};
use object::{Endianness, FileKind};
use std::ops::Range;

/// The sections of a file.
pub(crate) struct Sections {
    table: Vec<Section>,
    /// The names, each ended by NUL.
    names: Vec<u8>,
}

/// One section.
pub(crate) struct Section {
    /// Where its name begins.
    name: usize,
    /// `sh_type`.
    kind: object::elf::SectionType,
    /// `sh_flags`.
    flags: object::elf::SectionFlags,
    /// Where it stands in the file.
    pub(crate) range: Range<u64>,
}

/// What the tables of a linker and the way back from an exception are called, where their kind does not say it
/// (Linux Standard Base, 10.5.2; `.gcc_except_table` is that of GCC and LLVM).
const UNWINDING: [&[u8]; 3] = [b".eh_frame", b".eh_frame_hdr", b".gcc_except_table"];

impl Sections {
    /// Those of the file that begins with `head`.
    pub(crate) fn read(head: &[u8], read: &mut Read<'_>) -> Option<Self> {
        match FileKind::parse(head).ok()? {
            FileKind::Elf32 => sections::<object::elf::FileHeader32<Endianness>>(head, read),
            FileKind::Elf64 => sections::<object::elf::FileHeader64<Endianness>>(head, read),
            _ => None,
        }
    }

    /// The first of this name.
    pub(crate) fn named(&self, name: &[u8]) -> Option<&Section> {
        self.table.iter().find(|section| self.name(section) == name)
    }

    /// Where sections stand that are loaded, and neither code nor written to.
    pub(super) fn constants(&self) -> impl Iterator<Item = Range<u64>> {
        use object::elf::{SHF_ALLOC, SHF_EXECINSTR, SHF_WRITE, SHT_PROGBITS};
        let is_constant = |section: &&Section| {
            section.kind == SHT_PROGBITS && section.flags & (SHF_ALLOC | SHF_WRITE | SHF_EXECINSTR) == SHF_ALLOC
        };
        let constant = self.table.iter().filter(is_constant).filter(|section| !self.is_table(section));
        constant.map(|section| section.range.clone())
    }

    /// Where what linkers make for loading and unwinding stands: symbols, their names, relocations, frames. Nothing
    /// that a program says is in it, and it may be a third of its constants.
    pub(super) fn tables(&self) -> impl Iterator<Item = Range<u64>> {
        self.table.iter().filter(|section| self.is_table(section)).map(|section| section.range.clone())
    }

    fn is_table(&self, section: &Section) -> bool {
        use object::elf::{
            SHT_DYNSYM, SHT_GNU_HASH, SHT_GNU_VERDEF, SHT_GNU_VERNEED, SHT_GNU_VERSYM, SHT_HASH, SHT_REL, SHT_RELA,
            SHT_RELR, SHT_STRTAB, SHT_SYMTAB, SHT_X86_64_UNWIND,
        };
        match section.kind {
            SHT_DYNSYM | SHT_GNU_HASH | SHT_GNU_VERDEF | SHT_GNU_VERNEED | SHT_GNU_VERSYM | SHT_HASH | SHT_REL
            | SHT_RELA | SHT_RELR | SHT_STRTAB | SHT_SYMTAB => true,
            object::elf::SHT_PROGBITS | SHT_X86_64_UNWIND => UNWINDING.contains(&self.name(section)),
            _ => false,
        }
    }

    fn name(&self, section: &Section) -> &[u8] {
        let rest = self.names.get(section.name..).unwrap_or_default();
        memchr::memchr(0, rest).and_then(|end| rest.get(..end)).unwrap_or_default()
    }
}

fn sections<Elf: FileHeader<Endian = Endianness>>(head: &[u8], read: &mut Read<'_>) -> Option<Sections> {
    let header = Elf::parse(head).ok()?;
    let endian = header.endian().ok()?;
    let start: u64 = header.e_shoff(endian).into();
    let size = u64::from(header.e_shnum(endian)) * size_of::<Elf::SectionHeader>() as u64;
    let octets = read(start..start.checked_add(size.min(SECTION_TABLE))?)?;
    let count = octets.len() / size_of::<Elf::SectionHeader>();
    let (headers, _) = object::pod::slice_from_bytes::<Elf::SectionHeader>(&octets, count).ok()?;
    let section = |header: &Elf::SectionHeader| {
        let start: u64 = header.sh_offset(endian).into();
        let range = start..start.checked_add(header.sh_size(endian).into())?;
        let name = usize::try_from(header.sh_name(endian)).ok()?;
        Some(Section { name, kind: header.sh_type(endian), flags: header.sh_flags(endian), range })
    };
    let table: Vec<Section> = headers.iter().filter_map(section).collect();
    let names = section(headers.get(usize::from(header.e_shstrndx(endian).0))?)?.range;
    let names = read(names.start..names.end.min(names.start.checked_add(SECTION_TABLE)?))?;
    Some(Sections { table, names })
}
