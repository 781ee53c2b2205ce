//! What `castore schedule` prints, before the programs that are to take it.

use crate::outputs::{readers, run};
use crate::{optional, skip};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Values that have to come out as they went in.
const ODD: [&str; 6] = ["--host-name", "it's \"$HOME\" ${A} 5% %n <&> a", "--skip", "expired", "--user", ";"];

/// Writes the files of a scheduler into a directory.
fn write(directory: &Path, scheduler: &str, more: &[&str]) {
    let mut castore = Command::new(env!("CARGO_BIN_EXE_castore"));
    castore.args(["schedule", "--print", scheduler, "--out-dir"]).arg(directory).args(more);
    run(castore.env_clear());
}

fn text(directory: &Path, name: &str) -> String {
    fs::read_to_string(directory.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether systemd's programs are here; they are not on other systems.
fn systemd() -> bool {
    optional("systemd-analyze")
}

#[test]
fn systemd_takes_the_units_and_finds_little_exposed() {
    if !systemd() {
        return;
    }
    let place = tempfile::tempdir().expect("a directory");
    // The unit has a /tmp of its own; that the directory is there is not asked.
    let out = "/srv/a 5% b/castore.prom";
    let program = ["--program", "/bin/true"];
    for (number, (more, most)) in [
        (&[][..], 1.2),
        (&["--every", "hour"][..], 1.2),
        (&["--every", "week", "--time", "23:59", "--", "--out", out, "--format", "prometheus"][..], 1.2),
        (&[&["--"][..], &ODD].concat()[..], 1.2),
        (&["--with-hosts"][..], 2.2),
    ]
    .into_iter()
    .enumerate()
    {
        let directory = place.path().join(number.to_string());
        fs::create_dir(&directory).expect("a directory");
        write(&directory, "systemd", &[&program[..], more].concat());
        let units = ["castore-check.service", "castore-check.timer"].map(|name| directory.join(name));
        let output = Command::new("systemd-analyze").arg("verify").args(&units).output().expect("systemd-analyze");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        // What else is wrong with the machine's own units is told, too.
        assert!(output.status.success() && !said.contains("castore-check"), "{more:?}: {said}");
        let mut security = Command::new("systemd-analyze");
        let said = run(security.args(["security", "--offline=yes", "--no-pager"]).arg(&units[0]));
        let level = said.lines().find_map(|line| line.split_once("Overall exposure level for castore-check.service: "));
        let level: f64 = level.and_then(|(_, level)| level.split(' ').next()?.parse().ok()).expect("a level");
        assert!(level <= most, "{level}: {said}");
        let timer = text(&directory, "castore-check.timer");
        let calendar = timer.lines().find_map(|line| line.strip_prefix("OnCalendar=")).expect("a calendar");
        let said = run(Command::new("systemd-analyze").args(["calendar", "--iterations=2", calendar]));
        assert!(said.contains("Next elapse: "), "{said}");
    }
}

/// Every call that a run makes is one that the unit lets through; what it does not is an error there.
#[test]
fn a_run_makes_no_system_call_that_the_unit_forbids() {
    if !systemd() || !optional("strace") {
        return;
    }
    let place = tempfile::tempdir().expect("a directory");
    write(place.path(), "systemd", &[]);
    let service = text(place.path(), "castore-check.service");
    let words = |key: &str| -> Vec<String> {
        let lines = service.lines().filter_map(|line| line.strip_prefix(key));
        lines.flat_map(|line| line.split_whitespace().map(str::to_owned)).collect()
    };
    let (allowed, forbidden): (Vec<String>, Vec<String>) =
        words("SystemCallFilter=").into_iter().partition(|word| word == "@system-service");
    let calls = |sets: &[String]| -> Vec<String> {
        let mut open: Vec<String> = sets.iter().map(|set| set.trim_start_matches('~').to_owned()).collect();
        let mut found = Vec::new();
        while let Some(set) = open.pop() {
            let said = run(Command::new("systemd-analyze").args(["syscall-filter", "--no-pager", &set]));
            for word in said.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
                if word.starts_with('@') && word != set {
                    open.push(word.to_owned());
                } else {
                    found.push(word.to_owned());
                }
            }
        }
        found
    };
    let (allowed, forbidden) = (calls(&allowed), calls(&forbidden));
    assert!(allowed.contains(&"openat".to_owned()) && forbidden.contains(&"mount".to_owned()), "{allowed:?}");
    let tree = crate::outputs::hostile();
    let trace = place.path().join("trace");
    let out = place.path().join("castore.prom");
    let mut castore = Command::new("strace");
    castore.args(["-f", "-qq", "-o"]).arg(&trace).arg("--").arg(env!("CARGO_BIN_EXE_castore"));
    castore.args(["check", "--all-users", "--login-environment", "--exit-zero", "--format", "prometheus", "--out"]);
    castore.arg(&out).arg("--root").arg(tree.path());
    let status = castore.env_clear().stdin(Stdio::null()).stderr(Stdio::null()).status().expect("strace");
    assert!(matches!(status.code(), Some(0 | 2)) && out.exists(), "{status}");
    let trace = fs::read_to_string(&trace).expect("a trace");
    let mut seen = std::collections::BTreeSet::new();
    for line in trace.lines() {
        let call = line.split_once(' ').map_or("", |(_, rest)| rest.trim_start());
        let name: String = call.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if call[name.len()..].starts_with('(') {
            seen.insert(name);
        }
    }
    assert!(seen.contains("openat") && !seen.contains("socket"), "{seen:?}");
    // What strace itself has the program begin with.
    seen.remove("execve");
    let wrong = seen.iter().filter(|call| !allowed.contains(call) || forbidden.contains(call));
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<&String>::new());
}

/// systemd reads the command as it was meant; what it shows is before variables are looked for, and `$$` is none.
#[test]
fn systemd_reads_the_words_as_they_were_given() {
    const SYSTEMD: &str = "/lib/systemd/systemd";
    if !optional(SYSTEMD) {
        return;
    }
    let place = tempfile::tempdir().expect("a directory");
    fs::set_permissions(place.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    write(place.path(), "systemd", &[&["--program", "/bin/true", "--"][..], &ODD].concat());
    let target = "[Unit]\nDefaultDependencies=no\nWants=castore-check.service\n";
    fs::write(place.path().join("all.target"), target).expect("a file");
    // It does not test as root.
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", SYSTEMD]);
    if castore::host::native::live_user() != Some(0) {
        command = Command::new(SYSTEMD);
    }
    command.args(["--test", "--system", "--unit=all.target", "--log-level=emerg", "--log-target=console"]);
    command.env_clear().env("SYSTEMD_UNIT_PATH", place.path()).env("HOME", "/root");
    let output = command.output().expect("systemd");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.trim_start().strip_prefix("Command Line: /bin/true check "));
    // It writes words as a shell takes them.
    let line = line.unwrap_or_else(|| panic!("no command line: {text}"));
    let words =
        run(Command::new("/bin/sh").args(["-c", &format!("for word in {line}; do printf '%s\\n' \"$word\"; done")]));
    let words: Vec<String> = words.lines().map(|word| word.replace("$$", "$")).collect();
    assert_eq!(words, ODD);
}

/// Debian's crontab reads a table without installing it.
#[test]
fn cron_takes_the_line() {
    let Some(readers) = readers() else { return };
    let crontab = readers.join("usr/bin/crontab");
    if !crontab.exists() {
        return skip("crontab is not among the readers");
    }
    // It wants the directory of tables to be there, which only a machine with cron has: it gets one that nobody
    // else sees.
    let is_here = Path::new("/var/spool/cron/crontabs").is_dir();
    if !is_here && castore::host::native::live_user() != Some(0) {
        return skip("no /var/spool/cron/crontabs, and no right to mount one");
    }
    let script = match is_here {
        true => "exec \"$@\"",
        false => "mount -t tmpfs tmpfs /var/spool && mkdir -p /var/spool/cron/crontabs && exec \"$@\"",
    };
    let place = tempfile::tempdir().expect("a directory");
    for more in [&[][..], &["--every", "hour"], &["--every", "week", "--", "--host-name", "5% 'a'"]] {
        write(place.path(), "cron", more);
        let file = place.path().join("castore-check");
        let shell = if is_here { &["/bin/sh"][..] } else { &["unshare", "--mount", "/bin/sh"] };
        let mut command = Command::new(shell[0]);
        run(command.args(&shell[1..]).args(["-c", script, "sh"]).arg(&crontab).arg("-n").arg(&file));
    }
}

/// Runs a program of Python that reads the file and prints JSON.
fn python(program: &str, file: &Path) -> Option<serde_json::Value> {
    if !crate::require("python3") {
        return None;
    }
    Some(serde_json::from_str(&run(Command::new("python3").args(["-c", program]).arg(file))).expect("JSON"))
}

#[test]
fn a_property_list_is_one() {
    let place = tempfile::tempdir().expect("a directory");
    write(place.path(), "launchd", &[&["--every", "week", "--"][..], &ODD].concat());
    let program = "import json, plistlib, sys\njson.dump(plistlib.load(open(sys.argv[1], 'rb')), sys.stdout)";
    let Some(list) = python(program, &place.path().join("castore-check.plist")) else { return };
    let words: Vec<&str> = ["/usr/local/bin/castore", "check"].into_iter().chain(ODD).collect();
    assert_eq!(list["ProgramArguments"], serde_json::json!(words));
    assert_eq!(list["StartCalendarInterval"], serde_json::json!({"Weekday": 1, "Hour": 4, "Minute": 17}));
    assert_eq!((&list["Umask"], &list["LowPriorityIO"]), (&serde_json::json!(0o077), &serde_json::json!(true)));
}

/// Well-formed, in the order of the elements of the Task Scheduler's schema (MS-TSCH 2.5.3), and quoted as Python
/// quotes words for Windows.
#[test]
fn a_task_is_one() {
    let place = tempfile::tempdir().expect("a directory");
    let program = r#"
import json, subprocess, sys, xml.etree.ElementTree as tree
space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
task = tree.parse(sys.argv[1]).getroot()
assert task.tag == space + "Task", task.tag
sequences = {
    "Task": ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"],
    "CalendarTrigger": ["Enabled", "StartBoundary", "EndBoundary", "Repetition", "ExecutionTimeLimit", "RandomDelay",
                        "ScheduleByDay", "ScheduleByWeek"],
    "Repetition": ["Interval", "Duration", "StopAtDurationEnd"],
    "ScheduleByDay": ["DaysInterval"],
    "ScheduleByWeek": ["WeeksInterval", "DaysOfWeek"],
    "Exec": ["Command", "Arguments", "WorkingDirectory"],
}
for element in task.iter():
    name = element.tag.removeprefix(space)
    if name in sequences:
        places = [sequences[name].index(child.tag.removeprefix(space)) for child in element]
        assert places == sorted(set(places)), (name, places)
settings = {child.tag.removeprefix(space): child.text for child in task.find(space + "Settings")}
known = """MultipleInstancesPolicy DisallowStartIfOnBatteries StopIfGoingOnBatteries AllowHardTerminate StartWhenAvailable
RunOnlyIfNetworkAvailable AllowStartOnDemand Enabled Hidden RunOnlyIfIdle WakeToRun ExecutionTimeLimit Priority""".split()
assert set(settings) <= set(known), settings
words = ["check", "--host-name", 'a "b" <&> ', "--out", "C:\\a b\\c.json", "--skip", "expired"]
found = next(task.iter(space + "Arguments")).text
json.dump([found, subprocess.list2cmdline(words)], sys.stdout)
"#;
    for every in ["hour", "day", "week"] {
        let odd = ["--", "--host-name", "a \"b\" <&> ", "--out", r"C:\a b\c.json", "--skip", "expired"];
        write(place.path(), "windows", &[&["--every", every][..], &odd].concat());
        let Some(found) = python(program, &place.path().join("castore-check.xml")) else { return };
        assert_eq!(found[0], found[1]);
    }
}

/// kubectl reads objects into the types of Kubernetes, and writes what those know: nothing is lost but what they
/// do not have. It asks no cluster.
#[test]
fn kubectl_knows_every_field() {
    let Some(readers) = readers() else { return };
    if !crate::documents::has_kubectl() {
        return;
    }
    let program = r#"
import json, sys, yaml
ours, theirs = ([o for o in yaml.safe_load_all(open(name)) if o] for name in sys.argv[1:])
assert len(ours) == len(theirs) == 1, (ours, theirs)
lost = []
def compare(a, b, place):
    if isinstance(a, dict) and isinstance(b, dict):
        for key, value in a.items():
            compare(value, b.get(key), place + [key])
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for number, pair in enumerate(zip(a, b)):
            compare(*pair, place + [number])
    elif a != b:
        lost.append([".".join(map(str, place)), a, b])
compare(ours[0], theirs[0], [])
def commands(value):
    if isinstance(value, dict):
        yield from ([value["command"]] if "command" in value else [])
        for inner in value.values():
            yield from commands(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from commands(inner)
json.dump({"lost": lost, "commands": list(commands(ours[0]))}, sys.stdout)
"#;
    let place = tempfile::tempdir().expect("a directory");
    let odd = [&["--image", "registry.example/a:1", "--", "--out", "/srv/a 'b/c.prom"][..], &ODD].concat();
    write(place.path(), "kubernetes", &odd);
    for kind in ["networkpolicy", "daemonset", "cronjob"] {
        let file = place.path().join(format!("castore-check.{kind}.yaml"));
        let mut kubectl = Command::new("kubectl");
        kubectl.args(["label", "--local", "-o", "yaml", "castore.test/label=x", "-f"]).arg(&file);
        let known = run(kubectl.env("KUBECONFIG", "/dev/null").env("HOME", place.path()));
        let theirs = place.path().join("known.yaml");
        fs::write(&theirs, known).expect("a file");
        let mut python = Command::new(readers.join("venv/bin/python"));
        let answer = run(python.args(["-c", program]).arg(&file).arg(&theirs));
        let answer: serde_json::Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(answer["lost"], serde_json::json!([]), "{kind}");
        let words = answer["commands"][0].as_array().cloned().unwrap_or_default();
        let tail = ODD.map(|word| serde_json::json!(word.replace('$', "$$")));
        assert!(kind == "networkpolicy" || words.ends_with(&tail), "{words:?}");
    }
}

/// The alerts fire where they should and nowhere else.
#[test]
fn promtool_runs_the_tests_of_the_alerts() {
    let Some(readers) = readers() else { return };
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/prometheus");
    let promtool = || Command::new(readers.join("usr/bin/promtool"));
    run(promtool().args(["check", "rules"]).arg(directory.join("castore.rules.yml")));
    run(promtool().args(["test", "rules"]).arg(directory.join("castore.rules.test.yml")));
}

/// Alerts ask for metrics that castore writes, or that are node_exporter's or Prometheus' own.
#[test]
fn alerts_name_metrics_that_there_are() {
    let rules = include_str!("../../data/prometheus/castore.rules.yml");
    let known: Vec<&str> = castore::render::prometheus::METRICS.iter().map(|metric| metric.name).collect();
    let is_of_a_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let lines = rules.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words: Vec<&str> = lines.flat_map(|line| line.split(|c| !is_of_a_name(c))).collect();
    let ours = words.iter().filter(|word| word.starts_with("castore_") || word.starts_with("x509_"));
    let ours: std::collections::BTreeSet<&&str> = ours.collect();
    assert!(ours.len() > 6, "{ours:?}");
    for word in ours {
        assert!(known.contains(word), "{word}");
    }
    assert!(castore::check::CHECKS.iter().any(|check| check.id == "expiring"));
}
