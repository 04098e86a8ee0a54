//! How far the sources were read, for the progress of `save`.

use std::fmt;
use std::sync::Arc;

/// Tells a listener how many bytes of the sources were read, as they are stored: compressed ones before they are
/// decompressed.
#[derive(Clone, Default)]
pub struct InputWatch(Option<Arc<dyn Fn(u64) + Send + Sync>>);

impl InputWatch {
    /// Tells `listener` the number of bytes of each read.
    pub fn new(listener: Arc<dyn Fn(u64) + Send + Sync>) -> Self {
        Self(Some(listener))
    }

    /// Tells that so many more bytes were read.
    pub(super) fn pass(&self, count: usize) {
        if let Some(listener) = &self.0 {
            listener(count as u64);
        }
    }
}

impl fmt::Debug for InputWatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("InputWatch").field(&self.0.is_some()).finish()
    }
}
