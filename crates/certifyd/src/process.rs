//! What this process uses, as Linux tells it.

use server::Process;

/// Ticks of a second in `/proc`: fixed for programs on every platform there is.
const TICKS: u64 = 100;

/// None where there is no `/proc`, or it reads otherwise.
pub(crate) fn process() -> Option<Process> {
    let read = |path| std::fs::read_to_string(path).ok();
    let pages = rustix::param::page_size();
    let stat = read("/proc/self/stat")?;
    let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    Some(Process {
        resident_bytes: resident(&read("/proc/self/statm")?, u64::try_from(pages).ok()?)?,
        open_fds: u64::try_from(std::fs::read_dir("/proc/self/fd").ok()?.count()).ok()?,
        max_fds: descriptors.current,
        cpu_millis: cpu_millis(&stat)?,
        started: started(&stat, &read("/proc/stat")?)?,
    })
}

fn resident(statm: &str, page: u64) -> Option<u64> {
    statm.split(' ').nth(1)?.parse::<u64>().ok()?.checked_mul(page)
}

/// One of the fields from the third. The second is the program's name, which may hold anything.
fn field(stat: &str, number: usize) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(number.checked_sub(3)?)?.parse().ok()
}

/// Fields 14 and 15: what the program has used, and the system for it.
fn cpu_millis(stat: &str) -> Option<u64> {
    field(stat, 14)?.checked_add(field(stat, 15)?)?.checked_mul(1000 / TICKS)
}

/// The 22nd field, after the boot.
fn started(stat: &str, system: &str) -> Option<u64> {
    let ticks = field(stat, 22)?;
    let booted = system.lines().find_map(|line| line.strip_prefix("btime "))?;
    booted.trim().parse::<u64>().ok()?.checked_add(ticks / TICKS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_is_read_whatever_the_program_is_called() {
        assert_eq!(resident("5000 250 100 1 0 1 0\n", 4096), Some(1_024_000));
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 12345 20 21";
        assert_eq!(started(stat, "cpu 1 2\nbtime 1700000000\nprocesses 9\n"), Some(1_700_000_123));
        assert_eq!(started("7", ""), None);
        assert_eq!(cpu_millis(stat), Some(230), "11 and 12 ticks");
        assert_eq!(cpu_millis("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_uses_something() {
        let process = process().unwrap();
        assert!(process.resident_bytes > 100_000 && process.open_fds > 2, "{process:?}");
        assert!(process.started > 1_600_000_000, "{process:?}");
        assert!(process.max_fds.is_none_or(|most| most >= process.open_fds), "{process:?}");
    }
}
