//! Keys and file names of documents, of the catalog and of Python's index.

use std::path::{Component, Path as DiskPath, PathBuf};

use object_store::path::Path;

use crate::error::{Error, ErrorKind, Result};
use crate::result::RunId;

/// Name of Python's index: beside the documents on disk, above them in a cloud.
pub(super) const INDEX: &str = "_index.json";

/// Directory of the catalog.
pub(super) const CATALOG: &str = "_catalog";

/// NameLimits on the length of names, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameLimits {
    /// Longest segment between two slashes.
    pub(super) segment: usize,
    /// Longest whole name.
    pub(super) key: usize,
}

impl NameLimits {
    /// The limit of today's file systems for a name in a directory.
    pub(super) const DISK: Self = Self { segment: 255, key: usize::MAX };
    /// The limit of S3, Google Cloud Storage and Azure.
    pub(super) const CLOUD: Self = Self { segment: 1024, key: 1024 };
}

/// The keys of one namespace.
#[derive(Clone, Debug)]
pub(super) struct KeyLayout {
    /// Prefix of every key of the namespace. Empty on disk, where the store starts at the namespace.
    root: String,
    /// Directory of documents below the root. Empty on disk.
    documents: &'static str,
    extension: String,
    compress: bool,
    limits: NameLimits,
    namespace: String,
    namespaces: NamespacePlace,
}

/// Where the namespaces of a store lie.
#[derive(Clone, Debug)]
pub(super) enum NamespacePlace {
    /// Below this prefix of the keys.
    Keys(String),
    /// In a directory, and the directory of results in each of them.
    Directory(PathBuf, PathBuf),
}

/// Names under which the document of one run is, or may be, stored.
#[derive(Clone, Debug)]
pub(super) struct DocumentNames {
    /// Name for writing.
    pub(super) own: Path,
    /// Name of a document written with the other setting of `use_compression`.
    pub(super) other: Path,
    /// Names that Python uses in a cloud, if they differ: there a run id with `/` makes directories.
    python: Vec<Path>,
    /// Whether Python uses the same name.
    pub(super) same_in_python: bool,
}

impl DocumentNames {
    /// All names, the most likely first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Path> {
        let other = Some(&self.other).filter(|other| **other != self.own);
        std::iter::once(&self.own).chain(other).chain(&self.python)
    }
}

impl KeyLayout {
    /// The keys in a bucket or container: `{prefix}/{namespace}/results/...`.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) for a prefix or namespace that cannot be addressed. `object_store` allows no empty
    /// segments, and a key that only resembles Python's would hide its results.
    pub(super) fn in_cloud(prefix: &str, namespace: &str, compress: bool) -> Result<Self> {
        let root = root_in_cloud(prefix, namespace);
        let unusable = root.starts_with('/') || root.ends_with('/') || Path::parse(&root).is_err();
        if unusable {
            return Err(Error::usage(format!(
                "the prefix `{prefix}` and the namespace `{namespace}` form a key with an empty or relative segment"
            ))
            .with_hint("remove doubled and leading `/`, and the segments `.` and `..`"));
        }
        Ok(Self {
            root,
            documents: "results",
            extension: ".json".to_owned(),
            compress,
            limits: NameLimits::CLOUD,
            namespace: namespace.to_owned(),
            namespaces: NamespacePlace::Keys(prefix.trim_end_matches('/').to_owned()),
        })
    }

    /// The names below the directory that [`disk_directory`] returns.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) for an extension that cannot end a file name.
    pub(super) fn on_disk(extension: &str, compress: bool) -> Result<Self> {
        let unusable =
            |c: char| c.is_control() || matches!(c, '/' | '\\' | '#') || (cfg!(windows) && "<>:\"|?*".contains(c));
        if extension.contains(unusable) || extension.len() > 32 {
            return Err(Error::usage(format!("`file_extension` is {extension:?}, which cannot end a file name"))
                .with_hint("use an extension such as `.json`"));
        }
        Ok(Self {
            root: String::new(),
            documents: "",
            extension: extension.to_owned(),
            compress,
            limits: NameLimits::DISK,
            namespace: String::new(),
            namespaces: NamespacePlace::Directory(PathBuf::new(), PathBuf::new()),
        })
    }

    /// The same names in a namespace of `base_path`, with results in the directory `prefix` of each namespace.
    pub(super) fn in_namespace(self, base_path: &DiskPath, namespace: &str, prefix: &str) -> Self {
        let namespaces = NamespacePlace::Directory(base_path.to_owned(), PathBuf::from(prefix));
        Self { namespace: namespace.to_owned(), namespaces, ..self }
    }

    /// The namespace. Empty for none.
    pub(super) fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Where the namespaces lie.
    pub(super) fn namespaces(&self) -> &NamespacePlace {
        &self.namespaces
    }

    /// The directory of documents of another namespace in a cloud; `None` if its name cannot be part of a key.
    pub(super) fn documents_of(&self, prefix: &str, namespace: &str) -> Option<Path> {
        Path::parse(format!("{}/{}", root_in_cloud(prefix, namespace), self.documents)).ok()
    }

    /// Whether documents are written as gzip.
    pub(super) fn compress(&self) -> bool {
        self.compress
    }

    /// NameLimits on the length of names.
    pub(super) fn limits(&self) -> NameLimits {
        self.limits
    }

    /// Key of Python's index.
    pub(super) fn index(&self) -> Path {
        self.below(&[INDEX])
    }

    /// The directory of the catalog.
    pub(super) fn catalog(&self) -> Path {
        self.below(&[CATALOG])
    }

    /// The directory of documents.
    pub(super) fn documents(&self) -> Path {
        self.below(&[self.documents])
    }

    fn below(&self, segments: &[&str]) -> Path {
        let parts = self.root.split('/').chain(segments.iter().copied()).filter(|part| !part.is_empty());
        // Each part was checked when it was made; `Path::from` would encode it a second time.
        Path::parse(parts.collect::<Vec<_>>().join("/")).unwrap_or_default()
    }

    /// Returns the names for the document of `run_id`.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if the name is longer than the backend allows.
    pub(super) fn document(&self, run_id: &RunId) -> Result<DocumentNames> {
        let stem = self.stem(run_id);
        let plain = format!("{stem}{}", self.extension);
        let packed = format!("{plain}.gz");
        let (own, other) = if self.compress { (packed, plain) } else { (plain, packed) };
        let own = self.checked(run_id, &own)?;
        // If the name with the other extension is too long, no document can have it.
        let other = self.checked(run_id, &other).unwrap_or_else(|_| own.clone());
        let same_in_python = stem == run_id.as_str();
        let python = if same_in_python { Vec::new() } else { self.in_python(run_id) };
        Ok(DocumentNames { own, other, python, same_in_python })
    }

    fn in_python(&self, run_id: &RunId) -> Vec<Path> {
        if self.documents.is_empty() || run_id.as_str().starts_with('/') {
            return Vec::new();
        }
        let directory = self.documents();
        let names = [".gz", ""].map(|end| Path::parse(format!("{directory}/{run_id}{}{end}", self.extension)));
        names.into_iter().flatten().collect()
    }

    fn checked(&self, run_id: &RunId, name: &str) -> Result<Path> {
        let path = self.below(&[self.documents, name]);
        let too_long = [(name.len(), self.limits.segment), (path.as_ref().len(), self.limits.key)];
        if let Some((length, limit)) = too_long.into_iter().find(|(length, limit)| length > limit) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("the run id `{run_id}` makes a name of {length} bytes, and at most {limit} are allowed"),
            )
            .with_run_id(run_id.as_str())
            .with_hint("give it a shorter run id with `--run-id`"));
        }
        Ok(path)
    }

    /// Returns the run id of the document at `path`, or `None` for a file that is not a document.
    pub(super) fn run_id(&self, path: &Path) -> Option<RunId> {
        let directory = self.documents();
        let name = path.as_ref().strip_prefix(directory.as_ref())?.trim_start_matches('/');
        if self.documents.is_empty() && name == INDEX {
            return None;
        }
        let plain = name.strip_suffix(".gz").filter(|name| name.ends_with(&self.extension)).unwrap_or(name);
        let stem = plain.strip_suffix(&self.extension)?;
        // Only Python makes directories from a run id, and it escapes nothing.
        RunId::new(if name.contains('/') { stem.to_owned() } else { decode(stem) }).ok()
    }

    /// Returns the run id as the start of one path segment. It is escaped only if a character, or the whole, is not
    /// allowed there.
    fn stem(&self, run_id: &RunId) -> String {
        let text = run_id.as_str();
        if matches!(text, "." | "..") && self.extension.is_empty() {
            return text.replace('.', "%2E");
        }
        let stem = run_id.to_path_segment();
        if self.documents.is_empty() { self.beside_others(stem) } else { stem }
    }

    /// On disk, documents share a directory with the index and the catalog, and `LocalFileSystem` does not see names
    /// that end in `#` and digits.
    fn beside_others(&self, mut stem: String) -> String {
        if self.extension.is_empty() && stem.ends_with(".gz") {
            stem.replace_range(stem.len() - 3.., "%2Egz");
        }
        let name = format!("{stem}{}", self.extension);
        let reserved = [INDEX, "_index.json.gz", CATALOG];
        if stem == "_index" || reserved.contains(&name.as_str()) {
            stem.replace_range(..1, "%5F");
        }
        let hides = |name: &str| {
            name.split_once('#')
                .is_some_and(|(_, rest)| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        if hides(&name) { stem.replace('#', "%23") } else { stem }
    }
}

fn decode(name: &str) -> String {
    percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
}

/// The prefix of all keys of a namespace in a cloud.
fn root_in_cloud(prefix: &str, namespace: &str) -> String {
    let parts = [prefix.trim_end_matches('/'), namespace].into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("/")
}

/// Returns the directory of a namespace below `base_path`, joined as Python's `pathlib` joins it.
///
/// # Errors
/// [`Usage`](ErrorKind::Usage) if `namespace` or `prefix` leaves `base_path`.
pub(super) fn disk_directory(namespace: &str, prefix: &str) -> Result<PathBuf> {
    let mut directory = PathBuf::new();
    for (option, value) in [("namespace", namespace), ("prefix", prefix)] {
        for component in DiskPath::new(value).components() {
            match component {
                Component::Normal(part) => directory.push(part),
                Component::CurDir => {}
                Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                    return Err(Error::usage(format!("`{option}` is {value:?}, which leaves `base_path`"))
                        .with_hint("use a relative path without `..`, or change `base_path`"));
                }
            }
        }
        if value.contains('\0') {
            return Err(Error::usage(format!("`{option}` is {value:?}, which cannot be a path")));
        }
    }
    Ok(directory)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn disk() -> KeyLayout {
        KeyLayout::on_disk(".json", false).unwrap()
    }

    fn name(keys: &KeyLayout, run_id: &str) -> String {
        keys.document(&RunId::new(run_id).unwrap()).unwrap().own.to_string()
    }

    #[test]
    fn names_on_a_disk_are_the_run_ids_wherever_a_file_can_be_called_so() {
        for (run_id, expected) in [
            ("run-1", "run-1.json"),
            ("été 🦀", "été 🦀.json"),
            ("a/b\\c", "a%2Fb%5Cc.json"),
            ("..", "...json"),
            ("50%", "50%.json"),
            ("50%zz", "50%zz.json"),
            ("50%2F", "50%252F.json"),
            ("a\nb\0", "a%0Ab%00.json"),
            ("_index", "%5Findex.json"),
            ("_catalog", "_catalog.json"),
            ("x#1", "x#1.json"),
        ] {
            assert_eq!(name(&disk(), run_id), expected);
        }
    }

    #[test]
    fn without_an_extension_no_document_hides_or_takes_the_name_of_something_else() {
        let keys = KeyLayout::on_disk("", false).unwrap();
        for (run_id, expected) in [
            ("x#1", "x%231"),
            ("_catalog", "%5Fcatalog"),
            ("_index.json", "%5Findex.json"),
            (".", "%2E"),
            ("..", "%2E%2E"),
        ] {
            assert_eq!(name(&keys, run_id), expected);
            assert_eq!(keys.run_id(&Path::parse(expected).unwrap()).unwrap().as_str(), run_id);
        }
    }

    #[test]
    fn cloud_names_are_those_of_python() {
        for (prefix, namespace, expected) in [
            ("", "default", "default/results/x.json.gz"),
            ("a", "default", "a/default/results/x.json.gz"),
            ("a/", "default", "a/default/results/x.json.gz"),
            ("a//", "default", "a/default/results/x.json.gz"),
            ("truthound/", "", "truthound/results/x.json.gz"),
            ("", "", "results/x.json.gz"),
            ("a/b", "n/m", "a/b/n/m/results/x.json.gz"),
        ] {
            let keys = KeyLayout::in_cloud(prefix, namespace, true).unwrap();
            assert_eq!(name(&keys, "x"), expected);
        }
        for (prefix, namespace) in [("a//b", "default"), ("/a", "default"), ("..", "x"), ("a", "../b"), ("a", "n/")] {
            assert_eq!(KeyLayout::in_cloud(prefix, namespace, true).unwrap_err().kind(), ErrorKind::Usage);
        }
    }

    #[test]
    fn nothing_leaves_the_base_path() {
        assert_eq!(disk_directory("default", "./validations//").unwrap(), DiskPath::new("default/validations"));
        assert_eq!(disk_directory("", "").unwrap(), DiskPath::new(""));
        for (namespace, prefix) in [("..", "x"), ("a", "../../x"), ("/etc", ""), ("a", "/x"), ("a\0b", "x")] {
            assert_eq!(disk_directory(namespace, prefix).unwrap_err().kind(), ErrorKind::Usage);
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_refused_before_anything_is_written() {
        let long = RunId::new("é".repeat(126)).unwrap();
        let error = disk().document(&long).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert!(error.to_string().contains("257 bytes"), "{error}");
        assert!(KeyLayout::in_cloud("p", "n", true).unwrap().document(&long).is_ok());
    }

    proptest! {
        #[test]
        fn every_run_id_is_one_segment_and_is_read_back(run_id in "[\\PC\\n/\\\\%0-9a-f.#]{1,40}", extension in "(\\.json)?") {
            let run_id = RunId::new(run_id).unwrap();
            for keys in [KeyLayout::on_disk(&extension, true).unwrap(), KeyLayout::in_cloud("p", "n", false).unwrap()] {
                let Ok(names) = keys.document(&run_id) else { continue };
                prop_assert_eq!(names.own.parts().count(), keys.documents().parts().count() + 1);
                for path in [&names.own, &names.other] {
                    prop_assert_eq!(keys.run_id(path).unwrap(), run_id.clone());
                }
            }
        }
    }
}
