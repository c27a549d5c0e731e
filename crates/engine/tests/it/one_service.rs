//! The way to one service: what certainly was not sent is told from what may have been.

use std::time::Duration;

use engine::{Outbound, OutboundError, OutboundRequest};
use testkit::{Conduct, FaultyGateway, Refusing};

async fn post(url: String) -> Result<u16, OutboundError> {
    let request = OutboundRequest {
        url,
        method: "POST".to_owned(),
        headers: Vec::new(),
        body: b"a=1".to_vec(),
        timeout: Duration::from_secs(20),
    };
    let outbound = Outbound::to_one_service(Duration::from_secs(20)).unwrap();
    outbound.fetch(request).await.map(|answer| answer.status)
}

#[tokio::test]
async fn a_refused_connection_and_one_that_breaks_are_told_apart() {
    assert_eq!(post(Refusing::new().url()).await, Err(OutboundError::Unreachable));
    for conduct in [
        Conduct::HalfClosed,
        Conduct::ResetMidBody("half".to_owned()),
        Conduct::EndedMidBody("half".to_owned()),
    ] {
        let told = format!("{conduct:?}");
        let breaking = FaultyGateway::alone(move |_, _| conduct.clone()).await;
        assert_eq!(post(breaking.url()).await, Err(OutboundError::CutOff), "{told}");
        assert_eq!(breaking.arrived().len(), 1, "{told}");
    }
    let whole = FaultyGateway::alone(|_, _| Conduct::Answer(201, "x".to_owned())).await;
    assert_eq!(post(whole.url()).await, Ok(201));
}
