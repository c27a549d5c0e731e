//! The OpenAPI gateway, version 1.0 of the protocol: `/gateway.do`.
//!
//! A request is a set of parameters spread over query and form body ([`Parameters`]), signed by
//! the application over their canonical text ([`canonical`]). An answer is a node named after the
//! method, signed by the gateway over its exact bytes ([`envelope`]).

mod envelope;
mod explain;
mod parameters;
mod request;
mod response;

pub use envelope::{Answer, envelope, node_name};
pub use parameters::{Parameters, canonical};
pub use request::{Request, is_fresh, verify, verify_with_sha1};
pub use response::{Response, ResponseError};
