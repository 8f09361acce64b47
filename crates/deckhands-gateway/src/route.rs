//! One way to a model, and how much of it a refusal closes.

use deckhands_model::ModelId;

use crate::money::Price;
use crate::upstream::Upstream;

/// One way to a model: where its calls go, and as whom.
#[derive(Clone, Debug)]
pub struct Route {
    /// The model, by which the route's health is known and told of. Several routes to one model are told
    /// apart by a name in it, see [`ModelId::by_route`].
    pub model: ModelId,
    /// Where it is served.
    pub upstream: Upstream,
    /// What its calls cost, where that is known.
    pub price: Option<Price>,
    /// Most tokens of one answer; a request that asks for more, or for no bound, is cut to it.
    pub max_output_tokens: u32,
}

/// What a refusal is about: everything that it closes is left alone until the same time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// The model alone, such as a busy upstream of a router.
    Model,
    /// The free models of the account: they share one window (20 a minute, 50 or 1,000 a day at
    /// OpenRouter, <https://openrouter.ai/docs/api-reference/limits>).
    Free,
    /// The whole account at the provider: its money or its key.
    Account,
}

impl Scope {
    /// Whether a refusal of this scope for one model closes another one of the same account, too.
    /// Models of two providers are never of one account.
    #[must_use]
    pub fn covers(self, refused: &ModelId, other: &ModelId) -> bool {
        let same_account = refused.provider() == other.provider();
        match self {
            Self::Model => refused == other,
            Self::Free => same_account && is_free(refused) && is_free(other),
            Self::Account => same_account,
        }
    }
}

/// OpenRouter's mark for models that cost nothing.
fn is_free(model: &ModelId) -> bool {
    model.own_id().ends_with(":free")
}

#[cfg(test)]
mod tests;
