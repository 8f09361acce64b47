//! `doctor`: is everything ready for a run? Each line says ok, warn or fail, with a hint.

mod checks;
mod shared_files;

use deckhands_config::{Flags, Key, Profile};
use deckhands_orchestration::Home;
use owo_colors::OwoColorize;
use serde::Serialize;

use crate::args::{DoctorArgs, Global};
use crate::console::Console;
use crate::error::CliError;
use crate::exit_code;
use crate::{shown, wiring};

/// How a check came out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Ready.
    Ok,
    /// Works, but worth a look.
    Warn,
    /// A run would fail.
    Fail,
}

/// One line of the examination.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Check {
    name: &'static str,
    status: Status,
    message: String,
    hint: Option<String>,
}

/// What was learned about the daemon.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct DockerFacts {
    endpoint: Option<String>,
    version: Option<String>,
    api_version: Option<String>,
    bridge_gateway: Option<String>,
}

/// The whole examination.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Examination {
    ok: bool,
    checks: Vec<Check>,
    docker: DockerFacts,
}

const MANAGED: &str = "\
profile `managed`: OpenHands' program runs in one container (the app), the agent's commands in a
second one (the sandbox). Deckhands makes both.
  allowed:
  - the app reaches one socket of ours, and through it its model and its sandbox; nothing else.
  - the sandbox reads and writes a private copy of the workspace and its own /tmp.
  - both run as you, so that every file stays yours, and need no right of root:
    no capabilities, no new privileges, a read-only root, an init process, bounded memory,
    processors, processes and disk.
  - your workspace is changed only by us, after every check accepted the result.
  not there:
  - no Docker socket, no published port, no path of yours but the attempt's own directories.
  - no network, in neither container; `--network open` gives both a bridge network of their own on
    which nobody else is, and then the agent's commands reach every host that this machine reaches.
  - no key of a provider: the app has a token that only this attempt's socket takes, and only until
    the attempt ends. The sandbox does not have even that.
  known limits:
  - agent and program share a loopback; the agent can keep its own program from working.
  - without root `apt-get` does not work in the sandbox; `pip install --user` does, with a network.
";

const SOCKET: &str = "\
profile `socket`: OpenHands' own form. Its program runs in one container and starts a second one,
the sandbox, in which every command of the agent runs.
  - the program's container has the Docker socket: whoever controls it is root on this machine.
    It runs no command of the agent. It calls its model through one socket of ours, with a token
    that ends with the attempt; with `model.way = direct` it calls the provider itself, and then the
    provider's key is in its environment.
  - the sandbox has a private copy of the workspace, no key, memory, processor and process limits,
    and its ports on the bridge address only. Its commands can reach the network.
  - your workspace is changed only by us, after every check accepted the result.
";

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &DoctorArgs, console: &Console) -> Result<u8, CliError> {
    let mut flags = Flags::new();
    if let Some(model) = &args.model {
        flags = flags.with(Key::Model, "--model", model.as_str());
    }
    let settings = wiring::settings(global, flags)?;
    let home: Result<Home, CliError> = wiring::home(&settings);
    let examination = wiring::block_on(checks::examine(&settings, home))?;
    if console.json {
        console.document(&examination);
    } else {
        tell(&examination, console);
        if args.explain_sandbox {
            let text = match settings.profile.value {
                Profile::Socket => SOCKET,
                _ => MANAGED,
            };
            console.data(&format!("\n{text}"));
        }
    }
    Ok(if examination.ok {
        exit_code::OK
    } else {
        exit_code::ENVIRONMENT
    })
}

fn tell(examination: &Examination, console: &Console) {
    for check in &examination.checks {
        let mark = match check.status {
            Status::Ok => "ok  ".green().to_string(),
            Status::Warn => "warn".yellow().to_string(),
            Status::Fail => "fail".red().bold().to_string(),
        };
        let message = shown::indented(&check.message);
        console.data(&format!("{mark} {:<12} {message}\n", check.name));
        if let Some(hint) = &check.hint {
            console.data(&format!("                  hint: {hint}\n"));
        }
    }
}

impl Check {
    fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Ok,
            message: message.into(),
            hint: None,
        }
    }

    fn warn(name: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Warn,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }

    fn fail(name: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            name,
            status: Status::Fail,
            message: message.into(),
            hint: Some(hint.into()),
        }
    }
}

impl Examination {
    fn of(checks: Vec<Check>, docker: DockerFacts) -> Self {
        Self {
            ok: checks.iter().all(|c| c.status != Status::Fail),
            checks,
            docker,
        }
    }
}
