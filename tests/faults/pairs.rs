//! castore beside castore: two at once on one store.

use crate::count;
use crate::place::Place;
use crate::writers::{Known, Set, Together, Writer, is_unfinished, writers};
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

/// Two runs at once: what the store is afterwards must be what those that ended well say together.
fn race(known: &Known, place: &Place, head_start: Duration) -> Result<(bool, bool), String> {
    let Some(other) = &known.writer.other else { return Ok((true, true)) };
    let start = |arguments: Vec<OsString>| {
        let mut command = place.castore(&arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("castore starts")
    };
    let mut one = start((known.writer.arguments)(place));
    std::thread::sleep(head_start);
    let mut two = start((other.arguments)(place));
    let (one, two) = (one.wait().expect("a child"), two.wait().expect("a child"));
    let held = (known.writer.held)(place).map_err(|why| format!("torn: {why}"))?;
    let told = (one.success(), two.success());
    let is = |set: &Option<Set>| Some(&held) == set.as_ref();
    let (first, second) = (held == known.new_set, is(&known.other_set));
    let is_right = match (other.together, told) {
        (Together::Either, (true, true)) => first || second,
        (Together::Both, (true, true)) => is(&known.both_set),
        // In a directory the second adds its files too, then finds more there than it planned, and says so.
        (_, (true, false)) => first || !known.writer.at_once && is(&known.both_set),
        (_, (false, true)) => second || !known.writer.at_once && is(&known.both_set),
        // Each saw the other's file in the place of the one it had read.
        (Together::Either, (false, false)) => first || second || held == known.old_set,
        // Whoever comes first has the lock.
        (Together::Both, (false, false)) => false,
    };
    if !is_right {
        return Err(format!("they said {told:?}; the store is of the first: {first}, of the second: {second}"));
    }
    if is_unfinished(&place.tree()) {
        return Err("a file is left".to_owned());
    }
    Ok(told)
}

fn races(writer: &'static Writer, times: usize) -> Vec<String> {
    let place = Place::new();
    let known = Known::learn(writer, &place);
    let (mut wrong, mut both) = (Vec::new(), 0);
    for run in 0..times {
        // The second starts when the first has got a little further each time.
        match race(&known, &place, Duration::from_micros(250 * (run as u64 % 16))) {
            Ok((one, two)) => both += usize::from(one && two),
            Err(why) => wrong.push(format!("{}: pair {run}: {why}", writer.name)),
        }
        place.restore(&known.old);
    }
    println!("{}: {times} pairs, of {both} both ended well, {} wrong", writer.name, wrong.len());
    wrong
}

#[test]
fn two_at_once_say_what_became_of_the_store() {
    // A thousand pairs in all are what is demanded of castore beside castore.
    let times = count(50, 1000_usize.div_ceil(writers().count().max(1)));
    let wrong: Vec<String> = writers().flat_map(|writer| races(writer, times)).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
