//! Libraries of several vendors before configurations, policies and the kernel's switch.

use super::*;
use crate::catalogue::survey::Searched;
use crate::host::memory::Memory;
use crate::host::{Host, System};

const LIBRARY: &str = "/usr/lib64/libcrypto.so.3";
const PATCHES: &str = "\0rh-allow-sha1-signatures\0/proc/sys/crypto/fips_enabled\0";

fn settings(
    directory: &str,
    version: &str,
    patches: &str,
    files: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Settings {
    let library = format!(
        "\0OpenSSL {version} 1 Jan 2026\0OPENSSLDIR: \"{directory}\"\0MODULESDIR: \"/usr/lib64/ossl-modules\"\0{patches}"
    );
    let memory = files.iter().fold(Memory::new(), |memory, (path, text)| memory.file(path, *text));
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    // Of the patched build, libssl has the path of the system's list.
    let other = if patches.is_empty() { "" } else { SYSTEM_LIST };
    let memory = memory.file(LIBRARY, library).file("/usr/lib64/libssl.so.3", format!("\0{other}\0"));
    let host = Host::new(Box::new(memory), System::Linux).with_environment(variables);
    let survey = Survey::new(&host, Searched::default());
    of_library(&survey, &survey.openssl_installations()[0])
}

const FIPS: (&str, &str) =
    ("/etc/ssl/openssl.cnf", "openssl_conf = a\n[a]\nalg_section = b\n[b]\ndefault_properties = fips=yes\n");
const PROVIDER: (&str, &str) = ("/usr/lib64/ossl-modules/fips.so", "");
const KERNEL: (&str, &str) = (KERNEL_SWITCH, "1\n");

#[test]
fn the_systems_list_of_ciphers_is_red_hats_default() {
    let list = (SYSTEM_LIST, "@SECLEVEL=3:kEECDH:kRSA");
    let found = settings(RED_HAT, "3.5.1", PATCHES, &[list], &[]);
    assert_eq!((found.level, found.level_is_set), (Some(3), true));
    assert_eq!(found.told[0], format!("security level 3, set by {SYSTEM_LIST}"));
    assert_eq!(settings("/etc/ssl", "3.5.1", "", &[list], &[]).level, None, "no other build looks there");
    let own = (
        "/etc/pki/tls/openssl.cnf",
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCipherString = @SECLEVEL=1:kRSA\n",
    );
    assert_eq!(settings(RED_HAT, "3.5.1", PATCHES, &[list, own], &[]).level, Some(1));
}

#[test]
fn sha_1_is_a_matter_of_the_vendors_patch() {
    let of = |patches, text: &str, variables: &[(&str, &str)]| {
        settings(RED_HAT, "3.5.1", patches, &[("/etc/pki/tls/openssl.cnf", text)], variables).sha1
    };
    let text = |word| format!("openssl_conf = a\n[a]\nalg_section = b\n[b]\nrh-allow-sha1-signatures = {word}\n");
    let (yes, no) = (text("yes"), text("no"));
    assert_eq!(of(PATCHES, &yes, &[]), Sha1::Permitted);
    assert_eq!(of(PATCHES, &no, &[]), Sha1::Refused);
    assert_eq!(of(PATCHES, &no, &[("OPENSSL_ENABLE_SHA1_SIGNATURES", "1")]), Sha1::Unknown);
    assert_eq!(of(PATCHES, "", &[]), Sha1::Unknown);
    assert_eq!(of("", &yes, &[]), Sha1::AsLevel);
}

#[test]
fn the_kernels_switch_moves_only_who_asks_for_it() {
    assert_eq!(settings("/etc/ssl", "3.0.19", "", &[KERNEL], &[]).fips, Fips::Off);
    assert_eq!(settings(RED_HAT, "3.0.7", PATCHES, &[KERNEL, PROVIDER], &[]).fips, Fips::Vendor);
    assert_eq!(settings(RED_HAT, "3.0.7", PATCHES, &[(KERNEL_SWITCH, "0\n")], &[]).fips, Fips::Off);
    let forced = settings(RED_HAT, "3.0.7", PATCHES, &[PROVIDER], &[("OPENSSL_FORCE_FIPS_MODE", "1")]);
    assert_eq!((forced.fips, forced.unread), (Fips::Vendor, None));
}

#[test]
fn fips_mode_needs_a_provider() {
    let found = settings("/etc/ssl", "3.0.19", "", &[FIPS, PROVIDER], &[]);
    assert_eq!((found.fips, found.unread), (Fips::Upstream, None));
    assert!(settings("/etc/ssl", "3.0.19", "", &[FIPS], &[]).unread.is_some());
    let elsewhere = [("OPENSSL_MODULES", "/own")];
    assert!(settings("/etc/ssl", "3.0.19", "", &[FIPS, PROVIDER], &elsewhere).unread.is_some());
    assert_eq!(settings("/etc/ssl", "3.0.19", "", &[FIPS, ("/own/fips.so", "")], &elsewhere).unread, None);
}

#[test]
fn before_1_1_1_nobody_loads_a_configuration() {
    assert_eq!(settings("/etc/ssl", "1.0.2", "", &[FIPS, PROVIDER], &[]).fips, Fips::Off);
}

fn gnutls(library: &str, files: &[(&str, &str)], variables: &[(&str, &str)]) -> Settings {
    let memory = files.iter().fold(Memory::new(), |memory, (path, text)| memory.file(path, *text));
    let library = memory.file("/usr/lib64/libgnutls.so.30", format!("\x000.3.4\0{library}\0"));
    let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let host = Host::new(Box::new(library), System::Linux).with_environment(variables);
    let survey = Survey::new(&host, Searched::default());
    of_library(&survey, &survey.gnutls_installations()[0])
}

#[test]
fn gnutls_reads_the_file_that_is_compiled_in_or_named() {
    const MEDIUM: &str = "[overrides]\nmin-verification-profile = medium\n";
    const POLICIES: &str = "/etc/crypto-policies/back-ends/gnutls.config";
    let files = [("/etc/gnutls/config", MEDIUM), ("/own", "[overrides]\nmin-verification-profile = high\n")];
    let least = |settings: Settings| settings.gnutls.least.map(|profile| profile.rsa);
    assert_eq!(least(gnutls("3.7.9", &files, &[])), Some(2048));
    assert_eq!(least(gnutls("3.6.5", &files, &[])), None, "no overrides yet");
    assert_eq!(least(gnutls("3.7.9", &files, &[("GNUTLS_SYSTEM_PRIORITY_FILE", "/own")])), Some(3072));
    assert_eq!(least(gnutls("3.7.9", &files, &[("GNUTLS_SYSTEM_PRIORITY_FILE", "/none")])), None);
    assert_eq!(least(gnutls(&format!("3.8.9\0{POLICIES}"), &files, &[])), None);
    let policy = [(POLICIES, MEDIUM)];
    let found = gnutls(&format!("3.8.9\0{POLICIES}"), &policy, &[]);
    assert_eq!(found.strength_by.as_deref(), Some("set by /etc/crypto-policies/back-ends/gnutls.config"));
}

#[test]
fn gnutls_in_fips_mode_is_not_predicted() {
    assert_eq!(gnutls("3.7.9", &[KERNEL], &[]).unread, None, "a build without it");
    assert!(gnutls(&format!("3.8.3\0{KERNEL_SWITCH}"), &[KERNEL], &[]).unread.is_some());
}

#[test]
fn nss_follows_the_kernel_and_the_policy() {
    let of = |files: &[(&str, &str)]| {
        let library = Memory::new().file("/usr/lib64/libnss3.so", "\0/etc/crypto-policies/back-ends\0");
        let memory = files.iter().fold(library, |memory, (path, text)| memory.file(path, *text));
        let host = Host::new(Box::new(memory), System::Linux);
        let survey = Survey::new(&host, Searched::default());
        let at = PathBuf::from("/usr/lib64/firefox/firefox");
        of_nss(&survey, &Installation { at, ..Installation::default() }).unread.is_some()
    };
    let policy = |least| {
        format!(
            "library=\nNSS=flags=policyOnly,moduleDB\nconfig=\"disallow=ALL allow=SHA256:RSA-MIN={least}:DH-MIN=2048\"\n"
        )
    };
    let (usual, future) = (policy(2048), policy(3072));
    assert!(!of(&[]) && of(&[KERNEL]));
    assert!(!of(&[(NSS_POLICY, &usual)]) && of(&[(NSS_POLICY, &future)]));
    assert!(!of(&[(NSS_POLICY, &future), ("/usr/lib64/firefox/libnss3.so", "")]), "it brings its own");
}
