//! Deckhands as a library: a text goes in, a proved result comes out.
//!
//! ```console
//! export OPENROUTER_API_KEY=…
//! cargo run -p deckhands-orchestration --example library -- \
//!     STATE_DIR WORKSPACE "add a README" "test -s README.md"
//! ```
//!
//! `OPENHANDS_BASE_URL` names another endpoint than the provider's own. Reading settings from
//! files, progress and signals are left to the `deckhands` command.
#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use deckhands_agent::openhands_headless::OpenHandsHeadless;
use deckhands_agent::{AgentAdapter, ApiKey, Retry};
use deckhands_model::{Deadlines, Limits, ModelId, ModelWay, Network, Profile, TaskText};
use deckhands_orchestration::{
    Client, Clock, Home, ImagePair, MoneyLimits, Policy, Ports, RelaySettings, Runner, SystemClock,
    SystemIds, TaskRequest, TaskResult, model_gateway, route_health,
};
use deckhands_resilience::route_health::BreakerPolicy;
use deckhands_runtime::docker::{ConnectOptions, DockerRuntime};

const USAGE: &str = "usage: library STATE_DIR WORKSPACE TEXT [CHECK]...";

/// The key for the provider of [`MODEL`].
const KEY: &str = "OPENROUTER_API_KEY";

/// Any id with its provider in front, or a name from `deckhands models list`.
const MODEL: &str = "deepseek-v3";

const APP_IMAGE: &str = "docker.all-hands.dev/all-hands-ai/openhands:0.59";
const SANDBOX_IMAGE: &str = "docker.all-hands.dev/all-hands-ai/runtime:0.59-nikolaik";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let mut arguments = env::args_os().skip(1);
    let home = PathBuf::from(arguments.next().ok_or(USAGE)?);
    let workspace = PathBuf::from(arguments.next().ok_or(USAGE)?).canonicalize()?;
    let mut words = arguments.map(|argument| argument.to_string_lossy().into_owned());
    let text = words.next().ok_or(USAGE)?;
    let checks = words.collect();

    let client = client(home, workspace, checks).await?;
    let result = client.execute_task(&text).await?;
    show(&result);
    Ok(if result.success {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Connects to Docker and puts the parts together. This is all the wiring there is.
async fn client(
    home: PathBuf,
    workspace: PathBuf,
    checks: Vec<String>,
) -> Result<Client, Box<dyn Error>> {
    let runtime = DockerRuntime::connect(&ConnectOptions {
        docker_host: variable("DOCKER_HOST"),
        ..ConnectOptions::default()
    })
    .await?;
    let socket = runtime.endpoint().socket_path();
    let docker_socket = socket.ok_or("this example needs a daemon behind a unix socket")?;
    let settings = TaskRequest {
        checks,
        ..settings(workspace, docker_socket.to_owned())?
    };
    let adapter: Arc<dyn AgentAdapter> = Arc::new(OpenHandsHeadless);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let health = route_health(BreakerPolicy::default(), &clock);
    let runner = Runner {
        ports: Ports::of(runtime),
        gateway: model_gateway(health, &adapter),
        adapter,
        home: Home::open(&home, &SystemIds)?,
        clock,
        ids: Arc::new(SystemIds),
    };
    Ok(Client::new(runner, settings))
}

/// What holds for every task of this client.
fn settings(workspace: PathBuf, docker_socket: PathBuf) -> Result<TaskRequest, Box<dyn Error>> {
    let key = variable(KEY).ok_or_else(|| format!("{KEY} is not set"))?;
    Ok(TaskRequest {
        text: TaskText::try_new("each task brings its own text")?,
        workspace,
        model: ModelId::resolve(MODEL)?,
        api_key: Some(ApiKey::new(key)),
        native_tools: None,
        other_models: Vec::new(),
        key_files: Vec::new(),
        base_url: variable("OPENHANDS_BASE_URL"),
        profile: Profile::Managed,
        network: Network::Llm,
        way: ModelWay::Relay,
        relay: RelaySettings::default(),
        replay: None,
        images: ImagePair {
            app: APP_IMAGE.parse()?,
            sandbox: SANDBOX_IMAGE.parse()?,
        },
        docker_socket,
        limits: Limits::default(),
        deadlines: Deadlines::default(),
        max_cost: None,
        max_batch_cost: None,
        money: MoneyLimits::default(),
        retry: Retry::RELAYED,
        checks: Vec::new(),
        policy: Policy::default(),
    })
}

fn show(result: &TaskResult) {
    println!("success: {}", result.success);
    println!("output:  {}", result.output);
    if let Some(error) = &result.error {
        println!("error:   {error}");
    }
    println!("time:    {:.1} s", result.execution_time.as_secs_f64());
    for (name, value) in &result.metadata {
        println!("{name}: {value}");
    }
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    let value = env::var_os(name)?.into_string().ok()?;
    (!value.is_empty()).then_some(value)
}
