//! The suite's bench for a real daemon: acts become arguments of the tiny agent image.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use deckhands_model::ImageRef;

use super::bench::{Act, ContractBench};
use crate::containers::Containers;
use crate::docker::DockerRuntime;
use crate::images::Images;
use crate::networks::Networks;
use crate::spec::ContainerSpec;

/// Stands between two commands of the tiny agent.
const THEN: &str = "--then";

/// Puts a daemon through the suite. Needs the tiny agent image on it.
#[derive(Debug)]
pub struct DockerBench {
    runtime: DockerRuntime,
    image: ImageRef,
    scratch: PathBuf,
    names: AtomicU32,
}

impl DockerBench {
    /// A bench for a daemon on this host, with its tiny agent image and an existing directory for
    /// mounts.
    #[must_use]
    pub fn new(runtime: DockerRuntime, image: ImageRef, scratch: PathBuf) -> Self {
        Self {
            runtime,
            image,
            scratch,
            names: AtomicU32::new(1),
        }
    }
}

impl ContractBench for DockerBench {
    fn containers(&self) -> Arc<dyn Containers> {
        Arc::new(self.runtime.clone())
    }

    fn images(&self) -> Arc<dyn Images> {
        Arc::new(self.runtime.clone())
    }

    fn networks(&self) -> Arc<dyn Networks> {
        Arc::new(self.runtime.clone())
    }

    fn image(&self) -> ImageRef {
        self.image.clone()
    }

    fn program(&self, spec: &mut ContainerSpec, acts: &[Act]) {
        spec.command = acts
            .iter()
            .map(words)
            .collect::<Vec<_>>()
            .join(&THEN.to_owned());
    }

    fn unique(&self, part: &str) -> String {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        format!("deckhands-test-{part}-{}-{number}", std::process::id())
    }

    fn scratch(&self) -> &Path {
        &self.scratch
    }
}

/// One command of the tiny agent.
fn words(act: &Act) -> Vec<String> {
    let command: &[&str] = match act {
        Act::Print(line) => &["say", line],
        Act::PrintErr(line) => &["err", line],
        Act::PrintEnv(key) => &["env", key],
        Act::Write { path, text } => &["write", path, text],
        Act::ExitByNetwork => &["test", "-e", "/sys/class/net/eth0"],
        Act::Sleep(time) => &["sleep", &time.as_secs_f64().to_string()],
        Act::Exit(code) => &["exit", &code.to_string()],
    };
    command.iter().map(|word| (*word).to_owned()).collect()
}
