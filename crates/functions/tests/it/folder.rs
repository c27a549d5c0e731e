//! A folder of functions in a temporary place, and a host that records what it is asked.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use functions::{
    FunctionError, FunctionName, Host, HostFailure, Invocation, Limits, LogLevel, Runtime,
    WorkerCommand,
};
use tempfile::TempDir;

/// What a test calls: a folder, and a runtime for it.
pub(crate) struct Folder {
    pub(crate) dir: TempDir,
    pub(crate) runtime: Runtime,
    pub(crate) host: Arc<Recorder>,
}

impl Folder {
    /// A folder with the function `f`.
    pub(crate) fn with(source: &str) -> Self {
        Self::build(&[("f/index.js", source)], Limits::default(), "")
    }

    /// A folder with these files.
    pub(crate) fn files(files: &[(&str, &str)]) -> Self {
        Self::build(files, Limits::default(), "")
    }

    /// A folder with everything said.
    pub(crate) fn build(files: &[(&str, &str)], limits: Limits, extension: &'static str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let runtime = Runtime::new(worker_command(), limits, extension, true);
        let folder = Self { dir, runtime, host: Arc::default() };
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Calls `f` without arguments.
    pub(crate) async fn call(&self) -> Result<String, FunctionError> {
        self.call_with("f", "{}").await
    }

    /// Calls a function with arguments.
    pub(crate) async fn call_with(&self, name: &str, args: &str) -> Result<String, FunctionError> {
        self.runtime.invoke(invocation(self.dir.path(), name, args), self.host.clone()).await
    }

    /// Calls `f`, which must fail, and gives the public message.
    pub(crate) async fn message(&self) -> String {
        self.call().await.unwrap_err().message()
    }
}

pub(crate) fn worker_command() -> WorkerCommand {
    WorkerCommand { program: env!("CARGO_BIN_EXE_functions-worker").into(), args: Vec::new() }
}

pub(crate) fn invocation(root: &Path, name: &str, args: &str) -> Invocation {
    Invocation {
        name: FunctionName::parse(name).unwrap(),
        root: root.to_owned(),
        request_id: "request-1".to_owned(),
        args: args.to_owned(),
        env: vec![("MP_SOURCE".to_owned(), "client".to_owned())],
    }
}

/// A host that answers from a list and remembers.
#[derive(Default)]
pub(crate) struct Recorder {
    /// Operations and payloads, in order.
    pub(crate) asked: Mutex<Vec<(String, String)>>,
    /// Answers to give; without one the answer is `null`.
    pub(crate) answers: Mutex<VecDeque<Result<String, HostFailure>>>,
    /// What was logged.
    pub(crate) lines: Mutex<Vec<(LogLevel, String)>>,
}

impl Recorder {
    pub(crate) fn will_answer(&self, answer: Result<&str, HostFailure>) {
        self.answers.lock().unwrap().push_back(answer.map(str::to_owned));
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().iter().map(|(level, text)| format!("{level:?} {text}")).collect()
    }
}

#[async_trait]
impl Host for Recorder {
    async fn call(&self, op: &str, payload: String) -> Result<String, HostFailure> {
        self.asked.lock().unwrap().push((op.to_owned(), payload));
        self.answers.lock().unwrap().pop_front().unwrap_or_else(|| Ok("null".to_owned()))
    }

    fn log(&self, level: LogLevel, text: &str) {
        self.lines.lock().unwrap().push((level, text.to_owned()));
    }
}
