//! Every bound castore keeps of its own, named, with where the number comes from, by what it bounds.
//!
//! Hitting one is a finding about the input, never a failure of the rest. A user may raise those of which somebody may
//! need more: each says the option, or why there is none.
//!
//! What is not here: the bounds of other programs that castore predicts, which stand with the model of the program
//! (`COMPARISONS` of `policy::go`, `MAX_DEPTH` of `chain::gnutls`, `INCLUDES` of `catalogue::git`); the sizes that a
//! format gives its parts; and how many of a kind a report names before it counts the rest.

use std::time::Duration;

// Files and directories (`host`, `load`).

/// Bytes read from one file unless the user says otherwise: 64 MiB.
///
/// The largest real store known is a Java keystore of some 10,000 entries at 15 MB; a bundle of
/// 100,000 P-256 certificates is 69 MB and needs the option.
///
/// `--file-size`.
pub const FILE_SIZE: u64 = 64 * 1024 * 1024;

/// Entries taken from one store: 1,000,000, ten times the largest benchmark.
///
/// `--max-entries`.
pub const ENTRIES: usize = 1_000_000;

/// Octets of a program or library that are searched: 512 MiB.
///
/// Node's own binary is 99 MB; the largest libpython with everything linked in is about 250 MB
/// with its symbols; Chromium is 297 MB.
///
/// `--file-size`, where it is more than this ([`crate::host::Host::program_size`]).
pub const BINARY_SIZE: u64 = 512 * 1024 * 1024;

/// Octets of a path: 4,095, as Linux has it (`PATH_MAX`, linux/limits.h, with a NUL); others take fewer, but for those
/// of Windows that begin with `\\?\`. A longer one names no file, and is not followed part by part.
pub const PATH: usize = 4095;

/// Directories of `PATH` and `LD_LIBRARY_PATH` in which names are looked for: 1,000, where people have some twenty. In
/// a variable of the length that a kernel takes there is room for 60,000, and some thousand names are looked for.
pub const SEARCHED_DIRECTORIES: usize = 1000;

/// Places of one list, such as `SSL_CERT_DIR`, that are looked at for each client: 1,000, a hundred times what anybody
/// lists.
pub const LISTED_PLACES: usize = 1000;

/// Symbolic links followed while resolving one path: 40, the kernel's own bound
/// (`MAXSYMLINKS`, path_resolution(7)).
pub const SYMLINKS: usize = 40;

/// Directories that are entered where links among anchors are followed: 1,000. An administrator has a few; a link to `/`
/// would lead through the machine.
pub const LINKED_DIRECTORIES: usize = 1000;

/// Directories and links a tree remembers as such: 100,000, three times the directories of a full
/// workstation (some 30,000), 20 MB of paths. Past it the tree forgets and asks again.
pub const PATHS_REMEMBERED: usize = 100_000;

/// Paths of a host that are resolved once: ten times those that every row of the catalogue asks for on a
/// machine with sixty clients (measured: 1,600).
pub const RESOLUTIONS_REMEMBERED: usize = 16_384;

/// Names taken from one directory: 200,000. A hash directory has one to three per certificate.
///
/// No option: a hash directory of 60,000 roots, four hundred times those of a machine, fits. Past it the directory is told
/// as not read.
pub const DIRECTORY_NAMES: usize = 200_000;

/// Names of one directory that are remembered: ten times those of a full `/usr/bin` (measured: 1,900).
pub const NAMES_REMEMBERED: usize = 20_000;

/// Octets of one file of `/proc/PID`: 16 MiB. Arguments and environment together have at most 6 MiB
/// (`_STK_LIM / 4 * 3`, fs/exec.c), a process with 65,530 mappings (`vm.max_map_count`) some 7 MB.
pub const PROCESS_TEXT: u64 = 16 * 1024 * 1024;

// Formats of stores (`format`).

/// Bytes of text between BEGIN and END of one PEM block: 1 MiB. A block of PKCS#7, which holds many
/// certificates, has that of its file.
///
/// The largest certificate in the conformance suites is under 100 kB; OpenSSL's own reader has
/// no bound, rustls-pki-types stops at 256 MiB a section.
///
/// No option: it is ten times what OpenSSL takes of all certificates of a server (100 KiB, `SSL_MAX_CERT_LIST_DEFAULT`,
/// ssl.h), and a block beyond it is told while its neighbours are read.
pub const PEM_BLOCK: usize = 1024 * 1024;

/// Certificates that share one subject hash in a hash directory: 256, `openssl rehash`'s bound
/// (`MAX_COLLISIONS`, apps/rehash.c).
pub const HASH_COLLISIONS: u32 = 256;

/// How deep elements of ASN.1 may stand in each other: 32. PKCS#12 of BouncyCastle and NSS reaches
/// 12; p11-kit's reader ran out of stack without a bound (CVE-2026-13757).
pub const ASN1_DEPTH: usize = 32;

/// Octets of a property list: 4 MiB. Its reader takes eight octets for each octet of a list of
/// references; the trust settings of 200 certificates take 200 kB.
pub const PROPERTY_LIST_SIZE: usize = 4 * 1024 * 1024;

/// How often the octets of a file may count: writers of binary lists name equal strings once, and a
/// key stands in each of hundreds of entries.
pub const PROPERTY_LIST_SHARED: usize = 64;

/// Octets of a Microsoft trust list: 8 MiB, forty times that of 2026. One of its object identifiers
/// takes three octets there and fifty here.
pub const TRUST_LIST_SIZE: usize = 8 * 1024 * 1024;

/// How many times the octets of a file may be copied to the certificates that its extensions limit: a
/// purpose takes eleven octets in a file in the least, and up to 41 in memory.
pub const P11KIT_COPIES: usize = 8;

/// Classes of a Java object above each other: `SealedObject` and the one of JCEKS below it, and one to spare.
pub const JAVA_CLASSES: usize = 3;

/// Fields of one class of a Java object: 16; `SealedObject` has four.
pub const JAVA_FIELDS: u16 = 16;

// Derivation of keys (`format::pkcs12`, `format::bks`, `load`).

/// Rounds of key derivation spent on one file, over all passwords and parts: 10,000,000. The JDK
/// refuses more than 5,000,000 for one part (`MAX_ITERATION_COUNT`, sun.security.pkcs12), NSS' pk12util
/// writes 600,000; ten million take a processor some seconds.
///
/// `--kdf-iterations`.
pub const KDF_ITERATIONS: u64 = 10_000_000;

/// Rounds of key derivation spent on all files of one snapshot or scan: 100,000,000, those of ten files that take all
/// one may.
///
/// It is the bound in time of a run over files that others planted, counted so that the same files give the same answer
/// on a slow machine: some ten seconds of a processor. A hundred trust stores of a JDK (10,000 rounds for the seal and
/// as many for the part) take two million, one that NSS' pk12util wrote some millions. Each snapshot and scan of a run
/// has its own, so that two that are compared were read alike; castore makes a few.
///
/// `--kdf-total`.
pub const KDF_ITERATIONS_TOTAL: u64 = 100_000_000;

/// Memory for one key derivation by scrypt: 256 MiB, sixteen times what OpenSSL writes by default
/// (N 16384, r 8, p 1: 16 MiB; `EVP_PBE_scrypt`'s own bound is 32 MiB).
///
/// `--kdf-memory`.
pub const KDF_MEMORY: u64 = 256 * 1024 * 1024;

// Databases (`format::sqlite`).

/// Steps of SQLite's virtual machine spent on one database: 100,000,000. Reading the 150 roots of a
/// profile takes some thousands; a view that never ends would take all.
///
/// No option: a database of the largest size and number of entries that the other options give takes less.
pub const DATABASE_STEPS: u64 = 100_000_000;

/// Octets of one value or row of a database: 16 MiB. The largest that NSS keeps are lists of revoked
/// certificates, some megabytes; SQLite's own bound is 1,000,000,000.
///
/// No option: what castore wants of a row, a certificate and what is said of it, takes kilobytes. A list of revoked
/// certificates beyond it is one entry that is told as not read; the others are read.
pub const DATABASE_VALUE: u64 = 16 * 1024 * 1024;

// Documents of YAML and JSON (`format::kubernetes`).

/// How deep values of YAML and JSON may stand in each other: 64. A ConfigMap reaches 4, a pod 12.
pub const DOCUMENT_DEPTH: usize = 64;

/// Values, and marks that may each begin one, in one document of YAML, JSON or a property list:
/// 1,000,000, some 200 octets of memory each. All ConfigMaps of a cluster of 10,000 namespaces take a
/// fifth.
pub const DOCUMENT_VALUES: usize = 1_000_000;

/// Documents inside documents that are followed: a kubeconfig in a Secret, as Cluster API keeps it.
pub const DOCUMENT_LEVELS: usize = 1;

/// Octets of white space that are passed over at the beginning of a line: 1,000. A line of a forged file
/// begins with a million, and a hundred thousand values stand on it.
pub const DOCUMENT_INDENT: usize = 1000;

/// Faults said of one file: 100. It may have a million documents.
pub const DOCUMENT_GAPS: usize = 100;

/// Octets of values that aliases may add: 1 MiB, the size of one Secret or ConfigMap at most.
pub const ALIASED_OCTETS: usize = 1024 * 1024;

/// Values that aliases may add to a document: 10,000.
pub const ALIASED_VALUES: usize = 10_000;

// Programs and libraries (`format::elf`).

/// Octets of a program decoded for nothing, because they begin as a certificate does and are none:
/// 16 MiB, a tenth of a second's work. Of the 2,600 programs of a workstation none has one such; a
/// forged one may have thousands, each inside the other.
pub const BINARY_REJECTED: u64 = 16 * 1024 * 1024;

/// Octets of program headers that are read where they stand behind the first: linkers write a dozen.
pub const PROGRAM_HEADERS: u64 = 64 * 1024;

/// Octets of the table and of the names that are read: Chromium has 40 sections, a program with one for each
/// function some thousands.
pub const SECTION_TABLE: u64 = 1024 * 1024;

/// Programs in one Mach-O file that are looked at; Apple's own have at most five.
pub const MACH_O_SLICES: usize = 30;

/// Octets of text after BEGIN that are looked at: 128 KiB, more than the 96 kB that a certificate of
/// 64 KiB takes with every line quoted and joined.
pub const PROGRAM_TEXT: usize = 128 * 1024;

/// Items in one piece at most: ICU 78 has 4,000.
pub const ICU_ITEMS: usize = 16 * 1024;

// What a user may raise.

/// The bounds of decoding that a user may raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Entries taken from one store ([`ENTRIES`]).
    pub entries: usize,
    /// Rounds of key derivation for one file ([`KDF_ITERATIONS`]).
    pub kdf_iterations: u64,
    /// Rounds of key derivation for all files of a snapshot or a scan ([`KDF_ITERATIONS_TOTAL`]).
    pub kdf_total: u64,
    /// Octets for one key derivation ([`KDF_MEMORY`]).
    pub kdf_memory: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            entries: ENTRIES,
            kdf_iterations: KDF_ITERATIONS,
            kdf_total: KDF_ITERATIONS_TOTAL,
            kdf_memory: KDF_MEMORY,
        }
    }
}

// Settings of other programs (`settings`, `catalogue`).

/// Bytes read to tell what a settings file says: 1 MiB.
pub const SETTINGS_SIZE: u64 = 1024 * 1024;

/// Octets of a settings file that is kept for the next row that reads it: 128 KiB. The largest of a
/// workstation's, a php.ini full of comments, has 73 kB.
pub const SETTINGS_KEPT: usize = 128 * 1024;

/// Settings files kept: 512, 64 MiB at most. A workstation has some 150 of a kilobyte.
pub const SETTINGS_FILES_KEPT: usize = 512;

/// Paths that one part of a pattern stands for at most: more than any host has.
pub const GLOB_MATCHES: usize = 1000;

/// Files that a `java.security` may include, all together: 64; a loop ends there.
pub const JAVA_INCLUDES: usize = 64;

/// Parts of a list of Java's disabled algorithms that count: 1,000; those of Java 25 have 30.
pub const JAVA_PARTS: usize = 1000;

/// Octets of a variable that the kernel passes to a program: 128 KiB (`MAX_ARG_STRLEN`, execve(2)).
pub const ENVIRONMENT_VALUE: usize = 128 * 1024;

/// Octets of a setting with its variables filled in: 1 MiB, which no path and no certificate has. What is left of it stays
/// as it is written: a line of a megabyte has room for a variable of 128 KiB 200,000 times.
pub const FILLED: usize = 1024 * 1024;

/// Octets of arguments and variables together that the kernel passes to a program, at most: 6 MiB (execve(2)).
pub const ENVIRONMENT_SIZE: usize = 6 * 1024 * 1024;

/// How deep variables with another in the place of one that is missing may lie in each other: 64.
pub const ENVIRONMENT_DEPTH: usize = 64;

/// Files that an `openssl.cnf` may include, all together: 64; a loop ends there.
pub const OPENSSL_CNF_INCLUDES: usize = 64;

/// Octets of the sections, names and values that an `openssl.cnf` makes with what it includes: 16 MiB, a thousand times
/// the largest that is shipped. One of more counts as one that cannot be read: in a megabyte of `a=$b` each line may be
/// worth 64 KiB.
pub const OPENSSL_CNF_KEPT: usize = 16 * 1024 * 1024;

/// Option files of MariaDB that are read, and lines in them that include others, so that a file which includes itself
/// twice comes to an end: ten times those of any machine.
pub const OPTION_FILES_READ: usize = 200;

/// Files of Nix that include each other at most.
pub const NIX_INCLUDES: usize = 10;

/// Octets of the whole name of an option of APT: 512. One that holds for the longest name of a host has some 290.
pub const APT_NAME: usize = 512;

/// Files that the configuration of APT may include, all together: 100; people include none.
pub const APT_INCLUDES: usize = 100;

/// Options for fetching that are taken from APT's configuration: 10,000, a hundred times those of anybody with a host for
/// each line.
pub const APT_OPTIONS: usize = 10_000;

/// Files that a configuration of cargo includes, all together: 100. People include two or three, and cargo itself takes
/// none twice.
pub const CARGO_INCLUDES: usize = 100;

/// Files of one configuration that are read at most, so that one which includes itself twice comes to an
/// end: a hundred times those of any user.
pub const GIT_FILES: usize = 1000;

/// Settings of `http` that are taken from git's configuration, files that are included time and again among them: 10,000,
/// a hundred times those of anybody with a server for each line.
pub const GIT_SETTINGS: usize = 10_000;

/// Certificates that a policy of Firefox installs: 1,000, more than any root programme has.
pub const POLICY_CERTIFICATES: usize = 1000;

/// Files that a muttrc may source, all together: 100; a loop ends there.
pub const MUTT_FILES: usize = 100;

/// Services of one configuration of stunnel: 200, ten times those of any machine.
pub const STUNNEL_SERVICES: usize = 200;

/// Files of one `ssl-authority-files` of Subversion: 100; people name one or two.
pub const SUBVERSION_AUTHORITIES: usize = 100;

/// Pairs taken from `GIT_CONFIG_COUNT`: more than anybody sets by hand or script.
pub const GIT_VARIABLES: usize = 1000;

// Findings (`check`).

/// Findings of one check about one store that are told: 50,000, each about a kilobyte. The rest is counted. All roots
/// of the largest keystore known may be wrong, five times, and code scanning takes half as many; past it somebody
/// filled a file with what is wrong.
///
/// No option: what is told can be mended first.
pub const FINDINGS: usize = 50_000;

// Facts and snapshots (`facts`, `baseline`).

/// Octets of one file of facts: 4 MiB, seventy times the largest of 2026.
pub const FACTS_SIZE: usize = 4 * 1024 * 1024;

/// Files of facts in one directory: 64, eight times those that are built in.
pub const FACTS_FILES: usize = 64;

/// Octets of a file of a snapshot: 128 MiB. That of a workstation has 430 kB, one of 100,000 certificates in one
/// store 60 MB; the strings of one take eight times its octets at worst.
pub const SNAPSHOT_SIZE: u64 = 128 * 1024 * 1024;

/// Pairs of a store that is gone and one that is new of which the contents are compared: 10,000, as if a hundred
/// environments had been made anew at other places and none of them the same.
pub const MOVED_PAIRS: usize = 10_000;

// Chains (`chain`).

/// Certificates taken from a file as one chain: 100, ten times what GnuTLS takes from a server (16,
/// `DEFAULT_MAX_VERIFY_DEPTH`, lib/x509/verify-high.c) and what OpenSSL follows by default
/// (`DEFAULT_MAX_DEPTH`, crypto/x509/x509_vfy.c).
pub const CHAIN: usize = 100;

/// Comparisons of names with constraints for one whole path and policy: 4,194,304, a tenth of a second. OpenSSL has a
/// bound for one certificate and one issuer (`chain::constraints::COMPARISONS`, a quarter of this), none for the path.
pub const CONSTRAINT_COMPARISONS: usize = 4 << 20;

/// Signatures tried to say what hangs on the expired authorities of one store: 4,000, some tenths of a second. A store has
/// a few of those, each the issuer of a few.
///
/// No option: what was not tried is said.
pub const STANDING_SIGNATURES: usize = 4000;

/// Changes that are tried for one client of `why`, alone and behind one another: 1,000. A common cause has one to five, and
/// the faults of one certificate some four in a row; a hostile chain has a fault behind each.
///
/// No option: what was found by then is told.
pub const REMEDIES_TRIED: usize = 1000;

/// Candidates of a path that are kept with what became of them: 1,000. The path of a common chain looks at
/// three; a hostile one can make a verifier look at a hundred times all it sent.
pub const CHAIN_STEPS: usize = 1000;

/// Candidates looked at for verifiers that have no bound of their own (Java's builder, libpkix): 5,000, half a
/// second of signatures at worst. Past it the verdict is said to depend.
pub const CHAIN_CANDIDATES: usize = 5_000;

/// Faults told behind the first: 8.
pub const CHAIN_FAULTS: usize = 8;

// Servers (`handshake`).

/// Time to resolve a name: 10 s, twice what glibc waits for one server of names before it asks the next
/// (`RES_TIMEOUT`, resolv.h; resolv.conf(5)).
pub const RESOLVE_TIME: Duration = Duration::from_secs(10);

/// Time to connect to one address: 10 s. An answer takes a third of a second around the world; Linux
/// alone would try for two minutes (`tcp_syn_retries`, tcp(7)).
pub const CONNECT_TIME: Duration = Duration::from_secs(10);

/// Time to wait for the next octets of a server: 10 s. A mail server may hold its greeting back for some
/// seconds to tell impatient clients apart (`postscreen_greet_wait` of Postfix: 6 s).
pub const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Time for all it takes to get a chain from a server: 30 s, however little at a time it sends.
pub const FETCH_TIME: Duration = Duration::from_secs(30);

/// Servers that are asked for their chains at once: 16. A hundred of them, each a third of a second away, then take two
/// seconds.
pub const SERVERS_AT_ONCE: usize = 16;

/// Addresses of one name that are tried: 16. Resolvers return some four; a hostile one returns thousands.
pub const ADDRESSES: usize = 16;

/// Octets of one line that a server or proxy answers with: 4 KiB. SMTP's are 512 (RFC 5321, 4.5.3.1.5),
/// IMAP's 8,192 at most and some hundred in what comes before STARTTLS (RFC 7162, 4).
pub const ANSWER_LINE: usize = 4096;

/// Octets that a server sends before TLS begins, or a proxy before the tunnel does: 64 KiB, some hundred
/// times the longest list of capabilities known.
pub const ANSWER_OCTETS: usize = 64 * 1024;

/// Octets of an answer: what it says in text is some words.
pub const LDAP_ANSWER: usize = 16 * 1024;

/// Octets of a greeting: it has some hundred.
pub const MYSQL_GREETING: usize = 4096;

/// Octets that a server sends from the beginning of TLS to the end of its certificates: 256 KiB, four
/// times the longest message that rustls takes (0xffff, `MAX_HANDSHAKE_SIZE`, msgs/deframer/handshake.rs of
/// 0.23).
pub const HANDSHAKE_OCTETS: usize = 256 * 1024;

/// Certificates that a server presents: 100, the depth to which OpenSSL verifies (`default_table`,
/// crypto/x509/x509_vpm.c). The longest chain of public servers has some six.
pub const PRESENTED: usize = 100;

// Plans and what is written (`plan`, `apply`).

/// Bytes of a saved plan: 64 MiB. One that rewrites thirty bundles of 240 kB, as base64, has ten.
pub const PLAN_SIZE: usize = 64 * 1024 * 1024;

/// Unions that are tried before the best so far has to do: 100,000 take less than a second, and chains whose roots are
/// cross-signed have two or three sets each.
pub const UNIONS_TRIED: usize = 100_000;

/// Octets of one file that are looked at to tell whose it is: no certificate file of castore's is as long as 1 MiB.
pub const DIRECTORY_FILE: u64 = 1024 * 1024;

/// Octets of a file that a link leads to, at most: a bundle has some hundred thousand.
pub const LINKED_FILE: u64 = 16 << 20;

/// Octets of a list of what a system selects, as `ca-certificates.conf` is, at most: 1 MiB; that of 150 roots has 6 kB.
pub const LIST_FILE: u64 = 1 << 20;

/// Runs of `sync` and its like whose backups are kept: 20, some weeks of an administrator's work and 5 MB where each
/// changed a bundle. The last run that changed a file is kept beyond them.
pub const RUNS_KEPT: usize = 20;

/// Runs that are remembered without their backups: 1,000, some megabytes of journals.
pub const RUNS_REMEMBERED: usize = 1000;

/// Octets of one file of a journal: 256 MiB, some hundred thousand files at a kilobyte each with a full set of
/// extended attributes (64 KiB, xattr(7)) on a few.
pub const JOURNAL_SIZE: u64 = 256 * 1024 * 1024;

/// Octets of a command in a table of cron(8): 998. Debian's refuses more (`MAX_COMMAND`, cron.h of 3.0pl1; crontab -n
/// says so); cronie takes far more.
pub const CRON_COMMAND: usize = 998;

// Commands that are run (`apply`).

/// Time for a refresh command: 5 minutes, fifty times what `update-ca-certificates` with Debian's Java trigger takes on
/// a workstation; a small board is ten times as slow.
pub const REFRESH_TIME: Duration = Duration::from_secs(300);

/// Time for the reader of a store to say what it reads: 60 s, thirty times what `keytool` takes for 150 roots, the
/// slowest of them.
pub const READER_TIME: Duration = Duration::from_secs(60);

/// Octets of what a refresh command prints that are told and kept: 256 KiB. `update-ca-certificates --verbose` and
/// Debian's Java trigger print a line for each root, some 20 KiB.
pub const REFRESH_OUTPUT: usize = 256 * 1024;

/// Octets of what a reader prints: 128 MiB. `keytool -list -rfc` prints a store as PEM with a heading for each
/// entry, less than twice the [`FILE_SIZE`] of it.
pub const READER_OUTPUT: usize = 128 * 1024 * 1024;

/// Octets of one line that a command prints that are told: 4 KiB, as long as a path may be (`PATH_MAX`).
pub const COMMAND_LINE: usize = 4096;

/// How often it is asked whether a command has ended: every 10 ms.
pub const COMMAND_TICK: Duration = Duration::from_millis(10);

/// How long is listened to what children of a command say after it has ended: 1 s.
pub const COMMAND_UNHEARD: Duration = Duration::from_secs(1);

// Reports (`render`).

/// Results of one run of SARIF: 25,000, as many as GitHub takes ("SARIF support for code scanning", limits).
pub const SARIF_RESULTS: usize = 25_000;

/// Octets of a monitoring plugin's output: 8,192, where Nagios cuts it off (`MAX_PLUGIN_OUTPUT_LENGTH`,
/// include/nagios.h of 4.4).
pub const PLUGIN_OUTPUT: usize = 8192;

/// Characters of a page of Markdown: 60,000. A comment of GitHub has at most 65,536.
pub const MARKDOWN_PAGE: usize = 60_000;
