//! The suite's bench for the fake.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use deckhands_model::ImageRef;

use super::bench::{Act, ContractBench};
use crate::containers::Containers;
use crate::images::Images;
use crate::networks::Networks;
use crate::spec::ContainerSpec;
use crate::test_util::fake::{FakeRuntime, Match, Script};

/// Puts a fake through the suite: acts become scripts.
#[derive(Debug)]
pub struct FakeBench {
    runtime: FakeRuntime,
    image: ImageRef,
    scratch: PathBuf,
    names: AtomicU32,
}

impl FakeBench {
    /// A bench for a fresh fake, with an existing directory for mounts.
    #[must_use]
    pub fn new(scratch: PathBuf) -> Self {
        let image: ImageRef = "deckhands-test/fake:1"
            .parse()
            .expect("invariant: a reference");
        let runtime = FakeRuntime::new().image(&image);
        Self {
            runtime,
            image,
            scratch,
            names: AtomicU32::new(1),
        }
    }

    /// The fake, to look at what it noticed.
    #[must_use]
    pub fn runtime(&self) -> &FakeRuntime {
        &self.runtime
    }
}

impl ContractBench for FakeBench {
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
        let now = Duration::ZERO;
        let mut after = Duration::ZERO;
        let mut script = Script::new();
        for act in acts {
            let delay = std::mem::replace(&mut after, now);
            script = match act {
                Act::Print(line) => script.stdout(delay, line),
                Act::PrintErr(line) => script.stderr(delay, line),
                Act::PrintEnv(key) => script.stdout_env(delay, key),
                Act::Write { path, text } => script.write_file(delay, path, text.clone()),
                Act::ExitByNetwork => {
                    script.exit(delay, i64::from(!self.runtime.leads_out(&spec.network)))
                }
                Act::Exit(code) => script.exit(delay, i64::from(*code)),
                Act::Sleep(time) => {
                    after = delay + *time;
                    script
                }
            };
        }
        let matching = Match::Name(spec.name.0.clone());
        let _same_fake = self.runtime.clone().once(matching, script.exit(after, 0));
    }

    fn unique(&self, part: &str) -> String {
        format!(
            "deckhands-test-{part}-{}",
            self.names.fetch_add(1, Ordering::Relaxed)
        )
    }

    fn scratch(&self) -> &Path {
        &self.scratch
    }
}
