//! The one way in.

use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::conversation::{Ending, converse};
use super::folder;
use super::pool::{Full, Key, Lease, Pool};
use super::worker::{Worker, WorkerCommand};
use crate::frames::{Call, FRAME_MARGIN, Failure, MAX_FRAME, Purpose, Setup, ToGuest};
use crate::usage::{Counts, Reason, Usage};
use crate::{FunctionError, FunctionName, Host, HostFailure, Invocation, Limits, LogLevel};

/// What a guest gets on top of its deadline to say by itself that it was too slow, before its
/// process is killed.
const GRACE: Duration = Duration::from_millis(250);

/// With less time than this left, a call is not begun.
const LEAST: Duration = Duration::from_millis(1);

/// Runs functions. Cheap to clone; all clones share one pool of workers.
#[derive(Clone)]
pub struct Runtime(Arc<Shared>);

struct Shared {
    command: WorkerCommand,
    limits: Limits,
    ctx_extension: &'static str,
    reload: bool,
    pool: Arc<Pool>,
    counts: Arc<Counts>,
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { command, limits, reload, .. } = &*self.0;
        f.debug_struct("Runtime")
            .field("command", command)
            .field("limits", limits)
            .field("reload", reload)
            .finish_non_exhaustive()
    }
}

impl Runtime {
    /// A runtime whose workers are started by `command`.
    ///
    /// `ctx_extension` is the source of a JavaScript function expression,
    /// `(ctx, hostCall, util) => void`, which may add members to the `ctx` of every call;
    /// `hostCall(op, payload)` reaches [`Host::call`]. With `reload`, a function whose files
    /// changed is loaded anew.
    pub fn new(
        command: WorkerCommand,
        limits: Limits,
        ctx_extension: &'static str,
        reload: bool,
    ) -> Self {
        let pool = Pool::new(limits.clone());
        let counts = Arc::default();
        Self(Arc::new(Shared { command, limits, ctx_extension, reload, pool, counts }))
    }

    /// Calls a function and gives the JSON text of its result.
    pub async fn invoke(
        &self,
        invocation: Invocation,
        host: Arc<dyn Host>,
    ) -> Result<String, FunctionError> {
        let under_way = self.0.counts.begin();
        let span = tracing::info_span!(
            target: "traced",
            "function",
            otel.status_code = Empty,
            faas.invoked_name = Empty,
            error.type = Empty,
        );
        let result = self.0.invoke(invocation, host, Purpose::Run).instrument(span.clone()).await;
        if let Err(error) = &result {
            span.record("otel.status_code", "error");
            span.record("error.type", error.kind());
        }
        under_way.ended(&result);
        result
    }

    /// Loads a function without calling it: its module runs, its entry is looked at.
    ///
    /// # Errors
    /// Why a call of it would fail before its handler runs.
    pub async fn load(&self, root: &Path, name: &FunctionName) -> Result<(), FunctionError> {
        let invocation = Invocation {
            name: name.clone(),
            root: root.to_owned(),
            request_id: String::new(),
            args: "{}".to_owned(),
            env: Vec::new(),
        };
        self.0.invoke(invocation, Arc::new(Nobody), Purpose::Load).await.map(drop)
    }

    /// The functions in the folder `root`, in order.
    pub fn list(root: &Path) -> io::Result<Vec<FunctionName>> {
        folder::list(root)
    }

    /// How much it is used.
    pub fn usage(&self) -> Usage {
        self.0.counts.usage(self.0.pool.idle())
    }

    /// Refuses new calls, waits for running ones, and ends every worker.
    pub async fn shutdown(&self) {
        self.0.pool.close().await;
    }
}

/// The host of a module that is only loaded: it grants nothing.
struct Nobody;

#[async_trait::async_trait]
impl Host for Nobody {
    async fn call(&self, _: &str, _: String) -> Result<String, HostFailure> {
        Err(HostFailure::new("MethodNotSupported", "nothing can be asked while only loading"))
    }

    fn log(&self, _: LogLevel, _: &str) {}
}

impl Shared {
    async fn invoke(
        &self,
        invocation: Invocation,
        host: Arc<dyn Host>,
        purpose: Purpose,
    ) -> Result<String, FunctionError> {
        let until = Instant::now() + self.limits.deadline;
        check(&invocation)?;
        // The folder has one of this name: a caller has not made it up.
        Span::current().record("faas.invoked_name", invocation.name.as_str());
        let mut lease = self.lease(&invocation, until).await?;
        if until.saturating_duration_since(Instant::now()) < LEAST {
            return Err(self.timed_out());
        }
        if let Some(worker) = self.warm(&mut lease) {
            let (worker, ending) = self.run(worker, &invocation, &host, purpose, until).await;
            // It died while it was idle. None of the call has run, so a fresh worker may.
            if !matches!(ending, Ending::NotStarted) {
                return self.conclude(lease, worker, ending);
            }
            worker.end(Reason::Crashed);
        }
        let worker = self.spawn(&invocation)?;
        let (worker, ending) = self.run(worker, &invocation, &host, purpose, until).await;
        self.conclude(lease, worker, ending)
    }

    async fn lease(&self, call: &Invocation, until: Instant) -> Result<Lease, FunctionError> {
        let key = Key { root: call.root.clone(), name: call.name.clone() };
        match timeout_at(until, self.pool.lease(&key)).await {
            Ok(Ok(lease)) => Ok(lease),
            Ok(Err(Full)) => Err(FunctionError::Busy),
            Err(_) => Err(self.timed_out()),
        }
    }

    /// The lease's warm worker, unless its code is out of date.
    fn warm(&self, lease: &mut Lease) -> Option<Worker> {
        let worker = lease.take_worker()?;
        if self.reload && !folder::unchanged(&worker.files) {
            worker.end(Reason::Changed);
            return None;
        }
        Some(worker)
    }

    fn spawn(&self, invocation: &Invocation) -> Result<Worker, FunctionError> {
        let setup = ToGuest::Setup(Setup {
            memory_bytes: self.limits.memory_bytes,
            stack_bytes: self.limits.stack_bytes,
            result_bytes: self.result_bytes(),
            root: invocation.root.as_os_str().as_bytes().to_vec(),
            function: invocation.name.to_string(),
            extension: self.ctx_extension.to_owned(),
        });
        let setup = setup.encode().map_err(|_| FunctionError::Crashed)?;
        Worker::spawn(&self.command, setup, &self.counts).map_err(|error| {
            tracing::error!(program = ?self.command.program, %error, "no worker could be started");
            FunctionError::Crashed
        })
    }

    async fn run(
        &self,
        mut worker: Worker,
        invocation: &Invocation,
        host: &Arc<dyn Host>,
        purpose: Purpose,
        until: Instant,
    ) -> (Worker, Ending) {
        let left = until.saturating_duration_since(Instant::now());
        let call = Call {
            id: worker.count_call(),
            purpose,
            time_left_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
            request_id: invocation.request_id.clone(),
            args: invocation.args.clone(),
            env: invocation.env.clone(),
        };
        let ending = converse(&mut worker, call, Arc::clone(host), until + GRACE).await;
        (worker, ending)
    }

    /// Turns the ending into the call's answer, and keeps or ends the worker.
    fn conclude(
        &self,
        lease: Lease,
        worker: Worker,
        ending: Ending,
    ) -> Result<String, FunctionError> {
        let (outcome, retire) = match ending {
            Ending::Answered { outcome, retire } => (outcome, retire),
            Ending::Overdue => {
                worker.end(Reason::TimedOut);
                return Err(self.timed_out());
            }
            Ending::NotStarted | Ending::Lost => {
                worker.end(Reason::Crashed);
                return Err(FunctionError::Crashed);
            }
        };
        let answer =
            outcome.map_err(|failure| self.error(failure)).and_then(|text| self.trust(text));
        if matches!(answer, Err(FunctionError::Crashed)) {
            worker.end(Reason::Crashed);
        } else if retire {
            worker.end(Reason::Retired);
        } else if worker.has_calls_left(self.limits.calls_per_worker) {
            lease.give_back(worker);
        } else {
            worker.end(Reason::WornOut);
        }
        answer
    }

    /// Believes a result only after looking at it: a guest may have taken over its worker.
    fn trust(&self, text: String) -> Result<String, FunctionError> {
        if text.len() > self.result_bytes() {
            return Err(self.error(Failure::ResultTooLarge { size: text.len() }));
        }
        match serde_json::from_str::<&RawValue>(&text) {
            Ok(_) => Ok(text),
            Err(_) => Err(FunctionError::Crashed),
        }
    }

    fn error(&self, failure: Failure) -> FunctionError {
        match failure {
            Failure::BadEntry { message } => FunctionError::BadEntry { message },
            Failure::Threw { message, code } => FunctionError::Threw { message, code },
            Failure::TimedOut => self.timed_out(),
            Failure::OutOfMemory => FunctionError::OutOfMemory { limit: self.limits.memory_bytes },
            Failure::ResultTooLarge { size } => {
                FunctionError::ResultTooLarge { size, limit: self.result_bytes() }
            }
        }
    }

    fn timed_out(&self) -> FunctionError {
        FunctionError::TimedOut { limit: self.limits.deadline }
    }

    /// A result must fit into a frame, whatever the limits say.
    fn result_bytes(&self) -> usize {
        self.limits.result_bytes.min(MAX_FRAME - FRAME_MARGIN)
    }
}

/// Refuses what cannot be run at all.
fn check(invocation: &Invocation) -> Result<(), FunctionError> {
    if !folder::holds(&invocation.root, &invocation.name) {
        return Err(FunctionError::NotFound { name: invocation.name.clone() });
    }
    let env: usize = invocation.env.iter().map(|(name, value)| name.len() + value.len()).sum();
    if invocation.args.len() + env + FRAME_MARGIN > MAX_FRAME {
        return Err(FunctionError::Threw {
            message: "the function's arguments are too large".to_owned(),
            code: Some("ArgumentsTooLarge".to_owned()),
        });
    }
    Ok(())
}
