//! The cloud's own client in the form of the HTTP client that `object_store` asks for.

use std::sync::Arc;

use async_trait::async_trait;
use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService};

/// Gives every `object_store` client the same service.
#[derive(Debug)]
pub(in crate::store::objects) struct SharedConnector<S>(pub(in crate::store::objects) Arc<S>);

#[async_trait]
impl<S: HttpService> HttpService for SharedConnector<S> {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.0.call(request).await
    }
}

impl<S: HttpService> HttpConnector for SharedConnector<S> {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(Self(Arc::clone(&self.0))))
    }
}
