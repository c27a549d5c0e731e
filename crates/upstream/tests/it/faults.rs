//! What networks and gateways do: which fault it is, how often a call was sent, and that nothing that
//! may have been carried out is ever sent a second time unless it is repeatable.

use std::time::Duration;

use engine::{Meaning, NotSent, Unknown, UpstreamFault, UpstreamGateway as _};
use jiff::SignedDuration;
use testkit::{Conduct, FaultyGateway, Refusing, TestServer};
use upstream::{AlipayGateway, Settings};

use crate::client::{
    Client, INITIALIZE, QUERY, by_key, initialize, member, order, private_key, query, settings,
    signed,
};

/// A success, signed by the gateway.
fn success(method: &str) -> String {
    let node = r#"{"code":"10000","msg":"Success","certify_id":"0a","passed":"T"}"#;
    signed(method, node, None, &private_key("alipay_private_pkcs8.pem"))
}

/// Makes a call that may be repeated and one that may not, each by a client of its own, against this
/// conduct; tells the fault, the same for both, and how often each was sent.
async fn suffer(conduct: Conduct, client: fn(&str) -> Client) -> (UpstreamFault, usize, usize) {
    let gateway = FaultyGateway::alone(move |_, _| conduct.clone()).await;
    let asked = client(&gateway.url()).query().await.unwrap_err();
    let repeated = gateway.arrived().len();
    let opened = client(&gateway.url()).initialize().await.unwrap_err();
    assert_eq!(asked, opened);
    (asked, repeated, gateway.arrived().len() - repeated)
}

async fn suffers(conduct: Conduct, fault: Unknown, times: usize) {
    let told = format!("{conduct:?}");
    let suffered = suffer(conduct, Client::of).await;
    assert_eq!(suffered, (UpstreamFault::Unknown(fault), times, 1), "{told}");
}

#[tokio::test]
async fn a_refused_connection_is_certain_and_any_call_is_tried_again() {
    let refusing = Refusing::new();
    let client = Client::of(&refusing.url());
    let unreachable = UpstreamFault::NotSent(NotSent::Unreachable);
    // Two calls of three tries each; the breaker opens at the fifth.
    assert_eq!(client.initialize().await.unwrap_err(), unreachable);
    assert_eq!(client.query().await.unwrap_err(), unreachable);
    let suspended = UpstreamFault::NotSent(NotSent::Suspended);
    assert_eq!(client.initialize().await.unwrap_err(), suspended);
}

#[tokio::test]
async fn silence_slow_headers_and_a_half_closed_connection_are_not_answers() {
    for conduct in [Conduct::Silence, Conduct::SlowHeaders] {
        let (fault, repeated, once) = suffer(conduct, Client::hasty).await;
        assert_eq!(fault, UpstreamFault::Unknown(Unknown::TimedOut));
        // The time of the whole call may end before a third try.
        assert!((2..=3).contains(&repeated), "{repeated}");
        assert_eq!(once, 1);
    }
    suffers(Conduct::HalfClosed, Unknown::CutOff, 3).await;
}

#[tokio::test]
async fn an_answer_that_ends_too_soon_is_none() {
    suffers(Conduct::ResetMidBody(success(QUERY)), Unknown::CutOff, 3).await;
    suffers(Conduct::EndedMidBody(success(QUERY)), Unknown::CutOff, 3).await;
}

#[tokio::test]
async fn another_status_is_no_answer_whatever_it_says() {
    let page = || "<html>Bad Gateway</html>".to_owned();
    for status in [500, 502, 503] {
        suffers(Conduct::Answer(status, page()), Unknown::Status(status), 3).await;
    }
    for status in [201, 302, 403, 404] {
        suffers(Conduct::Answer(status, success(QUERY)), Unknown::Status(status), 1).await;
    }
}

/// The same for both methods: answers are named after what was called.
fn named(text: impl Fn(&str) -> String + Send + Sync + 'static) -> impl Fn(&str) -> Conduct {
    move |method| Conduct::Answer(200, text(method))
}

async fn suffers_by_name(answer: impl Fn(&str) -> Conduct, fault: Unknown, times: usize) {
    for (method, times) in [(QUERY, times), (INITIALIZE, 1)] {
        let conduct = answer(method);
        let gateway = FaultyGateway::alone(move |_, _| conduct.clone()).await;
        let client = Client::of(&gateway.url());
        let result = if method == QUERY { client.query().await } else { client.initialize().await };
        assert_eq!(result.unwrap_err(), UpstreamFault::Unknown(fault), "{method}");
        assert_eq!(gateway.arrived().len(), times, "{method}");
    }
}

#[tokio::test]
async fn what_is_not_signed_by_the_gateway_is_not_believed() {
    let changed = |method: &str| success(method).replace("\"passed\":\"T\"", "\"passed\":\"F\"");
    let strangers = |method: &str| {
        signed(method, r#"{"code":"10000"}"#, None, &private_key("app_private_pkcs8.pem"))
    };
    let unsigned = |spelling: &'static str| {
        move |method: &str| format!("{{\"{}_response\":{{{spelling}}}}}", method.replace('.', "_"))
    };
    suffers_by_name(named(changed), Unknown::NotTheirs, 1).await;
    suffers_by_name(named(strangers), Unknown::NotTheirs, 1).await;
    for spelling in [
        r#""code":"10000""#,
        r#""code": "10000""#,
        r#""code":"\u0031\u0030000""#,
        r#""passed":"T""#,
    ] {
        suffers_by_name(named(unsigned(spelling)), Unknown::NotTheirs, 1).await;
    }
}

#[tokio::test]
async fn what_is_no_json_of_this_method_cannot_be_read() {
    let other = |_: &str| success("alipay.trade.pay");
    let truncated = |method: &str| success(method).chars().take(60).collect();
    let broken = |method: &str| {
        let key = private_key("alipay_private_pkcs8.pem");
        signed(method, r#"{"code":"10000",}"#, None, &key)
    };
    let page = |_: &str| "<html>hello</html>".to_owned();
    suffers_by_name(named(other), Unknown::Unreadable, 3).await;
    suffers_by_name(named(truncated), Unknown::Unreadable, 3).await;
    suffers_by_name(named(broken), Unknown::Unreadable, 3).await;
    suffers_by_name(named(page), Unknown::Unreadable, 3).await;
}

#[tokio::test]
async fn a_call_that_was_carried_out_without_an_answer_is_not_sent_again() {
    let server = TestServer::start().await;
    let faulty = FaultyGateway::before(server.address(), |_, _| Conduct::ForwardAndDie).await;
    let fault = Client::of(&faulty.url()).initialize().await.unwrap_err();
    assert_eq!(fault, UpstreamFault::Unknown(Unknown::CutOff));
    assert_eq!(faulty.arrived().len(), 1);
    // It was carried out: the same order with another content is refused.
    let other = order("order1").replace("试用甲", "试用乙");
    let direct = Client::of(&server.url("/gateway.do"));
    let refused = direct.gateway.call(&initialize(&other)).await.unwrap();
    assert_eq!(refused.meaning, Meaning::Refused, "{}", refused.node);
}

#[tokio::test]
async fn a_repeatable_call_gets_over_two_faults() {
    let server = TestServer::start().await;
    let opened = Client::of(&server.url("/gateway.do")).initialize().await.unwrap();
    let content = format!(r#"{{"certify_id":"{}"}}"#, member(&opened, "certify_id"));
    let faulty = FaultyGateway::before(server.address(), |before, _| match before {
        0 => Conduct::ForwardAndDie,
        1 => Conduct::Answer(502, "<html></html>".to_owned()),
        _ => Conduct::Forward,
    })
    .await;
    let client = Client::of(&faulty.url());
    let reply = client.gateway.call(&query(&content)).await.unwrap();
    assert_eq!((reply.meaning, faulty.arrived().len()), (Meaning::Done, 3));
}

#[tokio::test]
async fn five_faults_open_the_breaker_and_one_probe_closes_it() {
    let gateway = FaultyGateway::alone(|before, _| match before {
        0..=4 => Conduct::Answer(500, String::new()),
        _ => Conduct::Answer(200, success(INITIALIZE)),
    })
    .await;
    let client = Client::of(&gateway.url());
    for _ in 0..5 {
        assert_eq!(
            client.initialize().await.unwrap_err(),
            UpstreamFault::Unknown(Unknown::Status(500))
        );
    }
    let suspended = UpstreamFault::NotSent(NotSent::Suspended);
    assert_eq!(client.initialize().await.unwrap_err(), suspended);
    assert_eq!(gateway.arrived().len(), 5);
    client.clock.advance(SignedDuration::from_secs(2));
    assert_eq!(client.initialize().await.unwrap().meaning, Meaning::Done);
    assert_eq!(client.initialize().await.unwrap().meaning, Meaning::Done);
    let usage = client.gateway.usage();
    let seen: Vec<_> = usage.outcomes.into_iter().filter(|(_, count)| *count > 0).collect();
    assert_eq!(seen, [("done", 2), ("suspended", 1), ("status", 5)]);
    assert_eq!(usage.timed.count(), 7, "who was turned away was not timed");
}

#[tokio::test]
async fn refusals_do_not_open_it() {
    let refusal = r#"{"error_response":{"code":"40002","sub_code":"isv.invalid-app-id"}}"#;
    let gateway = FaultyGateway::alone(|_, _| Conduct::Answer(200, refusal.to_owned())).await;
    let client = Client::of(&gateway.url());
    for _ in 0..8 {
        assert_eq!(client.initialize().await.unwrap().meaning, Meaning::Refused);
    }
}

/// The caller goes away while the probe is out.
#[tokio::test]
async fn a_probe_nobody_waits_for_any_more_leaves_nothing_behind() {
    let gateway = FaultyGateway::alone(|before, _| match before {
        0..=4 => Conduct::Answer(500, String::new()),
        5 => Conduct::Silence,
        _ => Conduct::Answer(200, success(INITIALIZE)),
    })
    .await;
    let settings = Settings { most_in_flight: 1, ..settings(&gateway.url(), by_key()) };
    let client = Client::new(settings);
    for _ in 0..5 {
        client.initialize().await.unwrap_err();
    }
    client.clock.advance(SignedDuration::from_secs(2));
    let own: std::sync::Arc<AlipayGateway> = std::sync::Arc::clone(&client.gateway);
    let probe = tokio::spawn(async move { own.call(&initialize(&order("order1"))).await });
    gateway.until_arrived(6).await;
    assert_eq!(client.initialize().await.unwrap_err(), UpstreamFault::NotSent(NotSent::Crowded));
    probe.abort();
    assert!(probe.await.unwrap_err().is_cancelled());
    assert_eq!(client.initialize().await.unwrap().meaning, Meaning::Done);
}

#[tokio::test]
async fn no_call_outlasts_the_patience() {
    let late = Conduct::AnswerLate(Duration::from_mins(1), 200, success(QUERY));
    let gateway = FaultyGateway::alone(move |_, _| late.clone()).await;
    let client = Client::hasty(&gateway.url());
    let patience = client.gateway.patience();
    assert_eq!(patience, Duration::from_secs(1));
    // Whatever the machine is busy with, this ends long before the answer comes.
    let ended = tokio::time::timeout(patience * 20, client.query()).await.unwrap();
    assert_eq!(ended.unwrap_err(), UpstreamFault::Unknown(Unknown::TimedOut));
}
