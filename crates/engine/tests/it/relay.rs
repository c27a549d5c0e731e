//! Orders sent on: opened once there, however often asked for and whatever goes wrong between.

use std::sync::Arc;

use domain::{OrderNo, Profile};
use engine::{
    Acting, App, Engine, EngineError, Meaning, NotSent, Opening, RelayedOrder, Unknown, Upstream,
    UpstreamFault,
};
use jiff::SignedDuration;
use testkit::{Blueprint, RELAYED, ScriptedUpstream, TestEngine};

const REFUSAL: &str =
    r#"{"code":"40004","msg":"Business Failed","sub_code":"ILLEGAL_ARGUMENT_FORMAT"}"#;
const CUT_OFF: UpstreamFault = UpstreamFault::Unknown(Unknown::CutOff);

struct Elsewhere {
    world: TestEngine,
    gateway: Arc<ScriptedUpstream>,
    upstream: Arc<Upstream>,
}

impl Elsewhere {
    fn new(gateway: ScriptedUpstream) -> Self {
        let gateway = Arc::new(gateway);
        let upstream = gateway.upstream();
        let world = TestEngine::made_of(&Blueprint::default().upstream(&upstream));
        Self { world, gateway, upstream }
    }

    fn acting(&self) -> Acting {
        self.world.acting(RELAYED)
    }

    async fn order(&self, number: &str, content: &str) -> Result<Opening, EngineError> {
        self.order_as(&self.acting(), number, content).await
    }

    async fn order_as(
        &self,
        acting: &Acting,
        number: &str,
        content: &str,
    ) -> Result<Opening, EngineError> {
        self.world.engine.relay_order(&self.upstream, acting, order(number, content)).await
    }
}

fn order(number: &str, content: &str) -> RelayedOrder {
    let number = OrderNo::parse(number, Profile::Strict).unwrap().value;
    RelayedOrder::new("alipay.user.certify.open.initialize", number, content.to_owned(), None)
}

#[expect(clippy::unnecessary_wraps, reason = "it is compared with what may be a refusal")]
fn opened(id: &str) -> Result<Opening, EngineError> {
    Ok(Opening::Opened(id.to_owned()))
}

#[tokio::test]
async fn what_is_open_is_told_again_without_asking_again() {
    let there = Elsewhere::new(ScriptedUpstream::default());
    there.gateway.open("OC201809253000000393900404029253");
    for _ in 0..3 {
        let told = there.order("order1", "{}").await;
        assert_eq!(told, opened("OC201809253000000393900404029253"));
    }
    assert_eq!(there.order("order1", "[]").await, Err(EngineError::OrderReused));
    assert_eq!(there.gateway.asked().len(), 1);
    assert!(!there.gateway.asked()[0].repeatable);
}

#[tokio::test]
async fn many_at_once_are_one_call() {
    let there = Arc::new(Elsewhere::new(ScriptedUpstream::held()));
    there.gateway.open("a1");
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let there = Arc::clone(&there);
            tokio::spawn(async move { there.order("order1", "{}").await })
        })
        .collect();
    // All of them wait before the first is answered.
    while there.gateway.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    there.gateway.let_pass(64);
    for call in calls {
        assert_eq!(call.await.unwrap(), opened("a1"));
    }
    assert_eq!(there.gateway.asked().len(), 1);
}

#[tokio::test]
async fn an_unknown_outcome_is_reconciled_by_the_same_call() {
    let there = Elsewhere::new(ScriptedUpstream::default());
    let unsure = r#"{"code":"20000","sub_code":"isp.unknow-error"}"#;
    there.gateway.answer(Err(CUT_OFF));
    there.gateway.answer(Ok((Meaning::Unsure, unsure)));
    there.gateway.answer(Err(UpstreamFault::NotSent(NotSent::Unreachable)));
    there.gateway.answer(Ok((Meaning::Refused, REFUSAL)));
    there.gateway.open("a1");
    let unknown = |fault| Err(EngineError::OutcomeUnknown(fault));
    assert_eq!(there.order("order1", "{}").await, unknown(Some(CUT_OFF)));
    assert_eq!(there.order("order1", "[]").await, Err(EngineError::OrderReused));
    assert_eq!(there.order("order1", "{}").await, unknown(None));
    let not_sent = UpstreamFault::NotSent(NotSent::Unreachable);
    assert_eq!(there.order("order1", "{}").await, unknown(Some(not_sent)));
    // In doubt it stays, whatever was refused or not sent since.
    let refused = there.order("order1", "{}").await;
    assert!(matches!(refused, Ok(Opening::Refused { doubted: true, .. })), "{refused:?}");
    assert_eq!(there.order("order1", "{}").await, opened("a1"));
    assert_eq!(there.order("order1", "{}").await, opened("a1"));
    let asked = there.gateway.asked();
    assert_eq!(asked.len(), 5);
    assert!(asked.iter().all(|call| call.biz_content.as_deref() == Some("{}")));
}

#[tokio::test]
async fn what_was_refused_or_never_sent_leaves_the_number_free() {
    let there = Elsewhere::new(ScriptedUpstream::default());
    there.gateway.answer(Ok((Meaning::Refused, REFUSAL)));
    there.gateway.answer(Err(UpstreamFault::NotSent(NotSent::Crowded)));
    there.gateway.open("a1");
    let refused = there.order("order1", "{}").await;
    assert!(matches!(refused, Ok(Opening::Refused { doubted: false, .. })), "{refused:?}");
    assert!(there.order("order1", "[1]").await.is_err());
    assert_eq!(there.order("order1", "[2]").await, opened("a1"));
}

#[tokio::test]
async fn a_success_without_a_usable_id_is_an_unknown_outcome() {
    let there = Elsewhere::new(ScriptedUpstream::default());
    for node in [
        r#"{"code":"10000"}"#,
        r#"{"certify_id":""}"#,
        r#"{"certify_id":7}"#,
        r#"{"certify_id":"a b"}"#,
        "[]",
    ] {
        there.gateway.answer(Ok((Meaning::Done, node)));
        let told = there.order("order1", "{}").await;
        assert!(matches!(told, Err(EngineError::OutcomeUnknown(Some(_)))), "{node}: {told:?}");
    }
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_lose_the_outcome() {
    let there = Arc::new(Elsewhere::new(ScriptedUpstream::held()));
    there.gateway.open("a1");
    let left = {
        let there = Arc::clone(&there);
        tokio::spawn(async move { there.order("order1", "{}").await })
    };
    while there.gateway.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    left.abort();
    assert!(left.await.unwrap_err().is_cancelled());
    there.gateway.let_pass(1);
    assert_eq!(there.order("order1", "{}").await, opened("a1"));
    assert_eq!(there.gateway.asked().len(), 1);
}

#[tokio::test]
async fn who_died_while_sending_leaves_a_doubt_that_ends_with_its_patience() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = Arc::new(ScriptedUpstream::held());
    let upstream = gateway.upstream();
    let blueprint = Blueprint::default().database_in(folder.path()).upstream(&upstream);
    let engine = || Arc::new(blueprint.engine());
    // Another process on the same database: the first is stuck for ever.
    let (stuck, later) = (engine(), engine());
    let acting = Acting::for_itself(relayed(&later));
    let dead = tokio::spawn({
        let (upstream, acting) = (Arc::clone(&upstream), acting.clone());
        async move { stuck.relay_order(&upstream, &acting, order("order1", "{}")).await }
    });
    while gateway.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    let told = later.relay_order(&upstream, &acting, order("order1", "{}")).await;
    assert_eq!(told, Err(EngineError::OutcomeUnknown(None)));
    assert_eq!(gateway.asked().len(), 1);
    blueprint.clock.advance(SignedDuration::from_secs(6));
    gateway.open("a1");
    gateway.open("a2");
    let again = tokio::spawn({
        let (upstream, acting, later) = (Arc::clone(&upstream), acting.clone(), Arc::clone(&later));
        async move { later.relay_order(&upstream, &acting, order("order1", "{}")).await }
    });
    while gateway.asked().len() < 2 {
        tokio::task::yield_now().await;
    }
    gateway.let_pass(2);
    // Two ids were given; all tell the one that was known first.
    let (first, second) = (dead.await.unwrap().unwrap(), again.await.unwrap().unwrap());
    assert_eq!(first, second);
    assert_eq!(later.relay_order(&upstream, &acting, order("order1", "{}")).await, Ok(first));
}

fn relayed(engine: &Engine) -> Arc<App> {
    engine.app(RELAYED).unwrap()
}

#[tokio::test]
async fn order_numbers_are_the_merchants_behind_a_token() {
    use engine::Caller;
    let there = Elsewhere::new(ScriptedUpstream::default());
    let app = domain::AppId::parse(RELAYED).unwrap();
    for (token, id) in [(None, "own"), (Some("merchant-a"), "a"), (Some("merchant-b"), "b")] {
        let caller = Caller { app: &app, app_auth_token: token, from_page: false };
        let acting = there.world.engine.authorize(&caller).await.unwrap();
        there.gateway.open(id);
        assert_eq!(there.order_as(&acting, "order1", "{}").await, opened(id));
        assert_eq!(there.order_as(&acting, "order1", "{}").await, opened(id));
        let caller = Caller { app: &app, app_auth_token: token, from_page: true };
        assert_eq!(there.world.engine.authorize(&caller).await.is_ok(), token.is_none());
        assert!(!format!("{acting:?}").contains("merchant-"));
    }
    let tokens: Vec<_> =
        there.gateway.asked().into_iter().map(|call| call.app_auth_token).collect();
    assert_eq!(tokens, [None, Some("merchant-a".into()), Some("merchant-b".into())]);
}

#[tokio::test]
async fn what_was_opened_at_one_gateway_is_not_open_at_another() {
    let there = Elsewhere::new(ScriptedUpstream::default());
    there.gateway.open("sandbox");
    assert_eq!(there.order("order1", "{}").await, opened("sandbox"));
    let production = Arc::new(ScriptedUpstream::at("the same application in production"));
    production.open("production");
    let upstream = production.upstream();
    let engine = &there.world.engine;
    let told = engine.relay_order(&upstream, &there.acting(), order("order1", "{}")).await;
    assert_eq!(told, opened("production"));
}

#[tokio::test]
async fn orders_nobody_can_ask_for_any_more_are_forgotten() {
    let there = Elsewhere::new(ScriptedUpstream::default());
    there.gateway.open("a1");
    assert_eq!(there.order("order1", "{}").await, opened("a1"));
    assert_eq!(there.world.engine.forget_old_orders().await, Ok(0));
    there.world.clock.advance(SignedDuration::from_hours(24 * 201));
    assert_eq!(there.world.engine.forget_old_orders().await, Ok(1));
}
