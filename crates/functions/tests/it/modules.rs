//! `require`.

use crate::folder::Folder;

async fn result(files: &[(&str, &str)]) -> String {
    Folder::files(files).call().await.unwrap_or_else(|error| error.message())
}

#[tokio::test]
async fn files_data_and_folders_are_found() {
    let files = [
        (
            "f/index.js",
            "const a = require('./lib/a'); module.exports = () => [a(), require('./d.json').x, require('./folder').y];",
        ),
        ("f/lib/a.js", "const b = require('../b.js'); module.exports = () => b.name;"),
        ("f/b.js", "exports.name = 'b';"),
        ("f/d.json", r#"{"x":1}"#),
        ("f/folder/index.js", "exports.y = 2;"),
    ];
    assert_eq!(result(&files).await, r#"["b",1,2]"#);
}

#[tokio::test]
async fn packages_are_found_near_and_far() {
    let files = [
        (
            "f/index.js",
            "module.exports = () => [require('near'), require('near/sub'), require('far'), require('@s/p'), require('e'), require('e/feature')];",
        ),
        ("f/node_modules/near/package.json", r#"{"main":"lib"}"#),
        ("f/node_modules/near/lib/index.js", "module.exports = 'near';"),
        ("f/node_modules/near/sub.js", "module.exports = 'sub';"),
        ("node_modules/far/index.js", "module.exports = 'far';"),
        ("f/node_modules/@s/p/index.js", "module.exports = require('far') + '!';"),
        (
            "f/node_modules/e/package.json",
            r#"{"exports":{".":{"import":"./m.mjs","require":"./c.cjs"},"./feature":"./f.js"}}"#,
        ),
        ("f/node_modules/e/c.cjs", "module.exports = 'exports';"),
        ("f/node_modules/e/f.js", "module.exports = 'feature';"),
    ];
    assert_eq!(result(&files).await, r#"["near","sub","far","far!","exports","feature"]"#);
}

#[tokio::test]
async fn cycles_give_what_is_there_already() {
    let files = [
        (
            "f/index.js",
            "const a = require('./a'); module.exports = () => [a.done, a.seen, require('./b').seen];",
        ),
        (
            "f/a.js",
            "exports.done = false; const b = require('./b'); exports.seen = b.done; exports.done = true;",
        ),
        (
            "f/b.js",
            "exports.done = false; const a = require('./a'); exports.seen = a.done; exports.done = true;",
        ),
    ];
    assert_eq!(result(&files).await, "[true,true,false]");
}

#[tokio::test]
async fn modules_know_themselves() {
    let source = "
        const child = require('./lib/child');
        module.exports = () => ({
          id: module.id, file: __filename, dir: __dirname, main: require.main === module,
          loaded: module.loaded, children: module.children.map((c) => c.id), paths: module.paths,
          child, here: require.resolve('./lib/child'), core: require.resolve('node:path'),
          cached: Object.keys(require.cache), same: this === undefined || true,
        });";
    let files = [
        ("f/index.js", source),
        (
            "f/lib/child.js",
            "module.exports = [this === exports, module.parent.id, require.main.id, module.loaded];",
        ),
    ];
    let expected = serde_json::json!({
        "id": "/f/index.js", "file": "/f/index.js", "dir": "/f", "main": true, "loaded": true,
        "children": ["/f/lib/child.js"], "paths": ["/f/node_modules", "/node_modules"],
        "child": [true, "/f/index.js", "/f/index.js", false],
        "here": "/f/lib/child.js", "core": "node:path",
        "cached": ["/f/index.js", "/f/lib/child.js"], "same": true,
    });
    let seen: serde_json::Value = serde_json::from_str(&result(&files).await).unwrap();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_module_runs_once_and_again_when_it_failed_or_was_forgotten() {
    let files = [
        ("f/index.js", "
            global.runs = 0;
            const twice = [require('./count'), require('./count')];
            delete require.cache[require.resolve('./count')];
            const third = require('./count');
            const tries = [0, 0].map(() => { try { require('./fails'); } catch (e) { return e.message; } });
            module.exports = () => [twice, third, tries];"),
        ("f/count.js", "module.exports = ++global.runs;"),
        ("f/fails.js", "global.fails = (global.fails || 0) + 1; throw new Error('try ' + global.fails);"),
    ];
    assert_eq!(result(&files).await, r#"[[1,1],2,["try 1","try 2"]]"#);
}

#[tokio::test]
async fn nothing_outside_the_folder_is_found() {
    for request in ["../../outside", "/etc/passwd", "../link", "./link/outside"] {
        let folder = Folder::files(&[
            ("root/f/index.js", &format!("module.exports = () => require('{request}');")),
            ("outside.js", "module.exports = 'secret';"),
        ]);
        let root = folder.dir.path().join("root");
        std::os::unix::fs::symlink("../../outside.js", root.join("link.js")).unwrap();
        std::os::unix::fs::symlink("../..", root.join("f/link")).unwrap();
        let call = crate::folder::invocation(&root, "f", "{}");
        let error = folder.runtime.invoke(call, folder.host.clone()).await.unwrap_err();
        assert!(error.message().starts_with("MODULE_NOT_FOUND:"), "{request}: {error}");
    }
}

#[tokio::test]
async fn core_modules_are_there_under_both_names() {
    let source = "
        const names = ['assert', 'buffer', 'crypto', 'events', 'os', 'path', 'querystring', 'string_decoder',
          'timers', 'url', 'util', 'punycode', 'process', 'console', 'module', 'util/types', 'timers/promises'];
        module.exports = () => names.filter((n) => require(n) !== require('node:' + n) || !require('module').isBuiltin(n));";
    assert_eq!(result(&[("f/index.js", source)]).await, "[]");
}

#[tokio::test]
async fn internal_parts_are_not_there() {
    for name in ["util_inspect", "internal_errors", "node:refused", "node:none"] {
        let message = result(&[("f/index.js", &format!("require('{name}');"))]).await;
        assert!(message.contains(&format!("'{name}'")) || message.ends_with(name), "{message}");
    }
}

#[tokio::test]
async fn refused_modules_load_but_do_nothing() {
    let source = "
        const fs = require('fs');
        const { readFile } = require('node:fs').promises;
        class Wire extends require('net').Socket {}
        require('util').inherits(function Old() {}, require('http').Agent);
        const attempts = {
          read: () => fs.readFileSync('/etc/passwd'), promised: () => readFile('/x'), http: () => require('https').request({}),
          spawn: () => require('child_process').execSync('ls'), thread: () => new (require('worker_threads').Worker)('x'),
          socket: () => new Wire(),
        };
        module.exports = () => Object.keys(attempts).map((name) => { try { attempts[name](); } catch (e) { return e.code; } });";
    let codes = vec!["ERR_ACCESS_REFUSED"; 6];
    assert_eq!(result(&[("f/index.js", source)]).await, serde_json::to_string(&codes).unwrap());
    let uncaught = "module.exports = () => require('fs').readFileSync('/etc/passwd');";
    let message = result(&[("f/index.js", uncaught)]).await;
    assert!(message.starts_with("ERR_ACCESS_REFUSED:fs.readFileSync"), "{message}");
}
