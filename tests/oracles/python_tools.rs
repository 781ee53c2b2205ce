//! Python's package managers and the clouds' tools, each in an environment of its own.

use crate::environments::{Venv, there};
use crate::witness::{Environment, server};
use std::fs;
use std::path::Path;

/// Whether pip reached an index at an address: it finds nothing there then.
fn pip(venv: &Venv, start: &[&str], url: &str, environment: &Environment) -> bool {
    let target = venv.path("target");
    let quiet = ["--disable-pip-version-check", "--no-cache-dir", "--no-input", "--retries=0", "--timeout=9"];
    let what = ["install", "--no-deps", "--target", &target, "--index-url", url, "castore-oracle"];
    let arguments: Vec<&str> = start.iter().chain(&quiet).chain(&what).copied().collect();
    let text = venv.run(&venv.python(), &arguments, environment).expect_err("nothing is to be installed");
    text.contains("No matching distribution") && !text.contains("problem confirming the ssl certificate")
}

const PIP: &[&str] = &[
    "",
    "PIP_CERT=a.pem",
    "PIP_CERT=missing.pem",
    "PIP_CERT=a.pem REQUESTS_CA_BUNDLE=b.pem",
    "SSL_CERT_FILE=a.pem",
    "SSL_CERT_FILE=a.pem PIP_CERT=b.pem",
    "SSL_CERT_FILE=missing.pem SSL_CERT_DIR=empty",
    "PIP_USE_FEATURE==truststore SSL_CERT_FILE=a.pem",
    "PIP_USE_FEATURE==truststore SSL_CERT_FILE=a.pem PIP_CERT=b.pem",
    "PIP_USE_DEPRECATED==legacy-certs SSL_CERT_FILE=a.pem",
    "PIP_USE_DEPRECATED==legacy-certs PIP_CERT=a.pem",
];

#[test]
fn pip_24_1_against_24_2() {
    for name in ["pip-24.1", "pip-24.2"] {
        let Some(venv) = Venv::new(name) else { continue };
        // The older has no such word to be deprecated, and says so.
        let known = |case: &&&str| name != "pip-24.1" || !case.contains("DEPRECATED");
        let cases: Vec<&str> = PIP.iter().filter(known).copied().collect();
        venv.trusts("pip", &cases, |url, environment| pip(&venv, &["-m", "pip"], url, environment));
    }
}

/// A host that pip is told to trust is reached, and castore says that of this host alone.
#[test]
fn pip_trusts_a_host() {
    let Some(venv) = Venv::new("pip-24.2") else { return };
    let environment = venv.bench.case("PIP_TRUSTED_HOST==localhost");
    let served = venv.bench.serve("a");
    let reached = pip(&venv, &["-m", "pip"], &served.url, &environment);
    let said = crate::witness::which_at("pip", &venv.at, &environment, &venv.bench.directory);
    let off = said.report["candidates"].as_array().unwrap().iter().any(|candidate| {
        candidate["outcome"] == "turns-off-for" && candidate["why"] == "verification is off for localhost"
    });
    let outcome = (off && reached).then_some(()).ok_or_else(|| format!("reached: {reached}, {said:#?}"));
    crate::matrix::agree("pip", "pip-24.2: PIP_TRUSTED_HOST=localhost", outcome);
}

#[test]
fn pipenv_is_the_pip_inside() {
    let Some(venv) = Venv::new("pipenv") else { return };
    let library = fs::read_dir(venv.at.join("lib")).unwrap().next().unwrap().unwrap().path();
    let runner = library.join("site-packages/pipenv/patched/pip/__pip-runner__.py").display().to_string();
    venv.trusts("pipenv", &PIP[..7], |url, environment| pip(&venv, &[&runner], url, environment));
}

/// Whether uv reached an index at an address.
fn uv(venv: &Venv, url: &str, environment: &Environment) -> bool {
    let (program, python, target) = (venv.at.join("bin/uv"), venv.python().display().to_string(), venv.path("target"));
    let start = ["pip", "install", "--no-cache", "--python", &python, "--target", &target];
    let arguments: Vec<&str> = start.into_iter().chain(["--index-url", url, "castore-oracle"]).collect();
    let text = venv.run(&program, &arguments, environment).expect_err("nothing is to be installed");
    let reached = text.contains("no versions of castore-oracle");
    assert!(reached || text.contains("invalid peer certificate") || text.contains("certificate"), "{text}");
    reached
}

#[test]
fn uv_by_version() {
    let cases = [
        "",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=",
        "SSL_CERT_FILE=missing.pem",
        "SSL_CERT_DIR=all",
        "SSL_CERT_DIR=missing",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=all",
        "SSL_CERT_FILE=missing.pem SSL_CERT_DIR=all",
        "UV_SYSTEM_CERTS==1 SSL_CERT_FILE=b.pem",
        "UV_NATIVE_TLS==true",
        "PIP_CERT=a.pem REQUESTS_CA_BUNDLE=b.pem",
    ];
    for name in ["uv-0.5", "uv-0.9.9", "uv-0.9.10", "uv-0.11", "uv-0.12", "uv-0.13"] {
        let Some(mut venv) = Venv::new(name) else { continue };
        venv.bench.environment.push(("UV_HTTP_RETRIES".to_owned(), "0".to_owned()));
        fs::create_dir(venv.bench.directory.join("all")).unwrap();
        fs::copy(venv.bench.directory.join("b.pem"), venv.bench.directory.join("all/any.pem")).unwrap();
        venv.trusts("uv", &cases, |url, environment| uv(&venv, url, environment));
    }
}

#[test]
fn poetry_trusts_what_castore_says() {
    let Some(venv) = Venv::new("poetry") else { return };
    let cases = ["", "REQUESTS_CA_BUNDLE=a.pem", "CURL_CA_BUNDLE=b.pem", "SSL_CERT_FILE=a.pem"];
    let get = "import sys; from poetry.utils.authenticator import Authenticator; Authenticator().get(sys.argv[1])";
    venv.script_trusts("poetry", &cases, get);
    // For the repository of that name: the authenticator knows it by the address.
    let own = venv.bench.directory.join("home/.config/pypoetry");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("config.toml"), format!("[certificates.corp]\ncert = \"{}\"\n", venv.path("a.pem"))).unwrap();
    let named = "
import sys
from poetry.utils.authenticator import Authenticator
authenticator = Authenticator()
authenticator.add_repository('corp', sys.argv[1])
authenticator.get(sys.argv[1])";
    venv.script_trusts("poetry", &["POETRY_NO_INTERACTION==corp"], named);
    venv.script_trusts("poetry", &["POETRY_CERTIFICATES_CORP_CERT=b.pem"], named);
}

#[test]
fn pdm_trusts_what_castore_says() {
    let Some(venv) = Venv::new("pdm") else { return };
    let get = "
import sys
from pdm.core import Core
core = Core()
project = core.create_project()
project.environment.session.get(sys.argv[1])";
    // Without the module of SQLite, as some interpreters are built, it does not start.
    let starts = venv.run(&venv.python(), &["-c", "import pdm.models.session"], &venv.bench.case("")).is_ok();
    if !there(starts, "a PDM that starts") {
        return;
    }
    let cases = [
        "",
        "REQUESTS_CA_BUNDLE=a.pem",
        "CURL_CA_BUNDLE=b.pem",
        "SSL_CERT_FILE=a.pem",
        "SSL_CERT_FILE=a.pem REQUESTS_CA_BUNDLE=b.pem",
    ];
    venv.script_trusts("pdm", &cases, get);
}

const S3: &str = "
import sys, botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
client = botocore.session.get_session().create_client('s3', endpoint_url=sys.argv[1], region_name='x',
    aws_access_key_id='a', aws_secret_access_key='b', config=Config(retries={'max_attempts': 0}))
try: client.list_buckets()
except ClientError: pass";

const AWS: &[&str] = &[
    "",
    "AWS_CA_BUNDLE=a.pem",
    "AWS_CA_BUNDLE=",
    "AWS_CA_BUNDLE=missing.pem",
    "AWS_CA_BUNDLE=hashed",
    "AWS_CA_BUNDLE=a.pem REQUESTS_CA_BUNDLE=b.pem",
    "REQUESTS_CA_BUNDLE=b.pem",
    "REQUESTS_CA_BUNDLE=",
    "CURL_CA_BUNDLE=a.pem SSL_CERT_FILE=b.pem",
];

/// The profile's bundle, and those of two profiles.
fn profiles(venv: &Venv) {
    fs::create_dir(venv.bench.directory.join("home/.aws")).unwrap();
    let text = format!(
        "[default]\nca_bundle = {}\n[profile lab]\nca_bundle = {}\n[profile off]\nca_bundle =\n",
        venv.path("a.pem"),
        venv.path("b.pem")
    );
    fs::write(venv.bench.directory.join("home/.aws/config"), text).unwrap();
}

const PROFILES: &[&str] = &[
    "REQUESTS_CA_BUNDLE=b.pem AWS_MAX_ATTEMPTS==1",
    "AWS_PROFILE==lab",
    "AWS_PROFILE==off",
    "AWS_PROFILE==lab AWS_CA_BUNDLE=a.pem",
];

#[test]
fn botocore_1_43_against_1_44() {
    for name in ["botocore-1.43", "botocore-1.44"] {
        let Some(venv) = Venv::new(name) else { continue };
        venv.script_trusts("botocore", AWS, S3);
        profiles(&venv);
        venv.script_trusts("botocore", PROFILES, S3);
    }
}

#[test]
fn the_aws_cli_trusts_what_castore_says() {
    let Some(mut venv) = Venv::new("aws-1") else { return };
    for (name, value) in [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_MAX_ATTEMPTS", "1")] {
        venv.bench.environment.push((name.to_owned(), value.to_owned()));
    }
    let program = venv.at.join("bin/aws");
    let reaches = |url: &str, environment: &Environment| {
        let arguments = ["s3api", "list-buckets", "--region", "x", "--endpoint-url", url];
        venv.run(&program, &arguments, environment).is_ok()
    };
    venv.trusts("aws-cli", AWS, reaches);
    profiles(&venv);
    venv.trusts("aws-cli", PROFILES, reaches);
}

#[test]
fn google_auth_trusts_what_castore_says() {
    let Some(venv) = Venv::new("google-auth") else { return };
    let cases = ["", "REQUESTS_CA_BUNDLE=a.pem", "CURL_CA_BUNDLE=b.pem", "SSL_CERT_FILE=a.pem"];
    venv.script_trusts(
        "google-auth",
        &cases,
        "import sys, google.auth.transport.requests as transport; transport.Request()(sys.argv[1])",
    );
}

#[test]
fn gcloud_trusts_what_castore_says() {
    let program = Path::new("/usr/bin/gcloud");
    // It is in no registry that is asked, so that no run can require it.
    if !program.exists() {
        eprintln!("SKIPPED: gcloud is not here");
        return;
    }
    let mut venv = Venv::of("gcloud", program.to_path_buf());
    fs::write(venv.bench.directory.join("token"), "token").unwrap();
    let token = venv.path("token");
    for (name, value) in
        [("PATH", "/usr/bin:/bin"), ("CLOUDSDK_CORE_DISABLE_PROMPTS", "1"), ("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", &token)]
    {
        venv.bench.environment = crate::witness::with(&venv.bench.environment, &[(name, value)]);
    }
    let reaches = |url: &str, environment: &Environment| {
        let name = "CLOUDSDK_API_ENDPOINT_OVERRIDES_CLOUDRESOURCEMANAGER";
        let environment = crate::witness::with(environment, &[(name, url)]);
        // It would try for half a minute; beside other work its start alone takes some seconds.
        let arguments = ["12", "/usr/bin/gcloud", "projects", "list", "--quiet"];
        let text = venv.run(Path::new("/usr/bin/timeout"), &arguments, &environment).unwrap_or_else(|text| text);
        text.contains("Error decoding response")
    };
    let cases = [
        "",
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE=a.pem",
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE=",
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE=missing.pem",
        "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE=a.pem REQUESTS_CA_BUNDLE=b.pem",
        "REQUESTS_CA_BUNDLE=a.pem",
        "CLOUDSDK_AUTH_DISABLE_SSL_VALIDATION==true",
        "CLOUDSDK_AUTH_DISABLE_SSL_VALIDATION==true REQUESTS_CA_BUNDLE=b.pem",
        "SSL_CERT_FILE=a.pem HTTPLIB2_CA_CERTS=b.pem",
    ];
    venv.trusts("gcloud", &cases, reaches);
    let own = venv.bench.directory.join("home/.config/gcloud/configurations");
    fs::create_dir_all(&own).unwrap();
    fs::write(own.join("config_lab"), format!("[core]\ncustom_ca_certs_file = {}\n", venv.path("b.pem"))).unwrap();
    venv.trusts("gcloud", &["CLOUDSDK_ACTIVE_CONFIG_NAME==lab"], reaches);
}

#[test]
fn grpc_opens_what_castore_says() {
    let Some(venv) = Venv::new("grpc") else { return };
    let url = server();
    let address = url.trim_start_matches("https://").trim_end_matches('/');
    let script = format!(
        "
import grpc
channel = grpc.secure_channel('{address}', grpc.ssl_channel_credentials())
try: grpc.channel_ready_future(channel).result(timeout=1)
except grpc.FutureTimeoutError: pass"
    );
    let system = "GRPC_USE_SYSTEM_ROOTS_OVER_LANGUAGE_CALLBACK==1";
    let cases = [
        "".to_owned(),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=a.pem".to_owned(),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=".to_owned(),
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=missing.pem".to_owned(),
        format!("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH=a.pem {system}"),
        system.to_owned(),
        format!("{system} GRPC_SYSTEM_SSL_ROOTS_DIR=hashed"),
        format!("{system} GRPC_SYSTEM_SSL_ROOTS_DIR=missing"),
        format!("{system} GRPC_NOT_USE_SYSTEM_SSL_ROOTS==1"),
        "GRPC_SYSTEM_SSL_ROOTS_DIR=hashed".to_owned(),
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed".to_owned(),
    ];
    let cases: Vec<&str> = cases.iter().map(String::as_str).collect();
    venv.script_opens("grpc", &cases, &script);
}

#[test]
fn stripe_opens_what_castore_says() {
    let Some(venv) = Venv::new("stripe") else { return };
    let script = format!(
        "
import stripe
stripe.api_key, stripe.api_base, stripe.max_network_retries = 'sk', '{}', 0
try: stripe.Balance.retrieve()
except stripe.APIConnectionError: pass",
        server().trim_end_matches('/')
    );
    let cases = ["", "REQUESTS_CA_BUNDLE=a.pem", "SSL_CERT_FILE=a.pem", "CURL_CA_BUNDLE=missing.pem"];
    venv.script_opens("stripe", &cases, &script);
}
