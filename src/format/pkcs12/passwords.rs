//! Which passwords are tried: Java's own `changeit`, the empty one, then those the user gave; and
//! what trying costs.
//!
//! The empty password has two forms where passwords are UTF-16: OpenSSL writes the two NULs that end
//! every password, others nothing at all.

use super::Trouble;
use super::mac::Mac;
use super::scheme::Scheme;
use crate::format::Means;
use crate::format::ber::Walk;
use crate::format::der::tag;
use crate::format::pkcs12_kdf;
use crate::limits::Bounds;
use crate::model::{Gap, WhichPassword};

/// A password in the forms that go into key derivation.
pub(super) struct Secret {
    pub(super) utf8: Vec<u8>,
    /// As PKCS#12 wants it, save one form of the empty one.
    pub(super) utf16: Vec<u8>,
}

impl Secret {
    pub(super) fn new(text: &str) -> Self {
        Self { utf8: text.as_bytes().to_vec(), utf16: pkcs12_kdf::password(text) }
    }
}

struct Candidate {
    secret: Secret,
    which: WhichPassword,
    /// It differs from the one before in its UTF-16 only.
    only_utf16: bool,
}

/// Tries passwords within bounds.
pub(super) struct Opener<'a> {
    candidates: Vec<Candidate>,
    bounds: &'a Bounds,
    /// Rounds that are left.
    rounds: u64,
    /// Which of the candidates fits the seal, or else the first that opened a part.
    fitted: Option<usize>,
    /// That one fits the seal.
    is_proven: bool,
}

impl<'a> Opener<'a> {
    pub(super) fn new(means: &'a Means<'a>) -> Self {
        let candidate = |text: &str, which| Candidate { secret: Secret::new(text), which, only_utf16: false };
        let mut candidates = vec![candidate("changeit", WhichPassword::Changeit), candidate("", WhichPassword::Empty)];
        let nothing = Secret { utf8: Vec::new(), utf16: Vec::new() };
        candidates.push(Candidate { secret: nothing, which: WhichPassword::Empty, only_utf16: true });
        let mut given: Vec<&str> = Vec::new();
        for text in means.passwords.iter().map(|password| password.reveal()) {
            if !text.is_empty() && text != "changeit" && !given.contains(&text) {
                given.push(text);
                candidates.push(candidate(text, WhichPassword::Given));
            }
        }
        Self { candidates, bounds: &means.bounds, rounds: means.bounds.kdf_iterations, fitted: None, is_proven: false }
    }

    /// Rounds that were spent.
    pub(super) fn spent(&self) -> u64 {
        self.bounds.kdf_iterations.saturating_sub(self.rounds)
    }

    /// Which password fitted.
    pub(super) fn which(&self) -> Option<WhichPassword> {
        self.fitted.and_then(|index| self.candidates.get(index)).map(|candidate| candidate.which)
    }

    /// The password that fitted.
    pub(super) fn secret(&self) -> Option<&Secret> {
        self.fitted.and_then(|index| self.candidates.get(index)).map(|candidate| &candidate.secret)
    }

    fn pay(&mut self, (rounds, memory): (u64, u64)) -> Result<(), Trouble> {
        if memory > self.bounds.kdf_memory {
            let bound = self.bounds.kdf_memory;
            return Err(Trouble::Bound(Gap::Bound { what: "bytes of memory for a key derivation", bound }));
        }
        let bound = self.bounds.kdf_iterations;
        let left = self.rounds.checked_sub(rounds);
        self.rounds = left.ok_or(Trouble::Bound(Gap::Bound { what: "rounds of key derivation", bound }))?;
        Ok(())
    }

    /// Finds the password that `attempt` takes, the one that fitted before first.
    fn find<T>(
        &mut self,
        price: (u64, u64),
        utf16: bool,
        attempt: impl Fn(&Candidate, bool) -> Option<T>,
    ) -> Result<T, Trouble> {
        let fitted = self.fitted;
        let order = fitted.into_iter().chain((0..self.candidates.len()).filter(|index| Some(*index) != fitted));
        for index in order {
            let Some(candidate) = self.candidates.get(index) else { continue };
            if candidate.only_utf16 && !utf16 {
                continue;
            }
            self.pay(price)?;
            let Some(candidate) = self.candidates.get(index) else { continue };
            if let Some(found) = attempt(candidate, self.is_proven && fitted == Some(index)) {
                self.fitted = fitted.or(Some(index));
                return Ok(found);
            }
        }
        Err(Trouble::Password)
    }

    /// Checks the seal over some octets.
    pub(super) fn verify(&mut self, mac: &Mac, sealed: &[u8]) -> Result<(), Trouble> {
        self.find(mac.price(), mac.takes_utf16(), |candidate, _| mac.fits(&candidate.secret, sealed).then_some(()))?;
        self.is_proven = true;
        Ok(())
    }

    /// Decrypts a part.
    pub(super) fn open(&mut self, scheme: &Scheme, sealed: &[u8]) -> Result<Vec<u8>, Trouble> {
        self.find(scheme.price(), scheme.takes_utf16(), |candidate, is_proven| {
            let clear = scheme.decrypt(&candidate.secret, sealed)?;
            // Of the password that fits the seal, bags that are broken are taken for what they are.
            let is_bags = is_proven && clear.first() == Some(&tag::SEQUENCE);
            (is_bags || is_safe(&clear)).then_some(clear)
        })
    }
}

/// Whether octets are SafeContents to the end, as a wrong key makes them once in some millions.
fn is_safe(octets: &[u8]) -> bool {
    Walk::new(octets).expect(tag::SEQUENCE, "SafeContents").is_ok_and(|whole| whole.whole.end == octets.len())
}
