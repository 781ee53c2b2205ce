//! Any octets of a server before TLS, or of a proxy, are a yes or a reason that a terminal may show; any text
//! is a server, a proxy or neither.

#![no_main]

use castore::handshake::{Dialect, Proxy, Target, dialect, speaks, tunnel};
use std::io::{self, Read, Write};

/// A server that does not listen.
struct Says<'a>(&'a [u8]);

impl Read for Says<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Says<'_> {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let target = String::from_utf8_lossy(rest).parse::<Target>();
    if let Ok(target) = &target {
        let again: Target = target.endpoint.to_string().parse().expect("what it is shown as");
        assert_eq!(again.endpoint, target.endpoint);
    }
    let proxy = Proxy::parse(&String::from_utf8_lossy(rest)).or_else(|_| Proxy::parse("p.example")).expect("a proxy");
    let _ = speaks(rest, u16::from(*first));
    let dialects: Vec<Dialect> = Dialect::all().collect();
    let reason = match dialects.get(usize::from(*first) % (dialects.len() + 1)) {
        Some(dialect) => dialect::negotiate(*dialect, Says(rest), &"h.example".parse().expect("a host")),
        None => {
            let server = "h.example".parse::<Target>().expect("a server").endpoint;
            tunnel::connect(Says(rest), &proxy, &server)
        }
    };
    if let Err(reason) = reason {
        let shown = format!("{reason} {:?}", reason.hint());
        assert!(shown.chars().all(|c| !c.is_control()), "{shown:?}");
        assert!(shown.len() < 4096);
    }
});
