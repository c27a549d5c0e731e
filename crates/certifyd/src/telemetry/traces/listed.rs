//! What of a span may leave.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::trace::Status;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter, SpanLinks};

/// Every attribute that leaves. What callers write is in none of them: values are words of ours,
/// numbers, or names from the configuration and from folders of functions.
const LISTED: [&str; 14] = [
    "certifyd.app_id",
    "certifyd.method",
    "certifyd.outcome",
    "certifyd.request_id",
    "db.operation.name",
    "db.system.name",
    "error.type",
    "faas.invoked_name",
    "http.request.method",
    "http.request.resend_count",
    "http.response.status_code",
    "http.route",
    "server.address",
    "server.port",
];

/// Takes everything else off, and tells once when the collector does not answer.
#[derive(Debug)]
pub(super) struct Listed<E> {
    exporter: E,
    failing: AtomicBool,
}

impl<E> Listed<E> {
    pub(super) fn new(exporter: E) -> Self {
        Self { exporter, failing: AtomicBool::new(false) }
    }

    fn tell(&self, result: &OTelSdkResult) {
        let failed = result.is_err();
        if self.failing.swap(failed, Ordering::Relaxed) == failed {
            return;
        }
        let Err(error) = result else {
            tracing::info!("the collector takes traces again");
            return;
        };
        // The texts are the exporter's own; they hold nothing of what was sent.
        tracing::warn!(
            %error,
            "the collector does not take traces, they are dropped until it does; look at \
             telemetry.otlp"
        );
    }
}

fn bare(mut span: SpanData) -> SpanData {
    span.attributes.retain(|attribute| LISTED.contains(&attribute.key.as_str()));
    span.events = SpanEvents::default();
    span.links = SpanLinks::default();
    if let Status::Error { .. } = span.status {
        span.status = Status::error("");
    }
    span
}

impl<E: SpanExporter> SpanExporter for Listed<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let result = self.exporter.export(batch.into_iter().map(bare).collect()).await;
        self.tell(&result);
        result
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn shutdown(&self) -> OTelSdkResult {
        self.exporter.shutdown()
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Span as _, SpanContext, Tracer as _, TracerProvider as _};
    use opentelemetry_sdk::error::OTelSdkError;
    use opentelemetry_sdk::trace::SdkTracerProvider;

    /// Keeps what it is given, or takes nothing.
    #[derive(Debug, Clone, Default)]
    struct Collector {
        kept: Arc<Mutex<Vec<SpanData>>>,
        away: Arc<AtomicBool>,
    }

    impl SpanExporter for Collector {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            if self.away.load(Ordering::Relaxed) {
                return Err(OTelSdkError::InternalFailure("away".to_owned()));
            }
            self.kept.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    #[test]
    fn what_is_not_listed_does_not_leave() {
        let collector = Collector::default();
        let listed = Listed::new(collector.clone());
        let provider = SdkTracerProvider::builder().with_simple_exporter(listed).build();
        let mut span = provider.tracer("t").start("call");
        span.set_attribute(KeyValue::new("http.route", "/verify/{link}"));
        span.set_attribute(KeyValue::new("cert_name", "canary"));
        span.add_event("canary", vec![KeyValue::new("cert_no", "canary")]);
        span.add_link(SpanContext::empty_context(), vec![KeyValue::new("http.route", "canary")]);
        span.set_status(Status::error("canary"));
        span.end();
        let kept = collector.kept.lock().unwrap();
        let [span] = &**kept else { panic!("{kept:?}") };
        assert_eq!(span.attributes, [KeyValue::new("http.route", "/verify/{link}")]);
        assert!(!format!("{span:?}").contains("canary"), "{span:?}");
        assert_eq!(span.status, Status::error(""));
    }

    /// Counts events.
    #[derive(Clone, Default)]
    struct Told(Arc<Mutex<Vec<tracing::Level>>>);

    impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Told {
        fn on_event(
            &self,
            event: &tracing::Event<'_>,
            _: tracing_subscriber::layer::Context<'_, S>,
        ) {
            self.0.lock().unwrap().push(*event.metadata().level());
        }
    }

    #[test]
    fn a_collector_that_is_away_is_told_of_once_and_its_return_too() {
        use tracing_subscriber::layer::SubscriberExt as _;
        let (collector, told) = (Collector::default(), Told::default());
        let listed = Listed::new(collector.clone());
        let provider = SdkTracerProvider::builder().with_simple_exporter(listed).build();
        let tracer = provider.tracer("t");
        tracing::subscriber::with_default(
            tracing_subscriber::registry().with(told.clone()),
            || {
                for away in [false, true, true, true, false, false] {
                    collector.away.store(away, Ordering::Relaxed);
                    tracer.start("call").end();
                }
            },
        );
        assert_eq!(*told.0.lock().unwrap(), [tracing::Level::WARN, tracing::Level::INFO]);
        assert_eq!(collector.kept.lock().unwrap().len(), 3);
    }
}
