//! JavaScript that is part of this program.

/// Sets an isolate up, in this order. Each is a function expression `(kit, raw) => …`; the last
/// one returns what the loop calls.
pub(in crate::guest) const BOOTSTRAP: &[(&str, &str)] = &[
    bootstrap("primordials", include_str!("../../../js/bootstrap/primordials.js")),
    bootstrap("errors", include_str!("../../../js/bootstrap/errors.js")),
    bootstrap("native", include_str!("../../../js/bootstrap/native.js")),
    bootstrap("timers", include_str!("../../../js/bootstrap/timers.js")),
    bootstrap("refused", include_str!("../../../js/bootstrap/refused.js")),
    bootstrap("require", include_str!("../../../js/bootstrap/require.js")),
    bootstrap("clone", include_str!("../../../js/bootstrap/clone.js")),
    bootstrap("console", include_str!("../../../js/bootstrap/console.js")),
    bootstrap("process", include_str!("../../../js/bootstrap/process.js")),
    bootstrap("globals", include_str!("../../../js/bootstrap/globals.js")),
    bootstrap("httpclient", include_str!("../../../js/bootstrap/httpclient.js")),
    bootstrap("ctx", include_str!("../../../js/bootstrap/ctx.js")),
    bootstrap("main", include_str!("../../../js/bootstrap/main.js")),
];

const fn bootstrap(name: &'static str, source: &'static str) -> (&'static str, &'static str) {
    (name, source)
}

struct Builtin {
    name: &'static str,
    source: &'static str,
    /// Whether guests may require it, or only other built-in modules.
    public: bool,
}

macro_rules! builtins {
    ($($kind:ident $name:literal from $file:literal,)*) => {
        &[$(Builtin {
            name: $name,
            source: include_str!(concat!("../../../js/node/", $file, ".js")),
            public: builtins!(@ $kind),
        }),*]
    };
    (@ public) => { true };
    (@ inner) => { false };
}

/// Read when first required.
const BUILTINS: &[Builtin] = builtins![
    public "assert" from "assert",
    inner "assert_error" from "assert_error",
    public "assert/strict" from "assert_strict",
    inner "assert_strict" from "assert_strict",
    public "buffer" from "buffer",
    inner "buffer_encoding" from "buffer_encoding",
    inner "buffer_numbers" from "buffer_numbers",
    public "crypto" from "crypto",
    public "events" from "events",
    inner "internal_errors" from "internal_errors",
    inner "internal_later" from "internal_later",
    public "os" from "os",
    public "path" from "path",
    public "punycode" from "punycode",
    public "querystring" from "querystring",
    inner "refused" from "refused",
    public "stream" from "stream",
    inner "stream_duplex" from "stream_duplex",
    inner "stream_life" from "stream_life",
    inner "stream_pipeline" from "stream_pipeline",
    public "stream/promises" from "stream_promises",
    inner "stream_promises" from "stream_promises",
    inner "stream_readable" from "stream_readable",
    inner "stream_writable" from "stream_writable",
    public "string_decoder" from "string_decoder",
    public "timers" from "timers",
    public "timers/promises" from "timers_promises",
    inner "timers_promises" from "timers_promises",
    public "url" from "url",
    inner "url_legacy" from "url_legacy",
    inner "url_search_params" from "url_search_params",
    inner "url_whatwg" from "url_whatwg",
    public "util" from "util",
    inner "util_encoding" from "util_encoding",
    inner "util_equal" from "util_equal",
    inner "util_format" from "util_format",
    inner "util_inspect" from "util_inspect",
    inner "util_inspect_layout" from "util_inspect_layout",
    inner "util_inspect_text" from "util_inspect_text",
    inner "util_ordinary" from "util_ordinary",
    public "util/types" from "util_types",
    inner "util_types" from "util_types",
];

/// The names that guests may require.
pub(in crate::guest) fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTINS.iter().filter(|builtin| builtin.public).map(|builtin| builtin.name)
}

/// The source of a built-in module, public or not.
pub(in crate::guest) fn builtin_source(name: &str) -> Option<&'static str> {
    BUILTINS.iter().find(|builtin| builtin.name == name).map(|builtin| builtin.source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_in_a_table() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("js");
        let listed = |name: &str| std::fs::read_dir(folder.join(name)).unwrap().count();
        assert_eq!(listed("bootstrap"), BOOTSTRAP.len());
        // Some sources go by two names.
        let mut sources: Vec<_> = BUILTINS.iter().map(|builtin| builtin.source.as_ptr()).collect();
        sources.sort_unstable();
        sources.dedup();
        assert_eq!(listed("node"), sources.len());
    }
}
