//! The clouds' command-line tools and libraries: private Pythons, private bundles, variables of their own.

use super::client::{Client, Edit, Ends, Installation, Leaf, Look, Roots, Rule, Setting, Source, Then};
use super::python::{INHERITS, REQUESTS_DOC, REQUESTS_RULE, TRUSTSTORE_PATHS, ends_urllib3, riders};
use super::survey::Survey;
use crate::model::Version;
use crate::policy;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[BOTOCORE, AWS_CLI, GOOGLE_AUTH, GCLOUD, AZURE_CLI, GRPC, STRIPE];

const AWS_DOC: &str =
    "https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html#envvars-list-AWS_CA_BUNDLE";
const AWS_CONFIG: &str =
    "https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html#cli-config-ca_bundle";
const BOTOCORE_ENDPOINT: &str = "https://github.com/boto/botocore/blob/1.44.0/botocore/endpoint.py";
const BOTOCORE_SESSION: &str = "https://github.com/boto/botocore/blob/1.44.0/botocore/httpsession.py";
const GCLOUD_DOC: &str = "https://cloud.google.com/sdk/docs/proxy-settings";
const GCLOUD_PROPERTIES: &str = "https://cloud.google.com/sdk/gcloud/reference/topic/configurations";
const AZURE: &str = "https://github.com/Azure/azure-cli/blob/dev/src/azure-cli-core/azure/cli/core/util.py";
const GRPC_ROOTS: &str = "https://github.com/grpc/grpc/blob/master/src/core/credentials/transport/tls/ssl_utils.cc";
const GRPC_SYSTEM: &str =
    "https://github.com/grpc/grpc/blob/master/src/core/lib/security/security_connector/load_system_roots_supported.cc";
const STRIPE_SOURCE: &str = "https://github.com/stripe/stripe-python/blob/master/stripe/_http_client.py";

/// `botocore`: the library under boto3 and the AWS CLI.
const BOTOCORE: Client = Client::new(
    "botocore",
    "botocore and boto3",
    "AWS_CA_BUNDLE, else ca_bundle of the profile, else REQUESTS_CA_BUNDLE, else certifi, else its own cacert.pem. Before 1.43.54 it verifies nothing if one is set and empty.",
    Rule::Each(
        |survey| {
            let mut found = survey.packages("botocore");
            found.iter_mut().for_each(|one| {
                let one = Arc::make_mut(one);
                one.places.push(("botocore", one.at.clone()));
                survey.add_version(one, "urllib3");
            });
            found
        },
        &BOTOCORE_RULE,
    ),
)
.judged_by(&policy::python::BOTOCORE)
.reads(&["AWS_CONFIG_FILE", "AWS_DEFAULT_PROFILE", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"])
// A bare SSLContext, and no flag (`create_urllib3_context` of its own).
.ends(|_| Ends::SelfIssued)
.edit(INHERITS)
.lost_by("the next upgrade of botocore", "AWS_CA_BUNDLE")
.roots(Roots::Own);

const BOTOCORE_RULE: Rule = Rule::All(&[
    Rule::First(&[
        refuses(Leaf::variable("AWS_CA_BUNDLE")).says(AWS_DOC),
        turns_off(Leaf::variable("AWS_CA_BUNDLE")).says(AWS_DOC),
        refuses(Leaf::setting("ca_bundle", profile_bundle)).says(AWS_CONFIG),
        turns_off(Leaf::setting("ca_bundle", profile_bundle)).says(AWS_CONFIG),
        refuses(Leaf::variable("REQUESTS_CA_BUNDLE")).says(BOTOCORE_ENDPOINT),
        turns_off(Leaf::variable("REQUESTS_CA_BUNDLE")).says(BOTOCORE_ENDPOINT),
        Leaf::path("{certifi}").missing(Then::Refuse).says(BOTOCORE_SESSION),
        Leaf::path("{botocore}/cacert.pem").missing(Then::Refuse).says(BOTOCORE_SESSION),
    ]),
    TRUSTSTORE_PATHS,
]);

/// Since 1.43.54 a bundle without a name is an error (`_validate_verify_value`, botocore/endpoint.py).
const fn refuses(leaf: Leaf) -> Leaf {
    leaf.missing(Then::Refuse).empty(Then::Refuse).between(&[("botocore", "1.43.54", "")])
}

/// Before, an empty text was taken for `verify=False`.
const fn turns_off(leaf: Leaf) -> Leaf {
    leaf.missing(Then::Refuse).empty(Then::TurnOff).between(&[("botocore", "", "1.43.54")])
}

/// `ca_bundle` of the profile in use: of the configuration, unless the credentials have it as well
/// (`full_config`, botocore/session.py). Nothing is expanded in it, no `~` either.
fn profile_bundle(survey: &Survey<'_>, _: &Installation) -> Vec<Setting> {
    let profile = ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"].iter().find_map(|name| survey.set(name));
    let profile = profile.map_or_else(|| "default".to_owned(), |name| name.to_string_lossy().into_owned());
    let file = |variable: &str, usual: &str| {
        let named = survey.set(variable).map(|path| survey.host.absolute(&path));
        named.or_else(|| survey.in_home(usual))
    };
    let configuration = file("AWS_CONFIG_FILE", ".aws/config");
    let mut places = vec![
        (file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"), profile.clone()),
        (configuration.clone(), format!("profile {profile}")),
    ];
    places.extend((profile == "default").then_some((configuration, profile)));
    let read = |(file, section): (Option<PathBuf>, String)| {
        let file = file?;
        let mut setting = survey.ini(&file, &section, "ca_bundle")?;
        if !setting.value.is_empty() {
            setting.value = survey.host.cwd.join(&setting.value).into_os_string();
        }
        Some(setting)
    };
    places.into_iter().filter_map(read).take(1).collect()
}

/// `aws-cli`: with a botocore of its own inside, since 1.46 and in version 2.
const AWS_CLI: Client = Client::new(
    "aws-cli",
    "AWS CLI",
    "As botocore, of the copy inside, or of the one beside it.",
    Rule::Each(aws_clis, &BOTOCORE_RULE),
)
.judged_by(&policy::python::BOTOCORE)
.reads(&["AWS_CONFIG_FILE", "AWS_DEFAULT_PROFILE", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"])
.ends(|_| Ends::SelfIssued)
.edit(INHERITS)
.roots(Roots::Public)
.called("awscli");

/// The AWS CLI as a package, and where the installer of version 2 puts it
/// (docs.aws.amazon.com/cli, "Installing or updating").
fn aws_clis(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let mut found = survey.packages("awscli");
    for one in &mut found {
        let one = Arc::make_mut(one);
        let own = one.at.join("botocore");
        if survey.host.is_directory(&own) {
            let text = survey.host.settings(&own.join("__init__.py")).unwrap_or_default();
            let version = text.lines().find_map(|line| Version::parse(line.strip_prefix("__version__ = '")?));
            one.components.extend(version.map(|version| ("botocore", version)));
            one.places.push(("botocore", own));
        } else {
            survey.add_version(one, "botocore");
            survey.add_version(one, "urllib3");
            let beside = survey.beside(one, "botocore");
            one.places.extend(beside.map(|directory| ("botocore", directory)));
        }
    }
    let installer =
        survey.in_home(".local/aws-cli/v2/current").into_iter().chain(["/usr/local/aws-cli/v2/current".into()]);
    for at in installer {
        let Ok(resolved) = survey.host.resolve(&at) else { continue };
        let version = resolved.path.file_name().and_then(|name| Version::parse(&name.to_string_lossy()));
        found.push(Arc::new(Installation {
            components: version.map(|version| ("awscli", version)).into_iter().collect(),
            places: vec![("botocore", at.join("dist/awscli/botocore"))],
            at,
            because: "installer of version 2".to_owned(),
            unknown: vec!["the version of the botocore inside, which decides what an empty variable does".to_owned()],
            ..Installation::default()
        }));
    }
    found
}

/// `google-auth`: its transport over requests.
const GOOGLE_AUTH: Client = Client::new(
    "google-auth",
    "google-auth",
    "Through requests: REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else certifi.",
    Rule::Each(|survey| riders(survey, "google/auth", "google-auth"), &REQUESTS_RULE),
)
.judged_by(&policy::python::URLLIB3)
.ends(ends_urllib3)
.edit(INHERITS);

/// `gcloud`: requests with the SDK's own certifi. The SDK's setting is `Session.verify`, which the
/// variables of requests beat.
const GCLOUD: Client = Client::new(
    "gcloud",
    "Google Cloud CLI",
    "REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else core/custom_ca_certs_file, else the SDK's own certifi.",
    Rule::Each(
        gclouds,
        &Rule::All(&[
            Leaf::switch_setting("auth/disable_ssl_validation", |survey, sdk| {
                let yes = |setting: &Setting| {
                    ["1", "true", "on", "yes", "y"].iter().any(|yes| setting.value.eq_ignore_ascii_case(yes))
                };
                let overruled = ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"].iter().any(|name| survey.set(name).is_some());
                let counts = property(survey, sdk, "auth", "disable_ssl_validation");
                counts.filter(yes).filter(|_| !overruled).into_iter().collect()
            })
            .says(GCLOUD_PROPERTIES),
            Rule::First(&[
                Leaf::variable("REQUESTS_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
                Leaf::variable("CURL_CA_BUNDLE").look(Look::BundleOrHash).missing(Then::Refuse).says(REQUESTS_DOC),
                Leaf::variable("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE")
                    .missing(Then::Refuse)
                    .empty(Then::Refuse)
                    .says(GCLOUD_DOC),
                Leaf::setting("core/custom_ca_certs_file", |survey, sdk| {
                    in_properties(survey, sdk, "core", "custom_ca_certs_file").into_iter().collect()
                })
                .empty(Then::Refuse)
                .says(GCLOUD_DOC),
                Leaf::path("{certifi}").missing(Then::Refuse).says(REQUESTS_DOC),
            ]),
        ]),
    ),
)
.judged_by(&policy::python::URLLIB3)
.reads(&["CLOUDSDK_ACTIVE_CONFIG_NAME", "CLOUDSDK_AUTH_DISABLE_SSL_VALIDATION", "CLOUDSDK_CONFIG", "CLOUDSDK_PYTHON"])
.ends(|_| Ends::SelfIssued)
.edit(INHERITS)
.roots(Roots::Public);

/// Every gcloud on PATH, with the SDK it belongs to.
fn gclouds(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    let describe = |program: PathBuf| {
        let real = survey.host.resolve(&program).ok()?.path;
        let sdk = real.ancestors().nth(2)?.to_path_buf();
        let version = survey.host.settings(&sdk.join("VERSION")).and_then(|text| Version::parse(&text));
        let mut components: Vec<_> = version.map(|version| ("gcloud", version)).into_iter().collect();
        components.extend(bundled_parts(survey, &sdk));
        Some(Arc::new(Installation {
            at: program,
            components,
            places: vec![("certifi", sdk.join("lib/third_party/certifi/cacert.pem")), ("sdk", sdk)],
            because: "PATH".to_owned(),
            remarks: vec!["gsutil, bq and App Engine's tools in the SDK have bundles of their own".to_owned()],
            ..Installation::default()
        }))
    };
    survey.programs("gcloud").into_iter().filter_map(describe).collect()
}

/// The Python that comes with an SDK, which is used unless a variable names another, its OpenSSL, and the SDK's own
/// urllib3 (`bin/gcloud`).
fn bundled_parts(survey: &Survey<'_>, sdk: &Path) -> Vec<(&'static str, Version)> {
    let within = sdk.join("platform/bundledpythonunix");
    let python = survey.pythons().iter().find(|python| python.executable.starts_with(&within));
    let python = python.filter(|_| survey.set("CLOUDSDK_PYTHON").is_none());
    let mut parts: Vec<_> = python.iter().flat_map(|python| python.installation.components.clone()).collect();
    let text = survey.host.settings(&sdk.join("lib/third_party/urllib3/_version.py")).unwrap_or_default();
    let urllib3 =
        text.lines().find_map(|line| Version::parse(line.strip_prefix("__version__ = ")?.trim_matches(['"', '\''])));
    parts.extend(urllib3.map(|version| ("urllib3", version)));
    parts
}

/// A property of the SDK: its variable, else its files.
fn property(survey: &Survey<'_>, sdk: &Installation, section: &str, key: &str) -> Option<Setting> {
    let name = format!("CLOUDSDK_{}_{}", section.to_ascii_uppercase(), key.to_ascii_uppercase());
    let variable = survey.host.variable(&name).map(std::ffi::OsStr::to_os_string);
    let variable = variable.map(|value| Setting { value, source: Source::Variable(name) });
    variable.or_else(|| in_properties(survey, sdk, section, key))
}

/// A property in the active configuration of the user, else in the installation's file.
fn in_properties(survey: &Survey<'_>, sdk: &Installation, section: &str, key: &str) -> Option<Setting> {
    let own = survey.set("CLOUDSDK_CONFIG").or_else(|| survey.in_home(".config/gcloud"));
    let own = own.map(|directory| {
        let named = survey.set("CLOUDSDK_ACTIVE_CONFIG_NAME").map(|name| name.to_string_lossy().into_owned());
        let in_file = || survey.host.settings(&directory.join("active_config")).map(|text| text.to_string());
        let active = named.or_else(in_file).map(|name| name.trim().to_owned());
        let active = active.filter(|name| is_configuration(name));
        directory.join(format!("configurations/config_{}", active.as_deref().unwrap_or("default")))
    });
    let of_the_sdk = sdk.place("sdk").map(|sdk| sdk.join("properties"));
    own.into_iter().chain(of_the_sdk).find_map(|file| survey.ini(&file, section, key))
}

/// Whether a configuration may have this name; the file that names another is removed
/// (`_IsValidConfigName`, core/configurations/named_configs.py). `NONE` has no file.
fn is_configuration(name: &str) -> bool {
    let is_usual = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    name == "NONE" || name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.chars().all(is_usual)
}

/// `azure-cli`: requests in a Python of its own.
const AZURE_CLI: Client = Client::new(
    "azure-cli",
    "Azure CLI",
    "REQUESTS_CA_BUNDLE, else CURL_CA_BUNDLE, else the certifi beside it; AZURE_CLI_DISABLE_CONNECTION_VERIFICATION turns verification off.",
    Rule::Each(
        |survey| riders(survey, "azure/cli", "azure-cli"),
        &Rule::All(&[
            Leaf::switch("AZURE_CLI_DISABLE_CONNECTION_VERIFICATION").when(|value| !value.is_empty()).says(AZURE),
            REQUESTS_RULE,
        ]),
    ),
)
.judged_by(&policy::python::URLLIB3)
.ends(ends_urllib3)
.edit(INHERITS);

/// The mark of a gRPC that is told to put the system's roots before its own.
const SYSTEM_FIRST: &str = "grpc-system-first";

/// `grpc`: BoringSSL with a bundle in the package; no variable of OpenSSL's is read.
const GRPC: Client = Client::new(
    "grpc",
    "gRPC for Python",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH, else the roots.pem in the package; with GRPC_USE_SYSTEM_ROOTS_OVER_LANGUAGE_CALLBACK the system's in its place.",
    Rule::Each(
        grpcs,
        &Rule::First(&[
            Leaf::variable("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH").look(Look::Blocks).missing(Then::Pass).says(GRPC_ROOTS),
            Leaf::variable("GRPC_SYSTEM_SSL_ROOTS_DIR")
                .look(Look::EveryFile)
                .missing(Then::Pass)
                .given(&SYSTEM_FIRST)
                .says(GRPC_SYSTEM),
            of_the_system("/etc/ssl/certs/ca-certificates.crt"),
            of_the_system("/etc/pki/tls/certs/ca-bundle.crt"),
            of_the_system("/etc/ssl/ca-bundle.pem"),
            of_the_system("/etc/pki/tls/cacert.pem"),
            of_the_system("/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
            Leaf::path("{package}/_cython/_credentials/roots.pem").look(Look::Blocks).says(GRPC_ROOTS),
            Leaf::path("/usr/share/grpc/roots.pem").look(Look::Blocks).says(GRPC_ROOTS),
        ]),
    ),
)
.judged_by(&policy::boringssl::GRPC)
.reads(&["GRPC_NOT_USE_SYSTEM_SSL_ROOTS", "GRPC_USE_SYSTEM_ROOTS_OVER_LANGUAGE_CALLBACK"])
.edit(Edit::Rewrite)
.lost_by("the next upgrade of grpcio", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH")
.roots(Roots::Own)
.called("grpcio");

const fn of_the_system(path: &'static str) -> Rule {
    Leaf::path(path).look(Look::Blocks).given(&SYSTEM_FIRST).says(GRPC_SYSTEM)
}

fn grpcs(survey: &Survey<'_>) -> Vec<Arc<Installation>> {
    // As `absl::SimpleAtob` takes a text for true.
    let yes = ["true", "t", "yes", "y", "1"];
    let is_set = |name: &str| {
        survey.host.variable(name).is_some_and(|value| yes.iter().any(|yes| value.eq_ignore_ascii_case(yes)))
    };
    let mut found = survey.packages_at("grpc", "grpcio");
    // GRPC_NOT_USE_SYSTEM_SSL_ROOTS forbids only going to the system last (`ComputePemRootCerts`).
    if is_set("GRPC_USE_SYSTEM_ROOTS_OVER_LANGUAGE_CALLBACK") {
        found.iter_mut().for_each(|one| Arc::make_mut(one).marks.push(SYSTEM_FIRST));
    }
    found
}

/// `stripe`: it hands requests a bundle of its own, so that no variable counts.
const STRIPE: Client = Client::new(
    "stripe",
    "Stripe's library for Python",
    "The bundle in the package; no variable is read.",
    Rule::Each(
        |survey| riders(survey, "stripe", "stripe"),
        &Rule::All(&[
            Leaf::path("{package}/data/ca-certificates.crt").missing(Then::Refuse).says(STRIPE_SOURCE),
            TRUSTSTORE_PATHS,
        ]),
    ),
)
.ends(ends_urllib3)
.edit(Edit::Rewrite)
.lost_by("the next upgrade of stripe", "stripe.ca_bundle_path in the program")
.roots(Roots::Public);

#[cfg(test)]
mod tests;
