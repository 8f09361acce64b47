//! Gives back what containers wrote as other users: a one-shot container of the sandbox image
//! hands every file of an attempt to the caller. Nothing is done where nothing is foreign.

use deckhands_model::{AttemptId, ByteSize, Cause, ImageRef};
use deckhands_runtime::{
    ContainerName, ContainerSpec, Containers, Hardening, Mount, MountAccess, NetworkMode, Owned,
    ResourceLimits, UserSpec,
};

use crate::attempt_dir::AttemptDir;
use crate::failure::RunFailure;
use crate::labels;
use crate::runner::blocking;
use crate::workspace::foreign_file;

const ROLE: &str = "owner";
const TARGET: &str = "/deckhands/attempt";

/// Makes the caller the owner of every file of an attempt.
///
/// # Errors
/// [`RunFailure`] where the container could not do it; its labels are the attempt's.
pub(crate) async fn give_back(
    owned: &Owned,
    attempt: AttemptId,
    dir: &AttemptDir,
    image: &ImageRef,
) -> Result<(), RunFailure> {
    let (uid, gid) = (
        rustix::process::getuid().as_raw(),
        rustix::process::getgid().as_raw(),
    );
    let root = dir.root().to_owned();
    if blocking(move || foreign_file(&root, uid)).await?.is_none() {
        return Ok(());
    }
    let containers: &dyn Containers = owned.containers().as_ref();
    let id = owned.create(spec(attempt, dir, image, uid, gid)).await?;
    containers.start(&id).await?;
    let status = containers.wait(&id).await?;
    containers.remove(&id).await?;
    if status.code == 0 {
        return Ok(());
    }
    let text = format!(
        "files of the agent could not be given back (chown ended with {})",
        status.code
    );
    Err(RunFailure::new(Cause::PermissionDenied, text))
}

fn spec(
    attempt: AttemptId,
    dir: &AttemptDir,
    image: &ImageRef,
    uid: u32,
    gid: u32,
) -> ContainerSpec {
    ContainerSpec {
        name: ContainerName(attempt.object_name(ROLE)),
        image: image.clone(),
        entrypoint: Some(vec!["chown".to_owned()]),
        command: vec!["-hR".to_owned(), format!("{uid}:{gid}"), TARGET.to_owned()],
        env: Vec::new(),
        working_dir: Some("/".to_owned()),
        user: UserSpec::Ids { uid: 0, gid: 0 },
        labels: [(labels::ROLE.to_owned(), ROLE.to_owned())].into(),
        mounts: vec![Mount {
            source: dir.root().to_owned(),
            target: TARGET.to_owned(),
            access: MountAccess::ReadWrite,
        }],
        hosts: Vec::new(),
        network: NetworkMode::None,
        limits: ResourceLimits {
            memory: Some(ByteSize::mebibytes(256)),
            milli_cpus: None,
            processes: Some(16),
            kept_log: ByteSize::mebibytes(1),
            scratch: None,
        },
        // Changing owners is the one capability it is there for, so they are not dropped.
        hardening: Hardening {
            drop_capabilities: false,
            no_new_privileges: true,
            read_only_root: true,
            init: false,
        },
    }
}
