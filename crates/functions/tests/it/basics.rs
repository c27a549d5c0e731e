//! What a function is, and what it gets and gives.

use functions::{FunctionError, FunctionName, Limits, Runtime};

use crate::folder::Folder;

#[tokio::test]
async fn a_function_says_hello() {
    let folder = Folder::with("module.exports = async (ctx) => ({ hello: ctx.args.name });");
    let result = folder.call_with("f", r#"{"name":"world"}"#).await;
    assert_eq!(result.as_deref(), Ok(r#"{"hello":"world"}"#));
}

#[tokio::test]
async fn handlers_come_in_several_shapes() {
    for source in [
        "module.exports = (ctx) => 1;",
        "module.exports = function (ctx) { return Promise.resolve(1); };",
        "exports.default = async () => 1;",
        "Object.defineProperty(exports, '__esModule', { value: true }); exports.default = async () => 1;",
        "exports.main = () => 2; exports.default = () => 1;",
        "module.exports = () => 1; module.exports.main = () => 2;",
        "module.exports = () => ({ then(resolve) { resolve(1); } });",
        "#!/usr/bin/env node\nmodule.exports = () => 1; // no newline at the end",
        "\u{feff}module.exports = () => 1;",
        "x = 1; with ({ y: x }) module.exports = () => y;",
    ] {
        assert_eq!(Folder::with(source).call().await.as_deref(), Ok("1"), "{source}");
    }
}

#[tokio::test]
async fn other_entries_are_refused() {
    let main_only = Folder::with("exports.main = async () => 1;").call().await.unwrap_err();
    assert!(matches!(&main_only, FunctionError::BadEntry { message } if message.contains("main")));
    for source in ["", "module.exports = 1;", "module.exports = null;", "exports.default = {};"] {
        let error = Folder::with(source).call().await.unwrap_err();
        assert!(
            matches!(&error, FunctionError::BadEntry { message } if message.contains("module.exports")),
            "{source}: {error:?}"
        );
    }
}

#[tokio::test]
async fn an_absent_function_is_not_found() {
    let folder = Folder::files(&[("empty/readme.md", ""), ("f/index.js", "")]);
    let error = folder.call_with("empty", "{}").await.unwrap_err();
    assert_eq!(error, FunctionError::NotFound { name: FunctionName::parse("empty").unwrap() });
    assert_eq!(error.message(), "there is no function named 'empty'");
}

#[tokio::test]
async fn functions_are_listed_in_order() {
    let folder = Folder::files(&[
        ("b/index.js", ""),
        ("a/index.js", ""),
        ("no-entry/main.js", ""),
        ("node_modules/x/index.js", ""),
        ("bad.name/index.js", ""),
        ("index.js", ""),
    ]);
    let names = Runtime::list(folder.dir.path()).unwrap();
    assert_eq!(names.iter().map(FunctionName::as_str).collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn arguments_and_results_pass_as_they_are() {
    let folder = Folder::with("module.exports = (ctx) => ctx.args;");
    for text in [
        r#"{"z":1,"a":2,"m":{"b":[],"a":{}}}"#,
        r#"{"big":12345678901234567000,"small":1e-7,"zero":0}"#,
        r#"{"lone":"\ud83d","pair":"😀","nul":"\u0000","quote":"\"\\"}"#,
        r#"{"__proto__":{"x":1},"constructor":2,"toString":3}"#,
    ] {
        assert_eq!(folder.call_with("f", text).await.as_deref(), Ok(text));
    }
}

#[tokio::test]
async fn arguments_that_are_no_object_become_one() {
    let folder = Folder::with("module.exports = (ctx) => ctx.args;");
    for text in ["null", "[1]", "7", r#""text""#, "true"] {
        assert_eq!(folder.call_with("f", text).await.as_deref(), Ok("{}"), "{text}");
    }
}

#[tokio::test]
async fn a_member_named_proto_stays_a_member() {
    let source = "module.exports = ({ args }) => [({}).x, args.x, Object.keys(args)];";
    let result = Folder::with(source).call_with("f", r#"{"__proto__":{"x":1}}"#).await;
    assert_eq!(result.as_deref(), Ok(r#"[null,null,["__proto__"]]"#));
}

#[tokio::test]
async fn results_are_what_json_makes_of_them() {
    for (value, text) in [
        ("undefined", "null"),
        ("() => 1", "null"),
        ("Symbol('x')", "null"),
        ("NaN", "null"),
        ("''", r#""""#),
        ("({ a: undefined, b: () => 1, c: NaN })", r#"{"c":null}"#),
        ("new Date(0)", r#""1970-01-01T00:00:00.000Z""#),
        ("({ toJSON: () => 5 })", "5"),
        ("[undefined, new Map([[1, 2]])]", "[null,{}]"),
        ("'\\ud83d'", r#""\ud83d""#),
    ] {
        let folder = Folder::with(&format!("module.exports = () => ({value});"));
        assert_eq!(folder.call().await.as_deref(), Ok(text), "{value}");
    }
}

#[tokio::test]
async fn module_state_lives_on_between_calls() {
    let folder = Folder::with("let n = 0; module.exports = () => ++n;");
    for n in ["1", "2", "3"] {
        assert_eq!(folder.call().await.as_deref(), Ok(n));
    }
}

#[tokio::test]
async fn a_large_result_is_refused_and_the_function_lives_on() {
    let source = "let n = 0; module.exports = ({ args }) => { n++; return args.n ? 'x'.repeat(args.n) : n; };";
    let limits = Limits { result_bytes: 100, ..Limits::default() };
    let folder = Folder::build(&[("f/index.js", source)], limits, "");
    assert_eq!(
        folder.call_with("f", r#"{"n":99}"#).await,
        Err(FunctionError::ResultTooLarge { size: 101, limit: 100 })
    );
    assert!(folder.call_with("f", r#"{"n":98}"#).await.is_ok());
    assert_eq!(folder.call().await.as_deref(), Ok("3"));
}

#[tokio::test]
async fn results_of_several_megabytes_pass() {
    let source = "module.exports = ({ args }) => args.text + args.text;";
    let text = "é".repeat(1_400_000);
    let result = Folder::with(source).call_with("f", &format!(r#"{{"text":"{text}"}}"#)).await;
    assert_eq!(result.unwrap().len(), 2 * text.len() + 2);
}

#[tokio::test]
async fn arguments_beyond_a_frame_are_refused() {
    let text = "x".repeat(17 * 1024 * 1024);
    let folder = Folder::with("module.exports = () => 1;");
    let error = folder.call_with("f", &format!(r#"{{"text":"{text}"}}"#)).await.unwrap_err();
    assert_eq!(error.message(), "ArgumentsTooLarge:the function's arguments are too large");
}
