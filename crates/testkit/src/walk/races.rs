//! Two callers at once, in an order that the store's delays decide.

use domain::FailReason;
use engine::{Chosen, EngineError};

use super::model::{End, Modelled};
use super::storms::Weather;
use super::{Walk, order};

impl Walk {
    /// One order number, two contents or one: it is opened once.
    pub(super) async fn open_at_once(&mut self) {
        let (acting, owner) = self.caller().await;
        let number = self.chance.below(self.orders);
        let contents = [self.chance.below(2), self.chance.below(2)];
        let [first, second] = contents.map(|content| order(number, content));
        self.storms.set(Weather::Late, self.chance.next());
        let engine = self.engine();
        let answers = tokio::join!(
            engine.initialize(acting.clone(), first),
            engine.initialize(acting, second)
        );
        self.storms.end();
        let answers: [_; 2] = answers.into();
        let known = self.model.get(&(owner, number)).map(|known| (known.id, known.content));
        // Who was first, where nobody had been before.
        let (id, content) = known.unwrap_or_else(|| {
            let first = answers.iter().position(Result::is_ok).unwrap();
            (answers[first].clone().unwrap(), contents[first])
        });
        for (answer, wanted) in answers.into_iter().zip(contents) {
            let right = if wanted == content { Ok(id) } else { Err(EngineError::OrderReused) };
            assert_eq!(answer, right);
        }
        if known.is_none() {
            self.opened((owner, number), id, content);
        }
    }

    /// One certification, two ends: it has one of them.
    pub(super) async fn end_at_once(&mut self) {
        let Some(modelled) = self.any() else { return };
        let now = self.engine().now();
        if modelled.end != End::Open || modelled.expired(now) {
            return;
        }
        self.storms.set(Weather::Late, self.chance.next());
        let engine = self.engine();
        let failed = Chosen::Failed(FailReason::parse("X").unwrap());
        let (passed, failed) = tokio::join!(
            engine.choose(modelled.id, Chosen::Passed),
            engine.choose(modelled.id, failed)
        );
        self.storms.end();
        let (won, lost, end) = match passed {
            Ok(status) => (status, failed, End::Passed(now)),
            lost @ Err(_) => (failed.unwrap(), lost, End::Failed(now)),
        };
        assert!(matches!(lost, Err(EngineError::WrongState(_))), "{lost:?}");
        self.remember(modelled.id, |modelled| (modelled.begun, modelled.end) = (true, end));
        assert_eq!(won.state, Modelled { begun: true, end, ..modelled }.state(now));
    }
}
