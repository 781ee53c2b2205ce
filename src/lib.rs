//! castore answers, on one machine and without running what it inspects: which certificates
//! does each program here trust, why, how do those sets differ, what is wrong with them.
//!
//! *Rows of knowledge run over a host, and what they find is turned into opinions.* The modules
//! stand in the order of that sentence, and each uses only those before it (a test holds this):
//!
//! ```text
//!  catalogue ─┐                            ┌─ diff ──┐
//!             ├─ discover ─ load ─ anchors ┼─ chain ─┼─ check ─ plan ─ apply
//!  host ──────┘        format ─┘           └─────────┘        └─ render
//! ```
//!
//! [`facts`] are what the world says of particular certificates: harvested, dated, and asked without a network.
//! [`policy`] has rows too: how each verifier decides, by version; [`chain`] carries them out over a chain
//! that [`handshake`](crate#features) fetched or a file holds.
//!
//! [`baseline`] keeps what was found in a file, and says what changed since.
//!
//! [`plan`] says what is to be written so that stores hold what they should, and [`apply`], the only writer, does
//! exactly that, and takes it back.
//!
//! The library never asks the process anything: no environment, no current directory, no clock
//! and no terminal. A [`host::Host`] holds all of those as values, so that the live machine, a
//! directory given by `--root` and a test go through the same code:
//!
//! ```
//! use castore::catalogue::{clients, survey::{Searched, Survey}};
//! use castore::discover::discover;
//! use castore::host::{Host, System, memory::Memory};
//!
//! let files = Memory::new().file("/etc/ssl/certs/ca-certificates.crt", "").file("/corp.pem", "");
//! let environment = [("SSL_CERT_FILE".into(), "/corp.pem".into())].into();
//! let host = Host::new(Box::new(files), System::Linux).with_environment(environment);
//!
//! let uses = discover(&Survey::new(&host, Searched::default()), clients());
//! let go = uses.iter().find(|found| found.client.id == "go").unwrap();
//! let read: Vec<_> = go.effective().filter_map(|candidate| candidate.path.clone()).collect();
//! // The variable replaces the file; the directory stays.
//! assert_eq!(read, ["/corp.pem", "/etc/ssl/certs"].map(std::path::PathBuf::from));
//! ```
//!
//! Reading a file needs no host: [`format::decode`] tells what octets are written in and what they
//! hold, entry by entry, whatever is wrong with them.
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `pkcs12` | PKCS#12, with its ciphers and key derivations |
//! | `sqlite` | databases of NSS and Chromium |
//! | `yaml` | Kubernetes objects and other documents of YAML and JSON |
//! | `plist` | macOS trust settings |
//! | `signatures` | signatures of chains, and the verifier of rustls; without it a verdict says that it lacks them |
//! | `network` | the handshake that gets a chain from a server |
//! | `cli` | the program |
//!
//! All are on by default. Without its feature a format is recognised and said to be unread.

// In the order of dependency: each uses only those above it.
pub mod model;
pub mod limits;
pub mod format;
pub mod host;
pub mod settings;
pub mod facts;
pub mod policy;
pub mod catalogue;
pub mod discover;
pub mod load;
pub mod anchors;
pub mod select;
pub mod diff;
pub mod baseline;
pub mod chain;
#[cfg(feature = "network")]
pub mod handshake;
pub mod scan;
pub mod check;
pub mod plan;
pub mod apply;
pub mod render;
