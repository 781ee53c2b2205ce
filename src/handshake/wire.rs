//! One connection to a server, with an end to everything: each wait, the whole, and what is received.
//!
//! A limit on each read alone ends nothing: a server that sends one octet a second keeps within it for
//! ever. So every wait is cut to what is left of the whole, and octets are counted. What came first is
//! kept, to say what a port speaks that does not speak TLS.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the door to the network: one socket, and the clock that ends it"
)]

use super::dialect::Dialect;
use super::error::Reason;
use super::said::Said;
use super::trouble::Trouble;
use crate::limits::{ANSWER_LINE, ANSWER_OCTETS, HANDSHAKE_OCTETS};
use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Octets of the beginning that are kept: more than any greeting needs to be known by.
const FIRST: usize = 256;

/// Octets asked of the system at a time.
const PART: usize = 4096;

/// What is being waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The proxy's answer to CONNECT.
    Proxy,
    /// The exchange that asks for TLS.
    StartTls(Dialect),
    /// The TLS handshake.
    Tls,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proxy => f.write_str("the proxy's answer to CONNECT"),
            Self::StartTls(dialect) => write!(f, "{dialect} before TLS"),
            Self::Tls => f.write_str("the TLS handshake"),
        }
    }
}

/// When everything ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    start: Instant,
    total: Duration,
}

impl Deadline {
    /// Begins now.
    pub(super) fn new(total: Duration) -> Self {
        Self { start: Instant::now(), total }
    }

    /// How long ago it began.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// What is left, if anything is.
    pub(super) fn left(&self) -> Option<Duration> {
        self.total.checked_sub(self.elapsed()).filter(|left| !left.is_zero())
    }
}

/// A connection whose waits can be limited.
pub(super) trait Stream: Read + Write {
    /// No read or write after this waits longer.
    fn wait_at_most(&self, limit: Duration) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn wait_at_most(&self, limit: Duration) -> io::Result<()> {
        // Less than a microsecond is for ever to some systems.
        let limit = Some(limit.max(Duration::from_millis(1)));
        self.set_read_timeout(limit)?;
        self.set_write_timeout(limit)
    }
}

/// A connection, what came on it and was not yet asked for, and its limits.
pub(super) struct Wire<'s> {
    stream: Box<dyn Stream + 's>,
    deadline: Deadline,
    answer: Duration,
    stage: Stage,
    /// Octets that this stage may still receive.
    budget: usize,
    /// Octets that this stage has received.
    received: u64,
    /// The first of them.
    first: Vec<u8>,
    buffer: Vec<u8>,
    at: usize,
}

impl<'s> Wire<'s> {
    pub(super) fn new(stream: impl Stream + 's, deadline: Deadline, answer: Duration) -> Self {
        Self {
            stream: Box::new(stream),
            deadline,
            answer,
            stage: Stage::Tls,
            budget: HANDSHAKE_OCTETS,
            received: 0,
            first: Vec::new(),
            buffer: Vec::new(),
            at: 0,
        }
    }

    /// What is waited for from here on. Octets that came too early count for it: nothing is thrown away,
    /// since whoever speaks before being asked is to be heard as what it is.
    pub(super) fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        self.budget = if stage == Stage::Tls { HANDSHAKE_OCTETS } else { ANSWER_OCTETS };
        let early = &self.buffer[self.at..];
        self.received = early.len() as u64;
        self.first = early[..early.len().min(FIRST)].to_vec();
    }

    pub(super) fn stage(&self) -> Stage {
        self.stage
    }

    /// The first octets of this stage.
    pub(super) fn first(&self) -> &[u8] {
        &self.first
    }

    /// The words for what went wrong here.
    pub(super) fn reason(&self, trouble: Trouble) -> Reason {
        let (stage, received) = (self.stage, self.received);
        match trouble {
            Trouble::Silent => Reason::Silent { stage, after: self.answer, received },
            Trouble::Late => Reason::Late { stage, after: self.deadline.total, received },
            Trouble::Closed => Reason::Closed { stage, received },
            Trouble::TooMuch => Reason::TooMuch { stage, received },
            Trouble::Failed(source) => Reason::Failed { stage, source },
        }
    }

    /// Sends all of it.
    pub(super) fn send(&mut self, octets: &[u8]) -> Result<(), Reason> {
        self.write_all(octets).map_err(|error| self.reason(error.into()))
    }

    /// The next octet.
    pub(super) fn octet(&mut self) -> Result<u8, Reason> {
        if self.at == self.buffer.len() {
            self.fill().map_err(|trouble| self.reason(trouble))?;
        }
        let octet = self.buffer.get(self.at).copied().ok_or_else(|| self.reason(Trouble::Closed))?;
        self.at += 1;
        Ok(octet)
    }

    /// The next `count` octets; what a stage may receive bounds them.
    pub(super) fn octets(&mut self, count: usize) -> Result<Vec<u8>, Reason> {
        if count > ANSWER_OCTETS {
            return Err(self.reason(Trouble::TooMuch));
        }
        (0..count).map(|_| self.octet()).collect()
    }

    /// The next line without its end, CR LF or LF.
    pub(super) fn line(&mut self) -> Result<Vec<u8>, Reason> {
        let mut line = self.until(b'\n')?;
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(line)
    }

    /// The next octets up to `last`, which is among them; no more than a line may have.
    pub(super) fn until(&mut self, last: u8) -> Result<Vec<u8>, Reason> {
        let mut octets = Vec::new();
        loop {
            let octet = self.octet()?;
            octets.push(octet);
            if octet == last {
                return Ok(octets);
            }
            if octets.len() > ANSWER_LINE {
                return Err(Reason::LongLine { stage: self.stage, said: Said::new(&octets) });
            }
        }
    }

    /// Says that something else came than `expected`.
    pub(super) fn unexpected(&self, expected: &'static str, found: &[u8]) -> Reason {
        Reason::Unexpected { stage: self.stage, expected, said: Said::new(found) }
    }

    /// Waits for more octets. There is at least one afterwards.
    fn fill(&mut self) -> Result<(), Trouble> {
        if self.budget == 0 {
            return Err(Trouble::TooMuch);
        }
        self.buffer.resize(PART.min(self.budget), 0);
        self.at = self.buffer.len();
        let received = loop {
            let left = self.deadline.left().ok_or(Trouble::Late)?;
            self.stream.wait_at_most(left.min(self.answer)).map_err(Trouble::from)?;
            match self.stream.read(&mut self.buffer) {
                Ok(received) => break received.min(self.buffer.len()),
                Err(error) => self.again(error)?,
            }
        };
        self.buffer.truncate(received);
        self.at = 0;
        if received == 0 {
            return Err(Trouble::Closed);
        }
        self.budget -= received;
        self.received += received as u64;
        let room = FIRST - self.first.len().min(FIRST);
        self.first.extend(self.buffer.iter().take(room));
        Ok(())
    }

    /// Whether to try again after an error.
    fn again(&self, error: io::Error) -> Result<(), Trouble> {
        match error.kind() {
            io::ErrorKind::Interrupted => Ok(()),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut if self.deadline.left().is_none() => Err(Trouble::Late),
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Err(Trouble::Silent),
            _ => Err(error.into()),
        }
    }
}

/// An end of the connection is an error here, with the [`Trouble`] inside: nothing that is read here may
/// end yet.
impl Read for Wire<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() {
            self.fill()?;
        }
        let part = &self.buffer[self.at..];
        let count = part.len().min(into.len());
        into[..count].copy_from_slice(&part[..count]);
        self.at += count;
        Ok(count)
    }
}

impl Write for Wire<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        loop {
            let left = self.deadline.left().ok_or(Trouble::Late)?;
            self.stream.wait_at_most(left.min(self.answer))?;
            match self.stream.write(octets) {
                Ok(0) => return Err(Trouble::Closed.into()),
                Ok(count) => return Ok(count),
                Err(error) => self.again(error)?,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Anything that can be read and written, as a connection that never waits: for tests and fuzzing.
pub(super) struct Untimed<S>(pub(super) S);

impl<S: Read> Read for Untimed<S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl<S: Write> Write for Untimed<S> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<S: Read + Write> Stream for Untimed<S> {
    fn wait_at_most(&self, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one octet at a time, and after them what it was told.
    struct Drip(Vec<u8>, io::ErrorKind);

    impl Read for Drip {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            match self.0.is_empty() {
                true => Err(self.1.into()),
                false => {
                    into[0] = self.0.remove(0);
                    Ok(1)
                }
            }
        }
    }

    impl Write for Drip {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            Ok(octets.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn wire(octets: &[u8], then: io::ErrorKind) -> Wire<'static> {
        let long = Duration::from_secs(60);
        let mut wire = Wire::new(Untimed(Drip(octets.to_vec(), then)), Deadline::new(long), long);
        wire.enter(Stage::StartTls(Dialect::Smtp));
        wire
    }

    #[test]
    fn lines_end_as_lines_do() {
        let mut wire = wire(b"a\r\nb\n\r\nc", io::ErrorKind::WouldBlock);
        assert_eq!([wire.line().unwrap(), wire.line().unwrap(), wire.line().unwrap()], [&b"a"[..], b"b", b""]);
        assert!(matches!(wire.line(), Err(Reason::Silent { received: 8, .. })));
        assert_eq!(wire.first(), b"a\r\nb\n\r\nc");
    }

    #[test]
    fn a_line_and_a_stage_have_bounds() {
        let mut long = wire(&[b'x'; ANSWER_LINE + 2], io::ErrorKind::WouldBlock);
        assert!(matches!(long.line(), Err(Reason::LongLine { .. })));
        let mut endless = wire(&b"x\n".repeat(ANSWER_OCTETS), io::ErrorKind::WouldBlock);
        let last = std::iter::repeat_with(|| endless.line()).find_map(Result::err).unwrap();
        assert!(matches!(last, Reason::TooMuch { received, .. } if received == ANSWER_OCTETS as u64));
        assert!(matches!(wire(b"", io::ErrorKind::WouldBlock).octets(usize::MAX), Err(Reason::TooMuch { .. })));
    }

    #[test]
    fn what_ends_it_is_told_apart() {
        for (kind, reason) in [
            (io::ErrorKind::TimedOut, "Silent"),
            (io::ErrorKind::ConnectionReset, "Closed"),
            (io::ErrorKind::PermissionDenied, "Failed"),
        ] {
            let said = format!("{:?}", wire(b"", kind).octet().unwrap_err());
            assert!(said.starts_with(reason), "{said}");
        }
        let mut late =
            Wire::new(Untimed(io::Cursor::new(b"x".to_vec())), Deadline::new(Duration::ZERO), Duration::from_secs(1));
        assert!(matches!(late.octet(), Err(Reason::Late { .. })));
        assert!(matches!(late.send(b"x"), Err(Reason::Late { .. })));
    }

    #[test]
    fn octets_that_came_early_are_heard_by_the_next_stage() {
        let long = Duration::from_secs(60);
        let mut wire = Wire::new(Untimed(io::Cursor::new(b"ready\nmore".to_vec())), Deadline::new(long), long);
        wire.enter(Stage::StartTls(Dialect::Smtp));
        wire.line().unwrap();
        wire.enter(Stage::Tls);
        assert_eq!(wire.first(), b"more");
        let mut next = [0; 8];
        assert_eq!(wire.read(&mut next).unwrap(), 4);
    }
}
