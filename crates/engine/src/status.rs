//! The account of one certification to its owner, held back until there is something new.

use std::time::Duration;

use domain::{CertifyId, OrderNo, State};
use jiff::Timestamp;
use store::NoticeState;

use crate::authorize::Acting;
use crate::{Engine, EngineError, Mode};

/// Everything the owner may know. Nothing personal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub certify_id: CertifyId,
    /// The owner's name for it.
    pub order_no: OrderNo,
    /// Where it is in its life.
    pub state: State,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it expires, or would have.
    pub expires_at: Option<Timestamp>,
    /// Nobody was verified: outcomes are chosen.
    pub test: bool,
    /// Where its notice is, if there is one.
    pub notice: Option<NoticeState>,
}

/// How long an account may be held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait<'a> {
    /// At most this long.
    pub within: Duration,
    /// While it is in this state; none: in the state it is in now.
    pub known: Option<&'a str>,
}

impl Account {
    /// When the person began, if that is still known.
    pub fn started_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::InProgress { since } => Some(*since),
            _ => None,
        }
    }

    /// When it ended.
    pub fn concluded_at(&self) -> Option<Timestamp> {
        match &self.state {
            State::Passed { at, .. } | State::Failed { at, .. } | State::Expired { at } => {
                Some(*at)
            }
            State::Created | State::InProgress { .. } => None,
        }
    }
}

impl Engine {
    /// The account of `id`, once it has ended or is in another state than the known one, or when
    /// the time is up.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCertification`] for an unknown id and for another owner's alike,
    /// [`EngineError::Expired`] when its result can no longer be read, or a fault of the store.
    pub async fn account(
        &self,
        acting: &Acting,
        id: CertifyId,
        wait: Wait<'_>,
    ) -> Result<Account, EngineError> {
        let first = self.owned(acting, id).await?;
        let now_in = first.certification.at(self.now(), &self.lifetimes).state.name();
        let known = wait.known.unwrap_or(now_in);
        let record = self.wait_for_change(id, known, wait.within).await?;
        let notice = self.store.notice_of(id).await?;
        let certification = record.certification.at(self.now(), &self.lifetimes);
        if self.is_unreadable(&certification.state) {
            return Err(EngineError::Expired);
        }
        Ok(Account {
            certify_id: id,
            order_no: certification.order_no,
            expires_at: self.lifetimes.start_ends(certification.created_at),
            created_at: certification.created_at,
            state: certification.state,
            test: self.mode == Mode::Test,
            notice,
        })
    }

    /// A result is readable as long as by query; that one expired is told just as long.
    fn is_unreadable(&self, state: &State) -> bool {
        let (State::Passed { at, .. } | State::Failed { at, .. } | State::Expired { at }) = state
        else {
            return false;
        };
        self.lifetimes.reading_ends(*at).is_some_and(|end| self.now() >= end)
    }
}
