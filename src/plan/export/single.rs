//! Formats of one file that nothing seals.

use super::{BadExport, Content, Lost, Options, Row, Shape, Written, anything, bare, ders, lost, spoils};
use crate::format::{edk2, openssl_trusted, p11kit, pem, pkcs7};
use crate::model::trust::ANY_PURPOSE;
use crate::model::{Limited, Oid, Purposes, Ruling, Trust};
use crate::plan::Kept;

/// What nearly everything reads.
pub(super) const PEM: Row = Row {
    name: "pem",
    about: "one file of PEM blocks, with subject and source before each",
    shape: Shape::Text,
    is_bundle: true,
    holds: spoils::openssl,
    write: |kept, options| {
        let block = |kept: &Kept| with_comments(kept, options, |comments| pem::write(kept.certificate.der(), comments));
        Ok(bare(kept, text(kept.iter().map(block).collect()), options.purpose))
    },
};

/// Windows, macOS and Java import it, in PEM too.
pub(super) const PKCS7: Row = Row {
    name: "pkcs7",
    about: "a bag of certificates (.p7b) as PEM",
    shape: Shape::Text,
    is_bundle: false,
    holds: spoils::openssl,
    write: |kept, options| Ok(bare(kept, text(pkcs7::write_pem(&ders(kept))), options.purpose)),
};

/// The same for programs that read no PEM.
pub(super) const PKCS7_DER: Row = Row {
    name: "pkcs7-der",
    about: "the same as DER",
    shape: Shape::Binary,
    is_bundle: false,
    holds: spoils::openssl,
    write: |kept, options| Ok(bare(kept, Content::File(pkcs7::write(&ders(kept))), options.purpose)),
};

/// What firmware reads: nothing in it can say more than that a certificate is there.
pub(super) const EDK2: Row = Row {
    name: "edk2",
    about: "signature lists of UEFI firmware (cacerts.bin)",
    shape: Shape::Binary,
    is_bundle: false,
    holds: anything,
    write: |kept, options| {
        let written = edk2::write(&ders(kept)).ok_or(BadExport::TooLong)?;
        Ok(bare(kept, Content::File(written), options.purpose))
    },
};

/// What p11-kit keeps itself: purposes, days and names.
pub(super) const P11_KIT: Row = Row {
    name: "p11-kit",
    about: "p11-kit's own, with purposes, dates and names of each certificate",
    shape: Shape::Text,
    is_bundle: false,
    holds: anything,
    write: |kept, options| {
        // A file that says nothing is read by its place: a root from a bundle of PEM is to be one anywhere.
        let trust: Vec<Trust> = kept
            .iter()
            .map(|kept| match kept.says() {
                Trust::Unstated => Trust::Trusted,
                said => said.clone(),
            })
            .collect();
        let pairs: Vec<(&[u8], &Trust)> = kept.iter().map(|kept| kept.certificate.der()).zip(&trust).collect();
        let written = p11kit::write(&pairs);
        let mut missing: Vec<Vec<Lost>> = kept.iter().map(|kept| lost::of_others(kept, options.purpose)).collect();
        for unsaid in written.unsaid {
            if let Some(missing) = missing.get_mut(unsaid.index) {
                missing.push(Lost::Other(unsaid.what));
            }
        }
        let lost = missing.into_iter().map(lost::tidy).collect();
        Ok(Written { content: text(written.text), lost })
    },
};

/// OpenSSL's own: which purposes, and no more.
pub(super) const OPENSSL_TRUSTED: Row = Row {
    name: "openssl-trusted",
    about: "PEM blocks of OpenSSL's TRUSTED CERTIFICATE, with the purposes of each",
    shape: Shape::Text,
    is_bundle: false,
    holds: spoils::openssl,
    write: |kept, options| {
        let block = |kept: &Kept| {
            let purposes = purposes(kept.says(), options.purpose);
            with_comments(kept, options, |comments| openssl_trusted::write(kept.certificate.der(), &purposes, comments))
        };
        let missing = |kept: &Kept| {
            let mut missing = lost::of_others(kept, options.purpose);
            let said = lost::of(kept.says(), options.purpose);
            missing.extend(said.into_iter().filter(|lost| matches!(lost, Lost::After | Lost::Names)));
            lost::tidy(missing)
        };
        let written = text(kept.iter().map(block).collect());
        Ok(Written { content: written, lost: kept.iter().map(missing).collect() })
    },
};

fn text(text: String) -> Content {
    Content::File(text.into_bytes())
}

pub(super) fn with_comments(kept: &Kept, options: &Options<'_>, write: impl Fn(&[&str]) -> String) -> String {
    let lines = (options.comments)(kept);
    write(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

/// What a statement comes to in OpenSSL's two lists. Where a store says nothing, the set's own purpose is said.
fn purposes(trust: &Trust, purpose: Oid) -> Purposes {
    match trust {
        Trust::Purposes(purposes) => (**purposes).clone(),
        Trust::Unstated | Trust::Trusted => Purposes { trust: Some(vec![purpose]), ..Purposes::default() },
        Trust::Present => Purposes { trust: Some(Vec::new()), ..Purposes::default() },
        Trust::Distrusted => Purposes { reject: Some(vec![ANY_PURPOSE]), ..Purposes::default() },
        Trust::Limited(limited) => of_limited(limited),
    }
}

fn of_limited(limited: &Limited) -> Purposes {
    // The first that fits counts, also one for every purpose: what follows that is never asked.
    let until = limited.purposes.iter().position(|(oid, _)| *oid == ANY_PURPOSE);
    let named = limited.purposes.get(..until.unwrap_or(limited.purposes.len())).unwrap_or_default();
    let list = |wanted: Ruling| -> Vec<Oid> {
        let mut found: Vec<Oid> = Vec::new();
        for (index, (oid, ruling)) in named.iter().enumerate() {
            let is_first = named.iter().take(index).all(|(before, _)| before != oid);
            if *ruling == wanted && is_first {
                found.push(*oid);
            }
        }
        found
    };
    let (mut trust, mut reject) = (list(Ruling::Trusted), list(Ruling::Distrusted));
    match limited.ruling(ANY_PURPOSE) {
        Ruling::Trusted => trust.push(ANY_PURPOSE),
        // Rejecting every purpose would reject those it is trusted for, too (`obj_trust`).
        Ruling::Distrusted if trust.is_empty() => reject.push(ANY_PURPOSE),
        Ruling::Distrusted | Ruling::Present => {}
    }
    // Trusted for all but some: those are rejected, as no list can leave them out.
    if trust.contains(&ANY_PURPOSE) {
        reject.extend(list(Ruling::Present));
    }
    Purposes { trust: Some(trust), reject: (!reject.is_empty()).then_some(reject), alias: None }
}
