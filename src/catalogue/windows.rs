//! Windows: the ROOT system store of the current user, which includes the machine's.

use super::client::{Client, Edit, Leaf, Look, Rule};
use crate::host::System::Windows;
use crate::policy;

/// The rows of this family.
pub const CLIENTS: &[Client] = &[ROOT];

const STORES: &str = "https://learn.microsoft.com/windows/win32/seccrypto/system-store-locations";

/// `windows-root`: what CryptoAPI trusts.
const ROOT: Client = Client::new(
    "windows-root",
    "the Windows ROOT store",
    "The roots of the current user and the machine, as rustls-native-certs lists them: without expired and not yet \
     valid ones, and those not for TLS servers.",
    Rule::All(&[Leaf::native("Windows ROOT store").look(Look::Keystore).says(STORES)]),
)
.on(&[Windows])
.judged_by(&policy::platform::WINDOWS)
.edit(Edit::Via("certutil -addstore"))
.system();

#[cfg(test)]
mod tests {
    use super::ROOT;
    use crate::catalogue::survey::{Searched, Survey};
    use crate::discover::discover;
    use crate::host::memory::Memory;
    use crate::host::{Host, System};
    use crate::model::StoreId;

    #[test]
    fn the_store_is_asked_on_the_live_machine_only() {
        for live in [true, false] {
            let mut host = Host::new(Box::new(Memory::new()), System::Windows);
            host.live = live;
            let uses = discover(&Survey::new(&host, Searched::default()), [&ROOT]);
            let stores: Vec<_> = uses.iter().flat_map(|found| &found.candidates).map(|c| c.store.clone()).collect();
            let expected = live.then_some(Some(StoreId::Native("Windows ROOT store")));
            assert_eq!(stores, expected.into_iter().collect::<Vec<_>>());
        }
    }
}
