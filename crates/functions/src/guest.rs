//! The half that runs in the worker process: one thread, one isolate, one call at a time.
//!
//! Nothing here is shared with the parent's half but the frames.

mod deadline;
mod desk;
mod isolate;
mod link;
mod modules;
mod native;
mod process;
mod timers;
mod turn;

use std::io;
use std::process::ExitCode;
use std::thread;

use crate::frames::ToGuest;
use isolate::Isolate;
use link::Link;

/// Serves calls until the parent hangs up. The program that [`WorkerCommand`](crate::WorkerCommand)
/// names does this and nothing else.
pub fn worker_main() -> ExitCode {
    // A thread of its own, because only then is the size of its stack ours to say.
    let thread = thread::Builder::new().stack_size(isolate::MOST_STACK + SPARE_STACK).spawn(serve);
    match thread.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        // There is nobody to tell: the parent sees the socket close.
        _ => ExitCode::FAILURE,
    }
}

/// Stack for everything but JavaScript.
const SPARE_STACK: usize = 1024 * 1024;

fn serve() -> io::Result<()> {
    process::confine();
    let mut link = Link::from_stdin()?;
    let Some(ToGuest::Setup(setup)) = link.receive()? else { return Ok(()) };
    let memory = setup.memory_bytes;
    let isolate = Isolate::new(link, &setup)?;
    process::confine_memory(memory);
    while let Some(frame) = isolate.desk().receive()? {
        match frame {
            ToGuest::Call(call) => {
                if turn::serve(isolate, call)? {
                    break;
                }
            }
            // The answer to a question of a call that has ended.
            ToGuest::Reply { .. } => {}
            ToGuest::Setup(_) => return Err(io::ErrorKind::InvalidData.into()),
        }
    }
    Ok(())
}
