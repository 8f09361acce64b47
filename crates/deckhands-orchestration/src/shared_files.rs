//! Does the daemon see the same files as we do? Shown by a random file through a bind mount.
//!
//! The file is read out of a container that is created, but need not run.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use deckhands_model::{
    AttemptId, AttemptNumber, ByteSize, Cause, ImageRef, Network, Profile, TaskId,
};
use deckhands_runtime::{
    ContainerId, ContainerName, ContainerSpec, Containers, Hardening, Mount, MountAccess,
    NetworkMode, ResourceLimits, RuntimeError, RuntimeErrorKind, UserSpec,
};
use futures::StreamExt;

use crate::attempt_dir::{AttemptDir, AttemptRecord, remove_tree};
use crate::clock::{Clock, IdSource, SystemClock};
use crate::failure::RunFailure;
use crate::home::Home;
use crate::labels;
use crate::ports::Ports;

/// Longest answer that is read; the file has a few dozen bytes.
const MAX_ANSWER: usize = 64 << 10;

const HINT: &str =
    "use a daemon on this machine, or put the state directory on a path it shares (--home DIR)";

/// What is known of the daemon and one state directory: whether the daemon was seen to look at the files
/// that we do. Clones share it.
///
/// Reading a file out of a container costs a daemon more than starting it does, so that whoever makes
/// many attempts has it done until it succeeds once, and not for each of them.
#[derive(Clone, Debug, Default)]
pub struct SharedFiles(
    /// Odd where it was seen. The even number before is of all looks since it was last forgotten.
    Arc<AtomicU64>,
);

/// A look that is under way.
#[derive(Debug)]
pub(crate) struct Look(u64);

impl SharedFiles {
    /// A file for the daemon to be asked for; `None` where it was seen before.
    ///
    /// # Errors
    /// As [`Probe::write`].
    pub(crate) fn probe(
        &self,
        dir: &Path,
        nonce: String,
    ) -> Result<Option<(Probe, Look)>, RunFailure> {
        let known = self.0.load(Ordering::Relaxed);
        if known % 2 == 1 {
            return Ok(None);
        }
        let probe = Probe::write(dir, nonce)?;
        Ok(Some((probe, Look(known))))
    }

    /// The daemon saw such a file. That is worth nothing if it was forgotten since the look began.
    pub(crate) fn seen(&self, look: &Look) {
        let (none, seen) = (look.0, look.0 | 1);
        let _known_or_forgotten =
            self.0
                .compare_exchange(none, seen, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Has the daemon looked at again: after a time out of reach another one may have taken its place.
    pub fn forget(&self) {
        let next = |known: u64| Some((known | 1).wrapping_add(1));
        let _before = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
    }
}

/// A file with random content that waits to be seen by the daemon.
#[derive(Debug)]
pub(crate) struct Probe {
    nonce: String,
}

impl Probe {
    /// Writes the file into a directory that will be mounted.
    ///
    /// # Errors
    /// [`Cause::PermissionDenied`] where the directory cannot be written.
    pub(crate) fn write(dir: &Path, nonce: String) -> Result<Self, RunFailure> {
        let probe = Self { nonce };
        fs::write(dir.join(probe.name()), &probe.nonce)
            .map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error))?;
        Ok(probe)
    }

    fn name(&self) -> String {
        format!("probe-{}", self.nonce)
    }

    /// Reads the file as the daemon sees it, and removes it.
    ///
    /// # Errors
    /// [`Cause::DaemonUnreachable`] where the daemon sees other files.
    pub(crate) async fn read_back(
        self,
        containers: &dyn Containers,
        id: &ContainerId,
        mount: &Mount,
    ) -> Result<(), RunFailure> {
        let path = format!("{}/{}", mount.target, self.name());
        let absent = || format!("a file put into `{}` is not there", mount.source.display());
        let seen = match containers.get_archive(id, &path).await {
            Ok(mut stream) => {
                let mut seen = Vec::new();
                while let Some(piece) = stream.next().await {
                    seen.extend_from_slice(&piece?);
                    if seen.len() > MAX_ANSWER {
                        break;
                    }
                }
                seen
            }
            Err(error) if error.is_not_found() => return Err(not_shared(absent())),
            Err(error) => return Err(error.into()),
        };
        // A probe that stays is only a small file in a directory that goes with the attempt.
        let _ = fs::remove_file(mount.source.join(self.name()));
        let content = first_file(&seen).unwrap_or_default();
        if content == self.nonce.as_bytes() {
            Ok(())
        } else {
            Err(not_shared(absent()))
        }
    }
}

/// Asks the daemon with a container of its own, of which nothing is left.
///
/// # Errors
/// [`Cause::DaemonUnreachable`] where the daemon sees other files; others as they come.
pub async fn probe_shared_files(
    ports: &Ports,
    home: &Home,
    ids: &dyn IdSource,
    image: &ImageRef,
) -> Result<(), RunFailure> {
    let task = TaskId::from_random(ids.random());
    let id = AttemptId {
        task,
        number: AttemptNumber::FIRST,
    };
    let dir = AttemptDir::of(home, id);
    let record = AttemptRecord {
        task_id: task.to_string(),
        number: id.number.get(),
        started_at: SystemClock.now().to_string(),
        workspace: dir.root().to_owned(),
        sandbox_image: Some(image.clone()),
        profile: Profile::Socket,
        network: Network::Llm,
        keep: false,
        adoptable: false,
    };
    let held = dir
        .create(home, &record)
        .map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error))?;
    let result = ask(ports, home, id, &dir, image).await;
    // Removed under the lock, so that no sweep takes it for a dead attempt in between.
    let removed = remove_tree(&home.task_dir(task));
    drop(held);
    result.and(removed.map_err(|error| RunFailure::of_error(Cause::PermissionDenied, &error)))
}

async fn ask(
    ports: &Ports,
    home: &Home,
    id: AttemptId,
    dir: &AttemptDir,
    image: &ImageRef,
) -> Result<(), RunFailure> {
    let containers = ports.containers.as_ref();
    let mount = Mount {
        source: dir.agent_dirs().input,
        target: "/deckhands/input".to_owned(),
        access: MountAccess::ReadOnly,
    };
    let probe = Probe::write(&mount.source, id.session_name())?;
    let owned = ports.owned(labels::of_attempt(home, id, dir));
    let container = owned
        .create(spec(id, image, &mount))
        .await
        .map_err(not_shared_or)?;
    let seen = probe.read_back(containers, &container, &mount).await;
    containers.remove(&container).await?;
    seen
}

fn spec(id: AttemptId, image: &ImageRef, mount: &Mount) -> ContainerSpec {
    ContainerSpec {
        name: ContainerName(id.object_name("probe")),
        image: image.clone(),
        entrypoint: None,
        command: vec!["true".to_owned()],
        env: Vec::new(),
        working_dir: None,
        user: UserSpec::Image,
        labels: [(labels::ROLE.to_owned(), "probe".to_owned())].into(),
        mounts: vec![mount.clone()],
        hosts: Vec::new(),
        network: NetworkMode::None,
        limits: ResourceLimits {
            memory: Some(ByteSize::mebibytes(64)),
            milli_cpus: None,
            processes: Some(16),
            kept_log: ByteSize::mebibytes(1),
            scratch: None,
        },
        hardening: Hardening {
            drop_capabilities: true,
            no_new_privileges: true,
            read_only_root: true,
            init: false,
        },
    }
}

/// A missing mount source means that the daemon looks at other files than we do.
pub(crate) fn not_shared_or(error: RuntimeError) -> RunFailure {
    let missing_source = error.kind == RuntimeErrorKind::InvalidSpec
        && error
            .message
            .as_deref()
            .is_some_and(|m| m.contains("bind source path does not exist"));
    if missing_source {
        not_shared(error.to_string())
    } else {
        RunFailure::from(error)
    }
}

/// The daemon looks at other files than we do; `sign` is what shows it.
fn not_shared(sign: String) -> RunFailure {
    let text = "the Docker daemon does not see this machine's files";
    RunFailure {
        causes: vec![sign],
        ..RunFailure::new(Cause::DaemonUnreachable, text)
    }
    .with_hint(HINT)
}

/// Content of the first file of a tar archive.
fn first_file(archive: &[u8]) -> Option<Vec<u8>> {
    let mut archive = tar::Archive::new(archive);
    let mut entry = archive.entries().ok()?.next()?.ok()?;
    let mut content = Vec::new();
    entry.read_to_end(&mut content).ok()?;
    Some(content)
}
