//! Delivery: every notice is tried until it is taken or its schedule ends.
//!
//! A notice is claimed in the store before it is tried and settled after, so a crash in between
//! tries it again: at least once. Few of one receiver are tried at the same time, and only one of a
//! receiver that lets us wait, so that it delays nobody else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::{NotifyId, wait_after};
use jiff::{SignedDuration, Timestamp};
use store::{Claim, Notice, NoticeState, Settled};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::notice::NoticeDesk;
use crate::outbound::OutboundError;
use crate::{Engine, EngineError};

/// When a try of which nothing is heard is taken for lost.
const LEASE: SignedDuration = SignedDuration::from_secs(30);
/// Tries at the same time.
const AT_ONCE: usize = 256;
/// Of one receiver.
const PER_RECEIVER: usize = 8;
/// Of one receiver whose last try ran out of time.
const PER_SLOW_RECEIVER: usize = 1;
/// Of all such receivers together: the rest is for those who answer.
const SLOW_AT_ONCE: usize = AT_ONCE / 2;
/// Slow receivers that are remembered.
const SLOW_KNOWN: usize = 10_000;
/// As much of an answer as is read.
const ANSWER: usize = 1024;
/// The only answer that counts.
const TAKEN: &[u8] = b"success";
/// Longest rest, for what is written by another process or a clock that jumps.
const REST: Duration = Duration::from_secs(15);
/// Shortest rest before what is due already is looked at again without a reason.
const BREATH: Duration = Duration::from_secs(1);

/// What is being tried.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    running: Mutex<Running>,
    woken: Notify,
}

#[derive(Debug, Default)]
struct Running {
    busy: BTreeMap<String, BTreeSet<NotifyId>>,
    slow: BTreeSet<String>,
    /// The receiver served last.
    after: String,
}

impl Delivery {
    fn with<T>(&self, change: impl FnOnce(&mut Running) -> T) -> T {
        change(&mut self.running.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A try that is running. It is over when this is dropped, whatever ended it.
struct Trying {
    engine: Arc<Engine>,
    receiver: String,
    id: NotifyId,
}

impl Drop for Trying {
    fn drop(&mut self) {
        self.engine.delivery.with(|running| {
            if let Some(ids) = running.busy.get_mut(&self.receiver) {
                ids.remove(&self.id);
                if ids.is_empty() {
                    running.busy.remove(&self.receiver);
                }
            }
        });
    }
}

/// Why a try failed. The words are kept, and shown to operators.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    Outbound(OutboundError),
    Status(u16),
    Answer,
    Ours,
}

impl Fault {
    fn words(&self) -> String {
        match self {
            Self::Outbound(OutboundError::Invalid(_)) => "the address cannot be used".into(),
            Self::Outbound(OutboundError::Forbidden) => "the address is not public".into(),
            Self::Outbound(OutboundError::ConnectTimeout) => "no connection in time".into(),
            Self::Outbound(OutboundError::ResponseTimeout) => "no answer in time".into(),
            Self::Outbound(
                OutboundError::TooLarge
                | OutboundError::Unreachable
                | OutboundError::CutOff
                | OutboundError::Failed,
            ) => "the connection failed".into(),
            Self::Status(status @ 300..400) => format!("HTTP {status}: redirects do not count"),
            Self::Status(status) => format!("HTTP {status}"),
            Self::Answer => "the answer is not the word success".into(),
            Self::Ours => "the notice could not be written".into(),
        }
    }

    fn is_slow(&self) -> bool {
        matches!(
            self,
            Self::Outbound(OutboundError::ConnectTimeout | OutboundError::ResponseTimeout)
        )
    }
}

impl Engine {
    /// Delivery looks for what is due.
    pub(crate) fn wake_delivery(&self) {
        self.delivery.woken.notify_one();
    }

    /// Delivers notices until dropped. To be run once per process.
    pub async fn run_notices(self: Arc<Self>) {
        if let Err(error) = self.release().await {
            tracing::warn!(%error, "notices of an earlier run stay claimed for a while");
        }
        let mut tries = JoinSet::new();
        loop {
            // Each round anew: the key that signs may have been exchanged.
            let rest = match self.directory.get().notices.clone() {
                None => REST,
                Some(desk) => match self.start_due(&desk, &mut tries).await {
                    Ok(_) => self.rest().await,
                    Err(error) => {
                        tracing::warn!(%error, "notices could not be looked for");
                        BREATH
                    }
                },
            };
            tokio::select! {
                () = self.delivery.woken.notified() => {}
                Some(_) = tries.join_next() => {}
                () = tokio::time::sleep(rest) => {}
            }
            while tries.try_join_next().is_some() {}
        }
    }

    /// Delivers what is due until nothing is; tells how many tries were made.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn deliver_due(self: &Arc<Self>) -> Result<usize, EngineError> {
        let Some(desk) = self.directory.get().notices.clone() else { return Ok(0) };
        let (mut tries, mut made) = (JoinSet::new(), 0);
        loop {
            made += self.start_due(&desk, &mut tries).await?;
            if tries.join_next().await.is_none() {
                return Ok(made);
            }
        }
    }

    /// What an earlier process had claimed is due again. Where other nodes are at work it may be
    /// theirs: there it comes due when its claim ends.
    async fn release(&self) -> Result<(), EngineError> {
        if self.store.is_shared() {
            return Ok(());
        }
        let now = self.now();
        self.store.release_notices(now, later(now, LEASE)).await?;
        Ok(())
    }

    async fn start_due(
        self: &Arc<Self>,
        desk: &NoticeDesk,
        tries: &mut JoinSet<()>,
    ) -> Result<usize, EngineError> {
        let claim = self.claim();
        if claim.most == 0 {
            return Ok(0);
        }
        let claimed = self.store.claim_notices(claim).await?;
        let started = claimed.len();
        for notice in claimed {
            let trying = self.begin(&notice);
            let (desk, engine) = (desk.clone(), Arc::clone(self));
            tries.spawn(async move {
                engine.deliver(&desk, notice).await;
                drop(trying);
            });
        }
        Ok(started)
    }

    fn claim(&self) -> Claim {
        let now = self.now();
        self.delivery.with(|running| {
            let at_work: usize = running.busy.values().map(BTreeSet::len).sum();
            Claim {
                now,
                until: later(now, LEASE),
                most: AT_ONCE.saturating_sub(at_work),
                per_receiver: PER_RECEIVER,
                slow: running.slow.clone(),
                per_slow_receiver: PER_SLOW_RECEIVER,
                most_slow: SLOW_AT_ONCE,
                busy: running.busy.clone(),
                after: running.after.clone(),
            }
        })
    }

    fn begin(self: &Arc<Self>, notice: &Notice) -> Trying {
        let receiver = notice.receiver.clone();
        self.delivery.with(|running| {
            running.after.clone_from(&receiver);
            running.busy.entry(receiver.clone()).or_default().insert(notice.id);
        });
        Trying { engine: Arc::clone(self), receiver, id: notice.id }
    }

    /// How long nothing will be due.
    async fn rest(&self) -> Duration {
        let Ok(due) = self.store.next_notice_due().await else { return BREATH };
        let left = due.map(|due| due.duration_since(self.now()));
        match left.map(Duration::try_from) {
            None => REST,
            // Due and not claimed: its receiver is busy, or an earlier notice is being tried.
            Some(Err(_) | Ok(Duration::ZERO)) => BREATH,
            Some(Ok(left)) => left.min(REST),
        }
    }

    async fn deliver(&self, desk: &NoticeDesk, notice: Notice) {
        let result = self.send(desk, &notice).await;
        let slow = matches!(&result, Err(fault) if fault.is_slow());
        self.delivery.with(|running| {
            if slow {
                if running.slow.len() >= SLOW_KNOWN {
                    running.slow.clear();
                }
                running.slow.insert(notice.receiver.clone());
            } else {
                running.slow.remove(&notice.receiver);
            }
        });
        let settled = self.judge(&notice, result);
        tell(&notice, &settled);
        self.tally.tried(settled.state);
        if let Err(error) = self.store.settle_notice(settled).await {
            // It comes due again when its claim ends.
            tracing::warn!(notify_id = %notice.id, %error, "what came of a notice was not stored");
        }
    }

    async fn send(&self, desk: &NoticeDesk, notice: &Notice) -> Result<(), Fault> {
        let ours = |error: EngineError| {
            tracing::error!(notify_id = %notice.id, %error, "a notice could not be written");
            Fault::Ours
        };
        self.meet(Some(&notice.address)).await.map_err(ours)?;
        let url = self.notice_address(notice).map_err(ours)?;
        let body = desk.form.body(notice, self.mode).map_err(ours)?;
        let answer = desk
            .outbound
            .post_form(&url, body, desk.timeout, ANSWER)
            .await
            .map_err(Fault::Outbound)?;
        match answer.status {
            200 if answer.body.trim_ascii() == TAKEN => Ok(()),
            200 => Err(Fault::Answer),
            status => Err(Fault::Status(status)),
        }
    }

    fn judge(&self, notice: &Notice, result: Result<(), Fault>) -> Settled {
        let now = self.now();
        let (state, at, fault) = match result {
            Ok(()) => (NoticeState::Delivered, now, None),
            Err(fault) => {
                let tries = u32::try_from(notice.tries).unwrap_or(u32::MAX).saturating_add(1);
                match wait_after(tries) {
                    Some(wait) => (NoticeState::Pending, later(now, wait), Some(fault.words())),
                    None => (NoticeState::Dead, now, Some(fault.words())),
                }
            }
        };
        Settled { id: notice.id, tries: notice.tries, state, at, fault }
    }
}

/// The receiver's host is told, never the address.
fn tell(notice: &Notice, settled: &Settled) {
    let (notify_id, certify_id) = (notice.id, notice.certify_id);
    let (receiver, tries) = (&notice.receiver, notice.tries + 1);
    let fault = settled.fault.as_deref().unwrap_or_default();
    match settled.state {
        NoticeState::Delivered => {
            tracing::info!(%notify_id, %certify_id, receiver, tries, "notice delivered");
        }
        NoticeState::Pending => {
            tracing::info!(%notify_id, %certify_id, receiver, tries, fault, "notice not taken");
        }
        NoticeState::Dead => {
            tracing::warn!(
                %notify_id, %certify_id, receiver, tries, fault,
                "notice given up; see `certifyd notices list`"
            );
        }
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}
