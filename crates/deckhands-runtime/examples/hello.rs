//! Runs one container on the Docker daemon of the default socket and shows what it says:
//! `cargo run -p deckhands-runtime --example hello -- IMAGE [COMMAND…]`.

use std::error::Error;
use std::io::{self, Write as _};
use std::time::Duration;

use deckhands_runtime::docker::{ConnectOptions, DockerRuntime};
use deckhands_runtime::{
    ContainerName, ContainerSpec, Containers as _, ExitStatus, Hardening, Labels, NetworkMode,
    OutputSource, OutputStream, ResourceLimits, RuntimeError, UserSpec,
};
use futures::TryStreamExt as _;

/// The runtime itself never gives up; whoever uses it sets the deadline.
const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let image = arguments.next().ok_or("usage: hello IMAGE [COMMAND…]")?;
    let spec = spec(&image, arguments.collect())?;

    let docker = DockerRuntime::connect(&ConnectOptions::default()).await?;
    let id = docker.create(&spec).await?;
    let run = async {
        let output = docker.attach(&id).await?;
        docker.start(&id).await?;
        show(output).await?;
        docker.wait(&id).await
    };
    let ended: Result<Result<ExitStatus, RuntimeError>, _> =
        tokio::time::timeout(DEADLINE, run).await;
    docker.remove(&id).await?;
    writeln!(io::stderr(), "ended with {}", ended??.code)?;
    Ok(())
}

/// Passes the output on, each stream to its own.
async fn show(output: OutputStream) -> Result<(), RuntimeError> {
    let pass_on = |chunk: deckhands_runtime::OutputChunk| async move {
        // A reader that went away is no reason to stop reading the container.
        let _ = match chunk.source {
            OutputSource::Stdout => io::stdout().write_all(&chunk.bytes),
            OutputSource::Stderr => io::stderr().write_all(&chunk.bytes),
        };
        Ok(())
    };
    output.try_for_each(pass_on).await
}

fn spec(image: &str, command: Vec<String>) -> Result<ContainerSpec, Box<dyn Error>> {
    Ok(ContainerSpec {
        name: ContainerName(format!("deckhands-hello-{}", std::process::id())),
        image: image.parse()?,
        entrypoint: None,
        command,
        env: Vec::new(),
        working_dir: None,
        user: UserSpec::Image,
        labels: Labels::from([("deckhands.example".to_owned(), "hello".to_owned())]),
        mounts: Vec::new(),
        hosts: Vec::new(),
        network: NetworkMode::None,
        limits: ResourceLimits {
            memory: Some("128m".parse()?),
            milli_cpus: Some(1000),
            processes: Some(64),
            kept_log: "1m".parse()?,
            scratch: None,
        },
        hardening: Hardening {
            drop_capabilities: true,
            no_new_privileges: true,
            read_only_root: true,
            init: true,
        },
    })
}
