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
    let refused = itself.refused.clone().unwrap();
    assert_eq!(refused.value, "git ends with \"exceeded maximum include depth (10)\"");
    assert_eq!(refused.source, Source::File("/home/.gitconfig".into(), 4));
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
        assert_eq!(of(condition), (1, 1), "{condition}");
    }
}

/// As git 2.39.5 does.
#[test]
fn what_may_be_included_is_no_answer() {
    let of = |condition: &str, head: &str| {
        let text = format!("[includeIf \"{condition}\"]\npath = more\n[http]\nsslVerify = yes\n");
        let files = Memory::new()
            .file("/home/.gitconfig", text)
            .file("/home/more", "[http]\nsslVerify = no\n[http \"https://other/\"]\nsslVerify = no\n")
            .file("/r/.git/config", "")
            .file("/r/.git/HEAD", head);
        let mut host = host(files, &[]);
        host.cwd = "/r".into();
        let server = Server { host: Some("x".to_owned()), port: Some(443) };
        let searched = Searched { server: Some(server), ..Searched::default() };
        let found = unverified(&Survey::new(&host, searched), &Installation::default());
        let scope = |setting: &Setting| match &setting.source {
            Source::Scoped(_, _, scope) => scope.clone(),
            _ => "all".to_owned(),
        };
        found.iter().map(scope).collect::<Vec<_>>().join(", ")
    };
    let open = "repositories where \"hasconfig:remote.*.url:https://x/**\" holds";
    assert_eq!(of("hasconfig:remote.*.url:https://x/**", "ref: refs/heads/main\n"), open);
    assert_eq!(of("onbranch:main", "?"), "repositories where \"onbranch:main\" holds");
    // The value behind it counts.
    assert_eq!(of("onbranch:main", "ref: refs/heads/main\n"), "");
    assert_eq!(of("onbranch:main", "0123abcd\n"), "");
}

#[test]
fn a_branch_decides_on_an_include() {
    let of = |condition: &str| {
        let files = Memory::new()
            .file("/home/.gitconfig", format!("[includeIf \"onbranch:{condition}\"]\npath = more\n"))
            .file("/home/more", "[http]\nsslCAInfo = /more.pem\n")
            .file("/r/.git/config", "")
            .file("/r/.git/HEAD", "ref: refs/heads/team/a\n");
        let mut host = host(files, &[]);
        host.cwd = "/r".into();
        values(&host, "sslcainfo").len()
    };
    assert_eq!(["team/a", "team/", "**", "team/*", "te*", "a", "Team/a"].map(of), [1, 1, 1, 1, 0, 0, 0]);
}

/// As git 2.39.5 takes `http.sslVerify`.
#[test]
fn what_is_no_boolean_ends_git() {
    use super::configuration::boolean;
    let of = |text: &str| boolean(std::ffi::OsStr::new(text));
    for text in ["", "No", "off", "false", "0", "00", "0x0", "-0", "0k", "0G", " 0"] {
        assert_eq!(of(text), Some(false), "{text}");
    }
    for text in ["2", "-1", "yes", "1m", "010"] {
        assert_eq!(of(text), Some(true), "{text}");
    }
    for text in ["maybe", "08", "0kk", "0b", "9999999999", "2g"] {
        assert_eq!(of(text), None, "{text}");
    }
    let refused = |text: &str| {
        let host = host(Memory::new().file("/home/.gitconfig", text), &[]);
        let read = configuration(&Survey::new(&host, Searched::default()), &Installation::default());
        read.refused.clone().map(|setting| setting.value.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let bad = "git ends with \"bad boolean config value 'maybe' for 'http.sslverify'\"";
    assert_eq!(refused("[http]\nsslVerify = maybe\nsslVerify = yes\n"), bad);
    assert_eq!(refused("[http \"https://x/\"]\nsslVerify = maybe\n"), "");
    assert_eq!(refused("[http\n"), "git ends with \"bad config line 1\"");
}

/// As git 2.39.5 finds the paths of `http.sslCAInfo`.
#[test]
fn paths_begin_with_a_home_or_the_prefix() {
    let of = |value: &str| {
        let files = Memory::new()
            .file("/home/.gitconfig", format!("[http]\nsslCAInfo = {value}\n"))
            .file("/etc/passwd", "ann:x:7:7::/homes/ann:/bin/sh\n");
        let git = Installation { at: "/opt/git/bin/git".into(), ..Installation::default() };
        let host = host(files, &[]);
        let found = paths(&Survey::new(&host, Searched::default()), &git, "sslcainfo");
        found[0].value.to_string_lossy().into_owned()
    };
    assert_eq!(of("~/a.pem"), "/home/a.pem");
    assert_eq!(of("~ann/a.pem"), "/homes/ann/a.pem");
    assert_eq!(of("%(prefix)/a.pem"), "/opt/git/a.pem");
    assert_eq!(of("%(prefix)a.pem"), "/%(prefix)a.pem");
}

/// As git 2.39.5 does.
#[test]
fn of_a_repository_of_others_nothing_counts() {
    let of = |gitconfig: &str, environment: &[(&str, &str)]| {
        let files = Memory::new()
            .file("/home/.gitconfig", gitconfig)
            .file("/r/.git/config", "[http]\nsslCAInfo = /r.pem\n[safe]\ndirectory = *\n")
            .owned("/home", 7, 0o700)
            .owned("/r", 8, 0o755)
            .owned("/r/.git", 8, 0o755);
        let mut host = host(files, environment);
        host.cwd = "/r".into();
        let read = configuration(&Survey::new(&host, Searched::default()), &Installation::default());
        (values(&host, "sslcainfo").len(), read.remarks.len())
    };
    let (taken, left) = ((1, 0), (0, 1));
    assert_eq!(of("", &[]), left);
    assert_eq!(of("", &[("GIT_DIR", "/r/.git")]), taken);
    for value in ["/r", "*", "/\ndirectory = /r"] {
        assert_eq!(of(&format!("[safe]\ndirectory = {value}\n"), &[]), taken, "{value}");
    }
    for value in ["/q", "/r\ndirectory =", "/r/x"] {
        assert_eq!(of(&format!("[safe]\ndirectory = {value}\n"), &[]), left, "{value}");
    }
    let given = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "/r")];
    assert_eq!(of("[safe]\ndirectory =\n", &given), taken);
}

#[test]
fn repositories_are_looked_for_below_a_ceiling() {
    let of = |cwd: &str, ceilings: &str| {
        let files = Memory::new().file("/a/r/.git/config", "[http]\nsslCAInfo = /r.pem\n").file("/a/r/b/c/x", "");
        let mut host = host(files, &[("GIT_CEILING_DIRECTORIES", ceilings)]);
        host.cwd = cwd.into();
        values(&host, "sslcainfo").len()
    };
    assert_eq!(of("/a/r/b/c", ""), 1);
    assert_eq!(of("/a/r/b/c", "/a"), 1);
    assert_eq!(of("/a/r/b/c", "/x:/a/r"), 0);
    assert_eq!(of("/a/r/b/c", "/a/r/b"), 0);
    assert_eq!(of("/a/r", "/a/r"), 1);
    assert_eq!(of("/a/r/b/c", "r"), 1);
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
    let why = "git ends with \"bogus format in GIT_CONFIG_PARAMETERS\"";
    assert_eq!(read.refused.as_ref().unwrap().value, why);
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

/// As git 2.39.5 does, whatever it verifies.
#[test]
fn a_certificate_of_its_own_that_is_not_there_ends_git() {
    let ends = |value: &str, environment: &[(&str, &str)]| {
        let files =
            Memory::new().file("/home/.gitconfig", format!("[http]\nsslCert = {value}\n")).file("/home/a.pem", "");
        let host = host(files, environment);
        !without_certificate(&Survey::new(&host, Searched::default()), &Installation::default()).is_empty()
    };
    assert!(ends("/none", &[]) && ends("~/a.pem", &[("GIT_SSL_CERT", "/none")]));
    assert!(!ends("~/a.pem", &[]) && !ends("/none", &[("GIT_SSL_CERT", "/home/a.pem")]) && !ends("", &[]));
}
