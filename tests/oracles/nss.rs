//! certutil and pk12util: NSS databases.
