//! UTF-8.

use rquickjs::{ArrayBuffer, Ctx, Object, Result, Value};

use super::{buffer, bytes, or_null, put};

pub(super) fn install(raw: &Object<'_>) -> Result<()> {
    put(raw, "utf8Encode", encode)?;
    put(raw, "utf8Decode", decode)
}

fn encode(ctx: Ctx<'_>, text: String) -> Result<ArrayBuffer<'_>> {
    buffer(&ctx, text.as_bytes())
}

/// `null` if `fatal` and not UTF-8; else faulty bytes become U+FFFD.
fn decode(ctx: Ctx<'_>, base64: String, fatal: bool) -> Result<Value<'_>> {
    let text = match String::from_utf8(bytes(&ctx, &base64)?) {
        Ok(text) => Some(text),
        Err(_) if fatal => None,
        Err(error) => Some(String::from_utf8_lossy(error.as_bytes()).into_owned()),
    };
    or_null(&ctx, text)
}
