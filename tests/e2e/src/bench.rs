//! One test's own world: home, workspace, provider, and the proof that nothing is left of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use deckhands_model::Usd;
use deckhands_testkit::{RecordedRequest, Script, ScriptedLlm};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::daemon::bridge_address;
use crate::ended::{Ended, Running};
use crate::profile::{Profile, profile};

/// The key every test uses. Must turn up nowhere but at the provider.
pub const CANARY: &str = "sk-canary-7f3a9c51e2";

/// How long an agent may take to start: that a machine is slow is the matter of no test but the one
/// that sets it otherwise.
const PATIENCE: &str = "240s";

/// A world of one test.
#[derive(Debug)]
pub struct Bench {
    /// Directory of everything, removed at the end.
    pub dir: TempDir,
    /// The user's workspace.
    pub workspace: PathBuf,
    /// The state directory.
    pub home: PathBuf,
    llm: Option<ScriptedLlm>,
    base_url: String,
    runtime: Runtime,
    /// When this world came into being.
    pub(crate) since: Timestamp,
}

/// The built binary under test.
///
/// # Panics
/// When `DECKHANDS_BIN` does not name it.
#[must_use]
pub fn deckhands() -> PathBuf {
    let path = std::env::var_os("DECKHANDS_BIN")
        .expect("DECKHANDS_BIN names the binary under test: run `cargo xtask e2e`");
    PathBuf::from(path)
}

impl Bench {
    /// A world with a provider that plays `script`.
    ///
    /// # Panics
    /// When the provider cannot listen on the bridge.
    #[must_use]
    pub fn new(script: Script) -> Self {
        Self::named(script, "workspace", "home")
    }

    /// The same with names of one's own for workspace and home.
    ///
    /// # Panics
    /// When the provider cannot listen on the bridge.
    #[must_use]
    pub fn named(script: Script, workspace: &str, home: &str) -> Self {
        let dir = tempfile::Builder::new()
            .prefix("deckhands-e2e-")
            .tempdir()
            .expect("a directory");
        let (workspace, home) = (dir.path().join(workspace), dir.path().join(home));
        fs::create_dir(&workspace).expect("the workspace");
        fs::write(workspace.join("README.md"), "# a project\n").expect("a file in the workspace");
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the provider");
        let address = bridge_address();
        let bind = format!("{address}:0")
            .parse()
            .expect("the bridge's address");
        let llm = runtime
            .block_on(ScriptedLlm::start(script, bind))
            .expect("the provider");
        let base_url = llm.base_url(&address);
        Self {
            dir,
            workspace,
            home,
            llm: Some(llm),
            base_url,
            runtime,
            since: Timestamp::now(),
        }
    }

    /// Where the provider is, as containers see it.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What the provider was asked.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.llm
            .as_ref()
            .map(ScriptedLlm::requests)
            .unwrap_or_default()
    }

    /// What the completions of the provider cost in US dollars, those that were left in the middle included.
    #[must_use]
    pub fn served_usd(&self) -> f64 {
        let served = self.llm.as_ref().map(ScriptedLlm::served);
        let all = served.map(|served| served.whole.plus(served.begun));
        all.map_or(0.0, |all| Usd::nanos(all.cost_nanos).as_f64())
    }

    /// Plays a script of its own below `/s/NAME/v1` and tells where.
    #[must_use]
    pub fn add_script(&self, name: &str, script: Script) -> String {
        if let Some(llm) = &self.llm {
            llm.add_script(name, script);
        }
        self.base_url.replace("/v1", &format!("/s/{name}/v1"))
    }

    /// Plays a script of its own to the task whose text has this word in it, see
    /// [`ScriptedLlm::add_task`].
    pub fn add_task(&self, word: &str, script: Script) {
        if let Some(llm) = &self.llm {
            llm.add_task(word, script);
        }
    }

    /// What the provider was asked for the task whose text has this word in it.
    #[must_use]
    pub fn requests_of(&self, word: &str) -> Vec<RecordedRequest> {
        let mut requests = self.requests();
        requests.retain(|request| request.script.as_deref() == Some(word));
        requests
    }

    /// A command of the binary in a clean environment, aimed at this world.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(deckhands());
        command
            .args(args)
            .arg("--home")
            .arg(&self.home)
            .current_dir(self.dir.path());
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", self.dir.path());
        command
            .env("OPENROUTER_API_KEY", CANARY)
            .env("OPENHANDS_BASE_URL", &self.base_url)
            .env("DECKHANDS_PROFILE", profile().name())
            .env("DECKHANDS_START_TIMEOUT", PATIENCE);
        if profile() == Profile::Socket {
            // What OpenHands makes of a provider's words is seen only where it calls the provider.
            command.env("DECKHANDS_MODEL_WAY", "direct");
        }
        command
    }

    /// `run` on this world's workspace with `--json` and more arguments.
    #[must_use]
    pub fn run_command(&self, args: &[&str]) -> Command {
        let mut command = self.command(&["run", "--json"]);
        command.arg("--workspace").arg(&self.workspace).args(args);
        command
    }

    /// Starts `run` and comes back at once.
    #[must_use]
    pub fn start(&self, args: &[&str]) -> Running {
        Running::start(self.run_command(args))
    }

    /// Carries out `run` to its end.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Ended {
        self.start(args).end()
    }

    /// Carries out any command to its end.
    #[must_use]
    pub fn call(&self, args: &[&str]) -> Ended {
        Running::start(self.command(args)).end()
    }

    /// Content of a file in the workspace; `None` where there is none.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.workspace.join(path)).ok()
    }

    /// A file of the one attempt's directory, once it is there.
    #[must_use]
    pub fn attempt_file(&self, name: &str) -> Option<PathBuf> {
        let tasks = fs::read_dir(self.home.join("attempts")).ok()?;
        tasks
            .flatten()
            .map(|task| task.path().join("1").join(name))
            .find(|path| path.exists())
    }

    /// Asserts that a text is in no file below a directory.
    ///
    /// # Panics
    /// When it is.
    pub fn assert_nowhere_below(dir: &Path, needle: &str) {
        for item in fs::read_dir(dir).expect("a directory").flatten() {
            let path = item.path();
            if path.is_dir() {
                Self::assert_nowhere_below(&path, needle);
            } else if let Ok(bytes) = fs::read(&path) {
                let found = bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
                assert!(!found, "`{needle}` is in {}", path.display());
            }
        }
    }
}

impl Drop for Bench {
    /// A failed test leaves nothing either; the product's own reaper is not asked.
    fn drop(&mut self) {
        self.force_away();
        if let Some(llm) = self.llm.take() {
            self.runtime.block_on(llm.shutdown());
        }
    }
}
