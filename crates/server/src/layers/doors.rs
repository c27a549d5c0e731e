//! The outermost service: puts a request right before it is routed, and bounds its pauses.
//!
//! The published Serverless SDKs append `/client` to the endpoint as it was typed, so an endpoint
//! with a slash at its end asks for `//client`.

use std::convert::Infallible;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::uri::{PathAndQuery, Uri};
use axum::response::Response;
use tower::Service;

use super::patience::Patient;

#[derive(Debug, Clone)]
pub(crate) struct Doors {
    router: Router,
    longest_pause: Duration,
}

impl Doors {
    pub(crate) fn new(router: Router, longest_pause: Duration) -> Self {
        Self { router, longest_pause }
    }
}

impl Service<Request<Body>> for Doors {
    type Response = Response;
    type Error = Infallible;
    type Future = <Router as Service<Request<Body>>>::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<Body>>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(uri) = without_doubled_slashes(request.uri()) {
            *request.uri_mut() = uri;
        }
        let pause = self.longest_pause;
        let request = request.map(|body| Body::new(Patient::new(body, pause)));
        self.router.call(request)
    }
}

fn without_doubled_slashes(uri: &Uri) -> Option<Uri> {
    if !uri.path().contains("//") {
        return None;
    }
    let mut path = String::with_capacity(uri.path().len());
    for c in uri.path().chars() {
        if c != '/' || !path.ends_with('/') {
            path.push(c);
        }
    }
    if let Some(query) = uri.query() {
        path.push('?');
        path.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_slashes_of_the_path_become_one_and_the_query_stays() {
        let uri: Uri = "//client?a=//b".parse().unwrap();
        assert_eq!(without_doubled_slashes(&uri).unwrap(), "/client?a=//b");
        let uri: Uri = "http://h//gateway.do".parse().unwrap();
        assert_eq!(without_doubled_slashes(&uri).unwrap().path(), "/gateway.do");
        assert_eq!(without_doubled_slashes(&"/client".parse().unwrap()), None);
    }
}
