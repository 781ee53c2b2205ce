//! What each row says of a made-up cloud tool.

use crate::catalogue::survey::layouts::{SITE, host, packaged, used, uses};
use crate::host::memory::Memory;

fn certifi() -> String {
    format!("{SITE}/certifi/cacert.pem")
}

#[test]
fn botocore_asks_its_variable_then_its_profile_then_that_of_requests() {
    let config = "[default]\nregion = x\nca_bundle = /corp.pem\n[profile lab]\naws_secret_access_key = s3cr3t\nca_bundle = /lab.pem\n";
    let files = packaged(&[("botocore", "1.44.0")]).file("/lab.pem", "").file("/home/u/.aws/config", config);
    let at = |set: &[(&str, &str)]| used(&host(files.clone(), set), "botocore");
    assert_eq!(used(&host(packaged(&[("botocore", "1.44.0")]), &[]), "botocore"), [certifi()]);
    assert_eq!(at(&[("REQUESTS_CA_BUNDLE", "/other.pem")]), ["/corp.pem"]);
    assert_eq!(at(&[("AWS_CA_BUNDLE", "/other.pem")]), ["/other.pem"]);
    assert_eq!(at(&[("AWS_PROFILE", "lab")]), ["/lab.pem"]);
    assert_eq!(at(&[("AWS_PROFILE", "gone")]), [certifi()]);
    let keys = files.clone().file("/home/u/.aws/credentials", "[default]\nca_bundle = /other.pem\n");
    assert_eq!(used(&host(keys, &[]), "botocore"), ["/other.pem"]);
}

#[test]
fn an_empty_bundle_turned_older_botocores_off() {
    let at = |version: &str, name: &str| {
        let found = uses(&host(packaged(&[("botocore", version)]), &[(name, "")]), "botocore");
        (found[0].is_off(), found[0].refuses().is_some())
    };
    for name in ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"] {
        assert_eq!(at("1.43.53", name), (true, false), "{name}");
        assert_eq!(at("1.43.54", name), (false, true), "{name}");
    }
}

#[test]
fn the_aws_cli_has_a_botocore_inside_or_beside_it() {
    let inside = packaged(&[("awscli", "1.46.3")])
        .file(format!("{SITE}/awscli/botocore/__init__.py"), "__version__ = '1.43.62'\n");
    let found = uses(&host(inside, &[]), "aws-cli");
    assert_eq!(found[0].installation.version("botocore").unwrap().to_string(), "1.43.62");
    let beside = packaged(&[("awscli", "1.40.0"), ("botocore", "1.40.0")]);
    assert_eq!(uses(&host(beside, &[]), "aws-cli")[0].installation.version("botocore").unwrap().to_string(), "1.40.0");
    let bundle = "/usr/local/aws-cli/v2/2.31.0/dist/awscli/botocore/cacert.pem";
    let installer =
        Memory::new().file(bundle, "").link("/usr/local/aws-cli/v2/current", "/usr/local/aws-cli/v2/2.31.0");
    let host = host(installer, &[]);
    assert_eq!(used(&host, "aws-cli"), ["/usr/local/aws-cli/v2/current/dist/awscli/botocore/cacert.pem"]);
    assert_eq!(uses(&host, "aws-cli")[0].installation.version("awscli").unwrap().to_string(), "2.31.0");
}

#[test]
fn google_auth_is_requests() {
    let at = |set: &[(&str, &str)]| used(&host(packaged(&[("google/auth", "2.43.0")]), set), "google-auth");
    assert_eq!(at(&[]), [certifi()]);
    assert_eq!(at(&[("CURL_CA_BUNDLE", "/corp.pem")]), ["/corp.pem"]);
}

#[test]
fn the_variables_of_requests_beat_the_setting_of_gcloud() {
    let sdk = "/opt/google-cloud-sdk";
    let own = format!("{sdk}/lib/third_party/certifi/cacert.pem");
    let files = Memory::new()
        .file(format!("{sdk}/bin/gcloud"), "")
        .file(format!("{sdk}/VERSION"), "528.0.0\n")
        .file(own.clone(), "")
        .file("/corp.pem", "")
        .file("/other.pem", "");
    let at = |files: &Memory, set: &[(&str, &str)]| {
        let set: Vec<(&str, &str)> = [("PATH", "/opt/google-cloud-sdk/bin")].iter().chain(set).copied().collect();
        host(files.clone(), &set)
    };
    let named = ("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "/corp.pem");
    assert_eq!(used(&at(&files, &[]), "gcloud"), [own]);
    assert_eq!(used(&at(&files, &[named]), "gcloud"), ["/corp.pem"]);
    assert_eq!(used(&at(&files, &[named, ("REQUESTS_CA_BUNDLE", "/other.pem")]), "gcloud"), ["/other.pem"]);
    assert!(uses(&at(&files, &[("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", "")]), "gcloud")[0].refuses().is_some());
    let active = files
        .clone()
        .file("/home/u/.config/gcloud/active_config", "lab")
        .file("/home/u/.config/gcloud/configurations/config_lab", "[core]\ncustom_ca_certs_file = /corp.pem\n")
        .file(format!("{sdk}/properties"), "[auth]\ndisable_ssl_validation = True\n");
    assert_eq!(used(&at(&active, &[]), "gcloud"), ["/corp.pem"]);
    // A file with no name of a configuration is removed by gcloud, which takes its default.
    let no_name = active
        .clone()
        .file("/home/u/.config/gcloud/active_config", "x/../config_lab")
        .file("/home/u/.config/gcloud/configurations/config_x/y", "");
    assert_ne!(used(&at(&no_name, &[]), "gcloud"), ["/corp.pem"]);
    let off = |set: &[(&str, &str)]| uses(&at(&active, set), "gcloud")[0].is_off();
    assert!(off(&[]));
    assert!(!off(&[("REQUESTS_CA_BUNDLE", "/other.pem")]));
    assert!(!off(&[("CLOUDSDK_AUTH_DISABLE_SSL_VALIDATION", "false")]));
}

#[test]
fn a_variable_turns_the_azure_cli_off_unless_it_is_empty() {
    let at = |set: &[(&str, &str)]| host(packaged(&[("azure/cli", "2.91.0")]), set);
    assert_eq!(used(&at(&[]), "azure-cli"), [certifi()]);
    assert!(uses(&at(&[("AZURE_CLI_DISABLE_CONNECTION_VERIFICATION", "0")]), "azure-cli")[0].is_off());
    assert!(!uses(&at(&[("AZURE_CLI_DISABLE_CONNECTION_VERIFICATION", "")]), "azure-cli")[0].is_off());
}

#[test]
fn grpc_has_roots_of_its_own_and_goes_to_the_system_when_told() {
    let own = format!("{SITE}/grpc/_cython/_credentials/roots.pem");
    let files = packaged(&[("grpc", "1.85.1")]).file(own.clone(), "").file("/roots/a.pem", "");
    let at = |set: &[(&str, &str)]| used(&host(files.clone(), set), "grpc");
    let system = ("GRPC_USE_SYSTEM_ROOTS_OVER_LANGUAGE_CALLBACK", "true");
    assert_eq!(at(&[]), [own.as_str()]);
    assert_eq!(at(&[("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "/corp.pem"), system]), ["/corp.pem"]);
    assert_eq!(at(&[("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH", "/gone.pem")]), [own.as_str()]);
    assert_eq!(at(&[system]), ["/etc/ssl/certs/ca-certificates.crt"]);
    assert_eq!(at(&[system, ("GRPC_SYSTEM_SSL_ROOTS_DIR", "/roots")]), ["/roots"]);
    assert_eq!(at(&[("GRPC_SYSTEM_SSL_ROOTS_DIR", "/roots")]), [own.as_str()]);
    assert_eq!(at(&[system, ("GRPC_NOT_USE_SYSTEM_SSL_ROOTS", "1")]), ["/etc/ssl/certs/ca-certificates.crt"]);
}

#[test]
fn stripe_reads_no_variable() {
    let own = format!("{SITE}/stripe/data/ca-certificates.crt");
    let files = packaged(&[("stripe", "16.1.0")]).file(own.clone(), "");
    assert_eq!(used(&host(files, &[("REQUESTS_CA_BUNDLE", "/corp.pem")]), "stripe"), [own]);
}
