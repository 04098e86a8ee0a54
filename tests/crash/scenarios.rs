//! The commands that are killed, with the state before and after each.

use std::path::PathBuf;

use crate::backends::{Backend, Kind, Place};
use crate::fixtures::{Fixture, OLD_TIME, TARGET, bystanders, many, new_at, of_python, old};
use crate::support::Draft;

/// A command that is killed at each of its points.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The state of the store before the command.
    pub(crate) fixture: Fixture,
    /// The target before the command, and after it.
    pub(crate) before: Option<Draft>,
    pub(crate) after: Option<Draft>,
    arguments: fn(&Backend) -> Vec<&'static str>,
    concerns: fn(&Backend) -> bool,
}

/// Placeholder for the file with the document.
const DOCUMENT: &str = "document.json";

fn save(_: &Backend) -> Vec<&'static str> {
    vec!["save", "-q", DOCUMENT]
}

/// Placeholder for the file with the documents of [`many`].
const MANY: &str = "many.ndjson";

/// Saves the document together with [`many`], which are stored already.
const WITH_MANY: &str = "save_new_with_many";

/// The directory of a store that the document is copied from, beside the store.
const SOURCE: &str = "./source";

/// The directory of a store that the document is moved to, beside the store.
const GOAL: &str = "./goal";

/// The document of the target in one of these stores.
fn document_in(place: &Place, directory: &str) -> PathBuf {
    place.file(directory).join("default/validations").join(format!("{TARGET}.json"))
}

/// Every scenario.
pub(crate) fn all() -> Vec<Scenario> {
    let has_catalog: fn(&Backend) -> bool = Backend::has_catalog;
    // One set of options for each store, because Python writes the same in all of them.
    let meets_python: fn(&Backend) -> bool = |backend| backend.has_catalog() && !backend.has_index();
    let saved = |name, before: Option<Draft>, after: Option<Draft>, arguments| Scenario {
        name,
        fixture: Fixture::Saved,
        before,
        after,
        arguments,
        concerns: |_| true,
    };
    let adopted = |name, fixture| Scenario {
        name,
        fixture,
        before: Some(old()),
        after: Some(old()),
        arguments: |_| vec!["list", "--ids"],
        concerns: meets_python,
    };
    vec![
        saved("save_new", None, Some(old()), save),
        saved("save_if_absent_new", None, Some(old()), |_| vec!["save", "-q", "--if-absent", DOCUMENT]),
        Scenario {
            fixture: Fixture::Many,
            concerns: |backend| backend.kind == Kind::Disk && backend.is_plain(),
            ..saved(WITH_MANY, None, Some(old()), |_| vec!["save", "-q", DOCUMENT, MANY])
        },
        saved("overwrite_with_the_same_time", Some(old()), Some(new_at(OLD_TIME)), save),
        saved("overwrite_with_a_newer_time", Some(old()), Some(new_at("2026-04-01T00:00:00")), save),
        saved("overwrite_with_an_older_time", Some(old()), Some(new_at("2026-01-05T00:00:00")), save),
        saved("delete", Some(old()), None, |_| vec!["delete", TARGET]),
        // The target is the only result of its data asset.
        saved("prune", Some(old()), None, |_| {
            vec!["prune", "--asset", "old.csv", "--keep-tag", "none", "--allow-empty", "--yes"]
        }),
        Scenario {
            concerns: Backend::is_plain,
            ..saved("copy_here", None, Some(old()), |_| vec!["copy", "-q", "--from", SOURCE, "--to", "crash"])
        },
        Scenario {
            concerns: Backend::is_plain,
            ..saved("copy_away_and_move", Some(old()), None, |_| {
                vec!["copy", "-q", "--from", "crash", "--to", GOAL, "--move", "--yes", "--asset", "old.csv"]
            })
        },
        Scenario {
            concerns: |backend| backend.tier().is_some(),
            ..saved("set_tier", Some(old()), Some(old()), |backend| {
                vec!["set-tier", TARGET, backend.tier().unwrap_or_default(), "--min-size", "0"]
            })
        },
        Scenario {
            fixture: Fixture::SetBack,
            concerns: has_catalog,
            ..saved("reindex", Some(new_at("2026-04-01T00:00:00")), Some(new_at("2026-04-01T00:00:00")), |_| {
                vec!["reindex"]
            })
        },
        adopted("list_after_python_has_saved", Fixture::IndexChanged),
        adopted("list_where_only_python_has_been", Fixture::NoCatalog),
        adopted("list_of_documents_alone", Fixture::DocumentsAlone),
    ]
}

impl Scenario {
    /// Whether the scenario applies to the backend.
    pub(crate) fn concerns(&self, backend: &Backend) -> bool {
        (self.concerns)(backend)
    }

    /// The command line in a place. The document is in a file beside the store.
    pub(crate) fn arguments(&self, place: &Place) -> Vec<String> {
        let arguments = (self.arguments)(place.backend);
        if let Some(after) = self.after.as_ref().filter(|_| arguments.contains(&DOCUMENT)) {
            std::fs::write(place.file(DOCUMENT), after.text()).unwrap();
            let many: Vec<_> = many().iter().map(Draft::text).collect();
            std::fs::write(place.file(MANY), many.join("\n")).unwrap();
        }
        if let Some(after) = self.after.as_ref().filter(|_| arguments.contains(&SOURCE)) {
            let document = document_in(place, SOURCE);
            std::fs::create_dir_all(document.parent().unwrap()).unwrap();
            std::fs::write(document, after.text()).unwrap();
        }
        arguments.into_iter().map(str::to_owned).collect()
    }

    /// Whether the target, which is no longer in its store, is where the command should have moved it.
    pub(crate) fn has_moved(&self, place: &Place) -> bool {
        let Some(before) = self.before.as_ref().filter(|_| (self.arguments)(place.backend).contains(&GOAL)) else {
            return true;
        };
        std::fs::read_to_string(document_in(place, GOAL)).is_ok_and(|text| text == before.text())
    }

    /// The results other than the target.
    pub(crate) fn others(&self) -> Vec<Draft> {
        let mut others = bystanders();
        match self.fixture {
            Fixture::Saved => {}
            Fixture::Many => others.extend(many()),
            Fixture::SetBack | Fixture::IndexChanged | Fixture::NoCatalog | Fixture::DocumentsAlone => {
                others.extend(of_python());
            }
        }
        others
    }

    /// Whether the command creates the target, so that a killed one has promised nothing.
    pub(crate) fn makes_target(&self) -> bool {
        self.before.is_none()
    }

    /// Whether the command replaces the target by another document.
    pub(crate) fn overwrites(&self) -> bool {
        matches!((&self.before, &self.after), (Some(before), Some(after)) if before.text() != after.text())
    }

    /// Whether lists are already wrong before the command.
    pub(crate) fn finds_damage(&self) -> bool {
        self.fixture == Fixture::SetBack
    }

    /// Whether the command updates Python's index, if there is one.
    pub(crate) fn writes_index(&self, backend: &Backend) -> bool {
        backend.has_index() && matches!(self.fixture, Fixture::Saved | Fixture::SetBack)
    }

    /// Whether the command, when it runs again, finishes the removal of a target without a document. `prune` finds only what is
    /// listed.
    pub(crate) fn finds_what_is_gone(&self) -> bool {
        self.name != "prune"
    }

    /// The allowed exit statuses when the command runs again after a kill.
    pub(crate) fn codes_after_a_kill(&self) -> &'static [i32] {
        match self.name {
            "save_if_absent_new" => &[0, 7],
            "delete" => &[0, 3],
            _ => &[0],
        }
    }

    /// Whether other commands may be killed while they repair the state that it has left.
    pub(crate) fn leaves_work(&self) -> bool {
        self.fixture == Fixture::Saved && self.name != "set_tier" && !self.name.starts_with("copy")
    }

    /// Whether `code` is right when the same command runs again, depending on whether the target `is_there`.
    pub(crate) fn may_end_with(&self, code: Option<i32>, is_there: bool) -> bool {
        match (self.name, is_there) {
            ("save_if_absent_new", true) => matches!(code, Some(0 | 7)),
            ("delete", false) => code == Some(3),
            _ => code == Some(0),
        }
    }

    /// The number of points at which the command is killed, unless there is time for all.
    pub(crate) fn points_in_short(&self, backend: &Backend) -> usize {
        match (backend.kind, backend.is_plain()) {
            (Kind::Disk, true) if self.name == WITH_MANY => 40,
            (Kind::Disk | Kind::Sqlite, true) if self.name.starts_with("copy") => 12,
            (Kind::Disk, true) => usize::MAX,
            (Kind::Disk | Kind::Sqlite, _) => 5,
            (Kind::S3 | Kind::Gcs | Kind::Azure, true) => 2,
            (Kind::S3 | Kind::Gcs | Kind::Azure, false) => 1,
        }
    }

    /// The number of pairs of points at which the command and the next one are killed, unless there is time for all.
    pub(crate) fn pairs_in_short(&self, backend: &Backend) -> usize {
        match (backend.kind, backend.is_plain()) {
            (Kind::Disk, true) => 8,
            (Kind::Disk | Kind::Sqlite, _) => 3,
            (Kind::S3 | Kind::Gcs | Kind::Azure, _) => 1,
        }
    }
}
