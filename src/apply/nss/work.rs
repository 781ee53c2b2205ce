//! certutil at work in a private copy of a database.

use super::super::command::scratch::{Room, Scratch};
use super::super::command::{Account, Job, Ran, run};
use super::{Files, NssError, Request, database};
use crate::limits::{READER_OUTPUT, READER_TIME};
use crate::model::Certificate;

/// What NSS says where a password is needed, or another one (`SEC_ERROR_BAD_PASSWORD`, -8177).
const BAD_PASSWORD: &str = "SEC_ERROR_BAD_PASSWORD";

/// A copy that certutil works on.
///
/// Over a database of another root it works as nobody, and so do other programs: while it runs, these can read what it
/// is given, the copy and the passwords that are tried. A number that no account has would keep them out, but in
/// containers few numbers are to be had and nobody's is one, and castore does not run it as root instead.
pub(super) struct Work<'a> {
    request: &'a Request<'a>,
    pub(super) room: Room,
    account: Account,
    /// Which of the password files opens it, once that is known.
    password: usize,
}

impl<'a> Work<'a> {
    pub(super) fn begin(request: &'a Request<'a>, files: &Files, scratch: &Scratch) -> Result<Self, NssError> {
        let mut room = scratch.room()?;
        for (name, bytes) in files.all() {
            room.put(name, bytes)?;
        }
        for (_, certificate) in request.add {
            room.put(&format!("{}.der", certificate.fingerprint()), certificate.der())?;
        }
        room.put(&password(0), b"\n")?;
        let account = room.give(if request.is_foreign { Account::NOBODY_OR_NONE } else { files.reader() })?;
        if request.is_foreign && account == Account::Own && super::super::sys::is_superuser() {
            return Err(NssError::Foreign(request.directory.to_owned()));
        }
        let mut work = Self { request, room, account, password: 0 };
        // Each is handed over when those before it did not fit, and is taken away again.
        while work.is_locked()? {
            let Some(next) = request.passwords.get(work.password) else {
                return Err(NssError::Password(request.directory.to_owned()));
            };
            work.room.remove(&password(work.password))?;
            work.password += 1;
            work.room.hand(&password(work.password), format!("{}\n", next.reveal()).as_bytes(), account)?;
        }
        Ok(work)
    }

    /// Whether the password does not open it: listing keys has to ask for it. That there are none is another failure.
    fn is_locked(&self) -> Result<bool, NssError> {
        let ran = self.run(&["-K"])?;
        Ok(!ran.is_well() && says(&ran, BAD_PASSWORD))
    }

    pub(super) fn certutil(&self, arguments: &[&str], about: Option<&Certificate>) -> Result<(), NssError> {
        let ran = self.run(arguments)?;
        match ran.is_well() {
            true => Ok(()),
            false if says(&ran, BAD_PASSWORD) => Err(NssError::Password(self.request.directory.to_owned())),
            false => {
                let text = String::from_utf8_lossy(&ran.stderr);
                let about = about.map(|certificate| format!("{}: ", certificate.fingerprint().short()));
                let said = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
                Err(NssError::Certutil(format!("{}{}: {}", about.unwrap_or_default(), ran.ended, said.trim())))
            }
        }
    }

    fn run(&self, arguments: &[&str]) -> Result<Ran, NssError> {
        let password = self.room.path().join(password(self.password));
        let means = ["-d".into(), database(self.room.path()), "-f".into(), password.into_os_string()];
        let job = Job {
            name: "certutil",
            directories: &[],
            arguments: arguments.iter().map(Into::into).chain(means).collect(),
            environment: Vec::new(),
            home: Some(self.room.path().to_path_buf()),
            starts_nothing: true,
            account: self.account,
            time: READER_TIME,
            octets: READER_OUTPUT,
        };
        Ok(run(&job, &mut |_| {})?)
    }
}

fn says(ran: &Ran, words: &str) -> bool {
    String::from_utf8_lossy(&ran.stderr).contains(words)
}

/// The name of the file that a password is in.
fn password(number: usize) -> String {
    format!("password-{number}")
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a test makes what it reads")]

    use super::*;
    use crate::model::Password;
    use std::fs;
    use std::process::Command;

    /// Passwords that are given for other stores are none of certutil's business.
    #[test]
    fn no_password_is_handed_over_but_the_one_that_fits() {
        let place = tempfile::tempdir().unwrap();
        let base = place.path().canonicalize().unwrap();
        let passwords = ["first", "second", "third"].map(|text| Password::new(text.to_owned()));
        for (own, handed) in [("", "password-0"), ("second", "password-2")] {
            let directory = &base.join(format!("of-{own}"));
            fs::create_dir(directory).unwrap();
            let file = base.join("own");
            fs::write(&file, format!("{own}\n")).unwrap();
            let mut certutil = Command::new("certutil");
            certutil.args(["-N", "-d"]).arg(database(directory)).arg("-f").arg(&file);
            if !certutil.output().is_ok_and(|ran| ran.status.success()) {
                eprintln!("skipped: certutil is not here");
                return;
            }
            let scratch = Scratch::open(base.join("scratch")).unwrap();
            let request = Request { directory, add: &[], remove: &[], passwords: &passwords, is_foreign: false };
            let work = Work::begin(&request, &Files::read(directory).unwrap(), &scratch).unwrap();
            let names = fs::read_dir(work.room.path()).unwrap().map(|entry| entry.unwrap().file_name());
            let mut given: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
            given.retain(|name| name.starts_with("password"));
            assert_eq!(given, [handed]);
            let none = Request { passwords: &passwords[..1], ..request };
            let begun = Work::begin(&none, &Files::read(directory).unwrap(), &scratch);
            assert_eq!(matches!(begun, Err(NssError::Password(_))), own == "second");
        }
    }
}
