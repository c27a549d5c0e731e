//! One call on one worker, from its first frame to its last.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use super::worker::Worker;
use crate::frames::{Call, Failure, FromGuest, Id, ToGuest};
use crate::limits::{
    LOADED_FILES, LOG_LINE_BYTES, LOG_LINES, OPEN_HOST_CALLS, OPEN_PAYLOAD_BYTES, clip,
};
use crate::{Host, HostFailure};

/// How the conversation ended.
#[derive(Debug)]
pub(super) enum Ending {
    /// With an answer. `retire`: the worker is not fit for another call.
    Answered { outcome: Result<String, Failure>, retire: bool },
    /// The worker died before it ran any of the call's code.
    NotStarted,
    /// The worker died, or said something it must not say.
    Lost,
    /// There was no answer in time.
    Overdue,
}

/// Gives `call` to `worker`, answers its questions through `host`, and waits for the end.
pub(super) async fn converse(
    worker: &mut Worker,
    call: Call,
    host: Arc<dyn Host>,
    until: Instant,
) -> Ending {
    let (answers, replies) = mpsc::unbounded_channel();
    let id = call.id;
    let Ok(frame) = ToGuest::Call(call).encode() else { return Ending::Lost };
    worker.queue(frame);
    let talk =
        Conversation { call: id, host, answers, open: 0, open_bytes: 0, lines: 0, started: false };
    timeout_at(until, talk.run(worker, replies)).await.unwrap_or(Ending::Overdue)
}

/// A host call's answer, with the size of what it answers.
struct Reply {
    id: Id,
    size: usize,
    outcome: Result<String, HostFailure>,
}

struct Conversation {
    call: Id,
    host: Arc<dyn Host>,
    answers: mpsc::UnboundedSender<Reply>,
    /// Host calls without an answer yet.
    open: usize,
    /// The size of their payloads.
    open_bytes: usize,
    /// Lines logged so far.
    lines: u32,
    started: bool,
}

impl Conversation {
    async fn run(
        mut self,
        worker: &mut Worker,
        mut replies: mpsc::UnboundedReceiver<Reply>,
    ) -> Ending {
        loop {
            tokio::select! {
                frame = worker.next() => {
                    let Ok(frame) = frame else { return self.broken_off() };
                    if let Some(ending) = self.hear(worker, frame) {
                        return ending;
                    }
                }
                Some(Reply { id, size, outcome }) = replies.recv() => {
                    self.open -= 1;
                    self.open_bytes -= size;
                    worker.queue(encode_reply(id, outcome));
                }
            }
        }
    }

    fn broken_off(&self) -> Ending {
        if self.started { Ending::Lost } else { Ending::NotStarted }
    }

    /// Takes one frame; gives the ending if it was the last.
    fn hear(&mut self, worker: &mut Worker, frame: FromGuest) -> Option<Ending> {
        match frame {
            FromGuest::Started { call } if call == self.call && !self.started => {
                self.started = true;
            }
            FromGuest::Log { level, mut text } if self.started => {
                self.lines += 1;
                if self.lines <= LOG_LINES {
                    clip(&mut text, LOG_LINE_BYTES);
                    self.host.log(level, &text);
                }
            }
            FromGuest::HostCall { id, op, payload } if self.may_ask() => self.ask(id, op, payload),
            FromGuest::Loaded(stamps) if self.started && worker.files.len() < LOADED_FILES => {
                worker.files.extend(stamps);
            }
            FromGuest::Done { call, retire, outcome } if call == self.call && self.started => {
                return Some(Ending::Answered { outcome, retire: retire || !worker.is_quiet() });
            }
            // Only a guest that broke out of its engine gets here.
            _ => return Some(Ending::Lost),
        }
        None
    }

    fn may_ask(&self) -> bool {
        self.started && self.open < OPEN_HOST_CALLS && self.open_bytes <= OPEN_PAYLOAD_BYTES
    }

    /// Lets the host work on a task of its own, so that the guest's end does not cut it short.
    fn ask(&mut self, id: Id, op: String, payload: String) {
        let size = op.len() + payload.len();
        self.open += 1;
        self.open_bytes += size;
        let host = Arc::clone(&self.host);
        let answer = Answer { id, size, answers: self.answers.clone(), outcome: None };
        let work = async move { answer.give(host.call(&op, payload).await) };
        // What it does is part of the same call.
        tokio::spawn(work.in_current_span());
    }
}

/// Sends the answer when it goes out of scope, also when the host panicked on the way to it.
struct Answer {
    id: Id,
    size: usize,
    answers: mpsc::UnboundedSender<Reply>,
    outcome: Option<Result<String, HostFailure>>,
}

impl Answer {
    fn give(mut self, outcome: Result<String, HostFailure>) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let none = || Err(HostFailure::new("InternalError", "the host gave no answer"));
        let outcome = self.outcome.take().unwrap_or_else(none);
        // Nobody listens any more once the guest's call has ended.
        let _ = self.answers.send(Reply { id: self.id, size: self.size, outcome });
    }
}

fn encode_reply(id: Id, outcome: Result<String, HostFailure>) -> Vec<u8> {
    let reply = |outcome| ToGuest::Reply { id, outcome }.encode();
    reply(outcome)
        .or_else(|_| reply(Err(HostFailure::new("ReplyTooLarge", "the host's reply is too large"))))
        .unwrap_or_default()
}
