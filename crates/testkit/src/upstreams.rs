//! A gateway elsewhere that answers what it was told to, and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::{
    Meaning, Unknown, Upstream, UpstreamCall, UpstreamFault, UpstreamGateway, UpstreamReply,
};
use tokio::sync::Semaphore;

/// A call as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Method.
    pub method: String,
    /// Content.
    pub biz_content: Option<String>,
    /// Parameters beside it.
    pub parameters: Vec<(String, String)>,
    /// For which merchant.
    pub app_auth_token: Option<String>,
    /// For which user.
    pub auth_token: Option<String>,
    /// Whether it may be repeated.
    pub repeatable: bool,
}

type Told = Result<UpstreamReply, UpstreamFault>;

/// The gateway. What it was not told to answer, it leaves unanswered ([`Unknown::CutOff`]).
#[derive(Debug)]
pub struct ScriptedUpstream {
    asked: Mutex<Vec<Asked>>,
    told: Mutex<VecDeque<Told>>,
    /// A call waits for one of these before it is answered.
    passes: Semaphore,
    place: String,
}

impl Default for ScriptedUpstream {
    fn default() -> Self {
        let passes = Semaphore::new(Semaphore::MAX_PERMITS >> 1);
        let place = "an application at a gateway".to_owned();
        Self { asked: Mutex::default(), told: Mutex::default(), passes, place }
    }
}

impl ScriptedUpstream {
    /// One that answers nobody until [`Self::let_pass`].
    pub fn held() -> Self {
        Self { passes: Semaphore::new(0), ..Self::default() }
    }

    /// One that is another application, or at another gateway.
    pub fn at(place: &str) -> Self {
        Self { place: place.to_owned(), ..Self::default() }
    }

    /// Lets so many calls be answered.
    pub fn let_pass(&self, calls: usize) {
        self.passes.add_permits(calls);
    }

    /// What the next call, in order, is answered.
    pub fn answer(&self, told: Result<(Meaning, &str), UpstreamFault>) {
        let told = told.map(|(meaning, node)| UpstreamReply { meaning, node: node.to_owned() });
        self.told.lock().unwrap().push_back(told);
    }

    /// A success of `initialize`.
    pub fn open(&self, certify_id: &str) {
        let node = format!(r#"{{"code":"10000","msg":"Success","certify_id":"{certify_id}"}}"#);
        self.answer(Ok((Meaning::Done, &node)));
    }

    /// Everything that was asked, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// For an application, which may call nothing but what it always may.
    pub fn upstream(self: &Arc<Self>) -> Arc<Upstream> {
        self.upstream_allowing(&[], &[])
    }

    /// For an application that may call more.
    pub fn upstream_allowing(self: &Arc<Self>, allow: &[&str], pages: &[&str]) -> Arc<Upstream> {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let gateway = Arc::clone(self) as Arc<dyn UpstreamGateway>;
        Arc::new(Upstream { gateway, allow: list(allow), allow_pages: list(pages) })
    }
}

#[async_trait]
impl UpstreamGateway for ScriptedUpstream {
    async fn call(&self, call: &UpstreamCall<'_>) -> Told {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.asked.lock().unwrap().push(Asked {
            method: call.method.to_owned(),
            biz_content: text(call.biz_content),
            parameters: call.parameters.iter().map(pair).collect(),
            app_auth_token: text(call.app_auth_token),
            auth_token: text(call.auth_token),
            repeatable: call.repeatable,
        });
        self.passes.acquire().await.unwrap().forget();
        let told = self.told.lock().unwrap().pop_front();
        told.unwrap_or(Err(UpstreamFault::Unknown(Unknown::CutOff)))
    }

    fn page(&self, call: &UpstreamCall<'_>) -> Result<String, UpstreamFault> {
        let content = call.biz_content.unwrap_or_default();
        Ok(format!(
            "https://elsewhere.example/gateway.do?{}#{content}{:?}",
            call.method, call.parameters
        ))
    }

    fn place(&self) -> String {
        self.place.clone()
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(5)
    }
}
