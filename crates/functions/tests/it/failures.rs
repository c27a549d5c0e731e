//! How functions fail, in their callers' eyes.

use functions::FunctionError;

use crate::folder::Folder;

#[tokio::test]
async fn whatever_is_thrown_becomes_a_message() {
    for (thrown, message) in [
        ("new Error('text')", "text"),
        ("Object.assign(new Error('text'), { code: 4001 })", "4001:text"),
        ("Object.assign(new Error('text'), { code: 'E_X' })", "E_X:text"),
        ("Object.assign(new Error('text'), { code: {} })", "text"),
        ("new TypeError('')", "TypeError"),
        ("({ code: 7, message: 'plain' })", "7:plain"),
        ("({ a: 1 })", r#"the function threw {"a":1}"#),
        ("'just text'", "just text"),
        ("''", "the function threw an empty string"),
        ("undefined", "the function threw undefined"),
        ("null", "the function threw null"),
        ("42n", "the function threw 42"),
        ("Symbol('s')", "the function threw Symbol(s)"),
        ("{ get message() { throw 1; } }", "the function threw something that cannot be described"),
        (
            "new Proxy({}, { get() { throw 1; } })",
            "the function threw something that cannot be described",
        ),
        ("new Error('\\ud83d!')", "\u{fffd}!"),
    ] {
        for source in [
            format!("module.exports = () => {{ throw ({thrown}); }};"),
            format!("module.exports = () => Promise.reject(({thrown}));"),
            format!("module.exports = async () => {{ await null; throw ({thrown}); }};"),
        ] {
            let folder = Folder::with(&source);
            assert_eq!(folder.message().await, message, "{source}");
        }
    }
}

#[tokio::test]
async fn a_thrown_error_does_not_cost_the_worker() {
    let source =
        "let n = 0; module.exports = () => { if (++n < 3) throw new Error('no'); return n; };";
    let folder = Folder::with(source);
    assert_eq!(folder.message().await, "no");
    assert_eq!(folder.message().await, "no");
    assert_eq!(folder.call().await.as_deref(), Ok("3"));
}

#[tokio::test]
async fn messages_are_bounded() {
    let folder = Folder::with("module.exports = () => { throw new Error('é'.repeat(1e6)); };");
    assert!(folder.message().await.len() < 9000);
}

#[tokio::test]
async fn results_that_json_cannot_express_are_errors() {
    let cycle = Folder::with("module.exports = () => { const a = {}; a.a = a; return a; };");
    assert!(cycle.message().await.contains("circular"));
    let big = Folder::with("module.exports = () => 1n;");
    assert!(big.message().await.contains("BigInt"));
}

#[tokio::test]
async fn syntax_errors_name_file_and_line() {
    let folder = Folder::with("\n\nconst a = ;\n");
    let message = folder.message().await;
    assert!(message.starts_with("index.js:3: "), "{message}");

    let inner = Folder::files(&[
        ("f/index.js", "require('./lib/broken');"),
        ("f/lib/broken.js", "function () {}"),
    ]);
    let message = inner.message().await;
    assert!(message.starts_with("lib/broken.js:1: "), "{message}");
}

#[tokio::test]
async fn modules_of_the_other_kind_are_explained() {
    for (path, text) in
        [("f/index.js", "\nimport x from 'y';"), ("f/index.js", "\nexport default async () => 1;")]
    {
        let message = Folder::files(&[(path, text)]).message().await;
        assert!(message.starts_with("index.js:2: import and export"), "{message}");
    }
    let mjs = Folder::files(&[("f/index.js", "require('./a.mjs');"), ("f/a.mjs", "")]);
    assert!(mjs.message().await.starts_with("a.mjs is an ES module"));
}

#[tokio::test]
async fn a_missing_module_has_its_code() {
    let folder = Folder::with("require('./x');");
    assert_eq!(folder.message().await, "MODULE_NOT_FOUND:Cannot find module './x'");
    let later = Folder::with("module.exports = () => require('lodash');");
    assert_eq!(later.message().await, "MODULE_NOT_FOUND:Cannot find module 'lodash'");
}

#[tokio::test]
async fn no_message_shows_a_place_on_the_server() {
    let outside = Folder::files(&[
        ("f/index.js", "module.exports = () => require('./a');"),
        ("f/a.json", "{"),
    ]);
    let root = outside.dir.path().to_str().unwrap().to_owned();
    let message = outside.message().await;
    assert!(message.starts_with("a.json: "), "{message}");
    assert!(!message.contains(&root), "{message}");

    let stack =
        Folder::with("module.exports = async () => { throw new Error(new Error().stack); };");
    let message = stack.message().await;
    assert!(message.contains("index.js:1"), "{message}");
    assert!(!message.contains("tmp"), "{message}");
}

#[tokio::test]
async fn ending_the_process_is_refused() {
    let folder = Folder::with("module.exports = () => process.exit(1);");
    assert!(
        folder.message().await.starts_with("ERR_PROCESS_EXIT_REFUSED:process.exit() is refused")
    );
    let abort = Folder::with("module.exports = () => process.abort();");
    assert!(abort.message().await.starts_with("ERR_PROCESS_ABORT_REFUSED"));
}

#[tokio::test]
async fn a_promise_that_cannot_settle_is_noticed_at_once() {
    for source in [
        "module.exports = () => new Promise(() => {});",
        "module.exports = async () => { await new Promise(() => {}); };",
        "module.exports = () => new Promise((r) => setTimeout(r, 1e6).unref());",
        "module.exports = () => new Promise((r) => clearTimeout(setTimeout(r, 1e6)));",
    ] {
        let message = Folder::with(source).message().await;
        assert!(
            message.starts_with("the function's promise never settles: "),
            "{source}: {message}"
        );
    }
}

#[tokio::test]
async fn errors_nobody_awaits_end_the_call() {
    for source in [
        "module.exports = () => new Promise(() => setTimeout(() => { throw new Error('lost'); }, 1));",
        "module.exports = () => new Promise(() => queueMicrotask(() => { throw new Error('lost'); }));",
        "module.exports = () => new Promise(() => process.nextTick(() => { throw new Error('lost'); }));",
        "module.exports = () => new Promise(() => setImmediate(() => { throw new Error('lost'); }));",
    ] {
        assert_eq!(Folder::with(source).message().await, "lost", "{source}");
    }
}

#[tokio::test]
async fn a_lost_rejection_explains_a_promise_that_cannot_settle() {
    let source = "
        const work = async () => { await null; throw Object.assign(new Error('lost'), { code: 7 }); };
        module.exports = () => new Promise((done) => { work().then(done); });";
    assert_eq!(Folder::with(source).message().await, "7:lost");
}

#[tokio::test]
async fn rejections_left_behind_are_logged() {
    let source = "
        module.exports = async () => {
          Promise.reject(new Error('left'));
          const handled = Promise.reject(new Error('handled'));
          await null;
          await handled.catch(() => {});
          return 1;
        };";
    let folder = Folder::with(source);
    assert_eq!(folder.call().await.as_deref(), Ok("1"));
    let lines = folder.host.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("Warn Unhandled rejection: Error: left"), "{lines:?}");
    assert_eq!(folder.call().await.as_deref(), Ok("1"));
}

#[tokio::test]
async fn a_failed_load_is_tried_again() {
    let folder = Folder::with("module.exports = 1;");
    assert!(matches!(folder.call().await, Err(FunctionError::BadEntry { .. })));
    folder.write("f/index.js", "throw new Error('while loading');");
    assert_eq!(folder.message().await, "while loading");
    folder.write("f/index.js", "module.exports = () => 1;");
    assert_eq!(folder.call().await.as_deref(), Ok("1"));
}
