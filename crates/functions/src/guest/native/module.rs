//! Finding, reading and compiling modules.

use std::path::Path;
use std::rc::Rc;

use rquickjs::context::EvalOptions;
use rquickjs::{CatchResultExt, CaughtError, Ctx, Exception, Function, Object, Result};

use super::{Surroundings, put};
use crate::guest::desk::Desk;
use crate::guest::modules::{Resolver, builtin_names, builtin_source};

pub(super) fn install(raw: &Object<'_>, around: &Surroundings) -> Result<()> {
    install_lookup(raw, around)?;
    let (desk, resolver) = (Rc::clone(&around.desk), Rc::clone(&around.resolver));
    put(raw, "read", move |ctx: Ctx<'_>, path: String| read(&ctx, &desk, &resolver, &path))?;
    let (desk, resolver) = (Rc::clone(&around.desk), Rc::clone(&around.resolver));
    raw.set(
        "compile",
        Function::new(raw.ctx().clone(), move |ctx, path: String| {
            compile(&ctx, &desk, &resolver, &path)
        })?,
    )?;
    put(raw, "builtin", builtin)
}

fn install_lookup(raw: &Object<'_>, around: &Surroundings) -> Result<()> {
    put(raw, "isBuiltin", |name: String| builtin_names().any(|known| known == name))?;
    put(raw, "builtinNames", || builtin_names().collect::<Vec<_>>())?;
    let resolver = Rc::clone(&around.resolver);
    put(raw, "entry", move || format!("{}index.js", resolver.tree().home()))?;
    let resolver = Rc::clone(&around.resolver);
    put(raw, "shortName", move |path: String| resolver.tree().short_name(&path))?;
    put(raw, "modulePaths", |folder: String| {
        let folders = Resolver::package_folders(&folder);
        folders.iter().filter_map(|folder| folder.to_str().map(str::to_owned)).collect::<Vec<_>>()
    })?;
    let (desk, resolver) = (Rc::clone(&around.desk), Rc::clone(&around.resolver));
    put(raw, "resolve", move |from: String, request: String| {
        let found = resolver.resolve(&from, &request);
        resolver.take_read().into_iter().for_each(|stamp| desk.note_loaded(stamp));
        match found {
            Ok(path) => vec![path],
            Err(missing) => vec![String::new(), missing.code.to_owned(), missing.message],
        }
    })
}

/// The text of a file of the guest.
fn read(ctx: &Ctx<'_>, desk: &Desk, resolver: &Resolver, path: &str) -> Result<String> {
    let (text, stamp) = resolver.tree().read(Path::new(path)).map_err(|error| {
        let path = resolver.tree().short_name(path);
        // The kind says enough; the whole error might name a place on the server.
        Exception::throw_message(ctx, &format!("Cannot read {path}: {}", error.kind()))
    })?;
    desk.note_loaded(stamp);
    Ok(text)
}

/// A module of the guest as a function of `exports`, `require`, `module` and so on.
fn compile<'js>(
    ctx: &Ctx<'js>,
    desk: &Desk,
    resolver: &Resolver,
    path: &str,
) -> Result<Function<'js>> {
    let short = resolver.tree().short_name(path);
    if Path::new(path).extension().is_some_and(|ending| ending == "mjs") {
        let message = format!("{short} is an ES module: {USE_COMMONJS}");
        return Err(Exception::throw_syntax(ctx, &message));
    }
    let source = read(ctx, desk, resolver, path)?;
    // A first line for the shell is none for the engine.
    let source = if source.starts_with("#!") { format!("//{source}") } else { source };
    evaluate(ctx, &source, "exports, require, module, __filename, __dirname", &short, false)
        .catch(ctx)
        .map_err(|error| explain_syntax(ctx, error, &source, &short))
}

const USE_COMMONJS: &str =
    "import and export are not available; use CommonJS, require() and module.exports";

/// Says where the mistake is, since nobody sees a stack.
fn explain_syntax<'js>(
    ctx: &Ctx<'js>,
    error: CaughtError<'js>,
    source: &str,
    short: &str,
) -> rquickjs::Error {
    let CaughtError::Exception(exception) = error else { return error.throw(ctx) };
    let name: String = exception.as_object().get("name").unwrap_or_default();
    if name == "SyntaxError" {
        let place = line_in(&exception.stack().unwrap_or_default(), short)
            .map_or_else(|| short.to_owned(), |line| format!("{short}:{line}"));
        let message = if uses_modules(source) {
            format!("{place}: {USE_COMMONJS}")
        } else {
            format!("{place}: {}", exception.message().unwrap_or_default())
        };
        let _ = exception.as_object().set("message", message);
    }
    exception.throw()
}

/// The line that a stack gives for the file `short`.
fn line_in<'s>(stack: &'s str, short: &str) -> Option<&'s str> {
    let (_, after) = stack.split_once(short)?;
    let after = after.strip_prefix(':')?;
    after.split(|c: char| !c.is_ascii_digit()).next().filter(|line| !line.is_empty())
}

fn uses_modules(source: &str) -> bool {
    const STARTS: [&str; 7] =
        ["import ", "import{", "import\"", "import'", "export ", "export{", "export*"];
    source.lines().any(|line| STARTS.iter().any(|start| line.trim_start().starts_with(start)))
}

/// A built-in module as a function, or `undefined`.
fn builtin(ctx: Ctx<'_>, name: String) -> Result<Option<Function<'_>>> {
    let parameters = "exports, require, module, native, intrinsics";
    let file = format!("node:{name}");
    builtin_source(&name).map(|source| evaluate(&ctx, source, parameters, &file, true)).transpose()
}

fn evaluate<'js>(
    ctx: &Ctx<'js>,
    source: &str,
    parameters: &str,
    file: &str,
    strict: bool,
) -> Result<Function<'js>> {
    let mut options = EvalOptions::default();
    options.strict = strict;
    options.filename = Some(file.to_owned());
    ctx.eval_with_options(format!("(function ({parameters}) {{{source}\n}})"), options)
}
