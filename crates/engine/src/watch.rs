//! Tells those who wait that a certification has changed. Within one process; who waits for
//! another node's change looks now and then.

use domain::CertifyId;
use tokio::sync::broadcast;

use crate::Engine;

/// Changes that a slow listener may fall behind before it is told that it missed some.
const BEHIND: usize = 256;

pub(crate) fn sender() -> broadcast::Sender<CertifyId> {
    broadcast::channel(BEHIND).0
}

impl Engine {
    /// The ids of certifications that change from now on.
    pub fn changes(&self) -> broadcast::Receiver<CertifyId> {
        self.changes.subscribe()
    }

    pub(crate) fn changed(&self, id: CertifyId) {
        // Nobody may be listening.
        let _ = self.changes.send(id);
    }
}
