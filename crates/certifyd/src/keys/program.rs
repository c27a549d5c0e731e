//! A master key that a program prints: one that asks a key service, or a device, for it.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use engine::Vault;
use rustix::process::{Pid, Signal, kill_process_group};
use zeroize::Zeroizing;

use super::parse_master_key;

/// How long it may take.
pub(super) const LIMIT: Duration = Duration::from_secs(10);
/// For a program that was ended to be gone.
const GONE: Duration = Duration::from_secs(1);
/// More than a key with blanks around it.
const MOST: usize = 4096;

/// What a program printed, and how it ended.
struct Ended {
    printed: Zeroizing<Vec<u8>>,
    status: std::io::Result<ExitStatus>,
}

/// Runs a program, without a shell, and reads the key it prints. What it writes to standard error
/// is seen beside our own. It does not outlive `limit`, nor does what it has started.
pub(super) fn master_key(
    words: &[String],
    limit: Duration,
) -> Result<Zeroizing<[u8; Vault::KEY_LEN]>, String> {
    let (program, args) = words.split_first().ok_or("cmd: needs a program")?;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).process_group(0);
    let child = command.spawn().map_err(|error| format!("cannot run {program}: {error}"))?;
    let group = Pid::from_child(&child);
    let ended = watch(child);
    let Ok(Ended { printed, status }) = ended.recv_timeout(limit) else {
        // It may have ended just now.
        let _ = kill_process_group(group, Signal::KILL);
        let _ = ended.recv_timeout(GONE);
        return Err(format!("{program} took longer than {limit:?} and was ended"));
    };
    match status {
        Ok(status) if status.success() => {}
        // Says "exit status: 1", or by which signal.
        Ok(status) => return Err(format!("{program} failed ({status})")),
        Err(error) => return Err(format!("{program}: {error}")),
    }
    let key = std::str::from_utf8(&printed).ok().and_then(|text| parse_master_key(text).ok());
    key.ok_or_else(|| format!("{program} did not print a master key: 64 hexadecimal digits"))
}

/// Reads and waits on a thread of its own, so that there can be a limit.
fn watch(mut child: Child) -> Receiver<Ended> {
    let (sender, ended) = channel();
    std::thread::spawn(move || {
        // Never moved to a larger place, which would leave a copy.
        let mut printed = Zeroizing::new(Vec::with_capacity(MOST));
        if let Some(out) = child.stdout.take() {
            // What cannot be read is no key; one byte stays free for the end.
            let most = u64::try_from(MOST - 1).unwrap_or_default();
            let _ = out.take(most).read_to_end(&mut printed);
        }
        // Nobody may be waiting any more.
        let _ = sender.send(Ended { printed, status: child.wait() });
    });
    ended
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_mins(1);

    fn run(script: &str, limit: Duration) -> Result<[u8; 32], String> {
        let words = ["sh", "-c", script].map(str::to_owned);
        master_key(&words, limit).map(|key| *key)
    }

    #[test]
    fn what_is_printed_is_the_key() {
        let digits = "ab".repeat(32);
        assert_eq!(run(&format!("echo ' {digits}'; echo"), PATIENCE), Ok([0xab; 32]));
        let words = ["printf".to_owned(), digits];
        assert_eq!(master_key(&words, PATIENCE).map(|key| *key), Ok([0xab; 32]));
    }

    #[test]
    fn what_went_wrong_is_told_without_what_was_printed() {
        let digits = "cd".repeat(32);
        for (script, says) in [
            (format!("printf {digits}; exit 3"), "sh failed (exit status: 3)"),
            ("kill -9 $$".to_owned(), "sh failed (signal: 9"),
            (format!("printf {digits}0"), "sh did not print a master key"),
            (format!("printf '{digits} secret'"), "sh did not print a master key"),
            ("true".to_owned(), "sh did not print a master key"),
            ("printf '\\377'".to_owned(), "sh did not print a master key"),
            ("head -c 100000 /dev/zero".to_owned(), "sh"),
        ] {
            let told = run(&script, PATIENCE).unwrap_err();
            assert!(told.contains(says), "{script}: {told}");
            assert!(!told.contains("cdcd") && !told.contains("secret"), "{told}");
        }
        let nowhere = ["no-such-program-anywhere".to_owned()];
        let told = master_key(&nowhere, PATIENCE).unwrap_err();
        assert!(told.contains("cannot run no-such-program-anywhere"), "{told}");
        assert!(master_key(&[], PATIENCE).is_err());
    }

    #[test]
    fn what_hangs_is_ended_with_all_it_has_started() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        // Nobody writes: both wait for ever. Whoever is ended closes the pipe.
        let script = format!("cat {0} & exec cat {0}", fifo.display());
        let script = format!("exec 8<>{}; {script}", fifo.display());
        let told = run(&script, Duration::from_millis(50)).unwrap_err();
        assert!(told.contains("took longer than 50ms and was ended"), "{told}");
        // Nobody reads any more, which a writer that does not wait is told.
        let mut ps = Command::new("ps");
        let listed = ps.args(["-eo", "stat=,args="]).output().unwrap();
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let fifo = fifo.display().to_string();
        let left = listed.lines().filter(|line| line.contains(&fifo) && !line.starts_with('Z'));
        assert_eq!(left.count(), 0, "{listed}");
    }
}
