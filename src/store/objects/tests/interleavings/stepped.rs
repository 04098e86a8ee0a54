//! An object store that holds every request until its turn.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt as _};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error as Failure, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, UploadPart,
};

use super::request::{Request, RequestKind, RequestOutcome};
use super::world::{QueuedEffect, World};
use crate::store::objects::backend::Removal;
use crate::store::objects::tests::{Arc, Mutex, ObjectStore};

/// A client's connection to the objects. One without a number does not wait.
#[derive(Clone, Debug)]
pub(super) struct Stepped {
    world: Arc<World>,
    client: Option<usize>,
}

impl Stepped {
    pub(super) fn new(world: &Arc<World>, client: Option<usize>) -> Arc<Self> {
        Arc::new(Self { world: Arc::clone(world), client })
    }

    /// Waits for the turn of `request`, then for its `effect`, which is atomic.
    async fn step<T: Send + 'static>(
        &self,
        request: Request,
        effect: impl Fn(&World) -> object_store::Result<T> + Send + Sync + 'static,
    ) -> object_store::Result<T> {
        let Some(client) = self.client else { return effect(&self.world) };
        let world = Arc::clone(&self.world);
        let pending = Arc::new(Pending { effect: Box::new(move || effect(&world)), answer: Mutex::default() });
        let ticket = self.world.ask(client, request, pending.clone());
        PendingAnswer { world: &self.world, ticket, pending }.await
    }

    /// Lists page by page, each requested when the caller has taken the one before.
    fn pages(
        &self,
        prefix: Option<&Path>,
        after: Option<&Path>,
    ) -> BoxStream<'static, object_store::Result<ObjectMeta>> {
        let state = Some((self.clone(), prefix.cloned(), after.cloned()));
        let pages = stream::unfold(state, |state| async move {
            let (stepped, prefix, after) = state?;
            let path = prefix.clone().unwrap_or_default();
            let request = Request { kind: RequestKind::List, path, after: after.clone() };
            let within = prefix.clone();
            let effect = move |world: &World| Ok(world.page(within.as_ref(), after.as_ref()));
            match stepped.step(request, effect).await {
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

type Effect<T> = dyn Fn() -> object_store::Result<T> + Send + Sync;

/// A request that has been sent.
struct Pending<T> {
    effect: Box<Effect<T>>,
    answer: Mutex<(Option<object_store::Result<T>>, Option<Waker>)>,
}

impl<T: Send> QueuedEffect for Pending<T> {
    fn take(&self, verdict: RequestOutcome) {
        let failure = |what: &str| Err(Failure::Generic { store: "stepped", source: what.into() });
        let answer = match verdict {
            RequestOutcome::Answered => (self.effect)(),
            RequestOutcome::Dies | RequestOutcome::Lost => {
                drop((self.effect)());
                failure("the answer was lost")
            }
            RequestOutcome::Refused => failure("the request was refused"),
            RequestOutcome::Repeated => {
                drop((self.effect)());
                (self.effect)()
            }
        };
        let mut place = self.answer.lock().unwrap();
        place.0 = Some(answer);
        if let Some(waker) = place.1.take() {
            waker.wake();
        }
    }
}

/// Waits for the answer to a request; leaves the queue when it is dropped.
struct PendingAnswer<'a, T> {
    world: &'a World,
    ticket: u64,
    pending: Arc<Pending<T>>,
}

impl<T> Future for PendingAnswer<'_, T> {
    type Output = object_store::Result<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut place = self.pending.answer.lock().unwrap();
        match place.0.take() {
            Some(answer) => Poll::Ready(answer),
            None => {
                place.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<T> Drop for PendingAnswer<'_, T> {
    fn drop(&mut self) {
        drop(self.world.give_up(self.ticket));
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
            PutMode::Create => RequestKind::Create,
            PutMode::Update(_) => RequestKind::Update,
            PutMode::Overwrite => RequestKind::Put,
        };
        let (client, path) = (self.client, to.clone());
        let effect = move |world: &World| world.put(client, &path, payload.clone(), options.clone());
        self.step(Request::new(kind, to), effect).await
    }

    async fn put_multipart_opts(
        &self,
        to: &Path,
        _: PutMultipartOptions,
    ) -> object_store::Result<Box<dyn MultipartUpload>> {
        self.step(Request::new(RequestKind::Part, to), |_| Ok(())).await?;
        Ok(Box::new(SteppedUpload { stepped: self.clone(), to: to.clone(), parts: Vec::new() }))
    }

    async fn get_opts(&self, from: &Path, options: GetOptions) -> object_store::Result<GetResult> {
        let kind = if options.head { RequestKind::Head } else { RequestKind::Get };
        let path = from.clone();
        self.step(Request::new(kind, from), move |world| world.get(&path, options.clone())).await
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
                let (client, gone) = (stepped.client, path.clone());
                let effect = move |world: &World| world.delete(client, &gone, None);
                stepped.step(Request::new(RequestKind::Delete, &path), effect).await?;
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
        let prefix = prefix.cloned();
        self.step(Request::new(RequestKind::Directory, &path), move |world| world.directory(prefix.as_ref())).await
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> object_store::Result<()> {
        Err(Failure::NotImplemented { operation: "copy".to_owned(), implementer: "stepped".to_owned() })
    }
}

#[async_trait]
impl Removal for Stepped {
    async fn remove_if(&self, path: &Path, e_tag: &str) -> object_store::Result<()> {
        let (client, gone, e_tag) = (self.client, path.clone(), e_tag.to_owned());
        let effect = move |world: &World| world.delete(client, &gone, Some(&e_tag));
        self.step(Request::new(RequestKind::DeleteIf, path), effect).await
    }
}

/// A large document that is being uploaded part by part.
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
        Box::pin(async move { stepped.step(Request::new(RequestKind::Part, &to), |_| Ok(())).await })
    }

    async fn complete(&mut self) -> object_store::Result<PutResult> {
        let payload: PutPayload = self.parts.iter().flatten().cloned().collect();
        let (client, to) = (self.stepped.client, self.to.clone());
        let effect = move |world: &World| world.put(client, &to, payload.clone(), PutOptions::default());
        self.stepped.step(Request::new(RequestKind::Put, &self.to), effect).await
    }

    async fn abort(&mut self) -> object_store::Result<()> {
        self.stepped.step(Request::new(RequestKind::Part, &self.to), |_| Ok(())).await
    }
}
