//! SIGKILL at random moments.
//!
//! Ten thousand kills are demanded of each kind of store; two writers of one kind share them. Nothing is lost with the
//! power here, so the stores are in memory ([`Place::in_memory`]), and each processor has a few hundred kills at a time.
//!
//! Half of the moments are spread over the whole run and half close to the moment of the change, which is found by
//! looking: where the killed run left the old store the next is killed later, where it left the new one, earlier.

use crate::apart::apart;
use crate::count;
use crate::numbers::Numbers;
use crate::place::Place;
use crate::writers::{Found, Known, Writer, writers};
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What came of the runs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    killed: usize,
    ended_well: usize,
    old: usize,
    new: usize,
    between: usize,
    littered: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.killed += other.killed;
        self.ended_well += other.ended_well;
        self.old += other.old;
        self.new += other.new;
        self.between += other.between;
        self.littered += other.littered;
    }
}

/// How many kills one has at a time: learning what a store is costs some ten runs.
const AT_A_TIME: usize = 500;

/// Kills a writer again and again, and complains of everything that is not as it should be.
fn torture(writer: &'static Writer, seed: u64, times: usize) -> (Tally, Vec<String>) {
    let place = Place::in_memory();
    let known = Known::learn(writer, &place);
    let whole = (0..3).map(|_| duration(&known, &place)).max().unwrap_or_default();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15 ^ seed);
    let mut random = |below: Duration| Duration::from_nanos(numbers.next() % (below.as_nanos() as u64).max(1));
    let (mut around, step) = (whole / 2, whole / 64);
    let (mut tally, mut wrong) = (Tally { killed: times, ..Tally::default() }, Vec::new());
    for run in 0..times {
        let after =
            if run % 2 == 0 { random(whole + whole / 8) } else { around.saturating_sub(step * 2) + random(step * 4) };
        let ended_well = killed(&known, &place, after);
        let found = known.judge(&place);
        let mut complain =
            |why: String| wrong.push(format!("{}: run {run}, killed after {after:?}: {why}", writer.name));
        match &found {
            Found::Old => tally.old += 1,
            Found::New => tally.new += 1,
            Found::Between => tally.between += 1,
            Found::Torn(why) => complain(format!("torn: {why}")),
        }
        tally.ended_well += usize::from(ended_well);
        if ended_well && found != Found::New {
            complain(format!("it ended well and the store is {found:?}"));
        }
        if run % 2 == 1 {
            around = if found == Found::Old { (around + step).min(whole * 2) } else { around.saturating_sub(step) };
        }
        let tree = place.tree();
        if tree == known.old {
            continue;
        }
        let littered = known.is_littered(&tree);
        tally.littered += usize::from(littered);
        // What a killed run left is what the next one meets.
        if (littered || !ended_well)
            && let Err(why) = known.settle(&place)
        {
            complain(why);
        }
        place.restore(&known.old);
    }
    (tally, wrong)
}

/// Runs it and kills it after a while; whether it ended well before.
fn killed(known: &Known, place: &Place, after: Duration) -> bool {
    let mut command = place.castore(&(known.writer.arguments)(place));
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("castore starts");
    thread::sleep(after.saturating_sub(started.elapsed()));
    let group = Pid::from_raw(i32::try_from(child.id()).expect("a process id")).expect("a process id");
    // It may have ended, and then there is nobody to kill; its id is kept until it is waited for.
    let _ = kill_process_group(group, Signal::KILL);
    child.wait().expect("a child to wait for").success()
}

/// How long an undisturbed run takes.
fn duration(known: &Known, place: &Place) -> Duration {
    let started = Instant::now();
    let output = place.run(&(known.writer.arguments)(place));
    let took = started.elapsed();
    assert!(output.status.success(), "{output:?}");
    place.restore(&known.old);
    took
}

#[test]
fn killed_at_random_moments_a_store_is_old_or_new() {
    apart("kill::killed_at_random_moments_a_store_is_old_or_new", kill_all);
}

fn kill_all() {
    let mut shifts = Vec::new();
    for writer in writers() {
        let times = count(200, writer.share(10_000));
        let each = (0..times).step_by(AT_A_TIME).map(|from| (writer, from as u64, AT_A_TIME.min(times - from)));
        shifts.extend(each);
    }
    let (next, all) = (AtomicUsize::new(0), Mutex::new(BTreeMap::<&str, (Tally, Vec<String>)>::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, std::num::NonZero::get) {
            scope.spawn(|| {
                while let Some((writer, seed, times)) = shifts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (tally, wrong) = torture(writer, *seed, *times);
                    let mut all = all.lock().expect("what came of it");
                    let (sum, complaints) = all.entry(writer.name).or_default();
                    sum.add(&tally);
                    complaints.extend(wrong);
                }
            });
        }
    });
    let all = all.into_inner().expect("what came of it");
    for (name, (tally, wrong)) in &all {
        println!("{name}: killed {} times: {tally:?}, {} wrong", tally.killed, wrong.len());
    }
    let wrong: Vec<String> = all.into_values().flat_map(|(_, wrong)| wrong).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
