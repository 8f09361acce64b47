//! The prototype's way: OpenHands' app in a plain `docker run`, with the Docker socket in it.

use std::process::Command;

use anyhow::{Context, Result};

use super::Ran;
use super::provider::{KEY, MODEL, Provider};
use super::stage::{Places, SESSION, Stage, quietly, remove_prototype};
use crate::bench::now;
use crate::image;

/// Where the daemon's socket is on the host and in the app.
const SOCKET: &str = "/var/run/docker.sock:/var/run/docker.sock";

/// One task, from the start of the command to its end; removing the sandbox, which is left behind,
/// is not counted.
pub(super) fn run(stage: &Stage, number: u32) -> Result<Ran> {
    let places = stage.places(&format!("prototype-{number}"))?;
    let provider = Provider::start(stage)?;
    let task = std::fs::read_to_string(&stage.task).context("read the task")?;
    let mut command = command(&places, &provider.url(), number);
    command.args(["-t", &task]);
    let began = now();
    let ended = quietly(&mut command);
    let total = began.elapsed();
    remove_prototype(Some(number))?;
    ended.context("the prototype's command")?;
    places.done()?;
    let steps = provider.steps()?;
    Ok(Ran { total, steps })
}

/// The command up to the task.
fn command(places: &Places, url: &str, number: u32) -> Command {
    let name = format!("{SESSION}-{number}");
    let [app, sandbox] = image::IMAGES;
    let volumes = format!("{}:/workspace:rw", places.workspace.display());
    let home = format!("{}:/.openhands", places.agent_home.display());
    let env = [
        ("RUNTIME", "docker"),
        ("SANDBOX_RUNTIME_CONTAINER_IMAGE", sandbox),
        ("SANDBOX_USER_ID", "0"),
        ("SANDBOX_VOLUMES", &volumes),
        ("LLM_API_KEY", KEY),
        ("LLM_MODEL", MODEL),
        ("LLM_BASE_URL", url),
        ("LOG_ALL_EVENTS", "true"),
        // As the product has them: no price list is looked up online, no browser is waited for.
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        ("ENABLE_BROWSER", "false"),
        ("AGENT_ENABLE_BROWSING", "false"),
    ];
    let mut docker = Command::new("docker");
    docker.args(["run", "--rm", "--name", &name]);
    docker.args(["--add-host", "host.docker.internal:host-gateway"]);
    docker.args(["--volume", SOCKET, "--volume", &home]);
    for (key, value) in env {
        docker.args(["--env", &format!("{key}={value}")]);
    }
    docker.args([app, "python", "-m", "openhands.core.main", "-n", &name]);
    docker
}
