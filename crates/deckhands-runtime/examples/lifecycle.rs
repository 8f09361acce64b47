//! One container from its creation to its removal for each line of standard input, and the milliseconds of each as a
//! line of JSON: `echo | cargo run -p deckhands-runtime --example lifecycle -- IMAGE LABEL`.
//!
//! What `cargo xtask bench lifecycle` compares with `docker run --rm`; the flags there say the same as [`spec`] here.

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};
use std::time::Duration;

use deckhands_runtime::docker::{ConnectOptions, DockerRuntime};
use deckhands_runtime::{
    ContainerName, ContainerSpec, Containers as _, Hardening, Labels, NetworkMode, ResourceLimits,
    RuntimeError, UserSpec,
};
use futures::TryStreamExt as _;
use tokio::time::{Instant, timeout};

/// The runtime itself never gives up; whoever uses it sets the deadline.
const DEADLINE: Duration = Duration::from_secs(60);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(image), Some(label)) = (arguments.next(), arguments.next()) else {
        return Err("usage: lifecycle IMAGE LABEL".into());
    };
    let docker = DockerRuntime::connect(&ConnectOptions::default()).await?;
    // Blocking on the next line stops nothing: between two containers there is nothing to do.
    for (number, line) in io::stdin().lock().lines().enumerate() {
        line?;
        let spec = spec(&image, &label, number)?;
        let began = Instant::now();
        timeout(DEADLINE, live(&docker, &spec)).await??;
        let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
        let mut out = io::stdout().lock();
        writeln!(out, "{{\"milliseconds\": {milliseconds}}}")?;
        out.flush()?;
    }
    Ok(())
}

/// What `docker run --rm` does: create, attach, start, read to the end, wait, remove.
async fn live(docker: &DockerRuntime, spec: &ContainerSpec) -> Result<(), RuntimeError> {
    let id = docker.create(spec).await?;
    let output = docker.attach(&id).await?;
    docker.start(&id).await?;
    output.try_for_each(|_chunk| async { Ok(()) }).await?;
    docker.wait(&id).await?;
    docker.remove(&id).await?;
    Ok(())
}

fn spec(image: &str, label: &str, number: usize) -> Result<ContainerSpec, Box<dyn Error>> {
    let (key, value) = label.split_once('=').ok_or("LABEL is KEY=VALUE")?;
    Ok(ContainerSpec {
        name: ContainerName(format!(
            "deckhands-lifecycle-{}-{number}",
            std::process::id()
        )),
        image: image.parse()?,
        entrypoint: None,
        command: vec!["true".to_owned()],
        env: Vec::new(),
        working_dir: None,
        user: UserSpec::Image,
        labels: Labels::from([(key.to_owned(), value.to_owned())]),
        mounts: Vec::new(),
        hosts: Vec::new(),
        network: NetworkMode::Bridge,
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
