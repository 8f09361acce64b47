//! `run`: one task to its end.

mod input;
mod plan;

use deckhands_config::{Flags, Key, ModelWay, Profile, Settings};
use deckhands_model::{Cause, RunReport, TaskId, TaskText};
use deckhands_orchestration::{
    Clock, IdSource, Policy, RunFailure, SystemClock, SystemIds, TaskRequest, check_provider,
    is_delicate, not_started, simulated,
};
use deckhands_runtime::RuntimeErrorKind;
use deckhands_runtime::docker::ConnectError;

use crate::args::{Global, RunArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::exit_code;
use crate::progress::Progress;
use crate::shown;
use crate::signals::Signals;
use crate::summary::summary;
use crate::wiring;

/// Said at the start of every run that takes this risk.
const SOCKET_RISK: &str =
    "profile `socket`: OpenHands may use the Docker socket, which is root on this machine";

/// Said, too, where this one is taken.
const DIRECT_RISK: &str = "`model.way` is `direct`: the provider's key is in the environment of \
                           OpenHands' container";

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &RunArgs, console: &Console) -> Result<u8, CliError> {
    refuse_replay(args)?;
    let settings = wiring::settings(global, flags(args))?;
    refuse_unenforceable(args, settings.profile.value)?;
    let text = input::text(args)?;
    guard_workspace(args, &settings)?;
    settings
        .notes
        .iter()
        .for_each(|note| console.note(&format!("note: {}", shown::indented(note))));
    let request = wiring::request(&settings, text, policy(args, &settings));
    check_provider(&request)?;
    if args.dry_run {
        return plan::show(&settings, &request, console);
    }
    let report = if args.simulate {
        let report = simulated(&request, new_task(), SystemClock.now());
        (report, None)
    } else {
        settings.require_key().map_err(|missing| {
            CliError::usage(missing.to_string(), missing.hint().unwrap_or_default())
        })?;
        if settings.profile.value == Profile::Socket {
            console.note(SOCKET_RISK);
        }
        if settings.way.value == ModelWay::Direct {
            console.note(DIRECT_RISK);
        }
        wiring::block_on(carry_out(&settings, &request, console))??
    };
    Ok(tell(&report.0, report.1, console))
}

/// Runs the task under the watch for signals.
async fn carry_out(
    settings: &Settings,
    request: &TaskRequest,
    console: &Console,
) -> Result<(RunReport, Option<u8>), CliError> {
    let signals = Signals::default();
    let watch = signals.watch().map_err(|error| {
        CliError::environment(
            &error,
            "the system refuses to tell about signals: run it again",
        )
    })?;
    let progress = Progress::new(*console);
    let interrupted = || progress.say("cancelling: removing containers (again to stop at once)");
    let work = async {
        let home = wiring::home(settings)?;
        let wired = match wiring::connect(settings).await {
            Ok(wired) => wired,
            Err(error) => return Ok::<_, CliError>(unconnected(request, &error)),
        };
        Ok(wiring::runner(wired, home)
            .run(request, &progress, &signals.cancel)
            .await)
    };
    let outcome = tokio::select! {
        biased;
        code = watch.second(interrupted) => {
            progress.finish();
            let hint = "deckhands reap".to_owned();
            return Err(CliError::new(code, "stopped at once; containers may be left", Some(hint)));
        }
        report = work => report,
    };
    progress.finish();
    Ok((outcome?, signals.code()))
}

/// A daemon that cannot be reached is how this task ended.
fn unconnected(request: &TaskRequest, error: &ConnectError) -> RunReport {
    let told = wiring::no_docker(error).0;
    let cause = match error.kind() {
        RuntimeErrorKind::Denied => Cause::PermissionDenied,
        _ => Cause::DaemonUnreachable,
    };
    let failure = RunFailure {
        cause,
        message: told.message,
        causes: told.causes,
        hint: told.hint,
    };
    not_started(request, new_task(), SystemClock.now(), failure)
}

fn new_task() -> TaskId {
    TaskId::from_random(SystemIds.random())
}

fn tell(report: &RunReport, signal: Option<u8>, console: &Console) -> u8 {
    if console.json {
        console.document(report);
    } else {
        console.data(&summary(report));
    }
    exit_code::of_report(report, signal)
}

/// The flags as settings.
fn flags(args: &RunArgs) -> Flags {
    let workspace = args
        .workspace
        .as_ref()
        .map(|w| w.to_string_lossy().into_owned());
    let given = [
        (Key::Model, "--model", &args.model),
        (Key::Workspace, "--workspace", &workspace),
        (Key::Work, "--timeout", &args.timeout),
        (Key::Iterations, "--max-iterations", &args.max_iterations),
        (Key::Memory, "--memory", &args.memory),
        (Key::Cpus, "--cpus", &args.cpus),
        (Key::Disk, "--max-disk", &args.max_disk),
        (Key::Profile, "--profile", &args.profile),
        (Key::Network, "--network", &args.network),
    ];
    let mut flags = Flags::new();
    for (key, name, value) in given {
        if let Some(value) = value {
            flags = flags.with(key, name, value.as_str());
        }
    }
    if args.include_ignored {
        flags = flags.with(Key::IncludeIgnored, "--include-ignored", "true");
    }
    if !args.check.is_empty() {
        flags = flags.with_list(Key::Checks, "--check", args.check.clone());
    }
    flags
}

fn policy(args: &RunArgs, settings: &Settings) -> Policy {
    Policy {
        allow_no_change: args.allow_no_change,
        include_ignored: settings.include_ignored.value,
        apply: !args.no_apply,
        keep: args.keep,
        any_size: args.yes,
        unproved_version: args.unproved_version,
    }
}

/// Bounds that nothing in this profile can hold are refused, not ignored.
fn refuse_unenforceable(args: &RunArgs, profile: Profile) -> Result<(), CliError> {
    let disk = args
        .max_disk
        .as_ref()
        .filter(|_| profile == Profile::Socket);
    let flag = match (&args.max_cost, disk) {
        (Some(_), _) => "--max-cost",
        (None, Some(_)) => "--max-disk",
        (None, None) => return Ok(()),
    };
    Err(CliError::usage(
        format!("`{flag}` cannot be held in profile `{profile}`"),
        format!("leave `{flag}` out; bound the work with --timeout and --max-iterations"),
    ))
}

/// Recorded runs cannot be played yet.
fn refuse_replay(args: &RunArgs) -> Result<(), CliError> {
    match &args.replay {
        Some(_) => Err(CliError::usage(
            "`--replay` comes with a later version: this one cannot play a recorded run",
            "leave `--replay` out; `--simulate` ends without an agent, too",
        )),
        None => Ok(()),
    }
}

/// `/` and the home directory need the user's word.
fn guard_workspace(args: &RunArgs, settings: &Settings) -> Result<(), CliError> {
    let workspace = &settings.workspace.value;
    if !workspace.is_dir() {
        return Err(CliError::usage(
            format!("the workspace `{}` is not a directory", workspace.display()),
            "name an existing directory with --workspace DIR",
        ));
    }
    let home = wiring::directories_home();
    if !args.yes && is_delicate(workspace, home.as_deref()) {
        return Err(CliError::usage(
            format!(
                "the workspace `{}` is the root or your home directory",
                workspace.display()
            ),
            "name a project with --workspace DIR, or say --yes",
        ));
    }
    Ok(())
}

/// A task text, or the usage error that says what is wrong with it.
fn task_text(text: String) -> Result<TaskText, CliError> {
    TaskText::try_new(text)
        .map_err(|error| CliError::usage(error.to_string(), "deckhands run --help"))
}

#[cfg(test)]
mod tests;
