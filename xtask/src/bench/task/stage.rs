//! What the measurement happens in: folders, programs, images.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::super::release_binary;
use super::super::stage::{ATTEMPT_DIR, ids, matching};
use crate::{capture, docker, image, process, workspace};

/// The folder below the target directory; its name is in the labels of the product's containers.
const FOLDER: &str = "bench-task";

/// What the sessions of the prototype are called, before the number. OpenHands names a sandbox after
/// its session and gives it no label of ours.
pub(super) const SESSION: &str = "dh-bench";

/// The file that the agent is asked for.
const WANTED: &str = "hello.txt";

/// Everything that the measurement uses.
pub(super) struct Stage {
    pub(super) deckhands: PathBuf,
    pub(super) scripted: PathBuf,
    pub(super) script: PathBuf,
    pub(super) task: PathBuf,
    /// Address of this host as containers see it.
    pub(super) gateway: String,
    /// Absolute; removed at the end.
    pub(super) folder: PathBuf,
}

/// Directories of one task.
pub(super) struct Places {
    pub(super) workspace: PathBuf,
    pub(super) agent_home: PathBuf,
}

impl Stage {
    /// Builds programs and images, clears what an earlier measurement left, makes the folder.
    pub(super) fn build() -> Result<Self> {
        docker::require_daemon()?;
        image::ensure()?;
        let target = workspace::target_dir()?;
        let deckhands = release_binary()?;
        let build = ["build", "--locked", "--package", "deckhands-testkit"];
        process::run(process::cargo().args(build).args(["--bin", "scripted-llm"]))?;
        let example = workspace::root().join("examples").join("hello");
        let mut stage = Self {
            deckhands,
            scripted: target.join("debug").join("scripted-llm"),
            script: example.join("script.json"),
            task: example.join("task.md"),
            gateway: String::new(),
            folder: target.join(FOLDER),
        };
        stage.clear()?;
        fs::create_dir_all(stage.user()).context("create the folder of the measurement")?;
        let mut doctor = Command::new(&stage.deckhands);
        doctor
            .args(["doctor", "--json", "--home"])
            .arg(stage.home());
        stage.gateway = capture::gateway(&mut doctor)?;
        Ok(stage)
    }

    /// New directories below `name`.
    pub(super) fn places(&self, name: &str) -> Result<Places> {
        let root = self.folder.join(name);
        let places = Places {
            workspace: root.join("workspace"),
            agent_home: root.join("agent-home"),
        };
        for dir in [&places.workspace, &places.agent_home] {
            // Agents are of several users.
            fs::create_dir_all(dir)
                .and_then(|()| fs::set_permissions(dir, Permissions::from_mode(0o777)))
                .with_context(|| format!("create `{}`", dir.display()))?;
        }
        let readme = places.workspace.join("README.md");
        fs::write(readme, "# a project\n").context("write the workspace")?;
        Ok(places)
    }

    /// Lets a container import OpenHands and do nothing else.
    pub(super) fn import(&self) -> Result<()> {
        let mut docker = Command::new("docker");
        docker.args(["run", "--rm", "--network", "none"]);
        docker.args(["--env", "LITELLM_LOCAL_MODEL_COST_MAP=True"]);
        docker.args(["--entrypoint", "python", image::IMAGES[0]]);
        quietly(docker.args(["-c", "import openhands.core.main"]))
    }

    /// Where the product keeps its state.
    pub(super) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// The home directory of whoever calls the product.
    pub(super) fn user(&self) -> PathBuf {
        self.folder.join("user")
    }

    /// Removes the folder and every container of this and earlier measurements.
    pub(super) fn clear(&self) -> Result<()> {
        let format = format!("{{{{.ID}}}} {{{{.Label \"{ATTEMPT_DIR}\"}}}}");
        let product = ids("label=managed-by=deckhands", &format)?;
        remove(&matching(&product, &self.folder))?;
        remove_prototype(None)?;
        if self.folder.exists() && fs::remove_dir_all(&self.folder).is_err() {
            // The prototype leaves files of root.
            empty(&self.folder)?;
            fs::remove_dir_all(&self.folder).context("remove the folder of the measurement")?;
        }
        Ok(())
    }
}

impl Places {
    /// Whether the agent did what it was asked for.
    pub(super) fn done(&self) -> Result<()> {
        let made = self.workspace.join(WANTED).exists();
        ensure!(made, "the agent left no `{WANTED}`");
        Ok(())
    }
}

/// Removes both containers of the prototype's session with this number, or of all sessions.
pub(super) fn remove_prototype(number: Option<u32>) -> Result<()> {
    let mut docker = Command::new("docker");
    docker.args(["ps", "--all", "--format", "{{.Names}}", "--filter"]);
    docker.arg(format!("name={SESSION}"));
    let names = process::output(&mut docker)?;
    remove(&of_session(&names, number))
}

/// The names in a listing that are containers of the session with this number, or of any.
fn of_session(names: &str, number: Option<u32>) -> Vec<String> {
    let is_ours = |name: &&str| {
        session_of(name).is_some_and(|found| number.is_none_or(|wanted| wanted == found))
    };
    names.lines().filter(is_ours).map(str::to_owned).collect()
}

/// The number of the session that a container is the app or the sandbox of; OpenHands puts a hash
/// behind the name of a sandbox.
fn session_of(name: &str) -> Option<u32> {
    let number = match name.strip_prefix("openhands-runtime-") {
        Some(sandbox) => sandbox.rsplit_once('-')?.0,
        None => name,
    };
    let number = number.strip_prefix(SESSION)?.strip_prefix('-')?;
    number.parse().ok()
}

/// Runs what prints much; a failure is an error with all of it.
pub(super) fn quietly(command: &mut Command) -> Result<()> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("start `{}`", process::shown(command)))?;
    ensure!(
        output.status.success(),
        "it ended with {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn remove(containers: &[String]) -> Result<()> {
    if containers.is_empty() {
        return Ok(());
    }
    let mut docker = Command::new("docker");
    process::output(docker.args(["rm", "--force", "--volumes"]).args(containers)).map(drop)
}

/// Removes what is in a folder, whoever it belongs to.
fn empty(folder: &Path) -> Result<()> {
    let mount = format!("type=bind,source={},target=/clean", folder.display());
    let mut docker = Command::new("docker");
    docker.args(["run", "--rm", "--network", "none", "--mount", &mount]);
    docker.args(["--entrypoint", "find", image::IMAGES[0]]);
    process::output(docker.args(["/clean", "-mindepth", "1", "-delete"])).map(drop)
}

#[cfg(test)]
mod tests;
