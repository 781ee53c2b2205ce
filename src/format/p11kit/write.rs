//! Writes certificates with their trust as p11-kit keeps them (`p11_persist_write`, common/persist.c).

use super::trust::{EXTENDED_KEY_USAGE, NAME_CONSTRAINTS, OPENSSL_REJECT};
use crate::format::der::{self, element, sequence, tag};
use crate::format::{pem, x509};
use crate::model::trust::{ANY_PURPOSE, EMAIL_PROTECTION, SERVER_AUTH};
use crate::model::{Certificate, Limited, Names, Oid, Purposes, Ruling, Timestamp, Trust};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A file, and what of the trust it cannot say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The file.
    pub text: String,
    /// What is not said in it.
    pub unsaid: Vec<Unsaid>,
}

/// Something that p11-kit has no words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsaid {
    /// Which of the certificates, from 0.
    pub index: usize,
    /// What is not said of it.
    pub what: &'static str,
}

/// Writes certificates, each with what is to be said of it.
///
/// [`Trust::Unstated`] states nothing: then the place of the file decides, and p11-kit takes the
/// certificates of `anchors/` alone for anchors.
#[must_use]
pub fn write(certificates: &[(&[u8], &Trust)]) -> Written {
    let mut writer = Writer { out: Written::default(), index: 0, stapled: BTreeSet::new() };
    let all: Vec<(Certificate, Words)> =
        certificates.iter().map(|(der, trust)| (x509::read((*der).into()), Words::of(trust))).collect();
    let distrusted: BTreeSet<Told> =
        all.iter().filter(|(_, words)| words.distrusted).flat_map(|(found, _)| told(found)).collect();
    for (index, (certificate, words)) in all.iter().enumerate() {
        writer.index = index;
        if !words.distrusted && told(certificate).iter().any(|told| distrusted.contains(told)) {
            let what = "that it is not distrusted: one with its key, or its issuer and serial number, is";
            writer.out.unsaid.push(Unsaid { index, what });
        }
        writer.certificate(certificate, words);
    }
    writer.out
}

/// By what p11-kit tells a certificate that is distrusted: its key, or its issuer and its serial number.
type Told = (Vec<u8>, Option<Vec<u8>>);

fn told(certificate: &Certificate) -> Vec<Told> {
    let key = certificate.spki_der().map(|key| (key.to_vec(), None));
    let name = certificate.issuer_der().map(|issuer| (issuer.to_vec(), x509::serial_number(certificate)));
    key.into_iter().chain(name).collect()
}

/// What p11-kit can say of a certificate.
#[derive(Debug, Default)]
struct Words {
    trusted: Option<bool>,
    distrusted: bool,
    label: Option<String>,
    purposes: Option<Vec<Oid>>,
    rejected: Vec<Oid>,
    names: Option<Vec<u8>>,
    server_after: Option<Timestamp>,
    email_after: Option<Timestamp>,
    unsaid: Vec<&'static str>,
}

impl Words {
    fn of(trust: &Trust) -> Self {
        let trusted = |trusted| Self { trusted, ..Self::default() };
        match trust {
            Trust::Unstated => trusted(None),
            Trust::Trusted => trusted(Some(true)),
            Trust::Present => trusted(Some(false)),
            Trust::Distrusted => Self { distrusted: true, ..Self::default() },
            Trust::Purposes(purposes) => Self::of_purposes(purposes),
            Trust::Limited(limited) => Self::of_limited(limited),
        }
    }

    /// OpenSSL's words: an absent list of trust is trust, an empty one is none.
    fn of_purposes(purposes: &Purposes) -> Self {
        let trusted = purposes.trust.as_ref().is_none_or(|list| !list.is_empty());
        Self {
            trusted: Some(trusted),
            label: purposes.alias.as_ref().map(|alias| alias.raw().to_owned()),
            purposes: purposes.trust.clone().filter(|_| trusted),
            rejected: purposes.reject.clone().unwrap_or_default(),
            ..Self::default()
        }
    }

    fn of_limited(limited: &Limited) -> Self {
        let mut words = Self::default();
        // What is said of any purpose is said of every purpose that was not named before.
        let any = limited.purposes.iter().position(|(oid, _)| *oid == ANY_PURPOSE);
        let named = limited.purposes.get(..any.unwrap_or(limited.purposes.len())).unwrap_or_default();
        let list = |wanted: Ruling| -> Vec<Oid> {
            let is_first = |index: usize, oid: Oid| named.iter().take(index).all(|(before, _)| *before != oid);
            let all = named.iter().enumerate();
            all.filter(|(index, (oid, ruling))| *ruling == wanted && is_first(*index, *oid))
                .map(|(_, (oid, _))| *oid)
                .collect()
        };
        words.rejected = list(Ruling::Distrusted);
        let trusted = list(Ruling::Trusted);
        match limited.ruling(ANY_PURPOSE) {
            Ruling::Trusted => {
                words.trusted = Some(true);
                let present = list(Ruling::Present);
                if !present.is_empty() {
                    words.unsaid.push("that it is no anchor for some purposes: it is rejected for them");
                }
                words.rejected.extend(present);
            }
            Ruling::Distrusted if trusted.is_empty() => words.distrusted = true,
            _ => {
                words.trusted = Some(!trusted.is_empty());
                words.purposes = Some(trusted).filter(|list| !list.is_empty());
                if limited.ruling(ANY_PURPOSE) == Ruling::Distrusted {
                    words.unsaid.push("that it is refused for all other purposes: it is no anchor for them");
                }
            }
        }
        words.dates(&limited.distrusted_after);
        words.names(limited.names.as_ref());
        words
    }

    fn dates(&mut self, dates: &[(Oid, Timestamp)]) {
        let mut earliest = |slot: fn(&mut Self) -> &mut Option<Timestamp>, when: Timestamp| {
            let place = slot(self);
            *place = Some(place.map_or(when, |before| before.min(when)));
        };
        let mut unsaid = None;
        for (purpose, when) in dates {
            if *purpose == SERVER_AUTH || *purpose == ANY_PURPOSE {
                earliest(|words| &mut words.server_after, *when);
            }
            if *purpose == EMAIL_PROTECTION || *purpose == ANY_PURPOSE {
                earliest(|words| &mut words.email_after, *when);
            }
            if asn1_time(*when).is_none() {
                unsaid = Some("a date after which it is distrusted that is no date of four digits");
            } else if *purpose != SERVER_AUTH && *purpose != EMAIL_PROTECTION {
                unsaid = Some("a date after which it is distrusted for other purposes than TLS servers and mail");
            }
        }
        self.unsaid.extend(unsaid);
    }

    fn names(&mut self, names: Option<&Names>) {
        match names {
            Some(Names::Constraints(value)) => self.names = Some(value.to_vec()),
            Some(Names::Permitted { .. }) => self.unsaid.push("the names that it is limited to"),
            None => {}
        }
    }
}

struct Writer {
    out: Written,
    index: usize,
    /// Keys that extensions were stapled to.
    stapled: BTreeSet<Vec<u8>>,
}

impl Writer {
    fn certificate(&mut self, certificate: &Certificate, words: &Words) {
        for what in &words.unsaid {
            self.out.unsaid.push(Unsaid { index: self.index, what });
        }
        let mut lines = vec!["[p11-kit-object-v1]".to_owned()];
        lines.extend(words.label.as_ref().map(|label| format!("label: {}", quoted(label.as_bytes()))));
        lines.extend(words.trusted.map(|trusted| format!("trusted: {trusted}")));
        lines.extend(words.distrusted.then(|| "x-distrusted: true".to_owned()));
        let date = |name: &str, when: Option<Timestamp>| Some(format!("{name}: \"{}\"", asn1_time(when?)?));
        lines.extend(date("nss-server-distrust-after", words.server_after));
        lines.extend(date("nss-email-distrust-after", words.email_after));
        for line in lines {
            self.line(&line);
        }
        self.out.text.push_str(&pem::write(certificate.der(), &[]));
        self.out.text.push('\n');
        self.extensions(certificate, words);
    }

    fn line(&mut self, line: &str) {
        self.out.text.push_str(line);
        self.out.text.push('\n');
    }

    fn extensions(&mut self, certificate: &Certificate, words: &Words) {
        let mut extensions = Vec::new();
        extensions.extend(words.purposes.as_ref().map(|oids| (EXTENDED_KEY_USAGE, true, list(oids))));
        extensions.extend((!words.rejected.is_empty()).then(|| (OPENSSL_REJECT, false, list(&words.rejected))));
        extensions.extend(words.names.clone().map(|names| (NAME_CONSTRAINTS, true, names)));
        if extensions.is_empty() {
            return;
        }
        let key = certificate.spki_der().unwrap_or_default().to_vec();
        if key.is_empty() || !self.stapled.insert(key.clone()) {
            // Extensions hold for a public key: another certificate with it has stated its own.
            let what = "the limits, as another certificate with its public key has them or its key cannot be read";
            self.out.unsaid.push(Unsaid { index: self.index, what });
            return;
        }
        for (oid, critical, value) in extensions {
            let value = quoted(&extension(oid, critical, &value));
            self.line("[p11-kit-object-v1]");
            self.line("class: x-certificate-extension");
            self.line(&format!("object-id: {oid}"));
            self.line(&format!("value: {value}"));
            self.out.text.push_str(&pem::write_block("PUBLIC KEY", &key, &[]));
            self.out.text.push('\n');
        }
    }
}

/// A SEQUENCE OF OBJECT IDENTIFIER.
fn list(oids: &[Oid]) -> Vec<u8> {
    element(tag::SEQUENCE, &oids.iter().flat_map(|oid| der::oid(*oid)).collect::<Vec<u8>>())
}

/// An Extension (RFC 5280, 4.1).
fn extension(oid: Oid, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical = if critical { element(tag::BOOLEAN, &[0xff]) } else { Vec::new() };
    sequence(&[der::oid(oid), critical, element(tag::OCTET_STRING, value)])
}

/// Octets as `p11_url_encode` writes them: what a URL may hold, and spaces, as they are
/// (`P11_URL_VERBATIM`, common/url.h).
fn quoted(octets: &[u8]) -> String {
    let mut out = String::from('"');
    for octet in octets {
        match octet {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b' ' => out.push(char::from(*octet)),
            // Writing to a String does not fail.
            _ => drop(write!(out, "%{octet:02X}")),
        }
    }
    out.push('"');
    out
}

/// A time as RFC 5280, 4.1.2.5, has it, which is what p11-kit takes (`type_false_or_time`, trust/builder.c).
fn asn1_time(when: Timestamp) -> Option<String> {
    let digits: String = when.to_string().chars().filter(char::is_ascii_digit).collect();
    let year: u16 = digits.get(..4).filter(|_| digits.len() == 14)?.parse().ok()?;
    let from = if (1950..2050).contains(&year) { 2 } else { 0 };
    Some(format!("{}Z", digits.get(from..)?))
}
