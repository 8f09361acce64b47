//! Settings that belong together: limits, deadlines, walls, workspace, Docker.

use std::path::{Path, PathBuf};
use std::time::Duration;

use deckhands_model::{Deadlines, ImageRef, Limits, ModelId, ModelWay, Network, Profile};

use super::Resolver;
use crate::error::{ConfigError, ConfigErrorKind};
use crate::files;
use crate::key::Key;
use crate::origin::{Origin, Setting};
use crate::parse;
use crate::settings::{DockerSettings, EngineConfig, MoneyConfig};
use crate::shown::{self, MilliCpus};
use crate::words::PROFILES_NOT_YET;

/// The profile of whoever sets none.
const PROFILE: Profile = Profile::Managed;

/// Tokens of one answer: what OpenHands asks for by a model's name may be more than a provider takes.
const MAX_OUTPUT_TOKENS: u32 = 8192;

impl Resolver<'_> {
    pub(super) fn limits(&mut self) -> Result<Limits, ConfigError> {
        let limits = Limits::default();
        let cpus = MilliCpus(limits.milli_cpus);
        Ok(Limits {
            memory: self.setting(Key::Memory, limits.memory, parse::size)?.value,
            milli_cpus: self.setting(Key::Cpus, cpus, parse::cpus)?.value.0,
            processes: self
                .setting(Key::Processes, limits.processes, parse::count)?
                .value,
            disk: self.setting(Key::Disk, limits.disk, parse::size)?.value,
            iterations: self
                .setting(Key::Iterations, limits.iterations, parse::count)?
                .value,
            log_bytes: self
                .setting(Key::LogBytes, limits.log_bytes, parse::size)?
                .value,
            workspace_bytes: self
                .setting(Key::WorkspaceBytes, limits.workspace_bytes, parse::size)?
                .value,
        })
    }

    /// How often the agent tries one call of its model, and how long each may take. Through the gateway it
    /// outlasts a restart of ours; without one, more tries would hide a provider's trouble behind a silent
    /// agent.
    pub(super) fn calls(
        &mut self,
        way: ModelWay,
    ) -> Result<(Setting<u32>, Setting<Duration>), ConfigError> {
        let (tries, seconds) = match way {
            ModelWay::Direct => (2, 60),
            _ => (6, 120),
        };
        let tries = self.setting(Key::NumRetries, tries, parse::count)?;
        let time = Duration::from_secs(seconds);
        Ok((tries, self.setting(Key::LlmTimeout, time, parse::duration)?))
    }

    pub(super) fn max_output_tokens(&mut self) -> Result<Setting<u32>, ConfigError> {
        self.setting(Key::MaxOutputTokens, MAX_OUTPUT_TOKENS, parse::count)
    }

    pub(super) fn deadlines(&mut self) -> Result<Deadlines, ConfigError> {
        let deadlines = Deadlines::default();
        let mut time = |key, fallback| {
            self.setting(key, fallback, parse::duration)
                .map(|setting| setting.value)
        };
        Ok(Deadlines {
            pull: time(Key::Pull, deadlines.pull)?,
            start: time(Key::Start, deadlines.start)?,
            idle: time(Key::Idle, deadlines.idle)?,
            work: time(Key::Work, deadlines.work)?,
            cleanup: time(Key::Cleanup, deadlines.cleanup)?,
            checks: time(Key::CheckTime, deadlines.checks)?,
            awaiting: time(Key::Awaiting, deadlines.awaiting)?,
        })
    }

    /// Profile and network: a wall that the profile cannot hold is refused, not promised.
    pub(super) fn walls(&mut self) -> Result<(Setting<Profile>, Setting<Network>), ConfigError> {
        let word = self.setting(Key::Profile, PROFILE.to_string(), parse::word)?;
        if PROFILES_NOT_YET.contains(&word.value.as_str()) {
            let hint = "leave `run.profile` out, or set it to `managed`";
            return Err(
                refused(Key::Profile, word, "it is not yet available").with_hint(hint.to_owned())
            );
        }
        let profile = word.map(|word| match word.as_str() {
            "socket" => Profile::Socket,
            _ => Profile::Managed,
        });
        let network = match profile.value {
            Profile::Socket => self.network_of_socket()?,
            _ => self.network(Network::Llm)?,
        };
        Ok((profile, network))
    }

    /// Who calls the model: a container without a network of its own cannot.
    pub(super) fn way(&mut self, profile: Profile) -> Result<Setting<ModelWay>, ConfigError> {
        let word = self.setting(Key::ModelWay, ModelWay::Relay.to_string(), parse::word)?;
        let way = word.map(|word| match word.as_str() {
            "direct" => ModelWay::Direct,
            _ => ModelWay::Relay,
        });
        if way.value == ModelWay::Direct && profile != Profile::Socket {
            let reason = "only profile `socket` lets the agent call its model itself";
            let hint = "leave `model.way` out, or use profile `socket`";
            let word = way.map(|way| way.to_string());
            return Err(refused(Key::ModelWay, word, reason).with_hint(hint.to_owned()));
        }
        Ok(way)
    }

    fn network_of_socket(&mut self) -> Result<Setting<Network>, ConfigError> {
        let network = self.network(Network::Open)?;
        if network.value == Network::Llm {
            let reason = "profile `socket` cannot keep the agent's commands off the network";
            let hint = "leave `run.network` out, or use profile `managed`";
            let word = network.map(|network| network.to_string());
            return Err(refused(Key::Network, word, reason).with_hint(hint.to_owned()));
        }
        if network.origin == Origin::Default {
            let note =
                "the network is open: the agent's commands reach any host (profile `socket`)";
            self.notes.push(note.to_owned());
        }
        Ok(network)
    }

    fn network(&mut self, fallback: Network) -> Result<Setting<Network>, ConfigError> {
        let word = self.setting(Key::Network, fallback.to_string(), parse::word)?;
        Ok(word.map(|word| match word.as_str() {
            "open" => Network::Open,
            _ => Network::Llm,
        }))
    }

    /// Workspace and root. Without a workspace the root is it, else the working directory.
    pub(super) fn workspace(
        &mut self,
    ) -> Result<(Setting<PathBuf>, Option<Setting<PathBuf>>), ConfigError> {
        let canonical = |setting: Setting<PathBuf>| setting.map(|path| files::canonical(&path));
        let root = self
            .optional(Key::WorkspaceRoot, parse::path)?
            .map(canonical);
        let set = self.parsed(Key::Workspace, parse::path)?.map(canonical);
        let here = || Setting::default_of(files::canonical(&self.sources.cwd));
        let workspace = set.or_else(|| root.clone()).unwrap_or_else(here);
        self.row(Key::Workspace, &workspace);
        match root {
            Some(root) if !workspace.value.starts_with(&root.value) => {
                Err(outside(workspace, root))
            }
            root => Ok((workspace, root)),
        }
    }

    /// Tells which files the agent misses in the workspace, since they hold keys.
    pub(super) fn note_key_files(&mut self, key_files: &[PathBuf], workspace: &Path) {
        let inside =
            |file: &&PathBuf| file.exists() && files::canonical(file).starts_with(workspace);
        let notes = key_files.iter().filter(inside).map(|file| {
            let path = shown::path(file);
            format!("`{path}` in the workspace holds an API key: it is not handed to the agent")
        });
        self.notes.extend(notes);
    }

    pub(super) fn image(&mut self, key: Key) -> Result<Setting<ImageRef>, ConfigError> {
        let fallback = key.entry().default.parse();
        // Invariant: a test parses the defaults of both images.
        self.setting(
            key,
            fallback.expect("invariant: a default image is one"),
            parse::image,
        )
    }

    pub(super) fn engine(&mut self) -> Result<EngineConfig, ConfigError> {
        let secs = Duration::from_secs;
        Ok(EngineConfig {
            workers: self.setting(Key::Workers, 5, parse::count)?,
            grace: self.setting(Key::Grace, secs(30), parse::duration)?,
            keep: self.setting(Key::QueueKeep, secs(90 * 24 * 3600), parse::duration)?,
            attempts: self.setting(Key::Attempts, 4, parse::count)?,
            task_time: self.setting(Key::TaskTime, secs(24 * 3600), parse::duration)?,
            task_work: self.setting(Key::TaskWork, secs(4 * 3600), parse::duration)?,
            fallback_models: self.setting(Key::FallbackModels, Vec::new(), parse::models)?,
        })
    }

    pub(super) fn money(&mut self) -> Result<MoneyConfig, ConfigError> {
        let mut amount = |key| self.optional(key, parse::money);
        Ok(MoneyConfig {
            max_cost: amount(Key::MaxCost)?,
            per_day: amount(Key::MaxDayCost)?,
            per_batch: amount(Key::MaxBatchCost)?,
            unknown_price: amount(Key::UnknownPrice)?,
        })
    }

    pub(super) fn docker(&mut self) -> Result<DockerSettings, ConfigError> {
        Ok(DockerSettings {
            host: self.optional(Key::DockerHost, parse::docker_host)?,
            context: self.optional(Key::DockerContext, parse::any)?,
            config: self.optional(Key::DockerConfig, parse::path)?,
        })
    }
}

/// The model without any layer.
pub(super) fn default_model() -> ModelId {
    let text = Key::Model.entry().default;
    // Invariant: a test resolves the default and every alias.
    ModelId::resolve(text).expect("invariant: the default is a model id")
}

fn refused(key: Key, setting: Setting<String>, reason: &'static str) -> ConfigError {
    let Setting { value, origin, .. } = setting;
    ConfigError::new(ConfigErrorKind::Unsupported {
        key,
        value,
        origin,
        reason,
    })
}

fn outside(workspace: Setting<PathBuf>, root: Setting<PathBuf>) -> ConfigError {
    let kind = ConfigErrorKind::OutsideRoot {
        workspace: workspace.value,
        origin: workspace.origin,
        root: root.value,
        root_origin: root.origin,
    };
    ConfigError::new(kind).with_hint("choose a directory inside the root".to_owned())
}
