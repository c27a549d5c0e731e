//! A seeded walk through everything a door may ask for, beside a model that fits on a page: orders,
//! links, outcomes, tokens, time and restarts, and a store that fails.
//!
//! The same seed takes the same steps again; only who is first of two at once is up to the machine.

#![expect(clippy::indexing_slicing, reason = "a list of fixed length, by a number below it")]

mod model;
mod races;
mod storms;
mod tokens;

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{AppId, CertifyId, FailReason};
use engine::{Acting, Caller, Chosen, Engine, EngineError, Order};
use jiff::SignedDuration;
use tempfile::TempDir;

use self::model::{End, Given, Modelled};
use self::storms::{Made, Storms, Weather};
use crate::{
    Blueprint, COMPATIBLE, FACE_ONLY, FixedClock, MERCHANT, MERCHANT_TOKEN, SeededChance, orders,
};

/// Who calls, by which token, and whose certification it then is.
const CALLERS: [(&str, Option<&str>, &str); 4] = [
    (COMPATIBLE, None, COMPATIBLE),
    (COMPATIBLE, Some(MERCHANT_TOKEN), MERCHANT),
    (MERCHANT, None, MERCHANT),
    (FACE_ONLY, None, FACE_ONLY),
];

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
    /// For whom there is a token that nobody was told.
    lost: Vec<&'static str>,
    /// For whom there may be a code that nobody was told.
    untold: Vec<&'static str>,
    model: BTreeMap<(&'static str, usize), Modelled>,
    /// What was told at the last look at a finished one: it may never be told otherwise.
    finished: BTreeMap<CertifyId, &'static str>,
    storms: Arc<Storms>,
    /// Whether the store fails.
    stormy: bool,
}

/// An order of the walk: of one number there are two contents.
fn order(number: usize, content: usize) -> Order {
    let mut order = orders::order(&format!("walk{number}"));
    order.face_contrast_picture = (content == 1).then(|| "picture".to_owned());
    order
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
            lost: Vec::new(),
            untold: Vec::new(),
            model: BTreeMap::new(),
            finished: BTreeMap::new(),
            storms: Arc::new(Storms::new()),
            stormy: false,
        };
        walk.start();
        walk
    }

    /// The same, on a store that fails now and then.
    #[must_use]
    pub fn stormy(self) -> Self {
        Self { stormy: true, ..self }
    }

    /// How many certifications were seen to have ended.
    pub fn finished(&self) -> usize {
        self.finished.len()
    }

    /// How often the engine was started.
    pub fn starts(&self) -> u64 {
        self.starts
    }

    /// How often the store was made to fail.
    pub fn faults(&self) -> usize {
        self.storms.count()
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
        let faults = Some(Arc::clone(&self.storms) as _);
        self.engine = Some(Arc::new(Blueprint { faults, ..blueprint }.engine()));
        self.starts += 1;
    }

    /// Now and then nobody asks again before the program was started again.
    fn maybe_restart(&mut self) {
        if self.folder.is_some() && self.chance.below(4) == 0 {
            self.start();
        }
    }

    fn engine(&self) -> &Arc<Engine> {
        self.engine.as_ref().unwrap()
    }

    /// Asks, on a store that may fail. An error that says to try again is given as what the store was
    /// made to do; without a fault there is no such error. Whatever else is answered must be as if
    /// nothing had failed.
    async fn ask<T>(
        &self,
        call: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<Result<T, EngineError>, Made> {
        if self.stormy {
            self.storms.set(Weather::Storm, self.chance.next());
        }
        let answer = call.await;
        let made = self.storms.end();
        match answer {
            Err(EngineError::Busy(text) | EngineError::Internal(text)) => {
                assert!(made.failed() > 0, "nothing failed, and yet: {text}");
                Err(made)
            }
            answer => Ok(answer),
        }
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
        match self.chance.below(14) {
            0..3 => self.initialize().await,
            3 => self.wait(),
            4 | 5 => self.query().await,
            6 => Box::pin(self.open_link()).await,
            7 => self.use_token().await,
            8 => self.change_token().await,
            9 => self.open_at_once().await,
            10 => Box::pin(self.end_at_once()).await,
            _ => Box::pin(self.choose()).await,
        }
        if self.folder.is_some() && self.chance.below(200) == 0 {
            self.start();
        }
        self.look().await;
    }

    async fn initialize(&mut self) {
        let (acting, owner) = self.caller().await;
        let (number, content) = (self.chance.below(self.orders), self.chance.below(2));
        let call = self.engine().initialize(acting.clone(), order(number, content));
        let (answer, content) = match self.ask(call).await {
            Ok(answer) => (answer, content),
            Err(made) => self.open_again(acting, (owner, number), content, made).await,
        };
        match self.model.get(&(owner, number)) {
            Some(known) if known.content == content => assert_eq!(answer, Ok(known.id)),
            Some(_) => assert_eq!(answer, Err(EngineError::OrderReused)),
            None => self.opened((owner, number), answer.unwrap(), content),
        }
    }

    /// Whoever got no answer asks again, with the same content or another. It was opened or it was
    /// not; what was not carried out must not have been.
    async fn open_again(
        &mut self,
        acting: Acting,
        key: (&'static str, usize),
        content: usize,
        made: Made,
    ) -> (Result<CertifyId, EngineError>, usize) {
        self.maybe_restart();
        let other = self.chance.below(2);
        let again = self.engine().initialize(acting.clone(), order(key.1, other)).await;
        if self.model.contains_key(&key) || other == content {
            return (again, other);
        }
        match again {
            Ok(id) => (Ok(id), other),
            Err(error) => {
                assert!(made.after > 0 && error == EngineError::OrderReused, "{error:?}");
                (self.engine().initialize(acting, order(key.1, content)).await, content)
            }
        }
    }

    fn opened(&mut self, key: (&'static str, usize), id: CertifyId, content: usize) {
        assert!(self.model.values().all(|modelled| modelled.id != id));
        let (begun, end, created) = (false, End::Open, self.engine().now());
        let modelled = Modelled { id, owner: key.0, content, created, begun, end };
        self.model.insert(key, modelled);
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
        if let Ok(answer) = self.ask(self.engine().query(&acting, modelled.id)).await {
            assert_eq!(answer, expected);
        }
        if let Ok(link) = self.ask(self.engine().certify(&acting, modelled.id, None)).await {
            assert_eq!(link.map(|_| ()), expected.map(|_| ()));
        }
    }

    async fn open_link(&mut self) {
        let Some(modelled) = self.any() else { return };
        let acting = Acting::for_itself(self.engine().app(modelled.owner).unwrap());
        let Ok(link) = self.engine().certify(&acting, modelled.id, None).await else { return };
        let after = Modelled { begun: true, ..modelled.clone() };
        let now = self.engine().now();
        match self.ask(Box::pin(self.engine().view(&link, None))).await {
            Ok(opened) => {
                self.remember(modelled.id, |modelled| modelled.begun = true);
                assert_eq!(opened.unwrap().status.state, after.state(now));
            }
            Err(made) => self.find_out(&modelled, after, made).await,
        }
    }

    async fn choose(&mut self) {
        let Some(modelled) = self.any() else { return };
        let now = self.engine().now();
        let (chosen, end) = match self.chance.below(3) {
            0 => (Chosen::Left, End::Open),
            1 => (Chosen::Passed, End::Passed(now)),
            _ => (Chosen::Failed(FailReason::parse("X").unwrap()), End::Failed(now)),
        };
        let answer = self.ask(Box::pin(self.engine().choose(modelled.id, chosen))).await;
        let over = modelled.end != End::Open || modelled.expired(now);
        let after =
            if over { modelled.clone() } else { Modelled { begun: true, end, ..modelled.clone() } };
        match answer {
            Err(made) => self.find_out(&modelled, after, made).await,
            Ok(answer) if modelled.expired(now) => assert_eq!(answer, Err(EngineError::Expired)),
            Ok(answer) if over => {
                assert!(matches!(answer, Err(EngineError::WrongState(_))), "{answer:?}");
            }
            Ok(answer) => {
                assert_eq!(answer.unwrap().state, after.state(now));
                self.remember(modelled.id, |modelled| *modelled = after);
            }
        }
    }

    /// Whoever got no answer to a change looks: it is as before or as after. An end is one unit, and
    /// came about only if that was carried out; a beginning may be followed by a unit that failed.
    async fn find_out(&mut self, before: &Modelled, after: Modelled, made: Made) {
        self.maybe_restart();
        let now = self.engine().now();
        let state = self.engine().test_status(before.id).await.unwrap().state;
        if state == before.state(now) {
            return;
        }
        assert_eq!(state, after.state(now));
        assert!(made.after > 0 || after.end == End::Open, "ended by what was not carried out");
        self.remember(before.id, |modelled| *modelled = after);
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
