//! The fake's own promises, beyond the contract that it shares with Docker.

mod scripts;
mod world;

use std::path::Path;
use std::time::Duration;

use deckhands_model::ImageRef;

use super::{FakeRuntime, Script};
use crate::containers::Containers as _;
use crate::spec::{ContainerId, ContainerSpec, Mount, MountAccess};
use crate::test_util::bare_spec;

const SECOND: Duration = Duration::from_secs(1);

fn image() -> ImageRef {
    "app:1".parse().unwrap()
}

/// A fake with the image and nothing to play.
fn fake() -> FakeRuntime {
    FakeRuntime::new().image(&image())
}

fn spec(name: &str) -> ContainerSpec {
    bare_spec(name, image())
}

/// A spec that sees a directory at `/data`.
fn spec_with_data(name: &str, source: &Path) -> ContainerSpec {
    let target = "/data".to_owned();
    let mount = Mount {
        source: source.to_owned(),
        target,
        access: MountAccess::ReadWrite,
    };
    ContainerSpec {
        mounts: vec![mount],
        ..spec(name)
    }
}

async fn launch(runtime: &FakeRuntime, spec: &ContainerSpec) -> ContainerId {
    let id = runtime.create(spec).await.unwrap();
    runtime.start(&id).await.unwrap();
    id
}

/// Runs a container with one script to its end and gives its exit code.
async fn code_of(script: Script) -> i64 {
    let runtime = fake().next(script);
    let id = launch(&runtime, &spec("a")).await;
    runtime.wait(&id).await.unwrap().code
}
