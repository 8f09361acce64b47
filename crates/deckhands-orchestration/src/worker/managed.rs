//! What a managed attempt has beside what every app is served: a network, the remote-runtime API, and a
//! sandbox that we start.

use std::fs;
use std::path::Path;

use deckhands_agent::{ApiKey, Launch, LlmAccess, ManagedAccess};
use deckhands_model::{ImageRef, Network, SecretHash};
use deckhands_runtime::{ContainerId, ContainerSpec, Labels, NetworkMode, NetworkSpec, UserSpec};
use deckhands_sandbox::{
    ACTION_URL, Launchers, RuntimeKey, SandboxApi, SandboxApiOptions, SandboxRequest, SessionKey,
    app_env, sandbox_spec,
};

use super::AttemptCtx;
use super::served::{self, random_bits};
use crate::adoption::{KeptApiKeys, KeptKeys};
use crate::attempt_dir::AttemptDir;
use crate::failure::RunFailure;
use crate::images::by_digest;
use crate::labels;
use crate::request::TaskRequest;

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
    /// Draws three keys.
    pub(super) fn draw(ctx: &AttemptCtx<'_>) -> Self {
        Self {
            token: served::draw_token(ctx.ids),
            runtime: RuntimeKey::from_random(random_bits(ctx.ids)),
            session: SessionKey::from_random(random_bits(ctx.ids)),
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

/// The sandbox that is started once the app runs.
pub(crate) struct Sandbox {
    session_key: SessionKey,
}

/// What the app of an attempt is launched with.
///
/// # Errors
/// [`RunFailure`] where the network cannot be made.
pub(super) async fn access(
    ctx: &AttemptCtx<'_>,
    keys: &Keys,
) -> Result<(LlmAccess, ManagedAccess), RunFailure> {
    let walls = (user(ctx.rootless), network(ctx).await?);
    Ok(app_access(ctx.request, &ctx.dir, keys, walls))
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
    let access = ManagedAccess {
        launcher: served::launcher(dir, launcher_env(&dir.agent_dirs().workspace)),
        runtime_url: app_env::API_URL.1.to_owned(),
        runtime_key: ApiKey::new(keys.runtime.expose()),
        user: UserSpec::Ids {
            uid: user.0,
            gid: user.1,
        },
        network,
    };
    (served::llm(request, &keys.token), access)
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
        labels: Labels::new(),
        internal: false,
        inter_container: false,
    };
    let made = ctx.owned.create_network(spec).await?;
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

impl Keys {
    /// What another process would know the app by.
    pub(super) fn kept(&self) -> KeptKeys {
        KeptKeys {
            token: SecretHash::of(self.token.expose()),
            api: Some(self.kept_for_api()),
        }
    }

    fn kept_for_api(&self) -> KeptApiKeys {
        KeptApiKeys {
            runtime: self.runtime.hash(),
            session: self.session.expose().to_owned(),
        }
    }
}

/// The remote-runtime API of a launched app, and the sandbox that it will find there.
pub(super) fn sandbox(keys: Keys, launch: &Launch) -> (SandboxApi, Sandbox) {
    let api = api(&keys.kept_for_api(), &launch.session, &launch.sandbox.0);
    let session_key = keys.session;
    (api, Sandbox { session_key })
}

/// The remote-runtime API for an app that was launched with these keys.
pub(super) fn api(keys: &KeptApiKeys, session: &str, sandbox: &str) -> SandboxApi {
    SandboxApi::new(SandboxApiOptions {
        session_id: session.to_owned(),
        runtime_id: sandbox.to_owned(),
        key: keys.runtime,
        session_key: SessionKey::given_out(keys.session.as_str()),
        url: ACTION_URL.to_owned(),
    })
}

impl Sandbox {
    /// Starts it in the network of a running app.
    ///
    /// # Errors
    /// [`RunFailure`]; whatever was made carries the attempt's labels.
    pub(super) async fn start(
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
}

#[cfg(test)]
mod tests;
