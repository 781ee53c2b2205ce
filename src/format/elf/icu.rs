//! ICU's common data: names, time zones, collations of every language, 30 MB in one piece in programs
//! that bring ICU along, as Node does. No certificate is in it, and its table of contents says how long
//! it is (ICU, common/ucmndata.h and common/unicode/udata.h).

use crate::limits::ICU_ITEMS;
use std::ops::Range;

/// `UDataInfo.dataFormat` of common data.
pub(super) const FORMAT: &[u8] = b"CmnD";
/// Octets of the header before it.
pub(super) const BEFORE: usize = 12;
/// `MappedData.magic1` and `magic2`.
const MAGIC: &[u8] = &[0xda, 0x27];
/// Octets of a pair in the table: the places of a name and of an item (`UDataOffsetTOCEntry`).
const PAIR: usize = 8;
/// What the names of ICU's own items begin with; others build such files too.
const NAME: &[u8] = b"icudt";

/// Reads numbers in the order that the header says (`UDataInfo.isBigEndian`).
struct Numbers<'a> {
    bytes: &'a [u8],
    big: bool,
}

impl Numbers<'_> {
    fn at(&self, at: usize) -> Option<usize> {
        let octets = *self.bytes.get(at..)?.first_chunk::<4>()?;
        usize::try_from(if self.big { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) }).ok()
    }
}

fn numbers(bytes: &[u8]) -> Option<(Numbers<'_>, usize)> {
    let header = bytes.get(..BEFORE + FORMAT.len())?;
    let big = match header[8] {
        0 => false,
        1 => true,
        _ => return None,
    };
    let size = [header[0], header[1]];
    let size = usize::from(if big { u16::from_be_bytes(size) } else { u16::from_le_bytes(size) });
    let is_icu = &header[2..4] == MAGIC && header.ends_with(FORMAT) && size >= header.len();
    is_icu.then_some((Numbers { bytes, big }, size))
}

/// Whether common data seems to begin here whose table goes on after `bytes`.
pub(super) fn is_cut(bytes: &[u8]) -> bool {
    table(bytes).is_some_and(|table| table.end + NAME.len() > bytes.len())
}

/// Where the pairs of the table stand; none where no common data begins here.
fn table(bytes: &[u8]) -> Option<Range<usize>> {
    let (numbers, start) = numbers(bytes)?;
    // A number that was not read yet is one, and cuts the table.
    let count = numbers.at(start).unwrap_or(usize::from(bytes.len() < start + 4));
    (1..=ICU_ITEMS).contains(&count).then(|| start + 4..start + 4 + count * PAIR)
}

/// Octets up to the last item of the common data that begins here; the item itself is not counted.
/// None where the table is not in order.
pub(super) fn length(bytes: &[u8]) -> Option<u64> {
    let (numbers, start) = numbers(bytes)?;
    let table = table(bytes)?;
    let (mut name, mut item) = (table.len() + 3, table.end - start);
    let first = start.checked_add(numbers.at(table.start)?)?;
    if !bytes.get(first..)?.starts_with(NAME) {
        return None;
    }
    for pair in table.step_by(PAIR) {
        let (next_name, next_item) = (numbers.at(pair)?, numbers.at(pair + 4)?);
        if next_name <= name || next_item <= item {
            return None;
        }
        (name, item) = (next_name, next_item);
    }
    Some(start as u64 + item as u64)
}
