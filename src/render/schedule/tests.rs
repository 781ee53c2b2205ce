//! What holds for every scheduler.

use super::*;

fn job(scheduler: &Scheduler) -> Job {
    let out = if scheduler.name == "windows" { r"C:\ProgramData\castore" } else { "/srv/out" };
    Job {
        program: scheduler.program.to_owned(),
        given: Vec::new(),
        arguments: vec!["--out".to_owned(), out.to_owned()],
        set: BTreeSet::from(["out".to_owned()]),
        paths: vec![out.to_owned()],
        format: None,
        out: Some(out.to_owned()),
        every: Every::Day,
        hour: 4,
        minute: 17,
        with_hosts: false,
        state: "/var/lib/castore".to_owned(),
        image: Some("registry.example/castore:1".to_owned()),
    }
}

/// A place of a template that nothing was put into.
fn open_place(text: &str) -> Option<&str> {
    let pieces: Vec<&str> = text.split('@').collect();
    let inner = pieces.get(1..pieces.len().saturating_sub(1)).unwrap_or_default();
    inner.iter().copied().find(|name| !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_uppercase()))
}

#[test]
fn no_place_is_left_open() {
    for scheduler in SCHEDULERS {
        for every in [Every::Hour, Every::Day, Every::Week] {
            for with_hosts in [false, true] {
                let units = scheduler.units(&Job { every, with_hosts, ..job(scheduler) }).expect(scheduler.name);
                for unit in units {
                    assert_eq!(open_place(&unit.text), None, "{}", unit.text);
                    assert!(unit.text.ends_with('\n') && !unit.text.contains("@?"), "{}", unit.text);
                    assert!(unit.text.lines().all(|line| line == line.trim_end()), "{}", unit.text);
                }
            }
        }
    }
    assert_eq!(open_place("\"$@\"; @A-B @NAME@"), Some("NAME"));
}

#[test]
fn what_no_file_can_hold_is_refused() {
    for scheduler in SCHEDULERS {
        let named = |name: &str| Job { arguments: vec!["--host-name".into(), name.into()], ..job(scheduler) };
        for name in ["a\nb", "a\0b", "a\u{1b}[2Jb", "a\u{202e}b"] {
            let refused = scheduler.units(&named(name)).expect_err(scheduler.name);
            assert_eq!((refused.expected, &*refused.found), ("no control or invisible characters", name));
        }
        let relative = Job { program: "castore".to_owned(), ..job(scheduler) };
        assert!(scheduler.units(&relative).is_err_and(|refused| refused.expected.starts_with("an absolute path")));
        let relative = Job { paths: vec!["baseline.json".to_owned()], ..job(scheduler) };
        assert!(scheduler.units(&relative).is_err_and(|refused| refused.found == "baseline.json"));
        assert!(scheduler.units(&Job { paths: vec!["-".to_owned()], ..job(scheduler) }).is_ok());
    }
}

#[test]
fn logins_are_looked_at_unless_the_user_says_what_to_look_at() {
    for (option, is_there) in [("out", true), ("root", false), ("user", false), ("service", false)] {
        let scheduler = &systemd::SCHEDULER;
        let units = scheduler.units(&Job { set: BTreeSet::from([option.to_owned()]), ..job(scheduler) });
        let text = &units.expect("units")[0].text;
        assert_eq!(text.contains("check --all-users --login-environment"), is_there, "{option}");
    }
}

#[test]
fn a_line_of_cron_is_as_long_as_cron_takes_it() {
    let long =
        |length: usize| Job { arguments: vec!["a".repeat(length)], set: BTreeSet::new(), ..job(&cron::SCHEDULER) };
    let command = |job: &Job| {
        let text = cron::SCHEDULER.units(job).map(|units| units[0].text.clone())?;
        Ok::<usize, Refused>(text.lines().last().and_then(|line| line.split_once("root ")).expect("a line").1.len())
    };
    let rest = crate::limits::CRON_COMMAND - command(&long(1)).expect("a short one");
    assert_eq!(command(&long(rest + 1)), Ok(crate::limits::CRON_COMMAND));
    assert!(command(&long(rest + 2)).is_err());
}

#[test]
fn windows_and_cron_refuse_what_they_would_read_otherwise() {
    let scheduler = &windows::SCHEDULER;
    assert!(scheduler.units(&Job { arguments: vec!["100%".into()], ..job(scheduler) }).is_err());
    assert!(scheduler.units(&Job { out: None, ..job(scheduler) }).is_err());
    let scheduler = &cron::SCHEDULER;
    assert!(scheduler.units(&Job { arguments: vec![r"a\b".into()], ..job(scheduler) }).is_err());
    let named = |format: &str| Job { out: None, format: Some(format.to_owned()), ..job(scheduler) };
    assert!(scheduler.units(&named("ndjson")).is_err() && scheduler.units(&named("text")).is_ok());
}
