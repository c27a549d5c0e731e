//! `[verification]`, `[notify]` and `[operator]`: who decides, who is told, who may look.

use engine::{Mode, Policy, Reach};
use toml::Spanned;

use super::Judge;
use crate::config::raw::{RawNotify, RawOperator, RawRetention, RawVerification};
use crate::config::{Operator, VerifierName};

impl Judge<'_> {
    /// Test mode plays through unless something else is said; in live mode nobody decides until
    /// somebody is named.
    pub(super) fn verifier(
        &mut self,
        value: Option<&Spanned<String>>,
        mode: Mode,
    ) -> Option<VerifierName> {
        use VerifierName::{Review, Simulated};
        let choices = [("simulated", Some(Simulated)), ("review", Some(Review))];
        let default = (mode == Mode::Test).then_some(Simulated);
        let chosen = self.choice(value, "verification.verifier", &choices, default);
        if let (Some(Simulated), Mode::Live, Some(value)) = (chosen, mode, value) {
            let text = "verification.verifier = \"simulated\" verifies nobody and is for \
                        mode = \"test\" only; use \"review\"";
            self.fault(value.span(), text.to_owned());
        }
        chosen
    }

    pub(super) fn policy(&mut self, raw: &RawVerification, retention: &RawRetention) -> Policy {
        let default = Policy::default();
        let mut days = |value, key, default: u16| {
            let days = self.number(value, key, 0, 3650, u64::from(default));
            u16::try_from(days).unwrap_or(default)
        };
        let policy = Policy {
            known_device_days: days(
                raw.known_device_days.as_ref(),
                "verification.known_device_days",
                default.known_device_days,
            ),
            evidence_days: days(
                raw.evidence_days.as_ref(),
                "verification.evidence_days",
                default.evidence_days,
            ),
            ..default
        };
        Policy { identity_days: self.identity_days(retention, policy.evidence_days), ..policy }
    }

    /// Notices are tried for a day, with an address that is personal; hence two at least.
    fn identity_days(&mut self, raw: &RawRetention, evidence_days: u16) -> u16 {
        let default = Policy::default().identity_days.max(evidence_days);
        let value = raw.identity_days.as_ref();
        let days = self.number(value, "retention.identity_days", 2, 3650, u64::from(default));
        let days = u16::try_from(days).unwrap_or(default);
        if let Some(value) = value.filter(|_| days < evidence_days) {
            let text = "retention.identity_days must be at least verification.evidence_days: \
                        pictures cannot be read longer than who they show";
            self.fault(value.span(), text.to_owned());
        }
        days
    }

    /// In test mode the receiver is mostly a program on the same desk.
    pub(super) fn notify_reach(&mut self, raw: &RawNotify, mode: Mode) -> Reach {
        let reaches = [("public", Reach::Public), ("any", Reach::Any)];
        let usual = match mode {
            Mode::Test => Reach::Any,
            Mode::Live => Reach::Public,
        };
        self.choice(raw.reach.as_ref(), "notify.reach", &reaches, usual)
    }

    pub(super) fn operator(&mut self, raw: &RawOperator) -> Vec<Operator> {
        self.private_keys(raw.token.as_ref(), "operator.token", Operator::parse)
    }
}
