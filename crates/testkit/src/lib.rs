//! For tests: time and chance that repeat, the recorded keys, and the product in a box.
//!
//! Everything here fails by panicking, as tests do. The rules of the house are tests of this
//! crate (`tests/it/house`).

#![forbid(unsafe_code)]
#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, like tests"
)]

mod chance;
mod clock;
mod engines;
mod faulty;
pub mod keys;
pub mod orders;
pub mod pictures;
mod receiver;
#[cfg(feature = "server")]
mod servers;
mod upstreams;
mod walk;

pub use chance::SeededChance;
pub use clock::FixedClock;
pub use engines::{Blueprint, TestEngine, apps, grants, master_keys};
pub use faulty::{Conduct, FaultyGateway, Refusing};
pub use receiver::{Arrived, PlainForm, Receiver, Respond};
#[cfg(feature = "server")]
pub use servers::{Held, Reply, TestServer, client_signature, encoded, resigned, signed};
pub use upstreams::{Asked, ScriptedUpstream};
pub use walk::Walk;

/// All scenes, compatible profile; the application of the recorded gateway requests.
pub const COMPATIBLE: &str = "2021000000000001";
/// All scenes, strict profile.
pub const STRICT: &str = "2021000000000002";
/// One scene, `FACE`, compatible profile.
pub const FACE_ONLY: &str = "2021000000000003";
/// All scenes, compatible profile; [`COMPATIBLE`] acts for it by [`MERCHANT_TOKEN`].
pub const MERCHANT: &str = "2021000000000004";
/// All scenes, but no public key is configured.
pub const KEYLESS: &str = "2021000000000005";
/// All scenes, compatible profile; a gateway elsewhere certifies for it, where there is one.
pub const RELAYED: &str = "2021000000000009";
/// Another merchant.
pub const OTHER_MERCHANT: &str = "2021000000000006";
/// Acts for merchants only, and has their answers sent to [`CALLBACK`].
pub const ISV: &str = "2021000000000007";
/// Acts for merchants only, and has registered no address.
pub const OTHER_ISV: &str = "2021000000000008";
/// Where [`ISV`] has merchants' answers sent.
pub const CALLBACK: &str = "https://isv.example/callback";
/// What proves [`MERCHANT`] and [`OTHER_MERCHANT`] on the page where they authorise.
pub const MERCHANT_SECRET: &str = "secret-of-the-merchants";
/// The application of the recorded Serverless space; all scenes, compatible profile.
pub const SPACE_APP: &str = "2021990000000001";
/// Lets [`COMPATIBLE`] act for [`MERCHANT`]; the token of the recorded gateway requests.
pub const MERCHANT_TOKEN: &str = "202601BB00000000000000000000000000X01";
/// Lets [`OTHER_ISV`] act for [`MERCHANT`], whatever the merchant agrees to.
pub const FIXED_TOKEN: &str = "202601BB00000000000000000000000000X02";
/// Lets [`SPACE_APP`] act for [`MERCHANT`]; the token of the recorded Serverless requests.
pub const SPACE_TOKEN: &str = "app-auth-token-0001";
/// Opens the operator's door of every started server.
pub const OPERATOR_TOKEN: &str = "operator-token-of-the-tests";
/// A space of [`ISV`], with the secrets of the recorded one.
pub const ISV_SPACE: &str = "space-of-the-isv";
/// A space whose back-end door is closed; its application is [`STRICT`].
pub const CLOSED_SPACE: &str = "space-without-server-key";
