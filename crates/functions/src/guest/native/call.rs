//! The running call: its result, its questions, its timers, its log.

use std::rc::Rc;
use std::time::Duration;

use rquickjs::{Ctx, Exception, Object, Result};

use super::{Surroundings, put};
use crate::LogLevel;
use crate::frames::Id;
use crate::guest::desk::{Desk, MemoryHint, NotAsked, Outcome, Thrown};
use crate::guest::timers::TimerId;

pub(super) fn install(raw: &Object<'_>, around: &Surroundings) -> Result<()> {
    install_outcome(raw, &around.desk)?;
    install_timers(raw, &around.desk)?;
    let desk = Rc::clone(&around.desk);
    put(raw, "hostCall", move |ctx: Ctx<'_>, op: String, payload: String| {
        ask(&ctx, &desk, op, payload)
    })?;
    let desk = Rc::clone(&around.desk);
    put(raw, "log", move |level: String, text: String| desk.log(level_named(&level), text))
}

fn install_outcome(raw: &Object<'_>, desk: &Rc<Desk>) -> Result<()> {
    let to = Rc::clone(desk);
    put(raw, "done", move |text: String| to.settle(Outcome::Result(text)))?;
    let to = Rc::clone(desk);
    put(raw, "failed", move |kind: String, message: String, code: Option<String>| {
        to.settle(failure(&kind, message, code));
    })
}

fn failure(kind: &str, message: String, code: Option<String>) -> Outcome {
    if kind == "entry" {
        return Outcome::BadEntry(message);
    }
    let memory = match kind {
        "memory" => MemoryHint::Sure,
        "null" => MemoryHint::Maybe,
        _ => MemoryHint::Unlikely,
    };
    Outcome::Threw(Thrown { message, code, loading: kind == "load", memory })
}

fn install_timers(raw: &Object<'_>, desk: &Rc<Desk>) -> Result<()> {
    let on = Rc::clone(desk);
    put(raw, "setTimer", move |id: TimerId, delay_ms: f64, keeps: bool| {
        let delay = Duration::try_from_secs_f64(delay_ms / 1000.0).unwrap_or_default();
        on.timers.borrow_mut().set(id, delay, keeps);
    })?;
    let on = Rc::clone(desk);
    put(raw, "keepTimer", move |id: TimerId, keeps: bool| on.timers.borrow_mut().keep(id, keeps))?;
    let on = Rc::clone(desk);
    put(raw, "clearTimer", move |id: TimerId| on.timers.borrow_mut().clear(id))
}

fn ask(ctx: &Ctx<'_>, desk: &Desk, op: String, payload: String) -> Result<Id> {
    desk.ask(op, payload).map_err(|not_asked| {
        Exception::throw_range(
            ctx,
            match not_asked {
                NotAsked::TooMany => "too many requests are open at the same time",
                NotAsked::TooLarge => "the request is too large",
            },
        )
    })
}

fn level_named(name: &str) -> LogLevel {
    match name {
        "debug" => LogLevel::Debug,
        "warn" => LogLevel::Warn,
        "error" => LogLevel::Error,
        _ => LogLevel::Info,
    }
}
