//! What `openssl.cnf` says of verification: the security level, the FIPS provider, SHA-1.
//!
//! Since 1.1.1 every program that makes a TLS context reads it (`OPENSSL_init_ssl`, ssl/ssl_init.c), so one
//! line in it decides whether a certificate of RSA 1024 or SHA-1 passes. Distributions put that line into a
//! file that it includes (crypto-policies). A library runs its modules in the order of the file and stops at the
//! first that fails, so that what it does not know takes effect from what stands behind (`CONF_modules_load`,
//! crypto/conf/conf_mod.c). Seen in 3.0.19.

mod file;

use crate::host::Host;
use file::Sections;
use std::path::{Path, PathBuf};

/// What the configuration sets. What it does not set is left to the library.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Configured {
    /// The security level, 0 to 5: the last `@SECLEVEL=` of `CipherString` in the section of `system_default`.
    pub level: Option<u8>,
    /// The file that sets it, which may be an included one.
    pub level_by: Option<PathBuf>,
    /// Whether algorithms are taken from the FIPS provider alone (`default_properties = fips=yes`, or 1.0.2's and
    /// 1.1.1's `fips_mode`).
    pub fips: bool,
    /// Red Hat's `rh-allow-sha1-signatures`.
    pub sha1: Option<bool>,
    /// Whether a line cannot be read or a module is not known: most programs pass that over.
    pub fails: bool,
    /// The provider that it activates without the default one or that of FIPS, which are not loaded by themselves then
    /// (`ossl_provider_disable_fallback_loading`, crypto/provider_conf.c): no program finds an algorithm of TLS.
    pub without_default: Option<String>,
    /// Whether it names a store for verifying (`VerifyCAFile`, `VerifyCAPath`, `VerifyCAStore`), before those of the
    /// program.
    pub names_store: bool,
}

/// How a library looks for its configuration.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The names in the default section that lead to the modules, of which the first that is there counts:
    /// `openssl_conf`, or what a program has instead.
    pub names: &'a [&'a str],
    /// Whether the library has Red Hat's option for SHA-1: asked where the configuration has it, because any other
    /// library stops there (`alg_module_init`, crypto/evp/evp_cnf.c).
    pub has_red_hats: &'a dyn Fn() -> bool,
}

/// The name that a library looks for by itself.
pub const OPENSSL_CONF: &[&str] = &["openssl_conf"];

/// The file that a library reads: `OPENSSL_CONF`, where an empty value names none, else `openssl.cnf` in its own
/// directory (`CONF_get1_default_config_file`). A program with raised rights ignores the variable.
#[must_use]
pub fn file(host: &Host, directory: Option<&Path>, is_privileged: bool) -> Option<PathBuf> {
    match host.variable("OPENSSL_CONF").filter(|_| !is_privileged) {
        Some(named) if named.is_empty() => None,
        Some(named) => Some(host.cwd.join(named)),
        None => Some(directory?.join("openssl.cnf")),
    }
}

/// What the configuration in a file sets.
#[must_use]
pub fn configured(host: &Host, file: &Path, asked: Asked<'_>) -> Configured {
    let mut configured = Configured::default();
    let Ok(sections) = Sections::read(host, file) else { return Configured { fails: true, ..configured } };
    let Some(main) = asked.names.iter().find_map(|name| sections.get("default", name)) else { return configured };
    for (name, section, _) in sections.of(main) {
        // `1.ssl_conf` too: a name counts up to its last dot (`module_find`).
        let runs = match name.rsplit_once('.').map_or(name, |(name, _)| name) {
            "ssl_conf" => configured.tls(&sections, section),
            "alg_section" => configured.algorithms(&sections, section, asked),
            // 1.1.1's is called so; the others change nothing that castore looks at.
            "evp_properties" | "oid_section" | "stbl_section" | "engines" | "random" => true,
            "providers" => configured.providers(&sections, section),
            "config_diagnostics" => true,
            _ => false,
        };
        if !runs {
            configured.fails = true;
            break;
        }
    }
    configured
}

impl Configured {
    /// `ssl_conf`: of its contexts the one for every program.
    fn tls(&mut self, sections: &Sections, section: &str) -> bool {
        let Some(system) = sections.get(section, "system_default") else { return true };
        for (name, value, file) in sections.of(system) {
            // `1.CipherString` too; any case (`ssl_module_init`, `ssl_conf_cmd_lookup`).
            let name = name.split_once('.').map_or(name, |(_, name)| name);
            if name.eq_ignore_ascii_case("CipherString")
                && let Some(level) = level(value)
            {
                (self.level, self.level_by) = (Some(level), Some(file.to_path_buf()));
            }
            self.names_store |=
                ["VerifyCAFile", "VerifyCAPath", "VerifyCAStore"].iter().any(|store| name.eq_ignore_ascii_case(store));
        }
        true
    }

    /// `providers`: a section for each, in which `activate` says that it is loaded. 3.0.19 takes any value for yes; one that
    /// says no is left out here, as what it asks for is clear.
    fn providers(&mut self, sections: &Sections, section: &str) -> bool {
        let no = |value: &str| ["no", "off", "0", "false", "n"].contains(&value.to_ascii_lowercase().as_str());
        let active = || {
            let listed =
                sections.of(section).filter(|(_, own, _)| sections.get(own, "activate").is_some_and(|on| !no(on)));
            listed.map(|(name, own, _)| sections.get(own, "identity").unwrap_or(name))
        };
        if !active().any(|name| name == "default" || name == "fips") {
            self.without_default = active().next().map(str::to_owned);
        }
        true
    }

    fn algorithms(&mut self, sections: &Sections, section: &str, asked: Asked<'_>) -> bool {
        let yes = |value: &str| ["yes", "on", "1", "true", "y"].contains(&value.to_ascii_lowercase().as_str());
        for (name, value, _) in sections.of(section) {
            match name {
                "default_properties" => {
                    self.fips |= value.split(',').any(|part| {
                        part.split_once('=').is_some_and(|(name, value)| name.trim() == "fips" && yes(value.trim()))
                    });
                }
                "fips_mode" => self.fips |= yes(value),
                "rh-allow-sha1-signatures" if (asked.has_red_hats)() => self.sha1 = Some(yes(value)),
                _ => return false,
            }
        }
        true
    }
}

/// The level that a cipher string sets, the last one if there are several: `@SECLEVEL=` and one digit begin a word
/// or follow one (`ssl_cipher_process_rulestr`, ssl/ssl_ciph.c).
#[must_use]
pub fn level(ciphers: &str) -> Option<u8> {
    ciphers.rsplit([':', ' ', ';', ',']).find_map(|word| {
        let digits = word.split_once("@SECLEVEL=")?.1;
        digits.parse().ok().filter(|level| *level <= 5 && digits.len() == 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::System;
    use crate::host::memory::Memory;

    const CNF: &str = "/etc/ssl/openssl.cnf";

    fn host(files: &[(&str, &str)], variables: &[(&str, &str)]) -> Host {
        let memory = files.iter().fold(Memory::new(), |memory, (path, text)| memory.file(path, *text));
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Host::new(Box::new(memory), System::Linux).with_environment(variables)
    }

    fn with(files: &[(&str, &str)], names: &[&str], has_red_hats: bool) -> Configured {
        configured(&host(files, &[]), Path::new(CNF), Asked { names, has_red_hats: &|| has_red_hats })
    }

    fn of(text: &str) -> Configured {
        with(&[(CNF, text)], OPENSSL_CONF, true)
    }

    /// As `openssl ciphers` of 3.0.19 finds some or none.
    #[test]
    fn a_provider_that_is_activated_alone_leaves_out_the_default() {
        let of = |text: &str| of(&format!("openssl_conf = i\n[i]\nproviders = p\n[p]\n{text}")).without_default;
        let alone = Some("legacy".to_owned());
        assert_eq!(of("legacy = l\n[l]\nactivate = 1\n"), alone);
        assert_eq!(of("default = d\nlegacy = l\n[l]\nactivate = 1\n[d]\n"), alone);
        assert_eq!(of("default = d\nlegacy = l\n[l]\nactivate = 1\n[d]\nactivate = 1\n"), None);
        assert_eq!(of("x = d\nlegacy = l\n[l]\nactivate = 1\n[d]\nidentity = default\nactivate = 1\n"), None);
        assert_eq!(of("fips = f\nbase = b\n[f]\nactivate = 1\n[b]\nactivate = 1\n"), None);
        assert_eq!(of("default = d\n[d]\n"), None);
    }

    const DEBIAN: &str = "openssl_conf = openssl_init\n[openssl_init]\nssl_conf = ssl_sect\n[ssl_sect]\n\
                          system_default = system_default_sect\n[system_default_sect]\nMinProtocol = TLSv1.2\n\
                          CipherString = DEFAULT@SECLEVEL=3 # as shipped\n";

    #[test]
    fn the_level_is_that_of_the_system_default() {
        assert_eq!(of(DEBIAN).level, Some(3));
        // A section that nothing leads to.
        assert_eq!(of(&DEBIAN["openssl_conf = openssl_init\n".len()..]).level, None);
        assert_eq!(with(&[], OPENSSL_CONF, true), Configured::default());
        assert_eq!(of(&DEBIAN.replace("CipherString", "7.cipherstring")).level, Some(3));
        assert_eq!(of(&format!("{DEBIAN}CipherString = DEFAULT\n")).level, None, "set again");
        assert_eq!(of(&format!("{DEBIAN}b.CipherString = DEFAULT\n")).level, Some(3));
        assert_eq!(of(&format!("{DEBIAN}b.CipherString = HIGH:@SECLEVEL=1\n")).level, Some(1));
        assert_eq!(of(&format!("{DEBIAN}not a setting\n")).level, None);
        assert!(of(&format!("{DEBIAN}VerifyCAFile = /a.pem\n")).names_store);
    }

    #[test]
    fn what_a_library_does_not_know_ends_its_modules() {
        let unknown = of(&DEBIAN.replace("\nssl_conf = ", "\nnothing = x\nssl_conf = "));
        assert_eq!((unknown.level, unknown.fails), (None, true));
        assert_eq!(of(&DEBIAN.replace("[ssl_sect]", "nothing = x\n[ssl_sect]")).level, Some(3));
        let red_hats = DEBIAN.replace("\nssl_conf = ", "\nalg_section = a\nssl_conf = ");
        let red_hats = format!("{red_hats}[a]\nrh-allow-sha1-signatures = no\n");
        let found = |has| with(&[(CNF, &red_hats)], OPENSSL_CONF, has);
        assert_eq!((found(true).level, found(true).sha1), (Some(3), Some(false)));
        assert_eq!(found(false), Configured { fails: true, ..Configured::default() });
    }

    #[test]
    fn a_program_may_look_for_another_name() {
        let text = DEBIAN.replace("openssl_conf", "nodejs_conf");
        assert_eq!(of(&text).level, None);
        assert_eq!(with(&[(CNF, &text)], &["nodejs_conf"], true).level, Some(3));
    }

    #[test]
    fn crypto_policies_are_included() {
        let fedora = "openssl_conf = openssl_init\n[openssl_init]\nproviders = p\nssl_conf = ssl_module\n\
                      alg_section = evp_properties\n[ssl_module]\nsystem_default = crypto_policy\n[evp_properties]\n\
                      [crypto_policy]\n.include = /etc/crypto-policies/back-ends/opensslcnf.config\n";
        let policy = "CipherString = @SECLEVEL=3:kEECDH:kRSA\nTLS.MinProtocol = TLSv1.2\n[openssl_init]\n\
                      alg_section = evp_properties\n[evp_properties]\nrh-allow-sha1-signatures = no\n";
        let files = [(CNF, fedora), ("/etc/crypto-policies/back-ends/opensslcnf.config", policy)];
        let found = with(&files, OPENSSL_CONF, true);
        assert_eq!((found.level, found.sha1), (Some(3), Some(false)));
        assert_eq!(found.level_by.as_deref(), Some(Path::new("/etc/crypto-policies/back-ends/opensslcnf.config")));
    }

    #[test]
    fn the_fips_provider_is_asked_for_by_a_property() {
        let text = "openssl_conf = init\n[init]\nalg_section = algs\n[algs]\ndefault_properties = fips=yes\n";
        assert!(of(text).fips);
        let text = "openssl_conf = init\n[init]\nalg_section = algs\n[algs]\ndefault_properties = ?fips=yes\n";
        assert!(!of(text).fips, "a preference is no demand");
    }

    #[test]
    fn the_variable_names_a_file_or_none() {
        let named = |variables: &[(&str, &str)], privileged| {
            file(&host(&[], variables), Some(Path::new("/etc/ssl")), privileged).map(|path| path.display().to_string())
        };
        assert_eq!(named(&[], false).as_deref(), Some(CNF));
        assert_eq!(named(&[("OPENSSL_CONF", "own.cnf")], false).as_deref(), Some("/own.cnf"));
        assert_eq!(named(&[("OPENSSL_CONF", "own.cnf")], true).as_deref(), Some(CNF));
        assert_eq!(named(&[("OPENSSL_CONF", "")], false), None);
        assert_eq!(file(&host(&[], &[]), None, false), None);
    }

    #[test]
    fn a_cipher_string_holds_the_level_in_a_word() {
        assert_eq!(level("DEFAULT@SECLEVEL=0"), Some(0));
        assert_eq!(level("DEFAULT:@SECLEVEL=0:@SECLEVEL=2"), Some(2));
        assert_eq!(level("@SECLEVEL=9:@SECLEVEL=22:HIGH"), None);
    }
}
