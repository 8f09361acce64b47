//! Bounds that no container option holds: the disk that an attempt fills, and the moment in which its
//! processes are all used up.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deckhands_agent::EndedBy;
use deckhands_model::ByteSize;
use deckhands_runtime::{ContainerId, Containers};
use tokio::time::{Instant, sleep, timeout};

use super::AttemptCtx;
use crate::adoption::Taken;
use crate::failure::RunFailure;
use crate::runner::blocking;

/// Pause between two looks.
const PULSE: Duration = Duration::from_secs(1);

/// Pause between two looks at the host's free space: a disk takes some gigabytes a second.
const HOST_PULSE: Duration = Duration::from_millis(100);

/// How many times longer the pause is than the look at a tree.
const SHARE: u32 = 4;

/// Longest wait for the daemon's reading of a container.
const READING: Duration = Duration::from_secs(5);

/// Looks in a row at which all processes were used up, until it is no moment of work any more.
const LOOKS: u32 = 2;

/// Disk space of the host that no attempt may take: what others need to go on.
const FLOOR: ByteSize = ByteSize::mebibytes(256);

/// Bytes of the bound that one new file or directory counts for: many empty files fill a disk, too.
const BYTES_A_FILE: u64 = 16 << 10;

/// Bytes of a block as the kernel counts them for a file.
const BLOCK: u64 = 512;

/// A bound that was reached, and what was seen.
pub(super) type Breach = (EndedBy, String);

/// Looks again and again, and returns once a bound is reached. What an agent hides from the look, such
/// as a removed file that it keeps open, is bounded by the host's free space alone.
pub(super) struct Guard {
    dirs: Vec<PathBuf>,
    before: Taken,
    disk: ByteSize,
    processes: u32,
}

impl Guard {
    /// Measures what is there before the agent begins.
    ///
    /// # Errors
    /// [`RunFailure`] where the measuring thread died.
    pub(super) async fn new(ctx: &AttemptCtx<'_>) -> Result<Self, RunFailure> {
        let mut guard = Self::since(ctx, Taken::default());
        guard.before = measured(&guard.dirs).await?;
        Ok(guard)
    }

    /// Goes on where this much was there before the agent began.
    pub(super) fn since(ctx: &AttemptCtx<'_>, before: Taken) -> Self {
        let dirs = ctx.dir.agent_dirs();
        Self {
            before,
            dirs: vec![dirs.workspace, dirs.agent_home],
            disk: ctx.request.limits.disk,
            processes: ctx.request.limits.processes,
        }
    }

    /// What was there before the agent began.
    pub(super) fn before(&self) -> Taken {
        self.before
    }

    /// Returns once a bound is reached. It may be dropped at any point.
    ///
    /// Each bound is looked at for itself: a tree that takes long hides neither a host that runs full
    /// meanwhile nor used up processes.
    pub(super) async fn breach(
        &self,
        containers: &dyn Containers,
        sandbox: &ContainerId,
    ) -> Breach {
        tokio::select! {
            breach = self.until_host_full() => breach,
            breach = self.until_written() => breach,
            breach = self.until_processes_used(containers, sandbox) => breach,
        }
    }

    async fn until_host_full(&self) -> Breach {
        loop {
            sleep(HOST_PULSE).await;
            if let Some(breach) = self.host_breach(FLOOR) {
                return breach;
            }
        }
    }

    async fn until_written(&self) -> Breach {
        let mut pause = PULSE;
        loop {
            sleep(pause).await;
            let begun = Instant::now();
            if let Some(breach) = self.disk_breach().await {
                return breach;
            }
            // A tree that takes long to look at must not keep a processor busy.
            pause = PULSE.max(begun.elapsed() * SHARE);
        }
    }

    async fn until_processes_used(
        &self,
        containers: &dyn Containers,
        sandbox: &ContainerId,
    ) -> Breach {
        let mut full = 0;
        loop {
            sleep(PULSE).await;
            full = if self.all_processes(containers, sandbox).await {
                full + 1
            } else {
                0
            };
            if full >= LOOKS {
                let seen = format!("{} processes, as many as it may have", self.processes);
                return (EndedBy::ProcessLimit, seen);
            }
        }
    }

    fn host_breach(&self, floor: ByteSize) -> Option<Breach> {
        let free = free_space(self.dirs.first()?).ok()?;
        (free < floor.as_u64()).then(|| {
            let seen = format!("only {} free on the host", rounded(free));
            (EndedBy::HostDiskFull, seen)
        })
    }

    async fn disk_breach(&self) -> Option<Breach> {
        let now = measured(&self.dirs).await.ok()?;
        let bytes = now.bytes.saturating_sub(self.before.bytes);
        let files = now.files.saturating_sub(self.before.files);
        if bytes > self.disk.as_u64() {
            let seen = format!("{} written, {} allowed", rounded(bytes), self.disk);
            return Some((EndedBy::DiskLimit, seen));
        }
        let most = self.disk.as_u64() / BYTES_A_FILE;
        (files > most).then(|| {
            let seen = format!("{files} files made, {most} allowed");
            (EndedBy::DiskLimit, seen)
        })
    }

    /// Whether the sandbox has as many processes as it may. A reading that fails shows nothing.
    async fn all_processes(&self, containers: &dyn Containers, sandbox: &ContainerId) -> bool {
        let reading = timeout(READING, containers.stats(sandbox)).await;
        let processes = reading.ok().and_then(Result::ok).and_then(|r| r.processes);
        processes.is_some_and(|count| count >= u64::from(self.processes))
    }
}

async fn measured(dirs: &[PathBuf]) -> Result<Taken, RunFailure> {
    let dirs = dirs.to_vec();
    blocking(move || {
        let mut taken = Taken::default();
        dirs.iter().for_each(|dir| measure(dir, &mut taken));
        taken
    })
    .await
}

/// Adds up everything below a directory; links are not followed, and what vanishes or cannot be read
/// meanwhile is left out.
fn measure(dir: &Path, taken: &mut Taken) {
    let mut pending = vec![dir.to_owned()];
    while let Some(dir) = pending.pop() {
        for item in fs::read_dir(&dir).into_iter().flatten().flatten() {
            let Ok(about) = item.metadata() else { continue };
            taken.files += 1;
            // A file of several names counts once for each: it is an upper bound.
            taken.bytes += about.blocks() * BLOCK;
            if about.is_dir() {
                pending.push(item.path());
            }
        }
    }
}

/// For people: whole mebibytes, none of them left out.
fn rounded(bytes: u64) -> ByteSize {
    ByteSize::mebibytes(bytes.div_ceil(1 << 20))
}

/// Bytes that the caller may still write where the directory is.
fn free_space(dir: &Path) -> io::Result<u64> {
    let about = rustix::fs::statvfs(dir)?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

#[cfg(test)]
mod tests;
