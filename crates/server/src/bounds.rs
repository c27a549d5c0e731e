//! What nobody may exceed: rates, places, memory. A limit that is met is answered at once.
//!
//! Rates are kept by the clock of the engine, so that they can be tested and moved with it; what
//! guards sockets is in [`crate::serving`] and goes by the time that passes.

mod address;
mod places;
mod proxies;
mod rate;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use domain::{AppId, CertifyId};
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use address::Address;
pub(crate) use places::{Place, Places};
pub use proxies::Proxies;
pub use rate::Rate;
pub(crate) use rate::{Meter, Wait};

/// Addresses that are told apart at once; those who come later share one measure.
const ADDRESSES: usize = 100_000;
/// People that are told apart at once, likewise.
const PEOPLE: usize = 100_000;
/// Pictures of one certification: some tries of every step, and no more than a few a minute after.
const PICTURES: Rate = Rate::of(120, Duration::from_mins(10));
/// Pictures that are received at once, all in all and of one certification.
const UPLOADS: (usize, usize) = (32, 2);

/// What refusals are counted by, in the order of [`Bounds::count`]'s numbers.
const LIMITS: [&str; 10] = [
    "app_calls",
    "sign_ins",
    "page_requests",
    "failed_secrets",
    "same_person",
    "uploads",
    "calls_in_progress",
    "pages_in_progress",
    "body_memory",
    "connections",
];

/// The bounds of a server: `[limits]` and `trusted_proxies` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once; more are closed as they come.
    pub connections: usize,
    /// Connections at once of one address. Proxies and this machine itself are not counted.
    pub connections_per_address: usize,
    /// How long the head of a request may take.
    pub header_timeout: Duration,
    /// How long a connection may rest between two requests.
    pub idle_timeout: Duration,
    /// How long a body may pause, and a receiver not read.
    pub stall_timeout: Duration,
    /// Calls that are worked on at once, and as many requests of pages; more are refused.
    pub in_progress: usize,
    /// Bytes of large bodies that are held at once.
    pub body_memory: usize,
    /// Calls of one application, after its signature was checked.
    pub app_calls: Option<Rate>,
    /// Sessions one address may open.
    pub sign_ins: Option<Rate>,
    /// Requests of people's pages by one address.
    pub page_requests: Option<Rate>,
    /// Wrong tokens and secrets of one address.
    pub failed_secrets: Option<Rate>,
    /// Certifications one application may open for the same person.
    pub same_person: Option<Rate>,
    /// Whom to believe where a request comes from.
    pub trusted_proxies: Proxies,
}

impl Default for Limits {
    /// No rates; everything else as the configuration has it if it says nothing.
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 256,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            stall_timeout: Duration::from_secs(20),
            in_progress: 1024,
            body_memory: 256 * 1024 * 1024,
            app_calls: None,
            sign_ins: None,
            page_requests: None,
            failed_secrets: None,
            same_person: None,
            trusted_proxies: Proxies::default(),
        }
    }
}

/// Whose budget a call is taken from. What pages can spend is not what a back end has: their
/// secret is in everybody's hands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Budget {
    /// Of the application's back end.
    App(AppId),
    /// Of the pages of a space.
    Pages(String),
}

/// The limits, and how much of them is used.
#[derive(Debug)]
pub struct Bounds {
    pub(crate) limits: Limits,
    app_calls: Meter<Budget>,
    sign_ins: Meter<IpAddr>,
    page_requests: Meter<IpAddr>,
    failed_secrets: Meter<IpAddr>,
    same_person: Meter<(AppId, [u8; 32])>,
    pictures: Meter<CertifyId>,
    uploads: Places<CertifyId>,
    calls: Arc<Semaphore>,
    pages: Arc<Semaphore>,
    bodies: Arc<Semaphore>,
    pub(crate) connections: Places<IpAddr>,
    refused: [AtomicU64; LIMITS.len()],
}

impl Bounds {
    /// Nothing of `limits` is used yet.
    pub fn new(limits: Limits) -> Self {
        let places = || Arc::new(Semaphore::new(limits.in_progress.min(Semaphore::MAX_PERMITS)));
        Self {
            app_calls: Meter::new(limits.app_calls, ADDRESSES),
            sign_ins: Meter::new(limits.sign_ins, ADDRESSES),
            page_requests: Meter::new(limits.page_requests, ADDRESSES),
            failed_secrets: Meter::new(limits.failed_secrets, ADDRESSES),
            same_person: Meter::new(limits.same_person, PEOPLE),
            pictures: Meter::new(Some(PICTURES), ADDRESSES),
            uploads: Places::new(UPLOADS.0, UPLOADS.1),
            calls: places(),
            pages: places(),
            bodies: Arc::new(Semaphore::new(limits.body_memory.min(Semaphore::MAX_PERMITS))),
            connections: Places::new(limits.connections, limits.connections_per_address),
            refused: std::array::from_fn(|_| AtomicU64::new(0)),
            limits,
        }
    }

    /// Whether another call of `budget` may be carried out. To be asked once the signature is
    /// checked, or others could use up what an application has.
    pub(crate) fn call(&self, budget: Budget, now: Timestamp) -> Result<(), Wait> {
        self.count(0, self.app_calls.take(budget, now))
    }

    /// Whether another session may be opened from there.
    pub(crate) fn sign_in(&self, from: Address, now: Timestamp) -> Result<(), Wait> {
        self.count(1, from.limited().map_or(Ok(()), |key| self.sign_ins.take(key, now)))
    }

    /// Whether another page may be asked for from there.
    pub(crate) fn page(&self, from: Address, now: Timestamp) -> Result<(), Wait> {
        self.count(2, from.limited().map_or(Ok(()), |key| self.page_requests.take(key, now)))
    }

    /// Whether a secret from there is looked at. Only wrong ones count: [`Self::wrong_secret`].
    pub(crate) fn may_try_secret(&self, from: Address, now: Timestamp) -> Result<(), Wait> {
        self.count(3, from.limited().map_or(Ok(()), |key| self.failed_secrets.has_left(key, now)))
    }

    /// A secret from there was wrong.
    pub(crate) fn wrong_secret(&self, from: Address, now: Timestamp) {
        if let Some(key) = from.limited() {
            // Who asked had something left.
            let _ = self.failed_secrets.take(key, now);
        }
    }

    /// Whether `app` may open another certification for `person`, a keyed digest.
    pub(crate) fn person(
        &self,
        app: &AppId,
        person: impl FnOnce() -> [u8; 32],
        now: Timestamp,
    ) -> Result<(), Wait> {
        if self.limits.same_person.is_none() {
            return Ok(());
        }
        self.count(4, self.same_person.take((app.clone(), person()), now))
    }

    /// Lets a picture of `id` in; none if too many came, or are coming now.
    pub(crate) fn upload(&self, id: CertifyId, now: Timestamp) -> Option<Place<CertifyId>> {
        let place = self.uploads.enter(Some(id));
        let place = place.filter(|_| self.pictures.take(id, now).is_ok());
        self.count(5, place.ok_or(())).ok()
    }

    /// A place for a call.
    pub(crate) fn enter_call(&self) -> Option<OwnedSemaphorePermit> {
        self.count(6, Arc::clone(&self.calls).try_acquire_owned()).ok()
    }

    /// A place for a request of a page.
    pub(crate) fn enter_page(&self) -> Option<OwnedSemaphorePermit> {
        self.count(7, Arc::clone(&self.pages).try_acquire_owned()).ok()
    }

    /// Memory for `bytes` more of a body.
    pub(crate) fn hold(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes).ok()?;
        self.count(8, Arc::clone(&self.bodies).try_acquire_many_owned(bytes)).ok()
    }

    /// A place for a connection, counted for `key` if there is one.
    pub(crate) fn connect(&self, key: Option<IpAddr>) -> Option<Place<IpAddr>> {
        self.count(9, self.connections.enter(key).ok_or(())).ok()
    }

    /// Calls that are worked on now.
    pub(crate) fn calls_now(&self) -> usize {
        self.limits.in_progress.saturating_sub(self.calls.available_permits())
    }

    /// How often each limit was met.
    pub(crate) fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counts = self.refused.iter().map(|count| count.load(Ordering::Relaxed));
        LIMITS.into_iter().zip(counts)
    }

    fn count<T, E>(&self, limit: usize, result: Result<T, E>) -> Result<T, E> {
        if let (Err(_), Some(count)) = (&result, self.refused.get(limit)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        result
    }
}
