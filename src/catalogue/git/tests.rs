//! git's configuration, level by level.

use super::*;
use crate::catalogue::survey::Searched;
use crate::host::memory::Memory;
use crate::host::{Host, System};
use crate::settings::server::Server;

/// `fatal: exceeded maximum include depth (10) while including …`
#[test]
fn configurations_that_include_themselves_come_to_an_end() {
    let one = "[http]\nsslCAInfo = /a.pem\n".to_owned();
    let found = |files: Memory| {
        let host = host(files, &[]);
        configuration(&Survey::new(&host, Searched::default()), &Installation::default())
    };
    let itself =
        found(Memory::new().file("/home/.gitconfig", one.clone() + &"[include]\npath = .gitconfig\n".repeat(50)));
    assert_eq!(itself.unknown, ["git refuses its configuration: /home/.gitconfig:4"]);
    assert!(itself.values.len() <= 11);
    // Each includes the next ten times.
    let part = |n: usize| (format!("/home/{n}"), one.clone() + &format!("[include]\npath = {}\n", n + 1).repeat(10));
    let parts = (0..9).map(part).fold(Memory::new(), |files, (path, text)| files.file(path, text));
    let many = found(parts.clone().file("/home/.gitconfig", "[include]\npath = 0\n"));
    assert_eq!(many.unknown, ["its configuration has more than 1000 files"]);
    let long = one.repeat(11) + "[include]\npath = 1\n";
    let full = found(parts.file("/home/1", one.repeat(9990)).file("/home/.gitconfig", long));
    assert_eq!(full.unknown, ["its configuration has more than 10000 settings of http"]);
    assert_eq!(full.values.len(), 10_000);
}

#[test]
fn working_trees_and_submodules_have_the_configuration_of_their_repository() {
    let text = |name: &str| format!("[http]\nsslCAInfo = /{name}.pem\n");
    let files = Memory::new()
        .file("/repo/.git/config", text("repo"))
        .file("/repo/.git/worktrees/tree/commondir", "../..\n")
        .file("/tree/.git", "gitdir: /repo/.git/worktrees/tree\n")
        .file("/repo/.git/modules/sub/config", text("sub"))
        .file("/repo/sub/.git", "gitdir: ../.git/modules/sub\n")
        .file("/repo/sub/inner/file", "");
    let mut host = Host::new(Box::new(files), System::Linux);
    for (cwd, expected) in [("/repo", "/repo.pem"), ("/tree", "/repo.pem"), ("/repo/sub/inner", "/sub.pem")] {
        host.cwd = cwd.into();
        let found = paths(&Survey::new(&host, Searched::default()), &Installation::default(), "sslcainfo");
        assert_eq!(found.iter().map(|setting| setting.value.clone()).collect::<Vec<_>>(), [expected], "{cwd}");
    }
}

fn host(files: Memory, environment: &[(&str, &str)]) -> Host {
    let environment = environment.iter().chain(&[("HOME", "/home")]).map(|(k, v)| (k.into(), v.into())).collect();
    Host::new(Box::new(files), System::Linux).with_environment(environment)
}

fn values(host: &Host, key: &str) -> Vec<String> {
    let found = paths(&Survey::new(host, Searched::default()), &Installation::default(), key);
    let scope = |setting: &Setting| match &setting.source {
        Source::Scoped(_, _, scope) => format!(" for {scope}"),
        _ => String::new(),
    };
    found.iter().map(|setting| setting.value.to_string_lossy().into_owned() + &scope(setting)).collect()
}

#[test]
fn a_working_tree_has_a_file_of_its_own_where_the_repository_says_so() {
    let files = |extension: &str| {
        Memory::new()
            .file("/repo/.git/config", format!("[extensions]\n{extension}\n[http]\nsslCAInfo = /repo.pem\n"))
            .file("/repo/.git/config.worktree", "[http]\nsslCAInfo = /own.pem\n")
    };
    let of = |extension: &str| {
        let mut host = host(files(extension), &[]);
        host.cwd = "/repo".into();
        values(&host, "sslcainfo")
    };
    assert_eq!(of("worktreeConfig = true"), ["/own.pem", "/repo.pem"]);
    assert_eq!(of("worktreeConfig = false"), ["/repo.pem"]);
    let named = host(files("worktreeConfig"), &[("GIT_DIR", "/repo/.git")]);
    assert_eq!(values(&named, "sslcainfo"), ["/own.pem", "/repo.pem"]);
}

#[test]
fn conditions_on_the_repository_are_followed_and_others_told() {
    let of = |condition: &str| {
        let text = format!("[includeIf \"{condition}\"]\npath = more\n");
        let files = Memory::new()
            .file("/home/.gitconfig", text)
            .file("/home/more", "[http]\nsslCAInfo = /more.pem\n")
            .file("/home/work/a/.git/config", "");
        let mut host = host(files, &[("PATH", "/bin")]);
        host.cwd = "/home/work/a".into();
        let survey = Survey::new(&host, Searched::default());
        let read = configuration(&survey, &Installation::default());
        (read.values.len(), read.unknown.len())
    };
    for condition in
        ["gitdir:~/work/", "gitdir:/home/work/**", "gitdir:work/", "gitdir:./work/*/.git", "gitdir/i:~/WORK/"]
    {
        assert_eq!(of(condition), (1, 0), "{condition}");
    }
    for condition in ["gitdir:~/other/", "gitdir:/home/work/*", "gitdir:~/WORK/", "never:x", "gitdir"] {
        assert_eq!(of(condition), (0, 0), "{condition}");
    }
    for condition in ["onbranch:main", "hasconfig:remote.*.url:https://example.org/**"] {
        assert_eq!(of(condition), (0, 1), "{condition}");
    }
}

#[test]
fn what_is_set_for_some_servers_or_for_proxies_changes_nothing_else() {
    let text = "[http \"https://user:secret@corp.example/x\"]\nsslCAInfo = /corp.pem\nsslVerify = no\n\
                [http]\nproxySSLCAInfo = /proxy.pem\nsslVerify = yes\n";
    let host = host(Memory::new().file("/home/.gitconfig", text), &[]);
    assert_eq!(values(&host, "sslcainfo"), ["/corp.pem for https://corp.example/x"]);
    assert_eq!(values(&host, "proxysslcainfo"), ["/proxy.pem for proxies reached by HTTPS"]);
    let off = unverified(&Survey::new(&host, Searched::default()), &Installation::default());
    assert!(off.len() == 1 && matches!(off[0].source, Source::Scoped(..)), "{off:?}");
}

#[test]
fn variables_come_after_every_file() {
    let of = |variables: &[(&str, &str)]| {
        let files = Memory::new().file("/home/.gitconfig", "[http]\nsslCAInfo = /file.pem\n");
        values(&host(files, variables), "sslcainfo")
    };
    let counted = [
        ("GIT_CONFIG_COUNT", "2"),
        ("GIT_CONFIG_KEY_0", "http.sslCAInfo"),
        ("GIT_CONFIG_VALUE_0", "/0.pem"),
        ("GIT_CONFIG_KEY_1", "http.https://u:p@x.example/.sslCAInfo"),
        ("GIT_CONFIG_VALUE_1", "/1.pem"),
    ];
    assert_eq!(of(&counted), ["/1.pem for https://x.example/", "/0.pem", "/file.pem"]);
    let parameters = ("GIT_CONFIG_PARAMETERS", "'http.sslcainfo'='/p.pem' 'core.x'='y'");
    assert_eq!(of(&[&[parameters][..], &counted].concat())[..2], ["/p.pem", "/1.pem for https://x.example/"]);
    let refused = host(Memory::new(), &[("GIT_CONFIG_PARAMETERS", "http.sslcainfo=/p.pem")]);
    let read = configuration(&Survey::new(&refused, Searched::default()), &Installation::default());
    assert_eq!(read.unknown, ["git refuses what is in GIT_CONFIG_PARAMETERS"]);
}

/// What git 2.39.5 takes where it goes to `https://localhost:4431/`.
#[test]
fn what_is_set_for_the_server_that_is_asked_about_counts_first() {
    let server = Server { host: Some("localhost".to_owned()), port: Some(4431) };
    let of = |text: &str, key: &str| {
        let host = host(Memory::new().file("/home/.gitconfig", text), &[]);
        let searched = Searched { server: Some(server.clone()), ..Searched::default() };
        let survey = Survey::new(&host, searched);
        let found = match key {
            "sslverify" => unverified(&survey, &Installation::default()),
            key => paths(&survey, &Installation::default(), key),
        };
        let shown = |setting: Setting| match setting.source {
            Source::Scoped(_, _, scope) => format!("{} for {scope}", setting.value.display()),
            _ => setting.value.display().to_string(),
        };
        found.into_iter().map(shown).collect::<Vec<_>>().join(", ")
    };
    let section = |url: &str, value: &str| format!("[http \"https://{url}\"]\nsslCAInfo = {value}\n");
    let own = section("localhost:4431/", "/own.pem");
    assert_eq!(of(&own, "sslcainfo"), "/own.pem");
    // The URL before what is set for all, wherever that stands; the longer host before the later line.
    assert_eq!(of(&format!("{own}[http]\nsslCAInfo = /all.pem\n"), "sslcainfo"), "/own.pem, /all.pem");
    assert_eq!(of(&(own.clone() + &section("*:4431", "/any.pem")), "sslcainfo"), "/own.pem, /any.pem");
    assert_eq!(of(&(own + &section("localhost:4431", "/late.pem")), "sslcainfo"), "/late.pem, /own.pem");
    assert_eq!(of(&section("localhost/", "/other.pem"), "sslcainfo"), "");
    let below = "/x.pem for https://localhost:4431/team";
    assert_eq!(of(&section("localhost:4431/team", "/x.pem"), "sslcainfo"), below);
    assert_eq!(of("[http]\nproxySSLCAInfo = /proxy.pem\n", "proxysslcainfo"), "");
    let verify = "[http \"https://localhost:4431/\"]\nsslVerify = ";
    assert_eq!(of(&format!("{verify}no\n"), "sslverify"), "no");
    assert_eq!(of(&format!("{verify}yes\n[http]\nsslVerify = no\n"), "sslverify"), "");
}

/// Seen with git 2.47.3 on GnuTLS: `fatal: Unsupported SSL backend 'openssl'. Supported SSL backends:`.
#[test]
fn a_backend_that_is_not_there_is_told_apart_from_the_one_that_is() {
    let gnutls = Installation { marks: vec!["gnutls"], ..Installation::default() };
    assert_eq!(has_backend(&gnutls, "GnuTLS"), Some(true));
    assert_eq!(has_backend(&gnutls, "openssl"), Some(false));
    assert_eq!(has_backend(&gnutls, ""), Some(false));
    assert_eq!(has_backend(&Installation::default(), "openssl"), None);
}
