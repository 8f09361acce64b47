//! What a managed attempt has beside its app: keys, launchers, the way out, and its sandbox.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use deckhands_agent::{ApiKey, Launch, LlmAccess, ManagedAccess};
use deckhands_model::{Cause, GatewayFact, ImageRef, Network};
use deckhands_runtime::{ContainerId, ContainerSpec, NetworkMode, NetworkSpec, UserSpec};
use deckhands_sandbox::{
    ACTION_URL, Launchers, RuntimeKey, SandboxApi, SandboxApiOptions, SandboxRequest, SessionKey,
    app_env, launchers, sandbox_spec,
};
use tokio::sync::mpsc;

use super::AttemptCtx;
use super::model_way::open_relay;
use crate::attempt_dir::AttemptDir;
use crate::failure::RunFailure;
use crate::images::by_digest;
use crate::labels;
use crate::request::TaskRequest;
use crate::way_out::{Services, WayOut};

/// Keys of one attempt, worth nothing outside of it or afterwards.
pub(super) struct Keys {
    /// Opens the way to the model.
    pub(super) token: ApiKey,
    /// Opens the remote-runtime API.
    runtime: RuntimeKey,
    /// Opens the sandbox's command server. The agent knows it.
    session: SessionKey,
}

impl Keys {
    /// Draws three keys, each of two random ids (244 random bits).
    pub(super) fn draw(ctx: &AttemptCtx<'_>) -> Self {
        let bits = || {
            let mut bits = [0; 32];
            bits[..16].copy_from_slice(&ctx.ids.random());
            bits[16..].copy_from_slice(&ctx.ids.random());
            bits
        };
        let token: String = bits().iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            token: ApiKey::new(token),
            runtime: RuntimeKey::from_random(bits()),
            session: SessionKey::from_random(bits()),
        }
    }

    /// Keys for a plan, which opens nothing.
    fn none() -> Self {
        Self {
            token: ApiKey::new("none"),
            runtime: RuntimeKey::from_random([0; 32]),
            session: SessionKey::from_random([0; 32]),
        }
    }
}

/// What runs beside the app of a managed attempt.
pub(crate) struct Managed {
    way_out: WayOut,
    services: Services,
    facts: mpsc::Receiver<GatewayFact>,
    session_key: SessionKey,
}

/// What the app of an attempt is launched with.
///
/// # Errors
/// [`RunFailure`] where the launchers cannot be written or the network not be made.
pub(super) async fn access(
    ctx: &AttemptCtx<'_>,
    keys: &Keys,
) -> Result<(LlmAccess, ManagedAccess), RunFailure> {
    write_files(&ctx.dir).map_err(|e| RunFailure::of_error(Cause::HostDiskFull, &e))?;
    let network = network(ctx).await?;
    Ok(app_access(
        ctx.request,
        &ctx.dir,
        keys,
        (user(ctx.rootless), network),
    ))
}

/// What an app would be launched with, and how its sandbox would be made.
pub(crate) fn planned(
    request: &TaskRequest,
    dir: &AttemptDir,
) -> (
    LlmAccess,
    ManagedAccess,
    impl FnOnce(&Launch) -> ContainerSpec,
) {
    let network = match request.network {
        Network::Open => NetworkMode::Named("a network of its own".to_owned()),
        _ => NetworkMode::None,
    };
    let keys = Keys::none();
    let (llm, access) = app_access(request, dir, &keys, (user(false), network));
    let (request, dir) = (request.clone(), dir.clone());
    let sandbox = move |launch: &Launch| {
        let (image, app) = (
            request.images.sandbox.clone(),
            ContainerId("the app's".to_owned()),
        );
        let place = (&dir, user(false));
        sandbox_of(&request, place, &keys.session, image, (launch, &app))
    };
    (llm, access, sandbox)
}

fn app_access(
    request: &TaskRequest,
    dir: &AttemptDir,
    keys: &Keys,
    (user, network): ((u32, u32), NetworkMode),
) -> (LlmAccess, ManagedAccess) {
    let way_out = Path::new(launchers::WAY_OUT).parent();
    let access = ManagedAccess {
        launcher: Launchers::in_dir(&dir.launchers()).app,
        launcher_target: launchers::APP_LAUNCHER.to_owned(),
        way_out: dir.way_out(),
        way_out_target: way_out.unwrap_or(Path::new("/")).display().to_string(),
        runtime_url: app_env::API_URL.1.to_owned(),
        runtime_key: ApiKey::new(keys.runtime.expose()),
        launcher_env: launcher_env(&dir.agent_dirs().workspace),
        user: UserSpec::Ids {
            uid: user.0,
            gid: user.1,
        },
        network,
    };
    let llm = LlmAccess::Relay {
        token: keys.token.clone(),
        base_url: app_env::LLM_BASE_URL.1.to_owned(),
        max_output_tokens: request.relay.max_output_tokens,
    };
    (llm, access)
}

fn write_files(dir: &AttemptDir) -> io::Result<()> {
    for dir in [dir.launchers(), dir.way_out()] {
        DirBuilder::new().recursive(true).mode(0o755).create(dir)?;
    }
    launchers::write(&dir.launchers()).map(|_written| ())
}

/// Which files OpenHands will look for in vain: the launcher does not see the workspace.
fn launcher_env(workspace: &Path) -> Vec<(String, String)> {
    let absent = |path: &str| fs::symlink_metadata(workspace.join(path)).is_err();
    let rows = [
        (".openhands_instructions", app_env::NO_INSTRUCTIONS),
        (".openhands/microagents", app_env::NO_MICROAGENTS),
    ];
    let missing = rows.into_iter().filter(|(path, _)| absent(path));
    missing
        .map(|(_, variable)| (variable.to_owned(), "1".to_owned()))
        .collect()
}

/// The caller, so that every file is his; a rootless daemon knows him as 0.
fn user(rootless: bool) -> (u32, u32) {
    if rootless {
        return (0, 0);
    }
    (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    )
}

/// No network at all, or one of the attempt's own on which nobody else is.
async fn network(ctx: &AttemptCtx<'_>) -> Result<NetworkMode, RunFailure> {
    if ctx.request.network != Network::Open {
        return Ok(NetworkMode::None);
    }
    let spec = NetworkSpec {
        name: ctx.id.object_name("net"),
        labels: ctx.owned.labels().clone(),
        internal: false,
        inter_container: false,
    };
    let made = ctx.ports.networks.create(&spec).await?;
    Ok(NetworkMode::Named(made.name))
}

/// The sandbox of a launched app.
fn sandbox_of(
    request: &TaskRequest,
    (dir, user): (&AttemptDir, (u32, u32)),
    session_key: &SessionKey,
    image: ImageRef,
    (launch, app): (&Launch, &ContainerId),
) -> ContainerSpec {
    sandbox_spec(&SandboxRequest {
        name: launch.sandbox.clone(),
        image,
        labels: [(labels::ROLE.to_owned(), "sandbox".to_owned())].into(),
        app: app.clone(),
        workspace: dir.agent_dirs().workspace,
        launcher: Launchers::in_dir(&dir.launchers()).sandbox,
        user,
        session_key,
        limits: request.limits.clone(),
    })
}

impl Managed {
    /// Opens the way out for an app that is about to be made.
    ///
    /// # Errors
    /// [`RunFailure`] where the provider cannot be called so, or the socket not be made.
    pub(super) fn open(
        ctx: &AttemptCtx<'_>,
        keys: Keys,
        launch: &Launch,
    ) -> Result<Self, RunFailure> {
        let api = SandboxApi::new(SandboxApiOptions {
            session_id: launch.session.clone(),
            runtime_id: launch.sandbox.0.clone(),
            key: &keys.runtime,
            session_key: keys.session.clone(),
            url: ACTION_URL.to_owned(),
        });
        let (relay, facts) = open_relay(ctx.request, &keys.token)?;
        let services = Services { api, relay };
        let way_out = WayOut::open(&ctx.dir.way_out(), services.clone())
            .map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error))?;
        Ok(Self {
            way_out,
            services,
            facts,
            session_key: keys.session,
        })
    }

    /// Starts the sandbox in the network of a running app.
    ///
    /// # Errors
    /// [`RunFailure`]; whatever was made carries the attempt's labels.
    pub(super) async fn start_sandbox(
        &self,
        ctx: &AttemptCtx<'_>,
        launch: &Launch,
        app: &ContainerId,
    ) -> Result<ContainerId, RunFailure> {
        let (place, image) = (
            (&ctx.dir, user(ctx.rootless)),
            by_digest(&ctx.sandbox_image),
        );
        let spec = sandbox_of(ctx.request, place, &self.session_key, image, (launch, app));
        let sandbox = ctx.owned.create(spec).await?;
        ctx.ports.containers.start(&sandbox).await?;
        Ok(sandbox)
    }

    /// What the gateway tells of calls.
    pub(super) fn facts(&mut self) -> &mut mpsc::Receiver<GatewayFact> {
        &mut self.facts
    }

    /// Keeps the way out open. Where it cannot be, the deadlines end the attempt.
    pub(super) fn mend(&mut self) {
        if let Err(error) = self.way_out.mend() {
            tracing::warn!(%error, "the attempt's socket cannot be made again");
        }
    }

    /// Whether a call to the model is under way.
    pub(super) fn is_calling(&self) -> bool {
        self.services.relay.is_calling()
    }

    /// Ends the way out: no key opens anything any more.
    pub(crate) async fn close(self) {
        self.services.relay.revoke();
        self.services.api.revoke();
        self.way_out.close().await;
    }
}

#[cfg(test)]
mod tests;
