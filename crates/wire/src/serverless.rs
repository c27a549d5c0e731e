//! Mini-program Serverless: the bodies of `POST /client` and `POST /server`, their signatures and
//! their replies.
//!
//! Every reply is HTTP 200 with a JSON body, because the client SDK drops the code of any other
//! status and never renews its token. The signature covers the text of `params` as received.

mod body;
mod cloud_call;
mod reply;
mod request;
mod signature;

pub use body::Body;
pub use cloud_call::{CLOUD_TARGET, CloudCall};
pub use reply::{ErrorCode, ServerlessError, failure, success};
pub use request::{Authorize, Invoke, Request, cloud_method_not_supported};
pub use signature::{ClientSecret, signing_text};
