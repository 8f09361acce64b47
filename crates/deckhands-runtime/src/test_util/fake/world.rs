//! Everything a fake daemon holds, and the changes to it that are not asynchronous.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use deckhands_model::{ByteSize, ImageDigest, ImageRef};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::container::FakeContainer;
use super::files::Elsewhere;
use super::rule::{self, Rule};
use super::script::Script;
use crate::containers::ContainerSummary;
use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::images::ImageInfo;
use crate::labels::{LabelSelector, Labels};
use crate::networks::{NetworkInfo, NetworkSpec};
use crate::spec::{ContainerId, ContainerSpec, NetworkMode};

/// Size of every fake image.
const IMAGE_SIZE: ByteSize = ByteSize::mebibytes(100);

/// The network that every daemon has.
pub(super) const BRIDGE: &str = "bridge";

pub(super) struct World {
    pub(super) images: BTreeMap<ImageRef, StoredImage>,
    pub(super) containers: BTreeMap<ContainerId, Playing>,
    pub(super) networks: BTreeMap<String, NetworkInfo>,
    pub(super) rules: Vec<Rule>,
    pub(super) default_exit: Option<i64>,
    pub(super) elsewhere: Option<Elsewhere>,
    pub(super) failures: HashMap<Operation, VecDeque<RuntimeErrorKind>>,
    pub(super) delays: HashMap<Operation, VecDeque<Duration>>,
    pub(super) refusals: Vec<Refusal>,
    pub(super) created: Vec<ContainerSpec>,
    pub(super) problems: Vec<String>,
    pub(super) made_at_seconds: i64,
    pub(super) made_at: Instant,
    /// The players of all started containers; they end with their containers.
    pub(super) players: JoinSet<()>,
    next_id: u64,
}

/// An image that a fake daemon knows of.
pub(super) struct StoredImage {
    pub(super) info: ImageInfo,
    pub(super) here: bool,
}

/// An operation that a fake daemon does not carry out on what has this in its name.
pub(super) struct Refusal {
    pub(super) operation: Operation,
    pub(super) part: String,
    pub(super) kind: RuntimeErrorKind,
}

/// A container with what it plays.
#[derive(Clone)]
pub(super) struct Playing {
    pub(super) container: Arc<FakeContainer>,
    pub(super) script: Script,
}

impl World {
    pub(super) fn new() -> Self {
        let mut world = Self {
            images: BTreeMap::new(),
            containers: BTreeMap::new(),
            networks: BTreeMap::new(),
            rules: Vec::new(),
            default_exit: None,
            elsewhere: None,
            failures: HashMap::new(),
            delays: HashMap::new(),
            refusals: Vec::new(),
            created: Vec::new(),
            problems: Vec::new(),
            made_at_seconds: 0,
            made_at: Instant::now(),
            players: JoinSet::new(),
            next_id: 1,
        };
        world.add_network(&NetworkSpec {
            name: BRIDGE.to_owned(),
            labels: Labels::new(),
            internal: false,
            inter_container: true,
        });
        world
    }

    /// An id of the form that a daemon gives.
    fn fresh_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    pub(super) fn add_image(&mut self, image: &ImageRef, here: bool) {
        let digest = digest_of(image);
        let info = ImageInfo {
            digest,
            size: IMAGE_SIZE,
            repo_digests: Vec::new(),
        };
        self.images
            .insert(image.clone(), StoredImage { info, here });
    }

    /// An image that is there, by its reference or its id.
    pub(super) fn image(&self, image: &ImageRef) -> Option<&ImageInfo> {
        let here = |stored: &&StoredImage| stored.here;
        let by_id = || {
            let mut images = self.images.values();
            images.find(|stored| stored.info.digest.as_str() == image.as_str())
        };
        let stored = self.images.get(image).or_else(by_id).filter(here);
        stored.map(|stored| &stored.info)
    }

    /// Networks are numbered: the first one is 172.17.0.0/16, the next 172.18.0.0/16.
    pub(super) fn add_network(&mut self, spec: &NetworkSpec) -> NetworkInfo {
        let id = self.fresh_id();
        let second = u8::try_from(16 + id % 200).unwrap_or(u8::MAX);
        let info = NetworkInfo {
            id: format!("{id:064x}"),
            name: spec.name.clone(),
            gateway: Some(IpAddr::V4(Ipv4Addr::new(172, second, 0, 1))),
            internal: spec.internal,
            inter_container: spec.inter_container,
            labels: spec.labels.clone(),
        };
        self.networks.insert(spec.name.clone(), info.clone());
        info
    }

    pub(super) fn network(&self, name_or_id: &str) -> Option<&NetworkInfo> {
        let by_id = || {
            self.networks
                .values()
                .find(|network| network.id == name_or_id)
        };
        self.networks.get(name_or_id).or_else(by_id)
    }

    /// How an operation on this is refused, if it is; a container or a network goes by its name.
    pub(super) fn refusal(&self, operation: Operation, subject: &str) -> Option<RuntimeErrorKind> {
        let container = self.find(subject).map(|p| p.container.spec.name.0.as_str());
        let network = || self.network(subject).map(|network| network.name.as_str());
        let name = container.or_else(network).unwrap_or(subject);
        let fits = |r: &&Refusal| r.operation == operation && name.contains(&r.part);
        self.refusals.iter().find(fits).map(|refusal| refusal.kind)
    }

    /// Whether a container of this mode sees more than its own loopback.
    pub(super) fn leads_out(&self, network: &NetworkMode) -> bool {
        match network {
            NetworkMode::None => false,
            NetworkMode::Bridge | NetworkMode::Named(_) => true,
            NetworkMode::Container(other) => self
                .find(&other.0)
                .is_some_and(|other| self.leads_out(&other.container.spec.network)),
        }
    }

    /// The script for a new container; none fitting is a problem of the test.
    pub(super) fn pick_script(&mut self, spec: &ContainerSpec) -> Option<Script> {
        let exit = |code| Script::new().exit(Duration::ZERO, code);
        let script = rule::pick(&mut self.rules, spec).or_else(|| self.default_exit.map(exit));
        if script.is_none() {
            self.problems
                .push(format!("no script for container `{}`", spec.name));
        }
        script
    }

    /// Puts a container in, created but not started.
    pub(super) fn add_container(
        &mut self,
        spec: ContainerSpec,
        image: ImageDigest,
        published_addresses: Vec<String>,
        script: Script,
    ) -> Playing {
        let id = ContainerId(format!("{:064x}", self.fresh_id()));
        let container = FakeContainer::new(id.clone(), spec, image, published_addresses);
        let playing = Playing { container, script };
        self.containers.insert(id, playing.clone());
        playing
    }

    /// A container by id or name.
    pub(super) fn find(&self, id_or_name: &str) -> Option<&Playing> {
        let by_name = || {
            self.containers
                .values()
                .find(|p| p.container.spec.name.0 == id_or_name)
        };
        self.containers
            .get(&ContainerId(id_or_name.to_owned()))
            .or_else(by_name)
    }

    /// The same, or the error of a daemon that does not know it.
    pub(super) fn existing(
        &self,
        operation: Operation,
        id_or_name: &str,
    ) -> Result<Playing, RuntimeError> {
        self.find(id_or_name).cloned().ok_or_else(|| {
            RuntimeError::new(operation, id_or_name, RuntimeErrorKind::NotFound)
                .with_message(format!("No such container: {id_or_name}"))
        })
    }

    pub(super) fn summaries(&self, selector: &LabelSelector) -> Vec<ContainerSummary> {
        // Those that are not meant are not copied: there may be very many.
        let all = self.containers.values().map(|playing| &playing.container);
        all.filter(|container| selector.matches(&container.spec.labels))
            .map(|container| container.summary())
            .collect()
    }

    /// A player's panic is the test's own code at fault.
    pub(super) fn collect_panics(&mut self) {
        while let Some(ended) = self.players.try_join_next() {
            if let Err(error) = ended {
                self.problems.push(format!("a script panicked: {error}"));
            }
        }
    }
}

/// A stand-in for a content address: the same for the same reference (FNV-1a, four times over).
fn digest_of(image: &ImageRef) -> ImageDigest {
    let hash = image
        .as_str()
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    let hex = format!("{hash:016x}").repeat(4);
    format!("sha256:{hex}")
        .parse()
        .expect("invariant: 64 hexadecimal digits")
}
