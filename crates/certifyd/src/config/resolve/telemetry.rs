//! `[telemetry]`.

use super::Judge;
use crate::config::TracesConfig;
use crate::config::raw::RawTelemetry;
use crate::config::secret::variable;

/// What the program is called where nobody says otherwise.
const SERVICE: &str = "certifyd";

impl Judge<'_> {
    /// Where traces go: as the file says, else as the environment does, where the program can send any.
    pub(super) fn traces(&mut self, raw: &RawTelemetry) -> Option<TracesConfig> {
        let built_in = cfg!(feature = "otel");
        if let (Some(otlp), false) = (&raw.otlp, built_in) {
            let text = "telemetry.otlp: this program was built without traces; build it with \
                        --features otel, or take the line out";
            self.fault(otlp.span(), text.to_owned());
            return None;
        }
        let ratio = self.ratio(raw);
        let otlp = match &raw.otlp {
            Some(value) => {
                let address = collector(value.get_ref());
                if address.is_none() {
                    let text = "telemetry.otlp must be http://HOST:PORT or https://HOST:PORT of a \
                                collector, without user name, query and /v1/traces";
                    self.fault(value.span(), text.to_owned());
                }
                address
            }
            None if built_in => self.collector_of_the_environment(),
            None => None,
        };
        let service = variable("OTEL_SERVICE_NAME").unwrap_or_else(|| SERVICE.to_owned());
        otlp.map(|otlp| TracesConfig { otlp, ratio, service })
    }

    fn collector_of_the_environment(&mut self) -> Option<String> {
        let value = variable("OTEL_EXPORTER_OTLP_ENDPOINT")?;
        let address = collector(&value);
        if address.is_none() {
            let text = "OTEL_EXPORTER_OTLP_ENDPOINT must be http://HOST:PORT or https://HOST:PORT, \
                        without user name, query and /v1/traces; traces are not sent";
            self.warnings.push(text.to_owned());
        }
        address
    }

    fn ratio(&mut self, raw: &RawTelemetry) -> f64 {
        let Some(value) = &raw.sample_ratio else { return 1.0 };
        let ratio = *value.get_ref();
        if !(0.0..=1.0).contains(&ratio) {
            let text = "telemetry.sample_ratio must be from 0.0 to 1.0, the part of traces to send";
            self.fault(value.span(), text.to_owned());
        }
        ratio
    }
}

fn collector(text: &str) -> Option<String> {
    let text = text.trim_end_matches('/');
    let url = url::Url::parse(text).ok()?;
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
    (is_http && plain && !text.ends_with("/v1/traces")).then(|| text.to_owned())
}
