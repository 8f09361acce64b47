//! From a request to a created app container, with the proof that the daemon sees our files.

use std::fs;
use std::io;
use std::net::IpAddr;

use bytes::Bytes;
use deckhands_agent::{AgentDirs, Launch, LaunchRequest, SocketAccess};
use deckhands_model::Cause;
use deckhands_runtime::{ContainerId, RuntimeError, RuntimeErrorKind};
use futures::{StreamExt, TryStreamExt};

use super::AttemptCtx;
use crate::failure::RunFailure;
use crate::images::by_digest;
use crate::ports::Ports;

/// The daemon's default bridge, on which a sandbox's ports are bound.
const BRIDGE: &str = "bridge";

/// Longest probe answer that is read.
const MAX_PROBE: usize = 64 << 10;

/// Everything of an attempt that exists before the app starts.
pub(crate) struct Prepared {
    pub(crate) launch: Launch,
    pub(crate) app: ContainerId,
}

/// The host's address on the daemon's default bridge.
///
/// # Errors
/// [`RunFailure`] where the daemon has no such network or does not tell an address.
pub(crate) async fn bridge_address(ports: &Ports) -> Result<IpAddr, RunFailure> {
    let network = ports.networks.inspect(BRIDGE).await?;
    let text = || format!("the daemon's network `{BRIDGE}` has no address for this host");
    network
        .gateway
        .ok_or_else(|| RunFailure::new(Cause::Unknown, text()))
}

/// Translates the request, creates the app container and proves that the daemon sees our files.
///
/// # Errors
/// [`RunFailure`]; whatever was created carries the attempt's labels.
pub(crate) async fn prepare(ctx: &AttemptCtx<'_>) -> Result<Prepared, RunFailure> {
    let dirs = ctx.dir.agent_dirs();
    let nonce = ctx.id.session_name();
    write_input(ctx, &dirs, &nonce)
        .map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error))?;
    let bridge = bridge_address(ctx.ports).await?;
    let request = launch_request(ctx, dirs, bridge);
    let launch = ctx
        .adapter
        .launch(&request)
        .map_err(|error| RunFailure::of_error(Cause::BadInput, &error))?;
    let app = ctx
        .owned
        .create(launch.app.clone())
        .await
        .map_err(not_shared_or)?;
    prove_shared_files(ctx, &launch, &app, &nonce).await?;
    Ok(Prepared { launch, app })
}

/// What the adapter is asked for.
pub(crate) fn launch_request(
    ctx: &AttemptCtx<'_>,
    dirs: AgentDirs,
    bridge: IpAddr,
) -> LaunchRequest {
    LaunchRequest {
        attempt: ctx.id,
        model: ctx.request.model.clone(),
        api_key: ctx.request.api_key.clone(),
        base_url: ctx.request.base_url.clone(),
        app_image: by_digest(&ctx.app_image),
        sandbox_image: by_digest(&ctx.sandbox_image),
        limits: ctx.request.limits.clone(),
        dirs,
        socket: SocketAccess {
            socket: ctx.request.docker_socket.clone(),
            bridge,
        },
        retry: ctx.request.retry,
        labels: ctx.owned.labels().clone(),
    }
}

/// Name of the file by which the daemon shows that it sees our files.
fn probe_name(nonce: &str) -> String {
    format!("probe-{nonce}")
}

fn write_input(ctx: &AttemptCtx<'_>, dirs: &AgentDirs, nonce: &str) -> io::Result<()> {
    fs::write(
        dirs.input.join(AgentDirs::TASK_FILE),
        ctx.request.text.as_str(),
    )?;
    fs::write(dirs.input.join(probe_name(nonce)), nonce)
}

/// Reads a fresh file through the container's bind mount, as the daemon sees it.
async fn prove_shared_files(
    ctx: &AttemptCtx<'_>,
    launch: &Launch,
    app: &ContainerId,
    nonce: &str,
) -> Result<(), RunFailure> {
    let dirs = ctx.dir.agent_dirs();
    let Some(mount) = launch.app.mounts.iter().find(|m| m.source == dirs.input) else {
        return Err(RunFailure::new(
            Cause::Unknown,
            "the agent's container has no input directory",
        ));
    };
    let path = format!("{}/{}", mount.target, probe_name(nonce));
    let stream = match ctx.ports.containers.get_archive(app, &path).await {
        Ok(stream) => stream,
        Err(error) if error.is_not_found() => return Err(not_shared(ctx)),
        Err(error) => return Err(error.into()),
    };
    let seen = stream
        .take(16)
        .try_fold(Vec::new(), |mut all: Vec<u8>, piece: Bytes| async move {
            all.extend(piece.iter().take(MAX_PROBE));
            Ok(all)
        })
        .await?;
    let content = first_file(&seen).unwrap_or_default();
    let _ = fs::remove_file(dirs.input.join(probe_name(nonce)));
    if content == nonce.as_bytes() {
        Ok(())
    } else {
        Err(not_shared(ctx))
    }
}

/// Content of the first file of a tar archive.
fn first_file(archive: &[u8]) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(archive);
    let mut entry = archive.entries().ok()?.next()?.ok()?;
    let mut content = Vec::new();
    io::Read::read_to_end(&mut entry, &mut content).ok()?;
    Some(content)
}

fn not_shared(ctx: &AttemptCtx<'_>) -> RunFailure {
    let dir = ctx.dir.root().display();
    let text = format!("the Docker daemon does not see this machine's files (tried `{dir}`)");
    RunFailure::new(Cause::DaemonUnreachable, text).with_hint(
        "use a daemon on this machine, or put the state directory on a path it shares (--home)",
    )
}

/// A missing mount source means that the daemon looks at other files than we do.
fn not_shared_or(error: RuntimeError) -> RunFailure {
    let missing_source = error.kind == RuntimeErrorKind::InvalidSpec
        && error
            .message
            .as_deref()
            .is_some_and(|m| m.contains("bind source path does not exist"));
    let failure = RunFailure::from(&error);
    if !missing_source {
        return failure;
    }
    let text = "the Docker daemon does not see this machine's files";
    RunFailure {
        causes: vec![error.to_string()],
        ..RunFailure::new(Cause::DaemonUnreachable, text)
    }
    .with_hint(
        "use a daemon on this machine, or put the state directory on a path it shares (--home)",
    )
}
