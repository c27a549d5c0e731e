//! One application at one gateway.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use engine::{
    Chance, Clock, Fetched, Meaning, NotSent, Outbound, OutboundError, OutboundRequest, Unknown,
    UpstreamCall, UpstreamFault, UpstreamGateway, UpstreamReply, UpstreamUsage,
};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tracing::field::Empty;
use tracing::{Instrument as _, Span};
use wire::Method;
use wire::gateway::Response;

use crate::answer::{self, Received};
use crate::attempts::{Attempts, random, wait};
use crate::breaker::{Breaker, Found, Pass};
use crate::request::{Caller, Place};
use crate::settings::{Settings, SetupError};
use crate::trust::{DOWNLOAD, Keyring, Known, Lookup};
use crate::usage::{self, Counts};

/// Speaks to one gateway for one application. See the crate's documentation for what it does to a call.
pub struct AlipayGateway {
    url: String,
    caller: Caller,
    keyring: Keyring,
    outbound: Outbound,
    attempt_timeout: Duration,
    places: Semaphore,
    breaker: Mutex<Breaker>,
    counts: Counts,
    host: String,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl fmt::Debug for AlipayGateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AlipayGateway({} at {})", self.caller.app_id, self.url)
    }
}

#[async_trait]
impl UpstreamGateway for AlipayGateway {
    async fn call(&self, call: &UpstreamCall<'_>) -> Result<UpstreamReply, UpstreamFault> {
        let Ok(_place) = self.places.try_acquire() else {
            return Err(self.counts.turned_away(NotSent::Crowded));
        };
        let mut attempts = Attempts::default();
        match timeout(self.patience(), self.try_on(call, &mut attempts)).await {
            Ok(result) => result,
            Err(_) => Err(attempts.timed_out()),
        }
    }

    fn page(&self, call: &UpstreamCall<'_>) -> Result<String, UpstreamFault> {
        let query = self.written(call, Place::Address)?;
        Ok(format!("{}?{query}", self.url))
    }

    fn place(&self) -> String {
        format!("{} at {}", self.caller.app_id, self.url)
    }

    /// Two tries and a half: the waits between them, and a third one if the first two failed fast.
    fn patience(&self) -> Duration {
        self.attempt_timeout * 5 / 2
    }

    fn is_suspended(&self) -> bool {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).is_open()
    }

    fn usage(&self) -> UpstreamUsage {
        self.counts.usage()
    }
}

impl AlipayGateway {
    /// The way to a gateway. Nothing is sent yet.
    ///
    /// # Errors
    /// If the parts do not fit each other, with what to change.
    pub fn new(
        settings: Settings,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Result<Self, SetupError> {
        let numbers = settings.check()?;
        let url = url::Url::parse(&settings.gateway_url).ok();
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default().to_owned();
        Ok(Self {
            outbound: Outbound::to_one_service(settings.connect_timeout)?,
            url: settings.gateway_url,
            caller: Caller {
                app_id: settings.app_id,
                key: settings.private_key,
                numbers,
                encrypt_key: settings.encrypt_key,
            },
            keyring: Keyring::new(settings.trust),
            attempt_timeout: settings.attempt_timeout,
            places: Semaphore::new(settings.most_in_flight),
            breaker: Mutex::default(),
            counts: Counts::default(),
            host,
            clock,
            chance,
        })
    }

    /// Tries until there is an answer, or no sense in trying.
    async fn try_on(
        &self,
        call: &UpstreamCall<'_>,
        attempts: &mut Attempts,
    ) -> Result<UpstreamReply, UpstreamFault> {
        loop {
            let result = match self.admit() {
                None => Err(self.counts.turned_away(NotSent::Suspended)),
                Some(mut admission) => {
                    attempts.begins();
                    let span = self.span(call, attempts.before());
                    let attempt = self.counts.counted(self.attempt(call));
                    let result = attempt.instrument(span.clone()).await;
                    usage::tell(&span, &result);
                    admission.found = found(&result);
                    result
                }
            };
            match result {
                Ok(reply) => return Ok(reply),
                Err(fault) if !attempts.failed(fault, call.repeatable) => {
                    return Err(attempts.fault());
                }
                Err(_) => sleep(wait(&*self.chance)).await,
            }
        }
    }

    /// What a trace tells of a try. Methods that callers may write are not named.
    fn span(&self, call: &UpstreamCall<'_>, before: u32) -> Span {
        let method = Method::parse(call.method).map_or("other", Method::as_str);
        tracing::info_span!(
            target: "traced",
            "upstream attempt",
            otel.kind = "client",
            otel.status_code = Empty,
            certifyd.app_id = self.caller.app_id,
            certifyd.method = method,
            http.request.method = "POST",
            http.request.resend_count = before,
            server.address = self.host,
            error.type = Empty,
        )
    }

    /// One try: write, send, verify, read.
    async fn attempt(&self, call: &UpstreamCall<'_>) -> Result<UpstreamReply, UpstreamFault> {
        let form = self.written(call, Place::Form)?;
        let received = self.post(form).await?;
        self.read(call, &received).await.map_err(UpstreamFault::Unknown)
    }

    fn written(&self, call: &UpstreamCall<'_>, place: Place) -> Result<String, UpstreamFault> {
        let unsigned = |_| UpstreamFault::NotSent(NotSent::Unsigned);
        self.caller.write(call, place, self.clock.now()).map_err(unsigned)
    }

    async fn read(
        &self,
        call: &UpstreamCall<'_>,
        received: &Received,
    ) -> Result<UpstreamReply, Unknown> {
        let response = received.response(call.method)?;
        answer::verify(&response, self.signer(&response).await?.as_ref())?;
        let reply = answer::read(&response, self.caller.encrypt_key_for(call))?;
        let unnamed = self.keyring.by_certificate() && response.alipay_cert_sn.is_none();
        if unnamed && reply.meaning == Meaning::Done {
            return Err(Unknown::Certificate);
        }
        Ok(reply)
    }

    /// The key that is to have signed; `None` if there is none to be believed.
    async fn signer(&self, response: &Response<'_>) -> Result<Option<Known<'_>>, Unknown> {
        match response.alipay_cert_sn {
            // What is not signed needs no key: it is refused, or a refusal.
            Some(sn) if self.keyring.by_certificate() && response.sign.is_some() => {
                self.certificate(sn).await
            }
            _ => Ok(Some(Known::Key(self.keyring.main_key()))),
        }
    }

    /// The certificate of this number, fetched if need be, by one call for all who wait for it.
    async fn certificate(&self, sn: &str) -> Result<Option<Known<'_>>, Unknown> {
        match self.keyring.look_up(sn, self.clock.now()) {
            Lookup::Known(known) => return Ok(Some(known)),
            Lookup::Bad => return Ok(None),
            Lookup::Missing => {}
        }
        let _fetching = self.keyring.fetching().await;
        let found = match self.keyring.look_up(sn, self.clock.now()) {
            Lookup::Missing => self.download(sn).await?,
            found => found,
        };
        match found {
            Lookup::Known(known) => Ok(Some(known)),
            Lookup::Bad => Ok(None),
            Lookup::Missing => Err(Unknown::Certificate),
        }
    }

    /// Fetches a certificate. What does not arrive is not remembered, for it may arrive next time.
    async fn download(&self, sn: &str) -> Result<Lookup<'_>, Unknown> {
        let content = format!(r#"{{"alipay_cert_sn":"{sn}"}}"#);
        let call = UpstreamCall {
            method: DOWNLOAD,
            biz_content: Some(&content),
            parameters: &[],
            app_auth_token: None,
            auth_token: None,
            repeatable: true,
        };
        let sent = async { self.post(self.written(&call, Place::Form)?).await };
        let received = sent.await.map_err(|_| Unknown::Certificate)?;
        let response = received.response(DOWNLOAD).map_err(|_| Unknown::Certificate)?;
        // Its signature is by the very certificate that is asked for: the chain tells, not the
        // signature.
        Ok(self.keyring.judge(sn, response.node, self.clock.now()))
    }

    async fn post(&self, form: String) -> Result<Received, UpstreamFault> {
        let kind = "application/x-www-form-urlencoded;charset=utf-8";
        let request = OutboundRequest {
            url: self.url.clone(),
            method: "POST".to_owned(),
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: form.into_bytes(),
            timeout: self.attempt_timeout,
        };
        match self.outbound.fetch(request).await {
            Ok(Fetched { status: 200, body, .. }) => {
                Received::new(body).map_err(UpstreamFault::Unknown)
            }
            Ok(Fetched { status, .. }) => Err(UpstreamFault::Unknown(Unknown::Status(status))),
            Err(error) => Err(fault(&error)),
        }
    }

    fn admit(&self) -> Option<Admission<'_>> {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let pass = breaker.enter(self.clock.now())?;
        Some(Admission { gateway: self, pass, found: Found::Nothing })
    }
}

/// What became of a request that was handed to the network.
fn fault(error: &OutboundError) -> UpstreamFault {
    match error {
        OutboundError::Invalid(_)
        | OutboundError::Forbidden
        | OutboundError::ConnectTimeout
        | OutboundError::Unreachable
        | OutboundError::Failed => UpstreamFault::NotSent(NotSent::Unreachable),
        OutboundError::ResponseTimeout => UpstreamFault::Unknown(Unknown::TimedOut),
        OutboundError::CutOff => UpstreamFault::Unknown(Unknown::CutOff),
        OutboundError::TooLarge => UpstreamFault::Unknown(Unknown::Unreadable),
    }
}

/// What a try says of the gateway. A refusal is an answer; what we could not write says nothing.
fn found(result: &Result<UpstreamReply, UpstreamFault>) -> Found {
    match result {
        Ok(_) => Found::Answer,
        Err(UpstreamFault::Unknown(_) | UpstreamFault::NotSent(NotSent::Unreachable)) => {
            Found::Fault
        }
        Err(UpstreamFault::NotSent(_)) => Found::Nothing,
    }
}

/// A try the breaker has let through. However it ends, and be it that nobody waits for it any more, the
/// breaker is told.
struct Admission<'a> {
    gateway: &'a AlipayGateway,
    pass: Pass,
    found: Found,
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        let gateway = self.gateway;
        let (now, chance) = (gateway.clock.now(), random(&*gateway.chance));
        let mut breaker = gateway.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        if breaker.leave(&self.pass, self.found, now, chance) {
            tracing::warn!(
                app_id = gateway.caller.app_id,
                "the gateway has failed repeatedly and is left alone for a few seconds"
            );
        }
    }
}
