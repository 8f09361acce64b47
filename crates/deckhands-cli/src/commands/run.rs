//! `run`: one task to its end.

mod plan;
mod replay;

use deckhands_config::{ModelWay, Profile, Settings};
use deckhands_model::{Cause, RunReport, TaskId};
use deckhands_orchestration::{
    Clock, IdSource, RunFailure, SystemClock, SystemIds, TaskRequest, check_provider, not_started,
    simulated,
};
use deckhands_runtime::RuntimeErrorKind;
use deckhands_runtime::docker::ConnectError;

use super::{choice, task};
use crate::args::{Global, RunArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::exit_code;
use crate::progress::Progress;
use crate::signals::Signals;
use crate::summary::summary;
use crate::wiring;

/// Said at the start of every run that takes this risk.
pub(super) const SOCKET_RISK: &str =
    "profile `socket`: OpenHands may use the Docker socket, which is root on this machine";

/// Said, too, where this one is taken.
const DIRECT_RISK: &str = "`model.way` is `direct`: the provider's key is in the environment of \
                           OpenHands' container";

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &RunArgs, console: &Console) -> Result<u8, CliError> {
    let replay = args.replay.as_deref().map(replay::read).transpose()?;
    let (settings, text) = task::read(global, &args.task, args.routes.as_deref(), &source(args))?;
    task::tell_notes(&settings, console);
    let mut request = TaskRequest {
        replay,
        ..wiring::request(&settings, text, task::policy(&args.task, &settings))
    };
    request.money.prices = choice::prices()?;
    check_provider(&request)?;
    if args.dry_run {
        return plan::show(&settings, &request, console);
    }
    let report = if args.simulate {
        let report = simulated(&request, new_task(), SystemClock.now());
        (report, None)
    } else {
        require_model(&settings, &request)?;
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

/// There is a key for the model, or a recording in its place.
fn require_model(settings: &Settings, request: &TaskRequest) -> Result<(), CliError> {
    if request.replay.is_none() {
        return super::engine::require_key(settings);
    }
    if settings.way.value == ModelWay::Direct {
        return Err(CliError::usage(
            "`--replay` needs the gateway, and with `model.way` = `direct` the agent calls its provider itself",
            "leave `model.way` out, so that the calls go by the gateway",
        ));
    }
    Ok(())
}

/// Where the task's text is.
fn source(args: &RunArgs) -> task::Source<'_> {
    task::Source {
        command: "run",
        file: args.file.as_deref(),
        text: args.text.as_deref(),
    }
}

/// Runs the task under the watch for signals.
async fn carry_out(
    settings: &Settings,
    request: &TaskRequest,
    console: &Console,
) -> Result<(RunReport, Option<u8>), CliError> {
    let signals = Signals::default();
    let watch = signals.watch()?;
    let progress = Progress::new(*console);
    let interrupted = || progress.say("cancelling: removing containers (again to stop at once)");
    let work = async {
        let home = wiring::home(settings)?;
        let wired = match wiring::connect(settings).await {
            Ok(wired) => wired,
            Err(error) => return Ok::<_, CliError>(unconnected(request, &error)),
        };
        let mut request = request.clone();
        if request.money.per_day.is_some() {
            request.money.book = Some(wiring::store(&home)?);
        }
        Ok(wiring::runner(settings, wired, home)
            .run(&request, &progress, &signals.cancel)
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
