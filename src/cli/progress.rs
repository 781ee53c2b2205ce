//! What is said while a plan is carried out: what commands print, and on a terminal how far it is where that takes long.

use super::Output;
use castore::apply::{Event, Left, OtherTree, Outcome, Recovered};
use castore::plan::Refresh;
use castore::render::escape;
use castore::render::text::count;
use std::collections::VecDeque;
use std::time::Duration;

/// After which time how far it is is worth a look.
const LONG: Duration = Duration::from_secs(1);

/// Lines of what a command prints that are passed on as they come, and of those behind them the last, which are told
/// with how many were left out: Debian's trigger for Java's keystore names every certificate on one line.
const PRINTED: (usize, usize) = (8, 3);

/// Characters of the bar.
const BAR: usize = 20;

/// Speaks to standard error.
pub(crate) struct Progress<'o> {
    output: &'o mut dyn Output,
    /// Whether standard error is a terminal.
    bars: bool,
    began: Duration,
    /// Whether a line that is to be overwritten stands there.
    is_drawn: bool,
    /// Stores that are done, and all.
    at: (usize, usize),
    /// Lines that the command printed which were passed on, and those that were not yet.
    printed: usize,
    held: VecDeque<String>,
    left_out: usize,
}

impl<'o> Progress<'o> {
    pub(crate) fn new(output: &'o mut dyn Output, bars: bool) -> Self {
        let began = output.elapsed();
        Self { output, bars, began, is_drawn: false, at: (0, 0), printed: 0, held: VecDeque::new(), left_out: 0 }
    }

    /// Tells an event.
    pub(crate) fn tell(&mut self, event: &Event<'_>) {
        if !matches!(event, Event::Printed(_)) {
            self.release();
        }
        match event {
            Event::Waiting => self.say("castore: another castore is writing; waiting for it"),
            Event::Recovered(recovered) => {
                self.say(&format!("castore: {}", mended(recovered)));
                for (refresh, outcome) in &recovered.unfinished {
                    self.say(&format!("castore: {}", unfinished(refresh, outcome)));
                }
                for (path, says) in &recovered.wrong {
                    self.say(&format!("castore: wrong: {}: {}", escape::path(path), escape::terminal(says)));
                }
            }
            Event::OtherTree(other) => self.say(&format!("castore: {}", not_mended(other))),
            Event::Damaged(damaged) => self.say(&format!("castore: {}", escape::terminal(&damaged.to_string()))),
            Event::Renumbered(path, because) => self.say(&format!(
                "castore: {}: {}; it is written anew, and the number of a run that was taken back may be given again",
                escape::path(path),
                escape::terminal(because)
            )),
            Event::Store(number, all) => {
                self.at = (*number, *all);
                self.draw("writing");
            }
            Event::Refreshing(refresh) => {
                self.say(&format!("castore: running {}", escape::terminal(&refresh.command.join(" "))));
            }
            Event::Printed(line) => self.pass_on(line),
            Event::Unfinished(why) => {
                self.say(&format!(
                    "castore: {}; all is written, and the next run ends this one",
                    escape::terminal(why)
                ));
            }
            Event::Asking(_, who) => self.draw(&format!("asking {}", who.name())),
        }
    }

    /// Tells what was held back, and takes away what was drawn.
    pub(crate) fn end(&mut self) {
        self.release();
        self.wipe();
    }

    /// A line that a command printed.
    fn pass_on(&mut self, line: &str) {
        if self.printed < PRINTED.0 {
            self.printed += 1;
            return self.say(&format!("  {}", escape::terminal(line)));
        }
        self.held.push_back(line.to_owned());
        if self.held.len() > PRINTED.1 {
            self.held.pop_front();
            self.left_out += 1;
        }
    }

    /// The last lines of a command that has ended.
    fn release(&mut self) {
        match std::mem::take(&mut self.left_out) {
            0 => {}
            left_out => self.say(&format!("  ({})", count(left_out, "more line"))),
        }
        for line in std::mem::take(&mut self.held) {
            self.say(&format!("  {}", escape::terminal(&line)));
        }
        self.printed = 0;
    }

    fn wipe(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            // Erase in line (ECMA-48, 8.3.41).
            self.output.message("\r\u{1b}[K");
        }
    }

    fn say(&mut self, line: &str) {
        self.wipe();
        self.output.message(&format!("{line}\n"));
    }

    fn draw(&mut self, what: &str) {
        if !self.bars || self.output.elapsed().saturating_sub(self.began) < LONG {
            return;
        }
        let (done, all) = self.at;
        let full = (BAR * done.min(all)).checked_div(all).unwrap_or(BAR);
        let bar = format!("{}{}", "#".repeat(full), ".".repeat(BAR - full));
        self.output.message(&format!("\r\u{1b}[K[{bar}] {done}/{all} {what}"));
        self.is_drawn = true;
    }
}

fn mended(recovered: &Recovered) -> String {
    let id = escape::terminal(&recovered.id);
    let named = |left: &Left| match &left.backup {
        Some(backup) => format!("{} (as it was: {})", escape::path(&left.path), escape::path(backup)),
        None => escape::path(&left.path),
    };
    let left: Vec<String> = recovered.left.iter().map(named).collect();
    let left = if left.is_empty() {
        String::new()
    } else {
        format!("; something else has changed since, and is left as it is: {}", left.join(", "))
    };
    match recovered.finished {
        true => format!("run {id}, which was interrupted, stood whole already; undo knows it{left}"),
        false => format!("run {id}, which was interrupted, was taken back{left}"),
    }
}

fn not_mended(other: &OtherTree) -> String {
    let identity = |identity: Option<(u64, u64)>| {
        identity.map_or_else(|| "another".to_owned(), |(device, inode)| format!("inode {inode} of device {device}"))
    };
    format!(
        "run {}, which was interrupted, is not mended: expected {} to be {}, found {}; what it replaced is kept in {}",
        escape::terminal(&other.id),
        escape::path(&other.root),
        identity(other.expected),
        identity(other.found),
        escape::path(&other.kept)
    )
}

/// What is left to be done with a refresh command of a run that was mended.
fn unfinished(refresh: &Refresh, outcome: &Outcome) -> String {
    let command = escape::terminal(&refresh.command.join(" ")).into_owned();
    match outcome {
        Outcome::Well => format!("{command} was run"),
        Outcome::NotRun(why) => format!("still to be run: {command} ({})", escape::terminal(why)),
        Outcome::Failed(why) => format!("still to be run: {command}, which failed: {}", escape::terminal(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use castore::plan::Reader;
    use std::path::Path;

    /// Keeps what is said, and stops the clock where it stands.
    struct Kept(String, Duration);

    impl Output for Kept {
        fn data(&mut self, _: &[u8]) -> std::io::Result<()> {
            Ok(())
        }

        fn message(&mut self, text: &str) {
            self.0 += text;
        }

        fn answer(&mut self) -> std::io::Result<String> {
            Ok(String::new())
        }

        fn input(&mut self, _: u64) -> std::io::Result<Vec<u8>> {
            Ok(Vec::new())
        }

        fn elapsed(&self) -> Duration {
            self.1
        }
    }

    fn refresh() -> Refresh {
        Refresh {
            command: vec!["update-ca-certificates".into()],
            directories: Vec::new(),
            makes: Vec::new(),
            because: String::new(),
        }
    }

    #[test]
    fn what_is_left_to_be_done_after_an_interrupted_run_is_said() {
        let failed = Outcome::Failed("it ended with 1: \u{1b}[2J".to_owned());
        let unfinished = vec![(refresh(), failed), (refresh(), Outcome::NotRun("not to be run".to_owned()))];
        let wrong = vec![("/cacerts".into(), "it lacks 01234567".to_owned())];
        let recovered = Recovered { id: "7".to_owned(), finished: true, left: Vec::new(), unfinished, wrong };
        let mut kept = Kept(String::new(), Duration::ZERO);
        let mut progress = Progress::new(&mut kept, false);
        progress.tell(&Event::Recovered(&recovered));
        progress.tell(&Event::Unfinished("/state: no space"));
        let lines = [
            "castore: run 7, which was interrupted, stood whole already; undo knows it\n",
            "castore: still to be run: update-ca-certificates, which failed: it ended with 1: \\u{1b}[2J\n",
            "castore: still to be run: update-ca-certificates (not to be run)\n",
            "castore: wrong: /cacerts: it lacks 01234567\n",
            "castore: /state: no space; all is written, and the next run ends this one\n",
        ];
        assert_eq!(kept.0, lines.concat());
    }

    fn said(bars: bool, after: Duration) -> String {
        let refresh = refresh();
        let mut kept = Kept(String::new(), Duration::ZERO);
        {
            let mut progress = Progress::new(&mut kept, bars);
            progress.began = Duration::ZERO;
            progress.tell(&Event::Store(0, 2));
        }
        kept.1 = after;
        let mut progress = Progress::new(&mut kept, bars);
        progress.began = Duration::ZERO;
        progress.tell(&Event::Store(1, 2));
        progress.tell(&Event::Refreshing(&refresh));
        progress.tell(&Event::Printed("1 added\u{1b}[2J"));
        progress.tell(&Event::Asking(Path::new("/x"), Reader::Openssl));
        progress.end();
        kept.0
    }

    /// What a command prints is passed on while it is little; of much, its beginning and its end.
    #[test]
    fn a_flood_is_counted() {
        let refresh = refresh();
        let said = |lines: usize| {
            let mut kept = Kept(String::new(), Duration::ZERO);
            let mut progress = Progress::new(&mut kept, false);
            progress.tell(&Event::Refreshing(&refresh));
            (1..=lines).for_each(|line| progress.tell(&Event::Printed(&line.to_string())));
            progress.tell(&Event::Refreshing(&refresh));
            progress.tell(&Event::Printed("again"));
            progress.end();
            let lines = kept.0.lines().map(str::trim_start);
            let lines = lines.map(|line| line.replace("castore: running update-ca-certificates", "$"));
            lines.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(said(2), "$ 1 2 $ again");
        assert_eq!(said(11), "$ 1 2 3 4 5 6 7 8 9 10 11 $ again");
        assert_eq!(said(12), "$ 1 2 3 4 5 6 7 8 (1 more line) 10 11 12 $ again");
        assert_eq!(said(288), "$ 1 2 3 4 5 6 7 8 (277 more lines) 286 287 288 $ again");
    }

    #[test]
    fn a_bar_is_drawn_on_a_terminal_and_late() {
        let plain = "castore: running update-ca-certificates\n  1 added\\u{1b}[2J\n";
        assert_eq!(said(false, LONG), plain);
        assert_eq!(said(true, Duration::from_millis(10)), plain);
        let drawn = said(true, LONG);
        assert!(
            drawn.starts_with("\r\u{1b}[K[##########..........] 1/2 writing\r\u{1b}[Kcastore: running"),
            "{drawn:?}"
        );
        assert!(drawn.ends_with("1/2 asking openssl\r\u{1b}[K"), "{drawn:?}");
    }
}
