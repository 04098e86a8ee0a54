//! Memory.

use std::path::Path;

use truthound_store::store::BackendOptions;

use super::{Backend, ORDINARY};

pub(super) const SETTINGS: &[Backend] =
    &[Backend { name: "memory", lives_in_memory: true, takes: |run_id| run_id.len() * 3 < 1_000, options, ..ORDINARY }];

fn options(_: &Path, namespace: &str) -> BackendOptions {
    BackendOptions::Memory(toml::from_str(&format!("namespace = {namespace:?}")).unwrap())
}
