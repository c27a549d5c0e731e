//! One call, from its frame to its answer: the loop that jobs, timers and replies run in.

use std::io;
use std::time::{Duration, Instant};

use super::desk::{MemoryHint, Outcome, Thrown};
use super::isolate::{Isolate, Way};
use crate::frames::{Call, Failure, FromGuest, Purpose, ToGuest};

/// Jobs that a call may leave behind and that are still run for it, so that a promise it did not
/// wait for can be put away properly.
const LEFT_JOBS: usize = 1000;
/// Jobs between two looks at the clock.
const JOBS_AT_ONCE: usize = 64;

/// Serves one call. True when this worker should not serve another.
pub(super) fn serve(isolate: &Isolate, call: Call) -> io::Result<bool> {
    let desk = isolate.desk();
    let id = call.id;
    desk.begin();
    isolate.deadline().arm(Duration::from_millis(call.time_left_ms));
    desk.send(&FromGuest::Started { call: id })?;
    let env: Vec<String> = call.env.into_iter().flat_map(|(name, value)| [name, value]).collect();
    let load_only = call.purpose == Purpose::Load;
    isolate.enter(Way::Start, (call.request_id, env, call.args, load_only));

    let end = run(isolate)?;
    let spent = !end_call(isolate);
    let (outcome, spoilt) = judge(isolate, end);
    let loaded = desk.take_loaded();
    if !loaded.is_empty() {
        desk.send(&FromGuest::Loaded(loaded))?;
    }
    let retire = spent || spoilt;
    desk.send(&FromGuest::Done { call: id, retire, outcome })?;
    Ok(retire)
}

/// Why the loop ended.
enum End {
    Settled(Outcome),
    OutOfTime,
    /// Nothing is left that could still settle the call.
    Stuck,
}

fn run(isolate: &Isolate) -> io::Result<End> {
    loop {
        run_jobs(isolate);
        if isolate.deadline().has_passed() {
            return Ok(End::OutOfTime);
        }
        if let Some(outcome) = isolate.desk().take_outcome() {
            return Ok(End::Settled(outcome));
        }
        if !isolate.has_jobs() && !step(isolate)? {
            // A rejection that nobody handled is the likely reason, and a better message.
            isolate.enter(Way::Stuck, ());
            return Ok(isolate.desk().take_outcome().map_or(End::Stuck, End::Settled));
        }
    }
}

/// With no job left: fires a timer, or waits for what comes next. False when nothing can come.
fn step(isolate: &Isolate) -> io::Result<bool> {
    let desk = isolate.desk();
    let fired = fire_timer(isolate);
    let keeps_alive = desk.timers.borrow().keeps_alive();
    if desk.awaits_reply() {
        // Looks for a reply even when timers never rest.
        receive(isolate, if fired { Instant::now() } else { next_event(isolate) })?;
    } else if !fired && keeps_alive {
        receive(isolate, next_event(isolate))?;
    }
    Ok(fired || keeps_alive || desk.awaits_reply() || isolate.has_jobs())
}

/// The next timer or the deadline.
fn next_event(isolate: &Isolate) -> Instant {
    let deadline = isolate.deadline().at();
    isolate.desk().timers.borrow().next_due().map_or(deadline, |due| due.min(deadline))
}

/// Runs jobs until there are none, the call has settled, or it is time to look at the clock.
fn run_jobs(isolate: &Isolate) {
    for _ in 0..JOBS_AT_ONCE {
        if isolate.desk().is_settled() || !isolate.run_job() {
            return;
        }
    }
}

fn fire_timer(isolate: &Isolate) -> bool {
    let due = isolate.desk().timers.borrow_mut().take_due(Instant::now());
    if let Some(id) = due {
        isolate.enter(Way::Fire, (id,));
    }
    due.is_some()
}

/// Waits for a reply until `until`, and hands it over.
fn receive(isolate: &Isolate, until: Instant) -> io::Result<()> {
    let desk = isolate.desk();
    match desk.receive_until(until)? {
        Some(ToGuest::Reply { id, outcome }) if desk.close(id) => {
            let (ok, text, message) = match outcome {
                Ok(text) => (true, text, String::new()),
                Err(failure) => (false, failure.code, failure.message),
            };
            isolate.enter(Way::Reply, (id, ok, text, message));
            Ok(())
        }
        // An answer to an earlier call's question, or nothing yet.
        Some(ToGuest::Reply { .. }) | None => Ok(()),
        Some(ToGuest::Setup(_) | ToGuest::Call(_)) => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Takes everything from the call that it left behind. False when it left too much.
fn end_call(isolate: &Isolate) -> bool {
    if isolate.deadline().has_passed() {
        return false;
    }
    isolate.enter(Way::End, ());
    isolate.desk().timers.borrow_mut().clear_all();
    let mut jobs = 0;
    while jobs < LEFT_JOBS && !isolate.deadline().has_passed() && isolate.run_job() {
        jobs += 1;
    }
    !isolate.has_jobs() && !isolate.deadline().has_passed()
}

/// The call's outcome, and whether the worker is spoilt by it.
fn judge(isolate: &Isolate, end: End) -> (Result<String, Failure>, bool) {
    match end {
        End::OutOfTime => (Err(Failure::TimedOut), true),
        End::Settled(Outcome::Result(text)) => (isolate.desk().check_size(text), false),
        End::Settled(Outcome::BadEntry(message)) => (Err(Failure::BadEntry { message }), true),
        End::Settled(Outcome::Threw(thrown)) if ran_out(isolate, &thrown) => {
            (Err(Failure::OutOfMemory), true)
        }
        End::Settled(Outcome::Threw(thrown)) => {
            let spoilt = thrown.loading;
            (Err(thrown.into_failure()), spoilt)
        }
        // The engine may have had no memory to settle a promise with.
        End::Stuck if isolate.was_half_full() => (Err(Failure::OutOfMemory), true),
        End::Stuck => (Err(never_settles()), false),
    }
}

fn ran_out(isolate: &Isolate, thrown: &Thrown) -> bool {
    match thrown.memory {
        MemoryHint::Sure => true,
        MemoryHint::Maybe => isolate.was_half_full(),
        MemoryHint::Unlikely => isolate.is_nearly_full(),
    }
}

fn never_settles() -> Failure {
    Failure::Threw {
        message: "the function's promise never settles: nothing is left that it could wait for"
            .to_owned(),
        code: None,
    }
}
