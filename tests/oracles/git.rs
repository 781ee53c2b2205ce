//! git: what it opens, and how it takes its configuration apart.

use crate::numbers::Numbers;
use crate::witness::{Bench, Stopped, server, which};
use crate::{long, require};
use castore::settings::git::{Variable, parse};
use std::fs;
use std::path::Path;
use std::process::Command;

const GIT_STOPPED: Stopped = |seen| seen.text().contains("Problem with the SSL CA cert");

#[test]
fn every_git_opens_what_castore_says() {
    if !require("git") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let hold = |case: &str| {
        for git in which("git", &bench.environment, &bench.directory) {
            bench.hold("git", case, &git.at, &git.at, &["ls-remote", &url], GIT_STOPPED);
        }
    };
    let cases = [
        "",
        "GIT_SSL_CAINFO=a.pem",
        "GIT_SSL_CAINFO=",
        "GIT_SSL_CAINFO=missing.pem",
        "GIT_SSL_CAPATH=hashed",
        "GIT_SSL_CAPATH=empty",
        "GIT_SSL_CAPATH=missing",
        "GIT_SSL_CAPATH=",
        "GIT_SSL_CAINFO=a.pem GIT_SSL_CAPATH=hashed",
        "SSL_CERT_FILE=a.pem SSL_CERT_DIR=hashed CURL_CA_BUNDLE=b.pem",
    ];
    cases.iter().for_each(|case| hold(case));
    let below = |name: &str| bench.directory.join(name).display().to_string();
    fs::write(bench.directory.join("home/b.pem"), fs::read(bench.directory.join("b.pem")).unwrap()).unwrap();
    fs::write(bench.directory.join("included"), format!("[http]\nsslCAInfo = {}\n", below("b.pem"))).unwrap();
    for setting in [
        format!("sslCAInfo = {}", below("c.pem")),
        format!("sslcainfo = \"{}\" ; a comment", below("c.pem")),
        "sslCAInfo = ~/b.pem".to_owned(),
        format!("sslCAInfo = {}", below("missing.pem")),
        "sslCAInfo =".to_owned(),
        format!("sslCAPath = {}", below("hashed")),
        format!("sslCAPath = {}", below("missing")),
        "sslCAPath =".to_owned(),
        format!("sslCAInfo = {}\n[include]\npath = {}", below("c.pem"), below("included")),
        format!(
            "sslCAInfo = {}\n[include]\npath = ../included\n[http]\nsslCAInfo = {}",
            below("a.pem"),
            below("c.pem")
        ),
    ] {
        fs::write(bench.directory.join("home/.gitconfig"), format!("[http]\n{setting}\n")).unwrap();
        hold("");
    }
    for case in ["GIT_SSL_CAINFO=a.pem", "GIT_SSL_CAPATH=empty", "GIT_CONFIG_GLOBAL=included", "GIT_CONFIG_GLOBAL="] {
        hold(case);
    }
    // Pairs in the environment come after every file.
    hold("GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.sslCAInfo GIT_CONFIG_VALUE_0=b.pem");
    hold("GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.sslCAInfo GIT_CONFIG_VALUE_0=b.pem GIT_SSL_CAINFO=c.pem");
    let one = below("b.pem");
    hold(&format!("GIT_CONFIG_PARAMETERS=='http.sslCAInfo'='{one}'"));
    let other = "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=http.sslCAInfo GIT_CONFIG_VALUE_0=c.pem";
    hold(&format!("GIT_CONFIG_PARAMETERS=='http.sslCAInfo={one}' {other}"));
}

#[test]
fn every_level_of_the_configuration_is_followed() {
    if !require("git") || !require("strace") {
        return;
    }
    let bench = Bench::new();
    let url = server();
    let below = |name: &str| bench.directory.join(name).display().to_string();
    let hold = |case: &str, environment: &str| {
        for git in which("git", &bench.environment, &bench.directory) {
            bench.hold_named("git", case, environment, &git.at, &git.at, &["ls-remote", &url], GIT_STOPPED);
        }
    };
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(arguments).current_dir(&bench.directory).env_clear().envs(bench.environment.iter().cloned());
        assert!(git.output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "-q", "."]);
    git(&["config", "http.sslCAInfo", &below("a.pem")]);
    hold("the repository's", "");
    git(&["config", "extensions.worktreeConfig", "true"]);
    git(&["config", "--worktree", "http.sslCAInfo", &below("b.pem")]);
    hold("the working tree's", "");
    hold("the working tree's, GIT_DIR", "GIT_DIR=.git");
    git(&["config", "extensions.worktreeConfig", "false"]);
    hold("the working tree's, not asked for", "");
    git(&["config", "--unset", "http.sslCAInfo"]);
    fs::write(bench.directory.join("home/included"), format!("[http]\nsslCAInfo = {}\n", below("c.pem"))).unwrap();
    let directory = bench.directory.display();
    for condition in [
        format!("gitdir:{directory}/"),
        format!("gitdir:{directory}/**"),
        format!("gitdir:{directory}/.git"),
        format!("gitdir:{directory}"),
        "gitdir:/nowhere/".to_owned(),
        "gitdir:.git".to_owned(),
        "gitdir:**/.git".to_owned(),
        "gitdir:~/".to_owned(),
        "gitdir:../".to_owned(),
        format!("gitdir/i:{}/", directory.to_string().to_uppercase()),
        format!("gitdir:{}/", directory.to_string().to_uppercase()),
        "hasconfig:remote.*.url:https://nowhere.example/**".to_owned(),
        "onbranch:no-such-branch".to_owned(),
        "unknown:x".to_owned(),
    ] {
        let text = format!("[includeIf \"{condition}\"]\npath = included\n");
        fs::write(bench.directory.join("home/.gitconfig"), text).unwrap();
        hold(&format!("includeIf {}", condition.replace(&directory.to_string(), "HERE")), "");
    }
    for (case, text) in [
        ("other servers'", "[http \"https://nowhere.example/\"]\nsslCAInfo = A\nsslVerify = false\n"),
        ("proxies'", "[http]\nproxySSLCAInfo = A\n"),
        ("the old form of a subsection", "[http.https://nowhere.example]\n"),
        ("a file git refuses", "[http]\nsslCAInfo = A\n[core\n"),
    ] {
        let text = text.replace('A', &below("a.pem"));
        fs::write(bench.directory.join("home/.gitconfig"), &text).unwrap();
        if parse(&text).refused.is_none() {
            hold(case, "");
        }
    }
}

/// What `git config --list` says of a file, or that it refuses it.
fn listed(file: &Path) -> Option<Vec<(String, String)>> {
    let mut git = Command::new("git");
    git.args(["config", "--list", "-z", "--file"]).arg(file).env_clear().env("PATH", std::env::var("PATH").unwrap());
    let output = git.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let pairs = text.split_terminator('\0').map(|entry| match entry.split_once('\n') {
        Some((name, value)) => (name.to_owned(), flat(value)),
        None => (entry.to_owned(), "true".to_owned()),
    });
    output.status.success().then(|| pairs.collect())
}

/// White space within a value became spaces before git 2.45 and stays since.
fn flat(value: &str) -> String {
    value.replace(['\t', '\r'], " ")
}

fn read(text: &str) -> Option<Vec<(String, String)>> {
    let parsed = parse(text);
    let name = |variable: &Variable| match &variable.subsection {
        Some(subsection) => format!("{}.{subsection}.{}", variable.section, variable.key),
        None => format!("{}.{}", variable.section, variable.key),
    };
    let pairs = parsed.variables.iter().map(|variable| (name(variable), flat(&variable.value.text)));
    parsed.refused.is_none().then(|| pairs.collect())
}

#[test]
fn configuration_is_taken_apart_as_git_does() {
    if !require("git") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config");
    let hard = [
        "\u{feff}[a]\nb = c\n",
        "[a]\r\nb = c\r\nd\r\n",
        "[a]\rb = c\n",
        "[a]b = c\n[d] e\n",
        "[a \"B c\"]\nd = e\n[A \"B\\\"\\\\x\"]\nf\n",
        "[a.B]\nc = d\n[a.B.C]\ne = f\n",
        "[a]\nb = \" c \" d ; e\nf = g#h\ni = \"j#k\"\n",
        "[a]\nb = c \\\n d\ne = f\\\r\ng\n",
        "[a]\nb = \\t\\b\\n\\\\\\\"\n",
        "[a]\nb = \\x\n",
        "[a]\nb = \"open\n",
        "[a]\nb c\n",
        "[a]\nb # c\n",
        "[a]\n1b = c\n",
        "[a]\n b-c = d\n_e = f\n",
        "[a \"b\"x]\n",
        "[a",
        "[a]\nb = c",
        "[a]\nb =",
        "[a]\nb",
        "b = c\n",
        "; only\n# comments",
        "[a]\n\tb\t=\t c  d\t\te \t\n",
        "[a]\nb = c\\",
        "[]\nb = c\n",
        "[a \"\"]\nb = c\n",
        "[a  \t \"b\" ]\nc = d\n",
    ];
    let mut numbers = Numbers(4);
    let pieces = [
        "[a]",
        "[",
        "]",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "\r",
        " ",
        "\t",
        "=",
        "b",
        "C-d",
        "1",
        "#",
        ";",
        "é",
        "[x \"Y\"]",
        ".",
        "key = value\n",
        "k = \"q q\"\n",
        "\\\n",
        "\\t",
        "http",
        "~/x",
    ];
    let random = (0..if long() { 3000 } else { 300 }).map(|_| {
        let count = numbers.below(14);
        (0..count).map(|_| pieces[numbers.below(pieces.len())]).collect::<String>()
    });
    let random: Vec<String> = random.collect();
    let mut compared = 0;
    for text in hard.iter().map(ToString::to_string).chain(random.iter().flat_map(|t| [t.clone(), format!("[s]\n{t}")]))
    {
        fs::write(&file, &text).unwrap();
        let expected = listed(&file);
        // Names without a section are no names to git's own listing.
        if text.trim_start_matches(['\u{feff}', '\n']).starts_with("[") || expected.is_none() {
            assert_eq!(read(&text), expected, "{text:?}");
            compared += 1;
        }
    }
    eprintln!("{compared} files");
}
