//! What a person must do before the camera, in an order that nobody can know ahead: a recording
//! made for one challenge does not fit another.

use jiff::SignedDuration;

/// One movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Turn the head to the left.
    TurnLeft,
    /// Turn the head to the right.
    TurnRight,
    /// Come closer.
    ComeCloser,
}

impl Action {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::TurnLeft => "turn_left",
            Action::TurnRight => "turn_right",
            Action::ComeCloser => "come_closer",
        }
    }

    fn parse(text: &str) -> Option<Action> {
        ORDERS[0].into_iter().find(|action| action.as_str() == text)
    }
}

use Action::{ComeCloser, TurnLeft, TurnRight};

/// Every order of the movements.
const ORDERS: [[Action; 3]; 6] = [
    [TurnLeft, TurnRight, ComeCloser],
    [TurnLeft, ComeCloser, TurnRight],
    [TurnRight, TurnLeft, ComeCloser],
    [TurnRight, ComeCloser, TurnLeft],
    [ComeCloser, TurnLeft, TurnRight],
    [ComeCloser, TurnRight, TurnLeft],
];

/// A challenge: the movements in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge([Action; 3]);

impl Challenge {
    /// Frames taken of each movement.
    pub const FRAMES_EACH: usize = 3;
    /// Frames in all.
    pub const FRAMES: usize = 9;
    /// How long a challenge may be answered.
    pub const LIFETIME: SignedDuration = SignedDuration::from_mins(3);
    /// Challenges a person may ask for in one attempt.
    pub const MOST: i64 = 12;

    /// A challenge drawn by chance.
    ///
    /// Sixteen bits over six orders: no order is likelier than another by more than 1 in 10,000.
    pub fn draw(random: [u8; 2]) -> Challenge {
        let index = usize::from(u16::from_be_bytes(random)) % ORDERS.len();
        Challenge(ORDERS.get(index).copied().unwrap_or(ORDERS[0]))
    }

    /// The movements.
    pub fn actions(&self) -> &[Action] {
        &self.0
    }

    /// The movement that frame `index` shows.
    pub fn action_of(&self, index: usize) -> Option<Action> {
        self.0.get(index / Challenge::FRAMES_EACH).copied()
    }

    /// As it is kept.
    pub fn text(&self) -> String {
        self.0.map(Action::as_str).join(" ")
    }

    /// Reads it back.
    pub fn parse(text: &str) -> Option<Challenge> {
        let actions: Option<Vec<Action>> = text.split(' ').map(Action::parse).collect();
        actions?.try_into().ok().map(Challenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_order_is_about_as_likely() {
        let mut drawn: BTreeMap<String, u32> = BTreeMap::new();
        for random in 0..=u16::MAX {
            *drawn.entry(Challenge::draw(random.to_be_bytes()).text()).or_default() += 1;
        }
        assert_eq!(drawn.len(), 6);
        assert!(drawn.values().all(|count| (10_922..=10_923).contains(count)), "{drawn:?}");
    }

    #[test]
    fn text_comes_back_and_frames_belong_to_movements() {
        let challenge = Challenge::draw([0, 3]);
        assert_eq!(challenge.text(), "turn_right come_closer turn_left");
        assert_eq!(Challenge::parse(&challenge.text()), Some(challenge));
        assert_eq!(Challenge::parse("turn_left"), None);
        assert_eq!(Challenge::parse("nod turn_left turn_right"), None);
        assert_eq!(challenge.action_of(0), Some(Action::TurnRight));
        assert_eq!(challenge.action_of(5), Some(Action::ComeCloser));
        assert_eq!(challenge.action_of(8), Some(Action::TurnLeft));
        assert_eq!(challenge.action_of(Challenge::FRAMES), None);
        assert_eq!(Challenge::FRAMES, challenge.actions().len() * Challenge::FRAMES_EACH);
    }
}
