//! Web addresses, by the standard that browsers follow.

use rquickjs::{Ctx, Object, Result, Value};
use url::{Url, quirks};

use super::{or_null, put};

pub(super) fn install(raw: &Object<'_>) -> Result<()> {
    put(raw, "urlParse", parse)?;
    put(raw, "urlSet", set)?;
    put(raw, "domainToASCII", |domain: String| quirks::domain_to_ascii(&domain))
}

fn parse(ctx: Ctx<'_>, input: String, base: Option<String>) -> Result<Value<'_>> {
    let url = match base {
        None => Url::parse(&input).ok(),
        Some(base) => Url::parse(&base).ok().and_then(|base| base.join(&input).ok()),
    };
    or_null(&ctx, url.map(|url| parts(&ctx, &url)).transpose()?)
}

/// The address with one part changed. A value that does not fit changes nothing, except that an
/// unreadable `href` gives `null`.
fn set(ctx: Ctx<'_>, href: String, part: String, value: String) -> Result<Value<'_>> {
    let Ok(mut url) = Url::parse(&href) else { return Ok(Value::new_null(ctx)) };
    if part == "href" && quirks::set_href(&mut url, &value).is_err() {
        return Ok(Value::new_null(ctx));
    }
    change(&mut url, &part, &value);
    or_null(&ctx, Some(parts(&ctx, &url)?))
}

fn change(url: &mut Url, part: &str, value: &str) {
    // What does not fit is ignored, as the standard has it.
    let _ = match part {
        "protocol" => quirks::set_protocol(url, value),
        "username" => quirks::set_username(url, value),
        "password" => quirks::set_password(url, value),
        "host" => quirks::set_host(url, value),
        "hostname" => quirks::set_hostname(url, value),
        "port" => quirks::set_port(url, value),
        "pathname" => {
            quirks::set_pathname(url, value);
            Ok(())
        }
        "search" => {
            quirks::set_search(url, value);
            Ok(())
        }
        "hash" => {
            quirks::set_hash(url, value);
            Ok(())
        }
        _ => Ok(()),
    };
}

fn parts<'js>(ctx: &Ctx<'js>, url: &Url) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("href", quirks::href(url))?;
    object.set("protocol", quirks::protocol(url))?;
    object.set("username", quirks::username(url))?;
    object.set("password", quirks::password(url))?;
    object.set("host", quirks::host(url))?;
    object.set("hostname", quirks::hostname(url))?;
    object.set("port", quirks::port(url))?;
    object.set("pathname", quirks::pathname(url))?;
    object.set("search", quirks::search(url))?;
    object.set("hash", quirks::hash(url))?;
    object.set("origin", quirks::origin(url))?;
    Ok(object)
}
