//! How programs match the names of a certificate with the one they asked for, as data.
//!
//! They agree on `*.example.com` and on little else. Who does not leave it to a library has rules of its own: for one
//! pattern, for when the common name counts, for which of several common names, and for addresses. The comparison
//! itself is `chain::name`.

/// How a program matches a certificate with the name it asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matching {
    /// How one dNSName or common name is compared with a host name.
    pub pattern: Pattern,
    /// When the common name counts.
    pub common_name: CommonName,
    /// Which common name of several, and how it is read.
    pub which: Which,
    /// What an address is looked for in.
    pub addresses: Addresses,
    /// Whether an address of IPv6 is compared with the brackets that it has in a URL, so that no certificate is for it.
    pub bracketed: bool,
    /// What becomes of a dot at the end of the name that was asked for.
    pub dot: Dot,
}

/// What becomes of the dot at the end of an absolute name (RFC 1034, 3.1) that was asked for.
///
/// Seen with `a.test.` before a certificate for `a.test`: it is compared by Python 2.7 to 3.13 and httpx 0.28.1 and
/// httplib2 on them, OpenSSL 3.0's `-verify_hostname`, git on libcurl 7.88.1 and wget2 on GnuTLS 3.7.9; it is left out by
/// curl 7.88.1 on OpenSSL, wget 1.21.3, gnutls-cli 3.7.9, urllib3 2.8.0 and requests on it, aiohttp 3.14.5, Node.js 20,
/// Java 17, Go 1.19, PHP 8.2, Ruby 3.1 and IO::Socket::SSL 2.081.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dot {
    /// The program leaves it out.
    LeftOut,
    /// It is part of the name, so that no certificate without it is for that.
    Compared,
}

/// How one pattern of a certificate is compared with a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// `X509_check_host`: a wildcard before two labels at least; also as a part of the first label, where that is not
    /// switched off (`X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS`).
    OpenSsl {
        /// Whether `ba*.example.com` matches `bar.example.com`.
        partial: bool,
    },
    /// `Curl_cert_hostcheck`: a dot at the end is left out; `*.` before two labels at least.
    Curl,
    /// `check` of Node's lib/tls.js: a dot at the end is left out; a wildcard is any part of the first of three labels
    /// at least.
    Node,
    /// Bun from 1.3.6 until it had Node's: `*.` before two labels at least.
    BunLabels,
    /// Bun before that: letters as they are written; behind a first `*` the name only has to end alike.
    Bun,
    /// `php_openssl_matches_wildcard_name`: a wildcard is any part of the first label, whatever follows it; a dNSName
    /// may end in a dot.
    Php,
    /// `OpenSSL::SSL.verify_hostname`: dots at the end are left out; a wildcard is any part of the first label that is
    /// not empty, whatever follows it.
    Ruby,
    /// `ssl.match_hostname`, and urllib3's copy of it: a wildcard is any part of the first label, whatever follows it.
    Python {
        /// Whether the name that was asked for is in letters, and not as it is in the DNS, when it is compared.
        decoded: bool,
    },
    /// IO::Socket::SSL with `wildcards_in_alt => 'anywhere'`: dots at the end are left out; a wildcard is any part of
    /// the first label, before what is not a public suffix.
    Perl,
}

/// When the common name of the subject counts as a host name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommonName {
    /// When the subject alternative name has no dNSName.
    WithoutDnsName,
    /// When it has neither dNSName nor iPAddress.
    WithoutDnsNameOrAddress,
    /// When it has neither of these nor a uniformResourceIdentifier.
    WithoutDnsNameAddressOrUri,
    /// When it has neither dNSName nor uniformResourceIdentifier.
    WithoutDnsNameOrUri,
    /// Beside whatever names there are (`X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT`).
    Always,
    /// Never.
    Never,
}

/// Which common name of several counts, and how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Each, as the text that its string type makes of it.
    Every,
    /// Each, as octets: a BMPString is no host name (`OpenSSL::X509::Name#to_a`).
    EveryAsOctets,
    /// The last, as text.
    Last,
    /// The first, as octets (`X509_NAME_get_text_by_NID`).
    FirstAsOctets,
}

/// What an address that was asked for is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addresses {
    /// The iPAddresses alone.
    AltName,
    /// And in a common name, where that counts.
    OrCommonName,
    /// And in a common name, whatever alternative names there are.
    OrAnyCommonName {
        /// Whether that is so for IPv6 too.
        v6: bool,
    },
    /// And wherever a host name is looked for, as text.
    OrHostName,
    /// Wherever a host name is looked for, as text, and not in the iPAddresses.
    AsHostName,
}

/// What a name was compared with when it did not match, as far as programs tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Against {
    /// Alternative names.
    AltNames,
    /// A common name: the last that was compared.
    CommonName(String),
    /// A common name with an octet 0, up to that.
    Malformed(String),
    /// A pattern that the program does not take, where that ends the comparison.
    Pattern(String),
    /// Nothing: there is no name.
    Nothing,
}

/// What was asked for, as a program names it where it tells a fault.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The name.
    pub name: &'a str,
    /// What it was compared with, where the certificate is not for it.
    pub against: Option<&'a Against>,
    /// Whether the library came upon an extension that it cannot read, so that it noted an error before its verdict.
    pub broken: bool,
}

impl Asked<'_> {
    /// Of no server that is known.
    pub const NOTHING: Self = Self { name: "", against: None, broken: false };
}

/// `X509_check_host` with its defaults.
pub const OPENSSL: Matching = Matching {
    pattern: Pattern::OpenSsl { partial: true },
    common_name: CommonName::WithoutDnsName,
    which: Which::Every,
    addresses: Addresses::AltName,
    bracketed: false,
    dot: Dot::LeftOut,
};

/// The same where a wildcard is a whole label.
pub const WHOLE_LABELS: Matching = Matching { pattern: Pattern::OpenSsl { partial: false }, ..OPENSSL };

/// How programs of today match names: alternative names alone (RFC 9525, 6.3), whole labels.
pub const STRICT: Matching = Matching { common_name: CommonName::Never, ..WHOLE_LABELS };

/// libcurl on OpenSSL and BoringSSL: `ossl_verifyhost`, lib/vtls/openssl.c, and lib/vtls/hostcheck.c of 8.1, where
/// wildcards as parts of a label ended (CVE-2023-28321); distributions put that into earlier ones.
pub const CURL: Matching = Matching {
    pattern: Pattern::Curl,
    common_name: CommonName::WithoutDnsNameOrAddress,
    which: Which::Last,
    addresses: Addresses::OrCommonName,
    bracketed: false,
    dot: Dot::LeftOut,
};

/// `checkServerIdentity`, lib/tls.js of Node 16.20 to 26.10.
pub const NODE: Matching = Matching { pattern: Pattern::Node, ..OPENSSL };

/// `checkX509ServerIdentity`, src/boringssl.zig of Bun 1.1.
pub const BUN: Matching =
    Matching { pattern: Pattern::Bun, common_name: CommonName::Never, bracketed: true, ..OPENSSL };

/// The same of Bun 1.3.6 (1.3.5 has the earlier rules).
pub const BUN_LABELS: Matching = Matching { pattern: Pattern::BunLabels, ..BUN };

/// The same of Bun 1.3.14.
pub const BUN_COMMON_NAME: Matching =
    Matching { common_name: CommonName::WithoutDnsNameAddressOrUri, which: Which::EveryAsOctets, ..BUN_LABELS };

/// `php_openssl_apply_peer_verification_policy`, ext/openssl/xp_ssl.c.
pub const PHP: Matching = Matching {
    pattern: Pattern::Php,
    common_name: CommonName::WithoutDnsNameOrUri,
    which: Which::FirstAsOctets,
    addresses: Addresses::OrHostName,
    bracketed: true,
    dot: Dot::LeftOut,
};

/// `OpenSSL::SSL.verify_certificate_identity`, openssl/ssl.rb of Ruby 3.1.
pub const RUBY: Matching = Matching {
    pattern: Pattern::Ruby,
    common_name: CommonName::WithoutDnsNameOrAddress,
    which: Which::EveryAsOctets,
    addresses: Addresses::OrHostName,
    bracketed: false,
    dot: Dot::LeftOut,
};

/// `ssl.match_hostname`, Lib/ssl.py of Python 3.6, and urllib3's copy of it (src/urllib3/util/ssl_match_hostname.py).
pub const PYTHON: Matching = Matching {
    pattern: Pattern::Python { decoded: false },
    common_name: CommonName::WithoutDnsNameOrAddress,
    which: Which::Every,
    addresses: Addresses::OrCommonName,
    bracketed: false,
    dot: Dot::LeftOut,
};

/// `ssl.match_hostname` of Python 2.7 and 3.4, which knows no addresses.
pub const PYTHON_2: Matching =
    Matching { common_name: CommonName::WithoutDnsName, addresses: Addresses::AsHostName, ..PYTHON };

/// IO::Socket::SSL without a scheme (`%scheme`, `verify_hostname_of_cert`, 2.081).
pub const PERL: Matching = Matching {
    pattern: Pattern::Perl,
    common_name: CommonName::Always,
    which: Which::FirstAsOctets,
    addresses: Addresses::OrAnyCommonName { v6: true },
    bracketed: false,
    dot: Dot::LeftOut,
};

/// The same with its schemes `www` and `http`.
pub const PERL_HTTPS: Matching =
    Matching { common_name: CommonName::WithoutDnsName, addresses: Addresses::OrAnyCommonName { v6: false }, ..PERL };

/// The same of HTTP::Tiny 0.080, which takes the host of the URL as it is written (`_split_url`).
pub const PERL_TINY: Matching = Matching { bracketed: true, ..PERL_HTTPS };
