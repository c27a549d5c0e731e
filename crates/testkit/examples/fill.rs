//! Fills a database with certifications as the program writes them, for `proofs/scale.mjs`.
//!
//! ```sh
//! cargo run --release -p testkit --example fill -- URL MASTER_KEY_FILE COUNT DAYS SEED SAMPLE APP…
//! ```
//!
//! `certifyd` must have been started on the database once, in test mode. The certifications are
//! spread evenly over the last DAYS, among the applications by chance; most have passed, some failed,
//! some were left and have expired, and of the last day some are open. The file SAMPLE gets a line
//! `certify_id app_id state` for each of about 20,000 of them. Prints one line of JSON at the end.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "a program for a terminal"
)]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use domain::{AppId, BizCode, CertifyId, Contract, FailReason, Profile};
use engine::{
    Acting, App, Authorizing, Certifier, Chosen, Clock as _, Engine, MasterKeys, Mode, Parts,
    Policy, Simulated, SystemClock, Vault,
};
use jiff::{SignedDuration, Timestamp};
use store::Store;
use testkit::{FixedClock, SeededChance, orders};
use tokio::task::JoinSet;

/// Certifications on their way at once: enough to fill groups, fewer than the store lets wait.
const AT_ONCE: i64 = 2_000;
/// How long one is open, at most, before its end is stored.
const OPEN_MS: i64 = 6 * 3_600_000;
/// How often those who left are looked for, in the time of the database.
const SWEEP_MS: i64 = 8 * 3_600_000;
const SAMPLED: u64 = 20_000;

struct Plan {
    url: String,
    key: [u8; 32],
    count: i64,
    days: i64,
    seed: u64,
    sample: String,
    apps: Vec<AppId>,
}

impl Plan {
    fn read() -> Self {
        let mut arguments = std::env::args().skip(1);
        let mut next = || arguments.next().unwrap();
        let (url, file) = (next(), next());
        let text = std::fs::read_to_string(file).unwrap();
        let mut key = [0; 32];
        for (byte, digits) in key.iter_mut().zip(text.trim().as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
        }
        let [count, days, seed] = [next(), next(), next()].map(|text| text.parse().unwrap());
        let sample = next();
        let apps: Vec<AppId> = arguments.map(|text| AppId::parse(&text).unwrap()).collect();
        assert!(!apps.is_empty() && count > 0, "an application and a certification at least");
        Self { url, key, count, days, seed: u64::try_from(seed).unwrap(), sample, apps }
    }

    fn engine(&self, store: Store, vault: Vault, clock: &Arc<FixedClock>) -> Engine {
        let app = |id: &AppId| App {
            id: id.clone(),
            name: "Filled".to_owned(),
            contract: Contract { scenes: BizCode::ALL.to_vec() },
            profile: Profile::Compatible,
            return_schemes: Vec::new(),
            notify_url: None,
            isv: false,
            authorizing: Authorizing::default(),
            certifier: Certifier::Builtin,
        };
        Engine::new(Parts {
            store,
            clock: Arc::clone(clock) as _,
            chance: Arc::new(SeededChance::new(self.seed)),
            vault,
            mode: Mode::Test,
            apps: self.apps.iter().map(app).collect(),
            grants: Vec::new(),
            verifier: Some(Arc::new(Simulated)),
            policy: Policy::default(),
            notices: None,
            graveyard: None,
        })
    }
}

/// What becomes of a certification: of ten, seven pass, one fails, and two are left.
fn fate(chance: &SeededChance) -> Option<Chosen> {
    match chance.below(10) {
        0..7 => Some(Chosen::Passed),
        7 => Some(Chosen::Failed(FailReason::parse("FACE_UNMATCHED").unwrap())),
        _ => None,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let plan = Plan::read();
    let store = Store::open(&plan.url).unwrap();
    let masters = MasterKeys::new(vec![plan.key.into()]);
    let vault = Vault::known(&store, &masters).await.expect("the master key of this database");
    let vault = vault.expect("certifyd was started on this database before");
    let until = SystemClock.now();
    let clock = Arc::new(FixedClock::at("2026-01-01T00:00:00Z"));
    let engine = Arc::new(plan.engine(store, vault, &clock));
    let began = Instant::now();
    let (ended, sample) = fill(&plan, &engine, &clock, until).await;
    let seconds = began.elapsed().as_secs_f64();
    std::fs::write(&plan.sample, sample).unwrap();
    let rate = plan.count as f64 / seconds;
    println!(
        r#"{{"certifications":{},"passed":{},"failed":{},"expired":{},"seconds":{seconds:.1},"rate":{rate:.0}}}"#,
        plan.count, ended[0], ended[1], ended[2],
    );
}

/// Fills, and gives how many passed, failed and expired, and the sample.
async fn fill(
    plan: &Plan,
    engine: &Arc<Engine>,
    clock: &Arc<FixedClock>,
    until: Timestamp,
) -> ([usize; 3], String) {
    let chance = SeededChance::new(!plan.seed);
    let span = plan.days * 86_400_000;
    let at_once = (OPEN_MS * plan.count / span).clamp(1, AT_ONCE);
    let begin = until.as_millisecond() - span;
    let (mut running, mut sample) = (JoinSet::new(), String::new());
    let (mut ended, mut swept) = ([0; 3], begin);
    for number in 0..plan.count {
        let at = begin
            + i64::try_from(i128::from(span) * i128::from(number) / i128::from(plan.count))
                .unwrap();
        let now = Timestamp::from_millisecond(at).unwrap();
        if at - swept >= SWEEP_MS {
            clock.set(now);
            swept = at;
            ended[2] += engine.sweep().await.unwrap().expired;
            progress(number, plan.count);
        }
        let (app, chosen) = (&plan.apps[chance.below(plan.apps.len())], fate(&chance));
        match &chosen {
            Some(Chosen::Passed) => ended[0] += 1,
            Some(_) => ended[1] += 1,
            None => {}
        }
        let sampled = chance.next() % u64::try_from(plan.count).unwrap() < SAMPLED;
        running.spawn(one(
            Arc::clone(engine),
            Arc::clone(clock),
            app.clone(),
            (number, now),
            chosen,
        ));
        while i64::try_from(running.len()).unwrap() >= at_once {
            let (id, app, state) = running.join_next().await.unwrap().unwrap();
            if sampled {
                writeln!(sample, "{id} {app} {state}").unwrap();
            }
        }
    }
    while running.join_next().await.is_some_and(|done| done.is_ok()) {}
    clock.set(until);
    ended[2] += engine.sweep().await.unwrap().expired;
    (ended, sample)
}

/// One certification, opened at `now`.
async fn one(
    engine: Arc<Engine>,
    clock: Arc<FixedClock>,
    app: AppId,
    (number, now): (i64, Timestamp),
    chosen: Option<Chosen>,
) -> (CertifyId, AppId, &'static str) {
    // Up to where it first waits nobody else moves the clock.
    clock.set(now);
    let local = now.checked_add(SignedDuration::from_hours(8)).unwrap();
    let order_no = format!("{}{number:010}", local.strftime("%Y%m%d%H%M%S"));
    let acting = Acting::for_itself(engine.app(app.as_str()).unwrap());
    let id = engine.fill(acting, orders::order(&order_no), chosen.as_ref()).await.unwrap();
    (id, app, chosen.as_ref().map_or("left", Chosen::name))
}

fn progress(number: i64, count: i64) {
    if count >= 1_000_000 {
        eprint!("\r{:>3} %", number * 100 / count);
    }
}
