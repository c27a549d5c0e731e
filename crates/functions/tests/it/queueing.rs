//! Who waits for whom.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use functions::{FunctionError, Host, HostFailure, Limits, LogLevel, Runtime};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use crate::folder::{Folder, invocation, worker_command};

/// Answers `wait` once it is let go, and tells when it was asked.
struct Gate {
    /// One permit a question: a notification would not be counted twice.
    asked: Semaphore,
    open: Semaphore,
}

impl Gate {
    fn new() -> Arc<Self> {
        Arc::new(Self { asked: Semaphore::new(0), open: Semaphore::new(0) })
    }
}

#[async_trait]
impl Host for Gate {
    async fn call(&self, _: &str, _: String) -> Result<String, HostFailure> {
        self.asked.add_permits(1);
        self.open.acquire().await.unwrap().forget();
        Ok("null".to_owned())
    }

    fn log(&self, _: LogLevel, _: &str) {}
}

const WAITS: &str = "let n = 0; module.exports = async (ctx) => { await ctx.mpserverless.user.getInfo(); return ++n; };";
const QUICK: &str = "let n = 0; module.exports = () => ++n;";

fn runtime(limits: Limits) -> (Arc<TempDir>, Runtime) {
    let dir = tempfile::tempdir().unwrap();
    for (name, source) in [("waits", WAITS), ("quick", QUICK)] {
        std::fs::create_dir(dir.path().join(name)).unwrap();
        std::fs::write(dir.path().join(name).join("index.js"), source).unwrap();
    }
    (Arc::new(dir), Runtime::new(worker_command(), limits, "", true))
}

type Answer = tokio::task::JoinHandle<Result<String, FunctionError>>;

fn call(at: &(Arc<TempDir>, Runtime), name: &str, gate: &Arc<Gate>) -> Answer {
    let (dir, runtime) = at.clone();
    let (call, gate) = (invocation(dir.path(), name, "{}"), gate.clone());
    tokio::spawn(async move {
        let _dir = dir;
        runtime.invoke(call, gate).await
    })
}

#[tokio::test]
async fn beyond_the_queue_calls_are_refused_at_once() {
    let limits = Limits { workers_per_function: 1, waiting: 1, ..Limits::default() };
    let at = runtime(limits);
    let gate = Gate::new();
    let first = call(&at, "waits", &gate);
    gate.asked.acquire().await.unwrap().forget();
    let second = call(&at, "waits", &gate);
    tokio::task::yield_now().await;
    let third = call(&at, "waits", &gate).await.unwrap();
    assert_eq!(third, Err(FunctionError::Busy));
    gate.open.add_permits(2);
    assert_eq!(first.await.unwrap().as_deref(), Ok("1"));
    assert_eq!(second.await.unwrap().as_deref(), Ok("2"));
}

#[tokio::test]
async fn a_call_that_waits_too_long_times_out_and_leaves_the_queue() {
    let limits = Limits {
        workers_per_function: 1,
        waiting: 1,
        deadline: Duration::from_millis(400),
        ..Limits::default()
    };
    let at = runtime(limits);
    let gate = Gate::new();
    let first = call(&at, "waits", &gate);
    gate.asked.acquire().await.unwrap().forget();
    let second = call(&at, "waits", &gate);
    for answer in [first, second] {
        assert!(matches!(answer.await.unwrap(), Err(FunctionError::TimedOut { .. })));
    }
    // Some for questions of the first two calls, which go on without their guests.
    gate.open.add_permits(3);
    assert_eq!(call(&at, "waits", &gate).await.unwrap().as_deref(), Ok("1"));
}

#[tokio::test]
async fn calls_of_one_function_run_at_the_same_time() {
    let at = runtime(Limits { workers_per_function: 3, ..Limits::default() });
    let gate = Gate::new();
    let calls: Vec<_> = (0..3).map(|_| call(&at, "waits", &gate)).collect();
    for _ in 0..3 {
        gate.asked.acquire().await.unwrap().forget();
        // Three permits at the end only: all three are inside at once.
    }
    gate.open.add_permits(3);
    for answer in calls {
        assert_eq!(answer.await.unwrap().as_deref(), Ok("1"));
    }
}

#[tokio::test]
async fn an_idle_worker_makes_room_for_another_function() {
    let at = runtime(Limits { workers: 1, ..Limits::default() });
    let gate = Gate::new();
    assert_eq!(call(&at, "quick", &gate).await.unwrap().as_deref(), Ok("1"));
    assert_eq!(call(&at, "quick", &gate).await.unwrap().as_deref(), Ok("2"));
    gate.open.add_permits(1);
    assert_eq!(call(&at, "waits", &gate).await.unwrap().as_deref(), Ok("1"));
    // Its worker was ended to make room, so it starts over.
    assert_eq!(call(&at, "quick", &gate).await.unwrap().as_deref(), Ok("1"));
}

#[tokio::test]
async fn a_full_house_is_waited_for() {
    let at = runtime(Limits { workers: 1, ..Limits::default() });
    let gate = Gate::new();
    let first = call(&at, "waits", &gate);
    gate.asked.acquire().await.unwrap().forget();
    let second = call(&at, "quick", &gate);
    tokio::task::yield_now().await;
    gate.open.add_permits(1);
    assert_eq!(first.await.unwrap().as_deref(), Ok("1"));
    assert_eq!(second.await.unwrap().as_deref(), Ok("1"));
}

#[tokio::test]
async fn a_caller_that_leaves_gives_its_place_back() {
    let at = runtime(Limits { workers_per_function: 1, waiting: 1, ..Limits::default() });
    let gate = Gate::new();
    let first = call(&at, "waits", &gate);
    gate.asked.acquire().await.unwrap().forget();
    let second = call(&at, "waits", &gate);
    tokio::task::yield_now().await;
    second.abort();
    assert!(second.await.unwrap_err().is_cancelled());
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.open.add_permits(2);
    let third = call(&at, "waits", &gate);
    assert_eq!(third.await.unwrap().as_deref(), Ok("1"));
}

#[tokio::test]
async fn other_functions_do_not_feel_an_endless_one() {
    let folder = Folder::build(
        &[("bad/index.js", "module.exports = () => { for (;;) {} };"), ("f/index.js", QUICK)],
        Limits { deadline: Duration::from_millis(500), ..Limits::default() },
        "",
    );
    let many = async {
        for n in 1..=20 {
            assert_eq!(folder.call().await, Ok(n.to_string()));
        }
    };
    let (bad, ()) = tokio::join!(folder.call_with("bad", "{}"), many);
    assert!(matches!(bad, Err(FunctionError::TimedOut { .. })));
}

#[tokio::test]
async fn shutting_down_waits_for_calls_and_refuses_new_ones() {
    let at = runtime(Limits::default());
    let gate = Gate::new();
    let running = call(&at, "waits", &gate);
    gate.asked.acquire().await.unwrap().forget();
    let (_, runtime) = at.clone();
    let down = tokio::spawn(async move { runtime.shutdown().await });
    tokio::task::yield_now().await;
    assert_eq!(call(&at, "quick", &gate).await.unwrap(), Err(FunctionError::Busy));
    assert!(!down.is_finished());
    gate.open.add_permits(1);
    assert_eq!(running.await.unwrap().as_deref(), Ok("1"));
    down.await.unwrap();
}

/// Passes `invoke` on to the runtime, as a server would.
struct Nested {
    at: (Arc<TempDir>, Runtime),
}

#[async_trait]
impl Host for Nested {
    async fn call(&self, op: &str, payload: String) -> Result<String, HostFailure> {
        assert_eq!(op, "invoke");
        let payload: serde_json::Value = serde_json::from_str(&payload).unwrap();
        let (dir, runtime) = &self.at;
        let text = |name: &str| payload.get(name).unwrap().as_str().unwrap().to_owned();
        let call = invocation(dir.path(), &text("target"), &text("args"));
        match runtime.invoke(call, Arc::new(Self { at: self.at.clone() })).await {
            Ok(result) => Ok(format!(r#"{{"result":{result}}}"#)),
            Err(error) => Err(HostFailure::new("FunctionBizError", error.message())),
        }
    }

    fn log(&self, _: LogLevel, _: &str) {}
}

#[tokio::test]
async fn functions_call_functions() {
    let (dir, runtime) = runtime(Limits::default());
    let source = "module.exports = async ({ args, mpserverless }) => {
        if (args.n === 0) throw Object.assign(new Error('bottom'), { code: 7 });
        try { return (await mpserverless.function.invoke('down', { n: args.n - 1 })).result; }
        catch (e) { return [args.n, e.message]; }
      };";
    std::fs::create_dir(dir.path().join("down")).unwrap();
    std::fs::write(dir.path().join("down/index.js"), source).unwrap();
    let host = Arc::new(Nested { at: (dir.clone(), runtime.clone()) });
    let result = runtime.invoke(invocation(dir.path(), "down", r#"{"n":3}"#), host).await;
    assert_eq!(result.as_deref(), Ok(r#"[1,"7:bottom"]"#));
}

#[tokio::test]
async fn functions_of_one_folder_leave_workers_for_those_of_another() {
    let limits = Limits { workers_per_folder: 2, workers: 3, ..Limits::default() };
    let (busy, other) = (runtime(limits.clone()), tempfile::tempdir().unwrap());
    std::fs::create_dir(other.path().join("quick")).unwrap();
    std::fs::write(other.path().join("quick").join("index.js"), QUICK).unwrap();
    let gate = Gate::new();
    let held = [call(&busy, "waits", &gate), call(&busy, "waits", &gate)];
    gate.asked.acquire_many(2).await.unwrap().forget();
    let waiting = call(&busy, "quick", &gate);
    let elsewhere = busy.1.invoke(invocation(other.path(), "quick", "{}"), gate.clone()).await;
    assert_eq!(elsewhere.as_deref(), Ok("1"));
    assert!(!waiting.is_finished());
    gate.open.add_permits(2);
    for answer in held {
        assert_eq!(answer.await.unwrap().as_deref(), Ok("1"));
    }
    assert_eq!(waiting.await.unwrap().as_deref(), Ok("1"));
}
