//! What a guest may use.

use std::time::Duration;

/// Limits of every call and of the pool of workers.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Time from the call's arrival to its answer, waiting and loading included.
    pub deadline: Duration,
    /// JavaScript heap of one worker.
    pub memory_bytes: usize,
    /// JavaScript stack of one worker; at most 4 MiB of it are used. One MiB is about 1600 calls
    /// deep, or 200 modules that require each other.
    pub stack_bytes: usize,
    /// Length of a result's JSON text.
    pub result_bytes: usize,
    /// Workers of one function, which is how many of its calls run at the same time.
    pub workers_per_function: usize,
    /// Workers of all functions of one folder, so that those of another always find some.
    pub workers_per_folder: usize,
    /// Workers of all functions together.
    pub workers: usize,
    /// Calls of one function that may wait for a worker; the next is refused at once.
    pub waiting: usize,
    /// A worker without a call for this long is ended.
    pub idle: Duration,
    /// A worker that served this many calls is replaced.
    pub calls_per_worker: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(5),
            memory_bytes: 128 * 1024 * 1024,
            stack_bytes: 1024 * 1024,
            result_bytes: 6 * 1024 * 1024,
            workers_per_function: 10,
            workers_per_folder: 24,
            workers: 32,
            waiting: 64,
            idle: Duration::from_mins(1),
            calls_per_worker: 10_000,
        }
    }
}

/// Longest line a guest may log; the rest is cut off.
pub(crate) const LOG_LINE_BYTES: usize = 8 * 1024;
/// Lines a guest may log in one call; further ones are dropped.
pub(crate) const LOG_LINES: u32 = 1000;
/// Longest public message of a failure; the rest is cut off.
pub(crate) const MESSAGE_BYTES: usize = 8 * 1024;
/// Host calls one call may have open at the same time.
pub(crate) const OPEN_HOST_CALLS: usize = 256;

/// Payloads that all open host calls of one call may have together.
pub(crate) const OPEN_PAYLOAD_BYTES: usize = 32 * 1024 * 1024;
/// Files a worker may load.
pub(crate) const LOADED_FILES: usize = 20_000;

/// Cuts `text` to at most `most` bytes, between characters.
pub(crate) fn clip(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::clip;

    #[test]
    fn clipping_keeps_characters_whole() {
        let mut text = "aé".to_owned();
        clip(&mut text, 2);
        assert_eq!(text, "a…");
        clip(&mut text, 100);
        assert_eq!(text, "a…");
    }
}
