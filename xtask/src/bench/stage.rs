//! What the measurements of `lifecycle` happen in: a folder, programs, an image, a label.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::release_binary;
use crate::{process, workspace};

#[cfg(test)]
mod tests;

/// On every container that is made here; what the product makes has labels of its own.
pub(super) const LABEL: (&str, &str) = ("deckhands.bench", "lifecycle");

/// The product's label with the directory of the attempt.
pub(super) const ATTEMPT_DIR: &str = "deckhands.attempt-dir";

/// The folder below the target directory; its name is in the labels of the product's containers.
const FOLDER: &str = "bench-lifecycle";

/// Everything that one measurement uses.
pub(super) struct Stage {
    pub(super) deckhands: PathBuf,
    /// The example of `deckhands-runtime` that goes through lives on demand.
    pub(super) lives: PathBuf,
    pub(super) image: String,
    /// Absolute; removed at the end.
    pub(super) folder: PathBuf,
}

impl Stage {
    /// Builds programs and image, clears what an earlier measurement left, makes the folder.
    pub(super) fn build() -> Result<Self> {
        let target = workspace::target_dir()?;
        let deckhands = release_binary()?;
        // Not optimised: against the bar that only makes the library's part worse.
        let build = ["build", "--locked"];
        let lives = ["--package", "deckhands-runtime", "--example", "lifecycle"];
        process::run(process::cargo().args(build).args(lives))?;
        let tiny = ["--package", "deckhands-testkit", "--bin", "tiny-image"];
        process::run(process::cargo().args(build).args(tiny))?;
        let debug = target.join("debug");
        let tag = process::output(Command::new(debug.join("tiny-image")).arg("build"))
            .context("build the tiny agent image")?;
        let stage = Self {
            deckhands,
            lives: debug.join("examples").join("lifecycle"),
            image: tag.lines().last().unwrap_or_default().to_owned(),
            folder: target.join(FOLDER),
        };
        stage.clear()?;
        fs::create_dir_all(stage.workspace()).context("create the folder of the measurement")?;
        fs::create_dir_all(stage.user()).context("create the folder of the measurement")?;
        fs::write(stage.workspace().join("README.md"), "# a project\n")?;
        Ok(stage)
    }

    /// Removes the folder and every container of this and earlier measurements.
    pub(super) fn clear(&self) -> Result<()> {
        let (key, value) = LABEL;
        let ours = ids(&format!("label={key}={value}"), "{{.ID}} x")?;
        let format = format!("{{{{.ID}}}} {{{{.Label \"{ATTEMPT_DIR}\"}}}}");
        let product = ids("label=managed-by=deckhands", &format)?;
        let mut doomed = matching(&ours, Path::new("x"));
        doomed.extend(matching(&product, &self.folder));
        if !doomed.is_empty() {
            let mut docker = Command::new("docker");
            process::output(docker.args(["rm", "--force", "--volumes"]).args(doomed))?;
        }
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).context("remove the folder of the measurement")?;
        }
        Ok(())
    }

    /// `run` with this task text, in a clean environment.
    pub(super) fn run_command(&self, play: &str) -> Result<Command> {
        let mut command = self.command("run");
        command.args(["--json", "--allow-no-change", "--file"]);
        command.arg(self.task(play)?);
        command.arg("--workspace").arg(self.workspace());
        Ok(command)
    }

    /// A command of the product, in a clean environment.
    pub(super) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.deckhands);
        command.arg(name).arg("--home").arg(self.home());
        command.env_clear().env("HOME", self.user());
        // Whatever decides which daemon `docker` talks to decides it for the product, too.
        for name in ["PATH", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        let images = ["OPENHANDS_DOCKER_IMAGE", "OPENHANDS_DOCKER_RUNTIME_IMAGE"];
        command.envs(images.map(|name| (name, &self.image)));
        command.env("OPENROUTER_API_KEY", "played");
        // The tiny agent plays an app that needs nobody; it has no Python for a launcher.
        command.env("DECKHANDS_PROFILE", "socket");
        command.env("DECKHANDS_MODEL_WAY", "direct");
        command.current_dir(&self.folder);
        command
    }

    /// Writes the play where `run` and containers find it.
    pub(super) fn task(&self, play: &str) -> Result<PathBuf> {
        let path = self.folder.join("input").join("task.txt");
        fs::create_dir_all(self.folder.join("input"))?;
        fs::write(&path, play).context("write the play")?;
        Ok(path)
    }

    /// Where the product keeps its state.
    pub(super) fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// The workspace of every task.
    pub(super) fn workspace(&self) -> PathBuf {
        self.folder.join("workspace")
    }

    fn user(&self) -> PathBuf {
        self.folder.join("user")
    }
}

pub(super) fn ids(filter: &str, format: &str) -> Result<String> {
    let mut docker = Command::new("docker");
    docker.args(["ps", "--all", "--no-trunc", "--filter", filter]);
    process::output(docker.args(["--format", format]))
}

/// The ids in a listing of id and directory whose directory is `folder` or below it.
pub(super) fn matching(listing: &str, folder: &Path) -> Vec<String> {
    let rows = listing.lines().filter_map(|line| line.split_once(' '));
    let ours = rows.filter(|(_, directory)| Path::new(directory).starts_with(folder));
    ours.map(|(id, _)| id.to_owned()).collect()
}
