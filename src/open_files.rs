//! The limit of files that this process may have open.

#[cfg(unix)]
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Returns the limit; `None` where there is none.
#[cfg(unix)]
pub fn limit() -> Option<usize> {
    getrlimit(Resource::Nofile).current.map(count)
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub fn limit() -> Option<usize> {
    None
}

/// Raises the limit to `wanted` files, as far as the system allows it. Returns the limit after that.
#[cfg(unix)]
pub fn raise_limit(wanted: usize) -> Option<usize> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(wanted).ok()?;
    let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if current.is_some_and(|current| current < raised)
        && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok()
    {
        return Some(count(raised));
    }
    current.map(count)
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub fn raise_limit(_wanted: usize) -> Option<usize> {
    None
}

#[cfg(unix)]
fn count(files: u64) -> usize {
    usize::try_from(files).unwrap_or(usize::MAX)
}
