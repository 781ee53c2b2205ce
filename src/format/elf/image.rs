//! What the headers of a program say about where things stand in its file.
//!
//! None of it is needed to find certificates: it tells where to look first, and what to leave out.

use object::macho::{LC_CODE_SIGNATURE, LinkeditDataCommand, MachHeader32, MachHeader64};
use object::pe::{IMAGE_DIRECTORY_ENTRY_SECURITY, ImageDosHeader, ImageNtHeaders32, ImageNtHeaders64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::read::macho::{FatArch, MachHeader, MachOFatFile32, MachOFatFile64};
use object::read::pe::ImageNtHeaders;
use object::{Endianness, FileKind};
use std::ops::Range;

/// Where the segments of an ELF file stand that are neither code nor written to, and their
/// lengths, from its first octets. The one with the headers comes last: where a linker makes others
/// (`-z separate-code`), it holds the tables of symbols.
pub(crate) fn constants(head: &[u8]) -> Option<Vec<(u64, u64)>> {
    match FileKind::parse(head).ok()? {
        FileKind::Elf32 => read_only::<object::elf::FileHeader32<Endianness>>(head),
        FileKind::Elf64 => read_only::<object::elf::FileHeader64<Endianness>>(head),
        _ => None,
    }
}

fn read_only<Elf: FileHeader<Endian = Endianness>>(head: &[u8]) -> Option<Vec<(u64, u64)>> {
    use object::elf::{PF_R, PT_LOAD};
    let header = Elf::parse(head).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, head).ok()?.iter();
    let constant = segments.filter(|s| s.p_type(endian) == PT_LOAD && s.p_flags(endian) == PF_R);
    let mut found: Vec<(u64, u64)> = constant.map(|s| (s.p_offset(endian).into(), s.p_filesz(endian).into())).collect();
    found.sort_by_key(|(from, _)| *from == 0);
    Some(found)
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
    arches.unwrap_or_default().iter().take(MOST_SLICES).filter_map(one).collect()
}

/// Programs in one Mach-O file that are looked at; Apple's own have at most five.
const MOST_SLICES: usize = 30;

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
