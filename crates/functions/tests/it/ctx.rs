//! What a handler is given.

use functions::{HostFailure, Limits, LogLevel};
use serde_json::json;

use crate::folder::Folder;

#[tokio::test]
async fn a_ctx_tells_about_its_call() {
    let folder = Folder::with("module.exports = (ctx) => [ctx.requestId, ctx.env, ctx.args];");
    let expected = r#"["request-1",{"MP_SOURCE":"client"},{"a":1}]"#;
    assert_eq!(folder.call_with("f", r#"{"a":1}"#).await.as_deref(), Ok(expected));
}

#[tokio::test]
async fn logs_reach_the_host() {
    let source = "module.exports = (ctx) => {
        ctx.logger.info('%s is %d', 'x', 1, { a: [1] });
        ctx.logger.warn('careful');
        ctx.logger.error(new Error('bad'));
        ctx.logger.debug('%j', { a: 1 });
        ctx.logger.log('plain');
        console.log('out', 2);
        console.error('err');
      };";
    let folder = Folder::with(source);
    assert_eq!(folder.call().await.as_deref(), Ok("null"));
    let lines = folder.host.lines();
    assert_eq!(lines.len(), 7, "{lines:?}");
    assert_eq!(lines[0], "Info x is 1 { a: [ 1 ] }");
    assert_eq!(lines[1], "Warn careful");
    assert!(lines[2].starts_with("Error Error: bad\n    at "), "{}", lines[2]);
    assert_eq!(lines[3], r#"Debug {"a":1}"#);
    assert_eq!(lines[4..], ["Info plain", "Info out 2", "Error err"]);
}

#[tokio::test]
async fn logs_are_bounded() {
    let source = "module.exports = () => { for (let i = 0; i < 1500; i++) console.log(i); console.log('end'); };";
    let folder = Folder::with(source);
    folder.call().await.unwrap();
    assert_eq!(folder.host.lines().len(), 1000);

    let long = Folder::with("module.exports = () => console.log('x'.repeat(1e6));");
    long.call().await.unwrap();
    let lines = long.host.lines.lock().unwrap();
    assert!(matches!(&lines[..], [(LogLevel::Info, text)] if text.len() < 8300));
}

#[tokio::test]
async fn services_ask_the_host() {
    let source = "module.exports = async (ctx) => [
        await ctx.mpserverless.function.invoke('other', { a: 1 }),
        await ctx.mpserverless.function.invoke('other'),
        await ctx.mpserverless.user.getInfo(),
        ctx.basement === ctx.mpserverless,
      ];";
    let folder = Folder::with(source);
    folder.host.will_answer(Ok(r#"{"result":{"b":2},"requestId":"r2"}"#));
    folder.host.will_answer(Ok(r#"{"result":null}"#));
    folder.host.will_answer(Ok(r#"{"userId":"u"}"#));
    let result: serde_json::Value = serde_json::from_str(&folder.call().await.unwrap()).unwrap();
    assert_eq!(
        result,
        json!([
            {"success": true, "result": {"b": 2}, "requestId": "r2"},
            {"success": true, "result": null, "requestId": "request-1"},
            {"user": {"userId": "u"}},
            true,
        ])
    );
    let asked = folder.host.asked.lock().unwrap();
    assert_eq!(
        asked[0],
        ("invoke".to_owned(), r#"{"target":"other","args":"{\"a\":1}"}"#.to_owned())
    );
    assert_eq!(asked[1].1, r#"{"target":"other","args":"{}"}"#);
    assert_eq!(asked[2], ("user".to_owned(), "{}".to_owned()));
}

#[tokio::test]
async fn a_failed_host_call_can_be_caught() {
    let source = "module.exports = async (ctx) => {
        try { await ctx.mpserverless.function.invoke('x'); }
        catch (e) { return [e instanceof Error, e.name, e.code, e.message]; }
      };";
    let folder = Folder::with(source);
    folder.host.will_answer(Err(HostFailure::new("FunctionBizError", "4001:no")));
    let expected = r#"[true,"HostError","FunctionBizError","4001:no"]"#;
    assert_eq!(folder.call().await.as_deref(), Ok(expected));

    let uncaught = Folder::with("module.exports = (ctx) => ctx.mpserverless.user.getInfo();");
    uncaught.host.will_answer(Err(HostFailure::new("C", "m")));
    assert_eq!(uncaught.message().await, "C:m");
}

#[tokio::test]
async fn absent_services_say_so() {
    let source = "module.exports = async ({ mpserverless: { db, file } }) => {
        const codes = [];
        for (const attempt of [() => db.collection('c').find({}), () => db.collection('c').insertOne({}), () => file.upload({})]) {
          try { await attempt(); } catch (e) { codes.push([e.code, e.message]); }
        }
        await db; await file;
        return codes;
      };";
    let result = Folder::with(source).call().await.unwrap();
    assert_eq!(
        result,
        r#"[["MethodNotSupported","db.collection('c').find is not supported"],["MethodNotSupported","db.collection('c').insertOne is not supported"],["MethodNotSupported","file.upload is not supported"]]"#
    );
}

#[tokio::test]
async fn an_extension_adds_to_every_ctx() {
    let extension = "(ctx, hostCall, util) => {
        ctx.cloud = { ask: (x) => hostCall('cloud.ask', { x, type: util.format('%s', 'made') }) };
      }";
    let source = "module.exports = (ctx) => ctx.cloud.ask(ctx.args.x);";
    let folder = Folder::build(&[("f/index.js", source)], Limits::default(), extension);
    for x in ["1", "2"] {
        folder.host.will_answer(Ok(x));
        let result = folder.call_with("f", &format!(r#"{{"x":{x}}}"#)).await;
        assert_eq!(result.as_deref(), Ok(x));
    }
    let asked = folder.host.asked.lock().unwrap();
    assert_eq!(asked[1], ("cloud.ask".to_owned(), r#"{"x":2,"type":"made"}"#.to_owned()));
}

#[tokio::test]
async fn a_ctx_of_an_earlier_call_is_of_no_use() {
    let source = "let saved; module.exports = async (ctx) => {
        if (!saved) { saved = ctx; return 'saved'; }
        try { await saved.mpserverless.user.getInfo(); } catch (e) { return [e.code, e.message]; }
      };";
    let folder = Folder::with(source);
    assert_eq!(folder.call().await.as_deref(), Ok(r#""saved""#));
    let expected = r#"["CallEnded","this ctx belongs to a call that has ended"]"#;
    assert_eq!(folder.call().await.as_deref(), Ok(expected));
    assert!(folder.host.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn answers_that_come_late_go_nowhere() {
    let source = "const seen = []; module.exports = async (ctx) => {
        if (ctx.args.leave) {
          ctx.mpserverless.user.getInfo().then(() => seen.push('late'));
          return 'left';
        }
        const mine = await ctx.mpserverless.user.getInfo();
        return [seen, mine];
      };";
    let folder = Folder::with(source);
    assert_eq!(folder.call_with("f", r#"{"leave":true}"#).await.as_deref(), Ok(r#""left""#));
    while folder.host.asked.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    folder.host.will_answer(Ok("7"));
    assert_eq!(folder.call().await.as_deref(), Ok(r#"[[],{"user":7}]"#));
}

#[tokio::test]
async fn too_much_at_once_is_refused() {
    let source = "module.exports = async (ctx) => {
        const asked = [];
        for (let i = 0; i < 300; i++) asked.push(ctx.mpserverless.user.getInfo());
        const done = await Promise.allSettled(asked);
        return done.filter((d) => d.status === 'rejected').length;
      };";
    assert_eq!(Folder::with(source).call().await.as_deref(), Ok("44"));
    let heavy = "module.exports = async (ctx) => {
        const text = 'x'.repeat(1e7);
        const asked = [1, 2, 3, 4].map(() => ctx.mpserverless.function.invoke('x', { text }));
        return (await Promise.allSettled(asked)).map((d) => d.reason?.message ?? 'fine');
      };";
    let refused = r#"["fine","fine","fine","too many requests are open at the same time"]"#;
    assert_eq!(Folder::with(heavy).call().await.as_deref(), Ok(refused));
    let large = Folder::with(
        "module.exports = (ctx) => ctx.mpserverless.function.invoke('x', { t: 'x'.repeat(2e7) });",
    );
    assert_eq!(large.message().await, "the request is too large");
}
