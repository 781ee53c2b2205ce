//! In which form the store is written: the format and what belongs to one format alone.

use super::super::error::Failure;
use super::super::host::passwords;
use super::super::{Context, Process};
use super::is_stdout;
use castore::format::hash_dir::Hashes;
use castore::format::jks::CHANGEIT;
use castore::host::Host;
use castore::model::{Oid, Password, Timestamp};
use castore::plan::Kept;
use castore::plan::export::{ObjectNames, Options, Profile, ROWS, Row, Shape};
use castore::render::escape;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The form.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Form")]
pub(super) struct FormArguments {
    /// Write the store in this format.
    #[arg(long, value_name = "FORMAT", default_value = "pem", value_parser = row())]
    format: &'static Row,
    /// Leave out the comments with subject and source.
    #[arg(long)]
    no_comments: bool,
    /// der-dir, hash-dir: renew a directory that castore export wrote; one with anything else in it is left alone.
    #[arg(long)]
    replace: bool,
    /// hash-dir: by which hashes of their subjects certificates are found [default: new].
    #[arg(long, value_enum, value_name = "HASHES")]
    hashes: Option<HashesName>,
    /// jks, pkcs12: seal it with the first password in FILE.
    ///
    /// Without it the first of --password-file does, which is also tried on keystores that are read; without either
    /// changeit, which Java's programs expect.
    #[arg(long, value_name = "FILE")]
    out_password_file: Option<PathBuf>,
    /// pkcs12: how it is encrypted and sealed [default: modern].
    #[arg(long, value_enum, value_name = "PROFILE")]
    profile: Option<ProfileName>,
    /// clustertrustbundle, configmap, trust-bundle: the name of the object [default: castore].
    ///
    /// Of a signer's bundle it begins with the signer's, with : for /, and another : [default:
    /// example.com:signer:castore].
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// configmap: the namespace of the object.
    #[arg(long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    /// configmap, trust-bundle: the key under which the certificates stand [default: ca.crt].
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// clustertrustbundle: the signer it is of, as example.com/signer.
    #[arg(long, value_name = "SIGNER")]
    signer: Option<String>,
    /// Leave out what stores limit in a way that the format cannot say: names, dates.
    #[arg(long)]
    no_limits_lost: bool,
}

/// Which hashes lead to a certificate of a hash directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum HashesName {
    /// That of OpenSSL 1.0.0 and later, as openssl rehash.
    New,
    /// That of before OpenSSL 1.0.0, as openssl rehash -old.
    Old,
    /// Both, as openssl rehash -compat and c_rehash.
    Both,
}

/// How a PKCS#12 is encrypted and sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ProfileName {
    /// AES-256 and SHA-256, as FIPS 140 has it: Java 8u301, 11.0.12 and later.
    Modern,
    /// 3DES and SHA-1: older Java, too.
    Legacy,
    /// In clear and without a seal, as the JDK's own since 18.
    Plain,
}

/// The rows by their names, with what `--help` says of each.
fn row() -> impl TypedValueParser<Value = &'static Row> {
    let names = ROWS.iter().map(|row| PossibleValue::new(row.name).help(row.about));
    PossibleValuesParser::new(names).map(|name: String| ROWS.iter().find(|row| row.name == name).unwrap_or(&ROWS[0]))
}

/// What seals a keystore.
pub(super) struct Seal {
    /// The password.
    pub password: Password,
    /// What reports call it; nothing where the format has no seal.
    pub is_of: Option<&'static str>,
}

impl FormArguments {
    pub(super) fn row(&self) -> &'static Row {
        self.format
    }

    pub(super) fn has_comments(&self) -> bool {
        !self.no_comments
    }

    pub(super) fn replaces(&self) -> bool {
        self.replace
    }

    pub(super) fn no_limits_lost(&self) -> bool {
        self.no_limits_lost
    }

    /// An error where something was asked for that the format does not have.
    pub(super) fn verify(&self, out: &Path, context: &Context<'_>) -> Result<(), Failure> {
        let name = self.format.name;
        let given = [
            ("--replace", self.replace, "der-dir hash-dir"),
            ("--hashes", self.hashes.is_some(), "hash-dir"),
            ("--out-password-file", self.out_password_file.is_some(), "jks pkcs12"),
            ("--profile", self.profile.is_some(), "pkcs12"),
            ("--name", self.name.is_some(), "clustertrustbundle configmap trust-bundle"),
            ("--namespace", self.namespace.is_some(), "configmap"),
            ("--key", self.key.is_some(), "configmap trust-bundle"),
            ("--signer", self.signer.is_some(), "clustertrustbundle"),
        ];
        for (option, _, of) in given.into_iter().filter(|(_, is_given, _)| *is_given) {
            if !of.split(' ').any(|of| of == name) {
                let of = of.replace(' ', ", ");
                return Err(Failure::with_hint(
                    format!("{option}: expected the format {of}, found {name}"),
                    "castore export --help tells which option is of which format",
                ));
            }
        }
        if self.out_password_file.is_some() && self.profile == Some(ProfileName::Plain) {
            return Err(Failure::with_hint(
                "--out-password-file: expected a profile that is sealed, found plain",
                "leave one of both out",
            ));
        }
        match self.format.shape {
            shape if shape != Shape::Directory && out.as_os_str().as_encoded_bytes().ends_with(b"/") => {
                Err(Failure::with_hint(
                    format!("{}: expected the name of a file, found that of a directory", escape::path(out)),
                    "name the file in it",
                ))
            }
            Shape::Directory if is_stdout(out) => Err(Failure::with_hint(
                format!("{name}: expected a directory, found standard output"),
                "name one with --out",
            )),
            Shape::Binary | Shape::Sealed if is_stdout(out) && context.process.terminal => Err(Failure::with_hint(
                format!("{name} is no text, and standard output is a terminal"),
                "name a file with --out, or lead standard output into one",
            )),
            _ => Ok(()),
        }
    }

    /// What seals the store: what was given for it, else what was given for reading, else what Java expects.
    pub(super) fn seal(&self, host: &Host, context: &mut Context<'_>) -> Result<Seal, Failure> {
        if self.format.shape != Shape::Sealed || self.profile == Some(ProfileName::Plain) {
            return Ok(Seal { password: Password::new(CHANGEIT), is_of: None });
        }
        let own = match &self.out_password_file {
            Some(file) => passwords(std::slice::from_ref(file), "--out-password-file", context)?.into_iter().next(),
            None => host.passwords.first().cloned(),
        };
        let is_of = Some(if own.is_some() { "given" } else { CHANGEIT });
        Ok(Seal { password: own.unwrap_or_else(|| Password::new(CHANGEIT)), is_of })
    }

    pub(super) fn options<'a>(
        &'a self,
        comments: &'a dyn Fn(&Kept) -> Vec<String>,
        purpose: Oid,
        password: &'a Password,
        epoch: Option<Timestamp>,
    ) -> Options<'a> {
        Options {
            comments,
            purpose,
            hashes: match self.hashes {
                None | Some(HashesName::New) => Hashes::New,
                Some(HashesName::Old) => Hashes::Old,
                Some(HashesName::Both) => Hashes::Both,
            },
            password,
            profile: match self.profile {
                None | Some(ProfileName::Modern) => Profile::Modern,
                Some(ProfileName::Legacy) => Profile::Legacy,
                Some(ProfileName::Plain) => Profile::Plain,
            },
            made: epoch.unwrap_or(Timestamp::from_unix(0)),
            names: ObjectNames {
                name: self.name.as_deref(),
                namespace: self.namespace.as_deref(),
                key: self.key.as_deref().unwrap_or("ca.crt"),
                signer: self.signer.as_deref(),
            },
        }
    }
}

/// The moment that stands for now in builds that are to be the same
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
pub(super) fn epoch(process: &Process) -> Result<Option<Timestamp>, Failure> {
    let Some(text) = process.environment.get(OsStr::new("SOURCE_DATE_EPOCH")) else { return Ok(None) };
    let seconds = text.to_str().filter(|text| text.bytes().all(|digit| digit.is_ascii_digit()));
    let seconds = seconds.and_then(|text| text.parse().ok());
    seconds.map(|seconds| Some(Timestamp::from_unix(seconds))).ok_or_else(|| {
        Failure::with_hint(
            format!("SOURCE_DATE_EPOCH: expected seconds since 1970, found {}", escape::path(Path::new(text))),
            "set it to the time of the last change, or unset it",
        )
    })
}
