//! What we serve to the app of an attempt: its model, and in profile `managed` its sandbox, behind one
//! socket.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::time::Duration;

use deckhands_agent::{ApiKey, LauncherAccess, LlmAccess};
use deckhands_gateway::Session;
use deckhands_model::{Cause, GatewayFact, SecretHash};
use deckhands_sandbox::{Launchers, SandboxApi, app_env, launchers};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::AttemptCtx;
use super::model_way::open_session;
use crate::adoption::KeptKeys;
use crate::attempt_dir::AttemptDir;
use crate::clock::IdSource;
use crate::failure::{RunFailure, error_chain};
use crate::request::TaskRequest;
use crate::way_out::{Services, WayOut};

/// How long the ledger may take to be told at the end.
const TELL: Duration = Duration::from_secs(5);

/// The open way out of an attempt.
pub(crate) struct Served {
    way_out: WayOut,
    services: Services,
    facts: mpsc::Receiver<GatewayFact>,
}

/// Two random ids (244 random bits), of which every key of an attempt is made.
pub(super) fn random_bits(ids: &dyn IdSource) -> [u8; 32] {
    let mut bits = [0; 32];
    bits[..16].copy_from_slice(&ids.random());
    bits[16..].copy_from_slice(&ids.random());
    bits
}

/// Draws what opens the way to the model.
pub(super) fn draw_token(ids: &dyn IdSource) -> ApiKey {
    let digits = random_bits(ids)
        .into_iter()
        .map(|byte| format!("{byte:02x}"));
    ApiKey::new(digits.collect::<String>())
}

/// What is kept of a token alone.
pub(super) fn kept(token: &ApiKey) -> KeptKeys {
    KeptKeys {
        token: SecretHash::of(token.expose()),
        api: None,
    }
}

/// Writes what the app mounts.
fn write_files(dir: &AttemptDir) -> io::Result<()> {
    for dir in [dir.launchers(), dir.way_out()] {
        DirBuilder::new().recursive(true).mode(0o755).create(dir)?;
    }
    launchers::write(&dir.launchers()).map(|_written| ())
}

/// What an app mounts to reach us.
pub(super) fn launcher(dir: &AttemptDir, env: Vec<(String, String)>) -> LauncherAccess {
    let way_out = Path::new(launchers::WAY_OUT).parent();
    LauncherAccess {
        file: Launchers::in_dir(&dir.launchers()).app,
        target: launchers::APP_LAUNCHER.to_owned(),
        way_out: dir.way_out(),
        way_out_target: way_out.unwrap_or(Path::new("/")).display().to_string(),
        env,
    }
}

/// What an app is told of its model.
pub(super) fn llm(request: &TaskRequest, token: &ApiKey) -> LlmAccess {
    LlmAccess::Relay {
        token: token.clone(),
        base_url: app_env::LLM_BASE_URL.1.to_owned(),
        max_output_tokens: request.relay.max_output_tokens,
        native_tools: request.native_tools,
    }
}

impl Served {
    /// Writes what an app that is about to be made will mount, and opens the way out for it.
    ///
    /// # Errors
    /// [`RunFailure`] where the provider cannot be called so, or something not be written or made.
    pub(super) async fn open(
        ctx: &AttemptCtx<'_>,
        token: &ApiKey,
        api: Option<SandboxApi>,
    ) -> Result<Self, RunFailure> {
        write_files(&ctx.dir).map_err(|e| RunFailure::of_error(Cause::HostDiskFull, &e))?;
        Self::of(
            ctx,
            api,
            open_session(ctx, SecretHash::of(token.expose())).await?,
        )
    }

    /// Opens the way out again at the same place, for an app that runs.
    ///
    /// # Errors
    /// [`RunFailure`] where the provider cannot be called so, or the socket not be made.
    pub(super) async fn reopen(
        ctx: &AttemptCtx<'_>,
        token: SecretHash,
        api: Option<SandboxApi>,
    ) -> Result<Self, RunFailure> {
        Self::of(ctx, api, open_session(ctx, token).await?)
    }

    fn of(
        ctx: &AttemptCtx<'_>,
        api: Option<SandboxApi>,
        (model, facts): (Session, mpsc::Receiver<GatewayFact>),
    ) -> Result<Self, RunFailure> {
        let services = Services { api, model };
        let way_out = WayOut::open(&ctx.dir.way_out(), services.clone())
            .map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error))?;
        Ok(Self {
            way_out,
            services,
            facts,
        })
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

    /// Whether a call is held because no route to the model may be called.
    pub(super) fn is_held(&self) -> bool {
        self.services.model.is_held()
    }

    /// Whether a call to the model is under way.
    pub(super) fn is_calling(&self) -> bool {
        self.services.model.is_calling()
    }

    /// Ends the way out: no key opens anything any more. First its connections: a paused agent would find
    /// a refused key as the answer to its open call, and takes that for final. Then the ledger is told
    /// what was spent; why it could not be, if it could not.
    pub(crate) async fn close(self) -> Option<String> {
        self.way_out.close().await;
        let told = timeout(TELL, self.services.model.close()).await;
        if let Some(api) = &self.services.api {
            api.revoke();
        }
        match told {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(
                [vec![error.to_string()], error_chain(&error)]
                    .concat()
                    .join(": "),
            ),
            Err(_late) => Some("it does not answer".to_owned()),
        }
    }
}
