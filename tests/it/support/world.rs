//! A machine with a workspace, a state directory and a scripted daemon; and what holds after every
//! run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_agent::{AgentAdapter, ApiKey, Retry};
use deckhands_model::{
    AttemptId, Cause, Deadlines, Limits, ModelId, ModelWay, Network, Profile, RunReport, TaskId,
    TaskState, TaskText,
};
use deckhands_orchestration::{
    AttemptEnd, AttemptOrder, Clock, Home, IdSource, ImagePair, MoneyLimits, Observer, Phase,
    Policy, Ports, RelaySettings, RunEvent, Runner, Silent, TaskRequest, model_gateway,
    route_health,
};
use deckhands_resilience::route_health::BreakerPolicy;
use deckhands_runtime::test_util::{FakeRuntime, Match, Script};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::files::tree;

/// The provider's key of every run.
pub(crate) const KEY: &str = "sk-canary-0123456789abcdef";

/// The machine.
pub(crate) struct World {
    dir: TempDir,
    pub(crate) runtime: FakeRuntime,
    pub(crate) home: Home,
    /// What is asked for; a test changes what matters to it.
    pub(crate) request: TaskRequest,
    ids: Arc<Ids>,
    clock: Arc<dyn Clock>,
}

/// A run that ended.
pub(crate) struct Ran {
    pub(crate) report: RunReport,
    /// Virtual time from the call to the report.
    pub(crate) took: Duration,
    pub(crate) phases: Vec<Phase>,
}

/// Ids that differ and are the same in every run of a test.
#[derive(Debug)]
struct Ids(AtomicU8);

impl IdSource for Ids {
    fn random(&self) -> [u8; 16] {
        [self.0.fetch_add(1, Ordering::Relaxed); 16]
    }
}

/// A wall clock that stands still.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }
}

/// A wall clock that goes with the virtual time.
#[derive(Debug)]
struct Moving(Instant);

impl Clock for Moving {
    fn now(&self) -> Timestamp {
        let passed = SignedDuration::try_from(self.0.elapsed()).unwrap();
        Still.now() + passed
    }
}

/// Notes each phase, and ends the run when one begins.
#[derive(Default)]
struct Watcher {
    phases: Mutex<Vec<Phase>>,
    cancel_at: Option<Phase>,
    cancel: CancellationToken,
}

impl Observer for Watcher {
    fn observe(&self, event: RunEvent<'_>) {
        if let RunEvent::Phase(phase) = event {
            self.phases.lock().unwrap().push(phase);
            if self.cancel_at == Some(phase) {
                self.cancel.cancel();
            }
        }
    }
}

impl World {
    /// A workspace with two files, both images, and no container yet.
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let workspace = dir.path().join("workspace");
        fs::create_dir(&workspace).unwrap();
        fs::write(workspace.join("README.md"), "# Demo\n").unwrap();
        fs::write(workspace.join("main.py"), "print('hi')\n").unwrap();
        fs::write(dir.path().join("docker.sock"), "").unwrap();
        let ids = Arc::new(Ids(AtomicU8::new(1)));
        let request = request(dir.path());
        let images = &request.images;
        Self {
            runtime: FakeRuntime::new().image(&images.app).image(&images.sandbox),
            home: Home::open(&dir.path().join("home"), &*ids).unwrap(),
            request,
            ids,
            clock: Arc::new(Still),
            dir,
        }
    }

    /// The same for tasks in profile `managed`.
    pub(crate) fn managed() -> Self {
        Self::new().asking(|request| {
            request.profile = Profile::Managed;
            request.network = Network::Llm;
            request.way = ModelWay::Relay;
        })
    }

    /// The wall clock goes with the virtual time instead of standing still.
    pub(crate) fn in_time(mut self) -> Self {
        self.clock = Arc::new(Moving(Instant::now()));
        self
    }

    /// What the wall clock says.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The next app container plays this.
    pub(crate) fn agent(self, script: Script) -> Self {
        self.on("-app", script)
    }

    /// The next sandbox that we make plays this.
    pub(crate) fn sandbox(self, script: Script) -> Self {
        self.on("-sandbox", script)
    }

    /// The next container with this in its name plays this.
    pub(crate) fn on(mut self, name: &str, script: Script) -> Self {
        self.runtime = self
            .runtime
            .once(Match::NameContains(name.to_owned()), script);
        self
    }

    /// Changes the daemon.
    pub(crate) fn daemon(mut self, change: impl FnOnce(FakeRuntime) -> FakeRuntime) -> Self {
        self.runtime = change(self.runtime);
        self
    }

    /// Changes what is asked for.
    pub(crate) fn asking(mut self, change: impl FnOnce(&mut TaskRequest)) -> Self {
        change(&mut self.request);
        self
    }

    pub(crate) fn workspace(&self) -> &Path {
        &self.request.workspace
    }

    /// The machine's own directory, which holds everything.
    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn runner(&self) -> Runner {
        let adapter: Arc<dyn AgentAdapter> = Arc::new(OpenHandsHeadless);
        let clock: Arc<dyn Clock> = self.clock.clone();
        let health = route_health(BreakerPolicy::default(), &clock);
        Runner {
            ports: Ports::of(self.runtime.clone()),
            gateway: model_gateway(health, &adapter),
            adapter,
            home: self.home.clone(),
            clock,
            ids: self.ids.clone(),
        }
    }

    /// Runs the task to its end.
    pub(crate) async fn run(&self) -> Ran {
        self.watched(Watcher::default(), None).await
    }

    /// An order for the task's attempt with this number.
    pub(crate) fn order(&self, number: u32) -> AttemptOrder {
        let id = AttemptId {
            task: TaskId::from_random([0xee; 16]),
            number: number.to_string().parse().unwrap(),
        };
        AttemptOrder::new(id, self.request.clone())
    }

    /// Carries out an ordered attempt to its end.
    pub(crate) async fn attempt(&self, order: &AttemptOrder) -> AttemptEnd {
        let (runner, cancel) = (self.runner(), CancellationToken::new());
        runner.attempt(order, &Silent, &cancel).await
    }

    /// Runs it and cancels after this time.
    pub(crate) async fn run_cancelled_after(&self, delay: Duration) -> Ran {
        self.watched(Watcher::default(), Some(delay)).await
    }

    /// Runs it and cancels when this phase begins.
    pub(crate) async fn run_cancelled_at(&self, phase: Phase) -> Ran {
        let watcher = Watcher {
            cancel_at: Some(phase),
            ..Watcher::default()
        };
        self.watched(watcher, None).await
    }

    async fn watched(&self, watcher: Watcher, cancel_after: Option<Duration>) -> Ran {
        let before = tree(self.workspace());
        let started = Instant::now();
        let runner = self.runner();
        let run = runner.run(&self.request, &watcher, &watcher.cancel);
        let cancel = async {
            if let Some(delay) = cancel_after {
                tokio::time::sleep(delay).await;
                watcher.cancel.cancel();
            }
        };
        let (report, ()) = tokio::join!(run, cancel);
        let took = started.elapsed();
        let phases = watcher.phases.into_inner().unwrap();
        self.assert_sound(&report);
        if !report.applied
            && !report
                .notes
                .iter()
                .any(|note| note.contains("interrupted change"))
        {
            let moved_on = !report.conflict.is_empty();
            assert!(
                moved_on || tree(self.workspace()) == before,
                "the workspace changed without promotion"
            );
        }
        Ran {
            report,
            took,
            phases,
        }
    }

    /// What holds after every run, however it ended.
    pub(crate) fn assert_sound(&self, report: &RunReport) {
        assert!(report.state.is_terminal(), "{report:?}");
        assert_eq!(
            report.error.is_some(),
            report.state == TaskState::Failed,
            "{report:?}"
        );
        let ours = |container: &&deckhands_runtime::ContainerSummary| {
            container.labels.get("deckhands.task") == Some(&report.task_id)
        };
        let live = self.runtime.live();
        let left: Vec<_> = live.iter().filter(ours).map(|c| c.name.0.clone()).collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let networks = self.runtime.live_networks();
        let mut tasks = networks.iter().map(|n| n.labels.get("deckhands.task"));
        let left = tasks.any(|task| task == Some(&report.task_id));
        assert!(!left, "left behind: {networks:?}");
        if let Some(dir) = self.attempt_dir(report) {
            let kept = self.request.policy.keep;
            let working = ["workspace", "agent-home", "input", "check"];
            for name in working
                .into_iter()
                .chain(["launcher", "way-out", "adoption"])
            {
                assert!(kept || !dir.join(name).exists(), "{name} is left");
            }
            let kept: RunReport =
                serde_json::from_slice(&fs::read(dir.join("result.json")).unwrap()).unwrap();
            assert_eq!(&kept, report, "the kept result is the told one");
        }
    }

    /// No script was missing or at fault.
    pub(crate) fn assert_no_problems(&self) {
        let problems = self.runtime.problems();
        assert!(problems.is_empty(), "{problems:?}");
    }

    /// The directory of a run's attempt, where it came to one.
    pub(crate) fn attempt_dir(&self, report: &RunReport) -> Option<PathBuf> {
        let dir = self.home.attempts_dir().join(&report.task_id).join("1");
        dir.exists().then_some(dir)
    }
}

impl Ran {
    /// The cause of the failure.
    pub(crate) fn cause(&self) -> Option<Cause> {
        self.report.error.as_ref().and_then(|error| error.cause)
    }

    /// State and cause at once.
    pub(crate) fn end(&self) -> (TaskState, Option<Cause>) {
        (self.report.state, self.cause())
    }
}

fn request(root: &Path) -> TaskRequest {
    TaskRequest {
        text: TaskText::try_new("Write a greeting").unwrap(),
        workspace: root.join("workspace"),
        model: ModelId::resolve("deepseek-v3").unwrap(),
        api_key: Some(ApiKey::new(KEY)),
        native_tools: None,
        other_models: Vec::new(),
        key_files: Vec::new(),
        base_url: None,
        profile: Profile::Socket,
        network: Network::Open,
        way: ModelWay::Direct,
        relay: RelaySettings::default(),
        replay: None,
        images: ImagePair {
            app: "app:1".parse().unwrap(),
            sandbox: "sandbox:1".parse().unwrap(),
        },
        docker_socket: root.join("docker.sock"),
        limits: Limits::default(),
        deadlines: Deadlines::default(),
        max_cost: None,
        max_batch_cost: None,
        money: MoneyLimits::default(),
        retry: Retry::default(),
        checks: Vec::new(),
        policy: Policy::default(),
    }
}
