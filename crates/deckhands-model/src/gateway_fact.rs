//! What the gateway saw of an agent's calls to its model.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::model_id::ModelId;
use crate::usage::Usage;
use crate::usd::Usd;

/// One call of an agent to its model, as the gateway saw it end.
///
/// These facts come from the wire and not from the agent: nothing that runs in a container can
/// make or change one.
#[derive(Clone, PartialEq, Debug)]
pub struct GatewayFact {
    /// Number of the call within its attempt, from 1.
    pub call: u64,
    /// The route that served it, or was tried last; `None` where none could be tried.
    pub route: Option<ModelId>,
    /// Tries of it before that one, all failed, in order.
    pub earlier: Vec<Try>,
    /// Why it failed; `None` for a usable answer.
    pub cause: Option<Cause>,
    /// HTTP status of the provider's answer; for an error inside of a good answer the status that
    /// its body names, if it names one. `None` where no answer came.
    pub status: Option<u16>,
    /// What went wrong; `None` for a usable answer.
    pub fault: Option<CallFault>,
    /// What the provider said of a failed call, or what failed on the way to it: at most
    /// [`GatewayFact::MAX_DETAIL`] bytes, the key removed. Empty for a usable answer.
    pub detail: String,
    /// How long from the end of the call the provider wants no more calls, if it said so.
    pub retry_after: Option<Duration>,
    /// The model that answered, in the provider's words.
    pub model: Option<String>,
    /// What the call spent, as far as the provider told.
    pub usage: Usage,
    /// From the call's arrival to its end.
    pub took: Duration,
    /// How much of that it was held while no route could be called.
    pub held: Duration,
    /// With this call the gateway gave up: no further one is made for the attempt. Of a usable answer: it had
    /// given up before, and that stands; one without this takes it back.
    pub gave_up: bool,
    /// What else is known of it, for whoever keeps accounts.
    pub account: CallAccount,
}

/// What nobody decides by, but everybody wants to read afterwards. Unknown is `None`, never zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CallAccount {
    /// When the agent's request arrived.
    pub began: Option<SystemTime>,
    /// Whether its answer was wanted as a stream of events.
    pub streamed: bool,
    /// Tokens of the input that the provider had in its cache; `None` also where it had none.
    pub cached_tokens: Option<u64>,
    /// What the try that ended the call cost; `None` where that cost nothing, or nobody knows.
    pub cost: Option<CallCost>,
    /// What the tries before it cost, as far as that is known.
    pub lost: Usd,
    /// How many tries, the last one included, cost or may have cost something, and nobody told what.
    pub unknown: u32,
}

/// What a try is booked with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallCost {
    /// The amount.
    pub usd: Usd,
    /// Whose figure that is.
    pub by: CostBy,
    /// The price table's figure, where the provider told another one.
    pub other: Option<Usd>,
}

/// Whose figure a cost is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostBy {
    /// The provider's own.
    Provider,
    /// The provider's tokens at the price of our table.
    Table,
    /// Nobody told: the most that it can have cost.
    Worst,
}

/// One try of a call at one route that failed. The agent knows nothing of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Try {
    /// Where.
    pub route: ModelId,
    /// As [`GatewayFact::status`].
    pub status: Option<u16>,
    /// As [`GatewayFact::fault`].
    pub fault: CallFault,
    /// What the provider said, as [`GatewayFact::detail`].
    pub detail: String,
    /// Why it failed.
    pub cause: Cause,
    /// As [`GatewayFact::retry_after`].
    pub retry_after: Option<Duration>,
    /// From the begin of the try to its end.
    pub took: Duration,
}

/// What is known of a try that failed, before it is said what that means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CallFailure<'a> {
    /// As [`GatewayFact::status`].
    pub status: Option<u16>,
    /// As [`GatewayFact::fault`].
    pub fault: CallFault,
    /// As [`GatewayFact::detail`].
    pub detail: &'a str,
}

/// What kind of failure a call to a model was.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallFault {
    /// No connection, or it broke before the answer was whole.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// The provider refused or failed, and said so by a status.
    Refused,
    /// An answer that nothing can be made of: no JSON, too large, without choices, or one
    /// that ended with an error.
    BadAnswer,
}

impl GatewayFact {
    /// Longest [`detail`](Self::detail) in bytes.
    pub const MAX_DETAIL: usize = 8 << 10;

    /// Whether the call gave a usable answer.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.cause.is_none()
    }
}

impl CallCost {
    /// The amount, unless it is only the most that it can be.
    #[must_use]
    pub fn known(&self) -> Option<Usd> {
        (self.by != CostBy::Worst).then_some(self.usd)
    }
}
