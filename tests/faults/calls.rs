//! Every system call that a write makes, answered with every error that a disk has, and as the last one before SIGKILL.
//!
//! `strace -e inject` stands between the program and the kernel. The calls are those of an undisturbed run from
//! the first that changes the disk on (from the program's own first in the long run), each named by which of its kind it is. In an
//! ordinary run those of `export` that change files suffer every fault, those of a plan, of which there are ten times
//! as many, SIGKILL and one in turn; each of the others, which map memory or read, one in turn, and of a plan's some of
//! them.

use crate::apart::apart;
use crate::place::Place;
use crate::trace::{HANGS, calls, traced};
use crate::writers::{Found, Known, Writer, writers};
use crate::{long, require};
use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

/// What a call is made to answer, as strace is told.
const FAULTS: [&str; 7] =
    ["error=ENOSPC", "error=EIO", "error=EDQUOT", "error=EINTR", "error=EACCES", "error=EROFS", "signal=KILL"];

/// Calls without an answer to change: those that end a process or a thread, or return from a signal; the one that
/// starts the program; and those that cannot fail (geteuid(2), getpid(2), uname(2)). brk(2) of the kernel answers with
/// the break as it was where it cannot move it, and with no error: the C library takes one for a break, writes there
/// and dies. futex(2) has none of these errors either, and who waits for another thread then waits for ever.
const WITHOUT_ANSWER: [&str; 15] = [
    "brk",
    "futex",
    "exit",
    "exit_group",
    "rt_sigreturn",
    "restart_syscall",
    "execve",
    "set_tid_address",
    "geteuid",
    "getuid",
    "getegid",
    "getgid",
    "getpid",
    "gettid",
    "uname",
];

/// A call that strace answers in the place of the kernel, so that what it was to close stays open, where close(2) of Linux
/// closes whatever it tells. Whoever starts a program and holds the end of a pipe that only the program should hold waits
/// for its end for ever (std's `Command` does, and certutil's starter). It suffers no error there, and SIGKILL as all.
const CLOSES: &str = "close";

/// A call that waits, which a signal cuts short and no disk makes fail (clock_nanosleep(2)): std takes any other error for
/// a fault of its own. Of a writer that runs programs it is made where the program has not ended yet.
const WAITS: &str = "clock_nanosleep";

/// What std says of calls that it does not let a program hear of.
const OF_STD: [&str; 5] = [
    "during closedir",
    "failed to generate random data",
    "failed to allocate an alternative stack",
    "failed to set up alternative stack guard page",
    "the CLOEXEC pipe failed",
];

/// Calls of a plan that change nothing and suffer in an ordinary run, about.
const OF_A_PLAN: usize = 60;

/// Cases of a writer that runs a program, in an ordinary run, at most.
const OF_A_PROGRAM: usize = 120;

/// Calls that change a disk or bring a change to it.
fn changes(call: &str) -> bool {
    let parts =
        ["write", "sync", "rename", "link", "mkdir", "rmdir", "chmod", "chown", "xattr", "truncate", "copy_file"];
    parts.iter().any(|part| call.contains(part)) || ["openat", "flock", "sendfile"].contains(&call)
}

/// A call by name and number: `("write", 2)` is the second write of its process.
type Numbered = (String, usize);

/// The calls of an undisturbed run; those of one name where `CASTORE_FAULTS_CALL` is it.
fn of_a_run(known: &Known, place: &Place) -> Vec<Numbered> {
    let (output, text) = traced(place, &[], &(known.writer.arguments)(place));
    assert!(output.status.success(), "{}: {output:?}", known.writer.name);
    place.restore(&known.old);
    let mut counts: BTreeMap<(u32, String), usize> = BTreeMap::new();
    let (mut all, mut before, mut is_writing) = (Vec::new(), Vec::new(), false);
    let only = std::env::var("CASTORE_FAULTS_CALL").unwrap_or_default();
    for call in calls(&text) {
        let number = counts.entry((call.process, call.name.clone())).or_default();
        *number += 1;
        let number = *number;
        // Where its own code begins: before that the loader and the runtime end a program in their ways.
        is_writing |= long() && call.name == "getcwd";
        is_writing |= call.arguments.iter().any(|argument| argument.contains("O_CREAT"))
            || ["mkdir", "mkdirat", "symlink", "symlinkat", "unlink", "unlinkat", "flock"]
                .contains(&call.name.as_str());
        let one = (call.name, number);
        if !is_writing {
            // The same call of a program that it runs would be this one first, in castore's own loader.
            before.push(one);
        } else if !WITHOUT_ANSWER.contains(&one.0.as_str()) && !all.contains(&one) && !before.contains(&one) {
            all.push(one);
        }
    }
    all.retain(|(call, _)| only.is_empty() || *call == only);
    all
}

/// One fault at one call: complains, or says whether the program said that all is well.
fn suffer(known: &Known, place: &Place, (call, number): &Numbered, fault: &str) -> Result<bool, String> {
    let (only, inject) = (format!("trace={call}"), format!("inject={call}:{fault}:when={number}"));
    // By `--seccomp-bpf`, with which all other calls are not stopped for; but under it strace 6.1 sends no signals.
    let filter: &[&str] = if fault.starts_with("signal") { &[] } else { &["--seccomp-bpf"] };
    let options = [filter, &["-e", &only, "-e", &inject]].concat();
    let started = Instant::now();
    let (output, text) = traced(place, &options, &(known.writer.arguments)(place));
    let found = known.judge(place);
    // What a store holds after all is an answer, and on standard output.
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // strace ends as what it traced did.
    let well = output.status.success();
    let is_killed = output.status.signal() == Some(9);
    let torn = match &found {
        Found::Torn(why) => Err(format!("torn: {why}")),
        _ if started.elapsed() >= HANGS => Err("it hangs".to_owned()),
        // Programs that it runs make other calls each time: certutil's salts are random, and so are its pages.
        _ if !is_killed && !text.contains("(INJECTED)") && known.writer.needs.is_none() => {
            Err("no run came there".to_owned())
        }
        found if well && *found != Found::New => Err(format!("it ended well and the store is {found:?}")),
        _ if !well && said.is_empty() && !is_killed => Err("it failed without a word".to_owned()),
        // std panics where a directory cannot be closed (std::sys::fs), where there is no seed for a hash map
        // (std::sys::random; getrandom(2) has none of these errors), no stack for signals of a thread
        // (std::sys::pal::unix::stack_overflow), and where it does not hear whether a program was started
        // (std::sys::process), before anything is written.
        _ if said.contains("panicked") && !(OF_STD.iter().any(|it| said.contains(it)) && found == Found::Old) => {
            Err(format!("it panicked: {said}"))
        }
        _ => Ok(()),
    };
    let tree = place.tree();
    let settled = if tree == known.old || (well && !known.is_littered(&tree)) { Ok(()) } else { known.settle(place) };
    place.restore(&known.old);
    torn.and(settled).map(|()| well).map_err(|why| format!("{}: {call} {number} {fault}: {why}", known.writer.name))
}

fn enumerate(writer: &'static Writer) -> (usize, usize, Vec<String>) {
    let place = Place::in_memory();
    let known = Known::learn(writer, &place);
    let all = of_a_run(&known, &place);
    let mut cases = Vec::new();
    let is_plan = writer.name.starts_with("sync");
    let reading = all.iter().filter(|call| !changes(&call.0)).count();
    let each = if is_plan { reading.div_ceil(OF_A_PLAN).max(1) } else { 1 };
    for (index, call) in all.iter().enumerate() {
        let changes = changes(&call.0);
        let is_its_turn = |number| number == index / each % FAULTS.len() && (changes || index % each == 0);
        let suffers = |fault: &str| changes && (!is_plan || fault == "signal=KILL");
        let runs_on = |fault: &str| match call.0.as_str() {
            CLOSES => writer.needs.is_none() || fault == "signal=KILL",
            WAITS => ["error=EINTR", "signal=KILL"].contains(&fault),
            _ => true,
        };
        let is_chosen = |number: usize| long() || suffers(FAULTS[number]) || is_its_turn(number);
        let chosen = FAULTS.iter().enumerate().filter(|(number, fault)| is_chosen(*number) && runs_on(fault));
        cases.extend(chosen.map(|(_, fault)| (call, *fault)));
    }
    // Most calls of a writer that runs a program are that program's, on a copy.
    if writer.needs.is_some() && !long() {
        cases = cases.iter().copied().step_by(cases.len().div_ceil(OF_A_PROGRAM).max(1)).collect();
    }
    let (next, wrong) = (Mutex::new(0), Mutex::new(Vec::new()));
    let well = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(|| {
                let own = Place::in_memory();
                let known = Known::learn(writer, &own);
                loop {
                    let case = {
                        let mut next = next.lock().expect("a number");
                        *next += 1;
                        cases.get(*next - 1)
                    };
                    let Some((call, fault)) = case else { return };
                    match suffer(&known, &own, call, fault) {
                        Ok(ended_well) => *well.lock().expect("a number") += usize::from(ended_well),
                        Err(why) => wrong.lock().expect("complaints").push(why),
                    }
                }
            });
        }
    });
    let (well, wrong) = (well.into_inner().expect("a number"), wrong.into_inner().expect("complaints"));
    (cases.len(), well, wrong)
}

#[test]
fn whatever_a_call_answers_a_store_is_old_or_new() {
    if require("strace") {
        apart("calls::whatever_a_call_answers_a_store_is_old_or_new", every_call);
    }
}

fn every_call() {
    let mut complaints = Vec::new();
    for writer in writers() {
        let (cases, well, wrong) = enumerate(writer);
        println!("{}: {cases} faults, {well} survived, {} wrong", writer.name, wrong.len());
        assert!(
            cases > 40 || std::env::var_os("CASTORE_FAULTS_CALL").is_some(),
            "{}: {cases} faults only",
            writer.name
        );
        complaints.extend(wrong);
    }
    assert!(complaints.is_empty(), "{} wrong:\n{}", complaints.len(), complaints.join("\n"));
}
