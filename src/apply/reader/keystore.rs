//! `keytool` and a keystore, always a copy: it opens what it is given for writing in more commands than one would
//! think. It lists keys too; certificates count that are trusted by themselves (`trustedCertEntry`). So it is not asked
//! for those that a key has in its chain, or that Java does not take for trusted.

use super::{Asking, NoAnswer, Said, not_run};
use crate::format::{self, Means, fingerprints};
use crate::model::{Fingerprint, Format, Password, WhichPassword};
use crate::plan::After;
use crate::plan::edit::is_anchor;
use std::collections::BTreeSet;

/// The password, where only this user can see it.
const VARIABLE: &str = "CASTORE_STOREPASS";

/// Two files in the system's directory for temporary files, and a language, are not wanted.
const OPTIONS: [&str; 5] = ["-J-XX:-UsePerfData", "-J-Duser.language=en", "-list", "-rfc", "-storepass:env"];

pub(super) fn ask(asking: &mut Asking<'_, '_>) -> Result<Said, NoAnswer> {
    if !matches!(asking.question.change.target.format, Format::Jks | Format::Jceks | Format::Pkcs12) {
        return Err(not_run("keytool reads keystores of Java and PKCS#12"));
    }
    let password =
        password(&asking.bytes, asking.question.passwords).ok_or_else(|| not_run("its password is not known"))?;
    let copy = asking.copy("keystore")?;
    asking.ready()?;
    let kind = (asking.question.change.target.format == Format::Jceks).then_some(["-storetype", "JCEKS"]);
    let arguments = OPTIONS.into_iter().chain([VARIABLE, "-keystore"]).map(Into::into);
    let arguments =
        arguments.chain([copy.into_os_string()]).chain(kind.into_iter().flatten().map(Into::into)).collect();
    let ran = asking.run("keytool", arguments, vec![(VARIABLE, password.into())])?;
    let listed = fingerprints(&format::pem::read(&trusted(&ran.stdout)).entries);
    let planned = match &asking.question.change.after {
        After::Exactly(set) | After::AtLeast { with: set, .. } => set,
    };
    let unlisted = unlisted(&asking.bytes, asking.question.passwords);
    Ok(Said::Finds(listed, planned.difference(&unlisted).copied().collect()))
}

/// Certificates that are in the store, and nowhere in it as trusted by themselves.
fn unlisted(bytes: &[u8], given: &[Password]) -> BTreeSet<Fingerprint> {
    let read = format::decode_with(bytes, &Means { passwords: given, ..Means::default() });
    let (anchors, others): (Vec<_>, Vec<_>) = read.entries.into_iter().partition(is_anchor);
    &fingerprints(&others) - &fingerprints(&anchors)
}

/// The password that opens it.
fn password(bytes: &[u8], given: &[Password]) -> Option<String> {
    let which = |passwords: &[Password]| {
        format::decode_with(bytes, &Means { passwords, ..Means::default() }).container.password
    };
    match which(&[]) {
        Some(WhichPassword::Changeit) => Some("changeit".to_owned()),
        Some(WhichPassword::Empty) => Some(String::new()),
        _ => {
            let opens = |password: &&Password| which(std::slice::from_ref(*password)) == Some(WhichPassword::Given);
            given.iter().find(opens).map(|password| password.reveal().to_owned())
        }
    }
}

/// The blocks of entries that are trusted certificates.
fn trusted(listing: &[u8]) -> Vec<u8> {
    let mut blocks = Vec::new();
    let mut is_trusted = false;
    for line in listing.split_inclusive(|&octet| octet == b'\n') {
        if let Some(kind) = line.strip_prefix(b"Entry type: ") {
            is_trusted = kind.trim_ascii() == b"trustedCertEntry";
        }
        if is_trusted {
            blocks.extend_from_slice(line);
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_of_keys_do_not_count() {
        let listing = b"Alias name: a\nEntry type: PrivateKeyEntry\nCertificate chain length: 1\nONE\n\nAlias name: b\nEntry type: trustedCertEntry\n\nTWO\n";
        assert_eq!(trusted(listing), b"Entry type: trustedCertEntry\n\nTWO\n");
    }
}
