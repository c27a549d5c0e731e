//! The part of a walk in which merchants agree, and withdraw.

use domain::AppId;
use engine::{Caller, EngineError, Issued};
use jiff::{SignedDuration, Timestamp};

use super::Walk;
use super::model::Given;
use crate::{ISV, MERCHANT, OTHER_MERCHANT};

impl Walk {
    /// Whom a token is good for, now.
    pub(super) async fn use_token(&mut self) {
        let place = self.chance.below(self.tokens.len().max(1));
        let Some(given) = self.tokens.get(place).cloned() else { return };
        let now = self.engine().now();
        let isv = AppId::parse(ISV).unwrap();
        let token = Some(given.token.as_str());
        let caller = Caller { app: &isv, app_auth_token: token, from_page: false };
        let Ok(answer) = self.ask(self.engine().authorize(&caller)).await else { return };
        if given.ends.is_none_or(|ends| now < ends) {
            assert_eq!(answer.unwrap().owner.id.as_str(), given.app);
        } else {
            assert_eq!(answer.unwrap_err(), EngineError::InvalidAppAuthToken);
        }
    }

    /// A merchant agrees, an application refreshes, a merchant withdraws.
    pub(super) async fn change_token(&mut self) {
        let app = [MERCHANT, OTHER_MERCHANT][self.chance.below(2)];
        match self.chance.below(4) {
            0 => self.exchange(app).await,
            1 => self.revoke(app).await,
            _ => self.refresh().await,
        }
    }

    async fn exchange(&mut self, app: &'static str) {
        let (isv, merchant) = (AppId::parse(ISV).unwrap(), AppId::parse(app).unwrap());
        let now = self.engine().now();
        let Ok(code) = self.ask(self.engine().grant_code(&isv, &merchant)).await else {
            // A code that nobody was told can be withdrawn, and nothing else.
            self.untold.push(app);
            return;
        };
        let code = code.unwrap();
        match self.ask(self.engine().exchange_code(&isv, &code)).await {
            Ok(issued) => {
                self.end_tokens(app, now);
                self.keep(app, issued.unwrap());
            }
            Err(made) => {
                self.maybe_restart();
                let again = self.engine().exchange_code(&isv, &code).await;
                // Either it happened, and the tokens are known to nobody, or it did not.
                assert!(made.after > 0 || again.is_ok(), "{again:?}");
                self.end_tokens(app, now);
                match again {
                    Ok(issued) => self.keep(app, issued),
                    Err(EngineError::Authorization(_)) => self.lost.push(app),
                    Err(other) => assert_eq!(Err(other), Ok(())),
                }
            }
        }
    }

    async fn revoke(&mut self, app: &'static str) {
        let (isv, merchant) = (AppId::parse(ISV).unwrap(), AppId::parse(app).unwrap());
        let now = self.engine().now();
        let lives = self.tokens.iter().any(|given| given.app == app && given.is_latest())
            || self.lost.contains(&app);
        let untold = self.untold.contains(&app);
        match self.ask(self.engine().revoke(&isv, &merchant)).await {
            Ok(answer) => {
                let right = answer.is_ok() == lives || (answer.is_ok() && untold);
                assert!(right, "{answer:?}, lives: {lives}");
            }
            Err(made) => {
                self.maybe_restart();
                let again = self.engine().revoke(&isv, &merchant).await;
                let right = again.is_ok() == lives || made.after > 0 || untold;
                assert!(right, "{again:?}, lives: {lives}, {made:?}");
            }
        }
        self.untold.retain(|untold| *untold != app);
        self.end_tokens(app, now);
    }

    async fn refresh(&mut self) {
        let isv = AppId::parse(ISV).unwrap();
        let now = self.engine().now();
        let place = self.chance.below(self.tokens.len().max(1));
        let Some(given) = self.tokens.get(place).cloned() else { return };
        let issued = match self.ask(self.engine().refresh(&isv, &given.refresh_token)).await {
            Ok(answer) if given.is_latest() => Some(answer.unwrap()),
            Err(made) if given.is_latest() => {
                self.maybe_restart();
                let again = self.engine().refresh(&isv, &given.refresh_token).await;
                assert!(made.after > 0 || again.is_ok(), "{again:?}");
                again.ok()
            }
            Ok(answer) => {
                assert!(answer.is_err(), "{answer:?}");
                return;
            }
            Err(_) => return,
        };
        let ends = now.checked_add(SignedDuration::from_mins(10)).unwrap();
        let refreshed = self.tokens.get_mut(place).unwrap();
        (refreshed.ends, refreshed.refreshed) = (Some(ends), true);
        match issued {
            Some(issued) => self.keep(given.app, issued),
            None => self.lost.push(given.app),
        }
    }

    fn keep(&mut self, app: &'static str, issued: Issued) {
        let Issued { token, refresh_token, .. } = issued;
        self.tokens.push(Given { app, token, refresh_token, ends: None, refreshed: false });
        // Old ones are over long ago, and looked at often enough.
        if self.tokens.len() > 60 {
            self.tokens.remove(0);
        }
    }

    /// All tokens of a merchant end now, those that live 10 more minutes too.
    fn end_tokens(&mut self, app: &str, now: Timestamp) {
        self.lost.retain(|lost| *lost != app);
        for given in self.tokens.iter_mut().filter(|given| given.app == app) {
            given.ends = Some(given.ends.map_or(now, |ends| ends.min(now)));
        }
    }
}
