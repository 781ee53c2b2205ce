//! What stands in containers: indefinite lengths, strings in pieces, what is cut short.

use super::*;
use crate::format::tests::certificate as authority;
use proptest::prelude::*;

/// The same element with an indefinite length.
fn indefinite(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], content, &[0, 0]].concat()
}

#[test]
fn finds_the_end_of_indefinite_lengths() {
    let inner = indefinite(0x30, &[0x04, 2, 0, 0]);
    let bytes = [indefinite(0x30, &inner), vec![0x05, 0]].concat();
    let mut walk = Walk::new(&bytes);
    let outer = walk.next().unwrap();
    assert_eq!((outer.content.clone(), outer.whole.end), (2..2 + inner.len(), 4 + inner.len()));
    assert_eq!(walk.next().unwrap().tag, 0x05);
    assert!(walk.is_empty());
    let mut nested = Walk::new(&bytes).inside(&outer).unwrap();
    assert_eq!(nested.enter(0x30, "x").unwrap().octet_string("x").unwrap()[..], [0, 0]);
}

#[test]
fn joins_strings_in_pieces() {
    let pieces = [&indefinite(0x24, &[0x04, 1, 1, 0x04, 0])[..], &[0x04, 2, 2, 3]].concat();
    for tag in [0x24, 0xa0] {
        let bytes = indefinite(tag, &pieces);
        let (octets, fault) = Walk::new(&bytes).string(tag & !CONSTRUCTED, "x").unwrap();
        assert_eq!((&octets[..], fault), (&[1, 2, 3][..], None));
    }
    let (octets, fault) = Walk::new(&[0x24, 0x80, 4, 1, 7, 4, 9, 8]).string(4, "x").unwrap();
    assert_eq!(octets[..], [7, 8]);
    assert_eq!(fault.unwrap().found.raw(), "9 octets declared, 1 there");
    let deep = (0..7).fold(vec![0x04, 0], |inner, _| indefinite(0x24, &inner));
    assert_eq!(Walk::new(&deep).octet_string("x").unwrap_err().found.raw(), "more");
    assert_eq!(Walk::new(&deep[2..]).octet_string("x"), Ok(Cow::Borrowed(&[][..])));
    assert_eq!(Walk::new(&[0x24, 3, 2, 1, 7]).octet_string("x").unwrap_err().found.raw(), "tag 0x02");
}

#[test]
fn reads_what_is_there_of_an_element_that_is_cut() {
    let (mut inner, fault) = Walk::new(&[0x30, 9, 2, 1, 5]).open(0x30, "x").unwrap();
    assert_eq!(fault.unwrap().found.raw(), "9 octets declared, 3 there");
    assert_eq!((inner.unsigned("x"), inner.is_empty()), (Ok(5), true));
    assert!(Walk::new(&[0x30, 9, 2, 1, 5]).next().is_err());
}

#[test]
fn bounds_depth_and_lengths() {
    let deep: Vec<u8> = [0x30, 0x80].repeat(100_000);
    assert_eq!(Walk::new(&deep).next().unwrap_err().expected, "elements at most 32 deep");
    let mut walk = Walk::new(&deep);
    let mut opened = 0;
    let found = loop {
        match walk.open(0x30, "x") {
            Ok((inner, _)) => walk = inner,
            Err(why) => break why,
        }
        opened += 1;
    };
    assert_eq!((opened, found.expected), (ASN1_DEPTH, "elements at most 32 deep"));
    assert_eq!(Walk::new(&[4, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0]).next().unwrap_err().found.raw(), "a longer one");
    assert_eq!(Walk::new(&[4, 0x85, 0, 0, 0, 0, 1, 7]).next().unwrap().content, 7..8);
    assert_eq!(Walk::new(&[4, 0x80, 0, 0]).next().unwrap_err().expected, "a definite length");
    assert_eq!(Walk::new(&[0, 0]).next().unwrap_err().found.raw(), "the end of contents");
    assert_eq!(Walk::new(&[2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0]).unsigned("x"), Ok(u64::MAX));
}

#[test]
fn takes_certificates_in_der_and_in_ber() {
    let der = authority();
    assert_eq!(certificate(&der), Ok((der.len(), false)));
    let ber = [indefinite(0x30, &der[4..]), vec![1]].concat();
    assert_eq!(certificate(&ber), Ok((ber.len() - 1, true)));
    assert_eq!(certificate(&[0x30, 0x80, 2, 1, 5, 0, 0]).unwrap_err().expected, "a definite length");
    assert_eq!(certificate(&[0x30, 3, 2, 1, 5]).unwrap_err().expected, "a certificate");
}

proptest! {
    #[test]
    fn any_octets_are_walked_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut walk = Walk::new(&bytes);
        while let Ok(element) = walk.next() {
            prop_assert!(element.content.end <= element.whole.end && element.whole.end <= bytes.len());
        }
        let _ = Walk::new(&bytes).string(4, "x");
        let _ = certificate(&bytes);
    }
}
