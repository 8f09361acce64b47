//! One fake container: its life from created to exited, and what it has put out. Everybody who
//! waits or reads watches the same value, so it is seen even after the container is removed.

use std::sync::Arc;
use std::time::Duration;

use deckhands_model::ImageDigest;
use futures::stream::{self, StreamExt as _};
use tokio::sync::watch;

use crate::containers::{
    ContainerState, ContainerSummary, ExitStatus, OutputChunk, OutputStream, Phase,
};
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::spec::{ContainerId, ContainerSpec};

/// Exit code of a command that SIGKILL ended: 128 + 9.
pub(super) const KILLED: i64 = 137;

/// What never changes about a container, and its life.
pub(super) struct FakeContainer {
    pub(super) id: ContainerId,
    pub(super) spec: ContainerSpec,
    pub(super) image: ImageDigest,
    pub(super) published_addresses: Vec<String>,
    life: watch::Sender<Life>,
}

struct Life {
    phase: Phase,
    end: Option<End>,
    processes: u64,
    /// With the time since the fake was made.
    output: Vec<(Duration, OutputChunk)>,
}

/// How a container ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    Exited(i64),
    OutOfMemory,
    /// The test's script was at fault.
    Fault(String),
}

impl FakeContainer {
    pub(super) fn new(
        id: ContainerId,
        spec: ContainerSpec,
        image: ImageDigest,
        published_addresses: Vec<String>,
    ) -> Arc<Self> {
        let life = Life {
            phase: Phase::Created,
            end: None,
            processes: 1,
            output: Vec::new(),
        };
        let (life, _) = watch::channel(life);
        Arc::new(Self {
            id,
            spec,
            image,
            published_addresses,
            life,
        })
    }

    pub(super) fn phase(&self) -> Phase {
        self.life.borrow().phase
    }

    /// From created or exited to running; `false` where it runs already.
    pub(super) fn start(&self) -> bool {
        self.life.send_if_modified(|life| {
            let starts = matches!(life.phase, Phase::Created | Phase::Exited);
            if starts {
                life.phase = Phase::Running;
                life.end = None;
            }
            starts
        })
    }

    /// From one phase to another; `false` where it was not in the first.
    pub(super) fn shift(&self, from: Phase, to: Phase) -> bool {
        self.life.send_if_modified(|life| {
            let there = life.phase == from;
            if there {
                life.phase = to;
            }
            there
        })
    }

    /// Ends it, unless it does not run.
    pub(super) fn end(&self, end: End) {
        self.life.send_if_modified(|life| {
            let runs = matches!(life.phase, Phase::Running | Phase::Paused);
            if runs {
                life.phase = Phase::Exited;
                life.end = Some(end);
            }
            runs
        });
    }

    /// Puts a piece out, unless it does not run.
    pub(super) fn put_out(&self, at: Duration, chunk: OutputChunk) {
        self.life.send_if_modified(|life| {
            let runs = life.phase == Phase::Running;
            if runs {
                life.output.push((at, chunk));
            }
            runs
        });
    }

    pub(super) fn processes(&self) -> u64 {
        self.life.borrow().processes
    }

    pub(super) fn set_processes(&self, count: u64) {
        self.life.send_modify(|life| life.processes = count);
    }

    /// Returns once it runs and is not paused (`true`) or has ended (`false`).
    pub(super) async fn runs(&self) -> bool {
        let settled = |life: &Life| matches!(life.phase, Phase::Running | Phase::Exited);
        let phase = self
            .life
            .subscribe()
            .wait_for(settled)
            .await
            .map(|life| life.phase);
        matches!(phase, Ok(Phase::Running))
    }

    /// Returns once it has ended.
    pub(super) async fn ended(&self) {
        // The sender is `self`: it cannot be gone.
        let _ = self
            .life
            .subscribe()
            .wait_for(|life| life.phase == Phase::Exited)
            .await;
    }

    /// How it ended, once it has.
    pub(super) async fn exit_status(&self) -> Result<ExitStatus, RuntimeError> {
        self.ended().await;
        let life = self.life.borrow();
        match &life.end {
            Some(End::Exited(code)) => Ok(ExitStatus { code: *code }),
            Some(End::OutOfMemory) | None => Ok(ExitStatus { code: KILLED }),
            Some(End::Fault(fault)) => Err(self.fault(Operation::Wait, fault)),
        }
    }

    /// The output from now on until the end; ends in an error where the script was at fault.
    pub(super) fn follow(self: &Arc<Self>) -> OutputStream {
        let seen = match self.phase() {
            Phase::Created => 0,
            _ => self.life.borrow().output.len(),
        };
        let position = (Arc::clone(self), self.life.subscribe(), seen);
        stream::unfold(Some(position), |position| async move {
            let (container, mut life, seen) = position?;
            let news = |life: &Life| life.output.len() > seen || life.phase == Phase::Exited;
            let (chunk, end) = {
                let now = life.wait_for(news).await.ok()?;
                (
                    now.output.get(seen).map(|(_, chunk)| chunk.clone()),
                    now.end.clone(),
                )
            };
            match (chunk, end) {
                (Some(chunk), _) => Some((Ok(chunk), Some((container, life, seen + 1)))),
                (None, Some(End::Fault(fault))) => {
                    Some((Err(container.fault(Operation::Attach, &fault)), None))
                }
                (None, _) => None,
            }
        })
        .boxed()
    }

    /// The output so far that is not older than this.
    pub(super) fn kept(&self, since: Duration) -> Vec<OutputChunk> {
        let life = self.life.borrow();
        let kept = life.output.iter().filter(|(at, _)| *at >= since);
        kept.map(|(_, chunk)| chunk.clone()).collect()
    }

    pub(super) fn state(&self) -> ContainerState {
        let life = self.life.borrow();
        let (exit_code, error) = match &life.end {
            Some(End::Exited(code)) => (Some(*code), None),
            Some(End::OutOfMemory) => (Some(KILLED), None),
            Some(End::Fault(fault)) => (None, Some(fault.clone())),
            None => (None, None),
        };
        ContainerState {
            id: self.id.clone(),
            name: self.spec.name.clone(),
            phase: life.phase,
            exit_code,
            oom_killed: life.end == Some(End::OutOfMemory),
            error,
            labels: self.spec.labels.clone(),
            image: Some(self.image.clone()),
            published_addresses: self.published_addresses.clone(),
        }
    }

    pub(super) fn summary(&self) -> ContainerSummary {
        let ContainerState {
            id,
            name,
            phase,
            labels,
            ..
        } = self.state();
        ContainerSummary {
            id,
            name,
            phase,
            labels,
        }
    }

    fn fault(&self, operation: Operation, fault: &str) -> RuntimeError {
        RuntimeError::new(operation, &self.spec.name.0, RuntimeErrorKind::Protocol)
            .with_message(fault)
    }
}
