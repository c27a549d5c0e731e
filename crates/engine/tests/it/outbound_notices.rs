//! Promise 9: nothing that is not public is connected to for a notice, however it is spelled,
//! resolved or led to.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::NotifyUrl;
use engine::{Chosen, Names, NoticeDesk, NoticeState, Outbound, Reach};
use testkit::{PlainForm, Receiver, Respond, TestEngine, orders};

/// Hosts that all mean this machine, a private network or the cloud's own services. `PORT` is the
/// receiver's.
const HOSTS: [&str; 62] = [
    "127.0.0.1",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.1",
    "127.0.1",
    "127.9.9.9",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "0x0",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0x7F.0x0.0x0.0x1",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.01",
    "00000177.1",
    "127.0x0.0.1",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::10.0.0.1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2002:7f00:0001::1]",
    "[2002:c0a8:0101::1]",
    "[2001::1]",
    "[2001:0:7f00:1::]",
    "[fe80::1]",
    "[febf::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[fec0::1]",
    "169.254.169.254",
    "169.254.0.1",
    "2852039166",
    "0xa9fea9fe",
    "0xa9.0xfe.0xa9.0xfe",
    "0251.0376.0251.0376",
    "[::ffff:169.254.169.254]",
    "10.0.0.1",
    "10.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.1",
    "100.64.0.1",
    "100.100.100.200",
    "198.18.0.1",
    "255.255.255.255",
];

/// Whole addresses that are no address of a receiver.
const REFUSED: [&str; 20] = [
    "http://user@127.0.0.1:PORT/",
    "http://user:pass@127.0.0.1:PORT/",
    "http://shop.example@127.0.0.1:PORT/",
    "http://shop.example:80@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\@shop.example/",
    "http://shop.example\\@127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "//127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:PORT/_x",
    "dict://127.0.0.1:PORT/",
    "ftp://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT/\r\nHost: shop.example",
    "http://127.0.0.1:PORT/ HTTP/1.1",
    "http://127。0。0。1:PORT/",
    "http://①②⑦.0.0.1:PORT/",
    "http://127.0.0.1%00.shop.example:PORT/",
    "http://[::1%25lo]:PORT/",
];

fn desk(outbound: Outbound) -> NoticeDesk {
    NoticeDesk { form: Arc::new(PlainForm), outbound, timeout: Duration::from_secs(2) }
}

async fn passed(world: &TestEngine, order_no: &str, url: &str) {
    let mut order = orders::order(order_no);
    order.notify_url = Some(NotifyUrl::restore(url.to_owned()));
    let id = world.open(order).await;
    world.engine.choose(id, Chosen::Passed).await.unwrap();
}

/// Why the pending notices' last tries failed.
async fn faults(world: &TestEngine) -> Vec<String> {
    let pending = world.engine.notices(NoticeState::Pending, 1000).await.unwrap();
    pending.into_iter().map(|notice| notice.fault.unwrap()).collect()
}

#[tokio::test]
async fn no_spelling_of_a_private_address_is_connected_to() {
    let receiver = Receiver::willing().await;
    let world = TestEngine::with_notices(desk(Outbound::new(Reach::Public).unwrap()));
    let mut urls = 0;
    for scheme in ["http", "https"] {
        for host in HOSTS {
            let url = format!("{scheme}://{host}:{}/", receiver.port());
            passed(&world, &format!("a{urls}"), &url).await;
            urls += 1;
        }
    }
    // What the door refuses is tried too, as if it had been stored.
    for url in REFUSED {
        let url = url.replace("PORT", &receiver.port().to_string());
        assert!(NotifyUrl::parse(&url).is_err(), "{url}");
        passed(&world, &format!("a{urls}"), &url).await;
        urls += 1;
    }
    assert_eq!(world.engine.deliver_due().await, Ok(urls * 3));
    assert_eq!(receiver.connects(), 0);
    let faults = faults(&world).await;
    assert_eq!(faults.len(), urls);
    let refused = ["the address is not public", "the address cannot be used"];
    let other = faults.iter().filter(|fault| !refused.contains(&fault.as_str())).count();
    assert!(other <= 8, "{other} of {urls} went as far as a resolver: {faults:?}");
}

/// Answers each question with the next of its lists, and the last one for ever.
#[derive(Debug)]
struct Rebinding(Mutex<VecDeque<Vec<IpAddr>>>);

impl Rebinding {
    fn outbound(answers: &[&[&str]]) -> (Outbound, Arc<Self>) {
        let lists = answers.iter().map(|list| list.iter().map(|ip| ip.parse().unwrap()).collect());
        let names = Arc::new(Self(Mutex::new(lists.collect())));
        (Outbound::with_names(Reach::Public, Arc::clone(&names) as _).unwrap(), names)
    }
}

#[async_trait::async_trait]
impl Names for Rebinding {
    async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        let next = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
        Ok(next.unwrap())
    }
}

/// Public by its number, and never assigned: nothing answers there.
const NOBODY: &str = "3ffe::1";

#[tokio::test]
async fn a_name_that_answers_public_first_and_private_then_leads_nowhere() {
    let receiver = Receiver::willing().await;
    for answers in [
        [&[NOBODY][..], &["127.0.0.1"]],
        [&[NOBODY], &[NOBODY, "127.0.0.1"]],
        [&[NOBODY], &["::ffff:127.0.0.1"]],
        [&["127.0.0.1"], &["127.0.0.1"]],
        [&[NOBODY, "127.0.0.1"], &["127.0.0.1", NOBODY]],
        [&[NOBODY], &["169.254.169.254"]],
    ] {
        let (outbound, _) = Rebinding::outbound(&answers);
        let world = TestEngine::with_notices(desk(outbound));
        passed(&world, "a1", &format!("http://rebind.example:{}/", receiver.port())).await;
        assert_eq!(world.engine.deliver_due().await, Ok(3));
        assert_eq!(faults(&world).await, ["the address is not public"]);
        assert_eq!(receiver.connects(), 0, "{answers:?}");
    }
}

/// A name is looked up once per connection, and what was judged is what is connected to.
#[tokio::test]
async fn what_was_judged_is_what_is_connected_to() {
    let receiver = Receiver::willing().await;
    let names = Arc::new(Rebinding(Mutex::new(VecDeque::from([
        vec!["127.0.0.1".parse().unwrap()],
        vec!["192.0.2.1".parse().unwrap()],
    ]))));
    let outbound = Outbound::with_names(Reach::Any, names).unwrap();
    let world = TestEngine::with_notices(desk(outbound));
    passed(&world, "a1", &format!("http://receiver.example:{}/", receiver.port())).await;
    assert_eq!(world.engine.deliver_due().await, Ok(1));
    assert_eq!(receiver.arrived().len(), 1);
}

#[tokio::test]
async fn redirects_to_private_addresses_are_not_followed() {
    let inside = Receiver::willing().await;
    let to = inside.url("/admin");
    let outside = Receiver::start(move |_| Respond::Redirect(to.clone())).await;
    let world = TestEngine::with_notices(desk(Outbound::new(Reach::Any).unwrap()));
    passed(&world, "a1", &outside.url("/")).await;
    assert_eq!(world.engine.deliver_due().await, Ok(3));
    assert_eq!(inside.connects(), 0);
}
