//! castore's metrics and its answer as a plugin, before promtool, node_exporter, Prometheus and Nagios as they
//! are run.

use crate::outputs::{hostile, readers, run, said};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A program that runs until the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

fn start(command: &mut Command) -> Running {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Running(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
}

/// A port of this machine that nobody listens on.
#[allow(clippy::disallowed_types, reason = "servers of this test listen there")]
fn port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// Asks until `is_done` takes the answer.
#[track_caller]
fn ask(url: &str, is_done: impl Fn(&str) -> bool) -> String {
    let started = Instant::now();
    loop {
        let output =
            Command::new("curl").args(["-sS", "--noproxy", "*", "--max-time", "5", "-g", url]).output().expect("curl");
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        if is_done(&answer) {
            return answer;
        }
        assert!(started.elapsed() < Duration::from_secs(120), "{url}: {answer:.2000}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn promtool_finds_nothing_to_complain_of() {
    let Some(readers) = readers() else { return };
    let tree = hostile();
    let check = |text: &[u8]| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), text).expect("a file");
        let mut promtool = Command::new(readers.join("usr/bin/promtool"));
        let output = promtool.args(["check", "metrics"]).stdin(fs::File::open(file.path()).expect("a file")).output();
        let output = output.expect("promtool");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for more in [&[][..], &["--per-certificate"]] {
        let text = said(tree.path(), "prometheus", more);
        assert_eq!(check(&text), (true, String::new()));
        println!("promtool: {} bytes are well", text.len());
        // It would have said so: a name that is not escaped.
        let broken = String::from_utf8(text).expect("UTF-8") + "castore_store_up{store=\"a\"b\"} 1\n";
        assert!(!check(broken.as_bytes()).0);
    }
}

#[test]
fn node_exporter_and_prometheus_take_every_series() {
    let Some(readers) = readers() else { return };
    let (tree, place) = (hostile(), tempfile::tempdir().expect("a directory"));
    let textfiles = place.path().join("textfile");
    fs::create_dir(&textfiles).expect("a directory");
    let text = String::from_utf8(said(tree.path(), "prometheus", &["--per-certificate"])).expect("UTF-8");
    fs::write(textfiles.join("castore.prom"), &text).expect("a file");
    let series = text.lines().filter(|line| !line.starts_with('#')).count();
    let (exporter_port, server_port) = (port(), port());
    let mut exporter = Command::new(readers.join("usr/bin/prometheus-node-exporter"));
    exporter.args(["--collector.disable-defaults", "--collector.textfile"]);
    exporter.arg(format!("--collector.textfile.directory={}", textfiles.display()));
    let _exporter = start(exporter.arg(format!("--web.listen-address=127.0.0.1:{exporter_port}")));
    let metrics = format!("http://127.0.0.1:{exporter_port}/metrics");
    let is_ours = |line: &&str| line.starts_with("castore_") || line.starts_with("x509_cert_");
    let scraped = ask(&metrics, |answer| answer.contains("node_textfile_scrape_error"));
    assert!(scraped.contains("\nnode_textfile_scrape_error 0\n"), "{scraped:.2000}");
    assert_eq!(scraped.lines().filter(is_ours).count(), series);

    let configuration = place.path().join("prometheus.yml");
    let target = format!(
        "scrape_configs:\n- job_name: node\n  scrape_interval: 5s\n  static_configs:\n  - targets: ['127.0.0.1:{exporter_port}']\n"
    );
    fs::write(&configuration, target).expect("a file");
    let mut server = Command::new(readers.join("usr/bin/prometheus"));
    server.arg(format!("--config.file={}", configuration.display()));
    server.arg(format!("--storage.tsdb.path={}", place.path().join("data").display()));
    let _server = start(server.arg(format!("--web.listen-address=127.0.0.1:{server_port}")));
    let query = |query: &str| format!("http://127.0.0.1:{server_port}/api/v1/query?query={query}");
    let counted = query("count({__name__=~%22castore_.*|x509_cert_.*%22})");
    let expected = format!("\"{series}\"]");
    ask(&counted, |answer| answer.contains(&expected));
    let up = ask(&query("castore_store_up"), |answer| answer.contains("/hostile.pem"));
    let up: serde_json::Value = serde_json::from_str(&up).expect("JSON");
    assert_eq!(up["data"]["result"].as_array().map(Vec::len), Some(2), "{up:#}");
    println!("node_exporter and Prometheus: {series} series");

    // The collector drops a whole file for one octet: what castore is careful about.
    fs::write(textfiles.join("castore.prom"), [text.as_bytes(), b"castore_x{a=\"\xff\"} 1\n"].concat())
        .expect("a file");
    let scraped = ask(&metrics, |answer| answer.contains("\nnode_textfile_scrape_error 1\n"));
    assert_eq!(scraped.lines().filter(is_ours).count(), 0);
}

const OBJECTS: &str = "\
define command {
 command_name castore
 command_line COMMAND
}
define command {
 command_name nothing
 command_line /bin/true
}
define timeperiod {
 timeperiod_name always
 alias always
 monday 00:00-24:00
 tuesday 00:00-24:00
 wednesday 00:00-24:00
 thursday 00:00-24:00
 friday 00:00-24:00
 saturday 00:00-24:00
 sunday 00:00-24:00
}
define contact {
 contact_name nobody
 service_notification_period always
 host_notification_period always
 service_notification_options n
 host_notification_options n
 service_notification_commands nothing
 host_notification_commands nothing
}
define host {
 host_name here
 address 127.0.0.1
 check_command nothing
 max_check_attempts 1
 check_period always
 notification_period always
 contacts nobody
}
define service {
 host_name here
 service_description castore
 check_command castore
 max_check_attempts 1
 check_interval 1
 retry_interval 1
 check_period always
 notification_period always
 contacts nobody
}
";

const CONFIGURATION: &str = "\
cfg_file=DIR/objects.cfg
log_file=DIR/nagios.log
object_cache_file=DIR/objects.cache
precached_object_file=DIR/objects.precache
status_file=DIR/status.dat
state_retention_file=DIR/retention.dat
lock_file=DIR/nagios.lock
temp_file=DIR/nagios.tmp
temp_path=DIR
check_result_path=DIR/spool
query_socket=DIR/nagios.qh
nagios_user=USER
nagios_group=USER
status_update_interval=1
check_external_commands=0
use_syslog=0
service_inter_check_delay_method=n
max_service_check_spread=1
interval_length=2
illegal_macro_output_chars=`~$&|'\"<>
";

/// What Nagios holds of the service after it ran castore.
fn nagios(readers: &Path, command: &str) -> String {
    let place = tempfile::tempdir().expect("a directory");
    let directory = place.path().display().to_string();
    fs::create_dir(place.path().join("spool")).expect("a directory");
    let user = run(Command::new("id").arg("-un"));
    fs::write(place.path().join("castore.sh"), format!("#!/bin/sh\nexec {command}\n")).expect("a file");
    fs::write(place.path().join("objects.cfg"), OBJECTS.replace("COMMAND", &format!("/bin/sh {directory}/castore.sh")))
        .expect("a file");
    let configuration = CONFIGURATION.replace("DIR", &directory).replace("USER", user.trim());
    fs::write(place.path().join("nagios.cfg"), configuration).expect("a file");
    let _nagios = start(Command::new(readers.join("usr/sbin/nagios4")).arg(place.path().join("nagios.cfg")));
    let started = Instant::now();
    loop {
        let status = fs::read_to_string(place.path().join("status.dat")).unwrap_or_default();
        let service = status.split("servicestatus {").nth(1).and_then(|rest| rest.split("\t}").next());
        if let Some(service) = service.filter(|service| service.contains("has_been_checked=1")) {
            return service.to_owned();
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{status}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn nagios_takes_the_answer_of_a_plugin() {
    let Some(readers) = readers() else { return };
    let tree = hostile();
    let castore = |more: &str| {
        let (program, root) = (env!("CARGO_BIN_EXE_castore"), tree.path().display());
        format!("{program} check --format nagios --root {root} {more}")
    };
    let service = nagios(&readers, &castore("/hostile.pem"));
    let field = |name: &str| {
        let line = service.lines().find_map(|line| line.trim().strip_prefix(&format!("{name}=")).map(str::to_owned));
        line.unwrap_or_else(|| panic!("no {name} in {service}"))
    };
    // One of the hostile names is in a block that OpenSSL refuses the whole file for.
    assert_eq!(field("current_state"), "2", "{service}");
    assert!(field("plugin_output").starts_with("CASTORE CRITICAL - 1 error, "), "{service}");
    assert!(field("performance_data").starts_with("errors=1;;0;0 warnings="), "{service}");
    assert!(field("long_plugin_output").contains("warning[expired]"), "{service}");
    let service = nagios(&readers, &castore("/gone.pem"));
    assert!(service.contains("current_state=3\n"), "{service}");
    assert!(service.contains("plugin_output=CASTORE UNKNOWN - /gone.pem: nothing is there"), "{service}");
}
