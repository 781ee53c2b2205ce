//! What settings of a host say of verification to the TLS library of an installation.
//!
//! OpenSSL reads a configuration, whoever starts it; Red Hat's and Fedora's build has the list of the system's policy
//! for its default besides, takes SHA-1 or not by an option of its own, and goes into FIPS mode with the kernel
//! (`openssl.spec` of Fedora 43: the patches RH-Add-support-for-PROFILE-SYSTEM, RH-Disable-signature-verification-with-bad-digests,
//! RH-Add-Kernel-FIPS-mode-flag-support). Those patches are told by the texts that they put into the library. What
//! upstream does was seen in 3.0.19; of the patches the source was read.

use super::client::Installation;
use super::survey::{PRIVILEGED, Survey};
use crate::policy::{Fips, Settings, Sha1};
use crate::settings::gnutls_config;
use crate::settings::openssl_cnf::{self, Asked, OPENSSL_CONF};
use std::path::{Path, PathBuf};

/// What a client has that reads nothing but what its TLS library does.
pub(super) fn of_library(survey: &Survey<'_>, installation: &Installation) -> Settings {
    if let Some(library) = installation.place("libgnutls") {
        return of_gnutls(survey, installation, library);
    }
    let directory = installation.place("openssldir").map(PathBuf::as_path);
    let file = openssl_cnf::file(survey.host, directory, installation.has(PRIVILEGED));
    let ciphers_of_library = leaves_ciphers(survey, installation);
    Settings { ciphers_of_library, ..of_openssl(survey, installation, file.as_deref(), OPENSSL_CONF) }
}

/// Whether a Python has no list of ciphers of its own, and with it no level (`PY_SSL_DEFAULT_CIPHER_STRING` in
/// Modules/_ssl.c, since 3.10 with a level): the list is in the extension unless the build was to leave it out.
fn leaves_ciphers(survey: &Survey<'_>, installation: &Installation) -> bool {
    // That of PyPy is written in Python.
    let is_pypy = |extension: &PathBuf| extension.to_string_lossy().contains("_pypy_openssl.");
    let extension = installation.place("ssl-extension").filter(|extension| !is_pypy(extension));
    installation.version("python").is_some_and(|version| version.is_between("3.10", ""))
        && extension.is_some_and(|extension| !survey.holds_text(extension, b"@SECLEVEL=2:"))
}

/// The directory of OpenSSL in Red Hat's and Fedora's builds, which no other has.
const RED_HAT: &str = "/etc/pki/tls";
/// What `PROFILE=SYSTEM`, their default list of ciphers, stands for.
const SYSTEM_LIST: &str = "/etc/crypto-policies/back-ends/openssl.config";
/// The kernel's switch for FIPS mode, and the text of it in libraries that ask for it.
pub(super) const KERNEL_SWITCH: &str = "/proc/sys/crypto/fips_enabled";
const RED_HATS_OPTION: &[u8] = b"rh-allow-sha1-signatures";

/// What OpenSSL makes of its configuration, found by one of these names, and of its vendor's patches.
pub(super) fn of_openssl(
    survey: &Survey<'_>,
    installation: &Installation,
    file: Option<&Path>,
    names: &[&str],
) -> Settings {
    let mut settings = Settings::default();
    let Some(library) = installation.place("libcrypto") else { return settings };
    // Before 1.1.1 no program loads it by itself.
    if installation.version("openssl").is_none_or(|version| version.is_between("", "1.1.1")) {
        settings.level = installation.security_level;
        return settings;
    }
    let is_red_hats = || survey.holds_text(library, RED_HATS_OPTION);
    let configured =
        file.map(|file| openssl_cnf::configured(survey.host, file, Asked { names, has_red_hats: &is_red_hats }));
    let configured = configured.unwrap_or_default();
    let by_policy = || {
        let list = survey.host.settings(Path::new(SYSTEM_LIST))?;
        // The path is in libssl, which lies beside libcrypto.
        let name = library.file_name()?.to_string_lossy().replace("libcrypto", "libssl");
        survey.holds_text(&library.with_file_name(name), SYSTEM_LIST.as_bytes()).then_some(())?;
        openssl_cnf::level(&list).map(|level| (level, PathBuf::from(SYSTEM_LIST)))
    };
    if let Some((level, by)) = configured.level.zip(configured.level_by.clone()).or_else(by_policy) {
        settings.set_level(level, &format!("set by {}", by.display()));
    } else if let Some(level) = installation.security_level {
        settings.level = Some(level);
        settings.told.push(format!("security level {level}, as its OpenSSL is built"));
    }
    settings.sha1 = sha1(survey, installation, configured.sha1, &is_red_hats);
    settings.told.extend(match settings.sha1 {
        Sha1::AsLevel => None,
        Sha1::Permitted => {
            Some("signatures with SHA-1 are taken up to level 2, by rh-allow-sha1-signatures".to_owned())
        }
        Sha1::Refused => Some("signatures with SHA-1 are refused, by rh-allow-sha1-signatures".to_owned()),
        Sha1::Unknown => Some("signatures with SHA-1 are taken or not by what its vendor made of it".to_owned()),
    });
    let of_kernel = is_forced(survey, installation, library);
    if configured.fips || of_kernel {
        settings.fips = if of_kernel || is_red_hats() { Fips::Vendor } else { Fips::Upstream };
        let by = match file.filter(|_| configured.fips) {
            Some(file) => file.display().to_string(),
            None => format!("the kernel's switch {KERNEL_SWITCH}, or OPENSSL_FORCE_FIPS_MODE"),
        };
        settings.told.push(format!("FIPS mode, set by {by}"));
        if !has_fips_provider(survey, library, installation) {
            let why = format!("FIPS mode is set by {by}, and whether the library finds its FIPS provider is not known");
            settings.unread = Some(why);
        }
    }
    settings.configuration_fails = configured.fails;
    let has_providers = installation.version("openssl").is_some_and(|version| version.is_between("3.0", ""));
    if let Some((file, provider)) = file.zip(configured.without_default.filter(|_| has_providers)) {
        let file = file.display();
        settings.unread =
            Some(format!("{file} activates the provider {provider} and not the default one: no TLS begins"));
    }
    if let Some(file) = file.filter(|_| configured.names_store) {
        settings.unread = Some(format!("{} names a store for verifying", file.display()));
    }
    settings
}

impl Settings {
    /// Takes a level over from a setting.
    pub(super) fn set_level(&mut self, level: u8, by: &str) {
        self.level = Some(level);
        self.level_is_set = true;
        self.strength_by = Some(by.to_owned());
        self.told.push(format!("security level {level}, {by}"));
    }
}

/// What GnuTLS makes of the system's configuration: `GNUTLS_SYSTEM_PRIORITY_FILE`, else the file compiled in. Since
/// 3.6.9 it may override what the library does by itself.
fn of_gnutls(survey: &Survey<'_>, installation: &Installation, library: &Path) -> Settings {
    let mut settings = Settings::default();
    let named = survey.host.variable("GNUTLS_SYSTEM_PRIORITY_FILE").filter(|_| !installation.has(PRIVILEGED));
    let file = match named {
        Some(named) => survey.host.cwd.join(named),
        None => survey.gnutls_configuration(library),
    };
    let has_overrides = installation.version("gnutls").is_none_or(|version| version.is_between("3.6.9", ""));
    if let Some(text) = survey.host.settings(&file).filter(|_| has_overrides) {
        settings.gnutls = gnutls_config::Configured::read(&text);
        if settings.gnutls != gnutls_config::Configured::default() {
            let by = format!("set by {}", file.display());
            settings.told.push(format!("algorithms and key sizes of GnuTLS, {by}"));
            settings.strength_by = Some(by);
        }
    }
    let by_variable = || survey.set("GNUTLS_FORCE_FIPS_MODE").is_some();
    if (kernel_is_in_fips_mode(survey) || by_variable()) && survey.holds_text(library, KERNEL_SWITCH.as_bytes()) {
        settings.unread = Some("castore has no rules for GnuTLS in FIPS mode".to_owned());
    }
    settings
}

/// The system's policy for NSS, which libraries read that have this path in them (`POLICY_PATH`, lib/pk11wrap).
const NSS_POLICY: &str = "/etc/crypto-policies/back-ends/nss.config";

/// What NSS makes of the system: its FIPS mode follows the kernel or `NSS_FIPS` (`NSS_GetSystemFIPSEnabled`,
/// lib/util/nssutil.c), and Red Hat's and Fedora's library takes the least size of RSA keys from the policy. Firefox
/// asks for 2048 bits by itself, so that a policy with more is what castore has no rules for. From the source alone.
pub(super) fn of_nss(survey: &Survey<'_>, installation: &Installation) -> Settings {
    let mut settings = Settings::default();
    if kernel_is_in_fips_mode(survey) || survey.set("NSS_FIPS").is_some() {
        settings.unread = Some("castore has no rules for NSS in FIPS mode".to_owned());
    }
    let least = || {
        let text = survey.host.settings(Path::new(NSS_POLICY))?;
        let (_, rest) = text.split_once("RSA-MIN=")?;
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse::<u32>().ok()
    };
    if let Some(least) = least().filter(|least| *least > 2048) {
        let brings = installation.at.parent().is_some_and(|own| survey.host.is_file(&own.join("libnss3.so")));
        let reads = |library: &PathBuf| survey.holds_text(library, b"/etc/crypto-policies/back-ends");
        if !brings && survey.libraries("libnss3.so").iter().any(reads) {
            let why = format!("castore has no rules for NSS where {NSS_POLICY} asks for RSA of {least} bits");
            settings.unread = Some(why);
        }
    }
    settings
}

/// What a vendor's build makes of SHA-1. Fedora's takes it where nothing is said, Red Hat's from 9 on does not, and
/// `OPENSSL_ENABLE_SHA1_SIGNATURES` makes either take it.
fn sha1(
    survey: &Survey<'_>,
    installation: &Installation,
    configured: Option<bool>,
    is_red_hats: &dyn Fn() -> bool,
) -> Sha1 {
    // Only theirs has the patch; SUSE's has it and another directory, and says so in its configuration.
    let of_the_vendor = installation.place("openssldir").is_some_and(|directory| directory == Path::new(RED_HAT));
    if configured.is_none() && !(of_the_vendor && is_red_hats()) {
        return Sha1::AsLevel;
    }
    if survey.set("OPENSSL_ENABLE_SHA1_SIGNATURES").is_some() {
        return Sha1::Unknown;
    }
    match configured {
        Some(true) => Sha1::Permitted,
        Some(false) => Sha1::Refused,
        None => Sha1::Unknown,
    }
}

/// Whether a build goes into FIPS mode with the kernel, or as a variable has it, and does.
fn is_forced(survey: &Survey<'_>, installation: &Installation, library: &Path) -> bool {
    let by_variable = !installation.has(PRIVILEGED) && survey.host.variable("OPENSSL_FORCE_FIPS_MODE").is_some();
    (by_variable || kernel_is_in_fips_mode(survey)) && survey.holds_text(library, KERNEL_SWITCH.as_bytes())
}

/// Whether the kernel's switch is thrown.
pub(super) fn kernel_is_in_fips_mode(survey: &Survey<'_>) -> bool {
    survey.host.settings(Path::new(KERNEL_SWITCH)).is_some_and(|text| text.starts_with('1'))
}

/// Whether `fips.so` is where the library looks for it: `OPENSSL_MODULES`, else its own directory. 1.1.1 has
/// everything in itself.
fn has_fips_provider(survey: &Survey<'_>, library: &Path, installation: &Installation) -> bool {
    if installation.version("openssl").is_some_and(|version| version.is_between("", "3.0")) {
        return true;
    }
    let own = || survey.library(library).and_then(|library| library.modules.clone());
    let modules = survey.set("OPENSSL_MODULES").or_else(own);
    modules.is_some_and(|modules| survey.host.is_file(&modules.join("fips.so")))
}

#[cfg(test)]
mod tests;
