//! Applications, and the grants by which one acts for another.

use domain::{AppId, Contract, NotifyUrl, Profile};
use zeroize::Zeroizing;

use crate::{Authorizing, Certifier};

/// Whether results mean anything outside this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Outcomes are chosen, nobody is verified; every page and answer of ours says so.
    Test,
    /// Outcomes come from a verifier only.
    Live,
}

/// An application that may call.
#[derive(Debug, Clone)]
pub struct App {
    /// Its id on the wire.
    pub id: AppId,
    /// What people see.
    pub name: String,
    /// The scenes it has contracted.
    pub contract: Contract,
    /// How strictly its input is judged.
    pub profile: Profile,
    /// Schemes of its own apps to which people may be sent back, in lower case.
    pub return_schemes: Vec<String>,
    /// Where notices go whose certification was opened without an address.
    pub notify_url: Option<NotifyUrl>,
    /// It acts for merchants only: without a merchant's token it may certify nobody.
    pub isv: bool,
    /// What it has configured for the page where merchants agree.
    pub authorizing: Authorizing,
    /// Who certifies for it.
    pub certifier: Certifier,
}

/// The right of one application to act for another.
#[derive(Clone)]
pub struct Grant {
    /// Who calls.
    pub isv_app: AppId,
    /// For whom.
    pub app: AppId,
    /// By which token.
    pub token: Zeroizing<String>,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grant({} for {})", self.isv_app, self.app)
    }
}
