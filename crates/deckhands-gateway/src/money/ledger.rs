//! The port to where money is kept: what is drawn, and what was spent of it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use deckhands_model::{MoneyLevel, Usd};

/// What a ledger answers to a wish for money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Draw {
    /// So much is drawn: at least the least, at most what was wanted.
    Granted(Usd),
    /// Not even the least fits under a cap.
    Refused(Refusal),
}

/// The cap that stands in the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the cap of {cap} for the {level} is reached: {used} are spent or reserved")]
pub struct Refusal {
    /// Where it holds.
    pub level: MoneyLevel,
    /// How much it allows.
    pub cap: Usd,
    /// How much of it is used: spent, or drawn and not yet settled.
    pub used: Usd,
}

/// The ledger could not do it, and has changed nothing.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the ledger of money cannot be written")]
pub struct LedgerError {
    #[source]
    source: Arc<dyn Error + Send + Sync>,
}

impl LedgerError {
    /// With what went wrong.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            source: Arc::from(source.into()),
        }
    }
}

/// The account of one purse, and the caps above it.
///
/// At each level it keeps what is *spent* and what is *open*: drawn by some purse and not yet settled. A
/// purse that dies leaves what it had drawn open for ever, because nobody knows how much of it was spent.
///
/// Both calls are transactions over all levels. Dropping the future of a call leaves it done or not done,
/// never half done.
#[async_trait]
pub trait Ledger: Send + Sync + fmt::Debug + 'static {
    /// Draws `wanted` where it fits under the caps of all levels, else `least` where that fits: adds it
    /// to what is open at each level. It is durable when this returns. `least` is at most `wanted`.
    ///
    /// # Errors
    /// Where it cannot be made durable; then nothing is drawn.
    async fn draw(&self, least: Usd, wanted: Usd) -> Result<Draw, LedgerError>;

    /// Of what this purse has drawn, `spent` is spent, and `back` is given back: at each level both are
    /// taken from what is open and `spent` is added to what is spent.
    ///
    /// A provider may charge more than was drawn. So `spent` counts in full, over any cap, but from
    /// what is open no more is taken than what this purse has there: the rest belongs to others.
    ///
    /// # Errors
    /// Where it cannot be made durable; then nothing has changed, and it will be asked again.
    async fn settle(&self, spent: Usd, back: Usd) -> Result<(), LedgerError>;
}
