//! What one gateway suffers is not felt by the calls to another, nor by more than so many to itself.

use std::sync::Arc;

use engine::{Meaning, NotSent, UpstreamFault, UpstreamGateway as _};
use testkit::{Conduct, FaultyGateway, TestServer};
use upstream::Settings;

use crate::client::{Client, by_key, initialize, order, settings};

const PLACES: usize = 4;

#[tokio::test]
async fn a_gateway_that_hangs_takes_its_own_places_and_nobody_elses() {
    let hanging = FaultyGateway::alone(|_, _| Conduct::Silence).await;
    let server = TestServer::start().await;
    let limited =
        |url: &str| Client::new(Settings { most_in_flight: PLACES, ..settings(url, by_key()) });
    let (stuck, free) = (limited(&hanging.url()), limited(&server.url("/gateway.do")));
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..PLACES {
        let gateway = Arc::clone(&stuck.gateway);
        waiting.spawn(
            async move { gateway.call(&initialize(&order(&format!("stuck{number}")))).await },
        );
    }
    hanging.until_arrived(PLACES).await;
    // At once, and certain: the calls that hang have twenty seconds yet.
    let crowded = UpstreamFault::NotSent(NotSent::Crowded);
    assert_eq!(stuck.initialize().await.unwrap_err(), crowded);
    for number in 0..PLACES * 3 {
        let order = order(&format!("free{number}"));
        let reply = free.gateway.call(&initialize(&order)).await.unwrap();
        assert_eq!(reply.meaning, Meaning::Done);
    }
    assert_eq!(waiting.try_join_next().map(|ended| ended.is_ok()), None);
    waiting.shutdown().await;
    // Their places are free again.
    let gateway = Arc::clone(&stuck.gateway);
    let again = tokio::spawn(async move { gateway.call(&initialize(&order("again"))).await });
    hanging.until_arrived(PLACES + 1).await;
    again.abort();
}
