//! A seeded walk through everything a door may ask for, beside a model that fits on a page: orders,
//! links, outcomes, tokens, time and restarts.
//!
//! The same seed takes the same steps again.

#![expect(clippy::indexing_slicing, reason = "a list of fixed length, by a number below it")]

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{Answer, AppId, CertifyId, FailReason};
use engine::{Acting, Caller, Chosen, Engine, EngineError, Issued};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::{
    Blueprint, COMPATIBLE, FACE_ONLY, FixedClock, ISV, MERCHANT, MERCHANT_TOKEN, OTHER_MERCHANT,
    SeededChance, orders,
};

const LIFE: SignedDuration = SignedDuration::from_hours(23);
/// Who calls, by which token, and whose certification it then is.
const CALLERS: [(&str, Option<&str>, &str); 4] = [
    (COMPATIBLE, None, COMPATIBLE),
    (COMPATIBLE, Some(MERCHANT_TOKEN), MERCHANT),
    (MERCHANT, None, MERCHANT),
    (FACE_ONLY, None, FACE_ONLY),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Passed(Timestamp),
    Failed(Timestamp),
}

#[derive(Debug, Clone)]
struct Modelled {
    id: CertifyId,
    owner: &'static str,
    content: usize,
    created: Timestamp,
    begun: bool,
    end: End,
}

impl Modelled {
    fn expired(&self, now: Timestamp) -> bool {
        self.end == End::Open && now.duration_since(self.created) >= LIFE
    }

    fn state(&self, now: Timestamp) -> &'static str {
        match self.end {
            End::Passed(_) => "passed",
            End::Failed(_) => "failed",
            End::Open if self.expired(now) => "expired",
            End::Open if self.begun => "in_progress",
            End::Open => "created",
        }
    }

    fn answer(&self, now: Timestamp) -> Result<Answer, EngineError> {
        let readable = |at: Timestamp| {
            let local = jiff::tz::offset(8).to_datetime(at);
            let ends = local.checked_add(jiff::Span::new().months(3)).unwrap();
            now < jiff::tz::offset(8).to_timestamp(ends).unwrap()
        };
        match self.end {
            End::Passed(at) if readable(at) => Ok(Answer::Passed),
            End::Failed(at) if readable(at) => Ok(Answer::Failed),
            End::Open if !self.expired(now) => Ok(Answer::Pending),
            _ => Err(EngineError::Expired),
        }
    }
}

/// A token that was given, and what it is worth.
#[derive(Debug, Clone)]
struct Given {
    app: &'static str,
    token: String,
    refresh_token: String,
    /// From when on it is worth nothing; none: it lives.
    ends: Option<Timestamp>,
    refreshed: bool,
}

/// One walk. It panics where the engine leaves the model.
#[derive(Debug)]
pub struct Walk {
    engine: Option<Arc<Engine>>,
    clock: Arc<FixedClock>,
    seed: u64,
    starts: u64,
    folder: Option<TempDir>,
    chance: SeededChance,
    orders: usize,
    tokens: Vec<Given>,
    model: BTreeMap<(&'static str, usize), Modelled>,
    /// What was told at the last look at a finished one: it may never be told otherwise.
    finished: BTreeMap<CertifyId, &'static str>,
}

impl Given {
    /// Neither over nor followed by another.
    fn is_latest(&self) -> bool {
        self.ends.is_none() && !self.refreshed
    }
}

impl Walk {
    /// A walk among so many order numbers; one with a folder is restarted now and then.
    pub fn new(seed: u64, orders: usize, folder: Option<TempDir>) -> Self {
        let mut walk = Self {
            engine: None,
            clock: Arc::clone(&Blueprint::default().clock),
            seed,
            starts: 0,
            folder,
            chance: SeededChance::new(!seed),
            orders,
            tokens: Vec::new(),
            model: BTreeMap::new(),
            finished: BTreeMap::new(),
        };
        walk.start();
        walk
    }

    /// How many certifications were seen to have ended.
    pub fn finished(&self) -> usize {
        self.finished.len()
    }

    /// How often the engine was started.
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// Begins anew on what is stored, with other chance, at the same time.
    fn start(&mut self) {
        // What was there lets go of the files first.
        drop(self.engine.take());
        let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(self.starts);
        let blueprint = Blueprint::default().seed(seed).clock(&self.clock);
        let blueprint = match &self.folder {
            Some(folder) => blueprint.database_in(folder.path()),
            None => blueprint,
        };
        self.engine = Some(Arc::new(blueprint.engine()));
        self.starts += 1;
    }

    fn engine(&self) -> &Arc<Engine> {
        self.engine.as_ref().unwrap()
    }

    async fn caller(&self) -> (Acting, &'static str) {
        let (app, app_auth_token, owner) = CALLERS[self.chance.below(CALLERS.len())];
        let app = AppId::parse(app).unwrap();
        let caller = Caller { app: &app, app_auth_token, from_page: false };
        (self.engine().authorize(&caller).await.unwrap(), owner)
    }

    /// Any certification there is.
    fn any(&self) -> Option<Modelled> {
        let place = self.chance.below(self.model.len().max(1));
        self.model.values().nth(place).cloned()
    }

    fn remember(&mut self, id: CertifyId, change: impl FnOnce(&mut Modelled)) {
        change(self.model.values_mut().find(|modelled| modelled.id == id).unwrap());
    }

    /// Asks for something, and looks at something.
    pub async fn step(&mut self) {
        match self.chance.below(12) {
            0..3 => self.initialize().await,
            3 => self.wait(),
            4 | 5 => self.query().await,
            6 => self.open_link().await,
            7 => self.use_token().await,
            8 => self.change_token().await,
            _ => self.choose().await,
        }
        if self.folder.is_some() && self.chance.below(200) == 0 {
            self.start();
        }
        self.look().await;
    }

    /// Whom a token is good for, now.
    async fn use_token(&mut self) {
        let place = self.chance.below(self.tokens.len().max(1));
        let Some(given) = self.tokens.get(place).cloned() else { return };
        let now = self.engine().now();
        let isv = AppId::parse(ISV).unwrap();
        let token = Some(given.token.as_str());
        let caller = Caller { app: &isv, app_auth_token: token, from_page: false };
        let answer = self.engine().authorize(&caller).await;
        if given.ends.is_none_or(|ends| now < ends) {
            assert_eq!(answer.unwrap().owner.id.as_str(), given.app);
        } else {
            assert_eq!(answer.unwrap_err(), EngineError::InvalidAppAuthToken);
        }
    }

    /// A merchant agrees, an application refreshes, a merchant withdraws.
    async fn change_token(&mut self) {
        let isv = AppId::parse(ISV).unwrap();
        let now = self.engine().now();
        match self.chance.below(4) {
            0 => {
                let app = [MERCHANT, OTHER_MERCHANT][self.chance.below(2)];
                let merchant = AppId::parse(app).unwrap();
                let code = self.engine().grant_code(&isv, &merchant).await.unwrap();
                let issued = self.engine().exchange_code(&isv, &code).await.unwrap();
                self.end_tokens(app, now);
                self.keep(app, issued);
            }
            1 => {
                let app = [MERCHANT, OTHER_MERCHANT][self.chance.below(2)];
                let merchant = AppId::parse(app).unwrap();
                let lives = self.tokens.iter().any(|given| given.app == app && given.is_latest());
                assert_eq!(self.engine().revoke(&isv, &merchant).await.is_ok(), lives);
                self.end_tokens(app, now);
            }
            _ => {
                let place = self.chance.below(self.tokens.len().max(1));
                let Some(given) = self.tokens.get(place).cloned() else { return };
                let answer = self.engine().refresh(&isv, &given.refresh_token).await;
                if !given.is_latest() {
                    assert!(answer.is_err(), "{answer:?}");
                    return;
                }
                let ends = now.checked_add(SignedDuration::from_mins(10)).unwrap();
                let refreshed = self.tokens.get_mut(place).unwrap();
                (refreshed.ends, refreshed.refreshed) = (Some(ends), true);
                self.keep(given.app, answer.unwrap());
            }
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
        for given in self.tokens.iter_mut().filter(|given| given.app == app) {
            given.ends = Some(given.ends.map_or(now, |ends| ends.min(now)));
        }
    }

    async fn initialize(&mut self) {
        let (acting, owner) = self.caller().await;
        let (number, content) = (self.chance.below(self.orders), self.chance.below(2));
        let mut order = orders::order(&format!("walk{number}"));
        order.face_contrast_picture = (content == 1).then(|| "picture".to_owned());
        let answer = self.engine().initialize(acting, order).await;
        match self.model.get(&(owner, number)) {
            Some(known) if known.content == content => assert_eq!(answer, Ok(known.id)),
            Some(_) => assert_eq!(answer, Err(EngineError::OrderReused)),
            None => {
                let (id, created) = (answer.unwrap(), self.engine().now());
                assert!(self.model.values().all(|modelled| modelled.id != id));
                let (begun, end) = (false, End::Open);
                let modelled = Modelled { id, owner, content, created, begun, end };
                self.model.insert((owner, number), modelled);
            }
        }
    }

    fn wait(&self) {
        // Mostly minutes, now and then a day or a month.
        let seconds = match self.chance.below(40) {
            0 => 20 * 24 * 3600,
            1..4 => 23 * 3600 - 1,
            _ => i64::try_from(self.chance.below(1800)).unwrap(),
        };
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    async fn query(&mut self) {
        let (Some(modelled), (acting, owner)) = (self.any(), self.caller().await) else { return };
        let expected = if owner == modelled.owner {
            modelled.answer(self.engine().now())
        } else {
            Err(EngineError::NoSuchCertification)
        };
        assert_eq!(self.engine().query(&acting, modelled.id).await, expected);
        let link = self.engine().certify(&acting, modelled.id, None).await;
        assert_eq!(link.map(|_| ()), expected.map(|_| ()));
    }

    async fn open_link(&mut self) {
        let Some(modelled) = self.any() else { return };
        let acting = Acting::for_itself(self.engine().app(modelled.owner).unwrap());
        let Ok(link) = self.engine().certify(&acting, modelled.id, None).await else { return };
        self.remember(modelled.id, |modelled| modelled.begun = true);
        let opened = self.engine().view(&link, None).await.unwrap();
        let now = self.engine().now();
        assert_eq!(opened.status.state, Modelled { begun: true, ..modelled }.state(now));
    }

    async fn choose(&mut self) {
        let Some(modelled) = self.any() else { return };
        let now = self.engine().now();
        let (chosen, end) = match self.chance.below(3) {
            0 => (Chosen::Left, End::Open),
            1 => (Chosen::Passed, End::Passed(now)),
            _ => (Chosen::Failed(FailReason::parse("X").unwrap()), End::Failed(now)),
        };
        let answer = self.engine().choose(modelled.id, chosen).await;
        match (modelled.end, end) {
            (End::Passed(_) | End::Failed(_), _) => {
                assert!(matches!(answer, Err(EngineError::WrongState(_))), "{answer:?}");
            }
            (End::Open, _) if modelled.expired(now) => {
                assert_eq!(answer, Err(EngineError::Expired));
            }
            (End::Open, _) => {
                let state = answer.unwrap().state;
                self.remember(modelled.id, |modelled| {
                    (modelled.begun, modelled.end) = (true, end);
                });
                assert_eq!(state, Modelled { begun: true, end, ..modelled }.state(now));
            }
        }
    }

    /// The stored state is the modelled one, and a finished one is what it was.
    async fn look(&mut self) {
        let Some(modelled) = self.any() else { return };
        let state = self.engine().test_status(modelled.id).await.unwrap().state;
        assert_eq!(state, modelled.state(self.engine().now()));
        if ["passed", "failed", "expired"].contains(&state) {
            assert_eq!(*self.finished.entry(modelled.id).or_insert(state), state);
        }
    }
}
