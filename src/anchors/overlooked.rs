//! Which blocks of PEM a client's reader goes past although castore reads them.
//!
//! What castore calls a certificate is what anyone could read; each reader of PEM has its own idea of where a block
//! begins, and says nothing of what it does not see.

use super::Reason;
use crate::catalogue::client::{Judge, Look};
use crate::discover::Use;
use crate::model::{Body, Entry, Note, Store};
use crate::policy::{self, boringssl, go, unread};

/// A reader of PEM, by where it sees a block begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reader {
    /// At a BEGIN of five dashes, wherever it stands (`gnutls_x509_crt_list_import`, lib/x509_b64.c).
    GnuTls,
    /// At a BEGIN of five dashes that has a line of its own, from version 3.0 on without the byte order mark before it
    /// (`get_name` and `sanitize_line`, crypto/pem/pem_lib.c).
    OpenSsl,
    /// As OpenSSL before 3.0, its fork LibreSSL and BoringSSL, which leave the mark where it is
    /// (<https://github.com/openssl/openssl/pull/10112>, <https://github.com/oven-sh/bun/pull/35835>).
    OlderOpenSsl,
    /// Go's encoding/pem, whose every block is gone through (`format::pem`).
    Go,
    /// On a line of its own, with nothing before it: `public_key:pem_decode` of Erlang and pem of
    /// Haskell.
    Lines,
    /// The same, where CR ends a line too: rustls-pki-types.
    Rustls,
    /// Some other, taken for one that reads what OpenSSL 3 reads, and lines that end in CR.
    Other,
}

impl Reader {
    /// That of a client which looks at a file in this way; nothing where it looks at no PEM, or in a way of its own.
    fn of(found: &Use, look: Look) -> Option<Self> {
        let is_openssl =
            matches!(look, Look::Bundle | Look::HashStore | Look::UntilBad | Look::UnlessBad | Look::FirstBlock);
        let is_other = matches!(
            look,
            Look::Blocks
                | Look::EveryFile
                | Look::HashNames
                | Look::Listed
                | Look::UnlessHashName
                | Look::Extensions(_)
        );
        let judge = match found.client.judge {
            Judge::By(row) => row.id,
            Judge::Unknown | Judge::Nothing => "",
        };
        let is = |rows: &[&str]| rows.contains(&judge);
        let installation = &found.installation;
        let is_before_3 = || installation.version("openssl").is_some_and(|version| version.is_between("", "3.0.0"));
        match () {
            () if !is_openssl && !is_other => None,
            () if installation.has("gnutls") => Some(Self::GnuTls),
            () if is(&[boringssl::BUN.id, boringssl::CURL.id, boringssl::GRPC.id, unread::BORINGSSL.id]) => {
                Some(Self::OlderOpenSsl)
            }
            () if is_openssl && (installation.version("libressl").is_some() || is_before_3()) => {
                Some(Self::OlderOpenSsl)
            }
            () if is_openssl => Some(Self::OpenSsl),
            () if is(&[go::GO.id]) => Some(Self::Go),
            () if is(&[unread::ERLANG.id, unread::HASKELL.id]) => Some(Self::Lines),
            () if is(&[policy::rustls::RUSTLS.id, policy::rustls::DENO.id, unread::RUSTLS.id]) => Some(Self::Rustls),
            () => Some(Self::Other),
        }
    }

    /// Why it does not see an entry, where it does not.
    fn misses(self, store: &Store, index: usize, entry: &Entry) -> Option<&'static str> {
        let has = |note: &Note| entry.notes.contains(note);
        let keeps_mark = matches!(self, Self::OlderOpenSsl | Self::Go | Self::Lines | Self::Rustls);
        let is_passed = || match self {
            Self::GnuTls => store.gnutls_misses(index),
            Self::Go => store.go_misses(index),
            Self::Rustls | Self::Other => !has(&Note::CarriageReturns) && store.misses(index),
            Self::OpenSsl | Self::OlderOpenSsl | Self::Lines => store.misses(index),
        };
        match () {
            () if has(&Note::Utf16) => Some("it is UTF-16, which no TLS library reads"),
            () if keeps_mark && has(&Note::ByteOrderMark) => {
                Some("a byte order mark stands before its BEGIN, which then begins no line")
            }
            () if is_passed() && self == Self::GnuTls => Some("GnuTLS sees no block there that is a CERTIFICATE"),
            () if is_passed() && self == Self::Go => Some("Go sees no block there that it can decode"),
            () if is_passed() => Some("its BEGIN and END are not lines of their own, of five dashes each"),
            () => None,
        }
    }
}

/// Whether GnuTLS reads the PEM of a client that looks at a store in this way.
pub(super) fn is_gnutls(found: &Use, look: Look) -> bool {
    Reader::of(found, look) == Some(Reader::GnuTls)
}

/// Why a client goes past a block that castore reads.
pub(super) fn overlooked(found: &Use, store: &Store, (index, entry): (usize, &Entry), look: Look) -> Option<Reason> {
    Reader::of(found, look)?.misses(store, index, entry).map(Reason::Overlooked)
}

/// Whether a file has certificates, and the client that looks at it in this way sees none of them.
pub(super) fn sees_none(found: &Use, store: &Store, look: Look) -> bool {
    let Some(reader) = Reader::of(found, look) else { return false };
    let is_certificate = |(_, entry): &(usize, &Entry)| matches!(entry.body, Body::Certificate(_));
    let mut all = store.entries.iter().enumerate().filter(is_certificate).peekable();
    all.peek().is_some() && all.all(|(index, entry)| reader.misses(store, index, entry).is_some())
}
