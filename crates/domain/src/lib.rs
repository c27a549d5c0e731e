//! What a certification is: values, states and rules. Nothing here does I/O, reads a clock,
//! draws a random number or logs; time and chance come in as arguments.
//!
//! # Glossary
//!
//! - **application** ([`AppId`]): the merchant's program that calls us; it owns certifications.
//! - **ISV**: an application that acts for another one. Ownership stays with the merchant.
//! - **certification** ([`Certification`]): one request to verify one person, from `initialize`
//!   until its result can no longer be read. Named by its [`CertifyId`].
//! - **order number** ([`OrderNo`]): the merchant's own name for the same thing.
//! - **scene** ([`BizCode`]): what the person is asked for: a face, a document, or both.
//! - **identity** ([`Identity`]): who the person is said to be. Personal data: its `Debug` shows
//!   a mask, and the only way to the clear text is a method called `expose`.
//! - **return address** ([`ReturnUrl`]): where the browser goes afterwards.
//! - **notice** ([`notice`]): tells the merchant that a certification has ended; sent to the
//!   **notify address** ([`NotifyUrl`]) until it is taken or the schedule ends.
//! - **state** ([`State`]): created, in progress, passed, failed, expired. The last three are
//!   terminal and never change.
//! - **step** ([`Step`]): what the person is asked to do now; **way** ([`Way`]): as the scene says,
//!   or by the document in place of the face.
//! - **challenge** ([`Challenge`]): movements before the camera, in an order drawn by chance.
//! - **part** ([`Part`]): one picture of a certification's evidence.
//! - **verdict** ([`Verdict`]): what a verifier decided; **assurance** ([`Assurance`]): how.
//! - **answer** ([`Answer`]): what a query may learn from the state at one instant.
//! - **profile** ([`Profile`]): how much to accept. *Compatible* takes what production takes and
//!   warns; *strict* refuses early.
//! - **rejection** ([`Rejected`]): which rule said no, for which [`Field`]. It knows the value's
//!   shape (lengths, positions, expected sets), never the value.
//! - **checked** ([`Checked`]): an accepted value with the [`Warning`]s that strict would have
//!   turned into a rejection.
//! - **parse / restore**: `parse` judges text from outside; `restore` takes back, unjudged, a
//!   value that was parsed before and has been kept since.

#![forbid(unsafe_code)]

pub mod app;
pub mod biz_code;
mod bounds;
pub mod cert_no;
pub mod cert_type;
pub mod certification;
pub mod certify_id;
pub mod challenge;
pub mod evidence;
pub mod fail_reason;
pub mod field;
pub mod flow;
pub mod notice;
pub mod notify_url;
pub mod order_no;
mod permit;
pub mod person_name;
pub mod policy;
pub mod profile;
pub mod rejected;
mod resident_number;
pub mod return_url;
pub mod sealed;
pub mod state;
pub mod subject;
pub mod test_identity;
pub mod verdict;

pub use app::AppId;
pub use biz_code::BizCode;
pub use cert_no::CertNo;
pub use cert_type::{CertType, IdentityType};
pub use certification::{Answer, Certification};
pub use certify_id::CertifyId;
pub use challenge::{Action, Challenge};
pub use evidence::{Part, Source, Unchecked, Undecidable};
pub use fail_reason::{FailReason, KnownReason};
pub use field::Field;
pub use flow::{Progress, Step, Way};
pub use notice::{NotifyId, wait_after};
pub use notify_url::NotifyUrl;
pub use order_no::OrderNo;
pub use person_name::PersonName;
pub use policy::{Contract, Lifetimes};
pub use profile::{Checked, Profile};
pub use rejected::{Rejected, Rule, Warning};
pub use return_url::ReturnUrl;
pub use sealed::Sealed;
pub use state::{State, WrongState};
pub use subject::Identity;
pub use verdict::{Assurance, How, Verdict};
