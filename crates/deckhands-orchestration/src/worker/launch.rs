//! From a request to a created app container that sees our files.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use deckhands_agent::{AgentDirs, Launch, LaunchRequest, LlmAccess, Walls};
use deckhands_model::{Cause, ModelWay, Profile};
use deckhands_runtime::{ContainerId, IntentKind};

use super::AttemptCtx;
use super::managed::{self, Keys, Sandbox};
use super::served::{self, Served};
use super::socket;
use crate::adoption::KeptKeys;
use crate::failure::RunFailure;
use crate::images::by_digest;
use crate::ports::Ports;
use crate::shared_files::not_shared_or;

/// The daemon's default bridge, on which a sandbox's ports are bound.
const BRIDGE: &str = "bridge";

/// Everything of an attempt that exists before the app starts.
pub(crate) struct Prepared {
    pub(crate) launch: Launch,
    pub(crate) app: ContainerId,
    pub(crate) beside: Beside,
}

/// What stands ready beside an app.
#[derive(Default)]
pub(crate) struct Beside {
    /// What is served to it, unless it calls its model itself.
    pub(crate) served: Option<Served>,
    /// What another process would know it by, where something is served to it.
    pub(crate) keys: Option<KeptKeys>,
    /// What is started beside it, in profile `managed`.
    pub(crate) sandbox: Option<Sandbox>,
}

/// Translates the request, creates the app container and proves that the daemon sees our files, unless
/// that is known.
///
/// # Errors
/// [`RunFailure`]; whatever was created carries the attempt's labels.
pub(crate) async fn prepare(ctx: &AttemptCtx<'_>) -> Result<Prepared, RunFailure> {
    let dirs = ctx.dir.agent_dirs();
    let task = dirs.input.join(AgentDirs::TASK_FILE);
    write_readable(&task, ctx.request.text.as_str())
        .map_err(|error| RunFailure::of_error(Cause::HostDiskFull, &error))?;
    let probe = ctx.shared_files.probe(&dirs.input, ctx.id.session_name())?;
    let (launch, beside) = launch(ctx).await?;
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
    if let Some((probe, look)) = probe {
        let containers = ctx.ports.containers.as_ref();
        probe.read_back(containers, &app, &mount).await?;
        ctx.shared_files.seen(&look);
    }
    Ok(Prepared {
        launch,
        app,
        beside,
    })
}

/// Writes a file that the agent's program can read whatever the caller's umask is.
fn write_readable(path: &Path, text: &str) -> io::Result<()> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644))
}

async fn launch(ctx: &AttemptCtx<'_>) -> Result<(Launch, Beside), RunFailure> {
    match ctx.request.profile {
        Profile::Socket => launch_with_socket(ctx).await,
        _ => launch_managed(ctx).await,
    }
}

async fn launch_with_socket(ctx: &AttemptCtx<'_>) -> Result<(Launch, Beside), RunFailure> {
    let (bridge, token) = (
        bridge_address(ctx.ports).await?,
        served::draw_token(ctx.ids),
    );
    let (llm, access) = socket::access(ctx.request, &ctx.dir, bridge, &token);
    let launch = translated(ctx, llm, Walls::Socket(access))?;
    // The app makes it by itself, once it runs.
    ctx.owned
        .announce(IntentKind::Container, &launch.sandbox.0)
        .await?;
    let beside = match ctx.request.way {
        ModelWay::Direct => Beside::default(),
        _ => Beside {
            served: Some(Served::open(ctx, &token, None).await?),
            keys: Some(served::kept(&token)),
            sandbox: None,
        },
    };
    Ok((launch, beside))
}

async fn launch_managed(ctx: &AttemptCtx<'_>) -> Result<(Launch, Beside), RunFailure> {
    let keys = Keys::draw(ctx);
    let (llm, access) = managed::access(ctx, &keys).await?;
    let launch = translated(ctx, llm, Walls::Managed(access))?;
    let (token, kept) = (keys.token.clone(), keys.kept());
    let (api, sandbox) = managed::sandbox(keys, &launch);
    let beside = Beside {
        served: Some(Served::open(ctx, &token, Some(api)).await?),
        keys: Some(kept),
        sandbox: Some(sandbox),
    };
    Ok((launch, beside))
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
