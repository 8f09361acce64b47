//! What is kept of what opens the way out: hashes, and the one key that opens nothing of ours.

use deckhands_model::SecretHash;
use serde::{Deserialize, Serialize};

/// What is kept of an attempt's keys.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptKeys {
    /// Of the token that opens the way to the model.
    pub(crate) token: SecretHash,
    /// What opens the remote-runtime API, where the app has one.
    pub(crate) api: Option<KeptApiKeys>,
}

/// What is kept of the keys of the remote-runtime API.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptApiKeys {
    /// Of the key that opens it.
    pub(crate) runtime: SecretHash,
    /// The key of the sandbox's command server itself: the API has to tell it to an app that asks for
    /// its sandbox only now. The agent knows it, and it opens nothing of ours.
    pub(crate) session: String,
}
