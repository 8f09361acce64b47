//! Picks the implementations and fills each part's own options from the settings. Nowhere else.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_agent::{AgentAdapter, ApiKey, Retry};
use deckhands_config::{Flags, ModelWay, Places, Setting, Settings, Sources, TrustList, load};
use deckhands_gateway::Health;
use deckhands_model::{TaskText, Usd};
use deckhands_orchestration::{
    Clock, Home, ImagePair, MoneyLimits, Policy, Ports, RelaySettings, Runner, SystemClock,
    SystemIds, TaskRequest, model_gateway, route_health,
};
use deckhands_resilience::route_health::{BreakerPolicy, BreakerPolicyParts};
use deckhands_runtime::RuntimeErrorKind;
use deckhands_runtime::docker::{ConnectError, ConnectOptions, DockerRuntime};
use deckhands_store::{Queries, SqliteOptions, SqliteStore, Store, StoreError};

use crate::args::Global;
use crate::commands::choice;
use crate::error::CliError;
use crate::exit_code;

mod engine;

pub(crate) use engine::{
    attempts, check_fallbacks, connect_and_greet, engine_settings, other_models, require_key_for,
    time, with_engine_flags,
};

/// The file of a home that holds its stored tasks.
const DATABASE: &str = "deckhands.db";

/// The daemon's socket as the daemon's own host knows it, where the endpoint does not tell.
const USUAL_SOCKET: &str = "/var/run/docker.sock";

/// A connected runtime.
pub(crate) struct Wired {
    pub(crate) ports: Ports,
    pub(crate) endpoint: String,
}

/// No flags but the global ones.
pub(crate) fn no_flags() -> Flags {
    Flags::new()
}

/// Loads the settings that hold for this invocation.
pub(crate) fn settings(global: &Global, flags: Flags) -> Result<Settings, CliError> {
    let places = Places::of_user();
    let trusted_dirs = match &places.config_dir {
        Some(dir) => TrustList::read(dir)?.directories(),
        None => Vec::new(),
    };
    let cwd = std::env::current_dir()
        .map_err(|error| CliError::environment(&error, "change to a directory that exists"))?;
    let flags = match &global.home {
        Some(home) => flags.with(
            deckhands_config::Key::Home,
            "--home",
            home.to_string_lossy(),
        ),
        None => flags,
    };
    Ok(load(&Sources {
        env: std::env::vars_os().collect(),
        cwd,
        user_config_dir: places.config_dir,
        state_dir: places.state_dir,
        explicit_config: global.config.clone(),
        trusted_dirs,
        flags,
        select: Some(Arc::new(choice::models_for)),
    })?)
}

/// Opens the state directory.
pub(crate) fn home(settings: &Settings) -> Result<Home, CliError> {
    Home::open(&settings.home.value, &SystemIds).map_err(|error| {
        let hint = match error.source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "make room on the disk of the home directory, then try again"
            }
            _ => "name a directory you may write with --home DIR",
        };
        CliError::environment(&error, hint)
    })
}

/// Opens the stored tasks of a home.
pub(crate) fn store(home: &Home) -> Result<Arc<dyn Store>, CliError> {
    let path = home.path().join(DATABASE);
    Ok(Arc::new(SqliteStore::open(
        &path,
        SqliteOptions::default(),
    )?))
}

/// The stored tasks of a home to be asked, where it ever had any. An older program's database is brought
/// up to date first, unless it is to stay as it is.
///
/// # Errors
/// Why they cannot be asked, for people.
pub(crate) fn queries_if_any(home: &Home, stays: bool) -> Result<Option<Arc<dyn Queries>>, String> {
    let path = home.path().join(DATABASE);
    if !path.exists() {
        return Ok(None);
    }
    let options = SqliteOptions::default();
    let told = |error: StoreError| error.to_string();
    if let Some(seen) = SqliteStore::look(&path, options).map_err(told)? {
        return Ok(Some(Arc::new(seen)));
    }
    if stays {
        return Err("the database would have to be brought up to date first".to_owned());
    }
    let store = SqliteStore::open(&path, options).map_err(told)?;
    Ok(Some(Arc::new(store)))
}

/// How the daemon is found.
pub(crate) fn connect_options(settings: &Settings) -> ConnectOptions {
    let docker = &settings.docker;
    let user_docker = || directories_home().map(|home| home.join(".docker"));
    ConnectOptions {
        docker_host: docker.host.as_ref().map(|s| s.value.clone()),
        docker_context: docker.context.as_ref().map(|s| s.value.clone()),
        docker_config_dir: docker
            .config
            .as_ref()
            .map(|s| s.value.clone())
            .or_else(user_docker),
    }
}

/// Connects to the daemon.
pub(crate) async fn connect(settings: &Settings) -> Result<Wired, ConnectError> {
    let runtime = DockerRuntime::connect(&connect_options(settings)).await?;
    let endpoint = runtime.endpoint().to_string();
    Ok(Wired {
        ports: Ports::of(runtime),
        endpoint,
    })
}

/// The health of routes, all well.
pub(crate) fn health(settings: &Settings) -> Health {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let breaker = BreakerPolicy::try_new(BreakerPolicyParts {
        enabled: settings.circuit_breaker.value,
        ..BreakerPolicyParts::default()
    });
    route_health(breaker.unwrap_or_default(), &clock)
}

/// The runner over a connected runtime.
pub(crate) fn runner(settings: &Settings, wired: Wired, home: Home) -> Runner {
    let adapter: Arc<dyn AgentAdapter> = Arc::new(OpenHandsHeadless);
    Runner {
        ports: wired.ports,
        gateway: model_gateway(health(settings), &adapter),
        adapter,
        home,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
    }
}

/// An amount of money, where one is set.
pub(crate) fn amount(setting: Option<&Setting<Usd>>) -> Option<Usd> {
    setting.map(|setting| setting.value)
}

/// The request that the settings make of a text; models cost what is built in.
pub(crate) fn request(settings: &Settings, text: TaskText, policy: Policy) -> TaskRequest {
    let endpoint = deckhands_runtime::docker::Endpoint::resolve(&connect_options(settings)).ok();
    let socket = endpoint
        .as_ref()
        .and_then(|e| e.socket_path())
        .map(Path::to_owned);
    let key = settings.model_key().ok().flatten();
    TaskRequest {
        text,
        workspace: settings.workspace.value.clone(),
        model: settings.model.value.clone(),
        api_key: key.map(|key| ApiKey::new(key.expose())),
        native_tools: settings.route().and_then(|route| route.native_tools),
        other_models: other_models(settings),
        key_files: settings.key_files.clone(),
        base_url: settings.model_base_url().map(|url| url.as_str().to_owned()),
        images: ImagePair {
            app: settings.app_image.value.clone(),
            sandbox: settings.sandbox_image.value.clone(),
        },
        profile: settings.profile.value,
        network: settings.network.value,
        way: settings.way.value,
        relay: RelaySettings {
            answer: settings.llm_timeout.value,
            max_output_tokens: settings.max_output_tokens.value,
        },
        replay: None,
        docker_socket: socket.unwrap_or_else(|| PathBuf::from(USUAL_SOCKET)),
        limits: settings.limits.clone(),
        deadlines: settings.deadlines,
        max_cost: amount(settings.money.max_cost.as_ref()),
        max_batch_cost: None,
        money: MoneyLimits {
            per_day: amount(settings.money.per_day.as_ref()),
            unknown_price: amount(settings.money.unknown_price.as_ref()),
            ..MoneyLimits::default()
        },
        retry: retry(settings),
        checks: settings.checks.value.clone(),
        policy,
    }
}

/// Whether the model's provider can be called in the profile of the settings.
pub(crate) fn check_provider(settings: &Settings) -> Result<(), CliError> {
    // Invariant: the text is not looked at, and this one is no empty one.
    let text = TaskText::try_new("doctor").expect("invariant: a word is a task");
    let request = request(settings, text, Policy::default());
    Ok(deckhands_orchestration::check_provider(&request)?)
}

/// How the agent repeats calls. Behind the relay it waits twice as long as the relay does.
fn retry(settings: &Settings) -> Retry {
    let (attempts, timeout) = (settings.num_retries.value, settings.llm_timeout.value);
    match settings.way.value {
        ModelWay::Direct => Retry {
            attempts,
            timeout,
            ..Retry::DIRECT
        },
        _ => Retry {
            attempts,
            timeout: timeout * 2,
            ..Retry::RELAYED
        },
    }
}

/// The user's home directory.
pub(crate) fn directories_home() -> Option<PathBuf> {
    std::env::home_dir()
}

/// Runs async work to its end on this thread. Blocking work that was given up is not waited for.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        CliError::new(
            exit_code::INTERNAL,
            format!("start the async runtime: {error}"),
            None,
        )
    })?;
    let out = runtime.block_on(work);
    runtime.shutdown_background();
    Ok(out)
}

/// What a daemon that cannot be reached is told as.
pub(crate) fn no_docker(error: &ConnectError) -> CliError {
    let hint = match error.kind() {
        RuntimeErrorKind::Denied => {
            "add yourself to the group `docker` (sudo usermod -aG docker $USER), then log in again"
        }
        RuntimeErrorKind::InvalidSpec => "check DOCKER_HOST and `docker context ls`",
        _ => "start Docker (sudo systemctl start docker), then `deckhands doctor`",
    };
    CliError::environment(error, hint)
}
