//! The layout of documents written here.

/// The layout of a converted document. A stored result is kept byte for byte and has the layout it came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Two spaces per level, like Python's `json.dumps(indent=2)`.
    Pretty,
    /// On one line, like Python's `json.dumps`.
    #[default]
    Compact,
}
