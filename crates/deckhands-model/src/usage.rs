//! What an attempt spent.

use serde::{Deserialize, Serialize};

/// Tokens and money of an attempt. Unknown is `None`, never zero.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens sent to the model, where known.
    pub input_tokens: Option<u64>,
    /// Tokens the model answered with, where known.
    pub output_tokens: Option<u64>,
    /// Money in US dollars as the provider told it, where it did.
    pub cost_usd: Option<f64>,
}
