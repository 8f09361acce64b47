//! What is stored of a task, apart from what each process has of its own.
//!
//! Secrets, credentials and addresses are no part of a stored task: whoever carries it out uses his.

use std::path::PathBuf;

use deckhands_agent::Retry;
use deckhands_model::{Deadlines, Limits, ModelId, ModelWay, Network, Profile, TaskText, Usd};
use serde::{Deserialize, Serialize};

use crate::money::MoneyLimits;
use crate::provider_access::{NoKey, ProviderAccess};
use crate::request::{ImagePair, OtherModel, Policy, RelaySettings, TaskRequest};
use crate::stored_path;

/// A task as it is stored: everything that belongs to the task, and nothing that is secret.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskSpec {
    /// The form it is written in.
    pub schema_version: SpecVersion,
    /// What the agent is asked to do.
    pub text: TaskText,
    /// The user's workspace; changed only by promotion.
    #[serde(with = "stored_path")]
    pub workspace: PathBuf,
    /// The model.
    pub model: ModelId,
    /// How an attempt is walled in.
    pub profile: Profile,
    /// What the agent's commands can reach.
    pub network: Network,
    /// Who calls the model.
    pub way: ModelWay,
    /// The images to run.
    pub images: ImagePair,
    /// Resources.
    pub limits: Limits,
    /// Deadlines.
    pub deadlines: Deadlines,
    /// Most money that it may cost, all its attempts together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_cost: Option<Usd>,
    /// Most money that all tasks of its batch may cost together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_batch_cost: Option<Usd>,
    /// How the agent repeats failed model calls.
    pub retry: Retry,
    /// Commands that must all exit 0 over the result.
    pub checks: Vec<String>,
    /// What is done with the result.
    pub policy: Policy,
}

/// Version of the form in which a task is stored: this program's, and no other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct SpecVersion(());

/// What a process has of its own to carry tasks out with.
#[derive(Clone, Debug)]
pub struct RunnerSettings {
    /// Where models are called, and with which keys.
    pub providers: ProviderAccess,
    /// Models that are called otherwise than that.
    pub routes: Vec<OtherModel>,
    /// Routes that cannot be called for want of their key. Nothing else is called in their place: another
    /// address would see what was meant for theirs.
    pub left_out: Vec<ModelId>,
    /// Files that hold keys. They are not handed to the agent, should they lie in the workspace.
    pub key_files: Vec<PathBuf>,
    /// The daemon's socket on its own host, for profile `socket`.
    pub docker_socket: PathBuf,
    /// How the relay calls the model.
    pub relay: RelaySettings,
    /// Models that the gateway goes on with, in this order, where a task's own cannot be called.
    pub other_models: Vec<ModelId>,
    /// What it knows of money.
    pub money: MoneyLimits,
}

/// Why a stored task cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TaskSpecError {
    /// Written in another form than this program's.
    #[error("the stored task has version {version}, and this program reads version {own}", own = SpecVersion::NUMBER)]
    Version {
        /// The version it has.
        version: u32,
    },
    /// No stored task, or one with more or less in it.
    #[error("the stored task cannot be read")]
    Form {
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// It has a value that no document can hold.
    #[error("the task cannot be stored")]
    Unstorable {
        /// Which one.
        #[source]
        source: serde_json::Error,
    },
}

impl SpecVersion {
    /// The number in documents.
    pub const NUMBER: u32 = 1;
}

impl TryFrom<u32> for SpecVersion {
    type Error = TaskSpecError;

    fn try_from(version: u32) -> Result<Self, TaskSpecError> {
        if version == Self::NUMBER {
            Ok(Self(()))
        } else {
            Err(TaskSpecError::Version { version })
        }
    }
}

impl From<SpecVersion> for u32 {
    fn from(_version: SpecVersion) -> Self {
        SpecVersion::NUMBER
    }
}

/// The one field that is read before all others.
#[derive(Deserialize)]
struct Versioned {
    schema_version: u32,
}

impl TaskSpec {
    /// What of a request belongs to the task.
    #[must_use]
    pub fn of(request: &TaskRequest) -> Self {
        Self {
            schema_version: SpecVersion::default(),
            text: request.text.clone(),
            workspace: request.workspace.clone(),
            model: request.model.clone(),
            profile: request.profile,
            network: request.network,
            way: request.way,
            images: request.images.clone(),
            limits: request.limits.clone(),
            deadlines: request.deadlines,
            max_cost: request.max_cost,
            max_batch_cost: request.max_batch_cost,
            retry: request.retry,
            checks: request.checks.clone(),
            policy: request.policy,
        }
    }

    /// The request that a process with these settings carries out.
    ///
    /// # Errors
    /// [`NoKey`] where none of its keys may go to the model's provider.
    pub fn to_request(&self, settings: &RunnerSettings) -> Result<TaskRequest, NoKey> {
        let own = settings.reach(&self.model)?;
        Ok(TaskRequest {
            base_url: own.base_url,
            api_key: own.api_key,
            native_tools: own.native_tools,
            other_models: self.other_models(settings),
            ..self.to_request_without_key(settings)
        })
    }

    /// Those of the process that are not the task's own, as far as there are keys for them.
    fn other_models(&self, settings: &RunnerSettings) -> Vec<OtherModel> {
        let others = settings
            .other_models
            .iter()
            .filter(|model| **model != self.model);
        others
            .filter_map(|model| settings.reach(model).ok())
            .collect()
    }

    /// The same for what calls no model.
    pub(crate) fn to_request_without_key(&self, settings: &RunnerSettings) -> TaskRequest {
        let (own, task) = (settings.clone(), self.clone());
        TaskRequest {
            text: task.text,
            workspace: task.workspace,
            model: task.model,
            api_key: None,
            native_tools: None,
            other_models: Vec::new(),
            key_files: own.key_files,
            base_url: None,
            profile: task.profile,
            network: task.network,
            way: task.way,
            relay: own.relay,
            replay: None,
            images: task.images,
            docker_socket: own.docker_socket,
            limits: task.limits,
            deadlines: task.deadlines,
            max_cost: task.max_cost,
            max_batch_cost: task.max_batch_cost,
            money: own.money,
            retry: task.retry,
            checks: task.checks,
            policy: task.policy,
        }
    }

    /// The document that is stored.
    ///
    /// # Errors
    /// [`TaskSpecError::Unstorable`].
    pub fn to_json(&self) -> Result<String, TaskSpecError> {
        serde_json::to_string(self).map_err(|source| TaskSpecError::Unstorable { source })
    }

    /// Reads a stored document.
    ///
    /// # Errors
    /// [`TaskSpecError`]; another version is told as such, whatever else the document has.
    pub fn from_json(text: &str) -> Result<Self, TaskSpecError> {
        let form = |source| TaskSpecError::Form { source };
        let Versioned { schema_version } = serde_json::from_str(text).map_err(form)?;
        SpecVersion::try_from(schema_version)?;
        serde_json::from_str(text).map_err(form)
    }
}

impl RunnerSettings {
    /// What of a request belongs to the process: a key without an address is for the model's provider
    /// alone.
    #[must_use]
    pub fn of(request: &TaskRequest) -> Self {
        let own = OtherModel {
            model: request.model.clone(),
            base_url: request.base_url.clone(),
            api_key: request.api_key.clone(),
            native_tools: request.native_tools,
        };
        // One that differs in nothing from what its provider's name says needs no word.
        let own = request.native_tools.is_some().then_some(own);
        Self {
            providers: ProviderAccess::of_request(request),
            routes: request.other_models.iter().cloned().chain(own).collect(),
            left_out: Vec::new(),
            key_files: request.key_files.clone(),
            docker_socket: request.docker_socket.clone(),
            relay: request.relay,
            other_models: request
                .other_models
                .iter()
                .map(|other| other.model.clone())
                .collect(),
            money: request.money.clone(),
        }
    }

    /// Where a model is called; none is its provider's own address, or that there is no key for it.
    pub(crate) fn address_of(&self, model: &ModelId) -> Option<String> {
        self.reach(model).ok()?.base_url
    }

    /// How a model is reached.
    fn reach(&self, model: &ModelId) -> Result<OtherModel, NoKey> {
        if let Some(route) = self.routes.iter().find(|route| route.model == *model) {
            return Ok(route.clone());
        }
        if self.left_out.contains(model) {
            return Err(NoKey {
                provider: model.provider().to_owned(),
                model: model.clone(),
            });
        }
        let usual = self.providers.of(model)?;
        Ok(OtherModel::usual(model.clone(), usual))
    }
}

#[cfg(test)]
mod tests;
