//! A unit of work: all of it or nothing, on either engine.

use crate::{Conn, StoreError};

/// What is to be done in one transaction.
///
/// On SQLite the unit runs in a savepoint of a shared transaction, on the writer's thread; on an
/// engine behind a network in a transaction of its own, again if another node was in its way: it must
/// be able to run more than once. What only reads is one statement. Hence asynchronous.
#[async_trait::async_trait]
pub(crate) trait Work: Send + 'static {
    /// What it answers, after the commit.
    type Output: Send + 'static;

    /// Does it.
    async fn run(&mut self, conn: &mut Conn<'_>) -> Result<Self::Output, StoreError>;
}

/// Runs a unit on a connection that never waits.
pub(crate) fn run_now<W: Work>(work: &mut W, mut conn: Conn<'_>) -> Result<W::Output, StoreError> {
    let mut future = work.run(&mut conn);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut context) {
        std::task::Poll::Ready(result) => result,
        std::task::Poll::Pending => {
            Err(StoreError::Unavailable("a unit of work waited for something else".into()))
        }
    }
}
