//! Judges a result: what changed, and whether every check accepts it.
//!
//! A check runs in a fresh container of the sandbox image, without network, as the caller, over
//! what a promotion would make of the workspace. Nothing the agent wrote is executed on the host.

use std::time::Duration;

use deckhands_agent::clean_text;
use deckhands_model::{ByteSize, Cause, Finding, Limits, Severity, Verdict};
use deckhands_runtime::{
    ContainerName, ContainerSpec, Hardening, Mount, MountAccess, NetworkMode, OutputStream,
    ResourceLimits, SecretEnv, UserSpec,
};
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::attempt_dir::remove_tree;
use crate::failure::RunFailure;
use crate::images::by_digest;
use crate::labels;
use crate::worker::AttemptCtx;
use crate::workspace::{ChangeSet, CopyError, Manifest, check_tree};

/// Bytes of a failing check's output that a finding keeps: its end.
const KEPT_OUTPUT: usize = 4 << 10;

/// Name of the rule that a finished task must have changed something.
pub(crate) const EMPTY_CHANGE: &str = "empty_change";

/// How a check ended.
enum Checked {
    /// It accepts.
    Accepted,
    /// It does not, and said this.
    Refused(String),
    /// The checks' time was up.
    Late,
    /// The user ended the task.
    Cancelled,
}

/// Carries out every rule over a finished attempt's change of a tree that was `before`. A rule that
/// does not hold is a finding. `None` where the user ended the task; nothing works on then.
pub(crate) async fn judge(
    ctx: &AttemptCtx<'_>,
    before: &Manifest,
    change: &ChangeSet,
) -> Option<Verdict> {
    let mut findings = change.findings();
    if findings.iter().any(is_error) {
        // What would be promoted is not what the agent made: there is nothing to be checked.
        return Some(Verdict::Rejected(findings));
    }
    if change.is_empty() && !ctx.request.policy.allow_no_change {
        findings.push(Finding {
            severity: Severity::Error,
            check: EMPTY_CHANGE.to_owned(),
            message: "the agent says it finished, but the workspace is unchanged".to_owned(),
        });
        return Some(Verdict::Rejected(findings));
    }
    let deadline = Instant::now() + ctx.request.deadlines.checks;
    for (number, command) in ctx.request.checks.iter().enumerate() {
        let finding = |message| Finding {
            severity: Severity::Error,
            check: command.clone(),
            message,
        };
        match run_check(ctx, number, (before, change), deadline).await {
            Ok(Checked::Accepted) => {}
            Ok(Checked::Refused(said)) => findings.push(finding(said)),
            Ok(Checked::Cancelled) => return None,
            Ok(Checked::Late) => {
                findings.push(finding(late(ctx.request.deadlines.checks)));
                return Some(Verdict::Rejected(findings));
            }
            Err(failure) => {
                let causes = failure.causes.join(": ");
                let message = format!("could not be run: {}: {causes}", failure.message);
                findings.push(finding(message));
                return Some(Verdict::Inconclusive(findings));
            }
        }
    }
    Some(if findings.iter().any(is_error) {
        Verdict::Rejected(findings)
    } else {
        Verdict::Accepted(findings)
    })
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

fn late(deadline: Duration) -> String {
    format!("the checks did not end within {} s", deadline.as_secs())
}

/// Runs one check over a tree of its own.
async fn run_check(
    ctx: &AttemptCtx<'_>,
    number: usize,
    (before, change): (&Manifest, &ChangeSet),
    deadline: Instant,
) -> Result<Checked, RunFailure> {
    let (from, to) = (ctx.dir.agent_dirs().workspace, ctx.dir.check_dir());
    let (before, change) = (before.clone(), change.clone());
    let copied = until_stopped(&ctx.halt.cancel, deadline, move |stop| {
        remove_tree(&to).map_err(|source| CopyError::Io {
            path: to.clone(),
            source,
        })?;
        check_tree(&from, &to, (&before, &change), &|| stop.is_cancelled())
    });
    match copied.await? {
        Ok(()) => {}
        Err(CopyError::Stopped) if ctx.halt.cancel.is_cancelled() => return Ok(Checked::Cancelled),
        Err(CopyError::Stopped) => return Ok(Checked::Late),
        Err(error) => return Err(RunFailure::of_error(Cause::HostDiskFull, &error)),
    }
    let ran = timeout_at(deadline, run_container(ctx, number));
    match ctx.halt.cancel.run_until_cancelled(ran).await {
        Some(ran) => ran.unwrap_or(Ok(Checked::Late)),
        None => Ok(Checked::Cancelled),
    }
}

/// Runs file work that is told to stop when the time is up or the user ends the task. The work has
/// ended in any case when this returns; where the future is dropped, it ends soon after.
async fn until_stopped<T: Send + 'static>(
    cancel: &CancellationToken,
    deadline: Instant,
    work: impl FnOnce(CancellationToken) -> T + Send + 'static,
) -> Result<T, RunFailure> {
    let stop = cancel.child_token();
    let _stop_when_dropped = stop.clone().drop_guard();
    let given = stop.clone();
    let mut work = tokio::task::spawn_blocking(move || work(given));
    let joined = match timeout_at(deadline, &mut work).await {
        Ok(joined) => joined,
        Err(_elapsed) => {
            stop.cancel();
            work.await
        }
    };
    joined.map_err(|error| RunFailure::of_error(Cause::Unknown, &error))
}

async fn run_container(ctx: &AttemptCtx<'_>, number: usize) -> Result<Checked, RunFailure> {
    let containers = ctx.ports.containers.as_ref();
    let command = &ctx.request.checks[number];
    let id = ctx.owned.create(spec(ctx, number, command)).await?;
    let output = containers.attach(&id).await?;
    containers.start(&id).await?;
    let said = tail_of(output).await;
    let status = containers.wait(&id).await?;
    containers.remove(&id).await?;
    if status.code == 0 {
        return Ok(Checked::Accepted);
    }
    let said = format!("exit code {}\n{said}", status.code);
    Ok(Checked::Refused(said.trim().to_owned()))
}

/// The end of an output, bounded and safe for a terminal: it may be text of the agent's.
async fn tail_of(mut output: OutputStream) -> String {
    let mut kept = Vec::new();
    while let Some(Ok(chunk)) = output.next().await {
        kept.extend_from_slice(&chunk.bytes);
        let surplus = kept.len().saturating_sub(KEPT_OUTPUT);
        kept.drain(..surplus);
    }
    // A byte that is no UTF-8 becomes a character of three.
    clean_text(&String::from_utf8_lossy(&kept), 3 * KEPT_OUTPUT)
}

fn spec(ctx: &AttemptCtx<'_>, number: usize, command: &str) -> ContainerSpec {
    let limits: &Limits = &ctx.request.limits;
    ContainerSpec {
        name: ContainerName(ctx.id.object_name(&format!("check{number}"))),
        image: by_digest(&ctx.sandbox_image),
        entrypoint: Some(vec!["sh".to_owned(), "-c".to_owned()]),
        command: vec![command.to_owned()],
        env: vec![("HOME".to_owned(), SecretEnv::plain("/tmp"))],
        working_dir: Some("/workspace".to_owned()),
        user: UserSpec::Ids {
            uid: rustix::process::getuid().as_raw(),
            gid: rustix::process::getgid().as_raw(),
        },
        labels: [(labels::ROLE.to_owned(), "check".to_owned())].into(),
        mounts: vec![Mount {
            source: ctx.dir.check_dir(),
            target: "/workspace".to_owned(),
            access: MountAccess::ReadWrite,
        }],
        hosts: Vec::new(),
        network: NetworkMode::None,
        limits: ResourceLimits {
            memory: Some(limits.memory),
            milli_cpus: Some(limits.milli_cpus),
            processes: Some(limits.processes),
            kept_log: ByteSize::mebibytes(1),
            scratch: None,
        },
        hardening: Hardening {
            drop_capabilities: true,
            no_new_privileges: true,
            read_only_root: false,
            init: true,
        },
    }
}

#[cfg(test)]
mod tests;
