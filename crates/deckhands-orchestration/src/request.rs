//! What is asked for: one task with its acceptance rules and bounds.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deckhands_agent::{ApiKey, Retry};
use deckhands_gateway::{Replay, SessionLimits};
use deckhands_model::{
    Deadlines, ImageRef, Limits, ModelId, ModelWay, Network, Profile, TaskText, Usd,
};
use serde::{Deserialize, Serialize};

use crate::money::MoneyLimits;

/// One task for one run.
#[derive(Clone, Debug)]
pub struct TaskRequest {
    /// What the agent is asked to do.
    pub text: TaskText,
    /// The user's workspace; changed only by promotion.
    pub workspace: PathBuf,
    /// The model.
    pub model: ModelId,
    /// The provider's key.
    pub api_key: Option<ApiKey>,
    /// Whether the model is handed the tools in the API's own form; `None` is what the agent does by
    /// the model's name. Of no effect where the agent calls its model itself.
    pub native_tools: Option<bool>,
    /// Models that the gateway goes on with, in this order, where the task's own cannot be called. Those
    /// that call tools in another way than it are left out.
    pub other_models: Vec<OtherModel>,
    /// Files that hold keys. They are not handed to the agent, should they lie in the workspace.
    pub key_files: Vec<PathBuf>,
    /// Where the provider is; `None` is its own address. Where the agent calls it, it is as seen from
    /// a container.
    pub base_url: Option<String>,
    /// How the attempt is walled in.
    pub profile: Profile,
    /// What the agent's commands can reach.
    pub network: Network,
    /// Who calls the model.
    pub way: ModelWay,
    /// How the relay calls it.
    pub relay: RelaySettings,
    /// What its model answers comes from there, and no provider is called.
    pub replay: Option<Arc<Replay>>,
    /// The images to run.
    pub images: ImagePair,
    /// The daemon's socket on its own host, for profile `socket`.
    pub docker_socket: PathBuf,
    /// Resources.
    pub limits: Limits,
    /// Deadlines.
    pub deadlines: Deadlines,
    /// Most money that it may cost, all its attempts together.
    pub max_cost: Option<Usd>,
    /// Most money that all tasks of its batch may cost together; nothing holds it for one of none.
    pub max_batch_cost: Option<Usd>,
    /// What the process knows of money.
    pub money: MoneyLimits,
    /// How the agent repeats failed model calls.
    pub retry: Retry,
    /// Commands that must all exit 0 over the result.
    pub checks: Vec<String>,
    /// What is done with the result.
    pub policy: Policy,
}

impl TaskRequest {
    /// Values that must not be written anywhere: the keys of all its models.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let others = self.other_models.iter();
        let others = others.filter_map(|other| other.api_key.as_ref());
        let keys = self.api_key.iter().chain(others);
        keys.map(|key| key.expose().to_owned()).collect()
    }
}

/// A model to go on with, and how it is reached.
#[derive(Clone, Debug)]
pub struct OtherModel {
    /// Which; a name behind a `~` tells it from other routes to the same model.
    pub model: ModelId,
    /// Where its provider is; `None` is its own address.
    pub base_url: Option<String>,
    /// The key that goes there.
    pub api_key: Option<ApiKey>,
    /// As [`TaskRequest::native_tools`].
    pub native_tools: Option<bool>,
}

impl OtherModel {
    /// A model that is called as its name says.
    pub(crate) fn usual(
        model: ModelId,
        (base_url, api_key): (Option<String>, Option<ApiKey>),
    ) -> Self {
        Self {
            model,
            base_url,
            api_key,
            native_tools: None,
        }
    }
}

/// How the relay calls the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RelaySettings {
    /// Longest time for one answer.
    pub answer: Duration,
    /// Most tokens of one answer.
    pub max_output_tokens: u32,
}

impl Default for RelaySettings {
    fn default() -> Self {
        Self {
            answer: SessionLimits::default().answer,
            max_output_tokens: 8192,
        }
    }
}

/// The two images of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagePair {
    /// The app: the agent's program.
    pub app: ImageRef,
    /// The sandbox: where the agent's commands run, and checks.
    pub sandbox: ImageRef,
}

/// What is done with a workspace and a result. Each is the user's word on one question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// A finished task without any change is a success; its answer is the result.
    pub allow_no_change: bool,
    /// Files that git ignores are copied, too.
    pub include_ignored: bool,
    /// The change is taken over into the workspace.
    pub apply: bool,
    /// Working files of the attempt are kept.
    pub keep: bool,
    /// Workspaces above the size bound are copied, too.
    pub any_size: bool,
    /// Versions of the agent that nobody proved are run, too.
    pub unproved_version: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_no_change: false,
            include_ignored: false,
            apply: true,
            keep: false,
            any_size: false,
            unproved_version: false,
        }
    }
}

#[cfg(test)]
mod test_request;
#[cfg(test)]
pub(crate) use test_request::test_request;

#[cfg(test)]
mod tests;
