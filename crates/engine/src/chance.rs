//! Chance as an argument.

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

/// Fills bytes nobody can guess.
pub trait Chance: std::fmt::Debug + Send + Sync {
    /// Fills all of `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The cryptographic library's generator.
#[derive(Debug)]
pub struct SystemChance(SystemRandom);

impl SystemChance {
    /// A generator seeded by the system.
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for SystemChance {
    fn default() -> Self {
        Self::new()
    }
}

impl Chance for SystemChance {
    #[expect(
        clippy::expect_used,
        reason = "aws-lc aborts on a broken entropy source rather than return an error; going on \
                  with predictable ids and nonces would be worse than stopping"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the system's random source works");
    }
}
