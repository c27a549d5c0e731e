//! This process: what the kernel allows it, and what it uses.
//!
//! The kernel's limits are a second wall behind the engine's own. None of it is vital, so a kernel
//! that refuses is not an error.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Address space beyond the JavaScript heap: the program, its stack, and texts on their way.
const BESIDES_HEAP: u64 = 1024 * 1024 * 1024;
/// Files are opened one at a time, to read modules.
const OPEN_FILES: u64 = 32;

/// Forbids what a worker never does: dump its memory, write files, start processes.
pub(super) fn confine() {
    limit(Resource::Core, 0);
    limit(Resource::Fsize, 0);
    limit(Resource::Nofile, OPEN_FILES);
}

/// Bounds the address space by what the heap may hold.
pub(super) fn confine_memory(heap_bytes: usize) {
    limit(Resource::As, (heap_bytes as u64).saturating_add(BESIDES_HEAP));
}

fn limit(resource: Resource, most: u64) {
    let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
}

/// Memory in use now; 0 where the kernel does not say.
pub(super) fn resident_bytes() -> usize {
    status("VmRSS:")
}

/// The most memory that was ever in use; 0 where the kernel does not say.
pub(super) fn peak_bytes() -> usize {
    status("VmHWM:")
}

fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let kilobytes = line.trim().trim_end_matches(" kB").parse().unwrap_or(0_usize);
    kilobytes * 1024
}
