//! Services of hosts in memory.

use super::*;
use crate::host::System;
use crate::host::memory::Memory;
use std::ffi::OsStr;

fn host(files: Memory) -> Host {
    Host::new(Box::new(files.with("/bin", crate::host::memory::Node::Link("usr/bin".into()))), System::Linux)
}

fn shown(found: &Service) -> Vec<String> {
    let show = |(k, v): (&OsString, &OsString)| format!("{}={}", k.display(), v.display());
    found.environment.iter().filter(|(name, _)| *name != "PATH").map(show).collect()
}

fn unit(text: &str) -> Memory {
    Memory::new().file("/etc/systemd/system/x.service", text)
}

#[test]
fn a_unit_with_drop_ins_files_and_an_account() {
    let files = Memory::new()
        .file("/usr/lib/systemd/system/app@.service", "[Service]\nUser=app\nEnvironment=A=1 \"B=%i %I %p %n\" C=%h 1X=1\nExecStart=-/opt/venv/bin/python -m app\n")
        .file("/etc/systemd/system/app@.service.d/20-b.conf", "[Service]\nEnvironment=A=2\nEnvironmentFile=-/gone\nEnvironmentFile=/etc/app/%i/*.env\n")
        .file("/run/systemd/system/app@srv-x.service.d/10-a.conf", "[Service]\nEnvironment=A=3 D=4\nUnsetEnvironment=D E=5 F\n")
        .file("/run/systemd/system/app@.service.d/20-b.conf", "[Service]\nEnvironment=A=never\n")
        .file("/etc/systemd/system/service.d/99-all.conf", "[Service]\nWorkingDirectory=~\n")
        .file("/etc/app/srv-x/1.env", "E=5\nF=6\nSSL_CERT_FILE=/corp.pem\n")
        .file("/etc/app/srv-x/2.env", "SSL_CERT_FILE='/two.pem'\n")
        .file("/etc/systemd/system.conf", "[Manager]\nDefaultEnvironment=G=7 A=0\n")
        .file("/etc/passwd", "app:x:99:99::/srv/app:/bin/sh\n");
    let found = service(&host(files), "app@srv-x").unwrap();
    let expected = [
        "A=2",
        "B=srv-x srv/x app app@srv-x.service",
        "C=/root",
        "G=7",
        "HOME=/srv/app",
        "LOGNAME=app",
        "SSL_CERT_FILE=/two.pem",
        "USER=app",
    ];
    assert_eq!(shown(&found), expected);
    assert_eq!(found.directory, Path::new("/srv/app"));
    assert_eq!(found.program.as_deref(), Some(Path::new("/opt/venv/bin/python")));
    assert_eq!(found.remarks, [""; 0]);
    assert_eq!(found.files.len(), 4);
    let path = found.environment.get(OsStr::new("PATH")).unwrap();
    assert_eq!(path, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin");
}

#[test]
fn an_empty_assignment_takes_back() {
    let found = service(&host(unit("[Service]\nEnvironment=A=1\nEnvironment=\nEnvironment=B=2\n")), "x.service");
    assert_eq!(shown(&found.unwrap()), ["B=2"]);
}

#[test]
fn what_files_do_not_tell_is_said_without_values() {
    let text = "[Service]\nEnvironment=TOKEN=secret%b\nEnvironmentFile=/gone\nPassEnvironment=SSL_CERT_FILE\nUser=nobody\nPrivateTmp=yes\nProtectHome=no\n";
    let found = service(&host(unit(text)), "x").unwrap();
    assert_eq!(
        found.remarks,
        [
            "the account nobody is not in /etc/passwd, so its home is not known",
            "PassEnvironment=SSL_CERT_FILE: its value in the manager is not known",
            "Environment= holds %b, which the files of the host do not tell",
            "EnvironmentFile=/gone: nothing is there; the service does not start",
            "PrivateTmp= is set: the service may not see all files of the host, or others",
        ]
    );
}

#[test]
fn services_that_cannot_be_described() {
    let files = unit("[Service]\n")
        .link("/etc/systemd/system/masked.service", "/dev/null")
        .file("/usr/lib/systemd/system/masked.service", "[Service]\n")
        .file("/usr/lib/systemd/system/t@.service", "[Service]\n");
    let why = |name: &str| service(&host(files.clone()), name).unwrap_err();
    assert_eq!(why("gone"), NoService::Absent);
    // An image mostly has no /dev.
    for files in [files.clone(), files.clone().file("/dev/null", "")] {
        let why = service(&host(files), "masked").unwrap_err();
        assert_eq!(why, NoService::Masked("/etc/systemd/system/masked.service".into()));
    }
    assert_eq!(why("t@"), NoService::Template);
    for name in ["../x", "", "@x", "a b", ".service"] {
        assert_eq!(why(name), NoService::BadName, "{name:?}");
    }
}

#[test]
fn drop_ins_up_to_each_dash() {
    let names = |word| Name::new(word).of_drop_ins();
    assert_eq!(names("a-b-c"), ["a-b-c.service.d", "a-b-.service.d", "a-.service.d"]);
    let instance = ["a-b@i", "a-b@", "a-", "a-@i", "a-@"].map(|name| format!("{name}.service.d"));
    assert_eq!(names("a-b@i"), instance);
}
