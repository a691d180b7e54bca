//! Ctrl-C and its like: nothing half done is left, and how far it got is said.
#[cfg(all(unix, not(lanestack_no_os)))]
pub use watched::watch;

/// Elsewhere the next run cleans up.
#[cfg(not(all(unix, not(lanestack_no_os))))]
pub fn watch(_: &std::sync::Arc<super::progress::Progress>, _: bool) {}

#[cfg(all(unix, not(lanestack_no_os)))]
mod watched {
    use std::fs;
    use std::sync::Arc;
    use std::thread;

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    use super::super::progress::Progress;
    use super::super::temporary;

    /// From now on, a signal that asks the process to end first has the unfinished file removed. Where values are
    /// rewritten `in_place`, the first one lets the run come to the end of a window, and the second one ends it.
    pub fn watch(progress: &Arc<Progress>, in_place: bool) {
        // With a handler, too long a file is an error of writing.
        let watched = [SIGINT, SIGTERM, SIGHUP, SIGXFSZ].into_iter().filter(|&signal| !is_ignored(signal));
        let Ok(mut signals) = Signals::new(watched) else { return };
        let progress = Arc::clone(progress);
        // Without such a thread, the next run cleans up.
        let _ = thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                if signal == SIGXFSZ {
                    continue;
                }
                if in_place && !progress.is_asked_to_stop() {
                    progress.ask_to_stop();
                    continue;
                }
                temporary::remove_unfinished(|unfinished| {
                    progress.clear();
                    let left = if unfinished { "; what was there before is as it was" } else { "" };
                    anstream::eprintln!("lanestack: interrupted after {}{left}", progress.so_far());
                    let _ = emulate_default_handler(signal);
                });
            }
        });
    }

    /// Whether whoever started this process wants it to go on, as `nohup` does.
    fn is_ignored(signal: i32) -> bool {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        ignored
            .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
            .is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
    }
}
