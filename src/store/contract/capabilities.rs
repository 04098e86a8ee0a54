//! The operations that a backend supports.

use crate::result::Layout;

/// What a backend can do.
#[derive(Clone, Copy, Debug)]
pub struct Capabilities {
    /// The tiers a result can be moved to; none where there are no tiers.
    pub tiers: &'static [&'static str],
    /// Whether there is a catalog that can be rebuilt.
    pub catalog: bool,
    /// Whether there is a connection pool to report on.
    pub pool: bool,
    /// How documents that we write ourselves are laid out here.
    pub layout: Layout,
    /// How many saves at once are worth it: more are no faster, or take too much memory.
    pub saves_at_once: u16,
}
