//! The functions of this program that JavaScript can call, gathered in the object `raw`.
//!
//! Only the bootstrap holds `raw`; guests reach it through what the bootstrap makes of it.

#![expect(clippy::needless_pass_by_value, reason = "the engine hands arguments over by value")]

mod call;
mod crypto;
mod inspect;
mod module;
mod text;
mod url;

use std::rc::Rc;
use std::time::Instant;

use rquickjs::function::{Func, IntoJsFunc};
use rquickjs::{ArrayBuffer, Ctx, Exception, IntoJs, Object, Result, Value};

use super::desk::Desk;
use super::modules::Resolver;

/// What native functions work on.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    pub(super) desk: Rc<Desk>,
    pub(super) resolver: Rc<Resolver>,
    pub(super) started: Instant,
}

/// The object `raw`.
pub(super) fn object<'js>(ctx: &Ctx<'js>, around: &Surroundings) -> Result<Object<'js>> {
    let raw = Object::new(ctx.clone())?;
    call::install(&raw, around)?;
    module::install(&raw, around)?;
    crypto::install(&raw)?;
    text::install(&raw)?;
    url::install(&raw)?;
    inspect::install(&raw, around)?;
    Ok(raw)
}

fn put<'js, P, F>(raw: &Object<'js>, name: &str, function: F) -> Result<()>
where
    F: IntoJsFunc<'js, P> + 'js,
{
    raw.set(name, Func::from(function))
}

/// Decodes bytes that the bootstrap wrote as Base64.
fn bytes(ctx: &Ctx<'_>, base64: &str) -> Result<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(base64)
        .map_err(|_| Exception::throw_type(ctx, "not Base64"))
}

/// `null` for nothing; an `Option` alone would become `undefined`.
fn or_null<'js>(ctx: &Ctx<'js>, value: Option<impl IntoJs<'js>>) -> Result<Value<'js>> {
    value.map_or_else(|| Ok(Value::new_null(ctx.clone())), |value| value.into_js(ctx))
}

/// Bytes in an `ArrayBuffer` that counts against the guest's memory.
fn buffer<'js>(ctx: &Ctx<'js>, bytes: &[u8]) -> Result<ArrayBuffer<'js>> {
    ArrayBuffer::new_copy(ctx.clone(), bytes)
}
