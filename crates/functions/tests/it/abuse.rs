//! Guests that misbehave: each loses its own call, and the next call is served.

use std::time::Duration;

use functions::{FunctionError, Limits};

use crate::folder::Folder;

const GOOD: (&str, &str) = ("good/index.js", "module.exports = () => 'good';");

const LITTLE_TIME: Duration = Duration::from_millis(400);
const MUCH_TIME: Duration = Duration::from_secs(20);

/// Calls a bad function twice, and a good one meanwhile.
async fn misbehave(deadline: Duration, source: &str) -> FunctionError {
    let limits = Limits { deadline, memory_bytes: 24 * 1024 * 1024, ..Limits::default() };
    let folder = Folder::build(&[("f/index.js", source), GOOD], limits, "");
    let (bad, good) = tokio::join!(folder.call(), folder.call_with("good", "{}"));
    assert_eq!(good.as_deref(), Ok(r#""good""#), "{source}");
    let again = folder.call().await.unwrap_err();
    let bad = bad.unwrap_err();
    assert_eq!(
        std::mem::discriminant(&bad),
        std::mem::discriminant(&again),
        "{source}: {bad:?}, then {again:?}"
    );
    folder.write("f/index.js", "module.exports = () => 'mended';");
    assert_eq!(folder.call().await.as_deref(), Ok(r#""mended""#), "{source}");
    bad
}

#[tokio::test]
async fn endless_code_is_stopped() {
    for source in [
        "module.exports = () => { for (;;) {} };",
        "for (;;) {}",
        "module.exports = async () => { await null; for (;;) {} };",
        "module.exports = () => new Promise(() => setTimeout(() => { for (;;) {} }, 1));",
        "module.exports = async () => { for (;;) { try { for (;;) {} } catch {} finally { continue; } } };",
        "module.exports = async () => { for (;;) await null; };",
        "const f = () => queueMicrotask(f); module.exports = () => new Promise(() => f());",
        "module.exports = () => new Promise(() => setInterval(() => {}, 1));",
        "module.exports = () => new Promise(() => { const f = () => setImmediate(f); f(); });",
        "module.exports = () => /^(a+)+$/.test('a'.repeat(40) + 'b');",
        "module.exports = () => ({ toJSON() { for (;;) {} } });",
        "module.exports = () => ({ get then() { for (;;) {} } });",
        "module.exports = () => { throw { get message() { for (;;) {} } }; };",
        "module.exports = () => { const a = []; a.length = 2 ** 32 - 1; a.sort(); a.indexOf(1); for (;;) {} };",
        "module.exports = () => new Promise((r) => setTimeout(r, 60000));",
        "module.exports = async (ctx) => { for (;;) await ctx.mpserverless.user.getInfo(); };",
    ] {
        assert!(
            matches!(misbehave(LITTLE_TIME, source).await, FunctionError::TimedOut { .. }),
            "{source}"
        );
    }
}

#[tokio::test]
async fn one_long_native_call_is_killed() {
    let limits = Limits { deadline: Duration::from_millis(200), ..Limits::default() };
    let source = "module.exports = () => new Array(3e7).join('ab').length;";
    let folder = Folder::build(&[("f/index.js", source), GOOD], limits, "");
    let error = folder.call().await.unwrap_err();
    assert!(
        matches!(error, FunctionError::TimedOut { .. } | FunctionError::OutOfMemory { .. }),
        "{error:?}"
    );
    assert!(folder.call_with("good", "{}").await.is_ok());
}

#[tokio::test]
async fn deep_recursion_is_an_error_like_any_other() {
    for source in [
        "const f = () => f() + 1; module.exports = () => f();",
        "module.exports = () => { let a = []; for (let i = 0; i < 1e5; i++) a = [a]; return a; };",
        "module.exports = () => JSON.parse('['.repeat(1e5));",
        "module.exports = () => eval('('.repeat(1e5));",
        "const o = { toString() { return '' + o; } }; module.exports = () => '' + o;",
        "module.exports = () => { const p = new Proxy({}, { get: (t, k, r) => r[k] }); return p.x; };",
    ] {
        let error = misbehave(MUCH_TIME, source).await;
        assert!(matches!(error, FunctionError::Threw { .. }), "{source}: {error:?}");
        assert!(error.message().contains("call stack"), "{source}: {error:?}");
    }
}

#[tokio::test]
async fn memory_is_bounded() {
    for source in [
        "module.exports = () => { const a = []; for (;;) a.push(new Array(1000).fill({})); };",
        "const a = []; module.exports = () => { for (;;) a.push('x'.repeat(1000) + a.length); };",
        "module.exports = () => { let s = 'x'; for (;;) { s += s + '!'; s.charCodeAt(0); } };",
        "const a = []; module.exports = () => { for (;;) a.push(Buffer.alloc(1e6)); };",
        "module.exports = () => new Uint8Array(1e9);",
        "const a = []; module.exports = async () => { for (;;) { await null; a.push({ a: [1, 2, 3] }); } };",
        "const m = new Map(); module.exports = () => { for (let i = 0; ; i++) m.set(i, { i }); };",
        "const a = []; for (;;) a.push({});",
    ] {
        let error = misbehave(MUCH_TIME, source).await;
        assert!(matches!(error, FunctionError::OutOfMemory { .. }), "{source}: {error:?}");
    }
}

#[tokio::test]
async fn memory_that_was_only_lent_is_no_offence() {
    let source = "
        module.exports = () => {
          for (let i = 0; i < 50; i++) { const a = {}; a.a = a; a.b = new Uint8Array(4e6); }
          return 'fine';
        };";
    let limits = Limits { memory_bytes: 64 * 1024 * 1024, ..Limits::default() };
    let folder = Folder::build(&[("f/index.js", source)], limits, "");
    assert_eq!(folder.call().await.as_deref(), Ok(r#""fine""#));
}

#[tokio::test]
async fn patched_intrinsics_do_not_change_how_a_call_is_run() {
    let source = "
        JSON.stringify = () => 'patched';
        JSON.parse = () => { throw new Error('patched'); };
        Promise.prototype.then = () => { throw new Error('patched'); };
        Array.prototype[Symbol.iterator] = () => { throw new Error('patched'); };
        Object.prototype.toString = () => { throw new Error('patched'); };
        Object.keys = Object.defineProperty = Reflect.apply = () => { throw new Error('patched'); };
        Map.prototype.get = Map.prototype.set = () => { throw new Error('patched'); };
        Function.prototype.call = Function.prototype.apply = () => { throw new Error('patched'); };
        ['args', 'requestId', 'env', 'code', 'message', 'settled', 'resolve'].forEach((name) => {
          Object.prototype.__defineSetter__(name, () => { throw new Error('patched'); });
        });
        module.exports = async (ctx) => {
          ctx.args.seen = true;
          ctx.requestId = 'forged';
          delete ctx.logger;
          return { args: ctx.args, answer: await ctx.mpserverless.user.getInfo() };
        };";
    let folder = Folder::with(source);
    for _ in 0..2 {
        folder.host.will_answer(Ok(r#"{"user":1}"#));
        let result = folder.call_with("f", r#"{"x":1}"#).await;
        assert_eq!(result.as_deref(), Ok(r#"{"args":{"x":1,"seen":true},"answer":{"user":1}}"#));
    }
}

#[tokio::test]
async fn a_guest_that_redefines_its_prototypes_hurts_only_itself() {
    let source = "
        Object.prototype.toJSON = () => 'mine';
        module.exports = (ctx) => ({ a: 1 });";
    assert_eq!(Folder::with(source).call().await.as_deref(), Ok(r#""mine""#));
}

#[tokio::test]
async fn code_cannot_step_out_of_its_wrapper_to_anything_of_ours() {
    let source = "
        module.exports = () => {
          const found = [];
          for (const name of ['kit', 'raw', 'native', 'intrinsics', 'cache']) {
            try { found.push(eval(name)); } catch {}
          }
          const out = Function('return typeof raw + typeof kit')();
          return [found.length, out, Object.getOwnPropertyNames(globalThis).filter((n) => /kit|raw|native/.test(n))];
        };";
    assert_eq!(Folder::with(source).call().await.as_deref(), Ok(r#"[0,"undefinedundefined",[]]"#));
}

#[tokio::test]
async fn blocking_the_thread_is_refused() {
    let source =
        "module.exports = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);";
    assert!(matches!(Folder::with(source).call().await, Err(FunctionError::Threw { .. })));
}
