//! stub
use super::{Document, Layout, RunId, Tags};
use crate::error::Result;
use std::path::PathBuf;
pub enum Source {
    File(PathBuf),
    Stdin,
}
#[derive(Default)]
pub struct Overrides {
    pub run_id: Option<RunId>,
    pub data_asset: Option<String>,
    pub tags: Tags,
}
pub fn documents(_s: Source, _o: &Overrides, _l: Layout) -> Result<std::vec::IntoIter<Result<Document>>> {
    Ok(vec![].into_iter())
}
