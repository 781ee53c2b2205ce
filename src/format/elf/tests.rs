//! Made-up programs with certificates in them, whole and spoiled.

use super::*;
use crate::format::pem;
use crate::format::tests::vectors::{self, one, two, vector};
use crate::format::tests::{authority, certificate, malformation};
use crate::model::{Body, Note, Slot, Trust};

/// An ELF file for x86-64 without sections: its header, a read-only segment that is the whole file,
/// and what it holds (System V ABI, chapters 4 and 5).
fn program(parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let size = (HEADERS + content.len()) as u64;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    file.extend([3, 0, 62, 0, 1, 0, 0, 0]); // ET_DYN, EM_X86_64, EV_CURRENT
    for word in [0u64, 64, 0] {
        file.extend(word.to_le_bytes()); // entry, program headers, section headers
    }
    file.extend([0, 0, 0, 0, 64, 0, 56, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    file.extend([1, 0, 0, 0, 4, 0, 0, 0]); // PT_LOAD, PF_R
    for word in [0, 0, 0, size, size, 8] {
        file.extend(word.to_le_bytes());
    }
    assert_eq!(file.len(), HEADERS);
    [file, content].concat()
}

const HEADERS: usize = 64 + 56;

fn text(der: &[u8]) -> String {
    pem::write(der, &[])
}

fn found(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let read = read(bytes, &Means::default());
    assert!(read.gaps.is_empty(), "{:?}", read.gaps);
    let entry = |entry: crate::model::Decoded| match (entry.slot, entry.body, entry.trust) {
        (Slot::Offset(at), Body::Certificate(der), Trust::Present) => (at, der.into_vec()),
        other => panic!("{other:?}"),
    };
    read.entries.into_iter().map(entry).collect()
}

#[test]
fn finds_der_and_text_at_their_first_places_once() {
    let (a, b) = (certificate(), authority("b"));
    let (text_a, text_b) = (text(&a), text(&b));
    let file = program(&[b"code", text_b.as_bytes(), b"\0", &a, &b, b"\0\0", text_a.as_bytes(), &a]);
    let at = (HEADERS + 4) as u64;
    assert_eq!(found(&file), [(at, b), (at + text_b.len() as u64 + 1, a)]);
}

#[test]
fn finds_text_however_a_source_writes_it() {
    let der = certificate();
    let text = text(&der);
    let quoted = text.lines().map(|line| format!("\"{line}\\n\""));
    let writings = [
        text.clone(),
        text.replace('\n', "\r\n"),
        text.replace('\n', "\r"),
        text.replace('\n', "\\n"),
        text.replace('\n', "\\r\\n"),
        text.replace('\n', "\\\\n"),
        text.replace('\n', "\\n\\\n    "),
        text.replace('\n', "\\n").replace('/', "\\/"),
        text.replace('\n', ""),
        text.replace('\n', "   "),
        quoted.clone().collect::<Vec<_>>().join("\n  "),
        quoted.clone().collect::<Vec<_>>().join(" +\n  "),
        text.lines().map(|line| format!("'{line}'")).collect::<Vec<_>>().join(",\r\n\t"),
    ];
    for writing in writings {
        let at = (HEADERS + 1 + writing.find("-----B").unwrap()) as u64;
        assert_eq!(found(&program(&[b"x", writing.as_bytes(), b"x"])), [(at, der.clone())], "{writing}");
    }
}

#[test]
fn finds_what_stands_across_the_bounds_of_parts() {
    let (a, b) = (certificate(), authority("b"));
    let text = text(&b);
    for shift in [-1i64, 0, 1, 2, 10, 11, 12, 300] {
        for boundary in [64 * 1024, 128 * 1024, 1024 * 1024] {
            let at = usize::try_from(boundary - shift).unwrap();
            let mut file = program(&[]);
            file.resize(at, 0x30);
            file.extend(&a);
            file.resize(file.len() + 70_000, 0);
            let next = file.len();
            file.extend(text.as_bytes());
            assert_eq!(found(&file), [(at as u64, a.clone()), (next as u64, b.clone())]);
        }
    }
}

/// ICU's common data: a header of 32 octets, the table, the names, the items.
fn common_data(items: &[&[u8]], big: bool) -> Vec<u8> {
    let word = |number: usize| match big {
        true => (number as u32).to_be_bytes(),
        false => (number as u32).to_le_bytes(),
    };
    let mut data = if big { vec![0, 32] } else { vec![32, 0] };
    data.extend([0xda, 0x27, 20, 0, 0, 0, u8::from(big), 0, 2, 0]);
    data.extend(b"CmnD");
    data.resize(32, 0);
    data.extend(word(items.len()));
    let names = 4 + items.len() * 8;
    let mut place = names + items.len() * 16;
    for (number, item) in items.iter().enumerate() {
        data.extend(word(names + number * 16));
        data.extend(word(place));
        place += item.len();
    }
    items.iter().for_each(|_| data.extend(b"icudt78l/x.res\0\0"));
    items.iter().for_each(|item| data.extend(*item));
    data
}

#[test]
fn passes_over_the_data_of_icu_where_its_table_is_in_order() {
    let (within, last, after) = (certificate(), authority("last"), authority("after"));
    for big in [false, true] {
        let data = common_data(&[b"item", &within, b"item", &last], big);
        // How long the last item is, the table does not say.
        let both = [last.clone(), after.clone()];
        let file = program(&[b"constants", &data, &after]);
        assert!(found(&file).into_iter().map(|(_, der)| der).eq(both));
        for (at, octet) in [(2, 0), (8, 2), (12, b'X'), (36 + 8 + 4, 0), (36 + 4 * 8, b'X')] {
            let mut spoiled = data.clone();
            spoiled[at] = octet;
            let swapped = at == 36 + 8 + 4;
            if swapped {
                spoiled[at..at + 4].fill(0);
            }
            let file = program(&[b"constants", &spoiled, &after]);
            assert_eq!(found(&file).len(), 3, "{at}");
        }
        // Cut before the first name; after it, its table says where it would end.
        for length in 0..36 + 4 * 8 + 5 {
            let file = program(&[b"constants", &data[..length], &after]);
            assert_eq!(found(&file).len(), 1, "{length}");
        }
    }
}

/// What load does with files too large to be read whole.
#[test]
fn reads_the_same_in_parts() {
    let (a, b, c) = (certificate(), authority("b"), authority("c"));
    let text = text(&c);
    let zeros = vec![0; 300_000];
    let many = vec![&zeros[..9]; 3000];
    let data = common_data(&many, false);
    let file = program(&[&zeros, &a, &data, &zeros, &b, &zeros, text.as_bytes(), &zeros[..10]]);
    let whole = read(&file, &Means::default());
    for size in [977, 4096, 77_777, 98_304, 262_144, 400_000] {
        let mut search = Search::new(&file, 10);
        let (mut waiting, mut at) = (Vec::new(), 0);
        for part in file.chunks(size) {
            waiting.extend_from_slice(part);
            let done = search.part(&waiting, at, true);
            waiting.drain(..done);
            at += done as u64;
        }
        search.part(&waiting, at, false);
        assert_eq!(search.finish(Format::Elf), whole);
    }
    assert_eq!(whole.entries.len(), 3);
}

#[test]
fn keeps_to_the_bound_of_entries() {
    let file = program(&[&certificate(), &authority("b"), &authority("c")]);
    let means = Means { bounds: crate::limits::Bounds { entries: 2, ..Default::default() }, ..Means::default() };
    let read = read(&file, &means);
    assert_eq!((read.entries.len(), read.gaps.len()), (2, 1));
    assert_eq!(read.gaps[0].to_string(), "more than the limit of 2 entries");
}

#[test]
fn short_certificates_are_found_too() {
    // Ed25519: a TBSCertificate of fewer than 256 octets.
    let mut parameters = rcgen::CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters.distinguished_name.push(rcgen::DnType::CommonName, "a name to make it 256 octets long");
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    let der = parameters.self_signed(&key).unwrap().der().to_vec();
    assert_eq!((&der[..2], &der[4..6]), (&[0x30, 0x82][..], &[0x30, 0x81][..]));
    assert_eq!(found(&program(&[&der])), [(HEADERS as u64, der)]);
}

/// Thousands of beginnings, each inside the one before and ending where it ends, and none whole.
#[test]
fn beginnings_in_each_other_take_no_time() {
    let mut file = program(&[]);
    while file.len() < 8 * 1024 * 1024 {
        file.extend([0x30, 0x82, 0xff, 0xfb, 0x30, 0x82]);
        file.extend([0xa0, 0x00, 0x02, 0x30]);
        file.extend(text::BEGIN);
        file.extend(b"CERTIFICATE-----MII");
    }
    assert!(found(&file).is_empty());
}

/// The same with a whole frame each: serial numbers that hold the next, and a key that is none.
#[test]
fn frames_in_each_other_come_to_a_bound() {
    let element = |tag: u8, content: &[u8]| {
        let mut out = vec![tag, 0x82];
        out.extend((content.len() as u16).to_be_bytes());
        [out, content.to_vec()].concat()
    };
    let short = |tag: u8, content: &[u8]| [&[tag, content.len() as u8][..], content].concat();
    let algorithm = short(0x30, &short(6, &[42, 3]));
    let mut file = Vec::new();
    let rest = [&algorithm[..], &short(0x30, &[]), &short(0x30, &[0; 100]), &short(0x30, &[])].concat();
    for _ in 0..1500 {
        // Each TBSCertificate ends where the one inside it does.
        let inner = element(0x30, &[element(2, &file), rest.clone()].concat());
        let outer = element(0x30, &[inner, algorithm.clone(), vec![3, 2, 0, 0]].concat());
        if outer.len() > 0xff00 {
            break;
        }
        file = outer;
    }
    let whole = program(&[file.repeat(40).as_slice()]);
    let read = read(&whole, &Means::default());
    assert!(read.entries.is_empty());
    let bound = "more than the limit of 16777216 bytes that begin like certificates and are none";
    assert_eq!(read.gaps.iter().map(ToString::to_string).collect::<Vec<_>>(), [bound]);
}

#[test]
fn a_signature_over_a_program_is_not_what_it_holds() {
    let (signer, held) = (certificate(), authority("held"));
    // PE: the stub, the place of its header, COFF and optional header with sixteen directories.
    let mut file = b"MZ".to_vec();
    file.resize(0x3c, 0);
    file.extend(0x40u32.to_le_bytes());
    file.extend(b"PE\0\0\x64\x86\0\0");
    file.extend([0; 12]);
    file.extend([240, 0, 0x22, 0]);
    let optional = file.len();
    file.extend([0x0b, 0x02]);
    file.resize(optional + 240, 0);
    file[optional + 108..optional + 112].copy_from_slice(&16u32.to_le_bytes());
    file.extend(&held);
    let at = file.len().next_multiple_of(8);
    file.resize(at, 0);
    let directory = optional + 112 + 4 * 8;
    file[directory..directory + 4].copy_from_slice(&(at as u32).to_le_bytes());
    file[directory + 4..directory + 8].copy_from_slice(&((signer.len() + 8) as u32).to_le_bytes());
    let length = (signer.len() + 8) as u32;
    file.extend(length.to_le_bytes());
    file.extend([0, 2, 2, 0]);
    file.extend(&signer);
    let read = crate::format::decode(&file);
    assert_eq!((read.format, read.entries.len()), (Format::Pe, 1));
    assert_eq!(found(&file)[0].1, held);
    // A table that does not begin as one hides nothing.
    file[at + 4] = 1;
    assert_eq!(found(&file).len(), 2);
}

#[test]
fn a_signature_over_a_mach_o_program_is_not_what_it_holds() {
    let (signer, held) = (certificate(), authority("held"));
    // mach_header_64 with one linkedit_data_command.
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let at = (32 + 16 + held.len()) as u32;
    let mut file = words(&[0xfeed_facf, 0x0100_000c, 0, 2, 1, 16, 0, 0]);
    file.extend(words(&[0x1d, 16, at, signer.len() as u32 + 8]));
    file.extend(&held);
    file.extend([0xfa, 0xde, 0x0c, 0xc0, 0, 0, 0, 0]);
    file.extend(&signer);
    let read = crate::format::decode(&file);
    assert_eq!((read.format, read.entries.len()), (Format::MachO, 1));
    assert_eq!(found(&file)[0].1, held);
    // The same as the second of two in one file.
    let mut both: Vec<u8> = [0xcafe_babeu32, 2].iter().flat_map(|word| word.to_be_bytes()).collect();
    both.extend([0; 20]);
    for word in [0x0100_000cu32, 0, 48, file.len() as u32, 0] {
        both.extend(word.to_be_bytes());
    }
    both.extend(&file);
    let read = crate::format::decode(&both);
    assert_eq!((read.format, read.entries.len()), (Format::MachO, 1), "{read:?}");
}

#[test]
fn says_what_is_wrong_with_text() {
    let text = text(&certificate());
    let cut = program(&[&text.as_bytes()[..300]]);
    let read = read(&cut, &Means::default());
    assert_eq!(malformation(&read.entries[0]).expected, "an END line");
    let empty = "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n";
    assert!(found(&program(&[empty.as_bytes()])).is_empty());
}

/// Where constants begin and end.
fn constants_of(file: &[u8]) -> Option<Vec<(u64, u64)>> {
    let place = |at: u64| usize::try_from(at).map_or(file.len(), |at| at.min(file.len()));
    let read = &mut |range: Range<u64>| file.get(place(range.start)..place(range.end)).map(<[u8]>::to_vec);
    Some(constants(file, read)?.into_iter().map(|range| (range.start, range.end)).collect())
}

#[test]
fn constants_of_malformed_headers_are_none() {
    let mut file = program(&[b"x"]);
    assert_eq!(constants_of(&file), Some(vec![(0, file.len() as u64)]));
    file[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(constants_of(&file), None);
    assert_eq!(constants_of(b"\x7fELF"), None);
}

/// `file` with a table of sections behind it: of each its name, `sh_type`, `sh_flags`, and the octets that it is.
fn with_sections(file: Vec<u8>, sections: &[(&str, u32, u64, Range<u64>)]) -> Vec<u8> {
    let mut names = vec![0];
    let mut table = vec![0; 64];
    let own = (".shstrtab", 3, 0, 0..0);
    for (name, kind, flags, range) in sections.iter().chain([&own]) {
        let at = names.len() as u32;
        names.extend(name.as_bytes());
        names.push(0);
        table.extend([at, *kind].iter().flat_map(|word| word.to_le_bytes()));
        table.extend([*flags, 0, range.start, range.end - range.start].iter().flat_map(|word| word.to_le_bytes()));
        table.extend([0; 24]);
    }
    // The last is where the names stand.
    let (at, last) = (file.len() as u64, table.len() - 64);
    table[last + 24..last + 32].copy_from_slice(&at.to_le_bytes());
    table[last + 32..last + 40].copy_from_slice(&(names.len() as u64).to_le_bytes());
    let count = sections.len() as u8 + 2;
    let file = with(with(file, 40, &(at + names.len() as u64).to_le_bytes()), 58, &[64, 0, count, 0, count - 1, 0]);
    [file, names, table].concat()
}

#[test]
fn what_linkers_made_is_no_constant() {
    const ALLOC: u64 = 2;
    const CODE: u64 = 6;
    let file = program(&[&[0; 2000]]);
    let sections = [
        (".dynstr", 3, ALLOC, 120..400),
        (".rodata", 1, ALLOC, 448..1000),
        (".eh_frame", 1, ALLOC, 1000..1500),
        (".eh_frame_of_our_own", 1, ALLOC, 1500..1600),
        (".rela.dyn", 4, ALLOC, 1600..1700),
    ];
    let whole = with_sections(file.clone(), &sections);
    // Headers, what no section claims, and constants; not the octets that align.
    assert_eq!(constants_of(&whole), Some(vec![(400, 1000), (1500, 1600), (1700, 2120), (0, 120)]));
    // One segment for all: what sections call constants.
    let one = |sections: &[(&str, u32, u64, Range<u64>)]| {
        constants_of(&with_sections(with(file.clone(), 64 + 4, &[5]), sections))
    };
    assert_eq!(one(&sections), Some(vec![(448, 1000), (1500, 1600)]));
    assert_eq!(one(&[(".text", 1, CODE, 120..2000)]), None);
    // A table that claims everything leaves nothing, and all is searched.
    assert_eq!(constants_of(&with_sections(file.clone(), &[(".dynsym", 11, ALLOC, 0..u64::MAX)])), None);
    // No table that can be read: the segment.
    assert_eq!(constants_of(&with(file, 40, &u64::MAX.to_le_bytes())), Some(vec![(0, 2120)]));
}

/// Octets of `file` at `at` replaced.
fn with(mut file: Vec<u8>, at: usize, octets: &[u8]) -> Vec<u8> {
    file[at..at + octets.len()].copy_from_slice(octets);
    file
}

#[test]
fn vectors() {
    let (one, two) = (one(), two());
    let (text_one, text_two) = (text(&one), text(&two));
    let der = || program(&[b"\0data\0", &one, b"\0", &two, b"\0"]);
    let at = HEADERS + 6;
    let block = |text: &str| program(&[b"\0", text.as_bytes(), b"\0", &two]);
    let nested = [&[0x30, 0x82, 0x7f, 0xff, 0x30, 0x82, 0x01, 0x00, 0xa0, 3, 2, 1, 2][..], &one].concat();
    let mut shared = one[..8].to_vec();
    shared.extend(&one);
    let extended = |der: &[u8]| [der, &[0x30, 0x82][..]].concat();
    let fat = [&[0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 61][..], &one].concat();
    vectors::hold(
        "elf",
        &[
            vector("clean", "none", der()),
            vector("clean-text", "none: text, and the same again as DER", program(&[text_one.as_bytes(), &one, &two])),
            vector("section-table-beyond-file", "the section table is said to stand after the end", {
                with(with(der(), 40, &u64::MAX.to_le_bytes()), 58, &[64, 0, 0xff, 0xff, 1, 0])
            }),
            vector("program-table-beyond-file", "the program table is said to stand after the end", {
                with(der(), 32, &0xffff_ffff_0000u64.to_le_bytes())
            }),
            vector("header-only-magic", "the header ends after its magic", [b"\x7fELF".as_slice(), &one].concat()),
            vector("class-unknown", "the class is neither 32 nor 64 bits", with(der(), 4, &[9])),
            vector("segment-of-nothing", "the only segment has no octets in the file", with(der(), 64 + 32, &[0; 8])),
            vector("der-cut", "the file ends inside the second certificate", {
                let file = der();
                file[..file.len() - 20].to_vec()
            }),
            vector("der-length-overflow", "the first certificate says it is longer than the file", {
                with(der(), at + 2, &[0xff, 0xff])
            }),
            vector("der-length-one-less", "the first certificate says it is one octet shorter", {
                with(der(), at + 3, &[one[3] - 1])
            }),
            vector("der-inner-length-one-more", "the first TBSCertificate takes an octet of the algorithm", {
                with(der(), at + 7, &[one[7] + 1])
            }),
            vector("der-integer-padded", "the serial number has a superfluous octet, which OpenSSL refuses", {
                with(der(), at + 15, &[0, 0])
            }),
            vector("der-bit-string-missing", "another octet string stands for the signature", {
                let algorithm = 4 + 4 + usize::from(u16::from_be_bytes([one[6], one[7]]));
                let signature = algorithm + 2 + usize::from(one[algorithm + 1]);
                with(der(), at + signature, &[4])
            }),
            vector("der-nested", "a certificate stands inside what begins like one", program(&[&nested, &two])),
            vector("der-overlapping", "the first octets of a certificate stand before it", program(&[&shared, &two])),
            vector("der-adjacent", "none: certificates without an octet between", program(&[&one, &two, &one])),
            vector("der-opening-last", "the file ends with the opening of a certificate", program(&[&extended(&two)])),
            vector("text-cut", "the file ends inside the base64", program(&[&two, &text_one.as_bytes()[..200]])),
            vector("text-cut-by-nul", "a NUL stands in the base64", block(&text_one.replacen("\nAw", "\n\0Aw", 1))),
            vector("text-end-missing", "no END: the string ends after the base64", {
                block(text_one.split("-----END").next().unwrap_or_default())
            }),
            vector("text-end-differs", "END says another label", block(&text_one.replace("END C", "END X509 C"))),
            vector("text-label", "the label is X509 CERTIFICATE", block(&text_one.replace(" CERT", " X509 CERT"))),
            vector("text-escaped", "none: the ends of lines are written out", block(&text_one.replace('\n', "\\n"))),
            vector("text-cr", "lines end in CR alone", block(&text_one.replace('\n', "\r"))),
            vector("text-line-missing", "a line of the base64 is missing", {
                let lines: Vec<_> = text_one.lines().collect();
                block(&[&lines[..2], &lines[3..]].concat().join("\n"))
            }),
            vector("text-not-a-certificate", "a request is labelled as a certificate", {
                block(&text(&[&[0x30, 0x82, 0x00, 0x40, 0x30, 0x3e, 2, 1, 0][..], &[5; 59]].concat()))
            }),
            vector("text-template", "none: BEGIN and END that a program writes", {
                block("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n")
            }),
            vector("text-begin-twice", "a block begins inside another", {
                block(&[&text_one[..150], &text_two].concat())
            }),
            vector("text-trailing", "four octets follow the certificate in its block", {
                block(&text(&[&one[..], b"tail"].concat()))
            }),
            vector("java-class", "none: a class file has Mach-O's magic, and its octets are its own", fat),
        ],
    );
}

proptest::proptest! {
    #[test]
    fn any_octets_are_read_to_an_end(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..2000)) {
        let read = read(&bytes, &Means::default());
        proptest::prop_assert!(read.entries.len() < 2);
    }
}

/// Notes of text are those of [`pem`].
#[test]
fn notes_of_text() {
    let der = certificate();
    let long = [&der[..], b"tail"].concat();
    let read = read(&program(&[text(&long).replace(" CERT", " X509 CERT").as_bytes()]), &Means::default());
    assert_eq!(read.entries[0].notes, [Note::Label("X509 CERTIFICATE".into()), Note::Trailing(4)]);
}
