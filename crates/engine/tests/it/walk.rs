//! A seeded walk through everything a door may ask for, beside a model that fits on a page.
//!
//! A failure names seed and step; the same seed takes the same steps again.

use std::collections::BTreeMap;

use domain::{Answer, AppId, CertifyId, FailReason};
use engine::{Acting, Caller, Chosen, EngineError};
use jiff::{SignedDuration, Timestamp};
use testkit::{
    Blueprint, COMPATIBLE, FACE_ONLY, MERCHANT, MERCHANT_TOKEN, SeededChance, TestEngine, orders,
};

const STEPS: usize = 3000;
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

struct Walk {
    world: TestEngine,
    chance: SeededChance,
    model: BTreeMap<(&'static str, usize), Modelled>,
    /// What was told at the last look at a finished one: it may never be told otherwise.
    finished: BTreeMap<CertifyId, &'static str>,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let world = TestEngine::made_of(&Blueprint::default().seed(seed));
        let (model, finished) = (BTreeMap::new(), BTreeMap::new());
        Self { world, chance: SeededChance::new(!seed), model, finished }
    }

    async fn caller(&self) -> (Acting, &'static str) {
        let (app, app_auth_token, owner) = CALLERS[self.chance.below(CALLERS.len())];
        let app = AppId::parse(app).unwrap();
        let caller = Caller { app: &app, app_auth_token, from_page: false };
        (self.world.engine.authorize(&caller).await.unwrap(), owner)
    }

    /// Any certification there is.
    fn any(&self) -> Option<Modelled> {
        let place = self.chance.below(self.model.len().max(1));
        self.model.values().nth(place).cloned()
    }

    fn remember(&mut self, id: CertifyId, change: impl FnOnce(&mut Modelled)) {
        change(self.model.values_mut().find(|modelled| modelled.id == id).unwrap());
    }

    async fn step(&mut self) {
        match self.chance.below(10) {
            0..3 => self.initialize().await,
            3 => self.wait(),
            4 | 5 => self.query().await,
            6 => self.open_link().await,
            _ => self.choose().await,
        }
    }

    async fn initialize(&mut self) {
        let (acting, owner) = self.caller().await;
        let (number, content) = (self.chance.below(150), self.chance.below(2));
        let mut order = orders::order(&format!("walk{number}"));
        order.face_contrast_picture = (content == 1).then(|| "picture".to_owned());
        let answer = self.world.engine.initialize(acting, order).await;
        match self.model.get(&(owner, number)) {
            Some(known) if known.content == content => assert_eq!(answer, Ok(known.id)),
            Some(_) => assert_eq!(answer, Err(EngineError::OrderReused)),
            None => {
                let (id, created) = (answer.unwrap(), self.world.engine.now());
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
        self.world.clock.advance(SignedDuration::from_secs(seconds));
    }

    async fn query(&mut self) {
        let (Some(modelled), (acting, owner)) = (self.any(), self.caller().await) else { return };
        let expected = if owner == modelled.owner {
            modelled.answer(self.world.engine.now())
        } else {
            Err(EngineError::NoSuchCertification)
        };
        assert_eq!(self.world.engine.query(&acting, modelled.id).await, expected);
        let link = self.world.engine.certify(&acting, modelled.id, None).await;
        assert_eq!(link.map(|_| ()), expected.map(|_| ()));
    }

    async fn open_link(&mut self) {
        let Some(modelled) = self.any() else { return };
        let acting = self.world.acting(modelled.owner);
        let Ok(link) = self.world.engine.certify(&acting, modelled.id, None).await else { return };
        self.remember(modelled.id, |modelled| modelled.begun = true);
        let opened = self.world.engine.view(&link, None).await.unwrap();
        let now = self.world.engine.now();
        assert_eq!(opened.status.state, Modelled { begun: true, ..modelled }.state(now));
    }

    async fn choose(&mut self) {
        let Some(modelled) = self.any() else { return };
        let now = self.world.engine.now();
        let (chosen, end) = match self.chance.below(3) {
            0 => (Chosen::Left, End::Open),
            1 => (Chosen::Passed, End::Passed(now)),
            _ => (Chosen::Failed(FailReason::parse("X").unwrap()), End::Failed(now)),
        };
        let answer = self.world.engine.choose(modelled.id, chosen).await;
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
        let state = self.world.engine.test_status(modelled.id).await.unwrap().state;
        assert_eq!(state, modelled.state(self.world.engine.now()));
        if ["passed", "failed", "expired"].contains(&state) {
            assert_eq!(*self.finished.entry(modelled.id).or_insert(state), state);
        }
    }
}

#[expect(clippy::print_stdout, reason = "shown for a failed test only, and there it is the seed")]
async fn walk(seed: u64) -> usize {
    let mut walk = Walk::new(seed);
    for step in 0..STEPS {
        // On a failure the captured output ends with this line.
        println!("seed {seed} step {step}");
        walk.step().await;
        walk.look().await;
    }
    walk.finished.len()
}

#[tokio::test]
async fn three_walks_of_three_thousand_steps_never_leave_the_model() {
    for seed in [1, 2, 3] {
        assert!(walk(seed).await > 20, "a walk that finishes nothing tests nothing");
    }
}
