//! Judges a result: what changed, and whether every check accepts it.
//!
//! A check runs in a fresh container of the sandbox image, without network, as the caller, over
//! a copy of the result. Nothing the agent wrote is executed on the host.

use std::time::Duration;

use deckhands_model::{ByteSize, Finding, Limits, Severity, Verdict};
use deckhands_runtime::{
    ContainerName, ContainerSpec, Hardening, Mount, MountAccess, NetworkMode, OutputStream,
    ResourceLimits, SecretEnv, UserSpec,
};
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::attempt_dir::remove_tree;
use crate::failure::RunFailure;
use crate::images::by_digest;
use crate::labels;
use crate::worker::AttemptCtx;
use crate::workspace::{ChangeSet, copy_tree};

/// Bytes of a failing check's output that a finding keeps: its end.
const KEPT_OUTPUT: usize = 4 << 10;

/// Name of the rule that a finished task must have changed something.
pub(crate) const EMPTY_CHANGE: &str = "empty_change";

/// Carries out every rule over a finished attempt's change.
///
/// # Errors
/// Never for a rule that does not hold; that is a finding.
pub(crate) async fn judge(ctx: &AttemptCtx<'_>, change: &ChangeSet) -> Verdict {
    let mut findings = change.findings();
    if change.is_empty() && !ctx.request.policy.allow_no_change {
        findings.push(Finding {
            severity: Severity::Error,
            check: EMPTY_CHANGE.to_owned(),
            message: "the agent says it finished, but the workspace is unchanged".to_owned(),
        });
        return Verdict::Rejected(findings);
    }
    let deadline = Instant::now() + ctx.request.deadlines.checks;
    for (number, command) in ctx.request.checks.iter().enumerate() {
        let result = timeout_at(deadline, run_check(ctx, number, command)).await;
        let finding = |message| Finding {
            severity: Severity::Error,
            check: command.clone(),
            message,
        };
        match result {
            Ok(Ok(None)) => {}
            Ok(Ok(Some(message))) => findings.push(finding(message)),
            Ok(Err(failure)) => {
                let causes = failure.causes.join(": ");
                findings.push(finding(format!(
                    "could not be run: {}: {causes}",
                    failure.message
                )));
                return Verdict::Inconclusive(findings);
            }
            Err(_elapsed) => {
                findings.push(finding(late(ctx.request.deadlines.checks)));
                return Verdict::Rejected(findings);
            }
        }
    }
    if findings.iter().any(|f| f.severity == Severity::Error) {
        Verdict::Rejected(findings)
    } else {
        Verdict::Accepted(findings)
    }
}

fn late(deadline: Duration) -> String {
    format!("the checks did not end within {} s", deadline.as_secs())
}

/// Runs one check. `None` accepts; otherwise what it said.
async fn run_check(
    ctx: &AttemptCtx<'_>,
    number: usize,
    command: &str,
) -> Result<Option<String>, RunFailure> {
    let copy = ctx.dir.check_dir();
    let (from, to) = (ctx.dir.agent_dirs().workspace, copy.clone());
    let copied = tokio::task::spawn_blocking(move || {
        remove_tree(&to)
            .map_err(|e| RunFailure::of_error(deckhands_model::Cause::HostDiskFull, &e))?;
        copy_tree(&from, &to)
            .map_err(|e| RunFailure::of_error(deckhands_model::Cause::HostDiskFull, &e))
    });
    copied
        .await
        .map_err(|e| RunFailure::of_error(deckhands_model::Cause::Unknown, &e))??;
    let containers = ctx.ports.containers.as_ref();
    let id = ctx.owned.create(spec(ctx, number, command)).await?;
    let output = containers.attach(&id).await?;
    containers.start(&id).await?;
    let said = tail_of(output).await;
    let status = containers.wait(&id).await?;
    containers.remove(&id).await?;
    Ok((status.code != 0).then(|| {
        format!("exit code {}\n{said}", status.code)
            .trim()
            .to_owned()
    }))
}

/// The end of an output, bounded.
async fn tail_of(mut output: OutputStream) -> String {
    let mut kept = Vec::new();
    while let Some(Ok(chunk)) = output.next().await {
        kept.extend_from_slice(&chunk.bytes);
        let surplus = kept.len().saturating_sub(KEPT_OUTPUT);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
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
        },
        hardening: Hardening {
            drop_capabilities: true,
            no_new_privileges: true,
            read_only_root: false,
            init: true,
        },
    }
}
