//! One case's own corner of a daemon: names, labels, common steps, and clearing up.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use deckhands_model::ByteSize;
use futures::TryStreamExt as _;

use super::TEST_LABEL;
use super::bench::{Act, ContractBench};
use crate::containers::{ByteStream, Containers, ExitStatus, OutputSource, OutputStream, Phase};
use crate::error::{RuntimeError, RuntimeErrorKind};
use crate::images::Images;
use crate::labels::{LabelSelector, Labels};
use crate::networks::{NetworkSpec, Networks};
use crate::spec::{
    ContainerId, ContainerName, ContainerSpec, Hardening, Mount, MountAccess, NetworkMode,
    ResourceLimits, UserSpec,
};

/// The label that tells one case's things from another's.
const CASE_LABEL: &str = "deckhands.test.case";

/// A case in progress.
pub(super) struct Case<'a> {
    bench: &'a dyn ContractBench,
    name: String,
}

/// What a container put out, each stream by itself.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Output {
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl<'a> Case<'a> {
    pub(super) fn new(bench: &'a dyn ContractBench, name: &str) -> Self {
        Self {
            bench,
            name: bench.unique(&name.replace('_', "-")),
        }
    }

    pub(super) fn containers(&self) -> Arc<dyn Containers> {
        self.bench.containers()
    }

    pub(super) fn images(&self) -> Arc<dyn Images> {
        self.bench.images()
    }

    pub(super) fn networks(&self) -> Arc<dyn Networks> {
        self.bench.networks()
    }

    pub(super) fn selector(&self) -> LabelSelector {
        LabelSelector::with(TEST_LABEL, "1").and(CASE_LABEL, &self.name)
    }

    pub(super) fn name(&self, suffix: &str) -> String {
        format!("{}-{suffix}", self.name)
    }

    /// A spec without a network, mounts or rights taken away, that does these things.
    pub(super) fn spec(&self, suffix: &str, acts: &[Act]) -> ContainerSpec {
        let mut spec = self.idle_spec(suffix);
        self.program(&mut spec, acts);
        spec
    }

    pub(super) fn program(&self, spec: &mut ContainerSpec, acts: &[Act]) {
        self.bench.program(spec, acts);
    }

    /// The same without anything to do yet, for programs that depend on more of the spec.
    pub(super) fn idle_spec(&self, suffix: &str) -> ContainerSpec {
        ContainerSpec {
            name: ContainerName(self.name(suffix)),
            image: self.bench.image(),
            entrypoint: None,
            command: Vec::new(),
            env: Vec::new(),
            working_dir: None,
            user: UserSpec::Image,
            labels: self.labels(),
            mounts: Vec::new(),
            hosts: Vec::new(),
            network: NetworkMode::None,
            limits: ResourceLimits {
                memory: Some(ByteSize::mebibytes(64)),
                milli_cpus: Some(1000),
                processes: Some(32),
                kept_log: ByteSize::mebibytes(1),
                scratch: None,
            },
            hardening: Hardening {
                drop_capabilities: false,
                no_new_privileges: false,
                read_only_root: false,
                init: false,
            },
        }
    }

    pub(super) fn network_spec(&self, suffix: &str) -> NetworkSpec {
        NetworkSpec {
            name: self.name(suffix),
            labels: self.labels(),
            internal: true,
            inter_container: false,
        }
    }

    /// A fresh directory on the daemon's host.
    pub(super) fn directory(&self, suffix: &str) -> PathBuf {
        let path = self.bench.scratch().join(self.name(suffix));
        std::fs::create_dir_all(&path).expect("the bench's scratch directory can be written");
        path
    }

    /// A mount of a fresh directory at `/data`.
    pub(super) fn data_mount(&self, access: MountAccess) -> Mount {
        Mount {
            source: self.directory("data"),
            target: "/data".to_owned(),
            access,
        }
    }

    pub(super) async fn create(&self, spec: &ContainerSpec) -> ContainerId {
        self.containers().create(spec).await.expect("create")
    }

    /// Creates and starts.
    pub(super) async fn launch(&self, spec: &ContainerSpec) -> ContainerId {
        let id = self.create(spec).await;
        self.containers().start(&id).await.expect("start");
        id
    }

    pub(super) async fn wait(&self, id: &ContainerId) -> ExitStatus {
        self.containers().wait(id).await.expect("wait")
    }

    pub(super) async fn phase(&self, id: &ContainerId) -> Phase {
        self.containers()
            .inspect(&id.0)
            .await
            .expect("inspect")
            .phase
    }

    /// Creates, attaches, starts, and collects all output until the end.
    pub(super) async fn run(&self, spec: &ContainerSpec) -> (ContainerId, Output, ExitStatus) {
        let id = self.create(spec).await;
        let stream = self.containers().attach(&id).await.expect("attach");
        self.containers().start(&id).await.expect("start");
        let output = read(stream).await;
        let status = self.wait(&id).await;
        (id, output, status)
    }

    /// Removes all that the case made.
    pub(super) async fn clean_up(&self) -> Result<(), String> {
        let fail = |error: RuntimeError| format!("clean up after {}: {error}", self.name);
        for left in self
            .containers()
            .list(&self.selector())
            .await
            .map_err(fail)?
        {
            self.containers().remove(&left.id).await.map_err(fail)?;
        }
        for left in self.networks().list(&self.selector()).await.map_err(fail)? {
            self.networks().remove(&left.name).await.map_err(fail)?;
        }
        Ok(())
    }

    fn labels(&self) -> Labels {
        self.selector().equal
    }
}

/// All of a stream, in order within each source.
pub(super) async fn read(stream: OutputStream) -> Output {
    let chunks: Vec<_> = stream.try_collect().await.expect("output without an error");
    let all = |source: OutputSource| -> String {
        let of = chunks.iter().filter(|chunk| chunk.source == source);
        let bytes: Vec<u8> = of.flat_map(|chunk| chunk.bytes.iter().copied()).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Output {
        stdout: all(OutputSource::Stdout),
        stderr: all(OutputSource::Stderr),
    }
}

/// The files of a tar stream: path and content; directories and links are left out.
pub(super) async fn untar(stream: ByteStream) -> Vec<(String, String)> {
    let pieces: Vec<Bytes> = stream
        .try_collect()
        .await
        .expect("archive without an error");
    let bytes = pieces.concat();
    let mut archive = tar::Archive::new(bytes.as_slice());
    let mut files = Vec::new();
    for entry in archive.entries().expect("a tar archive") {
        let mut entry = entry.expect("an entry");
        if entry.header().entry_type().is_file() {
            let path = entry.path().expect("a path").display().to_string();
            let text = std::io::read_to_string(&mut entry).expect("text");
            files.push((path, text));
        }
    }
    files
}

/// The kind of a failure; a success is none.
#[track_caller]
pub(super) fn kind<T>(result: Result<T, RuntimeError>) -> RuntimeErrorKind {
    let error = result.err().expect("the call fails");
    assert!(
        !error.to_string().contains('\n'),
        "an error is one line: {error}"
    );
    error.kind
}
