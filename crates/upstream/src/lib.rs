//! The caller's side of an OpenAPI gateway: for applications that another one certifies, the hosted
//! one or a certifyd elsewhere.
//!
//! [`AlipayGateway`] is the adapter to the engine's port [`engine::UpstreamGateway`]. One object serves
//! one application at one gateway, with connections, patience and memory of failures of its own, so
//! that what one gateway suffers is not felt by the calls to another.
//!
//! What happens to a call, from outside to inside:
//!
//! 1. as many as [`Settings::most_in_flight`] may be under way, more are turned away at once;
//! 2. a breaker leaves a gateway alone that has failed again and again (`breaker`);
//! 3. what failed is tried again only if nothing was sent, or if trying twice does no more than once
//!    (`attempts`), and all of it ends within [`engine::UpstreamGateway::patience`];
//! 4. every try is written and signed (`request`), sent by the engine's one way out, and its answer
//!    verified before it is read (`answer`), under a certificate looked up by its number (`trust`).
//!
//! Parameters travel in the form body and never in the address, which proxies log. The one exception is
//! the address of a page, which a browser opens: it holds no token.

#![forbid(unsafe_code)]

mod answer;
mod attempts;
mod breaker;
mod gateway;
mod request;
mod settings;
mod trust;
mod usage;

pub use gateway::AlipayGateway;
pub use settings::{
    ATTEMPT_TIMEOUT, CONNECT_TIMEOUT, Certificates, MOST_IN_FLIGHT, Settings, SetupError, Trust,
};
