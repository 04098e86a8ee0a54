//! The files of the site that `report` writes.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use askama::Template;

use crate::compare::RunChecks;
use crate::error::{Error, ErrorKind, Result};
use crate::output::DocumentFile;
use crate::report::{DataLine, PageStamp, RunDataEnd, RunPageBuilder, data_name, read_run_data, run_page_name};
use crate::result::{CheckCounts, CheckReader, Entry, RunId};

/// The directory of a site. Each of its files appears complete or not at all.
#[derive(Debug)]
pub(super) struct ReportSite {
    directory: PathBuf,
}

impl ReportSite {
    /// Opens a directory for a site and creates it if it does not exist.
    ///
    /// # Errors
    /// If it cannot be created, or has a first page that is not one of ours.
    pub(super) fn open(directory: &Path) -> Result<Self> {
        let site = Self { directory: directory.to_owned() };
        match site.head("index.html") {
            Ok(head) if PageStamp::is_any_in(&head) => {}
            Ok(_) => {
                let index = site.path("index.html");
                return Err(Error::usage(format!("`{}` is not a page of a report", index.display()))
                    .with_hint("choose another directory"));
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => return Err(unreadable(&site.path("index.html"), error)),
        }
        for name in ["assets", "data", "runs"] {
            let path = site.path(name);
            fs::create_dir_all(&path).map_err(|error| {
                Error::new(ErrorKind::Write, format!("cannot create the directory `{}`", path.display()))
                    .with_source(error)
            })?;
        }
        Ok(site)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The beginning of a page.
    fn head(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        File::open(self.path(name))?.take(PageStamp::HEAD).read_to_end(&mut head)?;
        Ok(head)
    }

    /// Whether the page exists and has this stamp.
    pub(super) fn has_page(&self, name: &str, stamp: &PageStamp) -> bool {
        self.head(name).is_ok_and(|head| stamp.is_in(&head))
    }

    /// The end of the data of a run, if they and the page of the run exist and have this stamp.
    pub(super) fn run_data_end(&self, run_id: &RunId, stamp: &PageStamp) -> Option<RunDataEnd> {
        let mut data = File::open(self.path(&data_name(run_id))).ok()?;
        let length = data.metadata().ok()?.len();
        data.seek(SeekFrom::Start(length.saturating_sub(RunDataEnd::TAIL))).ok()?;
        let mut tail = Vec::new();
        data.take(RunDataEnd::TAIL).read_to_end(&mut tail).ok()?;
        let end = RunDataEnd::in_tail(&tail).filter(|end| end.has_stamp(stamp))?;
        self.path(&run_page_name(run_id)).is_file().then_some(end)
    }

    /// Writes the page of a run and its data from its document. Blocks.
    ///
    /// # Errors
    /// If the document is not a stored result, or the files cannot be written.
    pub(super) fn write_run(&self, entry: &Entry, stamp: PageStamp, document: impl Read + Send) -> Result<CheckCounts> {
        let mut data = SiteFile::create(&self.path(&data_name(&entry.run_id)))?;
        let mut page = RunPageBuilder::default();
        let mut checks = CheckReader::new(entry.run_id.clone(), document);
        for check in checks.by_ref() {
            let check = check?;
            data.write(|file| file.write_all(DataLine::of(&check).to_text().as_bytes()))?;
            page.add(&check);
        }
        let facts = checks.finish()?;
        let counts = page.counts();
        let suite = facts.suite_name.as_deref().map(|suite| DataLine::Suite(suite.into()));
        for line in suite.into_iter().chain([DataLine::End(RunDataEnd::new(&stamp, counts))]) {
            data.write(|file| file.write_all(line.to_text().as_bytes()))?;
        }
        self.write_page(&run_page_name(&entry.run_id), &page.finish(entry, &facts, stamp))?;
        // Last: data with a stamp say that the page is there.
        data.finish()?;
        Ok(counts)
    }

    /// Writes a page.
    ///
    /// # Errors
    /// If it cannot be written. A previous page is then unchanged.
    pub(super) fn write_page(&self, name: &str, page: &impl Template) -> Result<()> {
        let mut file = SiteFile::create(&self.path(name))?;
        file.write(|file| Template::write_into(page, file))?;
        file.finish()
    }

    /// Reads the checks and the name of the suite from the data of a run.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn read_run_data(&self, run_id: &RunId) -> Result<(RunChecks, Option<String>)> {
        let path = self.path(&data_name(run_id));
        let read = File::open(&path).and_then(|file| read_run_data(BufReader::new(file), run_id));
        read.map_err(|error| unreadable(&path, error).with_hint("`--rebuild` writes the files of the site anew"))
    }
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Read, format!("cannot read `{}`", path.display())).with_source(error)
}

/// A file of the site that is being written.
struct SiteFile {
    writer: BufWriter<DocumentWriter>,
    path: PathBuf,
}

/// A [`DocumentFile`] for libraries that write to a [`Write`].
struct DocumentWriter(DocumentFile);

impl Write for DocumentWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map(|()| bytes.len()).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SiteFile {
    fn create(path: &Path) -> Result<Self> {
        let file = DocumentFile::create(path)?;
        Ok(Self { writer: BufWriter::with_capacity(64 * 1024, DocumentWriter(file)), path: path.to_owned() })
    }

    fn write(&mut self, write: impl FnOnce(&mut BufWriter<DocumentWriter>) -> io::Result<()>) -> Result<()> {
        write(&mut self.writer).map_err(|error| unwritable(&self.path, error))
    }

    fn finish(self) -> Result<()> {
        let file = self.writer.into_inner().map_err(|error| unwritable(&self.path, error.into_error()))?;
        file.0.finish()
    }
}

fn unwritable(path: &Path, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(error) => error,
        Err(error) => Error::new(ErrorKind::Write, format!("cannot write `{}`", path.display())).with_source(error),
    }
}
