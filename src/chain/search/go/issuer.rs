//! What `CheckSignatureFrom` and `checkSignature` ask before a signature is tried: whether the parent may sign, whether
//! the algorithm serves, whether the key is long enough.

use super::parse::Parsed;
use super::scheme::{Scheme, scheme};
use crate::chain::member::Member;
use crate::model::PublicKey;
use crate::policy::Fault;
use crate::policy::go::{self, Go};

/// Why a parent may not sign certificates, all of which Go tells by one text ([`go::CANNOT_SIGN`]).
pub(super) fn cannot_sign(member: &Member, parsed: &Parsed) -> Vec<Fault> {
    const CERT_SIGN: u16 = 1 << 5;
    let no_authority = match parsed.basic {
        None => member.version == 3,
        Some((ca, _)) => !ca,
    };
    let no_usage = parsed.key_usage != 0 && parsed.key_usage & CERT_SIGN == 0;
    let faults = [(no_authority, Fault::NotCa), (no_usage, Fault::KeyUsageNoCertSign)];
    faults.into_iter().filter(|(broken, _)| *broken).map(|(_, fault)| fault).collect()
}

/// Why no signature of this certificate's algorithm is tried.
pub(super) fn refused_scheme(member: &Member, go: Go) -> Option<(Fault, String)> {
    match scheme(member) {
        Scheme::Unknown => Some((Fault::AlgorithmUnsupported, go::UNIMPLEMENTED.to_owned())),
        Scheme::MlDsa if !go.is(27) => Some((Fault::AlgorithmUnsupported, go::UNIMPLEMENTED.to_owned())),
        // There is no key of DSA that Go verifies with.
        Scheme::Insecure("DSA-SHA1") if go.sha1 => Some((Fault::AlgorithmUnsupported, go::UNIMPLEMENTED.to_owned())),
        Scheme::Insecure(name) if name.contains("SHA1") && go.sha1 => None,
        Scheme::Insecure(name) => {
            let mut text = format!("x509: cannot verify signature: insecure algorithm {name}");
            if name.contains("SHA1") && name != "DSA-SHA1" && !go.is(24) {
                text.push_str(" (temporarily override with GODEBUG=x509sha1=1)");
            }
            Some((Fault::DigestWeak, text))
        }
        _ => None,
    }
}

/// Why an RSA key verifies nothing: it has less than 1024 bits.
pub(super) fn short_key(member: &Member, go: Go) -> Option<String> {
    let PublicKey::Rsa { bits } = member.key else { return None };
    (bits < 1024 && !go.short_rsa).then(|| {
        format!("crypto/rsa: {bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)")
    })
}
