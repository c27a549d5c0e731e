//! The program is told to stop: calls in flight may finish, unless it is told twice.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like tests")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::program::Program;

/// A call that waits for its body, once the server has taken it up.
fn in_flight(server: &Program) -> TcpStream {
    let host = server.get("endpoint").trim_start_matches("http://").to_owned();
    let mut connection = TcpStream::connect(&host).unwrap();
    let head =
        "POST /client HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n";
    connection.write_all(head.as_bytes()).unwrap();
    let mut taken_up = [0; 12];
    connection.read_exact(&mut taken_up).unwrap();
    assert_eq!(&taken_up, b"HTTP/1.1 100");
    connection
}

#[test]
fn a_call_in_flight_is_answered_before_the_program_ends() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Program::dev(dir.path());
    let mut call = in_flight(&server);
    server.signal("TERM");
    call.write_all(b"{}").unwrap();
    let mut answer = String::new();
    call.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 200"), "{answer}");
    server.logs_until("stopped");
    assert!(server.ended().success());
}

#[test]
fn told_twice_it_does_not_wait_for_anybody() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Program::dev(dir.path());
    let _call = in_flight(&server);
    server.signal("INT");
    server.signal("TERM");
    server.logs_until("stopped at once");
    assert!(server.ended().success());
}
