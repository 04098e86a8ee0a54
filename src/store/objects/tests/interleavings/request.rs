//! Requests, and which pairs of them must be tried in both orders.

use std::fmt;

use object_store::path::Path;

use super::world::document_of;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum RequestKind {
    Get,
    Head,
    Create,
    Update,
    Put,
    Delete,
    DeleteIf,
    List,
    Directory,
    Part,
}

/// One request to the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Request {
    pub(super) kind: RequestKind,
    pub(super) path: Path,
    /// Start of a page of a list.
    pub(super) after: Option<Path>,
}

/// OperationOutcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestOutcome {
    /// It takes effect, and the client gets the answer.
    Answered,
    /// It takes effect, and the client dies before the answer comes.
    Dies,
    /// It takes effect, but the answer is lost and the client is told of a failure.
    Lost,
    /// It fails without an effect.
    Refused,
    /// It takes effect, the answer is lost, and the request is sent again and takes effect a second time.
    Repeated,
}

impl RequestOutcome {
    /// Its sign in a schedule, after the client's letter.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Answered => "",
            Self::Dies => "!",
            Self::Lost => "?",
            Self::Refused => "-",
            Self::Repeated => "*",
        }
    }

    pub(super) fn explained(self) -> &'static str {
        match self {
            Self::Answered => "",
            Self::Dies => "   takes effect, and the client DIES before the answer",
            Self::Lost => "   takes effect, but the answer is LOST: the client sees a failure",
            Self::Refused => "   FAILS without an effect",
            Self::Repeated => "   takes effect, the answer is lost, and it is REPEATED",
        }
    }
}

impl Request {
    pub(super) fn new(kind: RequestKind, path: &Path) -> Self {
        Self { kind, path: path.clone(), after: None }
    }

    pub(super) fn writes(&self) -> bool {
        !matches!(self.kind, RequestKind::Get | RequestKind::Head | RequestKind::List | RequestKind::Directory)
    }

    pub(super) fn writes_document(&self) -> bool {
        self.writes() && document_of(&self.path).is_some()
    }

    fn lists(&self) -> bool {
        matches!(self.kind, RequestKind::List | RequestKind::Directory)
    }

    /// Returns whether the order of the two requests can matter.
    pub(super) fn meets(&self, other: &Self) -> bool {
        if !self.writes() && !other.writes() {
            return false;
        }
        match (self.lists(), other.lists()) {
            (true, _) => other.path.as_ref().starts_with(self.path.as_ref()),
            (_, true) => self.path.as_ref().starts_with(other.path.as_ref()),
            _ => self.path == other.path,
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            RequestKind::Get => "get",
            RequestKind::Head => "head",
            RequestKind::Create => "create",
            RequestKind::Update => "update",
            RequestKind::Put => "put",
            RequestKind::Delete => "delete",
            RequestKind::DeleteIf => "delete-if",
            RequestKind::List => "list",
            RequestKind::Directory => "list-directory",
            RequestKind::Part => "part",
        };
        let short = |path: &Path| path.as_ref().trim_start_matches("truthound/default/").to_owned();
        write!(formatter, "{kind} {}", short(&self.path))?;
        match &self.after {
            Some(after) => write!(formatter, " after {}", short(after)),
            None => Ok(()),
        }
    }
}
