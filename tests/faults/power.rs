//! Power cut: every disk that a cut may leave after any operation of a write, and what the next run makes of it.
//!
//! The operations are recorded once with strace and replayed in memory (see [`Disk`]); each disk is then made in a
//! directory. After the run has said that all is well, no cut may bring the old store back.

use crate::disk::Disk;
use crate::numbers::Numbers;
use crate::place::{Place, Tree};
use crate::trace::{calls, traced};
use crate::writers::{Found, Known, Writer, writers};
use crate::{count, require};
use std::collections::BTreeMap;

/// Calls that change files or say which are open.
const CALLS: &str = "trace=openat,write,pwrite64,writev,pwritev,pwritev2,lseek,copy_file_range,sendfile,ftruncate,\
    truncate,fallocate,fchmod,chmod,fchmodat,fsync,fdatasync,sync,syncfs,sync_file_range,mkdir,mkdirat,rmdir,unlink,\
    unlinkat,symlink,symlinkat,link,linkat,rename,renameat,renameat2,creat,open,openat2";

/// Disks of one moment: beyond these many, some by chance.
fn most_of_a_moment() -> usize {
    count(64, 1024)
}

/// The disks that cuts may leave, with the last operation after which each may be found; and how many operations.
fn disks(known: &Known, place: &Place) -> (BTreeMap<Tree, usize>, usize) {
    let (output, text) = traced(place, &["-y", "-xx", "-s", "16777216", "-e", CALLS], &(known.writer.arguments)(place));
    assert!(output.status.success(), "{}: {output:?}", known.writer.name);
    let base = place.path("").canonicalize().expect("the place");
    let mut disk = Disk::new(&base, &known.old);
    calls(&text).iter().for_each(|call| disk.take(call));
    assert!(disk.len() > 4, "{}: {} operations only", known.writer.name, disk.len());
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    let mut disks = BTreeMap::new();
    for operations in 0..=disk.len() {
        for tree in disk.after(operations, most_of_a_moment(), &mut numbers) {
            disks.insert(tree, operations);
        }
    }
    (disks, disk.len())
}

fn cut(writer: &'static Writer, most: usize) -> (usize, Vec<String>) {
    let place = Place::new();
    let known = Known::learn(writer, &place);
    let (disks, operations) = disks(&known, &place);
    let mut wrong = Vec::new();
    let step = disks.len().div_ceil(most).max(1);
    for (tree, last) in disks.iter().step_by(step) {
        place.restore(tree);
        let found = known.judge(&place);
        let mut complain = |why: String| {
            let names: Vec<_> = tree.0.keys().collect();
            wrong.push(format!(
                "{}: cut after operation {last} of {operations}: {why}; there were {names:?}",
                writer.name
            ));
        };
        match found {
            Found::Torn(why) => complain(format!("torn: {why}")),
            found if *last == operations && found != Found::New => complain(format!("it ended well and is {found:?}")),
            _ => {}
        }
        if let Err(why) = known.settle(&place) {
            complain(why);
        }
    }
    (disks.len().div_ceil(step), wrong)
}

#[test]
fn whenever_power_is_cut_a_store_is_old_or_new() {
    if !require("strace") {
        return;
    }
    let mut complaints = Vec::new();
    for writer in writers() {
        let (disks, wrong) = cut(writer, count(100, usize::MAX));
        println!("{}: {disks} disks, {} wrong", writer.name, wrong.len());
        complaints.extend(wrong);
    }
    assert!(complaints.is_empty(), "{} wrong:\n{}", complaints.len(), complaints.join("\n"));
}
