//! From a request to a created app container that sees our files.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use deckhands_agent::{AgentDirs, Launch, LaunchRequest, LlmAccess, SocketAccess, Walls};
use deckhands_model::{Cause, Profile};
use deckhands_runtime::ContainerId;

use super::AttemptCtx;
use super::managed::{self, Keys, Managed};
use crate::failure::RunFailure;
use crate::images::by_digest;
use crate::ports::Ports;
use crate::shared_files::{Probe, not_shared_or};

/// The daemon's default bridge, on which a sandbox's ports are bound.
const BRIDGE: &str = "bridge";

/// Everything of an attempt that exists before the app starts.
pub(crate) struct Prepared {
    pub(crate) launch: Launch,
    pub(crate) app: ContainerId,
    /// In profile `managed`.
    pub(crate) managed: Option<Managed>,
}

/// Translates the request, creates the app container and proves that the daemon sees our files.
///
/// # Errors
/// [`RunFailure`]; whatever was created carries the attempt's labels.
pub(crate) async fn prepare(ctx: &AttemptCtx<'_>) -> Result<Prepared, RunFailure> {
    let dirs = ctx.dir.agent_dirs();
    let task = dirs.input.join(AgentDirs::TASK_FILE);
    write_readable(&task, ctx.request.text.as_str())
        .map_err(|error| RunFailure::of_error(Cause::HostDiskFull, &error))?;
    let probe = Probe::write(&dirs.input, ctx.id.session_name())?;
    let (launch, managed) = launch(ctx).await?;
    let Some(mount) = launch
        .app
        .mounts
        .iter()
        .find(|m| m.source == dirs.input)
        .cloned()
    else {
        return Err(RunFailure::new(
            Cause::Unknown,
            "the agent's container has no input directory",
        ));
    };
    let app = ctx
        .owned
        .create(launch.app.clone())
        .await
        .map_err(not_shared_or)?;
    probe
        .read_back(ctx.ports.containers.as_ref(), &app, &mount)
        .await?;
    Ok(Prepared {
        launch,
        app,
        managed,
    })
}

/// Writes a file that the agent's program can read whatever the caller's umask is.
fn write_readable(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

/// What the adapter makes of the request, and what stands ready beside it.
async fn launch(ctx: &AttemptCtx<'_>) -> Result<(Launch, Option<Managed>), RunFailure> {
    if ctx.request.profile != Profile::Managed {
        let walls = Walls::Socket(SocketAccess {
            socket: ctx.request.docker_socket.clone(),
            bridge: bridge_address(ctx.ports).await?,
        });
        let llm = LlmAccess::Direct {
            api_key: ctx.request.api_key.clone(),
            base_url: ctx.request.base_url.clone(),
        };
        return Ok((translated(ctx, llm, walls)?, None));
    }
    let keys = Keys::draw(ctx);
    let (llm, access) = managed::access(ctx, &keys).await?;
    let launch = translated(ctx, llm, Walls::Managed(access))?;
    let managed = Managed::open(ctx, keys, &launch)?;
    Ok((launch, Some(managed)))
}

/// The host's address on the daemon's default bridge.
async fn bridge_address(ports: &Ports) -> Result<IpAddr, RunFailure> {
    let network = ports.networks.inspect(BRIDGE).await?;
    let text = || format!("the daemon's network `{BRIDGE}` has no address for this host");
    network
        .gateway
        .ok_or_else(|| RunFailure::new(Cause::Unknown, text()))
}

fn translated(ctx: &AttemptCtx<'_>, llm: LlmAccess, walls: Walls) -> Result<Launch, RunFailure> {
    let request = LaunchRequest {
        attempt: ctx.id,
        model: ctx.request.model.clone(),
        llm,
        app_image: by_digest(&ctx.app_image),
        sandbox_image: by_digest(&ctx.sandbox_image),
        limits: ctx.request.limits.clone(),
        dirs: ctx.dir.agent_dirs(),
        walls,
        retry: ctx.request.retry,
        labels: ctx.owned.labels().clone(),
    };
    let launched = ctx.adapter.launch(&request);
    launched.map_err(|error| RunFailure::of_error(Cause::BadInput, &error))
}
