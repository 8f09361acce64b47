//! The port for containers on the fake.

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use deckhands_model::{ByteSize, ImageDigest};
use futures::stream::{self, StreamExt as _};

use super::container::{End, KILLED};
use super::files::Elsewhere;
use super::world::World;
use super::{FakeRuntime, files, play};
use crate::containers::{
    ByteStream, ContainerState, ContainerStats, ContainerSummary, Containers, Control, ExitStatus,
    OutputStream, Phase, Removal, RuntimeInfo,
};
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::labels::LabelSelector;
use crate::spec::{ContainerId, ContainerSpec, NetworkMode};

/// Size of the pieces that archives come in.
const ARCHIVE_PIECE: usize = 32 * 1024;

#[async_trait]
impl Containers for FakeRuntime {
    async fn probe(&self) -> Result<RuntimeInfo, RuntimeError> {
        self.gate(Operation::Probe, "fake").await?;
        Ok(RuntimeInfo {
            endpoint: "fake".to_owned(),
            version: "1.0.0-fake".to_owned(),
            api_version: "1.41".to_owned(),
            cpus: 4,
            memory: ByteSize::gibibytes(8),
            rootless: false,
        })
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        self.gate(Operation::Create, &spec.name.0).await?;
        let mut world = self.lock();
        let image = admit(&world, spec)?;
        let script = world.pick_script(spec).ok_or_else(|| {
            let words = format!("no script for container `{}`", spec.name);
            refuse(spec, RuntimeErrorKind::Protocol, words)
        })?;
        world.created.push(spec.clone());
        let playing = world.add_container(spec.clone(), image, Vec::new(), script);
        Ok(playing.container.id.clone())
    }

    async fn attach(&self, id: &ContainerId) -> Result<OutputStream, RuntimeError> {
        self.gate(Operation::Attach, &id.0).await?;
        let playing = self.lock().existing(Operation::Attach, &id.0)?;
        Ok(playing.container.follow())
    }

    async fn logs_since(
        &self,
        id: &ContainerId,
        seconds: i64,
    ) -> Result<OutputStream, RuntimeError> {
        self.gate(Operation::Logs, &id.0).await?;
        let world = self.lock();
        let playing = world.existing(Operation::Logs, &id.0)?;
        let age = u64::try_from(seconds.saturating_sub(world.made_at_seconds)).unwrap_or(0);
        let kept = playing.container.kept(Duration::from_secs(age));
        Ok(stream::iter(kept.into_iter().map(Ok)).boxed())
    }

    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        self.gate(Operation::Start, &id.0).await?;
        let playing = self.lock().existing(Operation::Start, &id.0)?;
        check_network(&self.lock(), id, &playing.container.spec.network)?;
        if playing.container.start() {
            play::begin(&self.world, playing);
        }
        Ok(())
    }

    async fn wait(&self, id: &ContainerId) -> Result<ExitStatus, RuntimeError> {
        self.gate(Operation::Wait, &id.0).await?;
        let playing = self.lock().existing(Operation::Wait, &id.0)?;
        if playing.container.phase() == Phase::Created {
            let words = format!(
                "wait for container `{}` before its start",
                playing.container.spec.name
            );
            self.lock().problems.push(words.clone());
            let error = RuntimeError::new(Operation::Wait, &id.0, RuntimeErrorKind::Protocol);
            return Err(error.with_message(words));
        }
        playing.container.exit_status().await
    }

    async fn inspect(&self, id_or_name: &str) -> Result<ContainerState, RuntimeError> {
        self.gate(Operation::Inspect, id_or_name).await?;
        let playing = self.lock().existing(Operation::Inspect, id_or_name)?;
        Ok(playing.container.state())
    }

    async fn stats(&self, id: &ContainerId) -> Result<ContainerStats, RuntimeError> {
        self.gate(Operation::Stats, &id.0).await?;
        let world = self.lock();
        let playing = world.existing(Operation::Stats, &id.0)?;
        if playing.container.phase() != Phase::Running {
            return Err(conflict(Operation::Stats, id, "is not running"));
        }
        let nanos = world.made_at.elapsed().as_nanos();
        Ok(ContainerStats {
            memory: ByteSize::mebibytes(16),
            cpu_nanos: u64::try_from(nanos).unwrap_or(u64::MAX),
            processes: Some(playing.container.processes()),
        })
    }

    async fn control(&self, id: &ContainerId, control: Control) -> Result<(), RuntimeError> {
        self.gate(Operation::Control, &id.0).await?;
        let container = self.lock().existing(Operation::Control, &id.0)?.container;
        let (done, words) = match control {
            Control::Kill => {
                container.end(End::Exited(KILLED));
                (true, "")
            }
            Control::Pause => (
                container.shift(Phase::Running, Phase::Paused),
                "is not running",
            ),
            Control::Unpause => (
                container.shift(Phase::Paused, Phase::Running),
                "is not paused",
            ),
        };
        if done {
            Ok(())
        } else {
            Err(conflict(Operation::Control, id, words))
        }
    }

    async fn get_archive(&self, id: &ContainerId, path: &str) -> Result<ByteStream, RuntimeError> {
        self.gate(Operation::GetArchive, &id.0).await?;
        let (container, elsewhere) = {
            let world = self.lock();
            let playing = world.existing(Operation::GetArchive, &id.0)?;
            (playing.container, world.elsewhere)
        };
        let fail = |kind, words| {
            RuntimeError::new(Operation::GetArchive, format!("{id}:{path}"), kind)
                .with_message(words)
        };
        let archive = match elsewhere {
            None => files::archive(&container.spec, path),
            Some(elsewhere) => elsewhere.archive(path),
        };
        let archive = archive
            .map_err(|error| fail(RuntimeErrorKind::Protocol, error.to_string()))?
            .ok_or_else(|| fail(RuntimeErrorKind::NotFound, "no such file".to_owned()))?;
        let pieces: Vec<_> = archive
            .chunks(ARCHIVE_PIECE)
            .map(|piece| Ok(Bytes::copy_from_slice(piece)))
            .collect();
        Ok(stream::iter(pieces).boxed())
    }

    async fn remove(&self, id: &ContainerId) -> Result<Removal, RuntimeError> {
        self.gate(Operation::Remove, &id.0).await?;
        let mut world = self.lock();
        let Some(playing) = world.find(&id.0).cloned() else {
            return Ok(Removal::AlreadyGone);
        };
        playing.container.end(End::Exited(KILLED));
        world.containers.remove(&playing.container.id);
        Ok(Removal::Removed)
    }

    async fn list(&self, selector: &LabelSelector) -> Result<Vec<ContainerSummary>, RuntimeError> {
        self.gate(Operation::List, "containers").await?;
        Ok(self.lock().summaries(selector))
    }
}

/// The image of a container that may be made, or why it may not, in a daemon's order.
fn admit(world: &World, spec: &ContainerSpec) -> Result<ImageDigest, RuntimeError> {
    let invalid = |words: String| refuse(spec, RuntimeErrorKind::InvalidSpec, words);
    for mount in &spec.mounts {
        let source = mount.source.display();
        if !mount.source.is_absolute() || !Path::new(&mount.target).is_absolute() {
            return Err(invalid(format!(
                "mount path must be absolute: {source}:{}",
                mount.target
            )));
        }
        if !mount.source.exists() || world.elsewhere == Some(Elsewhere::NoDirectory) {
            return Err(invalid(format!(
                "bind source path does not exist: {source}"
            )));
        }
    }
    if let NetworkMode::Container(other) = &spec.network
        && world.find(&other.0).is_none()
    {
        return Err(invalid(format!("No such container: {other}")));
    }
    let image = world.image(&spec.image).ok_or_else(|| {
        let words = format!("No such image: {}", spec.image);
        refuse(spec, RuntimeErrorKind::ImageUnavailable, words)
    })?;
    if world.find(&spec.name.0).is_some() {
        let words = format!("The container name \"/{}\" is already in use", spec.name);
        return Err(refuse(spec, RuntimeErrorKind::Conflict, words));
    }
    Ok(image.digest.clone())
}

/// A daemon looks at the network only when a container starts.
fn check_network(
    world: &World,
    id: &ContainerId,
    network: &NetworkMode,
) -> Result<(), RuntimeError> {
    let (kind, words) = match network {
        NetworkMode::Named(name) if world.network(name).is_none() => (
            RuntimeErrorKind::InvalidSpec,
            format!("network {name} not found"),
        ),
        NetworkMode::Container(other)
            if world
                .find(&other.0)
                .is_none_or(|p| p.container.phase() != Phase::Running) =>
        {
            (
                RuntimeErrorKind::Conflict,
                format!("cannot join network of {other}: not running"),
            )
        }
        _ => return Ok(()),
    };
    Err(RuntimeError::new(Operation::Start, &id.0, kind).with_message(words))
}

fn refuse(spec: &ContainerSpec, kind: RuntimeErrorKind, words: String) -> RuntimeError {
    RuntimeError::new(Operation::Create, &spec.name.0, kind).with_message(words)
}

fn conflict(operation: Operation, id: &ContainerId, words: &str) -> RuntimeError {
    RuntimeError::new(operation, &id.0, RuntimeErrorKind::Conflict)
        .with_message(format!("Container {id} {words}"))
}
