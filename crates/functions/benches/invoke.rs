//! What a call costs: `cargo bench -p functions` prints microseconds, medians of several rounds.
//!
//! The functions are about 5 KB of ordinary code. Figures are of the whole way: frame, socket,
//! guest, host, and back.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use functions::{
    FunctionName, Host, HostFailure, Invocation, Limits, LogLevel, Runtime, WorkerCommand,
};

const WARM_CALLS: u32 = 5_000;
const COLD_STARTS: u32 = 40;
const ROUNDS: usize = 5;

struct Echo;

#[async_trait]
impl Host for Echo {
    async fn call(&self, _: &str, payload: String) -> Result<String, HostFailure> {
        Ok(payload)
    }

    fn log(&self, _: LogLevel, _: &str) {}
}

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let tokio =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let dir = tempfile::tempdir()?;
    for (name, body) in FUNCTIONS {
        std::fs::create_dir(dir.path().join(name))?;
        std::fs::write(dir.path().join(name).join("index.js"), source(body)?)?;
        let (warm, cold) = tokio.block_on(tokio.spawn(both(dir.path().to_owned(), name)))??;
        writeln!(
            io::stdout(),
            "{name:>6}: warm {:>8.1} us, cold {:>8.1} us",
            micros(warm),
            micros(cold)
        )?;
    }
    let idle = tokio.block_on(idle_kilobytes(dir.path()))?;
    writeln!(io::stdout(), "  idle worker: {idle} kB resident")?;
    Ok(())
}

/// Handlers: one that only computes, one that asks the host once, one that needs a core module.
const FUNCTIONS: [(&str, &str); 3] = [
    ("plain", "return digest(ctx.args.items);"),
    ("asks", "return (await ctx.mpserverless.user.getInfo()) && digest(ctx.args.items);"),
    ("util", "return require('util').format('%j', digest(ctx.args.items));"),
];

/// A module of about 5 KB around `body`.
fn source(body: &str) -> Result<String, std::fmt::Error> {
    let mut text = String::from(
        "function digest(items) { return items.map((i) => ({ id: i.id, text: rules[i.id % 20](i) })); }\n\
         const rules = [];\n",
    );
    for n in 0..20 {
        writeln!(
            text,
            "rules.push(function rule{n}(item) {{\n  // Rule {n}: what is shown for an item of this kind, with its weight.\n  \
             if (typeof item.name !== 'string') return 'nameless';\n  return item.name.trim() + ':' + (item.weight * {n} + 1);\n}});"
        )?;
    }
    writeln!(text, "module.exports = async (ctx) => {{ {body} }};")?;
    Ok(text)
}

/// Measures from within a task, which is where a server's calls come from.
async fn both(root: PathBuf, name: &'static str) -> Outcome<(Duration, Duration)> {
    Ok((median(|| warm(&root, name)).await?, median(|| cold(&root, name)).await?))
}

fn runtime() -> Runtime {
    let program = env!("CARGO_BIN_EXE_functions-worker").into();
    Runtime::new(WorkerCommand { program, args: Vec::new() }, Limits::default(), "", false)
}

async fn call(runtime: &Runtime, root: &Path, name: &str) -> Outcome<String> {
    let invocation = Invocation {
        name: FunctionName::parse(name)?,
        root: root.to_owned(),
        request_id: "bench".to_owned(),
        args: r#"{"items":[{"id":1,"name":" a ","weight":2},{"id":2,"name":"b","weight":3}]}"#
            .to_owned(),
        env: vec![("MP_SOURCE".to_owned(), "client".to_owned())],
    };
    Ok(runtime.invoke(invocation, Arc::new(Echo)).await?)
}

async fn warm(root: &Path, name: &str) -> Outcome<Duration> {
    let runtime = runtime();
    call(&runtime, root, name).await?;
    let began = Instant::now();
    for _ in 0..WARM_CALLS {
        call(&runtime, root, name).await?;
    }
    Ok(began.elapsed() / WARM_CALLS)
}

async fn cold(root: &Path, name: &str) -> Outcome<Duration> {
    let mut spent = Duration::ZERO;
    for _ in 0..COLD_STARTS {
        let runtime = runtime();
        let began = Instant::now();
        call(&runtime, root, name).await?;
        spent += began.elapsed();
    }
    Ok(spent / COLD_STARTS)
}

async fn median<F: Future<Output = Outcome<Duration>>>(
    measure: impl Fn() -> F,
) -> Outcome<Duration> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(measure().await?);
    }
    rounds.sort_unstable();
    Ok(rounds.get(ROUNDS / 2).copied().unwrap_or_default())
}

/// Resident memory of a worker that has served one call.
async fn idle_kilobytes(root: &Path) -> Outcome<u64> {
    let runtime = runtime();
    call(&runtime, root, "plain").await?;
    let children =
        std::fs::read_to_string(format!("/proc/self/task/{}/children", std::process::id()))?;
    let mut most = 0;
    for child in children.split_whitespace() {
        let status = std::fs::read_to_string(format!("/proc/{child}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        most = most.max(line.trim().trim_end_matches(" kB").parse().unwrap_or(0));
    }
    Ok(most)
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}
