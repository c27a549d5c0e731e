//! Traces, to a collector that speaks OTLP over HTTP.
//!
//! Nothing personal can be in them by the way they are made: only spans that rooms have marked with
//! the target [`TARGET`] are taken up, no event of any log ever, and of their attributes those of
//! [`LISTED`] only. Spans leave in batches, on a thread of their own, from a queue that drops what it
//! has no room for; a collector that is away costs nothing else.

mod listed;

use std::time::Duration;

use anyhow::Context as _;
use engine::{Chance as _, Outbound, OutboundRequest, SystemChance};
use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{
    Link, SpanId, SpanKind, TraceContextExt as _, TraceId, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{RetryPolicy, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, IdGenerator, Sampler, SamplingResult,
    SdkTracerProvider, ShouldSample,
};
use tokio::runtime::Handle;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use super::{Filtered, Lines, TARGET};
use crate::config::TracesConfig;
use listed::Listed;

/// Spans that wait for the collector; more are dropped.
const QUEUE: usize = 8192;
/// How long a batch may take to be sent, and to be connected.
const TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT: Duration = Duration::from_secs(2);
/// How long the last batches may take when the program ends.
const FAREWELL: Duration = Duration::from_secs(3);

/// Where spans go, if anywhere.
#[derive(Debug)]
pub(super) struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// # Errors
    /// If the address cannot be used.
    pub(super) fn start(config: Option<&TracesConfig>, runtime: &Handle) -> anyhow::Result<Self> {
        let Some(config) = config else { return Ok(Self(None)) };
        let client =
            Client { outbound: Outbound::to_one_service(CONNECT)?, runtime: runtime.clone() };
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(format!("{}/v1/traces", config.otlp))
            .with_timeout(TIMEOUT)
            .with_retry_policy(RetryPolicy::disabled())
            .build()
            .context("telemetry.otlp")?;
        let batches = BatchConfigBuilder::default().with_max_queue_size(QUEUE).build();
        let processor = BatchSpanProcessor::builder(Listed::new(exporter));
        let resource = Resource::builder_empty()
            .with_service_name(config.service.clone())
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let provider = SdkTracerProvider::builder()
            .with_span_processor(processor.with_batch_config(batches).build())
            .with_sampler(Sampler::ParentBased(Box::new(Calls(config.ratio))))
            .with_id_generator(Ids(SystemChance::new()))
            .with_resource(resource.build());
        Ok(Self(Some(provider.build())))
    }

    pub(super) fn are_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Has `lines` written, and spans taken up.
    pub(super) fn init(&self, registry: Filtered, lines: Lines) -> Result<(), TryInitError> {
        let Some(provider) = &self.0 else { return registry.with(lines).try_init() };
        let spans = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("certifyd"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .with_filter(filter_fn(|metadata| metadata.is_span() && metadata.target() == TARGET));
        // Log lines stay as they are without traces.
        let lines = lines.with_filter(filter_fn(|metadata| metadata.target() != TARGET));
        registry.with(lines).with(spans).try_init()
    }

    /// Sends what waits, within a few seconds.
    pub(super) fn end(self) {
        if let Some(provider) = self.0 {
            // What could not be sent has been told of.
            drop(provider.shutdown_with_timeout(FAREWELL));
        }
    }
}

/// Lets `span`, which nothing has happened in yet, go on with the trace of a caller. What is no
/// `traceparent` begins a trace of its own.
pub(super) fn join(span: &tracing::Span, traceparent: &str) {
    let context = TraceContextPropagator::new()
        .extract_with_context(&Context::new(), &Traceparent(traceparent));
    if context.span().span_context().is_valid() {
        // Without a layer that takes spans up there is nothing to join.
        drop(span.set_parent(context));
    }
}

/// The one header that is read. `tracestate` may hold anything, and is not passed on.
struct Traceparent<'a>(&'a str);

impl Extractor for Traceparent<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == "traceparent").then_some(self.0)
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent"]
    }
}

/// Of traces that begin here, so many. A trace is a call: what the program does by itself is none.
#[derive(Debug, Clone)]
struct Calls(f64);

impl ShouldSample for Calls {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let sampler = match kind {
            SpanKind::Server => Sampler::TraceIdRatioBased(self.0),
            _ => Sampler::AlwaysOff,
        };
        sampler.should_sample(parent, trace, name, kind, attributes, links)
    }
}

/// Ids from where all chance comes from.
#[derive(Debug)]
struct Ids(SystemChance);

impl Ids {
    fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes);
        bytes
    }
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from_bytes(self.random())
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from_bytes(self.random())
    }
}

/// The engine's one way out, for the thread that sends batches.
#[derive(Debug)]
struct Client {
    outbound: Outbound,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let headers = head
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        let request = OutboundRequest {
            url: head.uri.to_string(),
            method: head.method.to_string(),
            headers: headers.collect(),
            body: body.into(),
            timeout: TIMEOUT,
        };
        // That thread has no network of its own.
        let outbound = self.outbound.clone();
        let fetched = self.runtime.spawn(async move { outbound.fetch(request).await }).await??;
        Ok(Response::builder().status(fetched.status).body(fetched.body.into())?)
    }
}
