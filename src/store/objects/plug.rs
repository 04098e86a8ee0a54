//! A backend's own connection, as the HTTP client that `object_store` asks for.

use std::sync::Arc;

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService};

/// Hands the same connection to whoever asks for a client.
#[derive(Debug)]
pub(super) struct Plug<W>(pub(super) Arc<W>);

#[async_trait]
impl<W: HttpService> HttpService for Plug<W> {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.0.call(request).await
    }
}

impl<W: HttpService> HttpConnector for Plug<W> {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Self(Arc::clone(&self.0))))
    }
}
