//! An object store in which every request waits for its turn.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error as Failure, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart,
};

use super::request::{Kind, Request, Verdict};
use super::world::World;
use crate::store::objects::backend::Removal;
use crate::store::objects::tests::{Arc, ObjectStore};

/// The way of one client to the objects. One without a number waits for nobody.
#[derive(Clone, Debug)]
pub(super) struct Stepped {
    world: Arc<World>,
    client: Option<usize>,
}

impl Stepped {
    pub(super) fn new(world: &Arc<World>, client: Option<usize>) -> Arc<Self> {
        Arc::new(Self { world: Arc::clone(world), client })
    }

    /// Waits for the turn of `request`, then has its `effect`, in one moment.
    async fn step<T>(
        &self,
        request: Request,
        effect: impl Fn(&World) -> object_store::Result<T>,
    ) -> object_store::Result<T> {
        let verdict = match self.client {
            Some(client) => {
                let ticket = self.world.ask(client, request);
                Turn { world: &self.world, ticket }.await
            }
            None => Verdict::Answered,
        };
        let failure = |what: &str| Err(Failure::Generic { store: "stepped", source: what.into() });
        match verdict {
            Verdict::Answered => effect(&self.world),
            Verdict::Dies => {
                drop(effect(&self.world));
                std::future::pending().await
            }
            Verdict::Lost => {
                drop(effect(&self.world));
                failure("the answer was lost")
            }
            Verdict::Refused => failure("the request was refused"),
            Verdict::Repeated => {
                drop(effect(&self.world));
                effect(&self.world)
            }
        }
    }

    /// Page after page, each asked for when the one before has been taken.
    fn pages(
        &self,
        prefix: Option<&Path>,
        after: Option<&Path>,
    ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let state = Some((self.clone(), prefix.cloned(), after.cloned()));
        let pages = stream::unfold(state, |state| async move {
            let (stepped, prefix, after) = state?;
            let path = prefix.clone().unwrap_or_default();
            let request = Request { kind: Kind::List, path, after: after.clone() };
            match stepped.step(request, |world| Ok(world.page(prefix.as_ref(), after.as_ref()))).await {
                Err(error) => Some((vec![Err(error)], None)),
                Ok((page, more)) => {
                    let last = page.last().map(|meta| meta.location.clone());
                    let next = more.then_some((stepped, prefix, last));
                    Some((page.into_iter().map(Ok).collect(), next))
                }
            }
        });
        pages.map(stream::iter).flatten().boxed()
    }
}

/// A place in the queue; given up when it is dropped.
struct Turn<'a> {
    world: &'a World,
    ticket: u64,
}

impl Future for Turn<'_> {
    type Output = Verdict;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Verdict> {
        self.world.waiting(|waiting| {
            let place = waiting.iter().position(|waiting| waiting.ticket == self.ticket).unwrap();
            match waiting[place].verdict {
                Some(verdict) => {
                    waiting.remove(place);
                    Poll::Ready(verdict)
                }
                None => {
                    waiting[place].waker = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.world.waiting(|waiting| waiting.retain(|waiting| waiting.ticket != self.ticket));
    }
}

impl fmt::Display for Stepped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("stepped memory")
    }
}

#[async_trait]
impl ObjectStore for Stepped {
    async fn put_opts(&self, to: &Path, payload: PutPayload, options: PutOptions) -> object_store::Result<PutResult> {
        let kind = match options.mode {
            PutMode::Create => Kind::Create,
            PutMode::Update(_) => Kind::Update,
            PutMode::Overwrite => Kind::Put,
        };
        let effect = |world: &World| world.put(self.client, to, payload.clone(), options.clone());
        self.step(Request::new(kind, to), effect).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        _: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.step(Request::new(Kind::Part, to), |_| Ok(())).await?;
        Ok(Box::new(SteppedUpload { stepped: self.clone(), to: to.clone(), parts: Vec::new() }))
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        let kind = if options.head { Kind::Head } else { Kind::Get };
        self.step(Request::new(kind, from), |world| world.get(from, options.clone())).await
    }

    fn delete_stream(
        &self,
        paths: BoxStream<'static, object_store::Result<Path>>,
    ) -> BoxStream<'static, object_store::Result<Path>> {
        let stepped = self.clone();
        let deleted = paths.then(move |path| {
            let stepped = stepped.clone();
            async move {
                let path = path?;
                let effect = |world: &World| world.delete(stepped.client, &path, None);
                stepped.step(Request::new(Kind::Delete, &path), effect).await?;
                Ok(path)
            }
        });
        deleted.boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.pages(prefix, None)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        self.pages(prefix, Some(offset))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> object_store::Result<ListResult> {
        let path = prefix.cloned().unwrap_or_default();
        self.step(Request::new(Kind::Directory, &path), |world| world.directory(prefix)).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> object_store::Result<()> {
        Err(Failure::NotImplemented { operation: "copy".to_owned(), implementer: "stepped".to_owned() })
    }
}

#[async_trait]
impl Removal for Stepped {
    async fn remove_if(&self, path: &Path, e_tag: &str) -> object_store::Result<()> {
        let effect = |world: &World| world.delete(self.client, path, Some(e_tag));
        self.step(Request::new(Kind::DeleteIf, path), effect).await
    }
}

/// A large document on its way, part by part.
#[derive(Debug)]
struct SteppedUpload {
    stepped: Stepped,
    to: Path,
    parts: Vec<PutPayload>,
}

#[async_trait]
impl MultipartUpload for SteppedUpload {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        self.parts.push(part);
        let (stepped, to) = (self.stepped.clone(), self.to.clone());
        Box::pin(async move { stepped.step(Request::new(Kind::Part, &to), |_| Ok(())).await })
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        let payload: PutPayload = self.parts.iter().flatten().cloned().collect();
        let (stepped, to) = (&self.stepped, &self.to);
        let effect = |world: &World| world.put(stepped.client, to, payload.clone(), PutOptions::default());
        stepped.step(Request::new(Kind::Put, to), effect).await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.stepped.step(Request::new(Kind::Part, &self.to), |_| Ok(())).await
    }
}
