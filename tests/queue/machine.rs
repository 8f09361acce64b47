//! A machine with a workspace, a state directory and a daemon in memory: the product's own attempts in
//! profile `managed`, in real time and with real files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_agent::{AgentAdapter, ApiKey, Retry};
use deckhands_model::{Deadlines, Limits, ModelId, ModelWay, Network, Profile, TaskText};
use deckhands_orchestration::engine::RunnerAttempts;
use deckhands_orchestration::{
    Admission, Clock, Home, ImagePair, MoneyLimits, Policy, RelaySettings, Runner, RunnerSettings,
    SystemIds, TaskRequest, TaskSpec, model_gateway, route_health,
};
use deckhands_resilience::route_health::BreakerPolicy;
use deckhands_runtime::test_util::{FakeRuntime, Match, Script};
use deckhands_store::Store;
use serde_json::Value;

use crate::daemon::Watched;
use crate::tasks::{UNBOUNDED, plain};
use crate::{Outcome, parts};

/// Files of the workspace, which every attempt has a copy of.
const FILES: usize = 20;

pub(crate) struct Machine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) daemon: Watched,
    home: Home,
    request: TaskRequest,
}

impl Machine {
    /// A machine below `dir` whose agents all play this.
    pub(crate) fn new(dir: &Path, app: Script) -> Outcome<Self> {
        let workspace = dir.join("workspace");
        fs::create_dir(&workspace)?;
        for number in 0..FILES {
            let path = workspace.join(format!("{number}.py"));
            fs::write(path, "print('one of some files')\n".repeat(40))?;
        }
        let request = request(workspace)?;
        let fake = FakeRuntime::new()
            .image(&request.images.app)
            .image(&request.images.sandbox)
            .always(Match::NameContains("-app".to_owned()), app)
            .always(
                Match::NameContains("-sandbox".to_owned()),
                Script::new().hang(),
            );
        Ok(Self {
            store: parts::on_disk(dir)?,
            daemon: Watched::new(fake),
            home: Home::open(&dir.join("home"), &SystemIds)?,
            request,
        })
    }

    /// Hands tasks in.
    pub(crate) async fn submit(&self, count: u64) -> Outcome<()> {
        let spec: Value = serde_json::from_str(&TaskSpec::of(&self.request).to_json()?)?;
        for n in 0..count {
            let task = plain(n, spec.clone());
            let now = jiff::Timestamp::now();
            self.store.submit(&task, UNBOUNDED, now).await?;
        }
        Ok(())
    }

    /// The attempts of one process on this machine.
    pub(crate) fn attempts(&self, clock: &Arc<dyn Clock>) -> Arc<RunnerAttempts> {
        let adapter: Arc<dyn AgentAdapter> = Arc::new(OpenHandsHeadless);
        let health = route_health(BreakerPolicy::default(), clock);
        let runner = Runner {
            ports: self.daemon.ports().admitting(Admission::default()),
            gateway: model_gateway(health, &adapter),
            adapter,
            home: self.home.clone(),
            clock: clock.clone(),
            ids: Arc::new(SystemIds),
        };
        let settings = RunnerSettings::of(&self.request);
        Arc::new(RunnerAttempts::new(runner, settings, self.store.clone()))
    }
}

fn request(workspace: PathBuf) -> Outcome<TaskRequest> {
    Ok(TaskRequest {
        text: TaskText::try_new("Write a greeting")?,
        workspace,
        model: ModelId::resolve("deepseek-v3")?,
        api_key: Some(ApiKey::new("sk-played")),
        native_tools: None,
        other_models: Vec::new(),
        key_files: Vec::new(),
        base_url: None,
        profile: Profile::Managed,
        network: Network::Llm,
        way: ModelWay::Relay,
        relay: RelaySettings::default(),
        replay: None,
        images: ImagePair {
            app: "app:1".parse()?,
            sandbox: "sandbox:1".parse()?,
        },
        docker_socket: PathBuf::from("/var/run/docker.sock"),
        limits: Limits::default(),
        deadlines: Deadlines::default(),
        max_cost: None,
        max_batch_cost: None,
        money: MoneyLimits::default(),
        retry: Retry::default(),
        checks: Vec::new(),
        policy: Policy {
            allow_no_change: true,
            ..Policy::default()
        },
    })
}
