//! The proxy of LiteLLM in the place of the gateway, for comparison.
//!
//! It is what its users get from the package registry, with one worker as the gateway has one thread, and
//! with neither keys nor money to look after.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::provider::Provider;
use super::running::Running;
use super::stage::Stage;
use super::{RATE, figure};
use crate::bench::figure::Figure;
use crate::bench::now;
use crate::bench::program::Measured;
use crate::{process, workspace};

/// The list of packages, within the workspace; it includes the other one.
const LISTS: [&str; 2] = [
    "tests/gateway/litellm.txt",
    "tests/e2e/clients/requirements.txt",
];

/// The folder below the target directory; kept from one measurement to the next.
const FOLDER: &str = "bench-litellm";

/// Calls a second that are tried one after the other, as long as it bears them.
const RATES: [u32; 5] = [25, 50, 100, 200, 400];

/// Seconds of each; one more before them warms up.
const SECONDS: u32 = 4;

/// It bears what it answers to so many of a hundred within a second.
const BORNE: f64 = 99.0;

/// For its start: it loads a few hundred files of Python.
const START: Duration = Duration::from_secs(60);

/// No further rate is tried after so long.
const ENOUGH: Duration = Duration::from_secs(40);

/// An installed proxy.
pub(super) struct LiteLlm {
    folder: PathBuf,
}

impl LiteLlm {
    /// Installs it with `pip`, unless that was done before.
    pub(super) fn install() -> Result<Self> {
        let folder = workspace::target_dir()?.join(FOLDER);
        fs::create_dir_all(&folder).context("create the folder of the proxy")?;
        let lists = LISTS.map(|list| fs::read_to_string(workspace::root().join(list)));
        let wanted = lists.into_iter().collect::<Result<String, _>>();
        let wanted = wanted.context("read the list of packages")?;
        let this = Self { folder };
        let noted = this.folder.join("installed");
        if fs::read_to_string(&noted).is_ok_and(|installed| installed == wanted) {
            return Ok(this);
        }
        let venv = this.folder.join("venv");
        let hint = "install the LiteLLM proxy; --no-litellm leaves it out";
        process::run(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&venv),
        )
        .context(hint)?;
        let mut pip = Command::new(venv.join("bin").join("python"));
        pip.args(["-m", "pip", "install", "--quiet", "--no-input", "-r"]);
        process::run(pip.arg(workspace::root().join(LISTS[0]))).context(hint)?;
        fs::write(noted, wanted).context("note what is installed")?;
        Ok(this)
    }

    /// Its latency at the highest rate that it bears, and what becomes of calls at the gateway's.
    pub(super) fn measure(&self, stage: &Stage, provider: &Provider) -> Result<Vec<Figure>> {
        let port = free_port()?;
        let address = format!("127.0.0.1:{port}");
        let mut proxy = self.start(stage, provider, port)?;
        let ready = proxy.wait_until(START, || TcpStream::connect(&address).is_ok());
        ready.with_context(|| {
            let told = fs::read_to_string(stage.folder.join("litellm.txt"));
            format!("start the LiteLLM proxy: {}", told.unwrap_or_default())
        })?;
        let load = |rate| stage.load(provider.address(), &address, rate, SECONDS);
        let began = now();
        let mut borne = None;
        for rate in RATES {
            let seen = load(rate)?;
            let share = in_time(&seen)?;
            println!("LiteLLM at {rate} calls a second: {share:.1} % answered within a second");
            if share < BORNE {
                break;
            }
            borne = Some((rate, seen));
            if began.elapsed() > ENOUGH {
                break;
            }
        }
        let same = load(RATE)?;
        if let Some(why) = same.words("/first_wrong") {
            println!("LiteLLM at {RATE} calls a second, the first that failed: {why}");
        }
        let mut figures = Vec::new();
        if let Some((rate, seen)) = borne {
            figures.extend([
                figure("LiteLLM, calls a second that it bears", rate.into(), "1/s"),
                figure(
                    "LiteLLM at that rate, p50 of a call",
                    seen.of("/p50")?,
                    "ms",
                ),
                figure(
                    "LiteLLM at that rate, p99 of a call",
                    seen.of("/p99")?,
                    "ms",
                ),
            ]);
        }
        figures.extend([
            figure("LiteLLM at 1,000/s, answered in 1 s", in_time(&same)?, "%"),
            figure("LiteLLM, peak of memory", proxy.peak()?, "MB"),
        ]);
        Ok(figures)
    }

    fn start(&self, stage: &Stage, provider: &Provider, port: u16) -> Result<Running> {
        let config = stage.folder.join("litellm.yaml");
        fs::write(&config, settings(provider.address())).context("write its settings")?;
        let told = File::create(stage.folder.join("litellm.txt"))?;
        let mut command = Command::new(self.folder.join("venv").join("bin").join("litellm"));
        command.arg("--config").arg(config);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--num_workers", "1"]);
        command.env_clear().env("HOME", &stage.folder);
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        // Else it asks the network for a list of prices when it is loaded.
        command.env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
        command.env("LITELLM_LOG", "ERROR");
        command.current_dir(&stage.folder);
        command.stdout(told.try_clone()?).stderr(told);
        Running::start(&mut command)
    }
}

/// A port that was free a moment ago: it takes none by itself and tells which.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("find a free port")?;
    Ok(listener.local_addr()?.port())
}

/// One model, which is the provider's.
fn settings(provider: &str) -> String {
    format!(
        "model_list:\n\
         \x20 - model_name: bench\n\
         \x20   litellm_params:\n\
         \x20     model: openai/bench\n\
         \x20     api_base: http://{provider}/v1\n\
         \x20     api_key: played-key\n\
         litellm_settings:\n\
         \x20 telemetry: false\n"
    )
}

/// Of a hundred calls, those that were answered rightly within a second.
fn in_time(seen: &Measured) -> Result<f64> {
    Ok(seen.of("/in_time")? / seen.of("/asked")? * 100.0)
}
