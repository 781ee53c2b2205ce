//! What stores say of a certificate and a format does not.

use crate::model::trust::ANY_PURPOSE;
use crate::model::{Oid, Ruling, Trust};
use crate::plan::Kept;

/// Something that a store says and the format has no words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lost {
    /// That a store does not trust it.
    NotTrusted,
    /// A day after which what it issues is refused.
    After,
    /// The names that it is limited to.
    Names,
    /// The purposes that it is limited to.
    Purposes,
    /// Something else, in the words of the format.
    Other(&'static str),
}

impl Lost {
    /// What is lost, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotTrusted => "that a store does not trust it",
            Self::After => "the day after which what it issues is refused",
            Self::Names => "the names that it is limited to",
            Self::Purposes => "the purposes that it is limited to",
            Self::Other(what) => what,
        }
    }

    /// Whether programs that use the file for what it was made trust more than the store does. That a root is not for
    /// other purposes is nothing to whoever takes it for this one.
    #[must_use]
    pub const fn widens(self) -> bool {
        !matches!(self, Self::Purposes)
    }
}

/// What of a statement is lost where nothing is said.
pub(super) fn of(trust: &Trust, purpose: Oid) -> Vec<Lost> {
    let mut lost = Vec::new();
    if !trust.allows(purpose) {
        lost.push(Lost::NotTrusted);
    }
    match trust {
        Trust::Limited(limited) => {
            let is_of = |oid: Oid| oid == purpose || oid == ANY_PURPOSE || purpose == ANY_PURPOSE;
            if limited.distrusted_after.iter().any(|(oid, _)| is_of(*oid)) {
                lost.push(Lost::After);
            }
            if limited.names.is_some() {
                lost.push(Lost::Names);
            }
            let is_narrow = limited.otherwise != Ruling::Trusted && limited.ruling(ANY_PURPOSE) != Ruling::Trusted;
            if is_narrow || limited.purposes.iter().any(|(_, ruling)| *ruling != Ruling::Trusted) {
                lost.push(Lost::Purposes);
            }
        }
        Trust::Purposes(purposes) if purposes.trust.is_some() || purposes.reject.is_some() => {
            lost.push(Lost::Purposes);
        }
        _ => {}
    }
    lost
}

/// What is lost of every statement where nothing is said.
pub(super) fn of_all(kept: &Kept, purpose: Oid) -> Vec<Lost> {
    tidy(kept.trust.iter().flat_map(|trust| of(trust, purpose)).collect())
}

/// What is lost of the statements beside the one that is written.
pub(super) fn of_others(kept: &Kept, purpose: Oid) -> Vec<Lost> {
    let says = kept.says();
    let others = kept.trust.iter().filter(|trust| *trust != says);
    let carried = of(says, purpose);
    let lost =
        others.flat_map(|trust| of(trust, purpose)).filter(|lost| !carried.contains(lost) || *lost == Lost::After);
    tidy(lost.collect())
}

pub(super) fn tidy(mut lost: Vec<Lost>) -> Vec<Lost> {
    lost.sort_unstable();
    lost.dedup();
    lost
}
