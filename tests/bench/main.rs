//! Benchmarks as ratios: castore beside a peer and beside a floor, in one interleaved run.
//!
//! Absolute times drift by half between runs minutes apart, so nothing here is compared with a
//! number written down: contenders take turns (A B C, A B C, …), and what is measured is processor
//! time, user and system, of the whole process tree. Of each contender the least of its turns
//! counts. Whatever else the machine does makes a run dearer and never cheaper (caches shared, memory
//! waited for, clocks lowered), and not all alike: a run of milliseconds that mostly maps and copies
//! pages suffers more than a second of arithmetic, so that medians of ratios moved by half with the
//! load. The least is what the work costs, and turns make it likely that each side meets a quiet
//! moment; a run of half a minute meets none, and what it takes too much is that of the average. How
//! far the floor's median lies above its least says how loud it was, and so does the median of the ratios
//! turn by turn, which is printed beside each: on a quiet machine it is the same.
//!
//! A goal that holds trivially is no goal, so each contest has a floor: a program that does the
//! minimum with the paths known beforehand, no discovery, no errors, no lint.
//!
//! `cargo bench` runs all; `cargo bench -- startup bundle` some. A missed goal ends it with 1.

#![cfg_attr(not(unix), allow(unused, reason = "children's processor time is read as unix gives it"))]
#![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "starts, times and reports")]

#[path = "../support/certificates.rs"]
mod certificates;
mod floor;
mod keystores;
#[cfg(target_os = "linux")]
#[path = "../support/namespace.rs"]
mod namespace;
#[path = "../support/numbers.rs"]
mod numbers;
mod why;
#[cfg(target_os = "linux")]
mod writers;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

/// The program as it is installed, see [`installed`].
static CASTORE: OnceLock<PathBuf> = OnceLock::new();
/// This program, which has the floors in it, in the same way.
static FLOORS: OnceLock<PathBuf> = OnceLock::new();

/// One store, each certificate on a line.
const LIST: &[&str] = &["list", "--certs"];
/// One store above the usual bound, counted: 100,000 certificates are 69 MB.
const LIST_LARGE: &[&str] = &["list", "--file-size", "1GiB"];
/// Every store of the machine.
const LIST_MACHINE: &[&str] = &["list"];

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.first().and_then(|argument| argument.to_str()) {
        Some("measure") => return measure(&arguments.split_off(1)),
        Some("floor-pem") => return floor::list(&arguments.split_off(1)),
        Some("floor-jks") => return floor::jks(&arguments.split_off(1)),
        Some("floor-kdf") => return floor::kdf(&arguments.split_off(1)),
        Some("floor-nss") => return floor::nss(&arguments.split_off(1)),
        #[cfg(target_os = "linux")]
        Some("writers-inside") => {
            writers::inside(&arguments.split_off(1));
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let chosen = |name: &str| arguments.is_empty() || arguments.iter().any(|argument| argument == name);
    let directory = tempfile::tempdir().expect("a temporary directory");
    let own = std::env::current_exe().expect("the path of this program");
    CASTORE.get_or_init(|| installed(Path::new(env!("CARGO_BIN_EXE_castore")), directory.path()));
    FLOORS.get_or_init(|| installed(&own, directory.path()));
    let mut goals = Vec::new();
    let contests = [
        ("startup", startup as fn(&Path) -> Vec<Goal>),
        ("bundle", bundle),
        ("growth", growth),
        ("machine", machine),
        ("which", which),
        ("why", why::command),
        ("verdict", why::verdict),
        ("jks", keystores::jks),
        ("pkcs12", keystores::pkcs12),
        ("nss", keystores::nss),
        #[cfg(target_os = "linux")]
        ("writers", writers::contest),
    ];
    for (name, contest) in contests {
        if chosen(name) {
            println!("\n{name}");
            goals.extend(contest(directory.path()).into_iter().map(|goal| (name, goal)));
        }
    }
    println!();
    let mut missed = false;
    for (name, goal) in goals {
        let reached = goal.measured <= goal.at_most;
        missed |= !reached;
        let verdict = if reached { "reached" } else { "MISSED" };
        let by_turn = goal.by_turn.map_or_else(String::new, |ratio| format!(" ({ratio:.4} turn by turn)"));
        println!("{verdict:8} {name}: {} = {:.4}{by_turn}, goal at most {:.4}", goal.what, goal.measured, goal.at_most);
    }
    ExitCode::from(u8::from(missed))
}

/// A copy of a program in `directory`, written at once as an installer does: the same octets as a linker wrote
/// them, piece by piece, take 0.3 ms of 2 more to start on ext4, where the page cache has them in small pieces.
fn installed(program: &Path, directory: &Path) -> PathBuf {
    let copy = directory.join(program.file_name().expect("a file"));
    fs::write(&copy, fs::read(program).expect("a program to read")).expect("a program is written");
    fs::set_permissions(&copy, fs::metadata(program).expect("a program").permissions()).expect("a program to run");
    copy
}

fn castore() -> &'static Path {
    CASTORE.get().expect("castore is installed")
}

/// Starting and saying the version, beside a program that says hello.
fn startup(directory: &Path) -> Vec<Goal> {
    let source = directory.join("hello.rs");
    let hello = directory.join("hello");
    fs::write(&source, "fn main() { println!(\"hello\"); }").expect("a source file is written");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let built = Command::new(rustc).arg("-O").arg("-o").arg(&hello).arg(&source).status().expect("rustc");
    assert!(built.success(), "hello does not build");
    fs::create_dir_all(directory.join("bin")).expect("a directory");
    let hello = Contender::new("hello (floor)", installed(&hello, &directory.join("bin")), [""; 0]);
    let castore = Contender::new("castore --version", castore(), ["--version"]).printing(1);
    let costs = take_turns(&[hello, castore], 100);
    vec![Goal::of("castore / hello", (&costs[1], &costs[0]), 2.0)]
}

/// One bundle of 148 certificates of public roots.
fn bundle(directory: &Path) -> Vec<Goal> {
    let file = directory.join("bundle.pem");
    fs::write(&file, public_roots(148)).expect("a bundle is written");
    let contenders = [
        floor_over([&file]),
        Contender::new("castore list --certs", castore(), with(LIST, &file)).printing(148),
        storeutl(&file),
    ];
    let costs = take_turns(&contenders, 41);
    vec![Goal::of("castore / openssl storeutl", (&costs[1], &costs[2]), 1.0 / 20.0)]
}

/// Ten times the certificates: time, and memory.
fn growth(directory: &Path) -> Vec<Goal> {
    let (small, large) = (directory.join("10000.pem"), directory.join("100000.pem"));
    fs::write(&small, certificates::numbered_bundle(10_000)).expect("a bundle is written");
    fs::write(&large, certificates::numbered_bundle(100_000)).expect("a bundle is written");
    let contenders = [
        floor_over([&small]).named("floor 10,000"),
        floor_over([&large]).named("floor 100,000"),
        Contender::new("castore 10,000", castore(), with(LIST_LARGE, &small)).printing(2),
        Contender::new("castore 100,000", castore(), with(LIST_LARGE, &large)).printing(2),
        storeutl(&large).turns(1), // half a minute each
    ];
    let costs = take_turns(&contenders, 7);
    let peak = costs[3].iter().flatten().map(|cost| cost.peak).reduce(f64::max).unwrap_or(f64::INFINITY);
    vec![
        Goal::of("100,000 / 10,000", (&costs[3], &costs[2]), 12.0),
        Goal::of("castore / openssl storeutl", (&costs[3], &costs[4]), 1.0 / 100.0),
        Goal { what: "peak MiB", measured: peak, by_turn: None, at_most: 512.0 },
    ]
}

/// Every store of this machine, beside the commands that list the same ones with what castore tells of each
/// certificate: the bundle by `openssl` and by `trust`, each Python's and its packages' copies, Node's own,
/// and each JDK's.
fn machine(_: &Path) -> Vec<Goal> {
    const PYTHON: &str = "
import hashlib, ssl
def show(file, directory):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(file, directory)
    for der, text in zip(context.get_ca_certs(True), context.get_ca_certs()):
        print(hashlib.sha256(der).hexdigest(), text['notAfter'], text['subject'])
paths = ssl.get_default_verify_paths()
if paths.cafile: show(paths.cafile, None)
for name in 'certifi', 'pip._vendor.certifi':
    try: module = __import__(name, fromlist=['where'])
    except ImportError: continue
    show(module.where(), None)
";
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let mut pythons = directories_in(&home.join(".pyenv/versions"));
    pythons.push("/usr".into());
    let mut stores: Vec<PathBuf> =
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]
            .iter()
            .map(PathBuf::from)
            .filter(|path| path.is_file())
            .take(1)
            .collect();
    let mut peers: Vec<Contender> = stores.first().map(|store| storeutl(store)).into_iter().collect();
    for prefix in pythons {
        let python = prefix.join("bin/python3");
        if python.is_file() {
            let name = format!("{} ssl, certifi, pip", python.display());
            peers.push(Contender::new(&name, python, ["-c", PYTHON]));
        }
        for version in directories_in(&prefix.join("lib")) {
            let copies = ["site-packages/certifi/cacert.pem", "site-packages/pip/_vendor/certifi/cacert.pem"];
            stores.extend(copies.iter().map(|copy| version.join(copy)).filter(|path| path.is_file()));
        }
    }
    // What p11-kit makes of the system's store, and the owners of stores that are no PEM.
    peers.push(Contender::new("trust list", "trust", ["list"]));
    peers.push(Contender::new("node, its roots", "node", ["-p", "tls.rootCertificates.join('\\n')"]));
    for keytool in directories_in(Path::new("/usr/lib/jvm")).iter().map(|java| java.join("bin/keytool")) {
        if keytool.is_file() {
            let name = format!("{} -list -v -cacerts", keytool.display());
            let arguments = ["-list", "-v", "-cacerts", "-storepass", "changeit"];
            peers.push(Contender::new(&name, keytool, arguments));
        }
    }
    stores.extend(entries_of(Path::new("/etc/ssl/certs")).into_iter().filter(|path| path.is_file()).skip(1));
    let mut contenders = vec![
        floor_over(&stores).named(&format!("floor: {} known files", stores.len())),
        Contender::new("castore list", castore(), LIST_MACHINE).printing(3),
    ];
    contenders.extend(peers);
    let costs = take_turns(&contenders, 11);
    // All of them together, as someone who wants to know would run them.
    let together: Vec<Option<Cost>> = vec![costs[2..].iter().filter_map(|peer| least(peer)).reduce(Cost::and)];
    show("the peers together", &together, &costs[0]);
    let each = (0..costs[1].len()).map(|turn| costs[2..].iter().filter_map(|peer| peer[turn]).reduce(Cost::and));
    let by_turn = Some(by_turn(&costs[1], &each.collect::<Vec<_>>()));
    vec![Goal { what: "castore / all peers", measured: ratio(&costs[1], &together), by_turn, at_most: 1.0 / 50.0 }]
}

/// What each client of this machine uses, beside a program that is told the stores, finds nothing out and
/// reads the same files.
fn which(_: &Path) -> Vec<Goal> {
    let listed = Command::new(castore()).args(["list", "--format", "json"]).output().expect("castore list");
    let report: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("a report");
    let mut files: Vec<PathBuf> = Vec::new();
    for store in report["stores"].as_array().into_iter().flatten() {
        let path = PathBuf::from(store["path"].as_str().unwrap_or_default());
        match store["format"].as_str() {
            Some("pem" | "elf") => files.push(path),
            Some("directory") => files.extend(entries_of(&path).into_iter().filter(|path| path.is_file())),
            _ => {}
        }
    }
    let contenders = [
        floor_over(&files).named(&format!("floor: {} known files", files.len())),
        Contender::new("castore which", castore(), ["which"]).printing(3),
    ];
    let costs = take_turns(&contenders, 21);
    vec![Goal::of("castore / floor", (&costs[1], &costs[0]), 3.0)]
}

/// What a contest is held against; `measured` is infinite where castore did not do the job.
struct Goal {
    what: &'static str,
    measured: f64,
    /// The same as the median of what each turn by itself gave, where that was timed.
    by_turn: Option<f64>,
    at_most: f64,
}

impl Goal {
    fn of(what: &'static str, (one, other): (&[Option<Cost>], &[Option<Cost>]), at_most: f64) -> Self {
        Self { what, measured: ratio(one, other), by_turn: Some(by_turn(one, other)), at_most }
    }
}

/// A command that takes its turns.
struct Contender {
    name: String,
    command: Vec<OsString>,
    /// Lines it prints when it did the job.
    lines: usize,
    turns: usize,
}

impl Contender {
    fn new<A: Into<OsString>>(
        name: &str,
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let mut command = vec![program.into()];
        command.extend(arguments.into_iter().map(Into::into).filter(|argument| !argument.is_empty()));
        Self { name: name.to_owned(), command, lines: 1, turns: usize::MAX }
    }

    fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    fn printing(self, lines: usize) -> Self {
        Self { lines, ..self }
    }

    fn turns(self, turns: usize) -> Self {
        Self { turns, ..self }
    }

    /// Whether it does the job at all: a program that prints nothing is quick.
    fn does_the_job(&self) -> Result<(), String> {
        let output = Command::new(&self.command[0])
            .args(&self.command[1..])
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let lines = output.stdout.iter().filter(|byte| **byte == b'\n').count();
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(format!(
                "{}: {}",
                output.status,
                stderr.lines().find(|line| !line.is_empty()).unwrap_or("says nothing")
            ));
        }
        if lines < self.lines {
            return Err(format!("printed {lines} lines, not {}", self.lines));
        }
        Ok(())
    }
}

fn with(arguments: &[&str], file: &Path) -> Vec<OsString> {
    arguments.iter().map(OsString::from).chain([file.into()]).collect()
}

fn storeutl(store: &Path) -> Contender {
    Contender::new("openssl storeutl -text", "openssl", with(&["storeutl", "-noout", "-text", "-certs"], store))
}

fn floor_over<P: AsRef<Path>>(files: impl IntoIterator<Item = P>) -> Contender {
    floor_of("floor-pem", files)
}

/// A floor by its name in `main`.
fn floor_of<P: AsRef<Path>>(floor: &str, files: impl IntoIterator<Item = P>) -> Contender {
    let own = FLOORS.get().expect("the floors are installed");
    let files = files.into_iter().map(|file| file.as_ref().as_os_str().to_owned());
    Contender::new("floor", own, std::iter::once(OsString::from(floor)).chain(files))
}

/// What one run took: seconds and MiB.
#[derive(Clone, Copy)]
struct Cost {
    processor: f64,
    wall: f64,
    peak: f64,
}

impl Cost {
    fn and(self, other: Self) -> Self {
        Self {
            processor: self.processor + other.processor,
            wall: self.wall + other.wall,
            peak: self.peak.max(other.peak),
        }
    }
}

/// Costs by contender and turn; none where its turns are over or it does not do the job.
fn take_turns(contenders: &[Contender], turns: usize) -> Vec<Vec<Option<Cost>>> {
    let fit: Vec<bool> = contenders
        .iter()
        // One that takes a single turn takes long: its costs stand for it.
        .map(|contender| {
            contender.turns == 1
                || match contender.does_the_job() {
                    Ok(()) => true,
                    Err(why) => {
                        println!("  {}: {why}", contender.name);
                        false
                    }
                }
        })
        .collect();
    let mut costs = vec![Vec::with_capacity(turns); contenders.len()];
    for turn in 0..turns {
        for (index, contender) in contenders.iter().enumerate() {
            let cost = (fit[index] && turn < contender.turns).then(|| cost_of(&contender.command)).flatten();
            costs[index].push(cost);
        }
    }
    println!(
        "  {:44} {:>4} {:>11} {:>11} {:>11} {:>9} {:>9}",
        "", "runs", "cpu ms", "least ms", "wall ms", "peak MiB", "x floor"
    );
    for (contender, own) in contenders.iter().zip(&costs) {
        show(&contender.name, own, &costs[0]);
    }
    if let Some(quiet) = costs.first().and_then(|floor| least(floor)) {
        let loud = median(costs[0].iter().flatten().map(|cost| cost.processor)) / quiet.processor;
        println!("  load: the median of the floor is {loud:.2} times its least");
    }
    costs
}

fn show(name: &str, costs: &[Option<Cost>], floor: &[Option<Cost>]) {
    let of = |part: fn(&Cost) -> f64| costs.iter().flatten().map(part);
    println!(
        "  {name:44} {:>4} {:>11.2} {:>11.2} {:>11.2} {:>9.1} {:>9.1}",
        of(|cost| cost.processor).count(),
        median(of(|cost| cost.processor)) * 1e3,
        of(|cost| cost.processor).fold(f64::INFINITY, f64::min) * 1e3,
        median(of(|cost| cost.wall)) * 1e3,
        of(|cost| cost.peak).fold(0.0, f64::max),
        ratio(costs, floor),
    );
}

/// The ratio of the least processor times; infinite where one has none.
fn ratio(one: &[Option<Cost>], other: &[Option<Cost>]) -> f64 {
    match (least(one), least(other)) {
        (Some(one), Some(other)) => one.processor / other.processor,
        _ => f64::INFINITY,
    }
}

/// The median of the ratios of processor times turn by turn, of the turns that both took; infinite where
/// there are none.
fn by_turn(one: &[Option<Cost>], other: &[Option<Cost>]) -> f64 {
    let both = one.iter().zip(other).filter_map(|(one, other)| Some((one.as_ref()?, other.as_ref()?)));
    median(both.map(|(one, other)| one.processor / other.processor))
}

/// The turn that took the least processor time.
fn least(costs: &[Option<Cost>]) -> Option<Cost> {
    costs.iter().flatten().copied().min_by(|a, b| a.processor.total_cmp(&b.processor))
}

/// Infinite where there is nothing.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::INFINITY,
        length => (values[(length - 1) / 2] + values[length / 2]) / 2.0,
    }
}

/// Runs a command below a process of its own, whose children are then that command alone.
fn cost_of(command: &[OsString]) -> Option<Cost> {
    let own = std::env::current_exe().expect("the path of this program");
    let output = Command::new(own).arg("measure").args(command).stdin(Stdio::null()).output().expect("a measured run");
    let text = String::from_utf8(output.stdout).expect("numbers");
    let mut numbers = text.split_whitespace().map(|number| number.parse::<f64>().expect("a number"));
    let (processor, wall, peak) = (numbers.next()?, numbers.next()?, numbers.next()?);
    output.status.success().then_some(Cost { processor: processor / 1e6, wall: wall / 1e6, peak: peak / 1024.0 })
}

/// `measure COMMAND…`: runs it and prints the microseconds of processor and wall, and KiB at the peak.
#[cfg(unix)]
fn measure(command: &[OsString]) -> ExitCode {
    use nix::sys::resource::{UsageWho, getrusage};
    let started = Instant::now();
    let status = Command::new(&command[0])
        .args(&command[1..])
        // Cargo sets it for what it runs, and every library would be looked for there first, in eight places.
        .env_remove("LD_LIBRARY_PATH")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("a command that was checked before");
    let wall = started.elapsed().as_micros();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("a known kind of usage");
    let processor: f64 = [usage.user_time(), usage.system_time()]
        .iter()
        .map(|time| time.tv_sec() as f64 * 1e6 + time.tv_usec() as f64)
        .sum();
    // Linux and the BSDs count in KiB, macOS in bytes.
    let peak = usage.max_rss() / if cfg!(target_os = "macos") { 1024 } else { 1 };
    println!("{processor} {wall} {peak}");
    ExitCode::from(u8::from(!status.success()))
}

#[cfg(not(unix))]
fn measure(_: &[OsString]) -> ExitCode {
    eprintln!("the benchmarks need unix");
    ExitCode::FAILURE
}

/// Certificates of public roots, as many as asked for: those of the machine, over again if they are fewer.
fn public_roots(count: usize) -> String {
    const END: &str = "-----END CERTIFICATE-----\n";
    let known = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];
    let bundle = known.iter().find_map(|path| fs::read_to_string(path).ok()).expect("a bundle of public roots");
    bundle.split_inclusive(END).filter(|block| block.ends_with(END)).cycle().take(count).collect()
}

fn entries_of(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths
}

fn directories_in(directory: &Path) -> Vec<PathBuf> {
    entries_of(directory).into_iter().filter(|path| path.is_dir() && !path.is_symlink()).collect()
}
