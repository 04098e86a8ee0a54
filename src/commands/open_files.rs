//! The limit of open files.

/// Files that are open besides those of saves: standard streams, the runtime, connections, inputs.
const RESERVED: usize = 64;

/// Files that one save has open at once: its document, the staged file, the lock, the directory or a connection.
const PER_SAVE: usize = 4;

/// Returns how many of `jobs` saves can run at once. Raises the soft limit of open files as far as that helps.
#[cfg(unix)]
pub(super) fn within_open_files(jobs: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = (RESERVED + jobs * PER_SAVE) as u64;
    let Rlimit { current: Some(current), maximum } = getrlimit(Resource::Nofile) else { return jobs };
    if current >= wanted {
        return jobs;
    }
    let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let allowed = match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }) {
        Ok(()) => raised,
        Err(_) => current,
    };
    let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
    (allowed.saturating_sub(RESERVED) / PER_SAVE).clamp(1, jobs)
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(super) fn within_open_files(jobs: usize) -> usize {
    let _ = (RESERVED, PER_SAVE);
    jobs
}
