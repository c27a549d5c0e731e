//! What JavaScript cannot find out by itself: about values, time, and this process.

use rquickjs::promise::PromiseState;
use rquickjs::{Array, Ctx, Object, Promise, Result, Value};

use super::{Surroundings, put};
use crate::guest::process;

pub(super) fn install(raw: &Object<'_>, around: &Surroundings) -> Result<()> {
    let started = around.started;
    put(raw, "now", move || started.elapsed().as_secs_f64() * 1000.0)?;
    put(raw, "rss", process::resident_bytes)?;
    put(raw, "isProxy", |value: Value<'_>| value.is_proxy())?;
    put(raw, "promiseState", promise_state)
}

/// `[state, value]` of a promise, without waiting for it.
fn promise_state<'js>(ctx: Ctx<'js>, promise: Promise<'js>) -> Result<Array<'js>> {
    let pair = Array::new(ctx.clone())?;
    match promise.state() {
        PromiseState::Pending => pair.set(0, "pending")?,
        PromiseState::Resolved => pair.set(0, "fulfilled")?,
        PromiseState::Rejected => pair.set(0, "rejected")?,
    }
    match promise.result::<Value<'js>>() {
        Some(Ok(value)) => pair.set(1, value)?,
        Some(Err(_)) => pair.set(1, ctx.catch())?,
        None => {}
    }
    Ok(pair)
}
