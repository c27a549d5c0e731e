//! Many bad calls in a row, at many memory limits. Takes minutes, so it runs only when asked:
//! `cargo test -p functions --release -- --ignored`.

use std::time::Duration;

use functions::{FunctionError, Limits};

use crate::folder::Folder;

const HUNGRY: [&str; 10] = [
    "module.exports = () => { const a = []; for (;;) a.push(new Array(1000).fill({})); };",
    "const a = []; module.exports = () => { for (;;) a.push('x'.repeat(1000) + a.length); };",
    "const a = []; module.exports = () => { for (;;) a.push(Buffer.alloc(1e5)); };",
    "const a = []; module.exports = async () => { for (;;) { await null; a.push({ a: [1, 2, 3] }); } };",
    "const m = new Map(); module.exports = () => { for (let i = 0; ; i++) m.set(i, { i }); };",
    "const a = []; for (;;) a.push({});",
    "const a = []; module.exports = () => { for (;;) { try { a.push(new Error('x' + a.length)); } catch {} } };",
    "const a = []; module.exports = () => { for (;;) a.push(new Function('return ' + a.length)); };",
    "const a = []; module.exports = () => { for (;;) a.push(JSON.parse('[' + '{\"a\":[1,2]},'.repeat(99) + '1]')); };",
    "const a = []; module.exports = () => { const f = (n) => { a.push({ n }); return n > 0 ? f(n - 1) : 0; }; for (;;) f(50); };",
];

#[tokio::test]
#[ignore = "takes minutes"]
async fn running_out_of_memory_never_crashes_a_worker() {
    let mut crashes = Vec::new();
    let mut threw = std::collections::BTreeMap::<String, u32>::new();
    for source in HUNGRY {
        for step in 0..60 {
            let limits = Limits {
                memory_bytes: 4 * 1024 * 1024 + step * 50_021,
                deadline: Duration::from_secs(2),
                ..Limits::default()
            };
            let folder = Folder::build(&[("f/index.js", source)], limits, "");
            match folder.call().await {
                Err(FunctionError::Crashed) => crashes.push((source, step)),
                Err(FunctionError::Threw { message, .. }) => {
                    *threw.entry(message).or_default() += 1;
                }
                _ => {}
            }
        }
    }
    assert!(crashes.is_empty() && threw.is_empty(), "crashes: {crashes:?}, threw: {threw:?}");
}
