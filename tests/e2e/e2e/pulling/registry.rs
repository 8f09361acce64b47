//! The registry of one test, and what the daemon has from it.

use std::process::Command;
use std::time::Duration;

use deckhands_e2e::{Bench, Running, docker, wait_for};
use deckhands_testkit::{RegistryFault, RegistryPlace, RegistryStub, StubImage, StubLayer, Times};
use tokio::runtime::Runtime;

/// Size of the layer.
pub(super) const SIZE: usize = 1 << 20;

/// Until the daemon asks for a layer, or has given up a pull.
const LIMIT: Duration = Duration::from_secs(30);

/// The shortest deadline of a pull that can be set.
const SHORT: &str = "10s";

/// What a daemon answers for an image it does not have.
const ABSENT: &str = "No such image";

/// A registry with one image of one test, removed from the daemon at the end.
pub(super) struct Registry {
    stub: Option<RegistryStub>,
    runtime: Runtime,
    /// The image as it must be.
    pub(super) image: StubImage,
    /// What the daemon pulls it by.
    pub(super) reference: String,
}

impl Registry {
    /// `salt` makes the layer one that the daemon does not have from another test.
    pub(super) fn new(salt: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the registry");
        let stub = runtime
            .block_on(RegistryStub::start(([127, 0, 0, 1], 0).into()))
            .expect("the registry");
        let mut content = format!("{salt} {}", stub.addr()).into_bytes();
        content.resize(SIZE, b'.');
        let layer = StubLayer::file("content", &content).expect("a layer");
        let image = StubImage::new([layer], &[("deckhands.test", "1")], &["/content"]);
        stub.add("deckhands-test/pulled", "1", image.clone());
        let reference = stub.reference("deckhands-test/pulled", "1");
        Self {
            stub: Some(stub),
            runtime,
            image,
            reference,
        }
    }

    /// A registry for a bench of its own.
    pub(super) fn of(bench: &Bench) -> Self {
        Self::new(&bench.dir.path().display().to_string())
    }

    pub(super) fn stub(&self) -> &RegistryStub {
        self.stub
            .as_ref()
            .expect("the registry lives until the end")
    }

    /// The same image by its digest.
    pub(super) fn by_digest(&self) -> String {
        let (name, _tag) = self.reference.rsplit_once(':').expect("a tag");
        format!("{name}@{}", self.image.manifest_digest())
    }

    /// Runs a task on this registry's image as the agent's.
    pub(super) fn start(&self, bench: &Bench) -> Running {
        let mut command = bench.run_command(&["do it"]);
        command
            .env("OPENHANDS_DOCKER_IMAGE", &self.reference)
            .env("DECKHANDS_PULL_TIMEOUT", SHORT);
        Running::start(command)
    }

    pub(super) fn wait_for_layer(&self) {
        wait_for("a request for the layer", LIMIT, || {
            (self.stub().asked_for(RegistryPlace::Layer) > 0).then_some(())
        });
    }

    /// Asserts that the daemon has stopped to pull and has no image under this reference.
    pub(super) fn assert_given_up(&self) {
        wait_for("the end of the daemon's pull", LIMIT, || {
            (self.stub().under_way() == 0).then_some(())
        });
        self.assert_absent();
    }

    /// Asserts that what the daemon still waits for does no harm. While nothing comes it does not
    /// notice that nobody wants the image any more; once something comes it ends, and what is
    /// pulled later is whole.
    pub(super) fn assert_harmless(&self) {
        self.assert_absent();
        self.stub()
            .fail(RegistryPlace::Layer, RegistryFault::Hold, Times::Count(0));
        self.stub().release();
        wait_for("the end of the daemon's pull", LIMIT, || {
            (self.stub().under_way() == 0).then_some(())
        });
        let _ = docker(&["pull", &self.reference]);
        assert_eq!(self.id_at_the_daemon(), self.image.id());
    }

    pub(super) fn assert_absent(&self) {
        let found = Command::new("docker")
            .args(["image", "inspect", &self.reference])
            .output()
            .expect("the docker command");
        let words = String::from_utf8_lossy(&found.stderr);
        assert!(!found.status.success() && words.contains(ABSENT), "{words}");
    }

    /// The id under which the daemon has the image.
    pub(super) fn id_at_the_daemon(&self) -> String {
        let id = docker(&["image", "inspect", "--format", "{{.Id}}", &self.reference]);
        id.trim().to_owned()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        for reference in [&self.reference, &self.by_digest()] {
            let _ = Command::new("docker")
                .args(["rmi", "-f", reference])
                .output();
        }
        if let Some(stub) = self.stub.take() {
            self.runtime.block_on(stub.shutdown());
        }
    }
}
