//! Faults of the store, by chance that repeats.

use std::sync::Mutex;

use store::{Fault, Faults, StoreError, Unit};

use crate::SeededChance;

/// Of so many units one fails before it, one after it, and one is late.
const ONE_OF: usize = 30;

/// Which faults there may be now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    /// None.
    Calm,
    /// Units are late, and do not fail.
    Late,
    /// All.
    Storm,
}

/// What was made to happen since somebody last asked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Made {
    /// Units that did not run.
    pub(super) before: usize,
    /// Units that ran and were not answered.
    pub(super) after: usize,
}

impl Made {
    pub(super) fn failed(self) -> usize {
        self.before + self.after
    }
}

#[derive(Debug)]
struct Sky {
    weather: Weather,
    chance: SeededChance,
    made: Made,
    all: usize,
}

/// A store's faults, while the weather is bad.
#[derive(Debug)]
pub(super) struct Storms(Mutex<Sky>);

impl Storms {
    pub(super) fn new() -> Self {
        let (chance, made) = (SeededChance::new(0), Made::default());
        Self(Mutex::new(Sky { weather: Weather::Calm, chance, made, all: 0 }))
    }

    /// Changes the weather. How bad it gets depends on `seed` alone.
    pub(super) fn set(&self, weather: Weather, seed: u64) {
        let mut sky = self.0.lock().unwrap();
        (sky.weather, sky.chance) = (weather, SeededChance::new(seed));
    }

    /// What was made to fail since the last time; calm from here on.
    pub(super) fn end(&self) -> Made {
        let mut sky = self.0.lock().unwrap();
        sky.weather = Weather::Calm;
        sky.all += sky.made.failed();
        std::mem::take(&mut sky.made)
    }

    /// How many units were made to fail.
    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap().all
    }
}

impl Faults for Storms {
    fn next(&self, unit: Unit) -> Fault {
        let mut sky = self.0.lock().unwrap();
        let error = match sky.chance.below(2) {
            0 => StoreError::Busy("a fault on purpose"),
            _ => StoreError::Unavailable("a fault on purpose".to_owned()),
        };
        let turns = u8::try_from(1 + sky.chance.below(40)).unwrap();
        match (sky.weather, sky.chance.below(ONE_OF), unit) {
            (Weather::Storm, 0, _) | (Weather::Storm, 1, Unit::Read) => {
                sky.made.before += 1;
                Fault::Before(error)
            }
            (Weather::Storm, 1, Unit::Write) => {
                sky.made.after += 1;
                Fault::After(error)
            }
            (Weather::Storm, 2, _) | (Weather::Late, 0..15, _) => Fault::Late(turns),
            _ => Fault::None,
        }
    }
}
