//! Lists, page by page. A part is never taken for the whole: a list that says that more follows goes on, or fails.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;
use object_store::client::HttpRequest;
use object_store::path::Path;
use object_store::{Error as Failure, Extensions, ListResult, ObjectMeta, Result};

use super::client::{CloudClient, CloudProtocol};
use crate::error::ErrorKind;
use crate::store::objects::foreign_names::ForeignNames;
use crate::store::objects::service_error::ServiceError;

/// Number of pages without names in a row after which a list counts as endless. Services send some after many deletes.
const EMPTY_PAGES: usize = 1000;

/// A cloud that lists names page by page.
#[async_trait]
pub(in crate::store::objects) trait ListPages: fmt::Debug + Send + Sync + 'static {
    /// Fetches the page that begins at `start`.
    async fn fetch(&self, names: &ListedNames, start: &PageStart) -> std::result::Result<ListPage, ServiceError>;
}

/// The names to list.
#[derive(Clone, Debug, Default)]
pub(in crate::store::objects) struct ListedNames {
    /// The prefix of every name; empty for all names.
    pub(in crate::store::objects) prefix: String,
    /// Leave out names up to and with this one.
    pub(in crate::store::objects) after: Option<String>,
    /// Show directories instead of the names below them.
    pub(in crate::store::objects) by_directory: bool,
}

impl ListedNames {
    /// All names below the directory `prefix`.
    pub(in crate::store::objects) fn below(prefix: Option<&Path>) -> Self {
        let prefix = prefix.map(Path::as_ref).filter(|prefix| !prefix.is_empty());
        Self { prefix: prefix.map(|prefix| format!("{prefix}/")).unwrap_or_default(), ..Self::default() }
    }

    /// Those after `offset`, in the order of their bytes.
    pub(in crate::store::objects) fn after(self, offset: &Path) -> Self {
        Self { after: Some(offset.to_string()), ..self }
    }

    /// Those in the directory itself, and the directories in it.
    pub(in crate::store::objects) fn by_directory(self) -> Self {
        Self { by_directory: true, ..self }
    }
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::store::objects) enum PageStart {
    /// At the first of the names.
    First,
    /// Where the page before says, in the server's own terms.
    Token(String),
    /// After this name.
    After(String),
}

/// One page, as it was received.
#[derive(Debug, Default)]
pub(in crate::store::objects) struct ListPage {
    pub(in crate::store::objects) objects: Vec<ListedObject>,
    /// The names of directories, with a slash at their ends.
    pub(in crate::store::objects) directories: Vec<String>,
    /// The server's token for the next page.
    pub(in crate::store::objects) token: Option<String>,
    /// Whether the server says that more follows.
    pub(in crate::store::objects) is_truncated: bool,
}

/// One object of a page.
#[derive(Debug)]
pub(in crate::store::objects) struct ListedObject {
    pub(in crate::store::objects) name: String,
    /// In bytes.
    pub(in crate::store::objects) size: u64,
    pub(in crate::store::objects) written: Timestamp,
    pub(in crate::store::objects) e_tag: Option<String>,
    pub(in crate::store::objects) version: Option<String>,
}

impl ListPage {
    /// The last name in the order of the list.
    fn last(&self) -> Option<&str> {
        let object = self.objects.last().map(|object| object.name.as_str());
        object.max(self.directories.last().map(String::as_str))
    }

    /// The first name in the order of the list.
    fn first(&self) -> Option<&str> {
        let object = self.objects.first().map(|object| object.name.as_str());
        let directory = self.directories.first().map(String::as_str);
        object.into_iter().chain(directory).min()
    }

    /// The objects and directories of the page, without foreign names.
    fn into_result(self, names: &ListedNames, foreign: &ForeignNames) -> ListResult {
        let after = names.after.as_deref().unwrap_or_default();
        // Some services start at the name itself, and some servers at the first of all.
        let objects = self.objects.into_iter().filter(|object| *object.name > *after);
        // Consoles make such objects to show a directory.
        let objects = objects.filter(|object| !object.name.ends_with('/'));
        let objects = objects.filter_map(|object| {
            let location = parsed(&object.name, foreign)?;
            let (size, e_tag, version) = (object.size, object.e_tag, object.version);
            let last_modified = SystemTime::try_from(object.written).unwrap_or(SystemTime::UNIX_EPOCH).into();
            Some(ObjectMeta { location, last_modified, size, e_tag, version })
        });
        let objects = objects.collect();
        let common_prefixes = self.directories.iter().filter_map(|name| parsed(name, foreign)).collect();
        ListResult { common_prefixes, objects, extensions: Extensions::new() }
    }
}

/// Sends the request for a page, and reads the answer with `parse`.
pub(in crate::store::objects) async fn fetch_page<P: CloudProtocol>(
    client: &CloudClient<P>,
    request: HttpRequest,
    parse: impl FnOnce(&[u8]) -> Option<ListPage>,
) -> std::result::Result<ListPage, ServiceError> {
    let mut head = http::Request::new(()).into_parts().0;
    head.uri = request.uri().clone();
    let (parts, body) = client.send(request).await?.into_parts();
    if !parts.status.is_success() {
        let message = format!("the server answers {} instead of a list", parts.status);
        return Err(ServiceError::new(ErrorKind::Connection, message)
            .hint("create the bucket or container, or correct its name and the server's address in the profile"));
    }
    let body = body.bytes().await;
    let body = body.map_err(|error| ServiceError::new(ErrorKind::Connection, error.to_string()))?;
    parse(&body).ok_or_else(|| CloudClient::<P>::not_from(&head, &parts.headers))
}

/// The name as a path; `None` for a name that cannot be one.
fn parsed(name: &str, foreign: &ForeignNames) -> Option<Path> {
    // `parse` also accepts a slash before the name, which belongs to another object.
    let path = Path::parse(name).ok().filter(|path| name.strip_suffix('/').unwrap_or(name) == path.as_ref());
    if path.is_none() {
        foreign.skip(name);
    }
    path
}

/// The objects with these names, in the order of their bytes; pages are fetched as they are needed.
pub(in crate::store::objects) fn list(
    client: &Arc<impl ListPages>,
    names: ListedNames,
    foreign: &Arc<ForeignNames>,
) -> BoxStream<'static, Result<ObjectMeta>> {
    let objects = |page: ListResult| stream::iter(page.objects.into_iter().map(Ok));
    pages(client, names, foreign).map_ok(objects).try_flatten().boxed()
}

/// The objects and the directories with these names.
pub(in crate::store::objects) async fn list_directory(
    client: &Arc<impl ListPages>,
    names: ListedNames,
    foreign: &Arc<ForeignNames>,
) -> Result<ListResult> {
    let mut pages = pages(client, names.by_directory(), foreign);
    let mut listed = ListResult { common_prefixes: Vec::new(), objects: Vec::new(), extensions: Extensions::new() };
    while let Some(page) = pages.try_next().await? {
        listed.common_prefixes.extend(page.common_prefixes);
        listed.objects.extend(page.objects);
    }
    // A list that goes on after a name can repeat a directory.
    listed.common_prefixes.dedup();
    Ok(listed)
}

/// The pages of a list, each fetched when it is asked for.
fn pages(
    client: &Arc<impl ListPages>,
    names: ListedNames,
    foreign: &Arc<ForeignNames>,
) -> BoxStream<'static, Result<ListResult>> {
    let start = (Arc::clone(client), names, Arc::clone(foreign), Some(PageStart::First), ListProgress::default());
    stream::try_unfold(start, |(client, names, foreign, start, mut progress)| async move {
        let Some(start) = start else { return Ok(None) };
        let failed = |source: ServiceError| Failure::Generic { store: "list", source: source.into() };
        let page = client.fetch(&names, &start).await.map_err(failed)?;
        let next = progress.next(&start, &page).map_err(failed)?;
        let listed = page.into_result(&names, &foreign);
        Ok(Some((listed, (client, names, foreign, next, progress))))
    })
    .boxed()
}

/// How far a list has come. It shows when a server repeats itself.
#[derive(Debug, Default)]
struct ListProgress {
    tokens: HashSet<String>,
    last: Option<String>,
    empty: usize,
}

impl ListProgress {
    /// Where the page after `page` begins; `None` after the last one.
    fn next(&mut self, start: &PageStart, page: &ListPage) -> std::result::Result<Option<PageStart>, ServiceError> {
        if let (PageStart::After(after), Some(first)) = (start, page.first())
            && *first <= **after
        {
            return Err(cut_short("it names no next page, and does not list the names after a name"));
        }
        let token = page.token.as_ref().filter(|token| !token.is_empty());
        if token.is_none() && !page.is_truncated {
            return Ok(None);
        }
        let last = page.last().map(str::to_owned);
        self.empty = if last.is_none() { self.empty + 1 } else { 0 };
        if self.empty > EMPTY_PAGES || last.is_some() && last == self.last {
            return Err(cut_short("it sends the same page again and again"));
        }
        if last.is_some() {
            self.last = last;
        }
        match (token, &self.last) {
            (Some(token), _) if self.tokens.insert(token.clone()) => Ok(Some(PageStart::Token(token.clone()))),
            (Some(_), _) => Err(cut_short("it names the same next page twice")),
            (None, Some(last)) if self.empty == 0 => Ok(Some(PageStart::After(past(last)))),
            (None, _) => Err(cut_short("it says that more names follow, and not where")),
        }
    }
}

/// The name to go on after: past all names in a directory.
fn past(last: &str) -> String {
    if last.ends_with('/') { format!("{last}{}", char::MAX) } else { last.to_owned() }
}

fn cut_short(why: &str) -> ServiceError {
    ServiceError::new(ErrorKind::Connection, format!("the server cuts the list short: {why}"))
        .hint("use a server, or a version of it, with complete lists")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Pages that were written down, in their order.
    #[derive(Debug)]
    struct Scripted(Mutex<Vec<ListPage>>, Mutex<Vec<PageStart>>);

    #[async_trait]
    impl ListPages for Scripted {
        async fn fetch(&self, _: &ListedNames, start: &PageStart) -> std::result::Result<ListPage, ServiceError> {
            self.1.lock().unwrap().push(start.clone());
            Ok(self.0.lock().unwrap().remove(0))
        }
    }

    fn page(names: &[&str], token: Option<&str>, is_truncated: bool) -> ListPage {
        let object = |name: &&str| ListedObject {
            name: (*name).to_owned(),
            size: 1,
            written: Timestamp::UNIX_EPOCH,
            e_tag: None,
            version: None,
        };
        let directories = names.iter().filter(|name| name.ends_with('/')).map(|name| (*name).to_owned()).collect();
        let objects = names.iter().filter(|name| !name.ends_with('/')).map(object).collect();
        ListPage { objects, directories, token: token.map(str::to_owned), is_truncated }
    }

    /// The names, the requests and the error of a list.
    async fn listed(pages: Vec<ListPage>) -> (Vec<String>, Vec<PageStart>, Option<String>) {
        let client = Arc::new(Scripted(Mutex::new(pages), Mutex::default()));
        let mut names = Vec::new();
        let mut list = list(&client, ListedNames::default(), &Arc::default());
        let error = loop {
            match list.next().await {
                Some(Ok(meta)) => names.push(meta.location.to_string()),
                Some(Err(error)) => break Some(ServiceError::under(&error).unwrap().message.clone()),
                None => break None,
            }
        };
        let asked = client.1.lock().unwrap().clone();
        (names, asked, error)
    }

    #[tokio::test]
    async fn a_list_goes_on_by_its_token_or_after_its_last_name() {
        let pages = vec![
            page(&["a", "b"], Some("t"), true),
            page(&["c"], None, true),
            page(&["d"], Some(""), true),
            page(&["e/"], Some(""), true),
            page(&[], Some("u"), false),
            page(&["f"], None, false),
        ];
        let (names, asked, error) = listed(pages).await;
        assert_eq!((names, error), (["a", "b", "c", "d", "f"].map(str::to_owned).to_vec(), None));
        let after = |name: &str| PageStart::After(name.to_owned());
        let token = |token: &str| PageStart::Token(token.to_owned());
        assert_eq!(asked, [PageStart::First, token("t"), after("c"), after("d"), after("e/\u{10ffff}"), token("u")]);
    }

    #[tokio::test]
    async fn a_list_that_does_not_go_on_is_cut_short() {
        for pages in [
            vec![page(&["a"], Some("t"), true), page(&["b"], Some("t"), true)],
            vec![page(&["a"], Some("t"), true), page(&["a"], Some("u"), true)],
            vec![page(&["a"], None, true), page(&["a"], None, true)],
            vec![page(&[], None, true)],
            (0..=EMPTY_PAGES).map(|number| page(&[], Some(&number.to_string()), true)).collect(),
        ] {
            let (_, _, error) = listed(pages).await;
            assert!(error.as_ref().is_some_and(|error| error.contains("cuts the list short")), "{error:?}");
        }
    }

    #[tokio::test]
    async fn a_foreign_name_hides_no_other() {
        let foreign = Arc::<ForeignNames>::default();
        let names = ["/a", "a//b", "a/../b", "b\tc", "d/", "good"];
        let objects = names.iter().flat_map(|name| page(&[name.trim_end_matches('/')], None, false).objects);
        let mut objects: Vec<ListedObject> = objects.collect();
        "d/".clone_into(&mut objects[4].name);
        let page = ListPage { objects, ..ListPage::default() };
        let client = Arc::new(Scripted(Mutex::new(vec![page]), Mutex::default()));
        let listed: Vec<_> = list(&client, ListedNames::default(), &foreign).try_collect().await.unwrap();
        let listed: Vec<_> = listed.iter().map(|meta| meta.location.as_ref()).collect();
        assert_eq!(listed, ["good"]);
        assert!(foreign.warning().unwrap().starts_with("skipped 4 objects"));
    }
}
