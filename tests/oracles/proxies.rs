//! The way to a server: curl, whose rules for proxies are read, goes the same.

#![allow(clippy::disallowed_types, reason = "proxies are listened for")]

use crate::require;
use castore::handshake::{Options, Proxy, Route, Times, fetch};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Where curl goes with these variables: the proxy, or not.
fn curl_uses_proxy(url: &str, variables: &[(&str, String)], proxy: &TcpListener) -> bool {
    proxy.set_nonblocking(true).unwrap();
    let mut curl = Command::new("curl");
    curl.args(["-q", "--silent", "--max-time", "5", "--connect-timeout", "1", "--connect-to", "::127.0.0.1:1", url])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = curl.spawn().unwrap();
    let mut is_asked = false;
    while child.try_wait().unwrap().is_none() {
        if let Ok((mut stream, _)) = proxy.accept() {
            is_asked = true;
            let _ = stream.write_all(b"HTTP/1.1 403 no\r\n\r\n");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    is_asked || proxy.accept().is_ok()
}

#[test]
fn curl_goes_the_same_way() {
    if !require("curl") {
        return;
    }
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!("http://user:s3cret@{}/", proxy.local_addr().unwrap());
    let lists = [
        "*",
        "* ",
        "x,*",
        "h.example",
        "H.Example",
        "example",
        ".example",
        ".h.example",
        "ample",
        "g.h.example",
        "h.example.",
        "a , h.example",
        "a,,h.example",
        " h.example",
        "192.0.2.1",
        "192.0.2.0/24",
        "192.0.3.0/24",
        "192.0.2.0/33",
        "0.0.0.0/0",
        "192.0.2.1/0",
        "192.0.2",
        ".2.1",
        "2001:db8::/32",
        "2001:db8::1",
        "[2001:db8::1]",
        "2001:db9::/32",
        "192.0.2.128/25",
        "192.0.2.0/25x",
        "192.0.2.1/x",
        "192.0.2.1/-1",
        "h.example:443",
    ];
    let mut cases = Vec::new();
    for list in lists {
        for host in ["h.example", "192.0.2.1", "[2001:db8::1]"] {
            // curl 7.88 takes the brackets off before it looks for them, so an IPv6 address is a name to it.
            if host.starts_with('[') && list.contains("::/") {
                continue;
            }
            cases
                .push((format!("https://{host}/"), vec![("https_proxy", here.clone()), ("no_proxy", list.to_owned())]));
        }
    }
    for variables in [
        &["HTTPS_PROXY"][..],
        &["http_proxy"],
        &["HTTP_PROXY"],
        &["all_proxy"],
        &["ALL_PROXY"],
        &["https_proxy=", "HTTPS_PROXY"],
        &["https_proxy=", "ALL_PROXY"],
        &["https_proxy=http://127.0.0.1:1", "HTTPS_PROXY"],
        &["no_proxy=", "NO_PROXY=*", "https_proxy"],
        &["no_proxy=x", "NO_PROXY=*", "https_proxy"],
        &["https_proxy= "],
        &[],
    ] {
        let set = |text: &&'static str| match text.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => (*text, here.clone()),
        };
        cases.push(("https://h.example/".to_owned(), variables.iter().map(set).collect()));
    }
    for (url, variables) in cases {
        let environment = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        let route = Proxy::from_environment(&environment, &url.parse().unwrap());
        let says = matches!(&route, Ok(Route::Through { proxy: through, .. })
            if through.endpoint.port == proxy.local_addr().unwrap().port());
        let does = curl_uses_proxy(&url, &variables, &proxy);
        assert_eq!(says, does, "{url} {variables:?}: castore says {route:?}");
    }
}

#[test]
fn curl_reads_the_same_proxy() {
    if !require("curl") {
        return;
    }
    // The port without one, and the login as it is sent.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = proxy.local_addr().unwrap();
    for login in ["user:pass", "us%65r:p%40ss", "user:p%", "user:", "u"] {
        let text = format!("http://{login}@{at}");
        let mut child = Command::new("curl")
            .args(["-q", "--silent", "--max-time", "5", "--proxy", &text, "https://h.example:8443/"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (mut stream, _) = proxy.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let sent = head(&mut stream);
        drop(stream);
        let _ = child.wait();
        let address = at;
        let ours = std::thread::spawn(move || {
            let proxy = Some(Proxy::parse(&text).unwrap());
            let times = Times { answer: Duration::from_secs(5), ..Times::default() };
            let _ = fetch(&"h.example:8443".parse().unwrap(), &Options { proxy, times, ..Options::default() });
        });
        let (mut stream, _) = proxy.accept().unwrap();
        let own = head(&mut stream);
        drop(stream);
        ours.join().unwrap();
        let field = |head: &str, name: &str| head.lines().find(|line| line.starts_with(name)).map(str::to_owned);
        for name in ["CONNECT", "Host", "Proxy-Authorization"] {
            assert_eq!(field(&own, name), field(&sent, name), "{login} at {address}");
        }
    }
}

/// The head of a request.
fn head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut octet).unwrap_or(0) > 0 {
        head.push(octet[0]);
    }
    String::from_utf8(head).unwrap()
}
