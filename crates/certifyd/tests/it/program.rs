//! The program, started; and what tests ask of it.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like tests"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// Where it is.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_certifyd");
/// Longer than anything waited for takes, on the busiest machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// `certifyd dev`, running. It ends with the test.
pub(crate) struct Program {
    process: Child,
    /// What it told of itself when it started.
    pub(crate) setup: serde_json::Value,
    logged: Mutex<Receiver<String>>,
}

impl Program {
    /// Starts it for the project in `dir`, on a port of the system's choice.
    pub(crate) fn dev(dir: &Path) -> Self {
        let mut process = Command::new(PROGRAM)
            .args(["dev", "--listen", "127.0.0.1:0", "--json"])
            .arg(dir)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (sender, logged) = channel();
        let errors = BufReader::new(process.stderr.take().unwrap());
        // Read to the end, or the program would wait for room to log in.
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let setup = serde_json::from_str(&line).unwrap();
        Self { process, setup, logged: Mutex::new(logged) }
    }

    /// A text of [`Self::setup`].
    pub(crate) fn get(&self, name: &str) -> &str {
        self.setup[name].as_str().unwrap()
    }

    /// The body of the answer to a form.
    pub(crate) fn post_form(&self, path: &str, body: &str) -> String {
        let kind = "content-type: application/x-www-form-urlencoded;charset=utf-8\r\n";
        self.post(path, kind, body)
    }

    /// The body of the answer to `body`, sent with `headers`, each ended by its line's end.
    pub(crate) fn post(&self, path: &str, headers: &str, body: &str) -> String {
        let host = self.get("endpoint").trim_start_matches("http://");
        let mut connection = TcpStream::connect(host).unwrap();
        write!(
            connection,
            "POST {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{headers}\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head} {body}");
        body.to_owned()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap().success());
    }

    /// What it logs until a line contains `end`.
    pub(crate) fn logs_until(&self, end: &str) {
        let lines = self.logged.lock().unwrap();
        while !lines.recv_timeout(PATIENCE).unwrap().contains(end) {}
    }

    /// Waits for its end.
    pub(crate) fn ended(&mut self) -> std::process::ExitStatus {
        self.process.wait().unwrap()
    }

    /// Has it read its configuration again, and gives what it logged until it was done.
    pub(crate) fn reload(&self) -> String {
        let pid = self.process.id().to_string();
        assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
        let (mut logged, lines) = (String::new(), self.logged.lock().unwrap());
        while !["configuration reloaded", "configuration not reloaded"]
            .iter()
            .any(|end| logged.contains(end))
        {
            logged.push_str(&lines.recv_timeout(PATIENCE).unwrap());
            logged.push('\n');
        }
        logged
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes a set of keys in `dir`.
pub(crate) fn make_keys(dir: &Path, more: &[&Path]) {
    let status =
        Command::new(PROGRAM).arg("keys").arg(dir).args(more).stdout(Stdio::null()).status();
    assert!(status.unwrap().success());
}
