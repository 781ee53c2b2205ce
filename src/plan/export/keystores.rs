//! Java's keystores: JKS, and PKCS#12 with the attribute without which Java lists nothing.
//!
//! The certificates are public, so the password keeps no secret: it seals. Java's programs open what has theirs,
//! `changeit`, without being told, which is why it is the one that stands in for none.

use super::{BadExport, Content, Options, Row, Shape, Written, bare, spoils};
use crate::format::{directory, jks};
use crate::plan::Kept;

/// Every Java reads it.
pub(super) const JKS: Row = Row {
    name: "jks",
    about: "a Java keystore of the old kind, which every Java reads",
    shape: Shape::Sealed,
    is_bundle: false,
    holds: spoils::java,
    write: |kept, options| {
        let labels = labels(kept);
        let written = jks::write_dated(named(&labels, kept), options.password, options.made);
        Ok(bare(kept, Content::File(written), options.purpose))
    },
};

/// What Java writes since version 9, and what FIPS asks for.
pub(super) const PKCS12: Row = Row {
    name: "pkcs12",
    about: "a PKCS#12 that Java lists",
    shape: Shape::Sealed,
    is_bundle: false,
    holds: |kept, at| spoils::openssl(kept, at).or_else(|| spoils::java(kept, at)),
    write: pkcs12,
};

/// How a PKCS#12 is encrypted and sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// AES-256 and SHA-256, as FIPS 140 has it: Java 8u301, 11.0.12 and later.
    #[default]
    Modern,
    /// 3DES and SHA-1: older Java, too.
    Legacy,
    /// In clear and without a seal, as the JDK's own since 18.
    Plain,
}

fn labels(kept: &[Kept]) -> Vec<String> {
    kept.iter().map(|kept| directory::label(&kept.certificate)).collect()
}

fn named<'a>(labels: &'a [String], kept: &'a [Kept]) -> impl Iterator<Item = (&'a str, &'a [u8])> {
    labels.iter().map(String::as_str).zip(kept.iter().map(|kept| kept.certificate.der()))
}

#[cfg(feature = "pkcs12")]
fn pkcs12(kept: &[Kept], options: &Options<'_>) -> Result<Written, BadExport> {
    use crate::format::pkcs12::{Protection, write};
    if options.profile != Profile::Plain && !options.password.reveal().is_ascii() {
        return Err(BadExport::Password {
            expected: "ASCII, as Java opens no other PKCS#12",
            found: "other characters",
        });
    }
    let protection = match options.profile {
        Profile::Modern => Protection::Modern(options.password),
        Profile::Legacy => Protection::Legacy(options.password),
        Profile::Plain => Protection::Plain,
    };
    let labels = labels(kept);
    let pairs: Vec<(&str, &[u8])> = named(&labels, kept).collect();
    Ok(bare(kept, Content::File(write(&pairs, protection)), options.purpose))
}

#[cfg(not(feature = "pkcs12"))]
fn pkcs12(_: &[Kept], _: &Options<'_>) -> Result<Written, BadExport> {
    Err(BadExport::NotBuilt("pkcs12"))
}
