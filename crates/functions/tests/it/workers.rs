//! Workers come and go.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use functions::{FunctionError, Host, HostFailure, Limits, LogLevel, Runtime, WorkerCommand};

use crate::folder::{Folder, invocation, worker_command};

const COUNTS: &str = "let n = 0; module.exports = () => ++n;";

#[tokio::test]
async fn changed_files_are_loaded_anew() {
    let folder = Folder::files(&[
        (
            "f/index.js",
            "const v = require('./v'); const d = require('p'); let n = 0; module.exports = () => [v, d, ++n];",
        ),
        ("f/v.js", "module.exports = 1;"),
        ("f/node_modules/p/package.json", r#"{"main":"a.js"}"#),
        ("f/node_modules/p/a.js", "module.exports = 'a';"),
        ("f/node_modules/p/b.js", "module.exports = 'b';"),
        ("f/unused.js", ""),
    ]);
    assert_eq!(folder.call().await.as_deref(), Ok(r#"[1,"a",1]"#));
    folder.write("f/unused.js", "// not loaded");
    assert_eq!(folder.call().await.as_deref(), Ok(r#"[1,"a",2]"#));
    folder.write("f/v.js", "module.exports = 22;");
    assert_eq!(folder.call().await.as_deref(), Ok(r#"[22,"a",1]"#));
    folder.write("f/node_modules/p/package.json", r#"{"main":"./b.js"}"#);
    assert_eq!(folder.call().await.as_deref(), Ok(r#"[22,"b",1]"#));
    fs::remove_file(folder.dir.path().join("f/v.js")).unwrap();
    assert_eq!(folder.message().await, "MODULE_NOT_FOUND:Cannot find module './v'");
    fs::remove_file(folder.dir.path().join("f/index.js")).unwrap();
    assert!(matches!(folder.call().await, Err(FunctionError::NotFound { .. })));
}

#[tokio::test]
async fn without_reload_changes_are_not_looked_for() {
    let folder = Folder::with("module.exports = () => 1;");
    let runtime = Runtime::new(worker_command(), Limits::default(), "", false);
    let call = || runtime.invoke(invocation(folder.dir.path(), "f", "{}"), folder.host.clone());
    assert_eq!(call().await.as_deref(), Ok("1"));
    folder.write("f/index.js", "module.exports = () => 22;");
    assert_eq!(call().await.as_deref(), Ok("1"));
}

#[tokio::test]
async fn a_worker_serves_so_many_calls_and_no_more() {
    let limits = Limits { calls_per_worker: 2, ..Limits::default() };
    let folder = Folder::build(&[("f/index.js", COUNTS)], limits, "");
    for n in ["1", "2", "1", "2", "1"] {
        assert_eq!(folder.call().await.as_deref(), Ok(n));
    }
}

/// A worker command that writes the worker's process id down before it becomes the worker.
fn noting_command(folder: &Folder) -> (WorkerCommand, PathBuf) {
    let note = folder.dir.path().join("pids");
    let script =
        format!("echo $$ >> '{}'; exec '{}'", note.display(), worker_command().program.display());
    let args = vec!["-c".into(), script.into()];
    (WorkerCommand { program: "/bin/sh".into(), args }, note)
}

fn pids(note: &PathBuf) -> Vec<String> {
    fs::read_to_string(note).unwrap().lines().map(str::to_owned).collect()
}

fn kill(pid: &str) {
    assert!(
        Command::new("/bin/sh").args(["-c", &format!("kill -9 {pid}")]).status().unwrap().success()
    );
}

#[tokio::test]
async fn an_idle_worker_that_died_is_replaced_without_a_trace() {
    let folder = Folder::with(COUNTS);
    let (command, note) = noting_command(&folder);
    let runtime = Runtime::new(command, Limits::default(), "", true);
    let call = || runtime.invoke(invocation(folder.dir.path(), "f", "{}"), folder.host.clone());
    assert_eq!(call().await.as_deref(), Ok("1"));
    assert_eq!(call().await.as_deref(), Ok("2"));
    kill(&pids(&note)[0]);
    assert_eq!(call().await.as_deref(), Ok("1"));
    assert_eq!(pids(&note).len(), 2);
}

/// Kills the worker that asks.
struct Killer {
    note: PathBuf,
    asked: Mutex<u32>,
}

#[async_trait]
impl Host for Killer {
    async fn call(&self, _: &str, _: String) -> Result<String, HostFailure> {
        *self.asked.lock().unwrap() += 1;
        kill(pids(&self.note).last().unwrap());
        Ok("null".to_owned())
    }

    fn log(&self, _: LogLevel, _: &str) {}
}

#[tokio::test]
async fn a_call_whose_worker_died_is_not_repeated() {
    let source =
        "module.exports = async (ctx) => ctx.args.die ? ctx.mpserverless.user.getInfo() : 'alive';";
    let folder = Folder::with(source);
    let (command, note) = noting_command(&folder);
    let runtime = Runtime::new(command, Limits::default(), "", true);
    let host = Arc::new(Killer { note: note.clone(), asked: Mutex::default() });
    for _ in 0..2 {
        let call = invocation(folder.dir.path(), "f", r#"{"die":true}"#);
        assert_eq!(runtime.invoke(call, host.clone()).await, Err(FunctionError::Crashed));
        let call = invocation(folder.dir.path(), "f", "{}");
        assert_eq!(runtime.invoke(call, host.clone()).await.as_deref(), Ok(r#""alive""#));
    }
    assert_eq!(*host.asked.lock().unwrap(), 2);
}

#[tokio::test]
async fn programs_that_are_no_workers_are_crashes() {
    let folder = Folder::with(COUNTS);
    for (program, args) in [
        ("/nowhere/at-all", vec![]),
        ("/bin/true", vec![]),
        ("/bin/sh", vec!["-c".into(), "cat <&0 >&0; exit 3".into()]),
    ] {
        let command = WorkerCommand { program: program.into(), args };
        let limits = Limits { deadline: Duration::from_millis(500), ..Limits::default() };
        let runtime = Runtime::new(command, limits, "", true);
        let call = invocation(folder.dir.path(), "f", "{}");
        let error = runtime.invoke(call, folder.host.clone()).await.unwrap_err();
        assert_eq!(error, FunctionError::Crashed, "{program}");
    }
}

#[tokio::test]
async fn a_worker_that_keeps_silent_is_killed() {
    let folder = Folder::with(COUNTS);
    let command = WorkerCommand { program: "/bin/sleep".into(), args: vec!["1000".into()] };
    let limits = Limits { deadline: Duration::from_millis(100), ..Limits::default() };
    let runtime = Runtime::new(command, limits, "", true);
    let call = invocation(folder.dir.path(), "f", "{}");
    let error = runtime.invoke(call, folder.host.clone()).await.unwrap_err();
    assert_eq!(error, FunctionError::TimedOut { limit: Duration::from_millis(100) });
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_not_believed() {
    let folder = Folder::with(COUNTS);
    // Started{1}, then Done{1} with the text "{" or "1".
    let frames = r"\005\0\0\0\001\001\0\0\0\017\0\0\0\005\001\0\0\0\0\001\0\0\0\0\0\0\0%s";
    for (text, expected) in [("{", Err(FunctionError::Crashed)), ("1", Ok("1".to_owned()))] {
        let script = format!("printf '{frames}' '{text}' >&0; exec sleep 100");
        let args = vec!["-c".into(), script.into()];
        let command = WorkerCommand { program: "/bin/sh".into(), args };
        let runtime = Runtime::new(command, Limits::default(), "", true);
        let call = invocation(folder.dir.path(), "f", "{}");
        assert_eq!(runtime.invoke(call, folder.host.clone()).await, expected);
    }
}

#[tokio::test]
async fn idle_workers_are_ended() {
    let folder = Folder::with(COUNTS);
    let (command, note) = noting_command(&folder);
    let limits = Limits { idle: Duration::from_millis(1), ..Limits::default() };
    let runtime = Runtime::new(command, limits, "", true);
    let call = || runtime.invoke(invocation(folder.dir.path(), "f", "{}"), folder.host.clone());
    assert_eq!(call().await.as_deref(), Ok("1"));
    let process = PathBuf::from(format!("/proc/{}", pids(&note)[0]));
    while process.exists() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(call().await.as_deref(), Ok("1"));
}

#[tokio::test]
async fn a_worker_finds_nothing_of_its_parent() {
    let source = "module.exports = () => [Object.keys(process.env), process.argv, process.cwd()];";
    let expected = r#"[["NODE_ENV"],["node","/f/index.js"],"/"]"#;
    assert_eq!(Folder::with(source).call().await.as_deref(), Ok(expected));
}

/// Started, idle, busy, and those that have ended by their reasons.
fn told(folder: &Folder) -> (u64, u64, u64, Vec<(&'static str, u64)>) {
    let usage = folder.runtime.usage();
    let ended = usage.ended.into_iter().filter(|(_, count)| *count > 0).collect();
    (usage.cold_starts, usage.idle, usage.busy, ended)
}

#[tokio::test]
async fn it_is_told_how_many_workers_there_are_and_why_others_have_ended() {
    let limits = Limits {
        calls_per_worker: 3,
        workers: 1,
        deadline: Duration::from_millis(400),
        ..Limits::default()
    };
    let spin = "module.exports = () => { for (;;); };";
    let folder = Folder::build(&[("f/index.js", COUNTS), ("spin/index.js", spin)], limits, "");
    assert_eq!(told(&folder), (0, 0, 0, vec![]));
    folder.call().await.unwrap();
    assert_eq!(told(&folder), (1, 1, 0, vec![]));
    folder.write("f/index.js", &format!("{COUNTS} // changed"));
    folder.call().await.unwrap();
    assert_eq!(told(&folder), (2, 1, 0, vec![("changed", 1)]));
    for _ in 0..2 {
        folder.call().await.unwrap();
    }
    assert_eq!(told(&folder), (2, 0, 0, vec![("worn_out", 1), ("changed", 1)]));
    folder.call().await.unwrap();
    assert!(folder.call_with("spin", "{}").await.is_err());
    let (started, idle, busy, ended) = told(&folder);
    assert_eq!((started, idle, busy), (4, 0, 0));
    assert!(ended.contains(&("evicted", 1)), "{ended:?}");
    assert!(ended.contains(&("retired", 1)) || ended.contains(&("timed_out", 1)), "{ended:?}");
    folder.call().await.unwrap();
    folder.runtime.shutdown().await;
    let (_, idle, busy, ended) = told(&folder);
    assert!((idle, busy) == (0, 0) && ended.contains(&("shutdown", 1)), "{ended:?}");
}
