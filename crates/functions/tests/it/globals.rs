//! What is there beyond the language.

use crate::folder::Folder;

async fn value(expression: &str) -> String {
    let source = format!("module.exports = async () => ({expression});");
    Folder::with(&source).call().await.unwrap_or_else(|error| error.message())
}

#[tokio::test]
async fn node_globals_are_there() {
    let names = "['Buffer', 'URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'atob', 'btoa', 'structuredClone',
        'setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'queueMicrotask', 'console', 'process', 'global']
        .filter((n) => globalThis[n] === undefined)";
    assert_eq!(value(names).await, "[]");
    assert_eq!(value("global === globalThis").await, "true");
}

#[tokio::test]
async fn process_is_harmless() {
    let expression = "[process.version, process.platform, process.cwd(), Object.keys(process.env), typeof process.hrtime()[0],
        typeof process.hrtime.bigint(), process.memoryUsage().rss > 0, process.uptime() >= 0, process.on('exit', () => {}) === process]";
    let expected = r#"["v20.0.0","linux","/",["NODE_ENV"],"number","bigint",true,true,true]"#;
    assert_eq!(value(expression).await, expected);
}

#[tokio::test]
async fn timers_fire_in_order() {
    let source = "const { setTimeout: sleep } = require('timers/promises');
      module.exports = async () => {
        const seen = [];
        setTimeout((a, b) => seen.push(a + b), 50, 'a', 'b');
        setImmediate(() => seen.push('immediate'));
        setTimeout(() => seen.push('one'), 1);
        Promise.resolve().then(() => seen.push('job'));
        process.nextTick((x) => seen.push(x), 'tick');
        const cleared = setTimeout(() => seen.push('cleared'), 2);
        clearTimeout(+cleared);
        let n = 0;
        await new Promise((done) => {
          const every = setInterval(() => { if (++n === 3) { clearInterval(every); done(); } }, 1);
        });
        await sleep(60);
        return [seen, n];
      };";
    let expected = r#"[["job","tick","immediate","one","ab"],3]"#;
    assert_eq!(Folder::with(source).call().await.as_deref(), Ok(expected));
}

#[tokio::test]
async fn replies_arrive_while_timers_never_rest() {
    let source = "module.exports = async (ctx) => {
        let answer;
        ctx.mpserverless.user.getInfo().then((a) => { answer = a; });
        while (answer === undefined) await new Promise((next) => setImmediate(next));
        return answer;
      };";
    let folder = Folder::with(source);
    folder.host.will_answer(Ok("1"));
    assert_eq!(folder.call().await.as_deref(), Ok(r#"{"user":1}"#));
}

#[tokio::test]
async fn timers_end_with_their_call() {
    let source = "let fired = 0; module.exports = ({ args }) => {
        if (args.start) { setInterval(() => fired++, 1); return 'started'; }
        return new Promise((done) => setTimeout(() => done(fired), 20));
      };";
    let folder = Folder::with(source);
    assert_eq!(folder.call_with("f", r#"{"start":true}"#).await.as_deref(), Ok(r#""started""#));
    assert_eq!(folder.call().await.as_deref(), Ok("0"));
}

#[tokio::test]
async fn jobs_left_behind_do_not_run_on() {
    let source = "let n = 0, rounds = 0; module.exports = () => {
        if (n++ === 0) (async () => { for (;;) { await null; rounds++; } })();
        return [n, rounds > 1e5];
      };";
    let folder = Folder::with(source);
    assert_eq!(folder.call().await.as_deref(), Ok("[1,false]"));
    // The worker with the endless promise was not used again.
    assert_eq!(folder.call().await.as_deref(), Ok("[1,false]"));
}

#[tokio::test]
async fn clones_are_deep() {
    let expression = "(() => {
        const a = { d: new Date(0), r: /x/gi, m: new Map([[{ k: 1 }, new Set([1])]]), u: new Uint8Array([1, 2]), e: new RangeError('e'), n: [1, , 3] };
        a.self = a;
        const b = structuredClone(a);
        return [b !== a, b.self === b, b.d.getTime(), String(b.r), [...b.m.keys()][0].k, [...b.m.values()][0].has(1), [...b.u],
          b.u.buffer !== a.u.buffer, b.e instanceof RangeError, b.e.message, 1 in b.n];
      })()";
    let expected = r#"[true,true,0,"/x/gi",1,true,[1,2],true,true,"e",false]"#;
    assert_eq!(value(expression).await, expected);
    assert_eq!(value("structuredClone({ f() {} })").await, "25:function f could not be cloned.");
}

#[tokio::test]
async fn bytes_and_texts() {
    for (expression, expected) in [
        ("Buffer.from('héllo').toString('base64')", r#""aMOpbGxv""#),
        ("Buffer.from('\\ud83d').toString('hex')", r#""efbfbd""#),
        ("new TextDecoder().decode(new TextEncoder().encode('é😀'))", r#""é😀""#),
        ("[atob('aGk='), btoa('hi')]", r#"["hi","aGk="]"#),
        ("new TextDecoder().decode(new Uint8Array([0xe9, 65]))", "\"\u{fffd}A\""),
    ] {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn digests_are_right() {
    let crypto = "require('crypto')";
    for (expression, expected) in [
        ("createHash('md5').update('abc').digest('hex')", "900150983cd24fb0d6963f7d28e17f72"),
        (
            "createHash('sha1').update('abc').digest('hex')",
            "a9993e364706816aba3e25717850c26c9cd0d89d",
        ),
        (
            "createHash('sha256').update('a').update('bc').digest('hex')",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "createHmac('sha256', 'key').update('The quick brown fox jumps over the lazy dog').digest('hex')",
            "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
        ),
        (
            "createHmac('md5', 'key').update('The quick brown fox jumps over the lazy dog').digest('hex')",
            "80070713463e7749b90c2dc24911e275",
        ),
        (
            "pbkdf2Sync('password', 'salt', 2, 20, 'sha1').toString('hex')",
            "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957",
        ),
    ] {
        let seen = value(&format!("{crypto}.{expression}")).await;
        assert_eq!(seen, format!("\"{expected}\""), "{expression}");
    }
    assert_eq!(value("require('crypto').randomBytes(16).length").await, "16");
    assert!(
        value("require('crypto').createHash('nope')").await.contains("Digest method not supported")
    );
}

#[tokio::test]
async fn addresses_follow_the_standard() {
    for (expression, expected) in [
        (
            "new URL('../x?y=1#z', 'https://u:p@例え.jp:8443/a/b').href",
            "https://u:p@xn--r8jz45g.jp:8443/x?y=1#z",
        ),
        (
            "Object.assign(new URL('http://a/b'), { port: '8080', search: 'q=1' }).href",
            "http://a:8080/b?q=1",
        ),
        ("new URL('http://a/?x=1&x=2').searchParams.getAll('x').join()", "1,2"),
    ] {
        assert_eq!(value(expression).await, format!("\"{expected}\""), "{expression}");
    }
    assert!(value("new URL('nothing')").await.contains("Invalid URL"));
}
