//! GnuTLS's system-wide configuration: algorithms and curves that do not serve, and how strong keys must be.
//!
//! One file for every program on the library, `/etc/gnutls/config` where its builder named no other; Fedora's and
//! Red Hat's name that of crypto-policies. Two modes: in a blocklist the library's own choice holds but for what is
//! called insecure; in an allowlist nothing is secure that is not named. Seen in 3.7.9; the manual's chapter *System-wide
//! configuration of the library*.

/// What the configuration says, in the order in which it says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configured {
    /// `override-mode = allowlist`.
    pub allowlist: bool,
    /// Each algorithm, curve or digest that is named, in capitals, and whether it serves.
    named: Vec<(Kind, String, bool)>,
    /// `min-verification-profile`: the least that holds for every program.
    pub least: Option<Profile>,
    /// The profile of the default list of priorities, for programs that have no list of their own.
    pub default: Option<Profile>,
    /// That list, where it may leave out what common servers have: castore has no rules for what is negotiated.
    pub narrow: Option<String>,
}

/// What is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digest,
    Signature,
    Curve,
}

/// A verification profile: bits of security, as bits of keys (`sec_params`, lib/algorithms/secparams.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Profile {
    /// Bits of an RSA or DSA key.
    pub rsa: u32,
    /// Bits of an elliptic curve.
    pub ec: u32,
}

impl Profile {
    /// Very weak.
    pub const VERY_WEAK: Self = Self { rsa: 768, ec: 160 };
    /// Low: what `NORMAL` sets.
    pub const LOW: Self = Self { rsa: 1024, ec: 160 };
    /// Legacy.
    pub const LEGACY: Self = Self { rsa: 1776, ec: 192 };
    /// Medium: what the policies of RHEL set.
    pub const MEDIUM: Self = Self { rsa: 2048, ec: 224 };
    /// High.
    pub const HIGH: Self = Self { rsa: 3072, ec: 256 };
    /// Ultra.
    pub const ULTRA: Self = Self { rsa: 8192, ec: 384 };
    /// Future.
    pub const FUTURE: Self = Self { rsa: 15360, ec: 512 };

    /// The profile of a name; those of Suite B ask for more than bits and are none of these.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        let known = [
            ("VERY_WEAK", Self::VERY_WEAK),
            ("LOW", Self::LOW),
            ("LEGACY", Self::LEGACY),
            ("MEDIUM", Self::MEDIUM),
            ("HIGH", Self::HIGH),
            ("ULTRA", Self::ULTRA),
            ("FUTURE", Self::FUTURE),
        ];
        let name = name.to_ascii_uppercase().replace(' ', "_");
        known.into_iter().find(|(known, _)| *known == name).map(|(_, profile)| profile)
    }
}

impl Configured {
    /// What a file says; nothing where a line of it is none, on which the library leaves the whole alone. What it does
    /// not know it passes over.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self::lines(text).unwrap_or_default()
    }

    fn lines(text: &str) -> Option<Self> {
        let (mut found, mut section) = (Self::default(), String::new());
        let (mut default, mut system) = (None, None);
        for line in text.lines() {
            // Comments begin a line, or stand behind white space (inih).
            let line = line.trim();
            let line = line.split_once(" #").or_else(|| line.split_once(" ;")).map_or(line, |(line, _)| line).trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(rest) = line.strip_prefix('[') {
                section = rest.split_once(']')?.0.trim().to_ascii_lowercase();
                continue;
            }
            let (name, value) = line.split_once(['=', ':'])?;
            let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
            let mut named = |kind, serves| found.named.push((kind, value.to_ascii_uppercase(), serves));
            match (section.as_str(), name.as_str()) {
                ("global", "override-mode") => found.allowlist = value.eq_ignore_ascii_case("allowlist"),
                ("overrides", "insecure-hash") => named(Kind::Digest, false),
                ("overrides", "secure-hash") => named(Kind::Digest, true),
                ("overrides", "insecure-sig" | "insecure-sig-for-cert") => named(Kind::Signature, false),
                ("overrides", "secure-sig-for-cert") => named(Kind::Signature, true),
                ("overrides", "disabled-curve") => named(Kind::Curve, false),
                ("overrides", "enabled-curve") => named(Kind::Curve, true),
                ("overrides", "min-verification-profile") => found.least = Profile::of(value).or(found.least),
                ("overrides", "default-priority-string") => default = Some(value.to_owned()),
                ("priorities", "system") => system = Some(value.to_owned()),
                _ => {}
            }
        }
        found.narrow = default.clone().filter(|list| is_narrow(list));
        found.default = default.or(system).and_then(|list| profile(&list));
        Some(found)
    }

    /// Whether a digest serves in signatures.
    #[must_use]
    pub fn takes_digest(&self, name: &str, by_itself: bool) -> bool {
        self.takes(Kind::Digest, name, by_itself)
    }

    /// Whether an algorithm serves for signatures of certificates.
    #[must_use]
    pub fn takes_signature(&self, name: &str, by_itself: bool) -> bool {
        self.takes(Kind::Signature, name, by_itself)
    }

    /// Whether keys on a curve serve.
    #[must_use]
    pub fn takes_curve(&self, name: &str) -> bool {
        self.takes(Kind::Curve, name, true)
    }

    fn takes(&self, kind: Kind, name: &str, by_itself: bool) -> bool {
        let mut named = self.named.iter().filter(|(of, known, _)| *of == kind && known == name).map(|(.., on)| *on);
        // What makes an algorithm secure counts in an allowlist alone, what makes it insecure in a blocklist alone.
        if self.allowlist { named.any(|on| on) } else { by_itself && named.all(|on| on) }
    }
}

/// Whether a list of priorities begins with none of the words that keep every common algorithm, or takes one out. With
/// `SECURE192` and more there is no P-256 and no SHA-256, and what is no word is a list that programs end with (seen in
/// 3.7.9; the manual's chapter *Priority strings*).
fn is_narrow(list: &str) -> bool {
    const WIDE: [&str; 7] = ["NORMAL", "PERFORMANCE", "LEGACY", "PFS", "SECURE128", "SUITEB128", "NONE"];
    const TAKEN: [&str; 3] = ["-SIGN", "-GROUP", "-CURVE"];
    let mut words = list.split(':').map(str::trim);
    let first = words.next().unwrap_or_default();
    let takes_out = |word: &str| TAKEN.iter().any(|taken| word.starts_with(taken)) || word.starts_with('!');
    !WIDE.contains(&first) || list.trim() == "NONE" || words.any(takes_out)
}

/// The profile of a list of priorities: the last `%PROFILE_`.
fn profile(list: &str) -> Option<Profile> {
    list.rsplit(':').find_map(|word| Profile::of(word.trim().strip_prefix("%PROFILE_")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blocklist_takes_away_and_an_allowlist_gives() {
        let block = Configured::read(
            "[overrides]\ninsecure-hash = sha224\ninsecure-sig-for-cert = rsa-sha512 # weak\nsecure-hash = md5\n\
             Disabled-Curve: secp224r1\nnothing = known\n",
        );
        assert!(!block.takes_digest("SHA224", true) && !block.takes_digest("MD5", false));
        assert!(!block.takes_signature("RSA-SHA512", true) && block.takes_signature("ECDSA-SHA512", true));
        assert!(!block.takes_curve("SECP224R1") && block.takes_curve("SECP256R1"));
        let allow = Configured::read(
            "[global]\noverride-mode = AllowList\n[overrides]\nsecure-hash = SHA256\nsecure-sig-for-cert = \
             RSA-SHA256\nsecure-sig = ecdsa-sha256\nenabled-curve = secp256r1\n",
        );
        assert!(allow.takes_digest("SHA256", true) && !allow.takes_digest("SHA384", true));
        assert!(allow.takes_signature("RSA-SHA256", true) && !allow.takes_signature("ECDSA-SHA256", true));
        assert!(allow.takes_curve("SECP256R1") && !allow.takes_curve("SECP384R1"));
    }

    #[test]
    fn the_last_profile_counts_and_one_that_is_none_does_not() {
        let least = |text: &str| Configured::read(&format!("[overrides]\n{text}")).least;
        assert_eq!(least("min-verification-profile = high\nmin-verification-profile = low\n"), Some(Profile::LOW));
        assert_eq!(least("min-verification-profile = high\nmin-verification-profile = x\n"), Some(Profile::HIGH));
        assert_eq!(least("min-verification-profile = high\nnonsense\n"), None, "a line that is none");
        let default = |text: &str| Configured::read(text).default;
        let list = "[overrides]\ndefault-priority-string = NORMAL:%PROFILE_MEDIUM\n";
        assert_eq!(default(list), Some(Profile::MEDIUM));
        let narrow = |list: &str| Configured::read(&format!("[overrides]\ndefault-priority-string = {list}\n")).narrow;
        for list in ["SECURE256", "SECURE192:+GROUP-ALL", "nonsense", "NONE", "NORMAL:-SIGN-ALL:+SIGN-RSA-SHA256"] {
            assert_eq!(narrow(list).as_deref(), Some(list));
        }
        for list in ["NORMAL", "NORMAL:-VERS-TLS1.3", "SECURE128", "NORMAL:%PROFILE_MEDIUM"] {
            assert_eq!(narrow(list), None);
        }
        assert_eq!(default("[priorities]\nSYSTEM = NONE:+MAC-ALL:%PROFILE_HIGH\n"), Some(Profile::HIGH));
    }
}
