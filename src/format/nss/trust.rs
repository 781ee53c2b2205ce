//! What NSS thinks of a certificate, purpose by purpose.

use super::Name;
use super::object::{Generation, Object};
use crate::model::trust::{
    CLIENT_AUTH, CODE_SIGNING, EMAIL_PROTECTION, IPSEC_IKE, OCSP_SIGNING, SERVER_AUTH, TIME_STAMPING,
};
use crate::model::{Fingerprint, Limited, Malformation, Oid, Ruling, Timestamp, Trust, Untrusted};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The purposes, each with its column in NSS' own objects and in those of PKCS#11 3.2.
const PURPOSES: [(Oid, Option<&str>, &str); 7] = [
    (SERVER_AUTH, Some("ace536358"), "a62c"),
    (CLIENT_AUTH, Some("ace536359"), "a62d"),
    (CODE_SIGNING, Some("ace53635a"), "a62e"),
    (EMAIL_PROTECTION, Some("ace53635b"), "a62f"),
    (IPSEC_IKE, None, "a630"),
    (TIME_STAMPING, None, "a631"),
    (OCSP_SIGNING, None, "a632"),
];

/// A value of trust. NSS takes either kind of number in either kind of object (`get_nss_trust`,
/// lib/dev/ckhelper.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// Nothing is thought of it: the built-in roots decide.
    Unknown,
    /// Trusted as it is, when a peer presents it: flag `P` of certutil. No anchor for others.
    Peer,
    /// An anchor: `C`, and `T` for clients. NSS says trusted delegator.
    Anchor,
    /// Its issuer decides.
    MustVerify,
    /// May issue, and its issuer decides: `c`.
    Valid,
    /// Refused: `p`.
    NotTrusted,
}

impl Level {
    /// pkcs11n.h and, below them, pkcs11t.h.
    fn new(number: u32) -> Self {
        match number {
            0xce53_4351 | 1 => Self::Peer,
            0xce53_4352 | 2 => Self::Anchor,
            0xce53_4353 | 4 => Self::MustVerify,
            0xce53_435a | 3 => Self::NotTrusted,
            0xce53_435b => Self::Valid,
            _ => Self::Unknown,
        }
    }

    fn ruling(self) -> Ruling {
        match self {
            Self::Anchor => Ruling::Trusted,
            Self::NotTrusted => Ruling::Distrusted,
            Self::Unknown | Self::Peer | Self::MustVerify | Self::Valid => Ruling::Present,
        }
    }
}

/// The hash of the certificate that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hash {
    /// None is named, or by no algorithm.
    None,
    /// This algorithm, a PKCS#11 mechanism, and this value.
    Of(u32, Vec<u8>),
}

/// CKM_SHA_1 and CKM_SHA256 (pkcs11t.h).
const SHA_1: u32 = 0x220;
const SHA_256: u32 = 0x250;

impl Hash {
    fn of(object: &Object, generation: Generation) -> Self {
        let (value, algorithm) = match generation {
            Generation::Nss => (object.octets("ace5363b4"), Some(SHA_1)),
            Generation::Pkcs11 => (object.octets("a635"), object.number("a8c")),
        };
        match (value.filter(|value| !value.is_empty()), algorithm) {
            (Some(value), Some(algorithm)) => Self::Of(algorithm, value.to_vec()),
            _ => Self::None,
        }
    }

    fn fits(&self, certificate: &[u8]) -> bool {
        let Self::Of(algorithm, value) = self else { return false };
        match *algorithm {
            SHA_1 => Sha1::digest(certificate)[..] == value[..],
            SHA_256 => Sha256::digest(certificate)[..] == value[..],
            // CKM_SHA384 and CKM_SHA512.
            0x260 => Sha384::digest(certificate)[..] == value[..],
            0x270 => Sha512::digest(certificate)[..] == value[..],
            _ => false,
        }
    }

    pub(super) fn sha1(&self) -> Option<[u8; 20]> {
        match self {
            Self::Of(SHA_1, value) => value[..].try_into().ok(),
            _ => None,
        }
    }

    pub(super) fn sha256(&self) -> Option<Fingerprint> {
        match self {
            Self::Of(SHA_256, value) => <[u8; 32]>::try_from(&value[..]).ok().map(Fingerprint::from_bytes),
            _ => None,
        }
    }
}

/// An object of trust.
pub(super) struct Opinion {
    pub(super) generation: Generation,
    pub(super) name: Name,
    pub(super) label: Option<Untrusted>,
    pub(super) hash: Hash,
    pub(super) after: After,
    levels: Vec<(Oid, Level)>,
    step_up: bool,
}

impl Opinion {
    pub(super) fn new(object: &Object, generation: Generation) -> Result<Self, Malformation> {
        let name = object.name().ok_or_else(|| Malformation::new("an issuer and a serial number", "none"))?;
        let mut levels = Vec::new();
        for (purpose, nss, pkcs11) in PURPOSES {
            let column = if generation == Generation::Pkcs11 { Some(pkcs11) } else { nss };
            let Some(octets) = column.and_then(|column| object.octets(column)).filter(|octets| !octets.is_empty())
            else {
                continue;
            };
            let number = <[u8; 4]>::try_from(octets).map_err(|_| {
                Malformation::new("a value of trust of four octets", format!("{} octets", octets.len()))
            })?;
            levels.push((purpose, Level::new(u32::from_be_bytes(number))));
        }
        let hash = Hash::of(object, generation);
        let step_up = generation == Generation::Nss && object.octets("ace536360").is_some_and(|octets| octets == [1]);
        Ok(Self { generation, name, label: object.label(), hash, after: After::of(object), levels, step_up })
    }

    /// Whether it is about this certificate. One that names no hash is about every certificate of its
    /// name, as long as it only refuses (`nssTrust_IsSafeToIgnoreCertHash`, lib/pki/certificate.c).
    pub(super) fn counts_for(&self, certificate: &[u8]) -> bool {
        if self.hash == Hash::None { self.only_refuses() } else { self.hash.fits(certificate) }
    }

    fn only_refuses(&self) -> bool {
        !self.step_up && self.levels.iter().all(|(_, level)| matches!(level, Level::Unknown | Level::NotTrusted))
    }

    /// Whether NSS signs some of it: what is as if not there it does not (`sftkdb_isNullTrust`,
    /// lib/softoken/sftkdb.c).
    pub(super) fn is_signed(&self) -> bool {
        self.levels.iter().any(|(_, level)| *level != Level::Unknown)
    }

    fn rulings(&self) -> impl Iterator<Item = (Oid, Ruling)> {
        let thought = self.levels.iter().filter(|(_, level)| *level != Level::Unknown);
        thought.map(|(purpose, level)| (*purpose, level.ruling()))
    }
}

/// The moments after which what was issued is refused. NSS itself heeds them in its built-in module
/// only (`fill_CERTCertificateFields`, lib/pki/pki3hack.c).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct After(Vec<(Oid, Timestamp)>);

impl After {
    pub(super) fn of(object: &Object) -> Self {
        let columns = [(SERVER_AUTH, "ace534373"), (EMAIL_PROTECTION, "ace534374")];
        let moments = columns.into_iter().filter_map(|(purpose, column)| {
            // A boolean stands there where there is no such moment.
            Some((purpose, utc_time(object.octets(column)?)?))
        });
        Self(moments.collect())
    }
}

/// `YYMMDDHHMMSSZ`, as a UTCTime (RFC 5280, 4.1.2.5.1).
fn utc_time(octets: &[u8]) -> Option<Timestamp> {
    let digits = octets.strip_suffix(b"Z").filter(|digits| digits.len() == 12)?;
    let mut pairs = digits.chunks_exact(2).map(|pair| {
        let number = std::str::from_utf8(pair).ok().filter(|pair| pair.bytes().all(|d| d.is_ascii_digit()))?;
        number.parse::<u8>().ok()
    });
    let mut next = || pairs.next().flatten();
    let year = i32::from(next()?);
    let year = if year < 50 { 2000 + year } else { 1900 + year };
    Timestamp::from_civil(year, next()?, next()?, next()?, next()?, next()?)
}

/// What the database says of a certificate. One without an object of trust is there and no more; what
/// one of trust says stands before what built-in roots say, also where it is no more than that.
pub(super) fn state(opinion: Option<&Opinion>, After(mut distrusted_after): After) -> Trust {
    let purposes: Vec<_> = opinion.into_iter().flat_map(Opinion::rulings).collect();
    for (purpose, moment) in opinion.map(|opinion| opinion.after.0.clone()).unwrap_or_default() {
        if !distrusted_after.contains(&(purpose, moment)) {
            distrusted_after.push((purpose, moment));
        }
    }
    let all = |ruling| purposes.iter().all(|(_, found)| *found == ruling);
    match () {
        () if purposes.is_empty() && distrusted_after.is_empty() => Trust::Present,
        // Refused for each of the four that every version knows.
        () if purposes.len() >= 4 && all(Ruling::Distrusted) => Trust::Distrusted,
        () => Trust::Limited(Box::new(Limited { purposes, otherwise: Ruling::Present, distrusted_after, names: None })),
    }
}
