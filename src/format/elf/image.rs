//! What the headers of a program say about where things stand in its file.
//!
//! None of it is needed to find certificates: it tells where to look first, and what to leave out.

use super::{Read, Sections};
use crate::limits::{MACH_O_SLICES, PROGRAM_HEADERS};
use object::macho::{LC_CODE_SIGNATURE, LinkeditDataCommand, MachHeader32, MachHeader64};
use object::pe::{IMAGE_DIRECTORY_ENTRY_SECURITY, ImageDosHeader, ImageNtHeaders32, ImageNtHeaders64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::read::macho::{FatArch, MachHeader, MachOFatFile32, MachOFatFile64};
use object::read::pe::ImageNtHeaders;
use object::{Endianness, FileKind};
use std::ops::Range;

/// Octets between two tables that align the second: fewer hold nothing.
const ALIGNMENT: u64 = 64;

/// Whether a file that begins so is one in ELF.
pub(crate) fn is_elf(head: &[u8]) -> bool {
    matches!(FileKind::parse(head), Ok(FileKind::Elf32 | FileKind::Elf64))
}

/// Where the constants of the ELF file that begins with `head` stand: its segments that are neither code nor
/// written to, without the tables in them that [`Sections`] tells of. The one with the headers comes last: where
/// a linker makes others (`-z separate-code`), it is all tables. Of a file with one segment for constants and code
/// the sections alone tell them apart; none where nothing does.
pub(crate) fn constants(head: &[u8], read: &mut Read<'_>) -> Option<Vec<Range<u64>>> {
    match FileKind::parse(head).ok()? {
        FileKind::Elf32 => read_only::<object::elf::FileHeader32<Endianness>>(head, read),
        FileKind::Elf64 => read_only::<object::elf::FileHeader64<Endianness>>(head, read),
        _ => None,
    }
}

fn read_only<Elf: FileHeader<Endian = Endianness>>(head: &[u8], read: &mut Read<'_>) -> Option<Vec<Range<u64>>> {
    use object::elf::{PF_R, PT_LOAD};
    let header = Elf::parse(head).ok()?;
    let endian = header.endian().ok()?;
    let more = segments_behind::<Elf>(head, read);
    let segments = header.program_headers(endian, more.as_deref().unwrap_or(head)).ok()?.iter();
    let constant = segments.filter(|s| s.p_type(endian) == PT_LOAD && s.p_flags(endian) == PF_R);
    let ranges = constant.map(|s| {
        let start: u64 = s.p_offset(endian).into();
        start..start.saturating_add(s.p_filesz(endian).into())
    });
    let ranges: Vec<Range<u64>> = ranges.collect();
    let sections = Sections::read(head, read);
    let mut found = match (ranges.is_empty(), &sections) {
        (true, sections) => sections.as_ref()?.constants().collect(),
        (false, Some(sections)) => without(ranges, sections.tables().collect()),
        (false, None) => ranges,
    };
    found.sort_by_key(|range| (range.start == 0, range.start));
    Some(found).filter(|found| !found.is_empty())
}

/// The first octets of a file as far as its program headers go, where `head` ends before.
pub(crate) fn segments_behind<Elf: FileHeader<Endian = Endianness>>(
    head: &[u8],
    read: &mut Read<'_>,
) -> Option<Vec<u8>> {
    let header = Elf::parse(head).ok()?;
    let endian = header.endian().ok()?;
    let place: u64 = header.e_phoff(endian).into();
    let end = place.checked_add(u64::from(header.e_phnum(endian)) * u64::from(header.e_phentsize(endian)))?;
    if end > head.len() as u64 { read(0..end.min(PROGRAM_HEADERS)) } else { None }
}

/// `ranges` without what `tables` take of them.
fn without(ranges: Vec<Range<u64>>, mut tables: Vec<Range<u64>>) -> Vec<Range<u64>> {
    tables.sort_by_key(|table| table.start);
    let mut left = Vec::new();
    for range in ranges {
        let mut done = range.start;
        for table in tables.iter().filter(|table| table.end > range.start && table.start < range.end) {
            left.push(done..table.start);
            done = done.max(table.end);
        }
        left.push(done..range.end);
    }
    left.retain(|range| range.end.saturating_sub(range.start) >= ALIGNMENT);
    left
}

/// Where signatures over the program stand: they hold certificates of the signer, which the program
/// does not use. A range that does not begin as a signature does is not one.
pub(super) fn signatures(bytes: &[u8]) -> Vec<Range<u64>> {
    let found = match FileKind::parse(bytes) {
        Ok(FileKind::Pe32) => authenticode::<ImageNtHeaders32>(bytes).into_iter().collect(),
        Ok(FileKind::Pe64) => authenticode::<ImageNtHeaders64>(bytes).into_iter().collect(),
        Ok(FileKind::MachO32) => code_signature::<MachHeader32<Endianness>>(bytes, 0).into_iter().collect(),
        Ok(FileKind::MachO64) => code_signature::<MachHeader64<Endianness>>(bytes, 0).into_iter().collect(),
        Ok(FileKind::MachOFat32) => slices(MachOFatFile32::parse(bytes).map(|fat| fat.arches()), bytes),
        Ok(FileKind::MachOFat64) => slices(MachOFatFile64::parse(bytes).map(|fat| fat.arches()), bytes),
        _ => Vec::new(),
    };
    found.into_iter().filter(|range| is_signature(bytes, range.start)).collect()
}

/// `WIN_CERTIFICATE` of revision 2 with PKCS#7 in it (PE format, attribute certificate table), or
/// `CSMAGIC_EMBEDDED_SIGNATURE` (xnu, osfmk/kern/cs_blobs.h). What lies beyond `bytes` is believed.
fn is_signature(bytes: &[u8], at: u64) -> bool {
    let Some(start) = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).filter(|start| !start.is_empty()) else {
        return true;
    };
    start.get(4..9) == Some(&[0, 2, 2, 0, 0x30]) || start.starts_with(&[0xfa, 0xde, 0x0c, 0xc0])
}

/// The attribute certificate table, whose directory entry holds a place in the file, no address.
fn authenticode<Pe: ImageNtHeaders>(bytes: &[u8]) -> Option<Range<u64>> {
    let mut at = ImageDosHeader::parse(bytes).ok()?.nt_headers_offset().into();
    let (_, directories) = Pe::parse(bytes, &mut at).ok()?;
    let (from, length) = directories.get(IMAGE_DIRECTORY_ENTRY_SECURITY)?.address_range();
    (from > 0).then(|| from.into()..u64::from(from) + u64::from(length))
}

/// Every program of a file for several processors, each with a signature of its own.
fn slices<Fat: FatArch>(arches: object::read::Result<&[Fat]>, bytes: &[u8]) -> Vec<Range<u64>> {
    let one = |fat: &Fat| {
        let (at, _) = fat.file_range();
        let narrow = code_signature::<MachHeader32<Endianness>>(bytes, at);
        narrow.or_else(|| code_signature::<MachHeader64<Endianness>>(bytes, at))
    };
    arches.unwrap_or_default().iter().take(MACH_O_SLICES).filter_map(one).collect()
}

/// What `LC_CODE_SIGNATURE` points to, in the program at `at`.
fn code_signature<Mach: MachHeader<Endian = Endianness>>(bytes: &[u8], at: u64) -> Option<Range<u64>> {
    let header = Mach::parse(bytes, at).ok()?;
    let endian = header.endian().ok()?;
    let mut commands = header.load_commands(endian, bytes, at).ok()?;
    while let Some(command) = commands.next().ok()? {
        if command.cmd() == LC_CODE_SIGNATURE {
            let place: &LinkeditDataCommand<Endianness> = command.data().ok()?;
            let from = at.checked_add(place.dataoff.get(endian).into())?;
            return Some(from..from.checked_add(place.datasize.get(endian).into())?);
        }
    }
    None
}
